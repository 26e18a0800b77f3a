//! Records when the backups of a folder were last verified, when one was last restored as a drill, and the
//! results. The record is stored in the folder, so it survives restarts and is shared by all instances.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{
    error::{At as _, BackupError, Result},
    folder::Folder,
    manifest::read_small,
};
use crate::core::config::Schedule;

/// Name of the file in the backup folder.
const FILE: &str = ".checks.json";
/// Maximum size of the file, in bytes.
const MAX_SIZE: u64 = 4096;
/// How far in the future a check may be dated. Beyond that, the clock was wrong and the check is repeated.
const CLOCK_TOLERANCE: TimeDelta = TimeDelta::minutes(5);

/// The last checks of a folder.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct Checks {
    /// The last verification of all backups and the archived WAL.
    pub(super) verify: Option<Check>,
    /// The last restore drill.
    pub(super) drill: Option<Check>,
}

/// A completed check.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub(super) struct Check {
    /// When it began.
    pub(super) at: DateTime<Utc>,
    /// Whether it succeeded.
    pub(super) is_ok: bool,
}

impl Check {
    /// Whether `check` is older than `every`, or missing.
    pub(super) fn is_due(check: Option<&Self>, every: Schedule, now: DateTime<Utc>) -> bool {
        let Some(every) = every.interval() else { return false };
        let Some(check) = check else { return true };
        let age = now - check.at;
        age < -CLOCK_TOLERANCE || age.to_std().is_ok_and(|it| it >= every)
    }
}

impl Checks {
    /// Reads the checks of `folder`. A missing or invalid file counts as no checks.
    pub(super) fn read(folder: &Folder) -> Self {
        let text = read_small(&folder.path().join(FILE), MAX_SIZE).ok().flatten();
        text.and_then(|it| serde_json::from_slice(&it).ok()).unwrap_or_default()
    }

    /// Updates the checks of `folder` atomically.
    pub(super) fn update(folder: &Folder, change: impl FnOnce(&mut Self)) -> Result<()> {
        let mut checks = Self::read(folder);
        change(&mut checks);
        let text = serde_json::to_vec_pretty(&checks)
            .map_err(|error| BackupError::Refused(error.to_string()))?;
        let path = folder.path().join(FILE);
        // The temporary file has mode 0600, and renaming replaces a symlink instead of following it.
        let mut file = tempfile::NamedTempFile::new_in(folder.path()).at(folder.path())?;
        std::io::Write::write_all(&mut file, &text).at(&path)?;
        file.persist(&path).map_err(|error| error.error).at(&path)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta, Utc};

    use super::{Check, Checks, FILE, Folder};
    use crate::core::config::Schedule;

    fn every(text: &str) -> Schedule {
        Schedule::try_from(text.to_owned()).unwrap()
    }

    #[test]
    fn a_check_is_due_if_it_is_missing_old_or_in_the_future() {
        let now: DateTime<Utc> = "2026-01-31T12:00:00Z".parse().unwrap();
        let due = |minutes: Option<i64>, interval: &str| {
            let check = minutes.map(|it| Check { at: now - TimeDelta::minutes(it), is_ok: true });
            Check::is_due(check.as_ref(), every(interval), now)
        };
        assert!(due(None, "1h") && due(Some(60), "1h") && due(Some(-600), "1h"));
        assert!(!due(Some(59), "1h") && !due(Some(-4), "1h"));
        assert!(!due(None, "never") && !due(Some(100_000), "never"));
    }

    #[test]
    fn checks_are_stored_in_the_folder_and_an_invalid_file_counts_as_none() {
        let temp_dir = tempfile::tempdir().unwrap();
        let folder = Folder::create(temp_dir.path()).unwrap();
        assert_eq!(Checks::read(&folder), Checks::default());
        let check = Check { at: "2026-01-31T12:00:00Z".parse().unwrap(), is_ok: false };
        Checks::update(&folder, |it| it.verify = Some(check.clone())).unwrap();
        Checks::update(&folder, |it| it.drill = Some(check.clone())).unwrap();
        let expected = Checks { verify: Some(check.clone()), drill: Some(check) };
        assert_eq!(Checks::read(&folder), expected);
        std::fs::write(temp_dir.path().join(FILE), "{").unwrap();
        assert_eq!(Checks::read(&folder), Checks::default());
    }

    #[test]
    fn a_symlink_in_place_of_the_file_is_replaced() {
        let temp_dir = tempfile::tempdir().unwrap();
        let folder = Folder::create(&temp_dir.path().join("backups")).unwrap();
        let other = temp_dir.path().join("other");
        std::fs::write(&other, "untouched").unwrap();
        std::os::unix::fs::symlink(&other, folder.path().join(FILE)).unwrap();
        let check = Check { at: DateTime::UNIX_EPOCH, is_ok: true };
        Checks::update(&folder, |it| it.verify = Some(check)).unwrap();
        assert_eq!(std::fs::read_to_string(&other).unwrap(), "untouched");
        assert!(Checks::read(&folder).verify.is_some());
    }
}
