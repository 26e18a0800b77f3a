//! Opens the database of either engine, and rejects configurations that could lose acknowledged
//! writes.

use std::{
    fs::Permissions,
    io::ErrorKind,
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    str::FromStr as _,
    sync::Arc,
    time::Duration,
};

use sqlx::{
    ConnectOptions as _, Connection as _, PgPool, Row as _, SqliteConnection, SqlitePool,
    postgres::{PgConnectOptions, PgConnection, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{
    Db,
    primary::{self, LastSwitch},
    replica::Replica,
    roles,
    writers::Writers,
};
use crate::{
    Error, Result,
    config::{Database, Engine, PostgresAddress},
    files,
};

/// How long a request waits for a connection to PostgreSQL. If none is available by then, the
/// server is probably down.
pub(super) const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(2);
/// How long a request waits for SQLite, which only depends on a possibly slow disk.
const SQLITE_TIMEOUT: Duration = Duration::from_secs(5);
/// The idle time up to which a connection is reused without checking it.
const MAX_IDLE_UNCHECKED: Duration = Duration::from_secs(1);
/// The number of rows that SQLite's thread reads ahead: more than a page, so that it does not wait.
const ROW_BUFFER_SIZE: usize = 1024;
/// The number of SQLite readers: more would not be faster on typical machines.
const READERS: u32 = 4;

impl Db {
    /// Opens the configured database. SQLite's file is created if missing.
    ///
    /// # Errors
    /// The file cannot be created or opened. An unreachable PostgreSQL server is not an error:
    /// connections are made when needed.
    pub async fn open(settings: &Database) -> Result<Self> {
        Self::open_with(settings, true).await
    }

    /// Opens the configured database for a command that expects it to exist.
    ///
    /// # Errors
    /// As for [`Db::open`]; SQLite's file is missing or is not a database of this program. In that
    /// case nothing is created or changed.
    pub async fn open_existing(settings: &Database) -> Result<Self> {
        if let Ok(Engine::Sqlite(path)) = settings.engine() {
            check_existing(&path).await?;
        }
        Self::open_with(settings, false).await
    }

    async fn open_with(settings: &Database, create_if_missing: bool) -> Result<Self> {
        let engine = settings.engine().map_err(|error| Error::Internal(error.into()))?;
        let mut db = Self::open_engine(&engine, settings, create_if_missing).await?;
        let replica = settings.replica().map_err(|error| Error::Internal(error.into()))?;
        if let (Self::Postgres { pool, replica: none, .. }, Some(address)) = (&mut db, replica) {
            let replicas = pool_options(settings)
                .before_acquire(|connection, meta| {
                    Box::pin(async move { Ok(is_alive(connection, meta.idle_for).await) })
                })
                .connect_lazy_with(options(&address.0[0]));
            *none = Some(Replica::watch(pool.clone(), replicas, settings.replica_max_lag()));
        }
        Ok(db)
    }

    /// Opens the database where migrations run.
    ///
    /// # Errors
    /// As for [`Db::open`].
    pub async fn open_for_migrations(settings: &Database) -> Result<Self> {
        let engine = settings.migration_engine().map_err(|error| Error::Internal(error.into()))?;
        Self::open_engine(&engine, settings, true).await
    }

    async fn open_engine(
        engine: &Engine,
        settings: &Database,
        create_if_missing: bool,
    ) -> Result<Self> {
        match engine {
            Engine::Sqlite(path) => open_sqlite(path, create_if_missing).await,
            Engine::Postgres(address) => Ok(Self::Postgres {
                pool: open_postgres(address, settings),
                persistent: settings.prepared_statements,
                replica: None,
                writers: Arc::new(Writers::new(settings.pool_size)),
            }),
        }
    }

    /// Checks that the database acknowledges writes only after they are on disk.
    ///
    /// # Errors
    /// `Internal`, with the setting that is too weak.
    pub async fn check_durability(&self) -> Result<()> {
        match self {
            Self::Sqlite { writer, .. } => check_sqlite_durability(writer).await,
            Self::Postgres { pool, .. } => check_postgres_durability(pool).await,
        }
    }

    /// Logs a warning if the service's role bypasses row-level security.
    ///
    /// # Errors
    /// `Unavailable` if the database is.
    pub async fn warn_if_role_bypasses_rls(&self) -> Result<()> {
        if let Self::Postgres { pool, .. } = self {
            roles::warn_if_bypasses_rls(pool).await?;
        }
        Ok(())
    }
}

/// The options of a pool, except for the server's address.
fn pool_options(settings: &Database) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(settings.pool_size)
        .idle_timeout(settings.idle_timeout())
        .acquire_timeout(ACQUIRE_TIMEOUT)
        // A check before every use would double the number of round trips.
        .test_before_acquire(false)
}

fn read_only_error() -> sqlx::Error {
    sqlx::Error::Protocol("this server does not accept writes".to_owned())
}

fn options(server: &PgConnectOptions) -> PgConnectOptions {
    server.clone().application_name("motovaultpro").disable_statement_logging()
}

async fn is_alive(connection: &mut PgConnection, idle_for: Duration) -> bool {
    idle_for < MAX_IDLE_UNCHECKED || connection.ping().await.is_ok()
}

/// Opens a pool of connections to the only server, or to the one of several that accepts writes.
fn open_postgres(address: &PostgresAddress, settings: &Database) -> PgPool {
    let servers: Vec<_> = address.0.iter().map(options).collect();
    let first = servers[0].clone();
    if servers.len() == 1 {
        return pool_options(settings)
            .before_acquire(|connection, meta| {
                Box::pin(async move { Ok(is_alive(connection, meta.idle_for).await) })
            })
            .connect_lazy_with(first);
    }
    let switch = Arc::new(LastSwitch::default());
    let switched = Arc::clone(&switch);
    let pool = pool_options(settings)
        .after_connect(|connection, _| {
            Box::pin(async move {
                let accepts_writes = primary::accepts_writes(connection).await?;
                // The pool then reconnects to the current server.
                if accepts_writes { Ok(()) } else { Err(read_only_error()) }
            })
        })
        .before_acquire(move |connection, meta| {
            let is_current = switched.is_current(meta.age);
            Box::pin(async move { Ok(is_current && is_alive(connection, meta.idle_for).await) })
        })
        .connect_lazy_with(first);
    let followed = pool.clone();
    tokio::spawn(async move { primary::follow(followed, servers, &switch).await });
    pool
}

/// Checks that a file exists and is a database of this program, without changing it.
///
/// # Errors
/// `Internal`, with the file and what to do.
pub async fn check_existing(path: &Path) -> Result<()> {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let shown = absolute.display();
    let refuse = |why: String| Err(Error::Internal(why.into()));
    match std::fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return refuse(format!(
                "the database {shown} does not exist: check database.url and the folder that this was \
                 started in; `motovaultpro migrate` creates a database"
            ));
        }
        Err(error) => return refuse(format!("{shown}: {error}")),
        Ok(found) if !found.is_file() => return refuse(format!("{shown} is not a file")),
        Ok(_) => {}
    }
    let tables = async {
        // No options are set that would change the file.
        let options = SqliteConnectOptions::new().filename(path).busy_timeout(SQLITE_TIMEOUT);
        let options = options.disable_statement_logging();
        let mut connection = SqliteConnection::connect_with(&options).await?;
        let tables = "SELECT COUNT(*) FROM sqlite_schema WHERE name = '_migrations'";
        let tables = sqlx::query_scalar::<_, i64>(tables).fetch_one(&mut connection).await?;
        connection.close().await?;
        Ok::<_, sqlx::Error>(tables)
    };
    match tables.await {
        Ok(0) => refuse(format!(
            "{shown} has none of MotoVaultPro's tables: check database.url; `motovaultpro migrate` \
             creates them"
        )),
        Ok(_) => Ok(()),
        Err(error) => refuse(format!("{shown}: {error}")),
    }
}

