//! The source of the service key: a setting, or a file that is created once.

use std::{
    fmt,
    fs::Permissions,
    io::{self, ErrorKind},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use super::ServiceKey;
use crate::{
    Error,
    config::{Config, ConfigError},
    files,
};

/// Why the service key can't be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The settings can't be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The key file can't be read or created.
    #[error("the service key: {}", files::describe(path, error))]
    Io {
        /// The file.
        path: PathBuf,
        /// The cause.
        error: io::Error,
    },
    /// The key file does not contain a key.
    #[error("the service key: {}: {why}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What it must contain.
        why: String,
    },
    /// The system has no random bytes for a new key.
    #[error("the service key can't be created: {0}")]
    Random(#[from] getrandom::Error),
    /// The key is missing, although secrets have been sealed with one.
    #[error(
        "{0} does not exist, and the secrets in the database are sealed with the key in it: \
         {help}",
        help = HELP
    )]
    Missing(Source),
    /// The key is not the one that secrets have been sealed with.
    #[error(
        "{0} is not the key that the secrets in the database are sealed with: {help}",
        help = HELP
    )]
    Wrong(Source),
    /// The database can't be used.
    #[error("the database can't be used: {}", cause(.0))]
    Database(Error),
}

const HELP: &str = "put the right file there, from a copy, a sealed backup or another instance. If it \
    is lost, `motovaultpro secrets discard` lets the service start with a new key; authenticator apps \
    and notification channels with a secret must then be set up again";

impl From<Error> for KeyError {
    fn from(error: Error) -> Self {
        Self::Database(error)
    }
}

impl From<sqlx::Error> for KeyError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

fn cause(error: &Error) -> String {
    match error {
        Error::Internal(cause) => cause.to_string(),
        other => other.to_string(),
    }
}

/// The source of the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The setting `auth.key`, or the file that `auth.key_file` names.
    Setting(Option<PathBuf>),
    /// The file that the service creates if no key is set.
    File(PathBuf),
}

impl Source {
    /// The source of the key in these settings.
    ///
    /// # Errors
    /// As for [`crate::config::Database::engine`].
    pub fn from_config(config: &Config) -> Result<Self, ConfigError> {
        if config.auth.key.is_some() {
            return Ok(Self::Setting(config.auth.key_file.clone()));
        }
        config.auth.service_key_path(&config.database).map(Self::File)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        match self {
            Self::Setting(None) => f.write_str("the setting auth.key"),
            Self::Setting(Some(path)) => {
                write!(f, "the key file {} (auth.key_file)", absolute(path).display())
            }
            Self::File(path) => write!(f, "the key file {}", absolute(path).display()),
        }
    }
}

/// Reads the service key, if there is one.
///
/// # Errors
/// The key can't be read or is invalid.
pub fn find(config: &Config) -> Result<Option<ServiceKey>, KeyError> {
    let path = match (&config.auth.key, Source::from_config(config)?) {
        (Some(key), _) => {
            let wrong = |why: String| ConfigError::Value { key: "auth.key".to_owned(), why };
            return Ok(Some(ServiceKey::parse(key.expose()).map_err(wrong)?));
        }
        (None, Source::Setting(_)) => return Ok(None),
        (None, Source::File(path)) => path,
    };
    let text = match std::fs::read_to_string(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(KeyError::Io { path, error }),
        Ok(text) => text,
    };
    restrict_permissions(&path);
    match ServiceKey::parse(&text) {
        Ok(key) => Ok(Some(key)),
        Err(why) => Err(KeyError::Invalid { path, why }),
    }
}

/// Removes other users' access to the key file.
fn restrict_permissions(path: &Path) {
    let Ok(found) = path.metadata() else { return };
    let mode = found.permissions().mode() & 0o777;
    if mode | 0o700 == 0o700 {
        return;
    }
    let (shown, previous_mode) = (path.display(), format!("{mode:04o}"));
    match std::fs::set_permissions(path, Permissions::from_mode(0o600)) {
        Ok(()) => {
            tracing::warn!(path = %shown, previous_mode, "Key file was accessible to other users: mode set to 0600");
        }
        Err(error) => {
            tracing::error!(path = %shown, previous_mode, %error, "Key file is accessible to other users");
        }
    }
}

/// Creates the key file and returns its key: another process's key if that process was faster.
pub(super) fn create(config: &Config) -> Result<ServiceKey, KeyError> {
    let path = config.auth.service_key_path(&config.database)?;
    let key = ServiceKey::generate()?;
    match files::create_private(&path, key.to_text().as_bytes()) {
        Ok(true) => {
            tracing::info!(path = %path.display(), "Service key created: keep a copy elsewhere");
            Ok(key)
        }
        Ok(false) => find(config)?.ok_or_else(|| KeyError::Missing(Source::File(path))),
        Err(error) => Err(KeyError::Io { path, error }),
    }
}
