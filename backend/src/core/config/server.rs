//! `[server]`: how the service is reached.

use std::net::{Ipv4Addr, SocketAddr};

use serde::{Deserialize, Serialize};
use tower_http::csrf::CsrfLayer;

use super::{ConfigError, Networks};

/// The `[server]` section.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default)]
pub struct Server {
    /// The address and port to listen on; port 0 takes any free one.
    pub address: SocketAddr,
    /// How browsers reach it, such as `https://cars.example.org`; decides the cookies' kind.
    pub public_url: Option<String>,
    /// The proxies that are believed when they say, in `X-Forwarded-For`, whom they ask for.
    pub trusted_proxies: Networks,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 3001)),
            public_url: None,
            trusted_proxies: Networks::default(),
        }
    }
}

impl Server {
    /// Whether browsers reach the service over https.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.public_url.as_deref().is_some_and(|url| url.starts_with("https://"))
    }

    /// `public_url` as browsers name it in `Origin`: without a path, and without the port that
    /// its scheme has anyway.
    #[must_use]
    pub fn origin(&self) -> Option<String> {
        let url = self.public_url.as_deref()?;
        let (scheme, rest) = url.split_once("://")?;
        let host = rest.split('/').next()?.to_ascii_lowercase();
        let usual = if scheme == "https" { ":443" } else { ":80" };
        Some(format!("{scheme}://{}", host.strip_suffix(usual).unwrap_or(&host)))
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let is_http = |origin: &String| {
            let is_web = origin.starts_with("https://") || origin.starts_with("http://");
            is_web && CsrfLayer::new().add_trusted_origin(origin).is_ok()
        };
        if self.public_url.is_some() && !self.origin().as_ref().is_some_and(is_http) {
            return Err(ConfigError::value("server.public_url", "is https://host or http://host"));
        }
        Ok(())
    }
}
