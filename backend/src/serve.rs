//! Running the service: from the settings to the last answer.

mod connections;
mod front;
mod hosts;
mod listener;
mod log;
mod metrics;
mod others;
mod places;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_places;
#[cfg(test)]
mod tests_unread;
mod unread;
mod wire;

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::Path,
    sync::atomic::Ordering,
    time::Duration,
};

use listener::Listener;
pub use log::{Traces, log_to_stderr};
use places::Places;
use tokio::net::{TcpStream, UnixStream};
use tokio_util::either::Either;

use crate::{
    backup,
    core::{
        App, Error,
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

/// How long requests in flight may take once the service is told to stop.
const FAREWELL: Duration = Duration::from_secs(20);

/// Why the service does not run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The database cannot be used.
    #[error("the database cannot be used: {0}")]
    Database(String),
    /// Another process uses the SQLite database.
    #[error("{0}")]
    Locked(#[from] LockError),
    /// It cannot be backed up before it is brought up to date.
    #[error("{0}")]
    Backup(#[from] backup::BackupError),
    /// It cannot be brought up to date.
    #[error("{0}")]
    Migrate(#[from] MigrateError),
    /// The service key is missing, or is another one.
    #[error("{0}")]
    Key(#[from] KeyError),
    /// The administrator in the settings cannot be created.
    #[error("the first administrator cannot be created: {0}")]
    FirstAdministrator(String),
    /// There is nothing to listen on.
    #[error("{0}")]
    Listen(#[from] listener::ListenError),
    /// Traces cannot be sent where they are to be sent.
    #[error("log.traces_url: {0}")]
    Traces(String),
    /// Serving broke off.
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

/// Locks an SQLite database, in a folder that may have to be made first.
fn lock(path: &Path) -> Result<ServiceLock, ServeError> {
    // Where this fails, locking says why.
    let _ = files::create_private_folder(files::folder_of(path));
    Ok(ServiceLock::acquire(path)?)
}

/// Serves until the process is told to stop.
///
/// # Errors
/// A database that cannot be used or an address that cannot be listened on.
pub async fn serve(mut config: Config, migrates: bool) -> Result<(), ServeError> {
    let clock = Clock::System;
    let _lock = match config.database.engine() {
        Ok(Engine::Sqlite(path)) => Some(lock(&path)?),
        _ => None,
    };
    if migrates {
        let db = Db::open_for_migrations(&config.database).await?;
        if let Some(made) =
            backup::before_migrations(&config, &db, features::ALL, None, &clock).await?
        {
            tracing::info!("{made}");
        }
        migrate::run(&db, features::ALL, None, &clock).await?;
        roles::grant(&db, features::ALL, &config.database).await?;
        db.close().await;
    }
    let db = Db::open(&config.database).await?;
    db.check_durability().await?;
    db.warn_if_role_bypasses_rls().await?;
    // What is pending may wait where it was asked to; a database that does not fit may not.
    let steps = migrate::status(&db, features::ALL, None).await?;
    let is_current = steps.iter().all(|it| it.executed_at.is_some());
    let key = if is_current {
        Some(keys::prepare(&db, &config, &clock, features::SECRETS).await?)
    } else {
        keys::find(&config)?
    };
    let listener = Listener::open(&config.server)?;
    // What systemd passed may be another than the settings name.
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
    let front = front::Front::new(router(&app), &app.config, hosts::Hosts::of(&app)).await;
    let places = places(&app.config.server);
    let metrics = match app.config.server.metrics_address {
        Some(address) => Some(metrics::listen(address, &app, &front, &places)?),
        None => None,
    };
    println!("MotoVaultPro is at {address}");
    if let Some(token) = features::accounts::setup_token(&app).await? {
        println!("To create the first account, enter this setup token: {token}");
    }
    tracing::info!(%address, database = app.db.engine(), cache = app.cache.state().0, "Serving");

    let tasks = tokio::spawn(periodic::run(app.clone(), features::PERIODIC_TASKS));
    let backups = tokio::spawn(backup::run_schedule(app.clone()));
    let notifying = tokio::spawn(features::notifications::run(app.clone()));
    let watching = tokio::spawn(others::watch(app.clone()));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let counting = tokio::spawn(async move {
        if let Some(metrics) = metrics {
            metrics.serve().await;
        }
    });
    let drained = app.clone();
    let serving = connections::serve(listener, front, places, async move {
        told_to_stop().await;
        drain(&drained).await;
        tracing::info!("Stopping: no new requests");
        let _ = stop.send(());
    });
    tokio::select! {
        () = serving => {}
        () = async {
            // Counted from when it is told to stop, not from the start.
            if stopped.await.is_err() {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(FAREWELL).await;
        } => tracing::warn!("Some requests did not end in time"),
    }
    for task in [tasks, backups, notifying, watching, counting] {
        task.abort();
        let _ = task.await;
    }
    app.imports.stop().await;
    app.db.close().await;
    tracing::info!("Stopped");
    Ok(())
}

/// Lets load balancers notice that the service stops: for the time that is set, `/api/health` answers 503 while
/// all other requests are answered as usual. A second signal ends this at once.
async fn drain(app: &App) {
    app.is_stopping.store(true, Ordering::Relaxed);
    let time = Duration::from_secs(app.config.server.drain);
    if time.is_zero() {
        return;
    }
    tracing::info!(seconds = time.as_secs(), "Stopping soon: not ready any more");
    tokio::select! {
        () = tokio::time::sleep(time) => {}
        () = told_to_stop() => {}
    }
}

/// The places for connections that the settings allow.
fn places(server: &Server) -> Places {
    let most = connections::most(server.connections);
    let trusted = server.trusted_proxies.clone();
    // A proxy on this machine may be one that the settings do not name.
    Places::new(most, server.connections_per_address(most), move |address| {
        address.is_loopback() || trusted.contains(address)
    })
}

/// Waits for Ctrl-C or, as service managers send it, SIGTERM.
async fn told_to_stop() {
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

/// Asks the service at `url` whether it is ready: `http://host:port`, or `unix:path`.
///
/// # Errors
/// What it answered instead, or why it did not.
pub async fn ask_health(url: &str) -> Result<(), String> {
    let status = get_status(url, "/api/health");
    let answer = tokio::time::timeout(Duration::from_secs(5), status).await;
    match answer {
        Ok(Ok(200)) => Ok(()),
        Ok(Ok(status)) => Err(format!("{url} is not ready: it answers {status}")),
        Ok(Err(error)) => Err(format!("{url} does not answer: {error}")),
        Err(_) => Err(format!("{url} does not answer within 5 seconds")),
    }
}

/// Where a service with these settings is for this machine: `http://host:port`, or `unix:path`.
pub(crate) fn url_of(server: &Server) -> String {
    match &server.socket {
        Some(path) => format!("unix:{}", path.display()),
        None => format!("http://{}", near(server.address)),
    }
}

/// Where a service that listens on `address` is for this machine: all addresses are not one to
/// connect to.
pub(crate) fn near(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    address
}

/// Checks whether the service could listen on `address`. Needs a runtime.
///
/// # Errors
/// Why not.
pub(crate) fn try_listen(address: SocketAddr) -> io::Result<()> {
    listener::at_address(address).map(drop)
}

/// The status that the server at `url` (`http://host:port`, or `unix:path`) answers for `path`.
///
/// # Errors
/// It does not answer.
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
