//! Transactions that are begun to the end, even if nobody waits for them any more.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use futures_util::future::BoxFuture;
use sqlx::{PgPool, Postgres, Transaction};

type Begun = sqlx::Result<Transaction<'static, Postgres>>;

/// How long beginning may take. A pooler holds back the first message of a transaction while it has no
/// server for it, for minutes if it is let.
const PATIENCE: Duration = Duration::from_secs(3);

/// Begins a transaction, within a few seconds. If the client hangs up while `BEGIN` is under way, the future is finished in
/// the background and the transaction rolled back: dropped halfway, it would go back to the pool with
/// the transaction open, and fail whoever gets the connection next.
pub(super) async fn begin(pool: &PgPool, statement: impl sqlx::SqlSafeStr) -> Begun {
    let (pool, statement) = (pool.clone(), statement.into_sql_str());
    let transaction = Unbroken(Some(Box::pin(async move { pool.begin_with(statement).await })));
    tokio::time::timeout(PATIENCE, transaction).await.unwrap_or(Err(sqlx::Error::PoolTimedOut))
}

struct Unbroken(Option<BoxFuture<'static, Begun>>);

impl Future for Unbroken {
    type Output = Begun;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Begun> {
        let Some(future) = &mut self.0 else { return Poll::Pending };
        let begun = ready!(future.as_mut().poll(context));
        self.0 = None;
        Poll::Ready(begun)
    }
}

impl Drop for Unbroken {
    fn drop(&mut self) {
        if let Some(future) = self.0.take()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(future);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use sqlx::Row as _;

    use crate::{
        core::db::Db,
        sql,
        testing::{TestApp, block_on},
    };

    #[test]
    #[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
    fn a_client_that_hangs_up_while_a_transaction_begins_leaves_none_open() {
        block_on(async {
            let app = TestApp::on_postgres().await;
            let db = &app.app.db;
            let Db::Postgres { pool, .. } = db else { panic!("{db:?} is not PostgreSQL") };
            for round in 0..300 {
                // Some are cut off before, some while and some after the server has begun it.
                let patience = Duration::from_micros(round * 5);
                let _ = tokio::time::timeout(patience, db.write()).await;
                let mut tx = db.write().await.unwrap();
                sql!(&mut tx, execute, "UPDATE accounts SET updated_at = updated_at").unwrap();
                tx.commit().await.unwrap();
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
            let open = "SELECT COUNT(*) FROM pg_stat_activity
                        WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
            let row = sqlx::raw_sql(open).fetch_one(pool).await.unwrap();
            assert_eq!(row.get::<i64, _>(0), 0);
        });
    }
}
