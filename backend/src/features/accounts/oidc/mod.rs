//! Logging in with OpenID providers, and using their access tokens with the API.
//!
//! An account is identified by the combination of issuer and subject, never by its email address.

mod fetch_cache;
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
pub use provider::{check_discovery, discovery_url};
pub(super) use service::{authenticate_access_token, list_grants};

use crate::core::config::Config;

/// The configured providers.
#[derive(Clone)]
pub(super) struct Providers(Arc<BTreeMap<String, Provider>>);

/// A provider that users can choose on a page.
#[derive(Debug, Clone)]
pub(super) struct ProviderOption {
    pub(super) name: String,
    pub(super) label: String,
}

impl Providers {
    /// Creates the configured providers. Their metadata is fetched when first needed.
    pub(super) fn new(config: &Config) -> Self {
        let origin = config.server.origin().unwrap_or_default();
        let providers = config.auth.providers.iter();
        let provider =
            |(name, settings): (&String, _)| (name.clone(), Provider::new(name, settings, &origin));
        Self(Arc::new(providers.map(provider).collect()))
    }

    /// The providers that users can log in with.
    pub(super) fn options(&self) -> Vec<ProviderOption> {
        let option =
            |it: &Provider| ProviderOption { name: it.name.clone(), label: it.label().to_owned() };
        self.0.values().map(option).collect()
    }

    fn by_name(&self, name: &str) -> Option<&Provider> {
        self.0.get(name)
    }

    fn by_issuer(&self, issuer: &str) -> Option<&Provider> {
        self.0.values().find(|it| it.settings.issuer == issuer)
    }
}
