//! Reading archives. Every tar archive that the program reads passes through here.
//!
//! Whoever wrote an archive chose its names, types and sizes, so nothing in it is trusted. Only
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

/// How much is read at a time, in bytes.
const CHUNK: usize = 128 * 1024;
/// How many folders a name may lead through.
const DEPTH: usize = 32;
/// The rights of what is created: its owner's alone.
const FILE: Mode = Mode::from_raw_mode(0o600);
const FOLDER: Mode = Mode::from_raw_mode(0o700);
/// How a folder is opened on the way to a name.
const STEP: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// Why an archive was not read or unpacked to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ArchiveError {
    /// The archive holds something that is not accepted.
    #[error("{0}")]
    Rejected(String),
    /// The archive cannot be read, or is not an archive.
    #[error("{0}")]
    Read(io::Error),
    /// Something cannot be created.
    #[error("{}: {error}", path.display())]
    Write {
        /// What.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
}

/// How much an archive may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// The bytes of all files together.
    pub(crate) bytes: u64,
    /// The number of files and folders.
    pub(crate) entries: u64,
}

impl Limits {
    /// For an archive that is only passed on.
    pub(crate) const NONE: Self = Self { bytes: u64::MAX, entries: u64::MAX };
}

/// How much an archive holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    /// The bytes of all files together.
    pub(crate) bytes: u64,
    /// The number of files and folders.
    pub(crate) entries: u64,
}

/// A relative name that stays below the folder it is looked up in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name(Vec<u8>);

impl Name {
    /// Accepts parts that are separated by single slashes, and neither `.` nor `..`.
    ///
    /// # Errors
    /// `Rejected`, with the name.
    pub(crate) fn parse(name: &[u8]) -> Result<Self, ArchiveError> {
        let rejected = |why: &str| {
            let shown = String::from_utf8_lossy(name);
            Err(ArchiveError::Rejected(format!("the archive holds the name {shown:?}: {why}")))
        };
        if name.contains(&0) {
            return rejected("it contains a zero byte");
        }
        let mut depth = 0;
        for part in name.split(|it| *it == b'/') {
            if matches!(part, b"" | b"." | b"..") {
                return rejected("a name is relative, without empty parts, `.` and `..`");
            }
            depth += 1;
        }
        if depth > DEPTH {
            return rejected(&format!("it is more than {DEPTH} folders deep"));
        }
        Ok(Self(name.to_owned()))
    }

    /// The folder that it is in, empty for the topmost one, and its last part.
    fn split(&self) -> (&[u8], &OsStr) {
        let (folder, last) = match self.0.iter().rposition(|it| *it == b'/') {
            Some(at) => (&self.0[..at], &self.0[at + 1..]),
            None => (&[][..], &self.0[..]),
        };
        (folder, OsStr::from_bytes(last))
    }

    fn shown(&self) -> String {
        format!("{:?}", String::from_utf8_lossy(&self.0))
    }
}

impl PartialEq<str> for Name {
    fn eq(&self, other: &str) -> bool {
        self.0 == other.as_bytes()
    }
}

/// A file or a folder in an archive.
pub(crate) struct Entry<'a> {
    /// Its name.
    pub(crate) name: Name,
    /// What it is.
    pub(crate) is_folder: bool,
    /// The bytes of its content.
    pub(crate) size: u64,
    /// Its content.
    pub(crate) content: &'a mut dyn Read,
}

/// Reads a tar archive, one entry after the other; returns the reader after its last entry, and what
/// the archive holds.
///
/// # Errors
/// `Rejected` where the archive holds what is not accepted or more than `limits` allow, `Read`, and
/// whatever `visit` returns.
pub(crate) fn read<R: Read, E: From<ArchiveError>>(
    from: R,
    limits: Limits,
    mut visit: impl FnMut(&mut Entry<'_>) -> Result<(), E>,
) -> Result<(R, Totals), E> {
    let mut archive = tar::Archive::new(from);
    let mut totals = Totals::default();
    // Raw: extended headers are entries of their own then, and rejected like any other type.
    for entry in archive.entries().map_err(ArchiveError::Read)?.raw(true) {
        let mut entry = entry.map_err(ArchiveError::Read)?;
        let (name, is_folder) = accept(entry.header())?;
        let size = entry.size();
        totals.entries += 1;
        totals.bytes = totals.bytes.saturating_add(size);
        if totals.entries > limits.entries {
            let limit = limits.entries;
            let why = format!("the archive holds more than {limit} files and folders");
            return Err(ArchiveError::Rejected(why).into());
        }
        if totals.bytes > limits.bytes {
            let limit = limits.bytes;
            let why = format!("unpacked, the archive is larger than {limit} bytes");
            return Err(ArchiveError::Rejected(why).into());
        }
        if is_folder && size > 0 {
            let why = format!("the archive holds a folder with content: {}", name.shown());
            return Err(ArchiveError::Rejected(why).into());
        }
        visit(&mut Entry { name, is_folder, size, content: &mut entry })?;
    }
    Ok((archive.into_inner(), totals))
}

/// The name of an entry and whether it is a folder, where it is accepted at all.
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
        return Err(ArchiveError::Rejected(format!("the archive holds {what}: {name:?}")));
    }
    // PostgreSQL begins one name so: `./pg_wal/archive_status`.
    let name = name.strip_prefix(b"./").unwrap_or(&name);
    // Archives write a slash after a folder's name.
    let trimmed = if is_folder { name.strip_suffix(b"/").unwrap_or(name) } else { name };
    Ok((Name::parse(trimmed)?, is_folder))
}

