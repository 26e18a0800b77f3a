//! Notifications, against servers of the test's own.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, StatusCode, Uri},
};
use chrono::TimeDelta;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};

use super::job::work;
use crate::{
    core::config::Secret,
    testing::{Answer, TestApp, on_every_engine},
};

on_every_engine![
    what_is_newly_due_is_told_once_in_the_morning,
    of_two_instances_one_tells,
    what_is_not_taken_is_tried_again_later,
    ntfy_and_gotify_are_told_in_their_own_way,
    a_channel_is_tested_at_once,
    no_address_of_a_private_network_is_called,
    every_field_at_fault_is_named,
    another_users_channels_look_like_those_that_do_not_exist,
    channels_are_added_and_removed_on_a_page,
    a_server_that_hangs_holds_up_nobody_else,
];

/// What a server was sent.
#[derive(Debug, Clone)]
pub(super) struct Got {
    path: String,
    headers: HeaderMap,
    pub(super) body: String,
}

impl Got {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |it| it.to_str().unwrap())
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// A server that takes, or refuses, whatever it is sent.
#[derive(Clone)]
pub(super) struct Server {
    pub(super) url: String,
    got: Arc<Mutex<Vec<Got>>>,
    answers: Arc<Mutex<StatusCode>>,
}

impl Server {
    pub(super) async fn start() -> Self {
        let (got, answers) = (Arc::default(), Arc::new(Mutex::new(StatusCode::OK)));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = Self { url, got, answers };
        let of = server.clone();
        let router =
            Router::new().fallback(async move |uri: Uri, headers: HeaderMap, body: Bytes| {
                let body = String::from_utf8(body.to_vec()).unwrap();
                of.got.lock().unwrap().push(Got { path: uri.path().to_owned(), headers, body });
                *of.answers.lock().unwrap()
            });
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        server
    }

    pub(super) fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }

    fn answers(&self, status: StatusCode) {
        *self.answers.lock().unwrap() = status;
    }
}

/// A mail server that takes one mail after the other, and keeps them.
pub(super) async fn mail_server() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    let mails: Arc<Mutex<Vec<String>>> = Arc::default();
    let kept = mails.clone();
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
                        kept.lock().unwrap().push(std::mem::take(&mut mail));
                        write.write_all(b"250 kept\r\n").await.unwrap();
                    } else {
                        mail.push_str(&line);
                        mail.push('\n');
                    }
                    continue;
                }
                mail.push_str(&line);
                mail.push('\n');
                let answer: &[u8] = match line.split(' ').next().unwrap_or_default() {
                    "EHLO" => b"250 mail.test\r\n",
                    "DATA" => {
                        is_data = true;
                        b"354 go on\r\n"
                    }
                    "QUIT" => b"221 bye\r\n",
                    _ => b"250 well\r\n",
                };
                write.write_all(answer).await.unwrap();
            }
        }
    });
    (url, mails)
}

/// Somebody with a vehicle, whose service may call this machine.
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
    pub(super) async fn plan(&self, kind: &str, day: &str) -> String {
        let item = json!({ "vehicleId": self.vehicle, "type": kind, "dueDate": day });
        let item = self.user.post("/api/maintenance", item).await;
        assert_eq!(item.status, 201, "{item:?}");
        format!("/api/maintenance/{}", item.id())
    }

    pub(super) async fn tell_by(&self, channel: Value) -> Answer {
        let added = self.user.post("/api/notifications/channels", channel).await;
        assert_eq!(added.status, 201, "{added:?}");
        added
    }

    pub(super) async fn work(&self) -> u64 {
        work(&self.app.app).await.unwrap()
    }

    pub(super) fn wait(&self, time: TimeDelta) {
        self.app.app.clock.advance(time);
    }
}

fn webhook(server: &Server) -> Value {
    json!({ "kind": "webhook", "address": format!("{}/hook", server.url), "secret": "open sesame" })
}

