//! Creating accounts on the command line: `users create`, and the first administrator in the settings.

use std::{
    io::{Read as _, Write as _},
    process::{Command, Stdio},
};

use crate::support::{Client, CommandResult, TestEnv};

on_every_engine!(
    an_account_is_created_with_a_password_from_standard_input_or_a_file,
    the_first_administrator_in_the_settings_is_created_at_the_first_start_only,
    a_first_administrator_without_a_good_password_stops_the_start,
);

const PASSWORD: &str = "correct horse battery";

/// Runs a command with this standard input.
fn with_input(mut command: Command, input: &str) -> CommandResult {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // The command may exit without reading its input.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    CommandResult::from(child.wait_with_output().unwrap())
}

async fn an_account_is_created_with_a_password_from_standard_input_or_a_file(env: TestEnv) {
    env.run(&["migrate"]).expect_success();
    let create = ["users", "create", "--email"];
    let first = env.command(&[&create[..], &["ann@example.org", "--name", "Ann"]].concat());
    let printed = with_input(first, &format!("{PASSWORD}\nanother line\n")).expect_success();
    assert!(printed.starts_with("created ann@example.org, an administrator"), "{printed}");

    // While the service is running: it can use the account immediately.
    let service = env.serve();
    let file = env.folder().join("password");
    std::fs::write(&file, format!("{PASSWORD}\n")).unwrap();
    let from_file = ["bea@example.org", "--password-file", "password", "--administrator"];
    let printed = env.run(&[&create[..], &from_file].concat()).expect_success();
    assert_eq!(printed, "created bea@example.org, an administrator\n");
    for email in ["ann@example.org", "bea@example.org"] {
        let client = Client::sign_in(&service.url, email, PASSWORD).await;
        assert_eq!(client.account["isAdmin"], true);
    }

    let short = with_input(env.command(&[&create[..], &["cid@example.org"]].concat()), "short\n");
    let refused = short.expect_failure(1);
    assert!(refused.contains("password: must have at least 8 characters"), "{refused}");
    // Standard input is empty.
    let refused = env.run(&[&create[..], &["cid"]].concat()).expect_failure(1);
    for words in ["email: must be an email address", "password: is required"] {
        assert!(refused.contains(words), "{words:?} is not in {refused}");
    }
    let refused =
        env.run(&[&create[..], &["ANN@example.org", "--password-file", "password"]].concat());
    let refused = refused.expect_failure(1);
    assert!(refused.contains("an account with this email address already exists"), "{refused}");
    assert_eq!(env.run(&["users", "list"]).expect_success().lines().count(), 2);
}

#[test]
fn a_password_that_is_typed_at_a_terminal_is_not_shown() {
    let env = TestEnv::on_sqlite();
    env.run(&["migrate"]).expect_success();
    let program = env.command(&[]);
    let line = "users create --email ann@example.org";
    let line = format!("{} {line}", program.get_program().to_str().unwrap());
    // `script` runs a command in a terminal that is connected to these pipes.
    let mut script = Command::new("script");
    script.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
    script.env_clear().envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    script.current_dir(env.folder()).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = script.env("PATH", "/usr/bin:/bin").spawn().unwrap();
    let (mut input, mut output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let mut shown = Vec::new();
    while !shown.ends_with(b"Password: ") {
        let mut byte = [0];
        output.read_exact(&mut byte).unwrap();
        shown.push(byte[0]);
    }
    input.write_all(format!("{PASSWORD}\n").as_bytes()).unwrap();
    output.read_to_end(&mut shown).unwrap();
    let shown = String::from_utf8(shown).unwrap();
    assert!(child.wait().unwrap().success(), "{shown}");
    assert!(shown.contains("created ann@example.org"), "{shown}");
    assert!(!shown.contains(PASSWORD), "{shown}");
}

/// Listens on all addresses, so that the first account needs the setup token.
fn with_first_administrator(env: TestEnv) -> TestEnv {
    let file = env.folder().join("first-password");
    std::fs::write(&file, format!("{PASSWORD}\n")).unwrap();
    env.with("MVP__SERVER__ADDRESS", "0.0.0.0:0")
        .with("MVP__AUTH__FIRST_ADMINISTRATOR", "ann@example.org")
        .with("MVP__AUTH__FIRST_ADMINISTRATOR_PASSWORD_FILE", file.to_str().unwrap())
}

async fn the_first_administrator_in_the_settings_is_created_at_the_first_start_only(env: TestEnv) {
    let env = with_first_administrator(env);
    let service = env.serve();
    let log = service.log();
    assert!(log.contains("Created auth.first_administrator"), "{log}");
    assert!(!log.contains(PASSWORD), "{log}");
    let near = service.url.replace("0.0.0.0", "127.0.0.1");
    let client = Client::sign_in(&near, "ann@example.org", PASSWORD).await;
    assert_eq!(client.account["isAdmin"], true);
    let printed = service.stop_and_read_output();
    assert!(!printed.contains("setup token"), "{printed}");

    // Once an account exists, the settings have no effect.
    let env = env.with("MVP__AUTH__FIRST_ADMINISTRATOR", "bea@example.org");
    std::fs::write(env.folder().join("first-password"), "another password").unwrap();
    let service = env.serve();
    let log = service.log();
    let ignored = log.lines().filter(|it| it.contains("auth.first_administrator is ignored"));
    assert_eq!(ignored.count(), 1, "{log}");
    assert!(!service.stop_and_read_output().contains("setup token"));
    let list = env.run(&["users", "list"]).expect_success();
    assert!(list.starts_with("ann@example.org") && list.lines().count() == 1, "{list}");
}

async fn a_first_administrator_without_a_good_password_stops_the_start(env: TestEnv) {
    let env = with_first_administrator(env);
    std::fs::write(env.folder().join("first-password"), "short").unwrap();
    let refused = env.try_serve(&[]).map(|it| it.url.clone()).unwrap_err();
    let words = "auth.first_administrator_password: must have at least 8 characters";
    assert!(refused.contains(words) && refused.contains("exit status: 1"), "{refused}");
    let checked = env.run(&["check"]);
    assert_eq!(checked.code, Some(1), "{checked:?}");
    assert!(checked.out.contains(&format!("first administrator: {words}")), "{checked:?}");
}

#[test]
fn the_setup_token_is_printed_without_a_first_administrator() {
    let service = TestEnv::empty().with("MVP__SERVER__ADDRESS", "0.0.0.0:0").serve();
    let printed = service.stop_and_read_output();
    assert!(printed.contains("enter this setup token"), "{printed}");
}
