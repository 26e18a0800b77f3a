//! Background imports of files that administrators upload, one at a time.

use std::{
    fs::File,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

use super::{FileFormat, ImportError, ImportRun, Tally};
use crate::{
    app::App,
    core::{Error, Result, http::Upload, locale, record::Column},
    features::{
        accounts::{Administrator, ClientInfo},
        security_log::{self, Event},
        stations::store,
    },
    record, t,
};

/// How long shutdown waits for the current batch to be written.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(10);
/// How long after its last progress update a running import counts as stopped.
const STALLED_AFTER: TimeDelta = TimeDelta::minutes(2);

/// Runs imports, one at a time in this process.
#[derive(Clone)]
pub struct Imports(Arc<Inner>);

struct Inner {
    permits: Arc<Semaphore>,
    is_stopping: AtomicBool,
}

/// The permit to run an import.
pub(in crate::features::stations) struct ImportPermit {
    _permit: OwnedSemaphorePermit,
}

impl Default for Imports {
    fn default() -> Self {
        let permits = Arc::new(Semaphore::new(1));
        Self(Arc::new(Inner { permits, is_stopping: AtomicBool::new(false) }))
    }
}

impl Imports {
    /// Acquires the permit to run an import, unless another one is running.
    pub(in crate::features::stations) fn try_acquire(&self) -> Option<ImportPermit> {
        let permit = Arc::clone(&self.0.permits).try_acquire_owned().ok()?;
        Some(ImportPermit { _permit: permit })
    }

    /// Waits until no import is running.
    pub(in crate::features::stations) async fn wait_until_idle(&self) {
        let _permit = self.0.permits.acquire().await;
    }

    /// Whether the running import must stop.
    pub(super) fn is_stopping(&self) -> bool {
        self.0.is_stopping.load(Relaxed)
    }

    /// Stops the running import after its current batch. Written stations remain.
    pub async fn stop(&self) {
        self.0.is_stopping.store(true, Relaxed);
        if tokio::time::timeout(SHUTDOWN_TIMEOUT, self.wait_until_idle()).await.is_err() {
            tracing::warn!("A station import did not stop in time");
        }
    }
}

/// The state of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::features::stations) enum ImportState {
    /// It is running.
    Running,
    /// It has completed.
    Done,
    /// The file is invalid, or another error occurred.
    Failed,
    /// The service stopped before it completed.
    Stopped,
}

impl ImportState {
    const ALL: [(Self, &str); 4] = [
        (Self::Running, "running"),
        (Self::Done, "done"),
        (Self::Failed, "failed"),
        (Self::Stopped, "stopped"),
    ];

    /// The stored value.
    pub(in crate::features::stations) fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|it| it.0 == self).map_or("", |it| it.1)
    }
}

impl Column for ImportState {
    type Read<'r> = &'r str;
    type Bound<'q> = &'static str;

    fn from_column(read: &str) -> sqlx::Result<Self> {
        let found = Self::ALL.iter().find(|it| it.1 == read);
        found.map(|it| it.0).ok_or_else(|| sqlx::Error::Decode(read.into()))
    }

    fn to_column(&self) -> &'static str {
        self.as_str()
    }
}

record! {
    /// The import of a file, with its progress.
    #[derive(Debug, Clone)]
    pub(in crate::features::stations) struct Import {
        pub(in crate::features::stations) id: Uuid {
            once id;
        }
        /// The name of the file.
        pub(in crate::features::stations) file: String {
            once file;
        }
        /// The size of the file in bytes.
        pub(in crate::features::stations) size: i64 {
            once size;
        }
        pub(in crate::features::stations) bytes_read: i64 {
            once bytes_read;
        }
        state: ImportState {
            once state;
        }
        pub(in crate::features::stations) tally: Tally {
            once added = import.tally.added, changed = import.tally.changed,
                unchanged = import.tally.unchanged, no_station = import.tally.no_station,
                out_of_use = import.tally.out_of_use, doubles = import.tally.doubles,
                no_name = import.tally.no_name, no_place = import.tally.no_place
                => Tally {
                    added, changed, unchanged, no_station, out_of_use, doubles, no_name, no_place,
                };
        }
        /// Why it failed.
        pub(in crate::features::stations) failure: Option<String> {
            once failure;
        }
        pub(in crate::features::stations) started_at: DateTime<Utc> {
            once started_at;
        }
        /// When progress was last recorded.
        pub(in crate::features::stations) told_at: DateTime<Utc> {
            once told_at;
        }
    }
    table "station_imports" by id as import;
    insert(pub(in crate::features::stations));
}

