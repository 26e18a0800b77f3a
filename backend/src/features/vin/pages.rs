//! What a VIN means, as a page, and as the card that the form for vehicles shows.

use askama::Template;
use axum::{Router, extract::State, response::Html, routing::get};

use super::{
    DecodedVin, Vin,
    offline::{self, Part},
    service,
};
use crate::{
    core::{
        App, Result,
        http::Search,
        input::Text,
        web::{self, Shell},
    },
    features::accounts::User,
    input,
};

pub(super) fn router() -> Router<App> {
    Router::new().route("/vin", get(show)).route("/vin/card", get(show_card))
}

/// What a VIN means, in a few lines of HTML.
#[derive(Template)]
#[template(path = "features/vin/templates/card.html")]
pub struct Card {
    decoded: DecodedVin,
    parts: Vec<Part>,
    /// What is wrong with text that is no VIN; then nothing was decoded.
    fault: Option<String>,
}

/// The card of what was typed as a VIN; none where nothing was.
///
/// # Errors
/// Internal where the program's own tables are damaged.
pub async fn card(app: &App, typed: &str) -> Result<Option<Card>> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(None);
    }
    let (decoded, fault) = match Vin::well_formed(typed) {
        Ok(vin) => (service::decode(app, &vin).await?, None),
        // What is no VIN may still be one that was mistyped.
        Err(error) => {
            (offline::decode(typed, app.clock.now())?.0, Some(web::sentence(&error.to_string())))
        }
    };
    let parts = offline::parts(&decoded.vin)?;
    Ok(Some(Card { decoded, parts, fault }))
}

impl Card {
    /// What the VIN says of the vehicle.
    #[must_use]
    pub fn decoded(&self) -> &DecodedVin {
        &self.decoded
    }

    /// Year, make and model, as far as they are known.
    fn title(&self) -> Option<String> {
        let decoded = &self.decoded;
        decoded.make.as_ref()?;
        let year = decoded.year.map(|it| it.to_string());
        let parts =
            [year.as_ref(), decoded.make.as_ref(), decoded.model.as_ref(), decoded.trim.as_ref()];
        Some(parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" "))
    }

    /// What else one wants to see at once.
    fn facts(&self) -> Vec<(&'static str, &str)> {
        let decoded = &self.decoded;
        let facts = [
            ("Body", &decoded.body_type),
            ("Engine", &decoded.engine_type),
            ("Drive", &decoded.drive_type),
            ("Transmission", &decoded.transmission),
            ("Fuel", &decoded.fuel_type),
            ("Built in", &decoded.plant_country),
        ];
        facts.into_iter().filter_map(|(name, fact)| Some((name, fact.as_deref()?))).collect()
    }

    /// What is wrong, for people. That nobody told NHTSA what each position means is not.
    fn problems(&self) -> Vec<String> {
        let decoded = &self.decoded;
        let digit = decoded.check_digit;
        let told = decoded.problems.iter().filter(|it| match it.code {
            _ if self.fault.is_some() => false,
            1 => digit.required,
            14 => false,
            _ => true,
        });
        told.map(|it| match (it.code, digit.given, digit.expected) {
            (1, Some(given), Some(expected)) => format!(
                "Position 9, the check digit, is {given} and the other characters ask for \
                 {expected}: one of the 17 is not as it stands on the vehicle."
            ),
            _ => it.detail.clone(),
        })
        .collect()
    }
}

input! {
    /// Which VIN
    struct VinQuery {
        /// As it was typed
        vin: Option<Text<100>>,
    }
}

#[derive(Template)]
#[template(path = "features/vin/templates/vin.html")]
struct Page {
    shell: Shell,
    typed: String,
    card: Option<Card>,
    rows: Vec<(String, String)>,
}

async fn show(
    State(app): State<App>,
    _: User,
    shell: Shell,
    Search(query): Search<VinQuery>,
) -> Result<Html<String>> {
    let typed = query.vin.map(|it| it.0).unwrap_or_default();
    let card = card(&app, &typed).await?;
    let rows = card.iter().flat_map(|it| it.decoded.attributes.clone()).collect();
    let rows = offline::named(rows)?;
    web::page(&Page { shell, typed, card, rows })
}

async fn show_card(
    State(app): State<App>,
    _: User,
    Search(query): Search<VinQuery>,
) -> Result<Html<String>> {
    let typed = query.vin.map(|it| it.0).unwrap_or_default();
    match card(&app, &typed).await? {
        Some(card) => web::page(&card),
        None => Ok(Html(String::new())),
    }
}
