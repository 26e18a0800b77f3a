//! `[backup]`: where backups are stored, how often they are created, and who can decrypt them.

use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use age::x25519::Recipient;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{ConfigError, Database, Engine, Secret};
use crate::minisign::{PublicKey, SecretKey};

/// The name of the signing key's file if no key is set.
const SIGNING_KEY: &str = "backup-signing.key";

/// The limits of an interval.
const MIN_INTERVAL: Duration = Duration::from_secs(1);
const MAX_INTERVAL: Duration = Duration::from_hours(366 * 24);

/// The `[backup]` section. Without a folder the service creates no backups.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default)]
pub struct Backup {
    /// The folder for backups.
    pub folder: Option<PathBuf>,
    /// How often the service creates a backup.
    pub every: Schedule,
    /// How many backups to keep.
    pub keep: usize,
    /// How often the service verifies all backups.
    pub verify_every: Schedule,
    /// How often the service restores the newest backup into a scratch folder, as a drill.
    pub drill_every: Schedule,
    /// The file with the identity that decrypts backups, for scheduled verifications and drills.
    /// Without it, only the checksums of encrypted backups are verified, and drills fail.
    pub identity_file: Option<PathBuf>,
    /// Whether a backup is created before pending migrations run.
    pub before_migrations: bool,
    /// The recipients that backups are encrypted for; without any, backups are not encrypted.
    pub recipients: Recipients,
    /// The secret key that signs backups, as minisign writes it without a password; if not set, one
    /// is created.
    pub signing_key: Option<Secret>,
    /// The public keys whose signatures are trusted, in addition to the signing key's own.
    pub public_keys: PublicKeys,
    /// Where base backups of PostgreSQL are taken, by a role with `REPLICATION`. Defaults to where
    /// migrations run.
    pub postgres_url: Option<Secret>,
    /// The folder of PostgreSQL's own programs. If not set, it is searched for.
    pub postgres_programs: Option<PathBuf>,
}

impl Default for Backup {
    fn default() -> Self {
        Self {
            folder: None,
            every: Schedule(Some(Duration::from_hours(24))),
            keep: 7,
            verify_every: Schedule(Some(Duration::from_hours(7 * 24))),
            drill_every: Schedule(None),
            identity_file: None,
            before_migrations: true,
            recipients: Recipients::default(),
            signing_key: None,
            public_keys: PublicKeys::default(),
            postgres_url: None,
            postgres_programs: None,
        }
    }
}

impl Backup {
    /// The database to back up.
    ///
    /// # Errors
    /// The URL is not a PostgreSQL server's.
    pub fn engine(&self, database: &Database) -> Result<Engine, ConfigError> {
        let engine = database.migration_engine()?;
        let (Engine::Postgres(_), Some(url)) = (&engine, &self.postgres_url) else {
            return Ok(engine);
        };
        // A separate role has its own password, in the URL.
        let elsewhere = Database { url: Some(url.clone()), ..Database::default() };
        let engine = elsewhere.engine().ok().filter(|it| matches!(it, Engine::Postgres(_)));
        engine.ok_or_else(|| {
            let why = "must be postgres://user@host:port/name, percent-encoded";
            ConfigError::value("backup.postgres_url", why)
        })
    }

    /// The path of the signing key's file if no key is set: next to the SQLite database, or where
    /// that would be.
    ///
    /// # Errors
    /// As for [`Database::engine`].
    pub fn signing_key_path(&self, database: &Database) -> Result<PathBuf, ConfigError> {
        Ok(match database.engine()? {
            Engine::Sqlite(file) => file.parent().unwrap_or(Path::new("")).join(SIGNING_KEY),
            Engine::Postgres(_) => Path::new("data").join(SIGNING_KEY),
        })
    }

    pub(super) fn check(&self, database: &Database) -> Result<(), ConfigError> {
        if self.folder.as_ref().is_some_and(|it| it.as_os_str().is_empty()) {
            return Err(ConfigError::value("backup.folder", "must be the path of a folder"));
        }
        if !(1..=10_000).contains(&self.keep) {
            return Err(ConfigError::value("backup.keep", "must be from 1 to 10000"));
        }
        if let Some(Err(why)) = self.signing_key.as_ref().map(|it| SecretKey::parse(it.expose())) {
            return Err(ConfigError::value("backup.signing_key", &why));
        }
        self.engine(database).map(drop)
    }
}

/// How often something runs: `24h`, `1h 30m`, or `never`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Schedule(Option<Duration>);

impl Schedule {
    /// The interval; `None` for `never`.
    #[must_use]
    pub fn interval(self) -> Option<Duration> {
        self.0
    }
}

