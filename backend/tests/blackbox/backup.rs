//! Tests backups with the built program: creating them while the service runs, verifying and restoring them.

use std::{
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use crate::{
    service_key,
    support::{Installation, Service, TestEnv, block_on, eventually, signal},
};

on_every_installation![
    a_backup_is_verified_and_restored_to_a_new_location_only,
    the_service_creates_encrypted_backups_and_retains_the_newest,
    an_encrypted_backup_restores_the_service_key,
    a_drill_restores_the_newest_backup_and_cleans_up,
];

/// A secret that must not appear in any output, manifest or command line.
const CANARY: &str = "xyzzy-canary";

const VEHICLES: &str = "SELECT COUNT(*) FROM vehicles";

/// A folder and everything in it.
fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut all = vec![folder.to_owned()];
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { all.extend(walk(&path)) } else { all.push(path) }
    }
    all
}

async fn a_backup_is_verified_and_restored_to_a_new_location_only(installation: Installation) {
    let service = installation.env.serve();
    let client = service.register("someone@example.org").await;
    for nth in 1..=3 {
        client.add_vehicle(nth).await;
    }
    let made = installation.backup(&["create"]).expect_success();
    client.add_vehicle(4).await;
    let names = installation.names();
    let [name] = &names[..] else { panic!("{names:?}") };
    assert!(made.contains(name), "{made}");
    let output = installation.backup(&["verify"]).expect_success();
    assert!(output.contains(&format!("{name}: intact")), "{output}");
    for path in walk(&installation.backups) {
        let rights = path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(rights, if path.is_dir() { 0o700 } else { 0o600 }, "{}", path.display());
    }

    // Simulates a backup that was killed halfway.
    let unfinished = installation.backups.join(format!(".unfinished-{name}"));
    std::fs::create_dir(&unfinished).unwrap();
    std::fs::copy(installation.payload(name), unfinished.join("payload")).unwrap();
    assert_eq!(installation.names(), names);

    // A database in use is never replaced.
    for force in [&[][..], &["--force"]] {
        let output = installation.restore(&installation.database_path(), force).expect_failure(1);
        assert!(output.contains("in use"), "{output}");
    }
    assert_eq!(client.all("/api/vehicles").await.len(), 4);
    let output = installation
        .restore(&installation.new_target("none"), &["--to", "2020-01-31T12:00:00Z"])
        .expect_failure(1);
    assert!(output.contains("the oldest backup is of"), "{output}");
    let output = installation
        .restore(&installation.new_target("none"), &["--to", "yesterday"])
        .expect_failure(2);
    assert!(output.contains("2026-01-31T12:00:00Z"), "{output}");

    // Existing files are only renamed with --force.
    let occupied = installation.new_target("occupied");
    let existing = if installation.postgres.is_some() {
        std::fs::create_dir(&occupied).unwrap();
        occupied.join("existing")
    } else {
        // SQLite would apply this file as the write-ahead log of the restored database.
        PathBuf::from(format!("{}-wal", occupied.display()))
    };
    std::fs::write(&existing, "existing").unwrap();
    let output = installation.restore(&occupied, &[]).expect_failure(1);
    assert!(output.contains("already exists"), "{output}");
    assert_eq!(std::fs::read_to_string(&existing).unwrap(), "existing");
    let output = installation.restore(&occupied, &["--force"]).expect_success();
    assert!(output.contains(name), "{output}");
    assert!(!existing.exists());
    let entries = std::fs::read_dir(occupied.parent().unwrap()).unwrap();
    let mut entries = entries.map(|it| it.unwrap().path());
    let renamed = entries.find(|it| it.to_string_lossy().contains(".before-")).unwrap();
    let renamed = if renamed.is_dir() { renamed.join("existing") } else { renamed };
    assert_eq!(std::fs::read_to_string(renamed).unwrap(), "existing");

    let restored = installation.open(&occupied).await;
    assert_eq!(restored.sql.number(VEHICLES).await, 3);
    drop(restored);

    // Corrupt a byte.
    let payload = installation.payload(name);
    let mut bytes = std::fs::read(&payload).unwrap();
    let position = bytes.len() / 2;
    bytes[position] ^= 1;
    std::fs::write(&payload, bytes).unwrap();
    for output in [
        installation.backup(&["verify", name]).expect_failure(1),
        installation.restore(&installation.new_target("damaged"), &[]).expect_failure(1),
    ] {
        assert!(
            output.contains(payload.to_str().unwrap()) && output.contains("SHA-256"),
            "{output}"
        );
    }
    assert!(!installation.new_target("damaged").exists());
}

