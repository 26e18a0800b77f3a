//! `[cache]`: where answers are kept for a while.

use serde::{Deserialize, Serialize};

use super::{ConfigError, Secret};

/// The `[cache]` section.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Cache {
    /// `redis://host:port`; without it the cache lives in the process.
    pub url: Option<Secret>,
}

impl Cache {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let Some(url) = &self.url else { return Ok(()) };
        match redis::Client::open(url.expose()) {
            Ok(_) => Ok(()),
            Err(_) => Err(ConfigError::value("cache.url", "is redis://host:port")),
        }
    }
}
