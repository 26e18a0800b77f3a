//! One provider: what it says of itself, its keys, and what is sent to it.

use std::{pin::Pin, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::{
    AsyncHttpClient, AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken,
    EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, IssuerUrl, Nonce, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, Scope, TokenResponse as _, TokenUrl,
    core::{CoreAuthenticationFlow, CoreClient, CoreIdToken, CoreJsonWebKeySet},
};
use serde::Deserialize;

use super::{kept::Kept, model::Refusal};
use crate::core::{
    config,
    upstream::{FetchError, UpstreamClient},
};

/// How old what is known of a provider may become.
const OLDEST: TimeDelta = TimeDelta::hours(1);
/// How old its keys may be when a token names one that is not among them: so often at most are
/// they fetched, whatever tokens name.
const OLDEST_FOR_UNKNOWN: TimeDelta = TimeDelta::minutes(1);

impl<'c> AsyncHttpClient<'c> for UpstreamClient {
    type Error = FetchError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, FetchError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

/// A provider that the settings name.
pub(super) struct Provider {
    /// Its name in this service's addresses.
    pub(super) name: String,
    /// What is set of it.
    pub(super) settings: config::Provider,
    /// Where it sends browsers back to.
    redirect: String,
    client: UpstreamClient,
    metadata: Kept<Metadata>,
    keys: Kept<CoreJsonWebKeySet>,
}

/// What a provider says of itself (OpenID Connect Discovery 1.0, 3), as far as it is used.
#[derive(Deserialize)]
pub(super) struct Metadata {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    /// Whether it names itself when it sends a browser back (RFC 9207).
    #[serde(default)]
    pub(super) authorization_response_iss_parameter_supported: bool,
}

/// What is asked of a provider along with a log-in, each a new secret.
pub(super) struct Asked {
    /// What it brings back with the browser.
    pub(super) state: String,
    /// What it puts into the ID token.
    pub(super) nonce: String,
    /// Of what it is told the hash, and needs to be shown for the code (PKCE).
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
    /// A provider that sends browsers back to this service at `origin`.
    pub(super) fn new(name: &str, settings: &config::Provider, origin: &str) -> Self {
        Self {
            name: name.to_owned(),
            settings: settings.clone(),
            redirect: format!("{origin}/login/oidc/{name}/callback"),
            client: UpstreamClient::new("oidc"),
            metadata: Kept::new(),
            keys: Kept::new(),
        }
    }

    /// What people call it.
    pub(super) fn label(&self) -> &str {
        self.settings.label.as_deref().unwrap_or(&self.name)
    }

    /// What it says of itself.
    pub(super) async fn metadata(&self, now: DateTime<Utc>) -> Result<Arc<Metadata>, Refusal> {
        let known = self.metadata.get(now, OLDEST, self.fetch_metadata()).await;
        known.map_err(|error| self.away(&error))
    }

    async fn fetch_metadata(&self) -> Result<Metadata, FetchError> {
        let address = discovery_address(&self.settings);
        let metadata = self.client.get(&address).await?;
        check_metadata(&self.settings, &metadata).map_err(FetchError::new)?;
        Ok(metadata)
    }

    /// Its keys; where `is_unknown`, a key was named that is not among those known.
    pub(super) async fn keys(
        &self,
        now: DateTime<Utc>,
        is_unknown: bool,
    ) -> Result<Arc<CoreJsonWebKeySet>, Refusal> {
        let metadata = self.metadata(now).await?;
        let oldest = if is_unknown { OLDEST_FOR_UNKNOWN } else { OLDEST };
        let keys = self.keys.get(now, oldest, self.client.get(&metadata.jwks_uri)).await;
        keys.map_err(|error| self.away(&error))
    }

    fn away(&self, error: &FetchError) -> Refusal {
        tracing::warn!(provider = self.name, %error, "A provider does not answer as it has to");
        Refusal::Away
    }

    /// Where a browser is sent to log in.
    pub(super) async fn authorization(
        &self,
        now: DateTime<Utc>,
        asked: &Asked,
    ) -> Result<String, Refusal> {
        let client = self.client(&*self.metadata(now).await?)?;
        let verifier = PkceCodeVerifier::new(asked.verifier.clone());
        let (state, nonce) = (asked.state.clone(), asked.nonce.clone());
        let scopes = self.settings.scopes.split(' ').filter(|it| !matches!(*it, "" | "openid"));
        let (address, _, _) = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                move || CsrfToken::new(state),
                move || Nonce::new(nonce),
            )
            .add_scopes(scopes.map(|it| Scope::new(it.to_owned())))
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
            .url();
        Ok(address.into())
    }

    /// The ID token that it gives for a code; nothing of it is checked yet.
    pub(super) async fn exchange(
        &self,
        now: DateTime<Utc>,
        code: &str,
        verifier: String,
    ) -> Result<CoreIdToken, Refusal> {
        let client = self.client(&*self.metadata(now).await?)?;
        let answer = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .set_pkce_verifier(PkceCodeVerifier::new(verifier))
            .request_async(&self.client)
            .await;
        let answer = match answer {
            Ok(answer) => answer,
            Err(openidconnect::RequestTokenError::Request(error)) => return Err(self.away(&error)),
            Err(error) => return Err(Refusal::distrust(&error)),
        };
        answer.id_token().cloned().ok_or_else(|| Refusal::untrusted("there is no ID token"))
    }

    fn client(&self, metadata: &Metadata) -> Result<Client, Refusal> {
        let unfit = |error: url::ParseError| Refusal::distrust(&error);
        let settings = &self.settings;
        let issuer = IssuerUrl::new(settings.issuer.clone()).map_err(unfit)?;
        let id = ClientId::new(settings.client_id.clone());
        let authorization = AuthUrl::new(metadata.authorization_endpoint.clone()).map_err(unfit)?;
        let client = CoreClient::new(id, issuer, CoreJsonWebKeySet::default())
            .set_auth_uri(authorization)
            .set_token_uri(TokenUrl::new(metadata.token_endpoint.clone()).map_err(unfit)?)
            .set_redirect_uri(RedirectUrl::new(self.redirect.clone()).map_err(unfit)?)
            .set_auth_type(metadata.auth_type());
        Ok(match &settings.client_secret {
            Some(secret) => client.set_client_secret(ClientSecret::new(secret.expose().to_owned())),
            None => client,
        })
    }
}

/// Where a provider describes itself.
#[must_use]
pub fn discovery_address(settings: &config::Provider) -> String {
    format!("{}/.well-known/openid-configuration", settings.issuer.trim_end_matches('/'))
}

/// Checks what a provider answers at [`discovery_address`].
///
/// # Errors
/// What is wrong with it.
pub fn check_discovery(settings: &config::Provider, answer: &[u8]) -> Result<(), String> {
    let metadata = serde_json::from_slice(answer)
        .map_err(|error| format!("it is not the expected JSON: {error}"))?;
    check_metadata(settings, &metadata)
}

fn check_metadata(settings: &config::Provider, metadata: &Metadata) -> Result<(), String> {
    let address = discovery_address(settings);
    if metadata.issuer != settings.issuer {
        return Err(format!("{address} is of another issuer: {}", metadata.issuer));
    }
    let addresses =
        [&metadata.authorization_endpoint, &metadata.token_endpoint, &metadata.jwks_uri];
    match addresses.iter().find(|it| !settings.allows_url(it)) {
        Some(unsafe_one) => Err(format!("{address} names {unsafe_one}, which is not https")),
        None => Ok(()),
    }
}

impl Metadata {
    /// How this service proves who it is: as the provider wants it, where it says so.
    fn auth_type(&self) -> AuthType {
        let takes = |method: &str| {
            let methods = self.token_endpoint_auth_methods_supported.as_ref();
            methods.is_some_and(|methods| methods.iter().any(|it| it == method))
        };
        if takes("client_secret_post") && !takes("client_secret_basic") {
            AuthType::RequestBody
        } else {
            AuthType::BasicAuth
        }
    }
}
