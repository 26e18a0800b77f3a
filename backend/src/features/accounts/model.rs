//! What an account is, and what it takes to get into one.

mod preferences;

use chrono::{DateTime, NaiveDate, Utc};
use schemars::{JsonSchema, Schema, json_schema};
use serde::Serialize;
use uuid::Uuid;

pub use preferences::{Preferences, Theme};
pub(super) use preferences::{PreferencesChange, TimeZone};

use super::UserId;
use crate::{
    core::{
        input::{Field, Given, Text},
        units::choice,
    },
    input,
};

/// An account, as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema, sqlx::FromRow)]
#[serde(rename_all = "camelCase")]
pub(super) struct Account {
    /// Its name in this service.
    pub id: Uuid,
    /// The e-mail address that signs in.
    pub email: String,
    /// What its owner is called.
    pub display_name: Option<String>,
    /// Whether it may run the service.
    pub is_admin: bool,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// Who is signed in, and what every request needs to know of them.
#[derive(Debug, Clone)]
pub struct Signed {
    /// Whose data they may touch.
    pub user: UserId,
    /// Their account.
    pub account: Uuid,
    /// The e-mail address that signed in.
    pub email: String,
    /// What they are called.
    pub display_name: Option<String>,
    /// Whether they may run the service.
    pub is_admin: bool,
    /// Whether they have to set up a second factor before anything else.
    pub lacks_factor: bool,
    /// When the password was reset, until they have reviewed what can act for the account.
    pub review_since: Option<DateTime<Utc>>,
    /// What they have shown of themselves.
    pub proof: Proof,
    /// How things are shown to them.
    pub preferences: Preferences,
}

/// What somebody has shown to be signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// The cookie of this session.
    Session(Uuid),
    /// A personal token.
    Token {
        /// Which.
        id: Uuid,
        /// What it is good for.
        scope: Scope,
    },
    /// An access token of an OpenID provider.
    Issuer {
        /// What it is good for.
        scope: Scope,
    },
}

choice! {
    /// What a token is good for.
    Scope {
        /// Reading.
        Read = "read", "Read only";
        /// Reading and changing.
        Write = "write", "Read and write";
    }
}

/// A session, as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema, sqlx::FromRow)]
#[serde(rename_all = "camelCase")]
pub(super) struct Session {
    /// What it is known by; its token is shown to nobody.
    pub id: Uuid,
    /// What the browser calls itself.
    pub user_agent: Option<String>,
    /// When it was signed in.
    pub created_at: DateTime<Utc>,
    /// When it was last used, to the hour.
    pub seen_at: DateTime<Utc>,
    /// When it ends at the latest.
    pub expires_at: DateTime<Utc>,
    /// Whether it is the one that asks.
    #[sqlx(skip)]
    pub is_current: bool,
}

input! {
    /// What it takes to make an account
    pub(super) struct NewAccount {
        /// The e-mail address to sign in with
        pub email: Email,
        /// The password: 8 to 256 characters
        pub password: NewPassword,
        /// What its owner is called
        pub display_name: Option<Text<100>>,
        /// What an invitation's link holds; not for the first account
        pub invitation: Option<Text<100>>,
        /// The token that the service printed when it started; for the first account only, where
        /// the service listens on more than this machine
        pub setup_token: Option<Text<100>>,
    }
}

input! {
    /// What it takes to sign in
    pub(super) struct Credentials {
        /// The account's e-mail address
        pub email: Email,
        /// Its password
        pub password: Password,
    }
}

