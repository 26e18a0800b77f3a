//! Tests of the second-factor pages.

use chrono::TimeDelta;
use serde_json::json;

use super::totp::Totp;
use crate::{
    core::config::SecondFactor,
    testing::{TestApp, TestResponse, cookie_of, on_every_engine},
};

const PASSWORD: &str = "correct horse battery";

on_every_engine![
    an_app_can_be_set_up_and_used_without_javascript,
    a_wrong_code_shows_an_error_and_is_not_echoed,
    changes_require_confirming_the_password,
    the_page_explains_why_passkeys_are_unavailable,
];

fn text(answer: &TestResponse) -> &str {
    answer.body.as_str().unwrap_or_default()
}

#[track_caller]
fn assert_redirects(answer: &TestResponse, path: &str) {
    assert_eq!((answer.status, answer.header("location")), (303, path), "{answer:?}");
}

/// Sets up an app with the key that the page shows.
fn totp_from_page(page: &TestResponse) -> Totp {
    let (_, rest) = text(page).split_once("key-text\">").unwrap();
    let key: String = rest.split('<').next().unwrap().replace(' ', "");
    Totp::new(totp_rs::Secret::try_from_base32(key).unwrap().as_bytes(), "").unwrap()
}

async fn log_in(app: &TestApp) -> TestResponse {
    let fields = [("email", "dana@example.org"), ("password", PASSWORD), ("next", "/trash?x=1")];
    app.anonymous().post_form("/login", &fields).await
}

/// Sets up an app through the pages. Returns it and the recovery codes.
async fn set_up(user: &TestApp) -> (Totp, Vec<String>) {
    assert_redirects(
        &user.post_form("/settings/factors/totp", &[]).await,
        "/settings/factors/totp",
    );
    let page = user.get("/settings/factors/totp").await;
    assert!(text(&page).contains("<svg class=\"qr\"") && !text(&page).contains("data:"));
    let totp = totp_from_page(&page);
    let code = totp.code_at(user.app.clock.now());
    let codes = user.post_form("/settings/factors/totp/confirm", &[("code", &code)]).await;
    assert_eq!(codes.status, 200, "{codes:?}");
    let shown = text(&codes).split("<li>").skip(1).filter(|it| !it.starts_with('<'));
    let shown: Vec<_> = shown.map(|it| it.split('<').next().unwrap().to_owned()).collect();
    assert_eq!(shown.len(), 10, "{codes:?}");
    user.app.clock.advance(TimeDelta::seconds(30));
    (totp, shown)
}

