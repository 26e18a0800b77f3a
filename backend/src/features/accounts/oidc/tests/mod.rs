mod access;
mod browser;
mod fake;
mod linking;
mod log_in;
mod provider;
mod refusals;
