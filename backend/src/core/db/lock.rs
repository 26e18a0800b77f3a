//! One service at a time on an SQLite database: what it has cached, another would outdate.

use std::{
    fs::{File, TryLockError},
    io::{self, Read as _, Seek as _, Write as _},
    path::{Path, PathBuf},
};

use crate::core::files;

/// A lock on an SQLite database, until it is dropped or the process ends. It is a lock on a file beside
/// the database, which contains the process's id.
#[derive(Debug)]
pub struct ServiceLock {
    file: File,
    /// The lock's file, where it goes with the lock.
    temporary: Option<PathBuf>,
}

/// Why the database cannot be locked.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process serves it, or is replacing it.
    #[error("process {pid} uses the SQLite database {}: stop it first", .path.display())]
    Held {
        /// That process, or `of unknown id`.
        pid: String,
        /// The database.
        path: PathBuf,
    },
    /// The lock's file cannot be used.
    #[error("{}", files::describe(path, error))]
    Io {
        /// The lock's file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

impl ServiceLock {
    /// Locks the database at `database`.
    ///
    /// # Errors
    /// [`LockError`].
    pub fn take(database: &Path) -> Result<Self, LockError> {
        Ok(Self { file: locked(database, &file_beside(database))?, temporary: None })
    }

    /// As [`ServiceLock::take`], for work that leaves no file of its own beside the database.
    ///
    /// # Errors
    /// [`LockError`].
    pub fn take_for_a_while(database: &Path) -> Result<Self, LockError> {
        let path = file_beside(database);
        Ok(Self { file: locked(database, &path)?, temporary: Some(path) })
    }
}

/// The lock's file. Whatever link leads to the database, there is one.
fn file_beside(database: &Path) -> PathBuf {
    let database = database.canonicalize().unwrap_or_else(|_| database.to_owned());
    let mut path = database.into_os_string();
    path.push(".lock");
    path.into()
}

fn locked(database: &Path, path: &Path) -> Result<File, LockError> {
    let failed = |error| LockError::Io { path: path.to_owned(), error };
    let mut file = files::open_lock(path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut pid = String::new();
            let _ = file.read_to_string(&mut pid);
            let pid = pid.trim();
            let pid = if pid.is_empty() { "of unknown id".to_owned() } else { pid.to_owned() };
            return Err(LockError::Held { pid, path: database.to_owned() });
        }
        Err(TryLockError::Error(error)) => return Err(failed(error)),
    }
    let note = |file: &mut File| {
        file.set_len(0)?;
        file.rewind()?;
        writeln!(file, "{}", std::process::id())
    };
    note(&mut file).map_err(failed)?;
    Ok(file)
}

impl Drop for ServiceLock {
    fn drop(&mut self) {
        let _ = self.file.set_len(0);
        // Else the file stays: removing it could remove the lock of a process that is taking it.
        if let Some(path) = &self.temporary {
            let _ = std::fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{LockError, ServiceLock};

    #[test]
    fn a_database_is_locked_once_and_says_by_whom() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("cars.db");
        std::fs::write(&path, "").unwrap();
        let link = place.path().join("link.db");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        let lock = ServiceLock::take(&path).unwrap();
        let refused = ServiceLock::take(&link).unwrap_err();
        let ours = std::process::id().to_string();
        assert!(matches!(&refused, LockError::Held { pid, .. } if *pid == ours), "{refused}");
        assert!(refused.to_string().contains("link.db"), "{refused}");
        drop(lock);
        ServiceLock::take(&path).unwrap();
    }

    #[test]
    fn a_link_in_place_of_the_lock_is_never_followed() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("cars.db");
        let precious = place.path().join("precious");
        std::fs::write(&path, "").unwrap();
        std::fs::write(&precious, "all of it").unwrap();
        std::os::unix::fs::symlink(&precious, place.path().join("cars.db.lock")).unwrap();
        let refused = ServiceLock::take(&path).unwrap_err();
        assert!(matches!(refused, LockError::Io { .. }), "{refused}");
        ServiceLock::take_for_a_while(&path).unwrap_err();
        assert_eq!(std::fs::read_to_string(&precious).unwrap(), "all of it");
    }
}
