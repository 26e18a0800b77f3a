//! `[cache]`: the cache's backend.

use std::path::PathBuf;

use redis::TlsCertificates;
use serde::{Deserialize, Serialize};

use super::{ConfigError, Secret};
use crate::files;

/// The first line of a certificate in PEM.
const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";

/// The `[cache]` section.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Cache {
    /// `redis://host:port`, or `rediss://host:port` with TLS; without it the cache is in the
    /// process.
    pub url: Option<Secret>,
    /// The certificates, in PEM, that Redis' certificate must be signed by. Defaults to those that
    /// the system trusts.
    pub ca_file: Option<PathBuf>,
}

impl Cache {
    /// The Redis client; `None` if the cache is in the process.
    ///
    /// # Errors
    /// The URL is not a Redis server's, or the certificates cannot be read.
    pub fn client(&self) -> Result<Option<redis::Client>, ConfigError> {
        let Some(url) = &self.url else { return Ok(None) };
        let url = url.expose();
        // The parser's message could repeat the password.
        let unusable = |_| {
            let why = "must be redis://host:port, or rediss://host:port with TLS";
            ConfigError::value("cache.url", why)
        };
        let Some(file) = &self.ca_file else {
            return redis::Client::open(url).map(Some).map_err(unusable);
        };
        if !url.starts_with("rediss://") {
            let why = "requires TLS: cache.url must start with rediss://";
            return Err(ConfigError::value("cache.ca_file", why));
        }
        let refused = |why: String| ConfigError::value("cache.ca_file", &why);
        let pem = std::fs::read(file).map_err(|error| refused(files::describe(file, &error)))?;
        if !pem.windows(BEGIN.len()).any(|it| it == BEGIN) {
            return Err(refused(format!("{}: has no certificates in PEM", file.display())));
        }
        let certificates = TlsCertificates { client_tls: None, root_cert: Some(pem) };
        redis::Client::build_with_tls(url, certificates).map(Some).map_err(unusable)
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        self.client().map(drop)
    }
}
