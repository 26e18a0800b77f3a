//! The home page.

use std::{cmp::Reverse, collections::BTreeMap};

use askama::Template;
use axum::{Router, extract::State, response::Html, routing::get};
use chrono::NaiveDate;

use super::{attention::Attention, service};
use crate::{
    app::App,
    core::{
        Result,
        locale::Message,
        money::{Currency, Money},
        months::TwoMonths,
        units::{DistanceUnit, UnitFormatter},
        web::{self, Layout},
    },
    features::{
        accounts::User,
        fuel_logs::{CostOfDistance, FuelMonth, FuelOverview},
        maintenance::{Payment, Upcoming},
        vehicles::{self, Vehicle, VehicleId, VehicleKind},
    },
};

pub(super) fn router() -> Router<App> {
    Router::new().route("/", get(show))
}

/// The maximum number of vehicles on the page. The others are in the list of vehicles.
const MAX_VEHICLES: usize = 8;

#[derive(Template)]
#[template(path = "features/home/templates/home.html")]
struct Home {
    layout: Layout,
    attention: Attention,
    cards: Vec<Card>,
    /// The number of vehicles in use.
    vehicles: usize,
    /// The figures of all vehicles together, if there are several.
    totals: Option<Figures>,
    is_metric: bool,
}

impl Home {
    /// The vehicle that was used last, or else the only one.
    fn last_used(&self) -> Option<&Card> {
        self.cards
            .first()
            .filter(|it| it.takes_fuel && (it.last_fill_up.is_some() || self.vehicles == 1))
    }
}

/// The figures of this month and the last, and the cost of a distance.
struct Figures {
    this_month: Month,
    last_month: Month,
    /// In each currency.
    cost_of_distance: Option<String>,
}

/// The figures of one month.
struct Month {
    /// In each currency; `None` if nothing was paid.
    cost: Option<String>,
    distance: Option<String>,
}

/// A vehicle.
struct Card {
    id: VehicleId,
    kind: VehicleKind,
    paint: Option<&'static str>,
    title: String,
    /// Year, make and model, if the title is a nickname.
    description: Option<String>,
    odometer: Option<String>,
    takes_fuel: bool,
    /// The date of the last fill-up, and what it cost.
    last_fill_up: Option<(NaiveDate, Option<String>)>,
    figures: Figures,
    next: Option<NextService>,
}

/// The most urgent open item of a vehicle.
struct NextService {
    name: Message,
    about: Option<String>,
    badge: Option<(&'static str, Message)>,
    due: Vec<Message>,
    /// How much of the interval has passed, in percent.
    elapsed: Option<u8>,
}

impl NextService {
    fn of(upcoming: &Upcoming, units: &UnitFormatter) -> Self {
        let (name, about) = upcoming.title();
        Self {
            name,
            about,
            badge: upcoming.badge(),
            due: upcoming.due_lines(units),
            elapsed: upcoming.elapsed_percent(),
        }
    }
}

/// The sums of one or several vehicles.
#[derive(Default)]
struct Sums {
    this_month: MonthSums,
    last_month: MonthSums,
    /// The cost in thousandths and the distance, by currency.
    costs: BTreeMap<Currency, (i64, i64)>,
}

#[derive(Default)]
struct MonthSums {
    distance: i64,
    amounts: BTreeMap<Currency, i64>,
}

impl MonthSums {
    fn add(&mut self, month: &FuelMonth) {
        self.distance = self.distance.saturating_add(month.distance);
        month.amounts.iter().for_each(|(currency, it)| self.pay(*currency, *it));
    }

    fn pay(&mut self, currency: Currency, thousandths: i64) {
        let sum = self.amounts.entry(currency).or_default();
        *sum = sum.saturating_add(thousandths);
    }

