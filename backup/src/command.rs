//! The `motovaultpro backup` commands.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use age::x25519::Recipient;
use chrono::{DateTime, Utc};

use super::{
    checks::{Check, Checks},
    create,
    drill::Drill,
    error::{BackupError, Result},
    folder::Folder,
    keys,
    postgres::Programs,
    restore::{self, RestoreOptions},
    signature::{self, TrustedKeys},
    verify::{self, Trust},
    wal,
};
use crate::core::{
    clock::Clock,
    config::{Config, ConfigError, parse_recipient},
    minisign::PublicKey,
};

/// Create, verify and restore backups
#[derive(Debug, Clone, clap::Subcommand)]
pub enum Command {
    /// Create a backup; the service may be running
    Create {
        /// The backup folder [default: the configured one]
        #[arg(long, value_name = "FOLDER")]
        folder: Option<PathBuf>,
    },
    /// List the backups, oldest first
    List {
        /// The backup folder [default: the configured one]
        #[arg(long, value_name = "FOLDER")]
        folder: Option<PathBuf>,
    },
    /// Verify all backups, or one; exits with 1 if a backup is damaged
    Verify {
        /// Verify only this backup
        #[arg(value_name = "NAME")]
        backup: Option<String>,
        /// The backup folder [default: the configured one]
        #[arg(long, value_name = "FOLDER")]
        folder: Option<PathBuf>,
        /// The identity file that decrypts encrypted backups
        #[arg(long, value_name = "FILE")]
        identity: Option<PathBuf>,
        /// The keys whose signatures are trusted
        #[command(flatten)]
        signatures: Signatures,
    },
    /// Restore the newest backup to a temporary folder, open it and count its rows, then delete the folder
    Drill {
        /// The backup folder [default: the configured one]
        #[arg(long, value_name = "FOLDER")]
        folder: Option<PathBuf>,
        /// The identity file that decrypts encrypted backups
        #[arg(long, value_name = "FILE")]
        identity: Option<PathBuf>,
        /// The keys whose signatures are trusted
        #[command(flatten)]
        signatures: Signatures,
    },
    /// Restore a backup to a new location
    Restore {
        /// The backup [default: the newest suitable one]
        #[arg(value_name = "NAME")]
        backup: Option<String>,
        /// The point in time to restore, such as 2026-01-31T12:00:00Z; for SQLite, the newest backup before
        /// it
        #[arg(long, value_name = "TIME", value_parser = parse_time)]
        to: Option<DateTime<Utc>>,
        /// The new location: a file for SQLite, a folder for PostgreSQL
        #[arg(long, value_name = "PLACE")]
        into: PathBuf,
        /// Rename existing files at that location
        #[arg(long)]
        force: bool,
        /// The backup folder [default: the configured one]
        #[arg(long, value_name = "FOLDER")]
        folder: Option<PathBuf>,
        /// The identity file that decrypts encrypted backups
        #[arg(long, value_name = "FILE")]
        identity: Option<PathBuf>,
        /// The keys whose signatures are trusted
        #[command(flatten)]
        signatures: Signatures,
    },
    /// Print a new identity and its public key, for encrypted backups
    Keygen,
    /// Print the public key for verifying this service's signatures on other machines
    PublicKey,
    /// For PostgreSQL's `archive_command`: `archive-wal %p %f`
    ArchiveWal {
        /// The file to archive
        path: PathBuf,
        /// Its name
        name: String,
        /// The backup folder; if given, no settings are read
        #[arg(long, value_name = "FOLDER")]
        folder: Option<PathBuf>,
        /// Encrypt the file for this public key (may be repeated)
        #[arg(long, value_name = "KEY", value_parser = parse_recipient, requires = "folder")]
        recipient: Vec<Recipient>,
    },
    /// For PostgreSQL's `restore_command`: `fetch-wal %f %p`
    FetchWal {
        /// The name of the file
        name: String,
        /// The path to write it to
        path: PathBuf,
        /// The backup folder; if given, no settings are read
        #[arg(long, value_name = "FOLDER")]
        folder: Option<PathBuf>,
        /// The identity file that decrypts encrypted backups
        #[arg(long, value_name = "FILE")]
        identity: Option<PathBuf>,
    },
}

