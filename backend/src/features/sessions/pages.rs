//! The pages for registration and sign-in.

mod security;

use askama::Template;
use axum::{
    Router,
    extract::{RawQuery, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};

use super::{
    api::{CLEAR_SITE_DATA, CLEARED_DATA},
    authentication::{Cookies, clear_session_cookie},
    contribution::{ProviderOption, provider_options, supports_passkeys},
    redirect_to_second_factor, service,
};
use crate::{
    app::App,
    core::{
        Error, Result,
        config::Registration,
        http::{Form, Idempotency},
        web::{self, Errors, FormView, Layout},
    },
    features::{
        accounts::{AnySession, ClientInfo, has_accounts, session_token_hash},
        invitations,
    },
    t,
};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/register", get(show_register).post(register))
        .route("/login", get(show_login).post(log_in))
        .route("/logout", post(log_out))
        .merge(security::router())
}

/// The page that follows a sign-in.
const HOME: &str = "/";

/// The page that follows a registration: the first step.
const WELCOME: &str = "/welcome";

const LABELS: &[(&str, &str)] = &[
    ("email", "accounts-label-email"),
    ("password", "accounts-label-password"),
    ("displayName", "sessions-label-display-name"),
    ("setupToken", "sessions-label-setup-token"),
    ("invitation", "sessions-label-invitation"),
];

#[derive(Template)]
#[template(path = "features/sessions/templates/register.html")]
struct RegisterPage {
    layout: Layout,
    view: FormView,
    is_first: bool,
    /// Whether the form requires the setup token.
    needs_setup_token: bool,
    offers: Vec<ProviderOption>,
    email_attrs: &'static str,
}

impl RegisterPage {
    fn new(app: &App, layout: Layout, view: FormView, is_first: bool) -> Self {
        // An invitation may prefill the address. The focus is then on the password.
        let email_attrs = if view.get("email").is_empty() {
            r#"autocomplete="username" maxlength="254" required autofocus"#
        } else {
            r#"autocomplete="username" maxlength="254" required"#
        };
        let needs_setup_token = is_first && app.auth.setup_token().is_some();
        Self {
            layout,
            view,
            is_first,
            needs_setup_token,
            offers: provider_options(app),
            email_attrs,
        }
    }
}

#[derive(Template)]
#[template(path = "features/sessions/templates/registration_closed.html")]
struct RegistrationClosed {
    layout: Layout,
    offers: Vec<ProviderOption>,
    /// Whether users can register with an invitation.
    accepts_invitations: bool,
}

fn is_open(app: &App) -> bool {
    app.config.auth.registration == Registration::Open
}

async fn show_register(
    State(app): State<App>,
    layout: Layout,
    RawQuery(query): RawQuery,
) -> Result<Response> {
    if layout.is_signed_in() {
        return Ok(Redirect::to(HOME).into_response());
    }
    let is_first = !has_accounts(&app).await?;
    let mut form = Form::default();
    if let Some(token) = web::parameter(query.as_deref(), "invitation").filter(|_| !is_first) {
        if app.config.auth.registration == Registration::Closed {
            return render_registration_closed(&app, layout);
        }
        let mut tx = app.db.read().await?;
        let invitation = invitations::find_usable(&mut tx, &token, app.clock.now()).await?;
        let invitation = invitation.ok_or(Error::NotFound(t!("core-not-found-used-invitation")))?;
        form.set("email", invitation.email.unwrap_or_default());
        form.set("invitation", token);
    } else if !is_first && !is_open(&app) {
        return render_registration_closed(&app, layout);
    }
    let view = FormView::new(LABELS, form);
    Ok(web::page(&RegisterPage::new(&app, layout, view, is_first))?.into_response())
}

fn render_registration_closed(app: &App, layout: Layout) -> Result<Response> {
    let accepts_invitations = app.config.auth.registration == Registration::Invite;
    let page = web::page(&RegistrationClosed {
        layout,
        offers: provider_options(app),
        accepts_invitations,
    })?;
    Ok((StatusCode::FORBIDDEN, page).into_response())
}

