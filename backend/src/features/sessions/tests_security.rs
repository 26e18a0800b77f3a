use axum::http::Method;
use serde_json::{Value, json};

use crate::testing::{
    BeginWrite as _, Commit as _, TestApp, TestResponse, cookie_of, on_every_engine,
};

on_every_engine![
    users_can_list_and_end_their_sessions,
    a_session_records_its_user_agent,
    changing_the_password_revokes_other_sessions_and_tokens,
    changing_the_password_requires_the_current_one,
    password_confirmations_count_toward_the_attempt_limit,
    an_administrators_token_cannot_change_access,
    a_password_that_changes_during_the_check_is_rejected,
    registrations_from_one_network_are_limited,
    a_disabled_account_looks_like_an_unknown_one,
    expired_rows_are_purged,
    a_retried_password_change_is_applied_once,
    logging_out_clears_browser_data,
];

const PASSWORD: &str = "correct horse battery";

async fn log_in(app: &TestApp, password: &str) -> TestResponse {
    let credentials = json!({ "email": "ann@example.org", "password": password });
    app.post("/api/auth/login", credentials).await
}

async fn is_signed_in(app: &TestApp) -> bool {
    app.get("/api/auth/me").await.status == 200
}

async fn change_password(app: &TestApp, from: &str, to: &str) -> TestResponse {
    let change = json!({ "currentPassword": from, "newPassword": to });
    app.post("/api/auth/password", change).await
}

async fn create_token(app: &TestApp) -> TestApp {
    let made = app.post("/api/auth/tokens", json!({ "name": "script", "scope": "write" })).await;
    let token = made.body["token"].as_str().unwrap();
    app.anonymous().with_header("authorization", &format!("Bearer {token}"))
}

async fn users_can_list_and_end_their_sessions(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    app.app.clock.advance(chrono::TimeDelta::seconds(1));
    let phone = app.with_cookie(cookie_of(&log_in(&app.anonymous(), PASSWORD).await));
    let listed = ann.get("/api/auth/sessions").await.body;
    let current: Vec<_> = listed["items"].as_array().unwrap().iter().collect();
    assert_eq!(current.len(), 2, "{listed}");
    assert_eq!((&current[0]["isCurrent"], &current[1]["isCurrent"]), (&json!(false), &json!(true)));
    let path = format!("/api/auth/sessions/{}", current[0]["id"].as_str().unwrap());

    // A session of another user is not found.
    let bob = app.register("bob@example.org").await;
    assert_eq!(bob.delete(&path).await.status, 404);
    assert!(is_signed_in(&phone).await);
    assert_eq!(ann.delete(&path).await.status, 204);
    assert!(!is_signed_in(&phone).await && is_signed_in(&ann).await);
    assert_eq!(ann.delete(&path).await.status, 404);

    let phone = app.with_cookie(cookie_of(&log_in(&app.anonymous(), PASSWORD).await));
    assert_eq!(ann.post_form("/settings/sessions/end-others", &[]).await.status, 303);
    assert!(!is_signed_in(&phone).await && is_signed_in(&ann).await);
}

async fn a_session_records_its_user_agent(app: TestApp) {
    app.register("ann@example.org").await;
    let long = format!("Fire\tfox {}", "x".repeat(300));
    let ann = log_in(&app.anonymous().with_header("user-agent", &long), PASSWORD).await;
    let ann = app.with_cookie(cookie_of(&ann));
    let sessions = ann.get("/api/auth/sessions").await.body;
    let is_current = |it: &&Value| it["isCurrent"] == true;
    let session = sessions["items"].as_array().unwrap().iter().find(is_current).unwrap();
    let name = session["userAgent"].as_str().unwrap();
    assert!(name.starts_with("Firefox x") && name.chars().count() <= 200, "{name}");
    let keys: Vec<_> = session.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["createdAt", "expiresAt", "id", "isCurrent", "seenAt", "userAgent"]);
}

