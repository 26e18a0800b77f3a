//! What the program reports about its surroundings: folders that it can't write to, and proxies that
//! it doesn't trust.

use std::{
    os::unix::{fs::PermissionsExt as _, process::CommandExt as _},
    path::{Path, PathBuf},
    process::Command,
};

use crate::support::{Client, CommandResult, TestEnv, current_program};

on_every_engine![
    a_folder_that_cannot_be_written_is_explained,
    a_proxy_that_is_not_trusted_is_reported_once_a_minute,
];

/// The env for another user than root, whom no mode stops.
fn for_another_user(env: TestEnv) -> TestEnv {
    let program = env.folder().join("motovaultpro");
    // By another process: while this one writes to it, a test that starts something else would keep it
    // from being run.
    let copied = Command::new("cp").arg(current_program()).arg(&program).status().unwrap();
    assert!(copied.success());
    set_mode(&program, 0o755);
    set_mode(env.folder(), 0o777);
    env.with_program(&program)
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// Runs the program as somebody who is not root.
fn run_unprivileged(env: &TestEnv, arguments: &[&str]) -> CommandResult {
    let mut command = env.command(arguments);
    if rustix::process::geteuid().is_root() {
        command.uid(65_534).gid(65_534);
    }
    CommandResult::from(command.output().unwrap())
}

#[track_caller]
fn is_explained(ran: CommandResult, path: &Path, mode: &str) {
    let complaint = ran.expect_failure(1);
    let folder = format!("folder {} belongs to user ", path.display());
    for words in [folder.as_str(), &format!("has mode {mode}"), "this process runs as user "] {
        assert!(complaint.contains(words), "{words:?} is not in {complaint}");
    }
}

/// A folder that nobody but root can write to.
fn locked(env: &TestEnv, name: &str) -> PathBuf {
    let folder = env.folder().join(name);
    std::fs::create_dir(&folder).unwrap();
    set_mode(&folder, 0o555);
    folder
}

async fn a_folder_that_cannot_be_written_is_explained(env: TestEnv) {
    let env = for_another_user(env);
    // Where SQLite's database is created; with PostgreSQL, the key.
    let data = locked(&env, "data");
    is_explained(run_unprivileged(&env, &["serve"]), &data, "0555");

    if env.is_postgres() {
        return;
    }
    set_mode(&data, 0o777);
    let migrated = run_unprivileged(&env, &["migrate"]);
    assert_eq!(migrated.code, Some(0), "{migrated:?}");
    let backups = locked(&env, "backups");
    let env = env.with("MVP__BACKUP__FOLDER", backups.to_str().unwrap());
    is_explained(run_unprivileged(&env, &["backup", "create"]), &backups, "0555");
    set_mode(&data, 0o555);
    is_explained(run_unprivileged(&env, &["serve"]), &data, "0555");
}

async fn a_proxy_that_is_not_trusted_is_reported_once_a_minute(env: TestEnv) {
    let requests = async |env: &TestEnv, header: &str| {
        let service = env.serve();
        let http = reqwest::Client::new();
        for _ in 0..3 {
            let request = http.get(format!("{}/health", service.url));
            request.header(header, "192.0.2.1").send().await.unwrap();
        }
        service.log().matches("server.trusted_proxies").count()
    };
    // As a client of ours, which installs what TLS needs.
    drop(Client::anonymous("http://127.0.0.1:1"));
    assert_eq!(requests(&env, "x-forwarded-for").await, 1);
    assert_eq!(requests(&env, "forwarded").await, 1);
    assert_eq!(requests(&env, "x-other").await, 0);
    let env = env.with("MVP__SERVER__TRUSTED_PROXIES", "127.0.0.1");
    assert_eq!(requests(&env, "x-forwarded-for").await, 0);
}
