//! The address that a request comes from, whatever stands in between.

use std::{
    convert::Infallible,
    net::{IpAddr, SocketAddr},
};

use aide::OperationInput;
use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{Extensions, HeaderMap, HeaderName, request::Parts},
};

use crate::core::{
    App,
    config::{Networks, first_bits},
};

/// Where proxies write who asked them, each adding its own client at the end.
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// How much of an IPv6 address is one subscriber's: whoever has one has all of its /64.
const SUBSCRIBER: u8 = 64;

/// The address of whoever asks; unknown where the request came over no connection.
///
/// It is the connection's other end, unless that is a proxy that the settings trust: then it is
/// who the proxy says. What anybody else says about addresses counts for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(pub Option<IpAddr>);

impl ClientAddress {
    /// Where a request with these extensions and headers comes from.
    #[must_use]
    pub fn of(extensions: &Extensions, headers: &HeaderMap, app: &App) -> Self {
        let peer = extensions.get::<ConnectInfo<SocketAddr>>();
        Self(peer.map(|peer| behind(peer.0.ip(), headers, &app.config.server.trusted_proxies)))
    }

    /// What counts as one client where clients are counted: an IPv4 address, or the /64 that an
    /// IPv6 address is in.
    #[must_use]
    pub fn network(self) -> Option<IpAddr> {
        self.0.map(|address| match address {
            IpAddr::V4(_) => address,
            IpAddr::V6(_) => first_bits(address, SUBSCRIBER).unwrap_or(address),
        })
    }
}

/// Who is behind `peer`: from the right, the first that is no trusted proxy.
fn behind(peer: IpAddr, headers: &HeaderMap, trusted: &Networks) -> IpAddr {
    let mut address = peer.to_canonical();
    let lines = headers.get_all(FORWARDED_FOR).iter().rev();
    let mut hops = lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
    while trusted.contains(address) {
        // Nobody vouches for what stands to the left of what cannot be read.
        let Some(hop) = hops.next().and_then(hop) else { break };
        address = hop;
    }
    address
}

/// One entry of the header: an address, as some write it with a port.
fn hop(text: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(text).ok()?.trim();
    let bare = text.strip_prefix('[').and_then(|it| it.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().or_else(|_| text.parse().map(|it: SocketAddr| it.ip())).ok()?;
    Some(address.to_canonical())
}

impl FromRequestParts<App> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.extensions, &parts.headers, app))
    }
}

/// Nothing of it is the client's to send.
impl OperationInput for ClientAddress {}

#[cfg(test)]
mod tests {
    use axum::{Router, routing::get};

    use super::{ClientAddress, FORWARDED_FOR, HeaderMap, Networks, behind};
    use crate::testing::TestApp;

    #[test]
    fn only_what_trusted_proxies_vouch_for_is_believed() {
        let trusted = "127.0.0.1, 10.0.0.0/8, fd00::/8".parse().unwrap();
        let cases: &[(&str, &[&str], &str)] = &[
            // Straight from a client, whatever it says.
            ("203.0.113.9", &[], "203.0.113.9"),
            ("203.0.113.9", &["198.51.100.1"], "203.0.113.9"),
            ("203.0.113.9", &["127.0.0.1"], "203.0.113.9"),
            ("::ffff:203.0.113.9", &["198.51.100.1"], "203.0.113.9"),
            // Through one proxy.
            ("127.0.0.1", &[], "127.0.0.1"),
            ("127.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            ("::ffff:127.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            ("fd00::1", &["2001:db8::7"], "2001:db8::7"),
            // What the client itself has put in front is not looked at.
            ("127.0.0.1", &["192.0.2.66, 198.51.100.1"], "198.51.100.1"),
            ("127.0.0.1", &["10.0.0.66, 198.51.100.1"], "198.51.100.1"),
            ("127.0.0.1", &["192.0.2.66", "198.51.100.1"], "198.51.100.1"),
            // Through several.
            ("127.0.0.1", &["198.51.100.1,10.1.1.1 , 10.2.2.2"], "198.51.100.1"),
            ("127.0.0.1", &["192.0.2.66, 198.51.100.1", "10.1.1.1"], "198.51.100.1"),
            ("127.0.0.1", &["198.51.100.1, 192.0.2.5, 10.1.1.1"], "192.0.2.5"),
            // From within.
            ("127.0.0.1", &["10.3.3.3, 10.1.1.1"], "10.3.3.3"),
            // As some proxies write it.
            ("127.0.0.1", &["198.51.100.1:4711"], "198.51.100.1"),
            ("127.0.0.1", &["[2001:db8::7]:4711"], "2001:db8::7"),
            ("127.0.0.1", &["[2001:db8::7]"], "2001:db8::7"),
            ("127.0.0.1", &["::ffff:198.51.100.1"], "198.51.100.1"),
            // What cannot be read ends it at the last that could.
            ("127.0.0.1", &["unknown"], "127.0.0.1"),
            ("127.0.0.1", &[""], "127.0.0.1"),
            ("127.0.0.1", &["198.51.100.1, "], "127.0.0.1"),
            ("127.0.0.1", &["198.51.100.1, _hidden, 10.1.1.1"], "10.1.1.1"),
            ("127.0.0.1", &["198.51.100.1, caf\u{e9}, 10.1.1.1"], "10.1.1.1"),
            ("127.0.0.1", &["999.1.1.1"], "127.0.0.1"),
        ];
        for (peer, lines, expected) in cases {
            let mut headers = HeaderMap::new();
            for line in *lines {
                headers.append(FORWARDED_FOR, line.parse().unwrap());
            }
            let found = behind(peer.parse().unwrap(), &headers, &trusted);
            assert_eq!(found.to_string(), *expected, "{peer} {lines:?}");
        }
    }

    #[test]
    fn nobody_is_trusted_unless_said() {
        let mut headers = HeaderMap::new();
        headers.append(FORWARDED_FOR, "198.51.100.1".parse().unwrap());
        let found = behind("127.0.0.1".parse().unwrap(), &headers, &Networks::default());
        assert_eq!(found.to_string(), "127.0.0.1");
    }

    #[test]
    fn addresses_are_counted_as_subscribers_have_them() {
        let cases = [
            ("198.51.100.1", "198.51.100.1"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
            ("2001:db8:1:2::", "2001:db8:1:2::"),
            ("2001:db8:1:3:3:4:5:6", "2001:db8:1:3::"),
        ];
        for (address, network) in cases {
            let address = ClientAddress(Some(address.parse().unwrap()));
            assert_eq!(address.network().unwrap().to_string(), network);
        }
        assert_eq!(ClientAddress(None).network(), None);
    }

    #[tokio::test]
    async fn a_handler_is_told_who_asks() {
        let test = TestApp::new(|config| {
            config.server.trusted_proxies = "127.0.0.1".parse().unwrap();
        })
        .await;
        let told = get(async |client: ClientAddress| format!("{:?}", client.0));
        let test = test.with_router(Router::new().route("/who", told));
        let asked = async |test: TestApp| test.get("/who").await.body.as_str().unwrap().to_owned();
        assert_eq!(asked(test.nobody()).await, "None");
        assert_eq!(asked(test.asking_from("192.0.2.66")).await, "Some(192.0.2.66)");
        let forwarded = test.with_header("x-forwarded-for", "192.0.2.7");
        assert_eq!(asked(forwarded.asking_from("192.0.2.66")).await, "Some(192.0.2.66)");
        assert_eq!(asked(forwarded.asking_from("127.0.0.1")).await, "Some(192.0.2.7)");
    }
}
