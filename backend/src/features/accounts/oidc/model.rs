//! What log-ins with a provider are made of.

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::tokens::Vouched;
use crate::{
    core::{Error, hex},
    features::accounts::user::UserId,
};

/// An identity that opens an account, as its owner sees it.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Identity {
    pub(super) id: Uuid,
    pub(super) issuer: String,
    pub(super) subject: String,
    pub(super) created_at: DateTime<Utc>,
}

/// What a provider sends a browser back with.
#[derive(Debug, Default)]
pub(super) struct Back {
    pub(super) state: String,
    pub(super) code: Option<String>,
    /// Who the provider says it is (RFC 9207).
    pub(super) iss: Option<String>,
    /// Why it lets nobody in.
    pub(super) error: Option<String>,
}

impl Back {
    /// Reads it from the query; of what is said twice, nothing counts.
    pub(super) fn read(query: &str) -> Self {
        let mut back = Self::default();
        let mut states = 0;
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "state" => {
                    states += 1;
                    back.state = value.into_owned();
                }
                "code" => back.code = Some(value.into_owned()),
                "iss" => back.iss = Some(value.into_owned()),
                "error" => back.error = Some(value.into_owned()),
                _ => {}
            }
        }
        if states == 1 { back } else { Self::default() }
    }
}

/// Why somebody does not get in by a provider.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    /// The provider does not answer, or not as it has to.
    #[error("the provider does not answer now")]
    Away,
    /// What it answers, or what is said to be of it, cannot be trusted.
    #[error("what the provider says cannot be trusted: {0}")]
    Untrusted(String),
    /// The provider lets them not in, or they changed their mind there.
    #[error("the provider let nobody in")]
    Denied,
    /// The log-in was not begun in this browser, too long ago, or has ended already.
    #[error("the log-in has ended already, or was begun elsewhere")]
    Stale,
    /// They have no account here, and may not make one.
    #[error("accounts cannot be made here")]
    Closed,
    /// Their e-mail address has an account that the provider is not linked to.
    #[error("the e-mail address has an account")]
    EmailTaken,
    /// Their e-mail address has an account, but nobody has confirmed that the address is its owner's.
    #[error("the e-mail address has an account that nobody confirmed")]
    EmailUnconfirmed,
    /// Their account has been disabled.
    #[error("the account is disabled")]
    Disabled,
    /// The account's password was reset, and its owner has not reviewed the identity since.
    #[error("the identity waits to be reviewed after a password reset")]
    Unreviewed,
    /// The identity to link opens another account.
    #[error("the identity opens another account")]
    LinkedElsewhere,
    /// It is this service that cannot.
    #[error("{0}")]
    Service(#[from] Error),
}

impl Refusal {
    pub(super) fn untrusted(why: &str) -> Self {
        Self::Untrusted(why.to_owned())
    }

    pub(super) fn distrust(error: &dyn std::error::Error) -> Self {
        Self::Untrusted(crate::core::upstream::error_chain(error))
    }
}

impl From<sqlx::Error> for Refusal {
    fn from(error: sqlx::Error) -> Self {
        Self::Service(error.into())
    }
}

/// Names that this service gives itself, and no provider.
const OWN: [&str; 2] = ["local|", "oidc|"];

/// The name of somebody's data where their provider is the only one: its own name for them, unless
/// it could be taken for one that this service gives.
pub(super) fn plain_user(vouched: &Vouched) -> Option<UserId> {
    let is_own = OWN.iter().any(|own| vouched.subject.starts_with(own));
    (!is_own).then(|| UserId::new(vouched.subject.clone()))
}

/// The name of somebody's data where there are several providers: no other's name is the same.
pub(super) fn hashed_user(vouched: &Vouched) -> UserId {
    let digest = Sha256::new_with_prefix(&vouched.issuer);
    let digest = digest.chain_update([0]).chain_update(&vouched.subject).finalize();
    UserId::new(format!("oidc|{}", hex(&digest)))
}

#[cfg(test)]
mod tests {
    use super::{Back, Vouched, hashed_user, plain_user};

    fn vouched(issuer: &str, subject: &str) -> Vouched {
        let (issuer, subject) = (issuer.to_owned(), subject.to_owned());
        Vouched { issuer, subject, email: None, name: None }
    }

    #[test]
    fn no_subject_can_be_taken_for_a_name_that_this_service_gives() {
        let plain = |subject| plain_user(&vouched("https://a.example", subject));
        assert_eq!(plain("auth0|dana").unwrap().as_str(), "auth0|dana");
        assert!(plain("local|0198c0de").is_none());
        assert!(plain("oidc|00").is_none());
    }

    #[test]
    fn the_same_subject_of_two_issuers_is_two_users() {
        let name = |issuer| hashed_user(&vouched(issuer, "dana"));
        assert_ne!(name("https://a.example"), name("https://b.example"));
        let (one, other) =
            (vouched("https://a.example/x", "y"), vouched("https://a.example/", "xy"));
        assert_ne!(hashed_user(&one), hashed_user(&other));
        assert_eq!(name("https://a.example").as_str().len(), "oidc|".len() + 64);
    }

    #[test]
    fn what_is_said_twice_counts_for_nothing() {
        let back = Back::read("state=a&code=b&iss=https%3A%2F%2Fc");
        assert_eq!((back.state.as_str(), back.code.as_deref()), ("a", Some("b")));
        assert_eq!(back.iss.as_deref(), Some("https://c"));
        assert!(Back::read("state=a&state=b&code=c").code.is_none());
    }
}
