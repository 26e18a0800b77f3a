//! Making accounts.

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{SignedIn, log_in, open_session};
use crate::{
    core::{
        App, Error, Result, UserId,
        config::Registration,
        db::{self, Tx},
        hex,
        http::Once,
    },
    features::{
        accounts::{
            arrival::Arrival,
            guesses,
            model::{Account, Credentials, Email, NewAccount},
            passwords, store,
        },
        invitations,
        security_log::{self, Event, Kind},
    },
};

/// Makes an account, signs it in, and ends the session that the browser had before. The first
/// account becomes the administrator.
pub(in crate::features::accounts) async fn register(
    app: &App,
    new: NewAccount,
    arrival: &Arrival,
    once: Once,
) -> Result<SignedIn> {
    let invitation = new.invitation.clone().map(|it| it.0);
    let invitation = invitation.as_deref();
    let setup_token = new.setup_token.clone().map(|it| it.0);
    let setup_token = setup_token.as_deref();
    // Before the costly hash; the claims below decide.
    if !once.is_said() {
        let mut tx = app.db.read().await?;
        may_register(app, &mut tx, invitation, setup_token, &new.email).await?;
    }
    let key = new.email.key();
    let place = app.doors.hashing().enter(&key, arrival)?;
    guesses::register(app, arrival).await?;
    // Nobody has an account yet whom the key could be kept for: it is the address's.
    let applicant = UserId::new(format!("register|{}", hex(&Sha256::digest(&key))));
    let once = once.about(&format!("{key} {:?}", new.display_name));
    let password_hash = passwords::hash(place, &new.password.0).await?;
    let now = app.clock.now();
    let mut account = Account {
        id: Uuid::now_v7(),
        email: new.email.as_str().to_owned(),
        display_name: new.display_name.clone().map(|it| it.0),
        is_admin: false,
        created_at: now,
    };
    let mut tx = app.db.write_for(&applicant).await?;
    if once.claim::<(), 201>(&mut tx, &applicant, now).await?.is_some() {
        drop(tx);
        return register_again(app, new, arrival).await;
    }
    // Before the address: who may not make an account is not told who has one.
    may_register(app, &mut tx, invitation, setup_token, &new.email).await?;
    let user = UserId::local(account.id);
    store::insert(&mut tx, &account, &user, key, password_hash).await.map_err(|error| {
        if !db::is_unique_violation(&error) {
            return error.into();
        }
        Error::conflict("duplicate-email", "an account with this e-mail address exists")
    })?;
    if store::claim_first(&mut tx, account.id).await? {
        check_setup_token(app, setup_token)?;
        store::set_admin(&mut tx, account.id).await?;
        account.is_admin = true;
    } else {
        check_mode(app, invitation)?;
        if let Some(token) = invitation {
            invitations::claim(&mut tx, token, &new.email.key(), account.id, now).await?;
            let event = arrival.mark(Event::of(Kind::InvitationUsed, account.id));
            security_log::record(&mut tx, now, &event).await?;
        }
    }
    let registered = arrival.mark(Event::of(Kind::Registered, account.id));
    security_log::record(&mut tx, now, &registered).await?;
    let opened = open_session(&mut tx, app, account.id, arrival).await?;
    once.keep::<_, 201>(&mut tx, &applicant, String::new(), &()).await?;
    tx.commit().await?;
    opened.settle(app).await;
    tracing::info!(account = %account.id, is_admin = account.is_admin, "Registered");
    Ok(SignedIn { account, opened, is_replayed: false })
}

/// The answer to a registration that is sent again: the account is there, and whoever knows its
/// password is signed in.
async fn register_again(app: &App, new: NewAccount, arrival: &Arrival) -> Result<SignedIn> {
    let credentials = Credentials { email: new.email, password: new.password.0 };
    match log_in(app, credentials, arrival).await {
        Ok(signed_in) => Ok(SignedIn { is_replayed: true, ..signed_in }),
        Err(Error::WrongPassword) => Err(Once::used()),
        Err(error) => Err(error),
    }
}

/// Refuses an account after the first where it may not be made with this invitation, or without
/// one.
///
/// # Errors
/// Forbidden where the settings do not let anybody, or not without an invitation; Invalid where
/// the invitation is not good.
async fn may_register(
    app: &App,
    tx: &mut Tx,
    invitation: Option<&str>,
    setup_token: Option<&str>,
    email: &Email,
) -> Result<()> {
    if !store::has_accounts(tx).await? {
        return check_setup_token(app, setup_token);
    }
    check_mode(app, invitation)?;
    let Some(token) = invitation else { return Ok(()) };
    match invitations::look_up(tx, token, app.clock.now()).await? {
        Some(it) if it.email.as_deref().is_none_or(|it| it.to_lowercase() == email.key()) => Ok(()),
        _ => Err(invitations::refusal()),
    }
}

/// Refuses the first account to those who have not seen what the service printed when it started.
fn check_setup_token(app: &App, given: Option<&str>) -> Result<()> {
    let Some(token) = app.doors.setup_token() else { return Ok(()) };
    // Compared by hash, so that the time it takes says nothing about the token.
    let is_it = given.is_some_and(|it| Sha256::digest(it) == Sha256::digest(token));
    if is_it {
        return Ok(());
    }
    let why = match given {
        None => "is required for the first account: the service printed it when it started",
        Some(_) => "is not the token that the service printed when it last started",
    };
    Err(Error::invalid("setupToken", why))
}

fn check_mode(app: &App, invitation: Option<&str>) -> Result<()> {
    match app.config.auth.registration {
        Registration::Open => Ok(()),
        Registration::Invite if invitation.is_some() => Ok(()),
        Registration::Invite => {
            Err(Error::Forbidden("accounts are made with an invitation here: ask for one"))
        }
        Registration::Closed => {
            Err(Error::Forbidden("accounts cannot be made here: ask whoever runs this service"))
        }
    }
}
