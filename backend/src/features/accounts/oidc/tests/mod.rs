mod access;
mod browser;
pub(in crate::features::accounts) mod fake;
mod linking;
mod log_in;
mod provider;
mod refusals;
