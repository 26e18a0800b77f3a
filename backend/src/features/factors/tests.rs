use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::totp::Totp;
use crate::{
    core::config::SecondFactor,
    testing::{TestApp, TestResponse, cookie_of, on_every_engine},
};

on_every_engine![
    a_correct_password_and_code_open_a_session,
    a_wrong_password_does_not_reveal_a_second_factor,
    a_code_and_a_pending_sign_in_can_be_used_once,
    of_concurrent_sign_ins_with_one_code_only_one_succeeds,
    a_recovery_code_can_be_used_once,
    new_recovery_codes_replace_the_old_ones,
    wrong_codes_and_wrong_passwords_share_one_limit,
    a_pending_sign_in_expires_after_ten_minutes,
    an_app_is_enabled_by_its_first_code,
    an_enabled_app_cannot_be_replaced,
    after_removing_the_app_the_password_suffices,
    changing_factors_requires_a_recent_password_confirmation,
    access_tokens_cannot_manage_factors,
    changing_the_password_cancels_pending_sign_ins,
    codes_work_only_for_their_own_account,
    passkey_challenges_reject_invalid_responses,
    changes_of_factors_are_recorded_in_the_security_log,
];

const PASSWORD: &str = "correct horse battery";

/// A user with an authenticator app.
struct TotpUser {
    app: TestApp,
    email: String,
    totp: Totp,
    codes: Vec<String>,
}

impl TotpUser {
    async fn new(app: &TestApp, email: &str) -> Self {
        let app = app.register(email).await;
        let totp = begin_setup(&app).await;
        let code = totp.code_at(app.app.clock.now());
        let enabled = app.post("/api/auth/factors/totp/confirm", json!({ "code": code })).await;
        assert_eq!(enabled.status, 200, "{enabled:?}");
        let codes = serde_json::from_value(enabled.body["recoveryCodes"].clone()).unwrap();
        // Move on to the next code, since the current one is used up.
        app.app.clock.advance(TimeDelta::seconds(30));
        Self { app, email: email.to_owned(), totp, codes }
    }

    fn code(&self) -> String {
        self.totp.code_at(self.app.app.clock.now())
    }

    async fn submit_password(&self) -> TestResponse {
        let body = json!({ "email": self.email, "password": PASSWORD });
        self.app.anonymous().post("/api/auth/login", body).await
    }

    /// Submits the password. Returns a client with the cookie of the pending sign-in.
    async fn begin_sign_in(&self) -> TestApp {
        let answer = self.submit_password().await;
        let kind = &answer.body["type"];
        assert_eq!((answer.status, kind), (401, &json!("/problems/second-factor-required")));
        self.app.with_cookie(Some(cookie_of(&answer).unwrap()))
    }
}

/// Begins to set up an authenticator app.
async fn begin_setup(app: &TestApp) -> Totp {
    let started = app.post("/api/auth/factors/totp", json!({})).await;
    assert_eq!((started.status, started.header("location")), (201, "/api/auth/factors"));
    let secret = started.body["secret"].as_str().unwrap();
    assert!(started.body["uri"].as_str().unwrap().contains(secret), "{started:?}");
    let secret = totp_rs::Secret::try_from_base32(secret).unwrap();
    Totp::new(secret.as_bytes(), "").unwrap()
}

async fn submit_code(pending: &TestApp, code: &str) -> TestResponse {
    pending.post("/api/auth/login/second", json!({ "code": code })).await
}

async fn is_signed_in(app: &TestApp) -> bool {
    app.get("/api/vehicles").await.status == 200
}

#[track_caller]
fn assert_problem(answer: &TestResponse, status: u16, kind: &str) {
    let expected = json!(format!("/problems/{kind}"));
    assert_eq!((answer.status, &answer.body["type"]), (status, &expected), "{answer:?}");
}

