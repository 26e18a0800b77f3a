//! Metrics for Prometheus, and the log entries of requests.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{Client, Installation, Service, TestEnv, block_on, eventually};

on_every_engine!(metrics_are_served_on_a_separate_listener);

/// A secret that must not appear in metrics or logs.
const CANARY: &str = "xyzzy-canary";

fn with_metrics(env: TestEnv) -> TestEnv {
    env.with("MVP__SERVER__METRICS_ADDRESS", "127.0.0.1:0")
}

async fn scrape(service: &Service) -> String {
    let response = Client::anonymous(&service.metrics_url()).get("/metrics").await;
    let kind = response.headers["content-type"].to_str().unwrap().to_owned();
    assert!(kind.starts_with("text/plain; version=0.0.4"), "{kind}");
    response.expect(200).as_str().unwrap().to_owned()
}

/// The value of the first series with this prefix.
#[track_caller]
fn value(text: &str, series: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(series));
    let line = line.unwrap_or_else(|| panic!("{series} is not in {text}"));
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

/// The names of the metrics, from their `# TYPE` lines.
fn names(text: &str) -> BTreeSet<String> {
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    types.map(|it| it.split(' ').next().unwrap().to_owned()).collect()
}

async fn metrics_are_served_on_a_separate_listener(env: TestEnv) {
    let env = with_metrics(env);
    let service = env.serve();
    let client = service.register("someone@example.org").await;
    let vehicle = client.add_vehicle(1).await;
    for _ in 0..3 {
        client.get(&format!("/api/vehicles/{vehicle}")).await.expect(200);
        client.get("/api/vehicles").await.expect(200);
    }
    let mut text = String::new();
    eventually("every job ran once, and the cache is available", async || {
        text = scrape(&service).await;
        let job = "motovaultpro_job_last_success_timestamp_seconds";
        let jobs: Vec<_> = text.lines().filter(|line| line.starts_with(job)).collect();
        assert!(jobs.len() >= 6, "{jobs:?}");
        let is_done = jobs.iter().all(|line| !line.ends_with(" 0"));
        is_done && value(&text, "motovaultpro_cache_up") > 0.0
    })
    .await;
    let of = |series: &str| value(&text, &format!("motovaultpro_{series}"));
    let one = "http_requests_total{method=\"GET\",route=\"/api/vehicles/{id}\",status=\"200\"}";
    assert!((of(one) - 3.0).abs() < 0.1, "{text}");
    let generated = "http_requests_total{method=\"POST\",route=\"/api/vehicles\",status=\"201\"}";
    assert!((of(generated) - 1.0).abs() < 0.1, "{text}");
    let timed = "http_request_duration_seconds_count{method=\"GET\",route=\"/api/vehicles/{id}\"}";
    assert!((of(timed) - 3.0).abs() < 0.1, "{text}");
    assert!(of("database_up") > 0.0);
    assert!(of("migrations{state=\"applied\"}") > 5.0);
    assert!(of("migrations{state=\"pending\"}") < 0.1);
    assert!(of("http_connections_max") > 1.0 && of("http_connections") >= 1.0);
    assert!(of("http_gate_requests_max{state=\"working\"}") >= 8.0);
    let pool = if text.contains("pool=\"readers\",state") { "readers" } else { "postgresql" };
    assert!(of(&format!("database_wait_seconds_count{{pool=\"{pool}\"}}")) >= 1.0);
    assert!(of(&format!("database_connections_max{{pool=\"{pool}\"}}")) >= 1.0);
    assert!(of("cache_requests_total{result=\"miss\"}") >= 1.0);
    assert!(of(concat!("build_info{version=\"", env!("CARGO_PKG_VERSION"), "\"}")) > 0.0);
    for process in ["resident_memory_bytes", "open_fds", "start_time_seconds"] {
        assert!(value(&text, &format!("process_{process}")) > 1.0, "{process}");
    }
    assert!(!text.contains(&vehicle) && !text.contains("someone@"), "{text}");

    // The listener serves nothing else, and metrics are not served elsewhere.
    let beside = Client::anonymous(&service.metrics_url());
    for path in ["/", "/health", "/api/vehicles", "/metrics/", "/login", "/api/health"] {
        assert_eq!(beside.get(path).await.status, 404, "{path}");
    }
    assert_eq!(beside.post("/metrics", &json!({})).await.status, 405);
    assert_eq!(service.anonymous().get("/metrics").await.status, 404);
}

