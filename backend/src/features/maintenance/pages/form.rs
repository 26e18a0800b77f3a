//! The form for an item: planning one, noting one that was done, changing it, deleting it.

use askama::Template;
use axum::{
    extract::State,
    response::{Html, Response},
};
use chrono::{Months, NaiveDate};

use super::{find_vehicle, to_history, words};
use crate::{
    core::{
        App, Result,
        http::{Form, IfMatch, Once, Path, Query},
        input::Text,
        units::Shown,
        web::{self, Errors, Sheet, Shell},
    },
    features::{
        accounts::User,
        maintenance::{
            Item, ItemId,
            model::{ItemChange, NewItem},
            service,
            types::{Group, KnownType, TYPES},
        },
        vehicles::{Vehicle, VehicleId},
    },
    input,
};

const LABELS: &[(&str, &str)] = &[
    ("type", "What is done"),
    ("description", "Details"),
    ("dueDate", "Due on"),
    ("dueMileage", "Due at"),
    ("completedDate", "Done on"),
    ("completedMileage", "Odometer"),
    ("cost", "Cost"),
    ("intervalMonths", "Again after"),
    ("intervalMiles", "Or after"),
    ("serviceLocation", "Where"),
    ("notes", "Notes"),
];

#[derive(Template)]
#[template(path = "features/maintenance/templates/form.html")]
struct ItemForm {
    shell: Shell,
    sheet: Sheet,
    title: String,
    vehicle: VehicleId,
    vehicle_title: String,
    /// The item that is being changed.
    stored: Option<Stored>,
    /// Whether it is about something that was done.
    is_done: bool,
    distance_sign: &'static str,
    currency_sign: String,
    types: &'static [KnownType],
}

/// An item that is there already, and what can be done with it besides.
struct Stored {
    id: ItemId,
    can_be_skipped: bool,
    due_date: Option<NaiveDate>,
    due_mileage: Option<String>,
}

#[derive(Template)]
#[template(path = "features/maintenance/templates/types.html")]
struct Types {
    shell: Shell,
    vehicle: VehicleId,
    vehicle_title: String,
    is_done: bool,
    groups: Vec<(&'static str, Vec<&'static KnownType>)>,
}

input! {
    /// What is to be added
    pub(super) struct NewQuery {
        /// Its type, or what somebody calls it
        r#type: Option<Text<100>>,
        /// Whether it was done already
        done: Option<bool>,
    }
}

/// The form for something new: planned after its usual interval, or done today.
fn fresh(called: &str, is_done: bool, vehicle: &Vehicle, today: NaiveDate, shown: &Shown) -> Form {
    let word = words::to_type(called);
    let known = TYPES.iter().find(|it| it.kind == word);
    let name = known.map_or_else(|| called.to_owned(), |it| it.name.to_owned());
    let (months, miles) = known.map_or((None, None), |it| (it.interval_months, it.interval_miles));
    let date = months
        .and_then(|it| u32::try_from(it).ok())
        .and_then(|it| today.checked_add_months(Months::new(it)));
    let typed =
        |miles: Option<i32>| miles.map(|it| shown.typed_distance(it.into())).unwrap_or_default();
    let odometer = vehicle.odometer_reading;
    let mut fields = vec![("type", name), (Once::FIELD, Once::fresh())];
    if is_done {
        fields.push(("completedDate", today.to_string()));
        fields.push(("completedMileage", typed((odometer > 0).then_some(odometer))));
    } else {
        fields.push(("dueDate", date.map(|it| it.to_string()).unwrap_or_default()));
        fields.push(("dueMileage", typed(miles.map(|it| odometer.saturating_add(it)))));
        fields.push(("intervalMonths", months.map(|it| it.to_string()).unwrap_or_default()));
        fields.push(("intervalMiles", typed(miles)));
    }
    Form::of(fields)
}

/// The form as it stands for this item.
fn filled(item: &Item, shown: &Shown) -> Form {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let day = |value: Option<NaiveDate>| value.map(|it| it.to_string()).unwrap_or_default();
    let typed =
        |miles: Option<i32>| miles.map(|it| shown.typed_distance(it.into())).unwrap_or_default();
    Form::of([
        ("type", item.kind.name().into_owned()),
        ("description", text(&item.description)),
        ("dueDate", day(item.due_date)),
        ("dueMileage", typed(item.due_mileage)),
        ("completedDate", day(item.completed_date)),
        ("completedMileage", typed(item.completed_mileage)),
        ("cost", item.cost.map(|it| it.to_string()).unwrap_or_default()),
        ("intervalMonths", item.interval_months.map(|it| it.to_string()).unwrap_or_default()),
        ("intervalMiles", typed(item.interval_miles)),
        ("serviceLocation", text(&item.service_location)),
        ("notes", text(&item.notes)),
    ])
}

