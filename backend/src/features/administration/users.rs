//! Accounts: when they were last used, administrator roles, and disabling them.

use std::collections::HashMap;

use uuid::Uuid;

use super::{model::UserChange, store};
use crate::{
    app::App,
    core::{
        Error, Result,
        db::Tx,
        http::{Cursor, IfMatch, Limit, NewestFirst, Page},
    },
    features::{
        accounts::{
            self, Administrator, ClientInfo,
            admin::{self, ManagedAccount},
        },
        security_log::{self, Event, EventKind},
        sessions, tokens,
    },
};

/// Lists accounts, newest first. With `search`, lists only accounts whose address or name contains it.
pub(super) async fn list(
    tx: &mut Tx,
    search: Option<&str>,
    cursor: Option<Cursor<NewestFirst>>,
    limit: Limit,
) -> Result<Page<ManagedAccount>> {
    let Page { items, next_cursor } = admin::list(tx, search, cursor, limit).await?;
    Ok(Page { items: with_last_seen(tx, items).await?, next_cursor })
}

/// Finds the account `id`.
///
/// # Errors
/// `NotFound`.
pub(super) async fn find(tx: &mut Tx, id: Uuid) -> Result<ManagedAccount> {
    let account = admin::find(tx, id).await?;
    with_last_seen_of_one(tx, account).await
}

/// Sets when each account was last used in a session or with a token.
async fn with_last_seen(tx: &mut Tx, accounts: Vec<ManagedAccount>) -> Result<Vec<ManagedAccount>> {
    let ids: Vec<_> = accounts.iter().map(|it| it.id).collect();
    let mut last_seen: HashMap<_, _> = sessions::last_seen(tx, &ids).await?.into_iter().collect();
    for (id, moment) in tokens::last_used(tx, &ids).await? {
        let last = last_seen.entry(id).or_insert(moment);
        *last = moment.max(*last);
    }
    let set = |it: ManagedAccount| {
        let moment = last_seen.get(&it.id).copied();
        it.with_last_seen(moment)
    };
    Ok(accounts.into_iter().map(set).collect())
}

async fn with_last_seen_of_one(tx: &mut Tx, account: ManagedAccount) -> Result<ManagedAccount> {
    let mut accounts = with_last_seen(tx, vec![account]).await?;
    accounts.pop().ok_or(Error::NotFound(crate::t!("core-not-found-user")))
}

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
    let before = with_last_seen_of_one(tx, before).await?;
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
