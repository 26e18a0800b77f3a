//! The pages for logging in with a provider and for managing linked identities.

use askama::Template;
use axum::{
    Router,
    extract::{RawQuery, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{AppendHeaders, Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use chrono::TimeDelta;
use uuid::Uuid;

use super::{
    model::{Callback, Identity, OidcError},
    provider::Provider,
    service::{self, COOKIE, LogInOutcome, StartedLogIn},
};
use crate::{
    app::App,
    core::{
        Error, Result,
        http::{Form, Path},
        locale::Message,
        web::{self, Layout},
    },
    features::{
        accounts::{ClientInfo, SessionUser, User, challenges::LIFETIME, set_cookie},
        sessions::{ProviderOption, authenticate, redirect_to_second_factor},
    },
    t,
};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/login/oidc/{provider}", get(begin_log_in))
        .route("/login/oidc/{provider}/callback", get(finish_log_in))
        .route("/settings/identities", get(show).post(link))
        .route("/settings/identities/{id}/unlink", post(unlink))
}

fn provider<'a>(app: &'a App, name: &str) -> Result<&'a Provider> {
    app.providers.by_name(name).ok_or(Error::NotFound(t!("core-not-found-page")))
}

async fn begin_log_in(
    State(app): State<App>,
    Path(name): Path<String>,
    layout: Layout,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response> {
    let provider = provider(&app, &name)?;
    if layout.is_signed_in() {
        return Ok(Redirect::to("/").into_response());
    }
    let query = query.as_deref();
    let next = web::parameter(query, "next").unwrap_or_else(|| "/".to_owned());
    let is_separate = web::parameter(query, "separate").is_some();
    match service::begin_log_in(&app, provider, &headers, (&next, is_separate), None).await {
        Ok(StartedLogIn { url, browser }) => {
            let cookie = [(header::SET_COOKIE, set_cookie(&app, COOKIE, &browser, LIFETIME)?)];
            Ok((cookie, Redirect::to(&url)).into_response())
        }
        Err(error) => error_page(&error, provider, layout),
    }
}

async fn finish_log_in(
    State(app): State<App>,
    Path(name): Path<String>,
    layout: Layout,
    client: ClientInfo,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response> {
    let provider = provider(&app, &name)?;
    let callback = Callback::parse(&query.unwrap_or_default());
    let principal = authenticate(&headers, &app).await?;
    let outcome =
        service::finish_log_in(&app, provider, &headers, callback, principal.as_deref(), &client)
            .await;
    let answer = match outcome {
        Ok(LogInOutcome::SignedIn { opened, next }) => {
            (opened.cookies(&app)?, Redirect::to(&next)).into_response()
        }
        Ok(LogInOutcome::SecondFactorRequired { cookie, next }) => {
            redirect_to_second_factor(cookie, &next)
        }
        Ok(LogInOutcome::Linked) => Redirect::to("/settings/identities?linked").into_response(),
        // Leave the cookie, since another tab may have a log-in in progress.
        Err(error) => return error_page(&error, provider, layout),
    };
    let spent = set_cookie(&app, COOKIE, "", TimeDelta::zero())?;
    Ok((AppendHeaders([(header::SET_COOKIE, spent)]), answer).into_response())
}

#[derive(Template)]
#[template(path = "features/oidc/templates/login_failed.html")]
struct ErrorPage<'a> {
    layout: Layout,
    title: Message,
    text: Message,
    label: &'a str,
    /// The provider to try again with, if that may help.
    again: Option<&'a str>,
    /// The provider to create a separate account with.
    separate: Option<&'a str>,
}

/// Renders the page that explains why a log-in failed.
fn error_page(error: &OidcError, provider: &Provider, layout: Layout) -> Result<Response> {
    let label = provider.label();
    let (status, title, text) = match error {
        OidcError::Unavailable => (
            StatusCode::SERVICE_UNAVAILABLE,
            t!("oidc-provider-unavailable", provider = label),
            t!("oidc-provider-unavailable-about", provider = label),
        ),
        OidcError::Untrusted(why) => {
            tracing::warn!(provider = provider.name, why, "OpenID response failed verification");
            (
                StatusCode::FORBIDDEN,
                t!("oidc-provider-untrusted"),
                t!("oidc-provider-untrusted-about", provider = label),
            )
        }
        OidcError::Denied => (
            StatusCode::FORBIDDEN,
            t!("oidc-provider-denied"),
            t!("oidc-provider-denied-about", provider = label),
        ),
        OidcError::Expired => (
            StatusCode::BAD_REQUEST,
            t!("oidc-provider-expired"),
            t!("oidc-provider-expired-about"),
        ),
        OidcError::RegistrationClosed => (
            StatusCode::FORBIDDEN,
            t!("oidc-provider-no-account"),
            t!("oidc-provider-no-account-about", provider = label),
        ),
        OidcError::EmailTaken => (
            StatusCode::FORBIDDEN,
            t!("oidc-provider-email-taken"),
            t!("oidc-provider-email-taken-about", provider = label),
        ),
        OidcError::EmailUnconfirmed => (
            StatusCode::FORBIDDEN,
            t!("oidc-provider-email-taken"),
            t!("oidc-provider-email-unconfirmed-about", provider = label),
        ),
        OidcError::AccountDisabled => (
            StatusCode::FORBIDDEN,
            t!("oidc-provider-disabled"),
            t!("oidc-provider-disabled-about"),
        ),
        OidcError::Unreviewed => (
            StatusCode::FORBIDDEN,
            t!("oidc-provider-unreviewed"),
            t!("oidc-provider-unreviewed-about", provider = label),
        ),
        OidcError::LinkedElsewhere => (
            StatusCode::CONFLICT,
            t!("oidc-provider-linked-elsewhere"),
            t!("oidc-provider-linked-elsewhere-about", provider = label),
        ),
        OidcError::Service(error) => return Err(error.duplicate()),
    };
    let may_help = matches!(error, OidcError::Unavailable | OidcError::Denied | OidcError::Expired);
    let again = (may_help && !layout.is_signed_in()).then_some(provider.name.as_str());
    let is_unconfirmed = matches!(error, OidcError::EmailUnconfirmed);
    let separate = is_unconfirmed.then_some(provider.name.as_str());
    let page = web::page(&ErrorPage { layout, title, text, label, again, separate })?;
    let mut answer = (status, page).into_response();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("10"));
    }
    Ok(answer)
}

