//! Values that are never printed, and the secret parts of addresses.

use serde::{Deserialize, Serialize, Serializer};

/// A setting that prints as `[redacted]`, in logs and in `config show`.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Hides `value`.
    #[must_use]
    pub fn new(value: String) -> Self {
        Self(value)
    }

    /// The value itself, for whoever it is meant for.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(REDACTED)
    }
}

/// What is printed in place of a secret.
pub(super) const REDACTED: &str = "[redacted]";

/// `address` without what may be secret in it: the user and password before its host, the values in
/// its query, and its fragment. The parts are found by their delimiters (RFC 3986, section 3), so
/// that templates such as `{z}/{x}/{y}` and addresses that are not valid can be shown, too. Text that
/// is not an address is returned as it is.
#[must_use]
pub fn redact_address(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else { return address.to_owned() };
    let (rest, fragment) = rest.split_once('#').map_or((rest, ""), |it| (it.0, "#"));
    let (rest, query) = rest.split_once('?').map_or((rest, None), |it| (it.0, Some(it.1)));
    let end = rest.find(['/', '\\']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let mut shown = format!("{scheme}://");
    match authority.rsplit_once('@') {
        Some((_, host)) => shown.extend([REDACTED, "@", host]),
        // A password with an unescaped slash ends the authority early.
        None if path.contains('@') => return format!("{scheme}://{REDACTED}"),
        None => shown.push_str(authority),
    }
    shown.push_str(path);
    if let Some(query) = query {
        let pair = |pair: &str| match pair.split_once('=') {
            Some((name, _)) => format!("{name}={REDACTED}"),
            None => REDACTED.to_owned(),
        };
        shown.push('?');
        shown.push_str(&query.split('&').map(pair).collect::<Vec<_>>().join("&"));
    }
    if !fragment.is_empty() {
        shown.extend([fragment, REDACTED]);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::redact_address;

    #[test]
    fn an_address_is_shown_without_its_secrets() {
        for (address, shown) in [
            ("https://cars.example.org", "https://cars.example.org"),
            ("https://u:p@otel.test:4318/v1/traces", "https://[redacted]@otel.test:4318/v1/traces"),
            ("https://p@ss@otel.test/v1", "https://[redacted]@otel.test/v1"),
            ("https://u:a/b@otel.test/v1", "https://[redacted]"),
            (
                "https://tiles.test/{z}/{x}/{y}.png?key=abc&style=x",
                "https://tiles.test/{z}/{x}/{y}.png?key=[redacted]&style=[redacted]",
            ),
            ("https://maps.test/?abc", "https://maps.test/?[redacted]"),
            ("https://maps.test/#abc", "https://maps.test/#[redacted]"),
            ("https://maps.test?key=u@h", "https://maps.test?key=[redacted]"),
            ("not an address", "not an address"),
        ] {
            assert_eq!(redact_address(address), shown);
        }
    }
}
