//! A fake OpenID provider that listens on a local port and can be configured to misbehave.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Form, Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Redirect, Response},
    routing::{get, post},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use p256::ecdsa::{Signature, SigningKey, signature::Signer as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::{core::config, testing::NOW};

/// How the provider misbehaves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Misbehavior {
    /// It behaves correctly.
    #[default]
    None,
    /// All responses are correct but too large.
    OversizedResponses,
    /// All responses are redirects.
    Redirects,
    /// No response ever completes.
    NeverCompletes,
    /// All responses are HTML pages.
    HtmlResponses,
    /// The metadata names another issuer.
    WrongIssuer,
    /// The metadata names a keys URL without HTTPS on another host.
    InsecureKeysUrl,
    /// All responses are server errors.
    ServerErrors,
}

/// A key that signs the provider's tokens.
#[derive(Clone)]
pub(super) enum Key {
    Es256(SigningKey),
    Rs256(Arc<openidconnect::core::CoreRsaPrivateSigningKey>),
}

/// The configuration and state of the provider.
pub(super) struct ProviderState {
    pub(super) misbehavior: Misbehavior,
    /// The keys with their ids. The first one signs.
    pub(super) keys: Vec<(String, Key)>,
    /// Claims that override those of ID tokens. Null removes a claim.
    pub(super) claims: Value,
    /// Header members that override those of tokens.
    pub(super) header: Value,
    /// Whether a code can be exchanged repeatedly.
    pub(super) accepts_reused_codes: bool,
    /// Whether the metadata says that authorization responses include `iss`.
    pub(super) advertises_iss: bool,
    /// The number of requests by endpoint.
    pub(super) request_counts: HashMap<&'static str, u32>,
    /// The authorization request of each issued code.
    codes: HashMap<String, HashMap<String, String>>,
}

/// The provider. It stops when the test ends.
#[derive(Clone)]
pub(crate) struct FakeProvider {
    pub(super) issuer: String,
    pub(super) state: Arc<Mutex<ProviderState>>,
}

/// Generates a random ECDSA key.
pub(super) fn new_es256_key() -> Key {
    let mut bytes = [0; 32];
    loop {
        getrandom::fill(&mut bytes).unwrap();
        if let Ok(key) = SigningKey::from_slice(&bytes) {
            return Key::Es256(key);
        }
    }
}

/// Generates an RSA key. It is short, since generating a longer one takes minutes.
pub(super) fn new_rs256_key() -> Key {
    use rsa::pkcs1::EncodeRsaPrivateKey as _;
    let key = rsa::RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 1024).unwrap();
    let pem = key.to_pkcs1_pem(rsa::pkcs1::LineEnding::LF).unwrap();
    let key = openidconnect::core::CoreRsaPrivateSigningKey::from_pem(&pem, None);
    Key::Rs256(Arc::new(key.unwrap()))
}

pub(super) fn encode(bytes: &[u8]) -> String {
    BASE64.encode(bytes)
}

pub(super) fn text(value: &Value) -> String {
    BASE64.encode(value.to_string())
}

/// The time at which tests start, in seconds since the Unix epoch.
pub(super) fn now() -> i64 {
    NOW.parse::<chrono::DateTime<chrono::Utc>>().unwrap().timestamp()
}

impl Key {
    fn public(&self, id: &str) -> Value {
        match self {
            Self::Es256(key) => {
                let point = key.verifying_key().to_sec1_point(false);
                let (x, y) = (BASE64.encode(point.x().unwrap()), BASE64.encode(point.y().unwrap()));
                json!({ "kty": "EC", "crv": "P-256", "use": "sig", "kid": id, "x": x, "y": y })
            }
            Self::Rs256(key) => {
                use openidconnect::PrivateSigningKey as _;
                let mut public = serde_json::to_value(key.as_verification_key()).unwrap();
                public["kid"] = json!(id);
                public
            }
        }
    }

