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
    testing::{TestApp, block_on, on_every_engine},
};

on_every_engine![
    a_working_service_passes_every_check,
    migrations_that_are_pending_are_a_warning,
    a_database_of_a_newer_version_fails,
    a_service_key_that_does_not_fit_fails,
    the_newest_backup_is_found_by_its_age,
];

/// What one check found.
#[track_caller]
fn found<'a>(report: &'a Report, check: &str) -> &'a Finding {
    let found = report.findings().iter().find(|it| it.check == check);
    found.unwrap_or_else(|| panic!("{check} is not in {}", report.text()))
}

/// How one check ended, with its words.
#[track_caller]
fn ended(report: &Report, check: &str, state: State, words: &str) {
    let found = found(report, check);
    assert_eq!(found.state, state, "{found:?}");
    assert!(found.found.contains(words), "{words:?} is not in {found:?}");
    assert_eq!(found.advice.is_some(), state != State::Ok, "{found:?}");
}

/// The settings of a test's service, which listens nowhere.
fn settings(app: &TestApp) -> Config {
    let mut config = Config::clone(&app.app.config);
    config.server.address = "127.0.0.1:0".parse().unwrap();
    config
}

async fn check(config: Config) -> Report {
    super::run(Ok(config), &Clock::System).await
}

/// Runs a statement past every policy, as the database's administrator.
async fn alter(app: &TestApp, statement: &'static str) {
    let db = app.db_bypassing_rls().await;
    match db.write().await.unwrap() {
        Tx::Postgres { mut tx, .. } => {
            sqlx::raw_sql(statement).execute(&mut *tx).await.unwrap();
            tx.commit().await.unwrap();
        }
        Tx::Sqlite(mut tx) => {
            sqlx::raw_sql(statement).execute(&mut *tx).await.unwrap();
            tx.commit().await.unwrap();
        }
    }
}

async fn a_working_service_passes_every_check(app: TestApp) {
    let before = app.dump().await;
    let report = check(settings(&app)).await;
    assert_eq!(report.count(State::Failed), 0, "{}", report.text());
    ended(&report, "settings", State::Ok, "");
    ended(&report, "address", State::Ok, "is free");
    ended(&report, "database writes", State::Ok, "committed");
    ended(&report, "durability", State::Ok, "survive");
    ended(&report, "migrations", State::Ok, "executed");
    ended(&report, "service key", State::Ok, "");
    ended(&report, "mail", State::Ok, "not sent");
    ended(&report, "VIN lookup", State::Ok, "tables in the program");
    ended(&report, "backup folder", State::Warning, "no backups");
    match &app.app.db {
        Db::Sqlite { .. } => {
            ended(&report, "database", State::Ok, "SQLite database");
            ended(&report, "cache", State::Ok, "in the process");
            ended(&report, "clock", State::Ok, "not compared");
        }
        Db::Postgres { .. } => {
            ended(&report, "database", State::Ok, "as motovaultpro");
            ended(&report, "database role", State::Ok, "motovaultpro");
            ended(&report, "migration role", State::Ok, "motovaultpro_owner");
            ended(&report, "clock", State::Ok, "the database");
            // The tests' Redis has no limit.
            ended(&report, "cache", State::Warning, "written and read back");
        }
    }
    assert_eq!(app.dump().await, before, "a check changed the data");
}

async fn migrations_that_are_pending_are_a_warning(app: TestApp) {
    alter(&app, "DELETE FROM _migrations WHERE feature = 'notifications'").await;
    let report = check(settings(&app)).await;
    ended(&report, "migrations", State::Warning, "are pending");
    let advice = found(&report, "migrations").advice.clone().unwrap();
    assert!(advice.contains("motovaultpro migrate"), "{advice}");
    alter(&app, "DELETE FROM _migrations").await;
    let report = check(settings(&app)).await;
    ended(&report, "migrations", State::Warning, "none of MotoVaultPro's tables");
}

