//! The page to reset a password with a link.

use askama::Template;
use axum::{
    extract::{RawQuery, State},
    response::{Html, IntoResponse, Response},
};

use crate::{
    app::App,
    core::{
        Result,
        http::Form,
        web::{self, FormView, Layout},
    },
    features::{
        accounts::ClientInfo,
        administration::{model::Reset, resets},
    },
};

const LABELS: &[(&str, &str)] = &[("password", "administration-reset-password")];

#[derive(Template)]
#[template(path = "features/administration/templates/reset.html")]
struct SetPassword {
    layout: Layout,
    view: FormView,
    is_done: bool,
}

/// Shows the form. The token is in the query of the link, and in a hidden field of the form.
pub(super) async fn show(
    State(app): State<App>,
    layout: Layout,
    RawQuery(query): RawQuery,
) -> Result<Html<String>> {
    let query = query.unwrap_or_default();
    let mut query = url::form_urlencoded::parse(query.as_bytes());
    let token = query.find(|(name, _)| name == "token").map(|it| it.1.into_owned());
    let token = token.unwrap_or_default();
    resets::check_token(&app, &token).await?;
    let view = FormView::new(LABELS, Form::from_fields([("token", token)]));
    web::page(&SetPassword { layout, view, is_done: false })
}

pub(super) async fn use_token(
    State(app): State<App>,
    layout: Layout,
    client: ClientInfo,
    form: Form,
) -> Result<Response> {
    resets::check_token(&app, form.get("token")).await?;
    let done = match form.read::<Reset>(&app) {
        Ok(reset) => resets::use_token(&app, &reset, &client).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => {
            let view = FormView::new(LABELS, Form::default());
            Ok(web::page(&SetPassword { layout, view, is_done: true })?.into_response())
        }
        Err(error) => {
            let view = FormView::rejected(LABELS, form, error)?;
            web::invalid_form_page(&SetPassword { layout, view, is_done: false })
        }
    }
}