/// Creates keys for encrypted backups: the identity file and the public key.
fn keys(installation: &Installation, name: &str) -> (String, String) {
    let text = installation.backup(&["keygen"]).expect_success();
    let public = text.lines().next().unwrap().strip_prefix("# public key: ").unwrap().to_owned();
    let path = installation.database_path().parent().unwrap().join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, text).unwrap();
    (path.to_str().unwrap().to_owned(), public)
}

/// Replaces PostgreSQL's program with one that records its arguments, and connects as a role with the minimal
/// privileges.
async fn record_calls(installation: Installation) -> (Installation, Option<PathBuf>) {
    let Some(postgres) = &installation.postgres else { return (installation, None) };
    let folder = postgres.folder().join("programs");
    std::fs::create_dir(&folder).unwrap();
    let (call_log, real) = (folder.join("notes"), postgres.programs().to_owned());
    let script = format!(
        "#!/bin/sh\necho \"$0 $*\" >>{0}.arguments\nenv -u PGPASSWORD >>{0}.arguments\n\
         echo \"$PGPASSWORD\" >>{0}.password\nexec {1}/pg_basebackup \"$@\"\n",
        call_log.display(),
        real.display()
    );
    let program = folder.join("pg_basebackup");
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    std::os::unix::fs::symlink(real.join("pg_verifybackup"), folder.join("pg_verifybackup"))
        .unwrap();
    let sql = installation.env.sql().await;
    sql.execute("CREATE ROLE keeper LOGIN REPLICATION").await;
    sql.close().await;
    let url = postgres.url().replace("postgres@", &format!("keeper:{CANARY}@"));
    let installation = installation
        .with("MVP__BACKUP__POSTGRES_URL", &url)
        .with("MVP__BACKUP__POSTGRES_PROGRAMS", folder.to_str().unwrap());
    (installation, Some(call_log))
}

#[test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
fn the_primary_of_several_servers_is_backed_up() {
    block_on(async {
        let (installation, call_log) = record_calls(Installation::on_postgres().await).await;
        let primary = installation.postgres.as_ref().unwrap();
        let standby = primary.create_replica().await;
        // The first server is down, the second a standby.
        let url = format!(
            "postgres://keeper:{CANARY}@127.0.0.1:1,{},{}/postgres",
            standby.host(),
            primary.host()
        );
        let port = primary.host().rsplit_once(':').unwrap().1.to_owned();
        let installation = installation.with("MVP__BACKUP__POSTGRES_URL", &url);
        installation.backup(&["create"]).expect_success();
        let arguments =
            std::fs::read_to_string(format!("{}.arguments", call_log.unwrap().display()));
        assert!(arguments.unwrap().lines().any(|it| it == format!("PGPORT={port}")));
    });
}

#[test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
fn the_client_programs_suffice_to_create_and_verify_a_backup() {
    block_on(async {
        let installation = Installation::on_postgres().await;
        let (all, some) = (
            installation.postgres.as_ref().unwrap().programs(),
            installation.new_target("programs"),
        );
        std::fs::create_dir(&some).unwrap();
        // `pg_waldump` is part of the server packages.
        for name in ["pg_basebackup", "pg_verifybackup"] {
            std::fs::copy(all.join(name), some.join(name)).unwrap();
        }
        let installation =
            installation.with("MVP__BACKUP__POSTGRES_PROGRAMS", some.to_str().unwrap());
        installation.backup(&["create"]).expect_success();
        let output = installation.backup(&["verify"]).expect_success();
        assert!(output.contains("verified with pg_verifybackup"), "{output}");
    });
}

#[test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
fn a_full_temporary_folder_is_not_reported_as_damage() {
    block_on(async {
        let installation = Installation::on_postgres().await;
        installation.backup(&["create"]).expect_success();
        let installation = installation.with("TMPDIR", "/nowhere");
        let result = installation.backup(&["verify"]);
        assert_eq!(result.code, Some(1), "{result:?}");
        let output = result.err;
        assert!(output.contains("not checked") && output.contains("/nowhere"), "{output}");
        let installation =
            Installation { env: installation.env.with_file_size_limit(64), ..installation };
        let room = installation.env.folder().display().to_string();
        let installation = installation.with("TMPDIR", &room);
        let result = installation.backup(&["verify"]);
        assert_eq!(result.code, Some(1), "{result:?}");
        let output = result.err;
        assert!(output.contains("not checked") && output.contains("File too large"), "{output}");
        assert!(!output.contains("damaged"), "{output}");
    });
}

