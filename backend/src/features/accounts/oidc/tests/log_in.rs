//! Who gets in by a provider, and which account is theirs.

use serde_json::json;

use super::{
    browser::{Browser, local, open_to_all, text, with_provider},
    fake::Fake,
};
use crate::{
    core::config::Registration,
    sql,
    testing::{TestApp, on_every_engine},
};

on_every_engine![
    whoever_logs_in_twice_is_the_same_user,
    the_users_name_is_the_subject_where_there_is_one_provider,
    the_same_subject_of_two_providers_is_two_people,
    a_subject_of_an_earlier_provider_is_not_taken_over,
    an_account_is_made_only_where_it_may_be,
    the_first_account_is_the_administrators_whoever_vouches_for_them,
    an_address_alone_never_opens_an_account,
    an_address_that_somebody_else_registered_does_not_keep_its_owner_out,
    an_address_that_nobody_verified_is_not_kept,
    many_first_log_ins_at_once_make_one_account,
    a_disabled_account_is_not_opened,
    a_second_factor_is_asked_for_whoever_vouches,
    logging_in_ends_the_previous_session,
    the_pages_offer_what_one_may_log_in_with,
];

async fn whoever_logs_in_twice_is_the_same_user(app: TestApp) {
    let fake = Fake::start().await;
    let app = open_to_all(&app, &fake);
    let mut first = Browser::new(&app);
    let answer = first.log_in(&fake, "home", "dana").await;
    assert_eq!((answer.status, answer.header("location")), (303, "/trash"), "{answer:?}");
    let me = first.me().await;
    assert_eq!((&me["displayName"], &me["isAdmin"]), (&json!("Dana"), &json!(false)));
    let added = first.asking().post("/api/vehicles", json!({ "vin": "1HGCM82633A004352" })).await;
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

async fn the_users_name_is_the_subject_where_there_is_one_provider(app: TestApp) {
    let fake = Fake::start().await;
    let app = open_to_all(&app, &fake);
    for (subject, is_plain) in [("auth0|dana", true), ("local|dana", false), ("oidc|x", false)] {
        let mut browser = Browser::new(&app);
        browser.log_in(&fake, "home", subject).await;
        let user = browser.asking().user().await;
        assert_eq!(user.as_str() == subject, is_plain, "{user:?}");
        assert!(is_plain || user.as_str().len() == "oidc|".len() + 64, "{user:?}");
    }
}

async fn the_same_subject_of_two_providers_is_two_people(app: TestApp) {
    let (fake, other) = (Fake::start().await, Fake::start().await);
    let app = with_provider(&app, &fake, |config| {
        config.auth.registration = Registration::Open;
        config.auth.providers.insert("work".to_owned(), other.settings());
    });
    let (mut one, mut two) = (Browser::new(&app), Browser::new(&app));
    one.log_in(&fake, "home", "dana").await;
    two.log_in(&other, "work", "dana").await;
    assert_ne!(one.me().await["id"], two.me().await["id"]);
    let (one, two) = (one.asking().user().await, two.asking().user().await);
    assert!(one.as_str().starts_with("oidc|") && two.as_str().starts_with("oidc|"));
    assert_ne!(one, two);
}

async fn a_subject_of_an_earlier_provider_is_not_taken_over(app: TestApp) {
    let (before, now) = (Fake::start().await, Fake::start().await);
    let app = open_to_all(&app, &before);
    let mut theirs = Browser::new(&app);
    theirs.log_in(&before, "home", "dana").await;

    let app = open_to_all(&app, &now);
    let mut another = Browser::new(&app);
    another.log_in(&now, "home", "dana").await;
    assert_ne!(another.me().await["id"], theirs.at(&app).me().await["id"]);
    assert!(another.asking().user().await.as_str().starts_with("oidc|"));
}

async fn an_account_is_made_only_where_it_may_be(app: TestApp) {
    let fake = Fake::start().await;
    let closed = with_provider(&app, &fake, |_| {});
    let mut browser = Browser::new(&closed);
    let refused = browser.log_in(&fake, "home", "dana").await;
    assert_eq!(refused.status, 403);
    assert!(text(&refused).contains("You have no account here"), "{refused:?}");
    assert!(!browser.is_signed_in().await);

    let open = with_provider(&app, &fake, |it| it.auth.registration = Registration::Open);
    let mut browser = browser.at(&open);
    assert_eq!(browser.log_in(&fake, "home", "dana").await.status, 303);
    // An account that is there is opened, whoever may make another.
    let mut again = Browser::new(&closed);
    assert_eq!(again.log_in(&fake, "home", "dana").await.status, 303);
}

async fn the_first_account_is_the_administrators_whoever_vouches_for_them(app: TestApp) {
    let mut tx = app.app.db.write().await.unwrap();
    sql!(&mut tx, execute, "DELETE FROM first_account").unwrap();
    tx.commit().await.unwrap();
    let fake = Fake::start().await;
    let app = with_provider(&app, &fake, |_| {});
    let page = app.nobody().get("/register").await;
    assert!(text(&page).contains(r#"href="/login/oidc/home?next=%2F""#), "{page:?}");
    // Never by a program's token, even where anybody may sign up.
    let token = fake.access_token("dana", &json!({}));
    let app = app.nobody();
    for open in [false, true] {
        let app = app.other_instance(|it| {
            it.auth.registration = if open { Registration::Open } else { Registration::Closed };
        });
        let program = app.with_header("authorization", &format!("Bearer {token}"));
        assert_eq!(program.get("/api/auth/me").await.status, 401, "open: {open}");
    }
    // Nor past the setup token.
    let exposed = app.other_instance(|it| it.server.address = "0.0.0.0:3001".parse().unwrap());
    let page = exposed.get("/register").await;
    assert!(!text(&page).contains("/login/oidc/home"), "{page:?}");
    assert_eq!(Browser::new(&exposed).log_in(&fake, "home", "dana").await.status, 403);

    let mut first = Browser::new(&app);
    first.log_in(&fake, "home", "dana").await;
    assert_eq!(first.me().await["isAdmin"], json!(true));
    assert_eq!(Browser::new(&app).log_in(&fake, "home", "eve").await.status, 403);
}

async fn an_address_alone_never_opens_an_account(app: TestApp) {
    let fake = Fake::start().await;
    let app = open_to_all(&app, &fake);
    let address = json!({ "email": "ADMIN@example.org", "email_verified": true });
    fake.tell(|told| told.claims = address);
    let mut browser = Browser::new(&app);
    let refused = browser.log_in(&fake, "home", "dana").await;
    assert_eq!(refused.status, 403);
    assert!(text(&refused).contains("Your address has an account already"), "{refused:?}");
    assert!(!browser.is_signed_in().await);
}

async fn an_address_that_somebody_else_registered_does_not_keep_its_owner_out(app: TestApp) {
    let fake = Fake::start().await;
    let squatter = app.register("dana@example.org").await;
    let app = open_to_all(&app, &fake);
    let address = json!({ "email": "dana@example.org", "email_verified": true });
    fake.tell(|told| told.claims = address);
    let mut dana = Browser::new(&app);
    let refused = dana.log_in(&fake, "home", "dana").await;
    assert!(text(&refused).contains("It was not me: make an account with"), "{refused:?}");
    // A program is not asked, and makes none.
    let token =
        fake.access_token("dana", &json!({ "email": "dana@example.org", "email_verified": true }));
    let program = app.nobody().with_header("authorization", &format!("Bearer {token}"));
    assert_eq!(program.get("/api/auth/me").await.status, 401);

    let begun = dana.get("/login/oidc/home?separate=1").await;
    let back = local(&fake.log_in(begun.header("location"), "dana"));
    assert_eq!(dana.get(&back).await.status, 303);
    let me = dana.me().await;
    assert_eq!(me["email"], "dana@example.org");
    assert_ne!(me["id"], squatter.get("/api/auth/me").await.body["id"]);
    // A password would not open the new account, and a reset would hold its log-in.
    let admin = app.as_administrator().await;
    let path = format!("/api/admin/users/{}/reset", me["id"].as_str().unwrap());
    let refused = admin.post(&path, json!({})).await;
    assert_eq!(refused.status, 409, "{refused:?}");
    let mut again = Browser::new(&app);
    again.log_in(&fake, "home", "dana").await;
    assert_eq!(again.me().await["id"], me["id"]);
    // Once the address is confirmed, it keeps others out, as before.
    let mut tx = app.app.db.write().await.unwrap();
    sql!(&mut tx, execute, "UPDATE accounts SET email_confirmed_at = created_at").unwrap();
    tx.commit().await.unwrap();
    let mut other = Browser::new(&app);
    let begun = other.get("/login/oidc/home?separate=1").await;
    let back = local(&fake.log_in(begun.header("location"), "another"));
    let refused = other.get(&back).await;
    assert_eq!(refused.status, 403);
    assert!(!text(&refused).contains("It was not me"), "{refused:?}");
}

async fn an_address_that_nobody_verified_is_not_kept(app: TestApp) {
    let fake = Fake::start().await;
    let app = open_to_all(&app, &fake);
    for (subject, claims, kept) in [
        ("a", json!({ "email": "admin@example.org" }), ""),
        ("b", json!({ "email": "admin@example.org", "email_verified": false }), ""),
        ("c", json!({ "email": "c@example.org", "email_verified": true }), "c@example.org"),
    ] {
        fake.tell(|told| told.claims = claims);
        let mut browser = Browser::new(&app);
        browser.log_in(&fake, "home", subject).await;
        assert_eq!(browser.me().await["email"], json!(kept), "{subject}");
    }
    // No password opens an account that has none.
    let guess = json!({ "email": "c@example.org", "password": "" });
    assert_eq!(app.nobody().post("/api/auth/login", guess).await.status, 401);
}

async fn many_first_log_ins_at_once_make_one_account(app: TestApp) {
    let fake = Fake::start().await;
    let app = open_to_all(&app, &fake);
    let all = (0..8).map(|_| async {
        let mut browser = Browser::new(&app);
        let answer = browser.log_in(&fake, "home", "dana").await;
        assert_eq!(answer.status, 303, "{answer:?}");
        browser.me().await["id"].to_string()
    });
    let mut ids = futures::future::join_all(all).await;
    ids.dedup();
    assert_eq!(ids.len(), 1, "{ids:?}");
}

async fn a_disabled_account_is_not_opened(app: TestApp) {
    let fake = Fake::start().await;
    let app = open_to_all(&app, &fake);
    Browser::new(&app).log_in(&fake, "home", "dana").await;
    let mut tx = app.app.db.write().await.unwrap();
    let now = app.app.clock.now();
    let disable = "UPDATE accounts SET disabled_at = $1 WHERE user_id = 'dana'";
    assert_eq!(sql!(&mut tx, execute, disable, now).unwrap(), 1);
    tx.commit().await.unwrap();
    let mut browser = Browser::new(&app);
    let refused = browser.log_in(&fake, "home", "dana").await;
    assert_eq!(refused.status, 403);
    assert!(text(&refused).contains("Your account is disabled"), "{refused:?}");
    assert!(!browser.is_signed_in().await);
    let token = fake.access_token("dana", &json!({}));
    let program = app.nobody().with_header("authorization", &format!("Bearer {token}"));
    assert_eq!(program.get("/api/vehicles").await.status, 401);
}

async fn a_second_factor_is_asked_for_whoever_vouches(app: TestApp) {
    let fake = Fake::start().await;
    let app = open_to_all(&app, &fake);
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
    let waits = browser.log_in(&fake, "home", "dana").await;
    assert_eq!((waits.status, waits.header("location")), (303, "/login/second?next=%2Ftrash"));
    assert!(!browser.is_signed_in().await);
    let second = browser.get("/login/second?next=%2Ftrash").await;
    assert_eq!(second.status, 200, "{second:?}");
}

async fn logging_in_ends_the_previous_session(app: TestApp) {
    let fake = Fake::start().await;
    let app = open_to_all(&app, &fake);
    let mut browser = Browser::new(&app);
    let back = browser.begin(&fake, "home", "dana").await;
    let fields = [("email", "admin@example.org"), ("password", "correct horse battery")];
    browser.submit("/login", &fields).await;
    let before = browser.asking();
    assert_eq!(before.get("/api/auth/me").await.status, 200);
    browser.get(&back).await;
    assert_eq!(browser.me().await["isAdmin"], json!(false));
    assert_eq!(before.get("/api/auth/me").await.status, 401);
    // Whoever is signed in needs no door.
    assert_eq!(browser.get("/login/oidc/home").await.header("location"), "/");
}

async fn the_pages_offer_what_one_may_log_in_with(app: TestApp) {
    let fake = Fake::start().await;
    let with = with_provider(&app, &fake, |_| {});
    let page = with.nobody().get("/login?next=%2Fvehicles%2Fnew%3Fa%3D1%26b").await;
    let link = r#"href="/login/oidc/home?next=%2Fvehicles%2Fnew%3Fa%3D1%26b""#;
    assert!(text(&page).contains(link), "{page:?}");
    assert!(text(&page).contains("Log in with Home"), "{page:?}");
    assert!(text(&with.nobody().get("/register").await).contains("Log in with Home"));
    assert!(!text(&app.nobody().get("/login").await).contains("Log in with"));
    for path in ["/login/oidc/other", "/login/oidc/other/callback?code=a&state=b"] {
        assert_eq!(with.nobody().get(path).await.status, 404, "{path}");
    }
}
