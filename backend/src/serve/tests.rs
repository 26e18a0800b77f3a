use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, routing::get};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream},
    sync::Notify,
    time::Instant,
};

use super::{
    connections::{Ends, Manners, TURNING_AWAY, USUAL, converse},
    front::Front,
    hosts::Hosts,
};
use crate::{
    core::{config::Config, web::Assets},
    testing::TestApp,
};

/// A service of a few answers, as large or as slow as a test needs them.
pub(super) struct Service {
    front: Arc<Front>,
    leaving: GracefulShutdown,
    /// Lets `/slow` answer.
    go: Arc<Notify>,
}

/// One connection to it.
pub(super) struct Connection(pub(super) DuplexStream);

/// A service with room for one request at once, and none to wait; and what lets `/slow` answer.
pub(super) async fn slow_service() -> (Front, Arc<Notify>) {
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
    (Front::new(router, &config, Hosts::any()).await, go)
}

impl Service {
    /// With room for one request at once, and none to wait.
    pub(super) async fn new() -> Self {
        let (front, go) = slow_service().await;
        Self { front: Arc::new(front), leaving: GracefulShutdown::new(), go }
    }

    async fn of(router: Router, config: &Config, go: Arc<Notify>) -> Self {
        let front = Arc::new(Front::new(router, config, Hosts::any()).await);
        Self { front, leaving: GracefulShutdown::new(), go }
    }

    pub(super) fn connect(&self, manners: Manners) -> Connection {
        let (client, server) = tokio::io::duplex(1024);
        let peer = SocketAddr::from(([192, 0, 2, 1], 4711));
        let ends = Ends { peer, service: None };
        let front = Arc::clone(&self.front);
        let watcher = (self.leaving.watcher(), Arc::default());
        tokio::spawn(converse(server, ends, manners, front, watcher));
        Connection(client)
    }

    async fn get(&self, path: &str) -> String {
        self.connect(USUAL).get(path).await
    }

    /// Occupies the one place.
    async fn occupy(&self) -> Connection {
        let mut slow = self.connect(USUAL);
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

    /// Everything up to the end of the connection.
    pub(super) async fn rest(&mut self) -> String {
        let mut text = Vec::new();
        // A connection that is broken off has said what it has said.
        let _ = self.0.read_to_end(&mut text).await;
        String::from_utf8(text).unwrap()
    }

    async fn get(mut self, path: &str) -> String {
        let head = format!("GET {path} HTTP/1.1\r\nhost: cars.test\r\nconnection: close\r\n\r\n");
        self.send(&head).await;
        self.rest().await
    }

    /// One answer to a request that leaves the connection open.
    async fn ask(&mut self, path: &str, end: &str) {
        self.send(&format!("GET {path} HTTP/1.1\r\nhost: cars.test\r\n\r\n")).await;
        self.until(end).await;
    }

    async fn until(&mut self, end: &str) -> String {
        let mut text = String::new();
        while !text.ends_with(end) {
            text.push(char::from(self.0.read_u8().await.unwrap()));
        }
        text
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_connection_is_kept_for_longer_than_proxies_keep_theirs() {
    let service = Service::new().await;
    let mut connection = service.connect(USUAL);
    connection.ask("/quick", "quick").await;
    tokio::time::sleep(Duration::from_secs(61)).await;
    connection.ask("/quick", "quick").await;
    let begun = Instant::now();
    assert_eq!(connection.rest().await, "");
    assert_eq!(begun.elapsed().as_secs(), 75);
}

#[tokio::test(start_paused = true)]
async fn a_head_has_ten_seconds_from_its_first_byte() {
    let service = Service::new().await;
    let mut connection = service.connect(USUAL);
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
async fn an_answer_that_nobody_takes_is_given_up() {
    let service = Service::new().await;
    let mut connection = service.connect(USUAL);
    connection.send("GET /large HTTP/1.1\r\nhost: cars.test\r\n\r\n").await;
    tokio::time::sleep(Duration::from_secs(20)).await;
    let mut some = [0; 500];
    connection.0.read_exact(&mut some).await.unwrap();
    // It goes on as long as something is taken now and then.
    tokio::time::sleep(Duration::from_secs(20)).await;
    connection.0.read_exact(&mut some).await.unwrap();
    tokio::time::sleep(Duration::from_secs(31)).await;
    assert!(connection.rest().await.len() < 50_000);
}

#[tokio::test(start_paused = true)]
async fn a_head_is_bounded_in_bytes_and_in_headers() {
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
        let connection = service.connect(USUAL);
        let (mut ours, mut theirs) = tokio::io::split(connection.0);
        let head = format!("GET /quick HTTP/1.1\r\nhost: cars.test\r\n{headers}\r\n");
        let sent = tokio::spawn(async move { theirs.write_all(head.as_bytes()).await });
        let mut told = [0; 12];
        ours.read_exact(&mut told).await.unwrap();
        assert_eq!(told, *format!("HTTP/1.1 {status}").as_bytes(), "{} bytes", headers.len());
        drop(sent);
    }
}

#[tokio::test]
async fn whoever_comes_when_all_places_are_taken_is_refused() {
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
    assert!(page.contains("text/html") && page.contains("Too much at once"), "{page}");
    // These cost nothing, or have places of their own.
    for path in ["/health", &Assets::get().css, "/api/health"] {
        let answer = service.get(path).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
    }
    service.go.notify_one();
    assert!(slow.until("\r\n\r\n").await.starts_with("HTTP/1.1 200"));
    let answer = service.get("/quick").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test]
async fn who_hangs_up_gives_the_place_back() {
    let service = Service::new().await;
    drop(service.occupy().await);
    while !service.get("/quick").await.starts_with("HTTP/1.1 200") {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_connection_too_many_is_told_so_and_closed() {
    let service = Service::new().await;
    let mut connection = service.connect(TURNING_AWAY);
    connection.send("GET /api/vehicles HTTP/1.1\r\nhost: cars.test\r\n\r\n").await;
    let refused = connection.rest().await;
    assert!(refused.starts_with("HTTP/1.1 503"), "{refused}");
    assert!(refused.contains("connection: close"), "{refused}");
    let health = service.connect(TURNING_AWAY).get("/health").await;
    assert!(health.starts_with("HTTP/1.1 200"), "{health}");
}

#[tokio::test]
async fn who_is_slow_to_send_a_body_is_in_nobodys_way() {
    let test = TestApp::on_sqlite().await;
    let mut config = Config::default();
    config.server.concurrency = Some(1);
    config.server.queue = Some(0);
    let service = Service::of(crate::router(&test.app), &config, Arc::default()).await;
    let mut slow = service.connect(USUAL);
    let body = r#"{"email":"nobody@example.org","password":"wrong horse battery"}"#;
    let (some, rest) = body.split_at(20);
    let length = body.len();
    let head = "POST /api/auth/login HTTP/1.1\r\nhost: cars.test\r\n";
    slow.send(&format!("{head}content-type: application/json\r\ncontent-length: {length}\r\n\r\n"))
        .await;
    slow.send(some).await;
    for _ in 0..20 {
        tokio::time::sleep(Duration::from_millis(1)).await;
        let answer = service.get("/api/auth/me").await;
        assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    }
    slow.send(rest).await;
    assert!(slow.until("\r\n\r\n").await.starts_with("HTTP/1.1 401"));
}

#[test]
fn there_are_no_more_connections_than_the_system_allows_files() {
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
