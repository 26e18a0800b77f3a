//! The step after registration: the units, the currency, the language and the time zone, filled in with what
//! the browser says.

use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, header},
    response::{Html, Response},
};

use super::{TIME_ZONES, list_languages};
use crate::{
    app::App,
    core::{
        Error, Result,
        error::FieldError,
        http::{Form, IfMatch},
        locale::Message,
        web::{self, Errors, Flash, FormView, Layout},
    },
    features::accounts::{
        Preferences, User,
        regions::{Region, UnitSystem},
        service,
    },
    t,
};

/// The page after this step.
const NEXT: &str = "/vehicles/new";

const LABELS: &[(&str, &str)] = &[
    ("units", "accounts-welcome-units"),
    ("currency", "accounts-label-currency"),
    ("timeZone", "accounts-label-time-zone"),
    ("locale", "accounts-settings-language"),
];

#[derive(Template)]
#[template(path = "features/accounts/templates/welcome.html")]
struct WelcomePage {
    layout: Layout,
    view: FormView,
    systems: [UnitSystem; 3],
    languages: Vec<(&'static str, Message)>,
    zones: Vec<&'static str>,
}

impl WelcomePage {
    fn new(layout: Layout, view: FormView) -> Self {
        let zones = zones_near(view.get("timeZone"));
        Self { layout, view, systems: UnitSystem::ALL, languages: list_languages(), zones }
    }
}

/// The time zones to suggest: those of the same continent, or else the main ones. The form accepts others,
/// too. All of them are most of the page's size.
fn zones_near(zone: &str) -> Vec<&'static str> {
    let continent = zone.split_once('/').map(|it| it.0);
    let is_near = |it: &&str| match continent {
        Some(continent) => it.split('/').next() == Some(continent),
        None => it.matches('/').count() < 2,
    };
    TIME_ZONES.iter().map(String::as_str).filter(is_near).collect()
}

/// The form, filled in with what the user has chosen before or, if there is nothing, with what is usual where
/// the browser's languages are spoken.
fn form(preferences: &Preferences, headers: &HeaderMap) -> Form {
    let defaults = Preferences::default();
    let is_new = Region::chosen(preferences) == Region::chosen(&defaults);
    let languages = headers.get(header::ACCEPT_LANGUAGE).and_then(|it| it.to_str().ok());
    let region = languages.filter(|_| is_new).and_then(Region::of_languages);
    let region = region.unwrap_or_else(|| Region::chosen(preferences));
    Form::from_fields([
        ("units", region.units.as_str().to_owned()),
        ("currency", region.currency),
        ("timeZone", region.time_zone),
        ("locale", preferences.locale.clone().unwrap_or_default()),
    ])
}

pub(super) async fn show(
    State(app): State<App>,
    user: User,
    headers: HeaderMap,
    layout: Layout,
) -> Result<Html<String>> {
    let preferences = service::load_preferences(&app, &user).await?;
    let view = FormView::new(LABELS, form(&preferences, &headers));
    web::page(&WelcomePage::new(layout, view))
}

pub(super) async fn save(
    State(app): State<App>,
    user: User,
    layout: Layout,
    form: Form,
) -> Result<Response> {
    let saved = async {
        let change = preferences_form(&form)?.read(&app)?;
        service::change_preferences(&app, &user, change, &IfMatch::default()).await
    };
    match saved.await {
        Ok(_) => Ok(Flash::new(&t!("accounts-welcome-saved")).redirect_to(NEXT)),
        Err(error) => {
            let view = FormView::with_errors(LABELS, form, Errors::from_error(error)?);
            web::invalid_form_page(&WelcomePage::new(layout, view))
        }
    }
}

/// The form of preferences that this form stands for.
fn preferences_form(form: &Form) -> Result<Form> {
    let system = UnitSystem::parse(form.get("units"));
    let missing = || FieldError::at("units", t!("accounts-field-units"));
    let system = system.ok_or_else(|| Error::Invalid(vec![missing()]))?;
    let (distance, volume, economy) = system.units();
    let mut preferences = form.clone();
    preferences.typed.remove("units");
    preferences.set("distanceUnit", distance.as_str().to_owned());
    preferences.set("volumeUnit", volume.as_str().to_owned());
    preferences.set("economyUnit", economy.as_str().to_owned());
    Ok(preferences)
}
