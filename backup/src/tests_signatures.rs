//! Signing backups and verifying signatures.

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

/// A database and its backup folder.
struct Fixture {
    temp_dir: TempDir,
    config: Config,
}

impl Fixture {
    async fn new() -> Self {
        let temp_dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", temp_dir.path().join("data/cars.db").display());
        let database = Database { url: Some(Secret::new(url)), ..Database::default() };
        let config = Config { database, ..Config::default() };
        let fixture = Self { temp_dir, config };
        let db = Db::open(&fixture.config.database).await.unwrap();
        let Db::Sqlite { writer, .. } = &db else { panic!("{db:?} is not SQLite") };
        let table = sqlx::raw_sql("CREATE TABLE _migrations (feature TEXT)");
        table.execute(writer).await.unwrap();
        db.close().await;
        fixture
    }

    fn key(&self) -> PathBuf {
        self.temp_dir.path().join("data/backup-signing.key")
    }

    fn folder(&self) -> Folder {
        Folder::create(&self.temp_dir.path().join("backups")).unwrap()
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
        let no_programs = Programs::new(Some(Path::new("/nonexistent")));
        let report =
            verify::verify(&self.folder(), None, None, trust, &no_programs, DateTime::UNIX_EPOCH)
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
            into: self.temp_dir.path().join("restored.db"),
            identity: None,
            trust: trust.clone(),
            force: true,
            now: DateTime::UNIX_EPOCH,
        };
        restore::restore(&self.folder(), &wanted).await.map_err(|error| error.to_string())
    }

    /// Asserts that both commands succeed or fail, with a message that contains `words`.
    async fn assert_both(&self, trust: &Trust, succeed: bool, words: &str) {
        for message in [self.verify(trust).await, self.restore(trust).await] {
            assert_eq!(message.is_ok(), succeed, "{message:?}");
            let message = message.unwrap_or_else(|error| error);
            assert!(message.contains(words), "{message} lacks {words:?}");
        }
    }
}

#[tokio::test]
async fn the_signing_key_is_created_at_first_use() {
    let fixture = Fixture::new().await;
    let first = fixture.create(1).await.unwrap();
    assert!(first.unsigned.is_none());
    let rights = fixture.key().metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(rights, 0o600);
    let text = fs::read_to_string(fixture.key()).unwrap();
    let key = SecretKey::parse(&text).unwrap().public();
    let known = format!("signed with the trusted key {}", key.id());
    fixture.assert_both(&fixture.trust(&[], true), true, &known).await;
    // The second backup is signed with the same key.
    fixture.create(2).await.unwrap();
    assert_eq!(fs::read_to_string(fixture.key()).unwrap(), text);
    fixture.assert_both(&fixture.trust(&[], true), true, &known).await;
    assert_eq!(signature::load_or_create_key(&fixture.config).unwrap().public(), key);

    // On a machine without the key and settings.
    fs::remove_file(fixture.key()).unwrap();
    let unknown = format!("signed with the unknown key {}", key.id());
    fixture.assert_both(&fixture.trust(&[], false), true, &unknown).await;
    fixture.assert_both(&fixture.trust(&[], true), false, &unknown).await;
    fixture.assert_both(&fixture.trust(std::slice::from_ref(&key), true), true, &known).await;
    let mut config = fixture.config.clone();
    config.backup.public_keys = PublicKeys(vec![key]);
    let fixture = Fixture { config, ..fixture };
    fixture.assert_both(&fixture.trust(&[], true), true, &known).await;
}

#[tokio::test]
async fn a_configured_signing_key_is_used() {
    let fixture = Fixture::new().await;
    let key = SecretKey::generate().unwrap();
    let mut config = fixture.config.clone();
    config.backup.signing_key = Some(Secret::new(key.to_file()));
    let fixture = Fixture { config, ..fixture };
    fixture.create(1).await.unwrap();
    assert!(!fixture.key().exists());
    let known = format!("signed with the trusted key {}", key.public().id());
    fixture.assert_both(&fixture.trust(&[], true), true, &known).await;
}

#[tokio::test]
async fn an_unsigned_backup_of_an_older_version_is_accepted() {
    let fixture = Fixture::new().await;
    let created = fixture.create(1).await.unwrap();
    let folder = created.backup.path;
    fs::remove_file(folder.join("manifest.json.minisig")).unwrap();
    // Manifests of older versions.
    let path = folder.join("manifest.json");
    let text = fs::read_to_string(&path).unwrap();
    assert!(!text.contains("unpacked"), "{text}");
    fixture
        .assert_both(
            &fixture.trust(&[], false),
            true,
            "not signed: it was created by an older version",
        )
        .await;
    fixture
        .assert_both(
            &fixture.trust(&[], true),
            false,
            "not signed: it was created by an older version",
        )
        .await;
}

