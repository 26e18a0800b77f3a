//! Requests of a test's client, and their responses.

use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{Method, Request, header, request},
};
use http_body_util::BodyExt as _;
use serde_json::Value;
use tower::ServiceExt as _;

use super::TestApp;

/// A response of the service.
#[derive(Debug, serde::Serialize)]
pub(crate) struct TestResponse {
    pub(crate) status: u16,
    pub(crate) body: Value,
    #[serde(skip)]
    pub(crate) headers: axum::http::HeaderMap,
}

impl TestResponse {
    /// The value of a header, or an empty string.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |it| it.to_str().unwrap())
    }

    /// The body if it is not JSON, such as a page.
    pub(crate) fn text(&self) -> &str {
        self.body.as_str().unwrap_or_default()
    }

    /// The body's `id`.
    pub(crate) fn id(&self) -> String {
        self.body["id"].as_str().unwrap_or_else(|| panic!("no id in {self:?}")).to_owned()
    }

    /// The errors of a problem document, one per field: `pointer: detail`.
    pub(crate) fn field_errors(&self) -> Vec<String> {
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        let errors = self.body["errors"].as_array().cloned().unwrap_or_default();
        let text = |it: &Value| it.as_str().unwrap().to_owned();
        errors
            .iter()
            .map(|it| format!("{}: {}", text(&it["pointer"]), text(&it["detail"])))
            .collect()
    }
}

impl TestApp {
    pub(crate) async fn get(&self, path: &str) -> TestResponse {
        self.send(Request::get(path), Body::empty()).await
    }

    /// Follows a redirect as a browser does, with the cookie that the response sets.
    pub(crate) async fn follow(&self, response: &TestResponse) -> TestResponse {
        let cookies: Vec<_> = self.cookie.iter().cloned().chain(cookie_of(response)).collect();
        self.with_cookie(Some(cookies.join("; "))).get(response.header("location")).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> TestResponse {
        self.send_json(Method::POST, path, &body.to_string(), &[]).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> TestResponse {
        self.send_json(Method::PATCH, path, &body.to_string(), &[]).await
    }

    pub(crate) async fn delete(&self, path: &str) -> TestResponse {
        self.send(Request::delete(path), Body::empty()).await
    }

    /// Submits a form, as a page does.
    pub(crate) async fn post_form(&self, path: &str, fields: &[(&str, &str)]) -> TestResponse {
        let form =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request =
            Request::post(path).header("content-type", "application/x-www-form-urlencoded");
        self.send(request, Body::from(form)).await
    }

    /// Sends `body` unchanged, as JSON unless `headers` has another content type.
    pub(crate) async fn send_json(
        &self,
        method: Method,
        path: &str,
        body: &str,
        headers: &[(&str, &str)],
    ) -> TestResponse {
        let mut request = Request::builder().method(method).uri(path);
        if !headers.iter().any(|(name, _)| *name == "content-type") {
            request = request.header("content-type", "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request, Body::from(body.to_owned())).await
    }

    pub(crate) async fn send(&self, mut request: request::Builder, body: Body) -> TestResponse {
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, cookie);
        }
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let mut request = request.header(header::HOST, "cars.test").body(body).unwrap();
        if let Some(peer) = self.peer {
            request.extensions_mut().insert(ConnectInfo(peer));
        }
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let text = || Value::String(String::from_utf8_lossy(&bytes).into_owned());
        let body = serde_json::from_slice(&bytes).unwrap_or_else(|_| text());
        TestResponse { status: parts.status.as_u16(), body, headers: parts.headers }
    }
}

/// The cookie that a response sets, as a browser sends it back.
pub(crate) fn cookie_of(response: &TestResponse) -> Option<String> {
    let cookie = response.header("set-cookie").split(';').next().unwrap_or_default();
    cookie.split_once('=').filter(|(_, value)| !value.is_empty()).map(|_| cookie.to_owned())
}
