use std::{
    net::SocketAddr,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    sync::{Arc, Mutex},
    time::Instant,
};

use axum::{
    Router,
    http::{StatusCode, header},
    routing::get,
};
use chrono::{TimeDelta, Utc};
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};

use super::{Finding, Report, State};
use crate::{
    core::{
        clock::Clock,
        config::{Config, ConfigError, Provider, Schedule, Secret, VinProvider},
        db::{Db, Tx},
        hex,
        keys::ServiceKey,
    },
    sql,
    testing::{BeginWrite as _, Commit as _, TestApp, block_on, on_every_engine},
};

on_every_engine![
    a_working_service_passes_every_check,
    pending_migrations_are_a_warning,
    a_newer_database_fails,
    a_wrong_service_key_fails,
    the_age_of_the_newest_backup_is_checked,
];

/// The finding of one check.
#[track_caller]
fn found<'a>(report: &'a Report, check: &str) -> &'a Finding {
    let found = report.findings().iter().find(|it| it.check == check);
    found.unwrap_or_else(|| panic!("{check} is not in {}", report.text()))
}

/// Asserts the result of one check, and that its message contains `words`.
#[track_caller]
fn assert_finding(report: &Report, check: &str, state: State, words: &str) {
    let found = found(report, check);
    assert_eq!(found.state, state, "{found:?}");
    assert!(found.found.contains(words), "{words:?} is not in {found:?}");
    assert_eq!(found.advice.is_some(), state != State::Ok, "{found:?}");
}

/// The settings of a test's service, with a free port.
fn settings(app: &TestApp) -> Config {
    let mut config = Config::clone(&app.app.config);
    config.server.address = "127.0.0.1:0".parse().unwrap();
    config
}

async fn check(config: Config) -> Report {
    super::run(Ok(config), &Clock::System).await
}

/// Executes a statement as the superuser, without row-level security.
async fn execute(app: &TestApp, statement: &'static str) {
    let db = app.db_bypassing_rls().await;
    let mut tx = db.write().await.unwrap();
    match &mut tx {
        Tx::Postgres { tx, .. } => {
            sqlx::raw_sql(statement).execute(&mut **tx).await.unwrap();
        }
        Tx::Sqlite(tx) => {
            sqlx::raw_sql(statement).execute(&mut **tx).await.unwrap();
        }
    }
    tx.commit().await.unwrap();
}

async fn a_working_service_passes_every_check(app: TestApp) {
    let before = app.dump().await;
    let report = check(settings(&app)).await;
    assert_eq!(report.count(State::Failed), 0, "{}", report.text());
    assert_finding(&report, "settings", State::Ok, "");
    assert_finding(&report, "address", State::Ok, "is free");
    assert_finding(&report, "database writes", State::Ok, "committed");
    assert_finding(&report, "durability", State::Ok, "survive");
    assert_finding(&report, "migrations", State::Ok, "executed");
    assert_finding(&report, "service key", State::Ok, "");
    assert_finding(&report, "mail", State::Ok, "disabled");
    assert_finding(&report, "VIN lookup", State::Ok, "built-in tables");
    assert_finding(&report, "backup folder", State::Warning, "no backups");
    match &app.app.db {
        Db::Sqlite { .. } => {
            assert_finding(&report, "database", State::Ok, "SQLite database");
            assert_finding(&report, "cache", State::Ok, "in-process");
            assert_finding(&report, "clock", State::Ok, "not compared");
        }
        Db::Postgres { .. } => {
            assert_finding(&report, "database", State::Ok, "as motovaultpro");
            assert_finding(&report, "database role", State::Ok, "motovaultpro");
            assert_finding(&report, "migration role", State::Ok, "motovaultpro_owner");
            assert_finding(&report, "clock", State::Ok, "the database");
            // The tests' Redis has no memory limit.
            assert_finding(&report, "cache", State::Warning, "written and read back");
        }
    }
    assert_eq!(app.dump().await, before, "a check changed the data");
}

async fn pending_migrations_are_a_warning(app: TestApp) {
    execute(&app, "DELETE FROM _migrations WHERE feature = 'notifications'").await;
    let report = check(settings(&app)).await;
    assert_finding(&report, "migrations", State::Warning, "are pending");
    let advice = found(&report, "migrations").advice.clone().unwrap();
    assert!(advice.contains("motovaultpro migrate"), "{advice}");
    execute(&app, "DELETE FROM _migrations").await;
    let report = check(settings(&app)).await;
    assert_finding(&report, "migrations", State::Warning, "none of MotoVaultPro's tables");
}

