//! Ensures that only one service uses an SQLite database at a time: another one would invalidate
//! its cache.

use std::{
    fs::{File, TryLockError},
    io::{self, Read as _, Seek as _, Write as _},
    path::{Path, PathBuf},
};

use crate::files;

/// A lock on an SQLite database, held until it is dropped or the process ends. It is an advisory
/// lock on a file next to the database, which contains the process id.
#[derive(Debug)]
pub struct ServiceLock {
    file: File,
    /// The lock file, if it is removed with the lock.
    temporary: Option<PathBuf>,
}

/// Why the database cannot be locked.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process uses or replaces the database.
    #[error("process {pid} uses the SQLite database {}: stop it first", .path.display())]
    InUse {
        /// The id of the process, or `of unknown id`.
        pid: String,
        /// The database.
        path: PathBuf,
    },
    /// The lock file cannot be used.
    #[error("{}", files::describe(path, error))]
    Io {
        /// The lock file.
        path: PathBuf,
        /// The cause.
        error: io::Error,
    },
}

impl ServiceLock {
    /// Locks the database at `database`.
    ///
    /// # Errors
    /// [`LockError`].
    pub fn acquire(database: &Path) -> Result<Self, LockError> {
        Ok(Self { file: open_and_lock(database, &lock_file(database))?, temporary: None })
    }

    /// Like [`ServiceLock::acquire`], but removes the lock file when dropped.
    ///
    /// # Errors
    /// [`LockError`].
    pub fn acquire_temporary(database: &Path) -> Result<Self, LockError> {
        let path = lock_file(database);
        Ok(Self { file: open_and_lock(database, &path)?, temporary: Some(path) })
    }
}

/// The path of the lock file. It is the same for every link to the database.
fn lock_file(database: &Path) -> PathBuf {
    let database = database.canonicalize().unwrap_or_else(|_| database.to_owned());
    let mut path = database.into_os_string();
    path.push(".lock");
    path.into()
}

fn open_and_lock(database: &Path, path: &Path) -> Result<File, LockError> {
    let failed = |error| LockError::Io { path: path.to_owned(), error };
    let mut file = files::open_lock(path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut pid = String::new();
            let _ = file.read_to_string(&mut pid);
            let pid = pid.trim();
            let pid = if pid.is_empty() { "of unknown id".to_owned() } else { pid.to_owned() };
            return Err(LockError::InUse { pid, path: database.to_owned() });
        }
        Err(TryLockError::Error(error)) => return Err(failed(error)),
    }
    let write_pid = |file: &mut File| {
        file.set_len(0)?;
        file.rewind()?;
        writeln!(file, "{}", std::process::id())
    };
    write_pid(&mut file).map_err(failed)?;
    Ok(file)
}

impl Drop for ServiceLock {
    fn drop(&mut self) {
        let _ = self.file.set_len(0);
        // Otherwise the file stays: removing it could remove a lock that another process is
        // acquiring.
        if let Some(path) = &self.temporary {
            let _ = std::fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{LockError, ServiceLock};

    #[test]
    fn a_locked_database_reports_the_locking_process() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cars.db");
        std::fs::write(&path, "").unwrap();
        let link = folder.path().join("link.db");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        let lock = ServiceLock::acquire(&path).unwrap();
        let refused = ServiceLock::acquire(&link).unwrap_err();
        let ours = std::process::id().to_string();
        assert!(matches!(&refused, LockError::InUse { pid, .. } if *pid == ours), "{refused}");
        assert!(refused.to_string().contains("link.db"), "{refused}");
        drop(lock);
        ServiceLock::acquire(&path).unwrap();
    }

    #[test]
    fn a_link_in_place_of_the_lock_file_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cars.db");
        let precious = folder.path().join("precious");
        std::fs::write(&path, "").unwrap();
        std::fs::write(&precious, "all of it").unwrap();
        std::os::unix::fs::symlink(&precious, folder.path().join("cars.db.lock")).unwrap();
        let refused = ServiceLock::acquire(&path).unwrap_err();
        assert!(matches!(refused, LockError::Io { .. }), "{refused}");
        ServiceLock::acquire_temporary(&path).unwrap_err();
        assert_eq!(std::fs::read_to_string(&precious).unwrap(), "all of it");
    }
}
