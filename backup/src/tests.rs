//! Retention, WAL archiving and fetching, without a database.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use chrono::{DateTime, TimeDelta, Utc};
use tempfile::TempDir;

use super::{
    BackupError,
    folder::Folder,
    keys::{self, Identities},
    manifest::{Cluster, Engine, Manifest},
    payload::{self, Cancellation},
    retention::{self, Removed},
    status,
    verify::{self, Report},
    wal,
};
use crate::core::config::Recipients;

struct Backups {
    temp_dir: TempDir,
    folder: Folder,
}

fn day(nth: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000 + nth)
}

/// The name of the `nth` WAL file.
fn segment(nth: u32) -> String {
    format!("0000000100000000{nth:08X}")
}

impl Backups {
    fn none() -> Self {
        let temp_dir = tempfile::tempdir().unwrap();
        let folder = Folder::create(&temp_dir.path().join("backups")).unwrap();
        Self { temp_dir, folder }
    }

    /// Adds a backup of the `nth` day that needs the WAL from file `nth` on.
    fn add(&self, engine: Engine, nth: u32) -> PathBuf {
        let unfinished = self.folder.begin(engine, day(nth.into())).unwrap();
        let file = engine.payload().to_owned();
        let path = unfinished.path.join(&file);
        let mut writer = payload::Writer::create(&path, &Recipients::default()).unwrap();
        writer.write_all(format!("backup {nth}").as_bytes()).unwrap();
        let digest = writer.finish().unwrap();
        let cluster = Cluster {
            system_identifier: 7,
            version: 150_000,
            first_wal: segment(nth),
            last_wal: segment(nth),
            wal_segment_size: 16 * 1024 * 1024,
            archives: true,
        };
        let cluster = (engine == Engine::Postgresql).then_some(cluster);
        let times = (day(nth.into()), day(nth.into()));
        let manifest = Manifest::new(engine, times, file, digest, cluster);
        unfinished.finish(&manifest, None).unwrap().path
    }

    fn archive(&self, name: &str, content: &str, to: &Recipients) -> Result<(), BackupError> {
        let source = self.temp_dir.path().join("source");
        fs::write(&source, content).unwrap();
        wal::archive(self.folder.path(), &source, name, to)
    }

    fn fetch(&self, name: &str, identity: Option<&Path>) -> Result<String, BackupError> {
        let target = self.temp_dir.path().join("target");
        let _ = fs::remove_file(&target);
        wal::fetch(self.folder.path(), name, &target, identity)?;
        Ok(fs::read_to_string(&target).unwrap())
    }

    fn names(&self) -> Vec<String> {
        self.folder.backups().unwrap().into_iter().map(|it| it.name).collect()
    }

    fn archived(&self) -> Vec<String> {
        wal::list(&self.folder).unwrap().into_iter().map(|it| it.name).collect()
    }

    fn clear(&self, engine: Engine, keep: usize) -> Result<Removed, BackupError> {
        retention::remove_old(&self.folder, engine, keep, &Cancellation::default())
    }

    /// Generates keys: the identity file and the recipients.
    fn keys(&self, name: &str) -> (PathBuf, Recipients) {
        let path = self.temp_dir.path().join(name);
        let text = keys::generate();
        let public = text.lines().next().unwrap().rsplit(' ').next().unwrap();
        fs::write(&path, &text).unwrap();
        (path, public.parse().unwrap())
    }
}

#[test]
fn the_newest_backups_and_their_wal_are_retained() {
    let backups = Backups::none();
    for nth in 1..=4 {
        backups.add(Engine::Postgresql, nth);
        backups.archive(&segment(nth), "wal", &Recipients::default()).unwrap();
    }
    backups.archive("00000002.history", "history", &Recipients::default()).unwrap();
    let old = format!("{}.00000028.backup", segment(1));
    backups.archive(&old, "label", &Recipients::default()).unwrap();
    backups.add(Engine::Sqlite, 1);
    let removed = backups.clear(Engine::Postgresql, 2).unwrap();
    assert_eq!(removed, Removed { backups: 2, wal: 3 });
    assert_eq!(backups.archived(), [segment(3), segment(4), "00000002.history".to_owned()]);
    let names = backups.names();
    assert_eq!(names.len(), 3, "a backup of the other engine was removed: {names:?}");
    assert!(names[0].ends_with("-postgresql") && names[1] > names[0], "{names:?}");
    // Removing again changes nothing.
    assert_eq!(backups.clear(Engine::Postgresql, 2).unwrap(), Removed::default());
    assert_eq!(backups.clear(Engine::Sqlite, 1).unwrap(), Removed::default());
}

