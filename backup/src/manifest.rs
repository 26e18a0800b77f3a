//! The manifest of a backup. It contains no secrets, addresses or role names.

use std::{io::Read as _, ops::RangeInclusive, path::Path};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{
    error::{At as _, BackupError, Result},
    payload::{Digest, ENCRYPTED_SUFFIX},
};
use crate::core::archive::{self, Limits, Totals};

/// Name of the manifest file.
pub(super) const FILE: &str = "manifest.json";

/// The format version of the manifest, the only one that is supported.
const FORMAT: u32 = 1;

/// How far apart the clocks of machines that share a folder may be.
const CLOCK_TOLERANCE: TimeDelta = TimeDelta::minutes(5);
/// Maximum size of a manifest, in bytes.
const MAX_SIZE: u64 = 1 << 20;
/// Limits on unpacking an archive without a trusted signature: the ratio of unpacked to packed bytes, an
/// allowance for small archives, and the number of entries. A PostgreSQL cluster has about 300 files per
/// database, and rarely shrinks to a tenth.
const MAX_RATIO: u64 = 1000;
const MIN_BYTES: u64 = 1 << 30;
const MAX_ENTRIES: u64 = 2_000_000;
/// The versions of PostgreSQL that can be, such as `150018`.
const VERSIONS: RangeInclusive<u32> = 100_000..=990_000;

/// A backup's manifest.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub(super) struct Manifest {
    /// The format version of this file.
    pub(super) form: u32,
    /// The version of the program that created it.
    pub(super) program: String,
    /// One more than the highest number in the folder at that time. This defines the order of backups
    /// independently of the clock. Older versions did not write it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) number: Option<u64>,
    /// The database engine.
    pub(super) engine: Engine,
    /// Time before the first byte was read.
    pub(super) began_at: DateTime<Utc>,
    /// Time after the last byte was read: the backup contains nothing that was written later.
    pub(super) ended_at: DateTime<Utc>,
    /// The name of the payload file.
    pub(super) file: String,
    /// The size of the payload file in bytes.
    pub(super) size: u64,
    /// The SHA-256 of the payload file, in hexadecimal.
    pub(super) sha256: String,
    /// The unpacked size of the payload. Older versions did not write it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) unpacked: Option<Unpacked>,
    /// Information about the PostgreSQL server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cluster: Option<Cluster>,
    /// The file with the service key, in an encrypted backup. Older versions ignore it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) service_key: Option<Part>,
}

/// A file of a backup in addition to the payload.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub(super) struct Part {
    /// The size in bytes.
    pub(super) size: u64,
    /// The SHA-256 in hexadecimal.
    pub(super) sha256: String,
}

impl Part {
    pub(super) fn digest(&self) -> Digest {
        Digest { size: self.size, sha256: self.sha256.clone() }
    }
}

impl From<Digest> for Part {
    fn from(digest: Digest) -> Self {
        Self { size: digest.size, sha256: digest.sha256 }
    }
}

/// The unpacked size of an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
pub(super) struct Unpacked {
    /// The total number of bytes.
    pub(super) bytes: u64,
    /// The number of files and folders.
    pub(super) entries: u64,
}

impl From<Totals> for Unpacked {
    fn from(totals: Totals) -> Self {
        Self { bytes: totals.bytes, entries: totals.entries }
    }
}

/// The database engine of a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Engine {
    Sqlite,
    Postgresql,
}

impl Engine {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgresql => "postgresql",
        }
    }

    /// The name of the payload file, without encryption.
    pub(super) fn payload(self) -> &'static str {
        match self {
            Self::Sqlite => "motovaultpro.db",
            Self::Postgresql => "base.tar.zst",
        }
    }
}

/// Information about the server of a base backup.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub(super) struct Cluster {
    /// PostgreSQL's identifier of the cluster, which copies share.
    pub(super) system_identifier: u64,
    /// The server's version, such as `150018`.
    pub(super) version: u32,
    /// The first WAL file needed to restore it.
    pub(super) first_wal: String,
    /// The last WAL file needed. The backup contains all files from the first to the last.
    pub(super) last_wal: String,
    /// The size of a WAL file in bytes.
    pub(super) wal_segment_size: u64,
    /// Whether the server archived its WAL.
    pub(super) archives: bool,
}

