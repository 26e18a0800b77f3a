//! Channels' secrets: sealed in the database, and used as before.

use serde_json::json;
use sha2::Sha256;
use uuid::Uuid;

use super::tests::{Got, Owner, Server, owner};
use crate::{
    core::{hex, keys},
    features, sql,
    testing::{TestApp, on_every_engine},
};

on_every_engine![
    a_webhook_of_an_older_version_is_signed_as_before,
    a_secret_that_was_moved_to_another_channel_signs_nothing,
    a_channel_whose_secret_was_discarded_sends_nothing,
];

/// The signature of what was sent, as its receiver calculates it.
fn signature(secret: &str, got: &Got) -> String {
    let signed =
        format!("{}.{}.{}", got.header("webhook-id"), got.header("webhook-timestamp"), got.body);
    let mut mac = <hmac::Hmac<Sha256> as hmac::KeyInit>::new_from_slice(secret.as_bytes()).unwrap();
    hmac::Mac::update(&mut mac, signed.as_bytes());
    format!("v1={}", hex(&hmac::Mac::finalize(mac).into_bytes()))
}

/// Adds a webhook; returns its id.
async fn add(owner: &Owner, server: &Server, path: &str, secret: &str) -> Uuid {
    let address = format!("{}/{path}", server.url);
    let channel = json!({ "kind": "webhook", "address": address, "secret": secret });
    let added = owner.user.post("/api/notifications/channels", channel).await;
    assert_eq!(added.status, 201, "{added:?}");
    added.id().parse().unwrap()
}

/// Tests a channel; returns the problem, if there was one.
async fn test(owner: &Owner, channel: Uuid) -> Option<String> {
    owner.app.app.clock.advance(chrono::TimeDelta::minutes(1));
    let path = format!("/api/notifications/channels/{channel}/test");
    let tried = owner.user.post(&path, json!({})).await;
    assert_eq!(tried.status, 200, "{tried:?}");
    tried.body["problem"].as_str().map(str::to_owned)
}

async fn a_webhook_of_an_older_version_is_signed_as_before(app: TestApp) {
    let (owner, server) = (owner(&app, None).await, Server::start().await);
    let channel = add(&owner, &server, "hook", "open sesame").await;
    let mut tx = app.past_policies().await.write().await.unwrap();
    let update = "UPDATE notification_channels SET secret = $2, sealed_secret = NULL WHERE id = $1";
    assert_eq!(sql!(&mut tx, execute, update, channel, "open sesame").unwrap(), 1);
    tx.commit().await.unwrap();
    let (db, config, clock) = (&app.app.db, &app.app.config, &app.app.clock);
    keys::prepare(db, config, clock, features::SECRETS).await.unwrap();
    assert_eq!(test(&owner, channel).await, None);
    let got = server.got();
    assert_eq!(got[0].header("webhook-signature"), signature("open sesame", &got[0]));
}

async fn a_secret_that_was_moved_to_another_channel_signs_nothing(app: TestApp) {
    let (owner, server) = (owner(&app, None).await, Server::start().await);
    let one = add(&owner, &server, "one", "open sesame").await;
    let other = add(&owner, &server, "other", "another secret").await;
    let mut tx = app.past_policies().await.write().await.unwrap();
    let update = "UPDATE notification_channels SET sealed_secret =
                    (SELECT sealed_secret FROM notification_channels WHERE id = $2)
                  WHERE id = $1";
    assert_eq!(sql!(&mut tx, execute, update, one, other).unwrap(), 1);
    tx.commit().await.unwrap();
    let problem = test(&owner, one).await.unwrap();
    assert!(problem.contains("its secret can't be read"), "{problem}");
    assert!(server.got().is_empty());
    assert_eq!(test(&owner, other).await, None);
    assert_eq!(server.got().len(), 1);
}

async fn a_channel_whose_secret_was_discarded_sends_nothing(app: TestApp) {
    let (owner, server) = (owner(&app, None).await, Server::start().await);
    let channel = add(&owner, &server, "hook", "open sesame").await;
    let mut tx = app.app.db.write_as("seal-secrets").await.unwrap();
    assert_eq!((super::SECRETS.discard)(&mut tx).await.unwrap(), 1);
    assert_eq!((super::SECRETS.count)(&mut tx).await.unwrap(), 0);
    tx.commit().await.unwrap();
    let problem = test(&owner, channel).await.unwrap();
    assert!(problem.contains("remove this and add it again"), "{problem}");
    assert!(server.got().is_empty());
}
