//! The service key: its file, and what happens without it.

use std::{os::unix::fs::PermissionsExt as _, path::PathBuf};

use serde_json::json;

use crate::support::{Client, TestEnv, client::text};

on_every_engine![
    a_service_starts_only_with_the_key_of_its_database,
    after_secrets_were_discarded_the_service_starts_with_a_new_key,
];

fn key_file(env: &TestEnv) -> PathBuf {
    env.folder().join("data/service.key")
}

fn other_key() -> String {
    format!("{}\n", "5a".repeat(32))
}

/// Adds a webhook, whose secret is encrypted.
pub(crate) async fn add_webhook(client: &Client) -> String {
    let channel =
        json!({ "kind": "webhook", "address": "http://127.0.0.1:1/", "secret": "open sesame" });
    text(&client.post("/api/notifications/channels", &channel).await.expect(201)["id"])
}

/// The error from testing a channel.
pub(crate) async fn problem(client: &Client, channel: &str) -> String {
    let path = format!("/api/notifications/channels/{channel}/test");
    text(&client.post(&path, &json!({})).await.expect(200)["problem"])
}

async fn a_service_starts_only_with_the_key_of_its_database(env: TestEnv) {
    let migrated = env.run(&["migrate"]);
    assert_eq!(migrated.code, Some(0), "{migrated:?}");
    // Next to the SQLite database; PostgreSQL migrations may run on another machine.
    assert_eq!(key_file(&env).exists(), !env.is_postgres());
    env.serve().kill();
    let path = key_file(&env);
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let key = std::fs::read_to_string(&path).unwrap();

    std::fs::write(&path, other_key()).unwrap();
    let refused = env.try_serve(&[]).map(|it| it.url.clone()).unwrap_err();
    std::fs::remove_file(&path).unwrap();
    let missing = env.try_serve(&[]).map(|it| it.url.clone()).unwrap_err();
    for words in [path.to_str().unwrap(), "put the right file there", "secrets discard"] {
        assert!(refused.contains(words) && missing.contains(words), "{refused}\n{missing}");
    }
    assert!(refused.contains("is not the key") && missing.contains("does not exist"));
    assert!(!path.exists(), "another key was created");

    // Another instance with a copy of the key.
    let copy = env.folder().join("copy");
    std::fs::write(&copy, &key).unwrap();
    let env = env.with("MVP__AUTH__KEY_FILE", copy.to_str().unwrap());
    env.serve().kill();
    assert!(!path.exists());
    let shown = env.run(&["config", "show"]).expect_success();
    assert!(!shown.contains(key.trim()) && shown.contains(copy.to_str().unwrap()), "{shown}");
    std::fs::write(&copy, "xyzzy-canary").unwrap();
    let wrong = env.run(&["config", "check"]).expect_failure(2);
    assert!(wrong.contains("auth.key") && !wrong.contains("canary"), "{wrong}");
}

async fn after_secrets_were_discarded_the_service_starts_with_a_new_key(env: TestEnv) {
    let env = env.with("MVP__NOTIFICATIONS__ALLOW_PRIVATE_ADDRESSES", "true");
    let service = env.serve();
    let ann = service.register("ann@example.org").await;
    let channel = add_webhook(&ann).await;
    let output = env.run(&["secrets", "discard"]).expect_success();
    assert!(output.contains("nothing was discarded"), "{output}");
    service.kill();

    std::fs::remove_file(key_file(&env)).unwrap();
    let output = env.run(&["secrets", "discard"]).expect_success();
    assert!(output.contains("notification channels with a secret: 1\n"), "{output}");
    env.try_serve(&[]).map(|it| it.url.clone()).unwrap_err();
    let done = env.run(&["secrets", "discard", "--yes"]).expect_success();
    assert!(done.contains("notification channels with a secret: 1\n"), "{done}");
    let service = env.serve();
    assert!(key_file(&env).exists());
    let ann = ann.at(&service.url);
    let reported = problem(&ann, &channel).await;
    assert!(reported.contains("remove this channel and add it again"), "{reported}");
}
