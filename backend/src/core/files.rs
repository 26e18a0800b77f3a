//! Files and folders: creating private ones, and explaining why one can't be used.

use std::{
    error::Error as _,
    fs::{DirBuilder, File},
    io::{self, ErrorKind, Write as _},
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _},
    path::Path,
};

use rustix::{
    fs::{Access, OFlags},
    process,
};

/// The folder that `path` is in.
#[must_use]
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Creates a folder and those above it, for their owner only. Existing ones stay as they are.
///
/// # Errors
/// Whatever the system reports.
pub fn create_private_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Creates a file that only its owner can read, complete or not at all, in a folder that is created
/// if needed. An existing file stays as it is. Returns whether the file was created.
///
/// # Errors
/// Whatever the system reports.
pub fn create_private(path: &Path, content: &[u8]) -> io::Result<bool> {
    let folder = folder_of(path);
    create_private_folder(folder)?;
    // It has mode 0600.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Ok(_) => {
            File::open(folder)?.sync_all()?;
            Ok(true)
        }
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error.error),
    }
}

/// Opens a file to lock it, and creates it where it is missing, but never where a link leads to: someone
/// who can write to the folder could have this process write to any file of its own.
///
/// # Errors
/// Whatever the system reports.
pub fn open_lock(path: &Path) -> io::Result<File> {
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false).mode(0o600).custom_flags(flags);
    options.open(path)
}

/// Checks whether this process may write to the file or the folder at `path`.
///
/// # Errors
/// Why not.
pub fn check_writable(path: &Path) -> io::Result<()> {
    let needed = if path.is_dir() { Access::WRITE_OK | Access::EXEC_OK } else { Access::WRITE_OK };
    Ok(rustix::fs::access(path, needed)?)
}

/// Checks whether this process may create `path`, and the folders above it that are missing.
///
/// # Errors
/// Why not.
pub fn check_creatable(path: &Path) -> io::Result<()> {
    let whole = std::path::absolute(path)?;
    let nearest = whole.ancestors().skip(1).find(|it| it.exists());
    match nearest {
        Some(folder) if !folder.is_dir() => Err(ErrorKind::NotADirectory.into()),
        Some(folder) => check_writable(folder),
        None => Err(ErrorKind::NotFound.into()),
    }
}

/// What is wrong with the file or the folder at `path`. If access was denied, this includes who has
/// it, and who this process is.
#[must_use]
pub fn describe(path: &Path, error: &io::Error) -> String {
    let causes = std::iter::successors(error.source(), |it| (*it).source());
    // "failed to unpack it" alone does not say that the disk is full.
    let cause = causes.fold(error.to_string(), |text, it| format!("{text}: {it}"));
    let text = format!("{}: {cause}", path.display());
    match error.kind() {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            format!("{text}; {}", access_to(path))
        }
        _ => text,
    }
}

/// Owner and mode of `path`, or of the nearest folder above it that exists, and the user of this
/// process.
fn access_to(path: &Path) -> String {
    let (user, group) = (process::geteuid().as_raw(), process::getegid().as_raw());
    let process = format!("this process runs as {} and {}", named_user(user), named_group(group));
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let found = whole.ancestors().find_map(|it| Some((it, it.metadata().ok()?)));
    let Some((path, found)) = found else { return process };
    let kind = if found.is_dir() { "folder" } else { "file" };
    format!(
        "the {kind} {} belongs to {} and {} and has mode {:04o}, and {process}",
        path.display(),
        named_user(found.uid()),
        named_group(found.gid()),
        found.mode() & 0o7777
    )
}

fn named_user(id: u32) -> String {
    named("user", id, "/etc/passwd")
}

fn named_group(id: u32) -> String {
    named("group", id, "/etc/group")
}

/// `user ann (1000)`, or `user 1000` if the system's list does not name it.
fn named(kind: &str, id: u32, list: &str) -> String {
    // Both lists have the name first and the number third: `ann:x:1000:…`.
    let list = std::fs::read_to_string(list).unwrap_or_default();
    let mut lines = list.lines().map(|it| it.split(':').collect::<Vec<_>>());
    let number = id.to_string();
    match lines.find(|it| it.get(2) == Some(&number.as_str())) {
        Some(line) => format!("{kind} {} ({id})", line[0]),
        None => format!("{kind} {id}"),
    }
}

#[cfg(test)]
mod tests {
    use std::{fs::Permissions, io::Error, os::unix::fs::PermissionsExt as _};

    use super::{create_private, describe};

    #[test]
    fn a_private_file_is_created_once_with_mode_0600() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("data/key");
        assert!(create_private(&path, b"first").unwrap());
        assert!(!create_private(&path, b"second").unwrap());
        assert_eq!(std::fs::read(&path).unwrap(), b"first");
        let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        assert_eq!(std::fs::read_dir(place.path().join("data")).unwrap().count(), 1);
    }

    #[test]
    fn denied_access_is_explained_with_path_owner_mode_and_user() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("backups");
        std::fs::create_dir(&folder).unwrap();
        std::fs::set_permissions(&folder, Permissions::from_mode(0o550)).unwrap();
        let id = rustix::process::geteuid().as_raw();
        for denied in [rustix::io::Errno::ACCESS, rustix::io::Errno::ROFS] {
            let text = describe(&folder.join("new/file"), &Error::from(denied));
            assert!(text.starts_with(&format!("{}/new/file: ", folder.display())), "{text}");
            let nearest = format!("the folder {} belongs to user ", folder.display());
            assert!(text.contains(&nearest) && text.contains("has mode 0550"), "{text}");
            let runs_as = text.split("this process runs as user ").nth(1).unwrap();
            assert!(runs_as.contains(&id.to_string()), "{text}");
        }
        let full = describe(&folder, &Error::from(rustix::io::Errno::NOSPC));
        assert!(!full.contains("belongs to"), "{full}");
    }
}
