//! Google, Overpass and Nominatim on this machine, over real HTTP, with answers of their recorded
//! form, doing as they are told: well or badly.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use crate::core::config::{Secret, Stations};

/// How it misbehaves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Whim {
    /// Not at all.
    #[default]
    None,
    /// It takes what it is sent and never answers.
    Hangs,
    /// No answer ever ends.
    Drips,
    /// It breaks off in the middle.
    Resets,
    /// Every answer is right, and larger than anybody needs.
    Huge,
    /// Every answer is at another address, where it would be right.
    Redirects,
    /// It is some other site.
    Html,
    /// JSON of another shape.
    Otherwise,
    /// It answers with errors.
    Down,
    /// It is asked too much.
    TooMany,
}

/// What it was asked.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) call: String,
    pub(super) query: String,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
    pub(super) at: Instant,
}

impl Asked {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |it| it.to_str().unwrap())
    }
}

#[derive(Default)]
pub(super) struct Told {
    pub(super) whim: Whim,
    pub(super) asked: Vec<Asked>,
    /// What Google answers a search, and of single places.
    pub(super) google: Value,
    pub(super) details: Value,
    pub(super) overpass: Value,
    pub(super) nominatim: Value,
}

/// The server, which ends with the test.
#[derive(Clone)]
pub(super) struct Fake {
    pub(super) base: String,
    pub(super) told: Arc<Mutex<Told>>,
}

impl Fake {
    pub(super) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let told = Told {
            google: json!({}),
            details: json!({}),
            overpass: json!({ "version": 0.6, "elements": [] }),
            nominatim: json!([]),
            ..Told::default()
        };
        let fake = Self { base, told: Arc::new(Mutex::new(told)) };
        let router = Router::new().fallback(answer).with_state(fake.clone());
        tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
        fake
    }

    pub(super) fn tell(&self, change: impl FnOnce(&mut Told)) {
        change(&mut self.told.lock().unwrap());
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.told.lock().unwrap().asked.clone()
    }

    /// Settings that name it as Google.
    pub(super) fn as_google(&self, settings: &mut Stations) {
        settings.google_api_key = Some(Secret::new("the secret key".to_owned()));
        settings.google_url = self.base.clone();
    }

    /// Settings that name it as both of `OpenStreetMap`'s.
    pub(super) fn as_osm(&self, settings: &mut Stations) {
        settings.overpass_url = Some(self.base.clone());
        settings.nominatim_url = Some(self.base.clone());
    }
}

async fn answer(State(fake): State<Fake>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let call = format!("{} {}", parts.method, parts.uri.path());
    let whim = {
        let mut told = fake.told.lock().unwrap();
        told.asked.push(Asked {
            call: call.clone(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
            at: Instant::now(),
        });
        told.whim
    };
    match whim {
        Whim::Hangs => {
            tokio::time::sleep(Duration::from_mins(1)).await;
            StatusCode::OK.into_response()
        }
        Whim::Drips => streamed(Duration::from_millis(50), 10_000, " "),
        Whim::Resets => broken_off(),
        Whim::Huge => {
            let mut huge = " ".repeat(2 * 1024 * 1024);
            huge.push_str(&right(&fake, &call).1.to_string());
            huge.into_response()
        }
        Whim::Redirects if !call.ends_with("/elsewhere") => {
            (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, "/elsewhere")]).into_response()
        }
        Whim::None | Whim::Redirects => right(&fake, &call).into_response(),
        Whim::Html => "<!doctype html><title>Log in to the Wi-Fi</title>".into_response(),
        Whim::Otherwise => r#"{"places":"none","elements":7,"id":[]}"#.into_response(),
        Whim::Down => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Whim::TooMany => StatusCode::TOO_MANY_REQUESTS.into_response(),
    }
}

/// The answer that is told, as text.
struct Text(StatusCode, Value);

impl Text {
    fn into_response(self) -> Response {
        let kind = [(header::CONTENT_TYPE, "application/json; charset=UTF-8")];
        (self.0, kind, self.1.to_string()).into_response()
    }
}

fn right(fake: &Fake, call: &str) -> Text {
    let told = fake.told.lock().unwrap();
    let found = match call {
        "POST /v1/places:searchText" | "POST /v1/places:searchNearby" => told.google.clone(),
        "POST /api/interpreter" => told.overpass.clone(),
        "GET /search" => told.nominatim.clone(),
        _ => {
            let place = call.strip_prefix("GET /v1/places/").and_then(|id| told.details.get(id));
            let Some(place) = place else {
                let error = json!({ "error": { "code": 404, "status": "NOT_FOUND" } });
                return Text(StatusCode::NOT_FOUND, error);
            };
            place.clone()
        }
    };
    Text(StatusCode::OK, found)
}

/// A body of so many parts, one after another.
fn streamed(every: Duration, parts: usize, part: &'static str) -> Response {
    let (mut sender, body) = http_body_util::channel::Channel::<Bytes, std::io::Error>::new(1);
    tokio::spawn(async move {
        for _ in 0..parts {
            if sender.send_data(Bytes::from_static(part.as_bytes())).await.is_err() {
                return;
            }
            tokio::time::sleep(every).await;
        }
    });
    Body::new(body).into_response()
}

/// A body that is cut off.
fn broken_off() -> Response {
    let (mut sender, body) = http_body_util::channel::Channel::<Bytes, std::io::Error>::new(1);
    tokio::spawn(async move {
        let _ = sender.send_data(Bytes::from_static(b"{\"places\":[")).await;
        sender.abort(std::io::Error::other("cut off"));
    });
    Body::new(body).into_response()
}
