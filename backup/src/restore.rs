//! Restores a backup to a new location.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};

use super::{
    error::{At as _, BackupError, Result},
    folder::{self, Folder, StoredBackup},
    keys::Identities,
    manifest::{Engine, Manifest},
    payload::{self, Cancellation, Reader, blocking},
    postgres::{self, Recovery, quote_word},
    service_key::KeyRestore,
    signature::SignatureStatus,
    sqlite,
    verify::{self, Trust},
};
use crate::core::{archive::NewFolder, db::lock::ServiceLock};

/// What to restore, and where.
#[derive(Debug, Clone)]
pub(super) struct RestoreOptions {
    /// The name of the backup; by default, the newest suitable one.
    pub(super) backup: Option<String>,
    /// The point in time to restore.
    pub(super) to: Option<DateTime<Utc>>,
    /// A file for SQLite, a folder for PostgreSQL.
    pub(super) into: PathBuf,
    /// The identity that decrypts encrypted backups.
    pub(super) identity: Option<PathBuf>,
    /// The keys whose signatures are trusted.
    pub(super) trust: Trust,
    /// Whether to rename existing files.
    pub(super) force: bool,
    /// The current time, which becomes part of the names of renamed files.
    pub(super) now: DateTime<Utc>,
}

impl RestoreOptions {
    /// The suffix for renamed files.
    fn aside_suffix(&self) -> String {
        format!(".before-{}", self.now.format("%Y%m%dT%H%M%S%.3fZ"))
    }
}

/// Restores a backup, and returns a report with the next steps.
pub(super) async fn restore(folder: &Folder, options: &RestoreOptions) -> Result<String> {
    let backups = folder.backups()?;
    let (backup, manifest) = select_backup(&backups, options)?;
    let destination = Destination { engine: manifest.engine, options };
    destination.check()?;
    let signed = options.trust.keys.check(backup, options.trust.needs_signature);
    let signed = signed.map_err(|error| match error {
        BackupError::Refused(why) => BackupError::Refused(format!("{}: {why}", backup.name)),
        error => error,
    })?;
    verify::check_digest(backup, manifest).await?;
    let identities = Identities::read(options.identity.as_deref())?;
    let from = payload::open(&backup.payload(manifest), &identities)?;
    let (into, force) = (&options.into, options.force);
    let service_key = KeyRestore::prepare(backup, manifest, &identities, into, force)?;
    match manifest.engine {
        Engine::Sqlite => {
            // The lock makes a service that starts now wait until the database is in place.
            if let Some(parent) = options.into.parent().filter(|it| !it.as_os_str().is_empty()) {
                folder::create_private_folder(parent)?;
            }
            let _lock = ServiceLock::acquire_temporary(&options.into)
                .map_err(|error| BackupError::Refused(error.to_string()))?;
            sqlite::restore_file(from, manifest.digest(), &options.into, || {
                destination.move_aside()
            })
            .await?;
        }
        Engine::Postgresql => {
            let command = restore_command(folder, options)?;
            let recovery = Recovery { command, to: options.to };
            destination.move_aside()?;
            let (data, manifest) = (options.into.clone(), manifest.clone());
            let is_trusted = matches!(signed, SignatureStatus::Known(_));
            blocking(&Cancellation::default(), move |_| {
                unpack(from, &manifest, is_trusted, &data, Some(&recovery))
            })
            .await?;
        }
    }
    let service_key = match service_key {
        Some(it) => it.restore(&options.aside_suffix())?,
        None => "The service key is not in this backup: the service needs its original key.\n"
            .to_owned(),
    };
    Ok(report(backup, manifest, &signed, options) + &service_key)
}

/// Unpacks the base backup `from` into the new folder `data`, which is deleted if that fails.
pub(super) fn unpack(
    from: Reader,
    manifest: &Manifest,
    is_trusted: bool,
    data: &Path,
    recovery: Option<&Recovery>,
) -> Result<()> {
    let folder = NewFolder::create(data);
    let mut folder = folder.map_err(|error| BackupError::from_archive(error, data))?;
    let fill = |mut from: Reader, folder: &mut NewFolder| {
        postgres::unpack(&mut from, manifest.limits(is_trusted), folder)?;
        from.finish(&manifest.digest())?;
        postgres::prepare_recovery(folder, recovery)
    };
    let filled = fill(from, &mut folder);
    if filled.is_err()
        && let Ok(data) = data.canonicalize()
    {
        // The folder was empty and private. If deleting fails, the control file is still missing.
        let _ = std::fs::remove_dir_all(data);
    }
    filled
}

/// Selects the newest backup that contains nothing written after the requested time.
fn select_backup<'a>(
    backups: &'a [StoredBackup],
    options: &RestoreOptions,
) -> Result<(&'a StoredBackup, &'a Manifest)> {
    let fits = |manifest: &Manifest| options.to.is_none_or(|to| manifest.ended_at <= to);
    if let Some(name) = &options.backup {
        let Some(backup) = backups.iter().find(|it| it.name == *name) else {
            return Err(BackupError::Refused(format!("there is no backup {name}")));
        };
        let manifest = match &backup.manifest {
            Ok(manifest) => manifest,
            Err(error) => return Err(error.duplicate()),
        };
        if fits(manifest) {
            return Ok((backup, manifest));
        }
        let message =
            format!("{name} is of {}, after the requested time", format_time(manifest.ended_at));
        return Err(BackupError::Refused(message));
    }
    let readable = || backups.iter().filter_map(|it| Some((it, it.manifest.as_ref().ok()?)));
    if let Some(found) = readable().filter(|it| fits(it.1)).max_by_key(|it| it.1.ended_at) {
        return Ok(found);
    }
    let oldest = readable().map(|it| it.1.ended_at).min();
    Err(BackupError::Refused(match oldest {
        Some(oldest) => {
            format!("the oldest backup is of {}, after the requested time", format_time(oldest))
        }
        None => "there are no backups".to_owned(),
    }))
}

