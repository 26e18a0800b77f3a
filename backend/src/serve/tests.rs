use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, routing::get};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream},
    sync::Notify,
    time::Instant,
};

use super::{
    connections::{ConnectionPolicy, Endpoints, NORMAL, REJECTING, serve_connection},
    gateway::Gateway,
    hosts::AllowedHosts,
};
use crate::{
    core::{config::Config, web::Assets},
    testing::TestApp,
};

/// A service with a few routes whose responses are as large or as slow as a test needs.
pub(super) struct Service {
    gateway: Arc<Gateway>,
    graceful: GracefulShutdown,
    /// Lets `/slow` respond.
    go: Arc<Notify>,
}

/// A connection to the service.
pub(super) struct Connection(pub(super) DuplexStream);

/// A gateway that allows one concurrent request and no queue, and the handle that lets `/slow` respond.
pub(super) async fn slow_service() -> (Gateway, Arc<Notify>) {
    let go = Arc::new(Notify::new());
    let slow = Arc::clone(&go);
    let router = Router::new()
        .route("/health", get(async || "alive"))
        .route("/quick", get(async || "quick"))
        .route(&Assets::get().css, get(async || "x"))
        .route("/api/health", get(async || "ready"))
        .route("/large", get(async || "x".repeat(100_000)))
        .route("/slow", get(async move || slow.notified().await));
    let mut config = Config::default();
    config.server.concurrency = Some(1);
    config.server.queue = Some(0);
    (Gateway::new(router, &config, AllowedHosts::any()).await, go)
}

impl Service {
    /// Allows one concurrent request and no queue.
    pub(super) async fn new() -> Self {
        let (gateway, go) = slow_service().await;
        Self { gateway: Arc::new(gateway), graceful: GracefulShutdown::new(), go }
    }

    async fn with_router(router: Router, config: &Config, go: Arc<Notify>) -> Self {
        let gateway = Arc::new(Gateway::new(router, config, AllowedHosts::any()).await);
        Self { gateway, graceful: GracefulShutdown::new(), go }
    }

    pub(super) fn connect(&self, policy: ConnectionPolicy) -> Connection {
        let (client, server) = tokio::io::duplex(1024);
        let peer = SocketAddr::from(([192, 0, 2, 1], 4711));
        let endpoints = Endpoints { peer, local: None };
        let gateway = Arc::clone(&self.gateway);
        let watcher = (self.graceful.watcher(), Arc::default());
        tokio::spawn(serve_connection(server, endpoints, policy, gateway, watcher));
        Connection(client)
    }

    async fn get(&self, path: &str) -> String {
        self.connect(NORMAL).get(path).await
    }

    /// Occupies the only permit.
    async fn occupy(&self) -> Connection {
        let mut slow = self.connect(NORMAL);
        slow.send("GET /slow HTTP/1.1\r\nhost: cars.test\r\n\r\n").await;
        while self.get("/quick").await.starts_with("HTTP/1.1 200") {
            tokio::task::yield_now().await;
        }
        slow
    }
}

impl Connection {
    pub(super) async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    /// Reads until the end of the connection.
    pub(super) async fn read_to_end(&mut self) -> String {
        let mut text = Vec::new();
        // If the connection breaks, return what was received.
        let _ = self.0.read_to_end(&mut text).await;
        String::from_utf8(text).unwrap()
    }

    async fn get(mut self, path: &str) -> String {
        let head = format!("GET {path} HTTP/1.1\r\nhost: cars.test\r\nconnection: close\r\n\r\n");
        self.send(&head).await;
        self.read_to_end().await
    }

    /// Sends a request, and reads the response up to `end`. The connection stays open.
    async fn get_until(&mut self, path: &str, end: &str) {
        self.send(&format!("GET {path} HTTP/1.1\r\nhost: cars.test\r\n\r\n")).await;
        self.read_until(end).await;
    }

    async fn read_until(&mut self, end: &str) -> String {
        let mut text = String::new();
        while !text.ends_with(end) {
            text.push(char::from(self.0.read_u8().await.unwrap()));
        }
        text
    }
}

#[tokio::test(start_paused = true)]
async fn the_idle_timeout_is_longer_than_that_of_proxies() {
    let service = Service::new().await;
    let mut connection = service.connect(NORMAL);
    connection.get_until("/quick", "quick").await;
    tokio::time::sleep(Duration::from_secs(61)).await;
    connection.get_until("/quick", "quick").await;
    let begun = Instant::now();
    assert_eq!(connection.read_to_end().await, "");
    assert_eq!(begun.elapsed().as_secs(), 75);
}

