//! A data folder made of a base backup, which recovers by itself when PostgreSQL starts on it.

use std::{
    fmt::Write as _,
    io::{Read, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
};

use chrono::{DateTime, Utc};

use crate::backup::{
    error::{At as _, BackupError, Result},
    folder,
};

/// The file without which PostgreSQL starts on no folder, and what it is called until all else is
/// there.
const CONTROL: &str = "global/pg_control";
const WITHHELD: &str = "global/pg_control.restoring";

/// How a laid out folder recovers.
pub(crate) struct Recovery {
    /// The shell command that brings a file of WAL, with PostgreSQL's `%f` and `%p`.
    pub(crate) command: String,
    /// The moment to recover to; without it, to the end of what was archived.
    pub(crate) to: Option<DateTime<Utc>>,
}

/// Unpacks a base backup into `data`, an empty folder. Nothing is brought to the disk one by one:
/// PostgreSQL does that before it begins to recover.
pub(crate) fn unpack(from: Box<dyn Read + Send>, data: &Path) -> Result<()> {
    let mut archive = tar::Archive::new(from);
    archive.set_overwrite(false);
    for entry in archive.entries().at(data)? {
        let mut entry = entry.at(data)?;
        let is_control = *entry.path_bytes() == *CONTROL.as_bytes();
        let put = if is_control {
            entry.unpack(data.join(WITHHELD)).map(|_| true)
        } else {
            // False where a path leads out of the folder.
            entry.unpack_in(data)
        };
        if !put.at(data)? {
            let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            return Err(BackupError::Damaged(format!("the backup holds a file {path:?}")));
        }
    }
    if !data.join(WITHHELD).is_file() {
        return Err(BackupError::Damaged(format!("the backup holds no {CONTROL}")));
    }
    private(data)
}

/// Lets PostgreSQL start on an unpacked base backup: `recovery` last but for the control file.
pub(crate) fn lay_out(data: &Path, recovery: Option<&Recovery>) -> Result<()> {
    if let Some(recovery) = recovery {
        append(&data.join("postgresql.auto.conf"), &settings(recovery))?;
        append(&data.join("recovery.signal"), "")?;
        // Systems that keep the settings elsewhere have none here, and `postgres -D` needs them.
        let settings = data.join("postgresql.conf");
        if !settings.exists() {
            append(&settings, "# The server's settings were not in its data folder.\n")?;
        }
        let access = data.join("pg_hba.conf");
        if !access.exists() {
            append(&access, "# The server's own file was elsewhere.\nlocal all all peer\n")?;
        }
    }
    folder::sync(data)?;
    let (withheld, control) = (data.join(WITHHELD), data.join(CONTROL));
    std::fs::rename(&withheld, &control).at(&control)?;
    folder::sync(&data.join("global"))
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
        // Nobody reads before it is where it should be, and a server that had more connections
        // does not hold it up.
        ("hot_standby", "off"),
        // It must not archive among the files of the one that it is a copy of.
        ("archive_mode", "off"),
    ] {
        let _ = writeln!(text, "{name} = '{}'", value.replace('\'', "''"));
    }
    text
}

fn append(path: &Path, text: &str) -> Result<()> {
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.append(true).create(true).mode(0o600).open(path).at(path)?;
    file.write_all(text.as_bytes()).at(path)?;
    file.sync_all().at(path)
}

/// PostgreSQL refuses a folder that others can read.
fn private(folder: &Path) -> Result<()> {
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700)).at(folder)
}

/// Text as one word of a shell command in PostgreSQL's settings, where `%` has a meaning.
pub(crate) fn word(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''").replace('%', "%%"))
}

#[cfg(test)]
mod tests {
    use super::{Recovery, settings, word};

    #[test]
    fn a_path_with_odd_signs_stays_one_word_of_the_restore_command() {
        assert_eq!(word("/a b/50%/it's"), r"'/a b/50%%/it'\''s'");
        let to = "2026-01-31T12:00:00.25Z".parse().ok();
        let text = settings(&Recovery { command: format!("{} %f %p", word("/it's")), to });
        assert!(text.contains(r"restore_command = '''/it''\''''s'' %f %p'"), "{text}");
        assert!(text.contains("recovery_target_time = '2026-01-31 12:00:00.250000+00'"), "{text}");
        let text = settings(&Recovery { command: String::new(), to: None });
        assert!(text.contains("recovery_target_time = ''\n"), "{text}");
    }
}
