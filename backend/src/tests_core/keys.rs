//! Tests of the key file, the startup checks, and what the database reveals.

use std::{os::unix::fs::PermissionsExt as _, path::PathBuf};

use base64::{
    Engine as _,
    prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD},
};
use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::json;
use uuid::Uuid;

use crate::{
    core::{
        config::{Config, Engine, Secret},
        hex,
        keys::{KeyError, ServiceKey, discard, find, prepare},
    },
    features, sql,
    testing::{BeginWrite as _, Commit as _, TestApp, TestResponse, cookie_of, on_every_engine},
};

on_every_engine![
    the_database_does_not_reveal_secrets,
    unsealed_secrets_are_sealed_at_startup,
    instances_that_start_concurrently_can_open_all_secrets,
    another_key_is_rejected,
    a_missing_key_is_rejected,
    a_secret_moved_to_another_account_cannot_be_opened,
    discarding_secrets_keeps_recovery_codes,
    secrets_that_can_be_opened_are_not_discarded,
];

const PASSWORD: &str = "correct horse battery";
const WEBHOOK: &str = "an-open-sesame-for-webhooks";

fn key() -> ServiceKey {
    ServiceKey::generate().unwrap()
}

/// The settings without a key, so that the default file is used.
fn without_key(app: &TestApp) -> Config {
    let mut config = Config::clone(&app.app.config);
    config.auth.key = None;
    config
}

fn with_key(app: &TestApp, key: &ServiceKey) -> Config {
    let mut config = Config::clone(&app.app.config);
    config.auth.key = Some(Secret::new(key.to_text()));
    config
}

async fn start(app: &TestApp, config: &Config) -> Result<ServiceKey, KeyError> {
    prepare(&app.app.db, config, &app.app.clock, &features::secrets()).await
}

#[tokio::test]
async fn the_key_file_is_created_once_with_mode_0600() {
    let app = TestApp::on_sqlite().await;
    let config = without_key(&app);
    let path = config.auth.service_key_path(&config.database).unwrap();
    assert!(find(&config).unwrap().is_none() && !path.exists());
    let created = start(&app, &config).await.unwrap();
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), created.to_text());
    assert_eq!(start(&app, &config).await.unwrap(), created);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), created.to_text());

    // Other users' access is removed.
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(find(&config).unwrap(), Some(created));
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    std::fs::write(&path, "xyzzy-canary").unwrap();
    let refused = start(&app, &config).await.unwrap_err().to_string();
    assert!(refused.contains(path.to_str().unwrap()) && !refused.contains("canary"), "{refused}");
}

/// A user with an authenticator app, recovery codes, and channels with secrets.
struct Owner {
    app: TestApp,
    account: String,
    secret: Vec<u8>,
    recovery_codes: Vec<String>,
}

fn code(secret: &[u8], app: &TestApp) -> String {
    let totp = totp_rs::Builder::new().with_secret(secret).with_account_name("ann").build();
    let seconds = u64::try_from(app.app.clock.now().timestamp()).unwrap();
    totp.unwrap().generate(seconds).to_string()
}

impl Owner {
    async fn new(app: &TestApp, email: &str) -> Self {
        let app = app.reconfigured(|it| it.notifications.allow_private_addresses = true);
        let app = app.register(email).await;
        let account = app.get("/api/auth/me").await.id();
        let started = app.post("/api/auth/factors/totp", json!({})).await.body;
        let secret = totp_rs::Secret::try_from_base32(started["secret"].as_str().unwrap()).unwrap();
        let secret = secret.as_bytes().to_vec();
        let first = json!({ "code": code(&secret, &app) });
        let on = app.post("/api/auth/factors/totp/confirm", first).await;
        assert_eq!(on.status, 200, "{on:?}");
        let recovery_codes = serde_json::from_value(on.body["recoveryCodes"].clone()).unwrap();
        for kind in ["webhook", "ntfy", "gotify"] {
            let channel = json!({
                "kind": kind, "address": format!("http://127.0.0.1:1/{kind}"), "secret": WEBHOOK,
            });
            let added = app.post("/api/notifications/channels", channel).await;
            assert_eq!(added.status, 201, "{added:?}");
        }
        app.app.clock.advance(TimeDelta::seconds(30));
        Self { app, account, secret, recovery_codes }
    }

    /// Signs in with the password and a code.
    async fn sign_in(&self, app: &TestApp, email: &str, code: &str) -> TestResponse {
        let credentials = json!({ "email": email, "password": PASSWORD });
        let challenge = app.anonymous().post("/api/auth/login", credentials).await;
        assert_eq!(challenge.body["type"], "/problems/second-factor-required", "{challenge:?}");
        let waiting = app.with_cookie(cookie_of(&challenge));
        waiting.post("/api/auth/login/second", json!({ "code": code })).await
    }

