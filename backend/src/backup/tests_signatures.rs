//! Whether a known key has signed a backup, and what follows from it.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use chrono::{DateTime, TimeDelta};
use tempfile::TempDir;

use super::{
    BackupError,
    create::{self, CreatedBackup},
    folder::Folder,
    postgres::Programs,
    restore::{self, RestoreOptions},
    signature::{self, TrustedKeys},
    verify::{self, Trust},
};
use crate::core::{
    clock::Clock,
    config::{Config, Database, PublicKeys, Secret},
    db::Db,
    minisign::{PublicKey, SecretKey},
};

/// A database, and the folder of its backups.
struct Place {
    place: TempDir,
    config: Config,
}

impl Place {
    async fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", place.path().join("data/cars.db").display());
        let database = Database { url: Some(Secret::new(url)), ..Database::default() };
        let config = Config { database, ..Config::default() };
        let place = Self { place, config };
        let db = Db::open(&place.config.database).await.unwrap();
        let Db::Sqlite { writer, .. } = &db else { panic!("{db:?} is not SQLite") };
        let table = sqlx::raw_sql("CREATE TABLE _migrations (feature TEXT)");
        table.execute(writer).await.unwrap();
        db.close().await;
        place
    }

    fn key(&self) -> PathBuf {
        self.place.path().join("data/backup-signing.key")
    }

    fn folder(&self) -> Folder {
        Folder::create(&self.place.path().join("backups")).unwrap()
    }

    async fn create(&self, nth: i64) -> Result<CreatedBackup, BackupError> {
        let folder = self.folder();
        let lock = folder.lock().unwrap();
        let clock = Clock::manual(DateTime::UNIX_EPOCH + TimeDelta::days(20_000 + nth));
        create::create(&self.config, &folder, lock, &clock).await
    }

    fn trust(&self, named: &[PublicKey], needs_signature: bool) -> Trust {
        Trust { keys: TrustedKeys::new(&self.config, named).unwrap(), needs_signature }
    }

    async fn verify(&self, trust: &Trust) -> Result<String, String> {
        let nowhere = Programs::new(Some(Path::new("/nonexistent")));
        let report =
            verify::verify(&self.folder(), None, None, trust, &nowhere, DateTime::UNIX_EPOCH)
                .await
                .unwrap();
        match report.error() {
            None => Ok(report.lines.join("\n")),
            Some(fault) => Err(fault.to_string()),
        }
    }

    async fn restore(&self, trust: &Trust) -> Result<String, String> {
        let wanted = RestoreOptions {
            backup: None,
            to: None,
            into: self.place.path().join("restored.db"),
            identity: None,
            trust: trust.clone(),
            force: true,
            now: DateTime::UNIX_EPOCH,
        };
        restore::restore(&self.folder(), &wanted).await.map_err(|error| error.to_string())
    }

    /// Both commands say this, and whether they succeed.
    async fn both_say(&self, trust: &Trust, succeed: bool, words: &str) {
        for message in [self.verify(trust).await, self.restore(trust).await] {
            assert_eq!(message.is_ok(), succeed, "{message:?}");
            let message = message.unwrap_or_else(|error| error);
            assert!(message.contains(words), "{message} lacks {words:?}");
        }
    }
}

#[tokio::test]
async fn a_backup_is_signed_with_a_key_that_is_created_at_first_use() {
    let place = Place::new().await;
    let first = place.create(1).await.unwrap();
    assert!(first.unsigned.is_none());
    let rights = place.key().metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(rights, 0o600);
    let text = fs::read_to_string(place.key()).unwrap();
    let key = SecretKey::parse(&text).unwrap().public();
    let known = format!("signed with the trusted key {}", key.id());
    place.both_say(&place.trust(&[], true), true, &known).await;
    // The second is signed with the same.
    place.create(2).await.unwrap();
    assert_eq!(fs::read_to_string(place.key()).unwrap(), text);
    place.both_say(&place.trust(&[], true), true, &known).await;
    assert_eq!(signature::load_or_create_key(&place.config).unwrap().public(), key);

    // On a machine that has neither the key nor any settings.
    fs::remove_file(place.key()).unwrap();
    let unknown = format!("signed with the unknown key {}", key.id());
    place.both_say(&place.trust(&[], false), true, &unknown).await;
    place.both_say(&place.trust(&[], true), false, &unknown).await;
    place.both_say(&place.trust(std::slice::from_ref(&key), true), true, &known).await;
    let mut config = place.config.clone();
    config.backup.public_keys = PublicKeys(vec![key]);
    let place = Place { config, ..place };
    place.both_say(&place.trust(&[], true), true, &known).await;
}

#[tokio::test]
async fn a_key_that_is_set_is_used_and_none_is_created() {
    let place = Place::new().await;
    let key = SecretKey::generate().unwrap();
    let mut config = place.config.clone();
    config.backup.signing_key = Some(Secret::new(key.to_file()));
    let place = Place { config, ..place };
    place.create(1).await.unwrap();
    assert!(!place.key().exists());
    let known = format!("signed with the trusted key {}", key.public().id());
    place.both_say(&place.trust(&[], true), true, &known).await;
}