async fn a_correct_password_and_code_open_a_session(app: TestApp) {
    let ann = TotpUser::new(&app, "ann@example.org").await;
    let challenge = ann.submit_password().await;
    assert_problem(&challenge, 401, "second-factor-required");
    let cookie = challenge.header("set-cookie");
    assert!(cookie.starts_with("sign-in="), "{cookie}");
    assert!(cookie.ends_with("; Path=/; Max-Age=600; HttpOnly; SameSite=Lax"), "{cookie}");
    assert_eq!(challenge.headers.get_all("set-cookie").iter().count(), 1);

    let pending = ann.begin_sign_in().await;
    assert!(!is_signed_in(&pending).await);
    assert_problem(&submit_code(&pending, "000000").await, 401, "wrong-factor");
    assert_problem(&submit_code(&app.anonymous(), &ann.code()).await, 401, "unauthorized");
    let signed_in = submit_code(&pending, &ann.code()).await;
    assert_eq!((signed_in.status, &signed_in.body["email"]), (200, &json!("ann@example.org")));
    let cookies: Vec<_> = signed_in.headers.get_all("set-cookie").iter().collect();
    assert!(
        cookies.iter().any(|it| it.to_str().unwrap().starts_with("sign-in=; Path=/; Max-Age=0"))
    );
    assert!(is_signed_in(&app.with_cookie(cookie_of(&signed_in))).await);
}

async fn a_wrong_password_does_not_reveal_a_second_factor(app: TestApp) {
    TotpUser::new(&app, "ann@example.org").await;
    let wrong = async |email: &str| {
        let body = json!({ "email": email, "password": "not the password" });
        app.anonymous().post("/api/auth/login", body).await
    };
    let (with, without) = (wrong("ann@example.org").await, wrong("admin@example.org").await);
    assert_problem(&with, 401, "wrong-password");
    assert_eq!((with.body, with.headers.get("set-cookie")), (without.body, None));
}

async fn a_code_and_a_pending_sign_in_can_be_used_once(app: TestApp) {
    let ann = TotpUser::new(&app, "ann@example.org").await;
    let (first, second) = (ann.begin_sign_in().await, ann.begin_sign_in().await);
    let code = ann.code();
    assert_eq!(submit_code(&first, &code).await.status, 200);
    assert_problem(&submit_code(&second, &code).await, 401, "wrong-factor");
    // The code of the previous step is rejected too, although it has not expired.
    let before = ann.totp.code_at(app.app.clock.now() - TimeDelta::seconds(30));
    assert_problem(&submit_code(&second, &before).await, 401, "wrong-factor");
    app.app.clock.advance(TimeDelta::seconds(30));
    assert_problem(&submit_code(&first, &ann.code()).await, 401, "unauthorized");
    assert_eq!(submit_code(&second, &ann.code()).await.status, 200);
}

async fn of_concurrent_sign_ins_with_one_code_only_one_succeeds(app: TestApp) {
    let ann = TotpUser::new(&app, "ann@example.org").await;
    for code in [ann.code(), ann.codes[0].clone()] {
        let pending = join_all((0..6).map(|_| ann.begin_sign_in())).await;
        let answers = join_all(pending.iter().map(|it| submit_code(it, &code))).await;
        assert_eq!(answers.iter().filter(|it| it.status == 200).count(), 1, "{answers:?}");
        assert_eq!(answers.iter().filter(|it| it.status == 401).count(), 5, "{answers:?}");
    }
}

async fn a_recovery_code_can_be_used_once(app: TestApp) {
    let ann = TotpUser::new(&app, "ann@example.org").await;
    let left = async || ann.app.get("/api/auth/factors").await.body["recoveryCodesLeft"].clone();
    assert_eq!((ann.codes.len(), left().await), (10, json!(10)));
    let typed = ann.codes[3].to_uppercase().replace('-', " ");
    assert_eq!(submit_code(&ann.begin_sign_in().await, &typed).await.status, 200);
    assert_problem(&submit_code(&ann.begin_sign_in().await, &typed).await, 401, "wrong-factor");
    assert_eq!(submit_code(&ann.begin_sign_in().await, &ann.codes[4]).await.status, 200);
    assert_eq!(left().await, 8);
}

