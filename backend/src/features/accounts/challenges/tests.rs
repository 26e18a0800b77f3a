use axum::http::Method;
use chrono::TimeDelta;
use serde_json::json;

use super::{LIFETIME, issue, open};
use crate::{
    core::periodic,
    features::oidc::FakeProvider,
    testing::{BeginWrite as _, Commit as _, TestApp, TestResponse, on_every_engine},
};

on_every_engine![
    a_challenge_opens_only_in_its_context_and_for_ten_minutes,
    a_modified_or_forged_challenge_does_not_open,
    a_challenge_can_be_spent_once_across_instances,
    a_spent_challenge_is_purged_after_it_expires_on_every_instance,
    beginning_a_sign_in_writes_no_rows,
];

const CONTEXT: &[&str] = &["test", "http://cars.test"];

async fn opens(app: &TestApp, context: &[&str], challenge: &str) -> bool {
    let opened = open::<String>(&app.app, context, challenge).await.unwrap();
    opened.is_some_and(|(_, state)| state == "state")
}

async fn a_challenge_opens_only_in_its_context_and_for_ten_minutes(app: TestApp) {
    let challenge = issue(&app.app, CONTEXT, &"state").await.unwrap();
    assert!(opens(&app, CONTEXT, &challenge).await);
    assert!(opens(&app.anonymous_instance(), CONTEXT, &challenge).await);
    for other in [&["test"][..], &["test", "http://cars.tes", "t"], &["other", "http://cars.test"]]
    {
        assert!(!opens(&app, other, &challenge).await, "{other:?}");
    }
    app.app.clock.advance(LIFETIME - TimeDelta::microseconds(1));
    assert!(opens(&app, CONTEXT, &challenge).await);
    app.app.clock.advance(TimeDelta::microseconds(1));
    assert!(!opens(&app, CONTEXT, &challenge).await);
}

async fn a_modified_or_forged_challenge_does_not_open(app: TestApp) {
    let challenge = issue(&app.app, CONTEXT, &"state").await.unwrap();
    // The state is encrypted.
    assert!(!challenge.contains("state") && challenge.len() > 64, "{challenge}");
    for position in 0..challenge.len() {
        let mut modified = challenge.clone().into_bytes();
        modified[position] = if modified[position] == b'A' { b'B' } else { b'A' };
        let modified = String::from_utf8(modified).unwrap();
        assert!(!opens(&app, CONTEXT, &modified).await, "{modified}");
    }
    for forged in ["", "AA", "no base64!", &"A".repeat(200), &challenge[1..], &challenge[..60]] {
        assert!(!opens(&app, CONTEXT, forged).await, "{forged}");
    }
}

async fn a_challenge_can_be_spent_once_across_instances(app: TestApp) {
    let text = issue(&app.app, CONTEXT, &"state").await.unwrap();
    let other = app.anonymous_instance();
    let (here, _) = open::<String>(&app.app, CONTEXT, &text).await.unwrap().unwrap();
    let (there, _) = open::<String>(&other.app, CONTEXT, &text).await.unwrap().unwrap();
    let mut tx = app.app.db.write().await.unwrap();
    assert!(here.spend(&mut tx).await.unwrap());
    drop(tx);
    assert!(!there.is_spent(&other.app).await.unwrap(), "the transaction was rolled back");
    let mut tx = other.app.db.write().await.unwrap();
    assert!(there.spend(&mut tx).await.unwrap());
    tx.commit().await.unwrap();
    assert!(here.is_spent(&app.app).await.unwrap());
    let mut tx = app.app.db.write().await.unwrap();
    assert!(!here.spend(&mut tx).await.unwrap());
}

async fn a_spent_challenge_is_purged_after_it_expires_on_every_instance(app: TestApp) {
    let text = issue(&app.app, CONTEXT, &"state").await.unwrap();
    let (challenge, _) = open::<String>(&app.app, CONTEXT, &text).await.unwrap().unwrap();
    let mut tx = app.app.db.write().await.unwrap();
    challenge.spend(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    let purge = async || periodic::run_one(&app.app, &super::super::PURGE_TASK).await.unwrap();
    // The clock of another instance may be behind.
    app.app.clock.advance(LIFETIME + TimeDelta::minutes(1));
    purge().await;
    assert!(challenge.is_spent(&app.app).await.unwrap());
    app.app.clock.advance(LIFETIME);
    purge().await;
    assert!(!challenge.is_spent(&app.app).await.unwrap());
}

/// Posts as a browser that reached the service as `localhost`.
async fn at_localhost(app: &TestApp, path: &str, body: &str) -> TestResponse {
    app.send_json(Method::POST, path, body, &[("host", "localhost:3001")]).await
}

async fn beginning_a_sign_in_writes_no_rows(app: TestApp) {
    let provider = FakeProvider::start().await;
    let with_provider = app.reconfigured(|config| {
        config.server.public_url = Some("http://cars.test".to_owned());
        config.auth.providers.insert("home".to_owned(), provider.settings());
    });
    let ann = app.register("ann@example.org").await;
    let at_provider = with_provider.with_cookie(ann.cookie().map(str::to_owned));
    let anonymous = app.anonymous();
    // The first sign-in creates the key.
    assert_eq!(at_localhost(&anonymous, "/api/auth/login/passkey/begin", "{}").await.status, 200);
    let before = app.rows().await;
    let credential = json!({
        "id": "AA", "rawId": "AA", "type": "public-key",
        "response": { "authenticatorData": "AA", "clientDataJSON": "AA", "signature": "AA" },
    });
    for _ in 0..100 {
        let started = at_localhost(&anonymous, "/api/auth/login/passkey/begin", "{}").await;
        assert_eq!(started.status, 200, "{started:?}");
        let answer = json!({ "ceremony": started.body["ceremony"], "credential": credential });
        let finish = "/api/auth/login/passkey/finish";
        assert_eq!(at_localhost(&anonymous, finish, &answer.to_string()).await.status, 401);
        assert_eq!(at_localhost(&ann, "/api/auth/passkeys/begin", "{}").await.status, 200);
        let started = with_provider.anonymous().get("/login/oidc/home?next=%2Ftrash").await;
        assert_eq!(started.status, 303, "{started:?}");
        let state = started.header("location").split("state=").nth(1).unwrap();
        let state = state.split('&').next().unwrap();
        let cookie = started.header("set-cookie").split(';').next().unwrap().to_owned();
        let browser = with_provider.with_cookie(Some(cookie));
        let back = format!("/login/oidc/home/callback?state={state}&code=invented");
        assert_eq!(browser.get(&back).await.status, 403);
        let linked = at_provider.post_form("/settings/identities", &[("provider", "home")]).await;
        assert_eq!(linked.status, 200, "{linked:?}");
    }
    let after = app.rows().await;
    let changed: Vec<_> = before.symmetric_difference(&after).collect();
    assert!(changed.is_empty(), "{changed:#?}");
}