async fn changing_the_password_revokes_other_sessions_and_tokens(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let phone = app.with_cookie(cookie_of(&log_in(&app.anonymous(), PASSWORD).await));
    let script = create_token(&ann).await;
    assert!(is_signed_in(&phone).await && is_signed_in(&script).await);
    assert_eq!(change_password(&ann, PASSWORD, "another horse entirely").await.status, 204);
    assert!(
        is_signed_in(&ann).await && !is_signed_in(&phone).await && !is_signed_in(&script).await
    );
    assert_eq!(log_in(&app.anonymous(), PASSWORD).await.status, 401);
    assert_eq!(log_in(&app.anonymous(), "another horse entirely").await.status, 200);
}

async fn changing_the_password_requires_the_current_one(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let refused = change_password(&ann, "a guess", "another horse entirely").await;
    assert_eq!(refused.field_errors(), ["/currentPassword: isn’t your password"]);
    let refused = change_password(&ann, "a guess", "short").await;
    assert_eq!(refused.field_errors(), ["/newPassword: must have at least 8 characters"]);
    let page = ann
        .post_form(
            "/settings/password",
            &[("currentPassword", "a guess"), ("newPassword", PASSWORD)],
        )
        .await;
    assert_eq!(page.status, 422);
    assert!(page.body.as_str().unwrap().contains("This isn’t your password."), "{page:?}");
    assert_eq!(log_in(&app.anonymous(), PASSWORD).await.status, 200);
}

async fn password_confirmations_count_toward_the_attempt_limit(app: TestApp) {
    // A stolen session does not allow more guesses.
    let ann = app.register("ann@example.org").await;
    for _ in 0..20 {
        assert_eq!(change_password(&ann, "a guess", PASSWORD).await.status, 422);
    }
    assert_eq!(change_password(&ann, "a guess", PASSWORD).await.status, 429);
    let form = [("currentPassword", "a guess"), ("newPassword", PASSWORD)];
    assert_eq!(ann.post_form("/settings/password", &form).await.status, 429);
}

async fn a_disabled_account_looks_like_an_unknown_one(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let script = create_token(&ann).await;
    assert!(is_signed_in(&script).await);
    let mut tx = app.app.db.write().await.unwrap();
    let disable = "UPDATE accounts SET disabled_at = $1 WHERE email_key = $2";
    crate::sql!(&mut tx, execute, disable, app.app.clock.now(), "ann@example.org").unwrap();
    tx.commit().await.unwrap();
    // Sessions are cached for at most a second.
    tokio::time::sleep(std::time::Duration::from_millis(1_050)).await;
    assert!(!is_signed_in(&ann).await && !is_signed_in(&script).await);
    let refused = log_in(&app.anonymous(), PASSWORD).await;
    let anonymous = json!({ "email": "nobody@example.org", "password": PASSWORD });
    let unknown = app.anonymous().post("/api/auth/login", anonymous).await;
    assert_eq!((refused.status, refused.body), (401, unknown.body));
}

async fn expired_rows_are_purged(app: TestApp) {
    app.register("ann@example.org").await;
    log_in(&app.anonymous(), "a guess").await;
    let count = async |table: &str| {
        let mut tx = app.app.db.read().await.unwrap();
        let count = || sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
        let (count,): (i64,) = crate::sql!(&mut tx, fetch_one, count()).unwrap();
        count
    };
    for (table, rows) in [("sessions", 2), ("known_devices", 2), ("guess_budgets", 1)] {
        assert_eq!(count(table).await, rows, "{table}");
    }
    app.app.clock.advance(chrono::TimeDelta::days(366));
    crate::core::periodic::run_one(&app.app, &super::PURGE_TASK).await.unwrap();
    for table in ["sessions", "known_devices", "guess_budgets"] {
        assert_eq!(count(table).await, 0, "{table}");
    }
}

