//! Stations as pages: finding them, what is one's own about them, adding and changing one.

mod form;
mod imports;
mod station;

use std::collections::HashMap;

use askama::Template;
use axum::{
    Router,
    extract::State,
    http::{Uri, header},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use chrono::NaiveDate;

use super::{
    Station, StationId,
    model::NewFavorite,
    search::{self, FoundStation, SearchQuery, Source, Wanted},
    service,
};
use crate::{
    core::{
        App, Error, Result,
        db::fixed::{Fixed, divide_rounded},
        error::Fault,
        http::{self, Form, Limit, Path},
        input::number::{self, NumberFormat},
        units::{DistanceUnit, Shown},
        web::{self, Errors, Sheet, Shell},
    },
    features::{
        accounts::User,
        fuel_logs::{self, FuelType, LastPaid},
    },
};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/stations", get(show_list))
        .route("/stations/save", post(save))
        .route("/stations/new", get(form::show_new).post(form::add))
        .route("/stations/{id}", get(station::show))
        .route("/stations/{id}/edit", get(form::show_edit).post(form::change))
        .route("/stations/{id}/delete", post(form::remove))
        .route("/stations/{id}/favorite", post(mark))
        .route("/stations/{id}/unfavorite", post(unmark))
        .route("/admin/stations", get(imports::show).post(imports::take_in))
}

const LABELS: &[(&str, &str)] = &[
    ("query", "Name, brand or address"),
    ("lat", "Latitude"),
    ("lng", "Longitude"),
    ("radius", "Within"),
];

/// The coordinates of a search, in any precision: they are not stored.
const SEARCHED_DEGREES: NumberFormat = NumberFormat::decimal(20).signed();

/// How many a page of what was found has.
const FOUND: Limit = Limit::new(50);

#[derive(Template)]
#[template(path = "features/stations/templates/list.html")]
struct List {
    shell: Shell,
    sheet: Sheet,
    /// How far one may look, in metres, and how that is said.
    radii: Vec<(String, String)>,
    favorites: Vec<Favorite>,
    /// What was found; nothing where nothing was looked for.
    found: Option<Vec<Hit>>,
    /// Whether anybody else is asked.
    has_providers: bool,
    /// Whether something of `OpenStreetMap`'s is shown, and of Google's.
    has_osm: bool,
    has_google: bool,
    price_sign: String,
    /// Where the pictures of a map are.
    tiles: Option<String>,
}

impl List {
    /// Whether the fields of a place are in sight: they say something, or are at fault.
    fn is_around(&self) -> bool {
        !self.sheet.get("lat").is_empty() || self.sheet.is_any_refused(&["lat", "lng", "radius"])
    }
}

/// A favourite, as a row.
struct Favorite {
    station: Station,
    paid: Vec<LastPrice>,
}

/// What was paid there last for a fuel.
struct LastPrice {
    /// What the fuel is called; nothing where it is not noted.
    fuel: &'static str,
    date: NaiveDate,
    price: String,
    /// Whether it is the least of all favourites for that fuel.
    is_cheapest: bool,
}

/// A station that was found, as a row.
struct Hit {
    station: FoundStation,
    distance: Option<String>,
    /// What saves it, where it is not saved yet.
    token: Option<String>,
}

impl Hit {
    fn of(station: FoundStation, shown: &Shown) -> Self {
        let distance = station.distance_meters.map(|it| distance(it, shown));
        let token = match (station.id, &station.google_place_id, &station.open_street_map_id) {
            (None, Some(id), _) => Some(format!("google:{id}")),
            (None, None, Some(id)) => Some(format!("openstreetmap:{id}")),
            _ => None,
        };
        Self { station, distance, token }
    }

    fn source(&self) -> &'static str {
        match self.station.source {
            Source::Google => "Google",
            Source::Openstreetmap => "OpenStreetMap",
            Source::Saved => "",
        }
    }
}

/// Metres in what one person reads: `850 m`, `1.2 km`, `0.7 mi`.
fn distance(metres: Fixed<12, 2>, shown: &Shown) -> String {
    let centimetres = i128::from(metres.units());
    // Of so many millimetres.
    let tenths = |whole: i128| {
        let tenths = divide_rounded(centimetres * 100, whole).unwrap_or_default();
        format!("{}.{}", tenths / 10, tenths % 10)
    };
    match shown.distance {
        DistanceUnit::Miles => format!("{} mi", tenths(1_609_344)),
        DistanceUnit::Kilometres if centimetres < 99_950 => {
            format!("{} m", divide_rounded(centimetres, 100).unwrap_or_default())
        }
        DistanceUnit::Kilometres => format!("{} km", tenths(1_000_000)),
    }
}

