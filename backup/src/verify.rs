//! Verifies backups and archived WAL.

use std::path::Path;

use chrono::{DateTime, Utc};

use super::{
    error::{BackupError, Result},
    folder::{Folder, Scratch, StoredBackup},
    keys::Identities,
    manifest::{Engine, Manifest},
    payload::{self, Cancellation, blocking},
    postgres::{self, Programs},
    restore, service_key,
    signature::{SignatureStatus, TrustedKeys},
    sqlite, status, wal,
};

/// The result of a verification.
#[derive(Debug, Default)]
pub(super) struct Report {
    /// One line per item that was verified.
    pub(super) lines: Vec<String>,
    /// Damaged items.
    pub(super) damage: Vec<String>,
    /// Items that could not be verified.
    pub(super) unchecked: Vec<String>,
}

impl Report {
    fn add(&mut self, what: &str, found: Result<String>) {
        match found {
            Ok(message) => self.lines.push(format!("{what}: {message}")),
            Err(error) => self.add_error(&error, format!("{what}: {error}")),
        }
    }

    fn add_error(&mut self, error: &BackupError, message: String) {
        if error.is_damage() { self.damage.push(message) } else { self.unchecked.push(message) }
    }

    /// The errors, if there are any.
    pub(super) fn error(&self) -> Option<BackupError> {
        let message = |what: &str, all: &[String]| format!("{what}: {}", all.join("\n  "));
        match (&self.damage[..], &self.unchecked[..]) {
            ([], []) => None,
            ([], unchecked) => Some(BackupError::Refused(message("not checked", unchecked))),
            (damage, []) => Some(BackupError::Damaged(message("damaged", damage))),
            (damage, unchecked) => Some(BackupError::Damaged(format!(
                "{}\n{}",
                message("damaged", damage),
                message("not checked", unchecked)
            ))),
        }
    }
}

/// How signatures are verified.
#[derive(Debug, Clone, Default)]
pub(super) struct Trust {
    /// The keys whose signatures are trusted.
    pub(super) keys: TrustedKeys,
    /// Whether every backup must be signed with one of them.
    pub(super) needs_signature: bool,
}

/// Verifies the backup `name`, or all backups and the archived WAL. PostgreSQL may not have archived all WAL
/// yet for a backup created just before `now`.
pub(super) async fn verify(
    folder: &Folder,
    name: Option<&str>,
    identity: Option<&Path>,
    trust: &Trust,
    programs: &Programs,
    now: DateTime<Utc>,
) -> Result<Report> {
    let backups = folder.backups()?;
    let chosen: Vec<&StoredBackup> =
        backups.iter().filter(|it| name.is_none_or(|name| it.name == name)).collect();
    if chosen.is_empty() {
        return Err(BackupError::Refused(match name {
            Some(name) => format!("there is no backup {name}"),
            None => "there are no backups".to_owned(),
        }));
    }
    // Report a wrong identity file once instead of for each file.
    Identities::read(identity)?;
    let mut report = Report::default();
    for backup in &chosen {
        report.add(&backup.name, check(backup, identity, trust, programs).await);
    }
    if name.is_none() {
        let needed = status::required_wal(&backups, now);
        let checked = check_wal(folder, &needed, identity, &mut report).await;
        if let Err(error) = checked {
            report.add_error(&error, format!("archived WAL: {error}"));
        }
    }
    Ok(report)
}

async fn check(
    backup: &StoredBackup,
    identity: Option<&Path>,
    trust: &Trust,
    programs: &Programs,
) -> Result<String> {
    let manifest = match &backup.manifest {
        Ok(manifest) => manifest,
        Err(error) => return Err(error.duplicate()),
    };
    let signed = trust.keys.check(backup, trust.needs_signature)?;
    check_digest(backup, manifest).await?;
    service_key::check(backup, manifest, &Identities::read(identity)?)?;
    let found = check_payload(backup, manifest, &signed, identity, programs).await?;
    Ok(format!("{found}; {signed}"))
}

