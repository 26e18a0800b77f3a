//! The form for an item: add a reminder, log a service, edit or delete an item.

use askama::Template;
use axum::{
    extract::State,
    response::{Html, IntoResponse as _, Redirect, Response},
};
use chrono::{Months, NaiveDate};

use super::{VehicleMileage, answer, find_vehicle_mileage, format, history_path, to_history};
use crate::{
    app::App,
    core::{
        Result,
        http::{Form, Idempotency, IfMatch, Path, Query},
        input::Text,
        locale::Message,
        units::{Distance, DistanceUnit, UnitFormatter, currency_symbol},
        web::{self, Errors, FormView, Layout},
    },
    features::{
        accounts::User,
        maintenance::{
            Item, ItemId,
            model::ItemChange,
            service,
            types::{MaintenanceType, TYPES, TypeGroup},
        },
        vehicles::VehicleId,
    },
    input, t,
};

#[derive(Template)]
#[template(path = "features/maintenance/templates/form.html")]
struct ItemForm {
    layout: Layout,
    view: FormView,
    title: Message,
    vehicle: VehicleId,
    vehicle_title: String,
    /// The item that is being edited.
    stored: Option<EditedItem>,
    /// Whether the form is for a completed item.
    is_done: bool,
    currency_sign: String,
    /// The hint for due readings; empty if there is none.
    due_hint: String,
    types: &'static [MaintenanceType],
}

