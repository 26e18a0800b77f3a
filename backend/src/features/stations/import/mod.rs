//! Imports stations from a file: OpenStreetMap data as GeoJSON or Overpass JSON, or CSV. Files are streamed,
//! so they may have any size. Importing a newer version of a file updates only the stations that changed.

mod csv;
mod job;
mod json;
mod tally;

use std::{
    collections::{HashMap, HashSet},
    fs::File,
    io::{self, BufReader, Read},
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
    job::{Import, ImportState, start},
    tally::{SkipReason, Tally},
};
use super::{Station, StationId, merge, providers::Place, store};
use crate::{
    app::App,
    core::{Error, Result, hex, locale::Message},
    t,
};

/// The number of stations written in one transaction.
const BATCH_SIZE: usize = 1000;
/// The maximum number of items between progress updates, even if they contain no stations.
const MAX_PENDING_ITEMS: usize = 50 * BATCH_SIZE;

/// Import stations
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Import stations from OpenStreetMap data (GeoJSON or Overpass JSON) or from CSV
    Import {
        /// A `.geojson`, `.json` or `.csv` file. CSV columns: name or brand, latitude, longitude, and
        /// optionally address, phone and website
        file: PathBuf,
    },
}

/// An item of a file: a station with its origin, or the reason to skip the item.
pub(super) type ParsedItem = Result<(String, Place), SkipReason>;

/// Receives the items of a file. Returns false to stop reading.
pub(super) type Sink<'a> = &'a mut dyn FnMut(ParsedItem) -> bool;

/// The format of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileFormat {
    Csv,
    Json,
}

impl FileFormat {
    /// The format for the extension of a file name; `None` if it is not supported.
    pub(super) fn from_name(name: &str) -> Option<Self> {
        let (_, extension) = name.rsplit_once('.')?;
        match extension.to_ascii_lowercase().as_str() {
            "csv" => Some(Self::Csv),
            "json" | "geojson" => Some(Self::Json),
            _ => None,
        }
    }
}

/// Why an import did not complete.
#[derive(Debug)]
pub(super) enum ImportError {
    /// The file is invalid, with the reason and the position.
    File(Message),
    /// The import was stopped.
    Stopped,
    /// Another error.
    Other(Error),
}

impl From<Error> for ImportError {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

/// Runs the command and returns its output.
///
/// # Errors
/// `Invalid` if the file is invalid; `Unavailable` if the database is unavailable. Stations imported before
/// the error remain.
pub async fn run(app: &App, command: &Command) -> Result<String> {
    let Command::Import { file } = command;
    let tally = import_file(app, file).await?;
    Ok(format!("{tally}\n"))
}

/// Imports the file at `path`.
pub(super) async fn import_file(app: &App, path: &Path) -> Result<Tally> {
    let name = path.display().to_string();
    let cannot_read = |error: io::Error| {
        let error = error.to_string();
        Error::invalid("", t!("stations-import-not-opened", file = &name, error = error))
    };
    let file = File::open(path).map_err(cannot_read)?;
    let format = FileFormat::from_name(&path.to_string_lossy()).unwrap_or(FileFormat::Json);
    let mut run = ImportRun::new(app);
    match run.execute(file, format).await {
        Ok(()) => Ok(run.tally),
        Err(ImportError::File(why)) => {
            let count = run.tally.read();
            let detail = t!("stations-import-ended-early", file = name, error = why, count = count);
            Err(Error::invalid("", detail))
        }
        Err(ImportError::Stopped) => Err(Error::Unavailable),
        Err(ImportError::Other(error)) => Err(error),
    }
}

/// The import of one file.
struct ImportRun<'a> {
    app: &'a App,
    /// The counts of what has been committed.
    tally: Tally,
    bytes_read: Arc<AtomicI64>,
    /// The ID under which progress is recorded, if any.
    import_id: Option<Uuid>,
    /// Whether the file may contain several elements of one station.
    has_elements: bool,
}

impl<'a> ImportRun<'a> {
    fn new(app: &'a App) -> Self {
        Self {
            app,
            tally: Tally::default(),
            bytes_read: Arc::default(),
            import_id: None,
            has_elements: false,
        }
    }

