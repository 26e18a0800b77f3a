//! Prevents requests to private networks (SSRF): checks the addresses that users enter.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
    time::Duration,
};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::core::config::Notifications;

/// The timeout of the DNS lookup when an address is saved.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(2);

/// Whether an address is public: not loopback, private or otherwise special.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// Whether requests to an address are allowed: it is public, and does not belong to this machine.
fn is_allowed(address: IpAddr) -> bool {
    is_public(address) && !is_this_machine(address)
}

/// Whether an address belongs to an interface of this machine. A connection to such an address has
/// the same address on both ends; the operating system reports it without sending any packets.
fn is_this_machine(address: IpAddr) -> bool {
    let any: IpAddr = match address {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let local = UdpSocket::bind((any, 0)).and_then(|socket| {
        socket.connect((address, 9))?;
        socket.local_addr()
    });
    local.is_ok_and(|it| it.ip() == address)
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_documentation()
        || address.is_multicast()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (b == 18 || b == 19));
    !is_special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    // IPv4 addresses in IPv6 notation.
    let octets = address.octets();
    let last = Ipv4Addr::new(octets[12], octets[13], octets[14], octets[15]);
    match address.segments() {
        [0, 0, 0, 0, 0, 0 | 0xffff, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] => is_public_v4(last),
        [0x2002, high, low, ..] => {
            let [a, b] = high.to_be_bytes();
            let [c, d] = low.to_be_bytes();
            is_public_v4(Ipv4Addr::new(a, b, c, d))
        }
        // Only global unicast addresses, except for tunnels and documentation.
        [0x2001, second, ..] => second >= 0x200 && second != 0xdb8,
        [first, ..] => (0x2000..0x3fff).contains(&first),
    }
}

/// A DNS resolver that returns only allowed addresses.
pub(super) struct GuardedResolver {
    pub(super) allow_private: bool,
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let allow_private = self.allow_private;
        let host = name.as_str().to_owned();
        Box::pin(async move {
            let found = tokio::net::lookup_host((host, 0)).await?;
            let allowed: Vec<SocketAddr> =
                found.filter(|it| allow_private || is_allowed(it.ip())).collect();
            if allowed.is_empty() {
                return Err(
                    "the name resolves to a private network, to this machine, or to nothing".into(),
                );
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// Why an address is denied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Denied {
    /// The address is in a private network or belongs to this machine.
    Private,
    /// The port is not listed in `notifications.ports`.
    Port,
}

/// Checks an address before it is saved. A name that cannot be resolved now is accepted: it is
/// resolved again for each message.
pub(super) async fn check(url: &url::Url, settings: &Notifications) -> Result<(), Denied> {
    check_port(url, settings)?;
    if settings.allow_private_addresses {
        return Ok(());
    }
    if !is_host_allowed(url, false) {
        return Err(Denied::Private);
    }
    let Some(url::Host::Domain(name)) = url.host() else { return Ok(()) };
    let found = tokio::time::timeout(LOOKUP_TIMEOUT, tokio::net::lookup_host((name, 0))).await;
    let Ok(Ok(found)) = found else { return Ok(()) };
    let found: Vec<_> = found.collect();
    let is_private = !found.is_empty() && !found.iter().any(|it| is_allowed(it.ip()));
    if is_private { Err(Denied::Private) } else { Ok(()) }
}

/// Checks the port of a URL.
pub(super) fn check_port(url: &url::Url, settings: &Notifications) -> Result<(), Denied> {
    let port = url.port_or_known_default().unwrap_or_default();
    let is_permitted = settings.ports.is_empty() || settings.ports.contains(&port);
    if is_permitted { Ok(()) } else { Err(Denied::Port) }
}

/// Whether the host of a URL is allowed. Host names are checked when they are resolved.
pub(super) fn is_host_allowed(url: &url::Url, allow_private: bool) -> bool {
    let literal = match url.host() {
        Some(url::Host::Ipv4(address)) => Some(IpAddr::V4(address)),
        Some(url::Host::Ipv6(address)) => Some(IpAddr::V6(address)),
        Some(url::Host::Domain(_)) => None,
        None => return false,
    };
    allow_private || literal.is_none_or(is_allowed)
}

#[cfg(test)]
mod tests {
    use super::{Denied, Notifications, check, is_host_allowed, is_public, is_this_machine};

    #[test]
    fn interface_addresses_belong_to_this_machine() {
        for ours in ["127.0.0.1", "::1"] {
            assert!(is_this_machine(ours.parse().unwrap()), "{ours}");
        }
        // Addresses of other interfaces.
        let route = std::net::UdpSocket::bind("0.0.0.0:0").unwrap();
        if route.connect("1.1.1.1:9").is_ok() {
            assert!(is_this_machine(route.local_addr().unwrap().ip()));
        }
        assert!(!is_this_machine("1.1.1.1".parse().unwrap()));
    }

    #[tokio::test]
    async fn addresses_are_checked_before_they_are_saved() {
        let check_url = async |address: &str, settings: &Notifications| {
            check(&url::Url::parse(address).unwrap(), settings).await
        };
        let strict = Notifications::default();
        for private in ["http://192.168.1.5:8080/topic", "http://localhost/x", "http://[::1]/"] {
            assert_eq!(check_url(private, &strict).await, Err(Denied::Private), "{private}");
        }
        assert_eq!(check_url("https://1.1.1.1/hook", &strict).await, Ok(()));
        // Unknown names are resolved later.
        assert_eq!(check_url("https://nobody.invalid/hook", &strict).await, Ok(()));
        let settings = Notifications { ports: vec![443], allow_private_addresses: true };
        assert_eq!(check_url("https://192.168.1.5/hook", &settings).await, Ok(()));
        assert_eq!(check_url("https://192.168.1.5:8443/", &settings).await, Err(Denied::Port));
        assert_eq!(check_url("http://192.168.1.5/", &settings).await, Err(Denied::Port));
    }

    #[test]
    fn only_public_addresses_are_allowed() {
        for private in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "192.0.2.1",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::127.0.0.1",
            "64:ff9b::a00:1",
            "2002:7f00:1::",
            "2001:db8::1",
            "2001::1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
        for public in ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "2001:4860:4860::8888"] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }

    #[test]
    fn alternative_spellings_of_private_addresses_are_blocked() {
        for address in [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://0177.0.0.1/",
            "http://[::ffff:7f00:1]/",
            "http://[::1]:80/",
            "http://127.1/",
        ] {
            let url = url::Url::parse(address).unwrap();
            assert!(!is_host_allowed(&url, false), "{address}");
            assert!(is_host_allowed(&url, true), "{address}");
        }
        assert!(is_host_allowed(&url::Url::parse("https://example.org/").unwrap(), false));
    }
}