async fn check_payload(
    backup: &StoredBackup,
    manifest: &Manifest,
    signed: &SignatureStatus,
    identity: Option<&Path>,
    programs: &Programs,
) -> Result<String> {
    if manifest.is_encrypted() && identity.is_none() {
        return Ok("intact; encrypted, content not verified without an identity".to_owned());
    }
    let payload = backup.payload(manifest);
    if manifest.engine == Engine::Sqlite && !manifest.is_encrypted() {
        return match &sqlite::integrity_errors(&payload).await[..] {
            [] => Ok("intact database".to_owned()),
            errors => Err(BackupError::Damaged(errors.join("; "))),
        };
    }
    // The folder is private, since it contains a decrypted backup.
    let place = std::env::temp_dir();
    let scratch = Scratch::create(&place).map_err(|error| {
        BackupError::Refused(format!("cannot create a temporary folder: {error}"))
    })?;
    let from = payload::open(&payload, &Identities::read(identity)?)?;
    let inside = scratch.path().join("data");
    match manifest.engine {
        Engine::Sqlite => {
            // Restoring also verifies the database.
            sqlite::restore_file(from, manifest.digest(), &inside, || Ok(())).await?;
            Ok("intact database".to_owned())
        }
        Engine::Postgresql => {
            let (data, described) = (inside.clone(), manifest.clone());
            let is_trusted = matches!(signed, SignatureStatus::Known(_));
            blocking(&Cancellation::default(), move |_| {
                restore::unpack(from, &described, is_trusted, &data, None)
            })
            .await?;
            let version = manifest.cluster.as_ref().map_or(0, |it| it.version);
            match postgres::verify(programs, version, &inside).await? {
                Some(Ok(())) => Ok("intact, verified with pg_verifybackup".to_owned()),
                Some(Err(message)) => Err(BackupError::Damaged(message)),
                None => Ok("intact; pg_verifybackup is not installed".to_owned()),
            }
        }
    }
}

/// Compares the payload's digest with the manifest.
pub(super) async fn check_digest(backup: &StoredBackup, manifest: &Manifest) -> Result<()> {
    let path = backup.payload(manifest);
    let (read, expected) = (path.clone(), manifest.digest());
    let found = blocking(&Cancellation::default(), move |cancellation| {
        payload::digest(&read, cancellation)
    })
    .await?;
    if found == expected {
        return Ok(());
    }
    let why = if found.size == expected.size {
        "its SHA-256 does not match the manifest".to_owned()
    } else {
        format!("it has {} bytes instead of {}", found.size, expected.size)
    };
    Err(BackupError::Damaged(format!("{}: {why}", path.display())))
}

/// Verifies the archived WAL: that all `needed` files exist, and that existing files are intact.
pub(super) async fn check_wal(
    folder: &Folder,
    needed: &wal::RequiredWal,
    identity: Option<&Path>,
    report: &mut Report,
) -> Result<()> {
    let files = wal::list(folder)?;
    for gap in wal::find_gaps(&files, needed) {
        report.damage.push(format!("archived WAL: {gap}"));
    }
    if files.is_empty() {
        return Ok(());
    }
    let (all, identity) = (files.len(), identity.map(Path::to_owned));
    let (read, errors) = blocking(&Cancellation::default(), move |cancellation| {
        let identities = Identities::read(identity.as_deref())?;
        let readable = files.iter().filter(|it| !it.is_encrypted() || !identities.is_empty());
        let (mut read, mut errors) = (0, Vec::new());
        for file in readable {
            read += 1;
            errors.extend(file.check(&identities, cancellation).err());
        }
        Ok((read, errors))
    })
    .await?;
    let intact = read - errors.len();
    for error in &errors {
        report.add_error(error, error.to_string());
    }
    let encrypted = match all - read {
        0 => String::new(),
        rest => format!(", {rest} encrypted and not verified without an identity"),
    };
    report.lines.push(format!("archived WAL: {intact} of {all} files intact{encrypted}"));
    Ok(())
}
