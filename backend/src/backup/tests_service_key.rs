//! The service key: in encrypted backups only, and restored without replacing another one.

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

/// A database with a service key, and the folder of its backups.
struct Place {
    place: TempDir,
    config: Config,
    key: ServiceKey,
}

impl Place {
    async fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", place.path().join("data/cars.db").display());
        let database = Database { url: Some(Secret::new(url)), ..Database::default() };
        let config = Config { database, ..Config::default() };
        let db = Db::open(&config.database).await.unwrap();
        let Db::Sqlite { writer, .. } = &db else { panic!("{db:?} is not SQLite") };
        let table = sqlx::raw_sql("CREATE TABLE _migrations (feature TEXT)");
        table.execute(writer).await.unwrap();
        db.close().await;
        let key = ServiceKey::generate().unwrap();
        fs::write(place.path().join("data/service.key"), key.to_text()).unwrap();
        Self { place, config, key }
    }

    /// Seals backups from now on; returns the file with the identity that opens them.
    fn seal(&mut self) -> PathBuf {
        let text = keys::generate();
        let public = text.lines().next().unwrap().rsplit(' ').next().unwrap();
        self.config.backup.recipients = public.parse().unwrap();
        let path = self.place.path().join("identity");
        fs::write(&path, &text).unwrap();
        path
    }

    fn folder(&self) -> Folder {
        Folder::create(&self.place.path().join("backups")).unwrap()
    }

    async fn create(&self, nth: i64) -> CreatedBackup {
        let folder = self.folder();
        let lock = folder.lock().unwrap();
        let clock = Clock::manual(DateTime::UNIX_EPOCH + TimeDelta::days(20_000 + nth));
        create::create(&self.config, &folder, lock, &clock).await.unwrap()
    }

    async fn verify(&self, identity: Option<&Path>) -> Result<(), BackupError> {
        let nowhere = Programs::new(Some(Path::new("/nonexistent")));
        let trust = Trust::default();
        let report =
            verify::verify(&self.folder(), None, identity, &trust, &nowhere, DateTime::UNIX_EPOCH)
                .await?;
        report.error().map_or(Ok(()), Err)
    }

    fn restored(&self) -> PathBuf {
        self.place.path().join("new/cars.db")
    }

    fn restored_key(&self) -> PathBuf {
        self.place.path().join("new/service.key")
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
async fn a_sealed_backup_includes_the_service_key_and_restores_it() {
    let mut place = Place::new().await;
    let identity = place.seal();
    let made = place.create(1).await;
    assert_eq!(made.service_key.to_string(), "It includes the service key.");
    let file = fs::read(made.backup.path.join("service.key.age")).unwrap();
    assert!(file.starts_with(b"age-encryption.org/v1"));
    for identity in [None, Some(identity.as_path())] {
        place.verify(identity).await.unwrap();
    }
    let report = place.restore(Some(&identity), false).await.unwrap();
    let restored = place.restored_key();
    assert!(report.contains(&format!("The service key is in {}", restored.display())), "{report}");
    assert_eq!(fs::read_to_string(&restored).unwrap(), place.key.to_text());
    assert_eq!(restored.metadata().unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn a_backup_that_is_not_sealed_never_includes_the_service_key() {
    let place = Place::new().await;
    let made = place.create(1).await;
    let report = made.service_key.to_string();
    let path = place.place.path().join("data/service.key");
    assert!(
        report.contains("not encrypted") && report.contains(path.to_str().unwrap()),
        "{report}"
    );
    let text = place.key.to_text();
    for entry in fs::read_dir(&made.backup.path).unwrap() {
        let content = fs::read(entry.unwrap().path()).unwrap();
        assert!(!content.windows(64).any(|it| it == text.trim().as_bytes()));
    }
    let report = place.restore(None, false).await.unwrap();
    assert!(report.contains("The service key is not in this backup"), "{report}");
    assert!(!place.restored_key().exists());
}

#[tokio::test]
async fn a_sealed_backup_without_the_service_key_says_so() {
    let mut place = Place::new().await;
    let identity = place.seal();
    fs::remove_file(place.place.path().join("data/service.key")).unwrap();
    let made = place.create(1).await;
    let report = made.service_key.to_string();
    assert!(report.contains("service.key does not exist here"), "{report}");
    let report = place.restore(Some(&identity), false).await.unwrap();
    assert!(report.contains("The service key is not in this backup"), "{report}");
}

#[tokio::test]
async fn another_service_key_is_moved_aside_only_by_force() {
    let mut place = Place::new().await;
    let identity = place.seal();
    place.create(1).await;
    let other = ServiceKey::generate().unwrap().to_text();
    let key = place.restored_key();
    fs::create_dir(key.parent().unwrap()).unwrap();
    fs::write(&key, &other).unwrap();
    let refused = place.restore(Some(&identity), false).await.unwrap_err();
    assert!(refused.contains(key.to_str().unwrap()) && refused.contains("--force"), "{refused}");
    assert_eq!(fs::read_to_string(&key).unwrap(), other);
    assert!(!place.restored().exists());

    let report = place.restore(Some(&identity), true).await.unwrap();
    assert!(report.contains("A different service key was renamed"), "{report}");
    assert_eq!(fs::read_to_string(&key).unwrap(), place.key.to_text());
    let aside = key.with_file_name("service.key.before-19700101T000000.000Z");
    assert_eq!(fs::read_to_string(aside).unwrap(), other);

    // The same key is left as it is.
    fs::remove_file(place.restored()).unwrap();
    let report = place.restore(Some(&identity), false).await.unwrap();
    assert!(report.contains("was already in"), "{report}");
}

#[tokio::test]
async fn a_changed_file_of_the_service_key_is_damage() {
    let mut place = Place::new().await;
    let identity = place.seal();
    let made = place.create(1).await;
    let path = made.backup.path.join("service.key.age");
    let mut content = fs::read(&path).unwrap();
    *content.last_mut().unwrap() ^= 1;
    fs::write(&path, content).unwrap();
    for identity in [None, Some(identity.as_path())] {
        let fault = place.verify(identity).await.unwrap_err();
        assert!(fault.is_damage() && fault.to_string().contains("service.key.age"), "{fault}");
    }
    assert!(place.restore(Some(&identity), false).await.is_err());
    assert!(!place.restored_key().exists() && !place.restored().exists());
}
