//! Liveness and readiness checks.

mod backups;

use std::{sync::atomic::Ordering, time::Duration};

pub use backups::{BackupState, BackupStatus, BackupWatch, CheckResult};

use aide::axum::{ApiRouter, routing::get_with};
use axum::{
    Router,
    extract::{FromRef, State},
    http::StatusCode,
    response::{IntoResponse as _, Response},
    routing::get,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    Services,
    db::{migrate, replica::ReplicaState},
    feature::{Application, Feature},
    http::Record,
    metrics::{JobState, metrics},
    outage::{self, Outage},
};

/// How long the database may take to respond before it counts as unavailable: health checks time
/// out sooner than requests.
const TIMEOUT: Duration = Duration::from_secs(2);

/// `/health`, which depends on nothing else.
pub fn liveness<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/health", get(async || "alive\n"))
}

/// `/api/health`. The service is ready once the migrations of `features` have been executed.
pub fn readiness<A: Application>(features: &'static [Feature<A>]) -> ApiRouter<A>
where
    Services: FromRef<A>,
{
    let handler = async move |State(services): State<Services>| ready(&services, features).await;
    ApiRouter::new().api_route(
        "/health",
        get_with(handler, |it| {
            it.id("health")
                .tag("Service")
                .summary("Check whether the service is ready")
                .response::<200, Record<Health>>()
                .response::<503, Record<Health>>()
        }),
    )
}

/// Whether the service is ready, and the state of its components.
#[derive(Debug, Serialize, JsonSchema)]
struct Health {
    /// `ok`, `degraded` (requests are handled, but the cache is unavailable, something in
    /// `problems` prevents writes, or the backups are late or failed), `stopping` (requests are
    /// handled, but this instance is about to stop), or `unavailable`.
    status: &'static str,
    database: Component,
    cache: Component,
    migrations: Migrations,
    /// The current problems with the database, and what they prevent.
    problems: Vec<Outage>,
    /// The read replica of PostgreSQL; null without one.
    replica: Option<ReplicaState>,
    /// The backups, as of the last minute; null if no folder for backups is set.
    backups: Option<BackupState>,
    /// The periodic jobs of this instance.
    jobs: Vec<JobState>,
}

/// A component that the service depends on.
#[derive(Debug, Serialize, JsonSchema)]
struct Component {
    /// The backend: `sqlite`, `postgresql`, `memory` or `redis`.
    engine: &'static str,
    /// `up` or `down`.
    state: &'static str,
}

/// Whether the database's schema is up to date.
#[derive(Debug, Serialize, JsonSchema)]
struct Migrations {
    /// `current`, `pending`, or `unknown` while the database is unavailable or of another version.
    state: &'static str,
    /// The number of pending migrations.
    pending: usize,
}

async fn ready<A: Application>(services: &Services, features: &[Feature<A>]) -> Response {
    let up = |is_up: bool| if is_up { "up" } else { "down" };
    let checks = async {
        let status = migrate::status(&services.db, features, None).await.ok();
        (status.is_some() || services.db.ping().await.is_ok(), status)
    };
    let (database, status) = tokio::time::timeout(TIMEOUT, checks).await.unwrap_or_default();
    let pending = status.map(|steps| steps.iter().filter(|it| it.executed_at.is_none()).count());
    let migrations = match pending {
        Some(0) => Migrations { state: "current", pending: 0 },
        Some(pending) => Migrations { state: "pending", pending },
        None => Migrations { state: "unknown", pending: 0 },
    };
    let (cache, cache_is_up) = services.cache.state();
    let is_ready = database && migrations.state == "current";
    let problems = outage::current();
    let backups = services.backups.get();
    let backups_ok =
        backups.as_ref().is_none_or(|it| matches!(it.state, BackupStatus::Ok | BackupStatus::None));
    let is_healthy = cache_is_up && problems.is_empty() && backups_ok;
    let is_stopping = services.is_stopping.load(Ordering::Relaxed);
    let (code, status) = match (is_ready, is_healthy) {
        (true, _) if is_stopping => (StatusCode::SERVICE_UNAVAILABLE, "stopping"),
        (true, true) => (StatusCode::OK, "ok"),
        (true, false) => (StatusCode::OK, "degraded"),
        (false, _) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
    };
    let health = Health {
        status,
        database: Component { engine: services.db.engine(), state: up(database) },
        cache: Component { engine: cache, state: up(cache_is_up) },
        migrations,
        problems,
        replica: services.db.replica_state(),
        backups,
        jobs: metrics().jobs.states(),
    };
    (code, Record(health)).into_response()
}
