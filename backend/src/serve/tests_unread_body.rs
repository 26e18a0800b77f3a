//! Tests responses to requests whose bodies were not read, over real sockets, which closing may reset.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::{
    connection_slots::ConnectionSlots,
    connections::serve,
    gateway::Gateway,
    hosts::AllowedHosts,
    listener::{Listener, bind_tcp},
    tests::{Service, slow_service},
};
use crate::{core::config::Config, testing::TestApp};

/// A client with its own connection.
pub(super) struct Client(pub(super) TcpStream);

/// Serves on a free port until the test ends.
fn serve_on_a_port(gateway: Gateway) -> std::net::SocketAddr {
    serve_with(gateway, ConnectionSlots::new(16, 16, |_| false))
}

/// The same with these connection limits.
pub(super) fn serve_with(gateway: Gateway, slots: ConnectionSlots) -> std::net::SocketAddr {
    let listener = bind_tcp("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve(Listener::Tcp(listener), gateway, slots, std::future::pending()));
    address
}

async fn full_service() -> (TestApp, std::net::SocketAddr) {
    let test = TestApp::on_sqlite().await;
    let gateway =
        Gateway::new(crate::router(&test.app), &Config::default(), AllowedHosts::any()).await;
    let address = serve_on_a_port(gateway);
    (test, address)
}

impl Client {
    async fn connect(address: std::net::SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self(stream)
    }

    pub(super) async fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.unwrap();
    }

    /// Reads the next response: its status, and whether the connection closes after it.
    pub(super) async fn read_response(&mut self) -> (u16, bool) {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.0.read_u8().await.unwrap());
        }
        let head = String::from_utf8(head).unwrap();
        let length = head.lines().find_map(|it| it.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |it| it.parse().unwrap())];
        self.0.read_exact(&mut body).await.unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, head.contains("connection: close"))
    }

    /// Whether the connection was closed cleanly, without more data.
    pub(super) async fn has_ended(&mut self) -> bool {
        matches!(self.0.read(&mut [0; 1]).await, Ok(0))
    }
}

pub(super) fn head(request: &str, headers: &str) -> Vec<u8> {
    format!("{request} HTTP/1.1\r\nhost: cars.test\r\n{headers}\r\n").into_bytes()
}

#[tokio::test]
async fn a_connection_stays_open_after_short_bodies_were_refused() {
    let (_test, address) = full_service().await;
    let json = "content-type: application/json\r\n";
    let cases = [
        ("POST /api/vehicles", json, 401),
        ("POST /api/nothing", json, 404),
        ("PUT /api/vehicles", json, 405),
        ("POST /api/auth/login", "content-type: text/plain\r\n", 415),
        (
            "POST /api/auth/login",
            "content-type: application/json\r\ncontent-encoding: gzip\r\n",
            415,
        ),
        (
            "POST /api/auth/login",
            "content-type: application/json\r\nsec-fetch-site: cross-site\r\n",
            403,
        ),
        ("POST /health", json, 405),
        ("GET /health", json, 200),
    ];
    let mut client = Client::connect(address).await;
    for bytes in [1, 100, 5_000, 64 * 1024] {
        let body = vec![b'x'; bytes];
        for (request, headers, status) in cases {
            let headers = format!("{headers}content-length: {bytes}\r\n");
            // Send the body after the head, in two parts.
            client.send(&head(request, &headers)).await;
            tokio::time::sleep(Duration::from_millis(2)).await;
            client.send(&body[..bytes / 2]).await;
            tokio::time::sleep(Duration::from_millis(2)).await;
            client.send(&body[bytes / 2..]).await;
            assert_eq!(client.read_response().await, (status, false), "{request}, {bytes} bytes");
        }
    }
}

#[tokio::test]
async fn refusing_a_long_body_delivers_the_response_and_closes_the_connection() {
    let (_test, address) = full_service().await;
    for megabytes in [1, 16] {
        let mut client = Client::connect(address).await;
        let bytes = megabytes * 1024 * 1024;
        client.send(&head("POST /api/vehicles", &format!("content-length: {bytes}\r\n"))).await;
        tokio::time::sleep(Duration::from_millis(10)).await;
        // Like a client that sends everything before it reads the response.
        for _ in 0..megabytes * 16 {
            client.send(&vec![b'x'; 64 * 1024]).await;
        }
        assert_eq!(client.read_response().await, (401, true), "{megabytes} MB");
        assert!(client.has_ended().await);
    }
}

#[tokio::test]
async fn refusing_a_chunked_body_closes_the_connection() {
    let (_test, address) = full_service().await;
    let mut client = Client::connect(address).await;
    client.send(&head("POST /api/vehicles", "transfer-encoding: chunked\r\n")).await;
    assert_eq!(client.read_response().await, (401, true));
    client.send(b"5\r\nhello\r\n").await;
    client.send(b"0\r\n\r\n").await;
    assert!(client.has_ended().await);
}

#[tokio::test]
async fn a_refused_request_receives_no_100_continue() {
    let (_test, address) = full_service().await;
    let mut client = Client::connect(address).await;
    let headers = "content-length: 5\r\nexpect: 100-continue\r\n";
    client.send(&head("POST /api/vehicles", headers)).await;
    assert_eq!(client.read_response().await, (401, true));
    assert!(client.has_ended().await);
}

#[tokio::test]
async fn a_connection_stays_open_after_overload_refusals() {
    let (gateway, go) = slow_service().await;
    let address = serve_on_a_port(gateway);
    let mut slow = Client::connect(address).await;
    slow.send(&head("GET /slow", "")).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    let mut client = Client::connect(address).await;
    for _ in 0..10 {
        client.send(&head("POST /quick", "content-length: 4000\r\n")).await;
        tokio::time::sleep(Duration::from_millis(2)).await;
        client.send(&[b'x'; 4000]).await;
        assert_eq!(client.read_response().await, (503, false));
    }
    go.notify_one();
    assert_eq!(slow.read_response().await, (200, false));
    client.send(&head("GET /quick", "")).await;
    assert_eq!(client.read_response().await, (200, false));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_stops_arriving_closes_the_connection() {
    let service = Service::new().await;
    let mut connection = service.connect(super::connections::NORMAL);
    connection.send("POST /nothing HTTP/1.1\r\nhost: cars.test\r\ncontent-length: 9\r\n\r\n").await;
    let begun = tokio::time::Instant::now();
    assert!(connection.read_to_end().await.starts_with("HTTP/1.1 404"));
    assert_eq!(begun.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_keeps_sending_is_disconnected() {
    let service = Service::new().await;
    let mut connection = service.connect(super::connections::NORMAL);
    connection
        .send("POST /nothing HTTP/1.1\r\nhost: cars.test\r\ncontent-length: 9999999\r\n\r\n")
        .await;
    let begun = tokio::time::Instant::now();
    let drip = async {
        loop {
            connection.0.write_all(b"x").await?;
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    };
    let _: std::io::Result<()> = drip.await;
    assert!((10..=12).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
}
