//! The VIN lookup page, and the card shown in the vehicle form.

use askama::Template;
use axum::{Router, extract::State, response::Html, routing::get};

use super::{
    DecodedVin, Vin,
    foreign::localized_detail,
    model::VinFormat,
    offline::{self, Part},
    service,
};
use crate::{
    app::App,
    core::{
        Result,
        http::QueryForm,
        input::Text,
        locale::Message,
        web::{self, Layout},
    },
    features::accounts::User,
    input, t,
};

pub(super) fn router() -> Router<App> {
    Router::new().route("/vin", get(show)).route("/vin/card", get(show_card))
}

/// A summary of a decoded VIN.
#[derive(Template)]
#[template(path = "features/vin/templates/card.html")]
pub struct Card {
    decoded: DecodedVin,
    parts: Vec<Part>,
    /// What is wrong with the text, if it is not a VIN.
    error: Option<String>,
    /// Whether it is shown in the vehicle form.
    is_in_form: bool,
    /// Whether the form already shows what is wrong with the VIN.
    is_reported: bool,
}

/// Creates the card for a typed VIN and model year. Returns `None` if the VIN is empty.
///
/// # Errors
/// `Internal` if the embedded VIN tables are damaged.
pub async fn card(app: &App, typed: &str, year: &str) -> Result<Option<Card>> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(None);
    }
    let (decoded, error) = match Vin::parse(typed) {
        Ok(vin) => (service::decode(app, &vin, parse_year(year)).await?, None),
        // The text may be a mistyped VIN, for which there are suggestions.
        Err(error) => (
            offline::decode(typed, None, app.clock.now())?.0,
            Some(web::sentence(&error.to_string())),
        ),
    };
    let parts = offline::parts(&decoded.vin, app.clock.now().date_naive())?;
    Ok(Some(Card { decoded, parts, error, is_in_form: true, is_reported: false }))
}

/// Parses a typed model year.
fn parse_year(typed: &str) -> Option<u16> {
    typed.trim().parse().ok().filter(|it| (1886..=2100).contains(it))
}

impl Card {
    /// The card next to a field that already shows what is wrong with the VIN. Returns `None` if nothing
    /// else is left to show.
    #[must_use]
    pub fn without_error(self) -> Option<Self> {
        let is_empty = self.error.is_some() && self.decoded.suggestions.is_empty();
        (!is_empty).then_some(Self { is_reported: true, ..self })
    }

    /// The decoded VIN.
    #[must_use]
    pub fn decoded(&self) -> &DecodedVin {
        &self.decoded
    }

    /// Year, make, model and trim, as far as they are known.
    fn title(&self) -> Option<String> {
        let decoded = &self.decoded;
        decoded.make.as_ref()?;
        let year = decoded.year.map(|it| it.to_string());
        let parts =
            [year.as_ref(), decoded.make.as_ref(), decoded.model.as_ref(), decoded.trim.as_ref()];
        Some(parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" "))
    }

    /// The possible model years, if the VIN is ambiguous.
    fn years(&self) -> &[u16] {
        let is_open = self.error.is_none() && !self.decoded.year_settled;
        if is_open { &self.decoded.year_candidates } else { &[] }
    }

    /// The most important attributes besides the title.
    fn facts(&self) -> Vec<(Message, String)> {
        let decoded = &self.decoded;
        let country = decoded.plant_country.as_deref().map(country_name);
        let facts = [
            (t!("vin-body"), &decoded.body_type),
            (t!("vin-engine"), &decoded.engine_type),
            (t!("vin-drive"), &decoded.drive_type),
            (t!("vin-transmission"), &decoded.transmission),
            (t!("vin-fuel"), &decoded.fuel_type),
            (t!("vin-built-in"), &country),
        ];
        facts.into_iter().filter_map(|(name, fact)| Some((name, fact.clone()?))).collect()
    }

    /// Why details are missing, if the VIN does not follow the North American standard.
    fn hint(&self) -> Option<String> {
        let decoded = &self.decoded;
        let is_elsewhere = self.error.is_none() && decoded.form != VinFormat::Us;
        let hint = decoded.problems.iter().find(|it| matches!(it.code, 7 | 8));
        hint.filter(|_| is_elsewhere).map(localized_detail)
    }

    /// The problems worth showing. Positions unknown to NHTSA are not among them.
    fn problems(&self) -> Vec<String> {
        let decoded = &self.decoded;
        let digit = decoded.check_digit;
        let problems = decoded.problems.iter().filter(|it| match it.code {
            _ if self.error.is_some() => false,
            1 if self.is_reported => false,
            7 | 8 => decoded.form == VinFormat::Us,
            14 => false,
            _ => true,
        });
        problems
            .map(|it| match (it.code, digit.given, digit.expected) {
                (1, Some(given), Some(expected)) => t!(
                    "vin-check-digit-wrong",
                    given = given.to_string(),
                    expected = expected.to_string(),
                )
                .to_string(),
                _ => localized_detail(it),
            })
            .collect()
    }
}

