//! Tests of using a provider's access tokens with the API.

use serde_json::json;

use super::{
    browser::{Browser, with_provider, with_sign_up_allowed},
    fake_provider::{FakeProvider, new_es256_key, now},
};
use crate::testing::{BeginWrite as _, Commit as _, TestApp, on_every_engine};

on_every_engine![
    an_access_token_authenticates_the_same_account_as_a_log_in,
    a_token_creates_an_account_only_if_sign_up_is_allowed,
    concurrent_first_requests_create_one_account,
    invalid_tokens_are_rejected,
    a_token_without_the_write_scope_is_read_only,
    a_token_cannot_create_tokens_or_link_identities,
    a_rotated_key_is_fetched,
    an_access_token_does_not_bypass_a_second_factor,
];

fn with_token(app: &TestApp, token: &str) -> TestApp {
    app.anonymous().with_header("authorization", &format!("Bearer {token}"))
}

async fn an_access_token_authenticates_the_same_account_as_a_log_in(app: TestApp) {
    let fake = FakeProvider::start().await;
    let app = with_sign_up_allowed(&app, &fake);
    let mut dana = Browser::new(&app);
    dana.log_in(&fake, "home", "dana").await;
    let client = with_token(&app, &fake.access_token("dana", &json!({})));
    let me = client.get("/api/auth/me").await;
    assert_eq!((me.status, &me.body["id"]), (200, &dana.me().await["id"]));
    let added = client.post("/api/vehicles", json!({ "vin": "1HGCM82633A004352" })).await;
    assert_eq!(added.status, 201, "{added:?}");
    let path = format!("/api/vehicles/{}", added.id());
    assert_eq!(dana.get(&path).await.status, 200);
    let other = with_token(&app, &fake.access_token("eve", &json!({})));
    assert_eq!(other.get(&path).await.status, 404);
}

async fn a_token_creates_an_account_only_if_sign_up_is_allowed(app: TestApp) {
    let fake = FakeProvider::start().await;
    let closed = with_provider(&app, &fake, |_| {});
    let token = fake.access_token("dana", &json!({}));
    assert_eq!(with_token(&closed, &token).get("/api/auth/me").await.status, 401);
    let open = with_sign_up_allowed(&app, &fake);
    assert_eq!(with_token(&open, &token).get("/api/auth/me").await.status, 200);
    assert_eq!(with_token(&closed, &token).get("/api/auth/me").await.status, 200);
    // The address belongs to an account that the identity is not linked to.
    let address = json!({ "email": "admin@example.org", "email_verified": true });
    let token = fake.access_token("eve", &address);
    assert_eq!(with_token(&open, &token).get("/api/auth/me").await.status, 401);
}

async fn concurrent_first_requests_create_one_account(app: TestApp) {
    let fake = FakeProvider::start().await;
    let app = with_sign_up_allowed(&app, &fake);
    let client = with_token(&app, &fake.access_token("dana", &json!({})));
    let all = futures_util::future::join_all((0..16).map(|_| client.get("/api/auth/me"))).await;
    assert!(all.iter().all(|it| it.status == 200), "{all:?}");
    assert!(all.iter().all(|it| it.body == all[0].body), "{all:?}");
}

