//! Backs up a database before migrations change it.

use super::{
    create,
    error::{BackupError, Result},
    folder::Folder,
};
use crate::core::{
    clock::Clock,
    config::{Config, Engine},
    db::{Db, migrate},
    feature::{Application, Feature},
};

/// The folder for these backups, next to an SQLite database, if no backup folder is configured.
const FOLDER: &str = "before-migrations";
/// How many backups to retain there.
const KEEP: usize = 3;

/// Backs up the database if migrations of `features`, or of the one named `only`, are pending and the
/// database is not new. PostgreSQL databases are only backed up if a backup folder is configured. Returns a
/// message about the backup.
///
/// # Errors
/// The backup failed, so no migration should be executed. `backup.before_migrations` disables it.
pub async fn back_up_before_migrations<A: Application>(
    config: &Config,
    db: &Db,
    features: &[Feature<A>],
    only: Option<&str>,
    clock: &Clock,
) -> Result<Option<String>> {
    if !config.backup.before_migrations {
        return Ok(None);
    }
    let Ok(steps) = migrate::status(db, features, only).await else {
        // The migration reports the error.
        return Ok(None);
    };
    let pending = steps.iter().filter(|it| it.executed_at.is_none()).count();
    if pending == 0 || pending == steps.len() {
        return Ok(None);
    }
    let mut config = config.clone();
    let path = match (&config.backup.folder, config.backup.engine(&config.database)?) {
        (Some(folder), _) => folder.clone(),
        (None, Engine::Sqlite(file)) => {
            config.backup.keep = KEEP;
            file.parent().unwrap_or(std::path::Path::new("")).join(FOLDER)
        }
        (None, Engine::Postgres(_)) => return Ok(None),
    };
    let folder = Folder::create(&path)?;
    let lock = match folder.lock() {
        // Another instance is creating the backup, and will migrate.
        Err(BackupError::Busy) => return Ok(None),
        lock => lock?,
    };
    let created = create::create(&config, &folder, lock, clock).await.map_err(|error| {
        BackupError::Refused(format!(
            "{pending} migrations are pending, and the backup before them failed: {error}. Set \
             backup.before_migrations = false to migrate without one"
        ))
    })?;
    let path = path.join(&created.backup.name);
    Ok(Some(format!("backed up to {} before {pending} pending migrations", path.display())))
}
