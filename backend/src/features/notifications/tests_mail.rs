//! Notifications by mail: to addresses that their owner has confirmed, and until they unsubscribe.

use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use serde_json::json;

use super::tests::{Owner, mail_server, owner};
use crate::testing::{TestApp, on_every_engine};

on_every_engine![
    mail_is_sent_only_once_the_address_is_confirmed,
    what_a_user_typed_never_reaches_an_address_that_is_not_confirmed,
    a_link_that_confirms_works_once_and_for_two_days,
    opening_a_link_alone_changes_nothing,
    at_most_three_links_to_confirm_are_open,
    a_confirmation_link_leads_to_the_service_and_not_where_the_request_was_addressed,
    an_account_gets_twenty_messages_a_day,
    a_message_is_quoted_and_says_how_to_unsubscribe,
    one_request_unsubscribes_as_mail_programs_send_it,
    mail_that_was_on_before_addresses_were_confirmed_asks_once,
    a_channel_is_added_only_after_the_password_was_given_lately,
    a_reset_is_told_by_mail,
];

type Mails = Arc<Mutex<Vec<String>>>;

async fn with_mail(app: &TestApp) -> (Owner, Mails) {
    let (url, mails) = mail_server().await;
    (owner(app, Some(url)).await, mails)
}

fn all(mails: &Mails) -> Vec<String> {
    mails.lock().unwrap().clone()
}

/// The path of the link to `path` in a mail.
fn link_in(mail: &str, path: &str) -> String {
    let mail = mail.replace("=\n", "");
    let at = mail.find(&format!("{path}?token=")).unwrap_or_else(|| panic!("no {path}: {mail}"));
    let rest = &mail[at..];
    let end = rest.find(|it: char| it.is_whitespace() || it == '>').unwrap_or(rest.len());
    rest[..end].replace("=3D", "=")
}

fn token_in(link: &str) -> String {
    link.rsplit_once('=').unwrap().1.to_owned()
}

async fn confirm(app: &TestApp, link: &str) -> u16 {
    let fields = [("token", &*token_in(link))];
    app.nobody().submit("/mail/confirm", &fields).await.status
}

async fn mail_is_sent_only_once_the_address_is_confirmed(app: TestApp) {
    let (owner, mails) = with_mail(&app).await;
    owner.plan("oil_change", "2026-01-30").await;
    let added = owner.tell_by(json!({ "kind": "mail" })).await;
    assert_eq!(added.body["state"], "unconfirmed");
    assert_eq!(owner.work().await, 0);
    let sent = all(&mails);
    assert_eq!(sent.len(), 1, "{sent:?}");
    for part in ["RCPT TO:<ann@example.org>", "Subject: Confirm your e-mail address"] {
        assert!(sent[0].contains(part), "{part} is not in {}", sent[0]);
    }
    let test = format!("{}/test", added.header("location"));
    let tried = owner.user.post(&test, json!({})).await;
    assert_eq!(tried.body["isSent"], false, "{tried:?}");
    let page = owner.user.get("/settings/notifications").await;
    assert!(page.text().contains("Waiting until you confirm your address"), "{page:?}");

    assert_eq!(confirm(&owner.app, &link_in(&sent[0], "/mail/confirm")).await, 200);
    let listed = owner.user.get("/api/notifications/channels").await;
    assert_eq!(listed.body["items"][0]["state"], "on");
    assert_eq!((owner.work().await, owner.work().await), (1, 0));
    let sent = all(&mails);
    assert_eq!(sent.len(), 2);
    for part in [
        "RCPT TO:<ann@example.org>",
        "Subject: Maintenance: 1 overdue",
        "From: MotoVaultPro <cars@example.org>",
        "2003 Honda Accord, Oil change: 30 Jan 2026, yesterday",
    ] {
        assert!(sent[1].contains(part), "{part} is not in {}", sent[1]);
    }
}

async fn what_a_user_typed_never_reaches_an_address_that_is_not_confirmed(app: TestApp) {
    let (owner, mails) = with_mail(&app).await;
    let vehicle = json!({ "nickname": "You have won: evil.example", "kind": "car" });
    owner.user.post("/api/vehicles", vehicle).await;
    owner.plan("oil_change", "2026-01-30").await;
    owner.tell_by(json!({ "kind": "mail" })).await;
    for _ in 0..30 {
        owner.wait(TimeDelta::hours(12));
        owner.work().await;
    }
    let sent = all(&mails);
    assert_eq!(sent.len(), 1, "one link, and never a reminder");
    assert!(!sent[0].contains("evil.example"), "{}", sent[0]);
}