async fn a_newer_database_fails(app: TestApp) {
    execute(
        &app,
        "INSERT INTO _migrations (feature, file, checksum, executed_at)
         VALUES ('vehicles', '999_later.sql', 'x', '2026-01-31T12:00:00.000000Z')",
    )
    .await;
    let report = check(settings(&app)).await;
    assert_finding(&report, "migrations", State::Failed, "newer than this program");
    assert_finding(&report, "database writes", State::Ok, "committed");
}

async fn a_wrong_service_key_fails(app: TestApp) {
    let key = app.app.key().unwrap().clone();
    let check_value = key.derive("check value");
    let mut tx = app.app.db.write().await.unwrap();
    sql!(
        &mut tx,
        execute,
        "INSERT INTO service_key (id, check_value, created_at) VALUES (1, $1, $2)",
        &check_value[..],
        app.app.clock.now(),
    )
    .unwrap();
    tx.commit().await.unwrap();
    let mut config = settings(&app);
    assert_finding(&check(config.clone()).await, "service key", State::Ok, "matches the database");

    let other = ServiceKey::generate().unwrap();
    config.auth.key = Some(Secret::new(other.to_text()));
    let report = check(config.clone()).await;
    assert_finding(&report, "service key", State::Failed, "is not the key");
    for key in [&key, &other] {
        assert!(!report.text().contains(key.to_text().trim()), "{}", report.text());
    }
    assert!(!report.text().contains(&hex(&check_value)), "{}", report.text());

    // The key file is missing, and none is created.
    config.auth.key = None;
    let path = config.auth.service_key_path(&config.database).unwrap();
    assert_finding(&check(config).await, "service key", State::Failed, "does not exist");
    assert!(!path.exists(), "a check created {}", path.display());
}

/// Writes the manifest of a backup of this engine.
fn write_backup(folder: &Path, engine: &str, began: chrono::DateTime<Utc>) {
    let name = format!("{}-{engine}", began.format("%Y%m%dT%H%M%S%.3fZ"));
    let path = folder.join(name);
    std::fs::create_dir_all(&path).unwrap();
    let time = began.to_rfc3339();
    let cluster = json!({
        "system_identifier": 1,
        "version": 150_018,
        "first_wal": "000000010000000000000001",
        "last_wal": "000000010000000000000001",
        "wal_segment_size": 1 << 24,
        "archives": false,
    });
    let manifest = json!({
        "form": 1,
        "engine": engine,
        "began_at": time,
        "ended_at": time,
        "program": "0.1.0",
        "file": if engine == "sqlite" { "motovaultpro.db" } else { "base.tar.zst" },
        "size": 1,
        "sha256": "0".repeat(64),
        "cluster": if engine == "sqlite" { json!(null) } else { cluster },
    });
    std::fs::write(path.join("manifest.json"), manifest.to_string()).unwrap();
}

async fn the_age_of_the_newest_backup_is_checked(app: TestApp) {
    let temp_folder = tempfile::tempdir().unwrap();
    let folder = temp_folder.path().join("backups");
    let mut config = settings(&app);
    config.backup.folder = Some(folder.clone());
    let engine = app.app.db.engine();

    assert_finding(&check(config.clone()).await, "backup folder", State::Warning, "does not exist");
    assert!(!folder.exists(), "a check created the folder");
    std::fs::create_dir(&folder).unwrap();
    let report = check(config.clone()).await;
    assert_finding(&report, "backup folder", State::Ok, "is writable");
    assert_finding(
        &report,
        "newest backup",
        State::Warning,
        "there is no backup of this database yet",
    );
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0, "a check left a file behind");

    let now = Clock::System.now();
    write_backup(&folder, engine, now - TimeDelta::days(3));
    let report = check(config.clone()).await;
    assert_finding(&report, "newest backup", State::Warning, "3 days old");
    config.backup.every = Schedule::try_from("never".to_owned()).unwrap();
    assert_finding(&check(config.clone()).await, "newest backup", State::Ok, "3 days old");
    config.backup.every = Schedule::try_from("24h".to_owned()).unwrap();
    write_backup(&folder, engine, now - TimeDelta::hours(5));
    let report = check(config.clone()).await;
    assert_finding(&report, "newest backup", State::Ok, "5 hours old");
    assert_finding(&report, "verified backups", State::Ok, "not verified yet");
    let broken = folder.join(format!("20260101T000000.000Z-{engine}"));
    std::fs::create_dir(broken).unwrap();
    let report = check(config.clone()).await;
    assert_finding(&report, "newest backup", State::Warning, "can't be read: 20260101T000000.000Z");

    if engine == "postgresql" {
        // The tests' migration role may not create backups, and their server archives no WAL.
        assert_finding(&report, "backup of PostgreSQL", State::Failed, "lacks REPLICATION");
        assert_finding(&report, "archived WAL", State::Warning, "archive_mode is off");
    }
    config.backup.folder = Some(temp_folder.path().join("a-file"));
    std::fs::write(temp_folder.path().join("a-file"), "").unwrap();
    assert_finding(&check(config).await, "backup folder", State::Failed, "is not a folder");
}

