//! Tests of notifications by mail: confirmation of the address, limits and unsubscribing.

use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use serde_json::json;

use super::tests::{Owner, mail_server, owner};
use crate::testing::{BeginWrite as _, Commit as _, TestApp, on_every_engine};

on_every_engine![
    no_mail_is_sent_before_the_address_is_confirmed,
    user_input_is_never_mailed_to_an_unconfirmed_address,
    a_confirmation_link_works_once_within_two_days,
    opening_a_confirmation_link_does_not_confirm,
    at_most_three_confirmation_links_are_valid,
    a_confirmation_link_ignores_the_host_header,
    an_account_gets_at_most_twenty_messages_a_day,
    a_message_quotes_user_input_and_has_an_unsubscribe_link,
    a_test_message_quotes_nothing,
    one_click_unsubscribe_works,
    channels_from_before_confirmation_existed_get_one_confirmation_link,
    adding_a_channel_requires_a_recent_password_confirmation,
    a_password_reset_is_announced_by_mail,
];

type Mails = Arc<Mutex<Vec<String>>>;

async fn owner_with_mail(app: &TestApp) -> (Owner, Mails) {
    let (url, mails) = mail_server().await;
    (owner(app, Some(url)).await, mails)
}

fn sent_mails(mails: &Mails) -> Vec<String> {
    mails.lock().unwrap().clone()
}

/// Returns the path of the link to `path` in a mail.
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
    app.anonymous().post_form("/mail/confirm", &fields).await.status
}

async fn no_mail_is_sent_before_the_address_is_confirmed(app: TestApp) {
    let (owner, mails) = owner_with_mail(&app).await;
    owner.add_due_item("oil_change", "2026-01-30").await;
    let added = owner.add_channel(json!({ "kind": "mail" })).await;
    assert_eq!(added.body["state"], "unconfirmed");
    assert_eq!(owner.run_once().await, 0);
    let sent = sent_mails(&mails);
    assert_eq!(sent.len(), 1, "{sent:?}");
    for part in ["RCPT TO:<ann@example.org>", "Subject: Confirm your email address"] {
        assert!(sent[0].contains(part), "{part} is not in {}", sent[0]);
    }
    let test = format!("{}/test", added.header("location"));
    let result = owner.user.post(&test, json!({})).await;
    assert_eq!(result.body["isSent"], false, "{result:?}");
    let page = owner.user.get("/settings/notifications").await;
    assert!(page.text().contains("Email address not confirmed."), "{page:?}");

    assert_eq!(confirm(&owner.app, &link_in(&sent[0], "/mail/confirm")).await, 200);
    let listed = owner.user.get("/api/notifications/channels").await;
    assert_eq!(listed.body["items"][0]["state"], "on");
    assert_eq!((owner.run_once().await, owner.run_once().await), (1, 0));
    let sent = sent_mails(&mails);
    assert_eq!(sent.len(), 2);
    for part in [
        "RCPT TO:<ann@example.org>",
        "Subject: Maintenance: 1 overdue",
        "From: MotoVaultPro <cars@example.org>",
        "2003 Honda Accord, Oil change: Jan 30, 2026, yesterday",
    ] {
        assert!(sent[1].contains(part), "{part} is not in {}", sent[1]);
    }
}

async fn user_input_is_never_mailed_to_an_unconfirmed_address(app: TestApp) {
    let (owner, mails) = owner_with_mail(&app).await;
    let vehicle = json!({ "nickname": "You have won: evil.example", "kind": "car" });
    owner.user.post("/api/vehicles", vehicle).await;
    owner.add_due_item("oil_change", "2026-01-30").await;
    owner.add_channel(json!({ "kind": "mail" })).await;
    for _ in 0..30 {
        owner.advance_clock(TimeDelta::hours(12));
        owner.run_once().await;
    }
    let sent = sent_mails(&mails);
    assert_eq!(sent.len(), 1, "only one confirmation link");
    assert!(!sent[0].contains("evil.example"), "{}", sent[0]);
}

async fn a_confirmation_link_works_once_within_two_days(app: TestApp) {
    let (owner, mails) = owner_with_mail(&app).await;
    owner.add_channel(json!({ "kind": "mail" })).await;
    let link = link_in(&sent_mails(&mails)[0], "/mail/confirm");
    owner.advance_clock(TimeDelta::days(2));
    assert_eq!(confirm(&owner.app, &link).await, 404);
    assert_eq!(owner.app.anonymous().get(&link).await.status, 404);
    assert_eq!(owner.user.post("/api/notifications/confirmation", json!({})).await.status, 204);
    let link = link_in(&sent_mails(&mails)[1], "/mail/confirm");
    assert_eq!(confirm(&owner.app, &link).await, 200);
    assert_eq!(confirm(&owner.app, &link).await, 404);
    let again = owner.user.post("/api/notifications/confirmation", json!({})).await;
    assert_eq!(again.status, 409, "{again:?}");
}

