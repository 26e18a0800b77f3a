//! Metrics, tested through HTTP.

use axum::{body::Body, http::Request};

use crate::{
    core::metrics::{ServiceState, metrics},
    testing::TestApp,
};

/// The current count of the series with these labels. All tests of a process share the counters.
fn counted(name: &str, labels: &[(&str, &str)]) -> u64 {
    let text = metrics_text();
    let prefix = format!("motovaultpro_{name}{{");
    let has =
        |line: &str, (name, value): &(&str, &str)| line.contains(&format!("{name}=\"{value}\""));
    let series = text
        .lines()
        .filter(|line| line.starts_with(&prefix) && labels.iter().all(|label| has(line, label)));
    series.map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum()
}

fn metrics_text() -> String {
    metrics().text(&ServiceState::default()).unwrap()
}

#[tokio::test]
async fn requests_are_counted_by_route_and_not_by_path() {
    let test = TestApp::on_sqlite().await;
    let id = uuid::Uuid::now_v7();
    let of = |status| {
        let route = [("route", "/api/vehicles/{id}"), ("method", "GET"), ("status", status)];
        counted("http_requests_total", &route)
    };
    let (refused, missing) = (of("401"), of("404"));
    test.anonymous().get(&format!("/api/vehicles/{id}")).await;
    test.as_administrator().await.get(&format!("/api/vehicles/{id}")).await;
    test.as_administrator().await.get(&format!("/api/vehicles/{id}")).await;
    assert!(of("401") > refused);
    assert!(of("404") >= missing + 2);
    let metrics_text = metrics_text();
    assert!(!metrics_text.contains(&id.to_string()), "{metrics_text}");
    let bucket = "http_request_duration_seconds_bucket{method=\"GET\",route=\"/api/vehicles/{id}\"";
    assert!(
        metrics_text.contains(&format!("motovaultpro_{bucket},le=\"0.001\"")),
        "{metrics_text}"
    );
}

#[tokio::test]
async fn unknown_paths_are_one_route() {
    let test = TestApp::on_sqlite().await.anonymous();
    let unknown = |method| {
        let labels = [("route", "unknown"), ("method", method), ("status", "404")];
        counted("http_requests_total", &labels)
    };
    let (before, other) = (unknown("GET"), unknown("other"));
    for path in ["/wp-login.php", "/a/b/c", "/api/nothing", "/api/vehicles/1/2/3", "/%00"] {
        assert_eq!(test.get(path).await.status, 404, "{path}");
    }
    assert!(unknown("GET") >= before + 5);
    let odd = Request::builder().method("BREW").uri("/teapot");
    test.send(odd, Body::empty()).await;
    assert!(unknown("other") > other);
    let metrics_text = metrics_text();
    for word in ["wp-login", "nothing", "teapot", "BREW", "app-"] {
        assert!(!metrics_text.contains(word), "{word} is in {metrics_text}");
    }
}

#[tokio::test]
async fn methods_are_counted_separately() {
    let test = TestApp::on_sqlite().await.anonymous();
    let of = |method, status| {
        let labels = [("route", "/api/vehicles"), ("method", method), ("status", status)];
        counted("http_requests_total", &labels)
    };
    let before = [of("GET", "401"), of("POST", "401"), of("PUT", "405")];
    test.get("/api/vehicles").await;
    test.post("/api/vehicles", serde_json::json!({})).await;
    test.send(Request::put("/api/vehicles"), Body::empty()).await;
    let after = [of("GET", "401"), of("POST", "401"), of("PUT", "405")];
    assert!(
        before.iter().zip(after).all(|(before, after)| after > *before),
        "{before:?} {after:?}"
    );
}