#[test]
fn a_backup_folder_that_is_not_writable_fails() {
    block_on(async {
        let app = TestApp::on_sqlite().await;
        let temp_folder = tempfile::tempdir().unwrap();
        let mut config = settings(&app);
        // Not even root can create a file there.
        config.backup.folder = Some("/proc/self/backups".into());
        assert_finding(
            &check(config.clone()).await,
            "backup folder",
            State::Failed,
            "/proc/self/backups",
        );
        let locked = temp_folder.path().join("locked");
        std::fs::create_dir(&locked).unwrap();
        std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o500)).unwrap();
        config.backup.folder = Some(locked);
        if !rustix::process::geteuid().is_root() {
            assert_finding(&check(config).await, "backup folder", State::Failed, "has mode 0500");
        }
    });
}

#[test]
fn invalid_settings_fail() {
    block_on(async {
        let error = ConfigError::Unknown(vec!["server.adress".to_owned()]);
        let report = super::run(Err(error), &Clock::System).await;
        assert_finding(&report, "settings", State::Failed, "unknown setting: server.adress");
        assert_eq!(report.findings().len(), 1);
    });
}

#[test]
fn a_missing_database_is_a_warning_and_is_not_created() {
    block_on(async {
        let temp_folder = tempfile::tempdir().unwrap();
        let file = temp_folder.path().join("data/cars.db");
        let mut config = Config::default();
        config.server.address = "127.0.0.1:0".parse().unwrap();
        config.database.url = Some(Secret::new(format!("sqlite://{}", file.display())));
        let report = check(config.clone()).await;
        assert_finding(&report, "database", State::Warning, &file.display().to_string());
        assert_eq!(std::fs::read_dir(temp_folder.path()).unwrap().count(), 0);

        std::fs::write(temp_folder.path().join("data"), "not a folder").unwrap();
        assert_finding(
            &check(config).await,
            "database",
            State::Failed,
            &file.display().to_string(),
        );
    });
}

#[test]
fn a_file_that_is_not_a_database_fails_and_is_unchanged() {
    block_on(async {
        let temp_folder = tempfile::tempdir().unwrap();
        let file = temp_folder.path().join("cars.db");
        std::fs::write(&file, "a letter, say, and long enough to be looked at").unwrap();
        let mut config = Config::default();
        config.server.address = "127.0.0.1:0".parse().unwrap();
        config.database.url = Some(Secret::new(format!("sqlite://{}", file.display())));
        assert_finding(&check(config).await, "database", State::Failed, "not a database");
        assert!(std::fs::read_to_string(&file).unwrap().starts_with("a letter"));
        assert_eq!(std::fs::read_dir(temp_folder.path()).unwrap().count(), 1);
    });
}

#[test]
fn a_service_that_does_not_respond_fails_without_stopping_other_checks() {
    block_on(async {
        // It accepts connections and never responds.
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let silent = listener.local_addr().unwrap();
        let mut config = Config::default();
        config.server.address = silent;
        let url = |scheme: &str| Some(Secret::new(format!("{scheme}://ann:secret@{silent}/x")));
        config.database.url = url("postgres");
        config.database.replica_url = url("postgres");
        config.cache.url = Some(Secret::new(format!("redis://:secret@{silent}")));
        config.mail.url = Some(Secret::new(format!("smtp://ann:secret@{silent}")));
        config.vin.provider = VinProvider::Vpic;
        config.vin.vpic_url = format!("http://{silent}/api");
        config.backup.folder = Some("/proc/self/backups".into());
        let begun = Instant::now();
        let report = check(config).await;
        // Each check has five seconds; the database checks run one after the other.
        assert!(begun.elapsed().as_secs() < 16, "{:?}", begun.elapsed());
        for (check, words) in [
            ("address", "another program uses"),
            ("database", "no response within 5 seconds"),
            ("replica", "no response within 5 seconds"),
            ("cache", "Redis"),
            ("mail", ""),
            ("VIN lookup", "within 5 seconds"),
            ("backup folder", ""),
            ("backup of PostgreSQL", "no response within 5 seconds"),
        ] {
            assert_finding(&report, check, State::Failed, words);
        }
        assert_finding(&report, "settings", State::Ok, "");
        assert_finding(&report, "public address", State::Ok, "");
        assert!(!report.text().contains("secret"), "{}", report.text());
    });
}