/// The keys whose signatures are trusted
#[derive(Debug, Clone, clap::Args)]
pub struct Signatures {
    /// Trust signatures by this key, in addition to the service's own and the configured ones (may be
    /// repeated)
    #[arg(long = "public-key", value_name = "KEY")]
    public_keys: Vec<PublicKey>,
    /// Fail if no trusted key has signed the backup
    #[arg(long)]
    require_signature: bool,
}

impl Signatures {
    fn trust(&self, config: &Config) -> Result<Trust> {
        let keys = TrustedKeys::new(config, &self.public_keys)?;
        Ok(Trust { keys, needs_signature: self.require_signature })
    }
}

/// The result of a command.
#[derive(Debug)]
pub struct Outcome {
    /// The text for standard output.
    pub text: String,
    /// An error that makes the program exit with a failure after printing the text.
    pub error: Option<BackupError>,
}

fn parse_time(text: &str) -> Result<DateTime<Utc>, String> {
    let parsed = DateTime::parse_from_rfc3339(text);
    parsed
        .map(|it| it.to_utc())
        .map_err(|_| "must be a time such as 2026-01-31T12:00:00Z".to_owned())
}

/// Runs a command. `load` reads the settings; it is only called if they are needed.
///
/// # Errors
/// [`BackupError`].
pub async fn run(
    command: &Command,
    load: impl Fn() -> Result<Config, ConfigError>,
    clock: &Clock,
) -> Result<Outcome> {
    let text = match command {
        Command::Create { folder } => create(&load()?, folder.as_deref(), clock).await?,
        Command::List { folder } => list(&Folder::open(&backup_folder(folder.as_deref(), load)?)?)?,
        Command::Verify { backup, folder, identity, signatures } => {
            let config = load_or_default(folder.as_deref(), &load)?;
            let programs = Programs::new(config.backup.postgres_programs.as_deref());
            let trust = signatures.trust(&config)?;
            let folder = Folder::open(&backup_folder(folder.as_deref(), || Ok(config))?)?;
            let (name, identity, at) = (backup.as_deref(), identity.as_deref(), clock.now());
            let report = verify::verify(&folder, name, identity, &trust, &programs, at).await?;
            let error = report.error();
            if name.is_none() {
                let check = Check { at, is_ok: error.is_none() };
                // Ignore errors: the folder may be read-only, such as a mounted copy.
                let _ = Checks::update(&folder, |it| it.verify = Some(check));
            }
            let text = report.lines.iter().fold(String::new(), |text, it| text + it + "\n");
            return Ok(Outcome { text, error });
        }
        Command::Drill { folder, identity, signatures } => {
            let config = load()?;
            let trust = signatures.trust(&config)?;
            let folder = Folder::open(&backup_folder(folder.as_deref(), || Ok(config.clone()))?)?;
            let (identity, at) = (identity.as_deref(), clock.now());
            let identity = identity.or(config.backup.identity_file.as_deref());
            let drill = Drill { config: &config, folder: &folder, identity, trust, now: at };
            let drilled = drill.run().await;
            let check = Check { at, is_ok: drilled.is_ok() };
            let _ = Checks::update(&folder, |it| it.drill = Some(check));
            format!("{}\n", drilled?)
        }
        Command::Restore { backup, to, into, force, folder, identity, signatures } => {
            let config = load_or_default(folder.as_deref(), &load)?;
            let trust = signatures.trust(&config)?;
            let folder = Folder::open(&backup_folder(folder.as_deref(), || Ok(config))?)?;
            let wanted = RestoreOptions {
                backup: backup.clone(),
                to: *to,
                into: into.clone(),
                identity: identity.clone(),
                trust,
                force: *force,
                now: clock.now(),
            };
            restore::restore(&folder, &wanted).await?
        }
        Command::Keygen => keys::generate(),
        Command::PublicKey => signature::load_or_create_key(&load()?)?.public().to_file(),
        Command::ArchiveWal { path, name, folder, recipient } => {
            let (folder, recipients) = if let Some(folder) = folder {
                (folder.clone(), recipient.iter().cloned().collect())
            } else {
                let config = load()?;
                let recipients = config.backup.recipients.clone();
                (backup_folder(None, || Ok(config))?, recipients)
            };
            wal::archive(&folder, path, name, &recipients)?;
            String::new()
        }
        Command::FetchWal { name, path, folder, identity } => {
            let folder = backup_folder(folder.as_deref(), load);
            let folder = folder.map_err(|error| BackupError::NotFetched(Box::new(error)))?;
            wal::fetch(&folder, name, path, identity.as_deref())?;
            String::new()
        }
    };
    Ok(Outcome { text, error: None })
}

