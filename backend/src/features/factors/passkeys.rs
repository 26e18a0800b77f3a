//! Adding and removing passkeys, and signing in with them.
//!
//! Passkeys require user verification, so a passkey alone counts as both factors.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use uuid::Uuid;
use webauthn_rs::prelude::{
    self as webauthn, DiscoverableAuthentication, PasskeyAuthentication, PasskeyRegistration,
    Webauthn, WebauthnError,
};

use super::{
    model::{
        NewPasskey, Passkey, PasskeyAuthenticationResponse, PasskeyChallenge,
        PasskeyRegistrationResponse,
    },
    relying_party::RelyingParty,
    service, store,
};
use crate::{
    app::App,
    core::{
        Error, Result,
        db::{self, Tx},
    },
    features::{
        accounts::{self, AnySession, ClientInfo, TokenHash, challenges},
        security_log::EventKind,
        sessions::{self, SignedIn},
    },
};

/// The maximum number of passkeys per account.
const MAX_PASSKEYS: usize = 20;

/// The state of a sign-in with a passkey.
#[derive(Serialize, Deserialize)]
enum AuthenticationState {
    /// Requires a passkey of this account, for which the password was correct.
    ForAccount { account: Uuid, state: Box<PasskeyAuthentication> },
    /// Accepts any passkey that the browser has for this service.
    Discoverable(Box<DiscoverableAuthentication>),
}

/// Binds a sign-in challenge to the origin where it was issued.
fn authentication_context(webauthn: &Webauthn) -> [&str; 2] {
    ["passkey sign-in", origin(webauthn)]
}

fn origin(webauthn: &Webauthn) -> &str {
    webauthn.get_allowed_origins().first().map_or("", |it| it.as_str())
}

/// Creates a challenge for registering a passkey.
pub(super) async fn begin_registration(
    app: &App,
    session: &AnySession,
    relying_party: &RelyingParty,
) -> Result<PasskeyChallenge> {
    let (webauthn, principal) = (relying_party.webauthn()?, &session.principal);
    let existing = load_credentials(&mut app.db.read().await?, principal.account).await?;
    if existing.len() >= MAX_PASSKEYS {
        return Err(too_many_passkeys());
    }
    let existing = existing.iter().map(|it| it.cred_id().clone()).collect();
    let name = &service::account_label(principal);
    let shown = principal.display_name.as_deref().unwrap_or(name);
    let (options, state) = webauthn
        .start_passkey_registration(principal.account, name, shown, Some(existing))
        .map_err(internal)?;
    let mut options = to_json(&options)?;
    // A resident key lets the browser offer the passkey before the user has entered an address.
    options["publicKey"]["authenticatorSelection"]["residentKey"] = "preferred".into();
    let session_id = session.id.to_string();
    let context = ["passkey", origin(webauthn), &session_id];
    Ok(passkey_challenge(challenges::issue(app, &context, &state).await?, options))
}

fn too_many_passkeys() -> Error {
    Error::conflict("too-many", crate::t!("factors-too-many-passkeys", most = MAX_PASSKEYS))
}