async fn the_service_creates_encrypted_backups_and_retains_the_newest(installation: Installation) {
    let (identity, public) = keys(&installation, "identity");
    let (other, _) = keys(&installation, "other");
    let (installation, call_log) = record_calls(installation).await;
    let installation = installation
        .with("MVP__BACKUP__RECIPIENTS", &public)
        .with("MVP__BACKUP__EVERY", "1s")
        .with("MVP__BACKUP__KEEP", "2")
        .with("MVP__STATIONS__GOOGLE_API_KEY", CANARY);
    // An SQLite database can have only one service.
    let count = if installation.postgres.is_some() { 2 } else { 1 };
    let services: Vec<_> = (0..count).map(|_| installation.env.serve()).collect();
    let client = services[0].register("someone@example.org").await;
    client.add_vehicle(1).await;
    let made = |service: &Service| service.log().matches("Backup created").count();
    let removed = |service: &Service| service.log().contains("Old backups removed");
    eventually("backups are made and removed", async || {
        services.iter().map(made).sum::<usize>() >= 4 && services.iter().any(removed)
    })
    .await;
    let mut logs = String::new();
    for mut service in services {
        signal("TERM", service.pid());
        assert_eq!(service.wait_for_exit().await, Some(0), "{}", service.log());
        logs += &service.log();
    }
    // The test's server has only a superuser, to whom row-level security does not apply.
    let is_relevant = |line: &&str| !line.contains("bypasses row-level security");
    for line in logs.lines().filter(is_relevant) {
        let wrong = ["\"ERROR\"", "\"WARN\"", CANARY].iter().find(|it| line.contains(**it));
        assert_eq!(wrong, None, "{line}");
    }

    let names = installation.names();
    assert_eq!(names.len(), 2, "{names:?}");
    for name in &names {
        let manifest = installation.manifest(name).to_string();
        assert!(!manifest.contains(CANARY), "{manifest}");
        let bytes = std::fs::read(installation.payload(name)).unwrap();
        assert!(bytes.starts_with(b"age-encryption.org/v1"), "{name}");
    }
    // One backup at a time: the second begins after the first has ended.
    let time = |name: &str, which: &str| -> chrono::DateTime<chrono::Utc> {
        installation.manifest(name)[which].as_str().unwrap().parse().unwrap()
    };
    assert!(time(&names[0], "ended_at") <= time(&names[1], "began_at"));
    if let Some(call_log) = call_log {
        let read = |suffix: &str| {
            std::fs::read_to_string(format!("{}.{suffix}", call_log.display())).unwrap()
        };
        assert!(!read("arguments").contains(CANARY), "{}", read("arguments"));
        assert!(read("password").contains(CANARY), "the program did not get the password");
    }
    if installation.postgres.is_none() {
        let left = walk(installation.database_path().parent().unwrap());
        assert!(!left.iter().any(|it| it.to_string_lossy().contains("backup-copy")), "{left:?}");
    }

    let output = installation.backup(&["verify"]).expect_success();
    assert!(output.contains("intact; encrypted"), "{output}");
    let output = installation.backup(&["verify", "--identity", &identity]).expect_success();
    assert_eq!(output.matches(": intact").count(), 2, "{output}");
    // The archived WAL is not encrypted, and is still intact.
    let result = installation.backup(&["verify", "--identity", &other]);
    assert_eq!(result.code, Some(1), "{result:?}");
    assert!(result.err.contains("not encrypted for this identity"), "{result:?}");
    let target = installation.new_target("restored");
    let output = installation.restore(&target, &["--identity", &other]).expect_failure(1);
    assert!(output.contains("not encrypted for this identity"), "{output}");
    let output = installation.restore(&target, &[]).expect_failure(1);
    assert!(output.contains("--identity"), "{output}");
    assert!(!target.exists());
    installation.restore(&target, &["--identity", &identity]).expect_success();
    assert_eq!(installation.open(&target).await.sql.number(VEHICLES).await, 1);
}