/// Creates SQLite's file if it is missing, with mode 0600, and fixes the mode of existing files:
/// they contain password hashes and secrets of second factors. SQLite creates its other files with
/// the same mode.
fn ensure_private(path: &Path) -> std::io::Result<()> {
    files::create_private_folder(files::folder_of(path))?;
    let mut new = std::fs::OpenOptions::new();
    match new.write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => return Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error),
    }
    // SQLite's other files are next to the file itself, not next to a link to it.
    let path = path.canonicalize()?;
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let mut file = path.clone().into_os_string();
        file.push(suffix);
        let file = PathBuf::from(file);
        let Ok(found) = std::fs::symlink_metadata(&file) else { continue };
        let mode = found.permissions().mode() & 0o777;
        let are_private = mode | 0o700 == 0o700;
        if !found.is_file() || are_private {
            continue;
        }
        let (path, previous_mode) = (file.display(), format!("{mode:04o}"));
        match std::fs::set_permissions(&file, Permissions::from_mode(0o600)) {
            Ok(()) => {
                tracing::warn!(%path, previous_mode, "Database file was accessible to other users: mode set to 0600");
            }
            Err(error) => {
                tracing::error!(%path, previous_mode, %error, "Database file is accessible to other users");
            }
        }
    }
    Ok(())
}

