//! The page to reset a password with a link.

use askama::Template;
use axum::{
    extract::{RawQuery, State},
    response::{Html, IntoResponse, Response},
};

use crate::{
    core::{
        App, Result,
        http::Form,
        web::{self, Errors, Sheet, Shell},
    },
    features::{
        accounts::ClientInfo,
        administration::{model::Reset, resets},
    },
};

const LABELS: &[(&str, &str)] = &[("password", "New password")];

#[derive(Template)]
#[template(path = "features/administration/templates/reset.html")]
struct SetPassword {
    shell: Shell,
    sheet: Sheet,
    is_done: bool,
}

/// Shows the form. The token is in the query of the link, and in a hidden field of the form.
pub(super) async fn show(
    State(app): State<App>,
    shell: Shell,
    RawQuery(query): RawQuery,
) -> Result<Html<String>> {
    let query = query.unwrap_or_default();
    let mut query = form_urlencoded::parse(query.as_bytes());
    let token = query.find(|(name, _)| name == "token").map(|it| it.1.into_owned());
    let token = token.unwrap_or_default();
    resets::check_token(&app, &token).await?;
    let sheet = Sheet::new(LABELS, Form::of([("token", token)]));
    web::page(&SetPassword { shell, sheet, is_done: false })
}

pub(super) async fn use_token(
    State(app): State<App>,
    shell: Shell,
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
            let sheet = Sheet::new(LABELS, Form::default());
            Ok(web::page(&SetPassword { shell, sheet, is_done: true })?.into_response())
        }
        Err(error) => {
            let sheet = Sheet::again(LABELS, form, Errors::of(error)?);
            web::page_again(&SetPassword { shell, sheet, is_done: false })
        }
    }
}
