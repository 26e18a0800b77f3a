//! Writes behind the service's back. Outside of tests, a unit of work is the only way to write.

use crate::core::{
    Result, UserId,
    db::{Db, Tx},
};

/// Begins transactions that nothing commits by itself.
pub(crate) trait BeginWrite {
    /// For rows that belong to no user.
    async fn write(&self) -> Result<Tx>;

    /// For rows of a user.
    async fn write_for(&self, user: &UserId) -> Result<Tx>;

    /// For the rows that policies show to a job.
    async fn write_as_job(&self, job: &'static str) -> Result<Tx>;
}

impl BeginWrite for Db {
    async fn write(&self) -> Result<Tx> {
        begin(self, None).await
    }

    async fn write_for(&self, user: &UserId) -> Result<Tx> {
        begin(self, Some(("app.user_id", user.as_str()))).await
    }

    async fn write_as_job(&self, job: &'static str) -> Result<Tx> {
        begin(self, Some(("app.job", job))).await
    }
}

/// Begins a transaction with this setting, which the policies read.
async fn begin(db: &Db, setting: Option<(&str, &str)>) -> Result<Tx> {
    Ok(match db {
        Db::Postgres { pool, persistent, .. } => {
            let mut tx = pool.begin().await?;
            if let Some((name, value)) = setting {
                let set = sqlx::query("SELECT set_config($1, $2, TRUE)").bind(name).bind(value);
                set.persistent(*persistent).execute(&mut *tx).await?;
            }
            Tx::Postgres { tx: tx.into(), persistent: *persistent, invalidates: None }
        }
        Db::Sqlite { writer, .. } => Tx::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?.into()),
    })
}

/// Commits a transaction.
pub(crate) trait Commit {
    /// Commits the transaction, and invalidates nothing.
    async fn commit(self) -> Result<()>;
}

impl Commit for Tx {
    async fn commit(mut self) -> Result<()> {
        // An empty transaction takes the place of the committed one, and is rolled back.
        let commit = "COMMIT; BEGIN";
        match &mut self {
            Self::Postgres { tx, .. } => {
                sqlx::raw_sql(commit).execute(&mut **tx).await?;
            }
            Self::Sqlite(tx) => {
                sqlx::raw_sql(commit).execute(&mut **tx).await?;
            }
        }
        Ok(self.rollback().await?)
    }
}
