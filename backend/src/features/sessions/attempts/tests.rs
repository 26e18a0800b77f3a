use serde_json::json;

use crate::testing::{TestApp, TestResponse, cookie_of, on_every_engine};

on_every_engine![
    guesses_from_one_address_are_limited_to_twenty,
    guesses_from_a_thousand_addresses_are_limited_to_twenty,
    guesses_from_one_address_at_any_accounts_are_limited_to_a_hundred,
    ipv6_addresses_are_counted_by_network,
    attempts_are_allowed_again_after_an_hour,
    a_correct_password_is_not_counted,
    an_unknown_email_has_the_same_attempt_limit,
    concurrent_guesses_are_counted_individually,
    instances_share_attempt_counts,
    a_device_known_to_one_account_is_not_trusted_by_another,
];

const PASSWORD: &str = "correct horse battery";
const HOME: &str = "198.51.100.7";

async fn log_in(app: &TestApp, email: &str, password: &str) -> TestResponse {
    app.post("/api/auth/login", json!({ "email": email, "password": password })).await
}

/// Guesses Ann's password from each of the addresses in turn. Returns how many guesses were checked.
async fn guess(app: &TestApp, addresses: &[String], guesses: usize) -> usize {
    let mut checked = 0;
    for nth in 0..guesses {
        let stranger = app.anonymous().with_client_ip(&addresses[nth % addresses.len()]);
        let refused = log_in(&stranger, "ann@example.org", "a guess").await;
        match refused.status {
            401 => checked += 1,
            429 => assert!(!refused.header("retry-after").is_empty()),
            other => panic!("{other}: {refused:?}"),
        }
    }
    checked
}

/// Registers Ann from her home address. Returns the browser that she used.
async fn register_ann(app: &TestApp) -> TestApp {
    let home = app.anonymous().with_client_ip(HOME);
    let new = json!({ "email": "ann@example.org", "password": PASSWORD });
    let answer = home.post("/api/auth/register", new).await;
    let cookies = answer.headers.get_all("set-cookie").iter();
    let cookies: Vec<_> =
        cookies.map(|it| it.to_str().unwrap().split(';').next().unwrap().to_owned()).collect();
    assert!(cookies[1].starts_with("device="), "{cookies:?}");
    home.with_cookie(Some(cookies.join("; ")))
}

/// The browser without its session. It keeps the device cookie.
fn signed_out(ann: &TestApp) -> TestApp {
    let cookie = ann.cookie().unwrap().split("; ").nth(1).unwrap().to_owned();
    ann.with_cookie(Some(cookie))
}

async fn guesses_from_one_address_are_limited_to_twenty(app: TestApp) {
    let ann = register_ann(&app).await;
    // The guesses come from Ann's own network, so they can use the whole limit.
    let checked = guess(&app, &[HOME.to_owned()], 10_000).await;
    assert_eq!(checked, 20);
    // Her session and her browser still work. Another browser in the same network does not.
    assert_eq!(ann.get("/api/auth/me").await.status, 200);
    assert_eq!(log_in(&signed_out(&ann), "ann@example.org", PASSWORD).await.status, 200);
    let other = app.anonymous().with_client_ip(HOME);
    assert_eq!(log_in(&other, "ann@example.org", PASSWORD).await.status, 429);
}

async fn guesses_from_a_thousand_addresses_are_limited_to_twenty(app: TestApp) {
    let ann = register_ann(&app).await;
    let addresses: Vec<_> =
        (0..1_000).map(|nth| format!("203.0.{}.{}", nth / 250, nth % 250 + 1)).collect();
    let checked = guess(&app, &addresses, 10_000).await;
    assert!((1..=20).contains(&checked), "{checked}");
    // She can sign in from home with any browser, and from anywhere with her own.
    let at_home = app.anonymous().with_client_ip(HOME);
    assert_eq!(log_in(&at_home, "ann@example.org", PASSWORD).await.status, 200);
    let away = signed_out(&ann).with_client_ip("192.0.2.99");
    assert_eq!(log_in(&away, "ann@example.org", PASSWORD).await.status, 200);
    // The part that is reserved for known networks is included in the twenty.
    let more = guess(&app, &[HOME.to_owned()], 30).await;
    assert_eq!(checked + more, 20);
}

