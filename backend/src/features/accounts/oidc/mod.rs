//! Logging in with an OpenID provider, and its access tokens at the API.
//!
//! An account is found by the issuer and the subject that a provider vouches for, both together, and
//! never by an e-mail address.

mod kept;
mod model;
mod pages;
mod provider;
mod service;
mod store;
#[cfg(test)]
pub(super) mod tests;
mod tokens;

use std::{collections::BTreeMap, sync::Arc};

use provider::Provider;

pub(super) use pages::router as pages;
pub use provider::{check_discovery, discovery_address};
pub(super) use service::{held, holder};

use crate::core::config::Config;

/// The providers that the settings name, with what is known of each.
#[derive(Clone)]
pub(super) struct Providers(Arc<BTreeMap<String, Provider>>);

/// A provider, as the pages offer it.
#[derive(Debug, Clone)]
pub(super) struct Offer {
    pub(super) name: String,
    pub(super) label: String,
}

impl Providers {
    /// Nothing is known of them yet: they are asked when somebody needs them.
    pub(super) fn new(config: &Config) -> Self {
        let origin = config.server.origin().unwrap_or_default();
        let providers = config.auth.providers.iter();
        let known =
            |(name, settings): (&String, _)| (name.clone(), Provider::new(name, settings, &origin));
        Self(Arc::new(providers.map(known).collect()))
    }

    /// What people may log in with.
    pub(super) fn offers(&self) -> Vec<Offer> {
        let offer = |it: &Provider| Offer { name: it.name.clone(), label: it.label().to_owned() };
        self.0.values().map(offer).collect()
    }

    fn named(&self, name: &str) -> Option<&Provider> {
        self.0.get(name)
    }

    fn of_issuer(&self, issuer: &str) -> Option<&Provider> {
        self.0.values().find(|it| it.settings.issuer == issuer)
    }
}
