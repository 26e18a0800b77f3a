//! A calendar link.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use crate::{features::accounts::TokenHash, record};

record! {
    /// A calendar link, without its secret.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
    #[serde(rename_all = "camelCase")]
    pub struct CalendarLink {
        /// The link's id.
        pub id: Uuid {
            once id;
        }
        /// When the link was created.
        pub created_at: DateTime<Utc> {
            once created_at;
        }
    }
    table "calendar_links" by id as link;
    write account_id = account, token_hash = &hash[..];
    on conflict "(account_id) DO UPDATE SET id = excluded.id, token_hash = excluded.token_hash,
                                            created_at = excluded.created_at";
    insert(pub(super), account: Uuid, hash: &TokenHash);
}
