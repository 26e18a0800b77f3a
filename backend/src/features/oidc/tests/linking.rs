//! Tests of linking and unlinking identities.

use serde_json::json;

use super::{
    browser::{Browser, body_text, local_path, with_provider, with_sign_up_allowed},
    fake_provider::FakeProvider,
};
use crate::testing::{TestApp, TestResponse, on_every_engine};

on_every_engine![
    a_linked_identity_signs_in_to_the_account,
    linking_requires_a_recent_password_confirmation,
    without_a_password_linking_requires_a_recent_sign_in,
    linking_is_bound_to_the_session_that_began_it,
    an_identity_can_be_linked_to_one_account_only,
    the_last_way_to_sign_in_cannot_be_unlinked,
    users_cannot_unlink_identities_of_others,
    an_unlinked_identity_no_longer_signs_in,
    after_a_password_reset_an_identity_must_be_reviewed,
];

const PASSWORD: &str = "correct horse battery";

async fn sign_in(app: &TestApp) -> Browser {
    let mut browser = Browser::new(app);
    let answer = browser
        .post_form("/login", &[("email", "admin@example.org"), ("password", PASSWORD)])
        .await;
    assert_eq!(answer.status, 303, "{answer:?}");
    browser
}

/// Begins to link an identity and logs in at the provider. Returns the path that the provider
/// redirects to.
async fn begin(browser: &mut Browser, fake: &FakeProvider, subject: &str) -> String {
    browser.post_form("/settings/factors/confirm", &[("password", PASSWORD)]).await;
    let page = browser.post_form("/settings/identities", &[("provider", "home")]).await;
    assert_eq!(page.status, 200, "{page:?}");
    let address = body_text(&page).split_once(r#"href="http://127"#).unwrap().1;
    let address = address.split_once('"').unwrap().0.replace("&#38;", "&");
    local_path(&fake.log_in(&format!("http://127{address}"), subject))
}

async fn unlink(browser: &mut Browser) -> TestResponse {
    let page = browser.get("/settings/identities").await;
    let rest = body_text(&page).split_once(r#"action="/settings/identities/"#).unwrap().1;
    let path = format!("/settings/identities/{}", rest.split_once('"').unwrap().0);
    browser.post_form(&path, &[]).await
}

async fn a_linked_identity_signs_in_to_the_account(app: TestApp) {
    let fake = FakeProvider::start().await;
    let app = with_provider(&app, &fake, |_| {});
    let mut admin = sign_in(&app).await;
    assert!(body_text(&admin.get("/settings").await).contains("/settings/identities"));
    let back = begin(&mut admin, &fake, "the admin").await;
    let linked = admin.get(&back).await;
    assert_eq!((linked.status, linked.header("location")), (303, "/settings/identities?linked"));
    let page = admin.get("/settings/identities?linked").await;
    for part in ["Linked. You can now sign in with it.", "Home", "As the admin", "Unlink"] {
        assert!(body_text(&page).contains(part), "{part}: {page:?}");
    }
    let mut other = Browser::new(&app);
    other.log_in(&fake, "home", "the admin").await;
    assert_eq!(other.me().await["id"], admin.me().await["id"]);
    assert!(other.client().user_id().await.as_str().starts_with("local|"));
    // Linking the same identity again succeeds.
    let back = begin(&mut admin, &fake, "the admin").await;
    assert_eq!(admin.get(&back).await.status, 303);
}

async fn linking_requires_a_recent_password_confirmation(app: TestApp) {
    let fake = FakeProvider::start().await;
    let app = with_provider(&app, &fake, |_| {});
    let mut admin = sign_in(&app).await;
    // The password confirmation has expired.
    app.app.clock.advance(chrono::TimeDelta::minutes(10));
    let rejected = admin.post_form("/settings/identities", &[("provider", "home")]).await;
    assert_eq!(rejected.status, 403);
    assert!(body_text(&rejected).contains("enter your password again"), "{rejected:?}");
    assert!(!body_text(&rejected).contains("code_challenge"), "{rejected:?}");
    admin.post_form("/settings/factors/confirm", &[("password", PASSWORD)]).await;
    let started = admin.post_form("/settings/identities", &[("provider", "home")]).await;
    assert_eq!(started.status, 200, "{started:?}");
}

async fn without_a_password_linking_requires_a_recent_sign_in(app: TestApp) {
    let fake = FakeProvider::start().await;
    let app = with_sign_up_allowed(&app, &fake);
    let mut dana = Browser::new(&app);
    dana.log_in(&fake, "home", "dana").await;
    let started = dana.post_form("/settings/identities", &[("provider", "home")]).await;
    assert_eq!(started.status, 200, "{started:?}");
    app.app.clock.advance(chrono::TimeDelta::minutes(10));
    let rejected = dana.post_form("/settings/identities", &[("provider", "home")]).await;
    assert_eq!(rejected.status, 403);
    assert!(body_text(&rejected).contains("Sign out, sign in again"), "{rejected:?}");
}

async fn linking_is_bound_to_the_session_that_began_it(app: TestApp) {
    let fake = FakeProvider::start().await;
    let app = with_provider(&app, &fake, |_| {});
    let mut admin = sign_in(&app).await;
    let back = begin(&mut admin, &fake, "mallory").await;
    admin.post_form("/logout", &[]).await;
    let fields = [("email", "admin@example.org"), ("password", PASSWORD)];
    admin.post_form("/login", &fields).await;
    assert_eq!(admin.get(&back).await.status, 400);
    let back = begin(&mut admin, &fake, "mallory").await;
    admin.post_form("/logout", &[]).await;
    assert_eq!(admin.get(&back).await.status, 400);
    assert_eq!(Browser::new(&app).log_in(&fake, "home", "mallory").await.status, 403);
    // A cross-site request can't begin to link.
    let form =
        [("content-type", "application/x-www-form-urlencoded"), ("origin", "https://evil.example")];
    let admin = sign_in(&app).await.client();
    let post = axum::http::Method::POST;
    let forged = admin.send_json(post, "/settings/identities", "provider=home", &form);
    assert_eq!(forged.await.status, 403);
}

async fn an_identity_can_be_linked_to_one_account_only(app: TestApp) {
    let fake = FakeProvider::start().await;
    let app = with_sign_up_allowed(&app, &fake);
    Browser::new(&app).log_in(&fake, "home", "dana").await;
    let mut admin = sign_in(&app).await;
    let back = begin(&mut admin, &fake, "dana").await;
    let rejected = admin.get(&back).await;
    assert_eq!(rejected.status, 409);
    assert!(body_text(&rejected).contains("is linked to another account"), "{rejected:?}");
    let mut dana = Browser::new(&app);
    dana.log_in(&fake, "home", "dana").await;
    assert_ne!(dana.me().await["id"], admin.me().await["id"]);
}

async fn the_last_way_to_sign_in_cannot_be_unlinked(app: TestApp) {
    let fake = FakeProvider::start().await;
    let app = with_sign_up_allowed(&app, &fake);
    let mut dana = Browser::new(&app);
    dana.log_in(&fake, "home", "dana").await;
    let rejected = unlink(&mut dana).await;
    assert_eq!(rejected.status, 409);
    assert!(body_text(&rejected).contains("This is the only way to sign in"), "{rejected:?}");
    let back = begin(&mut dana, &fake, "dana's other").await;
    dana.get(&back).await;
    assert_eq!(unlink(&mut dana).await.status, 303);
    assert_eq!(unlink(&mut dana).await.status, 409);

    let mut admin = sign_in(&app).await;
    let back = begin(&mut admin, &fake, "the admin").await;
    admin.get(&back).await;
    let gone = unlink(&mut admin).await;
    assert_eq!((gone.status, gone.header("location")), (303, "/settings/identities?unlinked"));
}

async fn users_cannot_unlink_identities_of_others(app: TestApp) {
    let fake = FakeProvider::start().await;
    let app = with_sign_up_allowed(&app, &fake);
    let mut dana = Browser::new(&app);
    dana.log_in(&fake, "home", "dana").await;
    let page = dana.get("/settings/identities").await;
    let rest = body_text(&page).split_once(r#"action="/settings/identities/"#).unwrap().1;
    let path = format!("/settings/identities/{}", rest.split_once('"').unwrap().0);
    let mut admin = sign_in(&app).await;
    assert_eq!(admin.post_form(&path, &[]).await.status, 404);
    let unknown = format!("/settings/identities/{}/unlink", uuid::Uuid::now_v7());
    assert_eq!(admin.post_form(&unknown, &[]).await.status, 404);
    assert!(!body_text(&admin.get("/settings/identities").await).contains("As dana"));
    assert_eq!(Browser::new(&app).log_in(&fake, "home", "dana").await.status, 303);
}

async fn an_unlinked_identity_no_longer_signs_in(app: TestApp) {
    let fake = FakeProvider::start().await;
    let app = with_provider(&app, &fake, |_| {});
    let mut admin = sign_in(&app).await;
    let back = begin(&mut admin, &fake, "the admin").await;
    admin.get(&back).await;
    let token = fake.access_token("the admin", &json!({}));
    let client = app.anonymous().with_header("authorization", &format!("Bearer {token}"));
    assert_eq!(client.get("/api/auth/me").await.body["id"], admin.me().await["id"]);
    unlink(&mut admin).await;
    assert_eq!(client.get("/api/auth/me").await.status, 401);
    assert_eq!(Browser::new(&app).log_in(&fake, "home", "the admin").await.status, 403);
    assert!(admin.is_signed_in().await);
}

async fn after_a_password_reset_an_identity_must_be_reviewed(app: TestApp) {
    let fake = FakeProvider::start().await;
    let app = with_provider(&app, &fake, |_| {});
    let mut admin = sign_in(&app).await;
    let back = begin(&mut admin, &fake, "the admin").await;
    assert_eq!(admin.get(&back).await.status, 303);
    let token = fake.access_token("the admin", &json!({}));
    let client = app.anonymous().with_header("authorization", &format!("Bearer {token}"));
    assert_eq!(client.get("/api/auth/me").await.status, 200);

    let id = admin.me().await["id"].as_str().unwrap().to_owned();
    let link = admin.client().post(&format!("/api/admin/users/{id}/reset"), json!({})).await;
    let reset = link.body["url"].as_str().unwrap().rsplit_once('=').unwrap().1.to_owned();
    let fields = [("token", reset.as_str()), ("password", "an entirely new one")];
    assert_eq!(app.anonymous().post_form("/reset", &fields).await.status, 200);

    let mut intruder = Browser::new(&app);
    let rejected = intruder.log_in(&fake, "home", "the admin").await;
    assert_eq!(rejected.status, 403);
    assert!(body_text(&rejected).contains("Your password was reset"), "{rejected:?}");
    assert!(!intruder.is_signed_in().await);
    assert_eq!(client.get("/api/auth/me").await.status, 401);

    let mut owner = Browser::new(&app);
    let fields = [("email", "admin@example.org"), ("password", "an entirely new one")];
    assert_eq!(owner.post_form("/login", &fields).await.status, 303);
    assert!(body_text(&owner.get("/settings/review").await).contains("the admin at"));
    assert_eq!(owner.post_form("/settings/review", &[]).await.status, 303);
    let mut again = Browser::new(&app);
    again.log_in(&fake, "home", "the admin").await;
    assert!(again.is_signed_in().await);
}
