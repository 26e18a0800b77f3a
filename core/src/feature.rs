//! A feature as one value: everything that it adds to the service. Whatever concerns all features,
//! such as migrations, row-level security or the menu, is derived from the list of these values.

mod grants;
mod table;

use aide::axum::ApiRouter;
use axum::Router;

use super::{
    UserId,
    db::{Tx, migrate::Migration},
    keys::SealedSecrets,
    periodic::{PeriodicTask, TaskFuture},
    web::MenuEntry,
};
pub use grants::{GrantKind, GrantOwner, GrantSummary, OnPasswordReset};
pub use table::{Access, Owner, Table};

/// The application that the features are part of.
pub trait Application: Clone + Send + Sync + 'static {
    /// What a feature contributes to other features, which core knows nothing about.
    type Contribution: Sync + 'static;
}

/// Returns the cache key of a value that was computed from a user's data.
pub type UserCacheKey = fn(&UserId) -> String;

/// Adds what a transaction inserted to an index that exists on one engine only; returns the number
/// of added rows.
pub type IndexBuilder = for<'a> fn(&'a mut Tx) -> TaskFuture<'a>;

/// A feature, and what it adds to the service.
pub struct Feature<A: Application> {
    /// The name in commands.
    pub name: &'static str,
    /// The name in `_migrations`. It remains when a feature is renamed.
    pub recorded_name: &'static str,
    /// The folder below `features`.
    pub folder: &'static str,
    /// The migrations, in order.
    pub migrations: &'static [Migration],
    /// Every table that the migrations create.
    pub tables: &'static [Table],
    /// The JSON endpoints below `/api`.
    pub api: fn() -> ApiRouter<A>,
    /// The HTML pages.
    pub pages: fn() -> Router<A>,
    /// The entries of the main menu.
    pub menu: &'static [MenuEntry],
    /// The cache keys to invalidate when a user's data changes.
    pub outdated_cache_keys: &'static [UserCacheKey],
    /// The tasks that run every hour.
    pub periodic_tasks: &'static [PeriodicTask],
    /// The secrets that are encrypted with the service key in the database.
    pub secrets: &'static [SealedSecrets],
    /// Rebuild the indexes that exist on one engine only, after rows were copied into the tables.
    pub index_builders: &'static [IndexBuilder],
    /// What it contributes to other features.
    pub contributions: &'static [A::Contribution],
}

impl<A: Application> Feature<A> {
    /// Creates a feature that adds nothing: the rest is set with `..Feature::new(…)`.
    #[must_use]
    pub const fn new(name: &'static str, folder: &'static str) -> Self {
        Self {
            name,
            recorded_name: name,
            folder,
            migrations: &[],
            tables: &[],
            api: ApiRouter::new,
            pages: Router::new,
            menu: &[],
            outdated_cache_keys: &[],
            periodic_tasks: &[],
            secrets: &[],
            index_builders: &[],
            contributions: &[],
        }
    }
}
