//! Test data for moves: rows in every table, and edge cases of column types.

use chrono::{DateTime, Days, NaiveDate, Utc};
use serde_json::json;
use uuid::Uuid;

use super::{Side, schema};
use crate::{
    core::{
        db::{Tx, fixed::Fixed},
        keys,
    },
    features, matrix, sql,
    testing::{BeginWrite as _, Commit as _, TestApp},
};

/// Texts with special characters of exchange formats.
const TEXTS: [&str; 7] =
    ["", "\\N", "a\tb\r\nc", "\\.", "'; DROP TABLE \"x\"; --", "ü 🚗 \u{301}", " "];

/// Fills every table. Returns a signed-in user and the id of one of her vehicles.
pub(crate) async fn fill_every_table(app: &TestApp) -> (TestApp, String) {
    let (user, vehicle) = matrix::populate(app).await;
    let body = json!({ "vin": "1HGCM82633A004352", "nickname": "Added once" }).to_string();
    let key = [("idempotency-key", "once")];
    let added = user.send_json(axum::http::Method::POST, "/api/vehicles", &body, &key).await;
    assert_eq!(added.status, 201, "{added:?}");
    let secret =
        json!({ "kind": "webhook", "address": "https://93.184.216.34/", "secret": "sesame" });
    let channel = user.post("/api/notifications/channels", secret).await;
    assert_eq!(channel.status, 201, "{channel:?}");
    keys::prepare(&app.app.db, &app.app.config, &app.app.clock, &features::secrets())
        .await
        .unwrap();

    let mut tx = app.db_bypassing_rls().await.write().await.unwrap();
    let now = app.app.clock.now();
    fill_remaining_tables(&mut tx, now).await;
    fill_edge_cases(&mut tx, now).await;
    tx.commit().await.unwrap();
    assert_every_table_has_rows(app).await;
    (user, vehicle)
}

/// A new table needs a row here, or in [`matrix::populate`].
async fn assert_every_table_has_rows(app: &TestApp) {
    let mut tx = app.db_bypassing_rls().await.read().await.unwrap();
    let mut empty = Vec::new();
    for name in schema::names(&mut tx, features::ALL, Side::Source).await.unwrap() {
        if !super::databases::has_rows(&mut tx, &name).await.unwrap() {
            empty.push(name);
        }
    }
    assert!(empty.is_empty(), "the test data of the transfer has no row for {empty:?}");
}

async fn fill_remaining_tables(tx: &mut Tx, now: DateTime<Utc>) {
    let hash = &[0, 1, 0x5c, 0x0a, 0xfe, 0xff][..];
    sql!(
        &mut *tx,
        execute,
        "INSERT INTO recovery_codes (account_id, code_hash, used_at) SELECT id, $1, $2 FROM accounts",
        hash,
        now,
    )
    .unwrap();
    sql!(
        &mut *tx,
        execute,
        "INSERT INTO mail_links (token_hash, account_id, purpose, expires_at)
         SELECT $1, id, 'confirm', $2 FROM accounts WHERE email_key = 'admin@example.org'",
        hash,
        now,
    )
    .unwrap();
    sql!(
        &mut *tx,
        execute,
        "INSERT INTO pending_sign_ins (token_hash, account_id, expires_at)
         SELECT $1, id, $2 FROM accounts WHERE email_key = 'admin@example.org'",
        hash,
        now,
    )
    .unwrap();
    sql!(
        &mut *tx,
        execute,
        "INSERT INTO known_devices (token_hash, account_id, network, seen_at)
         SELECT $1, id, NULL, $2 FROM accounts",
        hash,
        now,
    )
    .unwrap();
    sql!(
        &mut *tx,
        execute,
        "INSERT INTO guess_budgets (bucket, moments, until) VALUES ($1, '1 2 3', $2)",
        "0f".repeat(32),
        now,
    )
    .unwrap();
    sql!(
        &mut *tx,
        execute,
        "INSERT INTO server_keys (name, key, created_at) VALUES ('a test''s', $1, $2)",
        hash,
        now,
    )
    .unwrap();
    let challenge = "INSERT INTO spent_challenges (id, expires_at) VALUES ($1, $2)";
    sql!(&mut *tx, execute, challenge, hash, now).unwrap();
    sql!(
        &mut *tx,
        execute,
        "INSERT INTO station_imports
           (id, file, size, bytes_read, state, added, changed, unchanged, no_station, no_name, no_place,
            failure, started_at, told_at, out_of_use, doubles)
         VALUES ($1, 'all.pbf', 9223372036854775807, 2, 'failed', 3, 4, 5, 6, 7, 8, 'cut off', $2, $2, 9, 10)",
        Uuid::now_v7(),
        now,
    )
    .unwrap();
    sql!(
        &mut *tx,
        execute,
        "INSERT INTO notified_items (channel_id, item_id, status, due, user_id)
         SELECT id, $1, 'overdue', '2026-02-01', user_id FROM notification_channels",
        Uuid::now_v7(),
    )
    .unwrap();
    sql!(
        &mut *tx,
        execute,
        "INSERT INTO notifications (id, user_id, channel_id, day, message, attempts, next_at, sent_at)
         SELECT id, user_id, id, $1, '{}', 2, $2, NULL FROM notification_channels",
        now.date_naive(),
        now,
    )
    .unwrap();
    sql!(
        &mut *tx,
        execute,
        "INSERT INTO notification_tests (user_id, tested_at) VALUES ('no account''s', $1)",
        now,
    )
    .unwrap();
    sql!(
        &mut *tx,
        execute,
        "INSERT INTO vin_cache (vin, make, year, raw_data, cached_at) VALUES ('WVWZZZ1JZXW999999', 'VW', 1999, $1, $2)",
        sqlx::types::Json(json!({ "z": [1, 2.5, null, "ü\n"], "a": { "b": true, "aa": -0.001 } })),
        now,
    )
    .unwrap();
}