async fn opening_a_confirmation_link_does_not_confirm(app: TestApp) {
    let (owner, mails) = owner_with_mail(&app).await;
    owner.add_channel(json!({ "kind": "mail" })).await;
    let link = link_in(&sent_mails(&mails)[0], "/mail/confirm");
    let page = owner.app.anonymous().get(&link).await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("Is this your address"), "{page:?}");
    let listed = owner.user.get("/api/notifications/channels").await;
    assert_eq!(listed.body["items"][0]["state"], "unconfirmed");
}

async fn a_confirmation_link_ignores_the_host_header(app: TestApp) {
    let (owner, mails) = owner_with_mail(&app).await;
    owner.add_channel(json!({ "kind": "mail" })).await;
    let request = axum::http::Request::post("/api/notifications/confirmation")
        .header("host", "evil.example")
        .header("content-type", "application/json");
    let response = owner.user.send(request, "{}".into()).await;
    assert_eq!(response.status, 204, "{response:?}");
    let sent = sent_mails(&mails);
    assert_eq!(sent.len(), 2);
    assert!(sent[1].contains("/mail/confirm") && !sent[1].contains("evil.example"), "{}", sent[1]);
}

async fn at_most_three_confirmation_links_are_valid(app: TestApp) {
    let (owner, mails) = owner_with_mail(&app).await;
    owner.add_channel(json!({ "kind": "mail" })).await;
    for status in [204, 204, 429, 429] {
        let again = owner.user.post("/api/notifications/confirmation", json!({})).await;
        assert_eq!(again.status, status, "{again:?}");
    }
    assert_eq!(sent_mails(&mails).len(), 3);
    let page = owner.user.post_form("/settings/notifications/confirmation", &[]).await;
    assert!(page.text().contains("The link wasn’t sent"), "{page:?}");
    owner.advance_clock(TimeDelta::days(2));
    assert_eq!(owner.user.post("/api/notifications/confirmation", json!({})).await.status, 204);
}

/// An owner with a confirmed address, and the path of the mail channel.
async fn owner_with_confirmed_address(app: &TestApp) -> (Owner, Mails, String) {
    let (owner, mails) = owner_with_mail(app).await;
    let added = owner.add_channel(json!({ "kind": "mail" })).await;
    let link = link_in(&sent_mails(&mails)[0], "/mail/confirm");
    assert_eq!(confirm(&owner.app, &link).await, 200);
    mails.lock().unwrap().clear();
    (owner, mails, added.header("location").to_owned())
}

async fn an_account_gets_at_most_twenty_messages_a_day(app: TestApp) {
    let (owner, mails, channel) = owner_with_confirmed_address(&app).await;
    for _ in 0..25 {
        owner.user.post(&format!("{channel}/test"), json!({})).await;
        owner.advance_clock(TimeDelta::minutes(1));
    }
    assert_eq!(sent_mails(&mails).len(), 19, "20 with the confirmation link");
    owner.advance_clock(TimeDelta::hours(13));
    let result = owner.user.post(&format!("{channel}/test"), json!({})).await;
    assert_eq!(result.body["isSent"], true, "the next day: {result:?}");
}

