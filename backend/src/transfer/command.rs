//! The `motovaultpro move` command.

use std::{convert::Infallible, io::Write as _, path::PathBuf};

use super::{Moved, Progress, error::Result, move_all};
use crate::{
    core::{
        clock::Clock,
        config::{Config, Database, Secret, read_secret},
    },
    features,
};

/// Move all data to an empty database, on the same or the other engine
#[derive(Debug, Clone, clap::Args)]
pub struct Arguments {
    /// The new database, as in database.url
    #[arg(long, value_name = "URL", value_parser = secret, required_unless_present = "to_file")]
    to: Option<Secret>,
    /// A file with the new database's URL
    #[arg(long, value_name = "FILE", conflicts_with = "to")]
    to_file: Option<PathBuf>,
    /// The URL of the new database for the role that owns the tables, as in `database.migration_url`
    #[arg(long, value_name = "URL", value_parser = secret)]
    to_migration_url: Option<Secret>,
    /// A file with that URL
    #[arg(long, value_name = "FILE", conflicts_with = "to_migration_url")]
    to_migration_url_file: Option<PathBuf>,
    /// A file with the password for URLs without one, as in `database.password_file`
    #[arg(long, value_name = "FILE")]
    to_password_file: Option<PathBuf>,
    /// Count the rows and check that the new database can store them, without writing anything
    #[arg(long)]
    dry_run: bool,
}

/// Wraps a secret option, so that it is never printed.
#[expect(clippy::unnecessary_wraps, reason = "required by clap")]
fn secret(text: &str) -> std::result::Result<Secret, Infallible> {
    Ok(Secret::new(text.to_owned()))
}

impl Arguments {
    /// The settings of the new database.
    fn target(&self, config: &Config) -> Result<Database> {
        let given = |url: &Option<Secret>, file: &Option<PathBuf>| match (url, file) {
            (Some(url), _) => Ok(Some(url.clone())),
            (None, Some(file)) => read_secret(file).map(Some),
            (None, None) => Ok(None),
        };
        // Clap guarantees that one of them is given.
        let url = given(&self.to, &self.to_file)?.unwrap_or_else(|| Secret::new(String::new()));
        let owners = given(&self.to_migration_url, &self.to_migration_url_file)?;
        let password = given(&None, &self.to_password_file)?;
        Ok(config.database.for_other_database(url, owners, password)?)
    }
}

/// Moves the data, and prints each table when it is done. Returns the last line of the output.
///
/// # Errors
/// [`super::MoveError`]. The new database then contains no rows.
pub async fn run(arguments: &Arguments, config: &Config, clock: &Clock) -> Result<String> {
    let target = arguments.target(config)?;
    eprintln!("motovaultpro: from {}", config.database.migration_engine()?);
    eprintln!("motovaultpro: to {}", target.migration_engine()?);
    let mut progress = |progress: Progress<'_>| match progress {
        Progress::Warning(text) => eprintln!("motovaultpro: {text}"),
        Progress::Table(name, rows) => {
            // Ignore errors: a closed pipe must not abort the move.
            let _ = writeln!(std::io::stdout(), "{name:<30} {rows:>10}");
        }
    };
    let moved = move_all(config, &target, features::ALL, arguments.dry_run, clock, &mut progress);
    Ok(last_line(moved.await?, arguments.dry_run))
}

fn last_line(moved: Moved, is_dry_run: bool) -> String {
    let (rows, seconds) = (moved.rows, moved.time.as_secs_f64());
    if is_dry_run {
        return format!("{rows} rows can be moved; nothing was written ({seconds:.1} s)\n");
    }
    format!(
        "moved {rows} rows in {seconds:.1} s. Set database.url to the new database; the service key \
         moves along (docs/operations.md)\n"
    )
}
