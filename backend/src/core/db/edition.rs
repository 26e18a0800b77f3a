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
    // The policy lets the user's row through, and no other.
    let begin = Whose::Users(user).after("BEGIN READ ONLY").0;
    let text = format!(
        "{begin}; SELECT edition FROM user_editions
         WHERE user_id = current_setting('app.user_id'); COMMIT"
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
