//! A fake of Google, Overpass and Nominatim over HTTP. It returns configurable responses in their recorded
//! format, or fails in a configurable way.

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

/// How the server fails.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Failure {
    /// It does not fail.
    #[default]
    None,
    /// It accepts requests and never responds.
    Hangs,
    /// Its responses never end.
    Drips,
    /// It resets the connection in the middle of a response.
    Resets,
    /// Its responses are correct but too large.
    Huge,
    /// It redirects to a URL with the correct response.
    Redirects,
    /// It returns an HTML page.
    Html,
    /// It returns JSON with another structure.
    WrongJson,
    /// It returns errors.
    Down,
    /// It returns 429.
    TooManyRequests,
}

/// A received request.
#[derive(Debug, Clone)]
pub(super) struct RecordedRequest {
    pub(super) call: String,
    pub(super) query: String,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
    pub(super) at: Instant,
}

impl RecordedRequest {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |it| it.to_str().unwrap())
    }
}

#[derive(Default)]
pub(super) struct ServerState {
    pub(super) failure: Failure,
    pub(super) requests: Vec<RecordedRequest>,
    /// Google's response to searches.
    pub(super) google: Value,
    /// Google's responses to lookups of single places, by ID.
    pub(super) details: Value,
    pub(super) overpass: Value,
    pub(super) nominatim: Value,
}

/// The server, which runs until the end of the test.
#[derive(Clone)]
pub(super) struct Fake {
    pub(super) base: String,
    pub(super) state: Arc<Mutex<ServerState>>,
}

impl Fake {
    pub(super) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let state = ServerState {
            google: json!({}),
            details: json!({}),
            overpass: json!({ "version": 0.6, "elements": [] }),
            nominatim: json!([]),
            ..ServerState::default()
        };
        let fake = Self { base, state: Arc::new(Mutex::new(state)) };
        let router = Router::new().fallback(respond).with_state(fake.clone());
        tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
        fake
    }

    pub(super) fn configure(&self, change: impl FnOnce(&mut ServerState)) {
        change(&mut self.state.lock().unwrap());
    }

    pub(super) fn requests(&self) -> Vec<RecordedRequest> {
        self.state.lock().unwrap().requests.clone()
    }

    /// Configures it as Google.
    pub(super) fn as_google(&self, settings: &mut Stations) {
        settings.google_api_key = Some(Secret::new("the secret key".to_owned()));
        settings.google_url = self.base.clone();
    }

    /// Configures it as Overpass and Nominatim.
    pub(super) fn as_osm(&self, settings: &mut Stations) {
        settings.overpass_url = Some(self.base.clone());
        settings.nominatim_url = Some(self.base.clone());
    }
}

async fn respond(State(fake): State<Fake>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let call = format!("{} {}", parts.method, parts.uri.path());
    let failure = {
        let mut state = fake.state.lock().unwrap();
        state.requests.push(RecordedRequest {
            call: call.clone(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
            at: Instant::now(),
        });
        state.failure
    };
    match failure {
        Failure::Hangs => {
            tokio::time::sleep(Duration::from_mins(1)).await;
            StatusCode::OK.into_response()
        }
        Failure::Drips => streamed(Duration::from_millis(50), 10_000, " "),
        Failure::Resets => truncated(),
        Failure::Huge => {
            let mut huge = " ".repeat(2 * 1024 * 1024);
            huge.push_str(&configured_response(&fake, &call).1.to_string());
            huge.into_response()
        }
        Failure::Redirects if !call.ends_with("/elsewhere") => {
            (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, "/elsewhere")]).into_response()
        }
        Failure::None | Failure::Redirects => configured_response(&fake, &call).into_response(),
        Failure::Html => "<!doctype html><title>Log in to the Wi-Fi</title>".into_response(),
        Failure::WrongJson => r#"{"places":"none","elements":7,"id":[]}"#.into_response(),
        Failure::Down => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Failure::TooManyRequests => StatusCode::TOO_MANY_REQUESTS.into_response(),
    }
}

/// A JSON response.
struct JsonResponse(StatusCode, Value);

impl JsonResponse {
    fn into_response(self) -> Response {
        let kind = [(header::CONTENT_TYPE, "application/json; charset=UTF-8")];
        (self.0, kind, self.1.to_string()).into_response()
    }
}

fn configured_response(fake: &Fake, call: &str) -> JsonResponse {
    let state = fake.state.lock().unwrap();
    let body = match call {
        "POST /v1/places:searchText" | "POST /v1/places:searchNearby" => state.google.clone(),
        "POST /api/interpreter" => state.overpass.clone(),
        "GET /search" => state.nominatim.clone(),
        _ => {
            let place = call.strip_prefix("GET /v1/places/").and_then(|id| state.details.get(id));
            let Some(place) = place else {
                let error = json!({ "error": { "code": 404, "status": "NOT_FOUND" } });
                return JsonResponse(StatusCode::NOT_FOUND, error);
            };
            place.clone()
        }
    };
    JsonResponse(StatusCode::OK, body)
}

/// Streams a body in parts at an interval.
fn streamed(interval: Duration, parts: usize, part: &'static str) -> Response {
    let (mut sender, body) = http_body_util::channel::Channel::<Bytes, std::io::Error>::new(1);
    tokio::spawn(async move {
        for _ in 0..parts {
            if sender.send_data(Bytes::from_static(part.as_bytes())).await.is_err() {
                return;
            }
            tokio::time::sleep(interval).await;
        }
    });
    Body::new(body).into_response()
}

/// A body that is cut off in the middle.
fn truncated() -> Response {
    let (mut sender, body) = http_body_util::channel::Channel::<Bytes, std::io::Error>::new(1);
    tokio::spawn(async move {
        let _ = sender.send_data(Bytes::from_static(b"{\"places\":[")).await;
        sender.abort(std::io::Error::other("cut off"));
    });
    Body::new(body).into_response()
}
