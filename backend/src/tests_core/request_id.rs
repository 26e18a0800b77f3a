//! Request ids, tested through HTTP.

use std::net::SocketAddr;

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request},
    routing::get,
};
use http_body_util::BodyExt as _;
use serde_json::Value;
use tower::ServiceExt as _;

use crate::{
    core::http::{layers, request_id},
    features::sessions::identify,
    testing::TestApp,
};

/// The request id header and the body of the response at `path`.
async fn get_json(router: &Router, path: &str) -> (String, Value) {
    let request = Request::get(path).body(Body::empty()).unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (id, serde_json::from_slice(&body).unwrap_or_default())
}

#[tokio::test]
async fn internal_errors_include_the_request_id() {
    let test = TestApp::on_sqlite().await;
    let boom = get(async || -> &'static str { panic!("boom") });
    let missing = get(async || crate::Error::NotFound(crate::t!("core-not-found-record")));
    let router = Router::new().route("/boom", boom).route("/missing", missing);
    let router = layers(router, &test.app, identify);
    let (id, body) = get_json(&router, "/boom").await;
    assert_eq!(body["requestId"], id, "{body}");
    assert_eq!(body["status"], 500, "{body}");
    // Responses to missing resources are always the same.
    let (_, body) = get_json(&router, "/missing").await;
    assert_eq!(body["requestId"], Value::Null, "{body}");
    assert_eq!(request_id(), None, "outside a request");
}

#[tokio::test]
async fn only_trusted_proxies_can_set_the_request_id() {
    let test = TestApp::new(|config| {
        config.server.trusted_proxies = "192.0.2.1".parse().unwrap();
    })
    .await;
    let router = layers(Router::new().route("/", get(async || "")), &test.app, identify);
    let long = "x".repeat(65);
    let cases = [
        (Some("192.0.2.1"), "abc-DEF_123", true),
        (Some("::ffff:192.0.2.1"), "abc", true),
        (Some("192.0.2.2"), "abc", false),
        (None, "abc", false),
        (Some("192.0.2.1"), "a b", false),
        (Some("192.0.2.1"), "a\"b", false),
        (Some("192.0.2.1"), "", false),
        (Some("192.0.2.1"), &long, false),
    ];
    for (peer, id, is_accepted) in cases {
        let mut request = Request::get("/").header("x-request-id", id);
        if let Some(peer) = peer {
            let peer = SocketAddr::new(peer.parse().unwrap(), 1);
            request = request.extension(ConnectInfo(peer));
        }
        let request = request.body(Body::empty()).unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        let response_id = response.headers()["x-request-id"].to_str().unwrap();
        assert_eq!(response_id == id, is_accepted, "{peer:?} {id}");
    }
}
