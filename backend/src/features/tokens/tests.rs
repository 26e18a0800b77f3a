use axum::http::Method;
use serde_json::json;

use crate::testing::{TestApp, TestResponse, cookie_of, on_every_engine};

on_every_engine![
    a_token_authenticates_its_owner,
    a_token_is_shown_once_and_stored_as_a_hash,
    a_read_only_token_cannot_write,
    a_token_expires,
    a_revoked_token_stops_working_immediately,
    a_token_records_its_last_use,
    an_invalid_authorization_header_is_not_replaced_by_a_cookie,
    all_invalid_token_fields_are_reported,
    retrying_a_token_creation_returns_the_same_token,
    an_account_can_have_a_hundred_tokens,
    the_pages_create_and_revoke_tokens,
];

async fn create_token(app: &TestApp, scope: &str) -> TestResponse {
    app.post("/api/auth/tokens", json!({ "name": "script", "scope": scope })).await
}

fn with_token(app: &TestApp, answer: &TestResponse) -> TestApp {
    let token = answer.body["token"].as_str().unwrap_or_else(|| panic!("{answer:?}"));
    app.anonymous().with_header("authorization", &format!("Bearer {token}"))
}

async fn a_token_authenticates_its_owner(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let created = create_token(&ann, "write").await;
    let location = format!("/api/auth/tokens/{}", created.id());
    assert_eq!((created.status, created.header("location")), (201, location.as_str()));
    let script = with_token(&app, &created);
    let vehicle = script.post("/api/vehicles", json!({ "vin": "1HGCM82633A004352" })).await;
    assert_eq!(vehicle.status, 201);
    let path = format!("/api/vehicles/{}", vehicle.id());
    assert_eq!(ann.get(&path).await.status, 200);
    let bob = app.register("bob@example.org").await;
    assert_eq!(with_token(&app, &create_token(&bob, "write").await).get(&path).await.status, 404);
    // A token cannot create tokens or revoke itself.
    assert_eq!(create_token(&script, "write").await.status, 403);
    assert_eq!(script.delete(&location).await.status, 403);
}

