//! Notifications: a daily message in the morning about upcoming maintenance, by mail, webhook, ntfy
//! or Gotify.

mod api;
mod guard;
mod job;
mod model;
mod pages;
mod sealed;
mod send;
mod service;
mod store;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_mail;
#[cfg(test)]
mod tests_sealed;

pub use job::run;
pub use model::ChannelKind;
pub use sealed::SECRETS;

use super::Feature;
use crate::core::feature::{Access, OnPasswordReset, Table};

/// The notifications feature.
pub const FEATURE: Feature = Feature {
    migrations: crate::migrations![
        "001_create_notifications",
        "002_show_rows_to_their_user",
        "003_seal_secrets": ["notification_channels"],
    ],
    tables: &[
        Table::of_users(
            "notification_channels",
            Access::Granted(OnPasswordReset::RequireReview {
                list: service::list_for_review,
                remove: ("/settings/notifications/", "/delete"),
            }),
        ),
        Table::of_users(
            "notifications",
            Access::None("messages, which are sent only through a channel"),
        ),
        Table::of_users("notified_items", Access::None("the items that a channel has sent")),
        Table::of_users("notification_tests", Access::None("when a channel was last tested")),
    ],
    api: api::router,
    pages: pages::router,
    secrets: &[SECRETS],
    ..Feature::new("notifications", "notifications")
};
