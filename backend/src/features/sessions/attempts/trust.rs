//! How much an account trusts the client that tries to sign in.

use uuid::Uuid;

use crate::{
    core::{Result, db::Tx},
    features::{
        accounts::{ClientInfo, TokenHash},
        sessions::store,
    },
};

/// How much an account trusts a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TrustLevel {
    /// The browser has signed in to the account before, and proves it with this token.
    KnownDevice(TokenHash),
    /// The account has been signed in to from this network, which others may share.
    KnownNetwork,
    /// Neither the browser nor the network is known.
    Unknown,
}

/// How much `account` trusts the client.
pub(super) async fn trust_level(
    tx: &mut Tx,
    account: Uuid,
    client: &ClientInfo,
) -> Result<TrustLevel> {
    if let Some(device) = client.device
        && store::knows_device(tx, account, &device).await?
    {
        return Ok(TrustLevel::KnownDevice(device));
    }
    if let Some(session) = client.previous_session
        && store::belongs_to(tx, account, &session).await?
    {
        return Ok(TrustLevel::KnownDevice(session));
    }
    let is_known = match &client.network {
        Some(network) => store::knows_network(tx, account, network).await?,
        None => false,
    };
    Ok(if is_known { TrustLevel::KnownNetwork } else { TrustLevel::Unknown })
}
