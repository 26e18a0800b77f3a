//! The page for the password and active sessions.

use askama::Template;
use axum::{
    Router,
    extract::{RawQuery, State},
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use uuid::Uuid;

use crate::{
    app::App,
    core::{
        Error, Result,
        http::{Form, Idempotency, Path},
        locale::Message,
        web::{self, FormView, Layout},
    },
    features::{
        accounts::{ClientInfo, SessionUser, User},
        sessions::{model::Session, service},
    },
    t,
};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/settings/security", get(show))
        .route("/settings/password", post(change_password))
        .route("/settings/sessions/end-others", post(end_others))
        .route("/settings/sessions/{id}/end", post(end))
}

const LABELS: &[(&str, &str)] = &[
    ("currentPassword", "sessions-label-current-password"),
    ("newPassword", "sessions-label-new-password"),
];

#[derive(Template)]
#[template(path = "features/sessions/templates/security.html")]
struct SecurityPage {
    layout: Layout,
    view: FormView,
    email: String,
    sessions: Vec<Session>,
    /// The success message of the previous action.
    done: Option<Message>,
    /// Why the action failed, if the reason does not belong to a field.
    refused: Option<String>,
}

impl SecurityPage {
    async fn new(app: &App, user: &User, layout: Layout, view: FormView) -> Result<Self> {
        let sessions = service::list_sessions(app, user).await?.items;
        let email = user.0.email.clone();
        Ok(Self { layout, view, email, sessions, done: None, refused: None })
    }
}

async fn show(
    State(app): State<App>,
    user: User,
    layout: Layout,
    RawQuery(query): RawQuery,
) -> Result<Html<String>> {
    let done = match query.as_deref() {
        Some("password") => Some(t!("sessions-security-password-changed")),
        Some("reviewed") => Some(t!("sessions-security-reviewed")),
        Some("ended") => Some(t!("sessions-security-ended")),
        _ => None,
    };
    let page =
        SecurityPage::new(&app, &user, layout, FormView::new(LABELS, Form::default())).await?;
    web::page(&SecurityPage { done, ..page })
}

async fn change_password(
    State(app): State<App>,
    caller: SessionUser,
    client: ClientInfo,
    layout: Layout,
    form: Form,
) -> Result<Response> {
    let changed = async {
        service::change_password(&app, &caller, form.read(&app)?, &client, &Idempotency::default())
            .await
    };
    let Err(error) = changed.await else {
        return Ok(Redirect::to("/settings/security?password").into_response());
    };
    if let Error::TooManyRequests(_) = error {
        let view = FormView::new(LABELS, Form::default());
        let refused = Some(web::sentence(&error.to_string()));
        let page = SecurityPage::new(&app, &caller.user, layout, view).await?;
        let page = web::page(&SecurityPage { refused, ..page })?;
        return Ok((error.kind().0, page).into_response());
    }
    let view = FormView::rejected(LABELS, form, error)?;
    web::invalid_form_page(&SecurityPage::new(&app, &caller.user, layout, view).await?)
}

async fn end(
    State(app): State<App>,
    caller: SessionUser,
    Path(id): Path<Uuid>,
) -> Result<Redirect> {
    service::end_session(&app, &caller, id).await?;
    Ok(Redirect::to("/settings/security?ended"))
}

async fn end_others(State(app): State<App>, caller: SessionUser) -> Result<Redirect> {
    service::end_other_sessions(&app, &caller).await?;
    Ok(Redirect::to("/settings/security?ended"))
}