impl Session {
    /// The browser and the system as people call them, where they can be told.
    pub(super) fn browser(&self) -> String {
        // In this order: the later ones' names stand in the earlier ones' too.
        const BROWSERS: &[(&str, &str)] = &[
            ("Edg", "Edge"),
            ("OPR/", "Opera"),
            ("Firefox/", "Firefox"),
            ("FxiOS/", "Firefox"),
            ("CriOS/", "Chrome"),
            ("Chrome/", "Chrome"),
            ("Safari/", "Safari"),
        ];
        const SYSTEMS: &[(&str, &str)] = &[
            ("iPhone", "iPhone"),
            ("iPad", "iPad"),
            ("Android", "Android"),
            ("Windows", "Windows"),
            ("Mac OS", "macOS"),
            ("CrOS", "ChromeOS"),
            ("Linux", "Linux"),
        ];
        let Some(agent) = self.user_agent.as_deref() else { return "Unknown browser".to_owned() };
        let known = |all: &[(&str, &'static str)]| {
            all.iter().find(|it| agent.contains(it.0)).map(|it| it.1)
        };
        match (known(BROWSERS), known(SYSTEMS)) {
            (Some(browser), Some(system)) => format!("{browser} on {system}"),
            (Some(name), None) => name.to_owned(),
            _ => agent.split(['/', ' ']).next().unwrap_or_default().to_owned(),
        }
    }
}

input! {
    /// A password and the one to have instead
    pub(super) struct PasswordChange {
        /// The password as it is
        pub current_password: Password,
        /// The password from now on: 8 to 256 characters
        pub new_password: NewPassword,
    }
}

/// An e-mail address: something at somewhere, at most 254 characters (RFC 5321, 4.5.3.1.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// As it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// In lower case: what has to be unique.
    #[must_use]
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }
}

impl Field for Email {
    fn read(given: &Given, today: NaiveDate) -> Result<Self, String> {
        let Text(text) = Text::<254>::read(given, today)?;
        let parts = text.rsplit_once('@');
        let is_address = parts.is_some_and(|(name, host)| {
            !name.is_empty() && !host.is_empty() && !host.starts_with('.') && !host.ends_with('.')
        });
        let is_one = text.matches('@').count() == 1 && !text.contains([',', ';', '<', '>', '"']);
        let email = Self(text);
        if email.key().chars().count() > 254 {
            // Some letters become two in lower case.
            return Err("has more than 254 characters".to_owned());
        }
        if is_address && is_one && !email.0.contains(char::is_whitespace) {
            Ok(email)
        } else {
            Err("has to be an e-mail address, such as you@example.org".to_owned())
        }
    }

    fn schema() -> Schema {
        json_schema!({
            "type": "string", "format": "email", "maxLength": 254, "examples": ["you@example.org"],
        })
    }
}

/// A password as it was typed; never printed.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Password(String);

impl Password {
    /// The longest that is hashed.
    const MOST: usize = 256;

    /// The password itself.
    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

impl Field for Password {
    fn read(given: &Given, _: NaiveDate) -> Result<Self, String> {
        match given {
            Given::Text(text) | Given::Typed(text) if text.chars().count() <= Self::MOST => {
                Ok(Self(text.clone()))
            }
            Given::Text(_) | Given::Typed(_) => {
                Err(format!("has more than {} characters", Self::MOST))
            }
            _ => Err("has to be a text".to_owned()),
        }
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "format": "password", "maxLength": Self::MOST })
    }
}

/// A password for a new account: 8 characters at least, any of them (NIST SP 800-63B, 3.1.1.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPassword(pub(super) Password);

impl Field for NewPassword {
    fn read(given: &Given, today: NaiveDate) -> Result<Self, String> {
        let password = Password::read(given, today)?;
        if password.expose().chars().count() < 8 {
            return Err("has fewer than 8 characters".to_owned());
        }
        Ok(Self(password))
    }

    fn schema() -> Schema {
        json_schema!({
            "type": "string", "format": "password", "minLength": 8, "maxLength": Password::MOST,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Session;

    #[test]
    fn a_session_is_called_by_its_browser_and_system() {
        let called = |agent: &str| {
            let now = chrono::DateTime::UNIX_EPOCH;
            let user_agent = (!agent.is_empty()).then(|| agent.to_owned());
            let (id, is_current) = (uuid::Uuid::nil(), false);
            let (created_at, seen_at, expires_at) = (now, now, now);
            Session { id, user_agent, created_at, seen_at, expires_at, is_current }.browser()
        };
        let mozilla = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0";
        assert_eq!(called(mozilla), "Firefox on Linux");
        let edge = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537 Chrome/142 Safari/537 Edg/142";
        assert_eq!(called(edge), "Edge on Windows");
        let phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19 Safari/604";
        assert_eq!(called(phone), "Safari on iPhone");
        assert_eq!((called("curl/8.5.0"), called("")), ("curl".into(), "Unknown browser".into()));
    }
}
