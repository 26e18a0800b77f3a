use chrono::TimeDelta;
use futures::future::join_all;
use serde_json::{Value, json};

use super::totp::Totp;
use crate::{
    core::config::SecondFactor,
    testing::{Answer, TestApp, cookie_of, on_every_engine},
};

on_every_engine![
    a_code_is_asked_for_after_the_right_password_and_opens_the_session,
    a_wrong_password_does_not_tell_that_there_is_a_second_factor,
    a_code_is_good_once_and_so_is_a_sign_in,
    of_many_with_one_code_at_once_one_gets_in,
    a_recovery_code_is_good_once,
    new_recovery_codes_take_the_place_of_those_before,
    guesses_at_a_code_are_counted_with_those_at_the_password,
    a_sign_in_waits_for_ten_minutes,
    an_app_is_not_on_before_its_first_code,
    an_app_that_is_on_is_not_set_up_over,
    without_an_app_the_password_is_enough_again,
    factors_are_changed_only_after_the_password_was_given_lately,
    a_token_does_not_change_factors,
    a_changed_password_ends_every_sign_in_that_waits,
    one_accounts_factors_are_not_anothers,
    a_passkey_is_asked_for_and_only_its_own_answer_taken,
    what_becomes_of_factors_stands_in_the_security_log,
];

const PASSWORD: &str = "correct horse battery";

/// Somebody with an authenticator app.
struct Holder {
    app: TestApp,
    email: String,
    totp: Totp,
    codes: Vec<String>,
}

impl Holder {
    async fn new(app: &TestApp, email: &str) -> Self {
        let app = app.register(email).await;
        let totp = begin(&app).await;
        let code = totp.code_at(app.app.clock.now());
        let on = app.post("/api/auth/factors/totp/confirm", json!({ "code": code })).await;
        assert_eq!(on.status, 200, "{on:?}");
        let codes = serde_json::from_value(on.body["recoveryCodes"].clone()).unwrap();
        // The code that turned it on is used up.
        app.app.clock.advance(TimeDelta::seconds(30));
        Self { app, email: email.to_owned(), totp, codes }
    }

    fn code(&self) -> String {
        self.totp.code_at(self.app.app.clock.now())
    }

    async fn password(&self) -> Answer {
        let body = json!({ "email": self.email, "password": PASSWORD });
        self.app.nobody().post("/api/auth/login", body).await
    }

    /// Whoever has given the password.
    async fn waiting(&self) -> TestApp {
        let answer = self.password().await;
        let kind = &answer.body["type"];
        assert_eq!((answer.status, kind), (401, &json!("/problems/second-factor-required")));
        self.app.with_cookie(Some(cookie_of(&answer).unwrap()))
    }
}

/// The authenticator app, as its owner has scanned it.
async fn begin(app: &TestApp) -> Totp {
    let begun = app.post("/api/auth/factors/totp", json!({})).await;
    assert_eq!((begun.status, begun.header("location")), (201, "/api/auth/factors"));
    let secret = begun.body["secret"].as_str().unwrap();
    assert!(begun.body["uri"].as_str().unwrap().contains(secret), "{begun:?}");
    let secret = totp_rs::Secret::try_from_base32(secret).unwrap();
    Totp::new(secret.as_bytes(), "").unwrap()
}

async fn give(waiting: &TestApp, code: &str) -> Answer {
    waiting.post("/api/auth/login/second", json!({ "code": code })).await
}

async fn is_signed_in(app: &TestApp) -> bool {
    app.get("/api/vehicles").await.status == 200
}

#[track_caller]
fn is_refused(answer: &Answer, status: u16, kind: &str) {
    let expected = json!(format!("/problems/{kind}"));
    assert_eq!((answer.status, &answer.body["type"]), (status, &expected), "{answer:?}");
}