/// Explains why the database at `path` can't be opened. SQLite reports neither the folder, in which
/// it creates files, nor who may write there.
fn why_not_opened(path: &Path, error: &sqlx::Error) -> String {
    for it in [files::folder_of(path), path] {
        if let Err(denied) = files::check_writable(it)
            && denied.kind() != ErrorKind::NotFound
        {
            return format!("{}: {error}: {}", path.display(), files::describe(it, &denied));
        }
    }
    format!("{}: {error}", path.display())
}

async fn open_sqlite(path: &Path, create_if_missing: bool) -> Result<Db> {
    if create_if_missing {
        ensure_private(path)
            .map_err(|error| Error::Internal(files::describe(path, &error).into()))?;
    }
    let options = SqliteConnectOptions::from_str("sqlite:")?
        .filename(path)
        .create_if_missing(create_if_missing)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(SQLITE_TIMEOUT)
        .row_buffer_size(ROW_BUFFER_SIZE)
        .disable_statement_logging();
    let pool = SqlitePoolOptions::new()
        .acquire_timeout(SQLITE_TIMEOUT)
        .test_before_acquire(false)
        // If a write fails because the disk is full, SQLite rolls back on its own. SQLx does not
        // expect that, and the connection could not begin another transaction.
        .before_acquire(|connection, _| {
            Box::pin(async move { Ok(!connection.is_in_transaction()) })
        })
        .idle_timeout(None)
        .max_lifetime(None);
    // The writer first: it creates the file for the readers.
    let writer = pool.clone().max_connections(1).connect_with(options.clone()).await;
    let writer = writer.map_err(|error| Error::Internal(why_not_opened(path, &error).into()))?;
    let readers =
        pool.max_connections(READERS).connect_lazy_with(options.pragma("query_only", "on"));
    Ok(Db::Sqlite { readers, writer })
}

async fn check_sqlite_durability(writer: &SqlitePool) -> Result<()> {
    let (journal,): (String,) = sqlx::query_as("PRAGMA journal_mode").fetch_one(writer).await?;
    let (synchronous,): (i64,) = sqlx::query_as("PRAGMA synchronous").fetch_one(writer).await?;
    if journal == "wal" && synchronous >= 2 {
        return Ok(());
    }
    let message = format!("SQLite is at journal_mode {journal}, synchronous {synchronous}");
    Err(Error::Internal(format!("{message}: an acknowledged write could be lost").into()))
}

