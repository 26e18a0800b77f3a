//! The state of the backups in the configured folder, for health checks and metrics.

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    checks::{Check, Checks},
    error::Result,
    folder::{Folder, StoredBackup},
    manifest::{Engine, Manifest},
    wal,
};
use crate::core::{
    config::{self, Config},
    health::{BackupState, BackupStatus, CheckResult},
};

/// Minimum delay after which a backup counts as late.
const MIN_LATE: TimeDelta = TimeDelta::hours(1);

/// Reads the state of `folder`. `has_failed` is whether the last attempt to create a backup failed.
pub(super) fn read_state(
    config: &Config,
    folder: &Folder,
    has_failed: bool,
    now: DateTime<Utc>,
) -> Result<BackupState> {
    let engine = match config.backup.engine(&config.database)? {
        config::Engine::Sqlite(_) => Engine::Sqlite,
        config::Engine::Postgres(_) => Engine::Postgresql,
    };
    let backups = folder.backups()?;
    let manifests: Vec<&Manifest> = backups
        .iter()
        .filter_map(|it| it.manifest.as_ref().ok())
        .filter(|it| it.engine == engine)
        .collect();
    let last = manifests.last();
    let checks = Checks::read(folder);
    let result = |check: &Option<Check>| check.as_ref().map(|it| CheckResult::from(it.is_ok));
    let (verification, drill) = (result(&checks.verify), result(&checks.drill));
    let (archived, missing) = match engine {
        Engine::Sqlite => (None, None),
        Engine::Postgresql => {
            let files = wal::list(folder)?;
            let missing = wal::find_gaps(&files, &required_wal(&backups, now));
            (Some(files.len()), Some(missing.iter().map(|it| it.count).sum()))
        }
    };
    let is_damaged = [verification, drill].contains(&Some(CheckResult::Failed))
        || missing.is_some_and(|it| it > 0);
    let is_late = config.backup.every.interval().is_some_and(|every| {
        let every = TimeDelta::from_std(every).unwrap_or(TimeDelta::MAX);
        last.is_some_and(|it| now - it.ended_at > every + every.max(MIN_LATE))
    });
    Ok(BackupState {
        state: match last {
            _ if has_failed || is_damaged => BackupStatus::Failed,
            None => BackupStatus::None,
            Some(_) if is_late => BackupStatus::Late,
            Some(_) => BackupStatus::Ok,
        },
        count: manifests.len(),
        last_at: last.map(|it| it.ended_at),
        last_size_bytes: last.map(|it| it.size),
        last_duration_seconds: last
            .and_then(|it| (it.ended_at - it.began_at).to_std().ok())
            .map(|it| it.as_secs_f64()),
        verified_at: checks.verify.map(|it| it.at),
        verification,
        drilled_at: checks.drill.map(|it| it.at),
        drill,
        archived_wal_files: archived,
        missing_wal_files: missing,
    })
}

/// The state of a folder that cannot be read.
pub(super) fn unreadable() -> BackupState {
    BackupState {
        state: BackupStatus::Failed,
        count: 0,
        last_at: None,
        last_size_bytes: None,
        last_duration_seconds: None,
        verified_at: None,
        verification: None,
        drilled_at: None,
        drill: None,
        archived_wal_files: None,
        missing_wal_files: None,
    }
}

/// The WAL that the archive must contain for `backups`. The newest files may not be archived yet.
pub(super) fn required_wal(backups: &[StoredBackup], now: DateTime<Utc>) -> wal::RequiredWal {
    let archiving = backups.iter().filter_map(|it| {
        let manifest = it.manifest.as_ref().ok()?;
        Some((manifest, manifest.cluster.as_ref().filter(|it| it.archives)?))
    });
    let archiving: Vec<_> = archiving.collect();
    let segment_size = archiving.first().map_or(16 << 20, |it| it.1.wal_segment_size);
    let last_wal = |it: &(&Manifest, &super::manifest::Cluster)| it.1.last_wal.clone();
    let by_position = |it: &String| it.get(8..).map(str::to_owned);
    wal::RequiredWal {
        from: archiving.iter().map(last_wal).min_by_key(by_position),
        until: archiving
            .iter()
            .filter(|it| (now - it.0.ended_at).abs() > wal::ARCHIVED_WITHIN)
            .map(last_wal)
            .max_by_key(by_position),
        segment_size,
    }
}
