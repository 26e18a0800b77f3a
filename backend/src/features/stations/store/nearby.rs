//! Where stations are, read from the index of cells alone
//! (docs/decisions/008-stations-lie-in-a-grid.md).

use sqlx::Result;

use super::Words;
use crate::{
    core::db::Tx,
    features::stations::{
        StationId,
        geo::{Cells, Latitude, Longitude},
    },
    sql,
};

/// Where a station is, and no more.
#[derive(Debug, Clone, Copy, sqlx::FromRow)]
pub(in crate::features::stations) struct Spot {
    pub(in crate::features::stations) id: StationId,
    pub(in crate::features::stations) latitude: Latitude,
    pub(in crate::features::stations) longitude: Longitude,
}

/// A statement over the stations in some runs of cells, each of which the index is read through
/// from its first cell to its last.
///
/// PostgreSQL cannot know how few stations a run has. Where it takes the statement for a long one it
/// compiles it first, each time, which takes a hundred times as long as to carry it out: it is given
/// the runs as lists, not as a recursive table, and looks at one after another (`OFFSET 0`).
macro_rules! in_runs {
    ($rest:literal) => {
        concat!(
            "SELECT s.id, s.latitude, s.longitude
             FROM unnest(CAST($1 AS INTEGER[]), CAST($2 AS INTEGER[])) AS run (low, high)
             CROSS JOIN LATERAL (
               SELECT id, latitude, longitude FROM stations
               WHERE cell >= run.low AND cell <= run.high",
            $rest,
            " OFFSET 0) AS s"
        )
    };
}

/// The same on SQLite: the rows of cells are counted through.
macro_rules! in_rows {
    ($rest:literal) => {
        concat!(
            "WITH RECURSIVE
               band (line) AS (
                 SELECT CAST($1 AS INTEGER) UNION ALL SELECT line + 1 FROM band WHERE line < $2
               ),
               run (low, high) AS (
                 SELECT CAST($3 AS INTEGER), CAST($4 AS INTEGER)
                 UNION ALL SELECT CAST($5 AS INTEGER), CAST($6 AS INTEGER)
               )
             SELECT s.id, s.latitude, s.longitude
             FROM band CROSS JOIN run CROSS JOIN stations s
             WHERE s.cell >= band.line * 7200 + run.low
               AND s.cell <= band.line * 7200 + run.high",
            $rest
        )
    };
}

/// Read from the index alone: a test holds the plans.
pub(in crate::features::stations) const IN_POSTGRES: &str = in_runs!("");
pub(in crate::features::stations) const IN_SQLITE: &str = in_rows!("");

/// The runs of cells as PostgreSQL reads lists: where each begins, and where it ends.
fn lists(cells: Cells) -> (String, String) {
    let list = |of: fn((i32, i32)) -> i32| {
        let ends: Vec<_> = cells.runs().map(|it| of(it).to_string()).collect();
        format!("{{{}}}", ends.join(","))
    };
    (list(|it| it.0), list(|it| it.1))
}

/// Where every station in these cells is, in no order.
pub(in crate::features::stations) async fn spots(tx: &mut Tx, cells: Cells) -> Result<Vec<Spot>> {
    let [first, second] = cells.columns;
    match tx {
        Tx::Postgres { .. } => {
            let (low, high) = lists(cells);
            sql!(tx, fetch_all, IN_POSTGRES, &low, &high)
        }
        Tx::Sqlite(_) => sql!(
            tx,
            fetch_all,
            IN_SQLITE,
            cells.rows.0,
            cells.rows.1,
            first.0,
            first.1,
            second.0,
            second.1,
        ),
    }
}

/// The same, of those whose name, brand or address has all of these words.
pub(in crate::features::stations) async fn spots_named(
    tx: &mut Tx,
    cells: Cells,
    words: &Words,
) -> Result<Vec<Spot>> {
    let ([first, second], words) = (cells.columns, &words.patterns);
    match tx {
        Tx::Postgres { .. } => {
            let (low, high) = lists(cells);
            sql!(
                tx,
                fetch_all,
                in_runs!(
                    " AND search_key LIKE $3 ESCAPE '!' AND search_key LIKE $4 ESCAPE '!'
                      AND search_key LIKE $5 ESCAPE '!' AND search_key LIKE $6 ESCAPE '!'
                      AND search_key LIKE $7 ESCAPE '!' AND search_key LIKE $8 ESCAPE '!'"
                ),
                &low,
                &high,
                &words[0],
                &words[1],
                &words[2],
                &words[3],
                &words[4],
                &words[5],
            )
        }
        Tx::Sqlite(_) => sql!(
            tx,
            fetch_all,
            in_rows!(
                " AND s.search_key LIKE $7 ESCAPE '!' AND s.search_key LIKE $8 ESCAPE '!'
                  AND s.search_key LIKE $9 ESCAPE '!' AND s.search_key LIKE $10 ESCAPE '!'
                  AND s.search_key LIKE $11 ESCAPE '!' AND s.search_key LIKE $12 ESCAPE '!'"
            ),
            cells.rows.0,
            cells.rows.1,
            first.0,
            first.1,
            second.0,
            second.1,
            &words[0],
            &words[1],
            &words[2],
            &words[3],
            &words[4],
            &words[5],
        ),
    }
}