/// Another service on this machine, which sends this `Date`.
async fn another_service(date: &'static str) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new()
        .route(
            "/api/vehicles/DecodeVinValues/1HGCM82633A004352",
            get(async || r#"{"Results":[{"Make":"HONDA"}]}"#),
        )
        .route(
            "/id/.well-known/openid-configuration",
            get(async move || {
                json!({
                    "issuer": format!("http://{address}/id"),
                    "authorization_endpoint": format!("http://{address}/id/authorize"),
                    "token_endpoint": format!("http://{address}/id/token"),
                    "jwks_uri": format!("http://{address}/id/keys"),
                })
                .to_string()
            }),
        )
        .route("/tiles/0/0/0.png", get(async || "a picture"))
        .route("/overpass", get(async || StatusCode::BAD_REQUEST))
        .route("/broken", get(async || StatusCode::BAD_GATEWAY))
        .layer(axum::middleware::map_response(
            async move |mut response: axum::response::Response| {
                response.headers_mut().insert(header::DATE, date.parse().unwrap());
                response
            },
        ));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

fn provider(issuer: &str) -> Provider {
    serde_json::from_value(json!({ "issuer": issuer, "client_id": "cars" })).unwrap()
}

#[test]
fn configured_external_services_are_checked() {
    block_on(async {
        let date = "Sat, 31 Jan 2026 12:00:00 GMT";
        let address = another_service(date).await;
        let at = |path: &str| format!("http://{address}/{path}");
        let mut config = settings(&TestApp::on_sqlite().await);
        config.vin.provider = VinProvider::OfflineThenVpic;
        config.vin.vpic_url = at("api");
        config.auth.providers.insert("home".to_owned(), provider(&at("id")));
        config.auth.providers.insert("other".to_owned(), provider(&at("id/")));
        config.auth.providers.insert("absent".to_owned(), provider(&at("nowhere")));
        config.stations.google_api_key = Some(Secret::new("xyzzy-canary".to_owned()));
        config.stations.google_url = at("google");
        config.stations.overpass_url = Some(at("overpass"));
        config.stations.nominatim_url = Some(at("broken"));
        config.stations.tiles_url = Some(at("tiles/{z}/{x}/{y}.png?key=xyzzy-canary"));
        let clock = Clock::manual("2026-01-31T12:00:02Z".parse().unwrap());
        let report = super::run(Ok(config.clone()), &clock).await;
        assert_finding(&report, "VIN lookup", State::Ok, "decodes VINs");
        assert_finding(&report, "OpenID provider home", State::Ok, "valid discovery document");
        assert_finding(
            &report,
            "OpenID provider other",
            State::Failed,
            "belongs to another issuer",
        );
        assert_finding(&report, "OpenID provider absent", State::Failed, "responds with 404");
        assert_finding(&report, "Google", State::Ok, "the key was not tested");
        assert_finding(&report, "Overpass", State::Ok, &address.to_string());
        assert_finding(&report, "Nominatim", State::Failed, "responds with 502");
        assert_finding(&report, "map tiles", State::Ok, "the tile of the whole world");
        assert_finding(&report, "clock", State::Ok, &address.to_string());
        assert!(!report.text().contains("canary"), "{}", report.text());

        config.vin.vpic_url = at("broken");
        config.stations.tiles_url = Some(at("nowhere/{z}/{x}/{y}.png"));
        clock.advance(TimeDelta::seconds(58));
        let report = super::run(Ok(config), &clock).await;
        assert_finding(&report, "VIN lookup", State::Failed, "instead of a decoded VIN");
        assert_finding(&report, "map tiles", State::Warning, "responds with 404");
        assert_finding(&report, "clock", State::Warning, "seconds ahead of that of 127.0.0.1");
    });
}

#[test]
fn unconfigured_external_services_are_not_checked() {
    block_on(async {
        let report = check(settings(&TestApp::on_sqlite().await)).await;
        for name in ["Google", "Overpass", "Nominatim", "map tiles", "traces", "replica"] {
            assert!(!report.findings().iter().any(|it| it.check == name), "{}", report.text());
        }
    });
}

/// A mail server that accepts this password, and the commands that it received.
async fn mail_server(password: &'static str) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    use base64::{Engine as _, prelude::BASE64_STANDARD};

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let received: Arc<Mutex<Vec<String>>> = Arc::default();
    let log = Arc::clone(&received);
    let right = BASE64_STANDARD.encode(format!("\0ann\0{password}"));
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let (read, mut write) = stream.into_split();
            let mut lines = BufReader::new(read).lines();
            write.write_all(b"220 mail.test ESMTP\r\n").await.unwrap();
            while let Ok(Some(line)) = lines.next_line().await {
                let mut words = line.split(' ');
                let command = words.next().unwrap_or_default().to_owned();
                let answer: &[u8] = match command.as_str() {
                    "EHLO" => b"250-mail.test\r\n250 AUTH PLAIN\r\n",
                    "AUTH" if words.next_back() == Some(&right) => b"235 welcome\r\n",
                    "AUTH" => b"535 5.7.8 wrong user or password\r\n",
                    "QUIT" => b"221 bye\r\n",
                    _ => b"250 fine\r\n",
                };
                log.lock().unwrap().push(command);
                if write.write_all(answer).await.is_err() {
                    break;
                }
            }
        }
    });
    (address, received)
}

