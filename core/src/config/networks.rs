//! Lists of IP addresses and networks in settings.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
    str::FromStr,
};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// IP addresses and networks (`10.0.0.1`, `10.0.0.0/8`, `fd00::/8`): an array of strings, or one
/// string with commas.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Networks(Vec<Network>);

/// All addresses with the same prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Network {
    address: IpAddr,
    bits: u8,
}

impl Networks {
    /// Whether one of the addresses or networks contains `address`. An IPv4-mapped IPv6 address
    /// counts as the IPv4 address.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(address))
    }

    /// Whether the list is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one of them is the network of all IPv4 or all IPv6 addresses.
    #[must_use]
    pub fn has_all_addresses(&self) -> bool {
        self.0.iter().any(|network| network.bits == 0)
    }
}

impl Network {
    fn contains(self, address: IpAddr) -> bool {
        network_prefix(address, self.bits) == Some(self.address)
    }
}

/// Clears all but the first `bits` bits of `address`; `None` if it has fewer bits.
#[must_use]
pub fn network_prefix(address: IpAddr, bits: u8) -> Option<IpAddr> {
    let bits = u32::from(bits);
    match address {
        IpAddr::V4(address) => {
            let rest = 32_u32.checked_sub(bits)?;
            let mask = u32::MAX.checked_shl(rest).unwrap_or(0);
            Some(IpAddr::V4((u32::from(address) & mask).into()))
        }
        IpAddr::V6(address) => {
            let rest = 128_u32.checked_sub(bits)?;
            let mask = u128::MAX.checked_shl(rest).unwrap_or(0);
            Some(IpAddr::V6(Ipv6Addr::from(u128::from(address) & mask)))
        }
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} must be an address or a network such as 10.0.0.0/8");
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u8>().map_err(|_| wrong())?)),
            None => (text, None),
        };
        let written: IpAddr = address.parse().map_err(|_| wrong())?;
        let address = written.to_canonical();
        let all = if address.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            None => all,
            // A network of IPv4-mapped IPv6 addresses.
            Some(bits) if written != address => bits.checked_sub(96).ok_or_else(wrong)?,
            Some(bits) => bits,
        };
        match network_prefix(address, bits) {
            Some(first) if first == address => Ok(Self { address, bits }),
            Some(first) => Err(format!("{text:?} has bits beyond its network: {first}/{bits}")),
            None => Err(wrong()),
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

impl FromStr for Networks {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let each = text.split(',').map(str::trim).filter(|it| !it.is_empty());
        each.map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

impl<'de> Deserialize<'de> for Networks {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Networks;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of addresses and networks")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Networks, E> {
                text.parse().map_err(E::custom)
            }

            fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<Networks, A::Error> {
                let mut networks = Vec::new();
                while let Some(text) = seq.next_element::<String>()? {
                    networks.push(text.trim().parse().map_err(de::Error::custom)?);
                }
                Ok(Networks(networks))
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

impl Serialize for Networks {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(Network::to_string))
    }
}

#[cfg(test)]
mod tests {
    use super::Networks;

    #[test]
    fn networks_contain_their_addresses() {
        let cases = [
            ("10.0.0.1", "10.0.0.1", true),
            ("10.0.0.1", "10.0.0.2", false),
            ("10.0.0.0/8", "10.255.255.255", true),
            ("10.0.0.0/8", "11.0.0.0", false),
            ("192.168.1.128/25", "192.168.1.127", false),
            ("192.168.1.128/25", "192.168.1.200", true),
            ("0.0.0.0/0", "203.0.113.9", true),
            ("0.0.0.0/0", "::1", false),
            ("::/0", "2001:db8::1", true),
            ("::/0", "203.0.113.9", false),
            ("2001:db8:1::/48", "2001:db8:1:ffff::1", true),
            ("2001:db8:1::/48", "2001:db8:2::1", false),
            // IPv4-mapped IPv6 addresses, on either side.
            ("10.0.0.0/8", "::ffff:10.1.2.3", true),
            ("::ffff:10.0.0.0/104", "10.1.2.3", true),
            ("::ffff:10.0.0.1", "10.0.0.1", true),
            ("172.16.0.1, 10.0.0.0/8 ,fd00::/8", "fd12::1", true),
            ("", "127.0.0.1", false),
        ];
        for (networks, address, is_in) in cases {
            let list: Networks = networks.parse().unwrap();
            let contains = list.contains(address.parse().unwrap());
            assert_eq!(contains, is_in, "{address} in {networks}");
        }
    }

    #[test]
    fn invalid_networks_are_rejected() {
        for text in [
            "proxy",
            "10.0.0",
            "10.0.0.0/33",
            "10.0.0.0/-1",
            "10.0.0.0/",
            "10.0.0.1/8",
            "::1/129",
            "::ffff:10.0.0.0/95",
            "10.0.0.1 10.0.0.2",
        ] {
            text.parse::<Networks>().unwrap_err();
        }
    }
}
