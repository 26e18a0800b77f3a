//! Tests of channel secrets, which are encrypted in the database.

use serde_json::json;
use sha2::Sha256;
use uuid::Uuid;

use super::tests::{Owner, Received, Server, owner};
use crate::{
    core::{hex, keys},
    features, sql,
    testing::{BeginWrite as _, Commit as _, TestApp, on_every_engine},
};

on_every_engine![
    secrets_of_older_versions_are_sealed_and_still_sign,
    a_secret_moved_to_another_channel_cannot_be_opened,
    a_channel_whose_secret_was_discarded_sends_nothing,
];

/// Calculates the signature of a request like its receiver.
fn signature(secret: &str, received: &Received) -> String {
    let signed = format!(
        "{}.{}.{}",
        received.header("webhook-id"),
        received.header("webhook-timestamp"),
        received.body
    );
    let mut mac = <hmac::Hmac<Sha256> as hmac::KeyInit>::new_from_slice(secret.as_bytes()).unwrap();
    hmac::Mac::update(&mut mac, signed.as_bytes());
    format!("v1={}", hex(&hmac::Mac::finalize(mac).into_bytes()))
}

/// Adds a webhook. Returns its id.
async fn add(owner: &Owner, server: &Server, path: &str, secret: &str) -> Uuid {
    let address = format!("{}/{path}", server.url);
    let channel = json!({ "kind": "webhook", "address": address, "secret": secret });
    let added = owner.user.post("/api/notifications/channels", channel).await;
    assert_eq!(added.status, 201, "{added:?}");
    added.id().parse().unwrap()
}

/// Tests a channel. Returns the problem, if any.
async fn test(owner: &Owner, channel: Uuid) -> Option<String> {
    owner.app.app.clock.advance(chrono::TimeDelta::minutes(1));
    let path = format!("/api/notifications/channels/{channel}/test");
    let result = owner.user.post(&path, json!({})).await;
    assert_eq!(result.status, 200, "{result:?}");
    result.body["problem"].as_str().map(str::to_owned)
}

async fn secrets_of_older_versions_are_sealed_and_still_sign(app: TestApp) {
    let (owner, server) = (owner(&app, None).await, Server::start().await);
    let channel = add(&owner, &server, "hook", "open sesame").await;
    let mut tx = app.db_bypassing_rls().await.write().await.unwrap();
    let update = "UPDATE notification_channels SET secret = $2, sealed_secret = NULL WHERE id = $1";
    assert_eq!(sql!(&mut tx, execute, update, channel, "open sesame").unwrap(), 1);
    tx.commit().await.unwrap();
    let (db, config, clock) = (&app.app.db, &app.app.config, &app.app.clock);
    keys::prepare(db, config, clock, &features::secrets()).await.unwrap();
    assert_eq!(test(&owner, channel).await, None);
    let received = server.received();
    assert_eq!(received[0].header("webhook-signature"), signature("open sesame", &received[0]));
}

async fn a_secret_moved_to_another_channel_cannot_be_opened(app: TestApp) {
    let (owner, server) = (owner(&app, None).await, Server::start().await);
    let one = add(&owner, &server, "one", "open sesame").await;
    let other = add(&owner, &server, "other", "another secret").await;
    let mut tx = app.db_bypassing_rls().await.write().await.unwrap();
    let update = "UPDATE notification_channels SET sealed_secret =
                    (SELECT sealed_secret FROM notification_channels WHERE id = $2)
                  WHERE id = $1";
    assert_eq!(sql!(&mut tx, execute, update, one, other).unwrap(), 1);
    tx.commit().await.unwrap();
    let problem = test(&owner, one).await.unwrap();
    assert!(problem.contains("the secret can’t be read"), "{problem}");
    assert!(server.received().is_empty());
    assert_eq!(test(&owner, other).await, None);
    assert_eq!(server.received().len(), 1);
}

async fn a_channel_whose_secret_was_discarded_sends_nothing(app: TestApp) {
    let (owner, server) = (owner(&app, None).await, Server::start().await);
    let channel = add(&owner, &server, "hook", "open sesame").await;
    let mut tx = app.app.db.write_as_job("seal-secrets").await.unwrap();
    assert_eq!((super::SECRETS.discard)(&mut tx).await.unwrap(), 1);
    assert_eq!((super::SECRETS.count)(&mut tx).await.unwrap(), 0);
    tx.commit().await.unwrap();
    let problem = test(&owner, channel).await.unwrap();
    assert!(problem.contains("remove this channel and add it again"), "{problem}");
    assert!(server.received().is_empty());
}
