//! Bringing a backup back, into a new place.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};

use super::{
    error::{At as _, BackupError, Result},
    folder::{self, Folder, Kept},
    keys::Identities,
    manifest::{Engine, Manifest},
    payload::{self, Reader, Stop, blocking},
    postgres::{self, Recovery, word},
    service_key::Restoring,
    signature::Signed,
    sqlite,
    verify::{self, Trust},
};
use crate::core::{archive::NewFolder, db::lock::ServiceLock};

/// What is to be restored, and where to.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    /// The backup's name; the newest that fits unless said.
    pub(super) backup: Option<String>,
    /// The moment to go back to.
    pub(super) to: Option<DateTime<Utc>>,
    /// A file for SQLite, a folder for PostgreSQL.
    pub(super) into: PathBuf,
    /// The identity that opens sealed backups.
    pub(super) identity: Option<PathBuf>,
    /// Whose backups are trusted.
    pub(super) trust: Trust,
    /// Whether what is there is put aside.
    pub(super) force: bool,
    /// When this was asked for: part of the name of what is put aside.
    pub(super) now: DateTime<Utc>,
}

impl Wanted {
    /// What is added to the name of what is put aside.
    fn aside(&self) -> String {
        format!(".before-{}", self.now.format("%Y%m%dT%H%M%S%.3fZ"))
    }
}

/// Restores; tells what to do next.
pub(super) async fn restore(folder: &Folder, wanted: &Wanted) -> Result<String> {
    let backups = folder.backups()?;
    let (backup, manifest) = choose(&backups, wanted)?;
    let place = Place { engine: manifest.engine, wanted };
    place.check()?;
    let signed = wanted.trust.keys.check(backup, wanted.trust.needs_signature);
    let signed = signed.map_err(|error| match error {
        BackupError::Refused(why) => BackupError::Refused(format!("{}: {why}", backup.name)),
        error => error,
    })?;
    verify::compare(backup, manifest).await?;
    let identities = Identities::read(wanted.identity.as_deref())?;
    let from = payload::open(&backup.payload(manifest), &identities)?;
    let (into, force) = (&wanted.into, wanted.force);
    let service_key = Restoring::prepare(backup, manifest, &identities, into, force)?;
    match manifest.engine {
        Engine::Sqlite => {
            // A service that is started meanwhile waits for the database that is being put there.
            if let Some(parent) = wanted.into.parent().filter(|it| !it.as_os_str().is_empty()) {
                folder::make_private(parent)?;
            }
            let _lock = ServiceLock::acquire_temporary(&wanted.into)
                .map_err(|error| BackupError::Refused(error.to_string()))?;
            sqlite::put(from, manifest.digest(), &wanted.into, || place.clear()).await?;
        }
        Engine::Postgresql => {
            let command = restore_command(folder, wanted)?;
            let recovery = Recovery { command, to: wanted.to };
            place.clear()?;
            let (data, manifest) = (wanted.into.clone(), manifest.clone());
            let is_vouched_for = matches!(signed, Signed::Known(_));
            blocking(&Stop::default(), move |_| {
                unpack(from, &manifest, is_vouched_for, &data, Some(&recovery))
            })
            .await?;
        }
    }
    let service_key = match service_key {
        Some(it) => it.put(&wanted.aside())?,
        None => "The service key is not in this backup: the service needs the one that it had.\n"
            .to_owned(),
    };
    Ok(report(backup, manifest, &signed, wanted) + &service_key)
}

/// Unpacks the base backup `from` into the new folder `data`, which goes where that fails.
pub(super) fn unpack(
    from: Reader,
    manifest: &Manifest,
    is_vouched_for: bool,
    data: &Path,
    recovery: Option<&Recovery>,
) -> Result<()> {
    let folder = NewFolder::create(data);
    let mut folder = folder.map_err(|error| BackupError::of_archive(error, data))?;
    let fill = |mut from: Reader, folder: &mut NewFolder| {
        postgres::unpack(&mut from, manifest.limits(is_vouched_for), folder)?;
        from.finish(&manifest.digest())?;
        postgres::lay_out(folder, recovery)
    };
    let filled = fill(from, &mut folder);
    if filled.is_err()
        && let Ok(data) = data.canonicalize()
    {
        // It was empty, and nobody else could add to it. Whatever stays has no control file.
        let _ = std::fs::remove_dir_all(data);
    }
    filled
}

