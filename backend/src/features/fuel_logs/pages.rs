//! The HTML pages that add, edit and delete fill-ups, and what the pages of vehicles show of them.

mod answer;
pub(super) mod card;
mod form;
mod quick_add;
pub(super) mod vehicle;

use askama::Template;
use axum::{
    Router,
    extract::State,
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};

use self::form::{
    changed_fields, check_ambiguous_price, check_ambiguous_volume, check_missing_reading,
    edit_form, max_plausible_volume, new_form,
};
use self::quick_add::OtherVehicle;
use super::{
    FuelLog, FuelLogId, FuelType, Listing,
    model::{Derived, FuelLogChange, Id, NewFuelLog},
    service,
};
use crate::{
    app::App,
    core::{
        Error, Result,
        http::{Form, Idempotency, IfMatch, Limit, Path, Query},
        locale::Message,
        money::{Currency, Thousandths},
        units::{DistanceUnit, UnitFormatter, VolumeUnit, currency_symbol, day},
        web::{self, Errors, Flash, FormView, Layout},
    },
    features::{
        accounts::User,
        stations::{self, Station, StationId},
        vehicles::{self, Vehicle, VehicleId},
        vin,
    },
    input, t,
};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/fuel-logs/new", get(quick_add::show))
        .route("/vehicles/{id}/fuel-logs/new", get(show_new).post(add))
        .route("/fuel-logs/{id}/edit", get(show_edit).post(change))
        .route("/fuel-logs/{id}/delete", post(remove))
}

/// How many fill-ups are read to derive hints.
const RECENT: Limit = Limit::new(30);

#[derive(Template)]
#[template(path = "features/fuel_logs/templates/form.html")]
struct FillUpPage {
    layout: Layout,
    view: FormView,
    title: Message,
    /// The path of the vehicle's page, and the vehicle's name.
    back: String,
    vehicle: String,
    /// The fill-up that is being edited.
    stored: Option<FuelLog>,
    distance_sign: &'static str,
    trip_sign: &'static str,
    volume_sign: &'static str,
    currency_sign: String,
    price_sign: String,
    odometer_hint: String,
    odometer_attrs: &'static str,
    price_hint: String,
    /// The stored name and the label of every fuel.
    fuels: Vec<(&'static str, Message)>,
    stations: Vec<String>,
    /// The selectable stations: favorites, and the current one.
    choices: Vec<Station>,
    /// Whether the rarely used fields are expanded.
    is_open: bool,
    /// Their summary while they are collapsed.
    more: String,
    /// The vehicles to choose from instead of this one.
    other_vehicles: Vec<OtherVehicle>,
}

/// The fields that are always shown. The others are rarely used.
const ALWAYS_SHOWN: &[&str] = &["odometer", "volume", "unitPrice", "amount", "fuelType", "isFull"];

const ODOMETER: &str = r#"inputmode="decimal" enterkeyhint="next" autocomplete="off""#;
const ODOMETER_FIRST: &str =
    r#"inputmode="decimal" enterkeyhint="next" autocomplete="off" autofocus"#;

impl FillUpPage {
    /// The attributes of the volume. The script does not calculate with a volume that the server will
    /// reject as implausible.
    fn volume_attrs(&self) -> String {
        let unit = VolumeUnit::try_from(self.view.get("volumeUnit").to_owned());
        let max = max_plausible_volume(unit.unwrap_or(VolumeUnit::Liters));
        format!("{} data-most=\"{max}\"", self.quantity_attrs("next", 3, Derived::Volume))
    }

    /// The attributes of the price.
    fn price_attrs(&self) -> String {
        self.quantity_attrs("next", 4, Derived::UnitPrice)
    }

    /// The attributes of the amount.
    fn amount_attrs(&self) -> String {
        let currency = Currency::parse(self.view.get("currency")).unwrap_or(Currency::USD);
        let attrs = self.quantity_attrs("done", currency.decimals(), Derived::Amount);
        // The script accepts the same tolerance as the server: receipts may be rounded to the
        // smallest coin.
        let step = Thousandths::from_units(currency.cash_step()).unwrap_or_default();
        format!("{attrs} data-step=\"{step}\"")
    }

    /// The attributes of a quantity: its decimals, and whether it was derived from the others.
    fn quantity_attrs(&self, enter_key: &str, decimals: u32, derived: Derived) -> String {
        let is_derived = self.stored.as_ref().is_some_and(|it| it.derived == derived);
        let mark = if is_derived { " data-derived" } else { "" };
        format!(
            "inputmode=\"decimal\" enterkeyhint=\"{enter_key}\" autocomplete=\"off\" \
             data-decimals=\"{decimals}\"{mark}"
        )
    }

