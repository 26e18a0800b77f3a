//! The HTML pages for setting up second factors and for entering one after the password.

use askama::Template;
use axum::{
    Router,
    extract::{RawQuery, State},
    http::{HeaderValue, header},
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    extractors::RecentlyConfirmed,
    model::{Factors, PasswordConfirmation, SecondFactorCode},
    passkeys,
    pending::{self, PendingToken},
    relying_party::RelyingParty,
    service,
    totp::{QrCodeImage, Totp},
};
use crate::{
    app::App,
    core::{
        Error, Result,
        http::{Form, Path},
        locale,
        web::{self, Errors, FormView, Layout},
    },
    features::{
        accounts::{AnySession, ClientInfo, Preferences},
        sessions,
    },
};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/login/second", get(show_second_factor).post(submit_second_factor))
        .route("/settings/factors", get(show_factors))
        .route("/settings/factors/confirm", post(confirm_password))
        .route("/settings/factors/totp", get(show_totp).post(begin_totp))
        .route("/settings/factors/totp/confirm", post(confirm_totp))
        .route("/settings/factors/totp/remove", post(remove_totp))
        .route("/settings/factors/recovery-codes", post(regenerate_recovery_codes))
        .route("/settings/factors/passkeys/{id}/remove", post(remove_passkey))
}

const FACTORS: &str = "/settings/factors";
const SAVED: &str = "/settings/factors?saved";
const TOTP: &str = "/settings/factors/totp";

const LABELS: &[(&str, &str)] = &[
    ("password", "accounts-label-password"),
    ("code", "factors-second-factor-code"),
    ("name", "factors-label-passkey"),
];

#[derive(Template)]
#[template(path = "features/factors/templates/second_factor.html")]
struct SecondFactorPage {
    layout: Layout,
    view: FormView,
    next: String,
    /// Why the code was rejected, if it was well-formed.
    refused: Option<String>,
    has_passkeys: bool,
    hint: String,
}

impl SecondFactorPage {
    async fn new(
        app: &App,
        pending: &PendingToken,
        layout: Layout,
        view: FormView,
        next: &str,
    ) -> Result<Self> {
        let (has_totp, has_passkeys) = service::available_factors(app, pending.0.as_ref()).await?;
        let hint = if has_totp {
            crate::t!("factors-second-factor-app-or-recovery")
        } else {
            crate::t!("factors-second-factor-recovery")
        };
        let next = web::local_path(next).to_owned();
        let hint = hint.to_string();
        Ok(Self { layout, view, next, refused: None, has_passkeys, hint })
    }
}

async fn show_second_factor(
    State(app): State<App>,
    pending: PendingToken,
    layout: Layout,
    RawQuery(query): RawQuery,
) -> Result<Response> {
    let query = query.unwrap_or_default();
    let next = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "next");
    let next = next.map_or_else(|| "/".to_owned(), |(_, path)| path.into_owned());
    let view = FormView::new(LABELS, Form::default());
    match SecondFactorPage::new(&app, &pending, layout, view, &next).await {
        Ok(second) => Ok(web::page(&second)?.into_response()),
        // The pending sign-in has expired.
        Err(Error::Unauthorized) => Ok(Redirect::to("/login").into_response()),
        Err(error) => Err(error),
    }
}