impl Manifest {
    pub(super) fn new(
        engine: Engine,
        (began_at, ended_at): (DateTime<Utc>, DateTime<Utc>),
        file: String,
        digest: Digest,
        cluster: Option<Cluster>,
    ) -> Self {
        let program = env!("CARGO_PKG_VERSION").to_owned();
        let Digest { size, sha256 } = digest;
        let unpacked = None;
        Self {
            form: FORMAT,
            program,
            number: None,
            engine,
            began_at,
            ended_at,
            file,
            size,
            sha256,
            unpacked,
            cluster,
            service_key: None,
        }
    }

    /// Parses and validates the manifest at `path`.
    pub(super) fn parse(text: &[u8], path: &Path) -> Result<Self> {
        let damaged = |why: String| BackupError::Damaged(format!("{}: {why}", path.display()));
        let manifest: Self =
            serde_json::from_slice(text).map_err(|error| damaged(error.to_string()))?;
        if manifest.form != FORMAT {
            let format = manifest.form;
            let message =
                format!("{}: format {format} is not supported by this version", path.display());
            return Err(BackupError::Refused(message));
        }
        // The name is joined to the folder, and its suffix determines how the file is read.
        let inner = manifest.file.strip_suffix(ENCRYPTED_SUFFIX).unwrap_or(&manifest.file);
        if inner != manifest.engine.payload() {
            return Err(damaged(format!("{:?} is not a backup file name", manifest.file)));
        }
        if (manifest.engine == Engine::Postgresql) != manifest.cluster.is_some() {
            return Err(damaged("the information for its engine is missing".to_owned()));
        }
        let version = manifest.cluster.as_ref().map(|it| it.version);
        if version.is_some_and(|it| !VERSIONS.contains(&it)) {
            return Err(damaged("the server version is invalid".to_owned()));
        }
        // WAL positions are divided by it. PostgreSQL supports powers of two from 1 MB to 1 GB.
        let size = manifest.cluster.as_ref().map(|it| it.wal_segment_size);
        if size.is_some_and(|it| !it.is_power_of_two() || !(1 << 20..=1 << 30).contains(&it)) {
            return Err(damaged("the WAL file size is invalid".to_owned()));
        }
        Ok(manifest)
    }

    /// Whether the backup is dated in the future, because the clock was or is wrong.
    pub(super) fn is_in_future(&self, now: DateTime<Utc>) -> bool {
        self.began_at > now + CLOCK_TOLERANCE
    }

    pub(super) fn digest(&self) -> Digest {
        Digest { size: self.size, sha256: self.sha256.clone() }
    }

    /// Limits for unpacking the payload: the sizes in the manifest if it is signed with a trusted key.
    pub(super) fn limits(&self, is_trusted: bool) -> Limits {
        let bytes = self.size.saturating_mul(MAX_RATIO).saturating_add(MIN_BYTES);
        match self.unpacked {
            Some(it) if is_trusted => Limits { bytes: it.bytes, entries: it.entries },
            Some(it) => Limits { bytes: bytes.min(it.bytes), entries: MAX_ENTRIES.min(it.entries) },
            None => Limits { bytes, entries: MAX_ENTRIES },
        }
    }

    pub(super) fn is_encrypted(&self) -> bool {
        self.file.ends_with(ENCRYPTED_SUFFIX)
    }
}

/// Reads the manifest of the backup in `folder`.
pub(super) fn text(folder: &Path) -> Result<Vec<u8>> {
    let path = folder.join(FILE);
    let missing = || BackupError::Damaged(format!("{}: the file is missing", path.display()));
    read_small(&path, MAX_SIZE)?.ok_or_else(missing)
}

/// Reads a regular file of at most `largest` bytes; `None` if it does not exist.
pub(super) fn read_small(path: &Path, largest: u64) -> Result<Option<Vec<u8>>> {
    let file = match archive::open_regular(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        file => file.at(path)?,
    };
    let mut content = Vec::new();
    file.take(largest + 1).read_to_end(&mut content).at(path)?;
    if content.len() as u64 > largest {
        let why = format!("{}: the file is larger than {largest} bytes", path.display());
        return Err(BackupError::Damaged(why));
    }
    Ok(Some(content))
}
