//! Finds the server that accepts writes, if several are configured.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use sqlx::{
    ConnectOptions as _, Connection as _, PgConnection, PgPool, Row as _,
    postgres::PgConnectOptions,
};

/// How often to check that the server still accepts writes.
const CHECK_INTERVAL: Duration = Duration::from_millis(500);
/// How often to look for another server while none accepts writes.
const SEARCH_INTERVAL: Duration = Duration::from_millis(100);
/// How long a server may take to respond.
const TIMEOUT: Duration = Duration::from_secs(1);

/// When the server last changed: older connections lead to the previous one.
#[derive(Debug, Default)]
pub(super) struct LastSwitch(Mutex<Option<Instant>>);

impl LastSwitch {
    /// Whether a connection of this age leads to the current server.
    pub(super) fn is_current(&self, age: Duration) -> bool {
        let switched = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        switched.is_none_or(|at| at.elapsed() > age)
    }

    fn record(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }
}

/// Whether the server of this connection accepts writes.
///
/// # Errors
/// The server does not respond.
pub async fn accepts_writes(connection: &mut PgConnection) -> sqlx::Result<bool> {
    let query =
        "SELECT NOT pg_is_in_recovery() AND current_setting('transaction_read_only') = 'off'";
    sqlx::raw_sql(query).fetch_one(connection).await?.try_get(0)
}

/// Connects to the server, if it accepts writes.
async fn connect(server: &PgConnectOptions) -> Option<PgConnection> {
    let connecting = async {
        let mut connection = server.connect().await.ok()?;
        if accepts_writes(&mut connection).await.ok()? {
            return Some(connection);
        }
        let _ = connection.close().await;
        None
    };
    tokio::time::timeout(TIMEOUT, connecting).await.ok().flatten()
}

/// Finds the server that accepts writes and connects to it; the first, if there are several.
async fn find(servers: &[PgConnectOptions]) -> Option<(usize, PgConnection)> {
    let all = futures_util::future::join_all(servers.iter().map(connect)).await;
    all.into_iter().enumerate().find_map(|(nth, it)| Some((nth, it?)))
}

/// Points the pool at the server that accepts writes, until the pool is closed. At first it points
/// at the first server.
pub(super) async fn follow(pool: PgPool, servers: Vec<PgConnectOptions>, switch: &LastSwitch) {
    let mut current = 0;
    while !pool.is_closed() {
        let Some((found, mut connection)) = find(&servers).await else {
            tokio::time::sleep(SEARCH_INTERVAL).await;
            continue;
        };
        if found != current {
            current = found;
            pool.set_connect_options(servers[found].clone());
            switch.record();
            let (host, port) = (servers[found].get_host(), servers[found].get_port());
            tracing::warn!(host, port, "Another server accepts writes: switched to it");
        }
        while !pool.is_closed() {
            let result = tokio::time::timeout(TIMEOUT, accepts_writes(&mut connection)).await;
            if !matches!(result, Ok(Ok(true))) {
                break;
            }
            tokio::time::sleep(CHECK_INTERVAL).await;
        }
    }
}
