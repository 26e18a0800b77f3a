//! Migrations with the built program: concurrent, killed, and on databases that do not match.

use std::time::{Duration, Instant};

use crate::support::{CommandResult, TestEnv, random};

on_every_engine!(
    eight_concurrent_migrations_execute_each_file_once,
    a_second_run_executes_nothing,
    a_dry_run_and_the_status_change_nothing,
    one_feature_alone_is_migrated,
    a_changed_file_is_refused,
    a_missing_file_is_refused,
    a_newer_database_is_refused,
    migrations_killed_at_any_point_can_be_resumed,
);

/// Every file, as `feature/file.sql`, listed by the program.
fn files(env: &TestEnv) -> Vec<String> {
    let status = env.run(&["migrate", "--status"]).expect_success();
    status.lines().map(|line| line.split_whitespace().next().unwrap().to_owned()).collect()
}

/// The home feature's migration is recorded under the feature's former name.
const EXECUTED: &str =
    "SELECT CASE feature WHEN 'garage' THEN 'home' ELSE feature END || '/' || file
     FROM _migrations ORDER BY executed_at, file";

async fn eight_concurrent_migrations_execute_each_file_once(env: TestEnv) {
    let running: Vec<_> = (0..8)
        .map(|_| {
            let mut command = env.command(&["migrate"]);
            command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
            command.spawn().unwrap()
        })
        .collect();
    let mut said = String::new();
    for child in running {
        said += &CommandResult::from(child.wait_with_output().unwrap()).expect_success();
    }
    let files = files(&env);
    for file in &files {
        assert_eq!(said.matches(file.as_str()).count(), 1, "{file}: {said}");
    }
    let mut executed = env.sql().await.texts(EXECUTED).await;
    executed.sort();
    let mut expected = files;
    expected.sort();
    assert_eq!(executed, expected);
}

async fn a_second_run_executes_nothing(env: TestEnv) {
    let first = env.run(&["migrate"]).expect_success();
    assert_eq!(first.lines().count(), files(&env).len(), "{first}");
    let sql = env.sql().await;
    let rows = "SELECT feature || file || checksum || CAST(executed_at AS TEXT)
                FROM _migrations ORDER BY 1";
    let before = sql.texts(rows).await;
    let second = env.run(&["migrate"]).expect_success();
    assert_eq!(second, "nothing to do: the database is up to date\n");
    assert_eq!(sql.texts(rows).await, before);
    let status = env.run(&["migrate", "--status"]).expect_success();
    assert!(!status.contains("pending"), "{status}");
    assert_eq!(env.run(&["migrate", "--dry-run"]).expect_success(), "nothing is pending\n");
}

async fn a_dry_run_and_the_status_change_nothing(env: TestEnv) {
    let planned = env.run(&["migrate", "--dry-run"]).expect_success();
    let status = env.run(&["migrate", "--status"]).expect_success();
    assert_eq!(planned, status, "all migrations must be pending");
    assert!(planned.lines().all(|line| line.ends_with(" pending")), "{planned}");
    assert!(!env.folder().join("data").exists(), "it created a database");
    if !env.is_postgres() {
        env.load("").await;
        assert_eq!(env.run(&["migrate", "--status"]).expect_success(), status);
    }
    assert_eq!(env.sql().await.shape().await, [""; 0]);
    assert!(env.run(&["migrate", "--dry-run", "--status"]).expect_failure(2).contains("--status"));
}

async fn one_feature_alone_is_migrated(env: TestEnv) {
    let said = env.run(&["migrate", "--feature", "accounts"]).expect_success();
    assert!(said.lines().count() > 0 && said.lines().all(|it| it.starts_with("accounts/")));
    let output = env.run(&["migrate", "--feature", "nonsense"]).expect_failure(1);
    assert!(
        output.contains("unknown feature nonsense; the features are: security-log, "),
        "{output}"
    );
    let rest = env.run(&["migrate"]).expect_success();
    let is_again = rest.lines().any(|it| it.starts_with("accounts/"));
    assert!(!is_again && rest.contains("vehicles/"), "{rest}");
}

/// Asserts that `migrate` and `serve` refuse this database with a message that contains these words.
fn assert_refused(env: &TestEnv, words: &[&str]) {
    let outputs = [
        env.run(&["migrate"]).expect_failure(1),
        env.run(&["migrate", "--status"]).expect_failure(1),
        env.try_serve(&[]).map(|it| it.url.clone()).unwrap_err(),
        env.try_serve(&["--no-migrate"]).map(|it| it.url.clone()).unwrap_err(),
    ];
    for output in outputs {
        for word in words {
            assert!(output.contains(word), "{word:?} is not in {output:?}");
        }
    }
}

async fn a_changed_file_is_refused(env: TestEnv) {
    env.run(&["migrate"]).expect_success();
    let zeros = "0".repeat(64);
    let sql = format!(
        "UPDATE _migrations SET checksum = '{zeros}'
         WHERE feature = 'vehicles' AND file LIKE '001%'"
    );
    env.sql().await.execute(&sql).await;
    assert_refused(&env, &["vehicles/001_", "was changed", "put the change into a new migration"]);
}

/// Records a file as executed that this program does not have.
async fn record_executed(env: &TestEnv, feature: &str, file: &str) {
    env.run(&["migrate"]).expect_success();
    let sql = format!(
        "INSERT INTO _migrations (feature, file, checksum, executed_at)
         SELECT '{feature}', '{file}', checksum, executed_at FROM _migrations
         WHERE feature = 'vehicles' AND file LIKE '001%'"
    );
    env.sql().await.execute(&sql).await;
}

async fn a_missing_file_is_refused(env: TestEnv) {
    record_executed(&env, "vehicles", "001_before_the_last.sql").await;
    assert_refused(&env, &["vehicles/001_before_the_last.sql", "is missing", "restore the file"]);
}

async fn a_newer_database_is_refused(env: TestEnv) {
    record_executed(&env, "vehicles", "999_of_tomorrow.sql").await;
    assert_refused(&env, &["newer than this program", "999_of_tomorrow.sql", "start that newer"]);
    let rows = "DELETE FROM _migrations WHERE file = '999_of_tomorrow.sql'";
    env.sql().await.execute(rows).await;
    record_executed(&env, "tomorrow", "001_first.sql").await;
    assert_refused(
        &env,
        &["newer than this program", "tomorrow/001_first.sql", "restore a backup"],
    );
}

async fn migrations_killed_at_any_point_can_be_resumed(whole: TestEnv) {
    let started = Instant::now();
    whole.run(&["migrate"]).expect_success();
    let takes = started.elapsed();
    let shape = whole.sql().await.shape().await;
    let mut stopped_at = Vec::new();
    for nth in 0..8 {
        let env =
            if whole.is_postgres() { TestEnv::on_postgres().await } else { TestEnv::on_sqlite() };
        for _ in 0..2 {
            let mut child =
                env.command(&["migrate"]).stdout(std::process::Stdio::null()).spawn().unwrap();
            let jitter = Duration::from_micros(random(2000));
            std::thread::sleep(takes * nth / 8 + jitter);
            child.kill().unwrap();
            child.wait().unwrap();
        }
        let before = env.run(&["migrate", "--status"]).expect_success();
        stopped_at.push(before.matches(" executed ").count());
        env.run(&["migrate"]).expect_success();
        assert_eq!(env.sql().await.shape().await, shape);
        assert!(!env.run(&["migrate", "--status"]).expect_success().contains("pending"));
    }
    println!("files executed when killed: {stopped_at:?} (uninterrupted: {takes:?})");
}