async fn new_recovery_codes_replace_the_old_ones(app: TestApp) {
    let ann = TotpUser::new(&app, "ann@example.org").await;
    let created = ann.app.post("/api/auth/factors/recovery-codes", json!({})).await;
    assert_eq!((created.status, created.header("location")), (201, "/api/auth/factors"));
    let new: Vec<String> = serde_json::from_value(created.body["recoveryCodes"].clone()).unwrap();
    assert!(new.len() == 10 && new.iter().all(|it| !ann.codes.contains(it)));
    assert_problem(
        &submit_code(&ann.begin_sign_in().await, &ann.codes[0]).await,
        401,
        "wrong-factor",
    );
    assert_eq!(submit_code(&ann.begin_sign_in().await, &new[0]).await.status, 200);
    let bob = app.register("bob@example.org").await;
    let rejected = bob.post("/api/auth/factors/recovery-codes", json!({})).await;
    assert_problem(&rejected, 403, "forbidden");
}

async fn wrong_codes_and_wrong_passwords_share_one_limit(app: TestApp) {
    let ann = TotpUser::new(&app, "ann@example.org").await;
    let pending = ann.begin_sign_in().await;
    let mut wrong = 0;
    loop {
        let body = json!({ "email": "ann@example.org", "password": "wrong" });
        let password = app.anonymous().post("/api/auth/login", body).await;
        let code = submit_code(&pending, "000000").await;
        wrong += [&password, &code].iter().filter(|it| it.status == 401).count();
        if code.status == 429 {
            assert_ne!(code.header("retry-after"), "");
            break;
        }
        assert!(wrong <= 20, "{code:?}");
    }
    assert!((10..=20).contains(&wrong), "{wrong}");
    // Even the correct code is rejected.
    assert_problem(&submit_code(&pending, &ann.code()).await, 429, "too-many-requests");
}

async fn a_pending_sign_in_expires_after_ten_minutes(app: TestApp) {
    let ann = TotpUser::new(&app, "ann@example.org").await;
    let (early, late) = (ann.begin_sign_in().await, ann.begin_sign_in().await);
    app.app.clock.advance(TimeDelta::seconds(599));
    assert_eq!(submit_code(&early, &ann.code()).await.status, 200);
    app.app.clock.advance(TimeDelta::seconds(1));
    assert_problem(&submit_code(&late, &ann.codes[0]).await, 401, "unauthorized");
    // Only the ten newest pending sign-ins of an account are retained.
    let first = ann.begin_sign_in().await;
    for _ in 0..10 {
        app.app.clock.advance(TimeDelta::seconds(1));
        ann.begin_sign_in().await;
    }
    assert_problem(&submit_code(&first, &ann.codes[0]).await, 401, "unauthorized");
    crate::core::periodic::run_one(&app.app, &super::pending::PURGE_TASK).await.unwrap();
}

