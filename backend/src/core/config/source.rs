//! Where settings come from, and what is wrong with them.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use config::{Environment, File, FileFormat, Value, ValueKind};
use serde::de::DeserializeOwned;

use crate::core::files;

/// What the names of environment variables begin with.
const PREFIX: &str = "MVP";
/// The file that is read where none is named.
const FILE: &str = "motovaultpro.toml";

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Keys that no setting has.
    #[error("unknown setting: {}", .0.join(", "))]
    Unknown(Vec<String>),
    /// A value that a setting cannot have.
    #[error("{key}: {why}")]
    Value {
        /// The setting's dotted path.
        key: String,
        /// What it has to be.
        why: String,
    },
    /// A secret that is given both ways.
    #[error("{key} and {key}_file are both set: give one of them")]
    Twice {
        /// The setting's dotted path.
        key: String,
    },
    /// A file that cannot be read.
    #[error("{}", files::describe(path, error))]
    File {
        /// Which file.
        path: PathBuf,
        /// Why not.
        error: std::io::Error,
    },
    /// Text that is not TOML. The line itself is not shown: it may hold a secret.
    #[error("{}, line {line}{}: is not valid TOML", path.display(), in_key(.key.as_deref()))]
    Syntax {
        /// Which file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// The key that the line sets, if one can be read.
        key: Option<String>,
    },
    /// Sources that do not fit each other, such as a section in the file that the environment sets as
    /// a value.
    #[error("the settings contradict each other: {0}")]
    Merge(String),
}

fn in_key(key: Option<&str>) -> String {
    key.map_or_else(String::new, |key| format!(" ({key})"))
}

impl ConfigError {
    /// The setting `key` is not what it has to be.
    pub(super) fn value(key: &str, why: &str) -> Self {
        Self::Value { key: key.to_owned(), why: why.to_owned() }
    }
}

/// Where the value of a setting comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// No source has it.
    Default,
    /// The settings file.
    File(PathBuf),
    /// The environment variable of this name.
    Environment(String),
    /// A file that holds a secret.
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

/// Where the values of all settings come from.
#[derive(Debug, Clone, Default)]
pub struct Origins {
    /// What the file and the environment set.
    given: Value,
    file: PathBuf,
    secret_files: BTreeMap<String, PathBuf>,
}

impl Origins {
    /// Where the value of the setting with this dotted path comes from.
    #[must_use]
    pub fn of(&self, key: &str) -> Origin {
        match self.secret_files.get(key) {
            Some(path) => Origin::SecretFile(path.clone()),
            None => self.as_given(key),
        }
    }

    /// The secret file that the setting with this dotted path was read from, and what names that file.
    pub(super) fn secret_file(&self, key: &str) -> Option<(&Path, Origin)> {
        let path = self.secret_files.get(key)?;
        Some((path, self.as_given(&format!("{key}_file"))))
    }

    /// Adds a secret file that no source names.
    pub(super) fn add_secret_file(&mut self, key: &str, path: &Path) {
        self.secret_files.insert(key.to_owned(), path.to_owned());
    }

    fn as_given(&self, key: &str) -> Origin {
        let Some(value) = find(&self.given, key) else { return Origin::Default };
        // Values from the file's text have none.
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

/// Merges the sources into a `T`.
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
    let given = builder.build_cloned().map_err(|error| ConfigError::Merge(reason(&error)))?;
    let mut origins = Origins {
        given: given.cache.clone(),
        file: path.to_owned(),
        secret_files: BTreeMap::new(),
    };
    let secrets: Vec<_> = secrets.iter().flat_map(|key| spelled_out(&given.cache, key)).collect();
    for key in &secrets {
        let Ok(path) = given.get_string(&format!("{key}_file")) else { continue };
        if given.get_string(key).is_ok() {
            return Err(ConfigError::Twice { key: key.clone() });
        }
        let path = PathBuf::from(path);
        let missing = std::io::Error::from(std::io::ErrorKind::NotFound);
        let secret =
            secret_from(&path)?.ok_or(ConfigError::File { path: path.clone(), error: missing })?;
        builder = builder
            .set_override(key, secret)
            .map_err(|error| ConfigError::Merge(reason(&error)))?;
        origins.add_secret_file(key, &path);
    }
    let merged = builder.build().map_err(|error| ConfigError::Merge(reason(&error)))?;
    Ok((into_settings(merged, &secrets)?, origins))
}

/// The keys that `pattern` stands for: its `*` is every name that the sources give there.
fn spelled_out(tree: &Value, pattern: &str) -> Vec<String> {
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

/// What a secret file holds, without the line break that editors add; `None` where it is absent.
pub(super) fn secret_from(path: &Path) -> Result<Option<String>, ConfigError> {
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

/// Refuses text that is not TOML, without showing any of its values.
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

/// What is wrong with a value, without the value: a secret may have been put in the wrong place.
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

/// The dotted paths of the values at and below `path`.
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
