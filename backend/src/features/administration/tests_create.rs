//! Tests of accounts that operators create.

use std::path::Path;

use serde_json::json;

use super::{
    Command, run,
    tests::{PASSWORD, id_of, log_in},
};
use crate::{
    core::{
        Error,
        config::{Registration, Secret},
        error::describe,
    },
    features::accounts,
    testing::{TestApp, cookie_of, on_every_engine},
};

on_every_engine![
    the_command_line_creates_accounts_while_registration_is_closed,
    every_invalid_field_is_reported,
    the_first_account_created_on_the_command_line_is_an_administrator,
    the_configured_first_administrator_is_created_once,
    instances_starting_together_create_one_first_administrator,
    an_invalid_first_administrator_is_reported_by_its_setting,
];

/// Returns a command that creates an account with the password in this file.
fn creation(email: &str, password: &Path, administrator: bool) -> Command {
    Command::Create {
        email: email.to_owned(),
        name: Some("Ann".to_owned()),
        administrator,
        password_file: Some(password.to_owned()),
    }
}

fn password_file(text: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    file
}

async fn the_command_line_creates_accounts_while_registration_is_closed(app: TestApp) {
    let app = app.reconfigured(|config| config.auth.registration = Registration::Closed);
    let file = password_file("correct horse battery\n");
    let printed = run(&app.app, &creation("ann@example.org", file.path(), false)).await.unwrap();
    assert_eq!(printed, "created ann@example.org\n");
    let printed = run(&app.app, &creation("bea@example.org", file.path(), true)).await.unwrap();
    assert_eq!(printed, "created bea@example.org, an administrator\n");
    let ann = log_in(&app, "ann@example.org", PASSWORD).await;
    assert_eq!((ann.status, &ann.body["isAdmin"]), (200, &json!(false)));
    assert_eq!(ann.body["displayName"], "Ann");
    let bea = log_in(&app, "bea@example.org", PASSWORD).await;
    assert_eq!((bea.status, &bea.body["isAdmin"]), (200, &json!(true)));

    let admin = app.as_administrator().await;
    let of_bea = id_of(&admin, "bea@").await;
    for kind in ["registered", "administrator-made"] {
        let log = format!("/api/admin/security-log?userId={of_bea}&kind={kind}");
        let log = admin.get(&log).await;
        assert_eq!(log.body["items"][0]["detail"], "at the command line", "{log:?}");
    }
}

async fn every_invalid_field_is_reported(app: TestApp) {
    let refused = async |email: &str, password: &str| {
        let file = password_file(password);
        match run(&app.app, &creation(email, file.path(), false)).await.unwrap_err() {
            Error::Invalid(faults) => describe(&faults),
            other => other.to_string(),
        }
    };
    assert_eq!(
        refused("ann@example.org", "short\n").await,
        "password: must have at least 8 characters"
    );
    let both = refused("ann", "").await;
    assert!(both.contains("email: must be an email address"), "{both}");
    assert!(both.contains("password: is required"), "{both}");
    let taken = refused("ADMIN@example.org", PASSWORD).await;
    assert_eq!(taken, "an account with this email address already exists");
    let missing = creation("ann@example.org", Path::new("/nowhere/password"), false);
    let Error::Invalid(faults) = run(&app.app, &missing).await.unwrap_err() else {
        panic!("a missing file must be reported as an invalid field");
    };
    let missing = describe(&faults);
    assert!(missing.starts_with("password-file: can’t be read: /nowhere/password: "), "{missing}");
    assert_eq!(run(&app.app, &Command::List).await.unwrap().lines().count(), 1);
}

