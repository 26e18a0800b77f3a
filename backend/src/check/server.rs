//! Checks the addresses the service listens on, the public URL, and trusted proxies.

use std::{io::ErrorKind, net::SocketAddr, os::unix::fs::FileTypeExt as _, path::Path};

use url::{Host, Url};

use super::{Finding, with_timeout};
use crate::{
    core::{
        config::{Config, Server},
        files,
    },
    serve,
};

pub(super) async fn check(config: &Config) -> Vec<Finding> {
    let server = &config.server;
    let listening = match &server.socket {
        Some(path) => socket(path).await,
        None => address("address", "server.address", server.address, "/health").await,
    };
    let mut findings = vec![listening];
    if let Some(address_of_metrics) = server.metrics_address {
        let key = "server.metrics_address";
        findings.push(address("metrics", key, address_of_metrics, "/metrics").await);
    }
    findings.push(public_address(server));
    findings
}

/// Checks that the service can listen on `address`, or already does.
async fn address(name: &str, key: &str, address: SocketAddr, path: &str) -> Finding {
    match serve::try_listen(address) {
        Ok(()) => Finding::ok(name, format!("{address} is free: the service is not running")),
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            let url = format!("http://{}", serve::connectable(address));
            match with_timeout(serve::get_status(&url, path)).await {
                Ok(Ok(200)) => Finding::ok(name, format!("the service is running at {address}")),
                _ => Finding::failed(
                    name,
                    format!("another program uses {address}"),
                    format!("stop that program, or set {key} to a free port"),
                ),
            }
        }
        Err(error) => {
            let advice = format!(
                "set {key} to an address of this machine and a port that the service's user may \
                 listen on"
            );
            Finding::failed(name, format!("{address}: {error}"), advice)
        }
    }
}

/// Checks that the service can listen on the Unix socket at `path`, or already does.
async fn socket(path: &Path) -> Finding {
    const NAME: &str = "socket";
    let shown = path.display();
    let Ok(found) = path.symlink_metadata() else {
        return match files::check_creatable(path) {
            Ok(()) => Finding::ok(NAME, format!("{shown} is free: the service is not running")),
            Err(error) => {
                let advice = "let the service's user write to the folder of server.socket";
                Finding::failed(NAME, files::describe(path, &error), advice)
            }
        };
    };
    if !found.file_type().is_socket() {
        let advice = "remove that file, or change server.socket";
        return Finding::failed(NAME, format!("{shown} is a file that is not a socket"), advice);
    }
    match with_timeout(serve::get_status(&format!("unix:{shown}"), "/health")).await {
        Ok(Ok(200)) => Finding::ok(NAME, format!("the service is running at {shown}")),
        Ok(Err(error)) if is_refused(&*error) => {
            let found =
                format!("{shown} is stale, from a process that was killed; it will be replaced");
            Finding::ok(NAME, found)
        }
        _ => {
            let advice = "stop that program, or change server.socket";
            Finding::failed(NAME, format!("another program uses {shown}"), advice)
        }
    }
}

/// Whether nothing is listening.
fn is_refused(error: &(dyn std::error::Error + Send + Sync + 'static)) -> bool {
    let io = error.downcast_ref::<std::io::Error>();
    io.is_some_and(|it| it.kind() == ErrorKind::ConnectionRefused)
}

/// Checks that the public URL and the trusted proxies are consistent.
fn public_address(server: &Server) -> Finding {
    const NAME: &str = "public address";
    let proxies = &server.trusted_proxies;
    if proxies.has_all_addresses() {
        return Finding::warning(
            NAME,
            "server.trusted_proxies contains every address, so every client can forge its address",
            "list only the addresses of your own proxies in server.trusted_proxies",
        );
    }
    let Some(url) = server.public_url.as_deref() else {
        let is_local = server.socket.is_none() && server.address.ip().is_loopback();
        if is_local && proxies.is_empty() {
            return Finding::ok(NAME, "server.public_url is not set: for this machine only");
        }
        let advice = "set server.public_url to the address that users open, such as \
                      https://cars.example.org";
        return Finding::warning(
            NAME,
            "server.public_url is not set, although the service can be reached from other machines: links \
             in mail point to this machine, cookies are not Secure, and any host name is accepted",
            advice,
        );
    };
    if server.is_https() && proxies.is_empty() {
        return Finding::warning(
            NAME,
            format!(
                "{url} needs an HTTPS proxy, but server.trusted_proxies is empty: all clients count as \
                 one address, with a shared limit for wrong passwords"
            ),
            "set server.trusted_proxies to the address that the proxy connects from, such as 127.0.0.1",
        );
    }
    if !server.is_https() && !is_local(url) {
        return Finding::warning(
            NAME,
            format!(
                "{url} is not encrypted: passwords can be read in transit, and passkeys do not work"
            ),
            "set up an HTTPS proxy (see the examples in docs/deployment.md)",
        );
    }
    let proxy = if proxies.is_empty() { "no proxy" } else { "a trusted proxy" };
    Finding::ok(NAME, format!("{url}, with {proxy}"))
}

/// Whether `url` points to the machine on which it is opened.
fn is_local(url: &str) -> bool {
    match Url::parse(url).ok().as_ref().and_then(Url::host) {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::public_address;
    use crate::{check::State, core::config::Server};

    fn server(address: &str, url: Option<&str>, proxies: &str) -> Server {
        Server {
            address: address.parse().unwrap(),
            public_url: url.map(str::to_owned),
            trusted_proxies: proxies.parse().unwrap(),
            ..Server::default()
        }
    }

    #[test]
    fn inconsistent_public_urls_and_proxies_are_warnings() {
        let https = Some("https://cars.example.org");
        for (address, url, proxies, state, words) in [
            ("127.0.0.1:3001", None, "", State::Ok, "for this machine only"),
            ("127.0.0.1:3001", Some("http://localhost:3001"), "", State::Ok, "no proxy"),
            ("127.0.0.1:3001", https, "127.0.0.1", State::Ok, "a trusted proxy"),
            ("0.0.0.0:3001", https, "10.0.0.0/8", State::Ok, "a trusted proxy"),
            ("127.0.0.1:3001", https, "", State::Warning, "server.trusted_proxies is empty"),
            ("0.0.0.0:3001", None, "", State::Warning, "server.public_url is not set"),
            ("127.0.0.1:3001", None, "127.0.0.1", State::Warning, "server.public_url is not set"),
            ("127.0.0.1:3001", https, "0.0.0.0/0", State::Warning, "contains every address"),
            ("127.0.0.1:3001", https, "10.0.0.1,::/0", State::Warning, "contains every address"),
            ("0.0.0.0:80", Some("http://cars.lan"), "", State::Warning, "is not encrypted"),
        ] {
            let found = public_address(&server(address, url, proxies));
            assert_eq!(found.state, state, "{found:?}");
            assert!(found.found.contains(words), "{found:?}");
            assert_eq!(found.advice.is_some(), state != State::Ok, "{found:?}");
        }
    }
}
