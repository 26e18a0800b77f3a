//! What every feature shares.

pub(crate) mod archive;
pub mod cache;
pub mod chart;
pub mod clock;
pub mod config;
pub mod db;
pub mod error;
pub mod files;
pub mod fold;
pub(crate) mod fresh;
pub mod health;
pub mod http;
pub mod input;
pub mod jobs;
pub mod keys;
pub mod mail;
pub mod metrics;
pub mod minisign;
pub mod money;
pub mod outage;
pub mod outward;
pub mod problems;
pub mod tls;
pub mod traces;
pub mod units;
pub mod web;

use std::{
    ops::Deref,
    sync::{Arc, atomic::AtomicBool},
};

pub use crate::features::accounts::UserId;
use crate::features::{
    accounts::AuthState,
    stations::{Imports, Providers},
    vin::Vins,
};
pub use error::{Error, Result};

/// Bytes as hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// What a handler may reach. Each layer of each request has a clone of its own: it is one count.
#[derive(Clone)]
pub struct App(Arc<Parts>);

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// What the service is made of.
#[derive(Clone)]
pub struct Parts {
    /// The database.
    pub db: db::Db,
    /// Answers kept for a while.
    pub cache: cache::Cache,
    /// The time.
    pub clock: clock::Clock,
    /// The settings.
    pub config: Arc<config::Config>,
    /// What seals the secrets in the database. Commands that need none of them run without it.
    key: Option<keys::ServiceKey>,
    /// What signing in needs to remember within this process.
    pub auth: AuthState,
    /// What answers what VINs mean.
    pub vins: Vins,
    /// Who else knows of stations.
    pub stations: Providers,
    /// What brings files of stations in.
    pub imports: Imports,
    /// The requests with an `Idempotency-Key` that are under way.
    pub in_flight: http::InFlight,
    /// The state of the backups.
    pub backups: health::BackupWatch,
    /// Whether the service is about to stop, so that new requests should go to another instance.
    pub is_stopping: Arc<AtomicBool>,
}

impl App {
    /// The service over an open database, for work that needs no sealed secret.
    #[must_use]
    pub fn new(config: config::Config, db: db::Db, clock: clock::Clock) -> Self {
        Self::with_key(config, db, clock, None)
    }

    /// The service over an open database, with the key to the secrets in it.
    #[must_use]
    pub fn with_key(
        config: config::Config,
        db: db::Db,
        clock: clock::Clock,
        key: Option<keys::ServiceKey>,
    ) -> Self {
        let cache = cache::Cache::new(&config.cache);
        db.keep_positions_in(&cache);
        let auth = AuthState::new(&config);
        let vins = Vins::new(&config.vin);
        let stations = Providers::new(&config.stations, config.server.public_url.as_deref());
        let config = Arc::new(config);
        let imports = Imports::default();
        let in_flight = http::InFlight::default();
        Self(Arc::new(Parts {
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

impl Parts {
    /// The key to the secrets in the database.
    ///
    /// # Errors
    /// Internal where the service runs without it.
    pub fn key(&self) -> Result<&keys::ServiceKey> {
        self.key.as_ref().ok_or_else(|| Error::Internal("the service key was not opened".into()))
    }
}
