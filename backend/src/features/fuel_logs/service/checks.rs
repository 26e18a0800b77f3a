//! Checks a fill-up against the other readings of its vehicle, and its values for plausibility.

use chrono::{DateTime, NaiveDate, Utc};

use crate::{
    core::{
        Error, Result, UserId,
        db::Tx,
        error::FieldError,
        input::Confirmed,
        locale::{Message, Value},
        units::Distance,
    },
    features::{
        accounts::Preferences,
        fuel_logs::{
            FuelLog,
            plausibility::{self, History},
            quantities::Quantities,
            store,
            window::{Recomputed, Window},
        },
        vehicles::odometer,
    },
    t,
};

/// The parts of a request that determine which values must be confirmed.
pub(super) struct CheckContext<'a> {
    pub(super) quantities: &'a Quantities,
    /// Whether the request sets the date or the vehicle.
    pub(super) sets_date: bool,
    /// The member of the request that determines the distance between fill-ups.
    pub(super) distance_member: &'static str,
    /// The vehicle's latest reading before the request.
    pub(super) latest: Option<(NaiveDate, Distance)>,
    pub(super) may_roll_back: bool,
    pub(super) confirmed: Option<&'a Confirmed>,
    pub(super) preferences: &'a Preferences,
    pub(super) now: DateTime<Utc>,
}

/// Computes the economy of the log and of the fill-ups around it. Rejects a log that contradicts the
/// others or has unconfirmed implausible values.
pub(super) async fn recompute_and_check(
    tx: &mut Tx,
    user: &UserId,
    log: &mut FuelLog,
    window: Window,
    context: &CheckContext<'_>,
) -> Result<Vec<Recomputed>> {
    if !context.may_roll_back {
        check_order(tx, user, &window, log, context.distance_member).await?;
    }
    let history = History::of(&window.before);
    // Usually the vehicle's latest reading is that of the previous fill-up, which was already
    // checked, so the usual case needs no further statements.
    let last = window.before.iter().find(|it| it.has_reading());
    let is_next = context.latest.map(|it| (it.0, it.1.exact()))
        == last.map(|it| (it.date, it.odometer_exact))
        && last.is_none_or(|it| it.date <= log.date);
    let others = window.recompute(Some(log));
    let today = context.preferences.today(context.now);
    let mut implausible = plausibility::check(
        log,
        context.quantities,
        (context.sets_date, context.distance_member),
        &history,
        today,
    );
    let moves = (context.quantities.sends_distance() || context.sets_date) && !is_next;
    if moves
        && !context.may_roll_back
        && implausible.iter().all(|it| it.name() != context.distance_member)
    {
        implausible.extend(check_other_readings(tx, user, log, context.distance_member).await?);
    }
    let mut unconfirmed = Vec::new();
    for error in implausible {
        let member = typed_name(error.name());
        let pointer = format!("/{member}");
        let confirms = |it: &Confirmed| it.has(member) || it.has(error.name());
        // A confirmed reading remains confirmed if only its date changes.
        let is_of_reading =
            !context.quantities.sends_distance() && error.name() == context.distance_member;
        let is_confirmed = |it: &String| {
            *it == pointer || (is_of_reading && (it == "/odometer" || it == "/tripDistance"))
        };
        if log.confirmed.iter().any(is_confirmed) {
            continue;
        }
        if context.confirmed.is_some_and(confirms) {
            log.confirmed.push(pointer);
        } else {
            unconfirmed.push(error);
        }
    }
    if unconfirmed.is_empty() { Ok(others) } else { Err(Error::Invalid(unconfirmed)) }
}

/// Checks the reading against those entered by hand or with a service. [`check_order`] checks it
/// against other fill-ups.
async fn check_other_readings(
    tx: &mut Tx,
    user: &UserId,
    log: &FuelLog,
    name: &'static str,
) -> Result<Option<FieldError>> {
    let Some(reading) = log.odometer else { return Ok(None) };
    let (date, exact) = (log.date, reading.exact());
    let found =
        odometer::find_contradiction(tx, user, log.vehicle_id, date, exact, Some(log.id.0)).await?;
    let found = found.filter(|it| it.other.kind != odometer::SourceKind::FuelLog);
    if let Some(found) = found.filter(|it| plausibility::contradicts(it, exact)) {
        let other = found.other.reading;
        let on = found.other.date;
        let detail = match found.side {
            odometer::Side::Before => {
                t!("fuel-logs-field-less-than-earlier", reading = other, date = on)
            }
            odometer::Side::After => {
                t!("fuel-logs-field-more-than-later", reading = other, date = on)
            }
        };
        return Ok(Some(FieldError::implausible(name, detail, Message::verbatim(other))));
    }
    let replaced = odometer::replacements(tx, user, log.vehicle_id).await?;
    let most =
        odometer::exceeded_maximum(tx, user, log.vehicle_id, (date, exact), &replaced).await?;
    let most = most.filter(|most| plausibility::far_exceeds(exact, *most));
    let to_error = |most: i64| {
        let expected = plausibility::up_to(Value::Distance(most));
        FieldError::implausible(name, t!("fuel-logs-field-reading-high"), expected)
    };
    Ok(most.map(to_error))
}

/// The member that has the value with its unit. Confirming either form of a value confirms both.
fn typed_name(name: &str) -> &str {
    match name {
        "odometerReading" => "odometer",
        "gallons" => "volume",
        "pricePerGallon" => "unitPrice",
        "totalCost" => "amount",
        name => name,
    }
}

/// Removes the confirmations of values that a change replaces. The confirmation of a reading
/// applies to one vehicle only.
pub(super) fn drop_stale_confirmations(
    log: &mut FuelLog,
    quantities: &Quantities,
    sets_date: bool,
    changes_vehicle: bool,
) {
    log.confirmed.retain(|pointer| match pointer.trim_start_matches('/') {
        "date" => !sets_date,
        "odometer" | "tripDistance" => !quantities.sends_distance() && !changes_vehicle,
        "volume" | "unitPrice" | "amount" => !quantities.sends_payment(),
        _ => true,
    });
}

/// Rejects a reading whose running total is lower than on an earlier day or higher than on a later day.
async fn check_order(
    tx: &mut Tx,
    user: &UserId,
    window: &Window,
    log: &FuelLog,
    name: &'static str,
) -> Result<()> {
    if log.odometer.is_none() {
        return Ok(());
    }
    let at = log.position();
    let (miss_before, miss_after) = window.may_miss_days(at);
    let mut before = window.nearest_on_earlier_day(at).cloned();
    if miss_before {
        before = store::find_on_earlier_day(tx, user, log.vehicle_id, at.date, log.id).await?;
    }
    let mut after = window.nearest_on_later_day(at).cloned();
    if miss_after {
        after = store::find_on_later_day(tx, user, log.vehicle_id, at.date, log.id).await?;
    }
    let (other, is_before) = match (before, after) {
        (Some(before), _) if before.total_exact > at.total => (before, true),
        (_, Some(after)) if after.total_exact < at.total => (after, false),
        _ => return Ok(()),
    };
    let reading = other.reading().unwrap_or(Distance::miles(0));
    let detail = if is_before {
        t!("fuel-logs-field-less-than-previous", reading = reading, date = other.date)
    } else {
        t!("fuel-logs-field-more-than-next", reading = reading, date = other.date)
    };
    Err(Error::Invalid(vec![FieldError {
        kind: Some("odometer-order"),
        fuel_log: Some(other.id.0),
        ..FieldError::at(name, detail)
    }]))
}
