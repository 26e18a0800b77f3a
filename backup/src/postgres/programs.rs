//! Finds PostgreSQL's programs, and runs them without secrets on the command line.

use std::path::{Path, PathBuf};

use sqlx::{
    ConnectOptions as _,
    postgres::{PgConnectOptions, PgSslMode},
};

use crate::error::{BackupError, Result};

/// Default locations. Debian has a folder per version, which is not in `PATH`.
const VERSIONS: &str = "/usr/lib/postgresql";
const FOLDERS: [&str; 2] = ["/usr/local/bin", "/usr/bin"];

/// The location of PostgreSQL's programs.
#[derive(Debug, Clone, Default)]
pub(crate) struct Programs(Option<PathBuf>);

impl Programs {
    /// Uses this folder, or else the default locations.
    pub(crate) fn new(folder: Option<&Path>) -> Self {
        Self(folder.map(Path::to_owned))
    }

    /// Finds the program `name` for a server of version `major`: of the same version, or else the newest.
    pub(crate) fn find(&self, name: &str, major: u32) -> Option<PathBuf> {
        let in_folder = |folder: &Path| Some(folder.join(name)).filter(|it| it.is_file());
        if let Some(folder) = &self.0 {
            return in_folder(folder);
        }
        let versions = std::fs::read_dir(VERSIONS).into_iter().flatten().flatten();
        let mut versions: Vec<(u32, PathBuf)> = versions
            .filter_map(|entry| {
                let version = entry.file_name().to_str()?.parse().ok()?;
                Some((version, in_folder(&entry.path().join("bin"))?))
            })
            .filter(|(version, _)| *version >= major)
            .collect();
        versions.sort();
        let exact = versions.iter().position(|(version, _)| *version == major);
        let found = exact.map(|nth| versions.swap_remove(nth)).or_else(|| versions.pop());
        found.map(|(_, path)| path).or_else(|| FOLDERS.iter().find_map(|it| in_folder(it.as_ref())))
    }

    /// Like [`Programs::find`], but returns an error with advice.
    pub(crate) fn require(&self, name: &str, major: u32) -> Result<PathBuf> {
        self.find(name, major).ok_or_else(|| {
            let message = format!(
                "{name} of PostgreSQL {major} or newer is not installed: install the PostgreSQL client \
                 programs, or set their folder in backup.postgres_programs"
            );
            BackupError::Refused(message)
        })
    }
}

/// Environment variables with which a PostgreSQL program connects to the server. These include the password,
/// since other users cannot read them.
pub(super) fn environment(options: &PgConnectOptions) -> Vec<(&'static str, String)> {
    let host = match options.get_socket() {
        Some(socket) => socket.display().to_string(),
        None => options.get_host().to_owned(),
    };
    let ssl_mode = match options.get_ssl_mode() {
        PgSslMode::Disable => "disable",
        PgSslMode::Allow => "allow",
        PgSslMode::Prefer => "prefer",
        PgSslMode::Require => "require",
        PgSslMode::VerifyCa => "verify-ca",
        PgSslMode::VerifyFull => "verify-full",
    };
    let mut environment = vec![
        ("PGHOST", host),
        ("PGPORT", options.get_port().to_string()),
        ("PGUSER", options.get_username().to_owned()),
        ("PGSSLMODE", ssl_mode.to_owned()),
        ("PGCONNECT_TIMEOUT", "10".to_owned()),
        ("LC_ALL", "C".to_owned()),
    ];
    // The options return these only in a URL. Host and user are replaced, since they may need escaping.
    let url = options.clone().host("host").username("user").to_url_lossy();
    let pairs = url::form_urlencoded::parse(url.query().unwrap_or_default().as_bytes());
    for (key, value) in pairs {
        let name = match &*key {
            "sslrootcert" => "PGSSLROOTCERT",
            "sslcert" => "PGSSLCERT",
            "sslkey" => "PGSSLKEY",
            _ => continue,
        };
        // File paths have this prefix; inline certificates do not.
        if let Some(path) = value.strip_prefix("file: ") {
            environment.push((name, path.to_owned()));
        }
    }
    if let Some(password) = url.password() {
        let pair = format!("={password}");
        let decoded = url::form_urlencoded::parse(pair.as_bytes()).next();
        environment.extend(decoded.map(|(_, value)| ("PGPASSWORD", value.into_owned())));
    }
    environment
}

/// Verifies an unpacked base backup with `pg_verifybackup`: the checksums of all files, and the WAL if
/// `pg_waldump` is installed, which Debian's client packages lack. Returns the errors, or `None` if the
/// program is not installed.
pub(crate) async fn verify(
    programs: &Programs,
    version: u32,
    data: &Path,
) -> Result<Option<Result<(), String>>> {
    let Some(program) = programs.find("pg_verifybackup", version / 10_000) else {
        return Ok(None);
    };
    let mut command = tokio::process::Command::new(&program);
    command.env_clear().env("LC_ALL", "C").arg("--quiet").kill_on_drop(true);
    if !program.with_file_name("pg_waldump").is_file() {
        command.arg("--no-parse-wal");
    }
    command.arg(data);
    let output = command.output().await;
    let output = output.map_err(|error| BackupError::Io { path: program, error })?;
    if output.status.success() {
        return Ok(Some(Ok(())));
    }
    if output.status.code().is_none() {
        return Err(BackupError::refused(format!("pg_verifybackup was killed: {}", output.status)));
    }
    let message = String::from_utf8_lossy(&output.stderr).trim().replace('\n', "; ");
    Ok(Some(Err(message)))
}

#[cfg(test)]
mod tests {
    use super::environment;

    #[test]
    fn the_connection_url_is_passed_in_the_environment() {
        let url = "postgres://b%40ck:p%2Bw%20%C3%A9+%25@db.example:5433/cars\
                   ?sslmode=verify-full&sslrootcert=%2Fetc%2Fca.pem";
        let given = environment(&url.parse().unwrap());
        for (name, value) in [
            ("PGHOST", "db.example"),
            ("PGPORT", "5433"),
            ("PGUSER", "b@ck"),
            ("PGPASSWORD", "p+w é+%"),
            ("PGSSLMODE", "verify-full"),
            ("PGSSLROOTCERT", "/etc/ca.pem"),
        ] {
            assert!(given.contains(&(name, value.to_owned())), "{name}: {given:?}");
        }
        let url = "postgres://%2Frun%2Fpostgresql/cars";
        let given = environment(&url.parse().unwrap());
        assert!(given.contains(&("PGHOST", "/run/postgresql".to_owned())), "{given:?}");
        assert!(!given.iter().any(|(name, _)| *name == "PGPASSWORD"), "{given:?}");
    }
}
