use axum::{body::Body, http::Request};
use prometheus::proto::MetricFamily;

use super::{Outcome, ServiceState, UpstreamMetrics, metrics};
use crate::{core::upstream::CircuitBreaker, testing::TestApp};

/// The current count of the series with these labels. All tests of a process share the counters.
fn counted(name: &str, labels: &[(&str, &str)]) -> u64 {
    let families = metrics().registry.gather();
    let family = families.iter().find(|it| it.name() == format!("motovaultpro_{name}"));
    let series = family.map(MetricFamily::get_metric).unwrap_or_default().iter();
    let matches = |series: &&prometheus::proto::Metric| {
        let has = |name: &str, value: &str| {
            series.get_label().iter().any(|it| it.name() == name && it.value() == value)
        };
        labels.iter().all(|(name, value)| has(name, value))
    };
    let counts = series.filter(matches).map(|it| match it.get_counter().get_value() {
        0.0 => it.get_histogram().get_sample_count(),
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it counts")]
        count => count as u64,
    });
    counts.sum()
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

#[test]
fn unknown_values_are_omitted() {
    let known = ServiceState { migrations: Some((7, 1)), ..ServiceState::default() };
    let metrics_text = metrics().text(&known).unwrap();
    assert!(
        metrics_text.contains("motovaultpro_migrations{state=\"pending\"} 1\n"),
        "{metrics_text}"
    );
    assert!(
        metrics_text.contains("motovaultpro_migrations{state=\"applied\"} 7\n"),
        "{metrics_text}"
    );
    let metrics_text = self::metrics_text();
    assert!(!metrics_text.contains("motovaultpro_migrations"), "{metrics_text}");
    assert!(metrics_text.contains("motovaultpro_database_up 0\n"), "{metrics_text}");
}

#[tokio::test(start_paused = true)]
async fn an_open_breaker_is_reported_until_it_closes() {
    let breaker = CircuitBreaker::new("left-alone");
    let gauge = UpstreamMetrics::breaker("left-alone");
    for is_open in [0, 0, 1] {
        breaker.record(false);
        assert_eq!(gauge.get(), is_open);
    }
    breaker.record(true);
    assert_eq!(gauge.get(), 0);
}

#[test]
fn upstream_requests_are_counted_by_outcome() {
    let upstream = UpstreamMetrics::new("asked");
    let status = |code: u16| Outcome::Answered(code.try_into().unwrap());
    for outcome in [status(200), status(302), status(404), status(503), Outcome::NoAnswer] {
        upstream.record(outcome, std::time::Duration::from_millis(30));
    }
    upstream.record(Outcome::NotSent, std::time::Duration::ZERO);
    let of = |outcome| {
        counted("upstream_requests_total", &[("upstream", "asked"), ("outcome", outcome)])
    };
    let counts = ["ok", "client_error", "server_error", "no_answer", "not_asked"].map(of);
    assert_eq!(counts, [2, 1, 1, 1, 1]);
    // Requests that are not sent have no duration.
    let timed = counted("upstream_request_duration_seconds", &[("upstream", "asked")]);
    assert_eq!(timed, 5);
}

#[tokio::test]
async fn cache_lookups_are_counted_by_result() {
    let cache = crate::core::cache::Cache::new(&crate::core::config::Cache::default());
    let of = |result| counted("cache_requests_total", &[("result", result)]);
    let (hits, misses) = (of("hit"), of("miss"));
    let lifetime = std::time::Duration::from_mins(1);
    for _ in 0..3 {
        let body = cache.get_or_compute("key", lifetime, || async { Ok("x".into()) }).await;
        assert_eq!(body.unwrap(), "x");
    }
    assert!(of("hit") >= hits + 2 && of("miss") > misses);
}