async fn submit_second_factor(
    State(app): State<App>,
    pending: PendingToken,
    client: ClientInfo,
    layout: Layout,
    mut form: Form,
) -> Result<Response> {
    let next = form.typed.remove("next").unwrap_or_default();
    let signed_in = match form.read::<SecondFactorCode>(&app) {
        Ok(factor) => service::sign_in(&app, pending.0, &factor.code, &client).await,
        Err(error) => Err(error),
    };
    let error = match signed_in {
        Ok(signed_in) => {
            let mut cookies = signed_in.opened.cookies(&app)?;
            cookies.0.push(pending::clear_cookie(&app)?);
            return Ok((cookies, Redirect::to(web::local_path(&next))).into_response());
        }
        Err(error) => error,
    };
    if !matches!(error, Error::WrongFactor | Error::TooManyRequests(_)) {
        let view = FormView::rejected(LABELS, Form::default(), error)?;
        return web::invalid_form_page(
            &SecondFactorPage::new(&app, &pending, layout, view, &next).await?,
        );
    }
    let view = FormView::new(LABELS, Form::default());
    let page = SecondFactorPage {
        refused: Some(web::sentence(&error.to_string())),
        ..SecondFactorPage::new(&app, &pending, layout, view, &next).await?
    };
    let mut answer = (error.kind().0, web::page(&page)?).into_response();
    if let Error::TooManyRequests(seconds) = error {
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    Ok(answer)
}

#[derive(Template)]
#[template(path = "features/factors/templates/factors.html")]
struct FactorsPage {
    layout: Layout,
    view: FormView,
    factors: Factors,
    preferences: Preferences,
    /// Whether the password was confirmed recently.
    is_recently_confirmed: bool,
    is_saved: bool,
    /// Whether passkeys can be used at this address.
    supports_passkeys: bool,
}

impl FactorsPage {
    async fn new(
        app: &App,
        session: &AnySession,
        relying_party: &RelyingParty,
        layout: Layout,
        view: FormView,
    ) -> Result<Self> {
        Ok(Self {
            layout,
            view,
            factors: service::find(app, &session.principal).await?,
            preferences: session.principal.preferences.clone(),
            is_recently_confirmed: sessions::is_recently_confirmed(app, session.id).await?,
            is_saved: false,
            supports_passkeys: relying_party.supports_passkeys(),
        })
    }

    /// Whether the user must set up a factor before doing anything else.
    fn must_add_factor(&self) -> bool {
        self.factors.is_required && !self.factors.is_on
    }

    /// Formats the date of `moment` in the user's time zone.
    fn day(&self, moment: &DateTime<Utc>) -> String {
        locale::day(self.preferences.today(*moment))
    }
}

async fn show_factors(
    State(app): State<App>,
    session: AnySession,
    relying_party: RelyingParty,
    layout: Layout,
    RawQuery(query): RawQuery,
) -> Result<Html<String>> {
    let view = FormView::new(LABELS, Form::default());
    let page = FactorsPage::new(&app, &session, &relying_party, layout, view).await?;
    web::page(&FactorsPage { is_saved: query.as_deref() == Some("saved"), ..page })
}

async fn confirm_password(
    State(app): State<App>,
    session: AnySession,
    relying_party: RelyingParty,
    layout: Layout,
    mut form: Form,
) -> Result<Response> {
    let next = form.typed.remove("next").unwrap_or_else(|| FACTORS.to_owned());
    let confirmed = match form.read::<PasswordConfirmation>(&app) {
        Ok(given) => sessions::confirm_password(&app, &session, &given.password).await,
        Err(error) => Err(error),
    };
    let errors = match confirmed {
        Ok(()) => return Ok(Redirect::to(web::local_path(&next)).into_response()),
        Err(error) => Errors::from_error(error)?,
    };
    let view = FormView::with_errors(LABELS, Form::default(), errors);
    web::invalid_form_page(&FactorsPage::new(&app, &session, &relying_party, layout, view).await?)
}

#[derive(Template)]
#[template(path = "features/factors/templates/totp.html")]
struct TotpPage {
    layout: Layout,
    view: FormView,
    qr: QrCodeImage,
    uri: String,
    secret: String,
}

impl TotpPage {
    fn new(layout: Layout, view: FormView, totp: &Totp) -> Result<Self> {
        Ok(Self { layout, view, qr: totp.qr_code()?, uri: totp.uri()?, secret: totp.secret() })
    }

    /// The secret in groups of four characters, for typing.
    fn grouped_secret(&self) -> String {
        let letters: Vec<char> = self.secret.chars().collect();
        let groups: Vec<String> = letters.chunks(4).map(|group| group.iter().collect()).collect();
        groups.join(" ")
    }
}

async fn begin_totp(
    State(app): State<App>,
    RecentlyConfirmed(session): RecentlyConfirmed,
) -> Result<Redirect> {
    service::begin_totp(&app, &session.principal).await?;
    Ok(Redirect::to(TOTP))
}

async fn show_totp(
    State(app): State<App>,
    RecentlyConfirmed(session): RecentlyConfirmed,
    layout: Layout,
) -> Result<Response> {
    let view = FormView::new(LABELS, Form::default());
    match service::find_unconfirmed_totp(&app, &session.principal).await? {
        Some(totp) => Ok(web::page(&TotpPage::new(layout, view, &totp)?)?.into_response()),
        None => Ok(Redirect::to(FACTORS).into_response()),
    }
}

#[derive(Template)]
#[template(path = "features/factors/templates/recovery_codes.html")]
struct RecoveryCodesPage {
    layout: Layout,
    codes: Vec<String>,
}

async fn confirm_totp(
    State(app): State<App>,
    RecentlyConfirmed(session): RecentlyConfirmed,
    layout: Layout,
    form: Form,
) -> Result<Response> {
    let confirmed = match form.read::<SecondFactorCode>(&app) {
        Ok(first) => service::confirm_totp(&app, &session, &first.code).await,
        Err(error) => Err(error),
    };
    let errors = match confirmed {
        Ok(Some(codes)) => {
            return Ok(web::page(&RecoveryCodesPage { layout, codes })?.into_response());
        }
        // When the form is submitted twice, the second request finds no setup in progress.
        Ok(None) | Err(Error::NotFound(_)) => return Ok(Redirect::to(SAVED).into_response()),
        Err(error) => Errors::from_error(error)?,
    };
    let Some(totp) = service::find_unconfirmed_totp(&app, &session.principal).await? else {
        return Ok(Redirect::to(FACTORS).into_response());
    };
    let view = FormView::with_errors(LABELS, Form::default(), errors);
    web::invalid_form_page(&TotpPage::new(layout, view, &totp)?)
}

async fn remove_totp(
    State(app): State<App>,
    RecentlyConfirmed(session): RecentlyConfirmed,
) -> Result<Redirect> {
    service::remove_totp(&app, &session).await?;
    Ok(Redirect::to(SAVED))
}

async fn regenerate_recovery_codes(
    State(app): State<App>,
    RecentlyConfirmed(session): RecentlyConfirmed,
    layout: Layout,
) -> Result<Html<String>> {
    let codes = service::regenerate_recovery_codes(&app, &session).await?;
    web::page(&RecoveryCodesPage { layout, codes })
}

async fn remove_passkey(
    State(app): State<App>,
    RecentlyConfirmed(session): RecentlyConfirmed,
    Path(id): Path<Uuid>,
) -> Result<Redirect> {
    passkeys::remove(&app, &session, id).await?;
    Ok(Redirect::to(SAVED))
}
