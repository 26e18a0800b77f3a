//! The types of log-ins with a provider.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{core::Error, record};

record! {
    /// An identity that is linked to an account.
    #[derive(Debug)]
    pub(super) struct Identity {
        pub(super) id: Uuid { once id; }
        pub(super) issuer: String { once issuer; }
        pub(super) subject: String { once subject; }
        pub(super) created_at: DateTime<Utc> { once created_at; }
    }
    table "identities" by id as identity;
    write account_id = account;
    insert(pub(super), account: Uuid);
}

/// The parameters with which a provider redirects a browser back.
#[derive(Debug, Default)]
pub(super) struct Callback {
    pub(super) state: String,
    pub(super) code: Option<String>,
    /// The issuer of the response (RFC 9207).
    pub(super) iss: Option<String>,
    /// The error code, if the provider rejected the log-in.
    pub(super) error: Option<String>,
}

impl Callback {
    /// Parses the query. Returns an empty callback unless there is exactly one `state`.
    pub(super) fn parse(query: &str) -> Self {
        let mut callback = Self::default();
        let mut states = 0;
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "state" => {
                    states += 1;
                    callback.state = value.into_owned();
                }
                "code" => callback.code = Some(value.into_owned()),
                "iss" => callback.iss = Some(value.into_owned()),
                "error" => callback.error = Some(value.into_owned()),
                _ => {}
            }
        }
        if states == 1 { callback } else { Self::default() }
    }
}

/// Why a log-in with a provider failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum OidcError {
    /// The provider does not respond, or its responses are invalid.
    #[error("the provider is unavailable")]
    Unavailable,
    /// A response, or a token that claims to be from the provider, failed verification.
    #[error("verification failed: {0}")]
    Untrusted(String),
    /// The provider rejected the log-in, or the user canceled it there.
    #[error("the provider rejected the log-in")]
    Denied,
    /// The log-in was begun in another browser or too long ago, or is finished already.
    #[error("the log-in has expired or was begun in another browser")]
    Expired,
    /// The user has no account here and is not allowed to create one.
    #[error("registration is closed")]
    RegistrationClosed,
    /// The email address belongs to an account that the identity is not linked to.
    #[error("the email address belongs to another account")]
    EmailTaken,
    /// The email address belongs to an account that has not confirmed it.
    #[error("the email address belongs to another account, which has not confirmed it")]
    EmailUnconfirmed,
    /// The account is disabled.
    #[error("the account is disabled")]
    AccountDisabled,
    /// The account's password was reset, and its owner has not reviewed the identity since.
    #[error("the identity must be reviewed after a password reset")]
    Unreviewed,
    /// The identity is already linked to another account.
    #[error("the identity is linked to another account")]
    LinkedElsewhere,
    /// An error of this service.
    #[error("{0}")]
    Service(#[from] Error),
}

impl OidcError {
    pub(super) fn untrusted(why: &str) -> Self {
        Self::Untrusted(why.to_owned())
    }

    pub(super) fn untrusted_because(error: &dyn std::error::Error) -> Self {
        Self::Untrusted(crate::core::upstream::error_chain(error))
    }
}

impl From<sqlx::Error> for OidcError {
    fn from(error: sqlx::Error) -> Self {
        Self::Service(error.into())
    }
}

#[cfg(test)]
mod tests {
    use super::Callback;

    #[test]
    fn a_callback_with_two_states_is_ignored() {
        let callback = Callback::parse("state=a&code=b&iss=https%3A%2F%2Fc");
        assert_eq!((callback.state.as_str(), callback.code.as_deref()), ("a", Some("b")));
        assert_eq!(callback.iss.as_deref(), Some("https://c"));
        assert!(Callback::parse("state=a&state=b&code=c").code.is_none());
    }
}