#[test]
fn the_mail_check_authenticates_without_sending_a_message() {
    block_on(async {
        let (address, received) = mail_server("right").await;
        let mut config = settings(&TestApp::on_sqlite().await);
        config.mail.from = Some("cars@example.org".to_owned());
        config.mail.url = Some(Secret::new(format!("smtp://ann:right@{address}")));
        assert_finding(
            &check(config.clone()).await,
            "mail",
            State::Ok,
            "logged in; no message was sent",
        );
        let commands = received.lock().unwrap().clone();
        assert!(commands.contains(&"AUTH".to_owned()), "{commands:?}");
        for command in ["MAIL", "RCPT", "DATA"] {
            assert!(!commands.contains(&command.to_owned()), "{commands:?}");
        }
        config.mail.url = Some(Secret::new(format!("smtp://ann:xyzzy-canary@{address}")));
        let report = check(config.clone()).await;
        assert_finding(&report, "mail", State::Failed, "wrong user or password");
        let advice = found(&report, "mail").advice.as_deref();
        assert_eq!(advice, Some("check user and password in mail.url"));
        assert!(!report.text().contains("canary"), "{}", report.text());

        // A server without TLS, although the settings require it.
        config.mail.url = Some(Secret::new(format!("smtp://{address}?tls=required")));
        assert_finding(&check(config).await, "mail", State::Failed, "");
    });
}

#[test]
fn a_unix_socket_is_free_in_use_or_stale() {
    block_on(async {
        let temp_folder = tempfile::tempdir().unwrap();
        let path = temp_folder.path().join("cars.sock");
        let mut config = settings(&TestApp::on_sqlite().await);
        config.server.socket = Some(path.clone());
        assert_finding(&check(config.clone()).await, "socket", State::Ok, "is free");
        assert!(!path.exists(), "a check created the socket");

        let listener = tokio::net::UnixListener::bind(&path).unwrap();
        let router = Router::new().route("/health", get(async || "alive"));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        assert_finding(&check(config.clone()).await, "socket", State::Ok, "the service is running");
        serving.abort();
        let _ = serving.await;
        assert_finding(&check(config.clone()).await, "socket", State::Ok, "is stale");
        assert!(path.exists(), "a check removed the socket");

        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, "").unwrap();
        assert_finding(&check(config.clone()).await, "socket", State::Failed, "is not a socket");
        config.server.socket = Some("/proc/self/cars.sock".into());
        assert_finding(&check(config).await, "socket", State::Failed, "/proc/self");
    });
}

#[test]
fn a_running_service_is_recognized_by_its_address() {
    block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut config = settings(&TestApp::on_sqlite().await);
        config.server.address = listener.local_addr().unwrap();
        let router = Router::new().route("/health", get(async || "alive"));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        assert_finding(
            &check(config.clone()).await,
            "address",
            State::Ok,
            "the service is running",
        );
        // The service does not serve metrics at this address.
        config.server.metrics_address = Some(config.server.address);
        assert_finding(&check(config).await, "metrics", State::Failed, "another program uses");
    });
}
