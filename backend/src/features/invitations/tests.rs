use axum::http::Method;
use chrono::TimeDelta;
use futures::future::join_all;
use serde_json::{Value, json};

use super::PERIODIC_TASK;
use crate::{
    core::{config::Registration, periodic},
    sql,
    testing::{Answer, TestApp, cookie_of, on_every_engine},
};

on_every_engine![
    where_accounts_need_an_invitation_one_lets_one_person_in,
    invitations_that_are_unknown_used_ended_or_anothers_look_alike,
    of_many_who_use_one_invitation_at_once_one_gets_in,
    an_invitation_for_an_address_is_good_for_it_alone,
    a_registration_that_is_refused_leaves_the_invitation_as_it_was,
    who_may_not_make_an_account_is_not_told_who_has_one,
    where_registration_is_closed_invitations_are_neither_made_nor_taken,
    where_registration_is_open_an_invitation_is_not_needed_and_still_used_up,
    a_withdrawn_invitation_opens_nothing,
    an_invitation_ends_within_ninety_days,
    an_invitation_sent_again_with_its_key_shows_the_same_link_and_keeps_it_nowhere,
    spent_invitations_are_forgotten_after_thirty_days,
    invitations_are_listed_page_by_page,
];

const PASSWORD: &str = "correct horse battery";

/// The service where accounts need an invitation, and its administrator.
async fn by_invitation(app: &TestApp) -> (TestApp, TestApp) {
    let app = app.other_instance(|it| it.auth.registration = Registration::Invite);
    let admin = app.as_administrator().await;
    (app.nobody(), admin)
}

async fn invite(admin: &TestApp, new: Value) -> (Answer, String) {
    let made = admin.post("/api/admin/invitations", new).await;
    assert_eq!(made.status, 201, "{made:?}");
    let url = made.body["url"].as_str().unwrap().to_owned();
    let token = url.rsplit_once('=').unwrap().1.to_owned();
    (made, token)
}

async fn register(app: &TestApp, email: &str, invitation: Option<&str>) -> Answer {
    let new = json!({ "email": email, "password": PASSWORD, "invitation": invitation });
    app.post("/api/auth/register", new).await
}

async fn count(app: &TestApp, statement: &'static str) -> i64 {
    let mut tx = app.past_policies().await.read().await.unwrap();
    let (count,): (i64,) = sql!(&mut tx, fetch_one, statement).unwrap();
    count
}

