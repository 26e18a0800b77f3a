//! An account, as administrators manage it.

use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use crate::record;

record! {
    /// An account, as seen by administrators.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
    #[serde(rename_all = "camelCase")]
    #[schemars(rename = "User")]
    pub struct ManagedAccount {
        /// The account's id.
        pub id: Uuid {
            once id;
        }
        /// The email address to sign in with. Empty if the OpenID provider reported none.
        pub email: String {
            once email;
        }
        /// The user's display name.
        pub display_name: Option<String> {
            once display_name;
        }
        /// Whether the user is an administrator.
        pub is_admin: bool {
            column is_admin;
        }
        /// When the account was disabled; null if it is enabled.
        pub disabled_at: Option<DateTime<Utc>> {
            column disabled_at;
        }
        /// When the account was created.
        pub created_at: DateTime<Utc> {
            once created_at;
        }
        /// When the account was last used, with hourly resolution.
        pub last_seen_at: Option<DateTime<Utc>> {}
    }
    table "accounts" by id as account;
    write updated_at = now;
    update(pub(super), now: DateTime<Utc>);
}

impl ManagedAccount {
    /// The display name, the address or the id, whichever is set first.
    #[must_use]
    pub fn title(&self) -> String {
        match &self.display_name {
            Some(name) => name.clone(),
            None if self.email.is_empty() => self.id.to_string(),
            None => self.email.clone(),
        }
    }

    /// Sets when the account was last used. Sessions and tokens record that, which are features of
    /// their own.
    #[must_use]
    pub fn with_last_seen(self, moment: Option<DateTime<Utc>>) -> Self {
        // With a finer resolution, each request of the user would change the ETag.
        let hour = moment.and_then(|it| it.duration_trunc(TimeDelta::hours(1)).ok());
        Self { last_seen_at: hour, ..self }
    }
}