async fn a_database_of_a_newer_version_fails(app: TestApp) {
    alter(
        &app,
        "INSERT INTO _migrations (feature, file, checksum, executed_at)
         VALUES ('vehicles', '999_later.sql', 'x', '2026-01-31T12:00:00.000000Z')",
    )
    .await;
    let report = check(settings(&app)).await;
    ended(&report, "migrations", State::Failed, "newer than this program");
    ended(&report, "database writes", State::Ok, "committed");
}

async fn a_service_key_that_does_not_fit_fails(app: TestApp) {
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
    ended(&check(config.clone()).await, "service key", State::Ok, "fits the database");

    let other = ServiceKey::generate().unwrap();
    config.auth.key = Some(Secret::new(other.to_text()));
    let report = check(config.clone()).await;
    ended(&report, "service key", State::Failed, "is not the key");
    for key in [&key, &other] {
        assert!(!report.text().contains(key.to_text().trim()), "{}", report.text());
    }
    assert!(!report.text().contains(&hex(&check_value)), "{}", report.text());

    // The key's file is gone; none is created.
    config.auth.key = None;
    let path = config.auth.service_key_path(&config.database).unwrap();
    ended(&check(config).await, "service key", State::Failed, "does not exist");
    assert!(!path.exists(), "a check created {}", path.display());
}

/// A manifest as backups of this engine have it.
fn put_backup(folder: &Path, engine: &str, began: chrono::DateTime<Utc>) {
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

async fn the_newest_backup_is_found_by_its_age(app: TestApp) {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("backups");
    let mut config = settings(&app);
    config.backup.folder = Some(folder.clone());
    let engine = app.app.db.engine();

    ended(&check(config.clone()).await, "backup folder", State::Warning, "does not exist");
    assert!(!folder.exists(), "a check created the folder");
    std::fs::create_dir(&folder).unwrap();
    let report = check(config.clone()).await;
    ended(&report, "backup folder", State::Ok, "can be written");
    ended(&report, "newest backup", State::Warning, "there is no backup of this database yet");
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0, "a check left a file behind");

    let now = Clock::System.now();
    put_backup(&folder, engine, now - TimeDelta::days(3));
    let report = check(config.clone()).await;
    ended(&report, "newest backup", State::Warning, "3 days old");
    config.backup.every = Schedule::try_from("never".to_owned()).unwrap();
    ended(&check(config.clone()).await, "newest backup", State::Ok, "3 days old");
    config.backup.every = Schedule::try_from("24h".to_owned()).unwrap();
    put_backup(&folder, engine, now - TimeDelta::hours(5));
    let report = check(config.clone()).await;
    ended(&report, "newest backup", State::Ok, "5 hours old");
    ended(&report, "verified backups", State::Ok, "not verified yet");
    let broken = folder.join(format!("20260101T000000.000Z-{engine}"));
    std::fs::create_dir(broken).unwrap();
    let report = check(config.clone()).await;
    ended(&report, "newest backup", State::Warning, "can't be read: 20260101T000000.000Z");

    if engine == "postgresql" {
        // The tests' owner of the tables is no role for backups, and their server archives nothing.
        ended(&report, "backup of PostgreSQL", State::Failed, "lacks REPLICATION");
        ended(&report, "archived WAL", State::Warning, "archive_mode is off");
    }
    config.backup.folder = Some(place.path().join("a-file"));
    std::fs::write(place.path().join("a-file"), "").unwrap();
    ended(&check(config).await, "backup folder", State::Failed, "is not a folder");
}

