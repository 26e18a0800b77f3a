//! Changes that commands make to an SQLite database while the service runs.

use std::time::Duration;

use crate::core::App;

/// How often the database is asked whether another process changed it.
const EVERY: Duration = Duration::from_millis(500);

/// Forgets what is cached whenever another process has changed the database, until it is dropped. On
/// PostgreSQL it ends at once: there, commands outdate what is in Redis themselves.
pub(super) async fn watch(app: App) {
    let mut known = None;
    loop {
        match app.db.data_version().await {
            Ok(None) => return,
            Ok(Some(count)) => {
                if known.is_some_and(|it| it != count) {
                    tracing::info!(
                        "Another process changed the database: forgetting what is cached"
                    );
                    app.cache.clear();
                }
                known = Some(count);
            }
            // Whatever is wrong with the database shows elsewhere.
            Err(_) => {}
        }
        tokio::time::sleep(EVERY).await;
    }
}
