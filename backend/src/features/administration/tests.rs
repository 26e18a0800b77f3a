use axum::{
    body::Body,
    http::{Method, Request},
};
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{Command, run};
use crate::{
    core::config::Registration,
    sql,
    testing::{TestApp, TestResponse, block_on, cookie_of, on_every_engine},
};

on_every_engine![
    only_administrators_have_access,
    accounts_are_listed_newest_first_and_can_be_searched,
    last_seen_has_hourly_resolution,
    disabling_an_account_revokes_its_sessions_and_tokens_immediately,
    disabling_an_account_ends_sessions_on_other_instances_within_a_second,
    the_last_administrator_cannot_be_disabled_or_demoted,
    one_of_two_administrators_demoting_each_other_remains,
    one_of_two_administrators_demoting_themselves_remains,
    a_stale_etag_is_rejected,
    administrators_cannot_see_other_users_vehicles_or_fill_ups,
    a_reset_link_sets_a_password_once_and_revokes_access,
    unknown_used_and_expired_reset_links_are_indistinguishable,
    a_newer_link_or_disabling_the_account_invalidates_a_reset_link,
    a_password_change_invalidates_a_reset_link,
    concurrent_uses_of_a_reset_link_set_one_password,
    a_retried_reset_returns_the_same_link_without_storing_it,
    expired_reset_links_are_purged,
    a_locked_out_administrator_regains_access_from_the_command_line,
];

pub(super) const PASSWORD: &str = "correct horse battery";

pub(super) async fn log_in(app: &TestApp, email: &str, password: &str) -> TestResponse {
    let known = json!({ "email": email, "password": password });
    app.anonymous().post("/api/auth/login", known).await
}

/// Returns the id of an account.
pub(super) async fn id_of(admin: &TestApp, email: &str) -> String {
    let found = admin.get(&format!("/api/admin/users?search={email}")).await;
    found.body["items"][0]["id"].as_str().unwrap_or_else(|| panic!("{found:?}")).to_owned()
}

async fn change(admin: &TestApp, id: &str, change: Value) -> TestResponse {
    admin.patch(&format!("/api/admin/users/{id}"), change).await
}

/// Adds another administrator, who is signed in.
async fn add_administrator(app: &TestApp, admin: &TestApp) -> (TestApp, String) {
    let bea = app.register("bea@example.org").await;
    let id = id_of(admin, "bea@example.org").await;
    assert_eq!(change(admin, &id, json!({ "isAdmin": true })).await.status, 200);
    (bea, id)
}

pub(super) async fn create_reset_link(admin: &TestApp, id: &str) -> TestResponse {
    admin.send(Request::post(format!("/api/admin/users/{id}/reset")), Body::empty()).await
}

/// Returns the token of the link in a response.
pub(super) fn token_in(response: &TestResponse) -> String {
    assert_eq!(response.status, 201, "{response:?}");
    response.body["url"].as_str().unwrap().rsplit_once('=').unwrap().1.to_owned()
}

async fn set_password(app: &TestApp, token: &str, password: &str) -> TestResponse {
    app.anonymous().post_form("/reset", &[("token", token), ("password", password)]).await
}

async fn is_signed_in(app: &TestApp) -> bool {
    app.get("/api/auth/me").await.status == 200
}

async fn only_administrators_have_access(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let id = uuid::Uuid::now_v7();
    let reads = [
        "users".to_owned(),
        format!("users/{id}"),
        "invitations".to_owned(),
        format!("invitations/{id}"),
        "security-log".to_owned(),
        "security-log.csv".to_owned(),
    ];
    for path in reads.map(|it| format!("/api/admin/{it}")) {
        assert_eq!(ann.get(&path).await.status, 403, "{path}");
        assert_eq!(app.anonymous().get(&path).await.status, 401, "{path}");
    }
    for path in ["/admin", "/admin/invitations", "/admin/log"] {
        assert_eq!(ann.get(path).await.status, 403, "{path}");
        assert_eq!(app.anonymous().get(path).await.status, 303, "{path}");
    }
    let me = ann.get("/api/auth/me").await.id();
    assert_eq!(change(&ann, &me, json!({ "isAdmin": true })).await.status, 403);
    assert_eq!(create_reset_link(&ann, &me).await.status, 403);
    assert_eq!(ann.post("/api/admin/invitations", json!({})).await.status, 403);
    assert_eq!(
        ann.post_form(&format!("/admin/users/{me}"), &[("isAdmin", "true")]).await.status,
        403
    );
    assert_eq!(ann.get("/api/auth/me").await.body["isAdmin"], false);
}