#[test]
fn metrics_are_disabled_without_an_address() {
    let env = TestEnv::empty();
    let service = env.serve();
    assert!(!service.log().contains("Metrics are at"), "{}", service.log());
}

#[test]
fn a_metrics_address_in_use_is_reported() {
    let env = TestEnv::empty();
    let service = env.serve();
    let address = service.url.strip_prefix("http://").unwrap().to_owned();
    let other = TestEnv::empty().with("MVP__SERVER__METRICS_ADDRESS", &address);
    let output = other.try_serve(&[]).map(|it| it.url.clone()).unwrap_err();
    assert!(output.contains(&format!("cannot listen on {address}")), "{output}");
}

fn project(file: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The names of metrics in a text, such as a dashboard expression.
fn metric_names(text: &str) -> BTreeSet<String> {
    let is_part = |it: char| it.is_ascii_alphanumeric() || it == '_';
    let words = text.split(|it| !is_part(it));
    let metrics = words.filter(|it| it.starts_with("motovaultpro_") || it.starts_with("process_"));
    let base = |name: &str| {
        let parts = ["_bucket", "_sum", "_count"];
        parts.iter().find_map(|it| name.strip_suffix(it)).unwrap_or(name).to_owned()
    };
    metrics.map(base).collect()
}

/// Metrics that exist only with backups, archived WAL and a replica.
const OF_BACKUPS_AND_REPLICAS: [&str; 14] = [
    "backups",
    "backup_failed",
    "backup_last_timestamp_seconds",
    "backup_last_size_bytes",
    "backup_last_duration_seconds",
    "backup_checked_timestamp_seconds",
    "backup_check_failed",
    "wal_archived_files",
    "wal_missing_files",
    "wal_archiver_files",
    "wal_archiver_last_timestamp_seconds",
    "replica_used",
    "replica_lag_seconds",
    "replica_lag_bytes",
];

#[test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
fn metrics_and_health_cover_backups_archived_wal_and_the_replica() {
    block_on(async {
        let installation = Installation::on_postgres().await;
        let replica = installation.postgres.as_ref().unwrap().create_replica().await;
        let installation = installation
            .with("MVP__DATABASE__REPLICA_URL", &replica.url())
            .with("MVP__SERVER__METRICS_ADDRESS", "127.0.0.1:0")
            .with("MVP__BACKUP__EVERY", "1s");
        let service = installation.env.serve();
        let client = service.register("someone@example.org").await;
        client.add_vehicle(1).await;
        let mut text = String::new();
        eventually("a backup was generated and verified, and its WAL archived", async || {
            text = scrape(&service).await;
            OF_BACKUPS_AND_REPLICAS.iter().all(|it| text.contains(&format!("motovaultpro_{it}")))
                && value(&text, "motovaultpro_wal_archived_files") > 0.0
                && value(&text, "motovaultpro_replica_used") > 0.0
        })
        .await;
        let of = |series: &str| value(&text, &format!("motovaultpro_{series}"));
        assert!(of("backups ") >= 1.0 && of("backup_last_size_bytes") > 1e5, "{text}");
        assert!(of("backup_check_failed{check=\"verify\"}") < 0.1, "{text}");
        assert!(of("backup_failed") < 0.1 && of("wal_missing_files") < 0.1, "{text}");
        assert!(of("wal_archiver_files{result=\"archived\"}") >= 1.0, "{text}");
        assert!(of("job_last_success_timestamp_seconds{job=\"backup\"}") > 1.0, "{text}");
        assert!(of("replica_lag_seconds") < 10.0, "{text}");

        let health = service.anonymous().get("/api/health").await.expect(200);
        assert_eq!(health["backups"]["state"], "ok", "{health}");
        assert_eq!(health["backups"]["verification"], "ok", "{health}");
        assert_eq!(health["replica"]["state"], "used", "{health}");
        let jobs = health["jobs"].as_array().unwrap();
        let backup = jobs.iter().find(|it| it["name"] == "backup").unwrap();
        assert!(backup["lastSuccessAt"].is_string(), "{health}");

        // Both failures are reported.
        drop(replica);
        std::fs::remove_dir_all(&installation.backups).unwrap();
        std::fs::write(&installation.backups, "no folder").unwrap();
        eventually("health says so", async || {
            let health = service.anonymous().get("/api/health").await.expect(200);
            health["replica"]["state"] == "away"
                && health["backups"]["state"] == "failed"
                && health["status"] == "degraded"
        })
        .await;
        let text = scrape(&service).await;
        assert!(value(&text, "motovaultpro_backup_failed") > 0.0, "{text}");
        assert!(value(&text, "motovaultpro_replica_used") < 0.1, "{text}");
    });
}

/// A new service exports all metrics, even those that are still zero.
#[test]
fn dashboard_and_documentation_match_the_exported_metrics() {
    block_on(async {
        let env = with_metrics(TestEnv::empty());
        let service = env.serve();
        service.anonymous().get("/health").await.expect(200);
        let mut exported = names(&scrape(&service).await);
        exported.extend(OF_BACKUPS_AND_REPLICAS.map(|it| format!("motovaultpro_{it}")));
        let documented = metric_names(&project("docs/metrics.md"));
        assert_eq!(documented, exported, "docs/metrics.md and the exported metrics differ");
        let alerts = metric_names(&project("deploy/prometheus/alerts.yml"));
        let missing: Vec<_> = alerts.difference(&exported).collect();
        assert!(missing.is_empty(), "the alerts ask for {missing:?}");
        assert!(alerts.len() > 12, "{alerts:?}");

        let dashboard: Value =
            serde_json::from_str(&project("deploy/grafana/motovaultpro.json")).unwrap();
        let panels = dashboard["panels"].as_array().unwrap();
        let shown = panels.iter().filter(|it| it["type"] != "row");
        let mut queried = BTreeSet::new();
        for panel in shown {
            let targets = panel["targets"].as_array().unwrap();
            assert!(!targets.is_empty(), "{panel}");
            for target in targets {
                let some = metric_names(target["expr"].as_str().unwrap());
                assert!(!some.is_empty(), "{target}");
                queried.extend(some);
            }
        }
        let variables = &dashboard["templating"]["list"];
        queried.extend(metric_names(&variables.to_string()));
        let missing: Vec<_> = queried.difference(&exported).collect();
        assert!(missing.is_empty(), "the dashboard asks for {missing:?}");
        assert!(queried.len() > 20, "{queried:?}");
    });
}

#[test]
fn a_request_has_the_same_id_in_its_response_and_log_entries() {
    block_on(async {
        let behind = "127.0.0.1";
        let env = TestEnv::empty().with("MVP__SERVER__TRUSTED_PROXIES", behind);
        let env = env.with("MVP_LOG", "debug").with("MVP__LOG__FORMAT", "json");
        let service = env.serve();
        let request_id = async |service: &Service, id: &str| {
            let http = reqwest::Client::new();
            let request = http.get(format!("{}/api/vehicles", service.url));
            let response = request.header("x-request-id", id).send().await.unwrap();
            response.headers()["x-request-id"].to_str().unwrap().to_owned()
        };
        // Creating a client installs the TLS provider.
        let _client = service.anonymous();
        assert_eq!(request_id(&service, "proxys-id_7").await, "proxys-id_7");
        let generated = request_id(&service, "not an id").await;
        assert!(uuid::Uuid::parse_str(&generated).is_ok(), "{generated}");
        for id in ["proxys-id_7", &generated] {
            eventually("the entry is logged", async || {
                let log = service.log();
                log.contains(id) && log.ends_with('\n')
            })
            .await;
            let log = service.log();
            let lines: Vec<_> = log.lines().filter(|line| line.contains(id)).collect();
            assert!(!lines.is_empty(), "{log}");
            for line in lines {
                let line: Value = serde_json::from_str(line).unwrap();
                assert_eq!(line["request_id"], id, "{line}");
            }
        }

        // Request ids are accepted from trusted proxies only.
        let env = TestEnv::empty();
        let service = env.serve();
        let generated = request_id(&service, "proxys-id_7").await;
        assert!(uuid::Uuid::parse_str(&generated).is_ok(), "{generated}");
    });
}

#[test]
fn the_log_format_is_configurable() {
    let log = |format: &str| {
        let env = TestEnv::empty().with("MVP__LOG__FORMAT", format);
        let service = env.serve();
        // The address is printed before it is logged.
        block_on(eventually("the entry is logged", async || {
            let log = service.log();
            log.contains("Serving") && log.ends_with('\n')
        }));
        service.log()
    };
    let text = log("text");
    assert!(text.contains("Serving") && !text.contains('{') && !text.contains('\x1b'), "{text}");
    for line in log("json").lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        assert!(line["message"].is_string() && line["level"].is_string(), "{line}");
    }
    let output = TestEnv::empty()
        .with("MVP__LOG__FORMAT", "xml")
        .run(&["config", "check"])
        .expect_failure(2);
    assert!(output.starts_with("motovaultpro: invalid settings: log.format"), "{output}");
}

