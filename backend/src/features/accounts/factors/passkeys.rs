//! Passkeys: adding and removing them, and signing in with one.
//!
//! A passkey says that its owner unlocked it (user verification), so it counts as both factors.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use uuid::Uuid;
use webauthn_rs::prelude::{
    self as webauthn, DiscoverableAuthentication, PasskeyAuthentication, PasskeyRegistration,
    Webauthn, WebauthnError,
};

use super::{
    super::{
        auth_state::TokenHash,
        challenges,
        client_info::ClientInfo,
        review,
        service::{self as accounts, SignedIn},
        session, store as accounts_store,
    },
    Entrant,
    model::{Challenge, NewPasskey, Passkey, PasskeyMade, PasskeyShown},
    service,
    site::Site,
    store,
};
use crate::{
    core::{
        App, Error, Result,
        db::{self, Tx},
    },
    features::security_log::Kind,
};

/// How many an account may have.
const MOST: usize = 20;

/// What a browser was asked for to sign in.
#[derive(Serialize, Deserialize)]
enum Asked {
    /// One of the passkeys of an account whose password was right.
    Known { account: Uuid, state: Box<PasskeyAuthentication> },
    /// Any passkey that the browser has for this service.
    Anyone(Box<DiscoverableAuthentication>),
}

/// A challenge to sign in is good at the address where it was issued.
fn to_sign_in(passkeys: &Webauthn) -> [&str; 2] {
    ["passkey sign-in", origin(passkeys)]
}

fn origin(passkeys: &Webauthn) -> &str {
    passkeys.get_allowed_origins().first().map_or("", |it| it.as_str())
}

/// Asks for a new passkey.
pub(super) async fn begin_adding(app: &App, entrant: &Entrant, site: &Site) -> Result<Challenge> {
    let (passkeys, signed) = (site.passkeys()?, &entrant.signed);
    let known = known_to(&mut app.db.read().await?, signed.account).await?;
    if known.len() >= MOST {
        return Err(too_many());
    }
    let known = known.iter().map(|it| it.cred_id().clone()).collect();
    let name = service::name_of(signed);
    let shown = signed.display_name.as_deref().unwrap_or(name);
    let (options, state) = passkeys
        .start_passkey_registration(signed.account, name, shown, Some(known))
        .map_err(internal)?;
    let mut options = json(&options)?;
    // So that the browser can offer it before anybody has said who they are.
    options["publicKey"]["authenticatorSelection"]["residentKey"] = "preferred".into();
    let session = entrant.session.to_string();
    let context = ["passkey", origin(passkeys), &session];
    Ok(challenge(challenges::issue(app, &context, &state).await?, options))
}

fn too_many() -> Error {
    Error::conflict("too-many", format!("you have {MOST} passkeys already: remove one first"))
}

/// Adds a passkey.
pub(super) async fn finish_adding(
    app: &App,
    entrant: &Entrant,
    site: &Site,
    made: PasskeyMade,
) -> Result<NewPasskey> {
    let (passkeys, signed) = (site.passkeys()?, &entrant.signed);
    let refused = || Error::invalid("credential", "is not the answer to what was asked");
    let session = entrant.session.to_string();
    let context = ["passkey", origin(passkeys), &session];
    let opened = challenges::open::<PasskeyRegistration>(app, &context, &made.ceremony.0).await?;
    let (asked, state) = opened.ok_or_else(refused)?;
    let credential =
        passkeys.finish_passkey_registration(&made.credential.0, &state).map_err(|error| {
            tracing::info!(%error, "Refused a new passkey");
            refused()
        })?;
    let now = app.clock.now();
    let passkey =
        Passkey { id: Uuid::now_v7(), name: made.name.0, created_at: now, last_used_at: None };
    let mut tx = app.db.write().await?;
    if !asked.spend(&mut tx).await? {
        return Err(refused());
    }
    if store::list_passkeys(&mut tx, signed.account).await?.len() >= MOST {
        return Err(too_many());
    }
    let recovery_codes = service::codes_for_first_factor(&mut tx, signed.account).await?;
    let text = serde_json::to_string(&credential).map_err(|error| Error::Internal(error.into()))?;
    store::insert_passkey(&mut tx, signed.account, &passkey, credential.cred_id(), &text)
        .await
        .map_err(|error| if db::is_unique_violation(&error) { refused() } else { error.into() })?;
    service::note(&mut tx, now, Kind::FactorAdded, entrant, "passkey").await?;
    tx.commit().await?;
    session::evict_cached(app, signed.account).await;
    tracing::info!(account = %signed.account, "Added a passkey");
    Ok(NewPasskey { passkey, recovery_codes })
}

/// Removes one of the account's passkeys.
pub(super) async fn remove(app: &App, entrant: &Entrant, passkey: Uuid) -> Result<()> {
    let signed = &entrant.signed;
    let mut tx = app.db.write().await?;
    if !store::delete_passkey(&mut tx, signed.account, passkey).await? {
        return Err(Error::NotFound("passkey"));
    }
    service::tidy(&mut tx, signed.account).await?;
    service::note(&mut tx, app.clock.now(), Kind::FactorRemoved, entrant, "passkey").await?;
    tx.commit().await?;
    session::evict_cached(app, signed.account).await;
    tracing::info!(account = %signed.account, "Removed a passkey");
    Ok(())
}

