//! Logging in with OpenID providers, and using their access tokens with the API.
//!
//! An account is identified by the combination of issuer and subject, never by its email address.
//!
//! The migrations of the accounts feature create the table: it is older than this feature.

mod fetch_cache;
mod model;
mod pages;
mod provider;
mod service;
mod store;
#[cfg(test)]
mod tests;
mod tokens;

use std::{collections::BTreeMap, sync::Arc};

use provider::Provider;

pub use provider::{check_discovery, discovery_url};
#[cfg(test)]
pub(crate) use tests::fake_provider::FakeProvider;

use super::{
    Contribution, Feature,
    sessions::{self, ProviderOption},
};
use crate::core::{
    config::Config,
    feature::{Access, OnPasswordReset, Table},
};

/// The OpenID Connect feature.
pub const FEATURE: Feature = Feature {
    tables: &[Table::of_accounts(
        "identities",
        Access::Granted(OnPasswordReset::RequireReview {
            list: service::list_grants,
            remove: ("/settings/identities/", "/unlink"),
        }),
    )],
    pages: pages::router,
    contributions: &[
        Contribution::Sessions(sessions::Contribution::BearerTokens(|app, token, _| {
            Box::pin(service::authenticate_access_token(app, token))
        })),
        Contribution::Sessions(sessions::Contribution::Providers(|app| app.providers.options())),
    ],
    ..Feature::new("oidc", "oidc")
};

/// The configured providers.
#[derive(Clone)]
pub struct Providers(Arc<BTreeMap<String, Provider>>);

impl Providers {
    /// Creates the configured providers. Their metadata is fetched when first needed.
    #[must_use]
    pub fn new(config: &Config) -> Self {
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
