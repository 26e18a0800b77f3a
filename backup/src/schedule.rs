//! Creates, verifies and restores backups on schedule.

use std::{
    io::ErrorKind,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};

use super::{
    checks::{Check, Checks},
    create::{self, CreatedBackup},
    drill::{Drill, Drilled},
    error::{BackupError, Result},
    folder::Folder,
    payload::{Cancellation, blocking},
    postgres::Programs,
    service_key::Inclusion,
    signature::TrustedKeys,
    status,
    verify::{self, Trust},
};
use crate::core::{Services, clock::Clock, config::Config, health::BackupState, metrics::metrics};

/// The jobs' names in the metrics.
const BACKUP: &str = "backup";
const VERIFY: &str = "backup-verify";
const DRILL: &str = "backup-drill";

/// Maximum delay before a failed backup is retried.
const RETRY_DELAY: Duration = Duration::from_mins(15);
/// How often to check for backups created by other instances.
const POLL_INTERVAL: Duration = Duration::from_mins(1);

/// The result of an attempt to create a backup.
enum Attempt {
    /// A backup was created; the next is due after this duration.
    Created(Duration),
    /// No backup is due before this duration.
    NotDue(Duration),
}

/// Creates, verifies and restores backups according to the settings, and publishes their state, until the
/// future is dropped. Returns immediately if no backup folder is configured. Instances that share the folder
/// share the work.
pub async fn run(services: Services) {
    let (config, clock) = (&*services.config, &services.clock);
    let Some(path) = &config.backup.folder else { return };
    let jobs = [
        (BACKUP, config.backup.every),
        (VERIFY, config.backup.verify_every),
        (DRILL, config.backup.drill_every),
    ];
    for (job, _) in jobs.iter().filter(|it| it.1.interval().is_some()) {
        metrics().jobs.register(job);
    }
    let has_failed = AtomicBool::new(false);
    let publish = async || {
        let has_failed = has_failed.load(Ordering::Relaxed);
        services.backups.set(state(config, path, has_failed, clock.now()).await);
    };
    let pause = config.backup.every.interval().unwrap_or(POLL_INTERVAL).min(POLL_INTERVAL);
    let make = async {
        loop {
            let wait = match config.backup.every.interval() {
                Some(every) => back_up_and_record(config, path, every, clock, &has_failed).await,
                None => POLL_INTERVAL,
            };
            publish().await;
            // Other instances create and check backups too, so refresh the state in between.
            let due = Instant::now() + wait;
            while Instant::now() < due {
                tokio::time::sleep(
                    due.saturating_duration_since(Instant::now()).min(POLL_INTERVAL),
                )
                .await;
                publish().await;
            }
        }
    };
    // Checks may take long and must not delay backups.
    let check = async {
        loop {
            if run_due_checks(config, path, clock).await {
                publish().await;
            }
            tokio::time::sleep(pause).await;
        }
    };
    tokio::join!(make, check);
}

/// Creates a backup if it is due, and records the result. Returns how long to wait until the next attempt.
async fn back_up_and_record(
    config: &Config,
    path: &Path,
    every: Duration,
    clock: &Clock,
    has_failed: &AtomicBool,
) -> Duration {
    let (at, began) = (clock.now(), Instant::now());
    let attempt = back_up_if_due(config, path, every, clock).await;
    if !matches!(attempt, Ok(Attempt::NotDue(_))) {
        metrics().jobs.record_run(BACKUP, at, began.elapsed(), attempt.is_ok());
    }
    has_failed.store(attempt.is_err(), Ordering::Relaxed);
    match attempt {
        // Another instance may create a backup in the meantime.
        Ok(Attempt::Created(next) | Attempt::NotDue(next)) => next.min(POLL_INTERVAL),
        Err(error) => {
            tracing::error!(%error, "Backup failed");
            every.min(RETRY_DELAY)
        }
    }
}

