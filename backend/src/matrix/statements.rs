//! The SQL statements of every page and list: their number is recorded in a snapshot, and must not grow with
//! the number of records.

use std::fmt::Write as _;

use axum::http::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{
    Fixture, Probes,
    fixture::{create_invitation, created_id},
    rows::{self, Row},
};
use crate::{
    core::db::Tx,
    features::oidc::FakeProvider,
    sql,
    testing::{BeginWrite as _, Commit as _, StatementLog, TestApp, on_every_engine},
};

on_every_engine![pages_run_the_same_statements_for_any_number_of_records];

/// Calls every route that reads, as an administrator who has this many records of each kind. Returns each
/// call and its statements. The cache is in the process, because Redis may be too slow on a busy machine,
/// and the service would then do without it.
async fn statements_of_every_page(
    app: &TestApp,
    provider: &FakeProvider,
    records: u32,
) -> Vec<(Row, Vec<String>)> {
    let app = app.new_on_same_engine().await.reconfigured(|config| {
        config.server.public_url = Some("http://cars.test".to_owned());
        config.auth.providers.insert("home".to_owned(), provider.settings());
        config.notifications.allow_private_addresses = true;
        config.cache.url = None;
    });
    let mut ann = Fixture::for_administrator(&app, "ann").await;
    ann.enable_two_factor(&app).await;
    add_records(&app, &ann, records).await;
    let mut probes = Probes { app: &app, count: 0 };
    let mut all = Vec::new();
    for row in rows::all() {
        if !row.is_read() || row.target().starts_with("/assets/") {
            continue;
        }
        // Forget what earlier requests have read.
        app.app.auth.clear_session_cache();
        app.app.cache.clear();
        let log = StatementLog::begin();
        let response = probes.send(&ann.user, &row, &ann.ids).await;
        all.push((row, log.end()));
        let is_expected =
            row.expected_status.map_or(response.status < 400, |it| it == response.status);
        assert!(is_expected, "{row:?}: {response:?}");
    }
    all
}

