//! Sessions, and what clients send to sign up and in.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use crate::{
    core::input::Text,
    features::accounts::{Email, NewPassword, Password, TokenHash, browser_name},
    input, record, t,
};

record! {
    /// A session of the signed-in user.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
    #[serde(rename_all = "camelCase")]
    pub(super) struct Session {
        /// The session's id, which is not its token.
        pub id: Uuid {
            once id;
        }
        /// The browser's `User-Agent`.
        pub user_agent: Option<String> {
            once user_agent;
        }
        /// When the user signed in.
        pub created_at: DateTime<Utc> {
            once created_at;
        }
        /// When the session was last used, with hourly resolution.
        pub seen_at: DateTime<Utc> {
            once seen_at;
        }
        /// When the session expires, unless inactivity ends it before.
        pub expires_at: DateTime<Utc> {
            once expires_at;
        }
        /// Whether this is the session that sent the request.
        pub is_current: bool {}
    }
    table "sessions" by id as session;
    write account_id = account, token_hash = &token[..];
    insert(pub(super), account: Uuid, token: &TokenHash);
}

impl Session {
    /// The common names of the browser and the operating system.
    pub(super) fn browser(&self) -> String {
        self.user_agent
            .as_deref()
            .map_or_else(|| t!("sessions-browser-unknown").to_string(), browser_name)
    }
}

input! {
    /// A new account
    pub(super) struct NewAccount {
        /// The email address to sign in with
        pub email: Email,
        /// The password: 8 to 256 characters
        pub password: NewPassword,
        /// The user's display name
        pub display_name: Option<Text<100>>,
        /// The token of an invitation link. Not for the first account
        pub invitation: Option<Text<100>>,
        /// The setup token from the service's log. Required for the first account if other machines
        /// may be able to reach the service
        pub setup_token: Option<Text<100>>,
    }
}

input! {
    /// The credentials to sign in with
    pub(super) struct Credentials {
        /// The account's email address
        pub email: Email,
        /// The account's password
        pub password: Password,
    }
}

input! {
    /// A change of password
    pub(super) struct PasswordChange {
        /// The current password
        pub current_password: Password,
        /// The new password: 8 to 256 characters
        pub new_password: NewPassword,
    }
}

#[cfg(test)]
mod tests {
    use super::Session;

    #[test]
    fn a_session_is_named_after_its_browser_and_system() {
        let name = |agent: &str| {
            let now = chrono::DateTime::UNIX_EPOCH;
            let user_agent = (!agent.is_empty()).then(|| agent.to_owned());
            let (id, is_current) = (uuid::Uuid::nil(), false);
            let (created_at, seen_at, expires_at) = (now, now, now);
            Session { id, user_agent, created_at, seen_at, expires_at, is_current }.browser()
        };
        let mozilla = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0";
        assert_eq!(name(mozilla), "Firefox on Linux");
        let edge = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537 Chrome/142 Safari/537 Edg/142";
        assert_eq!(name(edge), "Edge on Windows");
        let phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19 Safari/604";
        assert_eq!(name(phone), "Safari on iPhone");
        assert_eq!((name("curl/8.5.0"), name("")), ("curl".into(), "Unknown browser".into()));
    }
}
