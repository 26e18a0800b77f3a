use serde_json::json;

use crate::testing::{Answer, TestApp, cookie_of, on_every_engine};

on_every_engine![
    of_ten_thousand_guesses_from_one_address_twenty_are_checked,
    of_ten_thousand_guesses_from_a_thousand_addresses_twenty_are_checked,
    an_address_guesses_a_hundred_times_at_whatever_accounts,
    an_address_of_version_six_is_as_large_as_its_network,
    who_is_at_a_budgets_end_has_some_again_after_an_hour,
    the_right_password_is_not_counted,
    an_unknown_address_has_the_same_budget,
    guesses_at_once_are_counted_one_by_one,
    another_instance_counts_on,
    what_one_account_is_known_by_opens_no_other,
];

const PASSWORD: &str = "correct horse battery";
const HOME: &str = "198.51.100.7";

async fn log_in(app: &TestApp, email: &str, password: &str) -> Answer {
    app.post("/api/auth/login", json!({ "email": email, "password": password })).await
}

/// Guesses at Ann's password, each time from the next of these addresses; how many were checked.
async fn guess(app: &TestApp, addresses: &[String], guesses: usize) -> usize {
    let mut checked = 0;
    for nth in 0..guesses {
        let stranger = app.nobody().asking_from(&addresses[nth % addresses.len()]);
        let refused = log_in(&stranger, "ann@example.org", "a guess").await;
        match refused.status {
            401 => checked += 1,
            429 => assert!(!refused.header("retry-after").is_empty()),
            other => panic!("{other}: {refused:?}"),
        }
    }
    checked
}

/// Ann, who has an account and has signed in at home; the browser that she did it with.
async fn ann(app: &TestApp) -> TestApp {
    let home = app.nobody().asking_from(HOME);
    let new = json!({ "email": "ann@example.org", "password": PASSWORD });
    let answer = home.post("/api/auth/register", new).await;
    let cookies = answer.headers.get_all("set-cookie").iter();
    let cookies: Vec<_> =
        cookies.map(|it| it.to_str().unwrap().split(';').next().unwrap().to_owned()).collect();
    assert!(cookies[1].starts_with("device="), "{cookies:?}");
    home.with_cookie(Some(cookies.join("; ")))
}

/// The browser once its session has ended: what is left is what it is known by.
fn signed_out(ann: &TestApp) -> TestApp {
    let cookie = ann.cookie().unwrap().split("; ").nth(1).unwrap().to_owned();
    ann.with_cookie(Some(cookie))
}

async fn of_ten_thousand_guesses_from_one_address_twenty_are_checked(app: TestApp) {
    let ann = ann(&app).await;
    // From where Ann herself comes, with all that the budget has.
    let checked = guess(&app, &[HOME.to_owned()], 10_000).await;
    assert_eq!(checked, 20);
    // Her session goes on and her browser is known; another browser at her place is not.
    assert_eq!(ann.get("/api/auth/me").await.status, 200);
    assert_eq!(log_in(&signed_out(&ann), "ann@example.org", PASSWORD).await.status, 200);
    let other = app.nobody().asking_from(HOME);
    assert_eq!(log_in(&other, "ann@example.org", PASSWORD).await.status, 429);
}

async fn of_ten_thousand_guesses_from_a_thousand_addresses_twenty_are_checked(app: TestApp) {
    let ann = ann(&app).await;
    let addresses: Vec<_> =
        (0..1_000).map(|nth| format!("203.0.{}.{}", nth / 250, nth % 250 + 1)).collect();
    let checked = guess(&app, &addresses, 10_000).await;
    assert!((1..=20).contains(&checked), "{checked}");
    // From home she gets in with any browser, and from anywhere with her own.
    let at_home = app.nobody().asking_from(HOME);
    assert_eq!(log_in(&at_home, "ann@example.org", PASSWORD).await.status, 200);
    let away = signed_out(&ann).asking_from("192.0.2.99");
    assert_eq!(log_in(&away, "ann@example.org", PASSWORD).await.status, 200);
    // What is left to her place is within the twenty.
    let more = guess(&app, &[HOME.to_owned()], 30).await;
    assert_eq!(checked + more, 20);
}

