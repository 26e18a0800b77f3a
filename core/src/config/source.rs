//! The sources of settings, and their errors.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use config::{Environment, File, FileFormat, Value, ValueKind};
use serde::de::DeserializeOwned;

use crate::files;

/// The prefix of environment variables.
const PREFIX: &str = "MVP";
/// The default settings file.
const FILE: &str = "motovaultpro.toml";

/// Why the settings are invalid.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Unknown keys.
    #[error("unknown setting: {}", .0.join(", "))]
    Unknown(Vec<String>),
    /// An invalid value.
    #[error("{key}: {why}")]
    Value {
        /// The setting's dotted path.
        key: String,
        /// What the value must be.
        why: String,
    },
    /// A secret that is given both directly and as a file.
    #[error("{key} and {key}_file are both set: set only one of them")]
    BothSet {
        /// The setting's dotted path.
        key: String,
    },
    /// A file that cannot be read.
    #[error("{}", files::describe(path, error))]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        error: std::io::Error,
    },
    /// Invalid TOML. The line itself is not shown: it may contain a secret.
    #[error("{}, line {line}{}: invalid TOML", path.display(), in_key(.key.as_deref()))]
    Syntax {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// The key that the line sets, if one can be read.
        key: Option<String>,
    },
    /// Sources that contradict each other, such as a section in the file that the environment sets
    /// as a value.
    #[error("the settings contradict each other: {0}")]
    Merge(String),
}

fn in_key(key: Option<&str>) -> String {
    key.map_or_else(String::new, |key| format!(" ({key})"))
}

impl ConfigError {
    /// Creates the error of an invalid value.
    pub(super) fn value(key: &str, why: &str) -> Self {
        Self::Value { key: key.to_owned(), why: why.to_owned() }
    }
}

/// The source of a setting's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// No source sets it.
    Default,
    /// The settings file.
    File(PathBuf),
    /// The environment variable with this name.
    Environment(String),
    /// A secret file.
    SecretFile(PathBuf),
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Environment(name) => write!(f, "environment variable {name}"),
            Self::SecretFile(path) => write!(f, "secret file {}", path.display()),
        }
    }
}

/// The sources of all settings' values.
#[derive(Debug, Clone, Default)]
pub struct Origins {
    /// The values set in the file and the environment.
    sources: Value,
    file: PathBuf,
    secret_files: BTreeMap<String, PathBuf>,
}

impl Origins {
    /// The source of the setting with this dotted path.
    #[must_use]
    pub fn of(&self, key: &str) -> Origin {
        match self.secret_files.get(key) {
            Some(path) => Origin::SecretFile(path.clone()),
            None => self.origin_in_sources(key),
        }
    }

    /// The secret file that a setting was read from, and the source that names that file.
    pub(super) fn secret_file(&self, key: &str) -> Option<(&Path, Origin)> {
        let path = self.secret_files.get(key)?;
        Some((path, self.origin_in_sources(&format!("{key}_file"))))
    }

    /// Adds a secret file that no source names.
    pub(super) fn add_secret_file(&mut self, key: &str, path: &Path) {
        self.secret_files.insert(key.to_owned(), path.to_owned());
    }

    fn origin_in_sources(&self, key: &str) -> Origin {
        let Some(value) = find(&self.sources, key) else { return Origin::Default };
        // Values from the settings file have no origin.
        match value.origin() {
            Some(_) => {
                let name = key.to_ascii_uppercase().replace('.', "__");
                Origin::Environment(format!("{PREFIX}__{name}"))
            }
            None => Origin::File(self.file.clone()),
        }
    }
}

/// The value at this dotted path.
fn find<'a>(tree: &'a Value, key: &str) -> Option<&'a Value> {
    key.split('.').try_fold(tree, |at, part| match &at.kind {
        ValueKind::Table(table) => table.get(part),
        _ => None,
    })
}

