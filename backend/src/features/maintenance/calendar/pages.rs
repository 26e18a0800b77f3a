//! The page for the calendar link.

use askama::Template;
use axum::{
    Router,
    extract::State,
    response::{Html, IntoResponse as _, Redirect, Response},
    routing::{get, post},
};

use crate::{
    app::App,
    core::{
        Error, Result,
        http::Idempotency,
        http::Links,
        web::{self, Layout},
    },
    features::{
        accounts::{Credential, SessionUser, User},
        tokens::calendar_links,
    },
};

pub(in crate::features::maintenance) fn router() -> Router<App> {
    Router::new()
        .route("/maintenance/calendar", get(show).post(create))
        .route("/maintenance/calendar/revoke", post(revoke))
}

#[derive(Template)]
#[template(path = "features/maintenance/templates/calendar.html")]
struct CalendarPage {
    layout: Layout,
    /// When the link was created, if there is one.
    since: Option<String>,
    /// The URL of a link that was just created. It is shown only once.
    created_url: Option<String>,
}

async fn show(State(app): State<App>, user: User, layout: Layout) -> Result<Html<String>> {
    let link = calendar_links::find(&app, &user).await?;
    let since = link.map(|it| user.0.preferences.format_time(it.created_at));
    web::page(&CalendarPage { layout, since, created_url: None })
}

async fn create(
    State(app): State<App>,
    caller: SessionUser,
    credential: Credential,
    links: Links,
    layout: Layout,
) -> Result<Html<String>> {
    let created =
        calendar_links::create(&app, &caller, &credential, &Idempotency::default()).await?;
    let url = links.to("/api/maintenance/calendar.ics", "token", &created.token);
    let since = caller.user.0.preferences.format_time(created.link.created_at);
    web::page(&CalendarPage { layout, since: Some(since), created_url: Some(url) })
}

async fn revoke(State(app): State<App>, caller: SessionUser) -> Result<Response> {
    match calendar_links::revoke(&app, &caller).await {
        // Revoking a link that does not exist succeeds, too.
        Ok(()) | Err(Error::NotFound(_)) => {
            Ok(Redirect::to("/maintenance/calendar").into_response())
        }
        Err(error) => Err(error),
    }
}
