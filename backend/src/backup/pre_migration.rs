//! A backup before migrations change a database that is in use.

use super::{
    create,
    error::{BackupError, Result},
    folder::Folder,
};
use crate::core::{
    clock::Clock,
    config::{Config, Engine},
    db::{Db, migrate},
};
use crate::features::Feature;

/// The folder of these backups beside an SQLite database, where no folder for backups is set.
const FOLDER: &str = "before-migrations";
/// How many are kept there.
const KEEP: usize = 3;

/// Backs the database up if migrations of `features`, or of the one named `only`, are pending on it and it
/// is not new. With
/// PostgreSQL, only where a folder for backups is set. Returns what was made, as a sentence.
///
/// # Errors
/// Where no backup can be made: then nothing should be migrated. `backup.before_migrations` turns it off.
pub async fn back_up_before_migrations(
    config: &Config,
    db: &Db,
    features: &[Feature],
    only: Option<&str>,
    clock: &Clock,
) -> Result<Option<String>> {
    if !config.backup.before_migrations {
        return Ok(None);
    }
    let Ok(steps) = migrate::status(db, features, only).await else {
        // Migrating says what is wrong.
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
        // Another instance makes it, and migrates then.
        Err(BackupError::Busy) => return Ok(None),
        lock => lock?,
    };
    let made = create::create(&config, &folder, lock, clock).await.map_err(|error| {
        BackupError::Refused(format!(
            "{pending} migrations are pending, and no backup could be made before them: {error}. Set \
             backup.before_migrations = false to migrate without one"
        ))
    })?;
    let place = path.join(&made.backup.name);
    Ok(Some(format!("backed up to {} before {pending} pending migrations", place.display())))
}
