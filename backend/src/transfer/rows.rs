//! Reads and writes the rows of a table.

use futures_util::{StreamExt as _, TryStreamExt as _, future, stream::BoxStream};
use sqlx::{AssertSqlSafe, PgConnection, SqliteConnection};

use super::{
    error::{At as _, MoveError, Result, Side},
    kind::Kind,
    schema::{Column, Table, quoted},
    value::{Row, Value},
};
use crate::core::db::Tx;

/// How many bytes to send to PostgreSQL at a time.
const CHUNK: usize = 256 * 1024;
/// Maximum number of bound values in an SQLite statement. SQLite supports about 32,000.
const MOST_VALUES: usize = 2_000;

/// The values of a row, in the order of the table's columns.
pub(super) type Values = Vec<Value>;

impl Table {
    /// Reads all rows by primary key, in the same order on both engines.
    pub(super) fn rows<'a>(&'a self, tx: &'a mut Tx, side: Side) -> BoxStream<'a, Result<Values>> {
        let is_postgres = matches!(tx, Tx::Postgres { .. });
        let statement = AssertSqlSafe(self.select(is_postgres));
        let rows = match tx {
            Tx::Postgres { tx, .. } => {
                let rows = sqlx::query(statement).persistent(false).fetch(&mut **tx);
                rows.map_ok(Row::Postgres).boxed()
            }
            Tx::Sqlite(tx) => sqlx::query(statement).fetch(&mut **tx).map_ok(Row::Sqlite).boxed(),
        };
        rows.map(move |row| self.values(&row.at(side, &self.name)?)).boxed()
    }

    fn select(&self, is_postgres: bool) -> String {
        let columns = self.columns.iter().map(|it| match it.kind {
            Kind::Json if is_postgres => format!("{}::TEXT", quoted(&it.name)),
            _ => quoted(&it.name),
        });
        let order = self.key.iter().map(|&at| {
            let Column { name, kind, .. } = &self.columns[at];
            match kind {
                // Use SQLite's order, independent of the database's collation.
                Kind::Text(_) | Kind::Char(_) if is_postgres => {
                    format!("{} COLLATE \"C\"", quoted(name))
                }
                _ => quoted(name),
            }
        });
        let (columns, order): (Vec<_>, Vec<_>) = (columns.collect(), order.collect());
        let table = quoted(&self.name);
        format!("SELECT {} FROM {table} ORDER BY {}", columns.join(", "), order.join(", "))
    }

    fn values(&self, row: &Row) -> Result<Values> {
        let mut values = Vec::with_capacity(self.columns.len());
        for (at, column) in self.columns.iter().enumerate() {
            match row.value(at, column.kind) {
                Ok(value) => values.push(value),
                Err(why) => {
                    let key = self.key.iter().map(|&at| {
                        let value = row.value(at, self.columns[at].kind);
                        value.map_or_else(|_| "?".to_owned(), |it| it.to_string())
                    });
                    let key = key.collect::<Vec<_>>().join(", ");
                    return Err(self.fault(key, column, why));
                }
            }
        }
        Ok(values)
    }

    fn fault(&self, key: String, column: &Column, why: String) -> MoveError {
        let (table, column) = (self.name.clone(), column.name.clone());
        MoveError::Value { table, key, column, why }
    }

    /// The row's primary key, for messages.
    pub(super) fn key_of(&self, values: &[Value]) -> String {
        let key: Vec<_> = self.key.iter().map(|&at| values[at].to_string()).collect();
        key.join(", ")
    }

    /// Checks that the target can store each value exactly.
    ///
    /// # Errors
    /// [`MoveError::Value`] for the first value that it cannot store.
    pub(super) fn check(&self, values: &[Value], is_postgres: bool) -> Result<()> {
        for (value, column) in values.iter().zip(&self.columns) {
            let fits = match value {
                Value::Null if column.is_required => Err("is missing".to_owned()),
                _ if is_postgres => value.fits_postgres(column.kind),
                _ => Ok(()),
            };
            fits.map_err(|why| self.fault(self.key_of(values), column, why))?;
        }
        Ok(())
    }

    /// Copies all rows from the source to the target. Returns their number.
    pub(super) async fn copy(&self, source: &mut Tx, target: &mut Tx) -> Result<u64> {
        let rows = self.rows(source, Side::Source);
        match target {
            Tx::Postgres { tx, .. } => self.copy_to_postgres(rows, tx).await,
            Tx::Sqlite(tx) => self.copy_to_sqlite(rows, tx).await,
        }
    }

