//! The database, its replica, and the service key, which belongs to it.

use sqlx::postgres::PgConnectOptions;

use super::{Clocks, Finding, in_time};
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
        findings.extend(opened(&db, config, clock).await);
        // A server that has stopped answering does not keep the others from being checked.
        let _ = in_time(db.close()).await;
    }
    if settings.migration_url.is_some() {
        findings.push(migration_role(settings, &engine).await);
    }
    if let Ok(Some(replica)) = settings.replica() {
        findings.push(replica_of(&replica, settings).await);
    }
    findings
}

/// Opens SQLite's file, if there is one.
async fn sqlite(engine: &Engine, settings: &Database) -> (Option<Db>, Vec<Finding>) {
    let Engine::Sqlite(path) = engine else { return (None, Vec::new()) };
    if !path.exists() {
        let finding = match files::check_creatable(path) {
            Ok(()) => Finding::warning(
                NAME,
                format!("{engine} does not exist yet"),
                "nothing, if this is a new installation: `motovaultpro serve` creates it. Otherwise \
                 check database.url and the folder that this was started in",
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
    match in_time(opening).await.flatten() {
        Ok((db, version)) => {
            (Some(db), vec![Finding::ok(NAME, format!("{engine}, version {version}"))])
        }
        Err(why) => {
            let advice = "check database.url and who may read and write the file; `motovaultpro \
                          backup restore` restores a damaged one";
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
    let asked = clock.now();
    let asking = servers.0.iter().map(|server| async move {
        let answer = in_time(query_server(server)).await;
        (place(server), answer.and_then(|it| it.map_err(|error| error.to_string())), clock.now())
    });
    let answers = futures_util::future::join_all(asking).await;
    let mut faults = Vec::new();
    let mut primary = None;
    for (place, answer, answered) in answers {
        match answer {
            Ok(server) => {
                clocks.add("the database", server.now, asked, answered);
                if server.accepts_writes && primary.is_none() {
                    primary = Some(server);
                }
            }
            Err(why) => faults.push(format!("{place}: {why}")),
        }
    }
    let faults = faults.join("; ");
    let Some(primary) = primary else {
        let found = match faults.as_str() {
            "" => format!("{engine} accepts no writes: it is a replica, or is set to read-only"),
            faults => format!("{engine} can't be reached: {faults}"),
        };
        let advice = "start PostgreSQL, or check address, role and password in the section \
                      [database]. The other checks of the database need a connection";
        return (None, vec![Finding::failed(NAME, found, advice)]);
    };
    let found = format!("{engine}, version {}, as {}", primary.version, primary.role);
    let finding = if faults.is_empty() {
        Finding::ok(NAME, found)
    } else {
        let advice = "start the other server: until then there is none to take over";
        Finding::warning(NAME, format!("{found}, but not {faults}"), advice)
    };
    // The replica has a check of its own.
    let alone = Database { replica_url: None, ..settings.clone() };
    match Db::open_existing(&alone).await {
        Ok(db) => (Some(db), vec![finding]),
        Err(error) => (None, vec![Finding::failed(NAME, cause(&error), "check [database]")]),
    }
}

fn place(server: &PgConnectOptions) -> String {
    match server.get_socket() {
        Some(socket) => socket.display().to_string(),
        None => format!("{}:{}", server.get_host(), server.get_port()),
    }
}

/// What can be asked once there is a connection.
async fn opened(db: &Db, config: &Config, clock: &Clock) -> Vec<Finding> {
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

/// The administrator in the settings, if there is one.
async fn first_administrator(db: &Db, config: &Config, clock: &Clock) -> Option<Finding> {
    const NAME: &str = "first administrator";
    let state = accounts::check_first_administrator(db, &config.auth, clock.today());
    match in_time(state).await {
        Ok(Ok(FirstAdministrator::Unset)) => None,
        Ok(Ok(FirstAdministrator::Pending)) => {
            Some(Finding::ok(NAME, "there is no account: the next start creates this one"))
        }
        Ok(Ok(FirstAdministrator::Ignored)) => {
            let found = "auth.first_administrator is ignored: there are accounts already";
            Some(Finding::ok(NAME, found))
        }
        Ok(Err(Error::Invalid(faults))) => {
            let advice = "correct it: until then the service does not start";
            Some(Finding::failed(NAME, error::describe(&faults), advice))
        }
        Ok(Err(error)) => {
            let advice = "first see to what else is wrong with the database";
            Some(Finding::warning(NAME, cause(&error), advice))
        }
        Err(late) => Some(Finding::failed(NAME, late, "check the database")),
    }
}

async fn writes(db: &Db) -> Finding {
    const NAME: &str = "database writes";
    let written = in_time(db.try_write()).await;
    match written.and_then(|it| it.map_err(|error| error.to_string())) {
        Ok(()) => Finding::ok(NAME, "a write was committed"),
        Err(why) => {
            let advice = "check that the disk has room, that the database is not read-only, and that \
                          nothing has locked it for long";
            Finding::failed(NAME, why, advice)
        }
    }
}

async fn durability(db: &Db) -> Finding {
    const NAME: &str = "durability";
    let checked = in_time(db.check_durability()).await;
    match checked.and_then(|it| it.map_err(|error| cause(&error))) {
        Ok(()) => Finding::ok(NAME, "acknowledged writes survive a power failure"),
        Err(why) => {
            let advice = "turn that setting of the database on: the service does not start without";
            Finding::failed(NAME, why, advice)
        }
    }
}

async fn migrations(db: &Db) -> Finding {
    const NAME: &str = "migrations";
    let steps = in_time(migrate::status(db, features::ALL, None)).await;
    let steps = match steps.and_then(|it| it.map_err(|error| error.to_string())) {
        Ok(steps) => steps,
        Err(why) => {
            let advice = "use the version of MotoVaultPro that this database belongs to";
            return Finding::failed(NAME, why, advice);
        }
    };
    let pending = steps.iter().filter(|it| it.executed_at.is_none()).count();
    let advice = "run `motovaultpro migrate`, or start the service, which does the same";
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
    let source = Source::of(config).map_or_else(|error| error.to_string(), |it| it.to_string());
    match in_time(keys::check(db, config)).await {
        Ok(Ok(KeyStatus::Matches)) => Finding::ok(NAME, format!("{source} fits the database")),
        Ok(Ok(KeyStatus::NotRegistered)) => {
            Finding::ok(NAME, format!("{source} is there; nothing is sealed yet"))
        }
        Ok(Ok(KeyStatus::NotCreated)) => {
            Finding::ok(NAME, format!("{source} does not exist yet; the first start creates it"))
        }
        // Before the migrations have created its table.
        Ok(Err(KeyError::Database(error))) => {
            let advice = "first see to what else is wrong with the database";
            Finding::warning(NAME, format!("not compared: {}", cause(&error)), advice)
        }
        Ok(Err(error)) => {
            let advice = "restore the right key, from your copy or a sealed backup";
            Finding::failed(NAME, error.to_string(), advice)
        }
        Err(late) => Finding::failed(NAME, late, "check the disk that the key is on"),
    }
}

async fn role(db: &Db) -> Option<Finding> {
    const NAME: &str = "database role";
    let role = in_time(db.role(features::ALL)).await;
    let role = match role.and_then(|it| it.map_err(|error| error.to_string())) {
        Ok(role) => role?,
        Err(why) => return Some(Finding::failed(NAME, why, "check the role in [database]")),
    };
    let name = role.name;
    if !role.missing_privileges.is_empty() {
        let found = format!("{name} lacks rights on {}", role.missing_privileges.join(", "));
        let advice =
            "run `motovaultpro migrate` with database.migration_url set to the tables' owner";
        return Some(Finding::failed(NAME, found, advice));
    }
    if role.bypasses_rls {
        let found = format!("row-level security does not apply to {name}");
        let advice = "give the service a role that is no superuser and has no BYPASSRLS \
                      (docs/operations.md)";
        return Some(Finding::warning(NAME, found, advice));
    }
    Some(Finding::ok(
        NAME,
        format!("{name} has the rights that it needs, and row-level security applies to it"),
    ))
}

/// Whether migrations can be run, where they have an address of their own.
async fn migration_role(settings: &Database, engine: &Engine) -> Finding {
    const NAME: &str = "migration role";
    let advice = "check database.migration_url";
    match settings.migration_engine() {
        Ok(Engine::Postgres(servers)) => match first_that_writes(&servers).await {
            Ok(server) => Finding::ok(NAME, format!("connected as {}", server.role)),
            Err(why) => Finding::failed(NAME, why, advice),
        },
        Ok(Engine::Sqlite(_)) if matches!(engine, Engine::Sqlite(_)) => {
            Finding::ok(NAME, "SQLite has no roles")
        }
        Ok(Engine::Sqlite(_)) => {
            let found = "database.migration_url is SQLite, and database.url is PostgreSQL";
            Finding::failed(NAME, found, advice)
        }
        Err(error) => Finding::failed(NAME, error.to_string(), advice),
    }
}

/// The first of the servers that accepts writes.
async fn first_that_writes(servers: &PostgresAddress) -> Result<Server, String> {
    let mut why = "none of the servers accepts writes".to_owned();
    for server in &servers.0 {
        match in_time(query_server(server)).await {
            Ok(Ok(found)) if found.accepts_writes => return Ok(found),
            Ok(Ok(_)) => {}
            Ok(Err(error)) => why = format!("{}: {error}", place(server)),
            Err(late) => why = format!("{}: {late}", place(server)),
        }
    }
    Err(why)
}

async fn replica_of(replica: &PostgresAddress, settings: &Database) -> Finding {
    const NAME: &str = "replica";
    let Some(server) = replica.0.first() else {
        return Finding::failed(NAME, "it has no address", "check database.replica_url");
    };
    let place = place(server);
    let found = in_time(query_server(server)).await;
    let found = match found.and_then(|it| it.map_err(|error| error.to_string())) {
        Ok(found) => found,
        Err(why) => {
            let advice = "start the replica, or check database.replica_url. Meanwhile the primary \
                          answers all reads";
            return Finding::failed(NAME, format!("{place}: {why}"), advice);
        }
    };
    if !found.is_replica {
        let found = format!("{place} is not a replica: it accepts writes itself");
        return Finding::failed(NAME, found, "name a streaming replica in database.replica_url");
    }
    #[expect(clippy::cast_precision_loss, reason = "it is at most an hour")]
    let most = settings.replica_max_lag as f64;
    match found.lag {
        Some(lag) if lag > most => Finding::warning(
            NAME,
            format!("{place} is {lag:.0} seconds behind: it answers no reads"),
            "check its load and its connection to the primary, or raise database.replica_max_lag",
        ),
        _ => Finding::ok(NAME, format!("{place}, version {}", found.version)),
    }
}

/// What went wrong, with its cause.
fn cause(error: &Error) -> String {
    match error {
        Error::Internal(cause) => cause.to_string(),
        Error::Unavailable => "the database does not answer".to_owned(),
        other => other.to_string(),
    }
}