/// The state of the backups in the folder at `path`, which may not exist yet.
async fn state(config: &Config, path: &Path, has_failed: bool, now: DateTime<Utc>) -> BackupState {
    let (config, path) = (config.clone(), path.to_owned());
    let cancellation = Cancellation::default();
    let looked = blocking(&cancellation, move |_| {
        let folder = match Folder::open(&path) {
            Err(BackupError::Io { error, .. }) if error.kind() == ErrorKind::NotFound => {
                Folder::create(&path)?
            }
            folder => folder?,
        };
        status::read_state(&config, &folder, has_failed, now)
    });
    looked.await.unwrap_or_else(|error| {
        tracing::warn!(%error, "The backup folder cannot be read");
        status::unreadable()
    })
}

/// Verifies all backups and performs a restore drill, if due. Returns whether it did anything.
async fn run_due_checks(config: &Config, path: &Path, clock: &Clock) -> bool {
    let Ok(folder) = Folder::open(path) else { return false };
    let now = clock.now();
    let checks = Checks::read(&folder);
    let verify = Check::is_due(checks.verify.as_ref(), config.backup.verify_every, now);
    let drill = Check::is_due(checks.drill.as_ref(), config.backup.drill_every, now);
    let before = names(&folder);
    if !verify && !drill || before.is_empty() {
        return false;
    }
    // Another instance is checking.
    let Ok(_lock) = folder.lock_checks() else { return false };
    // If a backup was deleted while it was being read, the failure is not final: it is retried.
    let is_final = |is_ok: bool| {
        let now = names(&folder);
        is_ok || before.iter().all(|it| now.contains(it))
    };
    if verify {
        let began = Instant::now();
        let error = verify_all(config, &folder, now).await.err();
        match &error {
            None => tracing::info!("All backups verified"),
            Some(_) if !is_final(false) => {}
            Some(error) => tracing::error!(%error, "Verification of backups failed"),
        }
        if is_final(error.is_none()) {
            record_check(
                &folder,
                VERIFY,
                Check { at: now, is_ok: error.is_none() },
                began.elapsed(),
            );
        }
    }
    if drill {
        let began = Instant::now();
        let drilled = drill_newest(config, &folder, now).await;
        match &drilled {
            Ok(drilled) => tracing::info!("Restore drill: {drilled}"),
            Err(_) if !is_final(false) => {}
            Err(error) => tracing::error!(%error, "Restore drill failed"),
        }
        if is_final(drilled.is_ok()) {
            record_check(
                &folder,
                DRILL,
                Check { at: now, is_ok: drilled.is_ok() },
                began.elapsed(),
            );
        }
    }
    true
}

/// The names of the backups in the folder.
fn names(folder: &Folder) -> Vec<String> {
    let backups = folder.backups().unwrap_or_default();
    backups.into_iter().map(|it| it.name).collect()
}

fn record_check(folder: &Folder, job: &'static str, check: Check, took: Duration) {
    metrics().jobs.record_run(job, check.at, took, check.is_ok);
    let updated = Checks::update(folder, |it| {
        *(if job == VERIFY { &mut it.verify } else { &mut it.drill }) = Some(check);
    });
    if let Err(error) = updated {
        tracing::warn!(%error, job, "The result of a backup check cannot be stored");
    }
}

async fn verify_all(config: &Config, folder: &Folder, now: DateTime<Utc>) -> Result<()> {
    let trust = Trust { keys: TrustedKeys::new(config, &[])?, needs_signature: false };
    let programs = Programs::new(config.backup.postgres_programs.as_deref());
    let identity = config.backup.identity_file.as_deref();
    let report = verify::verify(folder, None, identity, &trust, &programs, now).await?;
    report.error().map_or(Ok(()), Err)
}

async fn drill_newest(config: &Config, folder: &Folder, now: DateTime<Utc>) -> Result<Drilled> {
    let trust = Trust { keys: TrustedKeys::new(config, &[])?, needs_signature: false };
    let identity = config.backup.identity_file.as_deref();
    Drill { config, folder, identity, trust, now }.run().await
}

