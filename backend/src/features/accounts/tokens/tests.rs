use axum::http::Method;
use serde_json::json;

use crate::testing::{Answer, TestApp, cookie_of, on_every_engine};

on_every_engine![
    a_token_opens_the_api_in_its_owners_name,
    a_token_is_shown_once_and_kept_as_a_hash,
    a_reading_token_changes_nothing,
    a_token_ends_when_it_is_said_to,
    a_revoked_token_is_dead_at_once,
    a_token_tells_when_it_was_last_used,
    a_broken_authorization_is_not_made_up_for_by_a_cookie,
    every_field_of_a_token_at_fault_is_named,
    a_token_made_again_with_its_key_is_the_same_one,
    an_account_has_a_hundred_tokens_at_most,
    the_pages_make_and_revoke_tokens,
];

async fn make(app: &TestApp, scope: &str) -> Answer {
    app.post("/api/auth/tokens", json!({ "name": "script", "scope": scope })).await
}

fn bearing(app: &TestApp, answer: &Answer) -> TestApp {
    let token = answer.body["token"].as_str().unwrap_or_else(|| panic!("{answer:?}"));
    app.nobody().with_header("authorization", &format!("Bearer {token}"))
}

async fn a_token_opens_the_api_in_its_owners_name(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let made = make(&ann, "write").await;
    let location = format!("/api/auth/tokens/{}", made.id());
    assert_eq!((made.status, made.header("location")), (201, location.as_str()));
    let script = bearing(&app, &made);
    let vehicle = script.post("/api/vehicles", json!({ "vin": "1HGCM82633A004352" })).await;
    assert_eq!(vehicle.status, 201);
    let path = format!("/api/vehicles/{}", vehicle.id());
    assert_eq!(ann.get(&path).await.status, 200);
    let bob = app.register("bob@example.org").await;
    assert_eq!(bearing(&app, &make(&bob, "write").await).get(&path).await.status, 404);
    // A token makes no token.
    assert_eq!(make(&script, "write").await.status, 403);
    assert_eq!(script.delete(&location).await.status, 403);
}

async fn a_token_is_shown_once_and_kept_as_a_hash(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let made = make(&ann, "read").await;
    let token = made.body["token"].as_str().unwrap();
    assert!(token.starts_with("mvp_") && token.len() == 68, "{token}");
    let listed = ann.get("/api/auth/tokens").await;
    assert!(!listed.body.to_string().contains("mvp_"), "{listed:?}");
    let one = ann.get(made.header("location")).await;
    assert!(one.body["token"].is_null() && one.body["name"] == "script", "{one:?}");
    assert_eq!(listed.body["items"][0], one.body);
    let mut tx = app.past_policies().await.read().await.unwrap();
    let select = "SELECT token_hash FROM personal_tokens";
    let (hash,): (Vec<u8>,) = crate::sql!(&mut tx, fetch_one, select).unwrap();
    assert_eq!(
        hash,
        sha2::Digest::finalize(sha2::Digest::chain_update(
            <sha2::Sha256 as sha2::Digest>::new(),
            token,
        ))[..]
    );
}

async fn a_reading_token_changes_nothing(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let reader = bearing(&app, &make(&ann, "read").await);
    assert_eq!(reader.get("/api/vehicles").await.status, 200);
    let refused = reader.post("/api/vehicles", json!({ "vin": "1HGCM82633A004352" })).await;
    assert_eq!((refused.status, &refused.body["type"]), (403, &json!("/problems/forbidden")));
    assert_eq!(ann.get("/api/vehicles").await.body["items"], json!([]));
}

async fn a_token_ends_when_it_is_said_to(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let new = json!({ "name": "n", "scope": "read", "expiresAt": "2026-02-01T00:00:00+01:00" });
    let made = ann.post("/api/auth/tokens", new).await;
    assert_eq!(made.body["expiresAt"], "2026-01-31T23:00:00Z");
    let script = bearing(&app, &made);
    assert_eq!(script.get("/api/auth/me").await.status, 200);
    app.app.clock.advance(chrono::TimeDelta::hours(11));
    app.app.doors.forget_all();
    let refused = script.get("/api/auth/me").await;
    let told = r#"Bearer error="invalid_token""#;
    assert_eq!((refused.status, refused.header("www-authenticate")), (401, told));
    // A day alone stands for its end.
    let new = json!({ "name": "n", "scope": "read", "expiresAt": "2026-02-01" });
    let made = ann.post("/api/auth/tokens", new).await;
    assert_eq!(made.body["expiresAt"], "2026-02-01T23:59:59Z");
}

async fn a_revoked_token_is_dead_at_once(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let made = make(&ann, "write").await;
    let script = bearing(&app, &made);
    assert_eq!(script.get("/api/auth/me").await.status, 200);
    let path = made.header("location");
    let stale = ann.send_json(Method::DELETE, path, "", &[("if-match", "\"other\"")]).await;
    assert_eq!(stale.status, 412);
    assert_eq!(ann.delete(path).await.status, 204);
    assert_eq!(script.get("/api/auth/me").await.status, 401);
    assert_eq!(ann.delete(path).await.status, 404);
}