#[tokio::test]
async fn a_backup_from_before_backups_were_signed_is_still_good() {
    let place = Place::new().await;
    let made = place.create(1).await.unwrap();
    let folder = made.backup.path;
    fs::remove_file(folder.join("manifest.json.minisig")).unwrap();
    // What older programs wrote.
    let path = folder.join("manifest.json");
    let text = fs::read_to_string(&path).unwrap();
    assert!(!text.contains("unpacked"), "{text}");
    place
        .both_say(&place.trust(&[], false), true, "not signed: it was created by an older version")
        .await;
    place
        .both_say(&place.trust(&[], true), false, "not signed: it was created by an older version")
        .await;
}

#[tokio::test]
async fn a_wrong_signature_is_damage() {
    let place = Place::new().await;
    let made = place.create(1).await.unwrap();
    let folder = made.backup.path;
    let (manifest, path) = (folder.join("manifest.json"), folder.join("manifest.json.minisig"));
    let (text, signed) =
        (fs::read_to_string(&manifest).unwrap(), fs::read_to_string(&path).unwrap());
    let trust = place.trust(&[], false);

    // Who made it, and what of, is part of what is signed.
    fs::write(&manifest, text.replace("\"program\": \"", "\"program\": \"9")).unwrap();
    place.both_say(&trust, false, "the signature is wrong").await;
    fs::write(&manifest, &text).unwrap();

    for wrong in ["", "signature", &signed[..signed.len() / 2], &signed.to_lowercase()] {
        fs::write(&path, wrong).unwrap();
        place.both_say(&trust, false, "not a signature").await;
    }
    fs::write(&path, "x".repeat(5000)).unwrap();
    place.both_say(&trust, false, "larger than 4096").await;
    let own = SecretKey::parse(&fs::read_to_string(place.key()).unwrap()).unwrap();
    fs::write(&path, own.sign(text.as_bytes(), "20200101T000000.000Z-sqlite")).unwrap();
    place.both_say(&trust, false, "the signature is of the backup").await;
    // Another's signature under the known key's number.
    let other = SecretKey::generate().unwrap().sign(b"anything", &made.backup.name);
    let lines: Vec<_> = other.lines().collect();
    let bytes = |line: &str| BASE64_STANDARD.decode(line).unwrap();
    let ours = bytes(signed.lines().nth(1).unwrap());
    let line = BASE64_STANDARD.encode([&ours[..10], &bytes(lines[1])[10..]].concat());
    fs::write(&path, [lines[0], &line, lines[2], lines[3]].join("\n")).unwrap();
    place.both_say(&trust, false, "the signature is wrong").await;
    assert!(!place.place.path().join("restored.db").exists());
}

/// A backup that is passed off as another one.
#[tokio::test]
async fn an_older_backup_under_a_newer_name_is_damage() {
    let place = Place::new().await;
    let (old, new) = (place.create(1).await.unwrap(), place.create(2).await.unwrap());
    fs::remove_dir_all(&new.backup.path).unwrap();
    fs::rename(&old.backup.path, &new.backup.path).unwrap();
    place.both_say(&place.trust(&[], false), false, "the signature is of the backup").await;
}

#[tokio::test]
async fn a_backup_that_cannot_be_signed_is_made_all_the_same() {
    let place = Place::new().await;
    // A folder where the key would be.
    fs::create_dir(place.key()).unwrap();
    let made = place.create(1).await.unwrap();
    let why = made.unsigned.unwrap().to_string();
    assert!(why.contains("backup-signing.key"), "{why}");
    place.both_say(&Trust::default(), true, "not signed").await;
    // A file that is no key has to be seen to.
    fs::remove_dir(place.key()).unwrap();
    fs::write(place.key(), "hunter2-canary").unwrap();
    let message = place.create(2).await.map(drop).unwrap_err().to_string();
    assert!(message.contains("backup-signing.key") && !message.contains("canary"), "{message}");
}

#[test]
fn eight_who_want_the_first_key_at_once_get_the_same() {
    let place = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", place.path().join("data/cars.db").display());
    let database = Database { url: Some(Secret::new(url)), ..Database::default() };
    let config = Config { database, ..Config::default() };
    let keys: Vec<_> = std::thread::scope(|scope| {
        let own = || scope.spawn(|| signature::load_or_create_key(&config).unwrap().public());
        let threads: Vec<_> = std::iter::repeat_with(own).take(8).collect();
        threads.into_iter().map(|it| it.join().unwrap()).collect()
    });
    assert!(keys.iter().all(|it| *it == keys[0]), "{keys:?}");
    assert_eq!(fs::read_dir(place.path().join("data")).unwrap().count(), 1);
}