/// Creates a backup if it is due.
async fn back_up_if_due(
    config: &Config,
    folder: &Path,
    every: Duration,
    clock: &Clock,
) -> Result<Attempt> {
    let folder = Folder::create(folder)?;
    let rest = |folder: &Folder| -> Result<Option<Duration>> {
        let Some(newest) = create::newest_start(config, folder)? else { return Ok(None) };
        // A newest backup from the future means that the clock was set back. A new backup becomes the newest,
        // so this does not repeat.
        let age = (clock.now() - newest).to_std().unwrap_or(every);
        Ok(every.checked_sub(age).filter(|it| !it.is_zero()))
    };
    if let Some(rest) = rest(&folder)? {
        return Ok(Attempt::NotDue(rest));
    }
    let lock = match folder.lock() {
        Err(BackupError::Busy) => return Ok(Attempt::NotDue(every)),
        lock => lock?,
    };
    // Another instance may have created a backup before this one acquired the lock.
    if let Some(rest) = rest(&folder)? {
        return Ok(Attempt::NotDue(rest));
    }
    match create::create(config, &folder, lock, clock).await {
        Ok(created) => {
            log_created(&created);
            Ok(Attempt::Created(every))
        }
        // Another machine with a different folder is backing up the same server.
        Err(BackupError::Busy) => Ok(Attempt::NotDue(every)),
        Err(error) => Err(error),
    }
}