/// An existing item, and the available actions.
struct EditedItem {
    id: ItemId,
    can_be_skipped: bool,
    /// Whether deleting the item changes when the next one is due.
    deletion_reschedules_next: bool,
    due_date: Option<String>,
    due_odometer: Option<(String, &'static str)>,
    /// Why the item was not postponed, if the page responds to an invalid postponement.
    postpone_errors: Vec<String>,
}

impl EditedItem {
    /// Shows a postponement that was rejected: the submitted values and what is wrong with them.
    fn reject_postponement(&mut self, form: &Form, errors: &Errors) {
        if let Some(date) = &mut self.due_date {
            form.get("dueDate").clone_into(date);
        }
        if let Some((reading, _)) = &mut self.due_odometer {
            form.get("dueOdometer").clone_into(reading);
        }
        self.postpone_errors = errors
            .0
            .iter()
            .map(|it| {
                let name = match it.name() {
                    "dueOdometer" => t!("maintenance-postpone-odometer"),
                    _ => t!("maintenance-postpone-date"),
                };
                t!("core-field-detail", name = name, detail = it.detail.clone()).to_string()
            })
            .collect();
    }
}

#[derive(Template)]
#[template(path = "features/maintenance/templates/types.html")]
struct Types {
    layout: Layout,
    vehicle: VehicleId,
    vehicle_title: String,
    is_done: bool,
    groups: Vec<(Message, Vec<&'static MaintenanceType>)>,
}

input! {
    /// The kind of item to add
    pub(super) struct NewQuery {
        /// The type, or any other name
        r#type: Option<Text<100>>,
        /// Whether the work is already done
        done: Option<bool>,
        /// Whether to enter the type in the form instead of choosing it first
        any_type: Option<bool>,
    }
}

/// The distance fields, each with the hidden field for its unit.
const DISTANCES: [(&str, &str); 3] = [
    ("dueOdometer", "dueOdometerUnit"),
    ("completedOdometer", "completedOdometerUnit"),
    ("intervalDistance", "intervalDistanceUnit"),
];

/// Returns the value of a distance field: as entered if it was in the unit of the form, or else in
/// whole units.
pub(super) fn distance_value(distance: Option<Distance>, unit: DistanceUnit) -> String {
    let Some(distance) = distance else { return String::new() };
    // A sum of distances in different units is not a whole number of tenths.
    let is_entered = distance.exact() % (unit.exact() / 10) == 0;
    let converted = distance.in_unit(unit);
    if is_entered { converted.value() } else { ((converted.tenths() + 5) / 10).to_string() }
}

/// Returns the unit in which a field was shown; the user's unit if the form does not say.
fn unit_of(form: &Form, unit: &str, units: &UnitFormatter) -> DistanceUnit {
    DistanceUnit::try_from(form.get(unit).to_owned()).unwrap_or(units.distance)
}

/// Adds the unit of each distance to the form.
pub(super) fn with_units(mut form: Form, units: &UnitFormatter) -> Form {
    for (name, unit) in DISTANCES {
        if form.typed.contains_key(name) && !form.typed.contains_key(unit) {
            form.set(unit, units.distance.as_str().to_owned());
        }
    }
    form
}

/// Fills the form for a new item: due after the typical interval, or done today.
fn new_item_form(
    type_name: &str,
    is_done: bool,
    mileage: &VehicleMileage,
    today: NaiveDate,
    units: &UnitFormatter,
) -> Form {
    let kind = format::parse_type(type_name);
    let known = TYPES.iter().find(|it| it.kind == kind);
    let name = known.map_or_else(|| type_name.to_owned(), |it| it.name.to_string());
    let months = known.and_then(|it| it.interval_months);
    let interval = known.and_then(|it| it.interval(units.distance));
    let date = months
        .and_then(|it| u32::try_from(it).ok())
        .and_then(|it| today.checked_add_months(Months::new(it)));
    let unit = units.distance.as_str().to_owned();
    let reading = mileage.vehicle.odometer.reading();
    let mut fields = vec![("type", name), (Idempotency::FORM_FIELD, Idempotency::new_form_token())];
    if is_done {
        fields.push(("completedDate", today.to_string()));
        let own = reading.map_or(units.distance, Distance::unit);
        fields.push(("completedOdometer", distance_value(reading, own)));
        fields.push(("completedOdometerUnit", own.as_str().to_owned()));
        fields.push(("currency", units.currency.clone()));
    } else {
        let due = interval.map(|it| {
            Distance::from_exact(mileage.total.saturating_add(it.exact()), units.distance)
        });
        fields.push(("dueDate", date.map(|it| it.to_string()).unwrap_or_default()));
        fields.push(("dueOdometer", distance_value(due, units.distance)));
        fields.push(("dueOdometerUnit", unit.clone()));
        fields.push(("intervalMonths", months.map(|it| it.to_string()).unwrap_or_default()));
        fields.push(("intervalDistance", distance_value(interval, units.distance)));
        fields.push(("intervalDistanceUnit", unit));
    }
    Form::from_fields(fields)
}

/// Fills the form with an item, its distances in the given units.
fn item_form(item: &Item, units: &UnitFormatter, unit: impl Fn(&str) -> DistanceUnit) -> Form {
    let mut form = Form::from_fields(item.form_fields());
    form.set("currency", item.currency.map_or(units.currency.clone(), |it| it.to_string()));
    let distances = [item.due_odometer, item.completed_odometer, item.interval_distance];
    for ((name, unit_name), distance) in DISTANCES.into_iter().zip(distances) {
        let unit = unit(unit_name);
        form.set(name, distance_value(distance, unit));
        form.set(unit_name, unit.as_str().to_owned());
    }
    form
}

/// Returns the fields that differ from the form that was shown for this item.
fn changed_fields(form: &Form, item: &Item, units: &UnitFormatter) -> Form {
    let mut form = with_units(form.clone(), units);
    let submitted = form.clone();
    let original = item_form(item, units, |name| unit_of(&submitted, name, units));
    let confirm = form.typed.remove("confirm");
    let mut changed = form.changed_from(&original);
    for (name, unit) in DISTANCES.into_iter().chain([("amount", "currency")]) {
        // A unit is sent only with its number.
        if changed.typed.contains_key(name) {
            let unit_text = submitted.get(unit).to_owned();
            if !unit_text.is_empty() {
                changed.set(unit, unit_text);
            }
        } else {
            changed.typed.remove(unit);
        }
    }
    if let Some(confirm) = confirm.filter(|_| !changed.typed.is_empty()) {
        changed.set("confirm", confirm);
    }
    changed
}

/// Converts the form to an API request: parses the type, and adds a unit to each distance.
pub(super) fn to_api_form(form: Form, units: &UnitFormatter) -> Form {
    let mut form = with_units(form, units);
    form.map("type", format::parse_type);
    form
}

fn render(
    mileage: &VehicleMileage,
    item: Option<(&Item, bool)>,
    is_done: bool,
    user: &User,
    (layout, view): (Layout, FormView),
) -> ItemForm {
    let units = user.0.preferences.display_units();
    let vehicle = &mileage.vehicle;
    let title = match item {
        Some((item, _)) => item.r#type.name(),
        None if is_done => t!("maintenance-log-service"),
        None => t!("maintenance-add-reminder"),
    };
    let stored = item.map(|(it, deletion_reschedules_next)| EditedItem {
        id: it.id,
        deletion_reschedules_next,
        can_be_skipped: it.interval_months.is_some() || it.interval_distance.is_some(),
        due_date: it.due_date.map(|date| date.to_string()),
        due_odometer: it
            .due_odometer
            .map(|it| (distance_value(Some(it), units.distance), units.distance.symbol())),
        postpone_errors: Vec::new(),
    });
    let currency_sign = currency_symbol(view.get("currency")).to_owned();
    ItemForm {
        layout,
        view,
        title,
        vehicle: vehicle.id,
        vehicle_title: vehicle.title(),
        stored,
        is_done,
        currency_sign,
        due_hint: mileage.hint(&units),
        types: TYPES,
    }
}

/// Renders the form for an existing item.
async fn render_edit(
    app: &App,
    user: &User,
    item: &Item,
    layout_and_view: (Layout, FormView),
) -> Result<ItemForm> {
    let mileage = find_vehicle_mileage(app, user, item.vehicle_id).await?;
    let deletion_reschedules_next = service::deletion_reschedules_next(app, user, item).await?;
    let edited = Some((item, deletion_reschedules_next));
    Ok(render(&mileage, edited, item.is_completed, user, layout_and_view))
}

/// Renders the form for an item that was not postponed, with the submitted values and the errors.
pub(super) async fn render_rejected_postponement(
    app: &App,
    user: &User,
    item: &Item,
    layout: Layout,
    (form, errors): (&Form, &Errors),
) -> Result<Response> {
    let units = user.0.preferences.display_units();
    let view = FormView::new(Item::LABELS, item_form(item, &units, |_| units.distance));
    let mut page = render_edit(app, user, item, (layout, view)).await?;
    if let Some(stored) = &mut page.stored {
        stored.reject_postponement(form, errors);
    }
    web::invalid_form_page(&page)
}

pub(super) async fn show_new(
    State(app): State<App>,
    user: User,
    Path(id): Path<VehicleId>,
    Query(query): Query<NewQuery>,
    layout: Layout,
) -> Result<Html<String>> {
    let mileage = find_vehicle_mileage(&app, &user, id).await?;
    let is_done = query.done.unwrap_or_default();
    let any_type = query.any_type.unwrap_or_default().then(String::new);
    let Some(type_name) = query.r#type.map(|it| it.0).or(any_type) else {
        let of = |group| TYPES.iter().filter(|it| it.group == group).collect();
        return web::page(&Types {
            layout,
            vehicle: id,
            vehicle_title: mileage.vehicle.title(),
            is_done,
            groups: TypeGroup::ALL
                .into_iter()
                .map(|(group, label)| (Message::plain(label), of(group)))
                .collect(),
        });
    };
    let preferences = &user.0.preferences;
    let today = preferences.today(app.clock.now());
    let form = new_item_form(&type_name, is_done, &mileage, today, &preferences.display_units());
    web::page(&render(&mileage, None, is_done, &user, (layout, FormView::new(Item::LABELS, form))))
}

pub(super) async fn add(
    State(app): State<App>,
    user: User,
    Path(id): Path<VehicleId>,
    layout: Layout,
    form: Form,
) -> Result<Response> {
    let mileage = find_vehicle_mileage(&app, &user, id).await?;
    let is_done = form.typed.contains_key("completedDate");
    let form = with_units(form, &user.0.preferences.display_units());
    let mut copy = to_api_form(form.clone(), &user.0.preferences.display_units());
    let idempotency = Idempotency::from_form(&mut copy, &id.to_string());
    copy.set("vehicleId", id.to_string());
    copy.set("isCompleted", is_done.to_string());
    let added = async { service::add(&app, &user, copy.read(&app)?, &idempotency).await };
    match added.await {
        Ok(_) if is_done => Ok(to_history(id, &t!("maintenance-saved"))),
        Ok(_) => Ok(to_history(id, &t!("maintenance-added"))),
        Err(error) => {
            let view = FormView::rejected(Item::LABELS, form, error)?;
            web::invalid_form_page(&render(&mileage, None, is_done, &user, (layout, view)))
        }
    }
}

pub(super) async fn show_edit(
    State(app): State<App>,
    user: User,
    Path(id): Path<ItemId>,
    layout: Layout,
) -> Result<Html<String>> {
    let item = service::find(&app, &user, id).await?;
    let units = user.0.preferences.display_units();
    let view = FormView::new(Item::LABELS, item_form(&item, &units, |_| units.distance));
    web::page(&render_edit(&app, &user, &item, (layout, view)).await?)
}

pub(super) async fn change(
    State(app): State<App>,
    user: User,
    Path(id): Path<ItemId>,
    layout: Layout,
    form: Form,
) -> Result<Response> {
    let item = service::find(&app, &user, id).await?;
    let units = user.0.preferences.display_units();
    let form = with_units(form, &units);
    let changed = changed_fields(&form, &item, &units);
    if changed.typed.is_empty() {
        return Ok(Redirect::to(&history_path(item.vehicle_id)).into_response());
    }
    let saved = match to_api_form(changed, &units).read::<ItemChange>(&app) {
        Ok(change) => service::change(&app, &user, id, change, &IfMatch::default()).await,
        Err(error) => Err(error),
    };
    match saved {
        Ok(item) => Ok(to_history(item.vehicle_id, &t!("maintenance-saved"))),
        Err(error) => {
            let view = FormView::rejected(Item::LABELS, form, error)?;
            web::invalid_form_page(&render_edit(&app, &user, &item, (layout, view)).await?)
        }
    }
}

pub(super) async fn remove(
    State(app): State<App>,
    user: User,
    Path(id): Path<ItemId>,
) -> Result<Response> {
    let item = service::remove(&app, &user, id, &IfMatch::default()).await?;
    let message = t!("maintenance-deleted", name = answer::name(&item));
    Ok(to_history(item.vehicle_id, &message))
}
