//! `[server]`: how the service is reached.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use serde::{Deserialize, Serialize};
use tower_http::csrf::CsrfLayer;
use url::Url;

use super::{ConfigError, Database, Hosts, Networks};

/// The most of anything that is counted.
const MOST: usize = 1_000_000;
/// The longest drain in seconds.
const LONGEST_DRAIN: u64 = 3600;

/// The `[server]` section.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default)]
pub struct Server {
    /// The address and port to listen on; port 0 takes any free one.
    pub address: SocketAddr,
    /// The Unix socket to listen on instead of the address.
    pub socket: Option<PathBuf>,
    /// Seconds for which `/api/health` answers 503 before the service stops, so that a load balancer sends its
    /// requests elsewhere.
    pub drain: u64,
    /// How browsers reach it, such as `https://cars.example.org`; decides the cookies' kind.
    pub public_url: Option<String>,
    /// Other names that the service answers to, beside `public_url`'s.
    pub hosts: Hosts,
    /// The proxies that are believed when they say, in `X-Forwarded-For`, whom they ask for.
    pub trusted_proxies: Networks,
    /// The address and port where Prometheus reads what is counted; nowhere unless said.
    pub metrics_address: Option<SocketAddr>,
    /// How many connections are open at once; others are turned away.
    pub connections: usize,
    /// How many of them one client address has; [`Server::connections_per_address`] unless said.
    pub connections_per_address: Option<usize>,
    /// How many requests are worked on at once; [`Server::concurrency`] unless said.
    pub concurrency: Option<usize>,
    /// How many more wait for that; [`Server::queue`] unless said.
    pub queue: Option<usize>,
    /// How many requests each user may make a minute; 0 sets no bound.
    pub requests_per_minute: u32,
    /// How many requests each network may make a minute without signing in; 0 sets no bound.
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

    /// How many of `most` connections one client address has: a quarter, so that no single one has all.
    #[must_use]
    pub fn connections_per_address(&self, most: usize) -> usize {
        self.connections_per_address.unwrap_or_else(|| (most / 4).max(1))
    }

    /// How many requests are worked on at once: enough that neither a core nor the database waits
    /// for the next one. More would only take turns, each the slower for it. Who waits for a
    /// password's hash, for another service or for the turn to write is not among them.
    #[must_use]
    pub fn concurrency(&self, database: &Database) -> usize {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        self.concurrency.unwrap_or_else(|| (4 * cores).max(database.pool_size as usize))
    }

    /// How many requests wait where `places` are worked on: enough for a burst. Of a longer line each
    /// would wait the longer, and no more would be done.
    #[must_use]
    pub fn queue(&self, places: usize) -> usize {
        self.queue.unwrap_or_else(|| (8 * places).max(128))
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        for (key, number) in [
            ("server.connections", Some(self.connections)),
            ("server.connections_per_address", self.connections_per_address),
            ("server.concurrency", self.concurrency),
        ] {
            if number.is_some_and(|it| !(1..=MOST).contains(&it)) {
                return Err(ConfigError::value(key, "is 1 to 1000000"));
            }
        }
        if self.drain > LONGEST_DRAIN {
            return Err(ConfigError::value("server.drain", "is 0 to 3600 (seconds)"));
        }
        // The kernel's limit, with the byte that ends the path.
        let longest = 107;
        if self.socket.as_ref().is_some_and(|it| !(1..=longest).contains(&it.as_os_str().len())) {
            return Err(ConfigError::value("server.socket", "is a path of at most 107 bytes"));
        }
        if self.queue.is_some_and(|it| it > MOST) {
            return Err(ConfigError::value("server.queue", "is 0 to 1000000"));
        }
        if !self.hosts.are_valid() {
            let why = "is a list of host names without ports, such as cars.lan";
            return Err(ConfigError::value("server.hosts", why));
        }
        if self.public_url.as_deref().is_some_and(|it| !is_origin(it)) {
            let why = "is https://host or http://host, without a path: addresses below one, such as \
                       https://host/cars, are not supported";
            return Err(ConfigError::value("server.public_url", why));
        }
        Ok(())
    }
}

/// Whether `address` is a scheme, a host and perhaps a port, and nothing else.
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

/// Without the slash that people put at the end.
fn address_only(address: &str) -> &str {
    address.strip_suffix('/').unwrap_or(address)
}