#[tokio::test(start_paused = true)]
async fn a_request_head_must_arrive_within_ten_seconds() {
    let service = Service::new().await;
    let mut connection = service.connect(NORMAL);
    tokio::time::sleep(Duration::from_mins(1)).await;
    let begun = Instant::now();
    let drip = async {
        loop {
            connection.0.write_all(b"GET ").await?;
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    };
    let _: std::io::Result<()> = drip.await;
    assert!((10..=12).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_response_that_is_not_read_times_out() {
    let service = Service::new().await;
    let mut connection = service.connect(NORMAL);
    connection.send("GET /large HTTP/1.1\r\nhost: cars.test\r\n\r\n").await;
    tokio::time::sleep(Duration::from_secs(20)).await;
    let mut some = [0; 500];
    connection.0.read_exact(&mut some).await.unwrap();
    // The connection stays open as long as the client reads now and then.
    tokio::time::sleep(Duration::from_secs(20)).await;
    connection.0.read_exact(&mut some).await.unwrap();
    tokio::time::sleep(Duration::from_secs(31)).await;
    assert!(connection.read_to_end().await.len() < 50_000);
}

#[tokio::test(start_paused = true)]
async fn the_size_of_a_request_head_is_limited() {
    let service = Service::new().await;
    let long = format!("x-long: {}\r\n", "x".repeat(1000));
    let short = "x-short: x\r\n";
    let cases = [
        (long.repeat(30), "200"),
        (long.repeat(33), "431"),
        (short.repeat(90), "200"),
        (short.repeat(101), "431"),
    ];
    for (headers, status) in cases {
        let connection = service.connect(NORMAL);
        let (mut ours, mut theirs) = tokio::io::split(connection.0);
        let head = format!("GET /quick HTTP/1.1\r\nhost: cars.test\r\n{headers}\r\n");
        let sent = tokio::spawn(async move { theirs.write_all(head.as_bytes()).await });
        let mut start = [0; 12];
        ours.read_exact(&mut start).await.unwrap();
        assert_eq!(start, *format!("HTTP/1.1 {status}").as_bytes(), "{} bytes", headers.len());
        drop(sent);
    }
}

#[tokio::test]
async fn requests_beyond_the_limit_are_refused() {
    let service = Service::new().await;
    let mut slow = service.occupy().await;
    let refused = service.get("/api/vehicles").await;
    assert!(refused.starts_with("HTTP/1.1 503"), "{refused}");
    for part in [
        "\r\nretry-after: 2\r\n",
        "\r\ncontent-type: application/problem+json\r\n",
        "\r\ncontent-security-policy: default-src 'none';",
        "\r\nx-content-type-options: nosniff\r\n",
        "\r\ncache-control: no-store\r\n",
        "/problems/overloaded",
    ] {
        assert!(refused.contains(part), "{part} in {refused}");
    }
    let page = service.get("/vehicles").await;
    assert!(page.starts_with("HTTP/1.1 503") && page.contains("retry-after: 2"), "{page}");
    assert!(page.contains("text/html") && page.contains("The server is busy"), "{page}");
    // These are not limited, or have their own limit.
    for path in ["/health", &Assets::get().css, "/api/health"] {
        let response = service.get(path).await;
        assert!(response.starts_with("HTTP/1.1 200"), "{path}: {response}");
    }
    service.go.notify_one();
    assert!(slow.read_until("\r\n\r\n").await.starts_with("HTTP/1.1 200"));
    let response = service.get("/quick").await;
    assert!(response.starts_with("HTTP/1.1 200"), "{response}");
}

#[tokio::test]
async fn a_disconnected_client_frees_its_permit() {
    let service = Service::new().await;
    drop(service.occupy().await);
    while !service.get("/quick").await.starts_with("HTTP/1.1 200") {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_connection_over_the_limit_is_refused_and_closed() {
    let service = Service::new().await;
    let mut connection = service.connect(REJECTING);
    connection.send("GET /api/vehicles HTTP/1.1\r\nhost: cars.test\r\n\r\n").await;
    let refused = connection.read_to_end().await;
    assert!(refused.starts_with("HTTP/1.1 503"), "{refused}");
    assert!(refused.contains("connection: close"), "{refused}");
    let health = service.connect(REJECTING).get("/health").await;
    assert!(health.starts_with("HTTP/1.1 200"), "{health}");
}

#[tokio::test]
async fn a_slow_upload_does_not_block_other_requests() {
    let test = TestApp::on_sqlite().await;
    let mut config = Config::default();
    config.server.concurrency = Some(1);
    config.server.queue = Some(0);
    let service = Service::with_router(crate::router(&test.app), &config, Arc::default()).await;
    let mut slow = service.connect(NORMAL);
    let body = r#"{"email":"nobody@example.org","password":"wrong horse battery"}"#;
    let (some, rest) = body.split_at(20);
    let length = body.len();
    let head = "POST /api/auth/login HTTP/1.1\r\nhost: cars.test\r\n";
    slow.send(&format!("{head}content-type: application/json\r\ncontent-length: {length}\r\n\r\n"))
        .await;
    slow.send(some).await;
    for _ in 0..20 {
        tokio::time::sleep(Duration::from_millis(1)).await;
        let response = service.get("/api/auth/me").await;
        assert!(response.starts_with("HTTP/1.1 401"), "{response}");
    }
    slow.send(rest).await;
    assert!(slow.read_until("\r\n\r\n").await.starts_with("HTTP/1.1 401"));
}

#[test]
fn the_open_file_limit_is_read_from_proc() {
    let limits = "Limit                     Soft Limit           Hard Limit           Units     \n\
                  Max open files            1024                 524288               files     \n";
    assert_eq!(super::connections::open_files(limits), Some(1024));
    let unlimited = limits.replace("1024  ", "unlimited");
    assert_eq!(super::connections::open_files(&unlimited), None);
    assert!(
        super::connections::open_files(&std::fs::read_to_string("/proc/self/limits").unwrap())
            .is_some()
    );
}