    async fn copy_to_postgres(
        &self,
        mut rows: BoxStream<'_, Result<Values>>,
        target: &mut PgConnection,
    ) -> Result<u64> {
        let (table, columns) = (quoted(&self.name), self.column_list());
        let statement = format!("COPY {table} ({columns}) FROM STDIN");
        let mut copy = target.copy_in_raw(&statement).await.at(Side::Target, &self.name)?;
        let mut chunk = Vec::with_capacity(CHUNK + CHUNK / 4);
        let sent = loop {
            let row = match rows.try_next().await {
                Ok(row) => row,
                Err(error) => break Err(error),
            };
            if let Some(row) = &row {
                if let Err(error) = self.check(row, true) {
                    break Err(error);
                }
                for (at, value) in row.iter().enumerate() {
                    if at > 0 {
                        chunk.push(b'\t');
                    }
                    value.copy_into(&mut chunk);
                }
                chunk.push(b'\n');
            }
            if chunk.len() >= CHUNK || row.is_none() {
                if let Err(error) = copy.send(&chunk[..]).await {
                    break Err(error).at(Side::Target, &self.name);
                }
                chunk.clear();
            }
            if row.is_none() {
                break Ok(());
            }
        };
        match sent {
            Ok(()) => copy.finish().await.at(Side::Target, &self.name),
            Err(error) => {
                // The transaction is rolled back; report the original error.
                let _ = copy.abort("the rows could not be read").await;
                Err(error)
            }
        }
    }

    async fn copy_to_sqlite(
        &self,
        rows: BoxStream<'_, Result<Values>>,
        target: &mut SqliteConnection,
    ) -> Result<u64> {
        let at_once = (MOST_VALUES / self.columns.len()).max(1);
        let mut batches = rows.try_chunks(at_once).map_err(|it| it.1);
        let one = format!("({})", vec!["?"; self.columns.len()].join(", "));
        let mut count = 0;
        while let Some(batch) = batches.try_next().await? {
            let (table, columns) = (quoted(&self.name), self.column_list());
            let values = vec![one.as_str(); batch.len()].join(", ");
            let statement = format!("INSERT INTO {table} ({columns}) VALUES {values}");
            let mut query = sqlx::query(AssertSqlSafe(statement));
            for row in &batch {
                self.check(row, false)?;
                query = row.iter().fold(query, |query, value| value.bind(query));
            }
            let done = query.execute(&mut *target).await.at(Side::Target, &self.name)?;
            count += done.rows_affected();
        }
        Ok(count)
    }

    /// Reads and checks all rows like [`Table::copy`], without writing.
    pub(super) async fn check_all(&self, source: &mut Tx, is_postgres: bool) -> Result<u64> {
        let rows = self.rows(source, Side::Source);
        let checked = rows.try_fold(0, |count, row| {
            future::ready(self.check(&row, is_postgres).map(|()| count + 1))
        });
        checked.await
    }

    /// Compares the rows of both databases. Returns their number.
    ///
    /// # Errors
    /// [`MoveError::Different`] for the first difference.
    pub(super) async fn compare(&self, source: &mut Tx, target: &mut Tx) -> Result<u64> {
        let mut ours = self.rows(source, Side::Source);
        let mut theirs = self.rows(target, Side::Target);
        let mut count = 0;
        loop {
            let (key, what) = match (ours.try_next().await?, theirs.try_next().await?) {
                (None, None) => return Ok(count),
                (Some(one), Some(other)) if one == other => {
                    count += 1;
                    continue;
                }
                (Some(one), Some(other)) if self.key_of(&one) == self.key_of(&other) => {
                    let mut columns = self.columns.iter().zip(one.iter().zip(&other));
                    let name = columns.find(|it| it.1.0 != it.1.1).map_or("", |it| &it.0.name);
                    (self.key_of(&one), format!("{name} is different in the target"))
                }
                (Some(row), _) => (
                    self.key_of(&row),
                    "the target does not contain this row, or has a different one in its place"
                        .to_owned(),
                ),
                (None, Some(row)) => (self.key_of(&row), "only the target has this row".to_owned()),
            };
            return Err(MoveError::Different { table: self.name.clone(), key, what });
        }
    }

    fn column_list(&self) -> String {
        let names: Vec<_> = self.columns.iter().map(|it| quoted(&it.name)).collect();
        names.join(", ")
    }
}
