mod access;
mod browser;
pub(in crate::features::accounts) mod fake_provider;
mod linking;
mod log_in;
mod provider;
mod rejected_log_ins;
