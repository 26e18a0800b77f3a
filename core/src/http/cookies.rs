//! Cookies that scripts cannot read and cross-site requests do not send.

use axum::http::{HeaderMap, header};

/// Builds the value of a `Set-Cookie` header. A lifetime of 0 deletes the cookie.
#[must_use]
pub fn set_cookie(is_https: bool, name: &str, value: &str, seconds: i64) -> String {
    let secure = if is_https { "; Secure" } else { "" };
    let prefix = prefix(is_https);
    format!("{prefix}{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
}

/// Finds the value of the cookie `name`.
#[must_use]
pub fn find_cookie<'a>(headers: &'a HeaderMap, is_https: bool, name: &str) -> Option<&'a str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|it| it.to_str().ok());
    cookies
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| {
            (key.strip_prefix(prefix(is_https)) == Some(name)).then_some(value)
        })
}

/// Browsers accept the prefix `__Host-` only over HTTPS and only from this host.
fn prefix(is_https: bool) -> &'static str {
    if is_https { "__Host-" } else { "" }
}
