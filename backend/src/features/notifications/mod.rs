//! Notifications: telling people, in their morning, what is due: by mail, webhook, ntfy or Gotify.

mod api;
mod guard;
mod job;
mod model;
mod pages;
mod send;
mod service;
mod store;
#[cfg(test)]
mod tests;

pub use job::run;
pub use model::Kind;

use super::Feature;

/// The notifications' capsule.
pub const FEATURE: Feature = Feature {
    name: "notifications",
    folder: "notifications",
    migrations: crate::migrations!["001_create_notifications", "002_show_rows_to_their_user"],
    api: api::router,
    pages: pages::router,
};
