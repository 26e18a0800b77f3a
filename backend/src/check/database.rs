//! Checks the database, its replica, and the service key.

use sqlx::postgres::PgConnectOptions;

use super::{Clocks, Finding, with_timeout};
use crate::{
    core::{
        Error,
        clock::Clock,
        config::{Config, Database, Engine, PostgresAddress},
        db::{Db, Server, migrate, query_server},
        error, files,
        keys::{self, KeyError, KeyStatus, Source},
    },
    features::{
        self,
        accounts::{self, FirstAdministrator},
    },
};

const NAME: &str = "database";

pub(super) async fn check(config: &Config, clock: &Clock, clocks: &Clocks) -> Vec<Finding> {
    let settings = &config.database;
    let engine = match settings.engine() {
        Ok(engine) => engine,
        Err(error) => return vec![Finding::failed(NAME, error.to_string(), "correct it")],
    };
    let (db, mut findings) = match &engine {
        Engine::Sqlite(_) => sqlite(&engine, settings).await,
        Engine::Postgres(servers) => postgres(&engine, servers, settings, clock, clocks).await,
    };
    if let Some(db) = db {
        findings.extend(check_open(&db, config, clock).await);
        // A server that stopped responding must not block the other checks.
        let _ = with_timeout(db.close()).await;
    }
    if settings.migration_url.is_some() {
        findings.push(migration_role(settings, &engine).await);
    }
    if let Ok(Some(replica)) = settings.replica() {
        findings.push(check_replica(&replica, settings).await);
    }
    findings
}

/// Opens the SQLite file, if it exists.
async fn sqlite(engine: &Engine, settings: &Database) -> (Option<Db>, Vec<Finding>) {
    let Engine::Sqlite(path) = engine else { return (None, Vec::new()) };
    if !path.exists() {
        let finding = match files::check_creatable(path) {
            Ok(()) => Finding::warning(
                NAME,
                format!("{engine} does not exist yet"),
                "nothing for a new installation: `motovaultpro serve` creates it. Otherwise check \
                 database.url and the current folder",
            ),
            Err(error) => {
                let advice = "let the service's user write to the folder, or change database.url";
                Finding::failed(NAME, files::describe(path, &error), advice)
            }
        };
        return (None, vec![finding]);
    }
    let opening = async {
        let db = Db::open_existing(settings).await.map_err(|error| cause(&error))?;
        let version = db.sqlite_version().await.map_err(|error| error.to_string())?;
        Ok::<_, String>((db, version.unwrap_or_default()))
    };
    match with_timeout(opening).await.flatten() {
        Ok((db, version)) => {
            (Some(db), vec![Finding::ok(NAME, format!("{engine}, version {version}"))])
        }
        Err(why) => {
            let advice = "check database.url and the permissions of the file; if it is damaged, restore \
                          a backup with `motovaultpro backup restore`";
            (None, vec![Finding::failed(NAME, why, advice)])
        }
    }
}

/// Connects to each server.
async fn postgres(
    engine: &Engine,
    servers: &PostgresAddress,
    settings: &Database,
    clock: &Clock,
    clocks: &Clocks,
) -> (Option<Db>, Vec<Finding>) {
    let requested_at = clock.now();
    let requests = servers.0.iter().map(|server| async move {
        let result = with_timeout(query_server(server)).await;
        (
            address_text(server),
            result.and_then(|it| it.map_err(|error| error.to_string())),
            clock.now(),
        )
    });
    let results = futures_util::future::join_all(requests).await;
    let mut errors = Vec::new();
    let mut primary = None;
    for (address, result, responded_at) in results {
        match result {
            Ok(server) => {
                clocks.add("the database", server.now, requested_at, responded_at);
                if server.accepts_writes && primary.is_none() {
                    primary = Some(server);
                }
            }
            Err(why) => errors.push(format!("{address}: {why}")),
        }
    }
    let errors = errors.join("; ");
    let Some(primary) = primary else {
        let found = match errors.as_str() {
            "" => format!("{engine} accepts no writes: it is a replica or read-only"),
            errors => format!("{engine} can't be reached: {errors}"),
        };
        let advice = "start PostgreSQL, or check address, role and password in \
                      [database]. The other database checks need a connection";
        return (None, vec![Finding::failed(NAME, found, advice)]);
    };
    let found = format!("{engine}, version {}, as {}", primary.version, primary.role);
    let finding = if errors.is_empty() {
        Finding::ok(NAME, found)
    } else {
        let advice = "start the other server: until then, failover is not possible";
        Finding::warning(NAME, format!("{found}, but not {errors}"), advice)
    };
    // The replica is checked separately.
    let without_replica = Database { replica_url: None, ..settings.clone() };
    match Db::open_existing(&without_replica).await {
        Ok(db) => (Some(db), vec![finding]),
        Err(error) => (None, vec![Finding::failed(NAME, cause(&error), "check [database]")]),
    }
}

