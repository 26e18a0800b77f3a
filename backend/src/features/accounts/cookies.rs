//! Cookies that identify a session or a browser: random tokens, of which only the hash is stored.

use axum::http::{HeaderMap, HeaderValue};
use chrono::TimeDelta;
use sha2::{Digest as _, Sha256};

use super::TokenHash;
use crate::{
    app::App,
    core::{Error, Result, hex, http},
};

/// The name of the session cookie.
pub const SESSION_COOKIE: &str = "session";
/// The name of the cookie that identifies a browser across sessions and users.
pub const DEVICE_COOKIE: &str = "device";

/// The value of a cookie: 32 random bytes in hexadecimal.
pub struct Token(String);

impl Token {
    /// Generates a token.
    ///
    /// # Errors
    /// Internal if the operating system provides no randomness.
    pub fn new() -> Result<Self> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|error| Error::Internal(error.to_string().into()))?;
        Ok(Self(hex(&bytes)))
    }

    /// The token in plain text.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The hash to store.
    #[must_use]
    pub fn hash(&self) -> TokenHash {
        Sha256::digest(&self.0).into()
    }
}

/// Builds a `Set-Cookie` value. Scripts cannot read the cookie, and cross-site requests do not send it.
///
/// # Errors
/// Internal if the value is not valid.
pub fn set_cookie(app: &App, name: &str, value: &str, lasts: TimeDelta) -> Result<HeaderValue> {
    let text = http::set_cookie(app.config.server.is_https(), name, value, lasts.num_seconds());
    HeaderValue::from_str(&text).map_err(|error| Error::Internal(error.into()))
}

/// Finds the value of the cookie `name`.
#[must_use]
pub fn find_cookie<'a>(headers: &'a HeaderMap, app: &App, name: &str) -> Option<&'a str> {
    http::find_cookie(headers, app.config.server.is_https(), name)
}

/// Hashes the token in the cookie `name`.
#[must_use]
pub fn find_token_hash(headers: &HeaderMap, app: &App, name: &str) -> Option<TokenHash> {
    let token = find_cookie(headers, app, name)?;
    (token.len() == 64).then(|| Sha256::digest(token).into())
}

/// Hashes the token in the session cookie.
#[must_use]
pub fn session_token_hash(headers: &HeaderMap, app: &App) -> Option<TokenHash> {
    find_token_hash(headers, app, SESSION_COOKIE)
}