/// A folder that only its owner can use, which was empty when it was opened. Whatever is created in
/// it is the owner's alone, too, and no link is followed on the way.
pub(crate) struct NewFolder {
    path: PathBuf,
    root: OwnedFd,
    /// The folder that was used last: files of one folder follow each other.
    last: Option<(Vec<u8>, OwnedFd)>,
}

impl NewFolder {
    /// Creates the folder at `path` and those above it, or takes the empty one that is there.
    ///
    /// # Errors
    /// `Write` where it cannot be created, belongs to another user, or is not empty.
    pub(crate) fn create(path: &Path) -> Result<Self, ArchiveError> {
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
                let why = "it belongs to another user: run this as that user, or name a new folder";
                return Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
            }
            rustix::fs::fchmod(&root, FOLDER)?;
            // From here on nobody else can add anything.
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

    /// Creates the file or folder that an entry of an archive describes, as `name`.
    ///
    /// # Errors
    /// `Rejected` where something has the name already, `Read` where the archive ends early, `Write`
    /// where it cannot be created.
    pub(crate) fn unpack(
        &mut self,
        name: &Name,
        entry: &mut Entry<'_>,
    ) -> Result<(), ArchiveError> {
        let (folder, last) = name.split();
        let path = self.path.join(OsStr::from_bytes(&name.0));
        let failed = |error: io::Error| ArchiveError::Write { path: path.clone(), error };
        let rejected = |errno: Errno| match errno {
            Errno::EXIST => {
                let why = format!("the archive holds the name {} twice", name.shown());
                ArchiveError::Rejected(why)
            }
            Errno::NOENT => {
                let why = format!("the archive holds {} before its folder", name.shown());
                ArchiveError::Rejected(why)
            }
            Errno::NOTDIR | Errno::LOOP => {
                let why = format!("the archive holds {}, below what is not a folder", name.shown());
                ArchiveError::Rejected(why)
            }
            errno => failed(errno.into()),
        };
        let folder = self.folder(folder).map_err(rejected)?;
        if entry.is_folder {
            return rustix::fs::mkdirat(folder, last, FOLDER).map_err(rejected);
        }
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW;
        let file = rustix::fs::openat(folder, last, flags | OFlags::CLOEXEC, FILE);
        let mut file = File::from(file.map_err(rejected)?);
        let mut buffer = vec![0; CHUNK];
        let mut left = entry.size;
        while left > 0 {
            let read = match entry.content.read(&mut buffer) {
                Ok(0) => {
                    let why = format!("the archive ends in the middle of {}", name.shown());
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

    /// Appends to a file, or creates it, and brings it to the disk.
    ///
    /// # Errors
    /// `Write`, also where the name is a link or anything else that is not a regular file.
    pub(crate) fn append(&mut self, name: &str, text: &str) -> Result<(), ArchiveError> {
        let (name, path) = (Name::parse(name.as_bytes())?, self.path.join(name));
        let (folder, last) = name.split();
        let mut append = || -> io::Result<()> {
            let flags = OFlags::WRONLY | OFlags::APPEND | OFlags::CREATE | OFlags::NOFOLLOW;
            let flags = flags | OFlags::NONBLOCK | OFlags::CLOEXEC;
            let file = rustix::fs::openat(self.folder(folder)?, last, flags, FILE)?;
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

    /// Whether something has this name.
    ///
    /// # Errors
    /// `Write` where that cannot be determined.
    pub(crate) fn contains(&mut self, name: &str) -> Result<bool, ArchiveError> {
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

    /// Gives a file another name in the same folder, and brings both folders' names to the disk.
    ///
    /// # Errors
    /// `Write`.
    pub(crate) fn rename(&mut self, from: &str, to: &str) -> Result<(), ArchiveError> {
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

    /// Opens the folder of this name, one part at a time.
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
                    at = Some(rustix::fs::openat(above, part, STEP, Mode::empty())?);
                }
                at.ok_or(Errno::INVAL)?
            }
        };
        Ok(self.last.insert((name.to_owned(), folder)).1.as_fd())
    }
}

/// Opens a file for reading that has to be a regular one: a link is not followed, and a pipe or a
/// device is not waited for.
///
/// # Errors
/// As opening a file, and where it is not a regular one.
pub(crate) fn open_regular(path: &Path) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let irregular = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what);
    let file = match rustix::fs::open(path, flags, Mode::empty()) {
        Err(Errno::LOOP) => return Err(irregular("is a symbolic link, which is not followed")),
        // What opening a socket says.
        Err(Errno::NXIO) => return Err(irregular("is not a regular file")),
        file => file?,
    };
    let found = rustix::fs::fstat(&file)?;
    if FileType::from_raw_mode(found.st_mode) != FileType::RegularFile {
        return Err(irregular("is not a regular file"));
    }
    Ok(File::from(file))
}
