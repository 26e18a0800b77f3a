//! Tests of notifications, with servers started by the tests.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, StatusCode, Uri},
};
use chrono::TimeDelta;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};

use super::job::run_once;
use crate::{
    core::config::Secret,
    testing::{TestApp, TestResponse, on_every_engine},
};

on_every_engine![
    newly_due_items_are_sent_once_in_the_morning,
    several_instances_send_each_message_once,
    failed_deliveries_are_retried_with_backoff,
    ntfy_and_gotify_get_their_own_formats,
    a_test_message_is_sent_immediately,
    private_addresses_are_not_called,
    every_invalid_field_is_reported,
    another_users_channel_is_indistinguishable_from_a_missing_one,
    channels_are_added_and_removed_on_a_page,
    a_hanging_server_does_not_delay_other_users,
];

/// A request received by a server.
#[derive(Debug, Clone)]
pub(super) struct Received {
    path: String,
    headers: HeaderMap,
    pub(super) body: String,
}

impl Received {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |it| it.to_str().unwrap())
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// A server that records requests, and responds with a given status.
#[derive(Clone)]
pub(super) struct Server {
    pub(super) url: String,
    received: Arc<Mutex<Vec<Received>>>,
    respond_with: Arc<Mutex<StatusCode>>,
}

impl Server {
    pub(super) async fn start() -> Self {
        let (received, respond_with) = (Arc::default(), Arc::new(Mutex::new(StatusCode::OK)));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = Self { url, received, respond_with };
        let of = server.clone();
        let router =
            Router::new().fallback(async move |uri: Uri, headers: HeaderMap, body: Bytes| {
                let body = String::from_utf8(body.to_vec()).unwrap();
                of.received.lock().unwrap().push(Received {
                    path: uri.path().to_owned(),
                    headers,
                    body,
                });
                *of.respond_with.lock().unwrap()
            });
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        server
    }

    pub(super) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    fn respond_with(&self, status: StatusCode) {
        *self.respond_with.lock().unwrap() = status;
    }
}

/// A mail server that stores the messages it receives.
pub(super) async fn mail_server() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    let mails: Arc<Mutex<Vec<String>>> = Arc::default();
    let inbox = mails.clone();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let (read, mut write) = stream.into_split();
            let mut lines = BufReader::new(read).lines();
            write.write_all(b"220 mail.test ESMTP\r\n").await.unwrap();
            let (mut mail, mut is_data) = (String::new(), false);
            while let Ok(Some(line)) = lines.next_line().await {
                if is_data {
                    if line == "." {
                        is_data = false;
                        inbox.lock().unwrap().push(std::mem::take(&mut mail));
                        write.write_all(b"250 OK\r\n").await.unwrap();
                    } else {
                        mail.push_str(&line);
                        mail.push('\n');
                    }
                    continue;
                }
                mail.push_str(&line);
                mail.push('\n');
                let response: &[u8] = match line.split(' ').next().unwrap_or_default() {
                    "EHLO" => b"250 mail.test\r\n",
                    "DATA" => {
                        is_data = true;
                        b"354 Start mail input\r\n"
                    }
                    "QUIT" => b"221 bye\r\n",
                    _ => b"250 OK\r\n",
                };
                write.write_all(response).await.unwrap();
            }
        }
    });
    (url, mails)
}

/// A user with a vehicle, and a service that may call private addresses.
pub(super) struct Owner {
    pub(super) app: TestApp,
    pub(super) user: TestApp,
    vehicle: String,
}

pub(super) async fn owner(app: &TestApp, mail: Option<String>) -> Owner {
    let app = app.reconfigured(|config| {
        config.notifications.allow_private_addresses = true;
        config.mail.from = Some("MotoVaultPro <cars@example.org>".to_owned());
        config.mail.url = mail.map(Secret::new);
    });
    let user = app.register("ann@example.org").await;
    let vehicle = user.post("/api/vehicles", json!({ "vin": "1HGCM82633A004352" })).await.id();
    Owner { app, user, vehicle }
}

impl Owner {
    pub(super) async fn add_due_item(&self, kind: &str, day: &str) -> String {
        let item = json!({ "vehicleId": self.vehicle, "type": kind, "dueDate": day });
        let item = self.user.post("/api/maintenance", item).await;
        assert_eq!(item.status, 201, "{item:?}");
        format!("/api/maintenance/{}", item.id())
    }

    pub(super) async fn add_channel(&self, channel: Value) -> TestResponse {
        let added = self.user.post("/api/notifications/channels", channel).await;
        assert_eq!(added.status, 201, "{added:?}");
        added
    }