async fn register(
    State(app): State<App>,
    layout: Layout,
    client: ClientInfo,
    mut form: Form,
) -> Result<Response> {
    let idempotency = Idempotency::from_form(&mut form, "register");
    let registered =
        async { service::register(&app, form.read(&app)?, &client, idempotency).await };
    let errors = match registered.await {
        Ok(signed_in) => {
            return Ok(redirect_with_cookies(signed_in.opened.cookies(&app)?, WELCOME));
        }
        Err(Error::Forbidden(_)) => return render_registration_closed(&app, layout),
        Err(Error::Conflict { name: "duplicate-email", .. }) => {
            Errors::from_error(Error::invalid("email", t!("sessions-field-email-taken")))?
        }
        Err(error) => Errors::from_error(error)?,
    };
    let is_first = !has_accounts(&app).await?;
    web::invalid_form_page(&RegisterPage::new(
        &app,
        layout,
        FormView::with_errors(LABELS, form, errors),
        is_first,
    ))
}

/// Redirects the browser and sets cookies.
fn redirect_with_cookies(cookies: Cookies, path: &str) -> Response {
    (cookies, Redirect::to(path)).into_response()
}

#[derive(Template)]
#[template(path = "features/sessions/templates/login.html")]
struct LoginPage {
    layout: Layout,
    view: FormView,
    /// The path to redirect to after signing in.
    next: String,
    /// Why signing in failed, if the reason does not belong to a field.
    refused: Option<String>,
    is_open: bool,
    /// Whether passkeys are available.
    has_passkeys: bool,
    offers: Vec<ProviderOption>,
    email_attrs: &'static str,
    password_attrs: &'static str,
}

impl LoginPage {
    fn new(
        app: &App,
        headers: &HeaderMap,
        layout: Layout,
        view: FormView,
        next: &str,
        refused: Option<&Error>,
    ) -> Self {
        // The focus is on the first empty field.
        let has_email = !view.get("email").is_empty();
        Self {
            next: web::local_path(next).to_owned(),
            refused: refused.map(|error| web::sentence(&error.to_string())),
            is_open: is_open(app),
            has_passkeys: supports_passkeys(app, headers),
            offers: provider_options(app),
            email_attrs: if has_email {
                r#"autocomplete="username" required"#
            } else {
                r#"autocomplete="username" required autofocus"#
            },
            password_attrs: if has_email {
                r#"autocomplete="current-password" required autofocus"#
            } else {
                r#"autocomplete="current-password" required"#
            },
            layout,
            view,
        }
    }
}

async fn show_login(
    State(app): State<App>,
    headers: HeaderMap,
    layout: Layout,
    RawQuery(query): RawQuery,
) -> Result<Response> {
    if layout.is_signed_in() {
        return Ok(Redirect::to(HOME).into_response());
    }
    if !has_accounts(&app).await? {
        return Ok(Redirect::to("/register").into_response());
    }
    let next = web::parameter(query.as_deref(), "next").unwrap_or_else(|| HOME.to_owned());
    let view = FormView::new(LABELS, Form::default());
    Ok(web::page(&LoginPage::new(&app, &headers, layout, view, &next, None))?.into_response())
}

async fn log_in(
    State(app): State<App>,
    headers: HeaderMap,
    layout: Layout,
    client: ClientInfo,
    mut form: Form,
) -> Result<Response> {
    let next = form.typed.remove("next").unwrap_or_else(|| HOME.to_owned());
    let signed_in = async { service::log_in(&app, form.read(&app)?, &client).await };
    let error = match signed_in.await {
        Err(Error::SecondFactorRequired(cookie)) => {
            return Ok(redirect_to_second_factor(cookie, &next));
        }
        Ok(signed_in) => {
            return Ok(redirect_with_cookies(
                signed_in.opened.cookies(&app)?,
                web::local_path(&next),
            ));
        }
        Err(error) => error,
    };
    if matches!(error, Error::WrongPassword | Error::TooManyRequests(_)) {
        let view = FormView::new(LABELS, form);
        let page = web::page(&LoginPage::new(&app, &headers, layout, view, &next, Some(&error)))?;
        let mut response = (error.kind().0, page).into_response();
        if let Error::TooManyRequests(seconds) = error {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        return Ok(response);
    }
    let view = FormView::rejected(LABELS, form, error)?;
    web::invalid_form_page(&LoginPage::new(&app, &headers, layout, view, &next, None))
}

async fn log_out(
    State(app): State<App>,
    session: AnySession,
    client: ClientInfo,
    headers: HeaderMap,
) -> Result<Response> {
    if let Some(token) = session_token_hash(&headers, &app) {
        service::log_out(&app, session.principal.account, &client, &token).await?;
    }
    let headers =
        [(header::SET_COOKIE, clear_session_cookie(&app)?), (CLEAR_SITE_DATA, CLEARED_DATA)];
    Ok((headers, Redirect::to("/login")).into_response())
}
