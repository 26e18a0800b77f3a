//! Quotas, tested through HTTP.

use crate::testing::TestApp;

#[tokio::test]
async fn exceeding_the_quota_affects_only_that_user() {
    let test = TestApp::new(|config| config.server.requests_per_minute = 3).await;
    let (ann, bob) = (test.register("ann@x.org").await, test.register("bob@x.org").await);
    for remaining in [2, 1, 0] {
        let response = ann.get("/api/vehicles").await;
        assert_eq!(response.status, 200);
        assert_eq!(response.header("ratelimit-policy"), "\"user\";q=3;w=60");
        let reported = response.header("ratelimit");
        assert!(reported.starts_with(&format!("\"user\";r={remaining};t=")), "{reported}");
    }
    // Pages count as well.
    for path in ["/api/vehicles", "/vehicles"] {
        let response = ann.get(path).await;
        assert_eq!(response.status, 429, "{response:?}");
        let wait: u32 = response.header("retry-after").parse().unwrap();
        assert!((1..=20).contains(&wait), "{wait}");
        assert!(response.header("ratelimit").starts_with("\"user\";r=0;t="), "{response:?}");
    }
    assert_eq!(bob.get("/api/vehicles").await.status, 200);
    // Unauthenticated requests do not use up a user's quota.
    let response = test.anonymous().get("/api/vehicles").await;
    assert_eq!((response.status, response.header("ratelimit")), (401, ""));
}

#[tokio::test]
async fn unauthenticated_networks_have_their_own_quota() {
    let test = TestApp::new(|config| config.server.anonymous_requests_per_minute = 3).await;
    let ann = test.register("ann@x.org").await.with_client_ip("192.0.2.1");
    let anonymous = test.anonymous().with_client_ip("192.0.2.1");
    for (remaining, path) in [(2, "/login"), (1, "/api/vehicles"), (0, "/nowhere")] {
        let response = anonymous.get(path).await;
        assert_ne!(response.status, 429, "{response:?}");
        assert_eq!(response.header("ratelimit-policy"), "\"network\";q=3;w=60");
        let reported = response.header("ratelimit");
        assert!(reported.starts_with(&format!("\"network\";r={remaining};t=")), "{reported}");
    }
    let page = anonymous.get("/login").await;
    assert_eq!(page.status, 429, "{page:?}");
    assert!(page.header("content-type").starts_with("text/html"), "{page:?}");
    let refused = anonymous.post("/api/auth/login", serde_json::json!({})).await;
    assert_eq!((refused.status, &refused.body["status"]), (429, &serde_json::json!(429)));
    let wait: u32 = refused.header("retry-after").parse().unwrap();
    assert!((1..=20).contains(&wait), "{wait}");
    // An invalid credential makes no difference.
    let invented = anonymous.with_header("authorization", "Bearer mvp_invented");
    assert_eq!(invented.get("/api/vehicles").await.status, 429);
    // Users behind the same address, and other networks, have their own quotas.
    assert_eq!(ann.get("/api/vehicles").await.status, 200);
    assert_eq!(test.anonymous().with_client_ip("192.0.2.2").get("/login").await.status, 200);
    // IPv6 clients are grouped by /64.
    for nth in 0..3 {
        let neighbor = test.anonymous().with_client_ip(&format!("2001:db8::{nth}"));
        assert_eq!(neighbor.get("/login").await.status, 200);
    }
    assert_eq!(test.anonymous().with_client_ip("2001:db8::9").get("/login").await.status, 429);
    assert_eq!(test.anonymous().with_client_ip("2001:db8:0:1::9").get("/login").await.status, 200);
}

#[tokio::test]
async fn a_quota_of_zero_disables_the_limit() {
    let test = TestApp::new(|config| {
        config.server.requests_per_minute = 0;
        config.server.anonymous_requests_per_minute = 0;
    })
    .await;
    let ann = test.register("ann@x.org").await;
    let response = ann.get("/api/vehicles").await;
    assert_eq!((response.status, response.header("ratelimit-policy")), (200, ""));
    let response = test.anonymous().with_client_ip("192.0.2.1").get("/login").await;
    assert_eq!((response.status, response.header("ratelimit-policy")), (200, ""));
}