/// The newest backup that holds nothing written after the moment wanted.
fn choose<'a>(backups: &'a [Kept], wanted: &Wanted) -> Result<(&'a Kept, &'a Manifest)> {
    let fits = |manifest: &Manifest| wanted.to.is_none_or(|to| manifest.ended_at <= to);
    if let Some(name) = &wanted.backup {
        let Some(backup) = backups.iter().find(|it| it.name == *name) else {
            return Err(BackupError::Refused(format!("there is no backup {name}")));
        };
        let manifest = match &backup.manifest {
            Ok(manifest) => manifest,
            Err(error) => return Err(error.again()),
        };
        if fits(manifest) {
            return Ok((backup, manifest));
        }
        let told = format!("{name} is of {}, after what is wanted", shown(manifest.ended_at));
        return Err(BackupError::Refused(told));
    }
    let readable = || backups.iter().filter_map(|it| Some((it, it.manifest.as_ref().ok()?)));
    if let Some(found) = readable().filter(|it| fits(it.1)).max_by_key(|it| it.1.ended_at) {
        return Ok(found);
    }
    let oldest = readable().map(|it| it.1.ended_at).min();
    Err(BackupError::Refused(match oldest {
        Some(oldest) => format!("the oldest backup is of {}: no way back beyond it", shown(oldest)),
        None => "there are no backups".to_owned(),
    }))
}

/// Where it is restored to.
struct Place<'a> {
    engine: Engine,
    wanted: &'a Wanted,
}

impl Place<'_> {
    /// Refuses a place that is not empty, but where it may be put aside; one that is in use always.
    fn check(&self) -> Result<()> {
        let into = &self.wanted.into;
        let shown = into.display();
        let occupied = self.occupied()?;
        if self.engine == Engine::Sqlite && into.is_dir() {
            let told = format!("{shown} is a folder: name the database's file");
            return Err(BackupError::Refused(told));
        }
        if let Some(user) = occupied.iter().find_map(|it| user_of(it)) {
            let told = format!("{shown} is in use by process {user}: stop it first");
            return Err(BackupError::Refused(told));
        }
        match occupied.first() {
            Some(first) if !self.wanted.force => Err(BackupError::Refused(format!(
                "{} is there already, and nothing was restored: name a new place, or have it put \
                 aside with --force",
                first.display()
            ))),
            _ => Ok(()),
        }
    }

    /// What is in the way.
    fn occupied(&self) -> Result<Vec<PathBuf>> {
        let into = &self.wanted.into;
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

    /// Puts aside what is in the way, as far as that was allowed.
    fn clear(&self) -> Result<()> {
        self.check()?;
        let suffix = self.wanted.aside();
        for path in self.occupied()? {
            std::fs::rename(&path, folder::with_suffix(&path, &suffix)).at(&path)?;
        }
        Ok(())
    }
}

/// A process that has the file open, or the server that runs on the folder, as far as this user can
/// see.
fn user_of(path: &Path) -> Option<u32> {
    let path = path.canonicalize().ok()?;
    let processes = std::fs::read_dir("/proc").ok()?.flatten();
    let mut pids = processes.filter_map(|it| it.file_name().to_str()?.parse::<u32>().ok());
    if path.is_dir() {
        let told = std::fs::read_to_string(path.join("postmaster.pid")).ok()?;
        let server = told.lines().next()?.trim().parse().ok()?;
        let name = std::fs::read_to_string(format!("/proc/{server}/comm")).ok()?;
        // After a power cut the number may be somebody else's.
        return name.starts_with("postgres").then_some(server);
    }
    pids.find(|pid| {
        let open = std::fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
        open.filter_map(|it| std::fs::read_link(it.path()).ok()).any(|it| it == path)
    })
}

/// How the restored server brings its WAL: by this very program.
fn restore_command(folder: &Folder, wanted: &Wanted) -> Result<String> {
    let text = |path: &Path| -> Result<String> {
        let whole = std::path::absolute(path).at(path)?;
        let told = || BackupError::Refused(format!("{}: a path has to be UTF-8", path.display()));
        Ok(word(whole.to_str().ok_or_else(told)?))
    };
    let this = std::env::current_exe().at(Path::new("motovaultpro"))?;
    let mut command =
        format!("{} backup fetch-wal --folder {}", text(&this)?, text(folder.path())?);
    if let Some(identity) = &wanted.identity {
        let _ = write!(command, " --identity {}", text(identity)?);
    }
    command.push_str(" %f %p");
    Ok(command)
}

fn shown(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

fn report(backup: &Kept, manifest: &Manifest, signed: &Signed, wanted: &Wanted) -> String {
    let (name, into) = (&backup.name, wanted.into.display());
    let of = shown(manifest.ended_at);
    match manifest.engine {
        Engine::Sqlite => format!(
            "restored {name} into {into}\n\
             It is {signed}.\n\
             It is of {of}: SQLite goes back to whole backups, and what was written later is not \
             in it.\n"
        ),
        Engine::Postgresql => {
            let to = match wanted.to {
                Some(to) => format!("recovers to {}", shown(to)),
                None => "recovers all that was archived".to_owned(),
            };
            format!(
                "restored {name} of {of} into {into}\n\
                 It is {signed}.\n\
                 Start it with `postgres -D {into}` as the folder's owner: it {to}, then takes \
                 writes.\nIt does not archive its WAL until archive_mode is reset there: see \
                 docs/backups.md.\n"
            )
        }
    }
}
