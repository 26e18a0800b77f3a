//! Private files and folders, and explanations of file errors.

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

/// The folder that contains `path`.
#[must_use]
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Creates a folder with its parents, accessible to their owner only. Existing folders are not
/// changed.
///
/// # Errors
/// The system's error.
pub fn create_private_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Creates a file that only its owner can read, atomically, together with its folder if needed. An
/// existing file is not changed. Returns whether the file was created.
///
/// # Errors
/// The system's error.
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

/// Opens a file to lock it, and creates it if missing. Links are not followed: otherwise someone
/// with write access to the folder could have this process write to any of its files.
///
/// # Errors
/// The system's error.
pub fn open_lock(path: &Path) -> io::Result<File> {
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false).mode(0o600).custom_flags(flags);
    options.open(path)
}

/// Opens a folder. A link is not followed.
///
/// # Errors
/// The system's error; the path is not a folder.
pub fn open_folder(path: &Path) -> io::Result<File> {
    let flags = (OFlags::NOFOLLOW | OFlags::DIRECTORY).bits().cast_signed();
    File::options().read(true).custom_flags(flags).open(path)
}

/// Checks whether this process may write to the file or the folder at `path`.
///
/// # Errors
/// The reason it may not.
pub fn check_writable(path: &Path) -> io::Result<()> {
    let needed = if path.is_dir() { Access::WRITE_OK | Access::EXEC_OK } else { Access::WRITE_OK };
    Ok(rustix::fs::access(path, needed)?)
}

/// Checks whether this process may create `path` and its missing parents.
///
/// # Errors
/// The reason it may not.
pub fn check_creatable(path: &Path) -> io::Result<()> {
    let absolute = std::path::absolute(path)?;
    let nearest = absolute.ancestors().skip(1).find(|it| it.exists());
    match nearest {
        Some(folder) if !folder.is_dir() => Err(ErrorKind::NotADirectory.into()),
        Some(folder) => check_writable(folder),
        None => Err(ErrorKind::NotFound.into()),
    }
}

/// Describes an error at `path`. If access was denied, includes the owner and mode, and the user of
/// this process.
#[must_use]
pub fn describe(path: &Path, error: &io::Error) -> String {
    let causes = std::iter::successors(error.source(), |it| (*it).source());
    // The outer error, such as "failed to unpack it", does not say that the disk is full.
    let cause = causes.fold(error.to_string(), |text, it| format!("{text}: {it}"));
    let text = format!("{}: {cause}", path.display());
    match error.kind() {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            format!("{text}; {}", access_to(path))
        }
        _ => text,
    }
}

/// The owner and mode of `path`, or of its nearest existing parent, and the user of this process.
fn access_to(path: &Path) -> String {
    let (user, group) = (process::geteuid().as_raw(), process::getegid().as_raw());
    let process = format!("this process runs as {} and {}", named_user(user), named_group(group));
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let found = absolute.ancestors().find_map(|it| Some((it, it.metadata().ok()?)));
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

/// `user ann (1000)`, or `user 1000` if the user is not in the list.
fn named(kind: &str, id: u32, list: &str) -> String {
    // In both lists, the name is first and the number third: `ann:x:1000:…`.
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
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("data/key");
        assert!(create_private(&path, b"first").unwrap());
        assert!(!create_private(&path, b"second").unwrap());
        assert_eq!(std::fs::read(&path).unwrap(), b"first");
        let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        assert_eq!(std::fs::read_dir(parent.path().join("data")).unwrap().count(), 1);
    }

    #[test]
    fn denied_access_is_explained_with_path_owner_mode_and_user() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("backups");
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
