//! Reviewing as a page.

use askama::Template;
use axum::{
    Router,
    extract::State,
    response::{Html, Redirect},
    routing::get,
};
use chrono::{DateTime, Utc};

use super::{Removable, list};
use crate::{
    core::{
        App, Result, units,
        web::{self, Shell},
    },
    features::{
        accounts::{Preferences, Signer, User, administered},
        security_log::{self, Kind, Listing},
    },
};

pub(in crate::features::accounts) fn router() -> Router<App> {
    Router::new().route("/settings/review", get(show).post(finish))
}

#[derive(Template)]
#[template(path = "features/accounts/templates/review.html")]
struct ReviewPage {
    shell: Shell,
    since: Option<DateTime<Utc>>,
    /// Who made the link that reset the password.
    reset_by: Option<String>,
    items: Vec<Removable>,
    preferences: Preferences,
}

impl ReviewPage {
    /// The user's own day of a moment.
    fn day(&self, moment: &DateTime<Utc>) -> String {
        units::day(self.preferences.today(*moment))
    }
}

async fn show(State(app): State<App>, user: User, shell: Shell) -> Result<Html<String>> {
    let signed = &user.0;
    let reset_by = match signed.review_since {
        Some(_) => reset_by(&app, &user).await?,
        None => None,
    };
    web::page(&ReviewPage {
        shell,
        since: signed.review_since,
        reset_by,
        items: list(&app, signed).await?,
        preferences: signed.preferences.clone(),
    })
}

/// Who made the account's latest reset link.
async fn reset_by(app: &App, user: &User) -> Result<Option<String>> {
    let listing = Listing {
        kind: Some(Kind::ResetMade),
        subject: Some(user.0.account),
        limit: crate::core::http::Limit::new(1),
        ..Listing::default()
    };
    let mut tx = app.db.read().await?;
    let made = security_log::list(&mut tx, &listing).await?.items.into_iter().next();
    let Some(actor) = made.and_then(|it| it.actor_id) else { return Ok(None) };
    Ok(Some(administered::find(&mut tx, actor).await?.title()))
}

async fn finish(State(app): State<App>, signer: Signer) -> Result<Redirect> {
    super::finish(&app, &signer).await?;
    Ok(Redirect::to("/settings/security?reviewed"))
}
