//! The restore drill: restores the newest backup to a temporary folder, opens it as a database, counts its
//! rows, and deletes the folder.

use std::{
    fmt,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use rustix::process::{Pid, Signal, geteuid, kill_process};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection, SqliteConnection,
    postgres::PgConnectOptions, sqlite::SqliteConnectOptions,
};

use super::{
    error::{At as _, BackupError, Result},
    folder::{Folder, Scratch, StoredBackup},
    manifest::Engine,
    postgres::Programs,
    restore::{self, RestoreOptions},
    verify::Trust,
};
use crate::core::config::{self, Config, PostgresAddress};

/// How often to check whether the restored server is ready.
const POLL: Duration = Duration::from_millis(200);
/// Maximum size of the excerpt from the restored server's log in an error message, in bytes.
const LOG: usize = 2000;

/// A restore drill.
#[derive(Debug)]
pub(super) struct Drill<'a> {
    /// The settings, which contain the database that was backed up.
    pub(super) config: &'a Config,
    /// The backup folder.
    pub(super) folder: &'a Folder,
    /// The identity that decrypts encrypted backups.
    pub(super) identity: Option<&'a Path>,
    /// The keys whose signatures are trusted.
    pub(super) trust: Trust,
    /// The current time.
    pub(super) now: DateTime<Utc>,
}

/// The result of a successful drill.
#[derive(Debug)]
pub(super) struct Drilled {
    /// The name of the backup.
    pub(super) backup: String,
    /// The number of tables.
    pub(super) tables: usize,
    /// The total number of rows.
    pub(super) rows: u64,
    /// The duration, including counting the rows.
    pub(super) took: Duration,
}

impl fmt::Display for Drilled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { backup, tables, rows, took } = self;
        let seconds = took.as_secs_f64();
        write!(f, "restored {backup} in {seconds:.1} s: {tables} tables with {rows} rows")
    }
}

impl Drill<'_> {
    /// Restores the newest backup of the configured database and counts its rows. PostgreSQL backups must be
    /// signed with a trusted key.
    ///
    /// # Errors
    /// The backup could not be restored or opened. Nothing is left behind either way.
    pub(super) async fn run(self) -> Result<Drilled> {
        let began = Instant::now();
        let engine = self.config.backup.engine(&self.config.database)?;
        let wanted = match &engine {
            config::Engine::Sqlite(_) => Engine::Sqlite,
            config::Engine::Postgres(_) => Engine::Postgresql,
        };
        let backups = self.folder.backups()?;
        let of_engine = |it: &&StoredBackup| {
            it.manifest.as_ref().is_ok_and(|manifest| manifest.engine == wanted)
        };
        let Some(newest) = backups.iter().rfind(of_engine) else {
            return Err(BackupError::refused("there are no backups"));
        };
        let mut trust = self.trust;
        // PostgreSQL settings in a backup can name programs, which the restored server would run.
        trust.needs_signature |= matches!(engine, config::Engine::Postgres(_));
        let temporary = std::env::temp_dir();
        let scratch = Scratch::create(&temporary)?;
        let into = scratch.path().join("restored");
        let wanted = RestoreOptions {
            backup: Some(newest.name.clone()),
            to: None,
            into: into.clone(),
            identity: self.identity.map(Path::to_owned),
            trust,
            force: false,
            now: self.now,
        };
        restore::restore(self.folder, &wanted).await?;
        let version = newest.manifest.as_ref().ok().and_then(|it| it.cluster.as_ref());
        let (tables, rows) = match &engine {
            config::Engine::Sqlite(_) => count_sqlite(&into).await?,
            config::Engine::Postgres(PostgresAddress(servers)) => {
                let programs = Programs::new(self.config.backup.postgres_programs.as_deref());
                let major = version.map_or(0, |it| it.version / 10_000);
                let options = servers
                    .first()
                    .ok_or_else(|| BackupError::refused("no PostgreSQL server is configured"))?;
                let server = Server::start(&programs, major, &into, scratch.path())?;
                server.count(options).await?
            }
        };
        let backup = newest.name.clone();
        Ok(Drilled { backup, tables, rows, took: began.elapsed() })
    }
}

/// Counts tables and rows. Restoring already verified the file; this also checks foreign keys.
async fn count_sqlite(file: &Path) -> Result<(usize, u64)> {
    let options = SqliteConnectOptions::new().filename(file).read_only(true).immutable(true);
    let options = options.pragma("trusted_schema", "off").disable_statement_logging();
    let mut connection = SqliteConnection::connect_with(&options).await?;
    let dangling = sqlx::query("PRAGMA foreign_key_check").fetch_all(&mut connection).await?;
    if !dangling.is_empty() {
        let count = dangling.len();
        return Err(BackupError::Damaged(format!("{count} rows refer to rows that do not exist")));
    }
    // Virtual tables and their shadow tables contain no data of their own.
    let names = "SELECT name FROM pragma_table_list
                 WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite%'";
    let names: Vec<String> = sqlx::query_scalar(names).fetch_all(&mut connection).await?;
    let mut rows = 0;
    for name in &names {
        let count = format!("SELECT COUNT(*) FROM \"{}\"", name.replace('"', "\"\""));
        let count: i64 =
            sqlx::query_scalar(AssertSqlSafe(count)).fetch_one(&mut connection).await?;
        rows += count.unsigned_abs();
    }
    connection.close().await?;
    Ok((names.len(), rows))
}

