//! Creates user ids: the only code that may, so that other code cannot act for an arbitrary user.
#![expect(clippy::disallowed_methods, reason = "no other file may create a user id")]

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::core::{UserId, hex};

/// The id with this text, from an account or for one that is being created.
pub(super) fn user_id(name: &str) -> UserId {
    UserId::issue(name)
}

/// The id of a local account: `local|` and the account's id.
pub(super) fn local_user_id(account: Uuid) -> UserId {
    user_id(&format!("local|{account}"))
}

/// The id under which the idempotency key of a registration with this address is stored: there is no
/// account yet.
#[must_use]
pub fn applicant_id(email_key: &str) -> UserId {
    user_id(&format!("register|{}", hex(&Sha256::digest(email_key))))
}

/// Prefixes of the user ids that this service generates.
const RESERVED_PREFIXES: [&str; 2] = ["local|", "oidc|"];

/// The id of a provider's user when there is only one provider: the subject itself, unless it could be
/// mistaken for a generated id.
#[must_use]
pub fn user_id_of_subject(subject: &str) -> Option<UserId> {
    let is_reserved = RESERVED_PREFIXES.iter().any(|prefix| subject.starts_with(prefix));
    (!is_reserved).then(|| user_id(subject))
}

/// The id of a provider's user when there are several providers: a hash that is unique to the issuer
/// and subject.
#[must_use]
pub fn hashed_user_id(issuer: &str, subject: &str) -> UserId {
    let digest = Sha256::new_with_prefix(issuer);
    let digest = digest.chain_update([0]).chain_update(subject).finalize();
    user_id(&format!("oidc|{}", hex(&digest)))
}

#[cfg(test)]
mod tests {
    use super::{hashed_user_id, user_id_of_subject};

    #[test]
    fn subjects_with_a_reserved_prefix_are_not_used_as_user_ids() {
        assert_eq!(user_id_of_subject("auth0|dana").unwrap().as_str(), "auth0|dana");
        assert!(user_id_of_subject("local|0198c0de").is_none());
        assert!(user_id_of_subject("oidc|00").is_none());
    }

    #[test]
    fn the_same_subject_at_two_issuers_gives_two_user_ids() {
        let id = |issuer| hashed_user_id(issuer, "dana");
        assert_ne!(id("https://a.example"), id("https://b.example"));
        assert_ne!(
            hashed_user_id("https://a.example/x", "y"),
            hashed_user_id("https://a.example/", "xy"),
        );
        assert_eq!(id("https://a.example").as_str().len(), "oidc|".len() + 64);
    }
}