/// What was typed, in miles, and the type as its word.
pub(super) fn in_miles(mut typed: Form, shown: &Shown) -> Form {
    typed.map("type", words::to_type);
    for name in ["dueMileage", "completedMileage", "intervalMiles"] {
        typed.map(name, |text| shown.distance.to_miles(text));
    }
    typed
}

fn page(
    vehicle: &Vehicle,
    item: Option<&Item>,
    is_done: bool,
    user: &User,
    (shell, sheet): (Shell, Sheet),
) -> ItemForm {
    let shown = user.0.preferences.shown();
    let title = match item {
        Some(item) => item.kind.name().into_owned(),
        None if is_done => "Note what was done".to_owned(),
        None => "Plan maintenance".to_owned(),
    };
    let stored = item.map(|it| Stored {
        id: it.id,
        can_be_skipped: it.interval_months.is_some() || it.interval_miles.is_some(),
        due_date: it.due_date,
        due_mileage: it.due_mileage.map(|it| shown.typed_distance(it.into())),
    });
    ItemForm {
        shell,
        sheet,
        title,
        vehicle: vehicle.id,
        vehicle_title: vehicle.title(),
        stored,
        is_done,
        distance_sign: shown.distance.sign(),
        currency_sign: shown.currency_sign().to_owned(),
        types: TYPES,
    }
}

pub(super) async fn show_new(
    State(app): State<App>,
    user: User,
    Path(id): Path<VehicleId>,
    Query(query): Query<NewQuery>,
    shell: Shell,
) -> Result<Html<String>> {
    let vehicle = find_vehicle(&app, &user, id).await?;
    let is_done = query.done.unwrap_or_default();
    let Some(Text(called)) = query.r#type else {
        let of = |group| TYPES.iter().filter(|it| it.group == group).collect();
        return web::page(&Types {
            shell,
            vehicle: id,
            vehicle_title: vehicle.title(),
            is_done,
            groups: Group::ALL.into_iter().map(|(group, name)| (name, of(group))).collect(),
        });
    };
    let preferences = &user.0.preferences;
    let today = preferences.today(app.clock.now());
    let form = fresh(&called, is_done, &vehicle, today, &preferences.shown());
    web::page(&page(&vehicle, None, is_done, &user, (shell, Sheet::new(LABELS, form))))
}

pub(super) async fn add(
    State(app): State<App>,
    user: User,
    Path(id): Path<VehicleId>,
    shell: Shell,
    form: Form,
) -> Result<Response> {
    let vehicle = find_vehicle(&app, &user, id).await?;
    let is_done = form.typed.contains_key("completedDate");
    let mut copy = in_miles(form.clone(), &user.0.preferences.shown());
    let once = Once::of_form(&mut copy, &id.to_string());
    copy.set("vehicleId", id.to_string());
    copy.set("isCompleted", is_done.to_string());
    let added = match copy.read::<NewItem>(&app) {
        Ok(new) => service::add(&app, &user, new, &once).await,
        Err(error) => Err(error),
    };
    match added {
        Ok(_) => Ok(to_history(id)),
        Err(error) => {
            let sheet = Sheet::again(LABELS, form, Errors::of(error)?);
            web::page_again(&page(&vehicle, None, is_done, &user, (shell, sheet)))
        }
    }
}

pub(super) async fn show_edit(
    State(app): State<App>,
    user: User,
    Path(id): Path<ItemId>,
    shell: Shell,
) -> Result<Html<String>> {
    let item = service::find(&app, &user, id).await?;
    let vehicle = find_vehicle(&app, &user, item.vehicle_id).await?;
    let sheet = Sheet::new(LABELS, filled(&item, &user.0.preferences.shown()));
    web::page(&page(&vehicle, Some(&item), item.is_completed, &user, (shell, sheet)))
}

pub(super) async fn change(
    State(app): State<App>,
    user: User,
    Path(id): Path<ItemId>,
    shell: Shell,
    form: Form,
) -> Result<Response> {
    let item = service::find(&app, &user, id).await?;
    let shown = user.0.preferences.shown();
    let changed = form.clone().changed_from(&filled(&item, &shown));
    if changed.typed.is_empty() {
        return Ok(to_history(item.vehicle_id));
    }
    let saved = match in_miles(changed, &shown).read::<ItemChange>(&app) {
        Ok(change) => service::change(&app, &user, id, change, &IfMatch::default()).await,
        Err(error) => Err(error),
    };
    match saved {
        Ok(item) => Ok(to_history(item.vehicle_id)),
        Err(error) => {
            let vehicle = find_vehicle(&app, &user, item.vehicle_id).await?;
            let sheet = Sheet::again(LABELS, form, Errors::of(error)?);
            let page = page(&vehicle, Some(&item), item.is_completed, &user, (shell, sheet));
            web::page_again(&page)
        }
    }
}

pub(super) async fn remove(
    State(app): State<App>,
    user: User,
    Path(id): Path<ItemId>,
) -> Result<Response> {
    let item = service::remove(&app, &user, id, &IfMatch::default()).await?;
    Ok(to_history(item.vehicle_id))
}
