//! Client addresses, tested through HTTP.

use axum::{Router, routing::get};

use crate::{core::http::ClientAddress, testing::TestApp};

#[tokio::test]
async fn handlers_can_extract_the_client_address() {
    let test = TestApp::new(|config| {
        config.server.trusted_proxies = "127.0.0.1".parse().unwrap();
    })
    .await;
    let route = get(async |client: ClientAddress| format!("{:?}", client.0));
    let test = test.with_router(Router::new().route("/who", route));
    let client_of = async |test: TestApp| test.get("/who").await.body.as_str().unwrap().to_owned();
    assert_eq!(client_of(test.anonymous()).await, "None");
    assert_eq!(client_of(test.with_client_ip("192.0.2.66")).await, "Some(192.0.2.66)");
    let forwarded = test.with_header("x-forwarded-for", "192.0.2.7");
    assert_eq!(client_of(forwarded.with_client_ip("192.0.2.66")).await, "Some(192.0.2.66)");
    assert_eq!(client_of(forwarded.with_client_ip("127.0.0.1")).await, "Some(192.0.2.7)");
}
