//! The types of log-ins with a provider.

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::tokens::VerifiedIdentity;
use crate::{
    core::{Error, UserId, hex},
    features::accounts::user::user_id,
};

/// An identity that is linked to an account.
#[derive(Debug, sqlx_derive::FromRow)]
pub(super) struct Identity {
    pub(super) id: Uuid,
    pub(super) issuer: String,
    pub(super) subject: String,
    pub(super) created_at: DateTime<Utc>,
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

/// Prefixes of the user ids that this service generates.
const RESERVED_PREFIXES: [&str; 2] = ["local|", "oidc|"];

/// The user id when there is only one provider: the subject itself, unless it could be mistaken for a
/// generated id.
pub(super) fn user_id_from_subject(identity: &VerifiedIdentity) -> Option<UserId> {
    let is_reserved = RESERVED_PREFIXES.iter().any(|prefix| identity.subject.starts_with(prefix));
    (!is_reserved).then(|| user_id(&identity.subject))
}

/// The user id when there are several providers: a hash that is unique to the issuer and subject.
pub(super) fn hashed_user_id(identity: &VerifiedIdentity) -> UserId {
    let digest = Sha256::new_with_prefix(&identity.issuer);
    let digest = digest.chain_update([0]).chain_update(&identity.subject).finalize();
    user_id(&format!("oidc|{}", hex(&digest)))
}

#[cfg(test)]
mod tests {
    use super::{Callback, VerifiedIdentity, hashed_user_id, user_id_from_subject};

    fn identity(issuer: &str, subject: &str) -> VerifiedIdentity {
        let (issuer, subject) = (issuer.to_owned(), subject.to_owned());
        VerifiedIdentity { issuer, subject, email: None, name: None }
    }

    #[test]
    fn subjects_with_a_reserved_prefix_are_not_used_as_user_ids() {
        let plain = |subject| user_id_from_subject(&identity("https://a.example", subject));
        assert_eq!(plain("auth0|dana").unwrap().as_str(), "auth0|dana");
        assert!(plain("local|0198c0de").is_none());
        assert!(plain("oidc|00").is_none());
    }

    #[test]
    fn the_same_subject_at_two_issuers_gives_two_user_ids() {
        let name = |issuer| hashed_user_id(&identity(issuer, "dana"));
        assert_ne!(name("https://a.example"), name("https://b.example"));
        let (one, other) =
            (identity("https://a.example/x", "y"), identity("https://a.example/", "xy"));
        assert_ne!(hashed_user_id(&one), hashed_user_id(&other));
        assert_eq!(name("https://a.example").as_str().len(), "oidc|".len() + 64);
    }

    #[test]
    fn a_callback_with_two_states_is_ignored() {
        let callback = Callback::parse("state=a&code=b&iss=https%3A%2F%2Fc");
        assert_eq!((callback.state.as_str(), callback.code.as_deref()), ("a", Some("b")));
        assert_eq!(callback.iss.as_deref(), Some("https://c"));
        assert!(Callback::parse("state=a&state=b&code=c").code.is_none());
    }
}
