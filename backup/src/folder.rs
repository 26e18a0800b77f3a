//! The folder that stores the backups.

use std::{
    fs::{DirBuilder, File, TryLockError},
    io::Write as _,
    os::unix::fs::{DirBuilderExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
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

/// A temporary folder in `parent`, accessible only to its owner.
pub(super) fn scratch(parent: &Path) -> Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    // The default permissions would allow other users to read it.
    let rights = std::fs::Permissions::from_mode(0o700);
    builder.prefix(".restoring-").permissions(rights).tempdir_in(parent).at(parent)
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