/// Every secret that could end up in a log or a metric.
#[test]
fn metrics_and_logs_contain_no_secrets() {
    block_on(async {
        let cache = format!("redis://:{CANARY}@127.0.0.1:1");
        let env = TestEnv::empty()
            .with("MVP__CACHE__URL", &cache)
            .with("MVP__STATIONS__GOOGLE_API_KEY", CANARY)
            .with("MVP__STATIONS__GOOGLE_URL", "http://127.0.0.1:1")
            .with("MVP_LOG", "debug");
        let env = with_metrics(env);
        let service = env.serve();
        let client = service.register("someone@example.org").await;
        let anonymous = service.anonymous();
        let wrong = json!({ "email": "someone@example.org", "password": CANARY });
        anonymous.post("/api/auth/login", &wrong).await.expect(401);
        anonymous.get(&format!("/api/vehicles?token={CANARY}")).await.expect(401);
        anonymous.get(&format!("/{CANARY}")).await;
        client.get("/api/stations/search?query=fuel").await.expect(200);
        let token = json!({ "name": "x", "scope": "read" });
        let token = client.post("/api/auth/tokens", &token).await.expect(201);
        let token = token["token"].as_str().unwrap().to_owned();
        let text = scrape(&service).await;
        assert!(!text.contains(CANARY) && !text.contains(&token), "{text}");
        assert!(value(&text, "motovaultpro_cache_up") < 0.1);
        let series =
            "motovaultpro_upstream_requests_total{outcome=\"no_answer\",upstream=\"google\"}";
        assert!(value(&text, series) >= 1.0, "{text}");
        let log = service.log();
        let cookie = client.cookie().split_once('=').unwrap().1;
        for secret in [&token, cookie, "correct horse battery"] {
            assert!(!log.contains(secret), "{log}");
        }
        // The path is logged, as intended; nothing else may contain the secret.
        let output: Vec<_> = log.lines().filter(|line| line.contains(CANARY)).collect();
        for line in &output {
            let line: Value = serde_json::from_str(line).unwrap();
            assert_eq!(line["path"], format!("/{CANARY}"), "{line}");
        }
        assert_eq!(output.len(), 1, "{output:?}");
    });
}
