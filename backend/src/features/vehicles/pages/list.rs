//! The list of vehicles, a card for each.

use askama::Template;
use axum::{extract::State, response::Html};

use crate::{
    app::App,
    core::{
        Result,
        http::Query,
        units::UnitFormatter,
        web::{self, Layout},
    },
    features::{
        accounts::User,
        vehicles::{
            Vehicle, VehicleId,
            contribution::{self, CardPart},
            pages::odometer_text,
            service, unique_names,
        },
    },
    input,
};

#[derive(Template)]
#[template(path = "features/vehicles/templates/list.html")]
struct VehicleList {
    layout: Layout,
    cards: Vec<Card>,
    /// Whether these are the vehicles in use.
    is_active: bool,
    /// Whether to link to the vehicles out of use.
    has_inactive: bool,
}

/// The maximum number of vehicles on the page.
const MAX_VEHICLES: usize = 500;

/// A summary of one vehicle.
struct Card {
    id: VehicleId,
    title: String,
    /// Year, make and model, if the title is a nickname.
    description: Option<String>,
    plate: Option<String>,
    /// The latest reading, if there is one.
    odometer: Option<String>,
    takes_fuel: bool,
    /// What other features show.
    parts: Vec<CardPart>,
}

impl Card {
    fn of(vehicle: &Vehicle, title: String, units: &UnitFormatter) -> Self {
        Self {
            id: vehicle.id,
            description: vehicle.description().filter(|_| vehicle.nickname.is_some()),
            // The title of a vehicle without a nickname already contains the plate.
            plate: vehicle.license_plate.clone().filter(|it| !title.contains(it)),
            title,
            odometer: vehicle.odometer.reading().map(|it| odometer_text(it, units)),
            takes_fuel: vehicle.kind.takes_fuel(),
            parts: Vec::new(),
        }
    }
}

input! {
    /// Filters
    pub(super) struct ListQuery {
        /// `false` lists the vehicles out of use instead of those in use
        active: Option<bool>,
    }
}

pub(super) async fn show(
    State(app): State<App>,
    user: User,
    Query(query): Query<ListQuery>,
    layout: Layout,
) -> Result<Html<String>> {
    let units = user.0.preferences.display_units();
    let is_active = query.active.unwrap_or(true);
    let all = service::list_all(&app, &user).await?;
    let names = unique_names(&all);
    let has_inactive = is_active && all.iter().any(|it| !it.is_active);
    let vehicles: Vec<_> =
        all.iter().filter(|it| it.is_active == is_active).take(MAX_VEHICLES).collect();
    let card = |vehicle: &Vehicle| {
        Card::of(vehicle, names.get(&vehicle.id).cloned().unwrap_or_default(), &units)
    };
    let mut cards: Vec<_> = vehicles.iter().copied().map(card).collect();
    for pages in contribution::pages() {
        let parts = (pages.cards)(&app, &user, &vehicles).await?;
        for (card, part) in cards.iter_mut().zip(parts) {
            card.parts.push(part);
        }
    }
    web::page(&VehicleList { layout, cards, is_active, has_inactive })
}
