//! Reading archives. Every tar archive that the program reads passes through here.
//!
//! The names, types and sizes in an archive come from its author, so nothing in it is trusted. Only
//! regular files and folders are accepted: no links, devices or pipes, and no extended headers, which
//! could give an entry a second name. Names are relative and contain no `..`. Everything is created
//! by [`NewFolder`], which opens one part of a name at a time and never follows a link, so even a
//! link that somehow got into the folder leads nowhere.

use std::{
    ffi::OsStr,
    fs::File,
    io::{self, Read, Write as _},
    os::{
        fd::{AsFd as _, BorrowedFd, OwnedFd},
        unix::{ffi::OsStrExt as _, fs::DirBuilderExt as _},
    },
    path::{Path, PathBuf},
};

use rustix::{
    fs::{AtFlags, FileType, Mode, OFlags},
    io::Errno,
};

/// The size of a read, in bytes.
const CHUNK: usize = 128 * 1024;
/// The maximum depth of a name, in folders.
const MAX_DEPTH: usize = 32;
/// The mode of created files: only their owner has access.
const FILE_MODE: Mode = Mode::from_raw_mode(0o600);
const FOLDER_MODE: Mode = Mode::from_raw_mode(0o700);
/// How each folder of a path is opened.
const OPEN_FOLDER: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// Why an archive could not be read or unpacked.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The archive contains something that is not accepted.
    #[error("{0}")]
    Rejected(String),
    /// The archive cannot be read, or is not an archive.
    #[error("{0}")]
    Read(io::Error),
    /// A file or folder cannot be created.
    #[error("{}: {error}", path.display())]
    Write {
        /// The path.
        path: PathBuf,
        /// The cause.
        error: io::Error,
    },
}

/// The limits on an archive's content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The total size of all files in bytes.
    pub bytes: u64,
    /// The number of files and folders.
    pub entries: u64,
}

impl Limits {
    /// No limits: for an archive that is only copied.
    pub const NONE: Self = Self { bytes: u64::MAX, entries: u64::MAX };
}

/// The totals of an archive's content.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// The total size of all files in bytes.
    pub bytes: u64,
    /// The number of files and folders.
    pub entries: u64,
}

/// A relative path that cannot leave the folder it is resolved in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name(Vec<u8>);

impl Name {
    /// Accepts parts separated by single slashes, except `.` and `..`.
    ///
    /// # Errors
    /// `Rejected`, with the name.
    pub fn parse(name: &[u8]) -> Result<Self, ArchiveError> {
        let rejected = |why: &str| {
            let shown = String::from_utf8_lossy(name);
            Err(ArchiveError::Rejected(format!("the archive contains the name {shown:?}: {why}")))
        };
        if name.contains(&0) {
            return rejected("it contains a zero byte");
        }
        let mut depth = 0;
        for part in name.split(|it| *it == b'/') {
            if matches!(part, b"" | b"." | b"..") {
                return rejected("names must be relative, without empty parts, `.` or `..`");
            }
            depth += 1;
        }
        if depth > MAX_DEPTH {
            return rejected(&format!("it is more than {MAX_DEPTH} folders deep"));
        }
        Ok(Self(name.to_owned()))
    }

    /// Splits the name into its folder (empty for the top level) and its last part.
    fn split(&self) -> (&[u8], &OsStr) {
        let (folder, last) = match self.0.iter().rposition(|it| *it == b'/') {
            Some(at) => (&self.0[..at], &self.0[at + 1..]),
            None => (&[][..], &self.0[..]),
        };
        (folder, OsStr::from_bytes(last))
    }

    fn quoted(&self) -> String {
        format!("{:?}", String::from_utf8_lossy(&self.0))
    }
}

impl PartialEq<str> for Name {
    fn eq(&self, other: &str) -> bool {
        self.0 == other.as_bytes()
    }
}

/// A file or folder in an archive.
pub struct Entry<'a> {
    /// Its name.
    pub name: Name,
    /// Whether it is a folder.
    pub is_folder: bool,
    /// The size of its content in bytes.
    pub size: u64,
    /// Its content.
    pub content: &'a mut dyn Read,
}

