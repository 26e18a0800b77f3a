//! Several instances of the service send each notification once.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, http::HeaderMap};
use chrono::{Timelike as _, Utc};
use serde_json::json;

use crate::support::{TestEnv, block_on, client, eventually};

on_every_engine![only_one_of_two_instances_notifies];

/// A server that accepts all requests and records the ids of messages.
async fn receiver() -> (String, Arc<Mutex<Vec<String>>>) {
    let ids: Arc<Mutex<Vec<String>>> = Arc::default();
    let stored_ids = ids.clone();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let router = Router::new().fallback(async move |headers: HeaderMap| {
        let id = headers["webhook-id"].to_str().unwrap().to_owned();
        stored_ids.lock().unwrap().push(id);
    });
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (url, ids)
}

/// A time zone in which it is daytime, so that notifications are sent.
#[expect(clippy::disallowed_methods, reason = "the program under test has the machine's clock")]
fn time_zone_with_daytime() -> &'static str {
    match Utc::now().hour() {
        0..7 => "Asia/Shanghai",
        7..20 => "Etc/UTC",
        _ => "Pacific/Pitcairn",
    }
}

async fn only_one_of_two_instances_notifies(env: TestEnv) {
    let env = env.with("MVP__NOTIFICATIONS__ALLOW_PRIVATE_ADDRESSES", "true");
    let (url, received) = receiver().await;
    let first = env.serve();
    let ann = first.register("ann@example.org").await;
    let zone = json!({ "timeZone": time_zone_with_daytime() });
    ann.patch("/api/user/preferences", &zone).await.expect(200);
    let vehicle = ann.add_vehicle(1).await;
    let item = json!({ "vehicleId": vehicle, "type": "oil_change", "dueDate": "2020-01-31" });
    ann.post("/api/maintenance", &item).await.expect(201);
    let channel = json!({ "kind": "webhook", "address": url, "secret": "open sesame" });
    let channel = ann.post("/api/notifications/channels", &channel).await.expect(201);
    assert!(!client::text(&channel["id"]).is_empty());
    // The service checks at startup, and then every five minutes.
    first.kill();
    // An SQLite database can have only one service.
    let count = if env.is_postgres() { 2 } else { 1 };
    let instances: Vec<_> = (0..count).map(|_| env.serve()).collect();
    eventually("a notification arrives", async || !received.lock().unwrap().is_empty()).await;
    // Gives the other instance time to send it as well.
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(received.lock().unwrap().len(), 1);
    for instance in instances {
        let log = instance.log();
        assert!(!log.contains("Could not notify"), "{log}");
        instance.kill();
    }
    let third = env.serve();
    third.anonymous().get("/api/health").await.expect(200);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(received.lock().unwrap().len(), 1, "notified again after a restart");
}

#[test]
fn a_slow_notification_test_does_not_block_other_requests() {
    block_on(async {
        let env = TestEnv::on_sqlite()
            .with("MVP__NOTIFICATIONS__ALLOW_PRIVATE_ADDRESSES", "true")
            .with("MVP__SERVER__CONCURRENCY", "1");
        let service = env.serve();
        let ann = service.register("ann@example.org").await;
        let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", silent.local_addr().unwrap());
        let channel = json!({ "kind": "webhook", "address": url, "secret": "open sesame" });
        let channel = ann.post("/api/notifications/channels", &channel).await.expect(201);
        let path = format!("/api/notifications/channels/{}/test", client::text(&channel["id"]));
        let asking = ann.clone();
        let test = tokio::spawn(async move { asking.post(&path, &json!({})).await });
        let (called, _) = silent.accept().await.unwrap();
        let other = ann.get("/api/vehicles").await;
        assert_eq!(other.status, 200);
        assert!(!test.is_finished(), "it was to be silent for longer");
        drop(called);
        assert_eq!(test.await.unwrap().expect(200)["isSent"], false);
    });
}
