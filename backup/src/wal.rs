//! PostgreSQL's archived WAL: the commands for `archive_command` and `restore_command`.
//!
//! The name of an archived file contains the SHA-256 of its content, so that archiving the same file again
//! can be recognized even if it is encrypted and cannot be decrypted here.

use std::{
    collections::BTreeSet,
    io::Read,
    path::{Path, PathBuf},
};

use chrono::TimeDelta;

use super::{
    error::{At as _, BackupError, Result},
    folder::{self, Folder, remove, with_suffix},
    keys::Identities,
    payload::{self, COMPRESSED_SUFFIX, Cancellation, ENCRYPTED_SUFFIX, Hashed},
};
use crate::core::config::Recipients;

/// Prefix of unfinished files.
const UNFINISHED_PREFIX: &str = ".unfinished-";
/// The lock file for archiving.
const LOCK: &str = ".lock";
/// Maximum size of a WAL file, in bytes.
const MAX_SIZE: u64 = 1 << 30;
/// The number of hexadecimal digits of a SHA-256.
const DIGITS: usize = 64;

/// An archived file.
#[derive(Debug, Clone)]
pub(super) struct ArchivedFile {
    /// PostgreSQL's name of the file, such as `000000010000000000000003`.
    pub(super) name: String,
    sha256: String,
    pub(super) path: PathBuf,
}

impl ArchivedFile {
    fn read(path: PathBuf) -> Option<Self> {
        let file = path.file_name()?.to_str()?;
        let inner =
            file.strip_suffix(ENCRYPTED_SUFFIX).unwrap_or(file).strip_suffix(COMPRESSED_SUFFIX)?;
        let (name, sha256) = inner.rsplit_once('-')?;
        let is_digest = sha256.len() == DIGITS && sha256.bytes().all(|it| it.is_ascii_hexdigit());
        let (name, sha256) = (name.to_owned(), sha256.to_owned());
        (is_digest && is_archive_name(&name)).then_some(Self { name, sha256, path })
    }

    pub(super) fn is_encrypted(&self) -> bool {
        self.path.to_string_lossy().ends_with(ENCRYPTED_SUFFIX)
    }

    /// Reads the content, limited to the maximum size of a WAL file.
    fn open(&self, identities: &Identities) -> Result<Hashed<impl Read>> {
        Ok(Hashed::new(payload::open(&self.path, identities)?.take(MAX_SIZE + 1)))
    }

    /// Reads the whole file, and returns an error if it is not what was archived.
    pub(super) fn check(&self, identities: &Identities, cancellation: &Cancellation) -> Result<()> {
        let mut content = self.open(identities)?;
        let read = payload::copy(&mut content, &mut std::io::sink(), cancellation);
        cancellation.check().at(&self.path)?;
        match read {
            Ok(()) => self.compare(content),
            Err(error) => Err(error).at(&self.path),
        }
    }

    fn compare<R: Read>(&self, content: Hashed<R>) -> Result<()> {
        let digest = content.finish().1;
        if digest.sha256 == self.sha256 {
            return Ok(());
        }
        Err(self.damaged("its content has changed since it was archived"))
    }

    fn damaged(&self, why: &str) -> BackupError {
        BackupError::Damaged(format!("{}: {why}", self.path.display()))
    }
}

/// Whether this is the name of a complete WAL file.
pub(super) fn is_segment(name: &str) -> bool {
    name.len() == 24 && is_hex(name)
}

fn is_hex(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|it| matches!(it, b'0'..=b'9' | b'A'..=b'F'))
}

/// Whether PostgreSQL archives files with this name: complete and partial WAL files, backup history files,
/// and timeline history files.
fn is_archive_name(name: &str) -> bool {
    let Some((stem, rest)) = name.split_once('.') else { return is_segment(name) };
    match rest {
        "history" => stem.len() == 8 && is_hex(stem),
        "partial" => is_segment(stem),
        _ => {
            let offset = rest.strip_suffix(".backup");
            is_segment(stem) && offset.is_some_and(|it| it.len() == 8 && is_hex(it))
        }
    }
}

