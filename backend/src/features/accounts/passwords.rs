//! Passwords, hashed with Argon2id in the queue of [`super::hashing`].

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};

use super::{hashing::Place, model::Password};
use crate::core::{Error, Result};

/// OWASP's least: 19 MiB in KiB, two passes, one lane.
const COST: (u32, u32, u32) = (19 * 1024, 2, 1);

/// The tests in the library make thousands of accounts to look at something else, so theirs cost
/// next to nothing; what the program's cost is seen in `tests/blackbox/`.
fn argon2() -> Argon2<'static> {
    let (memory, passes, lanes) = if cfg!(test) { (8, 1, 1) } else { COST };
    let params = Params::new(memory, passes, lanes, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// The hash to keep of `password`.
pub(super) async fn hash(place: Place, password: &Password) -> Result<String> {
    let password = password.clone();
    place
        .run(move || {
            let hash = argon2().hash_password(password.expose().as_bytes());
            hash.map(|it| it.to_string()).map_err(|error| Error::Internal(error.to_string().into()))
        })
        .await?
}

/// Whether `password` is the one that `kept` is the hash of. Without a hash it takes as long and
/// is wrong, so that the time tells nobody who has an account.
pub(super) async fn verify(
    place: Place,
    password: &Password,
    kept: Option<String>,
) -> Result<bool> {
    let password = password.clone();
    place
        .run(move || {
            let password = password.expose().as_bytes();
            if let Some(Ok(hash)) = kept.as_deref().map(PasswordHash::new) {
                argon2().verify_password(password, &hash).is_ok()
            } else {
                let _ = argon2().hash_password(password);
                false
            }
        })
        .await
}
