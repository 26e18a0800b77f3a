//! The page for settings, and the first step after registration.

mod welcome;

use std::sync::LazyLock;

use askama::Template;
use axum::{
    Router,
    extract::{RawQuery, State},
    response::{Html, IntoResponse, Redirect, Response},
    routing::get,
};
use chrono::NaiveDate;

use super::{Preferences, Theme, User, model::Account, service};
use crate::{
    app::App,
    core::{
        Result,
        http::{Form, IfMatch},
        locale::{Locale, Message},
        units::{DistanceUnit, EconomyUnit, VolumeUnit},
        web::{self, FormView, Layout},
    },
    t,
};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/settings", get(show_settings).post(save_settings))
        .route("/welcome", get(welcome::show).post(welcome::save))
}

#[derive(Template)]
#[template(path = "features/accounts/templates/settings.html")]
struct SettingsPage {
    layout: Layout,
    view: FormView,
    account: Account,
    since: NaiveDate,
    is_saved: bool,
    distances: Vec<(&'static str, Message)>,
    volumes: Vec<(&'static str, Message)>,
    economies: Vec<(&'static str, Message)>,
    themes: Vec<(&'static str, Message)>,
    zones: &'static [String],
    /// The tag and the name of each language; an empty tag follows the browser.
    languages: Vec<(&'static str, Message)>,
}

impl SettingsPage {
    async fn new(app: &App, user: &User, layout: Layout, view: FormView) -> Result<Self> {
        let account = service::find_account(app, &user.0).await?;
        Ok(Self {
            layout,
            view,
            since: user.0.preferences.today(account.created_at),
            account,
            is_saved: false,
            distances: choices(DistanceUnit::ALL),
            volumes: choices(VolumeUnit::ALL),
            economies: choices(EconomyUnit::ALL),
            themes: choices(Theme::ALL),
            zones: &TIME_ZONES,
            languages: list_languages(),
        })
    }
}

/// The values and the names of a setting, from the ids of their messages.
fn choices(all: &[(&'static str, &'static str)]) -> Vec<(&'static str, Message)> {
    all.iter().map(|&(value, id)| (value, Message::plain(id))).collect()
}

/// Lists the languages that the settings offer.
fn list_languages() -> Vec<(&'static str, Message)> {
    let browser = ("", t!("accounts-settings-language-browser"));
    std::iter::once(browser).chain(Locale::offered().map(|it| (it.tag(), it.name()))).collect()
}

/// The time zones to suggest. The form accepts others, too. Listing them takes longer than rendering the
/// rest of the page.
static TIME_ZONES: LazyLock<Vec<String>> = LazyLock::new(list_time_zones);

fn list_time_zones() -> Vec<String> {
    const REGIONS: &[&str] = &[
        "Africa/",
        "America/",
        "Antarctica/",
        "Asia/",
        "Atlantic/",
        "Australia/",
        "Europe/",
        "Indian/",
        "Pacific/",
        "UTC",
    ];
    let known = chrono_tz::TZ_VARIANTS.iter().map(|it| it.name());
    let known = known.filter(|name| REGIONS.iter().any(|region| name.starts_with(region)));
    known.map(str::to_owned).collect()
}

async fn show_settings(
    State(app): State<App>,
    user: User,
    layout: Layout,
    RawQuery(query): RawQuery,
) -> Result<Html<String>> {
    let preferences = service::load_preferences(&app, &user).await?;
    let view = FormView::new(Preferences::LABELS, Form::from_fields(preferences.form_fields()));
    let is_saved = query.as_deref() == Some("saved");
    web::page(&SettingsPage { is_saved, ..SettingsPage::new(&app, &user, layout, view).await? })
}

async fn save_settings(
    State(app): State<App>,
    user: User,
    layout: Layout,
    form: Form,
) -> Result<Response> {
    let saved = async {
        service::change_preferences(&app, &user, form.read(&app)?, &IfMatch::default()).await
    };
    match saved.await {
        Ok(_) => Ok(Redirect::to("/settings?saved").into_response()),
        Err(error) => {
            let view = FormView::rejected(Preferences::LABELS, form, error)?;
            web::invalid_form_page(&SettingsPage::new(&app, &user, layout, view).await?)
        }
    }
}
