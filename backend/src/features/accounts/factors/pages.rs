//! Second factors as pages: setting them up, and giving one after the password.

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
    super::{ClientInfo, Preferences},
    Entrant,
    entrant::Fresh,
    model::{Confirmation, Factors, SecondFactor},
    passkeys, service,
    sign_in::{self, Brought},
    site::Site,
    totp::{Qr, Totp},
};
use crate::core::{
    App, Error, Result,
    http::{Form, Path},
    units,
    web::{self, Errors, FormView, Layout},
};

pub(in super::super) fn router() -> Router<App> {
    Router::new()
        .route("/login/second", get(show_second).post(give_second))
        .route("/settings/factors", get(show_factors))
        .route("/settings/factors/confirm", post(confirm))
        .route("/settings/factors/totp", get(show_totp).post(begin_totp))
        .route("/settings/factors/totp/confirm", post(confirm_totp))
        .route("/settings/factors/totp/remove", post(remove_totp))
        .route("/settings/factors/recovery-codes", post(renew_codes))
        .route("/settings/factors/passkeys/{id}/remove", post(remove_passkey))
}

const FACTORS: &str = "/settings/factors";
const SAVED: &str = "/settings/factors?saved";
const TOTP: &str = "/settings/factors/totp";

const LABELS: &[(&str, &str)] =
    &[("password", "Password"), ("code", "Code"), ("name", "Name of the new passkey")];

#[derive(Template)]
#[template(path = "features/accounts/factors/templates/second.html")]
struct Second {
    layout: Layout,
    view: FormView,
    next: String,
    /// Why it was refused, where it is not about the code's shape.
    refused: Option<String>,
    has_passkeys: bool,
    hint: &'static str,
}

impl Second {
    async fn new(
        app: &App,
        brought: &Brought,
        layout: Layout,
        view: FormView,
        next: &str,
    ) -> Result<Self> {
        let (has_totp, has_passkeys) = service::waiting(app, brought.0.as_ref()).await?;
        let hint = if has_totp {
            "Six digits from your authenticator app, or a recovery code."
        } else {
            "One of your recovery codes."
        };
        let next = web::local_path(next).to_owned();
        Ok(Self { layout, view, next, refused: None, has_passkeys, hint })
    }
}

/// Sends the browser on from the password to the second factor.
pub(in super::super) fn ask_for_second(cookie: HeaderValue, next: &str) -> Response {
    let next: String = form_urlencoded::byte_serialize(web::local_path(next).as_bytes()).collect();
    let to = Redirect::to(&format!("/login/second?next={next}"));
    ([(header::SET_COOKIE, cookie)], to).into_response()
}

async fn show_second(
    State(app): State<App>,
    brought: Brought,
    layout: Layout,
    RawQuery(query): RawQuery,
) -> Result<Response> {
    let query = query.unwrap_or_default();
    let next = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "next");
    let next = next.map_or_else(|| "/".to_owned(), |(_, path)| path.into_owned());
    let view = FormView::new(LABELS, Form::default());
    match Second::new(&app, &brought, layout, view, &next).await {
        Ok(second) => Ok(web::page(&second)?.into_response()),
        // It has ended: begin again.
        Err(Error::Unauthorized) => Ok(Redirect::to("/login").into_response()),
        Err(error) => Err(error),
    }
}