    async fn execute(&mut self, file: File, format: FileFormat) -> Result<(), ImportError> {
        self.has_elements = format == FileFormat::Json;
        let file = CountingReader { file, read: Arc::clone(&self.bytes_read) };
        let file = BufReader::with_capacity(1 << 16, file);
        let (sender, mut items) = mpsc::channel::<ParsedItem>(2 * BATCH_SIZE);
        let reading = tokio::task::spawn_blocking(move || {
            let mut sink = |item| sender.blocking_send(item).is_ok();
            match format {
                FileFormat::Csv => csv::read(file, &mut sink),
                FileFormat::Json => json::read(file, &mut sink),
            }
        });
        // Keyed by origin, so that the last of several items with the same origin is used.
        let mut batch = HashMap::with_capacity(BATCH_SIZE);
        let (mut tally, mut pending) = (self.tally, 0);
        while let Some(item) = items.recv().await {
            match item {
                Err(why) => tally.skip(why),
                Ok((origin, place)) => {
                    if batch.insert(origin, place).is_some() {
                        tally.unchanged += 1;
                    }
                }
            }
            pending += 1;
            if batch.len() == BATCH_SIZE || pending == MAX_PENDING_ITEMS {
                if self.import_id.is_some() && self.app.imports.is_stopping() {
                    return Err(ImportError::Stopped);
                }
                self.write(&mut batch, &mut tally).await?;
                pending = 0;
            }
        }
        self.write(&mut batch, &mut tally).await?;
        let result = reading.await.map_err(|error| Error::Internal(error.into()))?;
        result.map_err(ImportError::File)
    }

    /// Writes a batch and the progress in one transaction.
    async fn write(&mut self, batch: &mut HashMap<String, Place>, tally: &mut Tally) -> Result<()> {
        let now = self.app.clock.now();
        let station =
            |(origin, place)| Station::from_import(StationId(Uuid::now_v7()), origin, place, now);
        let mut places: Vec<_> = batch.drain().collect();
        let count = places.len();
        let (import_id, has_elements) = (self.import_id, self.has_elements);
        let bytes_read = self.bytes_read.load(Relaxed);
        self.app
            .transaction(async |tx| {
                if has_elements {
                    places = merge_elements(places);
                    let duplicates = store::find_duplicates(tx, &places).await?;
                    places.retain(|it| !duplicates.contains(&it.0));
                }
                for _ in places.len()..count {
                    tally.skip(SkipReason::Duplicate);
                }
                let stations: Vec<_> = places.into_iter().map(station).collect();
                let new: HashSet<_> = stations.iter().map(|it| it.id).collect();
                let written = store::upsert_imported(tx, &stations).await?;
                let added = written.iter().filter(|it| new.contains(it)).count();
                tally.count_batch(stations.len(), written.len(), added);
                if let Some(id) = import_id {
                    store::imports::update_progress(tx, id, tally, bytes_read, now).await?;
                }
                Ok(())
            })
            .await?;
        self.tally = *tally;
        Ok(())
    }
}

/// Merges the elements of each station into the most detailed one.
fn merge_elements(mut places: Vec<(String, Place)>) -> Vec<(String, Place)> {
    places.sort_by(|one, other| one.0.cmp(&other.0));
    let mut all: Vec<(String, Place)> = Vec::with_capacity(places.len());
    for (origin, place) in places {
        let is_duplicate =
            |it: &&mut (String, Place)| merge::is_mapped_twice((&it.1).into(), (&place).into());
        match all.iter_mut().find(is_duplicate) {
            Some(known) => {
                if merge::merge_details(&mut known.1, place) {
                    known.0 = origin;
                }
            }
            None => all.push((origin, place)),
        }
    }
    all
}

/// A file that counts the bytes read.
struct CountingReader {
    file: File,
    read: Arc<AtomicI64>,
}

impl Read for CountingReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.read.fetch_add(i64::try_from(read).unwrap_or_default(), Relaxed);
        Ok(read)
    }
}

/// The origin of a station without an ID in the file: a hash of its details.
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
