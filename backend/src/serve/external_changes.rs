//! Detects changes that other processes make to an SQLite database while the service runs.

use std::time::Duration;

use crate::app::App;

/// How often the database is polled for changes.
const POLL_INTERVAL: Duration = Duration::from_millis(500);

/// Clears the cache whenever another process has changed the database, until the future is dropped. On
/// PostgreSQL it returns at once, since commands invalidate the cache in Redis themselves.
pub(super) async fn watch(app: App) {
    let mut known = None;
    loop {
        match app.db.data_version().await {
            Ok(None) => return,
            Ok(Some(count)) => {
                if known.is_some_and(|it| it != count) {
                    tracing::info!("Another process changed the database: clearing the cache");
                    app.cache.clear();
                }
                known = Some(count);
            }
            // Database errors are reported elsewhere.
            Err(_) => {}
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}
