//! Tests of the account pages.

use crate::{
    core::config::Registration,
    sql,
    testing::{BeginWrite as _, Commit as _, TestApp, block_on, cookie_of, on_every_engine},
};

const PASSWORD: &str = "correct horse battery";

on_every_engine![
    the_first_visit_leads_to_registration,
    a_failed_login_form_keeps_the_email_but_not_the_password,
    signing_in_redirects_to_local_paths_only,
    signed_in_users_are_redirected_from_login_and_registration,
    signing_out_ends_the_session,
    settings_are_saved_and_errors_are_shown,
    a_registered_email_is_reported_at_its_field,
];

async fn the_first_visit_leads_to_registration(app: TestApp) {
    let mut tx = app.app.db.write().await.unwrap();
    sql!(&mut tx, execute, "DELETE FROM first_account").unwrap();
    tx.commit().await.unwrap();

    let visitor = app.anonymous();
    for path in ["/vehicles", "/trash", "/settings", "/login"] {
        let answer = visitor.get(path).await;
        assert_eq!((answer.status, answer.header("location")), (303, "/register"), "{path}");
    }
    let page = visitor.get("/register").await;
    assert!(page.text().contains("Create the first account"), "{page:?}");
    let fields = [("email", "dana@example.org"), ("password", PASSWORD), ("displayName", "Dana")];
    let answer = visitor.post_form("/register", &fields).await;
    assert_eq!((answer.status, answer.header("location")), (303, "/welcome"));
    let dana = app.with_cookie(cookie_of(&answer));
    assert!(dana.get("/vehicles").await.text().contains("Your garage is empty"));
    assert!(dana.get("/settings").await.text().contains("Administrator"));
}

async fn a_failed_login_form_keeps_the_email_but_not_the_password(app: TestApp) {
    let fields = [("email", "admin@example.org"), ("password", "wrong-one"), ("next", "/trash")];
    let answer = app.anonymous().post_form("/login", &fields).await;
    assert_eq!(answer.status, 401);
    assert!(answer.text().contains(r#"value="admin@example.org""#));
    assert!(answer.text().contains(r#"name="next" value="/trash""#));
    assert!(answer.text().contains("Wrong email address or password."));
    assert!(!answer.text().contains("wrong-one"));

    // Unknown clients are limited to 15 attempts.
    for _ in 0..14 {
        assert_eq!(app.anonymous().post_form("/login", &fields).await.status, 401);
    }
    let answer = app.anonymous().post_form("/login", &fields).await;
    assert_eq!((answer.status, answer.header("retry-after")), (429, "3600"));
    assert!(answer.text().contains("Too many attempts"));
    assert!(answer.text().contains(r#"value="admin@example.org""#));
}

async fn signing_in_redirects_to_local_paths_only(app: TestApp) {
    let answer = app.anonymous().get("/vehicles/new?x=1").await;
    assert_eq!(answer.header("location"), "/login?next=%2Fvehicles%2Fnew%3Fx%3D1");
    let page = app.anonymous().get(answer.header("location")).await;
    assert!(page.text().contains(r#"value="/vehicles/new?x=1""#), "{page:?}");
    for (next, to) in [("/trash", "/trash"), ("https://evil.example/", "/"), ("//evil", "/")] {
        let fields = [("email", "ADMIN@example.org"), ("password", PASSWORD), ("next", next)];
        let answer = app.anonymous().post_form("/login", &fields).await;
        assert_eq!((answer.status, answer.header("location")), (303, to));
    }
    let page = app.anonymous().get("/login?next=%2F%2Fevil%22%3E%3Cscript%3E").await;
    assert!(!page.text().contains("evil"), "{page:?}");
}

async fn signed_in_users_are_redirected_from_login_and_registration(app: TestApp) {
    let user = app.register("dana@example.org").await;
    for path in ["/login", "/register"] {
        let answer = user.get(path).await;
        assert_eq!((answer.status, answer.header("location")), (303, "/"), "{path}");
    }
    assert!(app.anonymous().get("/login").await.text().contains(r#"href="/register""#));
}

async fn signing_out_ends_the_session(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let answer = user.post_form("/logout", &[]).await;
    assert_eq!((answer.status, answer.header("location")), (303, "/login"));
    assert_eq!(cookie_of(&answer), None);
    assert_eq!(user.get("/vehicles").await.header("location"), "/login?next=%2Fvehicles");
}

async fn settings_are_saved_and_errors_are_shown(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let fields = |zone| {
        [
            ("distanceUnit", "km"),
            ("volumeUnit", "l"),
            ("economyUnit", "l_per_100km"),
            ("currency", "eur"),
            ("timeZone", zone),
            ("theme", "dark"),
        ]
    };
    let answer = user.post_form("/settings", &fields("Nowhere/<b>")).await;
    assert_eq!(answer.status, 422);
    assert!(answer.text().contains("This must be a time zone, such as Europe/Berlin."));
    assert!(answer.text().contains("Nowhere/&#60;b&#62;"), "{answer:?}");
    assert!(answer.text().contains(r#"value="km" selected"#));

    let answer = user.post_form("/settings", &fields("europe/berlin")).await;
    assert_eq!((answer.status, answer.header("location")), (303, "/settings?saved"));
    let page = user.get("/settings?saved").await;
    for part in ["Settings saved.", r#"data-theme="dark""#, "EUR", r#"value="Europe/Berlin""#] {
        assert!(page.text().contains(part), "{part}: {page:?}");
    }
}

async fn a_registered_email_is_reported_at_its_field(app: TestApp) {
    let fields = [("email", "Admin@example.org"), ("password", PASSWORD), ("displayName", "")];
    let answer = app.anonymous().post_form("/register", &fields).await;
    assert_eq!(answer.status, 422);
    assert!(answer.text().contains(r#"id="email-error">This is already registered"#));

    let fields = [("email", "nobody"), ("password", "short-1"), ("displayName", "Dana")];
    let answer = app.anonymous().post_form("/register", &fields).await;
    assert_eq!(answer.status, 422);
    assert!(answer.text().contains(r#"id="password-error">This must have at least 8 characters."#));
    assert!(answer.text().contains(r#"value="Dana""#));
    assert!(!answer.text().contains("short-1"));
}

#[test]
fn closed_registration_shows_a_page() {
    block_on(async {
        let app = TestApp::new(|it| it.auth.registration = Registration::Closed).await;
        for answer in [
            app.anonymous().get("/register").await,
            app.anonymous()
                .post_form("/register", &[("email", "x@example.org"), ("password", PASSWORD)])
                .await,
        ] {
            assert_eq!(answer.status, 403);
            assert!(answer.text().contains("Registration is closed"), "{answer:?}");
        }
        assert!(!app.anonymous().get("/login").await.text().contains("/register"));
    });
}
