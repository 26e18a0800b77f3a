//! Reads the schemas of both databases: tables, column types, and the order given by foreign keys.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    error::{At as _, MoveError, Result, Side},
    kind::Kind,
};
use crate::{
    core::db::{Tx, roles},
    features::Feature,
    sql,
};

/// A table to be moved.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) name: String,
    pub(super) columns: Vec<Column>,
    /// The indexes of the primary key columns.
    pub(super) key: Vec<usize>,
}

/// A column.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: Kind,
    /// Whether the target requires a value.
    pub(super) is_required: bool,
}

/// A column, as described by its engine.
#[derive(Debug, Clone, sqlx_derive::FromRow)]
pub(super) struct Described {
    table_name: String,
    name: String,
    declared: String,
    is_required: bool,
    /// Its position in the primary key.
    key_place: Option<i32>,
}

/// Foreign keys as pairs of referencing and referenced table.
type References = sqlx::Result<Vec<(String, String)>>;

/// The tables of a database.
#[derive(Debug, Clone)]
pub(super) struct Schema {
    is_postgres: bool,
    tables: BTreeMap<String, Vec<Described>>,
    /// Pairs of referencing and referenced table.
    references: Vec<(String, String)>,
}

/// The names of the existing tables that the PostgreSQL migrations create, except the table of executed
/// migrations. Tables that only SQLite has are indexes, which are filled again.
pub(super) async fn names(tx: &mut Tx, features: &[Feature], side: Side) -> Result<Vec<String>> {
    let found: Vec<(String,)> = match tx {
        Tx::Postgres { .. } => sql!(
            tx,
            fetch_all,
            "SELECT tablename::TEXT FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1",
        ),
        Tx::Sqlite(_) => sql!(
            tx,
            fetch_all,
            "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' ORDER BY 1",
        ),
    }
    .at(side, "the list of tables")?;
    let mut own = roles::own_tables(features);
    own.remove("_migrations");
    Ok(found.into_iter().map(|it| it.0).filter(|it| own.contains(it.as_str())).collect())
}

/// Reads the columns of the tables. Generated columns are omitted, since the target generates them.
pub(super) async fn read(tx: &mut Tx, features: &[Feature], side: Side) -> Result<Schema> {
    let names: BTreeSet<_> = names(tx, features, side).await?.into_iter().collect();
    let (columns, references): (sqlx::Result<Vec<Described>>, References) = match tx {
        Tx::Postgres { .. } => (
            sql!(
                &mut *tx,
                fetch_all,
                "SELECT c.relname::TEXT AS table_name, a.attname::TEXT AS name,
                            format_type(a.atttypid, a.atttypmod) AS declared,
                            a.attnotnull AS is_required,
                            array_position(i.indkey::SMALLINT[], a.attnum) AS key_place
                     FROM pg_class c
                     JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
                          AND NOT a.attisdropped AND a.attgenerated = ''
                     LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
                     WHERE c.relkind IN ('r', 'p')
                       AND c.relnamespace = current_schema()::REGNAMESPACE
                     ORDER BY c.relname, a.attnum",
            ),
            sql!(
                &mut *tx,
                fetch_all,
                "SELECT c.relname::TEXT, r.relname::TEXT FROM pg_constraint k
                     JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class r ON r.oid = k.confrelid
                     WHERE k.contype = 'f' AND c.relnamespace = current_schema()::REGNAMESPACE",
            ),
        ),
        Tx::Sqlite(_) => (
            sql!(
                &mut *tx,
                fetch_all,
                "SELECT t.name AS table_name, c.name AS name, c.type AS declared,
                            c.\"notnull\" AS is_required, NULLIF(c.pk, 0) AS key_place
                     FROM pragma_table_list t JOIN pragma_table_info(t.name) c
                     WHERE t.schema = 'main' AND t.type = 'table' ORDER BY t.name, c.cid",
            ),
            sql!(
                &mut *tx,
                fetch_all,
                "SELECT t.name, k.\"table\"
                     FROM pragma_table_list t JOIN pragma_foreign_key_list(t.name) k
                     WHERE t.schema = 'main' AND t.type = 'table'",
            ),
        ),
    };
    let mut tables = BTreeMap::<_, Vec<_>>::new();
    for column in columns.at(side, "the list of columns")? {
        if names.contains(&column.table_name) {
            tables.entry(column.table_name.clone()).or_default().push(column);
        }
    }
    let references = references.at(side, "the list of foreign keys")?;
    let is_postgres = matches!(tx, Tx::Postgres { .. });
    Ok(Schema { is_postgres, tables, references })
}

