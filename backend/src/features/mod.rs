//! The features and what each contributes to the service.

pub mod accounts;
pub mod administration;
pub mod fuel_logs;
pub mod garage;
mod grants;
pub mod invitations;
pub mod maintenance;
pub mod notifications;
pub mod security_log;
pub mod stations;
pub mod vehicles;
pub mod vin;

use aide::axum::ApiRouter;

pub use grants::{Grant, GrantKind, GrantSummary, OnPasswordReset};

use crate::core::{
    App, UserId,
    db::{Tx, migrate::Migration},
    http::idempotency,
    keys::SealedSecrets,
    periodic::{PeriodicTask, TaskFuture},
};

/// A feature and the parts it contributes to the service.
#[derive(Debug)]
pub struct Feature {
    /// The name in `_migrations` and in commands.
    pub name: &'static str,
    /// The folder below `features`.
    pub folder: &'static str,
    /// The migrations, in order.
    pub migrations: &'static [Migration],
    /// The JSON endpoints below `/api`.
    pub api: fn() -> ApiRouter<App>,
    /// The HTML pages.
    pub pages: fn() -> axum::Router<App>,
    /// The tables whose rows give access to an account or send its data elsewhere.
    pub grants: &'static [Grant],
    /// All other tables with an account or user id, each with the reason it is not in `grants`.
    pub tables_without_grants: &'static [(&'static str, &'static str)],
}

/// All features, dependencies first. Migrations run in this order.
pub const ALL: &[Feature] = &[
    security_log::FEATURE,
    invitations::FEATURE,
    accounts::FEATURE,
    administration::FEATURE,
    vin::FEATURE,
    vehicles::FEATURE,
    fuel_logs::FEATURE,
    maintenance::FEATURE,
    stations::FEATURE,
    notifications::FEATURE,
    garage::FEATURE,
];

/// The tasks that purge expired data every hour.
pub const PERIODIC_TASKS: &[PeriodicTask] = &[
    security_log::PURGE_TASK,
    invitations::PURGE_TASK,
    accounts::PURGE_TASK,
    administration::PERIODIC_TASK,
    vin::PURGE_TASK,
    stations::PURGE_WITHDRAWN,
    idempotency::PERIODIC_TASK,
];

/// All secrets that are encrypted with the service key in the database.
pub const SECRETS: &[SealedSecrets] = &[accounts::SECRETS, notifications::SECRETS];

/// Functions that rebuild the indexes that exist on one engine only, after rows were copied into the
/// tables.
pub const INDEX_BUILDERS: &[for<'a> fn(&'a mut Tx) -> TaskFuture<'a>] =
    &[stations::update_search_index];

/// The cache keys to invalidate when a user's vehicles or their records change.
pub const VEHICLE_CACHE_KEYS: &[fn(&UserId) -> String] = &[
    vehicles::list_cache_key,
    fuel_logs::generation_cache_key,
    fuel_logs::summaries_cache_key,
    maintenance::upcoming_key,
];

/// The functions that recompute values from a vehicle's running totals when an odometer is replaced.
pub const ODOMETER_RECOMPUTATIONS: &[vehicles::odometer::RecomputeFn] =
    &[fuel_logs::RECOMPUTE, maintenance::RECOMPUTE];

/// The sources of odometer readings.
pub const READING_SOURCES: &[vehicles::odometer::ReadingSource] =
    &[vehicles::odometer::SOURCE, fuel_logs::READING_SOURCE, maintenance::READINGS];
