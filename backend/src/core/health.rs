//! Whether the service is alive, and whether it is ready.

mod backups;

use std::{sync::atomic::Ordering, time::Duration};

pub use backups::{BackupCondition, BackupState, BackupWatch, Verified};

use aide::axum::{ApiRouter, routing::get_with};
use axum::{Router, extract::State, http::StatusCode, response::IntoResponse, routing::get};
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    App,
    db::{migrate, replica::ReplicaState},
    http::Record,
    metrics::{JobState, metrics},
    outage::{self, Outage},
};
use crate::features;

/// How long the database may take to answer before it counts as away: whoever asks after health
/// does not wait as long as whoever has work to do.
const PATIENCE: Duration = Duration::from_secs(2);

/// `/health`, which asks nobody anything.
pub fn liveness() -> Router<App> {
    Router::new().route("/health", get(async || "alive\n"))
}

/// `/api/health`.
pub fn readiness() -> ApiRouter<App> {
    ApiRouter::new().api_route(
        "/health",
        get_with(ready, |it| {
            it.id("health")
                .tag("Service")
                .summary("Say whether the service is ready")
                .response::<200, Record<Health>>()
                .response::<503, Record<Health>>()
        }),
    )
}

/// Whether the service is ready, and what it stands on.
#[derive(Debug, Serialize, JsonSchema)]
struct Health {
    /// `ok`, `degraded` (requests are answered, but the cache is away, something in `problems` prevents
    /// writes, or the backups are late or failed), `stopping` (requests are answered, but this instance is about
    /// to stop), or `unavailable`.
    status: &'static str,
    database: Part,
    cache: Part,
    migrations: Migrations,
    /// What is wrong with the database, and what does not work because of it.
    problems: Vec<Outage>,
    /// The read replica of PostgreSQL; null without one.
    replica: Option<ReplicaState>,
    /// The backups, as of the last minute; null unless a folder for backups is set.
    backups: Option<BackupState>,
    /// The hourly jobs of this instance.
    jobs: Vec<JobState>,
}

/// One thing that the service stands on.
#[derive(Debug, Serialize, JsonSchema)]
struct Part {
    /// What it is: `sqlite`, `postgresql`, `memory`, `redis`.
    engine: &'static str,
    /// `up` or `down`.
    state: &'static str,
}

/// Whether the database has the shape that this program needs.
#[derive(Debug, Serialize, JsonSchema)]
struct Migrations {
    /// `current`, `pending`, or `unknown` while the database is away or of another version.
    state: &'static str,
    /// How many files have not been executed.
    pending: usize,
}

async fn ready(State(app): State<App>) -> impl aide::axum::IntoApiResponse {
    let up = |is_up: bool| if is_up { "up" } else { "down" };
    let asked = async {
        let status = migrate::status(&app.db, features::ALL, None).await.ok();
        (status.is_some() || app.db.ping().await.is_ok(), status)
    };
    let (database, status) = tokio::time::timeout(PATIENCE, asked).await.unwrap_or_default();
    let pending = status.map(|steps| steps.iter().filter(|it| it.executed_at.is_none()).count());
    let migrations = match pending {
        Some(0) => Migrations { state: "current", pending: 0 },
        Some(pending) => Migrations { state: "pending", pending },
        None => Migrations { state: "unknown", pending: 0 },
    };
    let (cache, cache_is_up) = app.cache.state();
    let is_ready = database && migrations.state == "current";
    let problems = outage::current();
    let backups = app.backups.get();
    let are_backups_well = backups
        .as_ref()
        .is_none_or(|it| matches!(it.state, BackupCondition::Ok | BackupCondition::None));
    let is_well = cache_is_up && problems.is_empty() && are_backups_well;
    let is_stopping = app.is_stopping.load(Ordering::Relaxed);
    let (code, status) = match (is_ready, is_well) {
        (true, _) if is_stopping => (StatusCode::SERVICE_UNAVAILABLE, "stopping"),
        (true, true) => (StatusCode::OK, "ok"),
        (true, false) => (StatusCode::OK, "degraded"),
        (false, _) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
    };
    let health = Health {
        status,
        database: Part { engine: app.db.engine(), state: up(database) },
        cache: Part { engine: cache, state: up(cache_is_up) },
        migrations,
        problems,
        replica: app.db.replica_state(),
        backups,
        jobs: metrics().jobs.states(),
    };
    (code, Record(health)).into_response()
}