async fn check_postgres_durability(pool: &PgPool) -> Result<()> {
    // In one message, as poolers require.
    let off = sqlx::raw_sql(
        "SELECT name FROM pg_settings
         WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes') AND setting = 'off'",
    );
    let Some(row) = off.fetch_optional(pool).await? else { return Ok(()) };
    let setting: String = row.try_get(0)?;
    let message = format!("PostgreSQL has {setting} off: an acknowledged write could be lost");
    Err(Error::Internal(message.into()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    #[tokio::test]
    async fn the_databases_folder_is_private() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("data");
        super::open_sqlite(&folder.join("cars.db"), true).await.unwrap().close().await;
        assert_eq!(folder.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    }

    const FILES: [&str; 3] = ["cars.db", "cars.db-wal", "cars.db-shm"];

    fn mode(folder: &std::path::Path) -> Vec<u32> {
        let of = |name: &&str| folder.join(name).metadata().unwrap().permissions().mode() & 0o777;
        FILES.iter().map(of).collect()
    }

    /// A database with a table that has been written to, so that all of its files exist.
    async fn with_rows(path: &std::path::Path) -> super::Db {
        let db = super::open_sqlite(path, true).await.unwrap();
        let super::Db::Sqlite { writer, .. } = &db else { panic!("{db:?} is not SQLite") };
        let table = sqlx::raw_sql("CREATE TABLE IF NOT EXISTS cars (id INTEGER)");
        table.execute(writer).await.unwrap();
        sqlx::raw_sql("INSERT INTO cars VALUES (1)").execute(writer).await.unwrap();
        db
    }

    #[tokio::test]
    async fn the_databases_files_are_private_in_an_existing_folder() {
        let parent = tempfile::tempdir().unwrap();
        std::fs::set_permissions(parent.path(), super::Permissions::from_mode(0o755)).unwrap();
        let db = with_rows(&parent.path().join("cars.db")).await;
        assert_eq!(mode(parent.path()), [0o600; 3]);
        db.close().await;
    }

    #[tokio::test]
    async fn the_modes_of_database_files_are_fixed() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("cars.db");
        let first = with_rows(&path).await;
        for (name, mode) in FILES.iter().zip([0o644, 0o664, 0o604]) {
            let mode = super::Permissions::from_mode(mode);
            std::fs::set_permissions(parent.path().join(name), mode).unwrap();
        }
        // Also through a link.
        let link = parent.path().join("link.db");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        let again = with_rows(&link).await;
        assert_eq!(mode(parent.path()), [0o600; 3]);
        first.close().await;
        again.close().await;
    }

    #[tokio::test]
    async fn opening_an_existing_database_does_not_create_or_change_files() {
        let parent = tempfile::tempdir().unwrap();
        let message = async |path: &std::path::Path| {
            let settings = super::Database {
                url: Some(crate::config::Secret::new(format!("sqlite://{}", path.display()))),
                ..super::Database::default()
            };
            match super::Db::open_existing(&settings).await {
                Err(super::Error::Internal(cause)) => cause.to_string(),
                other => panic!("{other:?}"),
            }
        };
        let path = parent.path().join("data/cars.db");
        let missing = message(&path).await;
        assert!(missing.contains("does not exist") && missing.contains("cars.db"));
        assert_eq!(std::fs::read_dir(parent.path()).unwrap().count(), 0);

        let other = parent.path().join("other.db");
        std::fs::write(&other, "").unwrap();
        assert!(message(&other).await.contains("none of MotoVaultPro's tables"));
        std::fs::write(&other, "a letter, say, and long enough to be looked at").unwrap();
        assert!(message(&other).await.contains("not a database"));
        assert!(message(parent.path()).await.contains("is not a file"));
        assert_eq!(std::fs::read_dir(parent.path()).unwrap().count(), 1);
        assert!(std::fs::read_to_string(&other).unwrap().starts_with("a letter"));
    }

    /// Without this option SQLite parses and plans statements with a bound `LIMIT` each time: see
    /// `.cargo/config.toml`.
    #[tokio::test]
    async fn sqlite_is_built_with_stable_query_plans() {
        let parent = tempfile::tempdir().unwrap();
        let db = super::open_sqlite(&parent.path().join("cars.db"), true).await.unwrap();
        let super::Db::Sqlite { writer, .. } = &db else { panic!("{db:?} is not SQLite") };
        let options = sqlx::query_scalar::<_, String>("PRAGMA compile_options");
        let options = options.fetch_all(writer).await.unwrap();
        assert!(options.iter().any(|it| it == "ENABLE_QPSG"), "{options:?}");
        db.close().await;
    }
}
