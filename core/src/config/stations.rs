//! `[stations]`: external providers of stations.

use serde::{Deserialize, Serialize};
use url::Url;

use super::{ConfigError, Secret};

/// The `[stations]` section. Without any providers, searches find saved stations only.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default)]
pub struct Stations {
    /// The key for Google's Places API (New); without it Google is not used.
    pub google_api_key: Option<Secret>,
    /// The base URL of that API.
    pub google_url: String,
    /// The URL of an Overpass API of `OpenStreetMap`, for searches nearby.
    pub overpass_url: Option<String>,
    /// The URL of a Nominatim of `OpenStreetMap`, for searches by name.
    pub nominatim_url: Option<String>,
    /// The URL of map tiles, with `{z}`, `{x}` and `{y}`; without it, maps have a plain background.
    pub tiles_url: Option<String>,
    /// The maximum size of an import of stations, in megabytes.
    pub import_megabytes: u32,
}

impl Default for Stations {
    fn default() -> Self {
        Self {
            google_api_key: None,
            google_url: "https://places.googleapis.com".to_owned(),
            overpass_url: None,
            nominatim_url: None,
            tiles_url: None,
            import_megabytes: 512,
        }
    }
}

impl Stations {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if self.google_api_key.as_ref().is_some_and(|it| it.expose().trim().is_empty()) {
            return Err(ConfigError::value("stations.google_api_key", "must not be empty"));
        }
        if !(1..=100_000).contains(&self.import_megabytes) {
            return Err(ConfigError::value(
                "stations.import_megabytes",
                "must be from 1 to 100000",
            ));
        }
        // The key is sent there with each request.
        if !is_web(&self.google_url) || !is_private(&self.google_url) {
            let why = "must be https://host/path, or http:// on this machine";
            return Err(ConfigError::value("stations.google_url", why));
        }
        for (key, url) in [
            ("stations.overpass_url", &self.overpass_url),
            ("stations.nominatim_url", &self.nominatim_url),
        ] {
            if url.as_deref().is_some_and(|it| !is_web(it)) {
                return Err(ConfigError::value(
                    key,
                    "must be https://host/path or http://host/path",
                ));
            }
        }
        if self.tiles_url.is_some() && self.tiles_origin().is_none() {
            let why = "must be a URL template such as https://host/{z}/{x}/{y}.png";
            return Err(ConfigError::value("stations.tiles_url", why));
        }
        Ok(())
    }

    /// The origin of the map tiles, as browsers write it.
    #[must_use]
    pub fn tiles_origin(&self) -> Option<String> {
        let address = self.tiles_url.as_deref()?;
        let url = Url::parse(address).ok()?;
        let has_all = ["{z}", "{x}", "{y}"].iter().all(|it| address.contains(it));
        let is_web = matches!(url.scheme(), "http" | "https") && url.has_host();
        (has_all && is_web).then(|| url.origin().ascii_serialization())
    }
}

fn is_web(address: &str) -> bool {
    let Ok(url) = Url::parse(address) else { return false };
    let is_anonymous = url.username().is_empty() && url.password().is_none();
    let is_plain = is_anonymous && url.query().is_none() && url.fragment().is_none();
    matches!(url.scheme(), "http" | "https") && url.has_host() && is_plain
}

/// Whether the connection is confidential.
fn is_private(address: &str) -> bool {
    let Ok(url) = Url::parse(address) else { return false };
    let is_local = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    url.scheme() == "https" || is_local
}
