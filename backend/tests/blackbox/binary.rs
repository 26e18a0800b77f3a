//! The program's command line: output, exit codes, starting and stopping the service.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::{Service, TestEnv, block_on, client, eventually, signal};

on_every_engine!(
    the_service_starts_and_prints_its_address,
    a_request_in_flight_finishes_before_shutdown
);

/// A secret that must not appear in any output.
const CANARY: &str = "xyzzy-canary";

#[test]
fn version_and_help_are_printed() {
    let env = TestEnv::empty();
    let version = env.run(&["--version"]).expect_success();
    assert_eq!(version, concat!("motovaultpro ", env!("CARGO_PKG_VERSION"), "\n"));
    let help = env.run(&["--help"]).expect_success();
    for command in [
        "serve",
        "migrate",
        "users",
        "backup",
        "config",
        "check",
        "healthcheck",
        "openapi",
        "completions",
        "man",
    ] {
        assert!(help.contains(&format!("\n  {command} ")), "{command} is not in {help}");
        assert!(env.run(&[command, "--help"]).expect_success().contains("Usage:"));
    }
    let output = env.run(&["nonsense"]).expect_failure(2);
    assert!(output.contains("nonsense") && output.contains("--help"), "{output}");
    assert_eq!(std::fs::read_dir(env.folder()).unwrap().count(), 0, "files were left behind");
}

#[test]
fn the_openapi_document_is_printed() {
    let printed = TestEnv::empty().run(&["openapi"]).expect_success();
    let api: Value = serde_json::from_str(&printed).unwrap();
    assert!(client::text(&api["openapi"]).starts_with("3.1"), "{}", api["openapi"]);
    for path in ["/api/vehicles", "/api/fuel-logs/{id}", "/api/auth/register"] {
        assert!(api["paths"][path].is_object(), "{path}");
    }
}

#[test]
fn completions_are_printed_for_each_shell() {
    let env = TestEnv::empty();
    for (shell, words) in [
        ("bash", "complete -F _motovaultpro"),
        ("zsh", "#compdef motovaultpro"),
        ("fish", "complete -c motovaultpro"),
        ("elvish", "edit:completion:arg-completer[motovaultpro]"),
        ("powershell", "Register-ArgumentCompleter"),
    ] {
        let script = env.run(&["completions", shell]).expect_success();
        assert!(script.contains(words), "{words:?} is not in the script for {shell}");
        for word in ["healthcheck", "password-file", "make-admin"] {
            assert!(script.contains(word), "{word} is not in the script for {shell}");
        }
    }
    let refused = env.run(&["completions", "sh"]).expect_failure(2);
    assert!(refused.contains("bash") && refused.contains("fish"), "{refused}");
}

