//! Bringing stations in from a file: OpenStreetMap's as GeoJSON or Overpass JSON, or a CSV. The
//! file is read as it is written down, so its length does not matter, and brought in again it
//! changes only what has changed in it.

mod csv;
mod job;
mod json;
mod tally;

use std::{
    collections::{HashMap, HashSet},
    fs::File,
    io::{BufReader, Read},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering::Relaxed},
    },
};

use clap::Subcommand;
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc;
use uuid::Uuid;

pub use self::job::Imports;
pub(super) use self::{
    job::{Import, State, start},
    tally::{LeftOut, Tally},
};
use super::{Station, StationId, merge, providers::Place, store};
use crate::core::{App, Error, Result, hex};

/// How many stations are written in one transaction.
const BATCH: usize = 1000;
/// How much of a file is read at most before it is told how far that has come, though it may be
/// that nothing of it is a station.
const UNTOLD: usize = 50 * BATCH;

/// Import stations.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Import stations from GeoJSON or Overpass JSON of OpenStreetMap, or from CSV
    Import {
        /// `.geojson`, `.json` or `.csv` (name or brand, latitude, longitude; optional: address,
        /// phone, website)
        file: PathBuf,
    },
}

/// What a file holds next: a station with what it is called there, or something that is none.
pub(super) type Item = Result<(String, Place), LeftOut>;

/// Where the items of a file go; false where nobody takes them any more.
pub(super) type Take<'a> = &'a mut dyn FnMut(Item) -> bool;

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Csv,
    Json,
}

impl Kind {
    /// The kind of a file of that name; none where it is of another.
    pub(super) fn of(name: &str) -> Option<Self> {
        let (_, ending) = name.rsplit_once('.')?;
        match ending.to_ascii_lowercase().as_str() {
            "csv" => Some(Self::Csv),
            "json" | "geojson" => Some(Self::Json),
            _ => None,
        }
    }
}

/// Why a file was not brought in to its end.
#[derive(Debug)]
pub(super) enum Failure {
    /// Something is wrong with it, and where.
    File(String),
    /// It was to stop.
    Stopped,
    /// Something else is wrong.
    Other(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

/// Does what was asked and tells how it went.
///
/// # Errors
/// `Invalid` with what is wrong with the file, Unavailable where the database is away: what was
/// brought in until then stays.
pub async fn run(app: &App, command: &Command) -> Result<String> {
    let Command::Import { file } = command;
    let tally = bring_in(app, file).await?;
    Ok(format!("{tally}\n"))
}

/// Brings in the file at `path`.
pub(super) async fn bring_in(app: &App, path: &Path) -> Result<Tally> {
    let shown = path.display();
    let cannot = |error| Error::invalid("", format!("{shown} cannot be read: {error}"));
    let file = File::open(path).map_err(cannot)?;
    let kind = Kind::of(&path.to_string_lossy()).unwrap_or(Kind::Json);
    let mut transfer = Transfer::new(app);
    match transfer.run(file, kind).await {
        Ok(()) => Ok(transfer.tally),
        Err(Failure::File(why)) => {
            let read = transfer.tally.read();
            Err(Error::invalid("", format!("{shown}: {why} (after {read} stations)")))
        }
        Err(Failure::Stopped) => Err(Error::Unavailable),
        Err(Failure::Other(error)) => Err(error),
    }
}

/// A file on its way into the database.
struct Transfer<'a> {
    app: &'a App,
    /// What has been written down.
    tally: Tally,
    bytes_read: Arc<AtomicI64>,
    /// Where it is told how far it has come, if anywhere.
    told: Option<Uuid>,
    /// Whether the file may contain several elements of one station.
    has_elements: bool,
}

impl<'a> Transfer<'a> {
    fn new(app: &'a App) -> Self {
        Self {
            app,
            tally: Tally::default(),
            bytes_read: Arc::default(),
            told: None,
            has_elements: false,
        }
    }

    async fn run(&mut self, file: File, kind: Kind) -> Result<(), Failure> {
        self.has_elements = kind == Kind::Json;
        let file = Counted { file, read: Arc::clone(&self.bytes_read) };
        let file = BufReader::with_capacity(1 << 16, file);
        let (sender, mut items) = mpsc::channel::<Item>(2 * BATCH);
        let reading = tokio::task::spawn_blocking(move || {
            let mut take = |item| sender.blocking_send(item).is_ok();
            match kind {
                Kind::Csv => csv::read(file, &mut take),
                Kind::Json => json::read(file, &mut take),
            }
        });
        // By origin: of one that is there twice the last counts.
        let mut batch = HashMap::with_capacity(BATCH);
        let (mut tally, mut untold) = (self.tally, 0);
        while let Some(item) = items.recv().await {
            match item {
                Err(why) => tally.leave_out(why),
                Ok((origin, place)) => {
                    if batch.insert(origin, place).is_some() {
                        tally.unchanged += 1;
                    }
                }
            }
            untold += 1;
            if batch.len() == BATCH || untold == UNTOLD {
                if self.told.is_some() && self.app.imports.is_stopping() {
                    return Err(Failure::Stopped);
                }
                self.write(&mut batch, &mut tally).await?;
                untold = 0;
            }
        }
        self.write(&mut batch, &mut tally).await?;
        let whole = reading.await.map_err(|error| Error::Internal(error.into()))?;
        whole.map_err(Failure::File)
    }

    /// Writes a batch in one transaction, with how far it has come by then.
    async fn write(&mut self, batch: &mut HashMap<String, Place>, tally: &mut Tally) -> Result<()> {
        let now = self.app.clock.now();
        let brought_in =
            |(origin, place)| Station::brought_in(StationId(Uuid::now_v7()), origin, place, now);
        let mut places: Vec<_> = batch.drain().collect();
        let count = places.len();
        let mut tx = self.app.db.write().await?;
        if self.has_elements {
            places = one_of_each(places);
            let doubles = store::doubles(&mut tx, &places).await?;
            places.retain(|it| !doubles.contains(&it.0));
        }
        for _ in places.len()..count {
            tally.leave_out(LeftOut::Double);
        }
        let stations: Vec<_> = places.into_iter().map(brought_in).collect();
        let new: HashSet<_> = stations.iter().map(|it| it.id).collect();
        let written = store::bring_in(&mut tx, &stations).await?;
        let added = written.iter().filter(|it| new.contains(it)).count();
        tally.write(stations.len(), written.len(), added);
        if let Some(id) = self.told {
            let read = self.bytes_read.load(Relaxed);
            store::imports::tell(&mut tx, id, tally, read, now).await?;
        }
        tx.commit().await?;
        self.tally = *tally;
        Ok(())
    }
}

/// Merges the elements of each station into the most detailed one.
fn one_of_each(mut places: Vec<(String, Place)>) -> Vec<(String, Place)> {
    places.sort_by(|one, other| one.0.cmp(&other.0));
    let mut all: Vec<(String, Place)> = Vec::with_capacity(places.len());
    for (origin, place) in places {
        let is_double =
            |it: &&mut (String, Place)| merge::is_drawn_twice((&it.1).into(), (&place).into());
        match all.iter_mut().find(is_double) {
            Some(known) => {
                if merge::complete(&mut known.1, place) {
                    known.0 = origin;
                }
            }
            None => all.push((origin, place)),
        }
    }
    all
}

/// A file of which it is counted how much has been read.
struct Counted {
    file: File,
    read: Arc<AtomicI64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.read.fetch_add(i64::try_from(read).unwrap_or_default(), Relaxed);
        Ok(read)
    }
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