async fn guesses_from_one_address_at_any_accounts_are_limited_to_a_hundred(app: TestApp) {
    let stranger = app.anonymous().with_client_ip("192.0.2.1");
    let mut checked = 0;
    for nth in 0..120 {
        let answer = log_in(&stranger, &format!("user{nth}@example.org"), "a guess").await;
        checked += usize::from(answer.status == 401);
    }
    assert_eq!(checked, 100);
    let other = app.anonymous().with_client_ip("192.0.2.2");
    assert_eq!(log_in(&other, "user200@example.org", "a guess").await.status, 401);
}

async fn ipv6_addresses_are_counted_by_network(app: TestApp) {
    let mut checked = 0;
    for nth in 0..120 {
        let stranger = app.anonymous().with_client_ip(&format!("2001:db8:1:2::{nth:x}"));
        let answer = log_in(&stranger, &format!("user{nth}@example.org"), "a guess").await;
        checked += usize::from(answer.status == 401);
    }
    assert_eq!(checked, 100);
}

async fn attempts_are_allowed_again_after_an_hour(app: TestApp) {
    register_ann(&app).await;
    let stranger = ["192.0.2.1".to_owned()];
    for _ in 0..15 {
        assert_eq!(guess(&app, &stranger, 1).await, 1);
        app.app.clock.advance(chrono::TimeDelta::minutes(2));
    }
    assert_eq!(guess(&app, &stranger, 1).await, 0);
    let refused =
        log_in(&app.anonymous().with_client_ip("192.0.2.1"), "ann@example.org", "a guess").await;
    // The first guess was half an hour ago.
    assert_eq!(refused.header("retry-after"), "1800");
    app.app.clock.advance(chrono::TimeDelta::minutes(30));
    assert_eq!(guess(&app, &stranger, 2).await, 1);
}

async fn a_correct_password_is_not_counted(app: TestApp) {
    register_ann(&app).await;
    let stranger = app.anonymous().with_client_ip("192.0.2.1");
    for _ in 0..30 {
        assert_eq!(log_in(&stranger, "ann@example.org", PASSWORD).await.status, 200);
    }
    assert_eq!(guess(&app, &["203.0.113.1".to_owned()], 30).await, 15);
}

async fn an_unknown_email_has_the_same_attempt_limit(app: TestApp) {
    register_ann(&app).await;
    let mut answers = Vec::new();
    for email in ["ann@example.org", "nobody@example.org"] {
        let stranger = app.anonymous().with_client_ip("192.0.2.1");
        let mut responses = Vec::new();
        for _ in 0..18 {
            let answer = log_in(&stranger, email, "a guess").await;
            responses.push((answer.status, answer.body));
        }
        answers.push(responses);
    }
    assert_eq!(answers[0], answers[1]);
}

async fn concurrent_guesses_are_counted_individually(app: TestApp) {
    register_ann(&app).await;
    let stranger = app.anonymous().with_client_ip("192.0.2.1");
    let at_once = (0..40).map(|_| log_in(&stranger, "ann@example.org", "a guess"));
    let answers = futures_util::future::join_all(at_once).await;
    assert_eq!(answers.iter().filter(|it| it.status == 401).count(), 15, "{answers:?}");
}

async fn instances_share_attempt_counts(app: TestApp) {
    register_ann(&app).await;
    assert_eq!(guess(&app, &["192.0.2.1".to_owned()], 10).await, 10);
    let other = app.anonymous_instance();
    assert_eq!(guess(&other, &["192.0.2.2".to_owned()], 10).await, 5);
    // A session is valid on both instances.
    let ann = log_in(&other.anonymous().with_client_ip(HOME), "ann@example.org", PASSWORD).await;
    assert_eq!(app.with_cookie(cookie_of(&ann)).get("/api/auth/me").await.status, 200);
}

async fn a_device_known_to_one_account_is_not_trusted_by_another(app: TestApp) {
    register_ann(&app).await;
    // Bob's browser, session and network are known only to his account.
    let bob = app.anonymous().with_client_ip("192.0.2.1");
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
