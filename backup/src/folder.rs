//! The folder that stores the backups.

use std::{
    fs::{DirBuilder, File, TryLockError},
    io::Write as _,
    os::unix::fs::{DirBuilderExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    time::Duration,
};

use chrono::{DateTime, Utc};
use tempfile::TempDir;

use super::{
    error::{At as _, BackupError, Result},
    manifest::{self, Engine, Manifest},
    payload, signature,
};
use crate::core::{files, minisign::SecretKey};

/// Prefix of unfinished backups.
const UNFINISHED_PREFIX: &str = ".unfinished-";
/// The lock file for creating backups.
const LOCK: &str = ".lock";
/// The lock file for scheduled checks.
const CHECKS_LOCK: &str = ".checks.lock";
/// Prefix of temporary folders.
const SCRATCH_PREFIX: &str = ".restoring-";
/// The age from which a temporary folder without a lock is abandoned.
const ABANDONED_AFTER: Duration = Duration::from_mins(1);
/// The folder of archived WAL.
pub(super) const WAL: &str = "wal";

/// The folder that stores the backups.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    path: PathBuf,
}

/// A complete backup.
#[derive(Debug)]
pub(super) struct StoredBackup {
    /// Start time and database engine: `20260131T120000.000Z-sqlite`.
    pub(super) name: String,
    /// Its folder.
    pub(super) path: PathBuf,
    /// The manifest, or why it cannot be read.
    pub(super) manifest: Result<Manifest>,
    /// The text of the manifest, which is signed.
    pub(super) text: Vec<u8>,
}

impl StoredBackup {
    fn read(name: String, path: PathBuf) -> Self {
        match manifest::text(&path) {
            Ok(text) => {
                let manifest = Manifest::parse(&text, &path.join(manifest::FILE));
                Self { name, path, manifest, text }
            }
            Err(error) => Self { name, path, manifest: Err(error), text: Vec::new() },
        }
    }

    /// The path of the payload.
    pub(super) fn payload(&self, manifest: &Manifest) -> PathBuf {
        self.path.join(&manifest.file)
    }
}

/// A backup in progress. It is deleted if dropped before it is complete.
pub(super) struct Unfinished {
    folder: Folder,
    /// The temporary folder.
    pub(super) path: PathBuf,
    name: String,
    /// Its number in the sequence of all backups in the folder.
    number: u64,
    is_complete: bool,
}

impl Folder {
    /// Creates the folder at `path` if needed, accessible only to its owner.
    pub(super) fn create(path: &Path) -> Result<Self> {
        create_private_folder(path)?;
        Ok(Self { path: path.to_owned() })
    }

    /// Opens the existing folder at `path`.
    pub(super) fn open(path: &Path) -> Result<Self> {
        std::fs::read_dir(path).at(path)?;
        Ok(Self { path: path.to_owned() })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn wal(&self) -> PathBuf {
        self.path.join(WAL)
    }

    /// The complete backups in the order in which they were created. The order follows their numbers, since
    /// the clock may have been set back. Backups without a number come first, unreadable ones last.
    pub(super) fn backups(&self) -> Result<Vec<StoredBackup>> {
        let mut backups = Vec::new();
        for entry in std::fs::read_dir(&self.path).at(&self.path)? {
            let entry = entry.at(&self.path)?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            let is_named = name.ends_with("-sqlite") || name.ends_with("-postgresql");
            if !is_named || name.starts_with('.') {
                continue;
            }
            let (path, kind) = (entry.path(), entry.file_type().at(&entry.path())?);
            if kind.is_dir() {
                backups.push(StoredBackup::read(name, path));
            } else if kind.is_symlink() {
                let why = format!("{} is a symbolic link, which is not followed", path.display());
                let manifest = Err(BackupError::Damaged(why));
                backups.push(StoredBackup { name, path, manifest, text: Vec::new() });
            }
        }
        let order = |it: &StoredBackup| match &it.manifest {
            Ok(manifest) => manifest.number.unwrap_or_default(),
            Err(_) => u64::MAX,
        };
        backups.sort_by(|a, b| order(a).cmp(&order(b)).then_with(|| a.name.cmp(&b.name)));
        Ok(backups)
    }

    /// Acquires the lock for creating backups. It is released when the file is closed.
    pub(super) fn lock(&self) -> Result<File> {
        self.lock_file(LOCK)
    }

    /// Acquires the lock for scheduled checks. Backups have a separate lock, since a check may take long.
    pub(super) fn lock_checks(&self) -> Result<File> {
        self.lock_file(CHECKS_LOCK)
    }

    fn lock_file(&self, name: &str) -> Result<File> {
        let path = self.path.join(name);
        let file = open_lock(&path)?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(BackupError::Busy),
            Err(TryLockError::Error(error)) => Err(error).at(&path),
        }
    }