    pub(super) async fn run_once(&self) -> u64 {
        run_once(&self.app.app).await.unwrap()
    }

    pub(super) fn advance_clock(&self, time: TimeDelta) {
        self.app.app.clock.advance(time);
    }
}

fn webhook(server: &Server) -> Value {
    json!({ "kind": "webhook", "address": format!("{}/hook", server.url), "secret": "open sesame" })
}

async fn newly_due_items_are_sent_once_in_the_morning(app: TestApp) {
    let (owner, server) = (owner(&app, None).await, Server::start().await);
    let late = owner.add_due_item("oil_change", "2026-01-30").await;
    owner.add_due_item("tires", "2026-03-04").await;
    owner.add_channel(webhook(&server)).await;
    // Noon in London is 4 a.m. in Los Angeles.
    let zone = json!({ "timeZone": "America/Los_Angeles" });
    owner.user.patch("/api/user/preferences", zone).await;
    assert_eq!(owner.run_once().await, 0);
    owner.advance_clock(TimeDelta::hours(4));
    assert_eq!((owner.run_once().await, owner.run_once().await), (1, 0));
    let received = server.received();
    assert_eq!(received.len(), 1);
    assert_eq!(
        (received[0].path.as_str(), received[0].header("content-type")),
        ("/hook", "application/json")
    );
    let sent = received[0].json();
    assert_eq!(
        (&sent["event"], &sent["id"]),
        (&json!("maintenance.due"), &json!(received[0].header("webhook-id")))
    );
    assert_eq!(sent["message"]["title"], "Maintenance: 1 overdue");
    assert_eq!(sent["message"]["items"][0]["type"], "oil_change");
    assert_eq!(sent["message"]["items"].as_array().unwrap().len(), 1);
    let text = format!(
        "{}.{}.{}",
        received[0].header("webhook-id"),
        received[0].header("webhook-timestamp"),
        received[0].body
    );
    let mut mac =
        <hmac::Hmac<sha2::Sha256> as hmac::KeyInit>::new_from_slice(b"open sesame").unwrap();
    hmac::Mac::update(&mut mac, text.as_bytes());
    let signature = crate::core::hex(&hmac::Mac::finalize(mac).into_bytes());
    assert_eq!(received[0].header("webhook-signature"), format!("v1={signature}"));
    // The next day, nothing is new; two days later, the tires are due soon.
    owner.advance_clock(TimeDelta::days(1));
    assert_eq!(owner.run_once().await, 0);
    owner.advance_clock(TimeDelta::days(1));
    assert_eq!(owner.run_once().await, 1);
    assert_eq!(server.received()[1].json()["message"]["items"][0]["type"], "tires");
    // A postponed item is sent again when it is due again.
    owner.user.post(&format!("{late}/postpone"), json!({ "dueDate": "2026-02-03" })).await;
    owner.advance_clock(TimeDelta::days(1));
    assert_eq!(owner.run_once().await, 1);
    assert_eq!(server.received().len(), 3);
}

async fn several_instances_send_each_message_once(app: TestApp) {
    let (owner, server) = (owner(&app, None).await, Server::start().await);
    owner.add_due_item("oil_change", "2026-01-30").await;
    owner.add_channel(webhook(&server)).await;
    let others: Vec<_> = (0..4).map(|_| owner.app.anonymous_instance()).collect();
    let works = others.iter().map(|it| run_once(&it.app));
    let sent = futures_util::future::join_all(works).await;
    let sent: u64 = sent.into_iter().map(Result::unwrap).sum();
    assert_eq!((sent, server.received().len()), (1, 1));
    for other in &others {
        assert_eq!(run_once(&other.app).await.unwrap(), 0);
    }
    assert_eq!(server.received().len(), 1);
}

async fn failed_deliveries_are_retried_with_backoff(app: TestApp) {
    let (owner, server) = (owner(&app, None).await, Server::start().await);
    owner.add_due_item("oil_change", "2026-01-30").await;
    owner.add_channel(webhook(&server)).await;
    server.respond_with(StatusCode::BAD_GATEWAY);
    assert_eq!(owner.run_once().await, 0);
    assert_eq!(owner.run_once().await, 0);
    assert_eq!(server.received().len(), 1, "not before a minute has passed");
    owner.advance_clock(TimeDelta::minutes(1));
    assert_eq!(owner.run_once().await, 0);
    owner.advance_clock(TimeDelta::minutes(4));
    assert_eq!(owner.run_once().await, 0);
    assert_eq!(server.received().len(), 2, "then not before five minutes");
    server.respond_with(StatusCode::NO_CONTENT);
    owner.advance_clock(TimeDelta::minutes(1));
    assert_eq!(owner.run_once().await, 1);
    let received = server.received();
    assert_eq!(received.len(), 3);
    assert_eq!(received[0].header("webhook-id"), received[2].header("webhook-id"));
    // A message that is never delivered is given up.
    owner.add_due_item("tires", "2026-01-30").await;
    server.respond_with(StatusCode::FOUND);
    for _ in 0..80 {
        owner.advance_clock(TimeDelta::hours(1));
        owner.run_once().await;
    }
    assert_eq!(server.received().len(), 3 + 8);
}

