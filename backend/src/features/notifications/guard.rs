//! Which addresses a user may have this service call: none within its own networks.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
    time::Duration,
};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::core::config::Notifications;

/// How long a name may take to be looked up when an address is saved.
const LOOKUP: Duration = Duration::from_secs(2);

/// Whether an address is one of the internet's: not this machine's, a private network's, or one with
/// another meaning.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// Whether an address may be called: it is one of the internet's, and not this machine's own.
fn may_be_called(address: IpAddr) -> bool {
    is_public(address) && !is_this_machine(address)
}

/// Whether `address` belongs to an interface of this machine. A connection to such an address has the
/// same address on both ends, which the system tells without sending anything.
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
    // An address of the old kind, however it is dressed up.
    let octets = address.octets();
    let last = Ipv4Addr::new(octets[12], octets[13], octets[14], octets[15]);
    match address.segments() {
        [0, 0, 0, 0, 0, 0 | 0xffff, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] => is_public_v4(last),
        [0x2002, high, low, ..] => {
            let [a, b] = high.to_be_bytes();
            let [c, d] = low.to_be_bytes();
            is_public_v4(Ipv4Addr::new(a, b, c, d))
        }
        // Only what is given out to the internet, without its corners for tunnels and documents.
        [0x2001, second, ..] => second >= 0x200 && second != 0xdb8,
        [first, ..] => (0x2000..0x3fff).contains(&first),
    }
}

/// Finds a name's addresses, and gives only those that may be called.
pub(super) struct Guarded {
    pub(super) allow_private: bool,
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let allow_private = self.allow_private;
        let host = name.as_str().to_owned();
        Box::pin(async move {
            let found = tokio::net::lookup_host((host, 0)).await?;
            let allowed: Vec<SocketAddr> =
                found.filter(|it| allow_private || may_be_called(it.ip())).collect();
            if allowed.is_empty() {
                return Err(
                    "its name leads to a private network or to this machine, or nowhere".into()
                );
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// Why an address may not be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// It is in a private network, or is this machine.
    Private,
    /// Its port is not one of `notifications.ports`.
    Port,
}

/// Checks an address that is about to be saved. A name that cannot be looked up now is no reason to
/// refuse it: it is looked up again with each message.
pub(super) async fn check(url: &url::Url, settings: &Notifications) -> Result<(), Refused> {
    may_use_port(url, settings)?;
    if settings.allow_private_addresses {
        return Ok(());
    }
    if !may_call(url, false) {
        return Err(Refused::Private);
    }
    let Some(url::Host::Domain(name)) = url.host() else { return Ok(()) };
    let found = tokio::time::timeout(LOOKUP, tokio::net::lookup_host((name, 0))).await;
    let Ok(Ok(found)) = found else { return Ok(()) };
    let found: Vec<_> = found.collect();
    let is_private = !found.is_empty() && !found.iter().any(|it| may_be_called(it.ip()));
    if is_private { Err(Refused::Private) } else { Ok(()) }
}

/// Checks the port of an address.
pub(super) fn may_use_port(url: &url::Url, settings: &Notifications) -> Result<(), Refused> {
    let port = url.port_or_known_default().unwrap_or_default();
    let is_permitted = settings.ports.is_empty() || settings.ports.contains(&port);
    if is_permitted { Ok(()) } else { Err(Refused::Port) }
}

/// Whether the host of an address may be called, as far as the address itself tells; names are looked
/// at when they are resolved.
pub(super) fn may_call(url: &url::Url, allow_private: bool) -> bool {
    let literal = match url.host() {
        Some(url::Host::Ipv4(address)) => Some(IpAddr::V4(address)),
        Some(url::Host::Ipv6(address)) => Some(IpAddr::V6(address)),
        Some(url::Host::Domain(_)) => None,
        None => return false,
    };
    allow_private || literal.is_none_or(may_be_called)
}

#[cfg(test)]
mod tests {
    use super::{Notifications, Refused, check, is_public, is_this_machine, may_call};

    #[test]
    fn an_interfaces_own_address_is_this_machine() {
        for ours in ["127.0.0.1", "::1"] {
            assert!(is_this_machine(ours.parse().unwrap()), "{ours}");
        }
        // Whatever this machine is called elsewhere.
        let route = std::net::UdpSocket::bind("0.0.0.0:0").unwrap();
        if route.connect("1.1.1.1:9").is_ok() {
            assert!(is_this_machine(route.local_addr().unwrap().ip()));
        }
        assert!(!is_this_machine("1.1.1.1".parse().unwrap()));
    }

    #[tokio::test]
    async fn an_address_is_checked_before_it_is_saved() {
        let checked = async |address: &str, settings: &Notifications| {
            check(&url::Url::parse(address).unwrap(), settings).await
        };
        let careful = Notifications::default();
        for private in ["http://192.168.1.5:8080/topic", "http://localhost/x", "http://[::1]/"] {
            assert_eq!(checked(private, &careful).await, Err(Refused::Private), "{private}");
        }
        assert_eq!(checked("https://1.1.1.1/hook", &careful).await, Ok(()));
        // A name that nobody has is looked up later.
        assert_eq!(checked("https://nobody.invalid/hook", &careful).await, Ok(()));
        let settings = Notifications { ports: vec![443], allow_private_addresses: true };
        assert_eq!(checked("https://192.168.1.5/hook", &settings).await, Ok(()));
        assert_eq!(checked("https://192.168.1.5:8443/", &settings).await, Err(Refused::Port));
        assert_eq!(checked("http://192.168.1.5/", &settings).await, Err(Refused::Port));
    }

    #[test]
    fn only_the_internet_is_called() {
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
    fn no_spelling_of_an_address_gets_around_that() {
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
            assert!(!may_call(&url, false), "{address}");
            assert!(may_call(&url, true), "{address}");
        }
        assert!(may_call(&url::Url::parse("https://example.org/").unwrap(), false));
    }
}