async fn a_link_that_confirms_works_once_and_for_two_days(app: TestApp) {
    let (owner, mails) = with_mail(&app).await;
    owner.tell_by(json!({ "kind": "mail" })).await;
    let link = link_in(&all(&mails)[0], "/mail/confirm");
    owner.wait(TimeDelta::days(2));
    assert_eq!(confirm(&owner.app, &link).await, 404);
    assert_eq!(owner.app.nobody().get(&link).await.status, 404);
    assert_eq!(owner.user.post("/api/notifications/confirmation", json!({})).await.status, 204);
    let link = link_in(&all(&mails)[1], "/mail/confirm");
    assert_eq!(confirm(&owner.app, &link).await, 200);
    assert_eq!(confirm(&owner.app, &link).await, 404);
    let again = owner.user.post("/api/notifications/confirmation", json!({})).await;
    assert_eq!(again.status, 409, "{again:?}");
}

async fn opening_a_link_alone_changes_nothing(app: TestApp) {
    let (owner, mails) = with_mail(&app).await;
    owner.tell_by(json!({ "kind": "mail" })).await;
    let link = link_in(&all(&mails)[0], "/mail/confirm");
    let page = owner.app.nobody().get(&link).await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("Is this address yours"), "{page:?}");
    let listed = owner.user.get("/api/notifications/channels").await;
    assert_eq!(listed.body["items"][0]["state"], "unconfirmed");
}

async fn a_confirmation_link_leads_to_the_service_and_not_where_the_request_was_addressed(
    app: TestApp,
) {
    let (owner, mails) = with_mail(&app).await;
    owner.tell_by(json!({ "kind": "mail" })).await;
    let request = axum::http::Request::post("/api/notifications/confirmation")
        .header("host", "evil.example")
        .header("content-type", "application/json");
    let answer = owner.user.send(request, "{}".into()).await;
    assert_eq!(answer.status, 204, "{answer:?}");
    let sent = all(&mails);
    assert_eq!(sent.len(), 2);
    assert!(sent[1].contains("/mail/confirm") && !sent[1].contains("evil.example"), "{}", sent[1]);
}

async fn at_most_three_links_to_confirm_are_open(app: TestApp) {
    let (owner, mails) = with_mail(&app).await;
    owner.tell_by(json!({ "kind": "mail" })).await;
    for status in [204, 204, 429, 429] {
        let again = owner.user.post("/api/notifications/confirmation", json!({})).await;
        assert_eq!(again.status, status, "{again:?}");
    }
    assert_eq!(all(&mails).len(), 3);
    let page = owner.user.submit("/settings/notifications/confirmation", &[]).await;
    assert!(page.text().contains("The link was not mailed"), "{page:?}");
    owner.wait(TimeDelta::days(2));
    assert_eq!(owner.user.post("/api/notifications/confirmation", json!({})).await.status, 204);
}

/// An owner whose address is confirmed, with the path of their channel for mail.
async fn confirmed(app: &TestApp) -> (Owner, Mails, String) {
    let (owner, mails) = with_mail(app).await;
    let added = owner.tell_by(json!({ "kind": "mail" })).await;
    let link = link_in(&all(&mails)[0], "/mail/confirm");
    assert_eq!(confirm(&owner.app, &link).await, 200);
    mails.lock().unwrap().clear();
    (owner, mails, added.header("location").to_owned())
}

async fn an_account_gets_twenty_messages_a_day(app: TestApp) {
    let (owner, mails, channel) = confirmed(&app).await;
    for _ in 0..25 {
        owner.user.post(&format!("{channel}/test"), json!({})).await;
        owner.wait(TimeDelta::minutes(1));
    }
    assert_eq!(all(&mails).len(), 19, "with the link that confirmed the address, 20");
    owner.wait(TimeDelta::hours(13));
    let tried = owner.user.post(&format!("{channel}/test"), json!({})).await;
    assert_eq!(tried.body["isSent"], true, "the next day: {tried:?}");
}

