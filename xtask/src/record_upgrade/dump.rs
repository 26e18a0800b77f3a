use std::path::Path;

use serde_json::Value;
use test_servers::Postgres;

use crate::process::{Result, command, fail, output};

/// The database as SQL. The text index is filled from the stations, as in its migration.
pub(super) fn sqlite(file: &Path) -> Result<String> {
    let schema = rows(
        file,
        "SELECT json_group_array(json_array(type, name, sql)) FROM (
            SELECT type, name, sql FROM sqlite_schema
            WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid)",
    )?;
    let text = |value: &Value| value.as_str().map(str::to_owned).unwrap_or_default();
    let schema: Vec<_> = schema.iter().map(|it| [0, 1, 2].map(|nth| text(&it[nth]))).collect();
    let is_virtual = |it: &&[String; 3]| it[2].starts_with("CREATE VIRTUAL");
    let indexes: Vec<_> = schema.iter().filter(is_virtual).map(|it| it[1].clone()).collect();
    if indexes != ["station_words"] {
        return fail(format!("unknown virtual tables: {indexes:?}"));
    }
    // SQLite creates tables with the content of a virtual one.
    let schema: Vec<_> = schema.iter().filter(|it| !it[1].starts_with("station_words_")).collect();
    let (tables, others): (Vec<_>, Vec<_>) = schema.into_iter().partition(|it| it[0] == "table");
    let mut lines: Vec<_> = tables.iter().map(|it| format!("{};", it[2])).collect();
    for [_, table, _] in tables.iter().filter(|it| !indexes.contains(&it[1])) {
        let columns = rows(
            file,
            &format!("SELECT json_group_array(name) FROM pragma_table_info('{table}')"),
        )?;
        let quoted: Vec<_> = columns.iter().map(|it| format!("quote(\"{}\")", text(it))).collect();
        let quoted = quoted.join(" || ',' || ");
        let rows = rows(file, &format!("SELECT json_group_array({quoted}) FROM \"{table}\""))?;
        if !rows.is_empty() {
            let values: Vec<_> = rows.iter().map(|it| format!("({})", text(it))).collect();
            lines.push(format!("INSERT INTO \"{table}\" VALUES\n{};", values.join(",\n")));
        }
    }
    lines.push(
        "INSERT INTO station_words (rowid, words) SELECT n.number, s.search_key \
         FROM station_numbers n JOIN stations s ON s.id = n.station_id;"
            .to_owned(),
    );
    lines.extend(others.iter().map(|it| format!("{};", it[2])));
    let text = lines.join("\n");
    Ok(format!("PRAGMA foreign_keys = OFF;\nBEGIN;\n{text}\nCOMMIT;\nPRAGMA foreign_keys = ON;\n"))
}

/// The array that a query returns as JSON.
fn rows(file: &Path, sql: &str) -> Result<Vec<Value>> {
    let mut sqlite = command("sqlite3");
    let printed = output(sqlite.args(["-batch", "-noheader", "-list"]).arg(file).arg(sql))?;
    Ok(serde_json::from_str(&printed)?)
}

/// The database as SQL, which its owner executes in a transaction.
pub(super) fn postgres(postgres: &Postgres, database: &str) -> Result<String> {
    let mut dump = command(postgres.programs().join("pg_dump"));
    dump.args(["--no-owner", "--no-privileges", "--no-comments", "--rows-per-insert=1000"]);
    let text = output(dump.arg(postgres.url_of("postgres", database)))?;
    let skipped = ["--", "SET ", "SELECT pg_catalog.set_config", "\\"];
    let lines = text
        .lines()
        .filter(|line| !line.is_empty() && !skipped.iter().any(|it| line.starts_with(it)));
    Ok(lines.flat_map(|it| [it, "\n"]).collect())
}
