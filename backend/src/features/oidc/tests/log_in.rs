//! Tests of logging in with a provider and of finding or creating the account.

use serde_json::json;

use super::{
    browser::{Browser, body_text, local_path, with_provider, with_sign_up_allowed},
    fake_provider::FakeProvider,
};
use crate::{
    core::config::Registration,
    sql,
    testing::{BeginWrite as _, Commit as _, TestApp, on_every_engine},
};

on_every_engine![
    logging_in_twice_finds_the_same_account,
    with_a_single_provider_the_user_id_is_the_subject,
    the_same_subject_at_two_providers_is_two_accounts,
    a_new_provider_does_not_take_over_accounts_of_a_former_one,
    an_account_is_created_only_if_registration_allows_it,
    the_first_account_becomes_administrator,
    a_matching_address_does_not_give_access_to_an_account,
    an_unconfirmed_address_does_not_block_its_owner,
    an_unverified_address_is_not_stored,
    concurrent_first_log_ins_create_one_account,
    a_disabled_account_cannot_log_in,
    a_log_in_requires_the_accounts_second_factor,
    logging_in_ends_the_previous_session,
    the_pages_list_the_configured_providers,
];

async fn logging_in_twice_finds_the_same_account(app: TestApp) {
    let fake = FakeProvider::start().await;
    let app = with_sign_up_allowed(&app, &fake);
    let mut first = Browser::new(&app);
    let answer = first.log_in(&fake, "home", "dana").await;
    assert_eq!((answer.status, answer.header("location")), (303, "/trash"), "{answer:?}");
    let me = first.me().await;
    assert_eq!((&me["displayName"], &me["isAdmin"]), (&json!("Dana"), &json!(false)));
    let added = first.client().post("/api/vehicles", json!({ "vin": "1HGCM82633A004352" })).await;
    assert_eq!(added.status, 201, "{added:?}");

    let mut second = Browser::new(&app);
    second.log_in(&fake, "home", "dana").await;
    assert_eq!(second.me().await["id"], me["id"]);
    let mut other = Browser::new(&app);
    other.log_in(&fake, "home", "Dana").await;
    assert_ne!(other.me().await["id"], me["id"]);
    let vehicles = other.get("/api/vehicles").await;
    assert_eq!(vehicles.body["items"], json!([]));
}

async fn with_a_single_provider_the_user_id_is_the_subject(app: TestApp) {
    let fake = FakeProvider::start().await;
    let app = with_sign_up_allowed(&app, &fake);
    for (subject, is_plain) in [("auth0|dana", true), ("local|dana", false), ("oidc|x", false)] {
        let mut browser = Browser::new(&app);
        browser.log_in(&fake, "home", subject).await;
        let user = browser.client().user_id().await;
        assert_eq!(user.as_str() == subject, is_plain, "{user:?}");
        assert!(is_plain || user.as_str().len() == "oidc|".len() + 64, "{user:?}");
    }
}

async fn the_same_subject_at_two_providers_is_two_accounts(app: TestApp) {
    let (fake, other) = (FakeProvider::start().await, FakeProvider::start().await);
    let app = with_provider(&app, &fake, |config| {
        config.auth.registration = Registration::Open;
        config.auth.providers.insert("work".to_owned(), other.settings());
    });
    let (mut one, mut two) = (Browser::new(&app), Browser::new(&app));
    one.log_in(&fake, "home", "dana").await;
    two.log_in(&other, "work", "dana").await;
    assert_ne!(one.me().await["id"], two.me().await["id"]);
    let (one, two) = (one.client().user_id().await, two.client().user_id().await);
    assert!(one.as_str().starts_with("oidc|") && two.as_str().starts_with("oidc|"));
    assert_ne!(one, two);
}

async fn a_new_provider_does_not_take_over_accounts_of_a_former_one(app: TestApp) {
    let (before, now) = (FakeProvider::start().await, FakeProvider::start().await);
    let app = with_sign_up_allowed(&app, &before);
    let mut theirs = Browser::new(&app);
    theirs.log_in(&before, "home", "dana").await;

    let app = with_sign_up_allowed(&app, &now);
    let mut another = Browser::new(&app);
    another.log_in(&now, "home", "dana").await;
    assert_ne!(another.me().await["id"], theirs.at(&app).me().await["id"]);
    assert!(another.client().user_id().await.as_str().starts_with("oidc|"));
}

async fn an_account_is_created_only_if_registration_allows_it(app: TestApp) {
    let fake = FakeProvider::start().await;
    let closed = with_provider(&app, &fake, |_| {});
    let mut browser = Browser::new(&closed);
    let rejected = browser.log_in(&fake, "home", "dana").await;
    assert_eq!(rejected.status, 403);
    assert!(body_text(&rejected).contains("You don’t have an account here"), "{rejected:?}");
    assert!(!browser.is_signed_in().await);

    let open = with_provider(&app, &fake, |it| it.auth.registration = Registration::Open);
    let mut browser = browser.at(&open);
    assert_eq!(browser.log_in(&fake, "home", "dana").await.status, 303);
    // Existing accounts can log in even if registration is closed.
    let mut again = Browser::new(&closed);
    assert_eq!(again.log_in(&fake, "home", "dana").await.status, 303);
}