    /// Starts a backup, and deletes unfinished ones. The caller must hold the lock.
    pub(super) fn begin(&self, engine: Engine, at: DateTime<Utc>) -> Result<Unfinished> {
        for entry in std::fs::read_dir(&self.path).at(&self.path)? {
            let entry = entry.at(&self.path)?;
            if entry.file_name().to_string_lossy().starts_with(UNFINISHED_PREFIX) {
                let path = entry.path();
                let is_folder = entry.file_type().at(&path)?.is_dir();
                let removed = if is_folder {
                    std::fs::remove_dir_all(&path)
                } else {
                    std::fs::remove_file(&path)
                };
                removed.at(&path)?;
            }
        }
        let name = format!("{}-{}", at.format("%Y%m%dT%H%M%S%.3fZ"), engine.name());
        if self.path.join(&name).exists() {
            return Err(BackupError::Refused(format!("a backup {name} already exists")));
        }
        let numbers = self.backups()?.into_iter().filter_map(|it| it.manifest.ok()?.number);
        let number = numbers.max().unwrap_or_default().saturating_add(1);
        let path = self.path.join(format!("{UNFINISHED_PREFIX}{name}"));
        // Fails if something exists there by now, including a symlink.
        DirBuilder::new().mode(0o700).create(&path).at(&path)?;
        Ok(Unfinished { folder: self.clone(), path, name, number, is_complete: false })
    }

    /// Deletes a backup. It is renamed first, so that an interrupted deletion leaves no partial backup.
    pub(super) fn remove(&self, backup: &StoredBackup) -> Result<()> {
        let renamed = self.path.join(format!("{UNFINISHED_PREFIX}{}", backup.name));
        std::fs::rename(&backup.path, &renamed).at(&backup.path)?;
        sync(&self.path)?;
        std::fs::remove_dir_all(&renamed).at(&renamed)
    }
}

impl Unfinished {
    /// Writes the manifest and its signature, syncs everything to disk, and renames the backup to its final
    /// name.
    pub(super) fn finish(
        mut self,
        manifest: &Manifest,
        key: Option<&SecretKey>,
    ) -> Result<StoredBackup> {
        let manifest = Manifest { number: Some(self.number), ..manifest.clone() };
        let text = serde_json::to_string_pretty(&manifest)
            .map_err(|error| BackupError::Refused(error.to_string()))?;
        let text = format!("{text}\n").into_bytes();
        self.write(manifest::FILE, &text)?;
        if let Some(key) = key {
            self.write(signature::FILE, key.sign(&text, &self.name).as_bytes())?;
        }
        sync(&self.path)?;
        let named = self.folder.path.join(&self.name);
        std::fs::rename(&self.path, &named).at(&self.path)?;
        self.is_complete = true;
        sync(&self.folder.path)?;
        Ok(StoredBackup { name: self.name.clone(), path: named, manifest: Ok(manifest), text })
    }

