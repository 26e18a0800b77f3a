//! Creates a data folder from a base backup. PostgreSQL recovers when it is started on it.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};

use crate::{
    core::archive::{self, ArchiveError, Limits, Name, NewFolder},
    error::{BackupError, Result},
    payload::Reader,
};

/// The file that PostgreSQL needs to start, and its temporary name until everything else is in place.
const CONTROL: &str = "global/pg_control";
const WITHHELD: &str = "global/pg_control.restoring";

/// The recovery settings of a data folder.
pub(crate) struct Recovery {
    /// The shell command that fetches a WAL file, with PostgreSQL's `%f` and `%p`.
    pub(crate) command: String,
    /// The point in time to recover to; by default, the end of the archive.
    pub(crate) to: Option<DateTime<Utc>>,
}

/// Unpacks a base backup into `data`. Files are not synced: PostgreSQL does that before it recovers.
pub(crate) fn unpack(from: &mut Reader, limits: Limits, data: &mut NewFolder) -> Result<()> {
    let path = from.path().to_owned();
    let failed = |error| BackupError::from_archive(error, &path);
    let withheld = Name::parse(WITHHELD.as_bytes()).map_err(failed)?;
    let mut has_control = false;
    let unpacked = archive::read(from, limits, |entry| {
        if entry.name == *CONTROL {
            has_control = !entry.is_folder;
            return data.unpack(&withheld, entry);
        }
        let name = entry.name.clone();
        data.unpack(&name, entry)
    });
    unpacked.map_err(failed)?;
    if has_control {
        return Ok(());
    }
    Err(BackupError::Damaged(format!("{}: the backup does not contain {CONTROL}", path.display())))
}

/// Writes the recovery settings to an unpacked base backup, and finally moves the control file into place.
pub(crate) fn prepare_recovery(data: &mut NewFolder, recovery: Option<&Recovery>) -> Result<()> {
    let mut prepare_recovery = || -> Result<(), ArchiveError> {
        if let Some(recovery) = recovery {
            data.append("postgresql.auto.conf", &settings(recovery))?;
            data.append("recovery.signal", "")?;
            // `postgres -D` needs these files, and some systems store them outside the data folder.
            for (name, text) in [
                ("postgresql.conf", "# The server's settings were not in its data folder.\n"),
                ("pg_hba.conf", "# The server's own file was elsewhere.\nlocal all all peer\n"),
            ] {
                if !data.contains(name)? {
                    data.append(name, text)?;
                }
            }
        }
        data.rename(WITHHELD, CONTROL)
    };
    prepare_recovery().map_err(|error| BackupError::from_archive(error, CONTROL.as_ref()))
}

fn settings(recovery: &Recovery) -> String {
    let mut text = String::from("\n# Written by `motovaultpro backup restore`.\n");
    let to = recovery.to.map(|it| it.format("%Y-%m-%d %H:%M:%S%.6f+00").to_string());
    for (name, value) in [
        ("restore_command", recovery.command.as_str()),
        ("recovery_target_time", to.as_deref().unwrap_or_default()),
        ("recovery_target_inclusive", "on"),
        ("recovery_target_timeline", "latest"),
        ("recovery_target_action", "promote"),
        // Prevent reads before recovery is complete, and errors because the original server allowed more
        // connections.
        ("hot_standby", "off"),
        // The copy must not archive its WAL among the files of the original.
        ("archive_mode", "off"),
    ] {
        let _ = writeln!(text, "{name} = '{}'", value.replace('\'', "''"));
    }
    text
}

/// Quotes text as a word of a shell command in PostgreSQL's settings, in which `%` is special.
pub(crate) fn quote_word(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''").replace('%', "%%"))
}

#[cfg(test)]
mod tests {
    use super::{Recovery, quote_word, settings};

    #[test]
    fn paths_with_special_characters_are_quoted() {
        assert_eq!(quote_word("/a b/50%/it's"), r"'/a b/50%%/it'\''s'");
        let to = "2026-01-31T12:00:00.25Z".parse().ok();
        let text = settings(&Recovery { command: format!("{} %f %p", quote_word("/it's")), to });
        assert!(text.contains(r"restore_command = '''/it''\''''s'' %f %p'"), "{text}");
        assert!(text.contains("recovery_target_time = '2026-01-31 12:00:00.250000+00'"), "{text}");
        let text = settings(&Recovery { command: String::new(), to: None });
        assert!(text.contains("recovery_target_time = ''\n"), "{text}");
    }
}
