//! Units of work: the only way to write. Each is one transaction, which is committed if the work
//! succeeds and otherwise rolled back, and after which everything that is outdated is invalidated.

use serde::Serialize;

use super::{Db, Tx, edition, rls::RlsScope};
use crate::{
    Error, Result, Services, UserId,
    http::{Idempotency, IdempotentResponse},
};

impl Services {
    /// Runs `work` in a transaction for rows that belong to no user: see [`Db::transaction`].
    ///
    /// # Errors
    /// As [`Db::transaction`].
    pub async fn transaction<R>(&self, work: impl AsyncFnOnce(&mut Tx) -> Result<R>) -> Result<R> {
        self.db.transaction(work).await
    }

    /// Runs `work` in a transaction that sees the user's rows and those that belong to no user, and
    /// commits it. If `work` fails, the transaction is rolled back. Afterwards, the values at the
    /// `outdated_cache_keys` of all features are invalidated.
    ///
    /// # Errors
    /// The error of `work`, or `Unavailable` if the database is.
    pub async fn write<R>(
        &self,
        user: &UserId,
        work: impl AsyncFnOnce(&mut Tx) -> Result<R>,
    ) -> Result<R> {
        let mut tx = self.db.begin_write(RlsScope::User(user)).await?;
        let result = work(&mut tx).await?;
        self.commit(tx, user).await?;
        Ok(result)
    }

    /// Like [`Services::write`], for a request that clients may retry. `work` returns the path of
    /// the created record, or an empty text, and the record to respond with. A retry gets the
    /// stored response, and `work` does not run.
    ///
    /// # Errors
    /// The error of `work`; `Invalid` if the idempotency key was used for another request;
    /// `Unavailable` if the database is.
    pub async fn write_once<T: Serialize, const STATUS: u16>(
        &self,
        user: &UserId,
        idempotency: &Idempotency,
        work: impl AsyncFnOnce(&mut Tx) -> Result<(String, T)>,
    ) -> Result<IdempotentResponse<T, STATUS>> {
        let mut tx = self.db.begin_write(RlsScope::User(user)).await?;
        let earlier = idempotency.begin(&mut tx, user, self.clock.now()).await?;
        let response = if let Some(earlier) = earlier {
            // Invalidated again below: the process that wrote the response may have been killed
            // between its commit and the invalidation.
            earlier
        } else {
            let (location, record) = work(&mut tx).await?;
            idempotency.store_response(&mut tx, user, location, &record).await?
        };
        self.commit(tx, user).await?;
        Ok(response)
    }

    /// Commits, and invalidates what the write outdated. This runs to completion even if the client
    /// disconnects.
    async fn commit(&self, mut tx: Tx, user: &UserId) -> Result<()> {
        if self.cache.is_shared() || self.db.has_replica() {
            edition::increment(&mut tx, user).await?;
        }
        let cache = self.cache.clone();
        let keys: Vec<_> = self.outdated_cache_keys.iter().map(|key| key(user)).collect();
        let done = tokio::spawn(async move {
            let committed = tx.finish().await;
            // After a failure, too: if the response to a commit is lost, it may have succeeded.
            cache.invalidate_all(&keys).await;
            committed
        });
        done.await.map_err(|error| Error::Internal(error.into()))?
    }
}

impl Db {
    /// Runs `work` in a transaction for rows that belong to no user, such as accounts and stations,
    /// and commits it. If `work` fails, the transaction is rolled back. On PostgreSQL, it sees no
    /// user's rows: those are written with [`Services::write`].
    ///
    /// # Errors
    /// The error of `work`, or `Unavailable` if the database is.
    pub async fn transaction<R>(&self, work: impl AsyncFnOnce(&mut Tx) -> Result<R>) -> Result<R> {
        self.run(RlsScope::None, work).await
    }

    /// Like [`Db::transaction`], for work with an error type of its own.
    ///
    /// # Errors
    /// As [`Db::transaction`].
    pub async fn try_transaction<R, E: From<Error>>(
        &self,
        work: impl AsyncFnOnce(&mut Tx) -> Result<R, E>,
    ) -> Result<R, E> {
        self.run(RlsScope::None, work).await
    }

    /// Like [`Db::transaction`], for a job of the service. It sees the rows of all users in tables
    /// whose policy names the job.
    ///
    /// # Errors
    /// As [`Db::transaction`].
    pub async fn transaction_as_job<R, E: From<Error>>(
        &self,
        job: &'static str,
        work: impl AsyncFnOnce(&mut Tx) -> Result<R, E>,
    ) -> Result<R, E> {
        self.run(RlsScope::Job(job), work).await
    }

    /// Like [`Db::transaction`], for the registration of `applicant`, who is no user yet: nothing
    /// that is cached can be outdated. It also sees the responses to the applicant's requests.
    ///
    /// # Errors
    /// As [`Db::transaction`].
    pub async fn transaction_for_applicant<R>(
        &self,
        applicant: &UserId,
        work: impl AsyncFnOnce(&mut Tx) -> Result<R>,
    ) -> Result<R> {
        self.run(RlsScope::User(applicant), work).await
    }

    async fn run<R, E: From<Error>>(
        &self,
        scope: RlsScope<'_>,
        work: impl AsyncFnOnce(&mut Tx) -> Result<R, E>,
    ) -> Result<R, E> {
        let mut tx = self.begin_write(scope).await?;
        let result = work(&mut tx).await?;
        tx.finish().await?;
        Ok(result)
    }
}