async fn a_message_is_quoted_and_says_how_to_unsubscribe(app: TestApp) {
    let (owner, mails, _) = confirmed(&app).await;
    owner.plan("oil_change", "2026-01-30").await;
    assert_eq!(owner.work().await, 1);
    let mail = all(&mails)[0].replace("=\n", "");
    assert!(mail.contains("\n> 2003 Honda Accord, Oil change"), "{mail}");
    assert!(mail.contains("List-Unsubscribe: <http"), "{mail}");
    assert!(mail.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click"), "{mail}");
    assert!(mail.contains("Auto-Submitted: auto-generated"), "{mail}");
    let link = link_in(&mail, "/mail/unsubscribe");
    let page = owner.app.nobody().get(&link).await;
    assert!(page.text().contains("You will no longer get mail"), "{page:?}");
    assert_eq!(
        owner.user.get("/api/notifications/channels").await.body["items"][0]["kind"],
        "mail"
    );
    let done = owner.app.nobody().submit(&link, &[]).await;
    assert_eq!(done.status, 200, "{done:?}");
    assert_eq!(owner.user.get("/api/notifications/channels").await.body["items"], json!([]));
}

async fn one_request_unsubscribes_as_mail_programs_send_it(app: TestApp) {
    let (owner, mails, _) = confirmed(&app).await;
    owner.plan("oil_change", "2026-01-30").await;
    assert_eq!(owner.work().await, 1);
    let link = link_in(&all(&mails)[0], "/mail/unsubscribe");
    let fields = [("List-Unsubscribe", "One-Click")];
    let done = owner.app.nobody().submit(&link, &fields).await;
    assert_eq!(done.status, 200, "{done:?}");
    assert_eq!(owner.user.get("/api/notifications/channels").await.body["items"], json!([]));
    // Once more changes nothing, and a token of another kind does not do it.
    assert_eq!(owner.app.nobody().submit(&link, &fields).await.status, 200);
    let unknown = owner.app.nobody().submit("/mail/unsubscribe?token=00", &fields).await;
    assert_eq!(unknown.status, 404);
}

async fn mail_that_was_on_before_addresses_were_confirmed_asks_once(app: TestApp) {
    let (owner, mails) = with_mail(&app).await;
    owner.tell_by(json!({ "kind": "mail" })).await;
    // As before the upgrade: nobody had ever been asked.
    let mut tx = owner.app.app.db.write().await.unwrap();
    crate::sql!(&mut tx, execute, "UPDATE accounts SET confirmation_sent_at = NULL").unwrap();
    crate::sql!(&mut tx, execute, "DELETE FROM mail_links").unwrap();
    tx.commit().await.unwrap();
    mails.lock().unwrap().clear();
    assert_eq!((owner.work().await, owner.work().await), (0, 0));
    assert_eq!(all(&mails).len(), 1);
    assert_eq!(confirm(&owner.app, &link_in(&all(&mails)[0], "/mail/confirm")).await, 200);
}

async fn a_channel_is_added_only_after_the_password_was_given_lately(app: TestApp) {
    let owner = owner(&app, None).await;
    owner.wait(TimeDelta::minutes(10));
    let ntfy = json!({ "kind": "ntfy", "address": "http://127.0.0.1:9/cars" });
    let refused = owner.user.post("/api/notifications/channels", ntfy.clone()).await;
    assert_eq!(
        (refused.status, &refused.body["type"]),
        (403, &json!("/problems/confirmation-required"))
    );
    let fields = [("kind", "ntfy"), ("address", "http://127.0.0.1:9/cars")];
    let page = owner.user.submit("/settings/notifications", &fields).await;
    assert_eq!(page.status, 403);
    assert!(page.text().contains("Confirm it is you"), "{page:?}");
    let fields = [("password", "correct horse battery"), ("next", "/settings/notifications")];
    let confirmed = owner.user.submit("/settings/factors/confirm", &fields).await;
    assert_eq!(confirmed.header("location"), "/settings/notifications", "{confirmed:?}");
    owner.tell_by(ntfy).await;
}

async fn a_reset_is_told_by_mail(app: TestApp) {
    let (owner, mails) = with_mail(&app).await;
    let admin = owner.app.as_administrator().await;
    let users = admin.get("/api/admin/users?search=ann%40").await;
    let id = users.body["items"][0]["id"].as_str().unwrap().to_owned();
    let link = admin.post(&format!("/api/admin/users/{id}/reset"), json!({})).await;
    let token = token_in(link.body["url"].as_str().unwrap());
    let fields = [("token", token.as_str()), ("password", "an entirely new one")];
    assert_eq!(owner.app.nobody().submit("/reset", &fields).await.status, 200);
    for _ in 0..500 {
        if all(&mails).len() == 2 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let sent = all(&mails).join("\n");
    for part in ["A link to reset your password was made", "Your password was reset"] {
        assert!(sent.contains(part), "{part} is not in {sent}");
    }
    assert!(!sent.contains(&token), "the link itself is not mailed: {sent}");
}
