//! What a backup says of itself. It holds no secret, nor an address or a role's name.

use std::{io::Read as _, ops::RangeInclusive, path::Path};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{
    error::{At as _, BackupError, Result},
    payload::{Digest, ENCRYPTED_SUFFIX},
};
use crate::core::archive::{self, Limits, Totals};

/// The manifest's file in a backup's folder.
pub(super) const FILE: &str = "manifest.json";

/// The form of the manifest that this program writes, and the only one that it reads.
const FORMAT: u32 = 1;

/// How far the clocks of machines that share a folder may be apart.
const CLOCK_TOLERANCE: TimeDelta = TimeDelta::minutes(5);
/// The largest file that is read as a manifest, in bytes.
const MAX_SIZE: u64 = 1 << 20;
/// How much an archive may hold that nobody vouches for: of what it has itself, that many bytes for
/// each byte and some more, and that many files and folders. A PostgreSQL cluster has some 300 for each
/// of its databases and seldom shrinks to a tenth.
const MAX_RATIO: u64 = 1000;
const MIN_BYTES: u64 = 1 << 30;
const MAX_ENTRIES: u64 = 2_000_000;
/// The versions of PostgreSQL that can be, such as `150018`.
const VERSIONS: RangeInclusive<u32> = 100_000..=990_000;

/// A backup's manifest.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub(super) struct Manifest {
    /// The form of this file.
    pub(super) form: u32,
    /// The version of the program that made it.
    pub(super) program: String,
    /// One more than the highest number in the folder when it was made: the order in which backups
    /// were made, whatever the clock said. Older programs did not write it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) number: Option<u64>,
    /// Of which database it is.
    pub(super) engine: Engine,
    /// Before the first byte was read.
    pub(super) began_at: DateTime<Utc>,
    /// After the last: the backup holds nothing that was written later.
    pub(super) ended_at: DateTime<Utc>,
    /// Its payload's file, beside this one.
    pub(super) file: String,
    /// The file's size in bytes.
    pub(super) size: u64,
    /// The file's SHA-256, as hexadecimal digits.
    pub(super) sha256: String,
    /// How much its payload's archive holds. Older programs did not write it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) unpacked: Option<Unpacked>,
    /// What is known of a PostgreSQL server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cluster: Option<Cluster>,
    /// The file with the service key, in a encrypted backup. Older programs do not read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) service_key: Option<Part>,
}

/// A file of a backup beside its payload.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub(super) struct Part {
    /// The file's size in bytes.
    pub(super) size: u64,
    /// The file's SHA-256, as hexadecimal digits.
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

/// How much an archive holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
pub(super) struct Unpacked {
    /// The bytes of all files together.
    pub(super) bytes: u64,
    /// The number of files and folders.
    pub(super) entries: u64,
}

impl From<Totals> for Unpacked {
    fn from(totals: Totals) -> Self {
        Self { bytes: totals.bytes, entries: totals.entries }
    }
}

/// Of which database a backup is.
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

    /// The name of its backups' payload, where nothing is encrypted.
    pub(super) fn payload(self) -> &'static str {
        match self {
            Self::Sqlite => "motovaultpro.db",
            Self::Postgresql => "base.tar.zst",
        }
    }
}

/// What a base backup says of the server that it is of.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub(super) struct Cluster {
    /// What PostgreSQL calls the cluster; a copy has the same.
    pub(super) system_identifier: u64,
    /// The server's version, such as `150018`.
    pub(super) version: u32,
    /// The first file of WAL that restoring it needs.
    pub(super) first_wal: String,
    /// The last file of WAL that it needs, which is in it like all from the first.
    pub(super) last_wal: String,
    /// The size of a file of WAL in bytes.
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

    /// Reads the text of the manifest at `path`.
    pub(super) fn parse(text: &[u8], path: &Path) -> Result<Self> {
        let damaged = |why: String| BackupError::Damaged(format!("{}: {why}", path.display()));
        let manifest: Self =
            serde_json::from_slice(text).map_err(|error| damaged(error.to_string()))?;
        if manifest.form != FORMAT {
            let form = manifest.form;
            let message = format!("{}: form {form} is not known to this version", path.display());
            return Err(BackupError::Refused(message));
        }
        // The name is joined to the folder, and its ending says how the file is read.
        let inner = manifest.file.strip_suffix(ENCRYPTED_SUFFIX).unwrap_or(&manifest.file);
        if inner != manifest.engine.payload() {
            return Err(damaged(format!("{:?} is no file of a backup", manifest.file)));
        }
        if (manifest.engine == Engine::Postgresql) != manifest.cluster.is_some() {
            return Err(damaged("it does not tell what its engine needs".to_owned()));
        }
        let version = manifest.cluster.as_ref().map(|it| it.version);
        if version.is_some_and(|it| !VERSIONS.contains(&it)) {
            return Err(damaged("no server has that version".to_owned()));
        }
        // Positions in the WAL are divided by it. PostgreSQL takes powers of two from 1 MB to 1 GB.
        let size = manifest.cluster.as_ref().map(|it| it.wal_segment_size);
        if size.is_some_and(|it| !it.is_power_of_two() || !(1 << 20..=1 << 30).contains(&it)) {
            return Err(damaged("no server has files of WAL of that size".to_owned()));
        }
        Ok(manifest)
    }

    /// Whether the clock was, or now is, wrong: the backup seems to have begun in the future.
    pub(super) fn is_in_future(&self, now: DateTime<Utc>) -> bool {
        self.began_at > now + CLOCK_TOLERANCE
    }

    pub(super) fn digest(&self) -> Digest {
        Digest { size: self.size, sha256: self.sha256.clone() }
    }

    /// How much is unpacked of its payload: what it says itself, if a known key has signed that.
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

/// The text of the manifest of the backup in `folder`.
pub(super) fn text(folder: &Path) -> Result<Vec<u8>> {
    let path = folder.join(FILE);
    let missing = || BackupError::Damaged(format!("{}: it is missing", path.display()));
    read_small(&path, MAX_SIZE)?.ok_or_else(missing)
}

/// What a regular file of at most `largest` bytes holds; `None` where it is missing.
pub(super) fn read_small(path: &Path, largest: u64) -> Result<Option<Vec<u8>>> {
    let file = match archive::open_regular(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        file => file.at(path)?,
    };
    let mut content = Vec::new();
    file.take(largest + 1).read_to_end(&mut content).at(path)?;
    if content.len() as u64 > largest {
        let why = format!("{}: it is larger than {largest} bytes", path.display());
        return Err(BackupError::Damaged(why));
    }
    Ok(Some(content))
}
