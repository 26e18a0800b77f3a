//! A provider on this machine, over real HTTP, that does as it is told: well or badly.

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
pub(super) enum Whim {
    /// Not at all.
    #[default]
    None,
    /// Every answer is right, and larger than anybody needs.
    Huge,
    /// Every answer is at another address.
    Redirects,
    /// No answer ever ends.
    Drips,
    /// It is some other site.
    Html,
    /// It says that it is another issuer.
    OtherIssuer,
    /// It says that its keys are at an address without https, elsewhere.
    UnsafeKeys,
    /// It answers with errors.
    Down,
}

/// What signs its tokens.
#[derive(Clone)]
pub(super) enum Key {
    Es256(SigningKey),
    Rs256(Arc<openidconnect::core::CoreRsaPrivateSigningKey>),
}

/// What the provider has been told to be.
pub(super) struct Told {
    pub(super) whim: Whim,
    /// Its keys, by their ids; the first one signs.
    pub(super) keys: Vec<(String, Key)>,
    /// What the next ID tokens say otherwise: null takes a claim out.
    pub(super) claims: Value,
    /// The header of its tokens, where it says otherwise.
    pub(super) header: Value,
    /// Gives a code's token for as often as it is asked.
    pub(super) replays: bool,
    /// Says that it names itself when it sends a browser back.
    pub(super) names_itself: bool,
    /// How often the metadata and the keys were asked for.
    pub(super) asked: HashMap<&'static str, u32>,
    /// What each code was given for.
    codes: HashMap<String, HashMap<String, String>>,
}

/// The provider, which ends with the test.
#[derive(Clone)]
pub(crate) struct Fake {
    pub(super) issuer: String,
    pub(super) told: Arc<Mutex<Told>>,
}

/// A new key from nothing but chance.
pub(super) fn es256() -> Key {
    let mut bytes = [0; 32];
    loop {
        getrandom::fill(&mut bytes).unwrap();
        if let Ok(key) = SigningKey::from_slice(&bytes) {
            return Key::Es256(key);
        }
    }
}

/// A new RSA key; a short one, which takes no minutes to find.
pub(super) fn rs256() -> Key {
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

/// When the tests take place, in seconds since 1970.
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

/// `more` laid over `base`: null takes a member out.
fn over(mut base: Value, more: &Value) -> Value {
    for (name, value) in more.as_object().into_iter().flatten() {
        if value.is_null() {
            base.as_object_mut().unwrap().remove(name);
        } else {
            base[name] = value.clone();
        }
    }
    base
}

impl Told {
    /// Signs these claims with the first key, as its header says.
    pub(super) fn token(&self, claims: &Value) -> String {
        let (id, key) = &self.keys[0];
        let header = json!({ "alg": key.algorithm(), "kid": id, "typ": "JWT" });
        let signed = format!("{}.{}", text(&over(header, &self.header)), text(claims));
        let signature = BASE64.encode(key.sign(&signed));
        format!("{signed}.{signature}")
    }

    pub(super) fn key_set(&self) -> Value {
        let keys: Vec<_> = self.keys.iter().map(|(id, key)| key.public(id)).collect();
        json!({ "keys": keys })
    }
}

impl Fake {
    /// Starts one.
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let told = Told {
            whim: Whim::None,
            keys: vec![("first".to_owned(), es256())],
            claims: json!({}),
            header: json!({}),
            replays: false,
            names_itself: false,
            asked: HashMap::new(),
            codes: HashMap::new(),
        };
        let fake = Self { issuer, told: Arc::new(Mutex::new(told)) };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(metadata))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .with_state(fake.clone());
        tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
        fake
    }

    /// Settings that name it.
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

    /// Tells it to be otherwise.
    pub(super) fn tell(&self, change: impl FnOnce(&mut Told)) {
        change(&mut self.told.lock().unwrap());
    }

    pub(super) fn asked(&self, what: &'static str) -> u32 {
        self.told.lock().unwrap().asked.get(what).copied().unwrap_or_default()
    }

    /// What it says of `subject` to this service's client.
    pub(super) fn id_claims(&self, subject: &str, nonce: &str) -> Value {
        json!({
            "iss": self.issuer, "aud": "cars", "sub": subject, "nonce": nonce,
            "iat": now(), "exp": now() + 300, "name": "Dana",
        })
    }

    /// An access token to this service's API for `subject`, with `more` said otherwise.
    pub(super) fn access_token(&self, subject: &str, more: &Value) -> String {
        let claims = json!({
            "iss": self.issuer, "aud": "https://cars.example/api", "sub": subject,
            "iat": now(), "exp": now() + 300,
        });
        self.told.lock().unwrap().token(&over(claims, more))
    }

    /// Somebody logs in with it: the address it sends their browser back to.
    pub(super) fn log_in(&self, authorization: &str, subject: &str) -> String {
        let query = authorization.split_once('?').unwrap().1;
        let asked: HashMap<String, String> =
            form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        assert_eq!(asked["response_type"], "code");
        assert_eq!(asked["client_id"], "cars");
        assert_eq!(asked["code_challenge_method"], "S256");
        let code = format!("code-{}", uuid::Uuid::now_v7());
        let back = format!("{}?code={code}&state={}", asked["redirect_uri"], asked["state"]);
        let mut given = asked;
        given.insert("subject".to_owned(), subject.to_owned());
        self.tell(|told| _ = told.codes.insert(code, given));
        back
    }
}

