use prometheus::proto::MetricFamily;

use super::{Outcome, ServiceState, UpstreamMetrics, metrics};
use crate::upstream::CircuitBreaker;

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
    let cache = crate::cache::Cache::new(&crate::config::Cache::default());
    let of = |result| counted("cache_requests_total", &[("result", result)]);
    let (hits, misses) = (of("hit"), of("miss"));
    let lifetime = std::time::Duration::from_mins(1);
    for _ in 0..3 {
        let body = cache.get_or_compute("key", lifetime, || async { Ok("x".into()) }).await;
        assert_eq!(body.unwrap(), "x");
    }
    assert!(of("hit") >= hits + 2 && of("miss") > misses);
}