async fn where_accounts_need_an_invitation_one_lets_one_person_in(app: TestApp) {
    let (app, admin) = by_invitation(&app).await;
    assert_eq!(register(&app, "ann@example.org", None).await.status, 403);
    let page = app.get("/register").await;
    assert_eq!(page.status, 403);
    assert!(page.body.as_str().unwrap().contains("You need an invitation"), "{page:?}");

    let (made, token) = invite(&admin, json!({})).await;
    assert_eq!(made.header("location"), format!("/api/admin/invitations/{}", made.id()));
    assert_eq!(made.body["url"], format!("http://cars.test/register?invitation={token}"));
    let page = app.get(&format!("/register?invitation={token}")).await;
    assert_eq!(page.status, 200);
    let hidden = format!(r#"name="invitation" value="{token}""#);
    assert!(page.body.as_str().unwrap().contains(&hidden), "{page:?}");
    let fields = [("email", "ann@example.org"), ("password", PASSWORD), ("invitation", &token)];
    let answer = app.submit("/register", &fields).await;
    assert_eq!((answer.status, answer.header("location")), (303, "/vehicles"), "{answer:?}");
    let ann = app.with_cookie(cookie_of(&answer)).get("/api/auth/me").await;
    assert_eq!(ann.body["isAdmin"], false);

    let invitation = admin.get(made.header("location")).await;
    assert_eq!(invitation.body["usedBy"], ann.body["id"]);
    assert_eq!(invitation.body["usedAt"], "2026-01-31T12:00:00.123456Z");
    assert_eq!(invitation.body["url"], Value::Null, "the link is not shown again");
    let again = register(&app, "bob@example.org", Some(&token)).await;
    let refused = ["/invitation: is used, has ended, or is for another address"];
    assert_eq!((again.status, again.faults()), (422, refused.map(str::to_owned).to_vec()));
}

async fn invitations_that_are_unknown_used_ended_or_anothers_look_alike(app: TestApp) {
    let (app, admin) = by_invitation(&app).await;
    let unknown = "0".repeat(64);
    let (_, used) = invite(&admin, json!({})).await;
    assert_eq!(register(&app, "ann@example.org", Some(&used)).await.status, 201);
    let (_, ended) = invite(&admin, json!({ "expiresAt": "2026-02-01T00:00:00Z" })).await;
    app.app.clock.advance(TimeDelta::days(1));
    let (_, others) = invite(&admin, json!({ "email": "carl@example.org" })).await;
    let mut refusals = Vec::new();
    for token in [&unknown, &used, &ended, &others] {
        let refused = register(&app, "bob@example.org", Some(token)).await;
        assert_eq!(refused.status, 422, "{refused:?}");
        refusals.push(refused.body);
    }
    assert!(refusals.iter().all(|it| *it == refusals[0]), "{refusals:?}");
    let mut pages = Vec::new();
    for token in [&unknown, &used, &ended] {
        let page = app.get(&format!("/register?invitation={token}")).await;
        assert_eq!(page.status, 404);
        pages.push(page.body);
    }
    assert!(pages.iter().all(|it| *it == pages[0]), "{pages:?}");
}

async fn of_many_who_use_one_invitation_at_once_one_gets_in(app: TestApp) {
    let (app, admin) = by_invitation(&app).await;
    let (_, token) = invite(&admin, json!({})).await;
    let emails: Vec<_> = (0..4).map(|n| format!("{n}@example.org")).collect();
    let answers = join_all(emails.iter().map(|it| register(&app, it, Some(&token)))).await;
    let mut statuses: Vec<_> = answers.iter().map(|it| it.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 422, 422, 422], "{answers:?}");
    assert_eq!(count(&app, "SELECT COUNT(*) FROM accounts").await, 2);
}

