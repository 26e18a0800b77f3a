//! Bringing stations in from a file: OpenStreetMap's as GeoJSON or Overpass JSON, or a CSV. The
//! file is read as it is written down, so its length does not matter, and brought in again it
//! changes only what has changed in it.

mod csv;
mod json;

use std::{
    collections::HashMap,
    fs::File,
    io::{BufReader, Read},
    path::{Path, PathBuf},
};

use clap::Subcommand;
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::{Station, StationId, providers::Place, store};
use crate::core::{App, Error, Result, hex};

/// How many stations are written in one transaction.
const BATCH: usize = 1000;

/// What can be done with stations at the command line.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Bring in stations from GeoJSON or Overpass JSON of OpenStreetMap, or from CSV
    Import {
        /// `.geojson`, `.json` or `.csv` (name, address, latitude, longitude, phone, website)
        file: PathBuf,
    },
}

/// How it went.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// New, or changed.
    pub(super) written: u64,
    /// As they were.
    pub(super) known: u64,
    /// No stations, or nowhere.
    pub(super) refused: u64,
}

/// What a file holds next: a station with what it is called there, or something that is none.
pub(super) type Item = Option<(String, Place)>;

/// Where the items of a file go; false where nobody takes them any more.
pub(super) type Take<'a> = &'a mut dyn FnMut(Item) -> bool;

/// Does what was asked and tells how it went.
///
/// # Errors
/// `Invalid` with what is wrong with the file, Unavailable where the database is away: what was
/// brought in until then stays.
pub async fn run(app: &App, command: &Command) -> Result<String> {
    let Command::Import { file } = command;
    let Tally { written, known, refused } = bring_in(app, file).await?;
    let read = written + known;
    Ok(format!(
        "{read} stations read: {written} new or changed, {known} as they were; \
         {refused} others left out\n"
    ))
}

/// Brings in the file at `path`.
pub(super) async fn bring_in(app: &App, path: &Path) -> Result<Tally> {
    let is_csv = path.extension().is_some_and(|it| it.eq_ignore_ascii_case("csv"));
    let cannot = |error: std::io::Error| {
        Error::invalid("", format!("{} cannot be read: {error}", path.display()))
    };
    let file = BufReader::with_capacity(1 << 16, File::open(path).map_err(cannot)?);
    let (sender, mut items) = mpsc::channel::<Item>(2 * BATCH);
    let reading = tokio::task::spawn_blocking(move || {
        let mut take = |item| sender.blocking_send(item).is_ok();
        read(file, is_csv, &mut take)
    });
    let mut tally = Tally::default();
    // By origin: of one that is there twice the last counts.
    let mut batch = HashMap::with_capacity(BATCH);
    while let Some(item) = items.recv().await {
        match item {
            None => tally.refused += 1,
            Some((origin, place)) => {
                if batch.insert(origin, place).is_some() {
                    tally.known += 1;
                }
            }
        }
        if batch.len() == BATCH {
            write(app, &mut batch, &mut tally).await?;
        }
    }
    write(app, &mut batch, &mut tally).await?;
    let whole = reading.await.map_err(|error| Error::Internal(error.into()))?;
    whole.map_err(|why| {
        let done = tally.written + tally.known;
        Error::invalid("", format!("{}: {why} (after {done} stations)", path.display()))
    })?;
    Ok(tally)
}

fn read(file: impl Read, is_csv: bool, take: Take<'_>) -> Result<(), String> {
    if is_csv { csv::read(file, take) } else { json::read(file, take) }
}

/// Writes a batch in one transaction.
async fn write(app: &App, batch: &mut HashMap<String, Place>, tally: &mut Tally) -> Result<()> {
    let now = app.clock.now();
    let stations: Vec<_> = batch
        .drain()
        .map(|(origin, place)| Station::brought_in(StationId(Uuid::now_v7()), origin, place, now))
        .collect();
    let mut tx = app.db.write().await?;
    let written = store::bring_in(&mut tx, &stations).await?;
    tx.commit().await?;
    tally.written += written;
    tally.known += stations.len() as u64 - written;
    Ok(())
}

/// What a station without a name of its own in the file is called: by what it says.
pub(super) fn origin(kind: &str, place: &Place) -> String {
    let digest = Sha256::new()
        .chain_update(&place.name)
        .chain_update([0])
        .chain_update(place.address.as_deref().unwrap_or_default())
        .chain_update([0])
        .chain_update(place.latitude.to_string())
        .chain_update([0])
        .chain_update(place.longitude.to_string())
        .finalize();
    format!("{kind}/{}", hex(&digest[..16]))
}
