//! The features and what each contributes to the service.

pub mod accounts;
pub mod administration;
pub mod factors;
pub mod fuel_logs;
pub mod home;
pub mod invitations;
pub mod maintenance;
pub mod notifications;
pub mod oidc;
pub mod outbox;
pub mod security_log;
pub mod sessions;
pub mod stations;
#[cfg(test)]
mod tests;
pub mod tokens;
pub mod vehicles;
pub mod vin;

use std::sync::LazyLock;

use crate::{
    app::App,
    core::{
        feature, http::idempotency, keys::SealedSecrets, periodic::PeriodicTask, web::MenuEntry,
    },
};

/// A feature of this application.
pub type Feature = feature::Feature<App>;

/// What a feature contributes to others.
pub enum Contribution {
    /// To sessions.
    Sessions(sessions::Contribution),
    /// To vehicles.
    Vehicles(vehicles::Contribution),
}

/// All features, dependencies first. Migrations run in this order.
pub const ALL: &[Feature] = &[
    security_log::FEATURE,
    invitations::FEATURE,
    accounts::FEATURE,
    sessions::FEATURE,
    tokens::FEATURE,
    factors::FEATURE,
    oidc::FEATURE,
    administration::FEATURE,
    vin::FEATURE,
    vehicles::FEATURE,
    fuel_logs::FEATURE,
    maintenance::FEATURE,
    stations::FEATURE,
    notifications::FEATURE,
    outbox::FEATURE,
    home::FEATURE,
];

/// The tables of all features.
pub fn tables() -> impl Iterator<Item = &'static feature::Table> {
    ALL.iter().flat_map(|it| it.tables)
}

/// The tasks that run every hour: those of the features, and core's own.
#[must_use]
pub fn periodic_tasks() -> Vec<PeriodicTask> {
    let own = [idempotency::PERIODIC_TASK];
    ALL.iter().flat_map(|it| it.periodic_tasks).copied().chain(own).collect()
}

/// The cache keys to invalidate when a user's data changes.
#[must_use]
pub fn outdated_cache_keys() -> Vec<feature::UserCacheKey> {
    ALL.iter().flat_map(|it| it.outdated_cache_keys).copied().collect()
}

/// All secrets that are encrypted with the service key in the database.
#[must_use]
pub fn secrets() -> Vec<SealedSecrets> {
    ALL.iter().flat_map(|it| it.secrets).copied().collect()
}

/// The main menu, in order.
#[must_use]
pub fn menu() -> &'static [MenuEntry] {
    static MENU: LazyLock<Vec<MenuEntry>> = LazyLock::new(|| {
        let mut entries: Vec<_> = ALL.iter().flat_map(|it| it.menu).copied().collect();
        entries.sort_by_key(|it| it.position);
        entries
    });
    &MENU
}