impl TryFrom<String> for Schedule {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.trim() == "never" {
            return Ok(Self(None));
        }
        match parse_interval(&text).filter(|it| (MIN_INTERVAL..=MAX_INTERVAL).contains(it)) {
            Some(interval) => Ok(Self(Some(interval))),
            None => Err(format!(
                "{text:?} must be \"never\" or an interval from 1s to 8784h, such as \"24h\""
            )),
        }
    }
}

impl From<Schedule> for String {
    fn from(every: Schedule) -> Self {
        every.0.map_or_else(|| "never".to_owned(), format_interval)
    }
}

/// The units of intervals, largest first: all names of each, the shortest first, and its seconds.
const UNITS: [(&[&str], u64); 3] = [
    (&["h", "hr", "hrs", "hour", "hours"], 3600),
    (&["m", "min", "mins", "minute", "minutes"], 60),
    (&["s", "sec", "secs", "second", "seconds"], 1),
];

/// Parses an interval such as `1h 30m` or `90 minutes`: each unit at most once, the largest first.
fn parse_interval(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut units = UNITS.iter();
    let mut total = Duration::ZERO;
    loop {
        let (number, after) = rest.split_at(rest.find(|it: char| !it.is_ascii_digit())?);
        let after = after.trim_start();
        let end = after.find(|it: char| !it.is_ascii_alphabetic()).unwrap_or(after.len());
        let (name, after) = after.split_at(end);
        let (_, seconds) = units.find(|it| it.0.contains(&name))?;
        let seconds = number.parse::<u64>().ok()?.checked_mul(*seconds)?;
        total = total.checked_add(Duration::from_secs(seconds))?;
        rest = after.trim_start();
        if rest.is_empty() {
            return Some(total);
        }
    }
}

/// Formats an interval of whole seconds as [`parse_interval`] reads it: `1h 30m`.
fn format_interval(interval: Duration) -> String {
    let mut rest = interval.as_secs();
    let mut parts = Vec::new();
    for (names, seconds) in UNITS {
        if rest >= seconds {
            parts.push(format!("{}{}", rest / seconds, names[0]));
            rest %= seconds;
        }
    }
    parts.join(" ")
}

/// The public keys that backups are encrypted for (`age1…`): an array of strings, or one string
/// with commas. Any one of the corresponding identities decrypts a backup.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Recipients(Vec<Recipient>);

impl Recipients {
    /// All recipients.
    #[must_use]
    pub fn all(&self) -> &[Recipient] {
        &self.0
    }
}

impl fmt::Debug for Recipients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.0).finish()
    }
}

impl FromIterator<Recipient> for Recipients {
    fn from_iter<I: IntoIterator<Item = Recipient>>(recipients: I) -> Self {
        Self(recipients.into_iter().collect())
    }
}

/// Parses a public key. The error does not repeat the input: it may be the secret key by mistake.
///
/// # Errors
/// What the key must be.
pub fn parse_recipient(text: &str) -> Result<Recipient, String> {
    text.trim().parse().map_err(|_| "a recipient must be a public key of age: age1…".to_owned())
}

impl FromStr for Recipients {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let each = text.split(',').map(str::trim).filter(|it| !it.is_empty());
        each.map(parse_recipient).collect()
    }
}

impl<'de> Deserialize<'de> for Recipients {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        list(deserializer, parse_recipient).map(Self)
    }
}

/// Reads an array of strings, or one string with commas.
fn list<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    parse: fn(&str) -> Result<T, String>,
) -> Result<Vec<T>, D::Error> {
    struct Visitor<T>(fn(&str) -> Result<T, String>);

    impl<'de, T> de::Visitor<'de> for Visitor<T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of public keys")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<Vec<T>, E> {
            let each = text.split(',').map(str::trim).filter(|it| !it.is_empty());
            each.map(self.0).collect::<Result<_, _>>().map_err(E::custom)
        }

        fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<T>, A::Error> {
            let mut all = Vec::new();
            while let Some(text) = seq.next_element::<String>()? {
                all.push((self.0)(&text).map_err(de::Error::custom)?);
            }
            Ok(all)
        }
    }

    deserializer.deserialize_any(Visitor(parse))
}

impl Serialize for Recipients {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(Recipient::to_string))
    }
}

/// Public keys of minisign (`RWQ…`): an array of strings, or one string with commas.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PublicKeys(pub Vec<PublicKey>);

impl<'de> Deserialize<'de> for PublicKeys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        list(deserializer, str::parse).map(Self)
    }
}

impl Serialize for PublicKeys {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(PublicKey::to_string))
    }
}