#[tokio::test]
async fn missing_wal_that_a_backup_needs_is_damage() {
    let backups = Backups::none();
    backups.add(Engine::Postgresql, 3);
    backups.add(Engine::Postgresql, 5);
    let damage = async |now| {
        let needed = status::required_wal(&backups.folder.backups().unwrap(), now);
        let mut report = Report::default();
        verify::check_wal(&backups.folder, &needed, None, &mut report).await.unwrap();
        report.damage
    };
    let later = day(5) + TimeDelta::hours(1);
    assert_eq!(damage(later).await, ["archived WAL: 3 missing from ????????0000000000000003 on"]);
    for nth in [3, 4] {
        backups.archive(&segment(nth), "wal", &Recipients::default()).unwrap();
    }
    assert_eq!(damage(later).await, ["archived WAL: 1 missing from ????????0000000000000005 on"]);
    // PostgreSQL may not have archived it yet.
    assert_eq!(damage(day(5) + TimeDelta::minutes(1)).await, [""; 0]);
    backups.archive(&segment(5), "wal", &Recipients::default()).unwrap();
    assert_eq!(damage(later).await, [""; 0]);
    fs::remove_file(&wal::list(&backups.folder).unwrap()[1].path).unwrap();
    assert_eq!(damage(later).await, ["archived WAL: 1 missing from ????????0000000000000004 on"]);
}

#[test]
fn a_symlink_in_place_of_the_archive_is_not_followed() {
    let backups = Backups::none();
    let elsewhere = backups.temp_dir.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, backups.folder.wal()).unwrap();
    let error = backups.archive(&segment(1), "wal", &Recipients::default()).unwrap_err();
    assert!(error.to_string().contains("is a symbolic link"), "{error}");
    assert!(wal::list(&backups.folder).is_err());
    assert!(wal::remove_before(&backups.folder, &segment(9)).is_err());
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
}

#[test]
fn files_with_the_prefix_of_unfinished_backups_are_removed() {
    let backups = Backups::none();
    let (file, link) = (".unfinished-file", ".unfinished-link");
    fs::write(backups.folder.path().join(file), "").unwrap();
    std::os::unix::fs::symlink("/etc", backups.folder.path().join(link)).unwrap();
    backups.add(Engine::Sqlite, 1);
    assert!(!backups.folder.path().join(file).exists());
    assert!(!backups.folder.path().join(link).is_symlink());
    assert!(Path::new("/etc/passwd").exists());
}

#[test]
fn the_last_intact_backup_is_retained() {
    let backups = Backups::none();
    backups.add(Engine::Sqlite, 1);
    let damaged = backups.add(Engine::Sqlite, 2);
    fs::write(damaged.join("motovaultpro.db"), "backup X").unwrap();
    let message = backups.clear(Engine::Sqlite, 1).unwrap_err();
    assert!(matches!(message, BackupError::Damaged(_)), "{message:?}");
    assert_eq!(backups.names().len(), 2);
    // A backup with an unreadable manifest does not count as retained.
    fs::write(damaged.join("manifest.json"), "{").unwrap();
    assert_eq!(backups.clear(Engine::Sqlite, 1).unwrap(), Removed::default());
    backups.add(Engine::Sqlite, 3);
    assert_eq!(backups.clear(Engine::Sqlite, 1).unwrap().backups, 1);
    assert_eq!(backups.names().len(), 2);
}

