//! Opening either engine, and refusing one that would forget an acknowledged write.

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
    primary::{self, Switch},
    replica::Replica,
    roles,
};
use crate::core::{
    Error, Result,
    config::{Database, Engine, PostgresAddress},
    files,
};

/// How long a request waits for a connection to PostgreSQL before it is told to come again. One
/// that is not to be had by then will not be had soon: the server is away.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long it waits where all is in this very process but the disk, which may be slow.
const LOCAL_PATIENCE: Duration = Duration::from_secs(5);
/// How long an unused connection is believed to be alive.
const TRUSTED: Duration = Duration::from_secs(1);
/// How many rows a SQLite thread is ahead of who reads them: more than a page, lest it waits.
const ROWS_AHEAD: usize = 1024;
/// SQLite readers: more than the cores of the machines it runs on would only take turns.
const READERS: u32 = 4;

impl Db {
    /// Opens the database that the settings name; SQLite's file is made where it is absent.
    ///
    /// # Errors
    /// A file that cannot be made or opened, or an engine that is set to forget writes. A
    /// PostgreSQL server that is away is no error: its connections are made when needed.
    pub async fn open(settings: &Database) -> Result<Self> {
        Self::open_with(settings, true).await
    }

    /// Opens the database that the settings name, for a command that expects one to be there.
    ///
    /// # Errors
    /// As [`Db::open`]; SQLite's file that is missing, or holds something else: nothing is created or
    /// changed then.
    pub async fn open_existing(settings: &Database) -> Result<Self> {
        if let Ok(Engine::Sqlite(path)) = settings.engine() {
            check_existing(&path).await?;
        }
        Self::open_with(settings, false).await
    }

    async fn open_with(settings: &Database, creates: bool) -> Result<Self> {
        let engine = settings.engine().map_err(|error| Error::Internal(error.into()))?;
        let mut db = Self::open_engine(&engine, settings, creates).await?;
        let replica = settings.replica().map_err(|error| Error::Internal(error.into()))?;
        if let (Self::Postgres { pool, replica: none, .. }, Some(address)) = (&mut db, replica) {
            let replicas = pool_of(settings)
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
    /// As [`Db::open`].
    pub async fn open_for_migrations(settings: &Database) -> Result<Self> {
        let engine = settings.migration_engine().map_err(|error| Error::Internal(error.into()))?;
        Self::open_engine(&engine, settings, true).await
    }

    async fn open_engine(engine: &Engine, settings: &Database, creates: bool) -> Result<Self> {
        match engine {
            Engine::Sqlite(path) => open_sqlite(path, creates).await,
            Engine::Postgres(address) => Ok(Self::Postgres {
                pool: open_postgres(address, settings),
                persistent: settings.prepared_statements,
                replica: None,
            }),
        }
    }

    /// Refuses an engine that acknowledges writes before they are on the disk.
    ///
    /// # Errors
    /// Internal, saying which setting is too weak.
    pub async fn check_durability(&self) -> Result<()> {
        match self {
            Self::Sqlite { writer, .. } => sqlite_is_durable(writer).await,
            Self::Postgres { pool, .. } => postgres_is_durable(pool).await,
        }
    }

    /// Says so in the log where row-level security does not hold for the service's role.
    ///
    /// # Errors
    /// Unavailable where the database is away.
    pub async fn look_at_role(&self) -> Result<()> {
        if let Self::Postgres { pool, .. } = self {
            roles::look(pool).await?;
        }
        Ok(())
    }
}

/// A pool's settings, but for where its connections lead.
fn pool_of(settings: &Database) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(settings.pool_size)
        .idle_timeout(settings.idle_timeout())
        .acquire_timeout(PATIENCE)
        // A question before every use would double the way there and back.
        .test_before_acquire(false)
}

fn no_writes() -> sqlx::Error {
    sqlx::Error::Protocol("this server takes no writes".to_owned())
}

fn options(server: &PgConnectOptions) -> PgConnectOptions {
    server.clone().application_name("motovaultpro").disable_statement_logging()
}

async fn is_alive(connection: &mut PgConnection, idle_for: Duration) -> bool {
    idle_for < TRUSTED || connection.ping().await.is_ok()
}

/// Connections to the one server, or to whichever of several takes writes.
fn open_postgres(address: &PostgresAddress, settings: &Database) -> PgPool {
    let servers: Vec<_> = address.0.iter().map(options).collect();
    let first = servers[0].clone();
    if servers.len() == 1 {
        return pool_of(settings)
            .before_acquire(|connection, meta| {
                Box::pin(async move { Ok(is_alive(connection, meta.idle_for).await) })
            })
            .connect_lazy_with(first);
    }
    let switch = Arc::new(Switch::default());
    let switched = Arc::clone(&switch);
    let pool = pool_of(settings)
        .after_connect(|connection, _| {
            Box::pin(async move {
                let takes_writes = primary::takes_writes(connection).await?;
                // It is connected anew then, to wherever connections lead by that time.
                if takes_writes { Ok(()) } else { Err(no_writes()) }
            })
        })
        .before_acquire(move |connection, meta| {
            let leads_there = switched.is_after(meta.age);
            Box::pin(async move { Ok(leads_there && is_alive(connection, meta.idle_for).await) })
        })
        .connect_lazy_with(first);
    let followed = pool.clone();
    tokio::spawn(async move { primary::follow(followed, servers, &switch).await });
    pool
}

/// Refuses a file that is missing or is not a database of this program, and leaves it as it is.
///
/// # Errors
/// Internal, saying which file and what to do.
pub async fn check_existing(path: &Path) -> Result<()> {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let shown = whole.display();
    let refuse = |why: String| Err(Error::Internal(why.into()));
    match std::fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return refuse(format!(
                "there is no database {shown}: check database.url and the folder that this was \
                 started in; `motovaultpro migrate` creates a database"
            ));
        }
        Err(error) => return refuse(format!("{shown}: {error}")),
        Ok(found) if !found.is_file() => return refuse(format!("{shown} is not a file")),
        Ok(_) => {}
    }
    let tables = async {
        // As the file is: nothing is set that would change it.
        let options = SqliteConnectOptions::new().filename(path).busy_timeout(LOCAL_PATIENCE);
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

/// Creates SQLite's file where it is missing. Whoever can read it has password hashes and the secrets
/// of second factors, so its owner alone can: the files beside it get the same rights from SQLite.
fn make_private(path: &Path) -> std::io::Result<()> {
    files::create_private_folder(files::folder_of(path))?;
    let mut new = std::fs::OpenOptions::new();
    match new.write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => return Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error),
    }
    // SQLite has its other files beside the file itself, not beside a link to it.
    let path = path.canonicalize()?;
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let mut file = path.clone().into_os_string();
        file.push(suffix);
        let file = PathBuf::from(file);
        let Ok(found) = std::fs::symlink_metadata(&file) else { continue };
        let rights = found.permissions().mode() & 0o777;
        let are_private = rights | 0o700 == 0o700;
        if !found.is_file() || are_private {
            continue;
        }
        let (path, were) = (file.display(), format!("{rights:04o}"));
        match std::fs::set_permissions(&file, Permissions::from_mode(0o600)) {
            Ok(()) => tracing::warn!(%path, were, "Database was open to other users: now 0600"),
            Err(error) => {
                tracing::error!(%path, were, %error, "Database is open to other users");
            }
        }
    }
    Ok(())
}

