//! Password hashing with Argon2id. Hashes run through the queue in `hash_queue`.

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};

pub use super::hash_queue::{HashQueue, HashSlot};
use super::model::Password;
use crate::core::{Error, Result};

/// Memory in KiB, passes and lanes: the minimum that OWASP recommends.
const COST: (u32, u32, u32) = (19 * 1024, 2, 1);

/// Unit tests create thousands of accounts, so they use a negligible cost. `tests/blackbox/` runs the
/// program with the real one.
fn argon2() -> Argon2<'static> {
    let (memory, passes, lanes) = if cfg!(test) { (8, 1, 1) } else { COST };
    let params = Params::new(memory, passes, lanes, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// Hashes a password for storage.
///
/// # Errors
/// Overloaded if the request was dropped from a full queue.
pub async fn hash(slot: HashSlot, password: &Password) -> Result<String> {
    let password = password.clone();
    slot.run(move || {
        let hash = argon2().hash_password(password.expose().as_bytes());
        hash.map(|it| it.to_string()).map_err(|error| Error::Internal(error.to_string().into()))
    })
    .await?
}

/// Checks a password against a stored hash. Without a hash, the check fails but takes as long, so
/// that the response time does not reveal whether an account exists.
///
/// # Errors
/// Overloaded if the request was dropped from a full queue.
pub async fn verify(slot: HashSlot, password: &Password, stored: Option<String>) -> Result<bool> {
    let password = password.clone();
    slot.run(move || {
        let password = password.expose().as_bytes();
        if let Some(Ok(hash)) = stored.as_deref().map(PasswordHash::new) {
            argon2().verify_password(password, &hash).is_ok()
        } else {
            let _ = argon2().hash_password(password);
            false
        }
    })
    .await
}
