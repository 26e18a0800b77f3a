//! Personal tokens.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use crate::{
    core::{
        input::{Text, Timestamp},
        locale::Message,
    },
    features::accounts::{Scope, TokenHash},
    record,
};

record! {
    /// A personal token.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
    #[serde(rename_all = "camelCase")]
    pub(super) struct PersonalToken {
        /// The token's id.
        pub id: Uuid {
            start id;
            once id;
        }
        /// The token's name.
        pub name: String {
            once name;
            input required Text<100>;
        }
        /// What the token grants access to.
        pub scope: Scope {
            once scope;
            input required Scope;
        }
        /// When the token was created.
        pub created_at: DateTime<Utc> {
            start now;
            once created_at;
        }
        /// When the token expires; null if it does not expire.
        pub expires_at: Option<DateTime<Utc>> {
            once expires_at;
            input optional Timestamp,
                new "When the token expires. By default, it does not expire";
        }
        /// When the token was last used, with a resolution of one minute; null if it was never used.
        pub last_used_at: Option<DateTime<Utc>> {
            once last_used_at;
        }
    }
    table "personal_tokens" by id as token;
    write account_id = account, token_hash = &hash[..];
    insert(pub(super), account: Uuid, hash: &TokenHash);
    new {
        /// A new personal token
        pub(super) struct NewToken(id: Uuid, now: DateTime<Utc>) {}
    }
}

impl PersonalToken {
    /// The name of what the token grants access to.
    pub(super) fn access(&self) -> Message {
        Message::plain(self.scope.label())
    }
}

/// A newly created personal token. This is the only response that contains the token itself.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreatedToken {
    #[serde(flatten)]
    pub record: PersonalToken,
    /// The token to send as `Authorization: Bearer …`.
    pub token: String,
}