/// Asks for a passkey: for one of the account's where its password was right just now, else for
/// any that the browser has.
pub(super) async fn begin_sign_in(
    app: &App,
    site: &Site,
    waiting: Option<&TokenHash>,
) -> Result<Challenge> {
    let passkeys = site.passkeys()?;
    let mut tx = app.db.read().await?;
    let account = match waiting {
        Some(token) => store::find_sign_in(&mut tx, token, app.clock.now()).await?,
        None => None,
    };
    let known = match account {
        Some(account) => known_to(&mut tx, account).await?,
        None => Vec::new(),
    };
    drop(tx);
    let context = to_sign_in(passkeys);
    let Some(account) = account.filter(|_| !known.is_empty()) else {
        let (options, state) = passkeys.start_discoverable_authentication().map_err(internal)?;
        let asked = Asked::Anyone(Box::new(state));
        return Ok(challenge(challenges::issue(app, &context, &asked).await?, json(&options)?));
    };
    let (options, state) = passkeys.start_passkey_authentication(&known).map_err(internal)?;
    let asked = Asked::Known { account, state: Box::new(state) };
    Ok(challenge(challenges::issue(app, &context, &asked).await?, json(&options)?))
}

/// Signs in with a passkey, and ends the session that the browser had before.
pub(super) async fn finish_sign_in(
    app: &App,
    site: &Site,
    shown: PasskeyShown,
    waiting: Option<&TokenHash>,
    client: &ClientInfo,
) -> Result<SignedIn> {
    let passkeys = site.passkeys()?;
    let opened = challenges::open::<Asked>(app, &to_sign_in(passkeys), &shown.ceremony.0).await?;
    let (challenge, asked) = opened.ok_or(Error::WrongFactor)?;
    let answer = &shown.credential.0;
    if is_from_foreign_page(&answer.response.client_data_json) {
        tracing::info!("Refused a passkey that was used in another site's page");
        return Err(Error::WrongFactor);
    }
    let found = store::find_passkey(&mut app.db.read().await?, answer.get_credential_id()).await?;
    let kept = found.ok_or(Error::WrongFactor)?;
    let mut passkey: webauthn::Passkey = read(&kept.credential)?;
    let refused = |error: WebauthnError| {
        tracing::info!(%error, "Refused a passkey");
        Error::WrongFactor
    };
    let is_alone = matches!(asked, Asked::Anyone(_));
    let (whose, checked) = match asked {
        Asked::Known { account, state } => {
            let checked = passkeys.finish_passkey_authentication(answer, &state);
            (account, checked.map_err(refused)?)
        }
        Asked::Anyone(state) => {
            let (whose, _) =
                passkeys.identify_discoverable_authentication(answer).map_err(refused)?;
            let checked = passkeys
                .finish_discoverable_authentication_v2(answer, *state, &passkey)
                .map_err(refused)?;
            (whose, checked)
        }
    };
    if whose != kept.account_id || !checked.user_verified() {
        return Err(Error::WrongFactor);
    }
    passkey.update_credential(&checked);
    let text = serde_json::to_string(&passkey).map_err(|error| Error::Internal(error.into()))?;
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    // Of several who bring one answer, one gets in.
    if !challenge.spend(&mut tx).await? {
        return Err(Error::WrongFactor);
    }
    if !store::use_passkey(&mut tx, kept.id, &text, now).await? {
        return Err(Error::WrongFactor);
    }
    // The password was right only as long as its sign-in waits: a reset ends it.
    let waits = match waiting {
        Some(token) => {
            let account = store::find_sign_in(&mut tx, token, now).await?;
            store::delete_sign_in(&mut tx, token).await?;
            account == Some(kept.account_id)
        }
        None => false,
    };
    if !is_alone && !waits {
        return Err(Error::WrongFactor);
    }
    let known = accounts_store::find_stored(&mut tx, kept.account_id).await?;
    let known = known.filter(|it| it.disabled_at.is_none()).ok_or(Error::WrongFactor)?;
    // After the password, it is the second factor. Alone, it signs in only once it is reviewed.
    if is_alone && review::needs_review(known.review_since, kept.created_at) {
        return Err(Error::Forbidden(
            "the password was reset: sign in with it first, then check your passkeys",
        ));
    }
    let account = known.account;
    let opened = accounts::open_session(&mut tx, app, account.id, client).await?;
    tx.commit().await?;
    opened.evict_previous(app).await;
    Ok(SignedIn { account, opened, is_replayed: false })
}

/// Whether the browser used the passkey in a frame within another site's page, which may have led its
/// owner to do so. The library checks this for new passkeys only.
fn is_from_foreign_page(client_data: &[u8]) -> bool {
    let data: serde_json::Value = serde_json::from_slice(client_data).unwrap_or_default();
    data["crossOrigin"] == true
}

/// The account's passkeys with what checking them takes.
async fn known_to(tx: &mut Tx, account: Uuid) -> Result<Vec<webauthn::Passkey>> {
    let kept = store::list_credentials(tx, account).await?;
    kept.iter().map(|(credential,)| read(credential)).collect()
}

fn read<T: DeserializeOwned>(kept: &str) -> Result<T> {
    serde_json::from_str(kept).map_err(|error| Error::Internal(error.into()))
}

fn json(options: &impl Serialize) -> Result<serde_json::Value> {
    serde_json::to_value(options).map_err(|error| Error::Internal(error.into()))
}

fn internal(error: WebauthnError) -> Error {
    Error::Internal(error.into())
}

/// What the browser gets: the options, and the challenge that it sends back with the answer.
fn challenge(ceremony: String, mut options: serde_json::Value) -> Challenge {
    Challenge { ceremony, public_key: options["publicKey"].take() }
}
