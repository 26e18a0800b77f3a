//! `[cache]`: where answers are kept for a while.

use std::path::PathBuf;

use redis::TlsCertificates;
use serde::{Deserialize, Serialize};

use super::{ConfigError, Secret};
use crate::core::files;

/// How a certificate in PEM begins.
const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";

/// The `[cache]` section.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Cache {
    /// `redis://host:port`, or `rediss://host:port` with TLS; without it the cache lives in the process.
    pub url: Option<Secret>,
    /// The certificates, in PEM, that Redis' own must be signed by; those that the system trusts, unless set.
    pub ca_file: Option<PathBuf>,
}

impl Cache {
    /// What connects to Redis; `None` where the cache lives in the process.
    ///
    /// # Errors
    /// A URL that names no Redis server, or certificates that cannot be read.
    pub fn client(&self) -> Result<Option<redis::Client>, ConfigError> {
        let Some(url) = &self.url else { return Ok(None) };
        let url = url.expose();
        // The parser's own words could repeat the password.
        let unusable = |_| {
            let why = "is redis://host:port, or rediss://host:port with TLS";
            ConfigError::value("cache.url", why)
        };
        let Some(file) = &self.ca_file else {
            return redis::Client::open(url).map(Some).map_err(unusable);
        };
        if !url.starts_with("rediss://") {
            let why = "is for TLS: cache.url must begin with rediss://";
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
