//! Lists of host names in settings.

use serde::{Deserialize, Deserializer, Serialize};

/// Host names without ports (`cars.example.org`): an array of strings, or one string with commas.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Hosts(Vec<String>);

#[derive(Deserialize)]
#[serde(untagged, expecting = "a list of host names")]
enum Written {
    Text(String),
    List(Vec<String>),
}

impl Hosts {
    /// The names, in lowercase.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether each is a host name or an IP address, and nothing else.
    pub(super) fn are_valid(&self) -> bool {
        let is_plain = |it: char| it.is_ascii_alphanumeric() || matches!(it, '.' | '-' | '_');
        self.iter().all(|it| it.parse::<std::net::IpAddr>().is_ok() || it.chars().all(is_plain))
    }
}

impl<'de> Deserialize<'de> for Hosts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let names = match Written::deserialize(deserializer)? {
            Written::Text(text) => text.split(',').map(str::to_owned).collect(),
            Written::List(names) => names,
        };
        let names = names.iter().map(|it| it.trim().to_ascii_lowercase());
        Ok(Self(names.filter(|it| !it.is_empty()).collect()))
    }
}