#[test]
fn bash_completes_commands_and_options() {
    let env = TestEnv::empty();
    let script = env.run(&["completions", "bash"]).expect_success();
    std::fs::write(env.folder().join("script"), script).unwrap();
    // Simulates the tab key in bash.
    let complete = |words: &str| {
        let press = format!(
            "source ./script; COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); \
             _motovaultpro motovaultpro \"${{COMP_WORDS[-1]}}\" \"${{COMP_WORDS[-2]}}\"; \
             printf '%s\\n' \"${{COMPREPLY[@]}}\""
        );
        let bash = std::process::Command::new("bash")
            .args(["--norc", "-c", &press])
            .current_dir(env.folder())
            .output()
            .unwrap();
        assert!(bash.status.success(), "{bash:?}");
        let replies = String::from_utf8(bash.stdout).unwrap();
        replies.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(complete("motovaultpro hea"), ["healthcheck"]);
    assert_eq!(complete("motovaultpro users cr"), ["create"]);
    assert_eq!(complete("motovaultpro users create --pass"), ["--password-file"]);
}

#[test]
fn every_command_has_a_manual_page() {
    let env = TestEnv::empty();
    let page = env.run(&["man"]).expect_success();
    assert!(page.contains(".TH motovaultpro 1") && page.contains("healthcheck"), "{page}");
    env.run(&["man", "--folder", "share/man"]).expect_success();
    let folder = env.folder().join("share/man");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    assert!(read("motovaultpro.1").contains(".TH motovaultpro 1"));
    assert!(read("motovaultpro-serve.1").contains("no\\-migrate"));
    assert!(read("motovaultpro-users-create.1").contains("password\\-file"));
    assert!(std::fs::read_dir(&folder).unwrap().count() > 20);
    std::fs::write(env.folder().join("file"), "").unwrap();
    let refused = env.run(&["man", "--folder", "file"]).expect_failure(1);
    assert!(refused.contains("file: "), "{refused}");
}

#[test]
fn settings_are_validated() {
    let env = TestEnv::empty();
    assert_eq!(env.run(&["config", "check"]).expect_success(), "the settings are valid\n");
    let wrong = [
        ("MVP__DATABASE__POOLSIZE", "5", "unknown setting: database.poolsize"),
        ("MVP__NONSENSE__KEY", "5", "unknown setting: nonsense.key"),
        ("MVP__DATABASE__POOL_SIZE", "0", "database.pool_size"),
        ("MVP__DATABASE__POOL_SIZE", "many", "database.pool_size"),
        ("MVP__DATABASE__URL", "mysql://a@b/c", "database.url"),
        ("MVP__DATABASE__PASSWORD_FILE", "absent", "absent: "),
        ("MVP__SERVER__ADDRESS", "nowhere", "server.address"),
        ("MVP__CACHE__URL", "memcached://a", "cache.url"),
        ("MVP__AUTH__REGISTRATION", "perhaps", "auth.registration"),
    ];
    for (name, value, words) in wrong {
        let env = TestEnv::empty().with(name, value);
        for command in [&["config", "check"][..], &["config", "show"], &["serve"], &["migrate"]] {
            let output = env.run(command).expect_failure(2);
            assert!(output.contains(words), "{words:?} is not in {output:?}");
            assert_eq!(output.lines().count(), 1, "{output:?}");
        }
        assert_eq!(std::fs::read_dir(env.folder()).unwrap().count(), 0, "files were left behind");
    }
    std::fs::write(env.folder().join("motovaultpro.toml"), "[server]\nadress = 'x'\n").unwrap();
    let output = env.run(&["config", "check"]).expect_failure(2);
    assert!(output.contains("unknown setting: server.adress"), "{output}");
    let output = env.run(&["--config", "other.toml", "config", "check"]).expect_failure(2);
    assert!(output.contains("other.toml"), "{output}");
}

#[test]
fn no_secret_is_printed() {
    let shown = |env: TestEnv| {
        let shown = env.run(&["config", "show"]).expect_success();
        assert!(!shown.contains(CANARY), "{shown}");
        assert!(shown.contains("[redacted]"), "{shown}");
        // The address is unreachable, and the error message must not contain the secret.
        for command in ["migrate", "healthcheck", "check"] {
            let result = env.run(&[command]);
            assert_ne!(result.code, Some(0), "{result:?}");
            assert!(!format!("{result:?}").contains(CANARY), "{result:?}");
        }
    };
    let away = || {
        let env = TestEnv::empty().with("MVP__DATABASE__HOST", "127.0.0.1");
        env.with("MVP__DATABASE__PORT", "1").with("MVP__SERVER__ADDRESS", "127.0.0.1:1")
    };
    shown(away().with("MVP__DATABASE__PASSWORD", CANARY));
    let env = away();
    let file = env.folder().join("password");
    std::fs::write(&file, format!("{CANARY}\n")).unwrap();
    shown(env.with("MVP__DATABASE__PASSWORD_FILE", file.to_str().unwrap()));
    let url = format!("postgres://someone:{CANARY}@127.0.0.1:1/cars");
    shown(away().with("MVP__DATABASE__URL", &url).with("MVP__DATABASE__MIGRATION_URL", &url));
    let cache = format!("redis://:{CANARY}@127.0.0.1:1");
    shown(away().with("MVP__CACHE__URL", &cache));
    // Addresses that are not secret, but may contain a secret.
    for (name, value) in [
        ("MVP__LOG__TRACES_URL", format!("http://someone:{CANARY}@127.0.0.1:1/v1/traces")),
        ("MVP__LOG__TRACES_URL", format!("http://127.0.0.1:1/v1/traces?token={CANARY}")),
        ("MVP__STATIONS__TILES_URL", format!("https://tiles.test/{{z}}/{{x}}/{{y}}?key={CANARY}")),
        ("MVP__VIN__VPIC_URL", format!("https://someone:{CANARY}@vpic.test/api")),
    ] {
        shown(away().with(name, &value));
    }

    let wrong = [
        ("MVP__DATABASE__URL", format!("postgres://someone:{CANARY}@host:port/cars")),
        ("MVP__DATABASE__URL", format!("mysql://someone:{CANARY}@host/cars")),
        ("MVP__DATABASE__MIGRATION_URL", format!("{CANARY}://host")),
        ("MVP__CACHE__URL", format!("redis://:{CANARY}@host:port")),
        ("MVP__SERVER__PUBLIC_URL", format!("https://someone:{CANARY}@cars.test")),
        ("MVP__STATIONS__OVERPASS_URL", format!("https://:{CANARY}@overpass.test/api")),
        ("MVP__STATIONS__GOOGLE_URL", format!("https://maps.test/?key={CANARY}")),
        ("MVP__DATABASE", format!("postgres://someone:{CANARY}@host/cars")),
        ("MVP__DATABASE__POOL_SIZE", CANARY.to_owned()),
        ("MVP__AUTH__REGISTRATION", CANARY.to_owned()),
        ("MVP__DATABASE__URL__NESTED", CANARY.to_owned()),
    ];
    for (name, value) in wrong {
        let output =
            TestEnv::empty().with(name, &value).run(&["config", "check"]).expect_failure(2);
        assert!(!output.contains(CANARY), "{name}: {output}");
    }
}

#[test]
fn a_broken_settings_file_is_named_by_line_and_key_only() {
    let env = TestEnv::empty();
    let file = env.folder().join("motovaultpro.toml");
    for (text, words) in [
        (format!("[database]\npassword = \"{CANARY}\n"), "line 2 (password)"),
        (format!("[database]\nhost = 'a'\npassword = {CANARY} x\n"), "line 3 (password)"),
        (format!("[database\npassword = \"{CANARY}\"\n"), "line 1"),
        (format!("password \"{CANARY}\"\n"), "line 1"),
        (format!("[database]\npassword = \"a\"\npassword = \"{CANARY}\"\n"), "line 3 (password)"),
        (format!("database = \"{CANARY}\"\n"), "database"),
        (format!("[database.url]\nvalue = \"{CANARY}\"\n"), "database.url"),
        (format!("[server]\nconnections = \"{CANARY}\"\n"), "server.connections"),
    ] {
        std::fs::write(&file, &text).unwrap();
        for command in [&["config", "check"][..], &["config", "show"], &["serve"], &["migrate"]] {
            let output = env.run(command).expect_failure(2);
            assert!(!output.contains(CANARY), "{output}");
            assert!(output.contains(words), "{words:?} is not in {output:?}");
        }
    }
}

#[test]
fn a_public_url_with_a_path_is_refused() {
    for url in ["https://cars.test/garage", "https://cars.test/?a", "https://cars.test/#a"] {
        let output =
            TestEnv::empty().with("MVP__SERVER__PUBLIC_URL", url).run(&["config", "check"]);
        let output = output.expect_failure(2);
        assert!(
            output.contains("server.public_url") && output.contains("without a path"),
            "{output}"
        );
    }
    for url in ["https://cars.test", "https://cars.test/", "http://127.0.0.1:3001"] {
        TestEnv::empty()
            .with("MVP__SERVER__PUBLIC_URL", url)
            .run(&["config", "check"])
            .expect_success();
    }
}

#[test]
fn healthcheck_reports_by_exit_code() {
    let env = TestEnv::empty();
    let service = env.serve();
    env.run(&["healthcheck", "--url", &service.url]).expect_success();
    let url = service.url.clone();
    service.kill();
    let output = env.run(&["healthcheck", "--url", &url]).expect_failure(1);
    assert!(output.contains("does not respond"), "{output}");
    // The configured address is the default.
    let address = url.strip_prefix("http://").unwrap();
    let env = env.with("MVP__SERVER__ADDRESS", address);
    let service = env.serve();
    env.run(&["healthcheck"]).expect_success();
    drop(service);
    // All addresses, as in a container.
    let port = address.rsplit(':').next().unwrap();
    let env = env.with("MVP__SERVER__ADDRESS", &format!("0.0.0.0:{port}"));
    let _service = env.serve();
    env.run(&["healthcheck"]).expect_success();
}

#[test]
fn an_address_in_use_is_reported() {
    let service = TestEnv::empty().serve();
    let address = service.url.strip_prefix("http://").unwrap().to_owned();
    let other = TestEnv::empty().with("MVP__SERVER__ADDRESS", &address);
    let output = other.try_serve(&[]).map(|it| it.url.clone()).unwrap_err();
    assert!(output.contains(&format!("cannot listen on {address}")), "{output}");
    assert!(output.contains("exit status: 1"), "{output}");
}

async fn the_service_starts_and_prints_its_address(env: TestEnv) {
    let service = env.serve();
    let anonymous = service.anonymous();
    assert_eq!(anonymous.get("/health").await.expect(200), "alive\n");
    let first = service.spawned.elapsed();
    println!("from start to first response, on an empty database: {first:?}");
    assert!(first < Duration::from_secs(5), "{first:?}");
    let mut health = Value::Null;
    eventually("the service is healthy", async || {
        health = anonymous.get("/api/health").await.expect(200);
        health["status"] == "ok"
    })
    .await;
    let (database, cache) =
        if env.is_postgres() { ("postgresql", "redis") } else { ("sqlite", "memory") };
    assert_eq!(health["database"], json!({ "engine": database, "state": "up" }));
    assert_eq!(health["cache"], json!({ "engine": cache, "state": "up" }));
    assert_eq!(health["migrations"], json!({ "state": "current", "pending": 0 }));

    let client = service.register("someone@example.org").await;
    client.add_vehicle(1).await;
    assert_eq!(client.get("/api/vehicles").await.expect(200)["items"][0]["nickname"], "Vehicle 1");
    stops_cleanly(service).await;

    // Again, on an up-to-date database.
    let service = env.serve();
    assert_eq!(client.at(&service.url).all("/api/vehicles").await.len(), 1);
    let again = service.spawned.elapsed();
    println!("from the start to the first page: {again:?}");
    stops_cleanly(service).await;
}

#[test]
fn passwords_are_hashed_at_the_cost_recommended_by_owasp() {
    block_on(async {
        let env = TestEnv::on_sqlite();
        env.serve().register("ann@example.org").await;
        let hashes = env.sql().await.texts("SELECT password_hash FROM accounts").await;
        assert_eq!(hashes.len(), 1);
        assert!(hashes[0].starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hashes:?}");
    });
}

/// On SIGTERM, the service exits with 0, and its log contains no errors.
async fn stops_cleanly(mut service: Service) {
    signal("TERM", service.pid());
    assert_eq!(service.wait_for_exit().await, Some(0), "{}", service.log());
    let log = service.log();
    assert!(log.contains("Stopped"), "{log}");
    for line in log.lines() {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}"));
        assert!(line["level"] != "WARN" && line["level"] != "ERROR", "{line}");
    }
    assert!(!log.contains("correct horse battery"), "{log}");
}