async fn a_code_is_asked_for_after_the_right_password_and_opens_the_session(app: TestApp) {
    let ann = Holder::new(&app, "ann@example.org").await;
    let asked = ann.password().await;
    is_refused(&asked, 401, "second-factor-required");
    let cookie = asked.header("set-cookie");
    assert!(cookie.starts_with("sign-in="), "{cookie}");
    assert!(cookie.ends_with("; Path=/; Max-Age=600; HttpOnly; SameSite=Lax"), "{cookie}");
    assert_eq!(asked.headers.get_all("set-cookie").iter().count(), 1);

    let waiting = ann.waiting().await;
    assert!(!is_signed_in(&waiting).await);
    is_refused(&give(&waiting, "000000").await, 401, "wrong-factor");
    is_refused(&give(&app.nobody(), &ann.code()).await, 401, "unauthorized");
    let signed_in = give(&waiting, &ann.code()).await;
    assert_eq!((signed_in.status, &signed_in.body["email"]), (200, &json!("ann@example.org")));
    let cookies: Vec<_> = signed_in.headers.get_all("set-cookie").iter().collect();
    assert!(
        cookies.iter().any(|it| it.to_str().unwrap().starts_with("sign-in=; Path=/; Max-Age=0"))
    );
    assert!(is_signed_in(&app.with_cookie(cookie_of(&signed_in))).await);
}

async fn a_wrong_password_does_not_tell_that_there_is_a_second_factor(app: TestApp) {
    Holder::new(&app, "ann@example.org").await;
    let wrong = async |email: &str| {
        let body = json!({ "email": email, "password": "not the password" });
        app.nobody().post("/api/auth/login", body).await
    };
    let (with, without) = (wrong("ann@example.org").await, wrong("admin@example.org").await);
    is_refused(&with, 401, "wrong-password");
    assert_eq!((with.body, with.headers.get("set-cookie")), (without.body, None));
}

async fn a_code_is_good_once_and_so_is_a_sign_in(app: TestApp) {
    let ann = Holder::new(&app, "ann@example.org").await;
    let (first, second) = (ann.waiting().await, ann.waiting().await);
    let code = ann.code();
    assert_eq!(give(&first, &code).await.status, 200);
    is_refused(&give(&second, &code).await, 401, "wrong-factor");
    // Nor is one of the step before, which is in time still.
    let before = ann.totp.code_at(app.app.clock.now() - TimeDelta::seconds(30));
    is_refused(&give(&second, &before).await, 401, "wrong-factor");
    app.app.clock.advance(TimeDelta::seconds(30));
    is_refused(&give(&first, &ann.code()).await, 401, "unauthorized");
    assert_eq!(give(&second, &ann.code()).await.status, 200);
}

async fn of_many_with_one_code_at_once_one_gets_in(app: TestApp) {
    let ann = Holder::new(&app, "ann@example.org").await;
    for code in [ann.code(), ann.codes[0].clone()] {
        let waiting = join_all((0..6).map(|_| ann.waiting())).await;
        let answers = join_all(waiting.iter().map(|it| give(it, &code))).await;
        assert_eq!(answers.iter().filter(|it| it.status == 200).count(), 1, "{answers:?}");
        assert_eq!(answers.iter().filter(|it| it.status == 401).count(), 5, "{answers:?}");
    }
}

async fn a_recovery_code_is_good_once(app: TestApp) {
    let ann = Holder::new(&app, "ann@example.org").await;
    let left = async || ann.app.get("/api/auth/factors").await.body["recoveryCodesLeft"].clone();
    assert_eq!((ann.codes.len(), left().await), (10, json!(10)));
    let typed = ann.codes[3].to_uppercase().replace('-', " ");
    assert_eq!(give(&ann.waiting().await, &typed).await.status, 200);
    is_refused(&give(&ann.waiting().await, &typed).await, 401, "wrong-factor");
    assert_eq!(give(&ann.waiting().await, &ann.codes[4]).await.status, 200);
    assert_eq!(left().await, 8);
}

async fn new_recovery_codes_take_the_place_of_those_before(app: TestApp) {
    let ann = Holder::new(&app, "ann@example.org").await;
    let made = ann.app.post("/api/auth/factors/recovery-codes", json!({})).await;
    assert_eq!((made.status, made.header("location")), (201, "/api/auth/factors"));
    let new: Vec<String> = serde_json::from_value(made.body["recoveryCodes"].clone()).unwrap();
    assert!(new.len() == 10 && new.iter().all(|it| !ann.codes.contains(it)));
    is_refused(&give(&ann.waiting().await, &ann.codes[0]).await, 401, "wrong-factor");
    assert_eq!(give(&ann.waiting().await, &new[0]).await.status, 200);
    let bob = app.register("bob@example.org").await;
    let refused = bob.post("/api/auth/factors/recovery-codes", json!({})).await;
    is_refused(&refused, 403, "forbidden");
}