    /// Stores the secrets as older versions did.
    async fn unseal(&self) {
        let mut tx = self.app.db_bypassing_rls().await.write().await.unwrap();
        let account: Uuid = self.account.parse().unwrap();
        let secret = &self.secret[..];
        let update =
            "UPDATE totp_secrets SET secret = $2, sealed_secret = NULL WHERE account_id = $1";
        assert_eq!(sql!(&mut tx, execute, update, account, secret).unwrap(), 1);
        let update = "UPDATE notification_channels SET secret = $2, sealed_secret = NULL
                      WHERE user_id = $1";
        let user = format!("local|{account}");
        assert_eq!(sql!(&mut tx, execute, update, user, WEBHOOK).unwrap(), 3);
        tx.commit().await.unwrap();
    }
}

/// Encodes bytes in base 32 (RFC 4648), without padding.
fn base32(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let bits: Vec<u8> =
        bytes.iter().flat_map(|byte| (0..8).rev().map(move |at| byte >> at & 1)).collect();
    let digit = |five: &[u8]| {
        let all = five.iter().fold(0, |all, bit| all << 1 | usize::from(*bit));
        char::from(DIGITS[all << (5 - five.len())])
    };
    bits.chunks(5).map(digit).collect()
}

/// All encodings in which a secret might appear.
fn spellings(secret: &[u8]) -> Vec<String> {
    let mut all = vec![
        hex(secret),
        base32(secret),
        BASE64_STANDARD_NO_PAD.encode(secret),
        BASE64_URL_SAFE_NO_PAD.encode(secret),
    ];
    all.extend(String::from_utf8(secret.to_vec()));
    // The dump is compared in lower case.
    all.iter().map(|it| it.to_lowercase()).collect()
}

/// The tables that reveal a secret.
async fn revealing(app: &TestApp, secret: &[u8]) -> Vec<String> {
    let rows = app.dump().await;
    let spellings = spellings(secret);
    let reveals = |row: &&String| {
        let row = row.to_lowercase();
        spellings.iter().any(|it| row.contains(it))
    };
    let found = rows.iter().filter(reveals);
    found.map(|it| it.split(' ').next().unwrap().to_owned()).collect()
}

