//! Creates an SQLite database for each test, as a copy of a migrated one.

use tokio::sync::OnceCell;

use super::NOW;
use crate::{
    core::{
        clock::Clock,
        config::{Database, Secret},
        db::{Db, migrate},
    },
    features,
};

/// The file of a migrated database. The first test that needs it creates it.
pub(super) async fn migrated() -> &'static [u8] {
    static FILE: OnceCell<Vec<u8>> = OnceCell::const_new();
    FILE.get_or_init(create).await
}

async fn create() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("template.db");
    let url = Some(Secret::new(format!("sqlite://{}", file.display())));
    let db = Db::open(&Database { url, ..Database::default() }).await.unwrap();
    migrate::run(&db, features::ALL, None, &Clock::manual(NOW.parse().unwrap())).await.unwrap();
    // Closing writes the log of changes into the file.
    db.close().await;
    std::fs::read(file).unwrap()
}