/// Verifies the response and adds the passkey.
pub(super) async fn finish_registration(
    app: &App,
    session: &AnySession,
    relying_party: &RelyingParty,
    response: PasskeyRegistrationResponse,
) -> Result<NewPasskey> {
    let (webauthn, principal) = (relying_party.webauthn()?, &session.principal);
    let rejected = || Error::invalid("credential", crate::t!("factors-field-passkey-other"));
    let session_id = session.id.to_string();
    let context = ["passkey", origin(webauthn), &session_id];
    let opened =
        challenges::open::<PasskeyRegistration>(app, &context, &response.ceremony.0).await?;
    let (challenge, state) = opened.ok_or_else(rejected)?;
    let credential =
        webauthn.finish_passkey_registration(&response.credential.0, &state).map_err(|error| {
            tracing::info!(%error, "Rejected a new passkey");
            rejected()
        })?;
    let now = app.clock.now();
    let passkey =
        Passkey { id: Uuid::now_v7(), name: response.name.0, created_at: now, last_used_at: None };
    let recovery_codes = app
        .transaction(async |tx| {
            if !challenge.spend(tx).await? {
                return Err(rejected());
            }
            if store::list_passkeys(tx, principal.account).await?.len() >= MAX_PASSKEYS {
                return Err(too_many_passkeys());
            }
            let recovery_codes =
                service::create_codes_for_first_factor(tx, principal.account).await?;
            let text = serde_json::to_string(&credential)
                .map_err(|error| Error::Internal(error.into()))?;
            store::insert_passkey(tx, principal.account, &passkey, credential.cred_id(), &text)
                .await
                .map_err(
                    |error| if db::is_unique_violation(&error) { rejected() } else { error.into() },
                )?;
            service::record_change(tx, now, EventKind::FactorAdded, session, "passkey").await?;
            Ok(recovery_codes)
        })
        .await?;
    accounts::evict_cached(app, principal.account).await;
    tracing::info!(account = %principal.account, "Added a passkey");
    Ok(NewPasskey { passkey, recovery_codes })
}

/// Removes one of the account's passkeys.
pub(super) async fn remove(app: &App, session: &AnySession, passkey: Uuid) -> Result<()> {
    let principal = &session.principal;
    app.transaction(async |tx| {
        if !store::delete_passkey(tx, principal.account, passkey).await? {
            return Err(Error::NotFound(crate::t!("core-not-found-passkey")));
        }
        service::delete_unneeded_recovery_codes(tx, principal.account).await?;
        service::record_change(tx, app.clock.now(), EventKind::FactorRemoved, session, "passkey")
            .await
    })
    .await?;
    accounts::evict_cached(app, principal.account).await;
    tracing::info!(account = %principal.account, "Removed a passkey");
    Ok(())
}

/// Creates a challenge for signing in. If a sign-in is pending, it accepts only that account's
/// passkeys, otherwise any passkey that the browser has.
pub(super) async fn begin_authentication(
    app: &App,
    relying_party: &RelyingParty,
    pending: Option<&TokenHash>,
) -> Result<PasskeyChallenge> {
    let webauthn = relying_party.webauthn()?;
    let mut tx = app.db.read().await?;
    let account = match pending {
        Some(token) => store::find_pending_sign_in(&mut tx, token, app.clock.now()).await?,
        None => None,
    };
    let credentials = match account {
        Some(account) => load_credentials(&mut tx, account).await?,
        None => Vec::new(),
    };
    drop(tx);
    let context = authentication_context(webauthn);
    let Some(account) = account.filter(|_| !credentials.is_empty()) else {
        let (options, state) = webauthn.start_discoverable_authentication().map_err(internal)?;
        let state = AuthenticationState::Discoverable(Box::new(state));
        return Ok(passkey_challenge(
            challenges::issue(app, &context, &state).await?,
            to_json(&options)?,
        ));
    };
    let (options, state) = webauthn.start_passkey_authentication(&credentials).map_err(internal)?;
    let state = AuthenticationState::ForAccount { account, state: Box::new(state) };
    Ok(passkey_challenge(challenges::issue(app, &context, &state).await?, to_json(&options)?))
}

