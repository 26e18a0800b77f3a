//! The client's address, also behind proxies.

use std::{
    convert::Infallible,
    net::{IpAddr, SocketAddr},
};

use aide::OperationInput;
use axum::{
    extract::{ConnectInfo, FromRef, FromRequestParts},
    http::{Extensions, HeaderMap, HeaderName, request::Parts},
};

use crate::{
    Services,
    config::{Networks, network_prefix},
};

/// The header to which each proxy appends the address of its client.
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The length of an IPv6 prefix that belongs to one subscriber.
const SUBSCRIBER_PREFIX: u8 = 64;

/// The client's address; `None` if the request did not come over a connection.
///
/// It is the peer's address, unless the peer is a trusted proxy: then it is the address that the
/// proxy reports. Addresses reported by others are ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(pub Option<IpAddr>);

impl ClientAddress {
    /// Determines the client of a request from its extensions and headers.
    #[must_use]
    pub fn resolve(extensions: &Extensions, headers: &HeaderMap, services: &Services) -> Self {
        let peer = extensions.get::<ConnectInfo<SocketAddr>>();
        Self(peer.map(|peer| {
            client_behind(peer.0.ip(), headers, &services.config.server.trusted_proxies)
        }))
    }

    /// The network that counts as one client in limits: an IPv4 address, or the /64 of an IPv6
    /// address.
    #[must_use]
    pub fn network(self) -> Option<IpAddr> {
        self.0.map(|address| match address {
            IpAddr::V4(_) => address,
            IpAddr::V6(_) => network_prefix(address, SUBSCRIBER_PREFIX).unwrap_or(address),
        })
    }
}

/// The client behind `peer`: from the right, the first address that is not a trusted proxy.
fn client_behind(peer: IpAddr, headers: &HeaderMap, trusted: &Networks) -> IpAddr {
    let mut address = peer.to_canonical();
    let lines = headers.get_all(FORWARDED_FOR).iter().rev();
    let mut hops = lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
    while trusted.contains(address) {
        // Entries to the left of an invalid one cannot be trusted.
        let Some(hop) = hops.next().and_then(hop) else { break };
        address = hop;
    }
    address
}

/// One entry of the header: an address, with or without a port.
fn hop(text: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(text).ok()?.trim();
    let bare = text.strip_prefix('[').and_then(|it| it.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().or_else(|_| text.parse().map(|it: SocketAddr| it.ip())).ok()?;
    Some(address.to_canonical())
}

impl<S> FromRequestParts<S> for ClientAddress
where
    S: Send + Sync,
    Services: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        Ok(Self::resolve(&parts.extensions, &parts.headers, &Services::from_ref(state)))
    }
}

/// It is not part of the documented input.
impl OperationInput for ClientAddress {}

#[cfg(test)]
mod tests {
    use super::{ClientAddress, FORWARDED_FOR, HeaderMap, Networks, client_behind};

    #[test]
    fn only_addresses_from_trusted_proxies_are_used() {
        let trusted = "127.0.0.1, 10.0.0.0/8, fd00::/8".parse().unwrap();
        let cases: &[(&str, &[&str], &str)] = &[
            // Directly from a client, whatever the header says.
            ("203.0.113.9", &[], "203.0.113.9"),
            ("203.0.113.9", &["198.51.100.1"], "203.0.113.9"),
            ("203.0.113.9", &["127.0.0.1"], "203.0.113.9"),
            ("::ffff:203.0.113.9", &["198.51.100.1"], "203.0.113.9"),
            // Through one proxy.
            ("127.0.0.1", &[], "127.0.0.1"),
            ("127.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            ("::ffff:127.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            ("fd00::1", &["2001:db8::7"], "2001:db8::7"),
            // Entries added by the client are ignored.
            ("127.0.0.1", &["192.0.2.66, 198.51.100.1"], "198.51.100.1"),
            ("127.0.0.1", &["10.0.0.66, 198.51.100.1"], "198.51.100.1"),
            ("127.0.0.1", &["192.0.2.66", "198.51.100.1"], "198.51.100.1"),
            // Through several proxies.
            ("127.0.0.1", &["198.51.100.1,10.1.1.1 , 10.2.2.2"], "198.51.100.1"),
            ("127.0.0.1", &["192.0.2.66, 198.51.100.1", "10.1.1.1"], "198.51.100.1"),
            ("127.0.0.1", &["198.51.100.1, 192.0.2.5, 10.1.1.1"], "192.0.2.5"),
            // From a trusted network.
            ("127.0.0.1", &["10.3.3.3, 10.1.1.1"], "10.3.3.3"),
            // Formats that some proxies use.
            ("127.0.0.1", &["198.51.100.1:4711"], "198.51.100.1"),
            ("127.0.0.1", &["[2001:db8::7]:4711"], "2001:db8::7"),
            ("127.0.0.1", &["[2001:db8::7]"], "2001:db8::7"),
            ("127.0.0.1", &["::ffff:198.51.100.1"], "198.51.100.1"),
            // Parsing stops at an invalid entry.
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
            let found = client_behind(peer.parse().unwrap(), &headers, &trusted);
            assert_eq!(found.to_string(), *expected, "{peer} {lines:?}");
        }
    }

    #[test]
    fn no_proxy_is_trusted_by_default() {
        let mut headers = HeaderMap::new();
        headers.append(FORWARDED_FOR, "198.51.100.1".parse().unwrap());
        let found = client_behind("127.0.0.1".parse().unwrap(), &headers, &Networks::default());
        assert_eq!(found.to_string(), "127.0.0.1");
    }

    #[test]
    fn ipv6_addresses_are_grouped_by_subscriber() {
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
}