async fn what_is_newly_due_is_told_once_in_the_morning(app: TestApp) {
    let (owner, server) = (owner(&app, None).await, Server::start().await);
    let late = owner.plan("oil_change", "2026-01-30").await;
    owner.plan("tires", "2026-03-04").await;
    owner.tell_by(webhook(&server)).await;
    // Noon in London is four in the morning in Los Angeles.
    let zone = json!({ "timeZone": "America/Los_Angeles" });
    owner.user.patch("/api/user/preferences", zone).await;
    assert_eq!(owner.work().await, 0);
    owner.wait(TimeDelta::hours(4));
    assert_eq!((owner.work().await, owner.work().await), (1, 0));
    let got = server.got();
    assert_eq!(got.len(), 1);
    assert_eq!(
        (got[0].path.as_str(), got[0].header("content-type")),
        ("/hook", "application/json")
    );
    let sent = got[0].json();
    assert_eq!(
        (&sent["event"], &sent["id"]),
        (&json!("maintenance.due"), &json!(got[0].header("webhook-id")))
    );
    assert_eq!(sent["message"]["title"], "Maintenance: 1 overdue");
    assert_eq!(sent["message"]["items"][0]["type"], "oil_change");
    assert_eq!(sent["message"]["items"].as_array().unwrap().len(), 1);
    let text = format!(
        "{}.{}.{}",
        got[0].header("webhook-id"),
        got[0].header("webhook-timestamp"),
        got[0].body
    );
    let mut mac =
        <hmac::Hmac<sha2::Sha256> as hmac::KeyInit>::new_from_slice(b"open sesame").unwrap();
    hmac::Mac::update(&mut mac, text.as_bytes());
    let signature = crate::core::hex(&hmac::Mac::finalize(mac).into_bytes());
    assert_eq!(got[0].header("webhook-signature"), format!("v1={signature}"));
    // The next day nothing is new; two days on, the tires are due soon.
    owner.wait(TimeDelta::days(1));
    assert_eq!(owner.work().await, 0);
    owner.wait(TimeDelta::days(1));
    assert_eq!(owner.work().await, 1);
    assert_eq!(server.got()[1].json()["message"]["items"][0]["type"], "tires");
    // What is put off and due again is told again.
    owner.user.post(&format!("{late}/postpone"), json!({ "dueDate": "2026-02-03" })).await;
    owner.wait(TimeDelta::days(1));
    assert_eq!(owner.work().await, 1);
    assert_eq!(server.got().len(), 3);
}

async fn of_two_instances_one_tells(app: TestApp) {
    let (owner, server) = (owner(&app, None).await, Server::start().await);
    owner.plan("oil_change", "2026-01-30").await;
    owner.tell_by(webhook(&server)).await;
    let others: Vec<_> = (0..4).map(|_| owner.app.another_instance()).collect();
    let works = others.iter().map(|it| work(&it.app));
    let sent = futures::future::join_all(works).await;
    let sent: u64 = sent.into_iter().map(Result::unwrap).sum();
    assert_eq!((sent, server.got().len()), (1, 1));
    for other in &others {
        assert_eq!(work(&other.app).await.unwrap(), 0);
    }
    assert_eq!(server.got().len(), 1);
}

async fn what_is_not_taken_is_tried_again_later(app: TestApp) {
    let (owner, server) = (owner(&app, None).await, Server::start().await);
    owner.plan("oil_change", "2026-01-30").await;
    owner.tell_by(webhook(&server)).await;
    server.answers(StatusCode::BAD_GATEWAY);
    assert_eq!(owner.work().await, 0);
    assert_eq!(owner.work().await, 0);
    assert_eq!(server.got().len(), 1, "not before a minute has passed");
    owner.wait(TimeDelta::minutes(1));
    assert_eq!(owner.work().await, 0);
    owner.wait(TimeDelta::minutes(4));
    assert_eq!(owner.work().await, 0);
    assert_eq!(server.got().len(), 2, "and then not before five");
    server.answers(StatusCode::NO_CONTENT);
    owner.wait(TimeDelta::minutes(1));
    assert_eq!(owner.work().await, 1);
    let got = server.got();
    assert_eq!(got.len(), 3);
    assert_eq!(got[0].header("webhook-id"), got[2].header("webhook-id"));
    // One that is never taken is given up.
    owner.plan("tires", "2026-01-30").await;
    server.answers(StatusCode::FOUND);
    for _ in 0..80 {
        owner.wait(TimeDelta::hours(1));
        owner.work().await;
    }
    assert_eq!(server.got().len(), 3 + 8);
}

