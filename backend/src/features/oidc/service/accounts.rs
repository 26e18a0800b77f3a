//! Finding or creating the account of an identity.

use uuid::Uuid;

use crate::{
    app::App,
    core::{Error, config::Registration, db},
    features::{
        accounts::{
            self, Account, CredentialOwner, Email, hashed_user_id, mail, user_id_of_subject,
        },
        oidc::{
            model::OidcError,
            provider::Provider,
            store::{self, IdentityOwner},
            tokens::VerifiedIdentity,
        },
    },
};

/// Where an identity comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IdentitySource {
    LogIn {
        /// Whether to create an account even if another one has the same, unconfirmed email address.
        is_separate: bool,
    },
    AccessToken,
}

/// Finds the account of an identity. Creates one if that is allowed.
pub(super) async fn find_or_create_account(
    app: &App,
    provider: &Provider,
    identity: &VerifiedIdentity,
    source: IdentitySource,
) -> Result<CredentialOwner, OidcError> {
    // If another request creates the account first, the next attempt finds it.
    for _ in 0..3 {
        let found = store::find_owner(&mut app.db.read().await?, identity).await?;
        if let Some(IdentityOwner { owner, is_disabled, linked_at }) = found {
            return match () {
                () if is_disabled => Err(OidcError::AccountDisabled),
                () if accounts::needs_review(owner.review_since, linked_at) => {
                    Err(OidcError::Unreviewed)
                }
                () => Ok(owner),
            };
        }
        match create_account(app, provider, identity, source).await {
            Err(OidcError::Service(Error::Conflict { .. })) => {}
            Err(other) => return Err(other),
            Ok(()) => tracing::info!(provider = provider.name, "Created an account"),
        }
    }
    Err(Error::Unavailable.into())
}

async fn create_account(
    app: &App,
    provider: &Provider,
    identity: &VerifiedIdentity,
    source: IdentitySource,
) -> Result<(), OidcError> {
    let may_sign_up =
        app.config.auth.registration == Registration::Open || provider.settings.allow_sign_up;
    let has_accounts = accounts::has_accounts(app).await?;
    // The first account must be created by a person on a page, not by a program.
    let is_possible =
        if has_accounts { may_sign_up } else { source != IdentitySource::AccessToken };
    // There is no way to enter a setup token during a log-in with a provider.
    if !is_possible || (!has_accounts && app.auth.setup_token().is_some()) {
        return Err(OidcError::RegistrationClosed);
    }
    let mut tx = app.db.read().await?;
    let mut email_key = identity.email.as_ref().map(Email::key);
    if let Some(key) = &email_key
        && let Some(existing) = accounts::find_stored_by_email(&mut tx, key).await?
    {
        // Anyone can register any address, so only a confirmed address blocks other accounts.
        let is_confirmed = mail::is_confirmed(&mut tx, existing.account.id).await?;
        if is_confirmed || source == IdentitySource::AccessToken {
            return Err(OidcError::EmailTaken);
        }
        if source != (IdentitySource::LogIn { is_separate: true }) {
            return Err(OidcError::EmailUnconfirmed);
        }
        email_key = None;
    }
    let is_only_provider = app.config.auth.providers.len() == 1;
    let plain = if is_only_provider { user_id_of_subject(&identity.subject) } else { None };
    let user = match plain {
        // The id was taken by a user of another issuer when that was the only provider.
        Some(user) if store::user_id_exists(&mut tx, user.as_str()).await? => {
            hashed_user_id(&identity.issuer, &identity.subject)
        }
        Some(user) => user,
        None => hashed_user_id(&identity.issuer, &identity.subject),
    };
    drop(tx);

    let now = app.clock.now();
    let id = Uuid::now_v7();
    let account = Account {
        id,
        email: identity.email.as_ref().map_or_else(String::new, |email| email.as_str().to_owned()),
        display_name: identity.name.clone(),
        is_admin: false,
        created_at: now,
    };
    let email_key = email_key.unwrap_or_else(|| format!("no-address|{id}"));
    app.db
        .try_transaction(async |tx| {
            accounts::insert_without_password(tx, &account, &user, email_key).await?;
            if identity.email.is_some() {
                // The provider has verified the address.
                mail::mark_confirmed(tx, id, now).await?;
            }
            if accounts::record_first_account(tx, id).await? {
                if source == IdentitySource::AccessToken || app.auth.setup_token().is_some() {
                    return Err(OidcError::RegistrationClosed);
                }
                accounts::set_admin(tx, id).await?;
            } else if !may_sign_up {
                return Err(OidcError::RegistrationClosed);
            }
            store::insert(tx, id, identity, now).await.map_err(conflict_or_internal)?;
            Ok(())
        })
        .await
}

/// Maps a unique violation, caused by a concurrent request, to a conflict.
fn conflict_or_internal(error: sqlx::Error) -> Error {
    if db::is_unique_violation(&error) {
        return Error::conflict("conflict", crate::t!("accounts-created-concurrently"));
    }
    error.into()
}
