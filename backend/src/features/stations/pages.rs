//! The pages of stations: search and favorites.

mod form;
mod imports;
mod station;

use std::collections::HashMap;

use askama::Template;
use axum::{
    Router,
    extract::State,
    http::{Uri, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use chrono::NaiveDate;

use super::{
    Station, StationId,
    model::NewFavorite,
    search::{self, FoundStation, SearchCriteria, SearchQuery, Source},
    service,
};
use crate::{
    app::App,
    core::{
        Error, Result,
        db::fixed::{Fixed, divide_rounded},
        error::FieldError,
        http::{self, Form, Limit, Path},
        input::number::{self, NumberFormat},
        locale::Message,
        units::{DistanceUnit, UnitFormatter},
        web::{self, Flash, FormView, Layout},
    },
    features::{
        accounts::User,
        fuel_logs::{self, FuelType, LastPricePaid},
    },
    t,
};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/stations", get(show_list))
        .route("/stations/save", post(save))
        .route("/stations/new", get(form::show_new).post(form::add))
        .route("/stations/{id}", get(station::show))
        .route("/stations/{id}/edit", get(form::show_edit).post(form::change))
        .route("/stations/{id}/delete", post(form::remove))
        .route("/stations/{id}/favorite", post(add_favorite))
        .route("/stations/{id}/unfavorite", post(remove_favorite))
        .route("/admin/stations", get(imports::show).post(imports::upload))
}

const LABELS: &[(&str, &str)] = &[
    ("query", "stations-search-query"),
    ("lat", "stations-search-latitude"),
    ("lng", "stations-search-longitude"),
    ("radius", "stations-search-radius"),
];

/// The format of a search's coordinates. Any precision is accepted, since they are not stored.
const SEARCHED_DEGREES: NumberFormat = NumberFormat::decimal(20).signed();

/// The maximum number of search results on the page.
const MAX_RESULTS: Limit = Limit::new(50);

#[derive(Template)]
#[template(path = "features/stations/templates/list.html")]
struct StationsPage {
    layout: Layout,
    view: FormView,
    /// The choices of the search radius: meters and labels.
    radii: Vec<(String, String)>,
    favorites: Vec<Favorite>,
    /// The search results; `None` without a search.
    found: Option<Vec<Hit>>,
    /// Whether any provider is configured.
    has_providers: bool,
    /// Whether there are results from OpenStreetMap and from Google, which require attribution.
    has_osm: bool,
    has_google: bool,
    price_sign: String,
    /// The URL of the map tiles.
    tiles: Option<String>,
}

impl StationsPage {
    /// Whether to show the location fields: they have values or errors.
    fn shows_location_fields(&self) -> bool {
        !self.view.get("lat").is_empty() || self.view.has_error_on_any(&["lat", "lng", "radius"])
    }
}

/// A favorite, as a row of the list.
struct Favorite {
    station: Station,
    paid: Vec<LastPrice>,
}

/// The last price that the user paid for a fuel.
struct LastPrice {
    /// The fuel, if known.
    fuel: Option<Message>,
    date: NaiveDate,
    price: String,
    /// Whether it is the lowest price for that fuel among the favorites.
    is_cheapest: bool,
}

/// A search result, as a row of the list.
struct Hit {
    station: FoundStation,
    distance: Option<String>,
    /// Identifies the result in the form that saves it; `None` if it is saved.
    token: Option<String>,
}

impl Hit {
    fn of(station: FoundStation, units: &UnitFormatter) -> Self {
        let distance = station.distance_meters.map(|it| distance(it, units));
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

/// Formats a distance in meters in the user's unit: `850 m`, `1.2 km` or `0.7 mi`.
fn distance(meters: Fixed<12, 2>, units: &UnitFormatter) -> String {
    let centimeters = i128::from(meters.units());
    // The distance in tenths of a unit of that many millimeters.
    let tenths = |unit: i128| {
        let tenths = divide_rounded(centimeters * 100, unit).unwrap_or_default();
        format!("{}.{}", tenths / 10, tenths % 10)
    };
    match units.distance {
        DistanceUnit::Miles => format!("{} mi", tenths(1_609_344)),
        DistanceUnit::Kilometers if centimeters < 99_950 => {
            format!("{} m", divide_rounded(centimeters, 100).unwrap_or_default())
        }
        DistanceUnit::Kilometers => format!("{} km", tenths(1_000_000)),
    }
}

/// The choices of the search radius: meters and labels.
fn radii(units: &UnitFormatter) -> Vec<(String, String)> {
    let choice = |meters: i64| {
        let exact = Fixed::from_units(meters * 100).unwrap_or_default();
        (meters.to_string(), distance(exact, units).replace(".0 ", " "))
    };
    match units.distance {
        DistanceUnit::Miles => [1_609, 4_828, 8_047, 16_093, 48_280].map(choice).to_vec(),
        DistanceUnit::Kilometers => [1_000, 2_000, 5_000, 10_000, 50_000].map(choice).to_vec(),
    }
}

/// The user's favorites with the last price paid for each fuel. Marks the lowest price for each fuel.
fn favorites(
    stations: Vec<Station>,
    mut paid: HashMap<StationId, Vec<LastPricePaid>>,
    units: &UnitFormatter,
) -> Vec<Favorite> {
    // Compare prices as displayed, for the same fuel and currency.
    let key = |it: &LastPricePaid| (it.fuel_type.map(FuelType::as_str), it.currency);
    let price = |it: &LastPricePaid| it.unit_price.in_unit(units.volume).value.units();
    let mut by_fuel: HashMap<_, Vec<_>> = HashMap::new();
    for it in stations.iter().filter_map(|it| paid.get(&it.id)).flatten() {
        by_fuel.entry(key(it)).or_default().push(price(it));
    }
    // Do not mark a price that has no other to compare with.
    by_fuel.retain(|_, prices| prices.len() > 1);
    let last = |it: LastPricePaid| LastPrice {
        fuel: it.fuel_type.map(|it| Message::plain(it.label())),
        date: it.date,
        is_cheapest: by_fuel.get(&key(&it)).and_then(|all| all.iter().min()) == Some(&price(&it)),
        price: units.unit_price(it.unit_price, it.currency),
    };
    let favorite = |station: Station| {
        let paid = paid.remove(&station.id).unwrap_or_default();
        Favorite { paid: paid.into_iter().map(last).collect(), station }
    };
    stations.into_iter().map(favorite).collect()
}

/// Reads the search criteria from the form; `None` if it is empty.
fn read_criteria(app: &App, form: &Form) -> Result<Option<SearchCriteria>> {
    // A radius alone is not a search.
    let is_empty = ["query", "lat", "lng"].iter().all(|it| form.get(it).trim().is_empty());
    if is_empty {
        return Ok(None);
    }
    let mut form = form.clone();
    if form.get("lat").trim().is_empty() && form.get("lng").trim().is_empty() {
        form.typed.remove("radius");
    }
    let mut faults = read_degrees(&mut form);
    match form.read::<SearchQuery>(app) {
        Ok(query) if faults.is_empty() => {
            SearchQuery { limit: Some(MAX_RESULTS), ..query }.into_criteria().map(Some)
        }
        Err(Error::Invalid(others)) => {
            faults.extend(others);
            Err(Error::Invalid(faults))
        }
        Err(error) => Err(error),
        Ok(_) => Err(Error::Invalid(faults)),
    }
}

/// Replaces localized degrees with plain numbers, and removes invalid ones.
fn read_degrees(form: &mut Form) -> Vec<FieldError> {
    let mut faults = Vec::new();
    for name in ["lat", "lng"] {
        let typed = form.typed.remove(name).filter(|it| !it.trim().is_empty());
        match typed.map(|it| number::parse(&it, SEARCHED_DEGREES)) {
            None => {}
            Some(Ok(degrees)) => form.set(name, degrees.value),
            Some(Err(error)) => faults.push(FieldError::at(name, error)),
        }
    }
    faults
}

async fn show_list(
    State(app): State<App>,
    user: User,
    layout: Layout,
    uri: Uri,
) -> Result<Response> {
    let query = uri.query().unwrap_or_default();
    let mut form =
        Form { typed: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect() };
    let found = match read_criteria(&app, &form) {
        Ok(None) => Ok(None),
        Ok(Some(criteria)) => search::search(&app, &user, &criteria).await.map(|it| Some(it.items)),
        Err(error) => Err(error),
    };
    let units = user.0.preferences.display_units();
    if form.get("radius").is_empty() {
        let default = radii(&units).swap_remove(2).0;
        form.set("radius", default);
    }
    let (found, view, is_refused) = match found {
        Ok(found) => (found, FormView::new(LABELS, form), false),
        Err(error) => (None, FormView::rejected(LABELS, form, error)?, true),
    };
    let favorites = favorites(
        service::favorites(&app, &user).await?,
        fuel_logs::last_prices_paid(&app, &user).await?,
        &units,
    );
    let has = |source: Source| found.iter().flatten().any(|it| it.source == source);
    let page = StationsPage {
        layout,
        view,
        radii: radii(&units),
        favorites,
        has_providers: !app.stations.all().is_empty(),
        has_osm: has(Source::Openstreetmap),
        has_google: has(Source::Google),
        found: found.map(|all| all.into_iter().map(|it| Hit::of(it, &units)).collect()),
        price_sign: format!("/{}", units.volume.symbol()),
        tiles: app.config.stations.tiles_url.clone(),
    };
    let mut response =
        if is_refused { web::invalid_form_page(&page)? } else { web::page(&page)?.into_response() };
    let tiles = app.config.stations.tiles_origin();
    if let Some(policy) = tiles.and_then(|it| http::csp_allowing_images_from(&it)) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    Ok(response)
}

fn station_path(id: StationId) -> String {
    format!("/stations/{id}")
}

/// Saves a search result with the provider's details. The form only identifies the result.
async fn save(State(app): State<App>, user: User, form: Form) -> Result<Response> {
    let not_found = || Error::NotFound(crate::t!("core-not-found-found-station"));
    let (source, id) = form.get("found").split_once(':').ok_or_else(not_found)?;
    let mut search = form.clone();
    search.typed.remove("found");
    let criteria = read_criteria(&app, &search)?.ok_or_else(not_found)?;
    let created = service::save_search_result(&app, &user, &criteria, (source, id)).await?;
    let created = created.ok_or_else(not_found)?;
    let path = created.location().trim_start_matches("/api");
    Ok(Flash::new(&t!("stations-saved")).redirect_to(path))
}

async fn add_favorite(
    State(app): State<App>,
    user: User,
    Path(id): Path<StationId>,
    form: Form,
) -> Result<Response> {
    // The button in the list sends no notes. Preserve the existing ones.
    let favorite = if form.typed.contains_key("notes") {
        form.read::<NewFavorite>(&app)?
    } else {
        let notes = service::find(&app, &user, id).await?.notes;
        NewFavorite { notes: notes.map(crate::core::input::LongText) }
    };
    service::add_favorite(&app, &user, id, favorite).await?;
    let flash = Flash::new(&t!("stations-favorite-saved"));
    Ok(flash.redirect_to(&station_path(id)))
}

async fn remove_favorite(
    State(app): State<App>,
    user: User,
    Path(id): Path<StationId>,
) -> Result<Response> {
    service::remove_favorite(&app, &user, id).await?;
    let path = match service::find(&app, &user, id).await {
        // The station was withdrawn, and this favorite was its last use.
        Err(Error::NotFound(_)) => "/stations".to_owned(),
        station => station_path(station?.id),
    };
    Ok(Flash::new(&t!("stations-favorite-removed")).redirect_to(&path))
}

#[cfg(test)]
mod tests {
    use super::{Fixed, distance, radii};
    use crate::{core::units::DistanceUnit, features::accounts::Preferences};

    #[test]
    fn distances_are_formatted_in_the_users_unit() {
        let units_in = |unit| {
            let units = Preferences::default().display_units();
            crate::core::units::UnitFormatter { distance: unit, ..units }
        };
        let (miles, km) = (units_in(DistanceUnit::Miles), units_in(DistanceUnit::Kilometers));
        let format = |centimeters, units| distance(Fixed::from_units(centimeters).unwrap(), units);
        assert_eq!(format(85_049, &km), "850 m");
        assert_eq!(format(99_960, &km), "1.0 km");
        assert_eq!(format(1_234_567, &km), "12.3 km");
        assert_eq!(format(80_467, &miles), "0.5 mi");
        let labels = |units| radii(units).into_iter().map(|it| it.1).collect::<Vec<_>>().join(", ");
        assert_eq!(labels(&miles), "1 mi, 3 mi, 5 mi, 10 mi, 30 mi");
        assert_eq!(labels(&km), "1 km, 2 km, 5 km, 10 km, 50 km");
    }
}
