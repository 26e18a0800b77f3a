//! A user's edition: a number that every change to the user's data increments, in the same
//! transaction.

use sqlx::{AssertSqlSafe, PgPool, Row as _};

use super::{Db, Tx, rls::RlsScope};
use crate::{
    core::{Result, UserId},
    sql,
};

/// Returns the user's edition. On PostgreSQL this is one round trip.
///
/// # Errors
/// `Unavailable` if the database is.
pub async fn read(db: &Db, user: &UserId) -> Result<i64> {
    if let Db::Postgres { pool, .. } = db {
        return read_from(pool, user).await;
    }
    let found: Option<(i64,)> = sql!(
        &mut db.read_for(user).await?,
        fetch_optional,
        "SELECT edition FROM user_editions WHERE user_id = $1",
        user.as_str(),
    )?;
    Ok(found.map_or(0, |it| it.0))
}

/// Like [`read`], from this server.
pub(super) async fn read_from(pool: &PgPool, user: &UserId) -> Result<i64> {
    // The policy allows only the user's row. The statements of one message are one transaction;
    // after an explicit `BEGIN`, the transaction would stay open if the second statement failed.
    let setting = RlsScope::User(user).set_statement().unwrap_or_default();
    let text = format!(
        "{setting}; SELECT edition FROM user_editions WHERE user_id = current_setting('app.user_id')"
    );
    let row = sqlx::raw_sql(AssertSqlSafe(text)).fetch_optional(pool).await?;
    Ok(row.map(|it| it.try_get(0)).transpose()?.unwrap_or_default())
}

/// Increments the user's edition.
///
/// # Errors
/// `Unavailable` if the database is.
pub async fn increment(tx: &mut Tx, user: &UserId) -> Result<()> {
    sql!(
        tx,
        execute,
        "INSERT INTO user_editions (user_id, edition) VALUES ($1, 1)
         ON CONFLICT (user_id) DO UPDATE SET edition = user_editions.edition + 1",
        user.as_str(),
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::{
        core::db::{Db, edition},
        sql,
        testing::{TestApp, block_on},
    };

    async fn rename(app: &TestApp, statement: &'static str) {
        let Db::Postgres { pool, .. } = app.db_bypassing_rls().await else {
            panic!("not PostgreSQL")
        };
        sqlx::raw_sql(statement).execute(&pool).await.unwrap();
    }

    #[test]
    #[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
    fn editions_are_per_user_and_a_failed_read_leaves_no_transaction_open() {
        block_on(async {
            let app = TestApp::on_postgres().await;
            let db = &app.app.db;
            let ann = app.register("ann@example.org").await.user_id().await;
            let bob = app.register("bob@example.org").await.user_id().await;
            for _ in 0..2 {
                let mut tx = db.write_for(&ann).await.unwrap();
                edition::increment(&mut tx, &ann).await.unwrap();
                tx.commit().await.unwrap();
            }
            assert_eq!(edition::read(db, &ann).await.unwrap(), 2);
            assert_eq!(edition::read(db, &bob).await.unwrap(), 0);
            rename(&app, "ALTER TABLE user_editions RENAME TO elsewhere").await;
            for _ in 0..20 {
                edition::read(db, &ann).await.unwrap_err();
                let mut tx = db.write().await.unwrap();
                sql!(&mut tx, execute, "UPDATE accounts SET updated_at = updated_at").unwrap();
                tx.commit().await.unwrap();
            }
            rename(&app, "ALTER TABLE elsewhere RENAME TO user_editions").await;
            // The RLS scope ends with the message.
            let mut tx = db.read().await.unwrap();
            let count = "SELECT COUNT(*) FROM user_editions WHERE user_id = $1";
            let (count,): (i64,) = sql!(&mut tx, fetch_one, count, ann.as_str()).unwrap();
            assert_eq!(count, 0);
            assert_eq!(edition::read(db, &ann).await.unwrap(), 2);
        });
    }
}
