//! The client that sends a request: its address and its browser.

use std::net::IpAddr;

use aide::{OperationInput, generate::GenContext, openapi::Operation};
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};

use super::{
    auth_state::TokenHash,
    cookies::{DEVICE_COOKIE, SESSION_COOKIE, find_token_hash},
};
use crate::{
    app::App,
    core::{Result, http::ClientAddress, input::strip_invisible},
    features::security_log::{Event, EventWithOrigin},
};

/// The maximum length of a stored user agent, in characters.
const MAX_USER_AGENT: usize = 200;

/// The client that sends a request.
#[derive(Debug, Clone, Default)]
pub struct ClientInfo {
    /// The client's address.
    pub address: Option<IpAddr>,
    /// The client's network: an IPv4 address, or the /64 of an IPv6 address.
    pub network: Option<String>,
    /// The `User-Agent` header, sanitized and shortened.
    pub user_agent: Option<String>,
    /// The session that the browser already has.
    pub previous_session: Option<TokenHash>,
    /// The device cookie, which identifies a browser that has signed in before.
    pub device: Option<TokenHash>,
}

impl ClientInfo {
    /// Describes the client of a request.
    pub(super) fn of(parts: &Parts, app: &App) -> Self {
        let address = ClientAddress::resolve(&parts.extensions, &parts.headers, app);
        Self {
            address: address.0,
            network: address.network().map(|it| it.to_string()),
            user_agent: user_agent(&parts.headers),
            previous_session: find_token_hash(&parts.headers, app, SESSION_COOKIE),
            device: find_token_hash(&parts.headers, app, DEVICE_COOKIE),
        }
    }

    /// Adds the client's address and user agent to a security event.
    #[must_use]
    pub fn annotate(&self, event: Event) -> EventWithOrigin {
        event.from_client(self.address, self.user_agent.as_deref())
    }
}

fn user_agent(headers: &HeaderMap) -> Option<String> {
    let name = String::from_utf8_lossy(headers.get(header::USER_AGENT)?.as_bytes()).into_owned();
    let name = strip_invisible(&name);
    let name: String = name.chars().filter(|it| !it.is_control()).take(MAX_USER_AGENT).collect();
    let name = name.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

impl FromRequestParts<App> for ClientInfo {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        Ok(Self::of(parts, app))
    }
}

impl OperationInput for ClientInfo {
    fn operation_input(_: &mut GenContext, _: &mut Operation) {}
}