/// Signs in with a passkey, and ends the browser's previous session.
pub(super) async fn finish_authentication(
    app: &App,
    relying_party: &RelyingParty,
    response: PasskeyAuthenticationResponse,
    pending: Option<&TokenHash>,
    client: &ClientInfo,
) -> Result<SignedIn> {
    let webauthn = relying_party.webauthn()?;
    let opened = challenges::open::<AuthenticationState>(
        app,
        &authentication_context(webauthn),
        &response.ceremony.0,
    )
    .await?;
    let (challenge, state) = opened.ok_or(Error::WrongFactor)?;
    let answer = &response.credential.0;
    if is_cross_origin(&answer.response.client_data_json) {
        tracing::info!("Rejected a passkey that was used on another site's page");
        return Err(Error::WrongFactor);
    }
    let found = store::find_passkey(&mut app.db.read().await?, answer.get_credential_id()).await?;
    let stored = found.ok_or(Error::WrongFactor)?;
    let mut passkey: webauthn::Passkey = parse(&stored.credential)?;
    let rejected = |error: WebauthnError| {
        tracing::info!(%error, "Rejected a passkey");
        Error::WrongFactor
    };
    let is_passwordless = matches!(state, AuthenticationState::Discoverable(_));
    let (account_id, checked) = match state {
        AuthenticationState::ForAccount { account, state } => {
            let result = webauthn.finish_passkey_authentication(answer, &state);
            (account, result.map_err(rejected)?)
        }
        AuthenticationState::Discoverable(state) => {
            let (account_id, _) =
                webauthn.identify_discoverable_authentication(answer).map_err(rejected)?;
            let checked = webauthn
                .finish_discoverable_authentication_v2(answer, *state, &passkey)
                .map_err(rejected)?;
            (account_id, checked)
        }
    };
    if account_id != stored.account_id || !checked.user_verified() {
        return Err(Error::WrongFactor);
    }
    passkey.update_credential(&checked);
    let text = serde_json::to_string(&passkey).map_err(|error| Error::Internal(error.into()))?;
    let now = app.clock.now();
    let (account, opened) = app
        .transaction(async |tx| {
            // Of concurrent requests with the same response, only one succeeds.
            if !challenge.spend(tx).await? {
                return Err(Error::WrongFactor);
            }
            if !store::record_passkey_use(tx, stored.id, &text, now).await? {
                return Err(Error::WrongFactor);
            }
            // The password counts only while its sign-in is pending. A password reset cancels it.
            let is_pending = match pending {
                Some(token) => {
                    let account = store::find_pending_sign_in(tx, token, now).await?;
                    store::delete_pending_sign_in(tx, token).await?;
                    account == Some(stored.account_id)
                }
                None => false,
            };
            if !is_passwordless && !is_pending {
                return Err(Error::WrongFactor);
            }
            let owner = accounts::find_stored(tx, stored.account_id).await?;
            let owner = owner.filter(|it| it.disabled_at.is_none()).ok_or(Error::WrongFactor)?;
            // As a second factor, the passkey needs no review. Used alone, it must have been reviewed.
            if is_passwordless && accounts::needs_review(owner.review_since, stored.created_at) {
                return Err(Error::Forbidden(crate::t!("factors-passkey-unreviewed")));
            }
            let account = owner.account;
            let opened = sessions::open_session(tx, app, account.id, client).await?;
            Ok((account, opened))
        })
        .await?;
    opened.evict_previous(app).await;
    Ok(SignedIn { account, opened, is_replayed: false })
}

/// Whether the passkey was used in a frame on another site's page, which may have tricked the user.
/// The library checks this only for registrations.
fn is_cross_origin(client_data: &[u8]) -> bool {
    let data: serde_json::Value = serde_json::from_slice(client_data).unwrap_or_default();
    data["crossOrigin"] == true
}

/// Loads the credentials of the account's passkeys.
async fn load_credentials(tx: &mut Tx, account: Uuid) -> Result<Vec<webauthn::Passkey>> {
    let credentials = store::list_credentials(tx, account).await?;
    credentials.iter().map(|(credential,)| parse(credential)).collect()
}

fn parse<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| Error::Internal(error.into()))
}

fn to_json(options: &impl Serialize) -> Result<serde_json::Value> {
    serde_json::to_value(options).map_err(|error| Error::Internal(error.into()))
}

fn internal(error: WebauthnError) -> Error {
    Error::Internal(error.into())
}

/// Combines the encrypted state and the options for the browser.
fn passkey_challenge(ceremony: String, mut options: serde_json::Value) -> PasskeyChallenge {
    PasskeyChallenge { ceremony, public_key: options["publicKey"].take() }
}
