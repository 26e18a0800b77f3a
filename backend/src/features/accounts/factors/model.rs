//! Second factors as they come in and go out.

use chrono::{DateTime, NaiveDate, Utc};
use schemars::{JsonSchema, Schema, json_schema};
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;
use webauthn_rs::prelude::{PublicKeyCredential, RegisterPublicKeyCredential};

use super::{
    super::model::Password,
    recovery::{self, CodeHash},
};
use crate::{
    core::input::{Field, FieldValue, Text},
    input,
};

/// The most characters of a ceremony, which has up to twenty passkeys in it.
const CEREMONY: usize = 64 * 1024;

/// The second factors of an account
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Factors {
    /// Whether signing in with the password asks for a second factor.
    pub is_on: bool,
    /// Whether the service's administrator asks that there be one.
    pub is_required: bool,
    /// When the authenticator app was set up; null without one.
    pub totp_since: Option<DateTime<Utc>>,
    /// The passkeys, oldest first.
    pub passkeys: Vec<Passkey>,
    /// How many recovery codes have not been used.
    pub recovery_codes_left: i64,
}

/// A passkey, as its owner sees it
#[derive(Debug, Clone, Serialize, JsonSchema, sqlx::FromRow)]
#[serde(rename_all = "camelCase")]
pub(super) struct Passkey {
    /// Its name in this service.
    pub id: Uuid,
    /// What its owner calls it.
    pub name: String,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When it last signed in.
    pub last_used_at: Option<DateTime<Utc>>,
}

/// A passkey that was just added
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewPasskey {
    /// The passkey.
    #[serde(flatten)]
    pub passkey: Passkey,
    /// The recovery codes, where it is the account's first factor: they are shown this once.
    pub recovery_codes: Option<Vec<String>>,
}

/// What an authenticator app is set up with; it is shown until a first code confirms it
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct TotpSetup {
    /// The secret, in base 32.
    pub secret: String,
    /// The address with the secret that apps read, `otpauth://totp/…`.
    pub uri: String,
}

/// Recovery codes, where they were made anew
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RecoveryCodes {
    /// The codes, shown this once; each signs in once, and those before are gone. Null where the
    /// account had another factor and so has codes already.
    pub recovery_codes: Option<Vec<String>>,
}

/// What a browser asks a passkey with
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Challenge {
    /// This exchange, encrypted: sent back with the passkey's answer within ten minutes, by the browser
    /// and to the address that asked.
    pub ceremony: String,
    /// The options, for `PublicKeyCredential.parseCreationOptionsFromJSON` or
    /// `parseRequestOptionsFromJSON`.
    pub public_key: serde_json::Value,
}

input! {
    /// The password once more
    pub(super) struct Confirmation {
        /// The account's password
        pub password: Password,
    }
}

input! {
    /// A code of the second factor
    pub(super) struct SecondFactor {
        /// Six digits from the authenticator app, or a recovery code
        pub code: Code,
    }
}

input! {
    /// A new passkey's answer
    pub(super) struct PasskeyMade {
        /// The exchange's name
        pub ceremony: Text<CEREMONY>,
        /// What to call it
        pub name: Text<100>,
        /// The browser's `PublicKeyCredential` as JSON
        pub credential: Credential<RegisterPublicKeyCredential>,
    }
}

input! {
    /// A passkey's answer
    pub(super) struct PasskeyShown {
        /// The exchange's name
        pub ceremony: Text<CEREMONY>,
        /// The browser's `PublicKeyCredential` as JSON
        pub credential: Credential<PublicKeyCredential>,
    }
}

/// A code that was typed; never printed.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Code {
    /// Six digits from an authenticator app.
    OneTime(String),
    /// A recovery code's hash.
    Recovery(CodeHash),
}

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

impl Field for Code {
    fn read(given: &FieldValue, today: NaiveDate) -> Result<Self, String> {
        let Text(text) = Text::<64>::read(given, today)?;
        let plain = recovery::plain(&text);
        if plain.len() == 6 && plain.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(Self::OneTime(plain));
        }
        recovery::hash(&plain)
            .map(Self::Recovery)
            .ok_or_else(|| "has to be six digits, or a recovery code".to_owned())
    }

    fn schema() -> Schema {
        <Text<64> as Field>::schema()
    }
}

/// A passkey's answer, in the JSON that browsers make of it.
#[derive(Debug, Clone)]
pub(super) struct Credential<T>(pub T);

impl<T: DeserializeOwned> Field for Credential<T> {
    fn read(given: &FieldValue, _: NaiveDate) -> Result<Self, String> {
        let FieldValue::Nested(json) = given else { return Err("has to be an object".to_owned()) };
        serde_json::from_str(json)
            .map(Self)
            .map_err(|error| format!("is not a passkey's answer: {error}"))
    }

    fn schema() -> Schema {
        json_schema!({
            "type": "object",
            "properties": {
                "id": { "type": "string" },
                "rawId": { "type": "string" },
                "type": { "const": "public-key" },
                "response": { "type": "object" },
            },
            "required": ["id", "rawId", "type", "response"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Code, Field as _, FieldValue};

    #[test]
    fn a_code_is_read_as_it_is_typed_and_never_printed() {
        let read = |text: &str| {
            Code::read(&FieldValue::Typed(text.to_owned()), chrono::NaiveDate::default())
        };
        assert_eq!(read(" 123 456 "), Ok(Code::OneTime("123456".to_owned())));
        assert!(matches!(read("ABCD-efgh jkmn-pqrs"), Ok(Code::Recovery(_))));
        for wrong in ["12345", "1234567", "12345a", "abcd", "１２３４５６"] {
            assert_eq!(read(wrong), Err("has to be six digits, or a recovery code".to_owned()));
        }
        assert_eq!(format!("{:?}", read("123456")), "Ok([redacted])");
    }
}