async fn a_message_quotes_user_input_and_has_an_unsubscribe_link(app: TestApp) {
    let (owner, mails, _) = owner_with_confirmed_address(&app).await;
    owner.add_due_item("oil_change", "2026-01-30").await;
    assert_eq!(owner.run_once().await, 1);
    let mail = sent_mails(&mails)[0].replace("=\n", "");
    assert!(mail.contains("\n> 2003 Honda Accord, Oil change"), "{mail}");
    assert!(mail.contains("List-Unsubscribe: <http"), "{mail}");
    assert!(mail.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click"), "{mail}");
    assert!(mail.contains("Auto-Submitted: auto-generated"), "{mail}");
    let link = link_in(&mail, "/mail/unsubscribe");
    let page = owner.app.anonymous().get(&link).await;
    assert!(page.text().contains("You’ll no longer get email"), "{page:?}");
    assert_eq!(
        owner.user.get("/api/notifications/channels").await.body["items"][0]["kind"],
        "mail"
    );
    let done = owner.app.anonymous().post_form(&link, &[]).await;
    assert_eq!(done.status, 200, "{done:?}");
    assert_eq!(owner.user.get("/api/notifications/channels").await.body["items"], json!([]));
}

async fn a_test_message_quotes_nothing(app: TestApp) {
    let (owner, mails, channel) = owner_with_confirmed_address(&app).await;
    owner.user.post(&format!("{channel}/test"), json!({})).await;
    let mail = sent_mails(&mails)[0].replace("=\n", "");
    assert!(mail.contains("\nIt works!"), "{mail}");
}

async fn one_click_unsubscribe_works(app: TestApp) {
    let (owner, mails, _) = owner_with_confirmed_address(&app).await;
    owner.add_due_item("oil_change", "2026-01-30").await;
    assert_eq!(owner.run_once().await, 1);
    let link = link_in(&sent_mails(&mails)[0], "/mail/unsubscribe");
    let fields = [("List-Unsubscribe", "One-Click")];
    let done = owner.app.anonymous().post_form(&link, &fields).await;
    assert_eq!(done.status, 200, "{done:?}");
    assert_eq!(owner.user.get("/api/notifications/channels").await.body["items"], json!([]));
    // Repeating the request changes nothing, and unknown tokens are rejected.
    assert_eq!(owner.app.anonymous().post_form(&link, &fields).await.status, 200);
    let unknown = owner.app.anonymous().post_form("/mail/unsubscribe?token=00", &fields).await;
    assert_eq!(unknown.status, 404);
}

async fn channels_from_before_confirmation_existed_get_one_confirmation_link(app: TestApp) {
    let (owner, mails) = owner_with_mail(&app).await;
    owner.add_channel(json!({ "kind": "mail" })).await;
    // As before the upgrade: no confirmation was sent.
    let mut tx = owner.app.app.db.write().await.unwrap();
    crate::sql!(&mut tx, execute, "UPDATE accounts SET confirmation_sent_at = NULL").unwrap();
    crate::sql!(&mut tx, execute, "DELETE FROM mail_links").unwrap();
    tx.commit().await.unwrap();
    mails.lock().unwrap().clear();
    assert_eq!((owner.run_once().await, owner.run_once().await), (0, 0));
    assert_eq!(sent_mails(&mails).len(), 1);
    assert_eq!(confirm(&owner.app, &link_in(&sent_mails(&mails)[0], "/mail/confirm")).await, 200);
}

async fn adding_a_channel_requires_a_recent_password_confirmation(app: TestApp) {
    let owner = owner(&app, None).await;
    owner.advance_clock(TimeDelta::minutes(10));
    let ntfy = json!({ "kind": "ntfy", "address": "http://127.0.0.1:9/cars" });
    let refused = owner.user.post("/api/notifications/channels", ntfy.clone()).await;
    assert_eq!(
        (refused.status, &refused.body["type"]),
        (403, &json!("/problems/confirmation-required"))
    );
    let fields = [("kind", "ntfy"), ("address", "http://127.0.0.1:9/cars")];
    let page = owner.user.post_form("/settings/notifications", &fields).await;
    assert_eq!(page.status, 403);
    assert!(page.text().contains("Confirm it’s you"), "{page:?}");
    let fields = [("password", "correct horse battery"), ("next", "/settings/notifications")];
    let confirmed = owner.user.post_form("/settings/factors/confirm", &fields).await;
    assert_eq!(confirmed.header("location"), "/settings/notifications", "{confirmed:?}");
    owner.add_channel(ntfy).await;
}

async fn a_password_reset_is_announced_by_mail(app: TestApp) {
    let (owner, mails) = owner_with_mail(&app).await;
    let admin = owner.app.as_administrator().await;
    let users = admin.get("/api/admin/users?search=ann%40").await;
    let id = users.body["items"][0]["id"].as_str().unwrap().to_owned();
    let link = admin.post(&format!("/api/admin/users/{id}/reset"), json!({})).await;
    let token = token_in(link.body["url"].as_str().unwrap());
    let fields = [("token", token.as_str()), ("password", "an entirely new one")];
    assert_eq!(owner.app.anonymous().post_form("/reset", &fields).await.status, 200);
    for _ in 0..500 {
        if sent_mails(&mails).len() == 2 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let sent = sent_mails(&mails).join("\n");
    for part in ["A password reset link was created for your account", "Your password was reset"] {
        assert!(sent.contains(part), "{part} is not in {sent}");
    }
    assert!(!sent.contains(&token), "the mail contains the reset token: {sent}");
}