async fn an_address_guesses_a_hundred_times_at_whatever_accounts(app: TestApp) {
    let stranger = app.nobody().asking_from("192.0.2.1");
    let mut checked = 0;
    for nth in 0..120 {
        let answer = log_in(&stranger, &format!("user{nth}@example.org"), "a guess").await;
        checked += usize::from(answer.status == 401);
    }
    assert_eq!(checked, 100);
    let other = app.nobody().asking_from("192.0.2.2");
    assert_eq!(log_in(&other, "user200@example.org", "a guess").await.status, 401);
}

async fn an_address_of_version_six_is_as_large_as_its_network(app: TestApp) {
    let mut checked = 0;
    for nth in 0..120 {
        let stranger = app.nobody().asking_from(&format!("2001:db8:1:2::{nth:x}"));
        let answer = log_in(&stranger, &format!("user{nth}@example.org"), "a guess").await;
        checked += usize::from(answer.status == 401);
    }
    assert_eq!(checked, 100);
}

async fn who_is_at_a_budgets_end_has_some_again_after_an_hour(app: TestApp) {
    ann(&app).await;
    let stranger = ["192.0.2.1".to_owned()];
    for _ in 0..15 {
        assert_eq!(guess(&app, &stranger, 1).await, 1);
        app.app.clock.advance(chrono::TimeDelta::minutes(2));
    }
    assert_eq!(guess(&app, &stranger, 1).await, 0);
    let refused =
        log_in(&app.nobody().asking_from("192.0.2.1"), "ann@example.org", "a guess").await;
    // The first was half an hour ago.
    assert_eq!(refused.header("retry-after"), "1800");
    app.app.clock.advance(chrono::TimeDelta::minutes(30));
    assert_eq!(guess(&app, &stranger, 2).await, 1);
}

async fn the_right_password_is_not_counted(app: TestApp) {
    ann(&app).await;
    let stranger = app.nobody().asking_from("192.0.2.1");
    for _ in 0..30 {
        assert_eq!(log_in(&stranger, "ann@example.org", PASSWORD).await.status, 200);
    }
    assert_eq!(guess(&app, &["203.0.113.1".to_owned()], 30).await, 15);
}

async fn an_unknown_address_has_the_same_budget(app: TestApp) {
    ann(&app).await;
    let mut answers = Vec::new();
    for email in ["ann@example.org", "nobody@example.org"] {
        let stranger = app.nobody().asking_from("192.0.2.1");
        let mut told = Vec::new();
        for _ in 0..18 {
            let answer = log_in(&stranger, email, "a guess").await;
            told.push((answer.status, answer.body));
        }
        answers.push(told);
    }
    assert_eq!(answers[0], answers[1]);
}

async fn guesses_at_once_are_counted_one_by_one(app: TestApp) {
    ann(&app).await;
    let stranger = app.nobody().asking_from("192.0.2.1");
    let at_once = (0..40).map(|_| log_in(&stranger, "ann@example.org", "a guess"));
    let answers = futures::future::join_all(at_once).await;
    assert_eq!(answers.iter().filter(|it| it.status == 401).count(), 15, "{answers:?}");
}

async fn another_instance_counts_on(app: TestApp) {
    ann(&app).await;
    assert_eq!(guess(&app, &["192.0.2.1".to_owned()], 10).await, 10);
    let other = app.another_instance();
    assert_eq!(guess(&other, &["192.0.2.2".to_owned()], 10).await, 5);
    // A session of one is a session of the other.
    let ann = log_in(&other.nobody().asking_from(HOME), "ann@example.org", PASSWORD).await;
    assert_eq!(app.with_cookie(cookie_of(&ann)).get("/api/auth/me").await.status, 200);
}

async fn what_one_account_is_known_by_opens_no_other(app: TestApp) {
    ann(&app).await;
    // Bob's browser, session and network are his.
    let bob = app.nobody().asking_from("192.0.2.1");
    let new = json!({ "email": "bob@example.org", "password": PASSWORD });
    let answer = bob.post("/api/auth/register", new).await;
    let cookies = answer.headers.get_all("set-cookie").iter();
    let cookies: Vec<_> =
        cookies.map(|it| it.to_str().unwrap().split(';').next().unwrap().to_owned()).collect();
    let bob = bob.with_cookie(Some(cookies.join("; ")));
    let mut checked = 0;
    for _ in 0..25 {
        checked += usize::from(log_in(&bob, "ann@example.org", "a guess").await.status == 401);
    }
    assert_eq!(checked, 15);
}