async fn accounts_are_listed_newest_first_and_can_be_searched(app: TestApp) {
    let admin = app.as_administrator().await;
    for (email, name) in [("ann@example.org", "Ann 100%"), ("Bob@Example.net", "Böb")] {
        app.app.clock.advance(TimeDelta::minutes(1));
        let new = json!({ "email": email, "password": PASSWORD, "displayName": name });
        assert_eq!(app.anonymous().post("/api/auth/register", new).await.status, 201);
    }
    let emails = async |query: &str| -> Vec<String> {
        let list = admin.get(&format!("/api/admin/users{query}")).await;
        let items = list.body["items"].as_array().unwrap_or_else(|| panic!("{list:?}")).clone();
        items.iter().map(|it| it["email"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(emails("").await, ["Bob@Example.net", "ann@example.org", "admin@example.org"]);
    assert_eq!(emails("?search=EXAMPLE.ORG").await, ["ann@example.org", "admin@example.org"]);
    assert_eq!(emails("?search=100%25").await, ["ann@example.org"]);
    assert_eq!(emails("?search=%25").await, ["ann@example.org"], "wildcards are escaped");
    assert_eq!(emails("?search=_").await, [""; 0]);
    for name in ["bob", "B%C3%96B", "bo%CC%88b"] {
        assert_eq!(emails(&format!("?search={name}")).await, ["Bob@Example.net"], "{name}");
    }
    let page = admin.get("/api/admin/users?search=example&limit=2").await;
    let cursor = page.body["nextCursor"].as_str().unwrap();
    let next = emails(&format!("?search=example&limit=2&cursor={cursor}")).await;
    assert_eq!(next, ["admin@example.org"]);

    let first = admin.get("/api/admin/users?limit=2").await;
    let cursor = first.body["nextCursor"].as_str().unwrap();
    assert_eq!(emails(&format!("?limit=2&cursor={cursor}")).await, ["admin@example.org"]);
    assert_eq!(admin.get("/api/admin/users?cursor=x").await.status, 422);
    let one = admin.get(&format!("/api/admin/users/{}", id_of(&admin, "bob").await)).await;
    insta::assert_json_snapshot!(one, { ".body.id" => "[id]" }, @r#"
    {
      "status": 200,
      "body": {
        "createdAt": "2026-01-31T12:02:00.123456Z",
        "disabledAt": null,
        "displayName": "Böb",
        "email": "Bob@Example.net",
        "id": "[id]",
        "isAdmin": false,
        "lastSeenAt": "2026-01-31T12:00:00Z"
      }
    }
    "#);
    assert_ne!(one.header("etag"), "");
    let unknown = format!("/api/admin/users/{}", uuid::Uuid::now_v7());
    assert_eq!(admin.get(&unknown).await.status, 404);
}

async fn last_seen_has_hourly_resolution(app: TestApp) {
    let admin = app.as_administrator().await;
    let ann = app.register("ann@example.org").await;
    let path = format!("/api/admin/users/{}", id_of(&admin, "ann@").await);
    app.app.clock.advance(TimeDelta::minutes(200));
    let other = ann.instance_with(|_| {});
    assert!(is_signed_in(&other).await);
    assert_eq!(admin.get(&path).await.body["lastSeenAt"], "2026-01-31T15:00:00Z");
}

async fn disabling_an_account_revokes_its_sessions_and_tokens_immediately(app: TestApp) {
    let admin = app.as_administrator().await;
    let ann = app.register("ann@example.org").await;
    let created = ann.post("/api/auth/tokens", json!({ "name": "x", "scope": "write" })).await;
    let bearer = format!("Bearer {}", created.body["token"].as_str().unwrap());
    let program = app.anonymous().with_header("authorization", &bearer);
    assert!(is_signed_in(&ann).await && is_signed_in(&program).await);

    let id = id_of(&admin, "ann@").await;
    let disabled = change(&admin, &id, json!({ "isDisabled": true })).await;
    assert_eq!(disabled.status, 200, "{disabled:?}");
    assert_eq!(disabled.body["disabledAt"], "2026-01-31T12:00:00.123456Z");
    assert!(!is_signed_in(&ann).await && !is_signed_in(&program).await);
    let refused = log_in(&app, "ann@example.org", PASSWORD).await;
    let unknown = log_in(&app, "nobody@example.org", PASSWORD).await;
    assert_eq!((refused.status, &refused.body), (401, &unknown.body));

    let enabled = change(&admin, &id, json!({ "isDisabled": false })).await;
    assert_eq!((enabled.status, &enabled.body["disabledAt"]), (200, &Value::Null));
    assert_eq!(log_in(&app, "ann@example.org", PASSWORD).await.status, 200);
    assert!(
        !is_signed_in(&ann).await && !is_signed_in(&program).await,
        "what was revoked stays revoked"
    );
}

async fn disabling_an_account_ends_sessions_on_other_instances_within_a_second(app: TestApp) {
    let admin = app.as_administrator().await;
    let ann = app.register("ann@example.org").await;
    let elsewhere = ann.instance_with(|_| {});
    assert!(is_signed_in(&elsewhere).await);
    let id = id_of(&admin, "ann@").await;
    assert_eq!(change(&admin, &id, json!({ "isDisabled": true })).await.status, 200);
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    assert!(!is_signed_in(&elsewhere).await);
}

async fn the_last_administrator_cannot_be_disabled_or_demoted(app: TestApp) {
    let admin = app.as_administrator().await;
    let own = id_of(&admin, "admin@").await;
    for leave in [json!({ "isAdmin": false }), json!({ "isDisabled": true })] {
        let refused = change(&admin, &own, leave).await;
        let kind = &refused.body["type"];
        assert_eq!((refused.status, kind), (409, &json!("/problems/last-administrator")));
    }
    // A disabled administrator does not count.
    let (_, bea) = add_administrator(&app, &admin).await;
    assert_eq!(change(&admin, &bea, json!({ "isDisabled": true })).await.status, 200);
    assert_eq!(change(&admin, &own, json!({ "isAdmin": false })).await.status, 409);
    assert_eq!(change(&admin, &bea, json!({ "isDisabled": false })).await.status, 200);
    assert_eq!(change(&admin, &own, json!({ "isAdmin": false })).await.status, 200);
    assert_eq!(
        admin.get("/api/admin/users").await.status,
        403,
        "the change is effective immediately"
    );
}

async fn administrators(app: &TestApp) -> i64 {
    let mut tx = app.db_bypassing_rls().await.read().await.unwrap();
    let (count,): (i64,) = sql!(
        &mut tx,
        fetch_one,
        "SELECT COUNT(*) FROM accounts WHERE is_admin AND disabled_at IS NULL",
    )
    .unwrap();
    count
}

async fn one_of_two_administrators_demoting_each_other_remains(app: TestApp) {
    let admin = app.as_administrator().await;
    let own = id_of(&admin, "admin@").await;
    let (bea, id_of_bea) = add_administrator(&app, &admin).await;
    for round in 0..6 {
        let leave = if round % 2 == 0 { "isAdmin" } else { "isDisabled" };
        let leave = json!({ leave: leave == "isDisabled" });
        let (one, other) =
            tokio::join!(change(&admin, &id_of_bea, leave.clone()), change(&bea, &own, leave));
        let mut statuses = [one.status, other.status];
        statuses.sort_unstable();
        assert!(matches!(statuses, [200, 401 | 403]), "{one:?} {other:?}");
        assert_eq!(administrators(&app).await, 1);
        if round % 2 == 1 {
            // The disabled administrator is signed out permanently.
            return;
        }
        let (winner, loser) = if one.status == 200 { (&admin, &id_of_bea) } else { (&bea, &own) };
        assert_eq!(change(winner, loser, json!({ "isAdmin": true })).await.status, 200);
    }
}

async fn one_of_two_administrators_demoting_themselves_remains(app: TestApp) {
    let admin = app.as_administrator().await;
    let own = id_of(&admin, "admin@").await;
    let (bea, id_of_bea) = add_administrator(&app, &admin).await;
    for _ in 0..5 {
        let leave = json!({ "isAdmin": false });
        let (one, other) =
            tokio::join!(change(&admin, &own, leave.clone()), change(&bea, &id_of_bea, leave));
        let mut statuses = [one.status, other.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409], "{one:?} {other:?}");
        assert_eq!(administrators(&app).await, 1);
        let (winner, loser) = if one.status == 409 { (&admin, &id_of_bea) } else { (&bea, &own) };
        assert_eq!(change(winner, loser, json!({ "isAdmin": true })).await.status, 200);
    }
}

async fn a_stale_etag_is_rejected(app: TestApp) {
    let admin = app.as_administrator().await;
    app.register("ann@example.org").await;
    let path = format!("/api/admin/users/{}", id_of(&admin, "ann@").await);
    let etag = admin.get(&path).await.header("etag").to_owned();
    let disable = async || {
        let body = r#"{"isDisabled":true}"#;
        admin.send_json(Method::PATCH, &path, body, &[("if-match", &etag)]).await.status
    };
    assert_eq!(disable().await, 200);
    assert_eq!(disable().await, 412);
    let nulls = admin.patch(&path, json!({ "isAdmin": null, "email": "x@y" })).await;
    assert_eq!(nulls.field_errors(), ["/isAdmin: can’t be empty", "/email: is unknown"]);
}

async fn administrators_cannot_see_other_users_vehicles_or_fill_ups(app: TestApp) {
    let admin = app.as_administrator().await;
    let ann = app.register("ann@example.org").await;
    let vehicle = ann.post("/api/vehicles", json!({ "vin": "1HGCM82633A004352" })).await.id();
    let log = json!({
        "vehicleId": vehicle, "date": "2026-01-30", "odometerReading": 100, "gallons": 10,
    });
    let log = ann.post("/api/fuel-logs", log).await.id();
    for path in [
        format!("/api/vehicles/{vehicle}"),
        format!("/api/fuel-logs/{log}"),
        format!("/api/fuel-logs?vehicleId={vehicle}"),
        format!("/vehicles/{vehicle}"),
    ] {
        assert_eq!(ann.get(&path).await.status, 200, "{path}");
        assert_eq!(admin.get(&path).await.status, 404, "{path}");
    }
}

async fn a_reset_link_sets_a_password_once_and_revokes_access(app: TestApp) {
    let admin = app.as_administrator().await;
    let ann = app.register("ann@example.org").await;
    let created = ann.post("/api/auth/tokens", json!({ "name": "x", "scope": "read" })).await;
    let bearer = format!("Bearer {}", created.body["token"].as_str().unwrap());
    let program = app.anonymous().with_header("authorization", &bearer);
    let id = id_of(&admin, "ann@").await;
    let link = create_reset_link(&admin, &id).await;
    let token = token_in(&link);
    assert_eq!(link.body["url"], format!("http://cars.test/reset?token={token}"));
    assert_eq!(link.body["expiresAt"], "2026-02-01T12:00:00.123456Z");
    assert_eq!(link.header("location"), format!("/api/admin/users/{id}"));

    let page = app.anonymous().get(&format!("/reset?token={token}")).await;
    assert_eq!(page.status, 200, "{page:?}");
    let short = set_password(&app, &token, "short").await;
    assert_eq!(short.status, 422);
    assert!(short.body.as_str().unwrap().contains("This must have at least 8 characters."));
    assert!(is_signed_in(&ann).await, "the password is not reset yet");
    let done = set_password(&app, &token, "an entirely new one").await;
    assert_eq!(done.status, 200, "{done:?}");
    assert!(!is_signed_in(&ann).await && !is_signed_in(&program).await);
    assert_eq!(log_in(&app, "ann@example.org", PASSWORD).await.status, 401);
    assert_eq!(log_in(&app, "ann@example.org", "an entirely new one").await.status, 200);
    assert_eq!(set_password(&app, &token, "yet another one").await.status, 404);
}

async fn unknown_used_and_expired_reset_links_are_indistinguishable(app: TestApp) {
    let admin = app.as_administrator().await;
    app.register("ann@example.org").await;
    let id = id_of(&admin, "ann@").await;
    let used = token_in(&create_reset_link(&admin, &id).await);
    assert_eq!(set_password(&app, &used, "an entirely new one").await.status, 200);
    let expired = token_in(&create_reset_link(&admin, &id).await);
    app.app.clock.advance(TimeDelta::hours(24) - TimeDelta::microseconds(1));
    assert_eq!(app.anonymous().get(&format!("/reset?token={expired}")).await.status, 200);
    app.app.clock.advance(TimeDelta::microseconds(1));
    let unknown = "0".repeat(64);
    let mut responses = Vec::new();
    for token in [&unknown, &used, &expired] {
        let page = app.anonymous().get(&format!("/reset?token={token}")).await;
        let form = set_password(&app, token, "yet another one").await;
        assert_eq!((page.status, form.status), (404, 404));
        responses.push((page.body, form.body));
    }
    assert!(responses.iter().all(|it| *it == responses[0]), "{responses:?}");
    assert_eq!(app.anonymous().get("/reset").await.body, responses[0].0);
}

async fn a_newer_link_or_disabling_the_account_invalidates_a_reset_link(app: TestApp) {
    let admin = app.as_administrator().await;
    app.register("ann@example.org").await;
    let id = id_of(&admin, "ann@").await;
    let old = token_in(&create_reset_link(&admin, &id).await);
    let new = token_in(&create_reset_link(&admin, &id).await);
    assert_eq!(set_password(&app, &old, "an entirely new one").await.status, 404);
    assert_eq!(change(&admin, &id, json!({ "isDisabled": true })).await.status, 200);
    assert_eq!(set_password(&app, &new, "an entirely new one").await.status, 404);
    assert_eq!(create_reset_link(&admin, &id).await.status, 409);
    assert_eq!(create_reset_link(&admin, &uuid::Uuid::now_v7().to_string()).await.status, 404);
}

async fn a_password_change_invalidates_a_reset_link(app: TestApp) {
    let admin = app.as_administrator().await;
    let ann = app.register("ann@example.org").await;
    let path = format!("/api/admin/users/{}/reset", id_of(&admin, "ann@").await);
    let token = token_in(&admin.post(&path, json!({})).await);
    let change = json!({
        "currentPassword": "correct horse battery", "newPassword": "an entirely new one",
    });
    assert_eq!(ann.post("/api/auth/password", change).await.status, 204);
    assert_eq!(app.anonymous().get(&format!("/reset?token={token}")).await.status, 404);
    assert_eq!(set_password(&app, &token, "whoever saw the link").await.status, 404);
    assert_eq!(log_in(&app, "ann@example.org", "an entirely new one").await.status, 200);
}

async fn concurrent_uses_of_a_reset_link_set_one_password(app: TestApp) {
    let admin = app.as_administrator().await;
    app.register("ann@example.org").await;
    let token = token_in(&create_reset_link(&admin, &id_of(&admin, "ann@").await).await);
    let passwords = ["the first of two", "the second of two"];
    let [one, other] = passwords.map(|it| set_password(&app, &token, it));
    let (one, other) = tokio::join!(one, other);
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 404], "{one:?} {other:?}");
    let set = passwords[usize::from(one.status != 200)];
    assert_eq!(log_in(&app, "ann@example.org", set).await.status, 200);
}

async fn a_retried_reset_returns_the_same_link_without_storing_it(app: TestApp) {
    let admin = app.as_administrator().await;
    app.register("ann@example.org").await;
    let path = format!("/api/admin/users/{}/reset", id_of(&admin, "ann@").await);
    let send = async || {
        let request = Request::post(&path).header("idempotency-key", "once");
        admin.send(request, Body::empty()).await
    };
    let (first, again) = (send().await, send().await);
    let token = token_in(&first);
    assert_eq!((again.status, &again.body), (201, &first.body));
    assert_eq!(again.header("idempotency-replayed"), "true");
    let mut tx = app.db_bypassing_rls().await.read().await.unwrap();
    let stored: Vec<(String,)> = sql!(&mut tx, fetch_all, "SELECT body FROM kept_answers").unwrap();
    assert!(!stored.is_empty() && stored.iter().all(|it| !it.0.contains(&token)), "{stored:?}");
    drop(tx);
    assert_eq!(set_password(&app, &token, "an entirely new one").await.status, 200);
    assert_eq!(send().await.status, 409, "the link was already used");
    // A day later, the idempotency key can be reused, and a new link is created.
    app.app.clock.advance(TimeDelta::hours(25));
    assert_ne!(token_in(&send().await), token);
}

async fn expired_reset_links_are_purged(app: TestApp) {
    let admin = app.as_administrator().await;
    token_in(&create_reset_link(&admin, &id_of(&admin, "admin@").await).await);
    let purge =
        async || crate::core::periodic::run_one(&app.app, &super::PERIODIC_TASK).await.unwrap();
    assert_eq!(purge().await, 0);
    app.app.clock.advance(TimeDelta::hours(24));
    assert_eq!(purge().await, 1);
}

async fn a_locked_out_administrator_regains_access_from_the_command_line(app: TestApp) {
    let admin = app.as_administrator().await;
    let ann = app.register("ann@example.org").await;
    let id = id_of(&admin, "ann@").await;
    assert_eq!(change(&admin, &id, json!({ "isDisabled": true })).await.status, 200);
    let list = run(&app.app, &Command::List).await.unwrap();
    let lines: Vec<_> = list.lines().collect();
    assert_eq!(lines.len(), 2, "{list}");
    assert!(lines[0].starts_with("ann@example.org ") && lines[0].contains(" disabled "), "{list}");
    assert!(lines[1].contains(" administrator "), "{list}");

    let email = "ANN@example.org".to_owned();
    let refused = run(&app.app, &Command::Reset { email: email.clone() }).await;
    assert!(refused.is_err(), "{refused:?}");
    run(&app.app, &Command::MakeAdmin { email: email.clone() }).await.unwrap();
    let printed = run(&app.app, &Command::Reset { email }).await.unwrap();
    let link = printed.lines().next().unwrap();
    assert!(link.starts_with("http://127.0.0.1:3001/reset?token="), "{printed}");
    let token = link.rsplit_once('=').unwrap().1;
    assert_eq!(set_password(&app, token, "an entirely new one").await.status, 200);
    let back = log_in(&app, "ann@example.org", "an entirely new one").await;
    assert_eq!((back.status, &back.body["isAdmin"]), (200, &json!(true)));
    assert!(!is_signed_in(&ann).await);
    let back = app.with_cookie(cookie_of(&back));
    let log =
        back.get(&format!("/api/admin/security-log?userId={id}&kind=administrator-made")).await;
    assert_eq!(log.body["items"][0]["detail"], "at the command line");
    let unknown = Command::Reset { email: "nobody@example.org".to_owned() };
    assert!(run(&app.app, &unknown).await.is_err());
}

#[test]
fn links_use_the_configured_public_url() {
    block_on(async {
        let app = TestApp::new(|config| {
            config.auth.registration = Registration::Invite;
            config.server.public_url = Some("https://cars.example.org/".to_owned());
        })
        .await;
        let admin = app.as_administrator().await;
        let link = create_reset_link(&admin, &id_of(&admin, "admin@").await).await;
        let url = link.body["url"].as_str().unwrap();
        assert!(url.starts_with("https://cars.example.org/reset?token="), "{url}");
        let link = admin.post("/api/admin/invitations", json!({})).await;
        let url = link.body["url"].as_str().unwrap();
        assert!(url.starts_with("https://cars.example.org/register?invitation="), "{url}");
    });
}
