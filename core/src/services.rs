//! What `core` offers at run time: the database, the cache, the clock, the settings.

use std::{
    ops::Deref,
    sync::{Arc, atomic::AtomicBool},
};

use super::{
    Error, Result, cache::Cache, clock::Clock, config::Config, db::Db, feature::UserCacheKey,
    health::BackupWatch, http::InFlightRequests, keys::ServiceKey,
};

/// The services of `core`. Cloning is one atomic increment.
///
/// The application contains them: code in `core` takes them as a parameter, or from the state of a
/// router (`FromRef`).
#[derive(Clone)]
pub struct Services(Arc<ServicesState>);

/// The state behind [`Services`].
pub struct ServicesState {
    /// The database.
    pub db: Db,
    /// The cache.
    pub cache: Cache,
    /// The clock.
    pub clock: Clock,
    /// The settings.
    pub config: Arc<Config>,
    /// The key that seals the secrets in the database. Commands that need no secrets run without
    /// it.
    key: Option<ServiceKey>,
    /// The requests in progress that have an `Idempotency-Key`.
    pub in_flight: InFlightRequests,
    /// The cache keys to invalidate when a user's data changes.
    pub(super) outdated_cache_keys: Vec<UserCacheKey>,
    /// The state of the backups.
    pub backups: BackupWatch,
    /// Whether the service is shutting down: new requests should go to another instance.
    pub is_stopping: Arc<AtomicBool>,
}

impl Deref for Services {
    type Target = ServicesState;

    fn deref(&self) -> &ServicesState {
        &self.0
    }
}

impl Services {
    /// Creates the services, with the key to the secrets in the database if they are needed. Every
    /// write of a user's data invalidates the values at `outdated_cache_keys`.
    #[must_use]
    pub fn new(
        config: Config,
        db: Db,
        clock: Clock,
        key: Option<ServiceKey>,
        outdated_cache_keys: Vec<UserCacheKey>,
    ) -> Self {
        let cache = Cache::new(&config.cache);
        db.store_positions_in(&cache);
        Self(Arc::new(ServicesState {
            db,
            cache,
            clock,
            config: Arc::new(config),
            key,
            in_flight: InFlightRequests::default(),
            outdated_cache_keys,
            backups: BackupWatch::default(),
            is_stopping: Arc::default(),
        }))
    }
}

impl ServicesState {
    /// Returns the service key.
    ///
    /// # Errors
    /// `Internal` if the services were created without it.
    pub fn key(&self) -> Result<&ServiceKey> {
        self.key.as_ref().ok_or_else(|| Error::Internal("the service key was not opened".into()))
    }
}