    /// Creates the form with the parts shared by new and existing fill-ups.
    fn new(user: &User, vehicle: &Vehicle, layout: Layout, view: FormView) -> Self {
        let units = user.0.preferences.display_units();
        let date = view.get("date").parse().map(day).unwrap_or_default();
        let more = [date.as_str(), view.get("stationName")];
        let more: Vec<_> = more.into_iter().filter(|it| !it.is_empty()).collect();
        let unit = |name| VolumeUnit::try_from(view.get(name).to_owned()).unwrap_or(units.volume);
        let distance = |name| {
            let unit = DistanceUnit::try_from(view.get(name).to_owned());
            unit.unwrap_or(units.distance).symbol()
        };
        let currency_sign = currency_symbol(view.get("currency")).to_owned();
        Self {
            title: t!("fuel-logs-add"),
            back: format!("/vehicles/{}", vehicle.id),
            vehicle: vehicle.title(),
            stored: None,
            distance_sign: distance("odometerUnit"),
            trip_sign: distance("tripDistanceUnit"),
            volume_sign: unit("volumeUnit").symbol(),
            price_sign: format!("{currency_sign}/{}", unit("unitPriceUnit").symbol()),
            currency_sign,
            odometer_hint: String::new(),
            odometer_attrs: if view.has_errors() { ODOMETER } else { ODOMETER_FIRST },
            price_hint: String::new(),
            fuels: list_fuels(),
            stations: Vec::new(),
            choices: Vec::new(),
            is_open: view.has_error_beside(ALWAYS_SHOWN)
                || !view.get("stationId").is_empty()
                || !view.get("tripDistance").is_empty(),
            more: more.join(", "),
            other_vehicles: Vec::new(),
            layout,
            view,
        }
    }

    /// Adds the selectable stations.
    async fn with_stations(mut self, app: &App, user: &User) -> Result<Self> {
        self.choices = stations::favorites(app, user).await?;
        let chosen = self.view.get("stationId").parse().ok().map(StationId);
        if let Some(id) = chosen.filter(|id| !self.choices.iter().any(|it| it.id == *id)) {
            // A station that no longer exists is not offered.
            self.choices.extend(stations::find(app, user, id).await.ok());
        }
        Ok(self)
    }

