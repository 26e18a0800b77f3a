//! Which names the service answers to.
//!
//! A page on another site can have its name lead to this machine (DNS rebinding), and its scripts
//! then reach the service as if they were its own. The browser still sends that name as `Host`.

use std::{
    net::IpAddr,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};

use axum::http::{HeaderMap, Uri, header, uri::Authority};
use url::Url;

use crate::{
    core::{App, Error, config::Server},
    features::accounts,
};

/// Which names the service answers to.
pub(super) struct Hosts(Option<Checked>);

struct Checked {
    app: App,
    names: Vec<String>,
    /// Whether there is an account. It is not asked for again once there is one.
    is_set_up: AtomicBool,
}

impl Hosts {
    /// As the settings of `app` have it.
    pub(super) fn of(app: &App) -> Self {
        let names = names(&app.config.server);
        Self(Some(Checked { app: app.clone(), names, is_set_up: AtomicBool::new(false) }))
    }

    /// Every name.
    #[cfg(test)]
    pub(super) fn any() -> Self {
        Self(None)
    }

    /// Refuses a request for a name that is not the service's. `service` is the address that the
    /// connection was made to.
    ///
    /// # Errors
    /// `Malformed` unless the request names exactly one host, `UnknownHost` for another's name.
    pub(super) async fn check(
        &self,
        headers: &HeaderMap,
        uri: &Uri,
        service: Option<IpAddr>,
    ) -> Result<(), Error> {
        let host = host(headers)?;
        if uri.authority().is_some_and(|it| !it.as_str().eq_ignore_ascii_case(host.as_str())) {
            let why = "the address and the Host header of the request name different hosts";
            return Err(Error::Malformed(why.to_owned()));
        }
        let Some(checked) = &self.0 else { return Ok(()) };
        let name = host.host().trim_end_matches('.').to_ascii_lowercase();
        if is_known(&name, service) || checked.names.contains(&name) {
            return Ok(());
        }
        let is_set_up = checked.is_set_up().await;
        if is_set_up && checked.app.config.server.public_url.is_none() {
            return Ok(());
        }
        Err(Error::UnknownHost { host: name, is_set_up })
    }
}

impl Checked {
    async fn is_set_up(&self) -> bool {
        if self.is_set_up.load(Relaxed) {
            return true;
        }
        // Without a database the request fails anyway, and with a better reason.
        let has_accounts = accounts::has_accounts(&self.app).await.unwrap_or(true);
        if has_accounts {
            self.is_set_up.store(true, Relaxed);
        }
        has_accounts
    }
}

/// The names in the settings: `public_url`'s and `hosts`.
fn names(server: &Server) -> Vec<String> {
    let public = server.public_url.as_deref().and_then(|it| Url::parse(it).ok());
    let public = public.as_ref().and_then(Url::host_str).map(str::to_owned);
    let bracketed = server
        .hosts
        .iter()
        .map(|it| if it.contains(':') { format!("[{it}]") } else { it.to_owned() });
    public.into_iter().chain(bracketed).collect()
}

/// The one host that the request names (RFC 9112, section 3.2).
fn host(headers: &HeaderMap) -> Result<Authority, Error> {
    let mut all = headers.get_all(header::HOST).iter();
    let (Some(host), None) = (all.next(), all.next()) else {
        return Err(Error::Malformed("the request must have exactly one Host header".to_owned()));
    };
    let host = Authority::try_from(host.as_bytes()).ok().filter(|it| !it.as_str().contains('@'));
    host.ok_or_else(|| Error::Malformed("the Host header is not a host name".to_owned()))
}

/// Whether `name` always is this service: this machine's own name, or the address that the connection
/// was made to. No name that somebody else chose can be one of these.
fn is_known(name: &str, service: Option<IpAddr>) -> bool {
    if name == "localhost" || name.ends_with(".localhost") {
        return true;
    }
    let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    address.is_ok_and(|it| {
        let it = it.to_canonical();
        it.is_loopback() || service.is_some_and(|service| service.to_canonical() == it)
    })
}

#[cfg(test)]
mod tests {
    use axum::{
        body::Body,
        http::{Request, header},
    };

    use super::Hosts;
    use crate::{
        core::{Error, Result},
        testing::TestApp,
    };

    async fn ask(hosts: &Hosts, host: &str) -> Result<()> {
        let request = Request::get("/").header(header::HOST, host).body(Body::empty()).unwrap();
        hosts.check(request.headers(), request.uri(), Some("192.168.1.5".parse().unwrap())).await
    }

    async fn is_answered(hosts: &Hosts, host: &str) -> bool {
        match ask(hosts, host).await {
            Ok(()) => true,
            Err(Error::UnknownHost { .. }) => false,
            Err(other) => panic!("{host}: {other:?}"),
        }
    }

    const OURS: [&str; 9] = [
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
    const OTHERS: [&str; 6] = [
        "evil.example",
        "evil.example:3001",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "192.168.1.6",
        "notlocalhost",
    ];

    #[tokio::test]
    async fn before_the_first_account_only_its_own_names_are_answered() {
        let test = TestApp::on_sqlite().await;
        test.delete_all_accounts().await;
        let hosts = Hosts::of(&test.app);
        for host in OURS {
            assert!(is_answered(&hosts, host).await, "{host}");
        }
        for host in OTHERS {
            assert!(!is_answered(&hosts, host).await, "{host}");
        }
        test.register("ann@example.org").await;
        for host in OURS.iter().chain(&OTHERS) {
            assert!(is_answered(&hosts, host).await, "{host}");
        }
    }

    #[tokio::test]
    async fn with_a_public_url_only_names_in_the_settings_are_answered() {
        let test = TestApp::new(|config| {
            config.server.public_url = Some("https://Cars.example.org:8443".to_owned());
            config.server.hosts = serde_json::from_str(r#""cars.lan, FD00::1""#).unwrap();
        })
        .await;
        test.delete_all_accounts().await;
        let hosts = Hosts::of(&test.app);
        for is_set_up in [false, true] {
            for host in ["cars.example.org", "CARS.example.org:8443", "cars.lan:1", "[fd00::1]:2"] {
                assert!(is_answered(&hosts, host).await, "{host}, {is_set_up}");
            }
            for host in OURS {
                assert!(is_answered(&hosts, host).await, "{host}, {is_set_up}");
            }
            for host in OTHERS {
                assert!(!is_answered(&hosts, host).await, "{host}, {is_set_up}");
            }
            if !is_set_up {
                test.register("ann@example.org").await;
            }
        }
    }

    #[tokio::test]
    async fn a_request_names_exactly_one_host() {
        let hosts = Hosts::any();
        let asked = |request: axum::http::request::Builder| {
            let request = request.body(Body::empty()).unwrap();
            let hosts = &hosts;
            async move { hosts.check(request.headers(), request.uri(), None).await }
        };
        let one = || Request::get("/").header(header::HOST, "cars.test");
        assert!(asked(one()).await.is_ok());
        let absolute = Request::get("http://cars.test/").header(header::HOST, "cars.test");
        assert!(asked(absolute).await.is_ok());
        for request in [
            Request::get("/"),
            one().header(header::HOST, "cars.test"),
            Request::get("/").header(header::HOST, "a b"),
            Request::get("/").header(header::HOST, "ann@cars.test"),
            Request::get("/").header(header::HOST, ""),
            Request::get("http://evil.example/").header(header::HOST, "cars.test"),
        ] {
            let refused = asked(request).await;
            assert!(matches!(refused, Err(Error::Malformed(_))), "{refused:?}");
        }
    }
}