    fn figures(&self, units: &UnitFormatter) -> Month {
        let amount = |(&currency, &thousandths): _| units.amount(Money { thousandths, currency });
        let distance = Some(self.distance).filter(|it| *it > 0);
        Month {
            cost: join(self.amounts.iter().map(amount)),
            distance: distance.map(|it| units.exact_distance_with_unit(it)),
        }
    }
}

impl Sums {
    fn add_fuel(&mut self, fuel: &FuelOverview) {
        self.this_month.add(&fuel.this_month);
        self.last_month.add(&fuel.last_month);
        for cost in &fuel.costs {
            let sum = self.costs.entry(cost.currency).or_default();
            let (thousandths, distance) = *sum;
            *sum = (
                thousandths.saturating_add(cost.thousandths),
                distance.saturating_add(cost.distance),
            );
        }
    }

    fn add_payment(&mut self, payment: &Payment, months: TwoMonths) {
        let is_current = payment.date >= months.current;
        let month = if is_current { &mut self.this_month } else { &mut self.last_month };
        month.pay(payment.currency, payment.thousandths);
    }

    fn figures(&self, units: &UnitFormatter) -> Figures {
        let cost = |(&currency, &(thousandths, distance)): _| {
            CostOfDistance { currency, thousandths, distance }.format(units)
        };
        Figures {
            this_month: self.this_month.figures(units),
            last_month: self.last_month.figures(units),
            cost_of_distance: join(self.costs.iter().map(cost)),
        }
    }
}

/// Joins amounts in several currencies.
fn join(amounts: impl Iterator<Item = String>) -> Option<String> {
    amounts.reduce(|all, it| format!("{all} + {it}"))
}

async fn show(State(app): State<App>, user: User, layout: Layout) -> Result<Html<String>> {
    let preferences = &user.0.preferences;
    let units = preferences.display_units();
    let today = preferences.today(app.clock.now());
    let all = vehicles::list_all(&app, &user).await?;
    let names = vehicles::unique_names(&all);
    let mut overview = service::overview(&app, &user, today).await?;
    let upcoming = overview.maintenance.take_upcoming(today, &names);
    let name = |it: &Vehicle| names.get(&it.id).cloned().unwrap_or_default();
    let mut in_use: Vec<_> =
        all.iter().filter(|it| it.is_active).map(|it| (it, name(it))).collect();
    // Vehicles without fill-ups remain in the order of the list, after the others.
    in_use.sort_by_key(|it| Reverse(overview.fuel.get(&it.0.id).map(|it| it.last_date)));

    let months = TwoMonths::on(today);
    let sums = |vehicles: &[(&Vehicle, String)]| {
        let mut sums = Sums::default();
        vehicles
            .iter()
            .filter_map(|it| overview.fuel.get(&it.0.id))
            .for_each(|it| sums.add_fuel(it));
        let is_of = |it: &&Payment| vehicles.iter().any(|(vehicle, _)| vehicle.id == it.vehicle);
        let payments = overview.maintenance.payments.iter().filter(is_of);
        payments.for_each(|it| sums.add_payment(it, months));
        sums.figures(&units)
    };
    let card = |it: &(&Vehicle, String)| {
        let (vehicle, title) = it;
        let fuel = overview.fuel.get(&vehicle.id);
        let next = upcoming.iter().find(|it| it.vehicle.id == vehicle.id);
        Card {
            id: vehicle.id,
            kind: vehicle.kind,
            paint: vehicle.paint(),
            title: title.clone(),
            description: vehicle.description().filter(|_| vehicle.nickname.is_some()),
            odometer: vehicle.odometer.reading().map(|it| units.reading_with_unit(it)),
            takes_fuel: vehicle.kind.takes_fuel(),
            last_fill_up: fuel
                .map(|it| (it.last_date, it.last_amount().map(|it| units.amount(it)))),
            figures: sums(std::slice::from_ref(it)),
            next: next.map(|it| NextService::of(it, &units)),
        }
    };
    web::page(&Home {
        layout,
        attention: Attention::of(&overview, &upcoming, &in_use, today, &units),
        cards: in_use.iter().take(MAX_VEHICLES).map(card).collect(),
        vehicles: in_use.len(),
        totals: (in_use.len() > 1).then(|| sums(&in_use)),
        is_metric: units.distance == DistanceUnit::Kilometers,
    })
}
