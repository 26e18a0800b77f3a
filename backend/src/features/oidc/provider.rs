//! A provider: its metadata, its keys, and the requests to it.

use std::{ops::Deref, pin::Pin, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::{
    AsyncHttpClient, AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken,
    EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, IssuerUrl, Nonce, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, Scope, TokenResponse as _, TokenUrl,
    core::{CoreAuthenticationFlow, CoreClient, CoreIdToken, CoreJsonWebKeySet},
};
use serde::Deserialize;

use super::{fetch_cache::FetchCache, model::OidcError};
use crate::core::{
    config,
    upstream::{FetchError, UpstreamClient},
};

/// The maximum age of a provider's metadata and keys.
const MAX_AGE: TimeDelta = TimeDelta::hours(1);
/// The maximum age of a provider's keys when a token names an unknown key. This limits how often
/// tokens can cause the keys to be fetched.
const MAX_AGE_FOR_UNKNOWN_KEY: TimeDelta = TimeDelta::minutes(1);

/// Sends the requests of the OpenID Connect library.
struct HttpClient(UpstreamClient);

impl Deref for HttpClient {
    type Target = UpstreamClient;

    fn deref(&self) -> &UpstreamClient {
        &self.0
    }
}

impl<'c> AsyncHttpClient<'c> for HttpClient {
    type Error = FetchError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, FetchError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

/// A configured provider.
pub(super) struct Provider {
    /// The name in this service's URLs.
    pub(super) name: String,
    /// The settings of the provider.
    pub(super) settings: config::Provider,
    /// Where the provider redirects browsers to.
    redirect_uri: String,
    client: HttpClient,
    metadata: FetchCache<Metadata>,
    keys: FetchCache<CoreJsonWebKeySet>,
}

/// The provider metadata that this service uses (OpenID Connect Discovery 1.0, section 3).
#[derive(Deserialize)]
pub(super) struct Metadata {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    /// Whether the provider includes `iss` in its authorization responses (RFC 9207).
    #[serde(default)]
    pub(super) authorization_response_iss_parameter_supported: bool,
}

/// The secrets of an authorization request, generated for each log-in.
pub(super) struct AuthorizationRequest {
    /// Returned by the provider in its redirect.
    pub(super) state: String,
    /// Included by the provider in the ID token.
    pub(super) nonce: String,
    /// The PKCE code verifier. The request contains its hash, and exchanging the code requires it.
    pub(super) verifier: String,
}

type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
    EndpointNotSet,
>;

impl Provider {
    /// Creates a provider that redirects browsers to this service at `origin`.
    pub(super) fn new(name: &str, settings: &config::Provider, origin: &str) -> Self {
        Self {
            name: name.to_owned(),
            settings: settings.clone(),
            redirect_uri: format!("{origin}/login/oidc/{name}/callback"),
            client: HttpClient(UpstreamClient::new("oidc")),
            metadata: FetchCache::new(),
            keys: FetchCache::new(),
        }
    }

    /// The name shown to users.
    pub(super) fn label(&self) -> &str {
        self.settings.label.as_deref().unwrap_or(&self.name)
    }

    /// Returns the provider's metadata.
    pub(super) async fn metadata(&self, now: DateTime<Utc>) -> Result<Arc<Metadata>, OidcError> {
        let metadata = self.metadata.get(now, MAX_AGE, self.fetch_metadata()).await;
        metadata.map_err(|error| self.report_unavailable(&error))
    }

    async fn fetch_metadata(&self) -> Result<Metadata, FetchError> {
        let url = discovery_url(&self.settings);
        let metadata = self.client.get(&url).await?;
        check_metadata(&self.settings, &metadata).map_err(FetchError::new)?;
        Ok(metadata)
    }

    /// Returns the provider's signing keys. `has_unknown_key` means that a token named a key that
    /// is not among the cached ones.
    pub(super) async fn keys(
        &self,
        now: DateTime<Utc>,
        has_unknown_key: bool,
    ) -> Result<Arc<CoreJsonWebKeySet>, OidcError> {
        let metadata = self.metadata(now).await?;
        let max_age = if has_unknown_key { MAX_AGE_FOR_UNKNOWN_KEY } else { MAX_AGE };
        let keys = self.keys.get(now, max_age, self.client.get(&metadata.jwks_uri)).await;
        keys.map_err(|error| self.report_unavailable(&error))
    }

    fn report_unavailable(&self, error: &FetchError) -> OidcError {
        tracing::warn!(provider = self.name, %error, "OpenID provider is unavailable");
        OidcError::Unavailable
    }

    /// The URL that a browser is redirected to for logging in.
    pub(super) async fn authorization_url(
        &self,
        now: DateTime<Utc>,
        request: &AuthorizationRequest,
    ) -> Result<String, OidcError> {
        let client = self.client(&*self.metadata(now).await?)?;
        let verifier = PkceCodeVerifier::new(request.verifier.clone());
        let (state, nonce) = (request.state.clone(), request.nonce.clone());
        let scopes = self.settings.scopes.split(' ').filter(|it| !matches!(*it, "" | "openid"));
        let (url, _, _) = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                move || CsrfToken::new(state),
                move || Nonce::new(nonce),
            )
            .add_scopes(scopes.map(|it| Scope::new(it.to_owned())))
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
            .url();
        Ok(url.into())
    }

    /// Exchanges a code for an ID token. The token is not verified yet.
    pub(super) async fn exchange(
        &self,
        now: DateTime<Utc>,
        code: &str,
        verifier: String,
    ) -> Result<CoreIdToken, OidcError> {
        let client = self.client(&*self.metadata(now).await?)?;
        let answer = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .set_pkce_verifier(PkceCodeVerifier::new(verifier))
            .request_async(&self.client)
            .await;
        let answer = match answer {
            Ok(answer) => answer,
            Err(openidconnect::RequestTokenError::Request(error)) => {
                return Err(self.report_unavailable(&error));
            }
            Err(error) => return Err(OidcError::untrusted_because(&error)),
        };
        answer
            .id_token()
            .cloned()
            .ok_or_else(|| OidcError::untrusted("the token response contains no ID token"))
    }

    fn client(&self, metadata: &Metadata) -> Result<Client, OidcError> {
        let invalid_url = |error: url::ParseError| OidcError::untrusted_because(&error);
        let settings = &self.settings;
        let issuer = IssuerUrl::new(settings.issuer.clone()).map_err(invalid_url)?;
        let id = ClientId::new(settings.client_id.clone());
        let authorization =
            AuthUrl::new(metadata.authorization_endpoint.clone()).map_err(invalid_url)?;
        let client = CoreClient::new(id, issuer, CoreJsonWebKeySet::default())
            .set_auth_uri(authorization)
            .set_token_uri(TokenUrl::new(metadata.token_endpoint.clone()).map_err(invalid_url)?)
            .set_redirect_uri(RedirectUrl::new(self.redirect_uri.clone()).map_err(invalid_url)?)
            .set_auth_type(metadata.auth_type());
        Ok(match &settings.client_secret {
            Some(secret) => client.set_client_secret(ClientSecret::new(secret.expose().to_owned())),
            None => client,
        })
    }
}

/// The URL of a provider's metadata.
#[must_use]
pub fn discovery_url(settings: &config::Provider) -> String {
    format!("{}/.well-known/openid-configuration", settings.issuer.trim_end_matches('/'))
}

/// Checks the response of [`discovery_url`].
///
/// # Errors
/// Describes the first problem found.
pub fn check_discovery(settings: &config::Provider, answer: &[u8]) -> Result<(), String> {
    let metadata = serde_json::from_slice(answer)
        .map_err(|error| format!("invalid provider metadata: {error}"))?;
    check_metadata(settings, &metadata)
}

fn check_metadata(settings: &config::Provider, metadata: &Metadata) -> Result<(), String> {
    let url = discovery_url(settings);
    if metadata.issuer != settings.issuer {
        return Err(format!("{url} belongs to another issuer: {}", metadata.issuer));
    }
    let urls = [&metadata.authorization_endpoint, &metadata.token_endpoint, &metadata.jwks_uri];
    match urls.iter().find(|it| !settings.allows_url(it)) {
        Some(insecure) => Err(format!("{url} contains a URL that does not use https: {insecure}")),
        None => Ok(()),
    }
}

impl Metadata {
    /// How this service authenticates at the token endpoint. Basic unless the provider supports
    /// only the other method.
    fn auth_type(&self) -> AuthType {
        let supports = |method: &str| {
            let methods = self.token_endpoint_auth_methods_supported.as_ref();
            methods.is_some_and(|methods| methods.iter().any(|it| it == method))
        };
        if supports("client_secret_post") && !supports("client_secret_basic") {
            AuthType::RequestBody
        } else {
            AuthType::BasicAuth
        }
    }
}
