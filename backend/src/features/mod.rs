//! The feature capsules, in the order their migrations run.

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

pub use grants::{AfterReset, Grant, GrantKind, Held};

use crate::core::{
    App, UserId,
    db::{Tx, migrate::Migration},
    http::idempotency,
    keys::SealedSecrets,
    periodic::{PeriodicTask, TaskFuture},
};

/// What a capsule plugs into the service.
#[derive(Debug)]
pub struct Feature {
    /// Its name in `_migrations` and in commands.
    pub name: &'static str,
    /// Its folder below `features`.
    pub folder: &'static str,
    /// Its migrations.
    pub migrations: &'static [Migration],
    /// Its JSON endpoints, below `/api`.
    pub api: fn() -> ApiRouter<App>,
    /// Its HTML pages.
    pub pages: fn() -> axum::Router<App>,
    /// Its tables that give access to an account or send its data elsewhere.
    pub grants: &'static [Grant],
    /// Its other tables with an account's or a user's id, and why they are not in `grants`.
    pub grants_nothing: &'static [(&'static str, &'static str)],
}

/// Every capsule, dependencies first.
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

/// What the service clears away every hour.
pub const PERIODIC_TASKS: &[PeriodicTask] = &[
    security_log::PERIODIC_TASK,
    invitations::PERIODIC_TASK,
    accounts::PURGE_TASK,
    administration::PERIODIC_TASK,
    vin::PERIODIC_TASK,
    stations::PURGE_WITHDRAWN,
    idempotency::PERIODIC_TASK,
];

/// The secrets that are stored sealed.
pub const SECRETS: &[SealedSecrets] = &[accounts::SECRETS, notifications::SECRETS];

/// What brings the indexes that only one engine has up to date with rows that were copied into the tables.
pub const INDEXES: &[for<'a> fn(&'a mut Tx) -> TaskFuture<'a>] = &[stations::update_search_index];

/// Where answers are kept that a change of a user's vehicles, or of what hangs under them, outdates.
pub const OUTDATED: &[fn(&UserId) -> String] = &[
    vehicles::list_cache_key,
    fuel_logs::edition_key,
    fuel_logs::summaries_key,
    maintenance::upcoming_key,
];

/// The functions that recompute values from a vehicle's running totals when an odometer is replaced.
pub const RECOMPUTED: &[vehicles::odometer::RecomputeFn] =
    &[fuel_logs::RECOMPUTE, maintenance::RECOMPUTE];

/// Who keeps odometer readings.
pub const READINGS: &[vehicles::odometer::ReadingSource] =
    &[vehicles::odometer::SOURCE, fuel_logs::READINGS, maintenance::READINGS];
