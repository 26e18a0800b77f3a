//! The page that an address confirmation link opens.

use askama::Template;
use axum::{
    Router,
    extract::{RawQuery, State},
    response::Html,
    routing::get,
};

use super::{LinkPurpose, confirm, find_link};
use crate::{
    app::App,
    core::{
        Result,
        http::Form,
        web::{self, Layout},
    },
    features::accounts::ClientInfo,
};

pub(in crate::features::accounts) fn router() -> Router<App> {
    Router::new().route("/mail/confirm", get(show).post(save))
}

#[derive(Template)]
#[template(path = "features/accounts/templates/confirm_address.html")]
struct ConfirmAddress {
    layout: Layout,
    token: String,
    is_confirmed: bool,
}

/// Shows a form instead of confirming directly, because mail scanners also open links.
async fn show(
    State(app): State<App>,
    layout: Layout,
    RawQuery(query): RawQuery,
) -> Result<Html<String>> {
    let token = web::parameter(query.as_deref(), "token").unwrap_or_default();
    let now = app.clock.now();
    find_link(&mut app.db.read().await?, &token, LinkPurpose::Confirm, now).await?;
    web::page(&ConfirmAddress { layout, token, is_confirmed: false })
}

async fn save(
    State(app): State<App>,
    layout: Layout,
    client: ClientInfo,
    form: Form,
) -> Result<Html<String>> {
    confirm(&app, form.get("token"), &client).await?;
    web::page(&ConfirmAddress { layout, token: String::new(), is_confirmed: true })
}