async fn a_token_tells_when_it_was_last_used(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let made = make(&ann, "read").await;
    let path = made.header("location");
    assert!(ann.get(path).await.body["lastUsedAt"].is_null());
    bearing(&app, &made).get("/api/vehicles").await;
    assert_eq!(ann.get(path).await.body["lastUsedAt"], crate::testing::NOW);
    app.app.clock.advance(chrono::TimeDelta::minutes(2));
    app.app.doors.forget_all();
    bearing(&app, &made).get("/api/vehicles").await;
    assert_eq!(ann.get(path).await.body["lastUsedAt"], "2026-01-31T12:02:00.123456Z");
}

async fn a_broken_authorization_is_not_made_up_for_by_a_cookie(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let unknown = format!("Bearer mvp_{}", "0".repeat(64));
    for wrong in ["Bearer", "Bearer ", "Basic YW5uOnB3", "mvp_1", "Bearer x y", &unknown] {
        let answer = ann.with_header("authorization", wrong).get("/api/vehicles").await;
        assert_eq!(answer.status, 401, "{wrong}");
    }
    // The scheme's name has no case (RFC 9110, 11.1).
    let made = make(&ann, "read").await;
    let token = format!("bearer {}", made.body["token"].as_str().unwrap());
    let script = app.nobody().with_header("authorization", &token);
    assert_eq!(script.get("/api/vehicles").await.status, 200);
}

async fn every_field_of_a_token_at_fault_is_named(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let new = json!({ "name": "", "scope": "admin", "expiresAt": "soon", "token": "mine" });
    assert_eq!(
        ann.post("/api/auth/tokens", new).await.faults(),
        [
            "/name: is empty",
            "/scope: has to be one of: read write",
            "/expiresAt: has to be a moment, such as 2026-12-31T23:59:59Z",
            "/token: is not known here",
        ]
    );
    let past = json!({ "name": "n", "scope": "read", "expiresAt": "2026-01-30" });
    assert_eq!(ann.post("/api/auth/tokens", past).await.faults(), ["/expiresAt: is in the past"]);
}

async fn a_token_made_again_with_its_key_is_the_same_one(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let body = json!({ "name": "script", "scope": "read" }).to_string();
    let key = [("idempotency-key", "one")];
    let make =
        async |who: &TestApp| who.send_json(Method::POST, "/api/auth/tokens", &body, &key).await;
    let (first, again) = (make(&ann).await, make(&ann).await);
    assert_eq!((again.status, again.header("idempotency-replayed")), (201, "true"));
    assert_eq!(first.body, again.body);
    assert_eq!(ann.get("/api/auth/tokens").await.body["items"].as_array().unwrap().len(), 1);
    assert_eq!(bearing(&app, &again).get("/api/auth/me").await.status, 200);
    // The answer that is kept holds no token: another session cannot have it shown.
    let credentials = json!({ "email": "ann@example.org", "password": "correct horse battery" });
    let other = app.nobody().post("/api/auth/login", credentials).await;
    let other = make(&app.with_cookie(cookie_of(&other))).await;
    assert_eq!(other.status, 409);
    let mut tx = app.past_policies().await.read().await.unwrap();
    let select = "SELECT body FROM kept_answers";
    let (kept,): (String,) = crate::sql!(&mut tx, fetch_one, select).unwrap();
    assert!(!kept.contains("mvp_"), "{kept}");
    drop(tx);
    // A day later the key is another request's, and the token another one.
    app.app.clock.advance(chrono::TimeDelta::hours(25));
    let later = make(&ann).await;
    assert_eq!((later.status, later.header("idempotency-replayed")), (201, ""), "{later:?}");
    assert_ne!(later.body["token"], first.body["token"]);
}

async fn an_account_has_a_hundred_tokens_at_most(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    for _ in 0..100 {
        assert_eq!(make(&ann, "read").await.status, 201);
    }
    let refused = make(&ann, "read").await;
    assert_eq!((refused.status, &refused.body["type"]), (409, &json!("/problems/too-many")));
}

async fn the_pages_make_and_revoke_tokens(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let form = [("once", "1"), ("name", "<script>"), ("scope", "read"), ("expiresAt", "")];
    let page = ann.submit("/settings/tokens", &form).await;
    let text = page.body.as_str().unwrap();
    assert!(page.status == 200 && text.contains("mvp_") && !text.contains("<script>"), "{text}");
    // A double tap makes one.
    let again = ann.submit("/settings/tokens", &form).await;
    assert_eq!(again.status, 200);
    let token = ann.get("/api/auth/tokens").await.body["items"].clone();
    assert_eq!(token.as_array().unwrap().len(), 1);
    let refused = ann.submit("/settings/tokens", &[("name", ""), ("scope", "read")]).await;
    assert_eq!(refused.status, 422);
    let path = format!("/settings/tokens/{}/revoke", token[0]["id"].as_str().unwrap());
    assert_eq!(ann.submit(&path, &[]).await.header("location"), "/settings/tokens");
    assert_eq!(ann.get("/api/auth/tokens").await.body["items"], json!([]));
}
