//! What the service does by itself: a backup whenever it is time for one.

use std::{sync::Arc, time::Duration};

use super::{
    create::{self, Made},
    error::{BackupError, Result},
    folder::Folder,
    service_key::Inclusion,
};
use crate::core::{clock::Clock, config::Config};

/// How long a backup that failed is not tried again, if they are made less often than that.
const AFTER_FAILURE: Duration = Duration::from_mins(15);
/// How often it is looked whether somebody else has made one meanwhile.
const LOOK: Duration = Duration::from_mins(1);

/// Makes a backup whenever the newest one is as old as the settings say, until it is dropped.
/// Without a folder, or where it is never to be done, it does nothing. Of several instances one
/// makes it; the others find it made.
pub async fn run(config: Arc<Config>, clock: Clock) {
    let (Some(folder), Some(every)) = (&config.backup.folder, config.backup.every.interval())
    else {
        return;
    };
    loop {
        let wait = match attempt(&config, folder, every, &clock).await {
            Ok(wait) => wait.min(LOOK),
            Err(error) => {
                tracing::error!(%error, "Backup failed");
                every.min(AFTER_FAILURE)
            }
        };
        tokio::time::sleep(wait).await;
    }
}

/// Makes one if it is time; tells how long it is until the next.
async fn attempt(
    config: &Config,
    folder: &std::path::Path,
    every: Duration,
    clock: &Clock,
) -> Result<Duration> {
    let folder = Folder::make(folder)?;
    let rest = |folder: &Folder| -> Result<Option<Duration>> {
        let Some(newest) = create::newest(config, folder)? else { return Ok(None) };
        // The last backup is from the future where the clock was set back since. One that is made now
        // becomes the last, so this does not repeat.
        let age = (clock.now() - newest).to_std().unwrap_or(every);
        Ok(every.checked_sub(age).filter(|it| !it.is_zero()))
    };
    if let Some(rest) = rest(&folder)? {
        return Ok(rest);
    }
    let lock = match folder.lock() {
        Err(BackupError::Busy) => return Ok(every),
        lock => lock?,
    };
    // Another instance may have made it while this one took the lock.
    if let Some(rest) = rest(&folder)? {
        return Ok(rest);
    }
    match create::create(config, &folder, lock, clock).await {
        Ok(made) => {
            tell(&made);
            Ok(every)
        }
        // On another machine, where the folder is another one.
        Err(BackupError::Busy) => Ok(every),
        Err(error) => Err(error),
    }
}

fn tell(made: &Made) {
    let taken = made.manifest.ended_at - made.manifest.began_at;
    tracing::info!(
        backup = made.backup.name,
        bytes = made.manifest.size,
        milliseconds = taken.num_milliseconds(),
        "Backup made"
    );
    if let Some(error) = &made.unsigned {
        tracing::warn!(%error, "The backup is not signed: set backup.signing_key");
    }
    if !made.in_future.is_empty() {
        let backups = made.in_future.join(", ");
        tracing::warn!(backups, "Backups are dated in the future: check this machine's clock");
    }
    match &made.service_key {
        Inclusion::Included => {}
        missing => tracing::info!(backup = made.backup.name, "{missing}"),
    }
    match &made.cleared {
        Ok(cleared) if cleared.backups + cleared.wal == 0 => {}
        Ok(cleared) => {
            tracing::info!(backups = cleared.backups, wal = cleared.wal, "Old backups removed");
        }
        Err(error) => tracing::error!(%error, "Old backups were not removed"),
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::{Folder, attempt};
    use crate::{
        core::config::Config,
        testing::{TestApp, block_on},
    };

    #[test]
    fn a_clock_that_is_set_back_and_forth_makes_one_backup_each_time_and_not_one_a_minute() {
        block_on(async {
            let app = TestApp::on_sqlite().await;
            let place = tempfile::tempdir().unwrap();
            let mut config = Config::clone(&app.app.config);
            config.backup.folder = Some(place.path().join("backups"));
            config.backup.keep = 2;
            let path = config.backup.folder.clone().unwrap();
            let (clock, every) = (&app.app.clock, std::time::Duration::from_hours(24));
            let mut made = Vec::new();
            for days in [0, 10, -10, 3, -20] {
                clock.advance(TimeDelta::days(days));
                for _ in 0..5 {
                    attempt(&config, &path, every, clock).await.unwrap();
                    clock.advance(TimeDelta::minutes(1));
                    let now = Folder::find(&path).unwrap().backups().unwrap();
                    made.push(now.last().unwrap().name.clone());
                    assert!(now.len() <= 2);
                }
            }
            made.dedup();
            assert_eq!(made.len(), 5, "one for each time the clock was set: {made:?}");
        });
    }
}
