//! `motovaultpro check`: one line per check, with advice on how to fix problems.

use std::path::Path;

use serde_json::Value;

use crate::support::{CommandResult, Postgres, Redis, Sql, TestEnv, block_on, eventually};

on_every_engine!(
    a_running_service_passes,
    checking_an_empty_database_changes_nothing,
    a_failed_check_exits_with_1,
);

/// A secret that must not appear in any output.
const CANARY: &str = "xyzzy-canary";

/// Returns the findings, and asserts the number of failed checks.
#[track_caller]
fn findings(result: &CommandResult, failed: usize) -> Vec<Value> {
    assert_eq!(result.code, Some(i32::from(failed > 0)), "{result:?}");
    assert!(
        !result.err.contains("panicked") && !format!("{result:?}").contains(CANARY),
        "{result:?}"
    );
    let findings: Vec<Value> = serde_json::from_str(&result.out).unwrap();
    let all = findings.iter().filter(|it| it["state"] == "failed").count();
    assert_eq!(all, failed, "{result:?}");
    findings
}

/// Asserts the result of one check, and that its message contains `words`.
#[track_caller]
fn assert_finding(findings: &[Value], check: &str, state: &str, words: &str) {
    let found = findings.iter().find(|it| it["check"] == check);
    let found = found.unwrap_or_else(|| panic!("{check} is not in {findings:#?}"));
    assert_eq!(found["state"], state, "{found}");
    assert!(found["found"].as_str().unwrap().contains(words), "{words:?} is not in {found}");
    assert_eq!(found["advice"].is_string(), state != "ok", "{found}");
}

async fn a_running_service_passes(env: TestEnv) {
    let service = env.serve();
    service.register("ann@example.org").await;
    let address = service.url.strip_prefix("http://").unwrap();
    let env = env.with("MVP__SERVER__ADDRESS", address);
    let found = findings(&env.run(&["check", "--json"]), 0);
    assert_finding(&found, "address", "ok", "the service is running at");
    for check in ["settings", "database", "database writes", "durability", "migrations"] {
        assert_finding(&found, check, "ok", "");
    }
    assert_finding(&found, "service key", "ok", "matches the database");

    // One line per check, which begins with the result.
    let result = env.run(&["check"]);
    assert_eq!((result.code, result.err.as_str()), (Some(0), ""), "{result:?}");
    assert_eq!(result.out.lines().count(), found.len(), "{result:?}");
    for line in result.out.lines() {
        let state = line.split(' ').next().unwrap();
        assert!(["ok", "warning"].contains(&state), "{line}");
        assert_eq!(state == "warning", line.contains(". To do: "), "{line}");
    }
}

async fn checking_an_empty_database_changes_nothing(env: TestEnv) {
    if env.is_postgres() {
        let found = findings(&env.run(&["check", "--json"]), 0);
        assert_finding(&found, "migrations", "warning", "none of MotoVaultPro's tables");
        assert_eq!(env.sql().await.shape().await, [""; 0]);
    } else {
        let found = findings(&env.run(&["check", "--json"]), 0);
        assert_finding(&found, "database", "warning", "does not exist yet");
    }
    assert_eq!(std::fs::read_dir(env.folder()).unwrap().count(), 0, "the check created files");
}

async fn a_failed_check_exits_with_1(env: TestEnv) {
    env.run(&["migrate"]).expect_success();
    let env = env
        .with("MVP__CACHE__URL", &format!("redis://:{CANARY}@127.0.0.1:1"))
        .with("MVP__MAIL__URL", &format!("smtp://ann:{CANARY}@127.0.0.1:1"))
        .with("MVP__MAIL__FROM", "cars@example.org");
    let result = env.run(&["check", "--json"]);
    let found = findings(&result, 2);
    assert_finding(&found, "cache", "failed", "Redis");
    assert_finding(&found, "mail", "failed", "");
    assert_finding(&found, "migrations", "ok", "executed");
    assert!(result.err.starts_with("motovaultpro: 2 of "), "{result:?}");
}