/// The location to restore to.
struct Destination<'a> {
    engine: Engine,
    options: &'a RestoreOptions,
}

impl Destination<'_> {
    /// Returns an error if the location is in use, or if it is not empty and `force` is not set.
    fn check(&self) -> Result<()> {
        let into = &self.options.into;
        let shown = into.display();
        let existing_files = self.existing_files()?;
        if self.engine == Engine::Sqlite && into.is_dir() {
            let message = format!("{shown} is a folder: specify the database file");
            return Err(BackupError::Refused(message));
        }
        if let Some(user) = existing_files.iter().find_map(|it| process_using(it)) {
            let message = format!("{shown} is in use by process {user}: stop it first");
            return Err(BackupError::Refused(message));
        }
        match existing_files.first() {
            Some(first) if !self.options.force => Err(BackupError::Refused(format!(
                "{} already exists, and nothing was restored: specify a new location, or use --force to \
                 rename the existing files",
                first.display()
            ))),
            _ => Ok(()),
        }
    }

    /// The files that are in the way.
    fn existing_files(&self) -> Result<Vec<PathBuf>> {
        let into = &self.options.into;
        if self.engine == Engine::Sqlite {
            return Ok(sqlite::files(into).into_iter().filter(|it| it.exists()).collect());
        }
        let is_empty = match std::fs::read_dir(into) {
            Ok(mut entries) => entries.next().is_none(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => true,
            Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => false,
            Err(error) => return Err(error).at(into),
        };
        Ok(if is_empty { Vec::new() } else { vec![into.clone()] })
    }

    /// Renames the files that are in the way, if allowed.
    fn move_aside(&self) -> Result<()> {
        self.check()?;
        let suffix = self.options.aside_suffix();
        for path in self.existing_files()? {
            std::fs::rename(&path, folder::with_suffix(&path, &suffix)).at(&path)?;
        }
        Ok(())
    }
}

/// The process that has the file open, or the server that runs on the folder, as far as this user can see.
fn process_using(path: &Path) -> Option<u32> {
    let path = path.canonicalize().ok()?;
    let processes = std::fs::read_dir("/proc").ok()?.flatten();
    let mut pids = processes.filter_map(|it| it.file_name().to_str()?.parse::<u32>().ok());
    if path.is_dir() {
        let message = std::fs::read_to_string(path.join("postmaster.pid")).ok()?;
        let server = message.lines().next()?.trim().parse().ok()?;
        let name = std::fs::read_to_string(format!("/proc/{server}/comm")).ok()?;
        // After a power failure, the process id may belong to another program.
        return name.starts_with("postgres").then_some(server);
    }
    pids.find(|pid| {
        let open = std::fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
        open.filter_map(|it| std::fs::read_link(it.path()).ok()).any(|it| it == path)
    })
}

/// The command with which the restored server fetches WAL, using this program.
fn restore_command(folder: &Folder, options: &RestoreOptions) -> Result<String> {
    let text = |path: &Path| -> Result<String> {
        let absolute = std::path::absolute(path).at(path)?;
        let message =
            || BackupError::Refused(format!("{}: the path must be UTF-8", path.display()));
        Ok(quote_word(absolute.to_str().ok_or_else(message)?))
    };
    let this = std::env::current_exe().at(Path::new("motovaultpro"))?;
    let mut command =
        format!("{} backup fetch-wal --folder {}", text(&this)?, text(folder.path())?);
    if let Some(identity) = &options.identity {
        let _ = write!(command, " --identity {}", text(identity)?);
    }
    command.push_str(" %f %p");
    Ok(command)
}

fn format_time(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

fn report(
    backup: &StoredBackup,
    manifest: &Manifest,
    signed: &SignatureStatus,
    options: &RestoreOptions,
) -> String {
    let (name, into) = (&backup.name, options.into.display());
    let of = format_time(manifest.ended_at);
    match manifest.engine {
        Engine::Sqlite => format!(
            "restored {name} into {into}\n\
             It is {signed}.\n\
             It contains the data as of {of}. For SQLite, there is no point-in-time recovery: later \
             changes are lost.\n"
        ),
        Engine::Postgresql => {
            let to = match options.to {
                Some(to) => format!("recovers to {}", format_time(to)),
                None => "recovers all archived changes".to_owned(),
            };
            format!(
                "restored {name} of {of} into {into}\n\
                 It is {signed}.\n\
                 Start it with `postgres -D {into}` as the folder's owner: it {to}, then accepts \
                 writes.\nIt does not archive its WAL until you reset archive_mode: see \
                 docs/backups.md.\n"
            )
        }
    }
}
