//! Runs the service, from reading the settings to a graceful shutdown.

mod connection_slots;
mod connections;
mod external_changes;
mod gateway;
mod hosts;
mod listener;
mod log;
mod metrics;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_slots;
#[cfg(test)]
mod tests_unread_body;
mod timed_stream;
mod unread_body;

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::Path,
    sync::atomic::Ordering,
    time::Duration,
};

use connection_slots::ConnectionSlots;
use listener::Listener;
pub use log::{Traces, log_to_stderr};
use tokio::net::{TcpStream, UnixStream};
use tokio_util::either::Either;

use crate::{
    app::App,
    backup,
    core::{
        Error, Services,
        clock::Clock,
        config::{Config, Engine, Server},
        db::{
            Db,
            lock::{LockError, ServiceLock},
            migrate::{self, MigrateError},
            roles,
        },
        error, files,
        keys::{self, KeyError},
        periodic,
    },
    features, router,
};

/// How long requests in flight may take to finish after the shutdown signal.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(20);

/// Why the service does not run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The database cannot be used.
    #[error("the database cannot be used: {0}")]
    Database(String),
    /// Another process uses the SQLite database.
    #[error("{0}")]
    Locked(#[from] LockError),
    /// The backup before the migrations failed.
    #[error("{0}")]
    Backup(#[from] backup::BackupError),
    /// The migrations failed.
    #[error("{0}")]
    Migrate(#[from] MigrateError),
    /// The service key is missing or does not match the database.
    #[error("{0}")]
    Key(#[from] KeyError),
    /// The first administrator could not be created from the settings.
    #[error("the first administrator cannot be created: {0}")]
    FirstAdministrator(String),
    /// The service cannot listen for connections.
    #[error("{0}")]
    Listen(#[from] listener::ListenError),
    /// The address in `log.traces_url` cannot be used.
    #[error("log.traces_url: {0}")]
    Traces(String),
    /// Any other I/O error while serving.
    #[error("{0}")]
    Io(#[from] io::Error),
}

impl From<Error> for ServeError {
    fn from(error: Error) -> Self {
        match error {
            Error::Internal(cause) => Self::Database(cause.to_string()),
            other => Self::Database(other.to_string()),
        }
    }
}

/// Locks an SQLite database, creating its folder if needed.
fn lock(path: &Path) -> Result<ServiceLock, ServeError> {
    // If this fails, taking the lock reports the cause.
    let _ = files::create_private_folder(files::folder_of(path));
    Ok(ServiceLock::acquire(path)?)
}

/// Serves until the process receives a shutdown signal.
///
/// # Errors
/// Fails if the database cannot be used or the address cannot be bound.
pub async fn serve(mut config: Config, migrates: bool) -> Result<(), ServeError> {
    let clock = Clock::System;
    let _lock = match config.database.engine() {
        Ok(Engine::Sqlite(path)) => Some(lock(&path)?),
        _ => None,
    };
    if migrates {
        let db = Db::open_for_migrations(&config.database).await?;
        if let Some(backup) =
            backup::back_up_before_migrations(&config, &db, features::ALL, None, &clock).await?
        {
            tracing::info!("{backup}");
        }
        migrate::run(&db, features::ALL, None, &clock).await?;
        roles::grant(&db, features::ALL, &config.database).await?;
        db.close().await;
    }
    let db = Db::open(&config.database).await?;
    db.check_durability().await?;
    db.warn_if_role_bypasses_rls().await?;
    // With --no-migrate, pending migrations are fine; a newer or altered database is an error.
    let steps = migrate::status(&db, features::ALL, None).await?;
    let is_current = steps.iter().all(|it| it.executed_at.is_some());
    let key = if is_current {
        Some(keys::prepare(&db, &config, &clock, &features::secrets()).await?)
    } else {
        keys::find(&config)?
    };
    let listener = Listener::open(&config.server).await?;
    // A socket passed by systemd may differ from the address in the settings.
    let address = if let Some(address) = listener.address()? {
        (config.server.address, config.server.socket) = (address, None);
        format!("http://{address}")
    } else {
        let path = listener.path().unwrap_or_default();
        let shown = format!("unix:{}", path.display());
        config.server.socket = Some(path);
        shown
    };
    let app = App::with_key(config, db, clock, key);
    if is_current {
        features::accounts::create_first_administrator(&app).await.map_err(
            |error| match error {
                Error::Invalid(faults) => ServeError::FirstAdministrator(error::describe(&faults)),
                other => other.into(),
            },
        )?;
    }
    app.vins.warm_up();
    let gateway =
        gateway::Gateway::new(router(&app), &app.config, hosts::AllowedHosts::new(&app)).await;
    let slots = connection_slots(&app.config.server);
    let metrics = match app.config.server.metrics_address {
        Some(address) => Some(metrics::listen(address, &app, &gateway, &slots)?),
        None => None,
    };
    let setup_token = features::accounts::setup_token(&app).await?;
    println!("MotoVaultPro is at {address}");
    if let Some(token) = setup_token {
        println!("To create the first account, enter this setup token: {token}");
    }
    tracing::info!(%address, database = app.db.engine(), cache = app.cache.state().0, "Serving");

    let periodic_tasks =
        tokio::spawn(periodic::run(Services::clone(&app), features::periodic_tasks()));
    let backups = tokio::spawn(backup::run_schedule(Services::clone(&app)));
    let notifications = tokio::spawn(features::notifications::run(app.clone()));
    let external_changes = tokio::spawn(external_changes::watch(app.clone()));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let metrics_server = tokio::spawn(async move {
        if let Some(metrics) = metrics {
            metrics.serve().await;
        }
    });
    let draining_app = app.clone();
    let serving = connections::serve(listener, gateway, slots, async move {
        shutdown_signal().await;
        drain(&draining_app).await;
        tracing::info!("Shutting down: no new requests accepted");
        let _ = stop.send(());
    });
    tokio::select! {
        () = serving => {}
        () = async {
            // The timeout starts with the shutdown signal, not with the service.
            if stopped.await.is_err() {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(SHUTDOWN_TIMEOUT).await;
        } => tracing::warn!("Some requests did not finish in time"),
    }
    for task in [periodic_tasks, backups, notifications, external_changes, metrics_server] {
        task.abort();
        let _ = task.await;
    }
    app.imports.stop().await;
    app.db.close().await;
    tracing::info!("Stopped");
    Ok(())
}

/// Gives load balancers time to notice the shutdown: for `server.drain` seconds, `/api/health` responds with
/// 503 while all other requests are served as usual. A second signal ends the drain immediately.
async fn drain(app: &App) {
    app.is_stopping.store(true, Ordering::Relaxed);
    let time = Duration::from_secs(app.config.server.drain);
    if time.is_zero() {
        return;
    }
    tracing::info!(seconds = time.as_secs(), "Shutting down soon: no longer ready");
    tokio::select! {
        () = tokio::time::sleep(time) => {}
        () = shutdown_signal() => {}
    }
}

/// Connection limits from the settings.
fn connection_slots(server: &Server) -> ConnectionSlots {
    let limit = connections::connection_limit(server.connections);
    let trusted = server.trusted_proxies.clone();
    // A proxy on this machine may be missing from `server.trusted_proxies`.
    ConnectionSlots::new(limit, server.connections_per_address(limit), move |address| {
        address.is_loopback() || trusted.contains(address)
    })
}

/// Waits for Ctrl-C or SIGTERM, which service managers send.
async fn shutdown_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => {
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}

/// Checks that the service at `url` (`http://host:port`, or `unix:path`) is ready.
///
/// # Errors
/// A message with the unexpected status or the connection error.
pub async fn check_health(url: &str) -> Result<(), String> {
    let status = get_status(url, "/api/health");
    let answer = tokio::time::timeout(Duration::from_secs(5), status).await;
    match answer {
        Ok(Ok(200)) => Ok(()),
        Ok(Ok(status)) => Err(format!("{url} is not ready: it responds with {status}")),
        Ok(Err(error)) => Err(format!("{url} does not respond: {error}")),
        Err(_) => Err(format!("{url} does not respond within 5 seconds")),
    }
}

/// The URL at which a service with these settings can be reached from this machine: `http://host:port`,
/// or `unix:path`.
pub(crate) fn local_url(server: &Server) -> String {
    match &server.socket {
        Some(path) => format!("unix:{}", path.display()),
        None => format!("http://{}", connectable(server.address)),
    }
}

/// The address to connect to for a service that listens on `address`: the loopback address if it listens
/// on all interfaces.
pub(crate) fn connectable(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    address
}

/// Checks that the service could listen on `address`. Must be called within a Tokio runtime.
///
/// # Errors
/// The error from binding.
pub(crate) fn try_listen(address: SocketAddr) -> io::Result<()> {
    listener::bind_tcp(address).map(drop)
}

/// Requests `path` from the server at `url` (`http://host:port`, or `unix:path`) and returns the status.
///
/// # Errors
/// The server could not be reached or sent no valid response.
pub(crate) async fn get_status(
    url: &str,
    path: &str,
) -> Result<u16, Box<dyn std::error::Error + Send + Sync>> {
    let (stream, host) = if let Some(path) = url.strip_prefix("unix:") {
        (Either::Right(UnixStream::connect(path).await?), "localhost")
    } else {
        let host = url.strip_prefix("http://").unwrap_or(url).trim_end_matches('/');
        (Either::Left(TcpStream::connect(host).await?), host)
    };
    let io = hyper_util::rt::TokioIo::new(stream);
    let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await?;
    tokio::spawn(connection);
    let request = axum::http::Request::get(path)
        .header(axum::http::header::HOST, host)
        .body(axum::body::Body::empty())?;
    Ok(sender.send_request(request).await?.status().as_u16())
}