    pub(super) fn sign(&self, text: &str) -> Vec<u8> {
        match self {
            Self::Es256(key) => {
                let signature: Signature = key.sign(text.as_bytes());
                signature.to_bytes().to_vec()
            }
            Self::Rs256(key) => {
                use openidconnect::{PrivateSigningKey as _, core::CoreJwsSigningAlgorithm};
                key.sign(&CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256, text.as_bytes()).unwrap()
            }
        }
    }

    fn algorithm(&self) -> &'static str {
        match self {
            Self::Es256(_) => "ES256",
            Self::Rs256(_) => "RS256",
        }
    }
}

/// Overrides members of `base`. Null removes a member.
fn merge(mut base: Value, overrides: &Value) -> Value {
    for (name, value) in overrides.as_object().into_iter().flatten() {
        if value.is_null() {
            base.as_object_mut().unwrap().remove(name);
        } else {
            base[name] = value.clone();
        }
    }
    base
}

impl ProviderState {
    /// Creates a token with these claims, signed with the first key.
    pub(super) fn token(&self, claims: &Value) -> String {
        let (id, key) = &self.keys[0];
        let header = json!({ "alg": key.algorithm(), "kid": id, "typ": "JWT" });
        let signed = format!("{}.{}", text(&merge(header, &self.header)), text(claims));
        let signature = BASE64.encode(key.sign(&signed));
        format!("{signed}.{signature}")
    }

    pub(super) fn key_set(&self) -> Value {
        let keys: Vec<_> = self.keys.iter().map(|(id, key)| key.public(id)).collect();
        json!({ "keys": keys })
    }
}

impl FakeProvider {
    /// Starts a provider.
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let state = ProviderState {
            misbehavior: Misbehavior::None,
            keys: vec![("first".to_owned(), new_es256_key())],
            claims: json!({}),
            header: json!({}),
            accepts_reused_codes: false,
            advertises_iss: false,
            request_counts: HashMap::new(),
            codes: HashMap::new(),
        };
        let fake = Self { issuer, state: Arc::new(Mutex::new(state)) };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(metadata))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .with_state(fake.clone());
        tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
        fake
    }

    /// The settings for using this provider.
    pub(crate) fn settings(&self) -> config::Provider {
        config::Provider {
            issuer: self.issuer.clone(),
            client_id: "cars".to_owned(),
            client_secret: Some(config::Secret::new("the client's secret".to_owned())),
            label: Some("Home".to_owned()),
            scopes: "openid email profile".to_owned(),
            audience: Some("https://cars.example/api".to_owned()),
            write_scope: None,
            allow_sign_up: false,
        }
    }

    /// Changes the configuration.
    pub(super) fn configure(&self, change: impl FnOnce(&mut ProviderState)) {
        change(&mut self.state.lock().unwrap());
    }

    pub(super) fn request_count(&self, endpoint: &'static str) -> u32 {
        self.state.lock().unwrap().request_counts.get(endpoint).copied().unwrap_or_default()
    }

    /// The claims of an ID token for `subject`.
    pub(super) fn id_claims(&self, subject: &str, nonce: &str) -> Value {
        json!({
            "iss": self.issuer, "aud": "cars", "sub": subject, "nonce": nonce,
            "iat": now(), "exp": now() + 300, "name": "Dana",
        })
    }

    /// Creates an access token to this service's API for `subject`, with overridden claims.
    pub(super) fn access_token(&self, subject: &str, overrides: &Value) -> String {
        let claims = json!({
            "iss": self.issuer, "aud": "https://cars.example/api", "sub": subject,
            "iat": now(), "exp": now() + 300,
        });
        self.state.lock().unwrap().token(&merge(claims, overrides))
    }

    /// Logs in at the provider. Returns the URL that the provider redirects the browser to.
    pub(super) fn log_in(&self, authorization_url: &str, subject: &str) -> String {
        let query = authorization_url.split_once('?').unwrap().1;
        let request: HashMap<String, String> =
            url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        assert_eq!(request["response_type"], "code");
        assert_eq!(request["client_id"], "cars");
        assert_eq!(request["code_challenge_method"], "S256");
        let code = format!("code-{}", uuid::Uuid::now_v7());
        let back = format!("{}?code={code}&state={}", request["redirect_uri"], request["state"]);
        let mut grant = request;
        grant.insert("subject".to_owned(), subject.to_owned());
        self.configure(|state| _ = state.codes.insert(code, grant));
        back
    }
}