fn log_created(created: &CreatedBackup) {
    let duration = created.manifest.ended_at - created.manifest.began_at;
    tracing::info!(
        backup = created.backup.name,
        bytes = created.manifest.size,
        milliseconds = duration.num_milliseconds(),
        "Backup created"
    );
    if let Some(error) = &created.unsigned {
        tracing::warn!(%error, "The backup is not signed: set backup.signing_key");
    }
    if !created.in_future.is_empty() {
        let backups = created.in_future.join(", ");
        tracing::warn!(backups, "Backups are dated in the future: check this machine's clock");
    }
    match &created.service_key {
        Inclusion::Included => {}
        missing => tracing::info!(backup = created.backup.name, "{missing}"),
    }
    match &created.removed {
        Ok(removed) if removed.backups + removed.wal == 0 => {}
        Ok(removed) => {
            tracing::info!(backups = removed.backups, wal = removed.wal, "Old backups removed");
        }
        Err(error) => tracing::error!(%error, "Old backups were not removed"),
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use tempfile::TempDir;

    use super::{Check, Checks, Folder, back_up_if_due, run_due_checks, state};
    use crate::core::{
        clock::Clock,
        config::{Config, Schedule, Secret},
        db::Db,
        health::{BackupStatus, CheckResult},
        keys::ServiceKey,
    };

    /// The settings of a database with a table and of a backup folder, and a clock.
    async fn with_folder(every: &str) -> (Config, Clock, TempDir) {
        let temp_dir = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        let file = temp_dir.path().join("cars.db");
        config.database.url = Some(Secret::new(format!("sqlite://{}", file.display())));
        let key = ServiceKey::generate().unwrap();
        config.auth.key = Some(Secret::new(key.to_text()));
        config.backup.folder = Some(temp_dir.path().join("backups"));
        config.backup.every = Schedule::try_from(every.to_owned()).unwrap();
        let db = Db::open(&config.database).await.unwrap();
        let Db::Sqlite { writer, .. } = &db else { panic!("not SQLite") };
        // Only a database that was migrated is backed up.
        let tables =
            "CREATE TABLE _migrations (feature TEXT, file TEXT, checksum TEXT, executed_at TEXT);
                      CREATE TABLE vehicles (id TEXT)";
        sqlx::raw_sql(tables).execute(writer).await.unwrap();
        db.close().await;
        let clock = Clock::manual("2026-01-31T12:00:00.123456Z".parse().unwrap());
        (config, clock, temp_dir)
    }

    #[tokio::test]
    async fn each_clock_change_causes_at_most_one_backup() {
        let (mut config, clock, _place) = with_folder("24h").await;
        config.backup.keep = 2;
        let path = config.backup.folder.clone().unwrap();
        let (clock, every) = (&clock, config.backup.every.interval().unwrap());
        let mut created = Vec::new();
        for days in [0, 10, -10, 3, -20] {
            clock.advance(TimeDelta::days(days));
            for _ in 0..5 {
                back_up_if_due(&config, &path, every, clock).await.unwrap();
                clock.advance(TimeDelta::minutes(1));
                let now = Folder::open(&path).unwrap().backups().unwrap();
                created.push(now.last().unwrap().name.clone());
                assert!(now.len() <= 2);
            }
        }
        created.dedup();
        assert_eq!(created.len(), 5, "one per clock change: {created:?}");
    }

    #[tokio::test]
    async fn the_state_reports_late_and_damaged_backups() {
        let (mut config, clock, _place) = with_folder("24h").await;
        let (path, clock) = (config.backup.folder.clone().unwrap(), &clock);
        let every = config.backup.every.interval().unwrap();
        let look = async |config: &Config| state(config, &path, false, clock.now()).await;
        let none = look(&config).await;
        assert_eq!((none.state, none.count), (BackupStatus::None, 0));

        back_up_if_due(&config, &path, every, clock).await.unwrap();
        let created = look(&config).await;
        assert_eq!((created.state, created.count), (BackupStatus::Ok, 1));
        assert!(created.last_size_bytes.unwrap() > 0 && created.last_at.is_some());
        assert_eq!((created.verified_at, created.archived_wal_files), (None, None));
        assert_eq!(state(&config, &path, true, clock.now()).await.state, BackupStatus::Failed);

        run_due_checks(&config, &path, clock).await;
        let verified = look(&config).await;
        assert_eq!(verified.verification, Some(CheckResult::Ok));
        assert_eq!(verified.verified_at, Some(clock.now()));
        assert_eq!(verified.drill, None, "drills are off by default");
        config.backup.drill_every = Schedule::try_from("1h".to_owned()).unwrap();
        run_due_checks(&config, &path, clock).await;
        assert_eq!(look(&config).await.drill, Some(CheckResult::Ok));

        clock.advance(TimeDelta::hours(49));
        assert_eq!(look(&config).await.state, BackupStatus::Late);
        config.backup.every = Schedule::try_from("never".to_owned()).unwrap();
        assert_eq!(
            look(&config).await.state,
            BackupStatus::Ok,
            "backups may be created by a timer"
        );

        // The next verification is due in a week, and will detect the damage.
        let backup = Folder::open(&path).unwrap().backups().unwrap().remove(0);
        let payload = backup.payload(backup.manifest.as_ref().unwrap());
        std::fs::write(payload, "damaged").unwrap();
        config.backup.drill_every = Schedule::try_from("never".to_owned()).unwrap();
        run_due_checks(&config, &path, clock).await;
        assert_eq!(look(&config).await.state, BackupStatus::Ok);
        clock.advance(TimeDelta::days(6));
        run_due_checks(&config, &path, clock).await;
        let damaged = look(&config).await;
        assert_eq!(damaged.verification, Some(CheckResult::Failed));
        assert_eq!(damaged.state, BackupStatus::Failed);
    }

    #[tokio::test]
    async fn one_instance_checks_at_a_time_without_blocking_backups() {
        let (config, clock, _place) = with_folder("24h").await;
        let (path, clock) = (config.backup.folder.clone().unwrap(), &clock);
        let every = config.backup.every.interval().unwrap();
        back_up_if_due(&config, &path, every, clock).await.unwrap();
        let folder = Folder::open(&path).unwrap();
        let lock = folder.lock_checks().unwrap();
        assert!(!run_due_checks(&config, &path, clock).await);
        assert_eq!(Checks::read(&folder), Checks::default());
        clock.advance(TimeDelta::hours(25));
        back_up_if_due(&config, &path, every, clock).await.unwrap();
        assert_eq!(folder.backups().unwrap().len(), 2);
        drop(lock);
        assert!(run_due_checks(&config, &path, clock).await);
        let expected = Some(Check { at: clock.now(), is_ok: true });
        assert_eq!(Checks::read(&folder).verify, expected);
        assert!(!run_due_checks(&config, &path, clock).await, "the check was due again");
    }

    #[tokio::test]
    async fn a_folder_that_cannot_be_read_counts_as_failed() {
        let (config, clock, temp_dir) = with_folder("24h").await;
        let file = temp_dir.path().join("file");
        std::fs::write(&file, "").unwrap();
        let state = state(&config, &file.join("backups"), false, clock.now()).await;
        assert_eq!(state.state, BackupStatus::Failed);
    }
}
