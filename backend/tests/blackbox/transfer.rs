//! `motovaultpro move`: the command, its options, and running the service with the new database.

use std::{
    io::{BufRead as _, BufReader},
    process::Stdio,
};

use crate::support::{CommandResult, TestEnv, block_on, eventually};

on_every_engine![the_service_runs_with_the_new_database_after_a_move, invalid_options_are_reported,];

/// A secret that must not appear in any output.
const CANARY: &str = "xyzzy-canary";

/// The options for another environment's database, with a password, which no test server requires.
fn to(other: &TestEnv) -> Vec<String> {
    let with_password = |url: &str| url.replacen('@', &format!(":{CANARY}@"), 1);
    if other.is_postgres() {
        // One URL in a file, and one as an argument.
        let file = other.folder().join("url");
        std::fs::write(&file, with_password(other.setting("MVP__DATABASE__URL")) + "\n").unwrap();
        let owners = with_password(other.setting("MVP__DATABASE__MIGRATION_URL"));
        return vec![
            "--to-file".to_owned(),
            file.display().to_string(),
            "--to-migration-url".to_owned(),
            owners,
        ];
    }
    let file = other.folder().join("data/motovaultpro.db");
    vec!["--to".to_owned(), format!("sqlite://{}", file.display())]
}

fn arguments(other: &TestEnv, more: &[&'static str]) -> Vec<String> {
    let mut arguments = vec!["move".to_owned()];
    arguments.extend(to(other));
    arguments.extend(more.iter().map(|it| (*it).to_owned()));
    arguments
}

fn run(env: &TestEnv, other: &TestEnv, more: &[&'static str]) -> CommandResult {
    let arguments = arguments(other, more);
    let result = env.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(!format!("{result:?}").contains(CANARY), "{result:?}");
    result
}

async fn beside(env: &TestEnv) -> TestEnv {
    if env.is_postgres() { TestEnv::on_postgres().await } else { TestEnv::on_sqlite() }
}

async fn goes_on(env: TestEnv, other: TestEnv) {
    let service = env.serve();
    let ann = service.register("ann@example.org").await;
    ann.add_vehicle(1).await;
    if !env.is_postgres() {
        let message = run(&env, &other, &[]).expect_failure(1);
        assert!(
            message.contains(&format!("process {} uses the SQLite database", service.pid())),
            "{message}"
        );
    }
    service.kill();
    let counted = run(&env, &other, &["--dry-run"]).expect_success();
    assert!(counted.contains("rows can be moved; nothing was written"), "{counted}");
    let result = run(&env, &other, &[]);
    assert!(
        result.err.contains("motovaultpro: from the ") && result.err.contains("to the "),
        "{result:?}"
    );
    let out = result.expect_success();
    let rows = |table: &str| {
        let line = out.lines().find(|it| it.split(' ').next() == Some(table)).unwrap().to_owned();
        line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()
    };
    assert_eq!((rows("accounts"), rows("vehicles"), rows("fuel_logs")), (1, 1, 0), "{out}");
    assert!(out.lines().last().unwrap().starts_with("moved "), "{out}");
    // The service key is still needed.
    let key = env.folder().join("data/service.key");
    let other = other.with("MVP__AUTH__KEY_FILE", key.to_str().unwrap());
    let service = other.serve();
    let ann = ann.at(&service.url);
    assert_eq!(ann.all("/api/vehicles").await.len(), 1);
    ann.add_vehicle(2).await;
    service.kill();
    // Moving again would mix two databases.
    let message = run(&env, &other, &[]);
    assert_eq!((message.code, message.out.as_str()), (Some(1), ""), "{message:?}");
    assert!(message.err.contains("the target has rows in "), "{message:?}");
}

async fn the_service_runs_with_the_new_database_after_a_move(env: TestEnv) {
    let other = beside(&env).await;
    goes_on(env, other).await;
}

#[test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
fn the_service_moves_from_sqlite_to_postgresql() {
    block_on(async { goes_on(TestEnv::on_sqlite(), TestEnv::on_postgres().await).await });
}

#[test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
fn the_service_moves_from_postgresql_to_sqlite() {
    block_on(async { goes_on(TestEnv::on_postgres().await, TestEnv::on_sqlite()).await });
}

async fn invalid_options_are_reported(env: TestEnv) {
    let other = beside(&env).await;
    env.run(&["migrate"]).expect_success();
    let url = format!("mysql://ann:{CANARY}@db.example.org/cars");
    let file = other.folder().join("no-such-file");
    let file = file.to_str().unwrap();
    for (arguments, code, expected) in [
        (vec!["move"], 2, "--to <URL>"),
        (vec!["move", "--to", &url], 2, "--to: must start with sqlite:// or postgres://"),
        (vec!["move", "--to-file", file], 2, "no-such-file"),
        (vec!["move", "--to", "sqlite://a.db", "--to-password-file", file], 2, "no-such-file"),
        (vec!["move", "--to", "postgres://ann@127.0.0.1:1/cars"], 1, "127.0.0.1:1"),
    ] {
        let result = env.run(&arguments);
        assert_eq!((result.code, result.out.as_str()), (Some(code), ""), "{result:?}");
        assert!(result.err.contains(expected) && !result.err.contains(CANARY), "{result:?}");
    }
    assert!(!env.folder().join("a.db").exists());
}

/// Sends SIGKILL while a table is being copied.
#[test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
fn a_killed_move_leaves_no_rows() {
    block_on(async {
        let (env, other) = (TestEnv::on_sqlite(), TestEnv::on_postgres().await);
        let service = env.serve();
        service.register("ann@example.org").await.add_vehicle(1).await;
        service.kill();
        other.run(&["migrate"]).expect_success();
        let sql = other.sql().await;
        sql.execute(
            "CREATE FUNCTION wait() RETURNS TRIGGER LANGUAGE plpgsql AS
             $$ BEGIN PERFORM pg_sleep(3600); RETURN NEW; END $$;
             CREATE TRIGGER wait BEFORE INSERT ON vehicles FOR EACH ROW EXECUTE FUNCTION wait()",
        )
        .await;
        let arguments = arguments(&other, &[]);
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        let mut moving = env.command(&arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(moving.stdout.take().unwrap()).lines();
        // Accounts are copied before vehicles, which are locked.
        assert!(lines.any(|it| it.unwrap().starts_with("accounts ")));
        let is_waiting = "SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'
                          AND datname = current_database()";
        eventually("a vehicle is copied", async || sql.number(is_waiting).await == 1).await;
        moving.kill().unwrap();
        moving.wait().unwrap();
        // The server would only notice after an hour.
        sql.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE wait_event = 'PgSleep' AND datname = current_database()",
        )
        .await;
        eventually("the connection has ended", async || sql.number(is_waiting).await == 0).await;
        let rows = "SELECT (SELECT COUNT(*) FROM accounts) + (SELECT COUNT(*) FROM vehicles)";
        assert_eq!(sql.number(rows).await, 0);
        sql.execute("DROP TRIGGER wait ON vehicles").await;
        run(&env, &other, &[]).expect_success();
        assert_eq!(sql.number(rows).await, 2);
        sql.close().await;
    });
}