impl Import {
    /// The state. Without recent progress, a running import counts as stopped, since the process must have
    /// been killed.
    pub(in crate::features::stations) fn state(&self, now: DateTime<Utc>) -> ImportState {
        match self.state {
            ImportState::Running if now - self.told_at > STALLED_AFTER => ImportState::Stopped,
            state => state,
        }
    }

    /// Creates the record of a running import.
    pub(in crate::features::stations) fn new(upload: &Upload, now: DateTime<Utc>) -> Self {
        Self {
            id: Uuid::now_v7(),
            file: upload.name.clone(),
            size: i64::try_from(upload.size).unwrap_or(i64::MAX),
            bytes_read: 0,
            state: ImportState::Running,
            tally: Tally::default(),
            failure: None,
            started_at: now,
            told_at: now,
        }
    }
}

/// Starts the import of a file that an administrator uploaded.
///
/// # Errors
/// Invalid if the extension of the file is not supported.
pub(in crate::features::stations) async fn start(
    app: &App,
    administrator: &Administrator,
    client: &ClientInfo,
    upload: Upload,
    permit: ImportPermit,
) -> Result<()> {
    let format = FileFormat::from_name(&upload.name)
        .ok_or_else(|| Error::invalid("file", t!("stations-import-file-type")))?;
    let (now, actor) = (app.clock.now(), administrator.0.0.account);
    let import = Import::new(&upload, now);
    app.transaction(async |tx| {
        store::imports::insert(tx, &import).await?;
        let event = Event::new(security_log::EventKind::StationsImported)
            .by(actor)
            .with_detail(&upload.name);
        security_log::record(tx, now, &client.annotate(event)).await
    })
    .await?;
    tracing::info!(file = upload.name, by = %actor, "Importing stations");
    // The reason of a failure is stored in the administrator's language.
    let job = run_job(app.clone(), import.id, upload.file, format, permit);
    tokio::spawn(locale::scope(locale::current(), job));
    Ok(())
}

async fn run_job(app: App, id: Uuid, file: File, format: FileFormat, permit: ImportPermit) {
    let mut run = ImportRun { import_id: Some(id), ..ImportRun::new(&app) };
    let (state, failure) = match run.execute(file, format).await {
        Ok(()) => (ImportState::Done, None),
        Err(ImportError::Stopped) => (ImportState::Stopped, None),
        Err(ImportError::File(why)) => (ImportState::Failed, Some(why.to_string())),
        Err(ImportError::Other(error)) => {
            if let Error::Internal(cause) = &error {
                tracing::error!(%cause, "Failed to import stations");
            }
            (ImportState::Failed, Some(error.to_string()))
        }
    };
    tracing::info!(state = state.as_str(), "{}", run.tally);
    if let Err(error) = record_result(&run, id, state, failure.as_deref()).await {
        tracing::warn!(%error, "Failed to record the result of a station import");
    }
    drop(permit);
}

async fn record_result(
    run: &ImportRun<'_>,
    id: Uuid,
    state: ImportState,
    failure: Option<&str>,
) -> Result<()> {
    let app = run.app;
    let (read, now) = (run.bytes_read.load(Relaxed), app.clock.now());
    app.transaction(async |tx| {
        store::imports::update_progress(tx, id, &run.tally, read, now).await?;
        store::imports::finish(tx, id, state, failure).await?;
        Ok(())
    })
    .await
}