async fn the_first_account_created_on_the_command_line_is_an_administrator(app: TestApp) {
    app.delete_all_accounts().await;
    let file = password_file(PASSWORD);
    let printed = run(&app.app, &creation("ann@example.org", file.path(), false)).await.unwrap();
    assert!(printed.starts_with("created ann@example.org, an administrator"), "{printed}");
    let ann = log_in(&app, "ann@example.org", PASSWORD).await;
    assert_eq!((ann.status, &ann.body["isAdmin"]), (200, &json!(true)));
    // The second account is not an administrator.
    run(&app.app, &creation("bea@example.org", file.path(), false)).await.unwrap();
    let bea = log_in(&app, "bea@example.org", PASSWORD).await;
    assert_eq!((bea.status, &bea.body["isAdmin"]), (200, &json!(false)));
}

fn with_first_administrator(app: &TestApp, email: &str, password: Option<&str>) -> TestApp {
    app.reconfigured(|config| {
        config.auth.first_administrator = Some(email.to_owned());
        config.auth.first_administrator_password = password.map(|it| Secret::new(it.to_owned()));
        // The service is reachable by others, so the first account would need the setup token.
        config.server.address = "0.0.0.0:3001".parse().unwrap();
    })
}

async fn the_configured_first_administrator_is_created_once(app: TestApp) {
    app.delete_all_accounts().await;
    let app = with_first_administrator(&app, "ann@example.org", Some(PASSWORD));
    assert!(accounts::setup_token(&app.app).await.unwrap().is_some());
    accounts::create_first_administrator(&app.app).await.unwrap();
    assert!(accounts::setup_token(&app.app).await.unwrap().is_none());
    let ann = log_in(&app, "ann@example.org", PASSWORD).await;
    assert_eq!((ann.status, &ann.body["isAdmin"]), (200, &json!(true)));

    // Another address or password changes nothing, and the password is not needed any more.
    for (email, password) in [
        ("bea@example.org", Some(PASSWORD)),
        ("ann@example.org", Some("another password")),
        ("ann@example.org", None),
    ] {
        let again = with_first_administrator(&app, email, password);
        accounts::create_first_administrator(&again.app).await.unwrap();
    }
    assert_eq!(run(&app.app, &Command::List).await.unwrap().lines().count(), 1);
    assert_eq!(log_in(&app, "ann@example.org", PASSWORD).await.status, 200);
    let ann = app.with_cookie(cookie_of(&ann));
    let log = ann.get("/api/admin/security-log?kind=registered").await;
    assert_eq!(log.body["items"][0]["detail"], "by auth.first_administrator");
}

async fn instances_starting_together_create_one_first_administrator(app: TestApp) {
    app.delete_all_accounts().await;
    let one = with_first_administrator(&app, "ann@example.org", Some(PASSWORD));
    let two = with_first_administrator(&app, "bea@example.org", Some(PASSWORD));
    let same = with_first_administrator(&app, "ann@example.org", Some(PASSWORD));
    let started = futures_util::join!(
        accounts::create_first_administrator(&one.app),
        accounts::create_first_administrator(&two.app),
        accounts::create_first_administrator(&same.app),
    );
    assert!(matches!(started, (Ok(()), Ok(()), Ok(()))), "{started:?}");
    let list = run(&app.app, &Command::List).await.unwrap();
    assert_eq!(list.lines().count(), 1, "{list}");
    assert!(list.contains(" administrator "), "{list}");
}

async fn an_invalid_first_administrator_is_reported_by_its_setting(app: TestApp) {
    app.delete_all_accounts().await;
    for (email, password, words) in [
        ("ann", Some(PASSWORD), "auth.first_administrator: must be an email address"),
        (
            "ann@example.org",
            Some("short"),
            "auth.first_administrator_password: must have at least 8",
        ),
        ("ann@example.org", None, "auth.first_administrator_password: is required"),
    ] {
        let app = with_first_administrator(&app, email, password);
        let Error::Invalid(faults) =
            accounts::create_first_administrator(&app.app).await.unwrap_err()
        else {
            panic!("{words}");
        };
        let refused = describe(&faults);
        assert!(refused.contains(words), "{refused}");
    }
    assert_eq!(run(&app.app, &Command::List).await.unwrap(), "");
}
