//! Creates backups, and removes those that are no longer retained.

use std::fs::File;

use chrono::{DateTime, Utc};

use super::{
    error::{BackupError, Result},
    folder::{Folder, StoredBackup, Unfinished},
    manifest::{Engine, Manifest},
    payload::{self, Cancellation, blocking},
    postgres::{self, Programs},
    retention::{self, Removed},
    service_key::{self, Inclusion},
    signature, sqlite,
};
use crate::core::{
    Error,
    clock::Clock,
    config::{self, Config, PostgresAddress},
    db::check_existing,
};

/// A backup that was created.
#[derive(Debug)]
pub(super) struct CreatedBackup {
    pub(super) backup: StoredBackup,
    pub(super) manifest: Manifest,
    /// Why it could not be signed.
    pub(super) unsigned: Option<BackupError>,
    /// Backups dated in the future, because the clock was or is wrong.
    pub(super) in_future: Vec<String>,
    /// Whether it includes the service key.
    pub(super) service_key: Inclusion,
    /// What was removed, or why removing failed.
    pub(super) removed: Result<Removed>,
}

/// Creates a backup of the configured database, which may be in use. The caller holds the folder's `lock`.
///
/// # Errors
/// `Busy` if another machine is creating one. Nothing is left behind on any error.
pub(super) async fn create(
    config: &Config,
    folder: &Folder,
    lock: File,
    clock: &Clock,
) -> Result<CreatedBackup> {
    let engine = config.backup.engine(&config.database)?;
    if let config::Engine::Sqlite(file) = &engine {
        // Opening a missing database would create an empty one, and the real one would not be backed up.
        check_existing(file).await.map_err(|error| match error {
            Error::Internal(cause) => BackupError::Refused(cause.to_string()),
            other => BackupError::Refused(other.to_string()),
        })?;
    }
    // An unsigned backup is better than none. But a broken key must be fixed, so it is an error.
    let (key, unsigned) = match signature::load_or_create_key(config) {
        Ok(key) => (Some(key), None),
        Err(error @ BackupError::Io { .. }) => (None, Some(error)),
        Err(error) => return Err(error),
    };
    let cancellation = Cancellation::default();
    let _cancel_on_drop = cancellation.cancel_on_drop();
    let run = BackupRun { config, folder, cancellation: &cancellation };
    let (unfinished, mut manifest) = match engine {
        config::Engine::Sqlite(file) => {
            let began = clock.now();
            let unfinished = folder.begin(Engine::Sqlite, began)?;
            let (file, digest) =
                sqlite::back_up(&file, &unfinished.path, &config.backup.recipients, &cancellation)
                    .await?;
            let times = (began, clock.now());
            (unfinished, Manifest::new(Engine::Sqlite, times, file, digest, None))
        }
        config::Engine::Postgres(address) => run.back_up_postgres(&address).await?,
    };
    let service_key = service_key::add(config, &unfinished.path, &mut manifest)?;
    run.verify_written(&unfinished, &manifest).await?;
    let backup = unfinished.finish(&manifest, key.as_ref())?;
    let now = clock.now();
    let in_future = folder.backups()?.into_iter();
    let in_future =
        in_future.filter(|it| it.manifest.as_ref().is_ok_and(|it| it.is_in_future(now)));
    let in_future = in_future.map(|it| it.name).collect();
    let (folder, engine, keep) = (folder.clone(), manifest.engine, config.backup.keep);
    let removed = blocking(&cancellation, move |cancellation| {
        retention::remove_old(&folder, engine, keep, cancellation)
    })
    .await;
    drop(lock);
    Ok(CreatedBackup { backup, manifest, unsigned, in_future, service_key, removed })
}

struct BackupRun<'a> {
    config: &'a Config,
    folder: &'a Folder,
    cancellation: &'a Cancellation,
}

impl BackupRun<'_> {
    async fn back_up_postgres(&self, address: &PostgresAddress) -> Result<(Unfinished, Manifest)> {
        let settings = &self.config.backup;
        let server = postgres::begin(address).await?;
        for backup in self.folder.backups()? {
            let cluster = backup.manifest.ok().and_then(|it| it.cluster);
            if cluster.is_some_and(|it| it.system_identifier != server.system_identifier()) {
                let message = format!(
                    "{} is of another cluster, and the WAL of two clusters must not be mixed: \
                     use another folder",
                    backup.name
                );
                return Err(BackupError::Refused(message));
            }
        }
        let programs = Programs::new(settings.postgres_programs.as_deref());
        let unfinished = self.folder.begin(Engine::Postgresql, server.began_at())?;
        let base = server.create_base_backup(
            &programs,
            &unfinished.path,
            &settings.recipients,
            self.cancellation,
        );
        let base = base.await?;
        let (file, digest, cluster) = (base.file, base.digest, Some(base.cluster));
        let manifest = Manifest::new(Engine::Postgresql, base.times, file, digest, cluster);
        Ok((unfinished, Manifest { unpacked: Some(base.unpacked.into()), ..manifest }))
    }

    /// Reads back what was written and compares its digest, before it counts as a backup.
    async fn verify_written(&self, unfinished: &Unfinished, manifest: &Manifest) -> Result<()> {
        let path = unfinished.path.join(&manifest.file);
        let found =
            blocking(self.cancellation, move |cancellation| payload::digest(&path, cancellation))
                .await?;
        if found == manifest.digest() {
            return Ok(());
        }
        Err(BackupError::Damaged("reading back returned other data: check the disk".to_owned()))
    }
}

/// When the newest backup of the configured database was started.
pub(super) fn newest_start(config: &Config, folder: &Folder) -> Result<Option<DateTime<Utc>>> {
    let engine = match config.backup.engine(&config.database)? {
        config::Engine::Sqlite(_) => Engine::Sqlite,
        config::Engine::Postgres(_) => Engine::Postgresql,
    };
    let manifests = folder.backups()?.into_iter().filter_map(|it| it.manifest.ok());
    Ok(manifests.filter(|it| it.engine == engine).last().map(|it| it.began_at))
}