    /// Adds hints from recent fill-ups, which are sorted newest first.
    fn with_hints(mut self, units: &UnitFormatter, vehicle: &Vehicle, recent: &[FuelLog]) -> Self {
        let reading = recent.iter().find_map(|it| it.odometer).or(vehicle.odometer.reading());
        if let Some(reading) = reading {
            let reading = units.reading_with_unit(reading);
            self.odometer_hint = t!("fuel-logs-odometer-last", reading = reading).to_string();
        }
        let price = |it: &FuelLog| Some(units.unit_price(it.unit_price?, it.currency?));
        if let Some(price) = recent.iter().find_map(price) {
            self.price_hint = t!("fuel-logs-price-last", price = price).to_string();
        }
        for station in recent.iter().filter_map(|it| it.station_name.as_ref()) {
            if !self.stations.contains(station) {
                self.stations.push(station.clone());
            }
        }
        self
    }
}

/// The fuels that can be selected.
fn list_fuels() -> Vec<(&'static str, Message)> {
    let all = FuelType::ALL.iter().map(|it| (it.0, Message::plain(it.1)));
    std::iter::once(("", t!("fuel-logs-fuel-unspecified"))).chain(all).collect()
}

async fn find_vehicle(app: &App, user: &User, id: VehicleId) -> Result<Vehicle> {
    let mut tx = app.db.read_for(user).await?;
    vehicles::find(&mut tx, user, id).await
}

async fn list_recent(app: &App, user: &User, id: VehicleId) -> Result<Vec<FuelLog>> {
    let listing = Listing { vehicle: Some(id), limit: RECENT, ..Listing::default() };
    Ok(service::list(app, user, &listing).await?.items)
}

/// The fuel of the vehicle's last fill-up or, if unknown, the fuel that its VIN specifies.
fn default_fuel(vehicle: &Vehicle, recent: &[FuelLog]) -> Option<FuelType> {
    let from_vin = || FuelType::from_nhtsa(&vin::fuel_type(vehicle.vin.as_ref()?)?);
    recent.iter().find_map(|it| it.fuel_type).or_else(from_vin)
}

fn vehicle_path(id: VehicleId) -> String {
    format!("/vehicles/{id}")
}

input! {
    /// Initial values of the form
    struct NewQuery {
        /// The station to select
        station: Option<Id>,
        /// Whether to offer the other vehicles, too
        choose: Option<bool>,
    }
}

async fn show_new(
    State(app): State<App>,
    user: User,
    Path(id): Path<VehicleId>,
    Query(query): Query<NewQuery>,
    layout: Layout,
) -> Result<Html<String>> {
    let vehicle = find_vehicle(&app, &user, id).await?;
    let recent = list_recent(&app, &user, id).await?;
    let preferences = &user.0.preferences;
    let today = preferences.today(app.clock.now());
    let mut form = new_form(today, default_fuel(&vehicle, &recent), &preferences.display_units());
    if let Some(station) = query.station {
        form.set("stationId", station.0.to_string());
    }
    let page = FillUpPage::new(&user, &vehicle, layout, FormView::new(FuelLog::LABELS, form));
    let more = t!("fuel-logs-more-today", date = today).to_string();
    let other_vehicles = if query.choose == Some(true) {
        quick_add::other_vehicles(&app, &user, id).await?
    } else {
        Vec::new()
    };
    let page = FillUpPage { more, other_vehicles, ..page };
    let page = page.with_stations(&app, &user).await?;
    web::page(&page.with_hints(&preferences.display_units(), &vehicle, &recent))
}

async fn add(
    State(app): State<App>,
    user: User,
    Path(id): Path<VehicleId>,
    layout: Layout,
    form: Form,
) -> Result<Response> {
    let vehicle = find_vehicle(&app, &user, id).await?;
    let units = user.0.preferences.display_units();
    let mut copy = form.clone();
    let idempotency = Idempotency::from_form(&mut copy, &id.to_string());
    copy.set("vehicleId", id.to_string());
    let ambiguities: Vec<_> =
        [check_missing_reading(&form), check_ambiguous_volume(&form), check_ambiguous_price(&form)]
            .into_iter()
            .flatten()
            .collect();
    let added = match copy.read::<NewFuelLog>(&app) {
        Ok(_) if !ambiguities.is_empty() => Err(Error::Invalid(ambiguities)),
        Ok(new) => service::add(&app, &user, new, &idempotency).await,
        Err(error) => Err(error),
    };
    match added {
        Ok(created) => {
            let path = vehicle_path(id);
            // The fill-up may be deleted by now: a form that was sent twice gets the first response again.
            let added = created.location().rsplit('/').next().and_then(|it| it.parse().ok());
            let log = match added {
                Some(added) => service::find(&app, &user, FuelLogId(added)).await.ok(),
                None => None,
            };
            Ok(match log {
                Some(log) => answer::saved(&log, &units).redirect_to(&path),
                None => Redirect::to(&path).into_response(),
            })
        }
        Err(error) => {
            let errors = Errors::from_error(error)?;
            let recent = list_recent(&app, &user, id).await?;
            let view = FormView::with_errors(FuelLog::LABELS, form, errors);
            let page = FillUpPage::new(&user, &vehicle, layout, view);
            let page = page.with_stations(&app, &user).await?;
            web::invalid_form_page(&page.with_hints(&units, &vehicle, &recent))
        }
    }
}

async fn show_edit(
    State(app): State<App>,
    user: User,
    Path(id): Path<FuelLogId>,
    layout: Layout,
) -> Result<Html<String>> {
    let log = service::find(&app, &user, id).await?;
    let view = FormView::new(FuelLog::LABELS, edit_form(&log, &user.0.preferences.display_units()));
    web::page(&edit_page(&app, &user, log, layout, view).await?)
}

async fn edit_page(
    app: &App,
    user: &User,
    log: FuelLog,
    layout: Layout,
    view: FormView,
) -> Result<FillUpPage> {
    let vehicle = find_vehicle(app, user, log.vehicle_id).await?;
    let recent = list_recent(app, user, log.vehicle_id).await?;
    let page = FillUpPage::new(user, &vehicle, layout, view).with_stations(app, user).await?;
    let page = page.with_hints(&user.0.preferences.display_units(), &vehicle, &recent);
    Ok(FillUpPage {
        title: t!("fuel-logs-edit"),
        // The hints are from the latest fill-up, which may be this one or a later one.
        odometer_hint: String::new(),
        price_hint: String::new(),
        odometer_attrs: ODOMETER,
        stored: Some(log),
        ..page
    })
}

async fn change(
    State(app): State<App>,
    user: User,
    Path(id): Path<FuelLogId>,
    layout: Layout,
    form: Form,
) -> Result<Response> {
    let log = service::find(&app, &user, id).await?;
    let units = user.0.preferences.display_units();
    let copy = changed_fields(&form, &edit_form(&log, &units));
    if copy.typed.is_empty() {
        return Ok(Redirect::to(&vehicle_path(log.vehicle_id)).into_response());
    }
    let price =
        copy.typed.contains_key("unitPrice").then(|| check_ambiguous_price(&form)).flatten();
    let ambiguities: Vec<_> = check_ambiguous_volume(&copy).into_iter().chain(price).collect();
    let saved = match copy.read::<FuelLogChange>(&app) {
        Ok(_) if !ambiguities.is_empty() => Err(Error::Invalid(ambiguities)),
        Ok(change) => service::change(&app, &user, id, change, &IfMatch::default()).await,
        Err(error) => Err(error),
    };
    match saved {
        Ok(log) => Ok(answer::saved(&log, &units).redirect_to(&vehicle_path(log.vehicle_id))),
        Err(error) => {
            let errors = Errors::from_error(error)?;
            let view = FormView::with_errors(FuelLog::LABELS, form, errors);
            web::invalid_form_page(&edit_page(&app, &user, log, layout, view).await?)
        }
    }
}

async fn remove(State(app): State<App>, user: User, Path(id): Path<FuelLogId>) -> Result<Response> {
    let log = service::remove(&app, &user, id, &IfMatch::default()).await?;
    let message = t!("fuel-logs-deleted", date = log.date);
    Ok(Flash::new(&message).redirect_to(&vehicle_path(log.vehicle_id)))
}
