//! Tests of the access review after a password reset.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use serde_json::json;

use crate::{
    core::feature::{Access, OnPasswordReset, Owner},
    features, sql,
    testing::{TestApp, TestResponse, on_every_engine},
};

on_every_engine![
    every_table_with_an_account_declares_whether_it_grants_access,
    a_reset_requires_a_review_and_a_review_requires_the_password,
    a_channel_sends_nothing_until_it_is_reviewed,
    grants_added_after_a_reset_need_no_review,
    a_reset_forgets_known_browsers,
    access_changes_are_logged_with_address_and_browser,
    the_review_names_the_administrator_who_reset_the_password,
];

const PASSWORD: &str = "correct horse battery";
const NEW_PASSWORD: &str = "an entirely new one";

/// Lists the tables with a column that references an account or a user.
async fn list_owned_tables(app: &TestApp) -> BTreeSet<String> {
    let db = app.db_bypassing_rls().await;
    let mut tx = db.read().await.unwrap();
    let is_sqlite = db.engine() == "sqlite";
    let rows: Vec<(String,)> = if is_sqlite {
        sql!(
            &mut tx,
            fetch_all,
            "SELECT DISTINCT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c
             WHERE m.type = 'table'
               AND c.name IN ('account_id', 'user_id', 'created_by', 'used_by', 'actor_id')",
        )
    } else {
        sql!(
            &mut tx,
            fetch_all,
            "SELECT DISTINCT CAST(table_name AS TEXT) FROM information_schema.columns
             WHERE table_schema = 'public'
               AND column_name IN ('account_id', 'user_id', 'created_by', 'used_by', 'actor_id')",
        )
    }
    .unwrap();
    rows.into_iter().map(|row| row.0).collect()
}

async fn every_table_with_an_account_declares_whether_it_grants_access(app: TestApp) {
    let mut listed = BTreeSet::new();
    for table in features::tables().filter(|it| it.owner != Owner::Shared) {
        assert!(listed.insert(table.name.to_owned()), "{} is listed twice", table.name);
        if let Access::None(why) | Access::Granted(OnPasswordReset::Unchanged(why)) = table.access {
            assert!(!why.is_empty(), "{} needs a reason", table.name);
        }
    }
    assert_eq!(
        list_owned_tables(&app).await,
        listed,
        "the tables with an account are not those that features declare with an owner"
    );
}

/// Resets Ann's password with a link from the administrator, and signs in as Ann.
async fn reset(app: &TestApp) -> TestApp {
    let admin = app.as_administrator().await;
    let users = admin.get("/api/admin/users?search=ann%40").await;
    let id = users.body["items"][0]["id"].as_str().unwrap().to_owned();
    let link = admin.post(&format!("/api/admin/users/{id}/reset"), json!({})).await;
    assert_eq!(link.status, 201, "{link:?}");
    let token = link.body["url"].as_str().unwrap().rsplit_once('=').unwrap().1.to_owned();
    let fields = [("token", token.as_str()), ("password", NEW_PASSWORD)];
    let done = app.anonymous().post_form("/reset", &fields).await;
    assert_eq!(done.status, 200, "{done:?}");
    // Advance the clock, so that whatever is added next is newer than the reset.
    app.app.clock.advance(TimeDelta::seconds(1));
    log_in(app).await
}