async fn guesses_at_a_code_are_counted_with_those_at_the_password(app: TestApp) {
    let ann = Holder::new(&app, "ann@example.org").await;
    let waiting = ann.waiting().await;
    let mut wrong = 0;
    loop {
        let body = json!({ "email": "ann@example.org", "password": "wrong" });
        let password = app.nobody().post("/api/auth/login", body).await;
        let code = give(&waiting, "000000").await;
        wrong += [&password, &code].iter().filter(|it| it.status == 401).count();
        if code.status == 429 {
            assert_ne!(code.header("retry-after"), "");
            break;
        }
        assert!(wrong <= 20, "{code:?}");
    }
    assert!((10..=20).contains(&wrong), "{wrong}");
    // The right one is not even looked at: another hour, another try.
    is_refused(&give(&waiting, &ann.code()).await, 429, "too-many-requests");
}

async fn a_sign_in_waits_for_ten_minutes(app: TestApp) {
    let ann = Holder::new(&app, "ann@example.org").await;
    let (early, late) = (ann.waiting().await, ann.waiting().await);
    app.app.clock.advance(TimeDelta::seconds(599));
    assert_eq!(give(&early, &ann.code()).await.status, 200);
    app.app.clock.advance(TimeDelta::seconds(1));
    is_refused(&give(&late, &ann.codes[0]).await, 401, "unauthorized");
    // Only the last ten of an account wait at once.
    let first = ann.waiting().await;
    for _ in 0..10 {
        app.app.clock.advance(TimeDelta::seconds(1));
        ann.waiting().await;
    }
    is_refused(&give(&first, &ann.codes[0]).await, 401, "unauthorized");
    crate::core::periodic::run_one(&app.app, &super::super::PURGE_TASK).await.unwrap();
}

async fn an_app_is_not_on_before_its_first_code(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let confirm = "/api/auth/factors/totp/confirm";
    assert_eq!(ann.post(confirm, json!({ "code": "123456" })).await.status, 404);
    let first = begin(&ann).await;
    let now = app.app.clock.now();
    let wrong = ann.post(confirm, json!({ "code": "000000" })).await;
    assert_eq!(
        wrong.faults(),
        ["/code: is not what the app shows now: is the telephone's clock right?"]
    );
    let wrong = ann.post(confirm, json!({ "code": "abcd-efgh-jkmn-pqrs" })).await;
    assert_eq!(wrong.faults(), ["/code: has to be six digits"]);
    let wrong = ann.post(confirm, json!({ "code": "12345" })).await;
    assert_eq!(wrong.faults(), ["/code: has to be six digits, or a recovery code"]);
    let body = json!({ "email": "ann@example.org", "password": PASSWORD });
    assert_eq!(app.nobody().post("/api/auth/login", body).await.status, 200);
    // Begun anew, the secret is another.
    let second = begin(&ann).await;
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

async fn an_app_that_is_on_is_not_set_up_over(app: TestApp) {
    let ann = Holder::new(&app, "ann@example.org").await;
    let again = ann.app.post("/api/auth/factors/totp", json!({})).await;
    is_refused(&again, 409, "factor-exists");
    assert_eq!(give(&ann.waiting().await, &ann.code()).await.status, 200);
}

async fn without_an_app_the_password_is_enough_again(app: TestApp) {
    let ann = Holder::new(&app, "ann@example.org").await;
    assert_eq!(ann.app.delete("/api/auth/factors/totp").await.status, 204);
    assert_eq!(ann.app.delete("/api/auth/factors/totp").await.status, 404);
    assert_eq!(ann.password().await.status, 200);
    assert_eq!(ann.app.get("/api/auth/factors").await.body["recoveryCodesLeft"], 0);
}

async fn factors_are_changed_only_after_the_password_was_given_lately(app: TestApp) {
    let ann = Holder::new(&app, "ann@example.org").await;
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
    for refused in tries().await {
        is_refused(&refused, 403, "confirmation-required");
    }
    assert_eq!(ann.app.get("/api/auth/factors").await.body["isOn"], true);
    let wrong = ann.app.post("/api/auth/confirm", json!({ "password": "wrong" })).await;
    assert_eq!(wrong.faults(), ["/password: is not your password"]);
    is_refused(&ann.app.delete("/api/auth/factors/totp").await, 403, "confirmation-required");
    let right = ann.app.post("/api/auth/confirm", json!({ "password": PASSWORD })).await;
    assert_eq!(right.status, 204);
    app.app.clock.advance(TimeDelta::minutes(9));
    assert!(tries().await.iter().all(|it| it.body["type"] != "/problems/confirmation-required"));
    assert_eq!(ann.app.get("/api/auth/factors").await.body["isOn"], false);
}

async fn a_token_does_not_change_factors(app: TestApp) {
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
        let refused = app.nobody().send_json(method, path, &body, &headers).await;
        is_refused(&refused, 403, "forbidden");
    }
}