#[test]
fn retention_follows_the_backup_numbers_not_the_clock() {
    let backups = Backups::none();
    // The clock is set ten days ahead, back, and ahead again.
    for nth in [1, 11, 2, 3, 4] {
        backups.add(Engine::Sqlite, nth);
        backups.clear(Engine::Sqlite, 2).unwrap();
    }
    let name = |nth| format!("{}-sqlite", day(nth).format("%Y%m%dT%H%M%S%.3fZ"));
    assert_eq!(backups.names(), [name(3), name(4)]);
}

#[test]
fn a_new_backup_is_never_removed() {
    let backups = Backups::none();
    backups.add(Engine::Sqlite, 11);
    let made = backups.add(Engine::Sqlite, 1);
    assert_eq!(backups.clear(Engine::Sqlite, 1).unwrap().backups, 1);
    assert!(made.exists());
}

#[test]
fn backups_without_a_number_are_older_than_those_with_one() {
    let backups = Backups::none();
    let path = backups.add(Engine::Sqlite, 20).join("manifest.json");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("\"number\": 1,"), "{text}");
    fs::write(&path, text.replace("\"number\": 1,", "")).unwrap();
    let newer = backups.add(Engine::Sqlite, 1);
    assert_eq!(backups.clear(Engine::Sqlite, 1).unwrap().backups, 1);
    assert!(newer.exists() && !path.exists());
}

#[test]
fn no_wal_is_removed_while_a_manifest_is_unreadable() {
    let backups = Backups::none();
    let first = backups.add(Engine::Postgresql, 1);
    backups.add(Engine::Postgresql, 3);
    for nth in 1..=3 {
        backups.archive(&segment(nth), "wal", &Recipients::default()).unwrap();
    }
    fs::remove_file(first.join("manifest.json")).unwrap();
    assert_eq!(backups.clear(Engine::Postgresql, 1).unwrap(), Removed::default());
    fs::remove_dir_all(first).unwrap();
    assert_eq!(backups.clear(Engine::Postgresql, 1).unwrap().wal, 2);
}

#[test]
fn unfinished_backups_are_not_listed_and_removed_by_the_next() {
    let backups = Backups::none();
    backups.add(Engine::Sqlite, 1);
    // Simulates a backup that was killed.
    let half = backups.folder.path().join(".unfinished-20260101T000000.000Z-sqlite");
    fs::create_dir(&half).unwrap();
    fs::write(half.join("motovaultpro.db"), "half").unwrap();
    assert_eq!(backups.names().len(), 1);
    drop(backups.folder.begin(Engine::Sqlite, day(2)).unwrap());
    assert!(!half.exists());
    assert_eq!(fs::read_dir(backups.folder.path()).unwrap().count(), 1, "files were left behind");
}

#[test]
fn one_backup_runs_at_a_time() {
    let backups = Backups::none();
    let lock = backups.folder.lock().unwrap();
    assert!(matches!(backups.folder.lock(), Err(BackupError::Busy)));
    drop(lock);
    backups.folder.lock().unwrap();
}

#[test]
fn a_manifest_with_another_payload_name_is_refused() {
    let backups = Backups::none();
    let path = backups.add(Engine::Sqlite, 1).join("manifest.json");
    let text = fs::read_to_string(&path).unwrap();
    for (from, to) in [("motovaultpro.db", "../motovaultpro.db"), ("\"sqlite\"", "\"postgresql\"")]
    {
        fs::write(&path, text.replace(from, to)).unwrap();
        let read = backups.folder.backups().unwrap().remove(0).manifest;
        assert!(matches!(read, Err(BackupError::Damaged(_))), "{to}: {read:?}");
    }
}

#[test]
fn a_manifest_with_an_invalid_wal_file_size_is_refused() {
    let backups = Backups::none();
    let path = backups.add(Engine::Postgresql, 1).join("manifest.json");
    backups.archive(&segment(1), "wal", &Recipients::default()).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert!(backups.folder.backups().unwrap().remove(0).manifest.is_ok());
    for size in ["0", "1", "16777215", "18446744073709551615"] {
        fs::write(&path, text.replace("16777216", size)).unwrap();
        let read = backups.folder.backups().unwrap().remove(0).manifest;
        assert!(matches!(read, Err(BackupError::Damaged(_))), "{size}: {read:?}");
    }
}