/// The position of a file in the WAL, independent of its timeline; `None` for timeline history files.
fn position(name: &str) -> Option<&str> {
    name.get(..24).filter(|it| is_segment(it)).map(|it| &it[8..])
}

/// The WAL file that contains the byte before `lsn` (`0/3000100`).
pub(super) fn segment_before(timeline: u32, lsn: &str, segment_size: u64) -> Option<String> {
    let (high, low) = lsn.split_once('/')?;
    let number = |text| u64::from_str_radix(text, 16).ok();
    let byte = (number(high)? << 32 | number(low)?).checked_sub(1)?;
    let per_log = (1_u64 << 32).checked_div(segment_size)?;
    let segment = byte / segment_size;
    Some(format!("{timeline:08X}{:08X}{:08X}", segment / per_log, segment % per_log))
}

/// Refuses a symlink in place of the archive: anyone who can write to the backup folder could use it to
/// create and delete files elsewhere.
fn refuse_link(wal: &Path) -> Result<()> {
    if !wal.is_symlink() {
        return Ok(());
    }
    let why = format!("{} is a symbolic link, which is not followed", wal.display());
    Err(BackupError::Refused(why))
}

/// Lists the archived files by name. The archive may not exist.
pub(super) fn list(folder: &Folder) -> Result<Vec<ArchivedFile>> {
    let wal = folder.wal();
    refuse_link(&wal)?;
    let entries = match std::fs::read_dir(&wal) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.at(&wal)?,
    };
    let mut files = Vec::new();
    for entry in entries {
        files.extend(ArchivedFile::read(entry.at(&wal)?.path()));
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}

/// Archives the file at `source` as `name`, for PostgreSQL's `archive_command`. Succeeds once the file is
/// durable, also if it was already archived, and never replaces a different file.
pub(super) fn archive(
    folder: &Path,
    source: &Path,
    name: &str,
    recipients: &Recipients,
) -> Result<()> {
    if !is_archive_name(name) {
        return Err(BackupError::Refused(format!("{name:?} is not a WAL file name")));
    }
    let folder = Folder::create(folder)?;
    let wal = folder.wal();
    refuse_link(&wal)?;
    folder::create_private_folder(&wal)?;
    // The lock prevents two servers with the same configuration from archiving the same name.
    let lock = wal.join(LOCK);
    let held = folder::open_lock(&lock)?;
    held.lock().at(&lock)?;

    let sha256 = payload::digest(source, &Cancellation::default())?.sha256;
    if let Some(existing) = list(&folder)?.into_iter().find(|it| it.name == name) {
        if existing.sha256 == sha256 {
            // The file may have been renamed without the rename being durable yet.
            return folder::sync(&wal);
        }
        let message = format!("{name} is already archived with different content");
        return Err(BackupError::Refused(message));
    }
    let encrypted = if recipients.all().is_empty() { "" } else { ENCRYPTED_SUFFIX };
    let archived = wal.join(format!("{name}-{sha256}{COMPRESSED_SUFFIX}{encrypted}"));
    let unfinished = wal.join(format!("{UNFINISHED_PREFIX}{name}{COMPRESSED_SUFFIX}{encrypted}"));
    remove(&unfinished)?;
    let mut writer = payload::Writer::create(&unfinished, recipients)?;
    let mut content = Hashed::new(std::fs::File::open(source).at(source)?);
    payload::copy(&mut content, &mut writer, &Cancellation::default()).at(&unfinished)?;
    writer.finish().at(&unfinished)?;
    if content.finish().1.sha256 != sha256 {
        remove(&unfinished)?;
        return Err(BackupError::Refused(format!(
            "{} changed while it was read",
            source.display()
        )));
    }
    std::fs::rename(&unfinished, &archived).at(&archived)?;
    folder::sync(&wal)
}

/// Copies the file `name` from the archive to `target`, for PostgreSQL's `restore_command`. A file that is
/// not in the archive is reported differently from one that cannot be read.
pub(super) fn fetch(
    folder: &Path,
    name: &str,
    target: &Path,
    identity: Option<&Path>,
) -> Result<()> {
    let fetched =
        Identities::read(identity).and_then(|it| copy_from_archive(folder, name, target, &it));
    fetched.map_err(|error| match error {
        BackupError::NotArchived(name) => BackupError::NotArchived(name),
        error => BackupError::NotFetched(Box::new(error)),
    })
}

