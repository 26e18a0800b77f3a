//! Problems in the environment: folders without write permission, and proxies that are not trusted.

use std::{
    os::unix::{fs::PermissionsExt as _, process::CommandExt as _},
    path::{Path, PathBuf},
    process::Command,
};

use crate::support::{Client, CommandResult, TestEnv, current_program};

on_every_engine![an_unwritable_folder_is_reported, an_untrusted_proxy_is_reported_once_a_minute,];

/// The environment for a user other than root, to whom file modes apply.
fn for_another_user(env: TestEnv) -> TestEnv {
    let program = env.folder().join("motovaultpro");
    // Copied by another process: an executable that is open for writing cannot be run, and a child of a
    // concurrent test could inherit the open file.
    let copied = Command::new("cp").arg(current_program()).arg(&program).status().unwrap();
    assert!(copied.success());
    set_mode(&program, 0o755);
    set_mode(env.folder(), 0o777);
    env.with_program(&program)
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// Runs the program as a user other than root.
fn run_unprivileged(env: &TestEnv, arguments: &[&str]) -> CommandResult {
    let mut command = env.command(arguments);
    if rustix::process::geteuid().is_root() {
        command.uid(65_534).gid(65_534);
        // That user cannot write there.
        command.env_remove("STATEMENTS_RUN");
    }
    CommandResult::from(command.output().unwrap())
}

#[track_caller]
fn assert_explained(result: CommandResult, path: &Path, mode: &str) {
    let complaint = result.expect_failure(1);
    let folder = format!("folder {} belongs to user ", path.display());
    for words in [folder.as_str(), &format!("has mode {mode}"), "this process runs as user "] {
        assert!(complaint.contains(words), "{words:?} is not in {complaint}");
    }
}

/// A folder that only root can write to.
fn locked(env: &TestEnv, name: &str) -> PathBuf {
    let folder = env.folder().join(name);
    std::fs::create_dir(&folder).unwrap();
    set_mode(&folder, 0o555);
    folder
}

async fn an_unwritable_folder_is_reported(env: TestEnv) {
    let env = for_another_user(env);
    // The folder of the SQLite database; with PostgreSQL, of the key.
    let data = locked(&env, "data");
    assert_explained(run_unprivileged(&env, &["serve"]), &data, "0555");

    if env.is_postgres() {
        return;
    }
    set_mode(&data, 0o777);
    let migrated = run_unprivileged(&env, &["migrate"]);
    assert_eq!(migrated.code, Some(0), "{migrated:?}");
    let backups = locked(&env, "backups");
    let env = env.with("MVP__BACKUP__FOLDER", backups.to_str().unwrap());
    assert_explained(run_unprivileged(&env, &["backup", "create"]), &backups, "0555");
    set_mode(&data, 0o555);
    assert_explained(run_unprivileged(&env, &["serve"]), &data, "0555");
}

async fn an_untrusted_proxy_is_reported_once_a_minute(env: TestEnv) {
    let requests = async |env: &TestEnv, header: &str| {
        let service = env.serve();
        let http = reqwest::Client::new();
        for _ in 0..3 {
            let request = http.get(format!("{}/health", service.url));
            request.header(header, "192.0.2.1").send().await.unwrap();
        }
        service.log().matches("server.trusted_proxies").count()
    };
    // Creating a client installs the TLS provider.
    drop(Client::anonymous("http://127.0.0.1:1"));
    assert_eq!(requests(&env, "x-forwarded-for").await, 1);
    assert_eq!(requests(&env, "forwarded").await, 1);
    assert_eq!(requests(&env, "x-other").await, 0);
    let env = env.with("MVP__SERVER__TRUSTED_PROXIES", "127.0.0.1");
    assert_eq!(requests(&env, "x-forwarded-for").await, 0);
}