async fn a_changed_password_ends_every_sign_in_that_waits(app: TestApp) {
    let ann = Holder::new(&app, "ann@example.org").await;
    let waiting = ann.waiting().await;
    let change = json!({ "currentPassword": PASSWORD, "newPassword": "another horse battery" });
    assert_eq!(ann.app.post("/api/auth/password", change).await.status, 204);
    is_refused(&give(&waiting, &ann.code()).await, 401, "unauthorized");
}

async fn one_accounts_factors_are_not_anothers(app: TestApp) {
    let ann = Holder::new(&app, "ann@example.org").await;
    let bob = Holder::new(&app, "bob@example.org").await;
    let waiting = ann.waiting().await;
    for code in [bob.code(), bob.codes[0].clone()] {
        is_refused(&give(&waiting, &code).await, 401, "wrong-factor");
    }
    bob.app.delete("/api/auth/factors/totp").await;
    assert_eq!(give(&waiting, &ann.code()).await.status, 200);
}

/// What a browser at this machine's own name posts.
pub(super) async fn at_localhost(app: &TestApp, path: &str, body: &Value) -> Answer {
    let headers = [("host", "localhost:3001")];
    app.send_json(axum::http::Method::POST, path, &body.to_string(), &headers).await
}

async fn a_passkey_is_asked_for_and_only_its_own_answer_taken(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let asked = at_localhost(&ann, "/api/auth/passkeys/begin", &json!({})).await;
    assert_eq!(asked.status, 200, "{asked:?}");
    let options = &asked.body["publicKey"];
    assert_eq!(options["rp"], json!({ "name": "MotoVaultPro", "id": "localhost" }));
    assert_eq!(options["user"]["name"], "ann@example.org");
    assert_eq!(options["authenticatorSelection"]["residentKey"], "preferred");
    assert_eq!(options["authenticatorSelection"]["userVerification"], "required");

    let response = json!({ "attestationObject": "AA", "clientDataJSON": "AA" });
    let credential =
        json!({ "id": "AA", "rawId": "AA", "type": "public-key", "response": response });
    let ceremony = &asked.body["ceremony"];
    let answer = json!({ "ceremony": ceremony, "name": "Key", "credential": credential });
    let finish = "/api/auth/passkeys/finish";
    let bob = app.register("bob@example.org").await;
    for wrong in [json!("AA"), json!({}), json!({ "id": "AA", "rawId": 7 }), json!([[[]]])] {
        let mut body = answer.clone();
        body["credential"] = wrong;
        let refused = at_localhost(&ann, finish, &body).await;
        assert!(refused.faults()[0].starts_with("/credential: "), "{refused:?}");
    }
    let refused = at_localhost(&ann, finish, &answer).await;
    assert_eq!(refused.faults(), ["/credential: is not the answer to what was asked"]);
    assert_eq!(at_localhost(&bob, finish, &answer).await.status, 422);
    assert_eq!(ann.get("/api/auth/factors").await.body["passkeys"], json!([]));

    let nobody = app.nobody();
    let asked = at_localhost(&nobody, "/api/auth/login/passkey/begin", &json!({})).await;
    assert_eq!(asked.body["publicKey"]["allowCredentials"], json!([]));
    assert_eq!(asked.body["publicKey"]["userVerification"], "required");
    let response = json!({ "authenticatorData": "AA", "clientDataJSON": "AA", "signature": "AA" });
    let credential =
        json!({ "id": "AA", "rawId": "AA", "type": "public-key", "response": response });
    let answer = json!({ "ceremony": asked.body["ceremony"], "credential": credential });
    let refused = at_localhost(&nobody, "/api/auth/login/passkey/finish", &answer).await;
    is_refused(&refused, 401, "wrong-factor");

    // At a name that passkeys cannot trust there are none.
    for path in ["/api/auth/passkeys/begin", "/api/auth/login/passkey/begin"] {
        is_refused(&ann.post(path, json!({})).await, 403, "forbidden");
    }
}