/// How far one may look.
fn radii(shown: &Shown) -> Vec<(String, String)> {
    let say = |metres: i64| {
        let told = Fixed::from_units(metres * 100).unwrap_or_default();
        (metres.to_string(), distance(told, shown).replace(".0 ", " "))
    };
    match shown.distance {
        DistanceUnit::Miles => [1_609, 4_828, 8_047, 16_093, 48_280].map(say).to_vec(),
        DistanceUnit::Kilometres => [1_000, 2_000, 5_000, 10_000, 50_000].map(say).to_vec(),
    }
}

/// The user's favourites with what was paid there last for each fuel, the cheapest of each marked.
fn favorites(
    stations: Vec<Station>,
    mut paid: HashMap<StationId, Vec<LastPaid>>,
    shown: &Shown,
) -> Vec<Favorite> {
    // Prices are compared as they are shown: for the same fuel, in the same currency.
    let comparable = |it: &LastPaid| (fuel_name(it), it.currency);
    let price = |it: &LastPaid| it.unit_price.in_unit(shown.volume).value.units();
    let mut by_fuel: HashMap<_, Vec<_>> = HashMap::new();
    for it in stations.iter().filter_map(|it| paid.get(&it.id)).flatten() {
        by_fuel.entry(comparable(it)).or_default().push(price(it));
    }
    // Of one alone there is nothing to say.
    by_fuel.retain(|_, prices| prices.len() > 1);
    let last = |it: LastPaid| LastPrice {
        fuel: fuel_name(&it),
        date: it.date,
        is_cheapest: by_fuel.get(&comparable(&it)).and_then(|all| all.iter().min())
            == Some(&price(&it)),
        price: shown.unit_price(it.unit_price, it.currency),
    };
    let favorite = |station: Station| {
        let paid = paid.remove(&station.id).unwrap_or_default();
        Favorite { paid: paid.into_iter().map(last).collect(), station }
    };
    stations.into_iter().map(favorite).collect()
}

fn fuel_name(paid: &LastPaid) -> &'static str {
    paid.fuel_type.map_or("", FuelType::label)
}

/// What a form of the page asks for; none where it is blank.
fn wanted(app: &App, form: &Form) -> Result<Option<Wanted>> {
    // How far to look says nothing without where.
    let is_blank = ["query", "lat", "lng"].iter().all(|it| form.get(it).trim().is_empty());
    if is_blank {
        return Ok(None);
    }
    let mut form = form.clone();
    if form.get("lat").trim().is_empty() && form.get("lng").trim().is_empty() {
        form.typed.remove("radius");
    }
    let mut faults = read_degrees(&mut form);
    match form.read::<SearchQuery>(app) {
        Ok(query) if faults.is_empty() => {
            SearchQuery { limit: Some(FOUND), ..query }.wanted().map(Some)
        }
        Err(Error::Invalid(others)) => {
            faults.extend(others);
            Err(Error::Invalid(faults))
        }
        Err(error) => Err(error),
        Ok(_) => Err(Error::Invalid(faults)),
    }
}

/// Replaces the typed degrees with plain numbers, and removes those that are not numbers.
fn read_degrees(form: &mut Form) -> Vec<Fault> {
    let mut faults = Vec::new();
    for name in ["lat", "lng"] {
        let typed = form.typed.remove(name).filter(|it| !it.trim().is_empty());
        match typed.map(|it| number::parse(&it, SEARCHED_DEGREES)) {
            None => {}
            Some(Ok(degrees)) => form.set(name, degrees.value),
            Some(Err(error)) => faults.push(Fault::at(name, error.to_string())),
        }
    }
    faults
}