#[test]
fn a_folder_that_cannot_be_written_fails() {
    block_on(async {
        let app = TestApp::on_sqlite().await;
        let place = tempfile::tempdir().unwrap();
        let mut config = settings(&app);
        // Nobody can create a file there, root neither.
        config.backup.folder = Some("/proc/self/backups".into());
        ended(&check(config.clone()).await, "backup folder", State::Failed, "/proc/self/backups");
        let locked = place.path().join("locked");
        std::fs::create_dir(&locked).unwrap();
        std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o500)).unwrap();
        config.backup.folder = Some(locked);
        if !rustix::process::geteuid().is_root() {
            ended(&check(config).await, "backup folder", State::Failed, "has mode 0500");
        }
    });
}

#[test]
fn settings_that_cannot_be_used_fail() {
    block_on(async {
        let error = ConfigError::Unknown(vec!["server.adress".to_owned()]);
        let report = super::run(Err(error), &Clock::System).await;
        ended(&report, "settings", State::Failed, "unknown setting: server.adress");
        assert_eq!(report.findings().len(), 1);
    });
}

#[test]
fn a_database_that_does_not_exist_is_a_warning_and_is_not_created() {
    block_on(async {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("data/cars.db");
        let mut config = Config::default();
        config.server.address = "127.0.0.1:0".parse().unwrap();
        config.database.url = Some(Secret::new(format!("sqlite://{}", file.display())));
        let report = check(config.clone()).await;
        ended(&report, "database", State::Warning, &file.display().to_string());
        assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0);

        std::fs::write(place.path().join("data"), "not a folder").unwrap();
        ended(&check(config).await, "database", State::Failed, &file.display().to_string());
    });
}

#[test]
fn a_file_that_is_no_database_fails_and_stays_as_it_is() {
    block_on(async {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("cars.db");
        std::fs::write(&file, "a letter, say, and long enough to be looked at").unwrap();
        let mut config = Config::default();
        config.server.address = "127.0.0.1:0".parse().unwrap();
        config.database.url = Some(Secret::new(format!("sqlite://{}", file.display())));
        ended(&check(config).await, "database", State::Failed, "not a database");
        assert!(std::fs::read_to_string(&file).unwrap().starts_with("a letter"));
        assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 1);
    });
}

#[test]
fn what_does_not_answer_fails_and_the_rest_is_checked() {
    block_on(async {
        // It accepts connections and never answers.
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
        // Each has five seconds; those of the database are one after the other.
        assert!(begun.elapsed().as_secs() < 16, "{:?}", begun.elapsed());
        for (check, words) in [
            ("address", "another program uses"),
            ("database", "no answer within 5 seconds"),
            ("replica", "no answer within 5 seconds"),
            ("cache", "Redis"),
            ("mail", ""),
            ("VIN lookup", "no answer within 5 seconds"),
            ("backup folder", ""),
            ("backup of PostgreSQL", "no answer within 5 seconds"),
        ] {
            ended(&report, check, State::Failed, words);
        }
        ended(&report, "settings", State::Ok, "");
        ended(&report, "public address", State::Ok, "");
        assert!(!report.text().contains("secret"), "{}", report.text());
    });
}

/// Another service on this machine: what it answers by path, with this `Date`.
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
fn other_services_are_asked_where_the_settings_name_them() {
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
        ended(&report, "VIN lookup", State::Ok, "decodes VINs");
        ended(&report, "log-in provider home", State::Ok, "describes itself");
        ended(&report, "log-in provider other", State::Failed, "belongs to another issuer");
        ended(&report, "log-in provider absent", State::Failed, "answers 404");
        ended(&report, "Google", State::Ok, "the key was not tried");
        ended(&report, "Overpass", State::Ok, &address.to_string());
        ended(&report, "Nominatim", State::Failed, "answers 502");
        ended(&report, "map tiles", State::Ok, "the picture of the whole world");
        ended(&report, "clock", State::Ok, &address.to_string());
        assert!(!report.text().contains("canary"), "{}", report.text());

        config.vin.vpic_url = at("broken");
        config.stations.tiles_url = Some(at("nowhere/{z}/{x}/{y}.png"));
        clock.advance(TimeDelta::seconds(58));
        let report = super::run(Ok(config), &clock).await;
        ended(&report, "VIN lookup", State::Failed, "instead of a VIN");
        ended(&report, "map tiles", State::Warning, "answers 404");
        ended(&report, "clock", State::Warning, "seconds ahead of that of 127.0.0.1");
    });
}

