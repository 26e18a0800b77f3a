//! Accounts and credentials.

mod preferences;

use chrono::{DateTime, NaiveDate, Utc};
use schemars::{JsonSchema, Schema, json_schema};
use serde::Serialize;
use uuid::Uuid;

pub(super) use preferences::PreferencesChange;
pub use preferences::{Preferences, Theme};

use super::user::user_id;
use crate::{
    core::{
        UserId,
        input::{Field, FieldValue, Text},
        locale::Message,
        units::text_enum,
    },
    record, t,
};

record! {
    /// The account of the signed-in user.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
    #[serde(rename_all = "camelCase")]
    pub struct Account {
        /// The account's id.
        pub id: Uuid {
            once id;
        }
        /// The email address to sign in with.
        pub email: String {
            once email;
        }
        /// The user's display name.
        pub display_name: Option<String> {
            once display_name;
        }
        /// Whether the user is an administrator.
        pub is_admin: bool {
            once is_admin;
        }
        /// When the account was created.
        pub created_at: DateTime<Utc> {
            once created_at;
        }
    }
    table "accounts" by id as account;
    write user_id = user.as_str(), email_key = email_key, password_hash = password_hash,
        updated_at = account.created_at;
    insert(pub(super), user: &UserId, email_key: &str, password_hash: &str);
}

/// An authenticated user, how they authenticated, and what requests need to know about them.
#[derive(Debug, Clone)]
pub struct Principal {
    /// The id that scopes their data.
    pub user: UserId,
    /// Their account.
    pub account: Uuid,
    /// Their email address.
    pub email: String,
    /// Their display name.
    pub display_name: Option<String>,
    /// Whether they are an administrator.
    pub is_admin: bool,
    /// Whether they must set up a second factor before they can do anything else.
    pub lacks_factor: bool,
    /// When the password was reset, if the access review after it has not been completed.
    pub review_since: Option<DateTime<Utc>>,
    /// How they authenticated.
    pub auth_method: AuthMethod,
    /// Their preferences.
    pub preferences: Preferences,
}

record! {
    /// The account that a session or a token belongs to.
    #[derive(Debug)]
    pub struct CredentialOwner {
        /// The account's id.
        pub account_id: Uuid {
            once id => id;
        }
        /// The id that scopes the user's data.
        pub(super) user_id: String {
            once user_id;
        }
        /// The email address.
        pub email: String {
            once email;
        }
        /// The user's display name.
        pub display_name: Option<String> {
            once display_name;
        }
        /// Whether the user is an administrator.
        pub is_admin: bool {
            once is_admin;
        }
        /// When the password was reset, if the access review after it has not been completed.
        pub review_since: Option<DateTime<Utc>> {
            once review_since;
        }
    }
    table "accounts" by account_id as owner;
}

impl CredentialOwner {
    /// The id that scopes the user's data.
    #[must_use]
    pub fn user(&self) -> UserId {
        user_id(&self.user_id)
    }
}

/// How a request was authenticated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthMethod {
    /// With the cookie of the session with this id.
    Session(Uuid),
    /// With a personal token or a calendar link.
    PersonalToken {
        /// The id of the token.
        id: Uuid,
        /// What the token grants access to.
        scope: Scope,
    },
    /// With an access token from an OpenID provider.
    ProviderToken {
        /// What the token grants access to.
        scope: Scope,
    },
}

text_enum! {
    /// What a token grants access to.
    Scope {
        /// Read only.
        Read = "read", "accounts-scope-read";
        /// Read and write.
        Write = "write", "accounts-scope-write";
    }
}

/// The common names of the browser and the operating system of a `User-Agent`, such as
/// `Firefox on Linux`.
#[must_use]
pub fn browser_name(agent: &str) -> String {
    // The order matters: a user agent of an earlier browser also contains the names of later ones.
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
    let known =
        |all: &[(&str, &'static str)]| all.iter().find(|it| agent.contains(it.0)).map(|it| it.1);
    match (known(BROWSERS), known(SYSTEMS)) {
        (Some(browser), Some(system)) => {
            t!("accounts-browser-on-system", browser = browser, system = system).to_string()
        }
        (Some(name), None) => name.to_owned(),
        _ => agent.split(['/', ' ']).next().unwrap_or_default().to_owned(),
    }
}

/// An email address: a local part, `@` and a domain, at most 254 characters (RFC 5321, 4.5.3.1.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// The address as entered.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address in lower case, which must be unique.
    #[must_use]
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }
}

impl Field for Email {
    fn read(given: &FieldValue, today: NaiveDate) -> Result<Self, Message> {
        let Text(text) = Text::<254>::read(given, today)?;
        let parts = text.rsplit_once('@');
        let is_address = parts.is_some_and(|(name, host)| {
            !name.is_empty() && !host.is_empty() && !host.starts_with('.') && !host.ends_with('.')
        });
        let is_one = text.matches('@').count() == 1 && !text.contains([',', ';', '<', '>', '"']);
        let email = Self(text);
        if email.key().chars().count() > 254 {
            // Some characters become two in lower case.
            return Err(t!("core-field-too-long", most = 254));
        }
        if is_address && is_one && !email.0.contains(char::is_whitespace) {
            Ok(email)
        } else {
            Err(t!("accounts-field-email"))
        }
    }

    fn schema() -> Schema {
        json_schema!({
            "type": "string", "format": "email", "maxLength": 254, "examples": ["you@example.org"],
        })
    }
}

/// A password in plain text. Its debug output is redacted.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// The maximum length, in characters.
    const MAX_LENGTH: usize = 256;

    /// The password in plain text.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

impl Field for Password {
    fn read(given: &FieldValue, _: NaiveDate) -> Result<Self, Message> {
        match given {
            FieldValue::Text(text) | FieldValue::Typed(text)
                if text.chars().count() <= Self::MAX_LENGTH =>
            {
                Ok(Self(text.clone()))
            }
            FieldValue::Text(_) | FieldValue::Typed(_) => {
                Err(t!("core-field-too-long", most = Self::MAX_LENGTH))
            }
            _ => Err(t!("core-field-string")),
        }
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "format": "password", "maxLength": Self::MAX_LENGTH })
    }
}

/// A password to set: at least 8 characters, without composition rules (NIST SP 800-63B, 3.1.1.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPassword(pub Password);

impl Field for NewPassword {
    fn read(given: &FieldValue, today: NaiveDate) -> Result<Self, Message> {
        let password = Password::read(given, today)?;
        if password.expose().chars().count() < 8 {
            return Err(t!("accounts-field-password-short"));
        }
        Ok(Self(password))
    }

    fn schema() -> Schema {
        json_schema!({
            "type": "string", "format": "password", "minLength": 8, "maxLength": Password::MAX_LENGTH,
        })
    }
}