    fn write(&self, name: &str, content: &[u8]) -> Result<()> {
        let path = self.path.join(name);
        let mut file = payload::create_private(&path)?;
        file.write_all(content).at(&path)?;
        file.sync_all().at(&path)
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.is_complete {
            // If this fails, the next backup deletes the folder.
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

/// Creates a folder and its parents, accessible only to their owner.
pub(super) fn create_private_folder(path: &Path) -> Result<()> {
    files::create_private_folder(path).at(path)
}

/// A temporary folder, accessible only to its owner. It is deleted when it is dropped; if the process is
/// killed, the next one to create a temporary folder in the same place deletes it.
#[derive(Debug)]
pub(super) struct Scratch {
    folder: TempDir,
    /// Held as long as the folder is in use.
    _lock: File,
}

impl Scratch {
    /// Creates a temporary folder in `parent`.
    pub(super) fn create(parent: &Path) -> Result<Self> {
        remove_abandoned(parent)?;
        let mut builder = tempfile::Builder::new();
        // The default permissions would allow other users to read it.
        let rights = std::fs::Permissions::from_mode(0o700);
        let builder = builder.prefix(SCRATCH_PREFIX).permissions(rights);
        let folder = builder.tempdir_in(parent).at(parent)?;
        let lock = File::open(folder.path()).at(folder.path())?;
        lock.lock().at(folder.path())?;
        Ok(Self { folder, _lock: lock })
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Deletes the temporary folders of processes that were killed. Those that belong to other users, or whose
/// process is running, stay.
fn remove_abandoned(parent: &Path) -> Result<()> {
    for entry in std::fs::read_dir(parent).at(parent)?.filter_map(std::io::Result::ok) {
        if !entry.file_name().to_string_lossy().starts_with(SCRATCH_PREFIX) {
            continue;
        }
        let path = entry.path();
        let Ok(folder) = files::open_folder(&path) else { continue };
        // Between its creation and its lock, a folder only looks abandoned.
        let age = folder.metadata().ok().and_then(|it| it.modified().ok()?.elapsed().ok());
        if age.is_some_and(|it| it >= ABANDONED_AFTER) && folder.try_lock().is_ok() {
            // Whatever cannot be deleted stays: it is not needed.
            let _ = std::fs::remove_dir_all(&path);
        }
    }
    Ok(())
}

/// Opens a file to lock it: see [`files::open_lock`].
pub(super) fn open_lock(path: &Path) -> Result<File> {
    files::open_lock(path).at(path)
}

/// Syncs a folder's entries to disk.
pub(super) fn sync(folder: &Path) -> Result<()> {
    File::open(folder).and_then(|it| it.sync_all()).at(folder)
}

/// Appends `suffix` to the last component of a path.
pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Deletes a file if it exists.
pub(super) fn remove(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error).at(path),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::{fs::File, path::Path, time::SystemTime};

    use super::{ABANDONED_AFTER, SCRATCH_PREFIX, Scratch};

    /// Makes a folder look as old as one that was abandoned.
    fn age(folder: &Path) {
        let modified = SystemTime::now() - ABANDONED_AFTER;
        File::open(folder).unwrap().set_modified(modified).unwrap();
    }

    #[test]
    fn temporary_folders_of_killed_processes_are_deleted_and_others_stay() {
        let parent = tempfile::tempdir().unwrap();
        let folder = |name: &str| {
            let path = parent.path().join(name);
            std::fs::create_dir(&path).unwrap();
            std::fs::write(path.join("data"), "data").unwrap();
            path
        };
        let abandoned = folder(&format!("{SCRATCH_PREFIX}killed"));
        let new = folder(&format!("{SCRATCH_PREFIX}new"));
        let unrelated = folder("unrelated");
        let link = parent.path().join(format!("{SCRATCH_PREFIX}link"));
        std::os::unix::fs::symlink(&unrelated, &link).unwrap();
        let in_use = Scratch::create(parent.path()).unwrap();
        for path in [&abandoned, &unrelated, in_use.path()] {
            age(path);
        }

        let other = Scratch::create(parent.path()).unwrap();
        assert!(!abandoned.exists());
        for path in [&new, &unrelated.join("data"), &link, in_use.path(), other.path()] {
            assert!(path.exists(), "{}", path.display());
        }
    }
}
