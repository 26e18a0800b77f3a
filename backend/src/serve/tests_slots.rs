//! Tests the connection limits over real sockets.

use std::{
    net::{IpAddr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    routing::{get, post},
};
use tokio::{net::TcpSocket, sync::Notify};

use super::{
    connection_slots::ConnectionSlots,
    gateway::Gateway,
    hosts::AllowedHosts,
    tests_unread_body::{Client, head, serve_with},
};
use crate::core::config::Config;

/// A service whose `/slow` responds only when notified.
struct Slow {
    address: SocketAddr,
    go: Arc<Notify>,
    /// Number of requests for `/slow` received.
    waiting: Arc<AtomicUsize>,
}

impl Slow {
    async fn serve(slots: ConnectionSlots) -> Self {
        let (go, waiting) = (Arc::new(Notify::new()), Arc::new(AtomicUsize::new(0)));
        let slow = (Arc::clone(&go), Arc::clone(&waiting));
        let router = Router::new()
            .route("/quick", get(async || "quick"))
            .route("/body", post(async |body: Bytes| format!("{}", body.len())))
            .route(
                "/slow",
                get(async move || {
                    let go = slow.0.notified();
                    slow.1.fetch_add(1, Ordering::SeqCst);
                    go.await;
                    "slow"
                }),
            );
        let mut config = Config::default();
        config.server.concurrency = Some(64);
        let gateway = Gateway::new(router, &config, AllowedHosts::any()).await;
        Self { address: serve_with(gateway, slots), go, waiting }
    }

    async fn connect(&self, from: [u8; 4]) -> Client {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((from, 0).into()).unwrap();
        Client(socket.connect(self.address).await.unwrap())
    }

    /// A connection with a request in flight.
    async fn busy(&self, from: [u8; 4]) -> Client {
        let mut client = self.connect(from).await;
        let before = self.waiting.load(Ordering::SeqCst);
        client.send(&head("GET /slow", "")).await;
        while self.waiting.load(Ordering::SeqCst) == before {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        client
    }

    /// Whether a request over a new connection is served. It is refused if there is no slot.
    async fn is_served(&self, from: [u8; 4]) -> bool {
        let mut client = self.connect(from).await;
        client.send(&head("GET /quick", "")).await;
        match client.read_response().await {
            (200, false) => true,
            (503, true) => false,
            other => panic!("{other:?}"),
        }
    }
}

const ANN: [u8; 4] = [127, 0, 0, 2];
const BOB: [u8; 4] = [127, 0, 0, 3];

/// Waits until an idle connection can be evicted.
async fn pause() {
    tokio::time::sleep(Duration::from_millis(200)).await;
}

#[tokio::test]
async fn idle_connections_do_not_block_other_clients() {
    let service = Slow::serve(ConnectionSlots::new(200, 200, |_| false)).await;
    let mut idle = Vec::new();
    for _ in 0..200 {
        idle.push(service.connect(ANN).await);
    }
    pause().await;
    for _ in 0..30 {
        assert!(service.is_served(BOB).await);
    }
    assert!(idle[0].has_ended().await, "the longest idle connection was not evicted");
    idle[199].send(&head("GET /quick", "")).await;
    assert_eq!(idle[199].read_response().await, (200, false));
}

#[tokio::test]
async fn connections_per_address_are_limited() {
    let service = Slow::serve(ConnectionSlots::new(100, 4, |_| false)).await;
    let mut busy = Vec::new();
    for _ in 0..4 {
        busy.push(service.busy(ANN).await);
    }
    assert!(!service.is_served(ANN).await);
    assert!(service.is_served(BOB).await);
    service.go.notify_waiters();
    for mut client in busy {
        assert_eq!(client.read_response().await, (200, false));
    }
}

#[tokio::test]
async fn an_address_at_its_limit_loses_its_own_idle_connection() {
    let service = Slow::serve(ConnectionSlots::new(100, 4, |_| false)).await;
    let mut of_bob = service.connect(BOB).await;
    let mut of_ann = Vec::new();
    for _ in 0..4 {
        of_ann.push(service.connect(ANN).await);
    }
    pause().await;
    assert!(service.is_served(ANN).await);
    assert!(of_ann[0].has_ended().await);
    for client in [&mut of_bob, &mut of_ann[3]] {
        client.send(&head("GET /quick", "")).await;
        assert_eq!(client.read_response().await, (200, false));
    }
}

#[tokio::test]
async fn a_trusted_proxy_has_no_per_address_limit() {
    let proxy: IpAddr = ANN.into();
    let service = Slow::serve(ConnectionSlots::new(100, 4, move |address| address == proxy)).await;
    let mut busy = Vec::new();
    for _ in 0..20 {
        busy.push(service.busy(ANN).await);
    }
    assert!(service.is_served(ANN).await);
    service.go.notify_waiters();
    for mut client in busy {
        assert_eq!(client.read_response().await, (200, false));
    }
}

#[tokio::test]
async fn a_connection_with_a_request_in_flight_is_never_evicted() {
    let service = Slow::serve(ConnectionSlots::new(2, 2, |_| false)).await;
    let (mut one, mut other) = (service.busy(ANN).await, service.busy(ANN).await);
    pause().await;
    assert!(!service.is_served(BOB).await);
    service.go.notify_waiters();
    assert_eq!(one.read_response().await, (200, false));
    assert_eq!(other.read_response().await, (200, false));
    pause().await;
    assert!(service.is_served(BOB).await, "connections were still busy after their responses");
}

#[tokio::test]
async fn a_connection_with_a_partial_request_can_be_evicted() {
    let service = Slow::serve(ConnectionSlots::new(2, 2, |_| false)).await;
    let mut in_head = service.connect(ANN).await;
    in_head.send(b"GET /quick HTTP/1.1\r\nhost").await;
    let mut in_body = service.connect(ANN).await;
    in_body.send(&head("POST /body", "content-length: 5\r\n")).await;
    in_body.send(b"he").await;
    pause().await;
    let (first, second) = (service.connect(BOB).await, service.connect(BOB).await);
    for mut client in [first, second] {
        client.send(&head("GET /quick", "")).await;
        assert_eq!(client.read_response().await, (200, false));
    }
    assert!(in_head.has_ended().await && in_body.has_ended().await);
}
