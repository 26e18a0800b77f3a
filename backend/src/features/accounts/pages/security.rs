//! The page of how one gets in: the password, and the sessions that are open.

use askama::Template;
use axum::{
    Router,
    extract::{RawQuery, State},
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use uuid::Uuid;

use crate::{
    core::{
        App, Error, Result,
        http::{Form, Once, Path},
        web::{self, Errors, Sheet, Shell},
    },
    features::accounts::{
        Arrival, Signer, User,
        model::{PasswordChange, Session},
        service,
    },
};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/settings/security", get(show))
        .route("/settings/password", post(change_password))
        .route("/settings/sessions/end-others", post(end_others))
        .route("/settings/sessions/{id}/end", post(end))
}

const LABELS: &[(&str, &str)] =
    &[("currentPassword", "Password now"), ("newPassword", "New password")];

#[derive(Template)]
#[template(path = "features/accounts/templates/security.html")]
struct Security {
    shell: Shell,
    sheet: Sheet,
    email: String,
    sessions: Vec<Session>,
    /// What was done just now.
    done: Option<&'static str>,
    /// Why nothing was, where it is not about one field.
    refused: Option<String>,
}

impl Security {
    async fn new(app: &App, user: &User, shell: Shell, sheet: Sheet) -> Result<Self> {
        let sessions = service::sessions(app, user).await?.items;
        let email = user.0.email.clone();
        Ok(Self { shell, sheet, email, sessions, done: None, refused: None })
    }
}

async fn show(
    State(app): State<App>,
    user: User,
    shell: Shell,
    RawQuery(query): RawQuery,
) -> Result<Html<String>> {
    let done = match query.as_deref() {
        Some("password") => {
            Some("Password changed. Every other session and every token has ended.")
        }
        Some("reviewed") => Some("Checked. What you have not removed works again."),
        Some("ended") => Some("Signed out there."),
        _ => None,
    };
    let page = Security::new(&app, &user, shell, Sheet::new(LABELS, Form::default())).await?;
    web::page(&Security { done, ..page })
}

async fn change_password(
    State(app): State<App>,
    signer: Signer,
    arrival: Arrival,
    shell: Shell,
    form: Form,
) -> Result<Response> {
    let changed = match form.read::<PasswordChange>(&app) {
        Ok(change) => {
            service::change_password(&app, &signer, change, &arrival, &Once::default()).await
        }
        Err(error) => Err(error),
    };
    let Err(error) = changed else {
        return Ok(Redirect::to("/settings/security?password").into_response());
    };
    if let Error::TooManyRequests(_) = error {
        let sheet = Sheet::new(LABELS, Form::default());
        let refused = Some(web::sentence(&error.to_string()));
        let page = Security::new(&app, &signer.user, shell, sheet).await?;
        let page = web::page(&Security { refused, ..page })?;
        return Ok((error.kind().0, page).into_response());
    }
    let sheet = Sheet::again(LABELS, form, Errors::of(error)?);
    web::page_again(&Security::new(&app, &signer.user, shell, sheet).await?)
}

async fn end(State(app): State<App>, signer: Signer, Path(id): Path<Uuid>) -> Result<Redirect> {
    service::end_session(&app, &signer, id).await?;
    Ok(Redirect::to("/settings/security?ended"))
}

async fn end_others(State(app): State<App>, signer: Signer) -> Result<Redirect> {
    service::end_other_sessions(&app, &signer).await?;
    Ok(Redirect::to("/settings/security?ended"))
}
