//! What other features contribute to vehicles.

use axum::response::Html;
use futures_util::future::BoxFuture;

use super::{
    Vehicle,
    odometer::{ReadingSource, RecomputeFn},
};
use crate::{app::App, core::Result, features, features::accounts::User};

/// What a feature contributes to vehicles.
pub enum Contribution {
    /// Odometer readings.
    Readings(ReadingSource),
    /// Recomputes values that depend on a vehicle's running totals, when an odometer is replaced.
    Recomputation(RecomputeFn),
    /// What it shows on the pages of vehicles.
    Pages(VehiclePages),
}

/// What a feature shows on the pages of vehicles. The feature loads and renders its own part.
pub struct VehiclePages {
    /// Renders its sections of a vehicle's page.
    pub sections: SectionsFn,
    /// Renders its part of each of these vehicles' cards in the list, in the same order.
    pub cards: CardsFn,
}

/// Renders sections of a vehicle's page.
pub type SectionsFn =
    for<'a> fn(&'a App, &'a User, PageRequest<'a>) -> BoxFuture<'a, Result<PageSections>>;

/// Renders a part of the card of each vehicle.
pub type CardsFn =
    for<'a> fn(&'a App, &'a User, &'a [&'a Vehicle]) -> BoxFuture<'a, Result<Vec<CardPart>>>;

/// A request for a vehicle's page.
#[derive(Clone, Copy)]
pub struct PageRequest<'a> {
    /// The vehicle.
    pub vehicle: &'a Vehicle,
    /// The cursor of older records. Such a page shows only them.
    pub cursor: Option<&'a str>,
}

/// A feature's sections of a vehicle's page.
#[derive(Default)]
pub struct PageSections {
    /// Figures at the top.
    pub figures: Option<Html<String>>,
    /// A chart beside the vehicle's details.
    pub chart: Option<Html<String>>,
    /// A list of records at the bottom.
    pub records: Option<Html<String>>,
}

/// A feature's part of a vehicle's card in the list. It is empty if the feature has nothing to show.
pub struct CardPart {
    /// The main figure.
    pub figure: Html<String>,
    /// Entries of the list of facts.
    pub facts: Html<String>,
}

impl Default for CardPart {
    fn default() -> Self {
        Self { figure: Html(String::new()), facts: Html(String::new()) }
    }
}

/// The contributions of all features.
fn all() -> impl Iterator<Item = &'static Contribution> {
    features::ALL.iter().flat_map(|it| it.contributions).filter_map(|it| match it {
        features::Contribution::Vehicles(contribution) => Some(contribution),
        features::Contribution::Sessions(_) => None,
    })
}

/// The sources of odometer readings.
pub fn reading_sources() -> impl Iterator<Item = &'static ReadingSource> {
    all().filter_map(|it| match it {
        Contribution::Readings(source) => Some(source),
        _ => None,
    })
}

/// The functions to call when an odometer is replaced.
pub(super) fn recomputations() -> impl Iterator<Item = &'static RecomputeFn> {
    all().filter_map(|it| match it {
        Contribution::Recomputation(recompute) => Some(recompute),
        _ => None,
    })
}

/// What features show on the pages of vehicles.
pub(super) fn pages() -> impl Iterator<Item = &'static VehiclePages> {
    all().filter_map(|it| match it {
        Contribution::Pages(pages) => Some(pages),
        _ => None,
    })
}
