//! Administrator roles, and disabling accounts.

use uuid::Uuid;

use super::{model::UserChange, store};
use crate::{
    app::App,
    core::{Error, Result, db::Tx, http::IfMatch},
    features::{
        accounts::{
            self, Administrator, ClientInfo,
            admin::{self, ManagedAccount},
        },
        security_log::{self, Event, EventKind},
        sessions,
    },
};

/// Changes the role or the state of an account. The last enabled administrator cannot be demoted or
/// disabled.
pub(super) async fn change(
    app: &App,
    administrator: &Administrator,
    client: &ClientInfo,
    id: Uuid,
    change: &UserChange,
    if_match: &IfMatch,
) -> Result<ManagedAccount> {
    let actor = administrator.0.0.account;
    let after = app.transaction(async |tx| {
    let (before, administrators) = admin::lock(tx, id).await?;
    // The acting administrator may have been demoted just now.
    if !administrators.contains(&actor) {
        return Err(Error::Forbidden(crate::t!("core-forbidden-not-administrator")));
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
            crate::t!("administration-last-administrator"),
        ));
    }
    admin::update_access(tx, &after, now).await?;
    for kind in event_kinds(&before, &after) {
        let event = client.annotate(Event::for_account(kind, id).by(actor));
        security_log::record(tx, now, &event).await?;
        tracing::info!(account = %id, by = %actor, what = kind.as_str(), "Changed an account");
    }
    if after.disabled_at.is_some() && before.disabled_at.is_none() {
        revoke_access(tx, id).await?;
    }
    Ok(after)
    }).await?;
    accounts::evict_cached(app, id).await;
    Ok(after)
}

/// Ends the sessions of the account, and revokes its tokens and its reset link.
pub(super) async fn revoke_access(tx: &mut Tx, account: Uuid) -> Result<()> {
    sessions::revoke_access(tx, account, None).await?;
    store::delete_by_account(tx, account).await?;
    Ok(())
}

/// Returns the events to record for a change.
pub(super) fn event_kinds(before: &ManagedAccount, after: &ManagedAccount) -> Vec<EventKind> {
    let admin = match (before.is_admin, after.is_admin) {
        (false, true) => Some(EventKind::AdminRightsGranted),
        (true, false) => Some(EventKind::AdminRightsRemoved),
        _ => None,
    };
    let disabled = match (before.disabled_at.is_some(), after.disabled_at.is_some()) {
        (false, true) => Some(EventKind::AccountDisabled),
        (true, false) => Some(EventKind::AccountEnabled),
        _ => None,
    };
    admin.into_iter().chain(disabled).collect()
}
