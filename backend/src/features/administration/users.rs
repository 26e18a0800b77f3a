//! What accounts may do.

use uuid::Uuid;

use super::{model::UserChange, store};
use crate::{
    core::{App, Error, Result, db::Tx, http::IfMatch},
    features::{
        accounts::{
            Administrator, ClientInfo,
            admin::{self, ManagedAccount},
        },
        security_log::{self, Event, Kind},
    },
};

/// Changes what an account may do. The last administrator who is not disabled stays one.
pub(super) async fn change(
    app: &App,
    administrator: &Administrator,
    client: &ClientInfo,
    id: Uuid,
    change: &UserChange,
    if_match: &IfMatch,
) -> Result<ManagedAccount> {
    let actor = administrator.0.0.account;
    let mut tx = app.db.write().await?;
    let (before, administrators) = admin::lock(&mut tx, id).await?;
    // Somebody may have unmade whoever asks just now.
    if !administrators.contains(&actor) {
        return Err(Error::Forbidden("only an administrator may do this"));
    }
    if_match.check(&before)?;
    let now = app.clock.now();
    let is_disabled = change.is_disabled.or(before.disabled_at.is_some());
    let after = ManagedAccount {
        is_admin: change.is_admin.or(before.is_admin),
        disabled_at: is_disabled.then(|| before.disabled_at.unwrap_or(now)),
        ..before.clone()
    };
    if administrators == [id] && !(after.is_admin && after.disabled_at.is_none()) {
        return Err(Error::conflict(
            "last-administrator",
            "this is the last administrator: make another one first",
        ));
    }
    admin::update_access(&mut tx, &after, now).await?;
    for kind in changes(&before, &after) {
        let event = client.annotate(Event::of(kind, id).by(actor));
        security_log::record(&mut tx, now, &event).await?;
        tracing::info!(account = %id, by = %actor, what = kind.as_str(), "Changed an account");
    }
    if after.disabled_at.is_some() && before.disabled_at.is_none() {
        end_everything(&mut tx, id).await?;
    }
    tx.commit().await?;
    admin::evict_cached(app, id).await;
    Ok(after)
}

/// Ends every session of the account, revokes its tokens and takes its reset's link away, within
/// the caller's transaction.
pub(super) async fn end_everything(tx: &mut Tx, account: Uuid) -> Result<()> {
    admin::revoke_access(tx, account).await?;
    store::delete_of(tx, account).await?;
    Ok(())
}

/// What there is to say of a change.
pub(super) fn changes(before: &ManagedAccount, after: &ManagedAccount) -> Vec<Kind> {
    let admin = match (before.is_admin, after.is_admin) {
        (false, true) => Some(Kind::AdministratorMade),
        (true, false) => Some(Kind::AdministratorUnmade),
        _ => None,
    };
    let disabled = match (before.disabled_at.is_some(), after.disabled_at.is_some()) {
        (false, true) => Some(Kind::AccountDisabled),
        (true, false) => Some(Kind::AccountEnabled),
        _ => None,
    };
    admin.into_iter().chain(disabled).collect()
}