async fn an_encrypted_backup_restores_the_service_key(installation: Installation) {
    let private = "MVP__NOTIFICATIONS__ALLOW_PRIVATE_ADDRESSES";
    let (identity, public) = keys(&installation, "identity");
    let installation = installation.with(private, "true");
    let service = installation.env.serve();
    let ann = service.register("ann@example.org").await;
    let channel = service_key::add_webhook(&ann).await;
    let made = installation.backup(&["create"]).expect_success();
    assert!(made.contains("It does not include the service key"), "{made}");
    let installation = installation.with("MVP__BACKUP__RECIPIENTS", &public);
    let made = installation.backup(&["create"]).expect_success();
    assert!(made.contains("It includes the service key."), "{made}");
    service.kill();
    let key = std::fs::read_to_string(installation.env.folder().join("data/service.key")).unwrap();

    let into = installation.new_target("restored");
    let report = installation.restore(&into, &["--identity", &identity]).expect_success();
    let restored = match &installation.postgres {
        Some(_) => into.with_file_name("restored.service.key"),
        None => into.with_file_name("service.key"),
    };
    assert!(report.contains(&format!("The service key is in {}", restored.display())), "{report}");
    assert_eq!(std::fs::read_to_string(&restored).unwrap(), key);
    let opened = installation.open(&into).await;
    let env = TestEnv::empty()
        .with("MVP__DATABASE__URL", &opened.url)
        .with(private, "true")
        .with("MVP__AUTH__KEY_FILE", restored.to_str().unwrap());
    let service = env.serve();
    // The secret can be decrypted: sending fails later, because nothing is listening.
    let reported = service_key::problem(&ann.at(&service.url), &channel).await;
    assert_eq!(reported, "the server can’t be reached");
}

async fn a_drill_restores_the_newest_backup_and_cleans_up(installation: Installation) {
    let scratch = installation.env.folder().join("scratch");
    std::fs::create_dir(&scratch).unwrap();
    let installation = installation.with("TMPDIR", scratch.to_str().unwrap());
    std::fs::create_dir_all(&installation.backups).unwrap();
    // PostgreSQL's server does not run as root.
    let drill = || match &installation.postgres {
        Some(_) => installation.backup_as_server_user(&["drill"]),
        None => installation.backup(&["drill"]),
    };
    let error = drill().expect_failure(1);
    assert!(error.contains("there are no backups"), "{error}");

    let service = installation.env.serve();
    let client = service.register("someone@example.org").await;
    client.add_vehicle(1).await;
    installation.backup(&["create"]).expect_success();
    let rows = |text: &str| -> u64 {
        let rows = text.trim_end().strip_suffix(" rows").unwrap_or_else(|| panic!("{text}"));
        rows.rsplit(' ').next().unwrap().parse().unwrap()
    };
    let first = drill().expect_success();
    assert!(first.contains(&format!("restored {}", installation.names()[0])), "{first}");
    for nth in 2..=4 {
        client.add_vehicle(nth).await;
    }
    service.kill();
    installation.backup(&["create"]).expect_success();
    let second = drill().expect_success();
    assert!(second.contains(&format!("restored {}", installation.names()[1])), "{second}");
    assert!(rows(&second) >= rows(&first) + 3, "{first}{second}");
    assert_eq!(walk(&scratch), std::slice::from_ref(&scratch), "something was left behind");

    // PostgreSQL settings can name programs that the server runs.
    let signature =
        installation.backups.join(&installation.names()[1]).join("manifest.json.minisig");
    let signed = std::fs::read(&signature).unwrap();
    std::fs::remove_file(&signature).unwrap();
    match &installation.postgres {
        Some(_) => assert!(drill().expect_failure(1).contains("not signed")),
        None => drop(drill().expect_success()),
    }
    std::fs::write(&signature, signed).unwrap();

    let payload = installation.payload(&installation.names()[1]);
    let mut bytes = std::fs::read(&payload).unwrap();
    let position = bytes.len() / 2;
    bytes[position] ^= 1;
    std::fs::write(&payload, bytes).unwrap();
    let error = drill().expect_failure(1);
    assert!(error.contains("SHA-256"), "{error}");
    assert_eq!(walk(&scratch), std::slice::from_ref(&scratch), "something was left behind");
}
