//! The page for the access review.

use askama::Template;
use axum::{
    Router,
    extract::State,
    response::{Html, Redirect},
    routing::get,
};
use chrono::{DateTime, Utc};

use super::{ReviewItem, list_items};
use crate::{
    app::App,
    core::{
        Result, locale,
        web::{self, Layout},
    },
    features::{
        accounts::{Preferences, SessionUser, User, admin},
        security_log::{self, EventKind, EventQuery},
    },
};

pub(in crate::features::sessions) fn router() -> Router<App> {
    Router::new().route("/settings/review", get(show).post(finish))
}

#[derive(Template)]
#[template(path = "features/sessions/templates/review.html")]
struct ReviewPage {
    layout: Layout,
    since: Option<DateTime<Utc>>,
    /// The name of the administrator who created the reset link.
    reset_by: Option<String>,
    items: Vec<ReviewItem>,
    preferences: Preferences,
}

impl ReviewPage {
    /// Formats the date of a time in the user's time zone.
    fn day(&self, time: &DateTime<Utc>) -> String {
        locale::day(self.preferences.today(*time))
    }
}

async fn show(State(app): State<App>, user: User, layout: Layout) -> Result<Html<String>> {
    let principal = &user.0;
    let reset_by = match principal.review_since {
        Some(_) => find_reset_creator(&app, &user).await?,
        None => None,
    };
    web::page(&ReviewPage {
        layout,
        since: principal.review_since,
        reset_by,
        items: list_items(&app, principal).await?,
        preferences: principal.preferences.clone(),
    })
}

/// Finds the name of the administrator who created the account's latest reset link.
async fn find_reset_creator(app: &App, user: &User) -> Result<Option<String>> {
    let listing = EventQuery {
        kind: Some(EventKind::ResetLinkCreated),
        subject: Some(user.0.account),
        limit: crate::core::http::Limit::new(1),
        ..EventQuery::default()
    };
    let mut tx = app.db.read().await?;
    let event = security_log::list(&mut tx, &listing).await?.items.into_iter().next();
    let Some(actor) = event.and_then(|it| it.actor_id) else { return Ok(None) };
    Ok(Some(admin::find(&mut tx, actor).await?.title()))
}

async fn finish(State(app): State<App>, caller: SessionUser) -> Result<Redirect> {
    super::finish(&app, &caller).await?;
    Ok(Redirect::to("/settings/security?reviewed"))
}
