//! Files that administrators send: brought in one at a time, while the service goes on.

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

use super::{Failure, Kind, Tally, Transfer};
use crate::{
    core::{App, Error, Result, http::Upload},
    features::{
        accounts::{Administrator, ClientInfo},
        security_log::{self, Event},
        stations::store,
    },
};

/// How long the service waits, as it ends, for what is being written down.
const FAREWELL: Duration = Duration::from_secs(10);
/// How long one that is under way says nothing at most.
const SILENT: TimeDelta = TimeDelta::minutes(2);

/// What brings files in, one at a time in this process.
#[derive(Clone)]
pub struct Imports(Arc<Inner>);

struct Inner {
    turn: Arc<Semaphore>,
    is_stopping: AtomicBool,
}

/// The right to bring a file in.
pub(in crate::features::stations) struct Turn {
    _permit: OwnedSemaphorePermit,
}

impl Default for Imports {
    fn default() -> Self {
        let turn = Arc::new(Semaphore::new(1));
        Self(Arc::new(Inner { turn, is_stopping: AtomicBool::new(false) }))
    }
}

impl Imports {
    /// Whoever asks has the turn, unless another has it.
    pub(in crate::features::stations) fn turn(&self) -> Option<Turn> {
        let permit = Arc::clone(&self.0.turn).try_acquire_owned().ok()?;
        Some(Turn { _permit: permit })
    }

    /// Waits until nobody has the turn.
    pub(in crate::features::stations) async fn idle(&self) {
        let _turn = self.0.turn.acquire().await;
    }

    /// Whether what is under way is to stop.
    pub(super) fn is_stopping(&self) -> bool {
        self.0.is_stopping.load(Relaxed)
    }

    /// Stops what is under way, after the stations that are being written: they stay.
    pub async fn stop(&self) {
        self.0.is_stopping.store(true, Relaxed);
        if tokio::time::timeout(FAREWELL, self.idle()).await.is_err() {
            tracing::warn!("Stations that are brought in did not stop in time");
        }
    }
}

/// How it is with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::features::stations) enum State {
    /// It is being brought in.
    Running,
    /// It was, to its end.
    Done,
    /// Something is wrong with it, or was with the service.
    Failed,
    /// The service ended in between.
    Stopped,
}

impl State {
    const ALL: [(Self, &str); 4] = [
        (Self::Running, "running"),
        (Self::Done, "done"),
        (Self::Failed, "failed"),
        (Self::Stopped, "stopped"),
    ];

    /// As it is kept.
    pub(in crate::features::stations) fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|it| it.0 == self).map_or("", |it| it.1)
    }
}

impl TryFrom<String> for State {
    type Error = String;

    fn try_from(text: String) -> std::result::Result<Self, String> {
        Self::ALL.iter().find(|it| it.1 == text).map(|it| it.0).ok_or(text)
    }
}

/// A file, and how far it has come.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(in crate::features::stations) struct Import {
    pub(in crate::features::stations) id: Uuid,
    /// What it is called.
    pub(in crate::features::stations) file: String,
    /// In bytes.
    pub(in crate::features::stations) size: i64,
    pub(in crate::features::stations) bytes_read: i64,
    #[sqlx(try_from = "String")]
    state: State,
    #[sqlx(flatten)]
    pub(in crate::features::stations) tally: Tally,
    /// Why it failed.
    pub(in crate::features::stations) failure: Option<String>,
    pub(in crate::features::stations) started_at: DateTime<Utc>,
    /// When it last said how far it had come.
    pub(in crate::features::stations) told_at: DateTime<Utc>,
}

impl Import {
    /// How it is with it. Of one that says nothing any more the service ended at once.
    pub(in crate::features::stations) fn state(&self, now: DateTime<Utc>) -> State {
        match self.state {
            State::Running if now - self.told_at > SILENT => State::Stopped,
            state => state,
        }
    }

    /// The one that is being brought in.
    pub(in crate::features::stations) fn begun(upload: &Upload, now: DateTime<Utc>) -> Self {
        Self {
            id: Uuid::now_v7(),
            file: upload.name.clone(),
            size: i64::try_from(upload.size).unwrap_or(i64::MAX),
            bytes_read: 0,
            state: State::Running,
            tally: Tally::default(),
            failure: None,
            started_at: now,
            told_at: now,
        }
    }
}

/// Begins to bring in a file that an administrator has sent.
///
/// # Errors
/// Invalid where its name says that it is of another kind.
pub(in crate::features::stations) async fn start(
    app: &App,
    administrator: &Administrator,
    client: &ClientInfo,
    upload: Upload,
    turn: Turn,
) -> Result<()> {
    let kind = Kind::of(&upload.name)
        .ok_or_else(|| Error::invalid("file", "has to be a .csv, a .json or a .geojson"))?;
    let (now, actor) = (app.clock.now(), administrator.0.0.account);
    let import = Import::begun(&upload, now);
    let mut tx = app.db.write().await?;
    store::imports::insert(&mut tx, &import).await?;
    let event = Event::new(security_log::Kind::StationsImported).by(actor).saying(&upload.name);
    security_log::record(&mut tx, now, &client.annotate(event)).await?;
    tx.commit().await?;
    tracing::info!(file = upload.name, by = %actor, "Brings in stations");
    tokio::spawn(carry_out(app.clone(), import.id, upload.file, kind, turn));
    Ok(())
}

async fn carry_out(app: App, id: Uuid, file: File, kind: Kind, turn: Turn) {
    let mut transfer = Transfer { told: Some(id), ..Transfer::new(&app) };
    let (state, failure) = match transfer.run(file, kind).await {
        Ok(()) => (State::Done, None),
        Err(Failure::Stopped) => (State::Stopped, None),
        Err(Failure::File(why)) => (State::Failed, Some(why)),
        Err(Failure::Other(error)) => {
            if let Error::Internal(cause) = &error {
                tracing::error!(%cause, "Stations could not be brought in");
            }
            (State::Failed, Some(error.to_string()))
        }
    };
    tracing::info!(state = state.as_str(), "{}", transfer.tally);
    if let Err(error) = end(&transfer, id, state, failure.as_deref()).await {
        tracing::warn!(%error, "What became of stations' file could not be noted");
    }
    drop(turn);
}

async fn end(transfer: &Transfer<'_>, id: Uuid, state: State, failure: Option<&str>) -> Result<()> {
    let app = transfer.app;
    let (read, now) = (transfer.bytes_read.load(Relaxed), app.clock.now());
    let mut tx = app.db.write().await?;
    store::imports::tell(&mut tx, id, &transfer.tally, read, now).await?;
    store::imports::end(&mut tx, id, state, failure).await?;
    tx.commit().await
}
