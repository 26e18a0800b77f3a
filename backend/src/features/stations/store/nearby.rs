//! The locations of stations, read from the grid cell index alone
//! (docs/decisions/008-stations-lie-in-a-grid.md).

use sqlx::Result;

use super::SearchWords;
use crate::{
    core::db::Tx,
    features::stations::{
        StationId,
        geo::{Cells, Latitude, Longitude},
    },
    sql,
};

/// The location of a station.
#[derive(Debug, Clone, Copy, sqlx_derive::FromRow)]
pub(in crate::features::stations) struct StationLocation {
    pub(in crate::features::stations) id: StationId,
    pub(in crate::features::stations) latitude: Latitude,
    pub(in crate::features::stations) longitude: Longitude,
}

/// A `SELECT` over the stations in runs of cells, with an index scan for each run.
///
/// PostgreSQL cannot know how few stations a run contains. If it estimates a high cost, it JIT-compiles the
/// statement each time, which takes a hundred times as long as running it. Therefore the runs are passed as
/// arrays rather than a recursive table, and `OFFSET 0` forces one scan per run.
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

/// The same for SQLite, with a recursive table of the rows of cells.
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

// Tests check that these use the index alone.
pub(in crate::features::stations) const IN_POSTGRES: &str = in_runs!("");
pub(in crate::features::stations) const IN_SQLITE: &str = in_rows!("");

/// The first and the last cells of the runs, as PostgreSQL array literals.
fn run_arrays(cells: Cells) -> (String, String) {
    let array = |end: fn((i32, i32)) -> i32| {
        let ends: Vec<_> = cells.runs().map(|it| end(it).to_string()).collect();
        format!("{{{}}}", ends.join(","))
    };
    (array(|it| it.0), array(|it| it.1))
}

/// The locations of the stations in these cells, in no particular order.
pub(in crate::features::stations) async fn find_locations(
    tx: &mut Tx,
    cells: Cells,
) -> Result<Vec<StationLocation>> {
    let [first, second] = cells.columns;
    match tx {
        Tx::Postgres { .. } => {
            let (low, high) = run_arrays(cells);
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

/// Like [`find_locations`], but only stations with all of these words in their name, brand or address.
pub(in crate::features::stations) async fn find_locations_by_words(
    tx: &mut Tx,
    cells: Cells,
    words: &SearchWords,
) -> Result<Vec<StationLocation>> {
    let ([first, second], words) = (cells.columns, &words.patterns);
    match tx {
        Tx::Postgres { .. } => {
            let (low, high) = run_arrays(cells);
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
