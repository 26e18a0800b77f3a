//! After a password reset, the owner reviews what else can act for the account.
//!
//! A reset ends sessions, tokens and the calendar's address. Passkeys, linked log-ins and notification
//! channels are not deleted, since most are the owner's. But an intruder may have added one, so those
//! that existed before the reset have no effect until the owner has looked at them. What there is to
//! look at comes from the `grants` of each feature.

mod api;
mod pages;
#[cfg(test)]
mod tests;

pub(super) use api::router as api;
use chrono::{DateTime, Utc};
pub(super) use pages::router as pages;
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use super::{Signed, Signer, User, session, store};
use crate::{
    core::{App, Error, Result, db::Tx},
    features::{
        self, AfterReset, Held,
        security_log::{self, Event, Kind},
    },
};

/// What can act for an account.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "AccessReview")]
pub(super) struct Review {
    /// When the password was reset; null where nothing waits to be reviewed.
    pub(super) since: Option<DateTime<Utc>>,
    /// What can act for the account. After a reset, those that were added before it have no effect
    /// until they have been reviewed.
    pub(super) items: Vec<Held>,
}

/// Something that can act for the account, and the path that a form removes it with.
struct Removable {
    held: Held,
    remove: String,
}

/// Begins a review, within the caller's transaction: whatever exists now has no effect until it ends.
pub(super) async fn begin(tx: &mut Tx, account: Uuid, now: DateTime<Utc>) -> Result<()> {
    Ok(store::set_review(tx, account, Some(now)).await?)
}

/// Whether something that was added at `added` has to wait for a review.
#[must_use]
pub fn is_held(review_since: Option<DateTime<Utc>>, added: DateTime<Utc>) -> bool {
    review_since.is_some_and(|since| added <= since)
}

async fn list(app: &App, signed: &Signed) -> Result<Vec<Removable>> {
    let mut tx = app.db.read_for(&signed.user).await?;
    let mut all = Vec::new();
    for grant in features::ALL.iter().flat_map(|feature| feature.grants) {
        let AfterReset::Held { list, remove: (before, after) } = grant.after_reset else {
            continue;
        };
        let found = list(&mut tx, signed).await?;
        all.extend(found.into_iter().map(|held| {
            let remove = format!("{before}{}{after}", held.id);
            Removable { held, remove }
        }));
    }
    Ok(all)
}

/// What can act for the account of the user.
async fn find(app: &App, user: &User) -> Result<Review> {
    let items = list(app, &user.0).await?.into_iter().map(|it| it.held).collect();
    Ok(Review { since: user.0.review_since, items })
}

/// Ends the review: what is left takes effect again.
///
/// # Errors
/// `ConfirmationRequired` where the password was not given within the last ten minutes.
async fn finish(app: &App, signer: &Signer) -> Result<()> {
    if !super::has_lately_confirmed(app, signer).await? {
        return Err(Error::ConfirmationRequired);
    }
    let account = signer.user.0.account;
    let mut tx = app.db.write().await?;
    store::set_review(&mut tx, account, None).await?;
    let event = Event::of(Kind::AccessReviewed, account);
    security_log::record(&mut tx, app.clock.now(), &signer.arrival.mark(event)).await?;
    tx.commit().await?;
    session::forget(app, account).await;
    Ok(())
}
