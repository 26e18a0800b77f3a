//! Passkeys: adding and removing them, and signing in with one.
//!
//! A passkey says that its owner unlocked it (user verification), so it counts as both factors.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;
use webauthn_rs::prelude::{
    self as webauthn, DiscoverableAuthentication, PasskeyAuthentication, PasskeyRegistration,
    WebauthnError,
};

use super::{
    super::{
        arrival::Arrival,
        doors::TokenHash,
        model::Signed,
        review,
        service::{self as accounts, SignedIn},
        session::{self, Token},
        store as accounts_store,
    },
    Entrant,
    model::{Challenge, NewPasskey, Passkey, PasskeyMade, PasskeyShown},
    service,
    sign_in::LASTS,
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
/// How many exchanges may be under way; of more, the oldest are forgotten.
const EXCHANGES: i64 = 10_000;

/// What an exchange is for.
const ADD: &str = "add";
const SIGN_IN: &str = "sign-in";

/// What was asked of whoever signs in.
#[derive(Serialize, Deserialize)]
enum Asked {
    /// One of the passkeys of an account whose password was right.
    Known(Box<PasskeyAuthentication>),
    /// Any passkey that the browser has for this service.
    Anyone(Box<DiscoverableAuthentication>),
}

/// Asks for a new passkey.
pub(super) async fn begin_adding(app: &App, signed: &Signed, site: &Site) -> Result<Challenge> {
    let passkeys = site.passkeys()?;
    let known = known_to(&mut app.db.read().await?, signed.account).await?;
    if known.len() >= MOST {
        return Err(Error::conflict(
            "too-many",
            format!("you have {MOST} passkeys already: remove one first"),
        ));
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
    begin(app, Some(signed.account), ADD, &state, options).await
}

/// Adds a passkey.
pub(super) async fn finish_adding(
    app: &App,
    entrant: &Entrant,
    site: &Site,
    made: PasskeyMade,
) -> Result<NewPasskey> {
    let signed = &entrant.signed;
    let passkeys = site.passkeys()?;
    let refused = || Error::invalid("credential", "is not the answer to what was asked");
    let (whose, state) =
        take::<PasskeyRegistration>(app, &made.ceremony.0, ADD).await?.ok_or_else(refused)?;
    if whose != Some(signed.account) {
        return Err(refused());
    }
    let credential =
        passkeys.finish_passkey_registration(&made.credential.0, &state).map_err(|error| {
            tracing::info!(%error, "Refused a new passkey");
            refused()
        })?;
    let now = app.clock.now();
    let passkey =
        Passkey { id: Uuid::now_v7(), name: made.name.0, created_at: now, last_used_at: None };
    let mut tx = app.db.write().await?;
    let recovery_codes = service::codes_for_first_factor(&mut tx, signed.account).await?;
    let text = serde_json::to_string(&credential).map_err(|error| Error::Internal(error.into()))?;
    store::insert_passkey(&mut tx, signed.account, &passkey, credential.cred_id(), &text)
        .await
        .map_err(|error| if db::is_unique_violation(&error) { refused() } else { error.into() })?;
    service::note(&mut tx, now, Kind::FactorAdded, entrant, "passkey").await?;
    tx.commit().await?;
    session::forget(app, signed.account).await;
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
    session::forget(app, signed.account).await;
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
    if known.is_empty() {
        let (options, state) = passkeys.start_discoverable_authentication().map_err(internal)?;
        return begin(app, None, SIGN_IN, &Asked::Anyone(Box::new(state)), json(&options)?).await;
    }
    let (options, state) = passkeys.start_passkey_authentication(&known).map_err(internal)?;
    begin(app, account, SIGN_IN, &Asked::Known(Box::new(state)), json(&options)?).await
}

/// Signs in with a passkey, and ends the session that the browser had before.
pub(super) async fn finish_sign_in(
    app: &App,
    site: &Site,
    shown: PasskeyShown,
    waiting: Option<&TokenHash>,
    arrival: &Arrival,
) -> Result<SignedIn> {
    let passkeys = site.passkeys()?;
    let (whose, asked) =
        take::<Asked>(app, &shown.ceremony.0, SIGN_IN).await?.ok_or(Error::WrongFactor)?;
    let answer = &shown.credential.0;
    let found = store::find_passkey(&mut app.db.read().await?, answer.get_credential_id()).await?;
    let kept = found.ok_or(Error::WrongFactor)?;
    let mut passkey: webauthn::Passkey = read(&kept.credential)?;
    let refused = |error: WebauthnError| {
        tracing::info!(%error, "Refused a passkey");
        Error::WrongFactor
    };
    let is_alone = matches!(asked, Asked::Anyone(_));
    let (whose, checked) = match asked {
        Asked::Known(state) => {
            (whose, passkeys.finish_passkey_authentication(answer, &state).map_err(refused)?)
        }
        Asked::Anyone(state) => {
            let (whose, _) =
                passkeys.identify_discoverable_authentication(answer).map_err(refused)?;
            let checked = passkeys
                .finish_discoverable_authentication_v2(answer, *state, &passkey)
                .map_err(refused)?;
            (Some(whose), checked)
        }
    };
    if whose != Some(kept.account_id) || !checked.user_verified() {
        return Err(Error::WrongFactor);
    }
    passkey.update_credential(&checked);
    let text = serde_json::to_string(&passkey).map_err(|error| Error::Internal(error.into()))?;
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    if !store::use_passkey(&mut tx, kept.id, &text, now).await? {
        return Err(Error::WrongFactor);
    }
    if let Some(token) = waiting {
        store::delete_sign_in(&mut tx, token).await?;
    }
    let known = accounts_store::find_known(&mut tx, kept.account_id).await?;
    let known = known.filter(|it| it.disabled_at.is_none()).ok_or(Error::WrongFactor)?;
    // After the password, it is the second factor. Alone, it signs in only once it is reviewed.
    if is_alone && review::is_held(known.review_since, kept.created_at) {
        return Err(Error::Forbidden(
            "the password was reset: sign in with it first, then check your passkeys",
        ));
    }
    let account = known.account;
    let opened = accounts::open_session(&mut tx, app, account.id, arrival).await?;
    tx.commit().await?;
    opened.settle(app).await;
    Ok(SignedIn { account, opened, is_replayed: false })
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

/// Keeps what was asked until it is answered.
async fn begin(
    app: &App,
    account: Option<Uuid>,
    purpose: &str,
    state: &impl Serialize,
    mut options: serde_json::Value,
) -> Result<Challenge> {
    let token = Token::new()?;
    let state = serde_json::to_string(state).map_err(|error| Error::Internal(error.into()))?;
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    store::trim_ceremonies(&mut tx, EXCHANGES - 1).await?;
    store::insert_ceremony(&mut tx, &token.hash(), account, purpose, &state, now + LASTS).await?;
    tx.commit().await?;
    let public_key = options["publicKey"].take();
    Ok(Challenge { ceremony: token.expose().to_owned(), public_key })
}

/// What was asked and of whom. Nobody gets to answer it again, even where this answer is wrong.
async fn take<T: DeserializeOwned>(
    app: &App,
    ceremony: &str,
    purpose: &str,
) -> Result<Option<(Option<Uuid>, T)>> {
    let token: TokenHash = Sha256::digest(ceremony).into();
    let mut tx = app.db.write().await?;
    let asked = store::take_ceremony(&mut tx, &token, purpose, app.clock.now()).await?;
    tx.commit().await?;
    asked.map(|it| Ok((it.account_id, read(&it.state)?))).transpose()
}
