//! What a backup says of itself. It holds no secret, nor an address or a role's name.

use std::path::Path;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    error::{At as _, BackupError, Result},
    payload::{Digest, SEALED},
};

/// The manifest's file in a backup's folder.
pub(super) const FILE: &str = "manifest.json";

/// The form of the manifest that this program writes, and the only one that it reads.
const FORM: u32 = 1;

/// A backup's manifest.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub(super) struct Manifest {
    /// The form of this file.
    pub(super) form: u32,
    /// The version of the program that made it.
    pub(super) program: String,
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
    /// What is known of a PostgreSQL server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cluster: Option<Cluster>,
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
        Self { form: FORM, program, engine, began_at, ended_at, file, size, sha256, cluster }
    }

    /// Reads the manifest of the backup in `folder`.
    pub(super) fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(FILE);
        let text = std::fs::read(&path).at(&path)?;
        let damaged = |why: String| BackupError::Damaged(format!("{}: {why}", path.display()));
        let manifest: Self =
            serde_json::from_slice(&text).map_err(|error| damaged(error.to_string()))?;
        if manifest.form != FORM {
            let form = manifest.form;
            let told = format!("{}: form {form} is not known to this version", path.display());
            return Err(BackupError::Refused(told));
        }
        // The name is joined to the folder: it must not lead out of it.
        if manifest.file.contains('/') || manifest.file.starts_with('.') {
            return Err(damaged(format!("{:?} is no file of a backup", manifest.file)));
        }
        if (manifest.engine == Engine::Postgresql) != manifest.cluster.is_some() {
            return Err(damaged("it does not tell what its engine needs".to_owned()));
        }
        // Positions in the WAL are divided by it. PostgreSQL takes powers of two from 1 MB to 1 GB.
        let size = manifest.cluster.as_ref().map(|it| it.wal_segment_size);
        if size.is_some_and(|it| !it.is_power_of_two() || !(1 << 20..=1 << 30).contains(&it)) {
            return Err(damaged("no server has files of WAL of that size".to_owned()));
        }
        Ok(manifest)
    }

    pub(super) fn digest(&self) -> Digest {
        Digest { size: self.size, sha256: self.sha256.clone() }
    }

    pub(super) fn is_sealed(&self) -> bool {
        self.file.ends_with(SEALED)
    }
}
