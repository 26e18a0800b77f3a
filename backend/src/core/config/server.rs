//! `[server]`: how the service is reached.

use std::net::{Ipv4Addr, SocketAddr};

use serde::{Deserialize, Serialize};

use super::ConfigError;

/// The `[server]` section.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default)]
pub struct Server {
    /// The address and port to listen on; port 0 takes any free one.
    pub address: SocketAddr,
    /// How browsers reach it, such as `https://cars.example.org`; decides the cookies' kind.
    pub public_url: Option<String>,
}

impl Default for Server {
    fn default() -> Self {
        Self { address: SocketAddr::from((Ipv4Addr::LOCALHOST, 3001)), public_url: None }
    }
}

impl Server {
    /// Whether browsers reach the service over https.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.public_url.as_deref().is_some_and(|url| url.starts_with("https://"))
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        match &self.public_url {
            Some(url) if !(url.starts_with("https://") || url.starts_with("http://")) => {
                Err(ConfigError::value("server.public_url", "begins with https:// or http://"))
            }
            _ => Ok(()),
        }
    }
}