/// Adds this many records of each kind to those that the user has.
async fn add_records(app: &TestApp, ann: &Fixture, count: u32) {
    let user = &ann.user;
    let post = async |path: &str, body: Value| {
        let response = user.post(path, body).await;
        assert!(response.status < 300, "{path}: {response:?}");
        response
    };
    let account: Uuid = ann.ids["account"].parse().unwrap();
    for nth in 0..count {
        app.register(&format!("user{nth}@example.org")).await;
        create_invitation(app, account).await;
        let station = json!({
            "name": format!("Corner {nth}"), "latitude": 48.1, "longitude": 11.5 + f64::from(nth) / 1000.0,
        });
        let station = created_id(&post("/api/stations", station).await);
        let favorite = format!("/api/stations/{station}/favorite");
        let favorite = user.send_json(Method::PUT, &favorite, r#"{"notes":"mine"}"#, &[]).await;
        assert_eq!(favorite.status, 200, "{favorite:?}");
        for kind in ["a", "b"] {
            let vehicle = json!({
                "vin": format!("WVWZZZ1JZXW{kind}{nth:05}").to_uppercase(), "nickname": format!("{kind} {nth}"),
            });
            let vehicle = created_id(&post("/api/vehicles", vehicle).await);
            if kind == "a" {
                add_records_of_vehicle(user, &vehicle, &station, 0).await;
            } else {
                assert_eq!(user.delete(&format!("/api/vehicles/{vehicle}")).await.status, 204);
            }
        }
        add_records_of_vehicle(user, &ann.ids["vehicle"], &ann.ids["station"], nth).await;
        // Ten are allowed, and the user has two.
        if nth < 8 {
            let address = format!("http://127.0.0.1/topic{nth}");
            let channel = json!({ "kind": "ntfy", "address": address });
            post("/api/notifications/channels", channel).await;
        }
        post("/api/auth/tokens", json!({ "name": format!("Script {nth}"), "scope": "read" })).await;
    }
    add_credentials(app, account, count).await;
}

/// Adds a fill-up, an odometer reading, a reminder and a finished item to a vehicle. Records of the same
/// vehicle have different numbers.
async fn add_records_of_vehicle(user: &TestApp, vehicle: &str, station: &str, number: u32) {
    let (day, reading) = (5 + number, 1000 + 300 * number);
    let date = format!("2026-01-{day:02}");
    let log = json!({
        "vehicleId": vehicle, "date": date, "odometerReading": reading, "gallons": 10,
        "totalCost": 40, "fuelType": "diesel", "stationId": station,
    });
    created_id(&user.post("/api/fuel-logs", log).await);
    let odometer = format!("/api/vehicles/{vehicle}/odometer");
    created_id(&user.post(&odometer, json!({ "date": date, "reading": reading + 100 })).await);
    for kind in ["planned", "done"] {
        let item = json!({
            "vehicleId": vehicle, "type": format!("{kind}_{number}"), "dueDate": format!("2026-02-{day:02}"),
            "intervalMonths": 12,
        });
        let item = created_id(&user.post("/api/maintenance", item).await);
        if kind == "done" {
            let path = format!("/api/maintenance/{item}/complete");
            let done =
                json!({ "completedDate": date, "completedMileage": reading + 100, "cost": 100 });
            let done = user.post(&path, done).await;
            assert_eq!(done.status, 200, "{done:?}");
        }
    }
}

/// Adds sessions, passkeys, identities and imports, which can't be created with requests alone. All are
/// shown for review.
async fn add_credentials(app: &TestApp, account: Uuid, count: u32) {
    let now = app.app.clock.now();
    let mut tx = app.app.db.write().await.unwrap();
    let review = "UPDATE accounts SET review_since = created_at WHERE id = $1";
    sql!(&mut tx, execute, review, account).unwrap();
    for nth in 0..count {
        let id = Uuid::now_v7();
        let hash = &Sha256::digest(id)[..];
        sql!(
            &mut tx,
            execute,
            "INSERT INTO sessions (token_hash, account_id, created_at, seen_at, expires_at, id)
             VALUES ($1, $2, $3, $3, $4, $5)",
            hash,
            account,
            now,
            now + chrono::TimeDelta::days(1),
            id,
        )
        .unwrap();
        sql!(
            &mut tx,
            execute,
            "INSERT INTO passkeys (id, account_id, credential_id, credential, name, created_at)
             VALUES ($1, $2, $3, '{}', $4, $5)",
            id,
            account,
            hash,
            format!("Key {nth}"),
            now,
        )
        .unwrap();
        sql!(
            &mut tx,
            execute,
            "INSERT INTO identities (issuer, subject, id, account_id, created_at)
             VALUES ('https://id.example', $1, $2, $3, $4)",
            format!("subject {nth}"),
            id,
            account,
            now,
        )
        .unwrap();
        add_import(&mut tx, id, now).await;
    }
    tx.commit().await.unwrap();
}

async fn add_import(tx: &mut Tx, id: Uuid, now: chrono::DateTime<chrono::Utc>) {
    sql!(
        tx,
        execute,
        "INSERT INTO station_imports
           (id, file, size, bytes_read, state, added, changed, unchanged, no_station, no_name, no_place,
            failure, started_at, told_at, out_of_use, doubles)
         VALUES ($1, 'all.pbf', 1, 1, 'failed', 3, 4, 5, 6, 7, 8, 'cut off', $2, $2, 9, 10)",
        id,
        now,
    )
    .unwrap();
}

async fn pages_run_the_same_statements_for_any_number_of_records(app: TestApp) {
    let provider = FakeProvider::start().await;
    let few = statements_of_every_page(&app, &provider, 2).await;
    let many = statements_of_every_page(&app, &provider, 20).await;
    let mut listed = String::new();
    let mut growing = String::new();
    for ((row, few), (_, many)) in few.iter().zip(&many) {
        writeln!(listed, "{}: {}", row.target(), many.len()).unwrap();
        if many.len() > few.len() {
            writeln!(growing, "{}: {} -> {}: {many:#?}", row.target(), few.len(), many.len())
                .unwrap();
        }
    }
    assert!(
        growing.is_empty(),
        "load these with one statement, not with one for each record: {growing}"
    );
    // Both engines run the same statements.
    insta::assert_snapshot!("of_every_page", listed);
}
