mod access;
mod browser;
pub(super) mod fake_provider;
mod linking;
mod log_in;
mod provider;
mod rejected_log_ins;