#[test]
fn invalid_settings_are_the_only_finding() {
    let env = TestEnv::empty().with("MVP__DATABASE__POOLSIZE", "5");
    let found = findings(&env.run(&["check", "--json"]), 1);
    assert_finding(&found, "settings", "failed", "unknown setting: database.poolsize");
    assert_eq!(found.len(), 1);
}

#[test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
fn the_password_and_memory_limit_of_redis_are_checked() {
    block_on(async {
        let mut redis = Redis::start().await;
        redis.kill();
        let limits = ["--maxmemory", "50mb", "--maxmemory-policy", "allkeys-lru"];
        redis.restart(&[&limits[..], &["--requirepass", CANARY]].concat()).await;
        let env = |url: String| TestEnv::empty().with("MVP__CACHE__URL", &url);
        let with = |password: &str| redis.url().replace("//", &format!("//:{password}@"));
        let found = findings(&env(with(CANARY)).run(&["check", "--json"]), 0);
        assert_finding(&found, "cache", "ok", "a key was written and read back");
        for url in [redis.url(), with("xyzzy-canary-of-another")] {
            let found = findings(&env(url).run(&["check", "--json"]), 1);
            assert_finding(&found, "cache", "failed", "rejects the password");
        }

        redis.kill();
        redis.restart(&["--maxmemory", "50mb", "--maxmemory-policy", "noeviction"]).await;
        let found = findings(&env(redis.url()).run(&["check", "--json"]), 0);
        assert_finding(&found, "cache", "warning", "rejects writes");
        redis.kill();
        redis.restart(&limits).await;
        let mut connection = redis.connect().await;
        let keys: usize = redis::cmd("DBSIZE").query_async(&mut connection).await.unwrap();
        findings(&env(redis.url()).run(&["check", "--json"]), 0);
        let after: usize = redis::cmd("DBSIZE").query_async(&mut connection).await.unwrap();
        assert_eq!((keys, after), (0, 0), "the check left a key in Redis");
    });
}

/// A server whose `archive_command` fails, and which acknowledges writes before they are durable.
async fn misconfigured_server() -> Postgres {
    Postgres::start_with(|_: &Path| {
        ["archive_mode=on", "archive_command=false", "fsync=off"].map(str::to_owned).to_vec()
    })
    .await
}

#[test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
fn postgresql_settings_role_archive_and_replica_are_checked() {
    block_on(async {
        let postgres = misconfigured_server().await;
        let mut replica = postgres.create_replica().await;
        let env = TestEnv::empty()
            .with("MVP__DATABASE__URL", &postgres.url())
            .with("MVP__DATABASE__REPLICA_URL", &replica.url())
            .with("MVP__BACKUP__FOLDER", "backups");
        env.run(&["migrate"]).expect_success();
        let sql = Sql::postgres(&postgres.url()).await;
        sql.execute("SELECT pg_switch_wal()").await;
        eventually("archiving fails", async || {
            sql.number("SELECT failed_count FROM pg_stat_archiver").await > 0
        })
        .await;
        let found = findings(&env.run(&["check", "--json"]), 2);
        assert_finding(&found, "durability", "failed", "fsync off");
        assert_finding(&found, "archived WAL", "failed", "archive_command failed for 0000");
        assert_finding(
            &found,
            "database role",
            "warning",
            "row-level security does not apply to postgres",
        );
        assert_finding(&found, "backup of PostgreSQL", "ok", "pg_basebackup");
        assert_finding(&found, "replica", "ok", "127.0.0.1:");

        replica.kill();
        let found = findings(&env.run(&["check", "--json"]), 3);
        assert_finding(&found, "replica", "failed", "127.0.0.1:");
        let env = env.with("MVP__DATABASE__REPLICA_URL", &postgres.url());
        let found = findings(&env.run(&["check", "--json"]), 3);
        assert_finding(&found, "replica", "failed", "is not a replica");

        // If one of several servers is unavailable, the check warns.
        let url = postgres.url().replace("127.0.0.1", "127.0.0.1:1,127.0.0.1");
        let env = TestEnv::empty().with("MVP__DATABASE__URL", &url);
        let found = findings(&env.run(&["check", "--json"]), 1);
        assert_finding(&found, "database", "warning", "but not 127.0.0.1:1: ");
    });
}