async fn ntfy_and_gotify_are_told_in_their_own_way(app: TestApp) {
    let (owner, server) = (owner(&app, None).await, Server::start().await);
    owner.plan("oil_change", "2026-01-30").await;
    owner.plan("tires", "2026-02-02").await;
    let ntfy =
        json!({ "kind": "ntfy", "address": format!("{}/cars", server.url), "secret": "tk_1" });
    owner.tell_by(ntfy).await;
    let gotify =
        json!({ "kind": "gotify", "address": format!("{}/push/", server.url), "secret": "A1" });
    owner.tell_by(gotify).await;
    assert_eq!(owner.work().await, 2);
    let got = server.got();
    let of = |path: &str| got.iter().find(|it| it.path == path).unwrap();
    let ntfy = of("/cars");
    assert_eq!(ntfy.header("title"), "Maintenance: 1 overdue, 1 due soon");
    assert_eq!((ntfy.header("authorization"), ntfy.header("priority")), ("Bearer tk_1", "4"));
    assert!(
        ntfy.body.starts_with(
            "2003 Honda Accord, Oil change: 30 Jan 2026, yesterday\n2003 Honda Accord, New tires:"
        ),
        "{}",
        ntfy.body
    );
    let gotify = of("/push/message");
    assert_eq!((gotify.header("x-gotify-key"), &gotify.json()["priority"]), ("A1", &json!(8)));
}

async fn a_channel_is_tested_at_once(app: TestApp) {
    let (owner, server) = (owner(&app, None).await, Server::start().await);
    let channel = owner.tell_by(webhook(&server)).await;
    let test = format!("{}/test", channel.header("location"));
    let tried = owner.user.post(&test, json!({})).await;
    assert_eq!((tried.status, tried.body), (200, json!({ "isSent": true, "problem": null })));
    assert_eq!(server.got()[0].json()["message"]["title"], "A test of MotoVaultPro");
    server.answers(StatusCode::NOT_FOUND);
    let tried = owner.user.post(&test, json!({})).await;
    assert_eq!((tried.status, tried.header("retry-after")), (429, "60"));
    owner.wait(TimeDelta::minutes(1));
    let tried = owner.user.post(&test, json!({})).await;
    assert_eq!(tried.body, json!({ "isSent": false, "problem": "it answers 404" }));
    assert_eq!(server.got().len(), 2);
    assert!(!channel.body.to_string().contains("sesame"));
}

async fn no_address_of_a_private_network_is_called(app: TestApp) {
    let (owner, server) = (owner(&app, None).await, Server::start().await);
    let careful = owner.app.other_instance(|config| {
        config.notifications.allow_private_addresses = false;
    });
    let careful = careful.with_cookie(owner.user.cookie().map(str::to_owned));
    let port = server.url.rsplit(':').next().unwrap();
    for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0x7f000001"] {
        let address = format!("http://{host}:{port}/");
        let channel = json!({ "kind": "ntfy", "address": address });
        let channel = owner.tell_by(channel).await;
        let test = format!("{}/test", channel.header("location"));
        let tried = careful.post(&test, json!({})).await.body;
        assert_eq!(tried["isSent"], false, "{host}: {tried}");
        owner.wait(TimeDelta::minutes(1));
    }
    assert!(server.got().is_empty());
}

