//! An HTTP client of the service.

use std::time::{Duration, Instant};

use reqwest::{Method, header::HeaderMap};
use serde_json::{Value, json};

/// An HTTP client of the service, signed in or not.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    url: String,
    cookie: String,
    /// The account, or null.
    pub(crate) account: Value,
}

/// A response of the service.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) body: Value,
    pub(crate) headers: HeaderMap,
    /// The time from the request to the last byte.
    pub(crate) took: Duration,
}

impl Response {
    /// Returns the body, and asserts the status.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        self.body
    }
}

/// The string value of an id.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("not a string: {value}")).to_owned()
}

impl Client {
    pub(crate) fn anonymous(url: &str) -> Self {
        // Fails if a provider is already installed.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().timeout(Duration::from_mins(1)).build().unwrap();
        Self { http, url: url.to_owned(), cookie: String::new(), account: Value::Null }
    }

    pub(crate) async fn register(url: &str, email: &str) -> Self {
        let account = json!({ "email": email, "password": "correct horse battery" });
        Self::open(url, "/api/auth/register", &account, 201).await
    }

    /// Signs in to an existing account.
    pub(crate) async fn sign_in(url: &str, email: &str, password: &str) -> Self {
        let credentials = json!({ "email": email, "password": password });
        Self::open(url, "/api/auth/login", &credentials, 200).await
    }

    /// Signs in to an account with a second factor, up to the password.
    pub(crate) async fn password_accepted(url: &str, email: &str, password: &str) -> Self {
        let credentials = json!({ "email": email, "password": password });
        Self::open(url, "/api/auth/login", &credentials, 401).await
    }

    async fn open(url: &str, path: &str, body: &Value, status: u16) -> Self {
        let mut client = Self::anonymous(url);
        let response = client.post(path, body).await;
        let cookie = response.headers.get("set-cookie").map_or("", |it| it.to_str().unwrap());
        client.cookie = cookie.split(';').next().map(str::to_owned).unwrap();
        client.account = response.expect(status);
        client
    }

    /// The same client, connected to another service.
    pub(crate) fn at(&self, url: &str) -> Self {
        let Self { cookie, account, .. } = self.clone();
        Self { cookie, account, ..Self::anonymous(url) }
    }

    pub(crate) fn cookie(&self) -> &str {
        &self.cookie
    }

    /// The id in the tables' `user_id`.
    pub(crate) fn user_id(&self) -> String {
        format!("local|{}", text(&self.account["id"]))
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.send(Method::GET, path, None).await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Response {
        self.send(Method::POST, path, Some(body)).await.unwrap()
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Response {
        self.send(Method::PATCH, path, Some(body)).await.unwrap()
    }

    /// Posts with an `Idempotency-Key`.
    pub(crate) async fn post_idempotent(
        &self,
        path: &str,
        body: &Value,
        key: &str,
    ) -> reqwest::Result<Response> {
        let request = self.http.post(format!("{}{path}", self.url)).json(body);
        self.send_request(request.header("idempotency-key", key)).await
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> reqwest::Result<Response> {
        let mut request = self.http.request(method, format!("{}{path}", self.url));
        if let Some(body) = body {
            request = request.json(body);
        }
        self.send_request(request).await
    }

    async fn send_request(&self, request: reqwest::RequestBuilder) -> reqwest::Result<Response> {
        let started = Instant::now();
        let request = request.header("cookie", &self.cookie);
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await?;
        let text = || Value::String(String::from_utf8_lossy(&bytes).into_owned());
        let body = serde_json::from_slice(&bytes).unwrap_or_else(|_| text());
        Ok(Response { status, body, headers, took: started.elapsed() })
    }

    /// Adds a vehicle. Its VIN and nickname are derived from `nth`.
    pub(crate) async fn add_vehicle(&self, nth: u64) -> String {
        text(&self.post("/api/vehicles", &vehicle(nth)).await.expect(201)["id"])
    }

    /// All records of a list, over all pages.
    pub(crate) async fn all(&self, path: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut cursor = String::new();
        loop {
            let separator = if path.contains('?') { '&' } else { '?' };
            let page = self.get(&format!("{path}{separator}limit=500{cursor}")).await.expect(200);
            items.extend(page["items"].as_array().unwrap().iter().cloned());
            match page["nextCursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return items,
            }
        }
    }
}

/// The request body for adding the `nth` vehicle.
pub(crate) fn vehicle(nth: u64) -> Value {
    json!({ "vin": format!("WVB{nth:014}"), "nickname": format!("Vehicle {nth}") })
}

/// The request body for adding a fill-up. Readings and dates increase with the number, so fill-ups may be
/// added in any order.
pub(crate) fn fill_up(vehicle: &str, number: u64) -> Value {
    let day = chrono::NaiveDate::from_ymd_opt(2020, 1, 1).unwrap() + chrono::Days::new(number / 20);
    json!({
        "vehicleId": vehicle,
        "date": day,
        "odometerReading": 1000 + number * 3,
        "gallons": format!("{}.{:03}", 1 + number % 9, number * 37 % 1000),
        "pricePerGallon": "3.499",
        "notes": format!("number {number}"),
        // If earlier fill-ups are missing, the distance may look implausible.
        "confirm": ["/gallons", "/odometerReading"],
    })
}