async fn logging_out_clears_browser_data(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let answer = ann.send_json(Method::POST, "/api/auth/logout", "", &[]).await;
    assert_eq!((answer.status, answer.header("clear-site-data")), (204, r#""cache", "storage""#));
    let bob = app.register("bob@example.org").await;
    let answer = bob.post_form("/logout", &[]).await;
    assert_eq!((answer.status, answer.header("clear-site-data")), (303, r#""cache", "storage""#));
}

async fn a_retried_password_change_is_applied_once(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let change = async |to: &str| {
        let body = json!({ "currentPassword": PASSWORD, "newPassword": to }).to_string();
        let key = [("idempotency-key", "one")];
        ann.send_json(Method::POST, "/api/auth/password", &body, &key).await
    };
    assert_eq!(change("another horse entirely").await.status, 204);
    let again = change("another horse entirely").await;
    assert_eq!((again.status, again.header("idempotency-replayed")), (204, "true"));
    assert_eq!((change("a third horse").await.status, again.body), (422, json!("")));
    assert_eq!(log_in(&app.anonymous(), "another horse entirely").await.status, 200);
}

async fn an_administrators_token_cannot_change_access(app: TestApp) {
    let admin = app.as_administrator().await;
    let ann = app.register("ann@example.org").await.get("/api/auth/me").await.id();
    let script = create_token(&admin).await;
    assert_eq!(script.get("/api/admin/users").await.status, 200);
    let reset = format!("/api/admin/users/{ann}/reset");
    assert_eq!(script.post(&reset, json!({})).await.status, 403);
    let path = format!("/api/admin/users/{ann}");
    assert_eq!(script.patch(&path, json!({ "isAdmin": true })).await.status, 403);
    assert_eq!(admin.post(&reset, json!({})).await.status, 201);
}

async fn a_password_that_changes_during_the_check_is_rejected(app: TestApp) {
    app.register("ann@example.org").await;
    let phone = app.with_cookie(cookie_of(&log_in(&app.anonymous(), PASSWORD).await));
    // These two block the queue, so the password changes after it was read and before it is hashed.
    let (release, wait) = std::sync::mpsc::channel::<()>();
    let wait = std::sync::Arc::new(std::sync::Mutex::new(wait));
    let busy = futures_util::future::join_all((0..2).map(|_| {
        let wait = std::sync::Arc::clone(&wait);
        let slot = app
            .app
            .auth
            .hash_queue()
            .reserve("others", &crate::features::accounts::ClientInfo::default())
            .unwrap();
        slot.run(move || wait.lock().unwrap().recv().is_err())
    }));
    let others = async {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        let mut tx = app.app.db.write().await.unwrap();
        let reset = "UPDATE accounts SET password_hash = 'another' WHERE email_key = $1";
        crate::sql!(&mut tx, execute, reset, "ann@example.org").unwrap();
        tx.commit().await.unwrap();
        drop(release);
    };
    let anonymous = app.anonymous();
    let attempts = futures_util::future::join(
        log_in(&anonymous, PASSWORD),
        change_password(&phone, PASSWORD, "the attacker's password"),
    );
    let ((signed_in, changed), _, ()) = futures_util::future::join3(attempts, busy, others).await;
    assert_eq!((signed_in.status, changed.status), (401, 401), "{signed_in:?} {changed:?}");
    assert_eq!(signed_in.header("set-cookie"), "");
    let mut tx = app.app.db.read().await.unwrap();
    let select = "SELECT password_hash FROM accounts WHERE email_key = $1";
    let (hash,): (String,) = crate::sql!(&mut tx, fetch_one, select, "ann@example.org").unwrap();
    assert_eq!(hash, "another");
}

async fn registrations_from_one_network_are_limited(app: TestApp) {
    let stranger = app.anonymous().with_client_ip("192.0.2.1");
    let new = json!({ "email": "admin@example.org", "password": PASSWORD });
    for _ in 0..100 {
        assert_eq!(stranger.post("/api/auth/register", new.clone()).await.status, 409);
    }
    assert_eq!(stranger.post("/api/auth/register", new.clone()).await.status, 429);
    let other = app.anonymous().with_client_ip("192.0.2.2");
    assert_eq!(other.post("/api/auth/register", new).await.status, 409);
}
