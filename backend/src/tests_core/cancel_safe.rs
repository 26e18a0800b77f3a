//! Beginning a transaction is safe to cancel.

use std::time::Duration;

use sqlx::Row as _;

use crate::{
    core::{
        Result,
        db::{Db, Tx},
    },
    sql,
    testing::{TestApp, block_on},
};

#[test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
fn canceling_begin_leaves_no_transaction_open() {
    block_on(async {
        let app = TestApp::on_postgres().await;
        let db = &app.app.db;
        let Db::Postgres { pool, .. } = db else { panic!("{db:?} is not PostgreSQL") };
        for round in 0..300 {
            // Some are canceled before, some during and some after the server begins the
            // transaction.
            let timeout = Duration::from_micros(round * 5);
            let nothing = async |_: &mut Tx| Ok(());
            let _ = tokio::time::timeout(timeout, db.transaction(nothing)).await;
            let update = async |tx: &mut Tx| -> Result<u64> {
                Ok(sql!(tx, execute, "UPDATE accounts SET updated_at = updated_at")?)
            };
            db.transaction(update).await.unwrap();
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        let open = "SELECT COUNT(*) FROM pg_stat_activity
                    WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
        let row = sqlx::raw_sql(open).fetch_one(pool).await.unwrap();
        assert_eq!(row.get::<i64, _>(0), 0);
    });
}
