//! Finding the server that takes writes, where the settings name several.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use sqlx::{
    ConnectOptions as _, Connection as _, PgConnection, PgPool, Row as _,
    postgres::PgConnectOptions,
};

/// How often it is looked whether the server still takes writes.
const EVERY: Duration = Duration::from_millis(500);
/// How often another one is looked for, while none does.
const SEARCHING: Duration = Duration::from_millis(100);
/// How long a server may take to tell.
const PATIENCE: Duration = Duration::from_secs(1);

/// When connections were last led to another server: those made before are of no use.
#[derive(Debug, Default)]
pub(super) struct Switch(Mutex<Option<Instant>>);

impl Switch {
    /// Whether a connection of this age leads to where connections lead now.
    pub(super) fn is_after(&self, age: Duration) -> bool {
        let switched = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        switched.is_none_or(|at| at.elapsed() > age)
    }

    fn note(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }
}

/// Whether writes are taken over this connection.
///
/// # Errors
/// The server does not tell.
pub async fn takes_writes(connection: &mut PgConnection) -> sqlx::Result<bool> {
    let ask = "SELECT NOT pg_is_in_recovery() AND current_setting('transaction_read_only') = 'off'";
    sqlx::raw_sql(ask).fetch_one(connection).await?.try_get(0)
}

/// A connection to the server, if it takes writes.
async fn connect(server: &PgConnectOptions) -> Option<PgConnection> {
    let connecting = async {
        let mut connection = server.connect().await.ok()?;
        if takes_writes(&mut connection).await.ok()? {
            return Some(connection);
        }
        let _ = connection.close().await;
        None
    };
    tokio::time::timeout(PATIENCE, connecting).await.ok().flatten()
}

/// Which of the servers takes writes, and a connection to it; the first of them, if several do.
async fn find(servers: &[PgConnectOptions]) -> Option<(usize, PgConnection)> {
    let all = futures_util::future::join_all(servers.iter().map(connect)).await;
    all.into_iter().enumerate().find_map(|(nth, it)| Some((nth, it?)))
}

/// Leads the pool's connections to whichever server takes writes, until the pool is closed. They
/// lead to the first one by then.
pub(super) async fn follow(pool: PgPool, servers: Vec<PgConnectOptions>, switch: &Switch) {
    let mut current = 0;
    while !pool.is_closed() {
        let Some((found, mut connection)) = find(&servers).await else {
            tokio::time::sleep(SEARCHING).await;
            continue;
        };
        if found != current {
            current = found;
            pool.set_connect_options(servers[found].clone());
            switch.note();
            let (host, port) = (servers[found].get_host(), servers[found].get_port());
            tracing::warn!(host, port, "Another server takes writes: it is asked from now on");
        }
        while !pool.is_closed() {
            let asked = tokio::time::timeout(PATIENCE, takes_writes(&mut connection)).await;
            if !matches!(asked, Ok(Ok(true))) {
                break;
            }
            tokio::time::sleep(EVERY).await;
        }
    }
}
