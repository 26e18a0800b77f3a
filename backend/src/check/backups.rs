//! Checks the backup folder, the newest backup, and the requirements of PostgreSQL backups.

use std::{io::Write as _, path::Path};

use chrono::{DateTime, TimeDelta, Utc};

use super::{Finding, with_timeout};
use crate::{
    backup::inspection::{self, ServerReadiness},
    core::{
        clock::Clock,
        config::{Config, Engine, PostgresAddress},
        files,
        health::{BackupState, BackupStatus, CheckResult},
    },
};

const FOLDER: &str = "backup folder";
const NEWEST: &str = "newest backup";

/// How far in the future a backup may be dated, since machines that share the folder may disagree on the time.
const CLOCK_TOLERANCE: TimeDelta = TimeDelta::minutes(5);

pub(super) async fn check(config: &Config, clock: &Clock) -> Vec<Finding> {
    let Some(folder) = config.backup.folder.clone() else {
        let advice = "set backup.folder, unless the database is backed up by other means";
        return vec![Finding::warning(FOLDER, "not set: the service creates no backups", advice)];
    };
    // A network file system may hang.
    let (owned, clock) = (config.clone(), clock.clone());
    let inspection = tokio::task::spawn_blocking(move || check_folder(&owned, &folder, &clock));
    let mut findings = match with_timeout(inspection).await {
        Ok(Ok(findings)) => findings,
        Ok(Err(error)) => vec![Finding::failed(FOLDER, error.to_string(), "report this error")],
        Err(timeout) => {
            vec![Finding::failed(FOLDER, timeout, "check the disk that the folder is on")]
        }
    };
    if let Ok(Engine::Postgres(address)) = config.backup.engine(&config.database) {
        findings.extend(postgres(config, &address).await);
    }
    findings
}

/// Writes to the folder, and inspects the backups in it.
fn check_folder(config: &Config, folder: &Path, clock: &Clock) -> Vec<Finding> {
    let shown = folder.display();
    let advice = "let the service's user write to it, or set backup.folder to another folder";
    if !folder.exists() {
        let finding = match files::check_creatable(folder) {
            Ok(()) => Finding::warning(
                FOLDER,
                format!("{shown} does not exist"),
                "nothing if there is no backup yet: the first one creates the folder. Otherwise mount it, \
                 or correct backup.folder",
            ),
            Err(error) => Finding::failed(FOLDER, files::describe(folder, &error), advice),
        };
        return vec![finding];
    }
    if !folder.is_dir() {
        let advice = "set backup.folder to a folder";
        return vec![Finding::failed(FOLDER, format!("{shown} is not a folder"), advice)];
    }
    // The temporary file has no name, or loses it immediately.
    let written = tempfile::tempfile_in(folder).and_then(|mut file| {
        file.write_all(&[0; 4096])?;
        file.sync_all()
    });
    let writable = match written {
        Ok(()) => Finding::ok(FOLDER, format!("{shown} is writable")),
        Err(error) => Finding::failed(FOLDER, files::describe(folder, &error), advice),
    };
    let found = match inspection::inspect_folder(config, folder, clock.now()) {
        Ok(found) => found,
        Err(error) => {
            let advice = "let the service's user read the folder in backup.folder";
            return vec![writable, Finding::failed(NEWEST, error.to_string(), advice)];
        }
    };
    let newest = newest(config, &found.state, &found.unreadable, clock);
    let verified = (found.state.count > 0).then(|| verified(&found.state));
    [writable, newest].into_iter().chain(verified).collect()
}

