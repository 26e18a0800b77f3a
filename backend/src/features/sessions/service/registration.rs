//! Registration.

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{SignedIn, log_in, open_session};
use crate::{
    app::App,
    core::{Error, Result, config::Registration, db::Tx, http::Idempotency},
    features::{
        accounts::{self, Account, ClientInfo, Email, applicant_id, passwords},
        invitations,
        security_log::{self, Event, EventKind},
        sessions::{
            attempts,
            model::{Credentials, NewAccount},
        },
    },
};

/// Creates an account, signs in to it, and ends the browser's previous session. The first account
/// becomes an administrator.
pub(in crate::features::sessions) async fn register(
    app: &App,
    new: NewAccount,
    client: &ClientInfo,
    idempotency: Idempotency,
) -> Result<SignedIn> {
    let invitation = new.invitation.clone().map(|it| it.0);
    let invitation = invitation.as_deref();
    let setup_token = new.setup_token.clone().map(|it| it.0);
    let setup_token = setup_token.as_deref();
    // Fail early, before the slow hash. The transaction below checks again.
    if !idempotency.is_keyed() {
        let mut tx = app.db.read().await?;
        check_registration_allowed(app, &mut tx, invitation, setup_token, &new.email).await?;
    }
    let key = new.email.key();
    let slot = app.auth.hash_queue().reserve(&key, client)?;
    attempts::count_registration(app, client).await?;
    // There is no account yet, so the idempotency key is stored for the address.
    let applicant = applicant_id(&key);
    let idempotency = idempotency.with_fingerprint_of(&format!("{key} {:?}", new.display_name));
    let password_hash = passwords::hash(slot, &new.password.0).await?;
    let now = app.clock.now();
    let mut account = Account {
        id: Uuid::now_v7(),
        email: new.email.as_str().to_owned(),
        display_name: new.display_name.clone().map(|it| it.0),
        is_admin: false,
        created_at: now,
    };
    let registered = app
        .db
        .transaction_for_applicant(&applicant, async |tx| {
            if idempotency.begin::<(), 201>(tx, &applicant, now).await?.is_some() {
                return Ok(None);
            }
            // Check before inserting: users who may not register must not learn which addresses have accounts.
            check_registration_allowed(app, tx, invitation, setup_token, &new.email).await?;
            accounts::insert_local(tx, &account, key, password_hash).await?;
            if accounts::record_first_account(tx, account.id).await? {
                check_setup_token(app, setup_token)?;
                accounts::set_admin(tx, account.id).await?;
                account.is_admin = true;
            } else {
                check_registration_mode(app, invitation)?;
                if let Some(token) = invitation {
                    invitations::redeem(tx, token, &new.email.key(), account.id, now).await?;
                    let event =
                        client.annotate(Event::for_account(EventKind::InvitationUsed, account.id));
                    security_log::record(tx, now, &event).await?;
                }
            }
            let registered = client.annotate(Event::for_account(EventKind::Registered, account.id));
            security_log::record(tx, now, &registered).await?;
            let opened = open_session(tx, app, account.id, client).await?;
            idempotency.store_response::<_, 201>(tx, &applicant, String::new(), &()).await?;
            Ok(Some((account, opened)))
        })
        .await?;
    let Some((account, opened)) = registered else {
        return replay_registration(app, new, client).await;
    };
    opened.evict_previous(app).await;
    tracing::info!(account = %account.id, is_admin = account.is_admin, "Registered");
    Ok(SignedIn { account, opened, is_replayed: false })
}

/// Replays a registration: signs in to the account that the first request created, if the password is
/// correct.
async fn replay_registration(app: &App, new: NewAccount, client: &ClientInfo) -> Result<SignedIn> {
    let credentials = Credentials { email: new.email, password: new.password.0 };
    match log_in(app, credentials, client).await {
        Ok(signed_in) => Ok(SignedIn { is_replayed: true, ..signed_in }),
        Err(Error::WrongPassword) => Err(Idempotency::key_reused()),
        Err(error) => Err(error),
    }
}

/// Checks whether an account can be created with this invitation or setup token.
///
/// # Errors
/// Forbidden if registration is closed, or requires an invitation; Invalid if the invitation or the setup
/// token is not valid.
async fn check_registration_allowed(
    app: &App,
    tx: &mut Tx,
    invitation: Option<&str>,
    setup_token: Option<&str>,
    email: &Email,
) -> Result<()> {
    if !accounts::has_accounts_in(tx).await? {
        return check_setup_token(app, setup_token);
    }
    check_registration_mode(app, invitation)?;
    let Some(token) = invitation else { return Ok(()) };
    match invitations::find_usable(tx, token, app.clock.now()).await? {
        Some(it) if it.email.as_deref().is_none_or(|it| it.to_lowercase() == email.key()) => Ok(()),
        _ => Err(invitations::invalid_invitation()),
    }
}

/// Checks the setup token, which only those who can read the service's log know.
fn check_setup_token(app: &App, given: Option<&str>) -> Result<()> {
    let Some(token) = app.auth.setup_token() else { return Ok(()) };
    // Comparing hashes reveals nothing about the token through timing.
    let is_correct = given.is_some_and(|it| Sha256::digest(it) == Sha256::digest(token));
    if is_correct {
        return Ok(());
    }
    let why = match given {
        None => crate::t!("sessions-field-setup-token-missing"),
        Some(_) => crate::t!("sessions-field-setup-token-wrong"),
    };
    Err(Error::invalid("setupToken", why))
}

fn check_registration_mode(app: &App, invitation: Option<&str>) -> Result<()> {
    match app.config.auth.registration {
        Registration::Open => Ok(()),
        Registration::Invite if invitation.is_some() => Ok(()),
        Registration::Invite => Err(Error::Forbidden(crate::t!("core-forbidden-invitation-only"))),
        Registration::Closed => Err(Error::Forbidden(crate::t!("core-forbidden-registration"))),
    }
}
