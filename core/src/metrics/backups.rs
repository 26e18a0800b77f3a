//! Metrics of the backups, the archived WAL and the read replica.

use prometheus::{Gauge, GaugeVec, IntGaugeVec, Registry};

use super::{VALID_NAMES, gauges, options, register, snapshot::WalArchiver};
use crate::{
    db::replica::{ReplicaState, ReplicaStatus},
    health::{BackupState, BackupStatus, CheckResult},
};

/// The gauges of the backups, the archived WAL and the replica. Metrics of missing components are
/// omitted.
pub(super) struct Gauges {
    failed: IntGaugeVec,
    count: IntGaugeVec,
    last: IntGaugeVec,
    size: IntGaugeVec,
    duration: GaugeVec,
    checked: IntGaugeVec,
    check_failed: IntGaugeVec,
    wal_files: IntGaugeVec,
    wal_missing: IntGaugeVec,
    archiver_files: IntGaugeVec,
    archiver_last: IntGaugeVec,
    replica_used: IntGaugeVec,
    replica_lag: GaugeVec,
    replica_lag_bytes: IntGaugeVec,
}

impl Gauges {
    pub(super) fn new(registry: &Registry) -> Self {
        let many = |name, help, labels: &[&str]| gauges(registry, name, help, labels);
        let seconds = |name, help| {
            let gauge = GaugeVec::new(options(name, help), &[]);
            register(registry, gauge.expect(VALID_NAMES))
        };
        Self {
            failed: many("backup_failed", "1 while the last backup failed or is damaged", &[]),
            count: many("backups", "Backups in the folder", &[]),
            last: many("backup_last_timestamp_seconds", "When the newest was completed", &[]),
            size: many("backup_last_size_bytes", "The size of the newest backup", &[]),
            duration: seconds("backup_last_duration_seconds", "How long the newest backup took"),
            checked: many(
                "backup_checked_timestamp_seconds",
                "When the backups were last checked, by kind of check",
                &["check"],
            ),
            check_failed: many(
                "backup_check_failed",
                "1 if the last check found something wrong, by kind of check",
                &["check"],
            ),
            wal_files: many("wal_archived_files", "Archived WAL files in the folder", &[]),
            wal_missing: many("wal_missing_files", "WAL files missing from the archive", &[]),
            archiver_files: many(
                "wal_archiver_files",
                "WAL files that PostgreSQL archived or failed to archive",
                &["result"],
            ),
            archiver_last: many(
                "wal_archiver_last_timestamp_seconds",
                "When PostgreSQL last archived a WAL file, or failed to",
                &["result"],
            ),
            replica_used: many("replica_used", "1 while the replica answers reads", &[]),
            replica_lag: seconds("replica_lag_seconds", "How far the replica is behind"),
            replica_lag_bytes: many("replica_lag_bytes", "WAL the replica has not replayed", &[]),
        }
    }

    pub(super) fn set_backups(&self, state: Option<&BackupState>) {
        for gauge in [&self.failed, &self.count, &self.last, &self.size] {
            gauge.reset();
        }
        for gauge in [&self.checked, &self.check_failed, &self.wal_files, &self.wal_missing] {
            gauge.reset();
        }
        self.duration.reset();
        let Some(state) = state else { return };
        let clamped = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        set(&self.failed, Some((state.state == BackupStatus::Failed).into()));
        set(&self.count, Some(clamped(state.count as u64)));
        set(&self.last, state.last_at.map(|it| it.timestamp()));
        set(&self.size, state.last_size_bytes.map(clamped));
        set_float(&self.duration, state.last_duration_seconds);
        for (check, at, result) in [
            ("verify", state.verified_at, state.verification),
            ("drill", state.drilled_at, state.drill),
        ] {
            let (Some(at), Some(result)) = (at, result) else { continue };
            self.checked.with_label_values(&[check]).set(at.timestamp());
            let failed = result == CheckResult::Failed;
            self.check_failed.with_label_values(&[check]).set(failed.into());
        }
        set(&self.wal_files, state.archived_wal_files.map(|it| clamped(it as u64)));
        set(&self.wal_missing, state.missing_wal_files.map(clamped));
    }

    pub(super) fn set_archiver(&self, archiver: Option<&WalArchiver>) {
        self.archiver_files.reset();
        self.archiver_last.reset();
        let Some(archiver) = archiver else { return };
        for (result, files, last) in [
            ("archived", archiver.archived, archiver.last_archived_at),
            ("failed", archiver.failed, archiver.last_failed_at),
        ] {
            self.archiver_files.with_label_values(&[result]).set(files);
            if let Some(last) = last {
                self.archiver_last.with_label_values(&[result]).set(last);
            }
        }
    }

    pub(super) fn set_replica(&self, replica: Option<&ReplicaState>) {
        self.replica_used.reset();
        self.replica_lag.reset();
        self.replica_lag_bytes.reset();
        let Some(replica) = replica else { return };
        set(&self.replica_used, Some((replica.state == ReplicaStatus::Used).into()));
        set_float(&self.replica_lag, replica.lag_seconds);
        let bytes = replica.lag_bytes.map(|it| i64::try_from(it).unwrap_or(i64::MAX));
        set(&self.replica_lag_bytes, bytes);
    }
}

fn set(gauge: &IntGaugeVec, value: Option<i64>) {
    if let Some(value) = value {
        gauge.with_label_values::<&str>(&[]).set(value);
    }
}

fn set_float(gauge: &GaugeVec, value: Option<f64>) {
    if let Some(value) = value {
        let gauge: Gauge = gauge.with_label_values::<&str>(&[]);
        gauge.set(value);
    }
}
