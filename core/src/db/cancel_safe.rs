//! Begins transactions in a cancel-safe way.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use futures_util::future::BoxFuture;
use sqlx::{PgPool, Postgres, Transaction};

type BeginResult = sqlx::Result<Transaction<'static, Postgres>>;

/// How long beginning a transaction may take. Without a limit, a pooler with no free server delays
/// the first message of a transaction for minutes.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Begins a transaction, with a timeout. If this future is dropped while `BEGIN` is in progress,
/// such as when the client disconnects, it finishes in the background and the transaction is rolled
/// back. Otherwise the connection would return to the pool with an open transaction, and the next
/// user of the connection would fail.
pub(super) async fn begin(pool: &PgPool, statement: impl sqlx::SqlSafeStr) -> BeginResult {
    let (pool, statement) = (pool.clone(), statement.into_sql_str());
    let transaction = Uncanceled(Some(Box::pin(async move { pool.begin_with(statement).await })));
    tokio::time::timeout(TIMEOUT, transaction).await.unwrap_or(Err(sqlx::Error::PoolTimedOut))
}

struct Uncanceled(Option<BoxFuture<'static, BeginResult>>);

impl Future for Uncanceled {
    type Output = BeginResult;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<BeginResult> {
        let Some(future) = &mut self.0 else { return Poll::Pending };
        let begun = ready!(future.as_mut().poll(context));
        self.0 = None;
        Poll::Ready(begun)
    }
}

impl Drop for Uncanceled {
    fn drop(&mut self) {
        if let Some(future) = self.0.take()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(future);
        }
    }
}