async fn log_in(app: &TestApp) -> TestApp {
    let body = json!({ "email": "ann@example.org", "password": NEW_PASSWORD });
    let answer = app.anonymous().post("/api/auth/login", body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    app.with_cookie(crate::testing::cookie_of(&answer))
}

fn ntfy(name: &str) -> serde_json::Value {
    json!({ "kind": "ntfy", "address": format!("http://127.0.0.1:9/{name}") })
}

fn allow_private_addresses(app: &TestApp) -> TestApp {
    app.reconfigured(|config| config.notifications.allow_private_addresses = true)
}

async fn a_reset_requires_a_review_and_a_review_requires_the_password(app: TestApp) {
    let app = allow_private_addresses(&app);
    let ann = app.register("ann@example.org").await;
    let review = ann.get("/api/auth/review").await;
    assert_eq!((review.status, &review.body["since"]), (200, &json!(null)));
    assert!(!ann.get("/vehicles").await.text().contains("Your password was reset"));
    ann.post("/api/notifications/channels", ntfy("cars")).await.id();

    let ann = reset(&app).await;
    let review = ann.get("/api/auth/review").await;
    assert_eq!(review.body["since"], "2026-01-31T12:00:00.123456Z");
    assert_eq!(review.body["items"][0]["kind"], "notification-channel");
    assert_eq!(review.body["items"][0]["name"], "ntfy: http://127.0.0.1:9/cars");
    assert!(ann.get("/vehicles").await.text().contains("Your password was reset"));
    let page = ann.get("/settings/review").await;
    for part in ["Access to your account", "ntfy: http://127.0.0.1:9/cars", "Remove"] {
        assert!(page.text().contains(part), "{part}: {page:?}");
    }

    app.app.clock.advance(TimeDelta::minutes(10));
    let stale = ann.delete("/api/auth/review").await;
    assert_eq!(
        (stale.status, &stale.body["type"]),
        (403, &json!("/problems/confirmation-required"))
    );
    let confirmed = ann.post("/api/auth/confirm", json!({ "password": NEW_PASSWORD })).await;
    assert_eq!(confirmed.status, 204, "{confirmed:?}");
    assert_eq!(ann.delete("/api/auth/review").await.status, 204);
    assert_eq!(ann.get("/api/auth/review").await.body["since"], json!(null));
    assert!(!ann.get("/vehicles").await.text().contains("Your password was reset"));
}

async fn channel_state(app: &TestApp) -> String {
    let listed = app.get("/api/notifications/channels").await;
    listed.body["items"][0]["state"].as_str().unwrap().to_owned()
}

async fn a_channel_sends_nothing_until_it_is_reviewed(app: TestApp) {
    let app = allow_private_addresses(&app);
    let ann = app.register("ann@example.org").await;
    let channel = ann.post("/api/notifications/channels", ntfy("cars")).await;
    assert_eq!(channel.body["state"], "on");
    let ann = reset(&app).await;
    assert_eq!(channel_state(&ann).await, "unreviewed");
    let test = format!("/api/notifications/channels/{}/test", channel.id());
    let tried = ann.post(&test, json!({})).await;
    assert_eq!(tried.body["isSent"], false, "{tried:?}");
    assert!(tried.body["problem"].as_str().unwrap().contains("review"), "{tried:?}");
    assert!(
        ann.get("/settings/notifications").await.text().contains("Paused until you review it.")
    );
    assert_eq!(ann.post_form("/settings/review", &[]).await.status, 303);
    assert_eq!(channel_state(&ann).await, "on");
}

async fn grants_added_after_a_reset_need_no_review(app: TestApp) {
    let app = allow_private_addresses(&app);
    app.register("ann@example.org").await;
    let ann = reset(&app).await;
    let channel = ann.post("/api/notifications/channels", ntfy("cars")).await;
    assert_eq!(channel.status, 201, "{channel:?}");
    assert_eq!(channel_state(&ann).await, "on");
}

async fn a_reset_forgets_known_browsers(app: TestApp) {
    let from = |address: &str| app.with_client_ip(address);
    let new = json!({ "email": "ann@example.org", "password": PASSWORD });
    let intruder = from("192.0.2.1").anonymous().post("/api/auth/register", new).await;
    assert_eq!(intruder.status, 201);
    let before = count_devices(&app).await;
    assert!(before >= 2, "the administrator's and the intruder's");
    reset(&app).await;
    // Ann's new browser replaces the intruder's. The administrator has signed in again.
    assert!(count_devices(&app).await <= before + 1);
    let known = list_known_networks(&app, "ann@example.org").await;
    assert!(!known.iter().any(|it| it.starts_with("192.0.2.1")), "{known:?}");
}

async fn count_devices(app: &TestApp) -> i64 {
    let mut tx = app.app.db.read().await.unwrap();
    let (count,): (i64,) = sql!(&mut tx, fetch_one, "SELECT COUNT(*) FROM known_devices").unwrap();
    count
}

async fn list_known_networks(app: &TestApp, email: &str) -> Vec<String> {
    let mut tx = app.app.db.read().await.unwrap();
    let rows: Vec<(Option<String>,)> = sql!(
        &mut tx,
        fetch_all,
        "SELECT d.network FROM known_devices d JOIN accounts a ON a.id = d.account_id
         WHERE a.email = $1",
        email,
    )
    .unwrap();
    rows.into_iter().filter_map(|row| row.0).collect()
}

async fn find_event(admin: &TestApp, kind: &str) -> serde_json::Value {
    let log = admin.get(&format!("/api/admin/security-log?kind={kind}")).await;
    let event = log.body["items"][0].clone();
    assert!(event.is_object(), "no {kind}: {log:?}");
    event
}

async fn access_changes_are_logged_with_address_and_browser(app: TestApp) {
    let app = allow_private_addresses(&app);
    let ann = app.register("ann@example.org").await;
    let ann = ann.with_client_ip("192.0.2.9").with_header("user-agent", "Firefox/144.0");
    let begun = ann.post("/api/auth/factors/totp", json!({})).await;
    let secret = totp_rs::Secret::try_from_base32(begun.body["secret"].as_str().unwrap()).unwrap();
    let totp = totp_code(secret.as_bytes(), &app);
    let on = ann.post("/api/auth/factors/totp/confirm", json!({ "code": totp })).await;
    assert_eq!(on.status, 200, "{on:?}");
    ann.post("/api/auth/factors/recovery-codes", json!({})).await;
    let channel: TestResponse = ann.post("/api/notifications/channels", ntfy("cars")).await;
    ann.delete(&format!("/api/notifications/channels/{}", channel.id())).await;
    ann.delete("/api/auth/factors/totp").await;
    let admin = app.as_administrator().await;
    for kind in [
        "factor-added",
        "recovery-codes-made",
        "channel-added",
        "channel-removed",
        "factor-removed",
    ] {
        let event = find_event(&admin, kind).await;
        assert_eq!(event["address"], "192.0.2.9", "{event}");
        assert_eq!(event["userAgent"], "Firefox/144.0", "{event}");
    }
    assert_eq!(find_event(&admin, "channel-added").await["detail"], "ntfy 127.0.0.1");
}

fn totp_code(secret: &[u8], app: &TestApp) -> String {
    features::factors::code_at(secret, app.app.clock.now())
}

async fn the_review_names_the_administrator_who_reset_the_password(app: TestApp) {
    app.register("ann@example.org").await;
    let ann = reset(&app).await;
    let page = ann.get("/settings/review").await;
    assert!(page.text().contains("that admin@example.org created"), "{page:?}");
    assert!(page.text().contains("Continue"), "{page:?}");
}
