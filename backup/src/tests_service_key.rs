//! The service key is only included in encrypted backups, and restoring does not replace a different one.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use chrono::{DateTime, TimeDelta};
use tempfile::TempDir;

use super::{
    BackupError,
    create::{self, CreatedBackup},
    folder::Folder,
    keys,
    postgres::Programs,
    restore::{self, RestoreOptions},
    verify::{self, Trust},
};
use crate::core::{
    clock::Clock,
    config::{Config, Database, Secret},
    db::Db,
    keys::ServiceKey,
};

/// A database with a service key, and its backup folder.
struct Fixture {
    temp_dir: TempDir,
    config: Config,
    key: ServiceKey,
}

impl Fixture {
    async fn new() -> Self {
        let temp_dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", temp_dir.path().join("data/cars.db").display());
        let database = Database { url: Some(Secret::new(url)), ..Database::default() };
        let config = Config { database, ..Config::default() };
        let db = Db::open(&config.database).await.unwrap();
        let Db::Sqlite { writer, .. } = &db else { panic!("{db:?} is not SQLite") };
        let table = sqlx::raw_sql("CREATE TABLE _migrations (feature TEXT)");
        table.execute(writer).await.unwrap();
        db.close().await;
        let key = ServiceKey::generate().unwrap();
        fs::write(temp_dir.path().join("data/service.key"), key.to_text()).unwrap();
        Self { temp_dir, config, key }
    }

    /// Enables encryption, and returns the identity file.
    fn enable_encryption(&mut self) -> PathBuf {
        let text = keys::generate();
        let public = text.lines().next().unwrap().rsplit(' ').next().unwrap();
        self.config.backup.recipients = public.parse().unwrap();
        let path = self.temp_dir.path().join("identity");
        fs::write(&path, &text).unwrap();
        path
    }

    fn folder(&self) -> Folder {
        Folder::create(&self.temp_dir.path().join("backups")).unwrap()
    }

    async fn create(&self, nth: i64) -> CreatedBackup {
        let folder = self.folder();
        let lock = folder.lock().unwrap();
        let clock = Clock::manual(DateTime::UNIX_EPOCH + TimeDelta::days(20_000 + nth));
        create::create(&self.config, &folder, lock, &clock).await.unwrap()
    }

    async fn verify(&self, identity: Option<&Path>) -> Result<(), BackupError> {
        let no_programs = Programs::new(Some(Path::new("/nonexistent")));
        let trust = Trust::default();
        let report = verify::verify(
            &self.folder(),
            None,
            identity,
            &trust,
            &no_programs,
            DateTime::UNIX_EPOCH,
        )
        .await?;
        report.error().map_or(Ok(()), Err)
    }

    fn restored(&self) -> PathBuf {
        self.temp_dir.path().join("new/cars.db")
    }

    fn restored_key(&self) -> PathBuf {
        self.temp_dir.path().join("new/service.key")
    }

    async fn restore(&self, identity: Option<&Path>, force: bool) -> Result<String, String> {
        let wanted = RestoreOptions {
            backup: None,
            to: None,
            into: self.restored(),
            identity: identity.map(Path::to_owned),
            trust: Trust::default(),
            force,
            now: DateTime::UNIX_EPOCH,
        };
        restore::restore(&self.folder(), &wanted).await.map_err(|error| error.to_string())
    }
}

#[tokio::test]
async fn an_encrypted_backup_includes_and_restores_the_service_key() {
    let mut fixture = Fixture::new().await;
    let identity = fixture.enable_encryption();
    let created = fixture.create(1).await;
    assert_eq!(created.service_key.to_string(), "It includes the service key.");
    let file = fs::read(created.backup.path.join("service.key.age")).unwrap();
    assert!(file.starts_with(b"age-encryption.org/v1"));
    for identity in [None, Some(identity.as_path())] {
        fixture.verify(identity).await.unwrap();
    }
    let report = fixture.restore(Some(&identity), false).await.unwrap();
    let restored = fixture.restored_key();
    assert!(report.contains(&format!("The service key is in {}", restored.display())), "{report}");
    assert_eq!(fs::read_to_string(&restored).unwrap(), fixture.key.to_text());
    assert_eq!(restored.metadata().unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn an_unencrypted_backup_never_includes_the_service_key() {
    let fixture = Fixture::new().await;
    let created = fixture.create(1).await;
    let report = created.service_key.to_string();
    let path = fixture.temp_dir.path().join("data/service.key");
    assert!(
        report.contains("not encrypted") && report.contains(path.to_str().unwrap()),
        "{report}"
    );
    let text = fixture.key.to_text();
    for entry in fs::read_dir(&created.backup.path).unwrap() {
        let content = fs::read(entry.unwrap().path()).unwrap();
        assert!(!content.windows(64).any(|it| it == text.trim().as_bytes()));
    }
    let report = fixture.restore(None, false).await.unwrap();
    assert!(report.contains("The service key is not in this backup"), "{report}");
    assert!(!fixture.restored_key().exists());
}

#[tokio::test]
async fn an_encrypted_backup_without_the_service_key_is_reported() {
    let mut fixture = Fixture::new().await;
    let identity = fixture.enable_encryption();
    fs::remove_file(fixture.temp_dir.path().join("data/service.key")).unwrap();
    let created = fixture.create(1).await;
    let report = created.service_key.to_string();
    assert!(report.contains("service.key does not exist here"), "{report}");
    let report = fixture.restore(Some(&identity), false).await.unwrap();
    assert!(report.contains("The service key is not in this backup"), "{report}");
}

#[tokio::test]
async fn a_different_service_key_is_renamed_only_with_force() {
    let mut fixture = Fixture::new().await;
    let identity = fixture.enable_encryption();
    fixture.create(1).await;
    let other = ServiceKey::generate().unwrap().to_text();
    let key = fixture.restored_key();
    fs::create_dir(key.parent().unwrap()).unwrap();
    fs::write(&key, &other).unwrap();
    let refused = fixture.restore(Some(&identity), false).await.unwrap_err();
    assert!(refused.contains(key.to_str().unwrap()) && refused.contains("--force"), "{refused}");
    assert_eq!(fs::read_to_string(&key).unwrap(), other);
    assert!(!fixture.restored().exists());

    let report = fixture.restore(Some(&identity), true).await.unwrap();
    assert!(report.contains("A different service key was renamed"), "{report}");
    assert_eq!(fs::read_to_string(&key).unwrap(), fixture.key.to_text());
    let aside = key.with_file_name("service.key.before-19700101T000000.000Z");
    assert_eq!(fs::read_to_string(aside).unwrap(), other);

    // The same key is unchanged.
    fs::remove_file(fixture.restored()).unwrap();
    let report = fixture.restore(Some(&identity), false).await.unwrap();
    assert!(report.contains("was already in"), "{report}");
}

#[tokio::test]
async fn a_changed_service_key_file_is_damage() {
    let mut fixture = Fixture::new().await;
    let identity = fixture.enable_encryption();
    let created = fixture.create(1).await;
    let path = created.backup.path.join("service.key.age");
    let mut content = fs::read(&path).unwrap();
    *content.last_mut().unwrap() ^= 1;
    fs::write(&path, content).unwrap();
    for identity in [None, Some(identity.as_path())] {
        let fault = fixture.verify(identity).await.unwrap_err();
        assert!(fault.is_damage() && fault.to_string().contains("service.key.age"), "{fault}");
    }
    assert!(fixture.restore(Some(&identity), false).await.is_err());
    assert!(!fixture.restored_key().exists() && !fixture.restored().exists());
}