async fn give_second(
    State(app): State<App>,
    brought: Brought,
    client: ClientInfo,
    layout: Layout,
    mut form: Form,
) -> Result<Response> {
    let next = form.typed.remove("next").unwrap_or_default();
    let signed_in = match form.read::<SecondFactor>(&app) {
        Ok(factor) => service::sign_in(&app, brought.0, &factor.code, &client).await,
        Err(error) => Err(error),
    };
    let error = match signed_in {
        Ok(signed_in) => {
            let mut cookies = signed_in.opened.cookies(&app)?;
            cookies.0.push(sign_in::no_cookie(&app)?);
            return Ok((cookies, Redirect::to(web::local_path(&next))).into_response());
        }
        Err(error) => error,
    };
    if !matches!(error, Error::WrongFactor | Error::TooManyRequests(_)) {
        let view = FormView::with_errors(LABELS, Form::default(), Errors::from_error(error)?);
        return web::invalid_form_page(&Second::new(&app, &brought, layout, view, &next).await?);
    }
    let view = FormView::new(LABELS, Form::default());
    let page = Second {
        refused: Some(web::sentence(&error.to_string())),
        ..Second::new(&app, &brought, layout, view, &next).await?
    };
    let mut answer = (error.kind().0, web::page(&page)?).into_response();
    if let Error::TooManyRequests(seconds) = error {
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    Ok(answer)
}

#[derive(Template)]
#[template(path = "features/accounts/factors/templates/factors.html")]
struct FactorsPage {
    layout: Layout,
    view: FormView,
    factors: Factors,
    preferences: Preferences,
    /// Whether the password was given lately.
    is_fresh: bool,
    is_saved: bool,
    /// Whether passkeys can be used here.
    has_site: bool,
}

impl FactorsPage {
    async fn new(
        app: &App,
        entrant: &Entrant,
        site: &Site,
        layout: Layout,
        view: FormView,
    ) -> Result<Self> {
        Ok(Self {
            layout,
            view,
            factors: service::find(app, &entrant.signed).await?,
            preferences: entrant.signed.preferences.clone(),
            is_fresh: service::is_fresh(app, entrant.session).await?,
            is_saved: false,
            has_site: site.has_passkeys(),
        })
    }

    /// Whether one has to be set up before anything else.
    fn is_asked(&self) -> bool {
        self.factors.is_required && !self.factors.is_on
    }

    /// The user's own day of a moment.
    fn day(&self, moment: &DateTime<Utc>) -> String {
        units::day(self.preferences.today(*moment))
    }
}

async fn show_factors(
    State(app): State<App>,
    entrant: Entrant,
    site: Site,
    layout: Layout,
    RawQuery(query): RawQuery,
) -> Result<Html<String>> {
    let view = FormView::new(LABELS, Form::default());
    let page = FactorsPage::new(&app, &entrant, &site, layout, view).await?;
    web::page(&FactorsPage { is_saved: query.as_deref() == Some("saved"), ..page })
}

async fn confirm(
    State(app): State<App>,
    entrant: Entrant,
    site: Site,
    layout: Layout,
    mut form: Form,
) -> Result<Response> {
    let next = form.typed.remove("next").unwrap_or_else(|| FACTORS.to_owned());
    let confirmed = match form.read::<Confirmation>(&app) {
        Ok(given) => service::confirm(&app, &entrant, &given.password).await,
        Err(error) => Err(error),
    };
    let errors = match confirmed {
        Ok(()) => return Ok(Redirect::to(web::local_path(&next)).into_response()),
        Err(error) => Errors::from_error(error)?,
    };
    let view = FormView::with_errors(LABELS, Form::default(), errors);
    web::invalid_form_page(&FactorsPage::new(&app, &entrant, &site, layout, view).await?)
}

#[derive(Template)]
#[template(path = "features/accounts/factors/templates/totp.html")]
struct TotpPage {
    layout: Layout,
    view: FormView,
    qr: Qr,
    uri: String,
    secret: String,
}

impl TotpPage {
    fn new(layout: Layout, view: FormView, totp: &Totp) -> Result<Self> {
        Ok(Self { layout, view, qr: totp.qr()?, uri: totp.uri()?, secret: totp.secret() })
    }

    /// The secret in groups of four, for typing.
    fn key(&self) -> String {
        let letters: Vec<char> = self.secret.chars().collect();
        let groups: Vec<String> = letters.chunks(4).map(|group| group.iter().collect()).collect();
        groups.join(" ")
    }
}

async fn begin_totp(State(app): State<App>, Fresh(entrant): Fresh) -> Result<Redirect> {
    service::begin_totp(&app, &entrant.signed).await?;
    Ok(Redirect::to(TOTP))
}

async fn show_totp(
    State(app): State<App>,
    Fresh(entrant): Fresh,
    layout: Layout,
) -> Result<Response> {
    let view = FormView::new(LABELS, Form::default());
    match service::begun_totp(&app, &entrant.signed).await? {
        Some(totp) => Ok(web::page(&TotpPage::new(layout, view, &totp)?)?.into_response()),
        None => Ok(Redirect::to(FACTORS).into_response()),
    }
}

#[derive(Template)]
#[template(path = "features/accounts/factors/templates/codes.html")]
struct Codes {
    layout: Layout,
    codes: Vec<String>,
}

async fn confirm_totp(
    State(app): State<App>,
    Fresh(entrant): Fresh,
    layout: Layout,
    form: Form,
) -> Result<Response> {
    let confirmed = match form.read::<SecondFactor>(&app) {
        Ok(first) => service::confirm_totp(&app, &entrant, &first.code).await,
        Err(error) => Err(error),
    };
    let errors = match confirmed {
        Ok(Some(codes)) => return Ok(web::page(&Codes { layout, codes })?.into_response()),
        // The form sent twice finds that nothing is being set up any more.
        Ok(None) | Err(Error::NotFound(_)) => return Ok(Redirect::to(SAVED).into_response()),
        Err(error) => Errors::from_error(error)?,
    };
    let Some(totp) = service::begun_totp(&app, &entrant.signed).await? else {
        return Ok(Redirect::to(FACTORS).into_response());
    };
    let view = FormView::with_errors(LABELS, Form::default(), errors);
    web::invalid_form_page(&TotpPage::new(layout, view, &totp)?)
}

async fn remove_totp(State(app): State<App>, Fresh(entrant): Fresh) -> Result<Redirect> {
    service::remove_totp(&app, &entrant).await?;
    Ok(Redirect::to(SAVED))
}

async fn renew_codes(
    State(app): State<App>,
    Fresh(entrant): Fresh,
    layout: Layout,
) -> Result<Html<String>> {
    let codes = service::renew_codes(&app, &entrant).await?;
    web::page(&Codes { layout, codes })
}

async fn remove_passkey(
    State(app): State<App>,
    Fresh(entrant): Fresh,
    Path(id): Path<Uuid>,
) -> Result<Redirect> {
    passkeys::remove(&app, &entrant, id).await?;
    Ok(Redirect::to(SAVED))
}
