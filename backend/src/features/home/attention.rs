//! What needs the user's attention: due maintenance, odometers that look wrong, and fill-ups that may be
//! missing.

use chrono::NaiveDate;

use super::service::Overview;
use crate::{
    core::{locale::Message, units::UnitFormatter},
    features::{
        fuel_logs::FuelOverview,
        maintenance::{DueStatus, Upcoming},
        vehicles::Vehicle,
    },
    t,
};

/// A fill-up may be missing after this many days without one, or after twice the usual number.
const MANY_DAYS: i64 = 40;

/// Something that needs attention, with the action for it.
pub(super) struct Notice {
    /// The class and the text of the badge.
    pub(super) badge: (&'static str, Message),
    pub(super) title: Message,
    /// The first line of an item's description.
    pub(super) about: Option<String>,
    /// The vehicle's name and the path of its page.
    pub(super) vehicle: (String, String),
    pub(super) details: Vec<Message>,
    pub(super) action: Action,
}

/// A link to the page where something is done about a notice.
pub(super) struct Action {
    pub(super) path: String,
    pub(super) text: Message,
    /// The text for screen readers, which names the vehicle.
    pub(super) label: Message,
}

/// The maximum number of maintenance items, and of other notices.
const MAX_ITEMS: usize = 6;
const MAX_OTHERS: usize = 4;

/// What needs attention.
pub(super) struct Attention {
    pub(super) notices: Vec<Notice>,
    /// The number of further maintenance items.
    pub(super) more_items: usize,
    /// The number of further notices about vehicles.
    pub(super) more_others: usize,
}

impl Attention {
    /// Lists overdue items, odometers, items that are due soon, and fill-ups. `upcoming` is sorted by
    /// urgency; `vehicles` are those in use, with their names.
    pub(super) fn of(
        overview: &Overview,
        upcoming: &[Upcoming],
        vehicles: &[(&Vehicle, String)],
        today: NaiveDate,
        units: &UnitFormatter,
    ) -> Self {
        let due = || upcoming.iter().filter(|it| it.status != DueStatus::Upcoming);
        let items = |status| {
            let shown = due().take(MAX_ITEMS).filter(move |it| it.status == status);
            shown.filter_map(|it| item(it, units))
        };
        let suspicious = &overview.maintenance.suspicious_odometers;
        let odometers = vehicles.iter().filter(|it| suspicious.contains(&it.0.id));
        let odometers: Vec<_> =
            odometers.filter_map(|(it, name)| odometer(it, name, units)).collect();
        let fill_ups = vehicles.iter().filter(|it| it.0.kind.takes_fuel());
        let fill_ups: Vec<_> = fill_ups
            .filter_map(|(it, name)| fill_up(it, name, overview.fuel.get(&it.id)?, today))
            .collect();
        let others = odometers.len() + fill_ups.len();
        let room = MAX_OTHERS.saturating_sub(odometers.len());
        let notices = items(DueStatus::Overdue)
            .chain(odometers.into_iter().take(MAX_OTHERS))
            .chain(items(DueStatus::DueSoon))
            .chain(fill_ups.into_iter().take(room));
        Self {
            notices: notices.collect(),
            more_items: due().count().saturating_sub(MAX_ITEMS),
            more_others: others.saturating_sub(MAX_OTHERS),
        }
    }
}

fn page(vehicle: &Vehicle, name: &str) -> (String, String) {
    (name.to_owned(), format!("/vehicles/{}", vehicle.id))
}

fn item(upcoming: &Upcoming, units: &UnitFormatter) -> Option<Notice> {
    let (title, about) = upcoming.title();
    let vehicle = &upcoming.vehicle;
    let label = t!("home-mark-as-done-of", name = &title, vehicle = &vehicle.name);
    Some(Notice {
        badge: upcoming.badge()?,
        about,
        vehicle: (vehicle.name.clone(), format!("/vehicles/{}", vehicle.id)),
        details: upcoming.due_lines(units),
        action: Action {
            path: format!("/maintenance/{}/complete", upcoming.item.id),
            text: t!("home-mark-as-done"),
            label,
        },
        title,
    })
}

fn odometer(vehicle: &Vehicle, name: &str, units: &UnitFormatter) -> Option<Notice> {
    let (date, reading) = vehicle.odometer.latest()?;
    let reading = units.reading_with_unit(reading);
    Some(Notice {
        badge: ("bad", t!("home-check")),
        title: t!("home-odometer-wrong"),
        about: None,
        vehicle: page(vehicle, name),
        details: vec![t!("home-odometer-wrong-reading", reading = reading, date = date)],
        action: Action {
            path: format!("/vehicles/{}/odometer", vehicle.id),
            text: t!("home-check-readings"),
            label: t!("home-check-readings-of", vehicle = name),
        },
    })
}

fn fill_up(vehicle: &Vehicle, name: &str, fuel: &FuelOverview, today: NaiveDate) -> Option<Notice> {
    let days = today.signed_duration_since(fuel.last_date).num_days();
    let usual = fuel.days_between().unwrap_or_default();
    (days > MANY_DAYS.max(usual.saturating_mul(2))).then(|| Notice {
        badge: ("soon", t!("home-check")),
        title: t!("home-no-fill-up"),
        about: None,
        vehicle: page(vehicle, name),
        details: vec![t!("home-no-fill-up-since", date = fuel.last_date, count = days)],
        action: Action {
            path: format!("/vehicles/{}/fuel-logs/new", vehicle.id),
            text: t!("home-add-fill-up"),
            label: t!("home-add-fill-up-to", vehicle = name),
        },
    })
}
