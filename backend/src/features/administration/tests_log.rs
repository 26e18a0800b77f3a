//! Tests of the security log.

use axum::http::Method;
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::tests::{PASSWORD, create_reset_link, id_of, log_in, token_in};
use crate::{
    features::security_log::{Event, EventKind, record},
    testing::{
        BeginWrite as _, Commit as _, StatementLog, TestApp, TestResponse, cookie_of,
        on_every_engine,
    },
};

on_every_engine![
    sign_ins_and_credential_changes_are_logged,
    administrative_actions_are_logged_with_their_actor,
    repeated_failed_sign_ins_add_few_entries,
    the_log_contains_no_secrets,
    the_log_is_filtered_and_paginated,
    the_log_accepts_every_calendar_day,
    the_whole_log_is_exported_as_csv,
    the_names_of_any_number_of_accounts_are_loaded_at_once,
    exported_cells_are_never_formulas,
    repeated_events_are_shown_with_their_count,
    users_see_the_events_of_their_own_account,
];

fn kinds(list: &TestResponse) -> Vec<String> {
    let items = list.body["items"].as_array().unwrap_or_else(|| panic!("{list:?}"));
    items.iter().map(|it| it["kind"].as_str().unwrap().to_owned()).collect()
}

/// Returns the kinds of the events of an account, oldest first.
async fn logged_kinds(admin: &TestApp, id: &str) -> Vec<String> {
    let list = admin.get(&format!("/api/admin/security-log?userId={id}")).await;
    kinds(&list).into_iter().rev().collect()
}