#[tokio::test]
async fn whoever_lacks_a_required_factor_sets_one_up_and_does_nothing_else() {
    let app = TestApp::new(|config| {
        config.auth.require_second_factor = SecondFactor::Everyone;
    })
    .await;
    let ann = app.register("ann@example.org").await;
    for path in ["/api/vehicles", "/api/auth/tokens", "/api/user/preferences", "/api/auth/me"] {
        is_refused(&ann.get(path).await, 403, "second-factor-missing");
    }
    let made = ann.post("/api/auth/tokens", json!({ "name": "x", "scope": "write" })).await;
    is_refused(&made, 403, "second-factor-missing");
    let factors = ann.get("/api/auth/factors").await.body;
    assert_eq!((&factors["isRequired"], &factors["isOn"]), (&json!(true), &json!(false)));
    let code = begin(&ann).await.code_at(app.app.clock.now());
    let on = ann.post("/api/auth/factors/totp/confirm", json!({ "code": code })).await;
    assert_eq!(on.status, 200);
    assert!(is_signed_in(&ann).await);
    // Taken away again, it is asked for again.
    assert_eq!(ann.delete("/api/auth/factors/totp").await.status, 204);
    is_refused(&ann.get("/api/vehicles").await, 403, "second-factor-missing");
    assert_eq!(ann.post("/api/auth/logout", json!({})).await.status, 204);
}

#[tokio::test]
async fn a_factor_may_be_required_of_administrators_alone() {
    let app = TestApp::new(|config| {
        config.auth.require_second_factor = SecondFactor::Administrators;
    })
    .await;
    let body = json!({ "email": "admin@example.org", "password": PASSWORD });
    let admin = app.nobody().post("/api/auth/login", body).await;
    let admin = app.with_cookie(cookie_of(&admin));
    is_refused(&admin.get("/api/vehicles").await, 403, "second-factor-missing");
    assert!(is_signed_in(&app.register("ann@example.org").await).await);
}

#[tokio::test]
async fn the_database_holds_no_recovery_code_and_no_cookie_of_a_sign_in() {
    let app = TestApp::new(|_| {}).await;
    let ann = Holder::new(&app, "ann@example.org").await;
    let cookie = cookie_of(&ann.password().await).unwrap().replace("sign-in=", "");
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

async fn what_becomes_of_factors_stands_in_the_security_log(app: TestApp) {
    let ann = Holder::new(&app, "ann@example.org").await;
    let waiting = ann.waiting().await;
    assert_eq!(give(&waiting, &ann.codes[0]).await.status, 200);
    assert_eq!(ann.app.post("/api/auth/factors/recovery-codes", json!({})).await.status, 201);
    assert_eq!(ann.app.delete("/api/auth/factors/totp").await.status, 204);
    let log = ann.app.get("/api/auth/security-log").await.body;
    let kinds: Vec<_> = log["items"].as_array().unwrap().iter().map(|it| &it["kind"]).collect();
    for kind in ["factor-added", "recovery-code-used", "recovery-codes-made", "factor-removed"] {
        assert!(kinds.contains(&&json!(kind)), "{kind} is not among {kinds:?}");
    }
}