#[tokio::test]
async fn a_wrong_signature_is_damage() {
    let fixture = Fixture::new().await;
    let created = fixture.create(1).await.unwrap();
    let folder = created.backup.path;
    let (manifest, path) = (folder.join("manifest.json"), folder.join("manifest.json.minisig"));
    let (text, signed) =
        (fs::read_to_string(&manifest).unwrap(), fs::read_to_string(&path).unwrap());
    let trust = fixture.trust(&[], false);

    // The whole manifest is signed.
    fs::write(&manifest, text.replace("\"program\": \"", "\"program\": \"9")).unwrap();
    fixture.assert_both(&trust, false, "the signature is wrong").await;
    fs::write(&manifest, &text).unwrap();

    for wrong in ["", "signature", &signed[..signed.len() / 2], &signed.to_lowercase()] {
        fs::write(&path, wrong).unwrap();
        fixture.assert_both(&trust, false, "not a signature").await;
    }
    fs::write(&path, "x".repeat(5000)).unwrap();
    fixture.assert_both(&trust, false, "larger than 4096").await;
    let own = SecretKey::parse(&fs::read_to_string(fixture.key()).unwrap()).unwrap();
    fs::write(&path, own.sign(text.as_bytes(), "20200101T000000.000Z-sqlite")).unwrap();
    fixture.assert_both(&trust, false, "the signature is of the backup").await;
    // A signature by another key with the id of the known key.
    let other = SecretKey::generate().unwrap().sign(b"anything", &created.backup.name);
    let lines: Vec<_> = other.lines().collect();
    let bytes = |line: &str| BASE64_STANDARD.decode(line).unwrap();
    let ours = bytes(signed.lines().nth(1).unwrap());
    let line = BASE64_STANDARD.encode([&ours[..10], &bytes(lines[1])[10..]].concat());
    fs::write(&path, [lines[0], &line, lines[2], lines[3]].join("\n")).unwrap();
    fixture.assert_both(&trust, false, "the signature is wrong").await;
    assert!(!fixture.temp_dir.path().join("restored.db").exists());
}

/// An older backup that was renamed.
#[tokio::test]
async fn a_renamed_older_backup_is_damage() {
    let fixture = Fixture::new().await;
    let (old, new) = (fixture.create(1).await.unwrap(), fixture.create(2).await.unwrap());
    fs::remove_dir_all(&new.backup.path).unwrap();
    fs::rename(&old.backup.path, &new.backup.path).unwrap();
    fixture.assert_both(&fixture.trust(&[], false), false, "the signature is of the backup").await;
}

#[tokio::test]
async fn a_backup_that_cannot_be_signed_is_created_unsigned() {
    let fixture = Fixture::new().await;
    // A folder in fixture of the key file.
    fs::create_dir(fixture.key()).unwrap();
    let created = fixture.create(1).await.unwrap();
    let why = created.unsigned.unwrap().to_string();
    assert!(why.contains("backup-signing.key"), "{why}");
    fixture.assert_both(&Trust::default(), true, "not signed").await;
    // A file that is not a key is an error.
    fs::remove_dir(fixture.key()).unwrap();
    fs::write(fixture.key(), "hunter2-canary").unwrap();
    let message = fixture.create(2).await.map(drop).unwrap_err().to_string();
    assert!(message.contains("backup-signing.key") && !message.contains("canary"), "{message}");
}

#[test]
fn concurrent_first_uses_share_one_signing_key() {
    let temp_dir = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", temp_dir.path().join("data/cars.db").display());
    let database = Database { url: Some(Secret::new(url)), ..Database::default() };
    let config = Config { database, ..Config::default() };
    let keys: Vec<_> = std::thread::scope(|scope| {
        let own = || scope.spawn(|| signature::load_or_create_key(&config).unwrap().public());
        let threads: Vec<_> = std::iter::repeat_with(own).take(8).collect();
        threads.into_iter().map(|it| it.join().unwrap()).collect()
    });
    assert!(keys.iter().all(|it| *it == keys[0]), "{keys:?}");
    assert_eq!(fs::read_dir(temp_dir.path().join("data")).unwrap().count(), 1);
}