async fn show_list(State(app): State<App>, user: User, shell: Shell, uri: Uri) -> Result<Response> {
    let query = uri.query().unwrap_or_default();
    let mut form = Form { typed: form_urlencoded::parse(query.as_bytes()).into_owned().collect() };
    let found = match wanted(&app, &form) {
        Ok(None) => Ok(None),
        Ok(Some(wanted)) => search::search(&app, &user, &wanted).await.map(|it| Some(it.items)),
        Err(error) => Err(error),
    };
    let shown = user.0.preferences.display_units();
    if form.get("radius").is_empty() {
        let middle = radii(&shown).swap_remove(2).0;
        form.set("radius", middle);
    }
    let (found, sheet, is_refused) = match found {
        Ok(found) => (found, Sheet::new(LABELS, form), false),
        Err(error) => (None, Sheet::again(LABELS, form, Errors::of(error)?), true),
    };
    let favorites = favorites(
        service::favorites(&app, &user).await?,
        fuel_logs::last_paid(&app, &user).await?,
        &shown,
    );
    let has = |source: Source| found.iter().flatten().any(|it| it.source == source);
    let page = List {
        shell,
        sheet,
        radii: radii(&shown),
        favorites,
        has_providers: !app.stations.all().is_empty(),
        has_osm: has(Source::Openstreetmap),
        has_google: has(Source::Google),
        found: found.map(|all| all.into_iter().map(|it| Hit::of(it, &shown)).collect()),
        price_sign: format!("/{}", shown.volume.sign()),
        tiles: app.config.stations.tiles_url.clone(),
    };
    let mut answer =
        if is_refused { web::page_again(&page)? } else { web::page(&page)?.into_response() };
    let pictures = app.config.stations.tiles_origin();
    if let Some(policy) = pictures.and_then(|it| http::policy_with_pictures(&it)) {
        answer.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    Ok(answer)
}

fn to_station(id: StationId) -> Redirect {
    Redirect::to(&format!("/stations/{id}"))
}

/// Saves what a search has found, in the provider's own words: the form says only which it is.
async fn save(State(app): State<App>, user: User, form: Form) -> Result<Response> {
    let gone = || Error::NotFound("station among what was found: search again");
    let (source, id) = form.get("found").split_once(':').ok_or_else(gone)?;
    let mut asked = form.clone();
    asked.typed.remove("found");
    let wanted = wanted(&app, &asked)?.ok_or_else(gone)?;
    let created = service::save_found(&app, &user, &wanted, (source, id)).await?;
    let created = created.ok_or_else(gone)?;
    Ok(Redirect::to(created.location().trim_start_matches("/api")).into_response())
}

async fn mark(
    State(app): State<App>,
    user: User,
    Path(id): Path<StationId>,
    form: Form,
) -> Result<Redirect> {
    // The button of a row says nothing of the notes, which stay.
    let favorite = if form.typed.contains_key("notes") {
        form.read::<NewFavorite>(&app)?
    } else {
        let notes = service::find(&app, &user, id).await?.notes;
        NewFavorite { notes: notes.map(crate::core::input::LongText) }
    };
    service::mark(&app, &user, id, favorite).await?;
    Ok(to_station(id))
}

async fn unmark(State(app): State<App>, user: User, Path(id): Path<StationId>) -> Result<Redirect> {
    service::unmark(&app, &user, id).await?;
    match service::find(&app, &user, id).await {
        // It was withdrawn, and this favorite was its last use.
        Err(Error::NotFound(_)) => Ok(Redirect::to("/stations")),
        station => station.map(|it| to_station(it.id)),
    }
}

#[cfg(test)]
mod tests {
    use super::{Fixed, distance, radii};
    use crate::{core::units::DistanceUnit, features::accounts::Preferences};

    #[test]
    fn distances_are_told_as_people_say_them() {
        let shown = |unit| {
            let shown = Preferences::default().display_units();
            crate::core::units::Shown { distance: unit, ..shown }
        };
        let (miles, km) = (shown(DistanceUnit::Miles), shown(DistanceUnit::Kilometres));
        let told = |centimetres, shown| distance(Fixed::from_units(centimetres).unwrap(), shown);
        assert_eq!(told(85_049, &km), "850 m");
        assert_eq!(told(99_960, &km), "1.0 km");
        assert_eq!(told(1_234_567, &km), "12.3 km");
        assert_eq!(told(80_467, &miles), "0.5 mi");
        let said = |shown| radii(shown).into_iter().map(|it| it.1).collect::<Vec<_>>().join(", ");
        assert_eq!(said(&miles), "1 mi, 3 mi, 5 mi, 10 mi, 30 mi");
        assert_eq!(said(&km), "1 km, 2 km, 5 km, 10 km, 50 km");
    }
}
