//! Values that are never printed, and the secret parts of URLs.

use serde::{Deserialize, Serialize, Serializer};

/// A setting that prints as `[redacted]`, in logs and in `config show`.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret value.
    #[must_use]
    pub fn new(value: String) -> Self {
        Self(value)
    }

    /// The value itself.
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

/// The text that replaces a secret.
pub(super) const REDACTED: &str = "[redacted]";

/// Removes the parts of a URL that may be secret: the user and password, the values of the query,
/// and the fragment. The parts are found by their delimiters (RFC 3986, section 3), so this also
/// works for templates such as `{z}/{x}/{y}` and for invalid URLs. Text that is not a URL is
/// returned unchanged.
#[must_use]
pub fn redact_url(address: &str) -> String {
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
    use super::redact_url;

    #[test]
    fn secrets_are_redacted_from_urls() {
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
            assert_eq!(redact_url(address), shown);
        }
    }
}