/// Adds edge cases of column types.
async fn fill_edge_cases(tx: &mut Tx, now: DateTime<Utc>) {
    let moments = [
        "0001-01-01T00:00:00Z",
        "1969-12-31T23:59:59.999999Z",
        "2026-01-31T12:00:00Z",
        "2026-01-31T12:00:00.5Z",
        "2026-01-31T12:00:00.000001Z",
        "2026-03-29T01:30:00Z",
        "9999-12-31T23:59:59.999999Z",
    ];
    for (moment, text) in moments.into_iter().zip(TEXTS) {
        let moment: DateTime<Utc> = moment.parse().unwrap();
        sql!(
            &mut *tx,
            execute,
            "INSERT INTO security_events (id, at, kind, detail, count, last_at) VALUES ($1, $2, 'test', $3, $4, $2)",
            Uuid::now_v7(),
            moment,
            text,
            i64::MAX,
        )
        .unwrap();
        // Also texts by which tables are ordered.
        sql!(
            &mut *tx,
            execute,
            "INSERT INTO user_editions (user_id, edition) VALUES ($1, $2)",
            text,
            i64::MIN,
        )
        .unwrap();
    }
    for (nth, (latitude, longitude)) in [(90, 180), (-90, -180), (0, 0)].into_iter().enumerate() {
        sql!(
            &mut *tx,
            execute,
            "INSERT INTO stations (id, name, latitude, longitude, created_at, updated_at, search_key)
             VALUES ($1, $2, $3, $4, $5, NULL, 'far away')",
            Uuid::now_v7(),
            format!("Far away {nth}"),
            Fixed::<10, 8>::from_units(latitude * 100_000_000 + i64::from(latitude == 0)),
            Fixed::<11, 8>::from_units(longitude * 100_000_000 - i64::from(longitude == 0)),
            now,
        )
        .unwrap();
    }
    // The largest possible numbers, and NULL wherever it is allowed.
    for is_full in [true, false] {
        let some = |units: i64| is_full.then_some(units);
        sql!(
            &mut *tx,
            execute,
            "INSERT INTO fuel_logs
               (id, user_id, vehicle_id, date, odometer_reading, gallons, price_per_gallon, total_cost,
                notes, created_at, odometer_exact, total_exact, unit_price, amount, is_full, mpg,
                interval_amount)
             SELECT $1, user_id, id, $2, 2147483647, $3, $4, $5, $6, NULL, $7, $8, $9, $10, $11, $12, $13
             FROM vehicles WHERE deleted_at IS NOT NULL AND nickname = 'bobs trashed'",
            Uuid::now_v7(),
            NaiveDate::from_ymd_opt(1886, 1, 29).unwrap(),
            Fixed::<8, 3>::from_units(if is_full { 99_999_999 } else { 1 }),
            some(999_999).and_then(Fixed::<6, 3>::from_units),
            some(-1).and_then(Fixed::<8, 2>::from_units),
            TEXTS[2],
            i64::MAX,
            i64::MIN,
            some(999_999_999_999).and_then(Fixed::<12, 4>::from_units),
            some(99_999_999_999_999).and_then(Fixed::<14, 3>::from_units),
            is_full,
            some(9_999_999_999_999_999).and_then(Fixed::<16, 2>::from_units),
            some(-999_999_999_999_999_999).and_then(Fixed::<18, 3>::from_units),
        )
        .unwrap();
    }
}

/// Adds `count` fill-ups to a vehicle of the user.
pub(super) async fn fill_up(app: &TestApp, user: &TestApp, vehicle: &str, count: u32) {
    let (user, vehicle): (_, Uuid) = (user.user_id().await, vehicle.parse().unwrap());
    let mut tx = app.db_bypassing_rls().await.write().await.unwrap();
    let first = NaiveDate::from_ymd_opt(1990, 1, 1).unwrap();
    for nth in 0..i64::from(count) {
        let gallons = 5_000 + nth * 7 % 15_000;
        let price = 2_001 + nth * 13 % 3_000;
        let cost = (gallons * price + 5_000) / 10_000;
        let miles = 150 + nth * 11 % 300;
        sql!(
            &mut tx,
            execute,
            "INSERT INTO fuel_logs
               (id, user_id, vehicle_id, date, odometer_reading, gallons, price_per_gallon, total_cost,
                station_name, notes, created_at, updated_at, odometer_exact, odometer_unit, total_exact,
                volume_exact, volume_unit, unit_price, unit_price_per, amount, currency, derived,
                distance_exact, interval_exact, interval_volume, interval_amount, mpg)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'Corner', 'paid\tin\ncash', $9, $9, $10, 'mi', $10,
                     $11, 'gal_us', $12, 'gal_us', $13, 'USD', 'unit-price', $14, $14, $11, $13, $15)",
            Uuid::now_v7(),
            user.as_str(),
            vehicle,
            first + Days::new(u64::try_from(nth).unwrap() / 8),
            i32::try_from(1_000 + nth).unwrap(),
            Fixed::<8, 3>::from_units(gallons),
            Fixed::<6, 3>::from_units(price),
            Fixed::<8, 2>::from_units(cost),
            app.app.clock.now(),
            (1_000 + nth) * 16_093_440,
            gallons * 3_785_411_784,
            Fixed::<12, 4>::from_units(price * 10),
            Fixed::<14, 3>::from_units(cost * 10),
            miles * 16_093_440,
            Fixed::<16, 2>::from_units(miles * 100_000 / gallons),
        )
        .unwrap();
    }
    tx.commit().await.unwrap();
}
