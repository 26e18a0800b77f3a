//! The folder that keeps the backups.

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

/// How the name of what is not whole begins.
const UNFINISHED_PREFIX: &str = ".unfinished-";
/// The file that whoever makes a backup holds locked.
const LOCK: &str = ".lock";
/// The file that is locked while the backups are checked on schedule.
const CHECKS_LOCK: &str = ".checks.lock";
/// The folder of archived WAL.
pub(super) const WAL: &str = "wal";

/// The folder that keeps the backups.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    path: PathBuf,
}

/// A backup that has its name.
#[derive(Debug)]
pub(super) struct StoredBackup {
    /// When it was begun, and of which database it is: `20260131T120000.000Z-sqlite`.
    pub(super) name: String,
    /// Its folder.
    pub(super) path: PathBuf,
    /// What it says of itself, or why that cannot be read.
    pub(super) manifest: Result<Manifest>,
    /// The manifest's text, which is what is signed.
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

    /// Its payload's file.
    pub(super) fn payload(&self, manifest: &Manifest) -> PathBuf {
        self.path.join(&manifest.file)
    }
}

/// A backup that is being made. Dropped before it is whole, it goes.
pub(super) struct Unfinished {
    folder: Folder,
    /// Where it is made.
    pub(super) path: PathBuf,
    name: String,
    /// Its place in the order of all backups of the folder.
    number: u64,
    is_complete: bool,
}

impl Folder {
    /// The folder at `path`, which is made where it is absent, for its owner alone.
    pub(super) fn create(path: &Path) -> Result<Self> {
        create_private_folder(path)?;
        Ok(Self { path: path.to_owned() })
    }

    /// The folder at `path`, which has to be there.
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

    /// The whole backups in the order in which they were made, by their numbers and not by the clock,
    /// which may have been set back. Those without a number are older than those with one. Those that
    /// cannot be read are last.
    pub(super) fn backups(&self) -> Result<Vec<StoredBackup>> {
        let mut kept = Vec::new();
        for entry in std::fs::read_dir(&self.path).at(&self.path)? {
            let entry = entry.at(&self.path)?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            let is_named = name.ends_with("-sqlite") || name.ends_with("-postgresql");
            if !is_named || name.starts_with('.') {
                continue;
            }
            let (path, kind) = (entry.path(), entry.file_type().at(&entry.path())?);
            if kind.is_dir() {
                kept.push(StoredBackup::read(name, path));
            } else if kind.is_symlink() {
                let why = format!("{} is a symbolic link, which is not followed", path.display());
                let manifest = Err(BackupError::Damaged(why));
                kept.push(StoredBackup { name, path, manifest, text: Vec::new() });
            }
        }
        let order = |it: &StoredBackup| match &it.manifest {
            Ok(manifest) => manifest.number.unwrap_or_default(),
            Err(_) => u64::MAX,
        };
        kept.sort_by(|a, b| order(a).cmp(&order(b)).then_with(|| a.name.cmp(&b.name)));
        Ok(kept)
    }

    /// Takes the lock that one backup at a time holds, until the file goes.
    pub(super) fn lock(&self) -> Result<File> {
        self.lock_file(LOCK)
    }

    /// Takes the lock that one check on schedule at a time holds. Backups are made meanwhile: a check may take
    /// long.
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

    /// Begins a backup. What was left half made before goes: who asks holds the lock.
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
            return Err(BackupError::Refused(format!("there is a backup {name} already")));
        }
        let numbers = self.backups()?.into_iter().filter_map(|it| it.manifest.ok()?.number);
        let number = numbers.max().unwrap_or_default().saturating_add(1);
        let path = self.path.join(format!("{UNFINISHED_PREFIX}{name}"));
        // Not one that somebody else has put there meanwhile, nor where a link leads to.
        DirBuilder::new().mode(0o700).create(&path).at(&path)?;
        Ok(Unfinished { folder: self.clone(), path, name, number, is_complete: false })
    }

    /// Removes a backup. Cut off half-way, it has lost its name already.
    pub(super) fn remove(&self, kept: &StoredBackup) -> Result<()> {
        let aside = self.path.join(format!("{UNFINISHED_PREFIX}{}", kept.name));
        std::fs::rename(&kept.path, &aside).at(&kept.path)?;
        sync(&self.path)?;
        std::fs::remove_dir_all(&aside).at(&aside)
    }
}

impl Unfinished {
    /// Writes the manifest and its signature, brings all of it to the disk, and gives it its name.
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
            // What stays goes when the next backup begins.
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

/// Makes a folder and those above it, for their owner alone.
pub(super) fn create_private_folder(path: &Path) -> Result<()> {
    files::create_private_folder(path).at(path)
}

/// A folder in `parent` for its owner alone, which goes with what it holds.
pub(super) fn scratch(parent: &Path) -> Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    // The usual rights would let others look into it.
    let rights = std::fs::Permissions::from_mode(0o700);
    builder.prefix(".restoring-").permissions(rights).tempdir_in(parent).at(parent)
}

/// Opens a file to lock it: see [`files::open_lock`].
pub(super) fn open_lock(path: &Path) -> Result<File> {
    files::open_lock(path).at(path)
}

/// Brings a folder's names to the disk.
pub(super) fn sync(folder: &Path) -> Result<()> {
    File::open(folder).and_then(|it| it.sync_all()).at(folder)
}

/// The path with something added to its last name.
pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Removes a file, if it is there.
pub(super) fn remove(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error).at(path),
        _ => Ok(()),
    }
}
