//! The calendar's address as a page.

use askama::Template;
use axum::{
    Router,
    extract::State,
    response::{Html, IntoResponse as _, Redirect, Response},
    routing::{get, post},
};

use crate::{
    core::{
        App, Error, Result,
        http::Links,
        http::Once,
        web::{self, Shell},
    },
    features::accounts::{Credential, SessionUser, User, calendar_links},
};

pub(in crate::features::maintenance) fn router() -> Router<App> {
    Router::new()
        .route("/maintenance/calendar", get(show).post(make))
        .route("/maintenance/calendar/revoke", post(revoke))
}

#[derive(Template)]
#[template(path = "features/maintenance/templates/calendar.html")]
struct CalendarPage {
    shell: Shell,
    /// When the address was made, if there is one.
    since: Option<String>,
    /// The address that was made just now: it is shown this once.
    made: Option<String>,
}

async fn show(State(app): State<App>, user: User, shell: Shell) -> Result<Html<String>> {
    let link = calendar_links::find(&app, &user).await?;
    let since = link.map(|it| user.0.preferences.format_time(it.created_at));
    web::page(&CalendarPage { shell, since, made: None })
}

async fn make(
    State(app): State<App>,
    caller: SessionUser,
    credential: Credential,
    links: Links,
    shell: Shell,
) -> Result<Html<String>> {
    let made = calendar_links::create(&app, &caller, &credential, &Once::default()).await?;
    let url = links.to("/api/maintenance/calendar.ics", "token", &made.token);
    let since = caller.user.0.preferences.format_time(made.link.created_at);
    web::page(&CalendarPage { shell, since: Some(since), made: Some(url) })
}

async fn revoke(State(app): State<App>, caller: SessionUser) -> Result<Response> {
    match calendar_links::revoke(&app, &caller).await {
        // Already as it is wanted.
        Ok(()) | Err(Error::NotFound(_)) => {
            Ok(Redirect::to("/maintenance/calendar").into_response())
        }
        Err(error) => Err(error),
    }
}