/// Reads a tar archive entry by entry. Returns the reader, positioned after the last entry, and the
/// totals.
///
/// # Errors
/// `Rejected` if the archive contains something that is not accepted or exceeds `limits`; `Read`;
/// any error of `visit`.
pub fn read<R: Read, E: From<ArchiveError>>(
    from: R,
    limits: Limits,
    mut visit: impl FnMut(&mut Entry<'_>) -> Result<(), E>,
) -> Result<(R, Totals), E> {
    let mut archive = tar::Archive::new(from);
    let mut totals = Totals::default();
    // In raw mode extended headers are entries themselves, and rejected like any other type.
    for entry in archive.entries().map_err(ArchiveError::Read)?.raw(true) {
        let mut entry = entry.map_err(ArchiveError::Read)?;
        let (name, is_folder) = accept(entry.header())?;
        let size = entry.size();
        totals.entries += 1;
        totals.bytes = totals.bytes.saturating_add(size);
        if totals.entries > limits.entries {
            let limit = limits.entries;
            let why = format!("the archive contains more than {limit} files and folders");
            return Err(ArchiveError::Rejected(why).into());
        }
        if totals.bytes > limits.bytes {
            let limit = limits.bytes;
            let why = format!("unpacked, the archive is larger than {limit} bytes");
            return Err(ArchiveError::Rejected(why).into());
        }
        if is_folder && size > 0 {
            let why = format!("the archive contains a folder with content: {}", name.quoted());
            return Err(ArchiveError::Rejected(why).into());
        }
        visit(&mut Entry { name, is_folder, size, content: &mut entry })?;
    }
    Ok((archive.into_inner(), totals))
}

/// Returns an entry's name and whether it is a folder, if it is accepted.
fn accept(header: &tar::Header) -> Result<(Name, bool), ArchiveError> {
    let name = header.path_bytes();
    let kind = header.entry_type();
    let is_folder = kind.is_dir();
    if !is_folder && !kind.is_file() {
        let what = match kind {
            tar::EntryType::Symlink => "a symbolic link".to_owned(),
            tar::EntryType::Link => "a hard link".to_owned(),
            tar::EntryType::Char | tar::EntryType::Block => "a device".to_owned(),
            tar::EntryType::Fifo => "a named pipe".to_owned(),
            other => format!("an entry of type {:?}", char::from(other.as_byte())),
        };
        let name = String::from_utf8_lossy(&name).into_owned();
        return Err(ArchiveError::Rejected(format!("the archive contains {what}: {name:?}")));
    }
    // PostgreSQL starts one name like this: `./pg_wal/archive_status`.
    let name = name.strip_prefix(b"./").unwrap_or(&name);
    // In archives, names of folders end with a slash.
    let trimmed = if is_folder { name.strip_suffix(b"/").unwrap_or(name) } else { name };
    Ok((Name::parse(trimmed)?, is_folder))
}

/// A folder with mode 0700 that was empty when it was opened. Everything created in it belongs to
/// its owner only, and no link is followed.
pub struct NewFolder {
    path: PathBuf,
    root: OwnedFd,
    /// The folder used last: files of one folder usually follow each other.
    last: Option<(Vec<u8>, OwnedFd)>,
}

impl NewFolder {
    /// Creates the folder at `path` with its parents, or opens the empty folder that exists there.
    ///
    /// # Errors
    /// `Write` if it cannot be created, belongs to another user, or is not empty.
    pub fn create(path: &Path) -> Result<Self, ArchiveError> {
        let failed = |error: io::Error| ArchiveError::Write { path: path.to_owned(), error };
        let mut folders = std::fs::DirBuilder::new();
        folders.recursive(true).mode(0o700).create(path).map_err(failed)?;
        let root = rustix::fs::open(
            path,
            OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC,
            Mode::empty(),
        );
        let root = root.map_err(|error| failed(error.into()))?;
        let check = || -> io::Result<()> {
            if rustix::fs::fstat(&root)?.st_uid != rustix::process::geteuid().as_raw() {
                let why =
                    "it belongs to another user: run this as that user, or choose a new folder";
                return Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
            }
            rustix::fs::fchmod(&root, FOLDER_MODE)?;
            // From here on no other user can add anything.
            for entry in rustix::fs::Dir::read_from(&root)? {
                if !matches!(entry?.file_name().to_bytes(), b"." | b"..") {
                    return Err(Errno::NOTEMPTY.into());
                }
            }
            Ok(())
        };
        check().map_err(failed)?;
        Ok(Self { path: path.to_owned(), root, last: None })
    }

    /// Creates the file or folder of an archive entry, as `name`.
    ///
    /// # Errors
    /// `Rejected` if the name exists already, `Read` if the archive ends early, `Write` if it
    /// cannot be created.
    pub fn unpack(&mut self, name: &Name, entry: &mut Entry<'_>) -> Result<(), ArchiveError> {
        let (folder, last) = name.split();
        let path = self.path.join(OsStr::from_bytes(&name.0));
        let failed = |error: io::Error| ArchiveError::Write { path: path.clone(), error };
        let rejected = |errno: Errno| match errno {
            Errno::EXIST => {
                let why = format!("the archive contains the name {} twice", name.quoted());
                ArchiveError::Rejected(why)
            }
            Errno::NOENT => {
                let why = format!("the archive contains {} before its folder", name.quoted());
                ArchiveError::Rejected(why)
            }
            Errno::NOTDIR | Errno::LOOP => {
                let why = format!(
                    "the archive contains {} below something that is not a folder",
                    name.quoted()
                );
                ArchiveError::Rejected(why)
            }
            errno => failed(errno.into()),
        };
        let folder = self.folder(folder).map_err(rejected)?;
        if entry.is_folder {
            return rustix::fs::mkdirat(folder, last, FOLDER_MODE).map_err(rejected);
        }
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW;
        let file = rustix::fs::openat(folder, last, flags | OFlags::CLOEXEC, FILE_MODE);
        let mut file = File::from(file.map_err(rejected)?);
        let mut buffer = vec![0; CHUNK];
        let mut left = entry.size;
        while left > 0 {
            let read = match entry.content.read(&mut buffer) {
                Ok(0) => {
                    let why = format!("the archive ends in the middle of {}", name.quoted());
                    let error = io::Error::new(io::ErrorKind::UnexpectedEof, why);
                    return Err(ArchiveError::Read(error));
                }
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(ArchiveError::Read(error)),
            };
            file.write_all(&buffer[..read]).map_err(failed)?;
            left = left.saturating_sub(read as u64);
        }
        Ok(())
    }

    /// Appends to a file, or creates it, and flushes it to disk.
    ///
    /// # Errors
    /// `Write`, including for a name that is a link or not a regular file.
    pub fn append(&mut self, name: &str, text: &str) -> Result<(), ArchiveError> {
        let (name, path) = (Name::parse(name.as_bytes())?, self.path.join(name));
        let (folder, last) = name.split();
        let mut append = || -> io::Result<()> {
            let flags = OFlags::WRONLY | OFlags::APPEND | OFlags::CREATE | OFlags::NOFOLLOW;
            let flags = flags | OFlags::NONBLOCK | OFlags::CLOEXEC;
            let file = rustix::fs::openat(self.folder(folder)?, last, flags, FILE_MODE)?;
            let found = rustix::fs::fstat(&file)?;
            if FileType::from_raw_mode(found.st_mode) != FileType::RegularFile || found.st_nlink > 1
            {
                return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
            }
            let mut file = File::from(file);
            file.write_all(text.as_bytes())?;
            file.sync_all()
        };
        append().map_err(|error| ArchiveError::Write { path, error })
    }

    /// Returns whether the name exists.
    ///
    /// # Errors
    /// `Write` if that cannot be determined.
    pub fn contains(&mut self, name: &str) -> Result<bool, ArchiveError> {
        let (name, path) = (Name::parse(name.as_bytes())?, self.path.join(name));
        let (folder, last) = name.split();
        let found = self
            .folder(folder)
            .and_then(|folder| rustix::fs::statat(folder, last, AtFlags::SYMLINK_NOFOLLOW));
        match found {
            Ok(_) => Ok(true),
            Err(Errno::NOENT) => Ok(false),
            Err(error) => Err(ArchiveError::Write { path, error: error.into() }),
        }
    }

    /// Renames a file within its folder, and flushes the folder to disk.
    ///
    /// # Errors
    /// `Write`.
    pub fn rename(&mut self, from: &str, to: &str) -> Result<(), ArchiveError> {
        let (from, name) = (Name::parse(from.as_bytes())?, Name::parse(to.as_bytes())?);
        let path = self.path.join(to);
        let ((folder, from), (_, to)) = (from.split(), name.split());
        let mut rename = || -> io::Result<()> {
            rustix::fs::fsync(&self.root)?;
            let folder = self.folder(folder)?;
            rustix::fs::renameat(folder, from, folder, to)?;
            Ok(rustix::fs::fsync(folder)?)
        };
        rename().map_err(|error| ArchiveError::Write { path, error })
    }

    /// Opens a folder, one path component at a time.
    fn folder(&mut self, name: &[u8]) -> rustix::io::Result<BorrowedFd<'_>> {
        if name.is_empty() {
            return Ok(self.root.as_fd());
        }
        let folder = match self.last.take() {
            Some((last, folder)) if last == name => folder,
            _ => {
                let mut at = None;
                for part in name.split(|it| *it == b'/') {
                    let above = at.as_ref().unwrap_or(&self.root);
                    at = Some(rustix::fs::openat(above, part, OPEN_FOLDER, Mode::empty())?);
                }
                at.ok_or(Errno::INVAL)?
            }
        };
        Ok(self.last.insert((name.to_owned(), folder)).1.as_fd())
    }
}

/// Opens a regular file for reading. Links are not followed, and opening a pipe or device does not
/// block.
///
/// # Errors
/// As for opening a file, or if it is not a regular file.
pub fn open_regular(path: &Path) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let irregular = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what);
    let file = match rustix::fs::open(path, flags, Mode::empty()) {
        Err(Errno::LOOP) => return Err(irregular("is a symbolic link, which is not followed")),
        // The error of opening a socket.
        Err(Errno::NXIO) => return Err(irregular("is not a regular file")),
        file => file?,
    };
    let found = rustix::fs::fstat(&file)?;
    if FileType::from_raw_mode(found.st_mode) != FileType::RegularFile {
        return Err(irregular("is not a regular file"));
    }
    Ok(File::from(file))
}
