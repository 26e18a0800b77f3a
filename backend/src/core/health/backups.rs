//! The state of the backups, as `/api/health` and the metrics show it.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;

/// Whether the backups are as the settings want them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BackupCondition {
    /// The newest backup is recent enough, and nothing is known to be wrong.
    Ok,
    /// No backup has been made yet.
    None,
    /// The newest backup is older than twice the interval between backups.
    Late,
    /// The last attempt to make a backup failed, the last verification or restore drill found something
    /// wrong, or the folder cannot be read. The log has the details.
    Failed,
}

/// The state of the backups in the configured folder.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BackupState {
    /// The state as a whole.
    pub state: BackupCondition,
    /// The number of backups of this database engine in the folder.
    pub count: usize,
    /// When the newest backup was completed.
    pub last_at: Option<DateTime<Utc>>,
    /// The size of the newest backup in bytes.
    pub last_size_bytes: Option<u64>,
    /// How long the newest backup took, in seconds.
    pub last_duration_seconds: Option<f64>,
    /// When all backups were last verified.
    pub verified_at: Option<DateTime<Utc>>,
    /// Whether that verification found every backup intact.
    pub verification: Option<Verified>,
    /// When the newest backup was last restored as a drill.
    pub drilled_at: Option<DateTime<Utc>>,
    /// Whether that drill succeeded.
    pub drill: Option<Verified>,
    /// PostgreSQL only: the number of archived WAL files in the folder.
    pub archived_wal_files: Option<usize>,
    /// PostgreSQL only: the number of WAL files missing from the archive since the oldest backup.
    /// Point-in-time recovery ends at the first of them.
    pub missing_wal_files: Option<u64>,
}

/// The result of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verified {
    /// Nothing was wrong.
    Ok,
    /// Something was wrong.
    Failed,
}

impl From<bool> for Verified {
    fn from(is_ok: bool) -> Self {
        if is_ok { Self::Ok } else { Self::Failed }
    }
}

/// The most recent [`BackupState`]: nothing before the first look, or without a folder for backups.
#[derive(Debug, Clone, Default)]
pub struct BackupWatch(Arc<Mutex<Option<BackupState>>>);

impl BackupWatch {
    /// Replaces the state.
    pub fn set(&self, state: BackupState) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(state);
    }

    /// The state at the last look.
    #[must_use]
    pub fn get(&self) -> Option<BackupState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
