//! The command line: commands, output and exit codes.

use std::{io::Write as _, path::PathBuf, process::ExitCode};

use clap::{CommandFactory as _, Parser, Subcommand};

use crate::{
    app::App,
    backup::{self, BackupError},
    check,
    core::{
        Error,
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

/// Manage vehicles, fuel logs and maintenance
#[derive(Debug, Parser)]
#[command(name = "motovaultpro", version, max_term_width = 100)]
pub struct Arguments {
    /// Read settings from this file instead of motovaultpro.toml in the current folder
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the web service (default command)
    Serve {
        /// Do not execute pending migrations before starting
        #[arg(long)]
        no_migrate: bool,
    },
    /// Execute pending migrations
    Migrate {
        /// Only execute this feature's migrations
        #[arg(long, value_name = "NAME")]
        feature: Option<String>,
        /// List executed and pending migrations without executing any
        #[arg(long)]
        status: bool,
        /// List the migrations that would be executed without executing any
        #[arg(long, conflicts_with = "status")]
        dry_run: bool,
    },
    /// Manage accounts, for example if the only administrator is locked out
    Users {
        #[command(subcommand)]
        command: administration::Command,
    },
    /// Decode VINs offline
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
    /// Move all data to an empty database, on the same or the other engine
    Move(transfer::Arguments),
    /// Manage the encrypted secrets in the database
    Secrets {
        #[command(subcommand)]
        command: SecretsCommand,
    },
    /// Print or validate the settings
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Check the settings and everything they refer to; exits with 1 if a check fails
    Check {
        /// Print a JSON array with one object per check
        #[arg(long)]
        json: bool,
    },
    /// Check that a running service is ready; exits with 1 if it is not
    Healthcheck {
        /// The service's address, such as `http://127.0.0.1:3001` or
        /// `unix:/run/motovaultpro.sock`
        /// [default: the configured address or socket]
        #[arg(long, value_name = "URL")]
        url: Option<String>,
    },
    /// Print the OpenAPI 3.1 document of the API
    Openapi,
    /// Print a shell completion script
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man {
        /// Write one page per command to this folder instead, creating it if needed
        #[arg(long, value_name = "FOLDER")]
        folder: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
enum SecretsCommand {
    /// Discard all encrypted secrets, if their key is lost. Authenticator apps and notification channels with a
    /// secret must then be set up again
    Discard {
        /// Discard the secrets; without this option, only print what would be lost
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Print every setting with its value and origin, without secrets
    Show,
    /// Validate the settings; `motovaultpro check` also checks what they refer to
    Check,
}

/// An error that ends the program with a nonzero exit code.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("invalid settings: {0}")]
    Config(#[from] ConfigError),
    #[error("{0}")]
    Migrate(#[from] MigrateError),
    #[error("{0}")]
    Serve(#[from] serve::ServeError),
    #[error("{}", message(.0))]
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
    /// 2 for invalid settings, specific codes for PostgreSQL's archive and restore commands, 1 otherwise.
    fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Config(_) | Self::Move(MoveError::Config(_)) => 2,
            Self::Backup(error) => error.exit_code(),
            _ => 1,
        })
    }
}

/// The message for an error, including its causes, since commands write no log.
fn message(error: &Error) -> String {
    let mut message = match error {
        Error::Internal(cause) => cause.to_string(),
        Error::Unavailable => "the database does not respond or accepts no writes".to_owned(),
        Error::Invalid(faults) => error::describe(faults),
        other => other.to_string(),
    };
    let first = match error {
        Error::Internal(cause) => cause.source(),
        _ => None,
    };
    for source in std::iter::successors(first, |it| it.source()) {
        let source = source.to_string();
        if !message.contains(&source) {
            message = format!("{message}: {source}");
        }
    }
    message
}

/// Runs the command and returns the exit code.
#[must_use]
pub fn run(arguments: Arguments) -> ExitCode {
    match dispatch(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        // The reader of the output has closed the pipe.
        Err(Failure::Io(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprintln!("motovaultpro: {failure}");
            failure.exit_code()
        }
    }
}

fn dispatch(arguments: Arguments) -> Result<(), Failure> {
    let load = || Config::load(arguments.config.as_deref());
    match arguments.command.unwrap_or(Command::Serve { no_migrate: false }) {
        Command::Serve { no_migrate } => {
            let config = load()?;
            runtime()?.block_on(serve_with_logging(config, !no_migrate))
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
            runtime()?.block_on(import_stations(config, &command))
        }
        Command::Backup { command } => {
            let done = runtime()?.block_on(backup::run(&command, load, &Clock::System))?;
            print(&done.text)?;
            done.error.map_or(Ok(()), |error| Err(error.into()))
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
            print("the settings are valid\n")
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
                None => serve::local_url(&load()?.server),
            };
            runtime()?.block_on(serve::check_health(&url)).map_err(Failure::Unready)
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

/// Like `print!`, but a closed pipe is an error instead of a panic.
fn print(text: &str) -> Result<(), Failure> {
    Ok(std::io::stdout().write_all(text.as_bytes())?)
}

async fn serve_with_logging(config: Config, migrates: bool) -> Result<(), Failure> {
    let traces = serve::log_to_stderr(&config.log)?;
    let served = serve::serve(config, migrates).await;
    traces.end().await;
    Ok(served?)
}

/// Prints to standard error which database is used, without secrets.
fn print_database(engine: &Engine) {
    eprintln!("motovaultpro: using {engine}");
}

/// Opens the database for a command that must not create one.
async fn open_existing(config: &Config) -> Result<Db, Failure> {
    let engine = config.database.engine()?;
    print_database(&engine);
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

/// Runs the hourly cleanup of the VIN cache now.
async fn clean_vin_cache(config: Config) -> Result<(), Failure> {
    let db = open_existing(&config).await?;
    let app = App::new(config, db, Clock::System);
    let done = periodic::run_one(&app, &vin::PURGE_TASK).await;
    app.db.close().await;
    print(&format!("{} removed\n", done.map_err(Failure::Work)?))
}

async fn discard_secrets(config: &Config, is_confirmed: bool) -> Result<(), Failure> {
    let db = open_existing(config).await?;
    let done = keys::discard(&db, config, &features::secrets(), is_confirmed).await;
    db.close().await;
    print(&done?)
}

async fn import_stations(config: Config, command: &stations::Command) -> Result<(), Failure> {
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
    print_database(&engine);
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
    if let Some(message) =
        backup::back_up_before_migrations(config, &db, features::ALL, feature, &clock).await?
    {
        print(&format!("{message}\n"))?;
    }
    let done = migrate::run(&db, features::ALL, feature, &clock).await?;
    roles::grant(&db, features::ALL, &config.database).await?;
    // PostgreSQL migrations may run on a machine without the service's key file.
    if feature.is_none() && matches!(engine, Engine::Sqlite(_)) {
        keys::prepare(&db, config, &clock, &features::secrets()).await?;
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
