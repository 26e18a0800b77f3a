//! The access review after a password reset.
//!
//! A reset revokes sessions, tokens and the calendar link. It does not delete passkeys, linked accounts and
//! notification channels, because most of them are the user's own. An intruder may have added one,
//! however, so existing ones have no effect until the user has reviewed them. The tables of each feature
//! define what is reviewed.

mod api;
mod pages;
#[cfg(test)]
mod tests;

pub(super) use api::router as api;
use chrono::{DateTime, Utc};
pub(super) use pages::router as pages;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    app::App,
    core::{
        Error, Result,
        feature::{Access, GrantOwner, GrantSummary, OnPasswordReset},
    },
    features::{
        self,
        accounts::{self, Principal, SessionUser, User},
        security_log::{self, Event, EventKind},
    },
};

/// What has access to an account, or receives its data.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AccessReview {
    /// When the password was reset; null if there is nothing to review.
    pub(super) since: Option<DateTime<Utc>>,
    /// What has access to the account, or receives its data. After a reset, items that were added before it
    /// have no effect until the review is completed.
    pub(super) items: Vec<GrantSummary>,
}

/// An item of the review, and the form action that removes it.
struct ReviewItem {
    grant: GrantSummary,
    remove_path: String,
}

async fn list_items(app: &App, principal: &Principal) -> Result<Vec<ReviewItem>> {
    let mut tx = app.db.read_for(&principal.user).await?;
    let mut all = Vec::new();
    let owner =
        GrantOwner { user: &principal.user, account: principal.account, email: &principal.email };
    for table in features::tables() {
        let Access::Granted(OnPasswordReset::RequireReview { list, remove: (prefix, suffix) }) =
            table.access
        else {
            continue;
        };
        let found = list(&mut tx, owner).await?;
        all.extend(found.into_iter().map(|grant| {
            let remove_path = format!("{prefix}{}{suffix}", grant.id);
            ReviewItem { grant, remove_path }
        }));
    }
    Ok(all)
}

/// Loads the access review of the user's account.
async fn find(app: &App, user: &User) -> Result<AccessReview> {
    let items = list_items(app, &user.0).await?.into_iter().map(|it| it.grant).collect();
    Ok(AccessReview { since: user.0.review_since, items })
}

/// Completes the review: the remaining items take effect again.
///
/// # Errors
/// `ConfirmationRequired` if the user has not signed in or confirmed their password within the last ten
/// minutes.
async fn finish(app: &App, caller: &SessionUser) -> Result<()> {
    if !super::has_recently_confirmed(app, caller).await? {
        return Err(Error::ConfirmationRequired);
    }
    let account = caller.user.0.account;
    app.transaction(async |tx| {
        accounts::set_review_since(tx, account, None).await?;
        let event = Event::for_account(EventKind::AccessReviewed, account);
        security_log::record(tx, app.clock.now(), &caller.client.annotate(event)).await
    })
    .await?;
    accounts::evict_cached(app, account).await;
    Ok(())
}
