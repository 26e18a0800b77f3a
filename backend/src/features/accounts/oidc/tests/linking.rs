//! Linking a provider to an account, and unlinking it.

use serde_json::json;

use super::{
    browser::{Browser, local, open_to_all, text, with_provider},
    fake::Fake,
};
use crate::testing::{Answer, TestApp, on_every_engine};

on_every_engine![
    whoever_links_a_provider_gets_in_by_it,
    a_session_alone_links_nothing,
    who_has_no_password_links_only_soon_after_signing_in,
    only_the_session_that_began_it_links,
    an_identity_opens_one_account,
    the_last_way_in_is_kept,
    nobody_unlinks_anothers,
    an_identity_that_is_unlinked_opens_nothing,
    after_a_reset_a_linked_log_in_waits_for_the_review,
];

const PASSWORD: &str = "correct horse battery";

async fn signed_in(app: &TestApp) -> Browser {
    let mut browser = Browser::new(app);
    let answer =
        browser.submit("/login", &[("email", "admin@example.org"), ("password", PASSWORD)]).await;
    assert_eq!(answer.status, 303, "{answer:?}");
    browser
}

/// Begins to link, and logs in at the provider: where it sends the browser back to.
async fn begin(browser: &mut Browser, fake: &Fake, subject: &str) -> String {
    browser.submit("/settings/factors/confirm", &[("password", PASSWORD)]).await;
    let page = browser.submit("/settings/identities", &[("provider", "home")]).await;
    assert_eq!(page.status, 200, "{page:?}");
    let address = text(&page).split_once(r#"href="http://127"#).unwrap().1;
    let address = address.split_once('"').unwrap().0.replace("&#38;", "&");
    local(&fake.log_in(&format!("http://127{address}"), subject))
}

async fn unlink(browser: &mut Browser) -> Answer {
    let page = browser.get("/settings/identities").await;
    let rest = text(&page).split_once(r#"action="/settings/identities/"#).unwrap().1;
    let path = format!("/settings/identities/{}", rest.split_once('"').unwrap().0);
    browser.submit(&path, &[]).await
}

async fn whoever_links_a_provider_gets_in_by_it(app: TestApp) {
    let fake = Fake::start().await;
    let app = with_provider(&app, &fake, |_| {});
    let mut admin = signed_in(&app).await;
    assert!(text(&admin.get("/settings").await).contains("/settings/identities"));
    let back = begin(&mut admin, &fake, "the admin").await;
    let linked = admin.get(&back).await;
    assert_eq!((linked.status, linked.header("location")), (303, "/settings/identities?linked"));
    let page = admin.get("/settings/identities?linked").await;
    for part in ["Linked. It opens your account", "Home", "as the admin", "Unlink"] {
        assert!(text(&page).contains(part), "{part}: {page:?}");
    }
    let mut other = Browser::new(&app);
    other.log_in(&fake, "home", "the admin").await;
    assert_eq!(other.me().await["id"], admin.me().await["id"]);
    assert!(other.asking().user().await.as_str().starts_with("local|"));
    // Once more is no other identity.
    let back = begin(&mut admin, &fake, "the admin").await;
    assert_eq!(admin.get(&back).await.status, 303);
}

async fn a_session_alone_links_nothing(app: TestApp) {
    let fake = Fake::start().await;
    let app = with_provider(&app, &fake, |_| {});
    let mut admin = signed_in(&app).await;
    // The password has been given long ago.
    app.app.clock.advance(chrono::TimeDelta::minutes(10));
    let refused = admin.submit("/settings/identities", &[("provider", "home")]).await;
    assert_eq!(refused.status, 403);
    assert!(text(&refused).contains("Confirm it is you"), "{refused:?}");
    assert!(!text(&refused).contains("code_challenge"), "{refused:?}");
    admin.submit("/settings/factors/confirm", &[("password", PASSWORD)]).await;
    let begun = admin.submit("/settings/identities", &[("provider", "home")]).await;
    assert_eq!(begun.status, 200, "{begun:?}");
}

async fn who_has_no_password_links_only_soon_after_signing_in(app: TestApp) {
    let fake = Fake::start().await;
    let app = open_to_all(&app, &fake);
    let mut dana = Browser::new(&app);
    dana.log_in(&fake, "home", "dana").await;
    let begun = dana.submit("/settings/identities", &[("provider", "home")]).await;
    assert_eq!(begun.status, 200, "{begun:?}");
    app.app.clock.advance(chrono::TimeDelta::minutes(10));
    let refused = dana.submit("/settings/identities", &[("provider", "home")]).await;
    assert_eq!(refused.status, 403);
    assert!(text(&refused).contains("Log out and in again"), "{refused:?}");
}

async fn only_the_session_that_began_it_links(app: TestApp) {
    let fake = Fake::start().await;
    let app = with_provider(&app, &fake, |_| {});
    let mut admin = signed_in(&app).await;
    let back = begin(&mut admin, &fake, "mallory").await;
    admin.submit("/logout", &[]).await;
    let fields = [("email", "admin@example.org"), ("password", PASSWORD)];
    admin.submit("/login", &fields).await;
    assert_eq!(admin.get(&back).await.status, 400);
    let back = begin(&mut admin, &fake, "mallory").await;
    admin.submit("/logout", &[]).await;
    assert_eq!(admin.get(&back).await.status, 400);
    assert_eq!(Browser::new(&app).log_in(&fake, "home", "mallory").await.status, 403);
    // Another site cannot make a browser begin it, nor can a token.
    let form =
        [("content-type", "application/x-www-form-urlencoded"), ("origin", "https://evil.example")];
    let admin = signed_in(&app).await.asking();
    let post = axum::http::Method::POST;
    let forged = admin.send_json(post, "/settings/identities", "provider=home", &form);
    assert_eq!(forged.await.status, 403);
}

async fn an_identity_opens_one_account(app: TestApp) {
    let fake = Fake::start().await;
    let app = open_to_all(&app, &fake);
    Browser::new(&app).log_in(&fake, "home", "dana").await;
    let mut admin = signed_in(&app).await;
    let back = begin(&mut admin, &fake, "dana").await;
    let refused = admin.get(&back).await;
    assert_eq!(refused.status, 409);
    assert!(text(&refused).contains("opens another account"), "{refused:?}");
    let mut dana = Browser::new(&app);
    dana.log_in(&fake, "home", "dana").await;
    assert_ne!(dana.me().await["id"], admin.me().await["id"]);
}

async fn the_last_way_in_is_kept(app: TestApp) {
    let fake = Fake::start().await;
    let app = open_to_all(&app, &fake);
    let mut dana = Browser::new(&app);
    dana.log_in(&fake, "home", "dana").await;
    let refused = unlink(&mut dana).await;
    assert_eq!(refused.status, 409);
    assert!(text(&refused).contains("This is the last way into your account"), "{refused:?}");
    let back = begin(&mut dana, &fake, "dana's other").await;
    dana.get(&back).await;
    assert_eq!(unlink(&mut dana).await.status, 303);
    assert_eq!(unlink(&mut dana).await.status, 409);

    let mut admin = signed_in(&app).await;
    let back = begin(&mut admin, &fake, "the admin").await;
    admin.get(&back).await;
    let gone = unlink(&mut admin).await;
    assert_eq!((gone.status, gone.header("location")), (303, "/settings/identities?unlinked"));
}

async fn nobody_unlinks_anothers(app: TestApp) {
    let fake = Fake::start().await;
    let app = open_to_all(&app, &fake);
    let mut dana = Browser::new(&app);
    dana.log_in(&fake, "home", "dana").await;
    let page = dana.get("/settings/identities").await;
    let rest = text(&page).split_once(r#"action="/settings/identities/"#).unwrap().1;
    let path = format!("/settings/identities/{}", rest.split_once('"').unwrap().0);
    let mut admin = signed_in(&app).await;
    assert_eq!(admin.submit(&path, &[]).await.status, 404);
    let unknown = format!("/settings/identities/{}/unlink", uuid::Uuid::now_v7());
    assert_eq!(admin.submit(&unknown, &[]).await.status, 404);
    assert!(!text(&admin.get("/settings/identities").await).contains("as dana"));
    assert_eq!(Browser::new(&app).log_in(&fake, "home", "dana").await.status, 303);
}

async fn an_identity_that_is_unlinked_opens_nothing(app: TestApp) {
    let fake = Fake::start().await;
    let app = with_provider(&app, &fake, |_| {});
    let mut admin = signed_in(&app).await;
    let back = begin(&mut admin, &fake, "the admin").await;
    admin.get(&back).await;
    let token = fake.access_token("the admin", &json!({}));
    let program = app.nobody().with_header("authorization", &format!("Bearer {token}"));
    assert_eq!(program.get("/api/auth/me").await.body["id"], admin.me().await["id"]);
    unlink(&mut admin).await;
    assert_eq!(program.get("/api/auth/me").await.status, 401);
    assert_eq!(Browser::new(&app).log_in(&fake, "home", "the admin").await.status, 403);
    assert!(admin.is_signed_in().await);
}

async fn after_a_reset_a_linked_log_in_waits_for_the_review(app: TestApp) {
    let fake = Fake::start().await;
    let app = with_provider(&app, &fake, |_| {});
    let mut admin = signed_in(&app).await;
    let back = begin(&mut admin, &fake, "the admin").await;
    assert_eq!(admin.get(&back).await.status, 303);
    let token = fake.access_token("the admin", &json!({}));
    let program = app.nobody().with_header("authorization", &format!("Bearer {token}"));
    assert_eq!(program.get("/api/auth/me").await.status, 200);

    let id = admin.me().await["id"].as_str().unwrap().to_owned();
    let link = admin.asking().post(&format!("/api/admin/users/{id}/reset"), json!({})).await;
    let reset = link.body["url"].as_str().unwrap().rsplit_once('=').unwrap().1.to_owned();
    let fields = [("token", reset.as_str()), ("password", "an entirely new one")];
    assert_eq!(app.nobody().submit("/reset", &fields).await.status, 200);

    let mut intruder = Browser::new(&app);
    let refused = intruder.log_in(&fake, "home", "the admin").await;
    assert_eq!(refused.status, 403);
    assert!(text(&refused).contains("Your password was reset"), "{refused:?}");
    assert!(!intruder.is_signed_in().await);
    assert_eq!(program.get("/api/auth/me").await.status, 401);

    let mut owner = Browser::new(&app);
    let fields = [("email", "admin@example.org"), ("password", "an entirely new one")];
    assert_eq!(owner.submit("/login", &fields).await.status, 303);
    assert!(text(&owner.get("/settings/review").await).contains("the admin at"));
    assert_eq!(owner.submit("/settings/review", &[]).await.status, 303);
    let mut again = Browser::new(&app);
    again.log_in(&fake, "home", "the admin").await;
    assert!(again.is_signed_in().await);
}
