use axum::http::Method;
use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::PURGE_TASK;
use crate::{
    core::{config::Registration, periodic},
    sql,
    testing::{TestApp, TestResponse, cookie_of, on_every_engine},
};

on_every_engine![
    an_invitation_creates_one_account_when_registration_requires_one,
    errors_do_not_reveal_why_an_invitation_is_invalid,
    concurrent_registrations_redeem_an_invitation_once,
    an_invitation_restricted_to_an_address_rejects_others,
    a_failed_registration_does_not_use_up_the_invitation,
    registration_without_an_invitation_does_not_reveal_existing_accounts,
    closed_registration_rejects_creating_and_redeeming_invitations,
    open_registration_accepts_and_uses_up_optional_invitations,
    a_revoked_invitation_is_rejected,
    an_invitation_expires_within_ninety_days,
    retrying_a_creation_returns_the_same_link_without_storing_it,
    used_and_expired_invitations_are_purged_after_thirty_days,
    invitations_are_paged_newest_first,
];

const PASSWORD: &str = "correct horse battery";

/// An instance that requires invitations, and its administrator.
async fn invitation_only(app: &TestApp) -> (TestApp, TestApp) {
    let app = app.instance_with(|it| it.auth.registration = Registration::Invite);
    let admin = app.as_administrator().await;
    (app.anonymous(), admin)
}

async fn invite(admin: &TestApp, new: Value) -> (TestResponse, String) {
    let created = admin.post("/api/admin/invitations", new).await;
    assert_eq!(created.status, 201, "{created:?}");
    let url = created.body["url"].as_str().unwrap().to_owned();
    let token = url.rsplit_once('=').unwrap().1.to_owned();
    (created, token)
}

async fn register(app: &TestApp, email: &str, invitation: Option<&str>) -> TestResponse {
    let new = json!({ "email": email, "password": PASSWORD, "invitation": invitation });
    app.post("/api/auth/register", new).await
}

async fn count(app: &TestApp, statement: &'static str) -> i64 {
    let mut tx = app.db_bypassing_rls().await.read().await.unwrap();
    let (count,): (i64,) = sql!(&mut tx, fetch_one, statement).unwrap();
    count
}

async fn an_invitation_creates_one_account_when_registration_requires_one(app: TestApp) {
    let (app, admin) = invitation_only(&app).await;
    assert_eq!(register(&app, "ann@example.org", None).await.status, 403);
    let page = app.get("/register").await;
    assert_eq!(page.status, 403);
    assert!(page.body.as_str().unwrap().contains("You need an invitation"), "{page:?}");

    let (created, token) = invite(&admin, json!({})).await;
    assert_eq!(created.header("location"), format!("/api/admin/invitations/{}", created.id()));
    assert_eq!(created.body["url"], format!("http://cars.test/register?invitation={token}"));
    let page = app.get(&format!("/register?invitation={token}")).await;
    assert_eq!(page.status, 200);
    let hidden = format!(r#"name="invitation" value="{token}""#);
    assert!(page.body.as_str().unwrap().contains(&hidden), "{page:?}");
    let fields = [("email", "ann@example.org"), ("password", PASSWORD), ("invitation", &token)];
    let answer = app.post_form("/register", &fields).await;
    assert_eq!((answer.status, answer.header("location")), (303, "/welcome"), "{answer:?}");
    let ann = app.with_cookie(cookie_of(&answer)).get("/api/auth/me").await;
    assert_eq!(ann.body["isAdmin"], false);

    let invitation = admin.get(created.header("location")).await;
    assert_eq!(invitation.body["usedBy"], ann.body["id"]);
    assert_eq!(invitation.body["usedAt"], "2026-01-31T12:00:00.123456Z");
    assert_eq!(invitation.body["url"], Value::Null, "the link is shown only once");
    let again = register(&app, "bob@example.org", Some(&token)).await;
    let rejected = ["/invitation: was already used, has expired, or is for another email address"];
    assert_eq!((again.status, again.field_errors()), (422, rejected.map(str::to_owned).to_vec()));
}

async fn errors_do_not_reveal_why_an_invitation_is_invalid(app: TestApp) {
    let (app, admin) = invitation_only(&app).await;
    let unknown = "0".repeat(64);
    let (_, used) = invite(&admin, json!({})).await;
    assert_eq!(register(&app, "ann@example.org", Some(&used)).await.status, 201);
    let (_, expired) = invite(&admin, json!({ "expiresAt": "2026-02-01T00:00:00Z" })).await;
    app.app.clock.advance(TimeDelta::days(1));
    let (_, others) = invite(&admin, json!({ "email": "carl@example.org" })).await;
    let mut rejections = Vec::new();
    for token in [&unknown, &used, &expired, &others] {
        let rejected = register(&app, "bob@example.org", Some(token)).await;
        assert_eq!(rejected.status, 422, "{rejected:?}");
        rejections.push(rejected.body);
    }
    assert!(rejections.iter().all(|it| *it == rejections[0]), "{rejections:?}");
    let mut pages = Vec::new();
    for token in [&unknown, &used, &expired] {
        let page = app.get(&format!("/register?invitation={token}")).await;
        assert_eq!(page.status, 404);
        pages.push(page.body);
    }
    assert!(pages.iter().all(|it| *it == pages[0]), "{pages:?}");
}

async fn concurrent_registrations_redeem_an_invitation_once(app: TestApp) {
    let (app, admin) = invitation_only(&app).await;
    let (_, token) = invite(&admin, json!({})).await;
    let emails: Vec<_> = (0..4).map(|n| format!("{n}@example.org")).collect();
    let answers = join_all(emails.iter().map(|it| register(&app, it, Some(&token)))).await;
    let mut statuses: Vec<_> = answers.iter().map(|it| it.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 422, 422, 422], "{answers:?}");
    assert_eq!(count(&app, "SELECT COUNT(*) FROM accounts").await, 2);
}

