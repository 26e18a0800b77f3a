//! The application: the services of `core` and what the features remember, put together.

use std::{ops::Deref, sync::Arc};

use axum::extract::FromRef;

use crate::{
    core::{
        Services, clock::Clock, config::Config, db::Db, feature::Application, keys::ServiceKey,
    },
    features::{
        self,
        accounts::AuthState,
        oidc,
        stations::{Imports, Providers},
        vin::VinDecoder,
    },
};

/// The application, as handlers see it. Cloning is one atomic increment.
#[derive(Clone)]
pub struct App(Arc<AppState>);

/// The state behind [`App`].
pub struct AppState {
    services: Services,
    /// What signing in needs to remember within this process.
    pub auth: AuthState,
    /// The OpenID providers that users can sign in with.
    pub providers: oidc::Providers,
    /// Decodes VINs.
    pub vins: VinDecoder,
    /// External providers of stations.
    pub stations: Providers,
    /// Imports of station files.
    pub imports: Imports,
}

impl Deref for App {
    type Target = AppState;

    fn deref(&self) -> &AppState {
        &self.0
    }
}

impl Deref for AppState {
    type Target = Services;

    fn deref(&self) -> &Services {
        &self.services
    }
}

/// Extractors and middleware of `core` need only its services.
impl FromRef<App> for Services {
    fn from_ref(app: &App) -> Self {
        app.services.clone()
    }
}

impl Application for App {
    type Contribution = features::Contribution;
}

impl App {
    /// Creates the application for work that needs no sealed secret.
    #[must_use]
    pub fn new(config: Config, db: Db, clock: Clock) -> Self {
        Self::with_key(config, db, clock, None)
    }

    /// Creates the application with the key to the secrets in the database.
    #[must_use]
    pub fn with_key(config: Config, db: Db, clock: Clock, key: Option<ServiceKey>) -> Self {
        Self(Arc::new(AppState {
            auth: AuthState::new(&config),
            providers: oidc::Providers::new(&config),
            vins: VinDecoder::new(&config.vin),
            stations: Providers::new(&config.stations, config.server.public_url.as_deref()),
            imports: Imports::default(),
            services: Services::new(config, db, clock, key, features::outdated_cache_keys()),
        }))
    }
}