#[derive(Template)]
#[template(path = "features/oidc/templates/identities.html")]
struct IdentitiesPage {
    layout: Layout,
    /// The linked identities, each with its provider's label.
    linked: Vec<(Identity, String)>,
    offers: Vec<ProviderOption>,
    done: Option<Message>,
    refused: Option<String>,
    /// Whether the user must enter the password first.
    must_confirm: bool,
}

impl IdentitiesPage {
    async fn new(app: &App, user: &User, layout: Layout) -> Result<Self> {
        let providers = &app.providers;
        let identities = service::list_identities(app, user.0.account).await?;
        let linked = identities.into_iter().map(|identity| {
            let provider = providers.by_issuer(&identity.issuer);
            let label =
                provider.map_or_else(|| identity.issuer.clone(), |it| it.label().to_owned());
            (identity, label)
        });
        let linked: Vec<_> = linked.collect();
        let offers = providers.options();
        Ok(Self { layout, linked, offers, done: None, refused: None, must_confirm: false })
    }
}

async fn show(
    State(app): State<App>,
    user: User,
    layout: Layout,
    RawQuery(query): RawQuery,
) -> Result<Html<String>> {
    let done = match query.as_deref() {
        Some("linked") => Some(t!("oidc-identities-linked")),
        Some("unlinked") => Some(t!("oidc-identities-unlinked")),
        _ => None,
    };
    web::page(&IdentitiesPage { done, ..IdentitiesPage::new(&app, &user, layout).await? })
}

#[derive(Template)]
#[template(path = "features/oidc/templates/provider_redirect.html")]
struct RedirectPage<'a> {
    layout: Layout,
    label: &'a str,
    address: &'a str,
}

/// Begins to link an identity. Responds with a page that redirects to the provider, because the content
/// security policy does not let a form redirect to another site.
async fn link(
    State(app): State<App>,
    caller: SessionUser,
    layout: Layout,
    headers: HeaderMap,
    form: Form,
) -> Result<Response> {
    let provider = provider(&app, form.get("provider"))?;
    if !service::may_link(&app, &caller).await? {
        let page = IdentitiesPage::new(&app, &caller.user, layout).await?;
        let must_confirm = service::has_password(&app, &caller).await?;
        let refused = Some(t!("oidc-identities-too-old").to_string());
        let page = web::page(&IdentitiesPage { refused, must_confirm, ..page })?;
        return Ok((StatusCode::FORBIDDEN, page).into_response());
    }
    let next = "/settings/identities";
    let started =
        service::begin_log_in(&app, provider, &headers, (next, false), Some(caller.session)).await;
    match started {
        Ok(StartedLogIn { url, browser }) => {
            let cookie = [(header::SET_COOKIE, set_cookie(&app, COOKIE, &browser, LIFETIME)?)];
            let page = RedirectPage { layout, label: provider.label(), address: &url };
            Ok((cookie, web::page(&page)?).into_response())
        }
        Err(error) => error_page(&error, provider, layout),
    }
}

async fn unlink(
    State(app): State<App>,
    caller: SessionUser,
    layout: Layout,
    Path(id): Path<Uuid>,
) -> Result<Response> {
    match service::unlink(&app, &caller, id).await {
        Ok(()) => Ok(Redirect::to("/settings/identities?unlinked").into_response()),
        Err(error @ Error::Conflict { .. }) => {
            let refused = Some(web::sentence(&error.to_string()));
            let page = IdentitiesPage::new(&app, &caller.user, layout).await?;
            Ok((error.kind().0, web::page(&IdentitiesPage { refused, ..page })?).into_response())
        }
        Err(error) => Err(error),
    }
}