async fn ntfy_and_gotify_get_their_own_formats(app: TestApp) {
    let (owner, server) = (owner(&app, None).await, Server::start().await);
    owner.add_due_item("oil_change", "2026-01-30").await;
    owner.add_due_item("tires", "2026-02-02").await;
    let ntfy =
        json!({ "kind": "ntfy", "address": format!("{}/cars", server.url), "secret": "tk_1" });
    owner.add_channel(ntfy).await;
    let gotify =
        json!({ "kind": "gotify", "address": format!("{}/push/", server.url), "secret": "A1" });
    owner.add_channel(gotify).await;
    assert_eq!(owner.run_once().await, 2);
    let received = server.received();
    let of = |path: &str| received.iter().find(|it| it.path == path).unwrap();
    let ntfy = of("/cars");
    assert_eq!(ntfy.header("title"), "Maintenance: 1 overdue, 1 due soon");
    assert_eq!((ntfy.header("authorization"), ntfy.header("priority")), ("Bearer tk_1", "4"));
    assert!(
        ntfy.body.starts_with(
            "2003 Honda Accord, Oil change: Jan 30, 2026, yesterday\n2003 Honda Accord, New tires:"
        ),
        "{}",
        ntfy.body
    );
    let gotify = of("/push/message");
    assert_eq!((gotify.header("x-gotify-key"), &gotify.json()["priority"]), ("A1", &json!(8)));
}

async fn a_test_message_is_sent_immediately(app: TestApp) {
    let (owner, server) = (owner(&app, None).await, Server::start().await);
    let channel = owner.add_channel(webhook(&server)).await;
    let test = format!("{}/test", channel.header("location"));
    let result = owner.user.post(&test, json!({})).await;
    assert_eq!((result.status, result.body), (200, json!({ "isSent": true, "problem": null })));
    assert_eq!(server.received()[0].json()["message"]["title"], "Test message from MotoVaultPro");
    server.respond_with(StatusCode::NOT_FOUND);
    let result = owner.user.post(&test, json!({})).await;
    assert_eq!((result.status, result.header("retry-after")), (429, "60"));
    owner.advance_clock(TimeDelta::minutes(1));
    let result = owner.user.post(&test, json!({})).await;
    assert_eq!(
        result.body,
        json!({ "isSent": false, "problem": "the server responded with status 404" })
    );
    assert_eq!(server.received().len(), 2);
    assert!(!channel.body.to_string().contains("sesame"));
}

async fn private_addresses_are_not_called(app: TestApp) {
    let (owner, server) = (owner(&app, None).await, Server::start().await);
    let strict = owner.app.instance_with(|config| {
        config.notifications.allow_private_addresses = false;
    });
    let strict = strict.with_cookie(owner.user.cookie().map(str::to_owned));
    let port = server.url.rsplit(':').next().unwrap();
    for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0x7f000001"] {
        let address = format!("http://{host}:{port}/");
        let channel = json!({ "kind": "ntfy", "address": address });
        let channel = owner.add_channel(channel).await;
        let test = format!("{}/test", channel.header("location"));
        let result = strict.post(&test, json!({})).await.body;
        assert_eq!(result["isSent"], false, "{host}: {result}");
        owner.advance_clock(TimeDelta::minutes(1));
    }
    assert!(server.received().is_empty());
}

