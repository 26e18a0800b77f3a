//! Personal tokens: how programs get in without a password. Each is shown once, and only its hash
//! is kept.

mod api;
mod model;
mod pages;
mod service;
mod store;
#[cfg(test)]
mod tests;

pub(super) use api::router as api;
pub(super) use pages::router as pages;
pub(super) use service::{holder, revoke_all};
