//! Linking identities to accounts, listing and unlinking them.

use futures_util::future::BoxFuture;
use uuid::Uuid;

use crate::{
    app::App,
    core::{
        Error, Result,
        db::{self, Tx},
        feature::{GrantKind, GrantOwner, GrantSummary},
    },
    features::{
        accounts::{self, ClientInfo, SessionUser, challenges::Challenge},
        oidc::{
            model::{Identity, OidcError},
            store,
            tokens::VerifiedIdentity,
        },
        security_log::{self, Event, EventKind},
        sessions,
    },
};

/// Whether the user may link an identity. This requires a recent authentication, so that a stolen
/// session does not give permanent access.
pub(in crate::features::oidc) async fn may_link(app: &App, caller: &SessionUser) -> Result<bool> {
    sessions::is_recently_confirmed(app, caller.session).await
}

/// Whether the user can confirm a password. Users without one must sign in again instead.
pub(in crate::features::oidc) async fn has_password(
    app: &App,
    caller: &SessionUser,
) -> Result<bool> {
    let stored = accounts::find_stored(&mut app.db.read().await?, caller.user.0.account).await?;
    Ok(stored.is_some_and(|it| it.has_password()))
}

/// Links the identity to the account.
pub(super) async fn link(
    app: &App,
    account: Uuid,
    identity: &VerifiedIdentity,
    challenge: &Challenge,
    client: &ClientInfo,
) -> Result<(), OidcError> {
    let linked = app.db.try_transaction::<_, OidcError>(async |tx| {
        if !challenge.spend(tx).await? {
            return Err(OidcError::Expired);
        }
        store::insert(tx, account, identity, app.clock.now()).await?;
        let event = Event::for_account(EventKind::IdentityLinked, account).by(account);
        security_log::record(tx, app.clock.now(), &client.annotate(event)).await?;
        Ok(())
    });
    match linked.await {
        Err(OidcError::Service(error)) if db::is_caused_by_unique_violation(&error) => {
            let found = store::find_owner(&mut app.db.read().await?, identity).await?;
            let is_linked_here = found.is_some_and(|it| it.owner.account_id == account);
            if is_linked_here { Ok(()) } else { Err(OidcError::LinkedElsewhere) }
        }
        Err(error) => Err(error),
        Ok(()) => {
            tracing::info!(%account, "Linked an identity");
            Ok(())
        }
    }
}

/// Lists the account's identities for the review after a password reset.
pub(in crate::features::oidc) fn list_grants<'a>(
    tx: &'a mut Tx,
    owner: GrantOwner<'a>,
) -> BoxFuture<'a, Result<Vec<GrantSummary>>> {
    Box::pin(async move {
        let identities = store::list(tx, owner.account).await?;
        let grants = identities.into_iter().map(|it| {
            let name = format!("{} at {}", it.subject, it.issuer);
            GrantSummary { kind: GrantKind::Identity, id: it.id, name, created_at: it.created_at }
        });
        Ok(grants.collect())
    })
}

/// Lists the identities that are linked to the account.
pub(in crate::features::oidc) async fn list_identities(
    app: &App,
    account: Uuid,
) -> Result<Vec<Identity>> {
    Ok(store::list(&mut app.db.read().await?, account).await?)
}

/// Unlinks the identity unless the account would have no other way to sign in.
pub(in crate::features::oidc) async fn unlink(
    app: &App,
    caller: &SessionUser,
    id: Uuid,
) -> Result<()> {
    let account = caller.user.0.account;
    app.transaction(async |tx| {
        let stored = accounts::lock_stored(tx, account).await?;
        let identities = store::list(tx, account).await?;
        if !identities.iter().any(|it| it.id == id) {
            return Err(Error::NotFound(crate::t!("core-not-found-identity")));
        }
        let others = identities.iter().filter(|it| it.id != id);
        if !stored.is_some_and(|it| it.has_password()) && !any_configured(app, others) {
            return Err(Error::conflict("last-way-in", crate::t!("oidc-last-identity")));
        }
        store::delete(tx, account, id).await?;
        let event = caller
            .client
            .annotate(Event::for_account(EventKind::IdentityUnlinked, account).by(account));
        security_log::record(tx, app.clock.now(), &event).await
    })
    .await?;
    // Stop accepting the identity's access tokens.
    accounts::evict_cached(app, account).await;
    tracing::info!(%account, "Unlinked an identity");
    Ok(())
}

/// Whether any of the identities belongs to a configured provider.
fn any_configured<'a>(app: &App, mut identities: impl Iterator<Item = &'a Identity>) -> bool {
    identities.any(|it| app.providers.by_issuer(&it.issuer).is_some())
}
