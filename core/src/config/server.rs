//! `[server]`: how the service is reached.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use serde::{Deserialize, Serialize};
use tower_http::csrf::CsrfLayer;
use url::Url;

use super::{ConfigError, Database, Hosts, Networks};

/// The upper bound of all counts.
const MAX: usize = 1_000_000;
/// The maximum drain time in seconds.
const MAX_DRAIN: u64 = 3600;

/// The `[server]` section.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default)]
pub struct Server {
    /// The address and port to listen on; port 0 picks a free port.
    pub address: SocketAddr,
    /// The Unix socket to listen on instead of the address.
    pub socket: Option<PathBuf>,
    /// The number of seconds for which `/api/health` returns 503 before the service stops, so that
    /// a load balancer sends requests elsewhere.
    pub drain: u64,
    /// The URL of the service for browsers, such as `https://cars.example.org`. It also decides the
    /// attributes of cookies.
    pub public_url: Option<String>,
    /// Additional host names of the service.
    pub hosts: Hosts,
    /// The proxies whose `X-Forwarded-For` header is trusted.
    pub trusted_proxies: Networks,
    /// The address and port of the metrics endpoint for Prometheus. Not set: no endpoint.
    pub metrics_address: Option<SocketAddr>,
    /// The maximum number of open connections; further ones are rejected.
    pub connections: usize,
    /// The maximum number of connections per client address; defaults to
    /// [`Server::connections_per_address`].
    pub connections_per_address: Option<usize>,
    /// The maximum number of requests handled at once; defaults to [`Server::concurrency`].
    pub concurrency: Option<usize>,
    /// The maximum number of waiting requests; defaults to [`Server::queue`].
    pub queue: Option<usize>,
    /// The rate limit per user in requests per minute; 0 disables it.
    pub requests_per_minute: u32,
    /// The rate limit per network of unauthenticated requests, in requests per minute; 0 disables
    /// it.
    pub anonymous_requests_per_minute: u32,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 3001)),
            socket: None,
            drain: 0,
            public_url: None,
            hosts: Hosts::default(),
            trusted_proxies: Networks::default(),
            metrics_address: None,
            connections: 2048,
            connections_per_address: None,
            concurrency: None,
            queue: None,
            requests_per_minute: 600_000,
            anonymous_requests_per_minute: 12_000,
        }
    }
}

impl Server {
    /// Whether browsers reach the service over https.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.public_url.as_deref().is_some_and(|url| url.starts_with("https://"))
    }

    /// `public_url` as browsers send it in `Origin`: without a path and without the scheme's
    /// default port.
    #[must_use]
    pub fn origin(&self) -> Option<String> {
        let url = self.public_url.as_deref()?;
        let (scheme, rest) = url.split_once("://")?;
        let host = rest.split('/').next()?.to_ascii_lowercase();
        let usual = if scheme == "https" { ":443" } else { ":80" };
        Some(format!("{scheme}://{}", host.strip_suffix(usual).unwrap_or(&host)))
    }

    /// The maximum number of connections per client address: by default a quarter of `max`, so that
    /// no single client takes all.
    #[must_use]
    pub fn connections_per_address(&self, max: usize) -> usize {
        self.connections_per_address.unwrap_or_else(|| (max / 4).max(1))
    }

    /// The maximum number of requests handled at once: enough to keep every core and database
    /// connection busy. More would only slow each other down. Requests that wait for a password
    /// hash, for another service or for the write lock do not count.
    #[must_use]
    pub fn concurrency(&self, database: &Database) -> usize {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        self.concurrency.unwrap_or_else(|| (4 * cores).max(database.pool_size as usize))
    }

    /// The length of the queue for `slots` requests at once: enough for a burst. In a longer queue
    /// each request would wait longer, and no more would be handled.
    #[must_use]
    pub fn queue(&self, slots: usize) -> usize {
        self.queue.unwrap_or_else(|| (8 * slots).max(128))
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        for (key, number) in [
            ("server.connections", Some(self.connections)),
            ("server.connections_per_address", self.connections_per_address),
            ("server.concurrency", self.concurrency),
        ] {
            if number.is_some_and(|it| !(1..=MAX).contains(&it)) {
                return Err(ConfigError::value(key, "must be from 1 to 1000000"));
            }
        }
        if self.drain > MAX_DRAIN {
            return Err(ConfigError::value("server.drain", "must be from 0 to 3600 (seconds)"));
        }
        // The kernel's limit, including the terminating zero byte.
        let longest = 107;
        if self.socket.as_ref().is_some_and(|it| !(1..=longest).contains(&it.as_os_str().len())) {
            return Err(ConfigError::value("server.socket", "must be a path of at most 107 bytes"));
        }
        if self.queue.is_some_and(|it| it > MAX) {
            return Err(ConfigError::value("server.queue", "must be from 0 to 1000000"));
        }
        if !self.hosts.are_valid() {
            let why = "must be a list of host names without ports, such as cars.lan";
            return Err(ConfigError::value("server.hosts", why));
        }
        if self.public_url.as_deref().is_some_and(|it| !is_origin(it)) {
            let why = "must be https://host or http://host, without a path: URLs with a path, such as \
                       https://host/cars, are not supported";
            return Err(ConfigError::value("server.public_url", why));
        }
        Ok(())
    }
}

/// Whether `address` consists of a scheme, a host and an optional port.
fn is_origin(address: &str) -> bool {
    let Ok(url) = Url::parse(address) else { return false };
    let is_bare = url.username().is_empty() && url.password().is_none() && url.path() == "/";
    let has_more = url.query().is_some() || url.fragment().is_some();
    let is_web = matches!(url.scheme(), "http" | "https") && url.has_host();
    is_web
        && is_bare
        && !has_more
        && CsrfLayer::new().add_trusted_origin(address_only(address)).is_ok()
}

/// Removes a trailing slash.
fn address_only(address: &str) -> &str {
    address.strip_suffix('/').unwrap_or(address)
}