async fn an_invitation_for_an_address_is_good_for_it_alone(app: TestApp) {
    let (app, admin) = by_invitation(&app).await;
    let (made, token) = invite(&admin, json!({ "email": "Ann@Example.org" })).await;
    assert_eq!(made.body["email"], "Ann@Example.org");
    let page = app.get(&format!("/register?invitation={token}")).await;
    assert!(page.body.as_str().unwrap().contains(r#"value="Ann@Example.org""#), "{page:?}");
    assert_eq!(register(&app, "bob@example.org", Some(&token)).await.status, 422);
    // It does not tell who has an account, either.
    assert_eq!(register(&app, "admin@example.org", Some(&token)).await.status, 422);
    assert_eq!(register(&app, "ann@example.ORG", Some(&token)).await.status, 201);
    let again = admin.post("/api/admin/invitations", json!({ "email": "ann@example.org" })).await;
    assert_eq!(again.faults(), ["/email: has an account already"]);
}

async fn a_registration_that_is_refused_leaves_the_invitation_as_it_was(app: TestApp) {
    let (app, admin) = by_invitation(&app).await;
    let (_, token) = invite(&admin, json!({})).await;
    assert_eq!(register(&app, "admin@example.org", Some(&token)).await.status, 409);
    assert_eq!(register(&app, "nonsense", Some(&token)).await.status, 422);
    assert_eq!(register(&app, "ann@example.org", Some(&token)).await.status, 201);
}

async fn who_may_not_make_an_account_is_not_told_who_has_one(app: TestApp) {
    let (app, _) = by_invitation(&app).await;
    let unknown = "0".repeat(64);
    for key in ["", "once"] {
        for invitation in [json!(null), json!(unknown)] {
            let mut told = Vec::new();
            for email in ["admin@example.org", "nobody@example.org"] {
                let new = json!({ "email": email, "password": PASSWORD, "invitation": invitation });
                let headers = [("idempotency-key", key)];
                let headers = if key.is_empty() { &[][..] } else { &headers[..] };
                let path = "/api/auth/register";
                let refused = app.send_json(Method::POST, path, &new.to_string(), headers).await;
                told.push((refused.status, refused.body));
            }
            assert!(matches!(told[0].0, 403 | 422), "{told:?}");
            assert_eq!(told[0], told[1]);
        }
    }
}

async fn where_registration_is_closed_invitations_are_neither_made_nor_taken(app: TestApp) {
    let (_, admin) = by_invitation(&app).await;
    let (_, token) = invite(&admin, json!({})).await;
    let closed = app.other_instance(|it| it.auth.registration = Registration::Closed);
    assert_eq!(register(&closed, "ann@example.org", Some(&token)).await.status, 403);
    assert_eq!(closed.get(&format!("/register?invitation={token}")).await.status, 403);
    let admin = closed.as_administrator().await;
    assert_eq!(admin.post("/api/admin/invitations", json!({})).await.status, 403);
}

async fn where_registration_is_open_an_invitation_is_not_needed_and_still_used_up(app: TestApp) {
    let admin = app.as_administrator().await;
    let (_, token) = invite(&admin, json!({})).await;
    assert_eq!(register(&app, "ann@example.org", None).await.status, 201);
    assert_eq!(register(&app, "bob@example.org", Some(&token)).await.status, 201);
    assert_eq!(register(&app, "carl@example.org", Some(&token)).await.status, 422);
}

async fn a_withdrawn_invitation_opens_nothing(app: TestApp) {
    let (app, admin) = by_invitation(&app).await;
    let (made, token) = invite(&admin, json!({})).await;
    let path = made.header("location");
    let stale = admin.send_json(Method::DELETE, path, "", &[("if-match", "\"x\"")]).await;
    assert_eq!(stale.status, 412);
    assert_eq!(admin.delete(path).await.status, 204);
    assert_eq!(admin.delete(path).await.status, 404);
    assert_eq!(register(&app, "ann@example.org", Some(&token)).await.status, 422);
}

async fn an_invitation_ends_within_ninety_days(app: TestApp) {
    let (_, admin) = by_invitation(&app).await;
    let (made, _) = invite(&admin, json!({})).await;
    assert_eq!(made.body["expiresAt"], "2026-02-07T12:00:00.123456Z");
    let (made, _) = invite(&admin, json!({ "expiresAt": "2026-02-01" })).await;
    assert_eq!(made.body["expiresAt"], "2026-02-01T23:59:59Z", "a day is meant to its end");
    for (at, why) in [
        ("2026-01-31T12:00:00Z", "is in the past"),
        ("2026-05-02T00:00:00Z", "is more than 90 days ahead"),
        ("soon", "has to be a moment, such as 2026-12-31T23:59:59Z"),
    ] {
        let refused = admin.post("/api/admin/invitations", json!({ "expiresAt": at })).await;
        assert_eq!(refused.faults(), [format!("/expiresAt: {why}")]);
    }
}

async fn an_invitation_sent_again_with_its_key_shows_the_same_link_and_keeps_it_nowhere(
    app: TestApp,
) {
    let (app, admin) = by_invitation(&app).await;
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
    assert_eq!(send().await.status, 409, "what it answered is good no more");
    // A day later the key is another request's, and the link that was used does not come back.
    app.app.clock.advance(TimeDelta::hours(25));
    let later = send().await;
    assert_eq!(later.status, 201, "{later:?}");
    assert_ne!(later.body["url"], first.body["url"]);
}

async fn spent_invitations_are_forgotten_after_thirty_days(app: TestApp) {
    let (app, admin) = by_invitation(&app).await;
    let (_, used) = invite(&admin, json!({ "expiresAt": "2026-04-01T00:00:00Z" })).await;
    invite(&admin, json!({})).await;
    assert_eq!(register(&app, "ann@example.org", Some(&used)).await.status, 201);
    let left = async |days: i64| {
        app.app.clock.advance(TimeDelta::days(days));
        periodic::run_one(&app.app, &PERIODIC_TASK).await.unwrap();
        count(&app, "SELECT COUNT(*) FROM invitations").await
    };
    assert_eq!((left(29).await, left(1).await, left(6).await, left(1).await), (2, 1, 1, 0));
}

async fn invitations_are_listed_page_by_page(app: TestApp) {
    let (app, admin) = by_invitation(&app).await;
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