async fn an_app_is_enabled_by_its_first_code(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let confirm = "/api/auth/factors/totp/confirm";
    assert_eq!(ann.post(confirm, json!({ "code": "123456" })).await.status, 404);
    let first = begin_setup(&ann).await;
    let now = app.app.clock.now();
    let wrong = ann.post(confirm, json!({ "code": "000000" })).await;
    assert_eq!(
        wrong.field_errors(),
        ["/code: isn’t the app’s current code: check that your phone’s clock is right"]
    );
    let wrong = ann.post(confirm, json!({ "code": "abcd-efgh-jkmn-pqrs" })).await;
    assert_eq!(wrong.field_errors(), ["/code: must be six digits"]);
    let wrong = ann.post(confirm, json!({ "code": "12345" })).await;
    assert_eq!(wrong.field_errors(), ["/code: must be six digits or a recovery code"]);
    let body = json!({ "email": "ann@example.org", "password": PASSWORD });
    assert_eq!(app.anonymous().post("/api/auth/login", body).await.status, 200);
    // Starting over generates a new secret.
    let second = begin_setup(&ann).await;
    let code = json!({ "code": first.code_at(now) });
    assert_eq!(ann.post(confirm, code).await.status, 422);
    let code = json!({ "code": second.code_at(now) });
    assert_eq!(ann.post(confirm, code).await.status, 200);
    let factors = ann.get("/api/auth/factors").await;
    insta::assert_json_snapshot!(factors.body, @r#"
    {
      "isOn": true,
      "isRequired": false,
      "passkeys": [],
      "recoveryCodesLeft": 10,
      "totpSince": "2026-01-31T12:00:00.123456Z"
    }
    "#);
}

async fn an_enabled_app_cannot_be_replaced(app: TestApp) {
    let ann = TotpUser::new(&app, "ann@example.org").await;
    let again = ann.app.post("/api/auth/factors/totp", json!({})).await;
    assert_problem(&again, 409, "factor-exists");
    assert_eq!(submit_code(&ann.begin_sign_in().await, &ann.code()).await.status, 200);
}

async fn after_removing_the_app_the_password_suffices(app: TestApp) {
    let ann = TotpUser::new(&app, "ann@example.org").await;
    assert_eq!(ann.app.delete("/api/auth/factors/totp").await.status, 204);
    assert_eq!(ann.app.delete("/api/auth/factors/totp").await.status, 404);
    assert_eq!(ann.submit_password().await.status, 200);
    assert_eq!(ann.app.get("/api/auth/factors").await.body["recoveryCodesLeft"], 0);
}

async fn changing_factors_requires_a_recent_password_confirmation(app: TestApp) {
    let ann = TotpUser::new(&app, "ann@example.org").await;
    app.app.clock.advance(TimeDelta::minutes(10));
    let id = uuid::Uuid::now_v7();
    let tries = async || {
        let code = json!({ "code": ann.code() });
        [
            ann.app.post("/api/auth/factors/totp", json!({})).await,
            ann.app.post("/api/auth/factors/totp/confirm", code).await,
            ann.app.post("/api/auth/factors/recovery-codes", json!({})).await,
            ann.app.post("/api/auth/passkeys/begin", json!({})).await,
            ann.app.post("/api/auth/passkeys/finish", json!({})).await,
            ann.app.delete(&format!("/api/auth/passkeys/{id}")).await,
            ann.app.delete("/api/auth/factors/totp").await,
        ]
    };
    for rejected in tries().await {
        assert_problem(&rejected, 403, "confirmation-required");
    }
    assert_eq!(ann.app.get("/api/auth/factors").await.body["isOn"], true);
    let wrong = ann.app.post("/api/auth/confirm", json!({ "password": "wrong" })).await;
    assert_eq!(wrong.field_errors(), ["/password: isn’t your password"]);
    assert_problem(&ann.app.delete("/api/auth/factors/totp").await, 403, "confirmation-required");
    let right = ann.app.post("/api/auth/confirm", json!({ "password": PASSWORD })).await;
    assert_eq!(right.status, 204);
    app.app.clock.advance(TimeDelta::minutes(9));
    assert!(tries().await.iter().all(|it| it.body["type"] != "/problems/confirmation-required"));
    assert_eq!(ann.app.get("/api/auth/factors").await.body["isOn"], false);
}

async fn access_tokens_cannot_manage_factors(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let token = json!({ "name": "script", "scope": "write" });
    let token = ann.post("/api/auth/tokens", token).await.body["token"].clone();
    let bearer = format!("Bearer {}", token.as_str().unwrap());
    for (method, path) in [
        ("GET", "/api/auth/factors"),
        ("POST", "/api/auth/factors/totp"),
        ("POST", "/api/auth/confirm"),
        ("POST", "/api/auth/passkeys/begin"),
    ] {
        let method = method.parse().unwrap();
        let headers = [("authorization", bearer.as_str())];
        let body = json!({ "password": PASSWORD }).to_string();
        let rejected = app.anonymous().send_json(method, path, &body, &headers).await;
        assert_problem(&rejected, 403, "forbidden");
    }
}

async fn changing_the_password_cancels_pending_sign_ins(app: TestApp) {
    let ann = TotpUser::new(&app, "ann@example.org").await;
    let pending = ann.begin_sign_in().await;
    let change = json!({ "currentPassword": PASSWORD, "newPassword": "another horse battery" });
    assert_eq!(ann.app.post("/api/auth/password", change).await.status, 204);
    assert_problem(&submit_code(&pending, &ann.code()).await, 401, "unauthorized");
}

async fn codes_work_only_for_their_own_account(app: TestApp) {
    let ann = TotpUser::new(&app, "ann@example.org").await;
    let bob = TotpUser::new(&app, "bob@example.org").await;
    let pending = ann.begin_sign_in().await;
    for code in [bob.code(), bob.codes[0].clone()] {
        assert_problem(&submit_code(&pending, &code).await, 401, "wrong-factor");
    }
    bob.app.delete("/api/auth/factors/totp").await;
    assert_eq!(submit_code(&pending, &ann.code()).await.status, 200);
}

/// Posts as a browser that reached the service as `localhost`.
pub(super) async fn at_localhost(app: &TestApp, path: &str, body: &Value) -> TestResponse {
    let headers = [("host", "localhost:3001")];
    app.send_json(axum::http::Method::POST, path, &body.to_string(), &headers).await
}

async fn passkey_challenges_reject_invalid_responses(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let challenge = at_localhost(&ann, "/api/auth/passkeys/begin", &json!({})).await;
    assert_eq!(challenge.status, 200, "{challenge:?}");
    let options = &challenge.body["publicKey"];
    assert_eq!(options["rp"], json!({ "name": "MotoVaultPro", "id": "localhost" }));
    assert_eq!(options["user"]["name"], "ann@example.org");
    assert_eq!(options["authenticatorSelection"]["residentKey"], "preferred");
    assert_eq!(options["authenticatorSelection"]["userVerification"], "required");

    let response = json!({ "attestationObject": "AA", "clientDataJSON": "AA" });
    let credential =
        json!({ "id": "AA", "rawId": "AA", "type": "public-key", "response": response });
    let ceremony = &challenge.body["ceremony"];
    let answer = json!({ "ceremony": ceremony, "name": "Key", "credential": credential });
    let finish = "/api/auth/passkeys/finish";
    let bob = app.register("bob@example.org").await;
    for wrong in [json!("AA"), json!({}), json!({ "id": "AA", "rawId": 7 }), json!([[[]]])] {
        let mut body = answer.clone();
        body["credential"] = wrong;
        let rejected = at_localhost(&ann, finish, &body).await;
        assert!(rejected.field_errors()[0].starts_with("/credential: "), "{rejected:?}");
    }
    let rejected = at_localhost(&ann, finish, &answer).await;
    assert_eq!(
        rejected.field_errors(),
        ["/credential: isn’t the response to this request: try again"]
    );
    assert_eq!(at_localhost(&bob, finish, &answer).await.status, 422);
    assert_eq!(ann.get("/api/auth/factors").await.body["passkeys"], json!([]));

    let anonymous = app.anonymous();
    let challenge = at_localhost(&anonymous, "/api/auth/login/passkey/begin", &json!({})).await;
    assert_eq!(challenge.body["publicKey"]["allowCredentials"], json!([]));
    assert_eq!(challenge.body["publicKey"]["userVerification"], "required");
    let response = json!({ "authenticatorData": "AA", "clientDataJSON": "AA", "signature": "AA" });
    let credential =
        json!({ "id": "AA", "rawId": "AA", "type": "public-key", "response": response });
    let answer = json!({ "ceremony": challenge.body["ceremony"], "credential": credential });
    let rejected = at_localhost(&anonymous, "/api/auth/login/passkey/finish", &answer).await;
    assert_problem(&rejected, 401, "wrong-factor");

    // Passkeys can't be used at an origin without HTTPS.
    for path in ["/api/auth/passkeys/begin", "/api/auth/login/passkey/begin"] {
        assert_problem(&ann.post(path, json!({})).await, 403, "forbidden");
    }
}

#[tokio::test]
async fn without_a_required_factor_users_can_only_set_one_up() {
    let app = TestApp::new(|config| {
        config.auth.require_second_factor = SecondFactor::Everyone;
    })
    .await;
    let ann = app.register("ann@example.org").await;
    for path in ["/api/vehicles", "/api/auth/tokens", "/api/user/preferences", "/api/auth/me"] {
        assert_problem(&ann.get(path).await, 403, "second-factor-missing");
    }
    let created = ann.post("/api/auth/tokens", json!({ "name": "x", "scope": "write" })).await;
    assert_problem(&created, 403, "second-factor-missing");
    let factors = ann.get("/api/auth/factors").await.body;
    assert_eq!((&factors["isRequired"], &factors["isOn"]), (&json!(true), &json!(false)));
    let code = begin_setup(&ann).await.code_at(app.app.clock.now());
    let enabled = ann.post("/api/auth/factors/totp/confirm", json!({ "code": code })).await;
    assert_eq!(enabled.status, 200);
    assert!(is_signed_in(&ann).await);
    // Once removed, it is required again.
    assert_eq!(ann.delete("/api/auth/factors/totp").await.status, 204);
    assert_problem(&ann.get("/api/vehicles").await, 403, "second-factor-missing");
    assert_eq!(ann.post("/api/auth/logout", json!({})).await.status, 204);
}

#[tokio::test]
async fn a_factor_can_be_required_of_administrators_only() {
    let app = TestApp::new(|config| {
        config.auth.require_second_factor = SecondFactor::Administrators;
    })
    .await;
    let body = json!({ "email": "admin@example.org", "password": PASSWORD });
    let admin = app.anonymous().post("/api/auth/login", body).await;
    let admin = app.with_cookie(cookie_of(&admin));
    assert_problem(&admin.get("/api/vehicles").await, 403, "second-factor-missing");
    assert!(is_signed_in(&app.register("ann@example.org").await).await);
}

#[tokio::test]
async fn recovery_codes_and_sign_in_cookies_are_stored_hashed() {
    let app = TestApp::new(|_| {}).await;
    let ann = TotpUser::new(&app, "ann@example.org").await;
    let cookie = cookie_of(&ann.submit_password().await).unwrap().replace("sign-in=", "");
    let crate::core::db::Db::Sqlite { writer, .. } = &app.app.db else { panic!("not SQLite") };
    let row: (Vec<u8>, Vec<u8>) = sqlx::query_as(
        "SELECT c.code_hash, s.token_hash FROM recovery_codes c, pending_sign_ins s LIMIT 1",
    )
    .fetch_one(writer)
    .await
    .unwrap();
    assert_eq!((row.0.len(), row.1.len()), (32, 32));
    assert_ne!(crate::core::hex(&row.1), cookie);
}

async fn changes_of_factors_are_recorded_in_the_security_log(app: TestApp) {
    let ann = TotpUser::new(&app, "ann@example.org").await;
    let pending = ann.begin_sign_in().await;
    assert_eq!(submit_code(&pending, &ann.codes[0]).await.status, 200);
    assert_eq!(ann.app.post("/api/auth/factors/recovery-codes", json!({})).await.status, 201);
    assert_eq!(ann.app.delete("/api/auth/factors/totp").await.status, 204);
    let log = ann.app.get("/api/auth/security-log").await.body;
    let kinds: Vec<_> = log["items"].as_array().unwrap().iter().map(|it| &it["kind"]).collect();
    for kind in ["factor-added", "recovery-code-used", "recovery-codes-made", "factor-removed"] {
        assert!(kinds.contains(&&json!(kind)), "{kind} is not among {kinds:?}");
    }
}