fn copy_from_archive(
    folder: &Path,
    name: &str,
    target: &Path,
    identities: &Identities,
) -> Result<()> {
    let folder = Folder::open(folder)?;
    let Some(file) = list(&folder)?.into_iter().find(|it| it.name == name) else {
        // An empty folder may just not be mounted. Do not report the end of the archive.
        if folder.backups()?.is_empty() {
            return Err(BackupError::refused("there are no backups in the folder: is it mounted?"));
        }
        return Err(BackupError::NotArchived(name.to_owned()));
    };
    let part = with_suffix(target, ".part");
    remove(&part)?;
    let mut content = file.open(identities)?;
    let mut to = payload::create_private(&part)?;
    let copied = payload::copy(&mut content, &mut to, &Cancellation::default());
    copied.map_err(|error| file.damaged(&error.to_string()))?;
    file.compare(content)?;
    std::fs::rename(&part, target).at(target)
}

/// Deletes the WAL before the file `first`, on every timeline, but no history files. Returns the number of
/// files.
pub(super) fn remove_before(folder: &Folder, first: &str) -> Result<usize> {
    let needed = position(first);
    let mut removed = 0;
    for file in list(folder)? {
        if position(&file.name).is_some_and(|it| Some(it) < needed) {
            remove(&file.path)?;
            removed += 1;
        }
    }
    Ok(removed)
}

/// How long PostgreSQL may take to archive the last WAL file that a backup needs.
pub(super) const ARCHIVED_WITHIN: TimeDelta = TimeDelta::minutes(5);

/// The range of WAL that the archive must contain for point-in-time recovery from every backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RequiredWal {
    /// The first WAL file: the last one that the oldest backup contains. If `None`, the range starts with the
    /// oldest archived file.
    pub(super) from: Option<String>,
    /// A WAL file that must be archived by now.
    pub(super) until: Option<String>,
    /// The size of a WAL file in bytes.
    pub(super) segment_size: u64,
}

/// Consecutive WAL files that are missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Gap {
    /// The first missing file, without its timeline.
    first: String,
    /// The number of missing files.
    pub(super) count: u64,
}

impl std::fmt::Display for Gap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} missing from ????????{} on", self.count, self.first)
    }
}

/// The gaps in the `needed` range, on any timeline.
pub(super) fn find_gaps(files: &[ArchivedFile], needed: &RequiredWal) -> Vec<Gap> {
    let per_log = (1_u64 << 32) / needed.segment_size;
    let number = |name: &str| {
        let at = position(name).filter(|_| is_segment(name))?;
        let half = |text| u64::from_str_radix(text, 16).ok();
        Some(half(&at[..8])? * per_log + half(&at[8..])?)
    };
    let existing: BTreeSet<u64> = files.iter().filter_map(|it| number(&it.name)).collect();
    let from = needed.from.as_deref().and_then(number).or(existing.first().copied());
    let until = needed.until.as_deref().and_then(number).max(existing.last().copied());
    let (Some(from), Some(until)) = (from, until) else { return Vec::new() };
    let mut gaps = Vec::new();
    let mut next = from;
    for at in existing.range(from..).copied().chain([until + 1]) {
        if at > next {
            let first = format!("{:08X}{:08X}", next / per_log, next % per_log);
            gaps.push(Gap { first, count: at - next });
        }
        next = next.max(at + 1);
    }
    gaps
}

#[cfg(test)]
mod tests {
    use super::{
        ArchivedFile, Gap, RequiredWal, find_gaps, is_archive_name, position, segment_before,
    };

    const SEGMENT: u64 = 16 * 1024 * 1024;