async fn whimsical(whim: Whim) -> Option<Response> {
    Some(match whim {
        Whim::Redirects => Redirect::temporary("/keys").into_response(),
        Whim::Drips => {
            tokio::time::sleep(Duration::from_mins(1)).await;
            StatusCode::OK.into_response()
        }
        Whim::Html => "<!doctype html><title>Welcome</title>".into_response(),
        Whim::Down => StatusCode::BAD_GATEWAY.into_response(),
        Whim::None | Whim::Huge | Whim::OtherIssuer | Whim::UnsafeKeys => return None,
    })
}

fn answer(value: &Value, whim: Whim) -> Response {
    let blanks = if whim == Whim::Huge { 1024 * 1024 } else { 0 };
    let body = format!("{value}{}", " ".repeat(blanks));
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}

fn count(fake: &Fake, what: &'static str) -> Whim {
    let mut told = fake.told.lock().unwrap();
    *told.asked.entry(what).or_default() += 1;
    told.whim
}

async fn metadata(State(fake): State<Fake>) -> Response {
    let whim = count(&fake, "metadata");
    if let Some(odd) = whimsical(whim).await {
        return odd;
    }
    let issuer = &fake.issuer;
    let keys =
        if whim == Whim::UnsafeKeys { "http://keys.example".to_owned() } else { issuer.clone() };
    let says = if whim == Whim::OtherIssuer { "https://other.example" } else { issuer };
    answer(
        &json!({
            "issuer": says,
            "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"),
            "jwks_uri": format!("{keys}/keys"),
            "authorization_response_iss_parameter_supported": fake.told.lock().unwrap().names_itself,
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
        }),
        whim,
    )
}

async fn keys(State(fake): State<Fake>) -> Response {
    let whim = count(&fake, "keys");
    match whimsical(whim).await {
        Some(odd) => odd,
        None => answer(&fake.told.lock().unwrap().key_set(), whim),
    }
}

async fn token(
    State(fake): State<Fake>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    let whim = count(&fake, "token");
    if let Some(odd) = whimsical(whim).await {
        return odd;
    }
    let refused = |why: &str| {
        let body = json!({ "error": "invalid_grant", "error_description": why }).to_string();
        (StatusCode::BAD_REQUEST, [(header::CONTENT_TYPE, "application/json")], body)
            .into_response()
    };
    let said = headers.get(header::AUTHORIZATION).and_then(|it| it.to_str().ok());
    if !said.is_some_and(|it| it.starts_with("Basic ")) {
        return refused("who are you?");
    }
    let mut told = fake.told.lock().unwrap();
    let code = form.get("code").cloned().unwrap_or_default();
    let given =
        if told.replays { told.codes.get(&code).cloned() } else { told.codes.remove(&code) };
    let Some(given) = given else { return refused("the code was used already") };
    let challenge = BASE64.encode(Sha256::digest(&form["code_verifier"]));
    if challenge != given["code_challenge"] || form["redirect_uri"] != given["redirect_uri"] {
        return refused("the code was given for another log-in");
    }
    let claims = over(fake.id_claims(&given["subject"], &given["nonce"]), &told.claims);
    answer(
        &json!({
            "access_token": "unused", "token_type": "Bearer", "expires_in": 60,
            "id_token": told.token(&claims),
        }),
        whim,
    )
}
