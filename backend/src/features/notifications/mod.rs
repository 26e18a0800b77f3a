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

use super::{Feature, Grant, OnPasswordReset};

/// The notifications feature.
pub const FEATURE: Feature = Feature {
    name: "notifications",
    folder: "notifications",
    migrations: crate::migrations![
        "001_create_notifications",
        "002_show_rows_to_their_user",
        "003_seal_secrets",
    ],
    api: api::router,
    pages: pages::router,
    grants: &[Grant {
        table: "notification_channels",
        on_password_reset: OnPasswordReset::RequireReview {
            list: service::list_for_review,
            remove: ("/settings/notifications/", "/delete"),
        },
    }],
    tables_without_grants: &[
        ("notifications", "messages, which are sent only through a channel"),
        ("notified_items", "the items that a channel has sent"),
        ("notification_tests", "when a channel was last tested"),
    ],
};
