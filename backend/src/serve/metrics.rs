//! Where Prometheus reads what is counted: a listener of its own, which answers nothing else.

use std::{net::SocketAddr, time::Duration};

use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use tokio::net::TcpListener;

use super::{
    ServeError,
    connections::{self, Answers, Ends},
    front::Front,
    listener::{self, ListenError, Listener},
    places::Places,
};
use crate::{
    core::{
        App,
        db::migrate,
        http::AdmissionControl,
        metrics::{ServiceState, TEXT, metrics},
    },
    features,
};

/// How many may ask at once; one does.
const CONNECTIONS: usize = 16;
/// How long the database may take to answer before it counts as away: longer than that nobody
/// waits for what is counted.
const PATIENCE: Duration = Duration::from_secs(2);

/// The listener, and what it tells of.
pub(super) struct Metrics {
    listener: TcpListener,
    told: Told,
}

struct Told {
    app: App,
    gate: AdmissionControl,
    connections: Places,
}

/// Listens on `address`, to tell how `app` does behind this front and with these connections.
pub(super) fn listen(
    address: SocketAddr,
    app: &App,
    front: &Front,
    connections: &Places,
) -> Result<Metrics, ServeError> {
    let listener =
        listener::at_address(address).map_err(|error| ListenError::Address(address, error))?;
    let address = listener.local_addr()?;
    tracing::info!(%address, "Metrics are at /metrics");
    let (gate, connections) = (front.gate().clone(), connections.clone());
    Ok(Metrics { listener, told: Told { app: app.clone(), gate, connections } })
}

impl Metrics {
    /// Tells whoever asks, until it is dropped.
    pub(super) async fn serve(self) {
        let places = Places::new(CONNECTIONS, CONNECTIONS, |_| true);
        connections::serve(Listener::Tcp(self.listener), self.told, places, std::future::pending())
            .await;
    }
}

impl Told {
    async fn state(&self) -> ServiceState {
        let status = migrate::status(&self.app.db, features::ALL, None);
        let status = tokio::time::timeout(PATIENCE, status).await;
        let database_is_up = match &status {
            Ok(Ok(_)) => true,
            // It answers, though not with migrations of this version's.
            Ok(Err(_)) => self.app.db.ping().await.is_ok(),
            Err(_) => false,
        };
        let count = |steps: Vec<migrate::Step>| {
            let applied = steps.iter().filter(|it| it.executed_at.is_some()).count();
            (applied, steps.len() - applied)
        };
        let archiver = self.app.db.wal_archiver();
        let archiver = tokio::time::timeout(PATIENCE, archiver).await.ok().flatten();
        ServiceState {
            connections: self.connections.taken(),
            slots: self.gate.slots(),
            queue: self.gate.queue(),
            database_is_up,
            pools: self.app.db.pools(),
            cache_is_up: self.app.cache.state().1,
            migrations: status.ok().and_then(Result::ok).map(count),
            backups: self.app.backups.get(),
            wal_archiver: archiver,
            replica: self.app.db.replica_state(),
        }
    }
}

impl Answers for Told {
    async fn answer(&self, request: Request<Body>, _: Ends) -> Response {
        if request.uri().path() != "/metrics" {
            return StatusCode::NOT_FOUND.into_response();
        }
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD")])
                .into_response();
        }
        match metrics().text(&self.state().await) {
            Ok(text) => ([(header::CONTENT_TYPE, TEXT)], text).into_response(),
            Err(error) => {
                tracing::error!(%error, "What is counted cannot be told");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }

    async fn turn_away(&self, _: Request<Body>, _: Ends) -> Response {
        StatusCode::SERVICE_UNAVAILABLE.into_response()
    }
}
