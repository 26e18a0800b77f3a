use axum::http::{Method, Request};
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::setup_token;
use crate::{
    core::config::Registration,
    testing::{TestApp, TestResponse, cookie_of, on_every_engine},
};

on_every_engine![
    a_new_account_is_signed_in_and_not_an_administrator,
    the_first_account_is_an_administrator,
    concurrent_first_registrations_create_one_administrator,
    the_first_account_requires_the_setup_token_if_other_machines_can_connect,
    a_session_cookie_is_not_accepted_as_a_bearer_token,
    email_addresses_are_unique_ignoring_case,
    all_invalid_fields_are_reported,
    a_wrong_password_and_an_unknown_email_get_the_same_response,
    logging_out_ends_the_session_immediately,
    logging_in_ends_the_previous_session,
    an_idle_session_expires,
    an_active_session_expires_after_ninety_days,
    a_cross_site_request_is_rejected,
    preferences_have_defaults_and_can_be_changed_individually,
    invalid_preferences_are_rejected,
    users_have_separate_preferences,
    concurrent_changes_of_preferences_are_all_saved,
    registering_ends_the_previous_session,
    a_retried_registration_creates_one_account,
];

const PASSWORD: &str = "correct horse battery";

async fn log_in(app: &TestApp, email: &str, password: &str) -> TestResponse {
    app.post("/api/auth/login", json!({ "email": email, "password": password })).await
}

async fn is_signed_in(app: &TestApp) -> bool {
    let status = app.get("/api/auth/me").await.status;
    assert!(status == 200 || status == 401, "{status}");
    status == 200
}

