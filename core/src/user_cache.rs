//! Caching of values computed from a user's rows, in a cache that several instances share.
//!
//! After a change, an instance deletes the outdated values from Redis. But if it is disconnected
//! from Redis or killed first, the other instances would use the old values until they expire. So
//! each change also increments the user's edition in the database, in the same transaction, and a
//! value in Redis is valid only if it was computed for the current edition. That costs one small
//! read per value from Redis. An in-process cache does not need this: no other process can have
//! made changes without it.

use std::time::Duration;

use bytes::Bytes;

use super::{Result, Services, UserId, db::edition};

/// Separates the edition from the value.
const SEPARATOR: u8 = b'\n';

/// Prefixes a value with the edition it was computed for.
pub(super) fn with_edition(edition: i64, value: &[u8]) -> Bytes {
    let mut body = edition.to_string().into_bytes();
    body.push(SEPARATOR);
    body.extend_from_slice(value);
    body.into()
}

/// The value in `body`, if it was computed for `edition` or a later one.
pub(super) fn if_current(body: &Bytes, edition: i64) -> Option<Bytes> {
    let end = body.iter().position(|it| *it == SEPARATOR)?;
    let computed_for: i64 = std::str::from_utf8(&body[..end]).ok()?.parse().ok()?;
    (computed_for >= edition).then(|| body.slice(end + 1..))
}

impl Services {
    /// Like [`super::cache::Cache::get_or_compute`], for a value that any change to the user's
    /// vehicles, or to data that belongs to them, invalidates.
    ///
    /// # Errors
    /// The error of `compute`, or `Unavailable` if the database is.
    pub async fn get_or_compute_for<F>(
        &self,
        user: &UserId,
        key: &str,
        lifetime: Duration,
        compute: impl Fn() -> F + Send + Sync,
    ) -> Result<Bytes>
    where
        F: Future<Output = Result<Bytes>> + Send,
    {
        if !self.cache.is_shared() {
            return self.cache.get_or_compute(key, lifetime, compute).await;
        }
        // Read before computing: a later commit increments the edition, so later readers do not use
        // the value.
        let edition = edition::read(&self.db, user).await?;
        for _ in 0..2 {
            let compute = || async { Ok(with_edition(edition, &compute().await?)) };
            let body = self.cache.get_or_compute(key, lifetime, compute).await?;
            if let Some(value) = if_current(&body, edition) {
                return Ok(value);
            }
            self.cache.invalidate(key).await;
        }
        compute().await
    }
}

#[cfg(test)]
mod tests {
    use super::{Bytes, if_current};

    #[test]
    fn a_value_is_valid_for_its_edition_and_earlier_ones() {
        let body = Bytes::from_static(b"7\n{\"a\":1}\n");
        assert_eq!(if_current(&body, 7).unwrap(), "{\"a\":1}\n");
        assert!(if_current(&body, 6).is_some());
        assert!(if_current(&body, 8).is_none());
        for strange in ["", "7", "x\n[]", "[]", "-\n"] {
            assert!(if_current(&Bytes::from_static(strange.as_bytes()), 0).is_none(), "{strange}");
        }
    }
}
