//! `motovaultpro check`: checks everything that the settings refer to, and prints how to fix what does not work.
//!
//! Checks leave no changes behind. Each has its own time limit, and a failure does not stop the others.

mod backups;
mod cache;
mod clocks;
mod database;
mod mail;
mod report;
mod server;
mod services;
#[cfg(test)]
mod tests;

use std::time::Duration;

use clocks::Clocks;
pub use report::{Finding, Report, State};

use crate::core::{
    clock::Clock,
    config::{Config, ConfigError},
};

/// Time limit of each check.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Waits for `work` within the time limit.
///
/// # Errors
/// A message for the report if the time limit is exceeded.
async fn with_timeout<T>(work: impl Future<Output = T>) -> Result<T, String> {
    let late = |_| format!("no response within {} seconds", TIMEOUT.as_secs());
    tokio::time::timeout(TIMEOUT, work).await.map_err(late)
}

/// Runs all checks.
pub async fn run(settings: Result<Config, ConfigError>, clock: &Clock) -> Report {
    let config = match settings {
        Ok(config) => config,
        Err(error) => {
            let advice = "correct this setting (see docs/configuration.md). \
                          Nothing else was checked";
            return Report::from([Finding::failed("settings", error.to_string(), advice)]);
        }
    };
    let clocks = Clocks::default();
    let (server, database, cache, mail, backups, services) = futures_util::join!(
        Box::pin(server::check(&config)),
        Box::pin(database::check(&config, clock, &clocks)),
        Box::pin(cache::check(&config.cache)),
        Box::pin(mail::check(&config.mail)),
        Box::pin(backups::check(&config, clock)),
        Box::pin(services::check(&config, clock, &clocks)),
    );
    let settings = Finding::ok("settings", "valid");
    let all = [vec![settings], server, database, cache, mail, backups, services].concat();
    all.into_iter().chain([clocks.finding()]).collect()
}
