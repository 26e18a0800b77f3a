//! How somebody who wants in arrives: from where, with which browser, and what it is known by.

use std::net::IpAddr;

use aide::{OperationInput, generate::GenContext, openapi::Operation};
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};
use uuid::Uuid;

use super::{
    doors::TokenHash,
    session::{DEVICE, SESSION, cookie_token},
    store,
};
use crate::{
    core::{App, Result, db::Tx, http::ClientAddress, input::visible},
    features::security_log::{Event, Located},
};

/// The most characters of a browser's name that are kept.
const NAME: usize = 200;

/// How somebody who wants in arrives.
#[derive(Debug, Clone, Default)]
pub struct Arrival {
    /// The client's address.
    pub address: Option<IpAddr>,
    /// The client's network: an IPv4 address, or the /64 of an IPv6 address.
    pub network: Option<String>,
    /// What the browser calls itself.
    pub user_agent: Option<String>,
    /// The session that it has already.
    pub(super) before: Option<TokenHash>,
    /// What tells that this browser has been signed in before.
    pub(super) device: Option<TokenHash>,
}

impl Arrival {
    pub(super) fn of(parts: &Parts, app: &App) -> Self {
        let address = ClientAddress::of(&parts.extensions, &parts.headers, app);
        Self {
            address: address.0,
            network: address.network().map(|it| it.to_string()),
            user_agent: user_agent(&parts.headers),
            before: cookie_token(&parts.headers, app, SESSION),
            device: cookie_token(&parts.headers, app, DEVICE),
        }
    }

    /// Adds to a security event where it came from.
    #[must_use]
    pub fn mark(&self, event: Event) -> Located {
        event.from(self.address, self.user_agent.as_deref())
    }

    /// How well `account` knows whoever arrives.
    pub(super) async fn standing(&self, tx: &mut Tx, account: Uuid) -> Result<Standing> {
        if let Some(device) = self.device
            && store::sessions::knows_device(tx, account, &device).await?
        {
            return Ok(Standing::Device(device));
        }
        if let Some(session) = self.before
            && store::sessions::is_of(tx, account, &session).await?
        {
            return Ok(Standing::Device(session));
        }
        let is_known = match &self.network {
            Some(network) => store::sessions::knows_network(tx, account, network).await?,
            None => false,
        };
        Ok(if is_known { Standing::Network } else { Standing::Stranger })
    }
}

/// How well an account knows whoever arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// By something that only this browser has.
    Device(TokenHash),
    /// By where it comes from, which others may share.
    Network,
    /// Not at all.
    Stranger,
}

fn user_agent(headers: &HeaderMap) -> Option<String> {
    let name = String::from_utf8_lossy(headers.get(header::USER_AGENT)?.as_bytes()).into_owned();
    let name: String = visible(&name).chars().filter(|it| !it.is_control()).take(NAME).collect();
    let name = name.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

impl FromRequestParts<App> for Arrival {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        Ok(Self::of(parts, app))
    }
}

impl OperationInput for Arrival {
    fn operation_input(_: &mut GenContext, _: &mut Operation) {}
}
