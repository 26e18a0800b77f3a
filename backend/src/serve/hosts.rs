//! Checks the `Host` header against the names of this service.
//!
//! An attacker's site can point its own DNS name at this machine (DNS rebinding). Its scripts can then call the
//! service as if they were same-origin, but the browser still sends the attacker's name as `Host`.

use std::{
    net::IpAddr,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};

use axum::http::{HeaderMap, Uri, header, uri::Authority};
use url::Url;

use crate::{
    app::App,
    core::{Error, config::Server},
    features::accounts,
};

/// The hosts that requests may name.
pub(super) struct AllowedHosts(Option<HostRules>);

struct HostRules {
    app: App,
    names: Vec<String>,
    /// Whether an account exists. Cached once it does.
    is_set_up: AtomicBool,
}

impl AllowedHosts {
    /// The hosts from the settings of `app`.
    pub(super) fn new(app: &App) -> Self {
        let names = configured_names(&app.config.server);
        Self(Some(HostRules { app: app.clone(), names, is_set_up: AtomicBool::new(false) }))
    }

    /// Allows every host.
    #[cfg(test)]
    pub(super) fn any() -> Self {
        Self(None)
    }

    /// Checks the host that a request names. `local` is the local address of the connection.
    ///
    /// # Errors
    /// `Malformed` unless the request names exactly one host, `UnknownHost` if the host is not allowed.
    pub(super) async fn check(
        &self,
        headers: &HeaderMap,
        uri: &Uri,
        local: Option<IpAddr>,
    ) -> Result<(), Error> {
        let host = requested_host(headers)?;
        if uri.authority().is_some_and(|it| !it.as_str().eq_ignore_ascii_case(host.as_str())) {
            return Err(Error::Malformed(crate::t!("core-host-mismatch")));
        }
        let Some(rules) = &self.0 else { return Ok(()) };
        let name = host.host().trim_end_matches('.').to_ascii_lowercase();
        if is_own_name(&name, local) || rules.names.contains(&name) {
            return Ok(());
        }
        let is_set_up = rules.is_set_up().await;
        if is_set_up && rules.app.config.server.public_url.is_none() {
            return Ok(());
        }
        Err(Error::UnknownHost { host: name, is_set_up })
    }
}

impl HostRules {
    async fn is_set_up(&self) -> bool {
        if self.is_set_up.load(Relaxed) {
            return true;
        }
        // If the database is unavailable, the request fails later with a better error.
        let has_accounts = accounts::has_accounts(&self.app).await.unwrap_or(true);
        if has_accounts {
            self.is_set_up.store(true, Relaxed);
        }
        has_accounts
    }
}

/// The host of `server.public_url`, and `server.hosts`.
fn configured_names(server: &Server) -> Vec<String> {
    let public = server.public_url.as_deref().and_then(|it| Url::parse(it).ok());
    let public = public.as_ref().and_then(Url::host_str).map(str::to_owned);
    let bracketed = server
        .hosts
        .iter()
        .map(|it| if it.contains(':') { format!("[{it}]") } else { it.to_owned() });
    public.into_iter().chain(bracketed).collect()
}

/// The host that the request names (RFC 9112, section 3.2).
fn requested_host(headers: &HeaderMap) -> Result<Authority, Error> {
    let mut all = headers.get_all(header::HOST).iter();
    let (Some(host), None) = (all.next(), all.next()) else {
        return Err(Error::Malformed(crate::t!("core-host-count")));
    };
    let host = Authority::try_from(host.as_bytes()).ok().filter(|it| !it.as_str().contains('@'));
    host.ok_or_else(|| Error::Malformed(crate::t!("core-host-invalid")))
}

/// Whether `name` always means this service: a localhost name, or the local address of the connection. An
/// attacker cannot choose these.
fn is_own_name(name: &str, local: Option<IpAddr>) -> bool {
    if name == "localhost" || name.ends_with(".localhost") {
        return true;
    }
    let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    address.is_ok_and(|it| {
        let it = it.to_canonical();
        it.is_loopback() || local.is_some_and(|local| local.to_canonical() == it)
    })
}

