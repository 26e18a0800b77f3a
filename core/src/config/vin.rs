//! `[vin]`: VIN decoding.

use serde::{Deserialize, Serialize};

use super::ConfigError;

/// The `[vin]` section.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default)]
pub struct Vin {
    /// The source of data.
    pub provider: VinProvider,
    /// The base URL of NHTSA's API, such as `https://vpic.nhtsa.dot.gov/api`.
    pub vpic_url: String,
}

/// The source of VIN data.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum VinProvider {
    /// The built-in tables only.
    #[default]
    Offline,
    /// The built-in tables, and NHTSA for VINs that they do not cover.
    OfflineThenVpic,
    /// NHTSA, and the built-in tables if it is unavailable.
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
        Err(ConfigError::value("vin.vpic_url", "must be https://host/path or http://host/path"))
    }
}