async fn an_invitation_restricted_to_an_address_rejects_others(app: TestApp) {
    let (app, admin) = invitation_only(&app).await;
    let (created, token) = invite(&admin, json!({ "email": "Ann@Example.org" })).await;
    assert_eq!(created.body["email"], "Ann@Example.org");
    let page = app.get(&format!("/register?invitation={token}")).await;
    assert!(page.body.as_str().unwrap().contains(r#"value="Ann@Example.org""#), "{page:?}");
    assert_eq!(register(&app, "bob@example.org", Some(&token)).await.status, 422);
    // Nor does it reveal whether the address has an account.
    assert_eq!(register(&app, "admin@example.org", Some(&token)).await.status, 422);
    assert_eq!(register(&app, "ann@example.ORG", Some(&token)).await.status, 201);
    let again = admin.post("/api/admin/invitations", json!({ "email": "ann@example.org" })).await;
    assert_eq!(again.field_errors(), ["/email: is already in use by an account"]);
}

async fn a_failed_registration_does_not_use_up_the_invitation(app: TestApp) {
    let (app, admin) = invitation_only(&app).await;
    let (_, token) = invite(&admin, json!({})).await;
    assert_eq!(register(&app, "admin@example.org", Some(&token)).await.status, 409);
    assert_eq!(register(&app, "nonsense", Some(&token)).await.status, 422);
    assert_eq!(register(&app, "ann@example.org", Some(&token)).await.status, 201);
}

async fn registration_without_an_invitation_does_not_reveal_existing_accounts(app: TestApp) {
    let (app, _) = invitation_only(&app).await;
    let unknown = "0".repeat(64);
    for key in ["", "once"] {
        for invitation in [json!(null), json!(unknown)] {
            let mut responses = Vec::new();
            for email in ["admin@example.org", "nobody@example.org"] {
                let new = json!({ "email": email, "password": PASSWORD, "invitation": invitation });
                let headers = [("idempotency-key", key)];
                let headers = if key.is_empty() { &[][..] } else { &headers[..] };
                let path = "/api/auth/register";
                let rejected = app.send_json(Method::POST, path, &new.to_string(), headers).await;
                responses.push((rejected.status, rejected.body));
            }
            assert!(matches!(responses[0].0, 403 | 422), "{responses:?}");
            assert_eq!(responses[0], responses[1]);
        }
    }
}

async fn closed_registration_rejects_creating_and_redeeming_invitations(app: TestApp) {
    let (_, admin) = invitation_only(&app).await;
    let (_, token) = invite(&admin, json!({})).await;
    let closed = app.instance_with(|it| it.auth.registration = Registration::Closed);
    assert_eq!(register(&closed, "ann@example.org", Some(&token)).await.status, 403);
    assert_eq!(closed.get(&format!("/register?invitation={token}")).await.status, 403);
    let admin = closed.as_administrator().await;
    assert_eq!(admin.post("/api/admin/invitations", json!({})).await.status, 403);
}

async fn open_registration_accepts_and_uses_up_optional_invitations(app: TestApp) {
    let admin = app.as_administrator().await;
    let (_, token) = invite(&admin, json!({})).await;
    assert_eq!(register(&app, "ann@example.org", None).await.status, 201);
    assert_eq!(register(&app, "bob@example.org", Some(&token)).await.status, 201);
    assert_eq!(register(&app, "carl@example.org", Some(&token)).await.status, 422);
}

async fn a_revoked_invitation_is_rejected(app: TestApp) {
    let (app, admin) = invitation_only(&app).await;
    let (created, token) = invite(&admin, json!({})).await;
    let path = created.header("location");
    let stale = admin.send_json(Method::DELETE, path, "", &[("if-match", "\"x\"")]).await;
    assert_eq!(stale.status, 412);
    assert_eq!(admin.delete(path).await.status, 204);
    assert_eq!(admin.delete(path).await.status, 404);
    assert_eq!(register(&app, "ann@example.org", Some(&token)).await.status, 422);
}

async fn an_invitation_expires_within_ninety_days(app: TestApp) {
    let (_, admin) = invitation_only(&app).await;
    let (created, _) = invite(&admin, json!({})).await;
    assert_eq!(created.body["expiresAt"], "2026-02-07T12:00:00.123456Z");
    let (created, _) = invite(&admin, json!({ "expiresAt": "2026-02-01" })).await;
    assert_eq!(
        created.body["expiresAt"], "2026-02-01T23:59:59Z",
        "a date means the end of that day"
    );
    for (at, why) in [
        ("2026-01-31T12:00:00Z", "must be in the future"),
        ("2026-05-02T00:00:00Z", "must be within the next 90 days"),
        ("soon", "must be a date and time, such as 2026-12-31T23:59:59Z"),
    ] {
        let rejected = admin.post("/api/admin/invitations", json!({ "expiresAt": at })).await;
        assert_eq!(rejected.field_errors(), [format!("/expiresAt: {why}")]);
    }
}

async fn retrying_a_creation_returns_the_same_link_without_storing_it(app: TestApp) {
    let (app, admin) = invitation_only(&app).await;
    let send = async || {
        let key = [("idempotency-key", "once")];
        admin.send_json(Method::POST, "/api/admin/invitations", "{}", &key).await
    };
    let (first, again) = (send().await, send().await);
    assert_eq!((first.status, &first.body), (again.status, &again.body));
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(count(&app, "SELECT COUNT(*) FROM invitations").await, 1);
    assert_eq!(count(&app, "SELECT COUNT(*) FROM kept_answers WHERE body LIKE '%url%'").await, 0);
    let token = first.body["url"].as_str().unwrap().rsplit_once('=').unwrap().1;
    assert_eq!(register(&app, "ann@example.org", Some(token)).await.status, 201);
    assert_eq!(send().await.status, 409, "the link in the stored response is used up");
    // A day later the idempotency key has expired, so a new link is created.
    app.app.clock.advance(TimeDelta::hours(25));
    let later = send().await;
    assert_eq!(later.status, 201, "{later:?}");
    assert_ne!(later.body["url"], first.body["url"]);
}

async fn used_and_expired_invitations_are_purged_after_thirty_days(app: TestApp) {
    let (app, admin) = invitation_only(&app).await;
    let (_, used) = invite(&admin, json!({ "expiresAt": "2026-04-01T00:00:00Z" })).await;
    invite(&admin, json!({})).await;
    assert_eq!(register(&app, "ann@example.org", Some(&used)).await.status, 201);
    let remaining_after = async |days: i64| {
        app.app.clock.advance(TimeDelta::days(days));
        periodic::run_one(&app.app, &PURGE_TASK).await.unwrap();
        count(&app, "SELECT COUNT(*) FROM invitations").await
    };
    assert_eq!(
        (
            remaining_after(29).await,
            remaining_after(1).await,
            remaining_after(6).await,
            remaining_after(1).await
        ),
        (2, 1, 1, 0)
    );
}

async fn invitations_are_paged_newest_first(app: TestApp) {
    let (app, admin) = invitation_only(&app).await;
    for name in ["ann", "bob"] {
        invite(&admin, json!({ "email": format!("{name}@example.org") })).await;
        app.app.clock.advance(TimeDelta::minutes(1));
    }
    let first = admin.get("/api/admin/invitations?limit=1").await;
    assert_eq!(first.body["items"][0]["email"], "bob@example.org");
    let cursor = first.body["nextCursor"].as_str().unwrap();
    let second = admin.get(&format!("/api/admin/invitations?limit=1&cursor={cursor}")).await;
    assert_eq!(second.body["items"][0]["email"], "ann@example.org");
    assert_eq!(second.body["nextCursor"], Value::Null);
    assert_eq!(admin.get("/api/admin/invitations?cursor=x").await.status, 422);
}
