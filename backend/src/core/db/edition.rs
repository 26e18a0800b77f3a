//! A user's edition: a number that every change of what is theirs raises, in its own transaction.

use sqlx::{AssertSqlSafe, PgPool, Row as _};

use super::{Db, Tx, whose::Whose};
use crate::{
    core::{Result, UserId},
    sql,
};

/// The user's edition. On PostgreSQL it is one message to the server and back.
///
/// # Errors
/// Unavailable where the database is away.
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

/// As [`read`], from this server.
pub(super) async fn read_from(pool: &PgPool, user: &UserId) -> Result<i64> {
    // The policy lets the user's row through, and no other. Statements of one message are a transaction:
    // one that was begun by name would stay open where the second statement fails.
    let setting = Whose::Users(user).setting().unwrap_or_default();
    let text = format!(
        "{setting}; SELECT edition FROM user_editions WHERE user_id = current_setting('app.user_id')"
    );
    let row = sqlx::raw_sql(AssertSqlSafe(text)).fetch_optional(pool).await?;
    Ok(row.map(|it| it.try_get(0)).transpose()?.unwrap_or_default())
}

/// Raises the user's edition.
///
/// # Errors
/// Unavailable where the database is away.
pub async fn raise(tx: &mut Tx, user: &UserId) -> Result<()> {
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
        let Db::Postgres { pool, .. } = app.past_policies().await else { panic!("not PostgreSQL") };
        sqlx::raw_sql(statement).execute(&pool).await.unwrap();
    }

    #[test]
    #[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
    fn an_edition_is_a_users_own_and_a_failure_to_read_it_leaves_no_transaction_open() {
        block_on(async {
            let app = TestApp::on_postgres().await;
            let db = &app.app.db;
            let ann = app.register("ann@example.org").await.user().await;
            let bob = app.register("bob@example.org").await.user().await;
            for _ in 0..2 {
                let mut tx = db.write_for(&ann).await.unwrap();
                edition::raise(&mut tx, &ann).await.unwrap();
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
            // Whose rows are shown ends with the message.
            let mut tx = db.read().await.unwrap();
            let (count,): (i64,) =
                sql!(&mut tx, fetch_one, "SELECT COUNT(*) FROM user_editions").unwrap();
            assert_eq!(count, 0);
            assert_eq!(edition::read(db, &ann).await.unwrap(), 2);
        });
    }
}