fn address_text(server: &PgConnectOptions) -> String {
    match server.get_socket() {
        Some(socket) => socket.display().to_string(),
        None => format!("{}:{}", server.get_host(), server.get_port()),
    }
}

/// Runs the checks that need a connection.
async fn check_open(db: &Db, config: &Config, clock: &Clock) -> Vec<Finding> {
    let mut findings = vec![
        writes(db).await,
        durability(db).await,
        migrations(db).await,
        service_key(db, config).await,
    ];
    findings.extend(role(db).await);
    findings.extend(first_administrator(db, config, clock).await);
    findings
}

/// Checks the first administrator in the settings, if there is one.
async fn first_administrator(db: &Db, config: &Config, clock: &Clock) -> Option<Finding> {
    const NAME: &str = "first administrator";
    let state = accounts::check_first_administrator(db, &config.auth, clock.today());
    match with_timeout(state).await {
        Ok(Ok(FirstAdministrator::Unset)) => None,
        Ok(Ok(FirstAdministrator::Pending)) => {
            Some(Finding::ok(NAME, "there are no accounts: the next start creates this one"))
        }
        Ok(Ok(FirstAdministrator::Ignored)) => {
            let found = "auth.first_administrator is ignored: accounts already exist";
            Some(Finding::ok(NAME, found))
        }
        Ok(Err(Error::Invalid(errors))) => {
            let advice = "correct it: the service does not start until then";
            Some(Finding::failed(NAME, error::describe(&errors), advice))
        }
        Ok(Err(error)) => {
            let advice = "first fix the other problems with the database";
            Some(Finding::warning(NAME, cause(&error), advice))
        }
        Err(timeout) => Some(Finding::failed(NAME, timeout, "check the database")),
    }
}

async fn writes(db: &Db) -> Finding {
    const NAME: &str = "database writes";
    let written = with_timeout(db.try_write()).await;
    match written.and_then(|it| it.map_err(|error| error.to_string())) {
        Ok(()) => Finding::ok(NAME, "a write was committed"),
        Err(why) => {
            let advice = "check that the disk is not full, that the database is not read-only, and that \
                          no other process is holding a lock";
            Finding::failed(NAME, why, advice)
        }
    }
}

async fn durability(db: &Db) -> Finding {
    const NAME: &str = "durability";
    let checked = with_timeout(db.check_durability()).await;
    match checked.and_then(|it| it.map_err(|error| cause(&error))) {
        Ok(()) => Finding::ok(NAME, "acknowledged writes survive a power failure"),
        Err(why) => {
            let advice = "turn on that database setting: the service does not start without it";
            Finding::failed(NAME, why, advice)
        }
    }
}

async fn migrations(db: &Db) -> Finding {
    const NAME: &str = "migrations";
    let steps = with_timeout(migrate::status(db, features::ALL, None)).await;
    let steps = match steps.and_then(|it| it.map_err(|error| error.to_string())) {
        Ok(steps) => steps,
        Err(why) => {
            let advice = "use the MotoVaultPro version that this database belongs to";
            return Finding::failed(NAME, why, advice);
        }
    };
    let pending = steps.iter().filter(|it| it.executed_at.is_none()).count();
    let advice = "run `motovaultpro migrate`, or start the service, which does so as well";
    match pending {
        0 => Finding::ok(NAME, format!("all {} are executed", steps.len())),
        _ if pending == steps.len() => {
            let advice = format!("check database.url; for a new installation, {advice}");
            Finding::warning(NAME, "the database has none of MotoVaultPro's tables", advice)
        }
        _ => Finding::warning(NAME, format!("{pending} of {} are pending", steps.len()), advice),
    }
}

async fn service_key(db: &Db, config: &Config) -> Finding {
    const NAME: &str = "service key";
    let source =
        Source::from_config(config).map_or_else(|error| error.to_string(), |it| it.to_string());
    match with_timeout(keys::check(db, config)).await {
        Ok(Ok(KeyStatus::Matches)) => Finding::ok(NAME, format!("{source} matches the database")),
        Ok(Ok(KeyStatus::NotRegistered)) => {
            Finding::ok(NAME, format!("{source} exists; nothing is encrypted yet"))
        }
        Ok(Ok(KeyStatus::NotCreated)) => {
            Finding::ok(NAME, format!("{source} does not exist yet; the first start creates it"))
        }
        // The migrations have not created its table yet.
        Ok(Err(KeyError::Database(error))) => {
            let advice = "first fix the other problems with the database";
            Finding::warning(NAME, format!("not compared: {}", cause(&error)), advice)
        }
        Ok(Err(error)) => {
            let advice = "restore the right key from your copy or from an encrypted backup";
            Finding::failed(NAME, error.to_string(), advice)
        }
        Err(timeout) => Finding::failed(NAME, timeout, "check the disk that the key is on"),
    }
}

