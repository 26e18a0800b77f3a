//! The state of the backups, for `/api/health` and the metrics.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;

/// The overall state of the backups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BackupStatus {
    /// The newest backup is recent enough, and nothing is known to be wrong.
    Ok,
    /// There is no backup yet.
    None,
    /// The newest backup is older than twice the interval between backups.
    Late,
    /// The last attempt to create a backup failed, the last verification or restore drill found a
    /// problem, or the folder cannot be read. The log has the details.
    Failed,
}

/// The state of the backups in the configured folder.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BackupState {
    /// The overall state.
    pub state: BackupStatus,
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
    pub verification: Option<CheckResult>,
    /// When the newest backup was last restored as a drill.
    pub drilled_at: Option<DateTime<Utc>>,
    /// Whether that drill succeeded.
    pub drill: Option<CheckResult>,
    /// PostgreSQL only: the number of archived WAL files in the folder.
    pub archived_wal_files: Option<usize>,
    /// PostgreSQL only: the number of WAL files missing from the archive since the oldest backup.
    /// Point-in-time recovery ends at the first of them.
    pub missing_wal_files: Option<u64>,
}

/// The result of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CheckResult {
    /// Nothing was wrong.
    Ok,
    /// Something was wrong.
    Failed,
}

impl From<bool> for CheckResult {
    fn from(is_ok: bool) -> Self {
        if is_ok { Self::Ok } else { Self::Failed }
    }
}

/// The most recent [`BackupState`]: `None` before the first check, or without a folder for backups.
#[derive(Debug, Clone, Default)]
pub struct BackupWatch(Arc<Mutex<Option<BackupState>>>);

impl BackupWatch {
    /// Replaces the state.
    pub fn set(&self, state: BackupState) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(state);
    }

    /// The state at the last check.
    #[must_use]
    pub fn get(&self) -> Option<BackupState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
