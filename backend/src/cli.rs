//! The command line: the commands, and how the program exits.

use std::{io::Write as _, path::PathBuf, process::ExitCode};

use clap::{CommandFactory as _, Parser, Subcommand};

use crate::{
    backup::{self, BackupError},
    check,
    core::{
        App, Error,
        clock::Clock,
        config::{Config, ConfigError, Engine},
        db::{
            Db,
            migrate::{self, MigrateError, Step},
            roles,
        },
        error, files,
        keys::{self, KeyError},
        periodic,
    },
    features::{self, administration, stations, vin},
    openapi, serve,
    transfer::{self, MoveError},
};

/// Vehicles, their fuel and their maintenance
#[derive(Debug, Parser)]
#[command(name = "motovaultpro", version, max_term_width = 100)]
pub struct Arguments {
    /// Read the settings from this file instead of motovaultpro.toml in the current folder
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the pages and the API (the default command)
    Serve {
        /// Leave the database as it is; otherwise pending migrations are executed first
        #[arg(long)]
        no_migrate: bool,
    },
    /// Execute pending migrations
    Migrate {
        /// Only this feature's migrations
        #[arg(long, value_name = "NAME")]
        feature: Option<String>,
        /// Print which migrations are executed and which are pending; change nothing
        #[arg(long)]
        status: bool,
        /// Print which migrations would be executed; change nothing
        #[arg(long, conflicts_with = "status")]
        dry_run: bool,
    },
    /// Manage accounts, such as when the only administrator is locked out
    Users {
        #[command(subcommand)]
        command: administration::Command,
    },
    /// Decode VINs, without a network
    Vin(vin::Arguments),
    /// Import stations
    Stations {
        #[command(subcommand)]
        command: stations::Command,
    },
    /// Create, verify and restore backups
    Backup {
        #[command(subcommand)]
        command: backup::Command,
    },
    /// Move all data to another, empty database, of either engine
    Move(transfer::Arguments),
    /// Manage the secrets that are sealed in the database
    Secrets {
        #[command(subcommand)]
        command: SecretsCommand,
    },
    /// Print or validate the settings
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Try everything that the settings name, and print what to do; exits with 1 if a check fails
    Check {
        /// Print a JSON array with an object for each check
        #[arg(long)]
        json: bool,
    },
    /// Ask a running service whether it is ready; exits with 1 if it is not
    Healthcheck {
        /// The service's address, such as `http://127.0.0.1:3001` or
        /// `unix:/run/motovaultpro.sock`
        /// [default: the configured address or socket]
        #[arg(long, value_name = "URL")]
        url: Option<String>,
    },
    /// Print the API's description (OpenAPI 3.1)
    Openapi,
    /// Print a script that completes this program's commands in a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man {
        /// Write a page for each command to this folder instead; it is created if needed
        #[arg(long, value_name = "FOLDER")]
        folder: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
enum SecretsCommand {
    /// Discard the sealed secrets because the key to them is lost: authenticator apps and notification
    /// channels with a secret must then be set up again
    Discard {
        /// Discard them; without this, only print what would be lost
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Print every setting with its value and its origin, without secrets
    Show,
    /// Report whether the settings are valid; `motovaultpro check` also tries what they name
    Check,
}

/// Why the program ends with a code other than 0.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("the settings cannot be used: {0}")]
    Config(#[from] ConfigError),
    #[error("{0}")]
    Migrate(#[from] MigrateError),
    #[error("{0}")]
    Serve(#[from] serve::ServeError),
    #[error("{}", cause(.0))]
    Work(Error),
    #[error(
        "{0} has none of MotoVaultPro's tables: check database.url, or run `motovaultpro migrate`"
    )]
    Empty(Engine),
    #[error("{0}")]
    Key(#[from] KeyError),
    #[error("{0}")]
    Backup(#[from] BackupError),
    #[error("{0}")]
    Move(#[from] MoveError),
    #[error("{0} of {1} checks failed")]
    Check(usize, usize),
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    #[error("{0}")]
    File(String),
    #[error("{0}")]
    Unready(String),
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

impl Failure {
    /// 2 for what has to be mended in the settings, 1 for everything else but what PostgreSQL has to
    /// know more exactly.
    fn code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Config(_) | Self::Move(MoveError::Config(_)) => 2,
            Self::Backup(error) => error.exit_code(),
            _ => 1,
        })
    }
}

/// What went wrong. Nobody reads a log here, so the cause is part of it.
fn cause(error: &Error) -> String {
    let mut told = match error {
        Error::Internal(cause) => cause.to_string(),
        Error::Unavailable => "the database does not answer, or accepts no writes now".to_owned(),
        Error::Invalid(faults) => error::describe(faults),
        other => other.to_string(),
    };
    let first = match error {
        Error::Internal(cause) => cause.source(),
        _ => None,
    };
    for source in std::iter::successors(first, |it| it.source()) {
        let source = source.to_string();
        if !told.contains(&source) {
            told = format!("{told}: {source}");
        }
    }
    told
}

/// Does what was asked, and tells how it went.
#[must_use]
pub fn run(arguments: Arguments) -> ExitCode {
    match dispatch(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read the output has had enough of it.
        Err(Failure::Io(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprintln!("motovaultpro: {failure}");
            failure.code()
        }
    }
}

fn dispatch(arguments: Arguments) -> Result<(), Failure> {
    let load = || Config::load(arguments.config.as_deref());
    match arguments.command.unwrap_or(Command::Serve { no_migrate: false }) {
        Command::Serve { no_migrate } => {
            let config = load()?;
            runtime()?.block_on(serve_and_tell(config, !no_migrate))
        }
        Command::Migrate { feature, status, dry_run } => {
            let config = load()?;
            let work = migrate(&config, feature.as_deref(), status, dry_run);
            runtime()?.block_on(work)
        }
        Command::Users { command } => {
            let config = load()?;
            runtime()?.block_on(users(config, &command))
        }
        Command::Vin(arguments) if arguments.clean_cache => {
            let config = load()?;
            runtime()?.block_on(clean_vin_cache(config))
        }
        Command::Vin(arguments) => {
            Ok(vin::run(&arguments, Clock::System.now(), &mut std::io::stdout().lock())?)
        }
        Command::Stations { command } => {
            let config = load()?;
            runtime()?.block_on(bring_in(config, &command))
        }
        Command::Backup { command } => {
            let done = runtime()?.block_on(backup::run(&command, load, &Clock::System))?;
            print(&done.text)?;
            done.fault.map_or(Ok(()), |fault| Err(fault.into()))
        }
        Command::Move(arguments) => {
            let config = load()?;
            let done = runtime()?.block_on(transfer::run(&arguments, &config, &Clock::System))?;
            print(&done)
        }
        Command::Secrets { command: SecretsCommand::Discard { yes } } => {
            let config = load()?;
            runtime()?.block_on(discard_secrets(&config, yes))
        }
        Command::Config { command: ConfigCommand::Check } => {
            load()?;
            print("the settings can be used\n")
        }
        Command::Config { command: ConfigCommand::Show } => {
            let (config, origins) = Config::load_with_origins(arguments.config.as_deref())?;
            print(&config.to_toml(&origins)?)
        }
        Command::Check { json } => {
            let report = runtime()?.block_on(check::run(load(), &Clock::System));
            print(&if json { report.json()? } else { report.text() })?;
            match report.count(check::State::Failed) {
                0 => Ok(()),
                failed => Err(Failure::Check(failed, report.findings().len())),
            }
        }
        Command::Healthcheck { url } => {
            let url = match url {
                Some(url) => url,
                None => serve::url_of(&load()?.server),
            };
            runtime()?.block_on(serve::ask_health(&url)).map_err(Failure::Unready)
        }
        Command::Completions { shell } => {
            let mut script = Vec::new();
            let mut command = Arguments::command();
            clap_complete::generate(shell, &mut command, "motovaultpro", &mut script);
            Ok(std::io::stdout().write_all(&script)?)
        }
        Command::Man { folder: None } => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Arguments::command()).render(&mut page)?;
            Ok(std::io::stdout().write_all(&page)?)
        }
        Command::Man { folder: Some(folder) } => {
            let describe = |error| Failure::File(files::describe(&folder, &error));
            std::fs::create_dir_all(&folder).map_err(describe)?;
            clap_mangen::generate_to(Arguments::command(), &folder).map_err(describe)
        }
        Command::Openapi => print(&format!("{}\n", openapi::text(&openapi::api().1))),
    }
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}

/// As `print!`, but a closed pipe is an error and no panic.
fn print(text: &str) -> Result<(), Failure> {
    Ok(std::io::stdout().write_all(text.as_bytes())?)
}

async fn serve_and_tell(config: Config, migrates: bool) -> Result<(), Failure> {
    let traces = serve::log_to_stderr(&config.log)?;
    let served = serve::serve(config, migrates).await;
    traces.end().await;
    Ok(served?)
}

/// Says on the standard error stream which database is used, without secrets.
fn announce(engine: &Engine) {
    eprintln!("motovaultpro: using {engine}");
}

/// Opens the database for a command that works on what is there, and creates none.
async fn open_existing(config: &Config) -> Result<Db, Failure> {
    let engine = config.database.engine()?;
    announce(&engine);
    let db = Db::open_existing(&config.database).await.map_err(serve::ServeError::from)?;
    match migrate::status(&db, features::ALL, None).await {
        Ok(steps) if steps.iter().any(|it| it.executed_at.is_some()) => Ok(db),
        other => {
            db.close().await;
            other?;
            Err(Failure::Empty(engine))
        }
    }
}

async fn users(config: Config, command: &administration::Command) -> Result<(), Failure> {
    let db = open_existing(&config).await?;
    let app = App::new(config, db, Clock::System);
    let done = administration::run(&app, command).await;
    app.db.close().await;
    print(&done.map_err(Failure::Work)?)
}

/// What the service does by itself every hour, now.
async fn clean_vin_cache(config: Config) -> Result<(), Failure> {
    let db = open_existing(&config).await?;
    let app = App::new(config, db, Clock::System);
    let done = periodic::run_one(&app, &vin::PERIODIC_TASK).await;
    app.db.close().await;
    print(&format!("{} removed\n", done.map_err(Failure::Work)?))
}

async fn discard_secrets(config: &Config, is_sure: bool) -> Result<(), Failure> {
    let db = open_existing(config).await?;
    let done = keys::discard(&db, config, features::SECRETS, is_sure).await;
    db.close().await;
    print(&done?)
}

async fn bring_in(config: Config, command: &stations::Command) -> Result<(), Failure> {
    let db = open_existing(&config).await?;
    let app = App::new(config, db, Clock::System);
    let done = stations::run(&app, command).await;
    app.db.close().await;
    print(&done.map_err(Failure::Work)?)
}

async fn migrate(
    config: &Config,
    feature: Option<&str>,
    status: bool,
    dry_run: bool,
) -> Result<(), Failure> {
    let engine = config.database.migration_engine()?;
    announce(&engine);
    if let Engine::Sqlite(path) = &engine
        && (status || dry_run)
        && !path.exists()
    {
        return print(&report(&migrate::all_pending(features::ALL, feature)?, dry_run));
    }
    let db = Db::open_for_migrations(&config.database).await.map_err(serve::ServeError::from)?;
    if status || dry_run {
        let steps = migrate::status(&db, features::ALL, feature).await?;
        db.close().await;
        return print(&report(&steps, dry_run));
    }
    let clock = Clock::System;
    if let Some(made) =
        backup::before_migrations(config, &db, features::ALL, feature, &clock).await?
    {
        print(&format!("{made}\n"))?;
    }
    let done = migrate::run(&db, features::ALL, feature, &clock).await?;
    roles::grant(&db, features::ALL, &config.database).await?;
    // Migrations of PostgreSQL may run on a machine that the service's key file is not on.
    if feature.is_none() && matches!(engine, Engine::Sqlite(_)) {
        keys::prepare(&db, config, &clock, features::SECRETS).await?;
    }
    db.close().await;
    if done.is_empty() {
        return print("nothing to do: the database is up to date\n");
    }
    print(&report(&done, false))
}

fn report(steps: &[Step], only_pending: bool) -> String {
    let line = |step: &Step| {
        let state = match step.executed_at {
            Some(at) => format!("executed {}", at.format("%Y-%m-%d %H:%M:%S UTC")),
            None => "pending".to_owned(),
        };
        format!("{:<40} {state}\n", format!("{}/{}", step.feature, step.file))
    };
    let lines: String =
        steps.iter().filter(|it| !only_pending || it.executed_at.is_none()).map(line).collect();
    if lines.is_empty() { "nothing is pending\n".to_owned() } else { lines }
}