async fn an_app_can_be_set_up_and_used_without_javascript(app: TestApp) {
    let user = app.register("dana@example.org").await;
    assert!(text(&user.get("/settings").await).contains("/settings/factors"));
    assert!(text(&user.get("/settings/factors").await).contains("Set up app"));
    assert_redirects(&user.get("/settings/factors/totp").await, "/settings/factors");
    let (totp, codes) = set_up(&user).await;
    assert!(text(&user.get("/settings/factors").await).contains("10 left."));

    let answer = log_in(&app).await;
    assert_redirects(&answer, "/login/second?next=%2Ftrash%3Fx%3D1");
    let pending = app.with_cookie(cookie_of(&answer));
    let page = pending.get(answer.header("location")).await;
    assert!(text(&page).contains(r#"name="next" value="/trash?x=1""#), "{page:?}");
    assert_redirects(&pending.get("/vehicles").await, "/login?next=%2Fvehicles");
    let code = totp.code_at(app.app.clock.now());
    let fields = [("code", code.as_str()), ("next", "/trash?x=1")];
    let done = pending.post_form("/login/second", &fields).await;
    assert_redirects(&done, "/trash?x=1");
    assert!(text(&app.with_cookie(cookie_of(&done)).get("/trash").await).contains("trash"));
    assert_redirects(&pending.get("/login/second").await, "/login");

    let pending = app.with_cookie(cookie_of(&log_in(&app).await));
    let fields = [("code", codes[0].as_str()), ("next", "https://evil.example/")];
    assert_redirects(&pending.post_form("/login/second", &fields).await, "/");

    let renewed = user.post_form("/settings/factors/recovery-codes", &[]).await;
    assert!(text(&renewed).contains("They won’t be shown again."), "{renewed:?}");
    assert!(!text(&renewed).contains(&codes[1]));
    assert_redirects(
        &user.post_form("/settings/factors/totp/remove", &[]).await,
        "/settings/factors?saved",
    );
    assert_redirects(&log_in(&app).await, "/trash?x=1");
}

async fn a_wrong_code_shows_an_error_and_is_not_echoed(app: TestApp) {
    let user = app.register("dana@example.org").await;
    user.post_form("/settings/factors/totp", &[]).await;
    let rejected = user.post_form("/settings/factors/totp/confirm", &[("code", "000000")]).await;
    assert_eq!(rejected.status, 422);
    assert!(text(&rejected).contains("This isn’t the app’s current code"), "{rejected:?}");
    set_up(&user).await;

    let pending = app.with_cookie(cookie_of(&log_in(&app).await));
    let rejected =
        pending.post_form("/login/second", &[("code", "012345"), ("next", "/trash")]).await;
    assert_eq!(rejected.status, 401);
    assert!(text(&rejected).contains("The code or passkey is invalid, expired or already used."));
    assert!(text(&rejected).contains(r#"value="/trash""#) && !text(&rejected).contains("012345"));
    let rejected = pending.post_form("/login/second", &[("code", "zz")]).await;
    assert_eq!(rejected.status, 422);
    assert!(text(&rejected).contains("This must be six digits or a recovery code."));
    for _ in 0..20 {
        pending.post_form("/login/second", &[("code", "012345")]).await;
    }
    let throttled = pending.post_form("/login/second", &[("code", "012345")]).await;
    assert_eq!(throttled.status, 429);
    assert!(text(&throttled).contains("Too many attempts"), "{throttled:?}");
}

async fn changes_require_confirming_the_password(app: TestApp) {
    let user = app.register("dana@example.org").await;
    app.app.clock.advance(TimeDelta::minutes(10));
    let page = user.get("/settings/factors").await;
    assert!(text(&page).contains("Confirm it’s you") && !text(&page).contains("Set up app"));
    assert_redirects(&user.post_form("/settings/factors/totp", &[]).await, "/settings/factors");
    let confirm = "/settings/factors/confirm";
    let wrong = user.post_form(confirm, &[("password", "wrong-one")]).await;
    assert_eq!(wrong.status, 422);
    assert!(text(&wrong).contains("This isn’t your password."), "{wrong:?}");
    assert!(!text(&wrong).contains("wrong-one"));
    assert_redirects(
        &user.post_form(confirm, &[("password", PASSWORD)]).await,
        "/settings/factors",
    );
    assert!(text(&user.get("/settings/factors").await).contains("Set up app"));
}

async fn the_page_explains_why_passkeys_are_unavailable(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let page = user.get("/settings/factors").await;
    assert!(text(&page).contains("server.public_url") && !text(&page).contains("passkeys."));
    assert!(!text(&app.anonymous().get("/login").await).contains("passkey"));
    let local = axum::http::Request::get("/login").header("host", "localhost:3001");
    let page = app.anonymous().send(local, axum::body::Body::empty()).await;
    assert!(text(&page).contains("Sign in with a passkey"), "{page:?}");
    assert!(text(&page).contains("data-passkeys=\"sign-in\" data-next=\"/\" hidden"));
}

#[tokio::test]
async fn users_without_a_required_factor_are_redirected_to_set_one_up() {
    let app = TestApp::new(|it| it.auth.require_second_factor = SecondFactor::Everyone).await;
    let user = app.register("dana@example.org").await;
    for path in ["/vehicles", "/trash", "/settings", "/settings/tokens"] {
        assert_redirects(&user.get(path).await, "/settings/factors");
    }
    let page = user.get("/settings/factors").await;
    assert!(text(&page).contains("Set it up to continue."), "{page:?}");
    set_up(&user).await;
    assert_eq!(user.get("/vehicles").await.status, 200);
    assert_redirects(&user.post_form("/logout", &[]).await, "/login");
    let body = json!({ "email": "dana@example.org", "password": PASSWORD });
    assert_eq!(app.anonymous().post("/api/auth/login", body).await.status, 401);
}