/// The given folder, or else the configured one.
fn backup_folder(
    folder: Option<&Path>,
    load: impl FnOnce() -> Result<Config, ConfigError>,
) -> Result<PathBuf> {
    if let Some(folder) = folder {
        return Ok(folder.to_owned());
    }
    load()?
        .backup
        .folder
        .ok_or_else(|| BackupError::refused("no backup folder: set backup.folder, or use --folder"))
}

/// The settings. Invalid settings are ignored if a folder is given, since then nothing else is needed.
fn load_or_default(
    folder: Option<&Path>,
    load: &impl Fn() -> Result<Config, ConfigError>,
) -> Result<Config> {
    match (folder, load()) {
        (_, Ok(config)) => Ok(config),
        (Some(_), Err(_)) => Ok(Config::default()),
        (None, Err(error)) => Err(error.into()),
    }
}

async fn create(config: &Config, folder: Option<&Path>, clock: &Clock) -> Result<String> {
    let folder = Folder::create(&backup_folder(folder, || Ok(config.clone()))?)?;
    let lock = folder.lock()?;
    let created = create::create(config, &folder, lock, clock).await?;
    let engine = config.backup.engine(&config.database)?;
    let size = size(created.manifest.size);
    let mut text = format!("created {}: {size}, of {engine}\n", created.backup.name);
    if let Some(error) = &created.unsigned {
        let _ = writeln!(text, "It is not signed ({error}): set backup.signing_key.");
    }
    let _ = writeln!(text, "{}", created.service_key);
    if created.manifest.cluster.as_ref().is_some_and(|it| !it.archives) {
        text.push_str(
            "The server does not archive its WAL (archive_mode is off): this backup can be restored, but no \
             later point in time.\n",
        );
    }
    for name in &created.in_future {
        let _ = writeln!(text, "{name} is dated in the future: check this machine's clock.");
    }
    let removed = created.removed?;
    if removed.backups + removed.wal > 0 {
        let _ = writeln!(text, "removed {} backups, {} WAL files", removed.backups, removed.wal);
    }
    Ok(text)
}

fn list(folder: &Folder) -> Result<String> {
    let mut text = String::new();
    for backup in folder.backups()? {
        let _ = match &backup.manifest {
            Ok(it) => {
                let ended = it.ended_at.format("%Y-%m-%d %H:%M:%S UTC");
                let encrypted = if it.is_encrypted() { "  encrypted" } else { "" };
                writeln!(text, "{:<34} {ended}  {:>10}{encrypted}", backup.name, size(it.size))
            }
            Err(error) => {
                let what = if error.is_damage() { "damaged" } else { "unreadable" };
                writeln!(text, "{:<34} {what}: {error}", backup.name)
            }
        };
    }
    let archived = wal::list(folder)?;
    let mut segments = archived.iter().filter(|it| wal::is_segment(&it.name));
    if let (count, Some(first)) = (segments.clone().count(), segments.next()) {
        let last = segments.next_back().unwrap_or(first);
        let _ = writeln!(text, "archived WAL: {count} files, {} to {}", first.name, last.name);
    }
    Ok(if text.is_empty() { "there are no backups\n".to_owned() } else { text })
}

/// Formats a size in bytes with a suitable unit.
fn size(bytes: u64) -> String {
    let tenths = |unit: u64| format!("{}.{}", bytes / unit, bytes % unit * 10 / unit);
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} kB", tenths(1_000)),
        1_000_000..1_000_000_000 => format!("{} MB", tenths(1_000_000)),
        _ => format!("{} GB", tenths(1_000_000_000)),
    }
}
