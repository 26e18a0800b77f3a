//! Deletes old backups, and the WAL that no remaining backup needs.

use super::{
    error::{BackupError, Result},
    folder::{Folder, StoredBackup},
    manifest::{Engine, Manifest},
    payload::{self, Cancellation},
    wal,
};

/// The number of deleted files.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Removed {
    pub(super) backups: usize,
    pub(super) wal: usize,
}

/// Deletes all backups of `engine` except the newest `keep`, and the WAL that no remaining backup needs.
///
/// # Errors
/// `Damaged` if none of the remaining backups would be intact. Nothing is deleted then.
pub(super) fn remove_old(
    folder: &Folder,
    engine: Engine,
    keep: usize,
    cancellation: &Cancellation,
) -> Result<Removed> {
    let backups = folder.backups()?;
    let readable: Vec<(&StoredBackup, &Manifest)> = backups
        .iter()
        .filter_map(|it| Some((it, it.manifest.as_ref().ok()?)))
        .filter(|(_, manifest)| manifest.engine == engine)
        .collect();
    let (old, retained) = readable.split_at(readable.len().saturating_sub(keep));
    let mut removed = Removed::default();
    if !old.is_empty() {
        let is_intact = |it: &(&StoredBackup, &Manifest)| {
            let found = payload::digest(&it.0.payload(it.1), cancellation);
            found.is_ok_and(|digest| digest == it.1.digest())
        };
        if !retained.iter().rev().any(is_intact) {
            let message = "none of the newest backups is intact, so older ones are not deleted";
            return Err(BackupError::Damaged(message.to_owned()));
        }
        for (backup, _) in old {
            folder.remove(backup)?;
            removed.backups += 1;
        }
    }
    // If a manifest is unreadable, the WAL that the backup needs is unknown.
    let is_unknown = |it: &StoredBackup| it.manifest.is_err() && it.name.ends_with("-postgresql");
    if engine == Engine::Postgresql && !backups.iter().any(is_unknown) {
        let firsts =
            retained.iter().filter_map(|(_, it)| Some(it.cluster.as_ref()?.first_wal.as_str()));
        // Compare the digits after the timeline.
        if let Some(first) = firsts.min_by_key(|it| it.get(8..)) {
            removed.wal = wal::remove_before(folder, first)?;
        }
    }
    Ok(removed)
}