#[test]
fn services_that_the_settings_do_not_name_are_not_asked() {
    block_on(async {
        let report = check(settings(&TestApp::on_sqlite().await)).await;
        for name in ["Google", "Overpass", "Nominatim", "map tiles", "traces", "replica"] {
            assert!(!report.findings().iter().any(|it| it.check == name), "{}", report.text());
        }
    });
}

/// A mail server that accepts this password, and what it was sent.
async fn mail_server(password: &'static str) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    use base64::{Engine as _, prelude::BASE64_STANDARD};

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let got: Arc<Mutex<Vec<String>>> = Arc::default();
    let log = Arc::clone(&got);
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
    (address, got)
}

#[test]
fn mail_is_tried_up_to_the_log_in_and_no_message_is_sent() {
    block_on(async {
        let (address, got) = mail_server("right").await;
        let mut config = settings(&TestApp::on_sqlite().await);
        config.mail.from = Some("cars@example.org".to_owned());
        config.mail.url = Some(Secret::new(format!("smtp://ann:right@{address}")));
        ended(&check(config.clone()).await, "mail", State::Ok, "logged in; no message was sent");
        let commands = got.lock().unwrap().clone();
        assert!(commands.contains(&"AUTH".to_owned()), "{commands:?}");
        for command in ["MAIL", "RCPT", "DATA"] {
            assert!(!commands.contains(&command.to_owned()), "{commands:?}");
        }
        config.mail.url = Some(Secret::new(format!("smtp://ann:xyzzy-canary@{address}")));
        let report = check(config.clone()).await;
        ended(&report, "mail", State::Failed, "wrong user or password");
        let advice = found(&report, "mail").advice.as_deref();
        assert_eq!(advice, Some("check user and password in mail.url"));
        assert!(!report.text().contains("canary"), "{}", report.text());

        // A server without TLS, although the settings require it.
        config.mail.url = Some(Secret::new(format!("smtp://{address}?tls=required")));
        ended(&check(config).await, "mail", State::Failed, "");
    });
}

#[test]
fn a_unix_socket_is_free_or_in_use_or_left_behind() {
    block_on(async {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("cars.sock");
        let mut config = settings(&TestApp::on_sqlite().await);
        config.server.socket = Some(path.clone());
        ended(&check(config.clone()).await, "socket", State::Ok, "is free");
        assert!(!path.exists(), "a check created the socket");

        let listener = tokio::net::UnixListener::bind(&path).unwrap();
        let router = Router::new().route("/health", get(async || "alive"));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        ended(&check(config.clone()).await, "socket", State::Ok, "the service is running");
        serving.abort();
        let _ = serving.await;
        ended(&check(config.clone()).await, "socket", State::Ok, "was left behind");
        assert!(path.exists(), "a check removed the socket");

        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, "").unwrap();
        ended(&check(config.clone()).await, "socket", State::Failed, "is not a socket");
        config.server.socket = Some("/proc/self/cars.sock".into());
        ended(&check(config).await, "socket", State::Failed, "/proc/self");
    });
}

#[test]
fn a_service_that_is_running_is_recognized_by_its_address() {
    block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut config = settings(&TestApp::on_sqlite().await);
        config.server.address = listener.local_addr().unwrap();
        let router = Router::new().route("/health", get(async || "alive"));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        ended(&check(config.clone()).await, "address", State::Ok, "the service is running");
        // It does not serve metrics there.
        config.server.metrics_address = Some(config.server.address);
        ended(&check(config).await, "metrics", State::Failed, "another program uses");
    });
}
