//! Tests of the administration pages.

use serde_json::json;

use super::tests::{PASSWORD, id_of, log_in};
use crate::{
    core::config::Registration,
    testing::{BeginWrite as _, Commit as _, TestApp, TestResponse, on_every_engine},
};

on_every_engine![
    only_administrators_see_the_link_to_administration,
    search_results_are_paginated_and_linked,
    an_account_is_disabled_and_enabled_on_its_page,
    the_page_explains_why_the_last_administrator_cannot_be_changed,
    administrators_who_demote_themselves_are_redirected,
    a_double_submit_shows_the_same_reset_link,
    an_invitation_is_created_shown_once_and_withdrawn,
    the_invitations_page_explains_closed_registration,
    the_export_uses_the_filters_of_the_log_page,
    the_log_names_browsers,
    user_input_is_escaped,
];

/// Returns the value of the hidden field `once`.
fn once(page: &TestResponse) -> String {
    let rest =
        page.text().split_once(r#"name="once" value=""#).unwrap_or_else(|| panic!("{page:?}"));
    rest.1.split_once('"').unwrap().0.to_owned()
}

async fn only_administrators_see_the_link_to_administration(app: TestApp) {
    let way = r#"href="/admin""#;
    assert!(app.as_administrator().await.get("/vehicles").await.text().contains(way));
    let ann = app.register("ann@example.org").await;
    assert!(!ann.get("/vehicles").await.text().contains(way));
    assert!(!app.anonymous().get("/login").await.text().contains(way));
}

async fn search_results_are_paginated_and_linked(app: TestApp) {
    let admin = app.as_administrator().await;
    for n in 0..51 {
        let mut tx = app.app.db.write().await.unwrap();
        crate::sql!(
            &mut tx,
            execute,
            "INSERT INTO accounts (id, email, email_key, password_hash, is_admin, created_at,
                                   updated_at, user_id)
             VALUES ($1, $2, $2, '', false, $3, $3, $2)",
            uuid::Uuid::now_v7(),
            format!("{n}@example.net"),
            app.app.clock.now(),
        )
        .unwrap();
        tx.commit().await.unwrap();
    }
    let page = admin.get("/admin?search=example.net").await;
    let older =
        page.text().split_once(r#"href="/admin?cursor="#).expect("a link to the next page").1;
    let older = older.split_once('"').unwrap().0.replace("&#38;", "&");
    assert!(older.contains("&search=example.net"), "{older}");
    let page = admin.get(&format!("/admin?cursor={older}")).await;
    assert_eq!(page.text().matches("/admin/users/").count(), 1, "{page:?}");
    let page = admin.get("/admin?search=admin%40").await;
    let id = id_of(&admin, "admin@").await;
    assert!(page.text().contains(&format!("/admin/users/{id}")), "{page:?}");
    assert!(page.text().contains("Administrator"), "{page:?}");
    assert!(admin.get("/admin?search=nowhere").await.text().contains("No users found"));
}

async fn an_account_is_disabled_and_enabled_on_its_page(app: TestApp) {
    let admin = app.as_administrator().await;
    app.register("ann@example.org").await;
    let path = format!("/admin/users/{}", id_of(&admin, "ann@").await);
    let response = admin.post_form(&path, &[("isDisabled", "true")]).await;
    assert_eq!((response.status, response.header("location")), (303, path.as_str()));
    let page = admin.get(&path).await;
    assert!(page.text().contains("Enable account"), "{page:?}");
    assert!(page.text().contains("Account disabled"), "the event is shown: {page:?}");
    assert_eq!(log_in(&app, "ann@example.org", PASSWORD).await.status, 401);
    admin.post_form(&path, &[("isDisabled", "false")]).await;
    assert_eq!(log_in(&app, "ann@example.org", PASSWORD).await.status, 200);
    assert_eq!(admin.get(&format!("/admin/users/{}", uuid::Uuid::now_v7())).await.status, 404);
}

async fn the_page_explains_why_the_last_administrator_cannot_be_changed(app: TestApp) {
    let admin = app.as_administrator().await;
    let path = format!("/admin/users/{}", id_of(&admin, "admin@").await);
    for leave in [("isAdmin", "false"), ("isDisabled", "true")] {
        let response = admin.post_form(&path, &[leave]).await;
        assert_eq!(response.status, 409);
        let why = "This is the last administrator: give another account admin rights first.";
        assert!(response.text().contains(why), "{response:?}");
    }
}

async fn administrators_who_demote_themselves_are_redirected(app: TestApp) {
    let admin = app.as_administrator().await;
    app.register("bea@example.org").await;
    let bea = format!("/admin/users/{}", id_of(&admin, "bea@").await);
    assert_eq!(admin.post_form(&bea, &[("isAdmin", "true")]).await.status, 303);
    let own = format!("/admin/users/{}", id_of(&admin, "admin@").await);
    let response = admin.post_form(&own, &[("isAdmin", "false")]).await;
    assert_eq!((response.status, response.header("location")), (303, "/vehicles"));
    assert_eq!(admin.get("/admin").await.status, 403);
}

async fn a_double_submit_shows_the_same_reset_link(app: TestApp) {
    let admin = app.as_administrator().await;
    app.register("ann@example.org").await;
    let path = format!("/admin/users/{}", id_of(&admin, "ann@").await);
    let fields = [("once", once(&admin.get(&path).await))];
    let fields: Vec<_> = fields.iter().map(|it| (it.0, it.1.as_str())).collect();
    let link = |page: &TestResponse| {
        let rest = page.text().split_once("http://cars.test/reset?token=");
        rest.unwrap_or_else(|| panic!("{page:?}")).1[..64].to_owned()
    };
    let first = link(&admin.post_form(&format!("{path}/reset"), &fields).await);
    let second = link(&admin.post_form(&format!("{path}/reset"), &fields).await);
    assert_eq!(first, second);
    assert!(!admin.get(&path).await.text().contains(&first));
    assert_eq!(app.anonymous().get(&format!("/reset?token={first}")).await.status, 200);
}

async fn an_invitation_is_created_shown_once_and_withdrawn(app: TestApp) {
    let admin = app.as_administrator().await;
    let page = admin.get("/admin/invitations").await;
    let once = once(&page);
    let bad = [("once", once.as_str()), ("email", "nonsense"), ("expiresAt", "2020-01-01")];
    let response = admin.post_form("/admin/invitations", &bad).await;
    assert_eq!(response.status, 422);
    assert!(response.text().contains("such as you@example.org"), "{response:?}");
    let good = [("once", once.as_str()), ("email", "ann@example.org"), ("expiresAt", "")];
    let created = admin.post_form("/admin/invitations", &good).await;
    assert_eq!(created.status, 200, "{created:?}");
    assert!(created.text().contains("http://cars.test/register?invitation="), "{created:?}");
    let again = admin.post_form("/admin/invitations", &good).await;
    assert!(again.text().contains("http://cars.test/register?invitation="), "{again:?}");
    let list = admin.get("/api/admin/invitations").await;
    assert_eq!(list.body["items"].as_array().unwrap().len(), 1, "{list:?}");

    let page = admin.get("/admin/invitations").await;
    assert!(page.text().contains("expires Feb 7, 2026"), "{page:?}");
    assert!(!page.text().contains("register?invitation="), "{page:?}");
    let id = list.body["items"][0]["id"].as_str().unwrap();
    let response = admin.post_form(&format!("/admin/invitations/{id}/withdraw"), &[]).await;
    assert_eq!((response.status, response.header("location")), (303, "/admin/invitations"));
    assert!(!admin.get("/admin/invitations").await.text().contains("ann@example.org"));
}

async fn the_invitations_page_explains_closed_registration(app: TestApp) {
    let closed = app.instance_with(|it| it.auth.registration = Registration::Closed);
    let page = closed.as_administrator().await.get("/admin/invitations").await;
    assert!(page.text().contains("MVP__AUTH__REGISTRATION=invite"), "{page:?}");
    assert!(!page.text().contains("Create invitation"), "{page:?}");
}

async fn the_export_uses_the_filters_of_the_log_page(app: TestApp) {
    let admin = app.as_administrator().await;
    app.register("ann@example.org").await;
    let id = id_of(&admin, "ann@").await;
    let page = admin.get(&format!("/admin/log?kind=registered&userId={id}&from=&to=")).await;
    assert_eq!(page.status, 200, "{page:?}");
    assert!(page.text().contains("Account created"), "{page:?}");
    assert!(page.text().contains(r#"value="registered" selected"#), "{page:?}");
    let export = format!("/api/admin/security-log.csv?kind=registered&#38;userId={id}");
    assert!(page.text().contains(&export), "{page:?}");
    let none = admin.get("/admin/log?kind=factor-added").await;
    assert!(none.text().contains("No events found"), "{none:?}");
}

async fn the_log_names_browsers(app: TestApp) {
    let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    let ann = app.anonymous().with_header("user-agent", agent);
    let new = json!({ "email": "ann@example.org", "password": PASSWORD });
    assert_eq!(ann.post("/api/auth/register", new).await.status, 201);
    let admin = app.as_administrator().await;
    let id = id_of(&admin, "ann@").await;
    let page = admin.get(&format!("/admin/log?userId={id}")).await;
    assert!(page.text().contains(">Firefox on Linux<"), "{page:?}");
    assert!(!page.text().contains("Mozilla"), "{page:?}");
}

async fn user_input_is_escaped(app: TestApp) {
    let new = json!({
        "email": "x@example.org", "password": PASSWORD, "displayName": "<script>alert(1)</script>",
    });
    let stranger = app.anonymous().with_header("user-agent", "<img src=x>");
    assert_eq!(stranger.post("/api/auth/register", new).await.status, 201);
    let admin = app.as_administrator().await;
    let id = id_of(&admin, "x@").await;
    for path in ["/admin".to_owned(), format!("/admin/users/{id}"), "/admin/log".to_owned()] {
        let page = admin.get(&path).await;
        assert!(!page.text().contains("<script>alert"), "{path}");
        assert!(!page.text().contains("<img"), "{path}");
    }
}