/// Matches the tables of both databases, ordered so that rows only refer to earlier tables.
///
/// If either database is PostgreSQL, its types are used, since an SQLite type is ambiguous: an INTEGER may be
/// a decimal.
pub(super) fn merge(source: &Schema, target: &Schema) -> Result<Vec<Table>> {
    let fail = |what: String| Err(MoveError::Schema(what));
    let (ours, theirs): (BTreeSet<_>, BTreeSet<_>) =
        (source.tables.keys().collect(), target.tables.keys().collect());
    if let Some(table) = ours.symmetric_difference(&theirs).next() {
        return fail(format!("only one of them has the table {table}"));
    }
    let mut merged = BTreeMap::new();
    for (name, columns) in &source.tables {
        merged.insert(name.as_str(), merge_table(name, (source, columns), target)?);
    }
    // Repeatedly take the tables that refer to none of the remaining ones.
    let mut ordered: Vec<Table> = Vec::new();
    while !merged.is_empty() {
        let waits = |name: &str| {
            let mut references = target.references.iter();
            references
                .any(|(from, to)| from == name && to != name && merged.contains_key(to.as_str()))
        };
        let Some(next) = merged.keys().copied().find(|name| !waits(name)) else {
            return fail("tables refer to each other in a circle".to_owned());
        };
        ordered.extend(merged.remove(next));
    }
    Ok(ordered)
}

fn merge_table(
    name: &str,
    (source, columns): (&Schema, &[Described]),
    target: &Schema,
) -> Result<Table> {
    let fail = |what: String| MoveError::Schema(what);
    let theirs = &target.tables[name];
    let mut merged = Vec::new();
    for column in columns {
        let at = format!("{name}.{}", column.name);
        let Some(twin) = theirs.iter().find(|it| it.name == column.name) else {
            return Err(fail(format!("the target has no {at}")));
        };
        let declared = if source.is_postgres { column } else { twin };
        let kind = if source.is_postgres || target.is_postgres {
            Kind::of_postgres(&declared.declared)
        } else {
            Kind::of_sqlite(&declared.declared)
        };
        let kind = kind.ok_or_else(|| {
            fail(format!("{at} has a type that can't be moved, {}", declared.declared))
        })?;
        for (schema, described) in [(source, column), (target, twin)] {
            let fits = if schema.is_postgres {
                Kind::of_postgres(&described.declared) == Some(kind)
            } else {
                described.declared == kind.sqlite_type()
            };
            if !fits {
                let types = format!("{} and {}", column.declared, twin.declared);
                return Err(fail(format!("{at} is {types}")));
            }
        }
        merged.push(Column { name: column.name.clone(), kind, is_required: twin.is_required });
    }
    if let Some(missing) = theirs.iter().find(|it| columns.iter().all(|its| its.name != it.name)) {
        return Err(fail(format!("the source has no {name}.{}", missing.name)));
    }
    let key = key_of(columns);
    if key.is_empty() || key != key_of(theirs) {
        return Err(fail(format!("{name} does not have the same primary key in both")));
    }
    let place = |wanted: &&str| columns.iter().position(|it| it.name == *wanted);
    let key = key.iter().filter_map(place).collect();
    Ok(Table { name: name.to_owned(), columns: merged, key })
}

/// The columns of the primary key, in order.
fn key_of(columns: &[Described]) -> Vec<&str> {
    let mut key: Vec<_> =
        columns.iter().filter_map(|it| Some((it.key_place?, it.name.as_str()))).collect();
    key.sort_unstable();
    key.into_iter().map(|it| it.1).collect()
}

/// Quotes an identifier for either engine.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
