//! Statistics are cached, and the cache is never stale.

use std::cell::Cell;

use futures_util::future::{join, join_all};
use serde_json::json;

use super::{FuelLogId, store};
use crate::testing::{BeginWrite as _, Commit as _, TestApp, TestResponse, on_every_engine};

on_every_engine![
    statistics_are_cached_until_a_change,
    statistics_are_current_after_every_change,
    the_vehicle_list_shows_current_economy,
    a_retried_request_invalidates_the_cache,
    cached_statistics_are_not_shared_between_users,
    concurrent_readers_do_not_cache_stale_statistics,
];

const VINS: [&str; 2] = ["1HGCM82633A004352", "WVWZZZ1JZXW000001"];

async fn vehicle(user: &TestApp, vin: &str) -> String {
    user.post("/api/vehicles", json!({ "vin": vin })).await.id()
}

async fn fill(user: &TestApp, vehicle: &str, day: u32) -> TestResponse {
    let log = json!({
        "vehicleId": vehicle, "date": format!("2026-01-{day:02}"), "odometerReading": day * 100,
        "gallons": 10,
    });
    let added = user.post("/api/fuel-logs", log).await;
    assert_eq!(added.status, 201, "{added:?}");
    added
}

async fn stats(user: &TestApp, vehicle: &str) -> TestResponse {
    user.get(&format!("/api/vehicles/{vehicle}/fuel-stats")).await
}

/// The number of logs of a vehicle according to the API and the vehicle page.
async fn logs(user: &TestApp, vehicle: &str) -> i64 {
    let stats = stats(user, vehicle).await;
    assert_eq!(stats.status, 200, "{stats:?}");
    let logs = stats.body["logs"].as_i64().unwrap();
    let page = user.get(&format!("/vehicles/{vehicle}")).await;
    let tile = format!("<dt>Fill-ups logged</dt><dd>{logs}</dd>");
    assert_eq!(page.text().contains(&tile), logs > 0, "{}", page.text());
    logs
}

async fn statistics_are_cached_until_a_change(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let car = vehicle(&ann, VINS[0]).await;
    let first = fill(&ann, &car, 1).await;
    fill(&ann, &car, 2).await;
    assert_eq!(logs(&ann, &car).await, 2);
    // Delete a log without invalidating the cache.
    let user = ann.user_id().await;
    let mut tx = app.app.db.write_for(&user).await.unwrap();
    store::delete(&mut tx, &user, FuelLogId(first.id().parse().unwrap())).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(logs(&ann, &car).await, 2);
    for day in [3, 4] {
        fill(&ann, &car, day).await;
    }
    assert_eq!(logs(&ann, &car).await, 3);
}

async fn statistics_are_current_after_every_change(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let (car, other) = (vehicle(&ann, VINS[0]).await, vehicle(&ann, VINS[1]).await);
    let both = async || {
        let (car, other) = (stats(&ann, &car).await.body, stats(&ann, &other).await.body);
        [&car, &other].map(|it| (it["logs"].clone(), it["gallons"].clone()))
    };
    let of = |car: (u32, f64), other: (u32, f64)| {
        [car, other].map(|(logs, gallons)| (json!(logs), json!(gallons)))
    };
    assert_eq!(both().await, of((0, 0.0), (0, 0.0)));
    let first = format!("/api/fuel-logs/{}", fill(&ann, &car, 1).await.id());
    assert_eq!(both().await, of((1, 10.0), (0, 0.0)));
    fill(&ann, &other, 2).await;
    assert_eq!(both().await, of((1, 10.0), (1, 10.0)));
    ann.patch(&first, json!({ "gallons": 12 })).await;
    assert_eq!(both().await, of((1, 12.0), (1, 10.0)));
    ann.patch(&first, json!({ "vehicleId": other })).await;
    assert_eq!(both().await, of((0, 0.0), (2, 22.0)));
    ann.delete(&first).await;
    assert_eq!(both().await, of((0, 0.0), (1, 10.0)));
    let path = format!("/api/vehicles/{other}");
    ann.delete(&path).await;
    assert_eq!(stats(&ann, &other).await.status, 404);
    ann.post(&format!("{path}/restore"), json!({})).await;
    assert_eq!(both().await, of((0, 0.0), (1, 10.0)));
}

async fn the_vehicle_list_shows_current_economy(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let car = vehicle(&ann, VINS[0]).await;
    let shows = async |economy: &str| ann.get("/vehicles").await.text().contains(economy);
    for day in [1, 2] {
        fill(&ann, &car, day).await;
        assert_eq!(shows("10.0").await, day == 2);
    }
    let third = fill(&ann, &car, 4).await.id();
    assert!(shows("15.0").await);
    ann.delete(&format!("/api/fuel-logs/{third}")).await;
    assert!(shows("10.0").await && !shows("15.0").await);
}

/// Simulates an instance that was killed after its commit, before it could invalidate the cache: it
/// has a different cache.
async fn a_retried_request_invalidates_the_cache(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let car = vehicle(&ann, VINS[0]).await;
    assert_eq!(logs(&ann, &car).await, 0);
    let log = json!({
        "vehicleId": car, "date": "2026-01-01", "odometerReading": 100, "gallons": 10,
    });
    let ann = ann.with_header("idempotency-key", "a fill-up");
    let elsewhere = ann.instance_with(|config| config.cache.url = None);
    assert_eq!(elsewhere.post("/api/fuel-logs", log.clone()).await.status, 201);
    assert_eq!(logs(&ann, &car).await, 0);
    let again = ann.post("/api/fuel-logs", log).await;
    assert_eq!((again.status, again.header("idempotency-replayed")), (201, "true"));
    assert_eq!(logs(&ann, &car).await, 1);
}

async fn cached_statistics_are_not_shared_between_users(app: TestApp) {
    let (ann, bob) = (app.register("ann@example.org").await, app.register("bob@example.org").await);
    let (car, his) = (vehicle(&ann, VINS[0]).await, vehicle(&bob, VINS[0]).await);
    fill(&ann, &car, 1).await;
    assert_eq!((logs(&ann, &car).await, logs(&bob, &his).await), (1, 0));
    assert_eq!(stats(&bob, &car).await.status, 404);
    assert_eq!(stats(&ann, &his).await.status, 404);
    assert_eq!((logs(&ann, &car).await, logs(&bob, &his).await), (1, 0));
}

async fn concurrent_readers_do_not_cache_stale_statistics(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let car = vehicle(&ann, VINS[0]).await;
    let is_done = Cell::new(false);
    let reading = join_all((0..4).map(|_| async {
        while !is_done.get() {
            stats(&ann, &car).await;
            // A cached read completes without waiting, so the other tasks would never run.
            tokio::task::yield_now().await;
        }
    }));
    let writing = async {
        for day in 1..=28 {
            fill(&ann, &car, day).await;
            assert_eq!(stats(&ann, &car).await.body["logs"], json!(day));
        }
        is_done.set(true);
    };
    join(reading, writing).await;
}