/// Why the database at `path` can't be opened. SQLite itself reports neither the folder, in which it
/// creates files, nor who may write there.
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

async fn open_sqlite(path: &Path, creates: bool) -> Result<Db> {
    if creates {
        make_private(path)
            .map_err(|error| Error::Internal(files::describe(path, &error).into()))?;
    }
    let options = SqliteConnectOptions::from_str("sqlite:")?
        .filename(path)
        .create_if_missing(creates)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(LOCAL_PATIENCE)
        .row_buffer_size(ROWS_AHEAD)
        .disable_statement_logging();
    let pool = SqlitePoolOptions::new()
        .acquire_timeout(LOCAL_PATIENCE)
        .test_before_acquire(false)
        // Where a write fails for want of room, SQLite ends the transaction by itself, and SQLx then
        // fails to: its connection would begin no other.
        .before_acquire(|connection, _| {
            Box::pin(async move { Ok(!connection.is_in_transaction()) })
        })
        .idle_timeout(None)
        .max_lifetime(None);
    // The writer first: it makes the file that the readers then find.
    let writer = pool.clone().max_connections(1).connect_with(options.clone()).await;
    let writer = writer.map_err(|error| Error::Internal(why_not_opened(path, &error).into()))?;
    let readers =
        pool.max_connections(READERS).connect_lazy_with(options.pragma("query_only", "on"));
    Ok(Db::Sqlite { readers, writer })
}

async fn sqlite_is_durable(writer: &SqlitePool) -> Result<()> {
    let (journal,): (String,) = sqlx::query_as("PRAGMA journal_mode").fetch_one(writer).await?;
    let (synchronous,): (i64,) = sqlx::query_as("PRAGMA synchronous").fetch_one(writer).await?;
    if journal == "wal" && synchronous >= 2 {
        return Ok(());
    }
    let told = format!("SQLite is at journal_mode {journal}, synchronous {synchronous}");
    Err(Error::Internal(format!("{told}: an acknowledged write could be lost").into()))
}

