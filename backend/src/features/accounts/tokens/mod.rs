//! Personal tokens, with which programs authenticate. A token is shown only once; only its hash is stored.

mod api;
mod model;
mod pages;
mod service;
mod store;
#[cfg(test)]
mod tests;

pub(super) use api::router as api;
pub(super) use pages::router as pages;
pub(super) use service::{find_owner, revoke_all};