/// A server on a restored data folder. Only this user can connect to it.
struct Server {
    child: tokio::process::Child,
    sockets: PathBuf,
    log: PathBuf,
}

impl Server {
    /// Starts a server of version `major` on `data`, with its socket and log in `scratch`.
    fn start(programs: &Programs, major: u32, data: &Path, scratch: &Path) -> Result<Self> {
        if geteuid().is_root() {
            return Err(BackupError::refused(
                "the PostgreSQL server does not run as root: run the drill as another user",
            ));
        }
        let program = programs.find("postgres", major).ok_or_else(|| {
            BackupError::Refused(format!(
                "no PostgreSQL server of version {major} or newer is installed: install it, or set the \
                 folder of its programs in backup.postgres_programs"
            ))
        })?;
        let access = scratch.join("pg_hba.conf");
        // Only this user can access the folder of the socket.
        std::fs::write(&access, "local all all trust\n").at(&access)?;
        let log = scratch.join("log");
        let mut command = tokio::process::Command::new(&program);
        command.arg("-D").arg(data);
        for (name, value) in [
            ("listen_addresses", String::new()),
            ("port", "5432".to_owned()),
            ("unix_socket_directories", scratch.display().to_string()),
            ("hba_file", access.display().to_string()),
            ("logging_collector", "off".to_owned()),
            ("ssl", "off".to_owned()),
            // The data is temporary, so it need not be durable.
            ("fsync", "off".to_owned()),
        ] {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        let output = std::fs::File::create(&log).at(&log)?;
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(output).kill_on_drop(true);
        let child = command.spawn().at(&program)?;
        Ok(Self { child, sockets: scratch.to_owned(), log })
    }

    /// Waits until the server has recovered, counts tables and rows, and stops it.
    async fn count(mut self, backed_up: &PgConnectOptions) -> Result<(usize, u64)> {
        let counted = self.count_running(backed_up).await;
        if let Some(pid) = self.child.id().and_then(|it| Pid::from_raw(it.cast_signed())) {
            // An immediate shutdown, since the data will be deleted.
            let _ = kill_process(pid, Signal::QUIT);
            let _ = self.child.wait().await;
        }
        counted
    }

    async fn count_running(&mut self, backed_up: &PgConnectOptions) -> Result<(usize, u64)> {
        let options = PgConnectOptions::new_without_pgpass()
            .socket(&self.sockets)
            .port(5432)
            .database(backed_up.get_database().unwrap_or("postgres"))
            .username(backed_up.get_username())
            .disable_statement_logging();
        let mut connection = self.connect(&options).await?;
        // Row-level security hides rows from everyone but superusers.
        let superuser = "SELECT rolname::TEXT FROM pg_roles WHERE rolsuper AND rolcanlogin
                         ORDER BY oid LIMIT 1";
        let superuser: Option<String> =
            sqlx::query_scalar(superuser).fetch_optional(&mut connection).await?;
        if let Some(superuser) = superuser {
            connection.close().await?;
            connection = PgConnection::connect_with(&options.username(&superuser)).await?;
        }
        let names = "SELECT format('%I', relname) FROM pg_class
                     WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace";
        let names: Vec<String> = sqlx::query_scalar(names).fetch_all(&mut connection).await?;
        let mut rows = 0;
        for name in &names {
            let count = format!("SELECT COUNT(*) FROM public.{name}");
            let count: i64 =
                sqlx::query_scalar(AssertSqlSafe(count)).fetch_one(&mut connection).await?;
            rows += count.unsigned_abs();
        }
        connection.close().await?;
        Ok((names.len(), rows))
    }

    /// Connects as soon as the server has recovered.
    async fn connect(&mut self, options: &PgConnectOptions) -> Result<PgConnection> {
        loop {
            let error = match PgConnection::connect_with(options).await {
                Ok(connection) => return Ok(connection),
                Err(error) => error,
            };
            // The server is starting or recovering ("cannot_connect_now").
            let is_starting = match &error {
                sqlx::Error::Io(_) => true,
                sqlx::Error::Database(error) => error.code().as_deref() == Some("57P03"),
                _ => false,
            };
            if let Some(status) = self.child.try_wait().at(&self.log)? {
                let log = std::fs::read_to_string(&self.log).unwrap_or_default();
                let end = log.trim_end();
                let from = end.ceil_char_boundary(end.len().saturating_sub(LOG));
                let why = end[from..].replace('\n', "; ");
                let why = format!("the restored server exited ({status}): {why}");
                return Err(BackupError::Damaged(why));
            }
            if !is_starting {
                return Err(error.into());
            }
            tokio::time::sleep(POLL).await;
        }
    }
}
