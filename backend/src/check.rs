//! `motovaultpro check`: tries everything that the settings name, and says what to do about what does
//! not work.
//!
//! Nothing here creates or changes anything that lasts. Each check has its own time limit, and none
//! stops the others.

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

/// How long each check may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Waits for `work`, but not for longer than a check may take.
///
/// # Errors
/// What to print if that is not long enough.
async fn in_time<T>(work: impl Future<Output = T>) -> Result<T, String> {
    let late = |_| format!("no answer within {} seconds", PATIENCE.as_secs());
    tokio::time::timeout(PATIENCE, work).await.map_err(late)
}

/// Checks everything that the settings name.
pub async fn run(settings: Result<Config, ConfigError>, clock: &Clock) -> Report {
    let config = match settings {
        Ok(config) => config,
        Err(error) => {
            let advice = "correct this setting; docs/configuration.md describes all of them. \
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
    let settings = Finding::ok("settings", "they can be used");
    let all = [vec![settings], server, database, cache, mail, backups, services].concat();
    all.into_iter().chain([clocks.finding()]).collect()
}