async fn the_database_does_not_reveal_secrets(app: TestApp) {
    assert_eq!(base32(b"12345678901234567890"), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    let ann = Owner::new(&app, "ann@example.org").await;
    assert_eq!(revealing(&app, &ann.secret).await, [""; 0]);
    assert_eq!(revealing(&app, WEBHOOK.as_bytes()).await, [""; 0]);
    // The search finds unsealed secrets.
    ann.unseal().await;
    assert_eq!(revealing(&app, &ann.secret).await, ["totp_secrets"]);
    assert_eq!(revealing(&app, WEBHOOK.as_bytes()).await, ["notification_channels"; 3]);
}

/// The files of a SQLite database.
fn files(app: &TestApp) -> Vec<PathBuf> {
    let Ok(Engine::Sqlite(path)) = app.app.config.database.engine() else { return Vec::new() };
    let all = ["", "-wal"].map(|it| PathBuf::from(format!("{}{it}", path.display())));
    all.into_iter().filter(|it| it.exists()).collect()
}

async fn unsealed_secrets_are_sealed_at_startup(app: TestApp) {
    let ann = Owner::new(&app, "ann@example.org").await;
    ann.unseal().await;
    start(&app, &app.app.config).await.unwrap();
    assert_eq!(revealing(&app, &ann.secret).await, [""; 0]);
    assert_eq!(revealing(&app, WEBHOOK.as_bytes()).await, [""; 0]);
    // Neither free pages nor the WAL contain them.
    for path in files(&app) {
        let content = std::fs::read(&path).unwrap();
        for secret in [&ann.secret, WEBHOOK.as_bytes()] {
            let reveals = content.windows(secret.len()).any(|it| it == secret);
            assert!(!reveals, "{}", path.display());
        }
    }
    let signed_in = ann.sign_in(&app, "ann@example.org", &code(&ann.secret, &app)).await;
    assert_eq!(signed_in.status, 200, "{signed_in:?}");
    // The next start changes nothing.
    let before = app.dump().await;
    start(&app, &app.app.config).await.unwrap();
    assert_eq!(app.dump().await, before);
}

async fn instances_that_start_concurrently_can_open_all_secrets(app: TestApp) {
    let ann = Owner::new(&app, "ann@example.org").await;
    ann.unseal().await;
    for started in join_all((0..8).map(|_| start(&app, &app.app.config))).await {
        started.unwrap();
    }
    assert_eq!(revealing(&app, &ann.secret).await, [""; 0]);
    let signed_in = ann.sign_in(&app, "ann@example.org", &code(&ann.secret, &app)).await;
    assert_eq!(signed_in.status, 200, "{signed_in:?}");
}

async fn another_key_is_rejected(app: TestApp) {
    let ann = Owner::new(&app, "ann@example.org").await;
    start(&app, &app.app.config).await.unwrap();
    ann.unseal().await;
    let before = app.dump().await;
    let mut config = with_key(&app, &key());
    config.auth.key_file = Some("/run/secrets/other-key".into());
    let refused = start(&app, &config).await.unwrap_err();
    assert!(matches!(refused, KeyError::Wrong(_)), "{refused:?}");
    let text = refused.to_string();
    for words in ["/run/secrets/other-key", "put the right file there", "secrets discard"] {
        assert!(text.contains(words), "{text}");
    }
    assert_eq!(app.dump().await, before);
}

async fn a_missing_key_is_rejected(app: TestApp) {
    start(&app, &app.app.config).await.unwrap();
    let config = without_key(&app);
    let path = config.auth.service_key_path(&config.database).unwrap();
    let refused = start(&app, &config).await.unwrap_err();
    assert!(matches!(refused, KeyError::Missing(_)), "{refused:?}");
    let text = refused.to_string();
    for words in [path.to_str().unwrap(), "put the right file there", "secrets discard"] {
        assert!(text.contains(words), "{text}");
    }
    assert!(!path.exists());
}

async fn a_secret_moved_to_another_account_cannot_be_opened(app: TestApp) {
    let ann = Owner::new(&app, "ann@example.org").await;
    let bob = Owner::new(&app, "bob@example.org").await;
    let mut tx = app.app.db.write().await.unwrap();
    let (ann_id, bob_id): (Uuid, Uuid) =
        (ann.account.parse().unwrap(), bob.account.parse().unwrap());
    let update = "UPDATE totp_secrets SET sealed_secret =
                    (SELECT sealed_secret FROM totp_secrets WHERE account_id = $2)
                  WHERE account_id = $1";
    assert_eq!(sql!(&mut tx, execute, update, ann_id, bob_id).unwrap(), 1);
    tx.commit().await.unwrap();
    for secret in [&bob.secret, &ann.secret] {
        let refused = ann.sign_in(&app, "ann@example.org", &code(secret, &app)).await;
        assert_eq!(refused.status, 401, "{refused:?}");
    }
    let signed_in = bob.sign_in(&app, "bob@example.org", &code(&bob.secret, &app)).await;
    assert_eq!(signed_in.status, 200, "{signed_in:?}");
}

async fn discarding_secrets_keeps_recovery_codes(app: TestApp) {
    let ann = Owner::new(&app, "ann@example.org").await;
    start(&app, &app.app.config).await.unwrap();
    let new = key();
    let config = with_key(&app, &new);
    let preview = discard(&app.app.db, &config, &features::secrets(), false).await.unwrap();
    for line in ["authenticator apps: 1\n", "notification channels with a secret: 3\n", "--yes"] {
        assert!(preview.contains(line), "{preview}");
    }
    assert!(matches!(start(&app, &config).await, Err(KeyError::Wrong(_))));
    let done = discard(&app.app.db, &config, &features::secrets(), true).await.unwrap();
    assert!(done.contains("authenticator apps: 1\n") && done.contains("Discarded"), "{done}");
    assert_eq!(start(&app, &config).await.unwrap(), new);

    // The second factor is still required.
    let refused = ann.sign_in(&app, "ann@example.org", &code(&ann.secret, &app)).await;
    assert_eq!(refused.status, 401, "{refused:?}");
    let signed_in = ann.sign_in(&app, "ann@example.org", &ann.recovery_codes[0]).await;
    assert_eq!(signed_in.status, 200, "{signed_in:?}");
    let ann = app.with_cookie(cookie_of(&signed_in));
    assert_eq!(ann.delete("/api/auth/factors/totp").await.status, 204);
    assert_eq!(ann.post("/api/auth/factors/totp", json!({})).await.status, 201);
}

async fn secrets_that_can_be_opened_are_not_discarded(app: TestApp) {
    let ann = Owner::new(&app, "ann@example.org").await;
    let config = &app.app.config;
    let nothing = discard(&app.app.db, config, &features::secrets(), true).await.unwrap();
    assert!(nothing.contains("nothing to discard"), "{nothing}");
    start(&app, config).await.unwrap();
    let refused = discard(&app.app.db, config, &features::secrets(), true).await.unwrap();
    assert!(refused.contains("nothing was discarded"), "{refused}");
    let signed_in = ann.sign_in(&app, "ann@example.org", &code(&ann.secret, &app)).await;
    assert_eq!(signed_in.status, 200, "{signed_in:?}");
}