async fn every_field_at_fault_is_named(app: TestApp) {
    let owner = owner(&app, None).await;
    let faults = async |channel: Value| {
        owner.user.post("/api/notifications/channels", channel).await.faults()
    };
    let wrong = "has to be a web address, such as https://example.org/hook";
    for (channel, expected) in [
        (
            json!({ "kind": "mail" }),
            vec!["/kind: is not to be had: this service is not set up to send mail".to_owned()],
        ),
        (
            json!({ "kind": "webhook" }),
            vec!["/address: is required".to_owned(), "/secret: is required".to_owned()],
        ),
        (json!({ "kind": "ntfy", "address": "ftp://x" }), vec![format!("/address: {wrong}")]),
        (json!({ "kind": "ntfy", "address": "http://a:b@x/" }), vec![format!("/address: {wrong}")]),
        (
            json!({ "kind": "fax" }),
            vec!["/kind: has to be one of: mail webhook ntfy gotify".to_owned()],
        ),
    ] {
        assert_eq!(faults(channel).await, expected);
    }
    let twice = json!({ "kind": "ntfy", "address": "https://ntfy.example/0" });
    owner.tell_by(twice.clone()).await;
    assert_eq!(owner.user.post("/api/notifications/channels", twice).await.status, 409);
    for nth in 1..10 {
        owner
            .tell_by(json!({ "kind": "ntfy", "address": format!("https://ntfy.example/{nth}") }))
            .await;
    }
    let one_more = json!({ "kind": "ntfy", "address": "https://ntfy.example/x" });
    assert_eq!(owner.user.post("/api/notifications/channels", one_more).await.status, 409);
}

async fn another_users_channels_look_like_those_that_do_not_exist(app: TestApp) {
    let owner = owner(&app, None).await;
    let hers = owner.tell_by(json!({ "kind": "ntfy", "address": "https://ntfy.example/x" })).await;
    let path = hers.header("location").to_owned();
    let bob = owner.app.register("bob@example.org").await;
    assert_eq!(bob.get(&path).await.status, 404);
    assert_eq!(bob.delete(&path).await.status, 404);
    assert_eq!(bob.post(&format!("{path}/test"), json!({})).await.status, 404);
    assert_eq!(bob.get("/api/notifications/channels").await.body["items"], json!([]));
    assert_eq!(owner.user.get(&path).await.body, hers.body);
    assert_eq!(owner.user.delete(&path).await.status, 204);
    assert_eq!(owner.user.get(&path).await.status, 404);
}

async fn channels_are_added_and_removed_on_a_page(app: TestApp) {
    let (owner, server) = (owner(&app, None).await, Server::start().await);
    let page = "/settings/notifications";
    let address = format!("{}/topic", server.url);
    let refused = owner.user.submit(page, &[("kind", "webhook"), ("address", &address)]).await;
    assert_eq!(refused.status, 422);
    let added = owner.user.submit(page, &[("kind", "ntfy"), ("address", &address)]).await;
    assert_eq!((added.status, added.header("location")), (303, page));
    let text = |answer: &Answer| answer.body.as_str().unwrap_or_default().to_owned();
    let shown = text(&owner.user.get(page).await);
    assert!(shown.contains(&address), "{shown}");
    let of = shown.split("/settings/notifications/").nth(1).unwrap().split('/').next().unwrap();
    let tested = owner.user.submit(&format!("{page}/{of}/test"), &[]).await;
    assert!(text(&tested).contains("The test was sent"), "{}", text(&tested));
    assert!(text(&tested).contains(r#"method="post" action="/settings/notifications""#));
    let again = owner.user.submit(&format!("{page}/{of}/test"), &[]).await;
    assert!(text(&again).contains("less than a minute ago"), "{}", text(&again));
    assert_eq!(server.got().len(), 1);
    assert_eq!(owner.user.submit(&format!("{page}/{of}/delete"), &[]).await.status, 303);
    assert!(!text(&owner.user.get(page).await).contains(&address));
}

async fn a_server_that_hangs_holds_up_nobody_else(app: TestApp) {
    let (owner, server) = (owner(&app, None).await, Server::start().await);
    // It takes connections and says nothing.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/", silent.local_addr().unwrap());
    owner.plan("oil_change", "2026-01-30").await;
    owner.tell_by(json!({ "kind": "ntfy", "address": address })).await;
    let bob = owner.app.register("bob@example.org").await;
    let vehicle = bob.post("/api/vehicles", json!({ "vin": "1HGCM82633A004352" })).await.id();
    let bob = Owner { app: owner.app.clone(), user: bob, vehicle };
    bob.plan("oil_change", "2026-01-30").await;
    bob.tell_by(webhook(&server)).await;
    let begun = tokio::time::Instant::now();
    let told = async {
        while server.got().is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    tokio::select! {
        sent = owner.work() => panic!("{sent} were told before the silent one was given up"),
        () = told => assert!(begun.elapsed() < std::time::Duration::from_secs(5)),
    }
}