async fn the_first_account_becomes_administrator(app: TestApp) {
    let mut tx = app.app.db.write().await.unwrap();
    sql!(&mut tx, execute, "DELETE FROM first_account").unwrap();
    tx.commit().await.unwrap();
    let fake = FakeProvider::start().await;
    let app = with_provider(&app, &fake, |_| {});
    let page = app.anonymous().get("/register").await;
    assert!(body_text(&page).contains(r#"href="/login/oidc/home?next=%2F""#), "{page:?}");
    // An access token can't create the first account, even if registration is open.
    let token = fake.access_token("dana", &json!({}));
    let app = app.anonymous();
    for open in [false, true] {
        let app = app.instance_with(|it| {
            it.auth.registration = if open { Registration::Open } else { Registration::Closed };
        });
        let client = app.with_header("authorization", &format!("Bearer {token}"));
        assert_eq!(client.get("/api/auth/me").await.status, 401, "open: {open}");
    }
    // Nor can a log-in if a setup token is required.
    let exposed = app.instance_with(|it| it.server.address = "0.0.0.0:3001".parse().unwrap());
    let page = exposed.get("/register").await;
    assert!(!body_text(&page).contains("/login/oidc/home"), "{page:?}");
    assert_eq!(Browser::new(&exposed).log_in(&fake, "home", "dana").await.status, 403);

    let mut first = Browser::new(&app);
    first.log_in(&fake, "home", "dana").await;
    assert_eq!(first.me().await["isAdmin"], json!(true));
    assert_eq!(Browser::new(&app).log_in(&fake, "home", "eve").await.status, 403);
}

async fn a_matching_address_does_not_give_access_to_an_account(app: TestApp) {
    let fake = FakeProvider::start().await;
    let app = with_sign_up_allowed(&app, &fake);
    let address = json!({ "email": "ADMIN@example.org", "email_verified": true });
    fake.configure(|state| state.claims = address);
    let mut browser = Browser::new(&app);
    let rejected = browser.log_in(&fake, "home", "dana").await;
    assert_eq!(rejected.status, 403);
    assert!(
        body_text(&rejected).contains("Your email address already has an account"),
        "{rejected:?}"
    );
    assert!(!browser.is_signed_in().await);
}

async fn an_unconfirmed_address_does_not_block_its_owner(app: TestApp) {
    let fake = FakeProvider::start().await;
    let squatter = app.register("dana@example.org").await;
    let app = with_sign_up_allowed(&app, &fake);
    let address = json!({ "email": "dana@example.org", "email_verified": true });
    fake.configure(|state| state.claims = address);
    let mut dana = Browser::new(&app);
    let rejected = dana.log_in(&fake, "home", "dana").await;
    assert!(body_text(&rejected).contains("Create a separate account with"), "{rejected:?}");
    // An access token can't create a separate account.
    let token =
        fake.access_token("dana", &json!({ "email": "dana@example.org", "email_verified": true }));
    let client = app.anonymous().with_header("authorization", &format!("Bearer {token}"));
    assert_eq!(client.get("/api/auth/me").await.status, 401);

    let started = dana.get("/login/oidc/home?separate=1").await;
    let back = local_path(&fake.log_in(started.header("location"), "dana"));
    assert_eq!(dana.get(&back).await.status, 303);
    let me = dana.me().await;
    assert_eq!(me["email"], "dana@example.org");
    assert_ne!(me["id"], squatter.get("/api/auth/me").await.body["id"]);
    // The new account can't be reset: it has no password, and its identity would need a review.
    let admin = app.as_administrator().await;
    let path = format!("/api/admin/users/{}/reset", me["id"].as_str().unwrap());
    let rejected = admin.post(&path, json!({})).await;
    assert_eq!(rejected.status, 409, "{rejected:?}");
    let mut again = Browser::new(&app);
    again.log_in(&fake, "home", "dana").await;
    assert_eq!(again.me().await["id"], me["id"]);
    // A confirmed address blocks other accounts.
    let mut tx = app.app.db.write().await.unwrap();
    sql!(&mut tx, execute, "UPDATE accounts SET email_confirmed_at = created_at").unwrap();
    tx.commit().await.unwrap();
    let mut other = Browser::new(&app);
    let started = other.get("/login/oidc/home?separate=1").await;
    let back = local_path(&fake.log_in(started.header("location"), "another"));
    let rejected = other.get(&back).await;
    assert_eq!(rejected.status, 403);
    assert!(!body_text(&rejected).contains("Create a separate account"), "{rejected:?}");
}

async fn an_unverified_address_is_not_stored(app: TestApp) {
    let fake = FakeProvider::start().await;
    let app = with_sign_up_allowed(&app, &fake);
    for (subject, claims, stored) in [
        ("a", json!({ "email": "admin@example.org" }), ""),
        ("b", json!({ "email": "admin@example.org", "email_verified": false }), ""),
        ("c", json!({ "email": "c@example.org", "email_verified": true }), "c@example.org"),
    ] {
        fake.configure(|state| state.claims = claims);
        let mut browser = Browser::new(&app);
        browser.log_in(&fake, "home", subject).await;
        assert_eq!(browser.me().await["email"], json!(stored), "{subject}");
    }
    // An account without a password rejects every password.
    let guess = json!({ "email": "c@example.org", "password": "" });
    assert_eq!(app.anonymous().post("/api/auth/login", guess).await.status, 401);
}

async fn concurrent_first_log_ins_create_one_account(app: TestApp) {
    let fake = FakeProvider::start().await;
    let app = with_sign_up_allowed(&app, &fake);
    let all = (0..8).map(|_| async {
        let mut browser = Browser::new(&app);
        let answer = browser.log_in(&fake, "home", "dana").await;
        assert_eq!(answer.status, 303, "{answer:?}");
        browser.me().await["id"].to_string()
    });
    let mut ids = futures_util::future::join_all(all).await;
    ids.dedup();
    assert_eq!(ids.len(), 1, "{ids:?}");
}

async fn a_disabled_account_cannot_log_in(app: TestApp) {
    let fake = FakeProvider::start().await;
    let app = with_sign_up_allowed(&app, &fake);
    Browser::new(&app).log_in(&fake, "home", "dana").await;
    let mut tx = app.app.db.write().await.unwrap();
    let now = app.app.clock.now();
    let disable = "UPDATE accounts SET disabled_at = $1 WHERE user_id = 'dana'";
    assert_eq!(sql!(&mut tx, execute, disable, now).unwrap(), 1);
    tx.commit().await.unwrap();
    let mut browser = Browser::new(&app);
    let rejected = browser.log_in(&fake, "home", "dana").await;
    assert_eq!(rejected.status, 403);
    assert!(body_text(&rejected).contains("Your account is disabled"), "{rejected:?}");
    assert!(!browser.is_signed_in().await);
    let token = fake.access_token("dana", &json!({}));
    let client = app.anonymous().with_header("authorization", &format!("Bearer {token}"));
    assert_eq!(client.get("/api/vehicles").await.status, 401);
}

async fn a_log_in_requires_the_accounts_second_factor(app: TestApp) {
    let fake = FakeProvider::start().await;
    let app = with_sign_up_allowed(&app, &fake);
    let mut dana = Browser::new(&app);
    dana.log_in(&fake, "home", "dana").await;
    let account: uuid::Uuid = dana.me().await["id"].as_str().unwrap().parse().unwrap();
    let mut tx = app.app.db.write().await.unwrap();
    sql!(
        &mut tx,
        execute,
        "INSERT INTO totp_secrets (account_id, secret, last_used_step, created_at, confirmed_at)
         VALUES ($1, $2, 0, $3, $3)",
        account,
        &[7_u8; 20][..],
        app.app.clock.now(),
    )
    .unwrap();
    tx.commit().await.unwrap();
    let mut browser = Browser::new(&app);
    let pending = browser.log_in(&fake, "home", "dana").await;
    assert_eq!((pending.status, pending.header("location")), (303, "/login/second?next=%2Ftrash"));
    assert!(!browser.is_signed_in().await);
    let second = browser.get("/login/second?next=%2Ftrash").await;
    assert_eq!(second.status, 200, "{second:?}");
}

async fn logging_in_ends_the_previous_session(app: TestApp) {
    let fake = FakeProvider::start().await;
    let app = with_sign_up_allowed(&app, &fake);
    let mut browser = Browser::new(&app);
    let back = browser.begin(&fake, "home", "dana").await;
    let fields = [("email", "admin@example.org"), ("password", "correct horse battery")];
    browser.post_form("/login", &fields).await;
    let before = browser.client();
    assert_eq!(before.get("/api/auth/me").await.status, 200);
    browser.get(&back).await;
    assert_eq!(browser.me().await["isAdmin"], json!(false));
    assert_eq!(before.get("/api/auth/me").await.status, 401);
    // Signed-in users are redirected.
    assert_eq!(browser.get("/login/oidc/home").await.header("location"), "/");
}

async fn the_pages_list_the_configured_providers(app: TestApp) {
    let fake = FakeProvider::start().await;
    let with = with_provider(&app, &fake, |_| {});
    let page = with.anonymous().get("/login?next=%2Fvehicles%2Fnew%3Fa%3D1%26b").await;
    let link = r#"href="/login/oidc/home?next=%2Fvehicles%2Fnew%3Fa%3D1%26b""#;
    assert!(body_text(&page).contains(link), "{page:?}");
    assert!(body_text(&page).contains("Sign in with Home"), "{page:?}");
    assert!(body_text(&with.anonymous().get("/register").await).contains("Sign in with Home"));
    assert!(!body_text(&app.anonymous().get("/login").await).contains("Sign in with"));
    for path in ["/login/oidc/other", "/login/oidc/other/callback?code=a&state=b"] {
        assert_eq!(with.anonymous().get(path).await.status, 404, "{path}");
    }
}