#[test]
fn a_newer_backup_format_is_not_reported_as_damage() {
    let backups = Backups::none();
    let path = backups.add(Engine::Sqlite, 1).join("manifest.json");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("\"form\": 1", "\"form\": 9")).unwrap();
    let read = backups.folder.backups().unwrap().remove(0).manifest;
    assert!(matches!(&read, Err(it @ BackupError::Refused(_)) if !it.is_damage()), "{read:?}");
}

#[test]
fn a_full_disk_is_not_damage_and_a_bad_sector_is() {
    let is_damage = |number| {
        let error = std::io::Error::from_raw_os_error(number);
        BackupError::Io { path: "/backups".into(), error }.is_damage()
    };
    let [eio, eacces, efbig, enospc, erofs] = [5, 13, 27, 28, 30].map(is_damage);
    assert!(eio && !eacces && !efbig && !enospc && !erofs);
}

#[test]
fn wal_is_archived_once_and_never_replaced() {
    let backups = Backups::none();
    let (identity, sealed_for) = backups.keys("identity");
    backups.add(Engine::Postgresql, 1);
    for to in [Recipients::default(), sealed_for] {
        let name = segment(u32::try_from(to.all().len()).unwrap() + 1);
        backups.archive(&name, "content", &to).unwrap();
        // PostgreSQL retries if the response was lost.
        backups.archive(&name, "content", &to).unwrap();
        let message = backups.archive(&name, "other content", &to).unwrap_err();
        assert!(message.to_string().contains("already"), "{message}");
        assert_eq!(backups.fetch(&name, Some(&identity)).unwrap(), "content");
    }
    for entry in fs::read_dir(backups.folder.wal()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{entry:?}");
        assert!(!fs::read(entry.path()).unwrap().starts_with(b"content"), "{entry:?}");
    }
    let mode = backups.folder.wal().metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    assert_eq!(backups.archived().len(), 2);
    let message = backups.archive("../outside", "content", &Recipients::default()).unwrap_err();
    assert!(message.to_string().contains("not a WAL file name"), "{message}");
}

#[test]
fn missing_and_unreadable_wal_have_different_exit_codes() {
    let backups = Backups::none();
    let (identity, to) = backups.keys("identity");
    let (other, _) = backups.keys("other");
    let code = |got: Result<String, BackupError>| got.unwrap_err().exit_code();
    // The folder may not be mounted.
    assert_eq!(code(backups.fetch(&segment(1), None)), 200);
    backups.add(Engine::Postgresql, 1);
    assert_eq!(code(backups.fetch(&segment(1), None)), 1);
    backups.archive(&segment(1), "content", &to).unwrap();
    assert_eq!(backups.fetch(&segment(1), Some(&identity)).unwrap(), "content");
    assert_eq!(code(backups.fetch(&segment(1), None)), 200);
    assert_eq!(code(backups.fetch(&segment(1), Some(Path::new("/nowhere")))), 200);
    let message = backups.fetch(&segment(1), Some(&other)).unwrap_err();
    assert!(message.to_string().contains("not encrypted for this identity"), "{message}");
    assert_eq!(message.exit_code(), 200);
    // Corrupt a byte.
    let file = wal::list(&backups.folder).unwrap().remove(0).path;
    let mut bytes = fs::read(&file).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&file, bytes).unwrap();
    assert_eq!(code(backups.fetch(&segment(1), Some(&identity))), 200);
    assert!(!backups.temp_dir.path().join("target").exists(), "a partial file was left behind");
    let identities = Identities::read(Some(&identity)).unwrap();
    let found =
        wal::list(&backups.folder).unwrap().remove(0).check(&identities, &Cancellation::default());
    assert!(found.unwrap_err().to_string().contains(&segment(1)));
}

#[test]
fn an_invalid_identity_file_is_reported_without_its_content() {
    let backups = Backups::none();
    let path = backups.temp_dir.path().join("identity");
    for text in ["hunter2-canary\n", "# only a remark\n"] {
        fs::write(&path, text).unwrap();
        let message = Identities::read(Some(&path)).map(drop).unwrap_err().to_string();
        assert!(message.contains("identity") && !message.contains("canary"), "{message}");
    }
}
