//! Code that all features share.

pub(crate) mod archive;
pub mod cache;
pub mod chart;
pub mod clock;
pub mod config;
pub mod db;
pub mod error;
pub mod files;
pub mod health;
pub mod http;
pub mod input;
pub mod keys;
pub mod locale;
pub mod mail;
pub mod metrics;
pub mod minisign;
pub mod money;
pub mod outage;
pub mod periodic;
pub mod problems;
pub mod search_text;
pub mod tls;
pub mod traces;
pub mod units;
pub mod upstream;
pub(crate) mod user_cache;
pub mod web;

use std::{
    ops::Deref,
    sync::{Arc, atomic::AtomicBool},
};

pub use crate::features::accounts::UserId;
use crate::features::{
    accounts::AuthState,
    stations::{Imports, Providers},
    vin::VinDecoder,
};
pub use error::{Error, Result};

/// Formats bytes as hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The application, as handlers see it. Cloning is one atomic increment.
#[derive(Clone)]
pub struct App(Arc<AppState>);

impl Deref for App {
    type Target = AppState;

    fn deref(&self) -> &AppState {
        &self.0
    }
}

/// The state behind [`App`].
#[derive(Clone)]
pub struct AppState {
    /// The database.
    pub db: db::Db,
    /// The cache.
    pub cache: cache::Cache,
    /// The clock.
    pub clock: clock::Clock,
    /// The settings.
    pub config: Arc<config::Config>,
    /// The key that seals the secrets in the database. Commands that need no secrets run without
    /// it.
    key: Option<keys::ServiceKey>,
    /// What signing in needs to remember within this process.
    pub auth: AuthState,
    /// Decodes VINs.
    pub vins: VinDecoder,
    /// External providers of stations.
    pub stations: Providers,
    /// Imports of station files.
    pub imports: Imports,
    /// The requests in progress that have an `Idempotency-Key`.
    pub in_flight: http::InFlightRequests,
    /// The state of the backups.
    pub backups: health::BackupWatch,
    /// Whether the service is shutting down: new requests should go to another instance.
    pub is_stopping: Arc<AtomicBool>,
}

impl App {
    /// Creates the application for work that needs no sealed secret.
    #[must_use]
    pub fn new(config: config::Config, db: db::Db, clock: clock::Clock) -> Self {
        Self::with_key(config, db, clock, None)
    }

    /// Creates the application with the key to the secrets in the database.
    #[must_use]
    pub fn with_key(
        config: config::Config,
        db: db::Db,
        clock: clock::Clock,
        key: Option<keys::ServiceKey>,
    ) -> Self {
        let cache = cache::Cache::new(&config.cache);
        db.store_positions_in(&cache);
        let auth = AuthState::new(&config);
        let vins = VinDecoder::new(&config.vin);
        let stations = Providers::new(&config.stations, config.server.public_url.as_deref());
        let config = Arc::new(config);
        let imports = Imports::default();
        let in_flight = http::InFlightRequests::default();
        Self(Arc::new(AppState {
            db,
            cache,
            clock,
            config,
            key,
            auth,
            vins,
            stations,
            imports,
            in_flight,
            backups: health::BackupWatch::default(),
            is_stopping: Arc::default(),
        }))
    }
}

impl AppState {
    /// Returns the service key.
    ///
    /// # Errors
    /// `Internal` if the application was created without it.
    pub fn key(&self) -> Result<&keys::ServiceKey> {
        self.key.as_ref().ok_or_else(|| Error::Internal("the service key was not opened".into()))
    }
}
