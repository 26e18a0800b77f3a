//! A user's edition: a number that every change to the user's data increments, in the same
//! transaction.

use sqlx::{AssertSqlSafe, PgPool, Row as _};

use super::{Db, Tx, rls::RlsScope};
use crate::{Result, UserId, sql};

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
    let text = crate::statement!("postgres", AssertSqlSafe(text));
    let row = sqlx::raw_sql(text).fetch_optional(pool).await?;
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
