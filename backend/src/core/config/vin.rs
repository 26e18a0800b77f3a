//! `[vin]`: who answers what a VIN means.

use serde::{Deserialize, Serialize};

use super::ConfigError;

/// The `[vin]` section.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default)]
pub struct Vin {
    /// Who is asked.
    pub provider: VinProvider,
    /// The base of NHTSA's service, as `https://vpic.nhtsa.dot.gov/api`.
    pub vpic_url: String,
}

/// Who answers what a VIN means.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum VinProvider {
    /// The tables in the program; nobody is asked.
    #[default]
    Offline,
    /// The tables, and NHTSA for what they do not know.
    OfflineThenVpic,
    /// NHTSA, and the tables where it is away.
    Vpic,
}

impl Default for Vin {
    fn default() -> Self {
        let vpic_url = "https://vpic.nhtsa.dot.gov/api".to_owned();
        Self { provider: VinProvider::default(), vpic_url }
    }
}

impl Vin {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let is_web = url::Url::parse(&self.vpic_url)
            .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        if is_web && !self.vpic_url.contains(['?', '#']) {
            return Ok(());
        }
        Err(ConfigError::value("vin.vpic_url", "is https://host/path or http://host/path"))
    }
}