async fn postgres_is_durable(pool: &PgPool) -> Result<()> {
    // In one message, as poolers need it.
    let off = sqlx::raw_sql(
        "SELECT name FROM pg_settings
         WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes') AND setting = 'off'",
    );
    let Some(row) = off.fetch_optional(pool).await? else { return Ok(()) };
    let setting: String = row.try_get(0)?;
    let told = format!("PostgreSQL has {setting} off: an acknowledged write could be lost");
    Err(Error::Internal(told.into()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    #[tokio::test]
    async fn the_databases_folder_is_made_for_its_owner_alone() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("data");
        super::open_sqlite(&folder.join("cars.db"), true).await.unwrap().close().await;
        assert_eq!(folder.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    }

    const FILES: [&str; 3] = ["cars.db", "cars.db-wal", "cars.db-shm"];

    fn rights(folder: &std::path::Path) -> Vec<u32> {
        let of = |name: &&str| folder.join(name).metadata().unwrap().permissions().mode() & 0o777;
        FILES.iter().map(of).collect()
    }

    /// A database with a table that is written to, so that all of its files are there.
    async fn used(path: &std::path::Path) -> super::Db {
        let db = super::open_sqlite(path, true).await.unwrap();
        let super::Db::Sqlite { writer, .. } = &db else { panic!("{db:?} is not SQLite") };
        let table = sqlx::raw_sql("CREATE TABLE IF NOT EXISTS cars (id INTEGER)");
        table.execute(writer).await.unwrap();
        sqlx::raw_sql("INSERT INTO cars VALUES (1)").execute(writer).await.unwrap();
        db
    }

    #[tokio::test]
    async fn the_databases_files_are_their_owners_alone_where_the_folder_existed() {
        let place = tempfile::tempdir().unwrap();
        std::fs::set_permissions(place.path(), super::Permissions::from_mode(0o755)).unwrap();
        let db = used(&place.path().join("cars.db")).await;
        assert_eq!(rights(place.path()), [0o600; 3]);
        db.close().await;
    }

    #[tokio::test]
    async fn the_rights_of_a_databases_files_are_mended() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("cars.db");
        let first = used(&path).await;
        for (name, mode) in FILES.iter().zip([0o644, 0o664, 0o604]) {
            let rights = super::Permissions::from_mode(mode);
            std::fs::set_permissions(place.path().join(name), rights).unwrap();
        }
        // By a link, too.
        let link = place.path().join("link.db");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        let again = used(&link).await;
        assert_eq!(rights(place.path()), [0o600; 3]);
        first.close().await;
        again.close().await;
    }

    #[tokio::test]
    async fn a_database_that_is_expected_is_neither_created_nor_changed() {
        let place = tempfile::tempdir().unwrap();
        let told = async |path: &std::path::Path| {
            let settings = super::Database {
                url: Some(crate::core::config::Secret::new(format!("sqlite://{}", path.display()))),
                ..super::Database::default()
            };
            match super::Db::open_existing(&settings).await {
                Err(super::Error::Internal(cause)) => cause.to_string(),
                other => panic!("{other:?}"),
            }
        };
        let path = place.path().join("data/cars.db");
        let missing = told(&path).await;
        assert!(missing.contains("there is no database") && missing.contains("cars.db"));
        assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0);

        let other = place.path().join("other.db");
        std::fs::write(&other, "").unwrap();
        assert!(told(&other).await.contains("none of MotoVaultPro's tables"));
        std::fs::write(&other, "a letter, say, and long enough to be looked at").unwrap();
        assert!(told(&other).await.contains("not a database"));
        assert!(told(place.path()).await.contains("is not a file"));
        assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 1);
        assert!(std::fs::read_to_string(&other).unwrap().starts_with("a letter"));
    }

    /// Else it parses and plans each one again whose `LIMIT` is bound: see `.cargo/config.toml`.
    #[tokio::test]
    async fn sqlite_is_built_to_plan_a_statement_once() {
        let place = tempfile::tempdir().unwrap();
        let db = super::open_sqlite(&place.path().join("cars.db"), true).await.unwrap();
        let super::Db::Sqlite { writer, .. } = &db else { panic!("{db:?} is not SQLite") };
        let options = sqlx::query_scalar::<_, String>("PRAGMA compile_options");
        let options = options.fetch_all(writer).await.unwrap();
        assert!(options.iter().any(|it| it == "ENABLE_QPSG"), "{options:?}");
        db.close().await;
    }
}