async fn invalid_tokens_are_rejected(app: TestApp) {
    let (fake, other) = (FakeProvider::start().await, FakeProvider::start().await);
    let app = with_sign_up_allowed(&app, &fake);
    let valid = fake.access_token("dana", &json!({}));
    assert_eq!(with_token(&app, &valid).get("/api/vehicles").await.status, 200);
    let mut invalid = vec![
        fake.access_token("dana", &json!({ "exp": now() - 31 })),
        fake.access_token("dana", &json!({ "nbf": now() + 31 })),
        fake.access_token("dana", &json!({ "aud": "cars" })),
        fake.access_token("dana", &json!({ "iss": "https://other.example" })),
        fake.access_token("dana", &json!({ "nonce": "of an ID token" })),
        other.access_token("dana", &json!({ "iss": fake.issuer })),
        other.access_token("dana", &json!({})),
        format!("{valid}x"),
        valid.rsplit_once('.').unwrap().0.to_owned(),
        "a.b.c".to_owned(),
        format!("mvp_{valid}"),
    ];
    fake.configure(|state| state.header = json!({ "alg": "none" }));
    invalid.push(fake.access_token("dana", &json!({})));
    fake.configure(|state| state.header = json!({ "alg": "HS256" }));
    invalid.push(fake.access_token("dana", &json!({})));
    for token in invalid {
        let rejected = with_token(&app, &token).get("/api/vehicles").await;
        assert_eq!(rejected.status, 401, "{token}");
        assert_eq!(rejected.header("www-authenticate"), r#"Bearer error="invalid_token""#);
    }
    let anonymous = app.anonymous().get("/api/vehicles").await;
    assert_eq!(anonymous.header("www-authenticate"), "Bearer");
}

async fn a_token_without_the_write_scope_is_read_only(app: TestApp) {
    let fake = FakeProvider::start().await;
    let app = with_provider(&app, &fake, |config| {
        let home = config.auth.providers.get_mut("home").unwrap();
        home.allow_sign_up = true;
        home.write_scope = Some("cars:write".to_owned());
    });
    let vehicle = json!({ "vin": "1HGCM82633A004352" });
    let reader = with_token(&app, &fake.access_token("dana", &json!({ "scope": "cars:read" })));
    assert_eq!(reader.get("/api/vehicles").await.status, 200);
    assert_eq!(reader.post("/api/vehicles", vehicle.clone()).await.status, 403);
    let writer = with_token(&app, &fake.access_token("dana", &json!({ "scope": "cars:write" })));
    assert_eq!(writer.post("/api/vehicles", vehicle).await.status, 201);
}

async fn a_token_cannot_create_tokens_or_link_identities(app: TestApp) {
    let fake = FakeProvider::start().await;
    let app = with_sign_up_allowed(&app, &fake);
    let client = with_token(&app, &fake.access_token("dana", &json!({})));
    let token = json!({ "name": "mine", "scope": "write" });
    assert_eq!(client.post("/api/auth/tokens", token).await.status, 403);
    let link = client.post_form("/settings/identities", &[("provider", "home")]).await;
    assert_eq!(link.status, 403);
}

async fn a_rotated_key_is_fetched(app: TestApp) {
    let fake = FakeProvider::start().await;
    let app = with_sign_up_allowed(&app, &fake);
    let get = |token: String| {
        let client = with_token(&app, &token);
        async move { client.get("/api/auth/me").await.status }
    };
    assert_eq!(get(fake.access_token("dana", &json!({}))).await, 200);
    fake.configure(|state| state.keys = vec![("second".to_owned(), new_es256_key())]);
    assert_eq!(get(fake.access_token("dana", &json!({}))).await, 401);
    app.app.clock.advance(chrono::TimeDelta::minutes(1));
    assert_eq!(get(fake.access_token("dana", &json!({}))).await, 200);
}

async fn an_access_token_does_not_bypass_a_second_factor(app: TestApp) {
    let fake = FakeProvider::start().await;
    let app = with_sign_up_allowed(&app, &fake);
    let mut dana = Browser::new(&app);
    dana.log_in(&fake, "home", "dana").await;
    let client = with_token(&app, &fake.access_token("dana", &json!({})));
    assert_eq!(client.get("/api/auth/me").await.status, 200);
    let account: uuid::Uuid =
        dana.me().await.as_object().unwrap()["id"].as_str().unwrap().parse().unwrap();
    let mut tx = app.app.db.write().await.unwrap();
    crate::sql!(
        &mut tx,
        execute,
        "INSERT INTO passkeys (id, account_id, credential_id, credential, name, created_at)
         VALUES ($1, $2, $3, '{}', 'Key', $4)",
        uuid::Uuid::now_v7(),
        account,
        &b"key"[..],
        app.app.clock.now(),
    )
    .unwrap();
    tx.commit().await.unwrap();
    app.app.auth.clear_session_cache();
    assert_eq!(client.get("/api/auth/me").await.status, 401);
    assert_eq!(dana.get("/api/auth/me").await.status, 200);
}