#[cfg(test)]
mod tests {
    use axum::{
        body::Body,
        http::{Request, header},
    };

    use super::AllowedHosts;
    use crate::{
        core::{Error, Result},
        testing::TestApp,
    };

    async fn check(hosts: &AllowedHosts, host: &str) -> Result<()> {
        let request = Request::get("/").header(header::HOST, host).body(Body::empty()).unwrap();
        hosts.check(request.headers(), request.uri(), Some("192.168.1.5".parse().unwrap())).await
    }

    async fn is_allowed(hosts: &AllowedHosts, host: &str) -> bool {
        match check(hosts, host).await {
            Ok(()) => true,
            Err(Error::UnknownHost { .. }) => false,
            Err(other) => panic!("{host}: {other:?}"),
        }
    }

    const OWN_NAMES: [&str; 9] = [
        "localhost",
        "localhost:3001",
        "LOCALHOST.",
        "cars.localhost:3001",
        "127.0.0.1:3001",
        "127.8.8.8",
        "[::1]:3001",
        "192.168.1.5:3001",
        "[::ffff:192.168.1.5]",
    ];
    const OTHER_NAMES: [&str; 6] = [
        "evil.example",
        "evil.example:3001",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "192.168.1.6",
        "notlocalhost",
    ];

    #[tokio::test]
    async fn before_setup_only_own_names_are_allowed() {
        let test = TestApp::on_sqlite().await;
        test.delete_all_accounts().await;
        let hosts = AllowedHosts::new(&test.app);
        for host in OWN_NAMES {
            assert!(is_allowed(&hosts, host).await, "{host}");
        }
        for host in OTHER_NAMES {
            assert!(!is_allowed(&hosts, host).await, "{host}");
        }
        test.register("ann@example.org").await;
        for host in OWN_NAMES.iter().chain(&OTHER_NAMES) {
            assert!(is_allowed(&hosts, host).await, "{host}");
        }
    }

    #[tokio::test]
    async fn with_a_public_url_only_configured_hosts_are_allowed() {
        let test = TestApp::new(|config| {
            config.server.public_url = Some("https://Cars.example.org:8443".to_owned());
            config.server.hosts = serde_json::from_str(r#""cars.lan, FD00::1""#).unwrap();
        })
        .await;
        test.delete_all_accounts().await;
        let hosts = AllowedHosts::new(&test.app);
        for is_set_up in [false, true] {
            for host in ["cars.example.org", "CARS.example.org:8443", "cars.lan:1", "[fd00::1]:2"] {
                assert!(is_allowed(&hosts, host).await, "{host}, {is_set_up}");
            }
            for host in OWN_NAMES {
                assert!(is_allowed(&hosts, host).await, "{host}, {is_set_up}");
            }
            for host in OTHER_NAMES {
                assert!(!is_allowed(&hosts, host).await, "{host}, {is_set_up}");
            }
            if !is_set_up {
                test.register("ann@example.org").await;
            }
        }
    }

    #[tokio::test]
    async fn a_request_must_name_exactly_one_host() {
        let hosts = AllowedHosts::any();
        let check = |request: axum::http::request::Builder| {
            let request = request.body(Body::empty()).unwrap();
            let hosts = &hosts;
            async move { hosts.check(request.headers(), request.uri(), None).await }
        };
        let one = || Request::get("/").header(header::HOST, "cars.test");
        assert!(check(one()).await.is_ok());
        let absolute = Request::get("http://cars.test/").header(header::HOST, "cars.test");
        assert!(check(absolute).await.is_ok());
        for request in [
            Request::get("/"),
            one().header(header::HOST, "cars.test"),
            Request::get("/").header(header::HOST, "a b"),
            Request::get("/").header(header::HOST, "ann@cars.test"),
            Request::get("/").header(header::HOST, ""),
            Request::get("http://evil.example/").header(header::HOST, "cars.test"),
        ] {
            let refused = check(request).await;
            assert!(matches!(refused, Err(Error::Malformed(_))), "{refused:?}");
        }
    }
}
