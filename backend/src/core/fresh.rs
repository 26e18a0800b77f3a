//! Answers worked out from a user's own rows, in a cache that several instances share.
//!
//! After a change, an instance deletes the answers that it outdates from Redis. But it may have lost
//! Redis, or be killed first, and then every other instance would give the old answer until it expires.
//! So each change also raises the user's edition in the database, in its own transaction, and an answer
//! in Redis counts only if it was made for the edition that the database has when it is asked for. That
//! costs one narrow read for each answer from Redis. A cache within the process needs none of it: no
//! other process can have changed anything without it.

use std::time::Duration;

use bytes::Bytes;

use super::{
    App, Result, UserId,
    db::{Tx, edition},
};

/// What separates the edition from the answer.
const END: u8 = b'\n';

/// The body of an answer made for `edition`.
pub(super) fn marked(edition: i64, answer: &[u8]) -> Bytes {
    let mut body = edition.to_string().into_bytes();
    body.push(END);
    body.extend_from_slice(answer);
    body.into()
}

/// The answer in `body`, if it was made for `edition` or a later one.
pub(super) fn of_edition(body: &Bytes, edition: i64) -> Option<Bytes> {
    let end = body.iter().position(|it| *it == END)?;
    let made_for: i64 = std::str::from_utf8(&body[..end]).ok()?.parse().ok()?;
    (made_for >= edition).then(|| body.slice(end + 1..))
}

impl App {
    /// As [`super::cache::Cache::get_or_compute`], for an answer that every change of the user's
    /// vehicles, and of what belongs to them, outdates.
    ///
    /// # Errors
    /// As `compute`, and Unavailable where the database is away.
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
        // Before anything is computed: what is committed meanwhile raises it, and the answer then
        // counts for nobody who asks later.
        let edition = edition::read(&self.db, user).await?;
        for _ in 0..2 {
            let compute = || async { Ok(marked(edition, &compute().await?)) };
            let body = self.cache.get_or_compute(key, lifetime, compute).await?;
            if let Some(answer) = of_edition(&body, edition) {
                return Ok(answer);
            }
            self.cache.invalidate(key).await;
        }
        compute().await
    }

    /// Raises the user's edition within the transaction that changes something of theirs, where
    /// several instances share the cache or a replica answers.
    ///
    /// # Errors
    /// Unavailable where the database is away.
    pub async fn outdate(&self, tx: &mut Tx, user: &UserId) -> Result<()> {
        let is_needed = self.cache.is_shared() || self.db.has_replica();
        if is_needed { edition::raise(tx, user).await } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::{Bytes, of_edition};

    #[test]
    fn an_answer_counts_for_its_edition_and_those_before() {
        let body = Bytes::from_static(b"7\n{\"a\":1}\n");
        assert_eq!(of_edition(&body, 7).unwrap(), "{\"a\":1}\n");
        assert!(of_edition(&body, 6).is_some());
        assert!(of_edition(&body, 8).is_none());
        for strange in ["", "7", "x\n[]", "[]", "-\n"] {
            assert!(of_edition(&Bytes::from_static(strange.as_bytes()), 0).is_none(), "{strange}");
        }
    }
}