async fn role(db: &Db) -> Option<Finding> {
    const NAME: &str = "database role";
    let role = with_timeout(db.role(features::ALL)).await;
    let role = match role.and_then(|it| it.map_err(|error| error.to_string())) {
        Ok(role) => role?,
        Err(why) => return Some(Finding::failed(NAME, why, "check the role in [database]")),
    };
    let name = role.name;
    if !role.missing_privileges.is_empty() {
        let found = format!("{name} lacks privileges on {}", role.missing_privileges.join(", "));
        let advice =
            "run `motovaultpro migrate` with database.migration_url set to the tables' owner";
        return Some(Finding::failed(NAME, found, advice));
    }
    if role.bypasses_rls {
        let found = format!("row-level security does not apply to {name}");
        let advice = "give the service a role that is not a superuser and has no BYPASSRLS \
                      (docs/operations.md)";
        return Some(Finding::warning(NAME, found, advice));
    }
    Some(Finding::ok(
        NAME,
        format!("{name} has the required privileges, and row-level security applies to it"),
    ))
}

/// Checks the role for migrations, if it has its own address.
async fn migration_role(settings: &Database, engine: &Engine) -> Finding {
    const NAME: &str = "migration role";
    let advice = "check database.migration_url";
    match settings.migration_engine() {
        Ok(Engine::Postgres(servers)) => match find_primary(&servers).await {
            Ok(server) => Finding::ok(NAME, format!("connected as {}", server.role)),
            Err(why) => Finding::failed(NAME, why, advice),
        },
        Ok(Engine::Sqlite(_)) if matches!(engine, Engine::Sqlite(_)) => {
            Finding::ok(NAME, "SQLite has no roles")
        }
        Ok(Engine::Sqlite(_)) => {
            let found = "database.migration_url is SQLite, but database.url is PostgreSQL";
            Finding::failed(NAME, found, advice)
        }
        Err(error) => Finding::failed(NAME, error.to_string(), advice),
    }
}

/// The first of the servers that accepts writes.
async fn find_primary(servers: &PostgresAddress) -> Result<Server, String> {
    let mut why = "none of the servers accepts writes".to_owned();
    for server in &servers.0 {
        match with_timeout(query_server(server)).await {
            Ok(Ok(found)) if found.accepts_writes => return Ok(found),
            Ok(Ok(_)) => {}
            Ok(Err(error)) => why = format!("{}: {error}", address_text(server)),
            Err(timeout) => why = format!("{}: {timeout}", address_text(server)),
        }
    }
    Err(why)
}

async fn check_replica(replica: &PostgresAddress, settings: &Database) -> Finding {
    const NAME: &str = "replica";
    let Some(server) = replica.0.first() else {
        return Finding::failed(NAME, "it has no address", "check database.replica_url");
    };
    let address = address_text(server);
    let found = with_timeout(query_server(server)).await;
    let found = match found.and_then(|it| it.map_err(|error| error.to_string())) {
        Ok(found) => found,
        Err(why) => {
            let advice = "start the replica, or check database.replica_url. Until then, the primary serves \
                          all reads";
            return Finding::failed(NAME, format!("{address}: {why}"), advice);
        }
    };
    if !found.is_replica {
        let found = format!("{address} is not a replica: it accepts writes");
        return Finding::failed(
            NAME,
            found,
            "use the address of a streaming replica in database.replica_url",
        );
    }
    #[expect(clippy::cast_precision_loss, reason = "it is at most an hour")]
    let max_lag = settings.replica_max_lag as f64;
    match found.lag {
        Some(lag) if lag > max_lag => Finding::warning(
            NAME,
            format!("{address} is {lag:.0} seconds behind: it is not used for reads"),
            "check its load and its connection to the primary, or raise database.replica_max_lag",
        ),
        _ => Finding::ok(NAME, format!("{address}, version {}", found.version)),
    }
}

/// The error message, including the cause of an internal error.
fn cause(error: &Error) -> String {
    match error {
        Error::Internal(cause) => cause.to_string(),
        Error::Unavailable => "the database does not respond".to_owned(),
        other => other.to_string(),
    }
}
