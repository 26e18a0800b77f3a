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
    ProviderOption,
    model::{Callback, Identity, OidcError},
    provider::Provider,
    service::{self, COOKIE, LogInOutcome, StartedLogIn},
};
use crate::{
    core::{
        App, Error, Result,
        http::{Form, Path},
        web::{self, Layout},
    },
    features::accounts::{
        ClientInfo, SessionUser, User, authenticate, challenges::LIFETIME, factors,
        session::set_cookie,
    },
};

pub(in crate::features::accounts) fn router() -> Router<App> {
    Router::new()
        .route("/login/oidc/{provider}", get(begin_log_in))
        .route("/login/oidc/{provider}/callback", get(finish_log_in))
        .route("/settings/identities", get(show).post(link))
        .route("/settings/identities/{id}/unlink", post(unlink))
}

fn provider<'a>(app: &'a App, name: &str) -> Result<&'a Provider> {
    app.auth.providers().by_name(name).ok_or(Error::NotFound(crate::t!("core-not-found-page")))
}

async fn begin_log_in(
    State(app): State<App>,
    Path(name): Path<String>,
    layout: Layout,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response> {
    let provider = provider(&app, &name)?;
    if layout.name.is_some() {
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
            factors::redirect_to_second_factor(cookie, &next)
        }
        Ok(LogInOutcome::Linked) => Redirect::to("/settings/identities?linked").into_response(),
        // Leave the cookie, since another tab may have a log-in in progress.
        Err(error) => return error_page(&error, provider, layout),
    };
    let spent = set_cookie(&app, COOKIE, "", TimeDelta::zero())?;
    Ok((AppendHeaders([(header::SET_COOKIE, spent)]), answer).into_response())
}

#[derive(Template)]
#[template(path = "features/accounts/templates/login_failed.html")]
struct ErrorPage<'a> {
    layout: Layout,
    title: &'static str,
    text: String,
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
            "The provider is away",
            format!("{label} does not answer now. Try again in a moment, or log in another way."),
        ),
        OidcError::Untrusted(why) => {
            tracing::warn!(provider = provider.name, why, "OpenID response failed verification");
            (
                StatusCode::FORBIDDEN,
                "Logging in failed",
                format!(
                    "What {label} says could not be verified, so nobody was logged in. If it \
                     happens again, tell whoever runs this server: its log says why."
                ),
            )
        }
        OidcError::Denied => (
            StatusCode::FORBIDDEN,
            "Not logged in",
            format!("{label} let nobody in, or the log-in was cancelled there."),
        ),
        OidcError::Expired => (
            StatusCode::BAD_REQUEST,
            "This log-in has ended",
            "It took longer than ten minutes, was used already, or was begun in another browser. \
             Begin again."
                .to_owned(),
        ),
        OidcError::RegistrationClosed => (
            StatusCode::FORBIDDEN,
            "You have no account here",
            format!(
                "{label} knows you, but accounts cannot be made here. Ask whoever runs this \
                 server. If you have an account with a password, log in with it and link {label} \
                 in the settings."
            ),
        ),
        OidcError::EmailTaken => (
            StatusCode::FORBIDDEN,
            "Your address has an account already",
            format!(
                "An account here has the same e-mail address as you have at {label}. An address \
                 alone does not open it. Log in as you did before, then link {label} in the \
                 settings under Linked log-ins."
            ),
        ),
        OidcError::EmailUnconfirmed => (
            StatusCode::FORBIDDEN,
            "Your address has an account already",
            format!(
                "Somebody registered your e-mail address here with a password, and nobody has \
                 confirmed that it is theirs. If it was you, log in as you did before, then link {label} \
                 in the settings under Linked log-ins. If it was not you, make an account of your own."
            ),
        ),
        OidcError::AccountDisabled => (
            StatusCode::FORBIDDEN,
            "Your account is disabled",
            "Ask whoever runs this server.".to_owned(),
        ),
        OidcError::Unreviewed => (
            StatusCode::FORBIDDEN,
            "Your password was reset",
            format!(
                "Log in with your new password first. Then check what has access to your account, \
                 and {label} works again."
            ),
        ),
        OidcError::LinkedElsewhere => (
            StatusCode::CONFLICT,
            "This log-in opens another account",
            format!(
                "Who you are at {label} opens another account here. Log in there and unlink it \
                 first."
            ),
        ),
        OidcError::Service(error) => return Err(error.duplicate()),
    };
    let may_help = matches!(error, OidcError::Unavailable | OidcError::Denied | OidcError::Expired);
    let again = (may_help && layout.name.is_none()).then_some(provider.name.as_str());
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
#[template(path = "features/accounts/templates/identities.html")]
struct IdentitiesPage {
    layout: Layout,
    /// The linked identities, each with its provider's label.
    linked: Vec<(Identity, String)>,
    offers: Vec<ProviderOption>,
    done: Option<&'static str>,
    refused: Option<String>,
    must_confirm: bool,
}

impl IdentitiesPage {
    async fn new(app: &App, user: &User, layout: Layout) -> Result<Self> {
        let providers = app.auth.providers();
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
        Some("linked") => Some("Linked. It opens your account from now on."),
        Some("unlinked") => Some("Unlinked."),
        _ => None,
    };
    web::page(&IdentitiesPage { done, ..IdentitiesPage::new(&app, &user, layout).await? })
}

#[derive(Template)]
#[template(path = "features/accounts/templates/provider_redirect.html")]
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
        let refused = if must_confirm {
            web::sentence(&Error::ConfirmationRequired.to_string())
        } else {
            "Log out and in again, then link: it is too long since you signed in.".to_owned()
        };
        let page = web::page(&IdentitiesPage { refused: Some(refused), must_confirm, ..page })?;
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