async fn every_invalid_field_is_reported(app: TestApp) {
    let owner = owner(&app, None).await;
    let faults = async |channel: Value| {
        owner.user.post("/api/notifications/channels", channel).await.field_errors()
    };
    let wrong = "must be a web address, such as https://example.org/hook";
    for (channel, expected) in [
        (
            json!({ "kind": "mail" }),
            vec!["/kind: isn’t available: email isn’t set up on this server".to_owned()],
        ),
        (
            json!({ "kind": "webhook" }),
            vec!["/address: is required".to_owned(), "/secret: is required".to_owned()],
        ),
        (json!({ "kind": "ntfy", "address": "ftp://x" }), vec![format!("/address: {wrong}")]),
        (json!({ "kind": "ntfy", "address": "http://a:b@x/" }), vec![format!("/address: {wrong}")]),
        (
            json!({ "kind": "fax" }),
            vec!["/kind: must be one of: mail webhook ntfy gotify".to_owned()],
        ),
    ] {
        assert_eq!(faults(channel).await, expected);
    }
    let twice = json!({ "kind": "ntfy", "address": "https://ntfy.example/0" });
    owner.add_channel(twice.clone()).await;
    assert_eq!(owner.user.post("/api/notifications/channels", twice).await.status, 409);
    for nth in 1..10 {
        owner
            .add_channel(
                json!({ "kind": "ntfy", "address": format!("https://ntfy.example/{nth}") }),
            )
            .await;
    }
    let one_more = json!({ "kind": "ntfy", "address": "https://ntfy.example/x" });
    assert_eq!(owner.user.post("/api/notifications/channels", one_more).await.status, 409);
}

async fn another_users_channel_is_indistinguishable_from_a_missing_one(app: TestApp) {
    let owner = owner(&app, None).await;
    let channel_of_ann =
        owner.add_channel(json!({ "kind": "ntfy", "address": "https://ntfy.example/x" })).await;
    let path = channel_of_ann.header("location").to_owned();
    let bob = owner.app.register("bob@example.org").await;
    assert_eq!(bob.get(&path).await.status, 404);
    assert_eq!(bob.delete(&path).await.status, 404);
    assert_eq!(bob.post(&format!("{path}/test"), json!({})).await.status, 404);
    assert_eq!(bob.get("/api/notifications/channels").await.body["items"], json!([]));
    assert_eq!(owner.user.get(&path).await.body, channel_of_ann.body);
    assert_eq!(owner.user.delete(&path).await.status, 204);
    assert_eq!(owner.user.get(&path).await.status, 404);
}

async fn channels_are_added_and_removed_on_a_page(app: TestApp) {
    let (owner, server) = (owner(&app, None).await, Server::start().await);
    let page = "/settings/notifications";
    let address = format!("{}/topic", server.url);
    let refused = owner.user.post_form(page, &[("kind", "webhook"), ("address", &address)]).await;
    assert_eq!(refused.status, 422);
    let added = owner.user.post_form(page, &[("kind", "ntfy"), ("address", &address)]).await;
    assert_eq!((added.status, added.header("location")), (303, page));
    let text = |response: &TestResponse| response.body.as_str().unwrap_or_default().to_owned();
    let shown = text(&owner.user.follow(&added).await);
    assert!(shown.contains(&address), "{shown}");
    assert!(shown.contains("The channel is added."), "{shown}");
    let of = shown.split("/settings/notifications/").nth(1).unwrap().split('/').next().unwrap();
    let tested = owner.user.post_form(&format!("{page}/{of}/test"), &[]).await;
    assert!(text(&tested).contains("Test message sent"), "{}", text(&tested));
    assert!(text(&tested).contains(r#"method="post" action="/settings/notifications""#));
    let again = owner.user.post_form(&format!("{page}/{of}/test"), &[]).await;
    assert!(text(&again).contains("less than a minute ago"), "{}", text(&again));
    assert_eq!(server.received().len(), 1);
    assert_eq!(owner.user.post_form(&format!("{page}/{of}/delete"), &[]).await.status, 303);
    assert!(!text(&owner.user.get(page).await).contains(&address));
}

async fn a_hanging_server_does_not_delay_other_users(app: TestApp) {
    let (owner, server) = (owner(&app, None).await, Server::start().await);
    // It accepts connections and never responds.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/", silent.local_addr().unwrap());
    owner.add_due_item("oil_change", "2026-01-30").await;
    owner.add_channel(json!({ "kind": "ntfy", "address": address })).await;
    let bob = owner.app.register("bob@example.org").await;
    let vehicle = bob.post("/api/vehicles", json!({ "vin": "1HGCM82633A004352" })).await.id();
    let bob = Owner { app: owner.app.clone(), user: bob, vehicle };
    bob.add_due_item("oil_change", "2026-01-30").await;
    bob.add_channel(webhook(&server)).await;
    let begun = tokio::time::Instant::now();
    let received_by_bob = async {
        while server.received().is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    tokio::select! {
        sent = owner.run_once() => panic!("{sent} messages were sent before the hanging server timed out"),
        () = received_by_bob => assert!(begun.elapsed() < std::time::Duration::from_secs(5)),
    }
}
