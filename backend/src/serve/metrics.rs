//! The metrics endpoint for Prometheus, on its own listener.

use std::{net::SocketAddr, time::Duration};

use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use tokio::net::TcpListener;

use super::{
    ServeError,
    connection_slots::ConnectionSlots,
    connections::{self, Endpoints, Handler},
    gateway::Gateway,
    listener::{self, ListenError, Listener},
};
use crate::{
    app::App,
    core::{
        db::migrate,
        http::AdmissionControl,
        metrics::{ServiceState, TEXT, metrics},
    },
    features,
};

/// Maximum number of connections. Prometheus needs one.
const CONNECTIONS: usize = 16;
/// How long the database may take to respond before it is reported as down. Scrapes should not wait longer.
const DATABASE_TIMEOUT: Duration = Duration::from_secs(2);

/// The listener, and the handler for its requests.
pub(super) struct Metrics {
    listener: TcpListener,
    handler: MetricsHandler,
}

struct MetricsHandler {
    app: App,
    admission: AdmissionControl,
    connections: ConnectionSlots,
}

/// Listens on `address` to serve the metrics of `app`, its gateway and its connections.
pub(super) fn listen(
    address: SocketAddr,
    app: &App,
    gateway: &Gateway,
    connections: &ConnectionSlots,
) -> Result<Metrics, ServeError> {
    let listener =
        listener::bind_tcp(address).map_err(|error| ListenError::Address(address, error))?;
    let address = listener.local_addr()?;
    tracing::info!(%address, "Metrics are at /metrics");
    let (admission, connections) = (gateway.admission().clone(), connections.clone());
    Ok(Metrics { listener, handler: MetricsHandler { app: app.clone(), admission, connections } })
}

impl Metrics {
    /// Serves metrics until the future is dropped.
    pub(super) async fn serve(self) {
        let slots = ConnectionSlots::new(CONNECTIONS, CONNECTIONS, |_| true);
        connections::serve(
            Listener::Tcp(self.listener),
            self.handler,
            slots,
            std::future::pending(),
        )
        .await;
    }
}

impl MetricsHandler {
    async fn snapshot(&self) -> ServiceState {
        let status = migrate::status(&self.app.db, features::ALL, None);
        let status = tokio::time::timeout(DATABASE_TIMEOUT, status).await;
        let database_is_up = match &status {
            Ok(Ok(_)) => true,
            // The database responds, but its migrations do not match this version.
            Ok(Err(_)) => self.app.db.ping().await.is_ok(),
            Err(_) => false,
        };
        let count = |steps: Vec<migrate::Step>| {
            let applied = steps.iter().filter(|it| it.executed_at.is_some()).count();
            (applied, steps.len() - applied)
        };
        let archiver = self.app.db.wal_archiver();
        let archiver = tokio::time::timeout(DATABASE_TIMEOUT, archiver).await.ok().flatten();
        ServiceState {
            connections: self.connections.usage(),
            slots: self.admission.slots(),
            queue: self.admission.queue(),
            writers: self.admission.writers(),
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

impl Handler for MetricsHandler {
    async fn handle(&self, request: Request<Body>, _: Endpoints) -> Response {
        if request.uri().path() != "/metrics" {
            return StatusCode::NOT_FOUND.into_response();
        }
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD")])
                .into_response();
        }
        match metrics().text(&self.snapshot().await) {
            Ok(text) => ([(header::CONTENT_TYPE, TEXT)], text).into_response(),
            Err(error) => {
                tracing::error!(%error, "Cannot encode metrics");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }

    async fn reject(&self, _: Request<Body>, _: Endpoints) -> Response {
        StatusCode::SERVICE_UNAVAILABLE.into_response()
    }
}
