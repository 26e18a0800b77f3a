//! Many connections at once, over real sockets.

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
    front::Front,
    hosts::Hosts,
    places::Places,
    tests_unread::{Client, head, serve_with},
};
use crate::core::config::Config;

/// A service that answers `/slow` when it is let to.
struct Slow {
    address: SocketAddr,
    go: Arc<Notify>,
    /// How many requests for `/slow` have come.
    waiting: Arc<AtomicUsize>,
}

impl Slow {
    async fn serve(places: Places) -> Self {
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
        let front = Front::new(router, &config, Hosts::any()).await;
        Self { address: serve_with(front, places), go, waiting }
    }

    async fn connect(&self, from: [u8; 4]) -> Client {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((from, 0).into()).unwrap();
        Client(socket.connect(self.address).await.unwrap())
    }

    /// A connection with a request that is being answered.
    async fn busy(&self, from: [u8; 4]) -> Client {
        let mut client = self.connect(from).await;
        let before = self.waiting.load(Ordering::SeqCst);
        client.send(&head("GET /slow", "")).await;
        while self.waiting.load(Ordering::SeqCst) == before {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        client
    }

    /// Whether a request over a new connection is answered, or told that there is no place.
    async fn is_answered(&self, from: [u8; 4]) -> bool {
        let mut client = self.connect(from).await;
        client.send(&head("GET /quick", "")).await;
        match client.answer().await {
            (200, false) => true,
            (503, true) => false,
            other => panic!("{other:?}"),
        }
    }
}

const ANN: [u8; 4] = [127, 0, 0, 2];
const BOB: [u8; 4] = [127, 0, 0, 3];

/// Long enough for a silent connection to give way.
async fn pause() {
    tokio::time::sleep(Duration::from_millis(200)).await;
}

#[tokio::test]
async fn silent_connections_keep_no_other_client_out() {
    let service = Slow::serve(Places::new(200, 200, |_| false)).await;
    let mut silent = Vec::new();
    for _ in 0..200 {
        silent.push(service.connect(ANN).await);
    }
    pause().await;
    for _ in 0..30 {
        assert!(service.is_answered(BOB).await);
    }
    assert!(silent[0].has_ended().await, "the one that was silent for longest gave way");
    silent[199].send(&head("GET /quick", "")).await;
    assert_eq!(silent[199].answer().await, (200, false));
}

#[tokio::test]
async fn an_address_has_no_more_connections_than_its_share() {
    let service = Slow::serve(Places::new(100, 4, |_| false)).await;
    let mut busy = Vec::new();
    for _ in 0..4 {
        busy.push(service.busy(ANN).await);
    }
    assert!(!service.is_answered(ANN).await);
    assert!(service.is_answered(BOB).await);
    service.go.notify_waiters();
    for mut client in busy {
        assert_eq!(client.answer().await, (200, false));
    }
}

#[tokio::test]
async fn at_its_share_an_addresss_own_silent_connection_gives_way() {
    let service = Slow::serve(Places::new(100, 4, |_| false)).await;
    let mut of_bob = service.connect(BOB).await;
    let mut of_ann = Vec::new();
    for _ in 0..4 {
        of_ann.push(service.connect(ANN).await);
    }
    pause().await;
    assert!(service.is_answered(ANN).await);
    assert!(of_ann[0].has_ended().await);
    for client in [&mut of_bob, &mut of_ann[3]] {
        client.send(&head("GET /quick", "")).await;
        assert_eq!(client.answer().await, (200, false));
    }
}

#[tokio::test]
async fn a_trusted_proxy_has_no_share() {
    let proxy: IpAddr = ANN.into();
    let service = Slow::serve(Places::new(100, 4, move |address| address == proxy)).await;
    let mut busy = Vec::new();
    for _ in 0..20 {
        busy.push(service.busy(ANN).await);
    }
    assert!(service.is_answered(ANN).await);
    service.go.notify_waiters();
    for mut client in busy {
        assert_eq!(client.answer().await, (200, false));
    }
}

#[tokio::test]
async fn a_request_that_is_being_answered_never_gives_way() {
    let service = Slow::serve(Places::new(2, 2, |_| false)).await;
    let (mut one, mut other) = (service.busy(ANN).await, service.busy(ANN).await);
    pause().await;
    assert!(!service.is_answered(BOB).await);
    service.go.notify_waiters();
    assert_eq!(one.answer().await, (200, false));
    assert_eq!(other.answer().await, (200, false));
    pause().await;
    assert!(service.is_answered(BOB).await, "once answered, they are silent");
}

#[tokio::test]
async fn a_client_that_stops_in_the_middle_of_a_request_gives_way() {
    let service = Slow::serve(Places::new(2, 2, |_| false)).await;
    let mut in_head = service.connect(ANN).await;
    in_head.send(b"GET /quick HTTP/1.1\r\nhost").await;
    let mut in_body = service.connect(ANN).await;
    in_body.send(&head("POST /body", "content-length: 5\r\n")).await;
    in_body.send(b"he").await;
    pause().await;
    let (first, second) = (service.connect(BOB).await, service.connect(BOB).await);
    for mut client in [first, second] {
        client.send(&head("GET /quick", "")).await;
        assert_eq!(client.answer().await, (200, false));
    }
    assert!(in_head.has_ended().await && in_body.has_ended().await);
}
