//! Idempotency: 32 concurrent copies of a request, and retries after the service was killed.

use std::time::Duration;

use futures_util::future::{join, join_all};
use serde_json::{Value, json};

use crate::support::{Client, TestEnv, client, random, rounds};

on_every_engine!(concurrent_retries_create_one_record, a_retry_after_a_kill_creates_one_record,);

const COPIES: usize = 32;

/// Sends 32 copies concurrently. Returns the records in the successful responses.
async fn copies(by: &Client, path: &str, body: &Value, key: &str) -> Vec<Value> {
    let at_once = (0..COPIES).map(|_| by.post_idempotent(path, body, key));
    let mut records = Vec::new();
    for response in join_all(at_once).await.into_iter().flatten() {
        if response.status == 409 {
            assert_eq!(response.body["type"], "/problems/in-flight", "{response:?}");
        } else {
            records.push(response.expect(201));
        }
    }
    records
}

/// Sends the request until a record is returned.
async fn at_last(by: &Client, path: &str, body: &Value, key: &str) -> Value {
    for _ in 0..200 {
        let response = by.post_idempotent(path, body, key).await.unwrap();
        if response.status == 201 {
            return response.body;
        }
        assert_eq!(response.body["type"], "/problems/in-flight", "{response:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it stays under way");
}

async fn concurrent_retries_create_one_record(env: TestEnv) {
    let service = env.serve();
    let ann = service.register("ann@example.org").await;
    let sql = env.sql().await;
    let vehicle = ann.add_vehicle(1).await;
    let posts = [
        ("vehicles", "/api/vehicles", client::vehicle(2)),
        (
            "fuel_logs",
            "/api/fuel-logs",
            json!({
                "vehicleId": vehicle, "date": "2026-01-31", "odometerReading": 1000, "gallons": 10,
            }),
        ),
        ("personal_tokens", "/api/auth/tokens", json!({ "name": "script", "scope": "read" })),
    ];
    for (table, path, body) in posts {
        let count = format!("SELECT COUNT(*) FROM {table}");
        let before = sql.number(&count).await;
        let records = copies(&ann, path, &body, table).await;
        let last = at_last(&ann, path, &body, table).await;
        assert!(!records.is_empty() && records.iter().all(|it| *it == last), "{records:?}");
        assert_eq!(sql.number(&count).await, before + 1, "{table}");
    }
    sql.close().await;
}

async fn a_retry_after_a_kill_creates_one_record(env: TestEnv) {
    let mut service = env.serve();
    let mut ann = service.register("ann@example.org").await;
    let sql = env.sql().await;
    let mut cut_off = 0;
    for round in 0..rounds(6) {
        let (body, key) = (client::vehicle(round), format!("round {round}"));
        let kill = async {
            tokio::time::sleep(Duration::from_millis(random(25))).await;
            service.kill();
        };
        let (records, ()) = join(copies(&ann, "/api/vehicles", &body, &key), kill).await;
        service = env.serve();
        ann = ann.at(&service.url);
        let last = at_last(&ann, "/api/vehicles", &body, &key).await;
        assert!(records.iter().all(|it| *it == last), "{records:?} and then {last}");
        cut_off += usize::from(records.is_empty());
        let count = format!("SELECT COUNT(*) FROM vehicles WHERE vin = 'WVB{round:014}'");
        assert_eq!(sql.number(&count).await, 1);
    }
    println!("{cut_off} rounds were cut off before any response");
    sql.close().await;
}