input! {
    /// The VIN to look up
    struct VinQuery {
        /// The VIN as typed
        vin: Option<Text<100>>,
        /// The model year as typed
        year: Option<Text<100>>,
    }
}

#[derive(Template)]
#[template(path = "features/vin/templates/vin.html")]
struct Page {
    layout: Layout,
    typed: String,
    card: Option<Card>,
    rows: Vec<(String, String)>,
}

/// Writes NHTSA's name of a country as people do: `UNITED STATES (USA)` becomes `United States`.
fn country_name(name: &str) -> String {
    let name = name.split(" (").next().unwrap_or_default().to_lowercase();
    let words = name.split(' ').map(|word| {
        let mut rest = word.chars();
        rest.next().into_iter().flat_map(char::to_uppercase).chain(rest).collect::<String>()
    });
    words.collect::<Vec<_>>().join(" ")
}

/// NHTSA's reliable attributes that apply to the vehicle. The model year is included only if it is
/// unambiguous. If the VIN matches no table entry, only manufacturer, country and vehicle type are
/// included.
fn attribute_rows(decoded: &DecodedVin) -> Vec<(String, String)> {
    const MANUFACTURER_ATTRIBUTES: [&str; 5] =
        ["Make", "Manufacturer", "ManufacturerId", "PlantCountry", "VehicleType"];
    let is_american = decoded.form == VinFormat::Us;
    let holds = |name: &str| match name {
        offline::MODEL_YEAR => decoded.year_settled,
        name => is_american || decoded.model.is_some() || MANUFACTURER_ATTRIBUTES.contains(&name),
    };
    let rows = decoded.attributes.iter().filter(|it| holds(it.0) && it.1 != "Not Applicable");
    rows.map(|(name, value)| (name.clone(), value.clone())).collect()
}

async fn show(
    State(app): State<App>,
    _: User,
    layout: Layout,
    QueryForm(query): QueryForm<VinQuery>,
) -> Result<Html<String>> {
    let typed = query.vin.map(|it| it.0).unwrap_or_default();
    let year = query.year.map(|it| it.0).unwrap_or_default();
    let card = card(&app, &typed, &year).await?.map(|card| Card { is_in_form: false, ..card });
    let rows = card.iter().flat_map(|it| attribute_rows(&it.decoded)).collect();
    let rows = offline::with_display_names(rows)?;
    web::page(&Page { layout, typed, card, rows })
}

async fn show_card(
    State(app): State<App>,
    _: User,
    QueryForm(query): QueryForm<VinQuery>,
) -> Result<Html<String>> {
    let typed = query.vin.map(|it| it.0).unwrap_or_default();
    let year = query.year.map(|it| it.0).unwrap_or_default();
    match card(&app, &typed, &year).await? {
        Some(card) => web::page(&card),
        None => Ok(Html(String::new())),
    }
}