async fn misbehave(misbehavior: Misbehavior) -> Option<Response> {
    Some(match misbehavior {
        Misbehavior::Redirects => Redirect::temporary("/keys").into_response(),
        Misbehavior::NeverCompletes => {
            tokio::time::sleep(Duration::from_mins(1)).await;
            StatusCode::OK.into_response()
        }
        Misbehavior::HtmlResponses => "<!doctype html><title>Welcome</title>".into_response(),
        Misbehavior::ServerErrors => StatusCode::BAD_GATEWAY.into_response(),
        Misbehavior::None
        | Misbehavior::OversizedResponses
        | Misbehavior::WrongIssuer
        | Misbehavior::InsecureKeysUrl => return None,
    })
}

fn json_response(value: &Value, misbehavior: Misbehavior) -> Response {
    let padding = if misbehavior == Misbehavior::OversizedResponses { 1024 * 1024 } else { 0 };
    let body = format!("{value}{}", " ".repeat(padding));
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}

fn count_request(fake: &FakeProvider, endpoint: &'static str) -> Misbehavior {
    let mut state = fake.state.lock().unwrap();
    *state.request_counts.entry(endpoint).or_default() += 1;
    state.misbehavior
}

async fn metadata(State(fake): State<FakeProvider>) -> Response {
    let misbehavior = count_request(&fake, "metadata");
    if let Some(response) = misbehave(misbehavior).await {
        return response;
    }
    let issuer = &fake.issuer;
    let keys = if misbehavior == Misbehavior::InsecureKeysUrl {
        "http://keys.example".to_owned()
    } else {
        issuer.clone()
    };
    let issuer_claim =
        if misbehavior == Misbehavior::WrongIssuer { "https://other.example" } else { issuer };
    json_response(
        &json!({
            "issuer": issuer_claim,
            "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"),
            "jwks_uri": format!("{keys}/keys"),
            "authorization_response_iss_parameter_supported": fake.state.lock().unwrap().advertises_iss,
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
        }),
        misbehavior,
    )
}

async fn keys(State(fake): State<FakeProvider>) -> Response {
    let misbehavior = count_request(&fake, "keys");
    match misbehave(misbehavior).await {
        Some(response) => response,
        None => json_response(&fake.state.lock().unwrap().key_set(), misbehavior),
    }
}

async fn token(
    State(fake): State<FakeProvider>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    let misbehavior = count_request(&fake, "token");
    if let Some(response) = misbehave(misbehavior).await {
        return response;
    }
    let rejected = |why: &str| {
        let body = json!({ "error": "invalid_grant", "error_description": why }).to_string();
        (StatusCode::BAD_REQUEST, [(header::CONTENT_TYPE, "application/json")], body)
            .into_response()
    };
    let authorization = headers.get(header::AUTHORIZATION).and_then(|it| it.to_str().ok());
    if !authorization.is_some_and(|it| it.starts_with("Basic ")) {
        return rejected("client authentication is missing");
    }
    let mut state = fake.state.lock().unwrap();
    let code = form.get("code").cloned().unwrap_or_default();
    let grant = if state.accepts_reused_codes {
        state.codes.get(&code).cloned()
    } else {
        state.codes.remove(&code)
    };
    let Some(grant) = grant else { return rejected("the code was already used") };
    let challenge = BASE64.encode(Sha256::digest(&form["code_verifier"]));
    if challenge != grant["code_challenge"] || form["redirect_uri"] != grant["redirect_uri"] {
        return rejected("the code was issued for another log-in");
    }
    let claims = merge(fake.id_claims(&grant["subject"], &grant["nonce"]), &state.claims);
    json_response(
        &json!({
            "access_token": "unused", "token_type": "Bearer", "expires_in": 60,
            "id_token": state.token(&claims),
        }),
        misbehavior,
    )
}