/// Merges the sources and reads them as a `T`.
pub(super) fn read<T: DeserializeOwned>(
    file: Option<&Path>,
    environment: Vec<(String, String)>,
    secrets: &[&str],
) -> Result<(T, Origins), ConfigError> {
    let path = file.unwrap_or(Path::new(FILE));
    let mut builder = config::Config::builder();
    match std::fs::read_to_string(path) {
        Ok(text) => {
            check_syntax(path, &text)?;
            builder = builder.add_source(File::from_str(&text, FileFormat::Toml));
        }
        Err(error) if file.is_none() && error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(ConfigError::File { path: path.to_owned(), error }),
    }
    let environment = Environment::with_prefix(PREFIX)
        .prefix_separator("__")
        .separator("__")
        .source(Some(environment.into_iter().collect()));
    builder = builder.add_source(environment);
    let sources = builder.build_cloned().map_err(|error| ConfigError::Merge(reason(&error)))?;
    let mut origins = Origins {
        sources: sources.cache.clone(),
        file: path.to_owned(),
        secret_files: BTreeMap::new(),
    };
    let secrets: Vec<_> =
        secrets.iter().flat_map(|key| matching_keys(&sources.cache, key)).collect();
    for key in &secrets {
        let Ok(path) = sources.get_string(&format!("{key}_file")) else { continue };
        if sources.get_string(key).is_ok() {
            return Err(ConfigError::BothSet { key: key.clone() });
        }
        let path = PathBuf::from(path);
        let missing = std::io::Error::from(std::io::ErrorKind::NotFound);
        let secret = read_secret_file(&path)?
            .ok_or(ConfigError::File { path: path.clone(), error: missing })?;
        builder = builder
            .set_override(key, secret)
            .map_err(|error| ConfigError::Merge(reason(&error)))?;
        origins.add_secret_file(key, &path);
    }
    let merged = builder.build().map_err(|error| ConfigError::Merge(reason(&error)))?;
    Ok((into_settings(merged, &secrets)?, origins))
}

/// The keys that match `pattern`: its `*` stands for every name that the sources have there.
fn matching_keys(tree: &Value, pattern: &str) -> Vec<String> {
    let Some((before, after)) = pattern.split_once(".*.") else { return vec![pattern.to_owned()] };
    let mut at = tree;
    for part in before.split('.') {
        match &at.kind {
            ValueKind::Table(table) if table.contains_key(part) => at = &table[part],
            _ => return Vec::new(),
        }
    }
    match &at.kind {
        ValueKind::Table(table) => {
            table.keys().map(|name| format!("{before}.{name}.{after}")).collect()
        }
        _ => Vec::new(),
    }
}

/// Reads a secret file, without a trailing line break; `None` if it does not exist.
pub(super) fn read_secret_file(path: &Path) -> Result<Option<String>, ConfigError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text.trim_end_matches(['\n', '\r']).to_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ConfigError::File { path: path.to_owned(), error }),
    }
}

fn into_settings<T: DeserializeOwned>(
    merged: config::Config,
    secrets: &[String],
) -> Result<T, ConfigError> {
    let tree = merged.cache.clone();
    let mut unknown = Vec::new();
    let mut track = serde_path_to_error::Track::new();
    let tracked = serde_path_to_error::Deserializer::new(merged, &mut track);
    let parsed = serde_ignored::deserialize(tracked, |path| {
        let path = path.to_string();
        let is_secret_file = path
            .strip_suffix("_file")
            .is_some_and(|stem| secrets.iter().any(|secret| secret == stem));
        if !is_secret_file {
            unknown.extend(leaves(&tree, &path));
        }
    });
    if !unknown.is_empty() {
        return Err(ConfigError::Unknown(unknown));
    }
    parsed.map_err(|error: config::ConfigError| ConfigError::Value {
        key: track.path().to_string(),
        why: reason(&error),
    })
}

/// Rejects invalid TOML, without showing any of its values.
fn check_syntax(path: &Path, text: &str) -> Result<(), ConfigError> {
    let Err(error) = text.parse::<toml::Table>() else { return Ok(()) };
    let at = error.span().map_or(text.len(), |it| it.start.min(text.len()));
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let is_bare = |key: &&str| {
        let is_part = |it: char| it.is_ascii_alphanumeric() || matches!(it, '_' | '-' | '.');
        !key.is_empty() && key.chars().all(is_part)
    };
    let key = text.lines().nth(line - 1).and_then(|it| it.split_once('='));
    let key = key.map(|it| it.0.trim()).filter(is_bare).map(str::to_owned);
    Err(ConfigError::Syntax { path: path.to_owned(), line, key })
}

/// Describes an error without the value: a secret may have been put in the wrong place.
fn reason(error: &config::ConfigError) -> String {
    match error {
        config::ConfigError::Type { expected, .. } => format!("must be {expected}"),
        config::ConfigError::At { error, .. } => reason(error),
        other => {
            let text = other.to_string();
            match text.split_once("expected ") {
                Some((_, expected)) => format!("must be {expected}"),
                None => "cannot have this value".to_owned(),
            }
        }
    }
}

/// The dotted paths of all values at or below `path`.
fn leaves(tree: &Value, path: &str) -> Vec<String> {
    let mut at = tree;
    for part in path.split('.') {
        match &at.kind {
            ValueKind::Table(table) if table.contains_key(part) => at = &table[part],
            _ => return vec![path.to_owned()],
        }
    }
    match &at.kind {
        ValueKind::Table(table) if !table.is_empty() => {
            table.keys().flat_map(|key| leaves(tree, &format!("{path}.{key}"))).collect()
        }
        _ => vec![path.to_owned()],
    }
}