fn newest(config: &Config, state: &BackupState, unreadable: &[String], clock: &Clock) -> Finding {
    let Some(newest) = state.last_at else {
        let advice = match config.backup.every.interval() {
            Some(_) => "start the service, or run `motovaultpro backup create`",
            None => "run `motovaultpro backup create`, or set backup.every",
        };
        return Finding::warning(NEWEST, "there is no backup of this database yet", advice);
    };
    let age = clock.now() - newest;
    let time = newest.format("%Y-%m-%d %H:%M UTC");
    if age < -CLOCK_TOLERANCE {
        let advice = "check this machine's clock";
        return Finding::warning(NEWEST, format!("dated in the future: {time}"), advice);
    }
    let text = format!("{} old, of {time}", age_text(age));
    if !unreadable.is_empty() {
        let names = unreadable.join(", ");
        let advice = "run `motovaultpro backup verify`, and remove damaged backups";
        return Finding::warning(NEWEST, format!("{text}; can't be read: {names}"), advice);
    }
    if state.state == BackupStatus::Late {
        let every = String::from(config.backup.every);
        let advice = "start the service, or search its log for \"Backup failed\"";
        let found = format!("{text}, although backup.every is {every}");
        return Finding::warning(NEWEST, found, advice);
    }
    Finding::ok(NEWEST, text)
}

/// Reports the results of the last verification and the last drill.
fn verified(state: &BackupState) -> Finding {
    const NAME: &str = "verified backups";
    let when = |at: Option<DateTime<Utc>>| match at {
        Some(at) => at.format("on %Y-%m-%d at %H:%M UTC").to_string(),
        None => "at an unknown time".to_owned(),
    };
    if state.verification == Some(CheckResult::Failed) {
        let found = format!("a verification {} found damage", when(state.verified_at));
        let advice = "run `motovaultpro backup verify` to see what is damaged";
        return Finding::failed(NAME, found, advice);
    }
    if state.drill == Some(CheckResult::Failed) {
        let found = format!("restoring the newest as a drill {} failed", when(state.drilled_at));
        return Finding::failed(NAME, found, "run `motovaultpro backup drill` to see why");
    }
    if let Some(missing @ 1..) = state.missing_wal_files {
        let found = format!("{missing} files are missing from the archived WAL");
        let advice = "run `motovaultpro backup create`: point-in-time recovery works from then on";
        return Finding::failed(NAME, found, advice);
    }
    match state.verified_at {
        Some(at) => Finding::ok(NAME, format!("intact {}", when(Some(at)))),
        None => Finding::ok(NAME, "not verified yet (`motovaultpro backup verify`)"),
    }
}

/// A duration in the largest suitable unit.
fn age_text(age: TimeDelta) -> String {
    let age = age.max(TimeDelta::zero());
    match (age.num_days(), age.num_hours(), age.num_minutes()) {
        (2.., ..) => format!("{} days", age.num_days()),
        (_, 2.., _) => format!("{} hours", age.num_hours()),
        (.., 1) => "1 minute".to_owned(),
        (.., minutes) => format!("{minutes} minutes"),
    }
}

/// Checks the server's settings and role for base backups.
async fn postgres(config: &Config, address: &PostgresAddress) -> Vec<Finding> {
    const SERVER: &str = "backup of PostgreSQL";
    let readiness = match with_timeout(inspection::inspect_server(config, address)).await {
        Ok(Ok(readiness)) => readiness,
        Ok(Err(error)) => {
            let advice = "check backup.postgres_url, or database.migration_url or database.url, \
                          which are used if it is not set";
            return vec![Finding::failed(SERVER, error.to_string(), advice)];
        }
        Err(timeout) => {
            let advice = "start PostgreSQL, or check backup.postgres_url";
            return vec![Finding::failed(SERVER, timeout, advice)];
        }
    };
    vec![replication(SERVER, &readiness), archive(&readiness)]
}

fn replication(name: &str, readiness: &ServerReadiness) -> Finding {
    if !readiness.may_replicate {
        return Finding::failed(
            name,
            "the role lacks REPLICATION, which base backups need",
            "set backup.postgres_url to a role with REPLICATION (docs/backups.md)",
        );
    }
    match &readiness.no_program {
        Some(why) => {
            let advice = "install the PostgreSQL client programs, or set backup.postgres_programs";
            Finding::failed(name, why.clone(), advice)
        }
        None => Finding::ok(name, "pg_basebackup is installed, and the role has REPLICATION"),
    }
}

