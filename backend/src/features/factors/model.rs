//! The requests and responses of the second-factor endpoints.

use crate::core::locale::Message;
use chrono::{DateTime, NaiveDate, Utc};
use schemars::{JsonSchema, Schema, json_schema};
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;
use webauthn_rs::prelude::{PublicKeyCredential, RegisterPublicKeyCredential};

use super::recovery::{self, CodeHash};
use crate::{
    core::input::{Field, FieldValue, Text},
    features::accounts::Password,
    input, record,
};

/// The maximum length of a ceremony, which contains up to twenty passkeys.
const MAX_CEREMONY_LENGTH: usize = 64 * 1024;

/// The second factors of an account
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Factors {
    /// Whether signing in with a password requires a second factor.
    pub is_on: bool,
    /// Whether the server's configuration requires a second factor for this account.
    pub is_required: bool,
    /// When the authenticator app was set up; null if there is none.
    pub totp_since: Option<DateTime<Utc>>,
    /// The account's passkeys, oldest first.
    pub passkeys: Vec<Passkey>,
    /// The number of unused recovery codes.
    pub recovery_codes_left: i64,
}

record! {
    /// A passkey
    #[derive(Debug, Clone, Serialize, JsonSchema)]
    #[serde(rename_all = "camelCase")]
    pub(super) struct Passkey {
        /// The passkey's id.
        pub id: Uuid {
            once id;
        }
        /// The name that the owner gave it.
        pub name: String {
            once name;
        }
        /// When the passkey was added.
        pub created_at: DateTime<Utc> {
            once created_at;
        }
        /// When the passkey was last used to sign in.
        pub last_used_at: Option<DateTime<Utc>> {
            once last_used_at;
        }
    }
    table "passkeys" by id as passkey;
    write account_id = account, credential_id = credential_id, credential = credential;
    insert(pub(super), account: Uuid, credential_id: &[u8], credential: &str);
}

/// A newly added passkey
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewPasskey {
    /// The passkey.
    #[serde(flatten)]
    pub passkey: Passkey,
    /// Recovery codes, if this is the account's first factor. They are shown only once.
    pub recovery_codes: Option<Vec<String>>,
}

/// The secret to set up an authenticator app with. It can be read until a first code confirms it
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct TotpSetup {
    /// The secret, in Base32.
    pub secret: String,
    /// The `otpauth://totp/…` URI that authenticator apps read.
    pub uri: String,
}

/// Newly generated recovery codes
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RecoveryCodes {
    /// The codes. They are shown only once, each can be used once, and they replace all earlier codes.
    /// Null if the account has codes already because it had another factor.
    pub recovery_codes: Option<Vec<String>>,
}

/// A challenge for a passkey
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PasskeyChallenge {
    /// The encrypted state of this exchange. Send it back with the passkey's response within ten
    /// minutes, from the same browser and to the same origin.
    pub ceremony: String,
    /// The options to pass to `PublicKeyCredential.parseCreationOptionsFromJSON` or
    /// `parseRequestOptionsFromJSON`.
    pub public_key: serde_json::Value,
}

input! {
    /// Confirms the current user's password
    pub(super) struct PasswordConfirmation {
        /// The account's password
        pub password: Password,
    }
}

input! {
    /// A second-factor code
    pub(super) struct SecondFactorCode {
        /// A six-digit code from the authenticator app, or a recovery code
        pub code: Code,
    }
}

input! {
    /// The response of a new passkey
    pub(super) struct PasskeyRegistrationResponse {
        /// The `ceremony` of the challenge
        pub ceremony: Text<MAX_CEREMONY_LENGTH>,
        /// The name of the passkey
        pub name: Text<100>,
        /// The browser's `PublicKeyCredential` as JSON
        pub credential: Credential<RegisterPublicKeyCredential>,
    }
}

input! {
    /// The response of a passkey
    pub(super) struct PasskeyAuthenticationResponse {
        /// The `ceremony` of the challenge
        pub ceremony: Text<MAX_CEREMONY_LENGTH>,
        /// The browser's `PublicKeyCredential` as JSON
        pub credential: Credential<PublicKeyCredential>,
    }
}

/// A code entered by a user. Its `Debug` output is redacted.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Code {
    /// A six-digit code from an authenticator app.
    OneTime(String),
    /// The hash of a recovery code.
    Recovery(CodeHash),
}

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

impl Field for Code {
    fn read(given: &FieldValue, today: NaiveDate) -> Result<Self, Message> {
        let Text(text) = Text::<64>::read(given, today)?;
        let plain = recovery::normalize(&text);
        if plain.len() == 6 && plain.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(Self::OneTime(plain));
        }
        recovery::hash_code(&plain)
            .map(Self::Recovery)
            .ok_or_else(|| crate::t!("factors-field-code"))
    }

    fn schema() -> Schema {
        <Text<64> as Field>::schema()
    }
}

/// A passkey's response in the JSON form that browsers produce.
#[derive(Debug, Clone)]
pub(super) struct Credential<T>(pub T);

impl<T: DeserializeOwned> Field for Credential<T> {
    fn read(given: &FieldValue, _: NaiveDate) -> Result<Self, Message> {
        let FieldValue::Nested(json) = given else { return Err(crate::t!("core-field-nested")) };
        serde_json::from_str(json)
            .map(Self)
            .map_err(|error| crate::t!("factors-field-passkey", error = error.to_string()))
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
    fn codes_are_normalized_and_redacted_in_debug_output() {
        let read = |text: &str| {
            Code::read(&FieldValue::Typed(text.to_owned()), chrono::NaiveDate::default())
        };
        assert_eq!(read(" 123 456 "), Ok(Code::OneTime("123456".to_owned())));
        assert!(matches!(read("ABCD-efgh jkmn-pqrs"), Ok(Code::Recovery(_))));
        for wrong in ["12345", "1234567", "12345a", "abcd", "１２３４５６"] {
            assert_eq!(read(wrong), Err(crate::t!("factors-field-code")));
        }
        assert_eq!(format!("{:?}", read("123456")), "Ok([redacted])");
    }
}