async fn a_token_is_shown_once_and_stored_as_a_hash(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let created = create_token(&ann, "read").await;
    let token = created.body["token"].as_str().unwrap();
    assert!(token.starts_with("mvp_") && token.len() == 68, "{token}");
    let listed = ann.get("/api/auth/tokens").await;
    assert!(!listed.body.to_string().contains("mvp_"), "{listed:?}");
    let one = ann.get(created.header("location")).await;
    assert!(one.body["token"].is_null() && one.body["name"] == "script", "{one:?}");
    assert_eq!(listed.body["items"][0], one.body);
    let mut tx = app.db_bypassing_rls().await.read().await.unwrap();
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

async fn a_read_only_token_cannot_write(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let reader = with_token(&app, &create_token(&ann, "read").await);
    assert_eq!(reader.get("/api/vehicles").await.status, 200);
    let refused = reader.post("/api/vehicles", json!({ "vin": "1HGCM82633A004352" })).await;
    assert_eq!((refused.status, &refused.body["type"]), (403, &json!("/problems/forbidden")));
    assert_eq!(ann.get("/api/vehicles").await.body["items"], json!([]));
}

async fn a_token_expires(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let new = json!({ "name": "n", "scope": "read", "expiresAt": "2026-02-01T00:00:00+01:00" });
    let created = ann.post("/api/auth/tokens", new).await;
    assert_eq!(created.body["expiresAt"], "2026-01-31T23:00:00Z");
    let script = with_token(&app, &created);
    assert_eq!(script.get("/api/auth/me").await.status, 200);
    app.app.clock.advance(chrono::TimeDelta::hours(11));
    app.app.auth.clear_session_cache();
    let refused = script.get("/api/auth/me").await;
    let challenge = r#"Bearer error="invalid_token""#;
    assert_eq!((refused.status, refused.header("www-authenticate")), (401, challenge));
    // A date without a time means the end of that day.
    let new = json!({ "name": "n", "scope": "read", "expiresAt": "2026-02-01" });
    let created = ann.post("/api/auth/tokens", new).await;
    assert_eq!(created.body["expiresAt"], "2026-02-01T23:59:59Z");
}

async fn a_revoked_token_stops_working_immediately(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let created = create_token(&ann, "write").await;
    let script = with_token(&app, &created);
    assert_eq!(script.get("/api/auth/me").await.status, 200);
    let path = created.header("location");
    let stale = ann.send_json(Method::DELETE, path, "", &[("if-match", "\"other\"")]).await;
    assert_eq!(stale.status, 412);
    assert_eq!(ann.delete(path).await.status, 204);
    assert_eq!(script.get("/api/auth/me").await.status, 401);
    assert_eq!(ann.delete(path).await.status, 404);
}

async fn a_token_records_its_last_use(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let created = create_token(&ann, "read").await;
    let path = created.header("location");
    assert!(ann.get(path).await.body["lastUsedAt"].is_null());
    with_token(&app, &created).get("/api/vehicles").await;
    assert_eq!(ann.get(path).await.body["lastUsedAt"], crate::testing::NOW);
    app.app.clock.advance(chrono::TimeDelta::minutes(2));
    app.app.auth.clear_session_cache();
    with_token(&app, &created).get("/api/vehicles").await;
    assert_eq!(ann.get(path).await.body["lastUsedAt"], "2026-01-31T12:02:00.123456Z");
}

async fn an_invalid_authorization_header_is_not_replaced_by_a_cookie(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let unknown = format!("Bearer mvp_{}", "0".repeat(64));
    for wrong in ["Bearer", "Bearer ", "Basic YW5uOnB3", "mvp_1", "Bearer x y", &unknown] {
        let answer = ann.with_header("authorization", wrong).get("/api/vehicles").await;
        assert_eq!(answer.status, 401, "{wrong}");
    }
    // The name of the scheme is case-insensitive (RFC 9110, 11.1).
    let created = create_token(&ann, "read").await;
    let token = format!("bearer {}", created.body["token"].as_str().unwrap());
    let script = app.anonymous().with_header("authorization", &token);
    assert_eq!(script.get("/api/vehicles").await.status, 200);
}

async fn all_invalid_token_fields_are_reported(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let new = json!({ "name": "", "scope": "admin", "expiresAt": "soon", "token": "mine" });
    assert_eq!(
        ann.post("/api/auth/tokens", new).await.field_errors(),
        [
            "/name: is empty",
            "/scope: must be one of: read write",
            "/expiresAt: must be a date and time, such as 2026-12-31T23:59:59Z",
            "/token: is unknown",
        ]
    );
    let past = json!({ "name": "n", "scope": "read", "expiresAt": "2026-01-30" });
    assert_eq!(
        ann.post("/api/auth/tokens", past).await.field_errors(),
        ["/expiresAt: must be in the future"]
    );
}

async fn retrying_a_token_creation_returns_the_same_token(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let body = json!({ "name": "script", "scope": "read" }).to_string();
    let key = [("idempotency-key", "one")];
    let create =
        async |app: &TestApp| app.send_json(Method::POST, "/api/auth/tokens", &body, &key).await;
    let (first, again) = (create(&ann).await, create(&ann).await);
    assert_eq!((again.status, again.header("idempotency-replayed")), (201, "true"));
    assert_eq!(first.body, again.body);
    assert_eq!(ann.get("/api/auth/tokens").await.body["items"].as_array().unwrap().len(), 1);
    assert_eq!(with_token(&app, &again).get("/api/auth/me").await.status, 200);
    // The stored response does not contain the token, so another session cannot retrieve it.
    let credentials = json!({ "email": "ann@example.org", "password": "correct horse battery" });
    let other = app.anonymous().post("/api/auth/login", credentials).await;
    let other = create(&app.with_cookie(cookie_of(&other))).await;
    assert_eq!(other.status, 409);
    let mut tx = app.db_bypassing_rls().await.read().await.unwrap();
    let select = "SELECT body FROM kept_answers";
    let (stored,): (String,) = crate::sql!(&mut tx, fetch_one, select).unwrap();
    assert!(!stored.contains("mvp_"), "{stored}");
    drop(tx);
    // The key expires after a day. Using it again creates another token.
    app.app.clock.advance(chrono::TimeDelta::hours(25));
    let later = create(&ann).await;
    assert_eq!((later.status, later.header("idempotency-replayed")), (201, ""), "{later:?}");
    assert_ne!(later.body["token"], first.body["token"]);
}

async fn an_account_can_have_a_hundred_tokens(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    for _ in 0..100 {
        assert_eq!(create_token(&ann, "read").await.status, 201);
    }
    let refused = create_token(&ann, "read").await;
    assert_eq!((refused.status, &refused.body["type"]), (409, &json!("/problems/too-many")));
}

async fn the_pages_create_and_revoke_tokens(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let form = [("once", "1"), ("name", "<script>"), ("scope", "read"), ("expiresAt", "")];
    let page = ann.post_form("/settings/tokens", &form).await;
    let text = page.body.as_str().unwrap();
    assert!(page.status == 200 && text.contains("mvp_") && !text.contains("<script>"), "{text}");
    // Submitting the same form twice creates one token.
    let again = ann.post_form("/settings/tokens", &form).await;
    assert_eq!(again.status, 200);
    let token = ann.get("/api/auth/tokens").await.body["items"].clone();
    assert_eq!(token.as_array().unwrap().len(), 1);
    let refused = ann.post_form("/settings/tokens", &[("name", ""), ("scope", "read")]).await;
    assert_eq!(refused.status, 422);
    let path = format!("/settings/tokens/{}/revoke", token[0]["id"].as_str().unwrap());
    assert_eq!(ann.post_form(&path, &[]).await.header("location"), "/settings/tokens");
    assert_eq!(ann.get("/api/auth/tokens").await.body["items"], json!([]));
}