async fn a_new_account_is_signed_in_and_not_an_administrator(app: TestApp) {
    let new = json!({ "email": " Ann@Example.org ", "password": PASSWORD, "displayName": "Ann" });
    let added = app.anonymous().post("/api/auth/register", new).await;
    insta::assert_json_snapshot!(added, { ".body.id" => "[id]" }, @r#"
    {
      "status": 201,
      "body": {
        "createdAt": "2026-01-31T12:00:00.123456Z",
        "displayName": "Ann",
        "email": "Ann@Example.org",
        "id": "[id]",
        "isAdmin": false
      }
    }
    "#);
    let cookie = added.header("set-cookie");
    assert!(cookie.starts_with("session="), "{cookie}");
    assert!(cookie.ends_with("; Path=/; Max-Age=7776000; HttpOnly; SameSite=Lax"), "{cookie}");
    let me = app.with_cookie(cookie_of(&added)).get("/api/auth/me").await;
    assert_eq!((me.status, me.body), (200, added.body));
}

async fn the_first_account_is_an_administrator(app: TestApp) {
    let admin = log_in(&app.anonymous(), "admin@example.org", PASSWORD).await;
    assert_eq!((admin.status, &admin.body["isAdmin"]), (200, &json!(true)));
}

async fn the_first_account_requires_the_setup_token_if_other_machines_can_connect(app: TestApp) {
    app.delete_all_accounts().await;
    let app = app.instance_with(|it| {
        it.server.address = "0.0.0.0:3001".parse().unwrap();
        it.auth.registration = Registration::Closed;
    });
    let app = app.anonymous();
    let token = setup_token(&app.app).await.unwrap().unwrap().to_owned();
    let register = async |email: &str, token: Option<&str>| {
        let mut new = json!({ "email": email, "password": PASSWORD });
        if let Some(token) = token {
            new["setupToken"] = json!(token);
        }
        app.post("/api/auth/register", new).await
    };
    for wrong in [None, Some("0123456789abcdef0123456789abcdef"), Some("x")] {
        let refused = register("ann@example.org", wrong).await;
        assert_eq!(refused.status, 422, "{refused:?}");
        assert!(refused.field_errors()[0].starts_with("/setupToken: "), "{refused:?}");
    }
    let page = app.get("/register").await;
    assert!(page.text().contains(r#"name="setupToken""#), "{page:?}");
    let fields = [("email", "ann@example.org"), ("password", PASSWORD), ("setupToken", "x")];
    let page = app.post_form("/register", &fields).await;
    assert_eq!(page.status, 422);
    assert!(page.text().contains("isn’t the token that the service logged"), "{page:?}");

    let first = register("ann@example.org", Some(&token)).await;
    assert_eq!((first.status, &first.body["isAdmin"]), (201, &json!(true)), "{first:?}");
    // Later accounts do not need it.
    assert_eq!(setup_token(&app.app).await.unwrap(), None);
    let closed = register("bob@example.org", Some(&token)).await;
    assert_eq!(closed.status, 403, "{closed:?}");
    assert!(!app.get("/register").await.text().contains("setupToken"));
}

async fn a_session_cookie_is_not_accepted_as_a_bearer_token(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    // The session is now cached.
    assert!(is_signed_in(&ann).await);
    let token = ann.cookie().unwrap().split_once('=').unwrap().1.to_owned();
    let bearer = app.anonymous().with_header("authorization", &format!("Bearer {token}"));
    assert!(!is_signed_in(&bearer).await);
}

async fn concurrent_first_registrations_create_one_administrator(app: TestApp) {
    app.delete_all_accounts().await;
    let (anonymous, at_once) = (app.anonymous(), 0..4);
    let answers = at_once.map(|n| {
        let new = json!({ "email": format!("{n}@example.org"), "password": PASSWORD });
        anonymous.post("/api/auth/register", new)
    });
    let answers = futures_util::future::join_all(answers).await;
    assert!(answers.iter().all(|it| it.status == 201), "{answers:?}");
    assert_eq!(answers.iter().filter(|it| it.body["isAdmin"] == true).count(), 1);
}

async fn email_addresses_are_unique_ignoring_case(app: TestApp) {
    app.register("ann@example.org").await;
    let again = json!({ "email": "ANN@example.org", "password": PASSWORD });
    let again = app.anonymous().post("/api/auth/register", again).await;
    assert_eq!((again.status, &again.body["type"]), (409, &json!("/problems/duplicate-email")));
    assert_eq!(log_in(&app.anonymous(), "Ann@Example.ORG", PASSWORD).await.status, 200);
}

async fn all_invalid_fields_are_reported(app: TestApp) {
    let new = json!({ "email": "ann", "password": "short", "displayName": 7, "isAdmin": true });
    let refused = app.anonymous().post("/api/auth/register", new).await;
    assert_eq!(refused.status, 422);
    assert_eq!(
        refused.field_errors(),
        [
            "/email: must be an email address, such as you@example.org",
            "/password: must have at least 8 characters",
            "/displayName: must be a string",
            "/isAdmin: is unknown",
        ]
    );
    assert_eq!(
        app.anonymous().post("/api/auth/login", json!({})).await.field_errors(),
        ["/email: is required", "/password: is required"]
    );
    let longer_in_lower_case = format!("{}@b.co", "İ".repeat(240));
    let emails = ["@b", "a@", "a b@c", "a@.c", "a@c.", "a\u{0}@c", "a@b@c", "a@b,c"];
    for email in emails.into_iter().chain([longer_in_lower_case.as_str()]) {
        let new = json!({ "email": email, "password": PASSWORD });
        assert_eq!(app.anonymous().post("/api/auth/register", new).await.status, 422, "{email}");
    }
}

async fn a_wrong_password_and_an_unknown_email_get_the_same_response(app: TestApp) {
    app.register("ann@example.org").await;
    let wrong = log_in(&app.anonymous(), "ann@example.org", "not the password").await;
    let unknown = log_in(&app.anonymous(), "bob@example.org", "not the password").await;
    assert_eq!(wrong.status, 401);
    assert_eq!((wrong.status, &wrong.body), (unknown.status, &unknown.body));
    assert_eq!(wrong.header("set-cookie"), "");
}

async fn logging_out_ends_the_session_immediately(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    assert!(is_signed_in(&ann).await);
    let logged_out = ann.post("/api/auth/logout", json!({})).await;
    assert_eq!(logged_out.status, 204);
    assert!(logged_out.header("set-cookie").starts_with("session=; Path=/; Max-Age=0;"));
    assert!(!is_signed_in(&ann).await);
    let problem = ann.get("/api/vehicles").await;
    assert_eq!((problem.status, &problem.body["type"]), (401, &json!("/problems/unauthorized")));
}

async fn logging_in_ends_the_previous_session(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let again = log_in(&ann, "ann@example.org", PASSWORD).await;
    assert!(!is_signed_in(&ann).await);
    assert!(is_signed_in(&app.with_cookie(cookie_of(&again))).await);
}

async fn an_idle_session_expires(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    app.app.clock.advance(TimeDelta::days(13));
    clear_session_cache(&app).await;
    assert!(is_signed_in(&ann).await);
    app.app.clock.advance(TimeDelta::days(13));
    clear_session_cache(&app).await;
    assert!(is_signed_in(&ann).await, "the last use was not recorded");
    app.app.clock.advance(TimeDelta::days(14));
    clear_session_cache(&app).await;
    assert!(!is_signed_in(&ann).await);
}

async fn an_active_session_expires_after_ninety_days(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    for _ in 0..8 {
        app.app.clock.advance(TimeDelta::days(11));
        clear_session_cache(&app).await;
        assert!(is_signed_in(&ann).await);
    }
    app.app.clock.advance(TimeDelta::days(3));
    clear_session_cache(&app).await;
    assert!(!is_signed_in(&ann).await);
}

/// Clears the session cache, whose entries expire by the real clock instead of the test's clock.
async fn clear_session_cache(app: &TestApp) {
    app.app.auth.session_cache().invalidate_all();
    app.app.auth.session_cache().run_pending_tasks().await;
}

async fn a_cross_site_request_is_rejected(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let vehicle = json!({ "vin": "1HGCM82633A004352" }).to_string();
    for headers in [
        [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")],
        [("origin", "https://evil.example"), ("x-nothing", "")],
        [("origin", "null"), ("sec-fetch-site", "same-site")],
    ] {
        let refused = ann.send_json(Method::POST, "/api/vehicles", &vehicle, &headers).await;
        assert_eq!((refused.status, &refused.body["type"]), (403, &json!("/problems/forbidden")));
    }
    let own = [("origin", "http://cars.test"), ("sec-fetch-site", "same-origin")];
    assert_eq!(ann.send_json(Method::POST, "/api/vehicles", &vehicle, &own).await.status, 201);
    let read = Request::get("/api/vehicles").header("origin", "https://evil.example");
    assert_eq!(ann.send(read, axum::body::Body::empty()).await.status, 200);
}

async fn preferences_have_defaults_and_can_be_changed_individually(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let first = ann.get("/api/user/preferences").await;
    insta::assert_json_snapshot!(first.body, @r#"
    {
      "currency": "USD",
      "distanceUnit": "mi",
      "economyUnit": "mpg_us",
      "locale": null,
      "theme": "system",
      "timeZone": "UTC",
      "volumeUnit": "gal_us"
    }
    "#);
    let change = json!({ "distanceUnit": "km", "currency": "eur", "timeZone": "europe/berlin" });
    let changed = ann.patch("/api/user/preferences", change).await;
    assert_eq!(changed.status, 200);
    let mut expected = first.body.clone();
    expected["distanceUnit"] = json!("km");
    expected["currency"] = json!("EUR");
    expected["timeZone"] = json!("Europe/Berlin");
    assert_eq!(changed.body, expected);
    assert_eq!(ann.get("/api/user/preferences").await.body, expected);

    let stale = [("if-match", first.header("etag"))];
    let stale =
        ann.send_json(Method::PATCH, "/api/user/preferences", r#"{"theme":"dark"}"#, &stale).await;
    assert_eq!(stale.status, 412);
}

async fn invalid_preferences_are_rejected(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let change = json!({
        "distanceUnit": "furlong", "volumeUnit": null, "economyUnit": 1, "currency": "EURO",
        "timeZone": "Mars/Olympus", "theme": true, "colour": "red",
    });
    let refused = ann.patch("/api/user/preferences", change).await;
    assert_eq!(
        refused.field_errors(),
        [
            "/distanceUnit: must be one of: mi km",
            "/volumeUnit: can’t be empty",
            "/economyUnit: must be a string",
            "/currency: must be a currency code, such as USD or EUR",
            "/timeZone: must be a time zone, such as Europe/Berlin",
            "/theme: must be a string",
            "/colour: is unknown",
        ]
    );
}

async fn concurrent_changes_of_preferences_are_all_saved(app: TestApp) {
    let path = "/api/user/preferences";
    let changes = [
        json!({ "distanceUnit": "km" }),
        json!({ "volumeUnit": "l" }),
        json!({ "economyUnit": "km_per_l" }),
        json!({ "currency": "EUR" }),
        json!({ "timeZone": "Europe/Berlin" }),
        json!({ "theme": "dark" }),
    ];
    for round in 0..8 {
        let ann = app.register(&format!("ann{round}@example.org")).await;
        // In every other round, the preferences are created before the changes.
        if round % 2 == 0 {
            ann.get(path).await;
        }
        let at_once = changes.iter().map(|change| ann.patch(path, change.clone()));
        let (answers, read) =
            futures_util::future::join(futures_util::future::join_all(at_once), ann.get(path))
                .await;
        assert!(answers.iter().all(|it| it.status == 200) && read.status == 200, "{answers:?}");
        let saved = ann.get(path).await.body;
        for (name, value) in changes.iter().flat_map(|it| it.as_object().unwrap()) {
            assert_eq!(&saved[name], value, "{name} in round {round}");
        }
    }
}

async fn registering_ends_the_previous_session(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let again = json!({ "email": "bob@example.org", "password": PASSWORD });
    assert_eq!(ann.post("/api/auth/register", again).await.status, 201);
    assert!(!is_signed_in(&ann).await);
}

async fn a_retried_registration_creates_one_account(app: TestApp) {
    let register = async |email: &str, password: &str| {
        let new = json!({ "email": email, "password": password }).to_string();
        let key = [("idempotency-key", "one")];
        app.anonymous().send_json(Method::POST, "/api/auth/register", &new, &key).await
    };
    let first = register("ann@example.org", PASSWORD).await;
    let again = register("ann@example.org", PASSWORD).await;
    assert_eq!((again.status, again.header("idempotency-replayed")), (201, "true"));
    assert_eq!(first.body, again.body);
    assert!(is_signed_in(&app.with_cookie(cookie_of(&again))).await);
    // The key is of no use without the password, and the stored fingerprint does not include it.
    assert_eq!(register("ann@example.org", "another password").await.status, 422);
    assert_eq!(register("bob@example.org", PASSWORD).await.status, 201);
    let mut tx = app.db_bypassing_rls().await.read().await.unwrap();
    let select = "SELECT fingerprint FROM kept_answers";
    let stored: Vec<(String,)> = crate::sql!(&mut tx, fetch_all, select).unwrap();
    let body = json!({ "email": "ann@example.org", "password": PASSWORD }).to_string();
    let with_body = format!("/api/auth/register\0{body}");
    let digest = <sha2::Sha256 as sha2::Digest>::digest(with_body);
    assert!(!stored.is_empty() && !stored.contains(&(crate::core::hex(&digest),)));
}

async fn users_have_separate_preferences(app: TestApp) {
    let (ann, bob) = (app.register("ann@example.org").await, app.register("bob@example.org").await);
    ann.patch("/api/user/preferences", json!({ "theme": "dark" })).await;
    assert_eq!(bob.get("/api/user/preferences").await.body["theme"], "system");
}

#[tokio::test]
async fn registration_is_closed_after_the_first_account_by_default() {
    let app = TestApp::new(|config| config.auth.registration = Registration::Closed).await;
    let new = json!({ "email": "ann@example.org", "password": PASSWORD });
    let refused = app.anonymous().post("/api/auth/register", new).await;
    assert_eq!((refused.status, &refused.body["type"]), (403, &json!("/problems/forbidden")));
    assert_eq!(log_in(&app.anonymous(), "ann@example.org", PASSWORD).await.status, 401);
}

#[tokio::test]
async fn over_https_the_cookie_is_bound_to_the_host() {
    let app = TestApp::new(|config| {
        config.server.public_url = Some("https://cars.example.org".to_owned());
    })
    .await;
    let answer = log_in(&app.anonymous(), "admin@example.org", PASSWORD).await;
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("__Host-session="), "{cookie}");
    assert!(cookie.ends_with("; HttpOnly; SameSite=Lax; Secure"), "{cookie}");
    assert!(answer.header("strict-transport-security").starts_with("max-age=31536000"));
    assert!(is_signed_in(&app.with_cookie(cookie_of(&answer))).await);
    let plain = cookie_of(&answer).map(|it| it.replace("__Host-", ""));
    assert!(!is_signed_in(&app.with_cookie(plain)).await);
}

#[tokio::test]
async fn the_database_stores_no_password_or_token() {
    let app = TestApp::new(|_| {}).await;
    let answer = log_in(&app.anonymous(), "admin@example.org", PASSWORD).await;
    let token = cookie_of(&answer).unwrap().replace("session=", "");
    let crate::core::db::Db::Sqlite { writer, .. } = &app.app.db else { panic!("not SQLite") };
    let row: (String, Vec<u8>) =
        sqlx::query_as("SELECT a.password_hash, s.token_hash FROM accounts a, sessions s LIMIT 1")
            .fetch_one(writer)
            .await
            .unwrap();
    assert!(row.0.starts_with("$argon2id$v=19$"), "{}", row.0);
    assert!(!row.0.contains(PASSWORD));
    assert_eq!(row.1.len(), 32);
    assert_ne!(crate::core::hex(&row.1), token);
    assert_ne!(row.1, token.as_bytes());
}

#[tokio::test]
async fn every_response_has_security_headers() {
    let app = TestApp::new(|_| {}).await;
    for path in ["/api/health", "/api/nothing", "/nothing", "/health", "/problems/invalid"] {
        let answer = app.anonymous().get(path).await;
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{path}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(answer.header(name), value, "{name} on {path}");
        }
        assert!(!answer.header("x-request-id").is_empty(), "{path}");
    }
    assert_eq!(app.anonymous().get("/api/nothing").await.body["status"], Value::from(404));
}
