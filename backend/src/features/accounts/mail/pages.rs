//! The page that a link to confirm an address opens.

use askama::Template;
use axum::{
    Router,
    extract::{RawQuery, State},
    response::Html,
    routing::get,
};

use super::{Purpose, confirm, find_link};
use crate::{
    core::{
        App, Result,
        http::Form,
        web::{self, Shell},
    },
    features::accounts::Arrival,
};

pub(in crate::features::accounts) fn router() -> Router<App> {
    Router::new().route("/mail/confirm", get(show).post(save))
}

#[derive(Template)]
#[template(path = "features/accounts/templates/confirm_address.html")]
struct ConfirmAddress {
    shell: Shell,
    token: String,
    is_confirmed: bool,
}

/// Asks before it confirms: programs that scan mail open links, too.
async fn show(
    State(app): State<App>,
    shell: Shell,
    RawQuery(query): RawQuery,
) -> Result<Html<String>> {
    let token = web::parameter(query.as_deref(), "token").unwrap_or_default();
    let now = app.clock.now();
    find_link(&mut app.db.read().await?, &token, Purpose::Confirm, now).await?;
    web::page(&ConfirmAddress { shell, token, is_confirmed: false })
}

async fn save(
    State(app): State<App>,
    shell: Shell,
    arrival: Arrival,
    form: Form,
) -> Result<Html<String>> {
    confirm(&app, form.get("token"), &arrival).await?;
    web::page(&ConfirmAddress { shell, token: String::new(), is_confirmed: true })
}