async fn a_request_in_flight_finishes_before_shutdown(env: TestEnv) {
    let service = env.serve();
    let client = service.register("someone@example.org").await;
    let host = service.url.strip_prefix("http://").unwrap().to_owned();
    let body = client::vehicle(7).to_string();
    let (half, rest) = body.split_at(body.len() / 2);
    let mut stream = tokio::net::TcpStream::connect(&host).await.unwrap();
    let head = format!(
        "POST /api/vehicles HTTP/1.1\r\nhost: {host}\r\ncookie: {}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{half}",
        client.cookie(),
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    // The handler waits for the rest of the body.
    tokio::time::sleep(Duration::from_millis(200)).await;
    let signaled = Instant::now();
    signal("TERM", service.pid());
    eventually("the service accepts no new connections", async || {
        tokio::net::TcpStream::connect(&host).await.is_err()
    })
    .await;
    stream.write_all(rest.as_bytes()).await.unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).await.unwrap();
    assert!(response.starts_with("HTTP/1.1 201 "), "{response}");
    let mut service = service;
    assert_eq!(service.wait_for_exit().await, Some(0), "{}", service.log());
    println!("stopped {:?} after the signal", signaled.elapsed());
    let count = "SELECT COUNT(*) FROM vehicles WHERE nickname = 'Vehicle 7'";
    assert_eq!(env.sql().await.number(count).await, 1);
}