fn archive(readiness: &ServerReadiness) -> Finding {
    const ARCHIVE: &str = "archived WAL";
    match &readiness.not_archived {
        _ if !readiness.archives => Finding::warning(
            ARCHIVE,
            "archive_mode is off: you can restore each backup, but no point in time between them",
            "for point-in-time recovery, set archive_mode and archive_command as in docs/backups.md",
        ),
        Some(file) => Finding::failed(
            ARCHIVE,
            format!(
                "archive_command failed for {file}, and PostgreSQL retains all WAL until it succeeds"
            ),
            "find the cause in PostgreSQL's log, and correct archive_command",
        ),
        None => Finding::ok(ARCHIVE, "PostgreSQL archives its WAL"),
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::{
        BackupState, BackupStatus, CheckResult, ServerReadiness, age_text, archive, replication,
        verified,
    };
    use crate::check::State;

    fn ready() -> ServerReadiness {
        ServerReadiness {
            may_replicate: true,
            archives: true,
            not_archived: None,
            no_program: None,
        }
    }

    #[test]
    fn ages_use_a_suitable_unit() {
        for (minutes, text) in [
            (-5, "0 minutes"),
            (1, "1 minute"),
            (119, "119 minutes"),
            (120, "2 hours"),
            (47 * 60, "47 hours"),
            (48 * 60, "2 days"),
            (60 * 24 * 100, "100 days"),
        ] {
            assert_eq!(age_text(TimeDelta::minutes(minutes)), text);
        }
    }

    #[test]
    fn a_missing_replication_right_or_program_fails() {
        assert_eq!(replication("it", &ready()).state, State::Ok);
        let no_replication = ServerReadiness { may_replicate: false, ..ready() };
        assert_eq!(replication("it", &no_replication).state, State::Failed);
        let no_program =
            ServerReadiness { no_program: Some("pg_basebackup is missing".into()), ..ready() };
        let found = replication("it", &no_program);
        assert_eq!((found.state, &*found.found), (State::Failed, "pg_basebackup is missing"));
    }

    #[test]
    fn damaged_backups_and_failed_drills_are_reported() {
        let good = BackupState {
            state: BackupStatus::Ok,
            count: 1,
            last_at: None,
            last_size_bytes: None,
            last_duration_seconds: None,
            verified_at: Some("2026-01-31T12:00:00Z".parse().unwrap()),
            verification: Some(CheckResult::Ok),
            drilled_at: None,
            drill: None,
            archived_wal_files: None,
            missing_wal_files: Some(0),
        };
        let found = verified(&good);
        assert_eq!(found.state, State::Ok);
        assert_eq!(found.found, "intact on 2026-01-31 at 12:00 UTC");
        for (bad, words) in [
            (
                BackupState { verification: Some(CheckResult::Failed), ..good.clone() },
                "found damage",
            ),
            (BackupState { drill: Some(CheckResult::Failed), ..good.clone() }, "as a drill"),
            (BackupState { missing_wal_files: Some(2), ..good.clone() }, "2 files are missing"),
        ] {
            let found = verified(&bad);
            assert_eq!(found.state, State::Failed, "{found:?}");
            assert!(found.found.contains(words), "{found:?}");
        }
        let unverified = BackupState { verified_at: None, verification: None, ..good };
        assert!(verified(&unverified).found.starts_with("not verified yet"));
    }

    #[test]
    fn failing_wal_archiving_is_reported() {
        assert_eq!(archive(&ready()).state, State::Ok);
        assert_eq!(archive(&ServerReadiness { archives: false, ..ready() }).state, State::Warning);
        let broken =
            ServerReadiness { not_archived: Some("000000010000000000000003".into()), ..ready() };
        let found = archive(&broken);
        assert_eq!(found.state, State::Failed);
        assert!(found.found.contains("000000010000000000000003"), "{found:?}");
    }
}