    #[test]
    fn only_postgresql_wal_names_are_archived() {
        for name in [
            "000000010000000000000003",
            "0000000100000000000000FF.partial",
            "000000010000000000000003.00000028.backup",
            "00000002.history",
        ] {
            assert!(is_archive_name(name), "{name}");
        }
        for name in [
            "",
            "00000001000000000000000",
            "../00000001000000000000",
            "000000010000000000000003.backup",
            "00000000000000000000000g",
            "2.history",
            ".history",
            "000000010000000000000003/../x",
        ] {
            assert!(!is_archive_name(name), "{name}");
        }
    }

    #[test]
    fn the_last_needed_wal_file_contains_the_byte_before_the_end() {
        let before = |lsn| segment_before(1, lsn, SEGMENT).unwrap();
        assert_eq!(before("0/3000100"), "000000010000000000000003");
        assert_eq!(before("0/4000000"), "000000010000000000000003");
        assert_eq!(before("2/0"), "0000000100000001000000FF");
        assert_eq!(segment_before(1, "0/0", SEGMENT), None);
        assert_eq!(segment_before(1, "nonsense", SEGMENT), None);
    }

    #[test]
    fn wal_positions_are_independent_of_the_timeline() {
        assert!(position("000000020000000000000003") < position("000000010000000000000004"));
        assert_eq!(position("00000002.history"), None);
        assert_eq!(
            position("000000010000000000000003.00000028.backup"),
            position("000000020000000000000003")
        );
    }

    #[test]
    fn gaps_in_the_wal_are_reported() {
        let digest = "0".repeat(64);
        let files = |names: &[&str]| -> Vec<ArchivedFile> {
            let path = |it: &&str| format!("/wal/{it}-{digest}.zst").into();
            names.iter().filter_map(|it| ArchivedFile::read(path(it))).collect()
        };
        let chain = files(&[
            "0000000100000000000000FE",
            "0000000100000000000000FF",
            "000000020000000100000000",
            "00000002.history",
        ]);
        assert_eq!(chain.len(), 4);
        let gaps =
            |files: &[ArchivedFile], from: Option<&str>, until: Option<&str>| -> Vec<String> {
                let name = |it: Option<&str>| it.map(str::to_owned);
                let needed =
                    RequiredWal { from: name(from), until: name(until), segment_size: SEGMENT };
                find_gaps(files, &needed).iter().map(Gap::to_string).collect()
            };
        let from = Some("0000000100000000000000FE");
        assert_eq!(gaps(&chain, from, None), [""; 0]);
        // Archived before it is needed, or not yet.
        assert_eq!(gaps(&chain, Some("0000000100000000000000FF"), None), [""; 0]);
        assert_eq!(gaps(&chain, Some("000000020000000100000001"), None), [""; 0]);
        assert_eq!(gaps(&[], from, None), [""; 0]);
        let found = gaps(&chain, Some("0000000100000000000000FB"), None);
        assert_eq!(found, ["3 missing from ????????00000000000000FB on"]);
        let holed = files(&["000000010000000000000001", "000000010000000000000003"]);
        let found = gaps(&holed, None, None);
        assert_eq!(found, ["1 missing from ????????0000000000000002 on"]);
    }

    #[test]
    fn an_empty_or_short_archive_has_gaps() {
        let needed = |from: &str, until: &str| RequiredWal {
            from: Some(from.to_owned()),
            until: Some(until.to_owned()),
            segment_size: SEGMENT,
        };
        let digest = "0".repeat(64);
        let file =
            |name: &str| ArchivedFile::read(format!("/wal/{name}-{digest}.zst").into()).unwrap();
        let (first, later) = ("000000010000000000000002", "000000010000000000000005");
        let count = |files: &[ArchivedFile], needed: &RequiredWal| -> u64 {
            find_gaps(files, needed).iter().map(|it| it.count).sum()
        };
        assert_eq!(count(&[], &needed(first, first)), 1);
        assert_eq!(count(&[], &needed(first, later)), 4);
        assert_eq!(count(&[file(first)], &needed(first, later)), 3);
        assert_eq!(count(&[file("000000010000000000000001")], &needed(first, first)), 1);
        assert_eq!(count(&[file(first), file(later)], &needed(first, later)), 2);
        assert_eq!(count(&[file(first)], &needed(first, first)), 0);
    }
}
