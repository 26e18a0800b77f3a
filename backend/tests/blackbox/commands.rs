//! Commands that work on a database: they print which one, create none, and report the cause of errors.

use crate::support::{CommandResult, TestEnv};

on_every_engine!(
    commands_print_which_database_they_use,
    a_command_on_an_empty_database_reports_missing_tables,
);

/// A secret that must not appear in any output.
const CANARY: &str = "xyzzy-canary";

/// The commands that work on a database and must not create one.
fn commands(env: &TestEnv) -> Vec<Vec<&'static str>> {
    std::fs::write(env.folder().join("stations.csv"), "name,latitude,longitude\nA,1,2\n").unwrap();
    std::fs::write(env.folder().join("password"), "correct horse battery\n").unwrap();
    vec![
        vec!["users", "list"],
        vec!["users", "create", "--email", "bea@example.org", "--password-file", "password"],
        vec!["users", "reset", "ann@example.org"],
        vec!["users", "make-admin", "ann@example.org"],
        vec!["stations", "import", "stations.csv"],
        vec!["vin", "--clean-cache"],
        vec!["secrets", "discard"],
    ]
}

/// Asserts that the command failed, and that its error is specific and contains no secret.
#[track_caller]
fn error_of(result: CommandResult) -> String {
    let output = result.expect_failure(1);
    assert!(!output.contains("something went wrong") && !output.contains(CANARY), "{output}");
    output
}

fn database(env: &TestEnv) -> String {
    if env.is_postgres() {
        return "using the PostgreSQL database test_".to_owned();
    }
    let path = env.folder().join("data/motovaultpro.db");
    format!("using the SQLite database {}", path.display())
}

async fn commands_print_which_database_they_use(env: TestEnv) {
    let named = database(&env);
    let migrated = env.run(&["migrate"]);
    assert!(migrated.err.contains(&named), "{migrated:?}");
    let service = env.serve();
    service.register("ann@example.org").await;
    for command in commands(&env) {
        let result = env.run(&command);
        assert_eq!(result.code, Some(0), "{result:?}");
        assert!(result.err.contains(&named), "{result:?}");
    }
    let output = error_of(env.run(&["users", "reset", "nobody@example.org"]));
    assert!(output.contains("account") && output.contains(&named), "{output}");
    // The cause is the database's error.
    env.sql().await.execute("ALTER TABLE accounts RENAME TO others").await;
    let output = error_of(env.run(&["users", "list"]));
    assert!(output.contains("accounts") && output.contains(&named), "{output}");
}

async fn a_command_on_an_empty_database_reports_missing_tables(env: TestEnv) {
    if !env.is_postgres() {
        env.load("").await;
    }
    for command in commands(&env) {
        let output = error_of(env.run(&command));
        assert!(output.contains("has none of MotoVaultPro's tables"), "{output}");
        assert!(
            output.contains("motovaultpro migrate") && output.contains(&database(&env)),
            "{output}"
        );
    }
    assert_eq!(env.sql().await.shape().await, [""; 0]);
}

/// A forgotten or mistyped URL.
#[test]
fn commands_never_create_a_database() {
    let env = TestEnv::on_sqlite().with("MVP__BACKUP__FOLDER", "backups");
    let mut commands = commands(&env);
    commands.push(vec!["backup", "create"]);
    for command in commands {
        let output = error_of(env.run(&command));
        let path = env.folder().join("data/motovaultpro.db");
        assert!(
            output.contains(&format!("the database {} does not exist", path.display())),
            "{output}"
        );
        assert!(!env.folder().join("data").exists(), "{command:?}");
    }
    for command in [&["migrate", "--status"][..], &["migrate", "--dry-run"]] {
        assert!(env.run(command).expect_success().contains(" pending"));
        assert!(!env.folder().join("data").exists(), "{command:?}");
    }
    assert!(
        !env.run(&["backup", "list"]).expect_success().contains("sqlite"),
        "an empty database was backed up"
    );
}

#[test]
fn only_databases_of_this_program_are_backed_up() {
    let env = TestEnv::on_sqlite().with("MVP__BACKUP__FOLDER", "backups");
    std::fs::create_dir(env.folder().join("data")).unwrap();
    for content in ["", "a letter, say, and long enough to be looked at"] {
        std::fs::write(env.folder().join("data/motovaultpro.db"), content).unwrap();
        error_of(env.run(&["backup", "create"]));
    }
    assert!(
        !env.run(&["backup", "list"]).expect_success().contains("sqlite"),
        "an empty database was backed up"
    );
}

#[test]
fn an_unreachable_database_is_reported_without_its_password() {
    let url = format!("postgres://ann:{CANARY}@127.0.0.1:1/cars");
    let env = TestEnv::empty().with("MVP__DATABASE__URL", &url);
    for command in commands(&env) {
        let output = error_of(env.run(&command));
        assert!(output.contains("the PostgreSQL database cars at 127.0.0.1:1"), "{output}");
        assert!(output.contains("cannot be reached"), "{output}");
    }
}