async fn sign_ins_and_credential_changes_are_logged(app: TestApp) {
    let tick = || app.app.clock.advance(TimeDelta::seconds(1));
    let admin = app.as_administrator().await;
    let app = app.with_client_ip("192.0.2.7").with_header("user-agent", "Firefox");
    let ann = app.register("ann@example.org").await;
    let id = id_of(&admin, "ann@").await;
    tick();
    assert_eq!(log_in(&app, "ann@example.org", "wrong").await.status, 401);
    tick();
    let session = log_in(&app, "ann@example.org", PASSWORD).await;
    let other = app.with_cookie(cookie_of(&session));
    tick();
    let created =
        ann.post("/api/auth/tokens", json!({ "name": "My script", "scope": "read" })).await;
    tick();
    assert_eq!(ann.delete(created.header("location")).await.status, 204);
    tick();
    assert_eq!(other.post("/api/auth/logout", json!({})).await.status, 204);
    tick();
    let change = |from: &str| json!({ "currentPassword": from, "newPassword": "a new password" });
    assert_eq!(ann.post("/api/auth/password", change("wrong")).await.status, 422);
    tick();
    assert_eq!(ann.post("/api/auth/password", change(PASSWORD)).await.status, 204);
    let sessions = ann.get("/api/auth/sessions").await;
    let current = sessions.body["items"][0]["id"].as_str().unwrap().to_owned();
    tick();
    assert_eq!(ann.delete(&format!("/api/auth/sessions/{current}")).await.status, 204);
    assert_eq!(
        logged_kinds(&admin, &id).await,
        [
            "registered",
            "signed-in",
            "sign-in-refused",
            "signed-in",
            "token-made",
            "token-revoked",
            "signed-out",
            "sign-in-refused",
            "password-changed",
            "sessions-ended",
        ]
    );
    let list = admin.get(&format!("/api/admin/security-log?userId={id}&kind=token-made")).await;
    insta::assert_json_snapshot!(list, {
        ".body.items[].id" => "[id]", ".body.items[].accountId" => "[id]",
    }, @r#"
    {
      "status": 200,
      "body": {
        "items": [
          {
            "accountId": "[id]",
            "actorId": null,
            "address": "192.0.2.7",
            "at": "2026-01-31T12:00:03.123456Z",
            "count": 1,
            "detail": "My script",
            "id": "[id]",
            "kind": "token-made",
            "lastAt": null,
            "userAgent": "Firefox"
          }
        ],
        "nextCursor": null
      }
    }
    "#);
}

async fn administrative_actions_are_logged_with_their_actor(app: TestApp) {
    let tick = || app.app.clock.advance(TimeDelta::seconds(1));
    let admin = app.as_administrator().await;
    let own = id_of(&admin, "admin@").await;
    let invitation = admin.post("/api/admin/invitations", json!({})).await;
    tick();
    assert_eq!(admin.delete(invitation.header("location")).await.status, 204);
    let token = token_in(&admin.post("/api/admin/invitations", json!({})).await);
    let new = json!({ "email": "ann@example.org", "password": PASSWORD, "invitation": token });
    assert_eq!(app.anonymous().post("/api/auth/register", new).await.status, 201);
    let id = id_of(&admin, "ann@").await;
    tick();
    let token = token_in(&create_reset_link(&admin, &id).await);
    tick();
    let fields = [("token", token.as_str()), ("password", "an entirely new one")];
    assert_eq!(app.anonymous().post_form("/reset", &fields).await.status, 200);
    for change in [
        json!({ "isAdmin": true }),
        json!({ "isAdmin": true }),
        json!({ "isAdmin": false }),
        json!({ "isDisabled": true }),
        json!({ "isDisabled": false }),
    ] {
        tick();
        assert_eq!(admin.patch(&format!("/api/admin/users/{id}"), change).await.status, 200);
    }
    let logged_kinds = logged_kinds(&admin, &id).await;
    assert_eq!(logged_kinds[..3].iter().filter(|it| *it == "invitation-used").count(), 1);
    assert_eq!(
        logged_kinds[3..],
        [
            "reset-made",
            "reset-used",
            "administrator-made",
            "administrator-unmade",
            "account-disabled",
            "account-enabled",
        ],
        "unchanged values are not recorded"
    );
    let list = admin.get(&format!("/api/admin/security-log?userId={id}&kind=reset-made")).await;
    assert_eq!(list.body["items"][0]["actorId"], own);
    for kind in ["invited", "invitation-withdrawn"] {
        let list = admin.get(&format!("/api/admin/security-log?userId={own}&kind={kind}")).await;
        assert!(!kinds(&list).is_empty(), "{kind}");
    }
}

async fn repeated_failed_sign_ins_add_few_entries(app: TestApp) {
    app.register("ann@example.org").await;
    for _ in 0..40 {
        log_in(&app, "ann@example.org", "wrong").await;
        log_in(&app, "nobody@example.org", "wrong").await;
    }
    let admin = app.as_administrator().await;
    let lines = async |kind: &str| {
        let list = admin.get(&format!("/api/admin/security-log?kind={kind}&limit=500")).await;
        let about = |it: &&Value| it["accountId"] != Value::Null;
        let items = list.body["items"].as_array().unwrap().clone();
        (items.iter().filter(about).count(), items.len())
    };
    let (known, all) = lines("sign-in-refused").await;
    assert!((10..=20).contains(&known) && known * 2 == all, "{known} of {all}");
    assert_eq!(lines("guessing-stopped").await, (1, 2));
}

async fn the_log_contains_no_secrets(app: TestApp) {
    let admin = app.as_administrator().await;
    let ann = app.register("ann@example.org").await;
    let created = ann.post("/api/auth/tokens", json!({ "name": "x", "scope": "read" })).await;
    log_in(&app, "ann@example.org", "a wrong password").await;
    log_in(&app, "hunter2-typed-as-mail", "a wrong password").await;
    let reset = token_in(&create_reset_link(&admin, &id_of(&admin, "ann@").await).await);
    let invitation = token_in(&admin.post("/api/admin/invitations", json!({})).await);
    let log = admin.get("/api/admin/security-log.csv").await;
    let log = log.body.as_str().unwrap();
    assert!(log.contains("reset-made") && log.contains("sign-in-refused"), "{log}");
    let token = created.body["token"].as_str().unwrap();
    for secret in [token, &reset, &invitation, PASSWORD, "a wrong password", "hunter2"] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
}

async fn record_event(app: &TestApp, event: Event) {
    let mut tx = app.app.db.write().await.unwrap();
    record(&mut tx, app.app.clock.now(), &event.from_client(None, None)).await.unwrap();
    tx.commit().await.unwrap();
}

async fn the_log_is_filtered_and_paginated(app: TestApp) {
    let admin = app.as_administrator().await;
    app.app.clock.advance(TimeDelta::days(2));
    for n in 0..3 {
        record_event(&app, Event::new(EventKind::FactorAdded).with_detail(&n.to_string())).await;
        app.app.clock.advance(TimeDelta::minutes(1));
    }
    let list = admin.get("/api/admin/security-log?from=2026-02-02&to=2026-02-02&limit=2").await;
    assert_eq!(kinds(&list), ["factor-added"; 2]);
    let cursor = list.body["nextCursor"].as_str().unwrap();
    let next = admin.get(&format!("/api/admin/security-log?from=2026-02-02&cursor={cursor}")).await;
    assert_eq!((kinds(&next).len(), &next.body["items"][0]["detail"]), (1, &json!("0")));
    let before = admin.get("/api/admin/security-log?to=2026-02-01&kind=factor-added").await;
    assert_eq!(kinds(&before), [""; 0]);
    let wrong = "/api/admin/security-log?kind=x&userId=x&from=x&limit=0&other=1";
    let wrong = admin.get(wrong).await;
    let named: Vec<_> = wrong.field_errors().iter().map(|it| it[..3].to_owned()).collect();
    assert_eq!(named, ["/ki", "/us", "/fr", "/li", "/ot"], "{wrong:?}");
    assert_eq!(admin.get("/api/admin/security-log?cursor=x").await.status, 422);
}

async fn the_log_accepts_every_calendar_day(app: TestApp) {
    let admin = app.as_administrator().await;
    for n in 0..3 {
        record_event(&app, Event::new(EventKind::FactorAdded).with_detail(&n.to_string())).await;
        app.app.clock.advance(TimeDelta::minutes(1));
    }
    let count = async |query: &str| {
        let path = format!("/api/admin/security-log?kind=factor-added&{query}");
        kinds(&admin.get(&path).await).len()
    };
    assert_eq!(count("to=9999-12-31").await, 3);
    assert_eq!(count("from=0001-01-01").await, 3);
    assert_eq!(count("from=0001-01-01&to=9999-12-31").await, 3);
    assert_eq!(count("from=9999-12-31").await, 0);
    assert_eq!(count("to=0001-01-01").await, 0);
    let page = "/api/admin/security-log?kind=factor-added&to=9999-12-31&limit=2";
    let first = admin.get(page).await;
    let cursor = first.body["nextCursor"].as_str().unwrap();
    assert_eq!(kinds(&admin.get(&format!("{page}&cursor={cursor}")).await).len(), 1);
    let file = admin.get("/api/admin/security-log.csv?kind=factor-added&to=9999-12-31").await;
    assert_eq!(file.body.as_str().unwrap().split_terminator("\r\n").count(), 4);
    let shown = admin.get("/admin/log?kind=factor-added&from=0001-01-01&to=9999-12-31").await;
    assert_eq!(shown.status, 200, "{shown:?}");
}

async fn the_whole_log_is_exported_as_csv(app: TestApp) {
    let admin = app.as_administrator().await;
    let accounts: Vec<_> = (0..1_203).map(|_| uuid::Uuid::now_v7()).collect();
    let mut tx = app.app.db.write().await.unwrap();
    for account in &accounts {
        let event = Event::for_account(EventKind::TokenCreated, *account).with_detail("a, b");
        record(&mut tx, app.app.clock.now(), &event.from_client(None, None)).await.unwrap();
    }
    tx.commit().await.unwrap();
    let file = admin.get("/api/admin/security-log.csv?kind=token-made").await;
    assert_eq!((file.status, file.header("content-type")), (200, "text/csv; charset=utf-8"));
    let named = "attachment; filename=\"security-log.csv\"";
    assert_eq!(file.header("content-disposition"), named);
    let lines: Vec<_> = file.body.as_str().unwrap().split_terminator("\r\n").collect();
    assert_eq!(lines.len(), 1 + 1_203);
    let columns = "at,kind,account,accountId,actor,actorId,address,userAgent,detail,count,lastAt";
    assert_eq!(lines[0], columns);
    let line = |account: &uuid::Uuid| {
        format!("2026-01-31T12:00:00.123456Z,token-made,{account},{account},,,,,\"a, b\",1,")
    };
    let expected: std::collections::BTreeSet<_> = accounts.iter().map(line).collect();
    let found: std::collections::BTreeSet<_> =
        lines[1..].iter().map(|it| (*it).to_owned()).collect();
    assert_eq!(found, expected);
    let exported = admin.get("/api/admin/security-log?kind=log-exported").await;
    assert_eq!(kinds(&exported), ["log-exported"]);
    assert_eq!(admin.get("/api/admin/security-log.csv?limit=1").await.status, 422);
}

async fn exported_cells_are_never_formulas(app: TestApp) {
    let ann = app.register("ann@example.org").await.with_header("user-agent", "@SUM(A1)");
    let new = json!({ "name": "=cmd|' /C calc'!A0", "scope": "read" }).to_string();
    assert_eq!(ann.send_json(Method::POST, "/api/auth/tokens", &new, &[]).await.status, 201);
    let admin = app.as_administrator().await;
    let file = admin.get("/api/admin/security-log.csv?kind=token-made").await;
    let text = file.body.as_str().unwrap();
    assert!(text.contains(r#","'@SUM(A1)","'=cmd|' /C calc'!A0""#), "{text}");
}

async fn repeated_events_are_shown_with_their_count(app: TestApp) {
    let admin = app.as_administrator().await;
    let ann = app.register("ann@example.org").await;
    let id = id_of(&admin, "ann@").await;
    app.app.clock.advance(TimeDelta::hours(2));
    for _ in 0..60 {
        assert_eq!(log_in(&app, "ann@example.org", PASSWORD).await.status, 200);
    }
    app.app.clock.advance(TimeDelta::minutes(5));
    assert_eq!(log_in(&app, "ann@example.org", PASSWORD).await.status, 200);
    let query = format!("userId={id}&kind=signed-in");
    let all = admin.get(&format!("/api/admin/security-log?{query}")).await;
    let own = ann.get("/api/auth/security-log").await;
    for list in [all, own] {
        let items = list.body["items"].as_array().unwrap();
        let repeated = items.iter().find(|it| it["count"] != 1).unwrap();
        assert_eq!(repeated["count"], 12, "{repeated}");
        assert_eq!(repeated["at"], "2026-01-31T14:00:00.123456Z");
        assert_eq!(repeated["lastAt"], "2026-01-31T14:05:00.123456Z");
    }
    let page = admin.get(&format!("/admin/log?{query}")).await;
    assert!(page.text().contains("12 times, last Jan 31, 2026, 2:05\u{202f}PM"), "{page:?}");
    let file = admin.get(&format!("/api/admin/security-log.csv?{query}")).await;
    assert!(file.text().contains(",12,2026-01-31T14:05:00.123456Z\r\n"), "{file:?}");
}

async fn users_see_the_events_of_their_own_account(app: TestApp) {
    let admin = app.as_administrator().await.with_client_ip("192.0.2.1");
    let ann = app.register("ann@example.org").await;
    let id = id_of(&admin, "ann@").await;
    app.app.clock.advance(TimeDelta::seconds(1));
    assert_eq!(create_reset_link(&admin, &id).await.status, 201);
    let own = ann.get("/api/auth/security-log").await;
    assert_eq!(kinds(&own), ["reset-made", "signed-in", "registered"]);
    assert_eq!(own.body["items"][0]["address"], Value::Null, "the address of the administrator");
    let theirs = admin.get(&format!("/api/admin/security-log?userId={id}&kind=reset-made")).await;
    assert_eq!(theirs.body["items"][0]["address"], "192.0.2.1");
    assert!(!kinds(&admin.get("/api/auth/security-log").await).contains(&"reset-made".to_owned()));
    assert_eq!(app.anonymous().get("/api/auth/security-log").await.status, 401);
}

async fn the_names_of_any_number_of_accounts_are_loaded_at_once(app: TestApp) {
    let admin = app.as_administrator().await;
    let mut counts = Vec::new();
    for accounts in [2..4, 4..20] {
        for nth in accounts {
            app.register(&format!("user{nth}@example.org")).await;
        }
        for path in ["/admin/log", "/api/admin/security-log.csv"] {
            // The second request finds the session in the cache.
            admin.get(path).await;
            let log = StatementLog::begin();
            let response = admin.get(path).await;
            counts.push(log.end().len());
            assert!(response.body.to_string().contains("user3@example.org"), "{response:?}");
        }
    }
    assert_eq!(counts[..2], counts[2..]);
}
