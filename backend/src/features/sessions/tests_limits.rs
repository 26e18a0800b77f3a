//! Tests of limits per account, which also apply to users who know the password.

use std::{
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

use futures_util::future::{join, join_all};
use serde_json::json;

use crate::{
    features::accounts::ClientInfo,
    testing::{TestApp, TestResponse, cookie_of, on_every_engine},
};

on_every_engine![
    a_flood_of_correct_passwords_does_not_block_other_accounts,
    an_attempt_is_not_counted_if_the_password_was_not_checked,
    opening_too_many_sessions_ends_the_least_recently_used,
    an_account_remembers_its_last_fifty_browsers,
];

const PASSWORD: &str = "correct horse battery";

async fn log_in(app: &TestApp, email: &str) -> TestResponse {
    app.post("/api/auth/login", json!({ "email": email, "password": PASSWORD })).await
}

async fn is_signed_in(app: &TestApp) -> bool {
    app.get("/api/auth/me").await.status == 200
}

/// The device cookie that a response sets.
fn device_cookie_of(answer: &TestResponse) -> String {
    let cookies = answer.headers.get_all("set-cookie").iter().map(|it| it.to_str().unwrap());
    let device = cookies.filter_map(|it| it.split(';').next()).find(|it| it.starts_with("device="));
    device.unwrap().to_owned()
}

async fn count(app: &TestApp, statement: &'static str) -> i64 {
    let mut tx = app.app.db.read().await.unwrap();
    let (count,): (i64,) = crate::sql!(&mut tx, fetch_one, statement).unwrap();
    count
}

/// Runs `attempts` while all hashes must wait.
async fn while_hashing_is_blocked<T>(app: &TestApp, attempts: impl Future<Output = T>) -> T {
    let (release, wait) = mpsc::channel::<()>();
    let wait = Arc::new(Mutex::new(wait));
    let busy = join_all((0..2).map(|nth| {
        let wait = Arc::clone(&wait);
        let account = format!("busy{nth}");
        let slot = app.app.auth.hash_queue().reserve(&account, &ClientInfo::default()).unwrap();
        slot.run(move || wait.lock().unwrap().recv().is_err())
    }));
    let release = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        drop(release);
    };
    let ((done, _), ()) = join(join(attempts, busy), release).await;
    done
}

async fn a_flood_of_correct_passwords_does_not_block_other_accounts(app: TestApp) {
    app.register("ann@example.org").await;
    app.register("bob@example.org").await;
    let mut devices = Vec::new();
    for nth in 0..25 {
        let browser = app.anonymous().with_client_ip(&format!("203.0.113.{nth}"));
        let device = device_cookie_of(&log_in(&browser, "ann@example.org").await);
        devices.push(browser.with_cookie(Some(device)));
    }
    let flood = join_all((0..100).map(|nth| log_in(&devices[nth % 25], "ann@example.org")));
    let bob = async {
        // By then, the whole flood is waiting.
        tokio::time::sleep(Duration::from_millis(250)).await;
        log_in(&app.anonymous().with_client_ip("192.0.2.1"), "bob@example.org").await
    };
    let (flood, bob) = while_hashing_is_blocked(&app, join(flood, bob)).await;
    assert_eq!(bob.status, 200, "{bob:?}");
    let refused: Vec<_> = flood.iter().filter(|it| it.status != 200).collect();
    assert!(refused.len() > 50, "{} were refused", refused.len());
    for answer in refused {
        assert_eq!((answer.status, answer.header("retry-after")), (503, "2"), "{answer:?}");
    }
}

async fn an_attempt_is_not_counted_if_the_password_was_not_checked(app: TestApp) {
    app.register("ann@example.org").await;
    let queue = app.app.auth.hash_queue();
    let reserve = |account: &str, network: Option<String>| {
        queue.reserve(account, &ClientInfo { network, ..ClientInfo::default() })
    };
    // The attempt has a higher round than one of the same account, so other accounts' requests evict it.
    let before = reserve("ann@example.org", None).unwrap();
    let stranger = app.anonymous().with_client_ip("192.0.2.1");
    let attempt = log_in(&stranger, "ann@example.org");
    let others = async {
        tokio::time::sleep(Duration::from_millis(250)).await;
        let places: Vec<_> =
            (0..100).map(|nth| reserve(&format!("other{nth}"), Some(nth.to_string()))).collect();
        drop(places);
    };
    let (answer, ()) = while_hashing_is_blocked(&app, join(attempt, others)).await;
    drop(before);
    assert_eq!(answer.status, 503, "{answer:?}");
    assert_eq!(count(&app, "SELECT COUNT(*) FROM guess_budgets").await, 2);
    assert_eq!(count(&app, "SELECT COUNT(*) FROM guess_budgets WHERE moments <> ''").await, 0);
}

async fn opening_too_many_sessions_ends_the_least_recently_used(app: TestApp) {
    let first = app.register("ann@example.org").await;
    let tick = || app.app.clock.advance(chrono::TimeDelta::hours(2));
    tick();
    let second = app.with_cookie(cookie_of(&log_in(&app.anonymous(), "ann@example.org").await));
    tick();
    // The first session is the oldest, but the most recently used.
    assert!(is_signed_in(&first).await);
    let bob = app.register("bob@example.org").await;
    for _ in 0..99 {
        assert_eq!(log_in(&app.anonymous(), "ann@example.org").await.status, 200);
    }
    app.app.auth.clear_session_cache();
    assert!(is_signed_in(&first).await && !is_signed_in(&second).await);
    assert!(is_signed_in(&bob).await);
    let sessions = "SELECT COUNT(*) FROM sessions s JOIN accounts a ON a.id = s.account_id
                    WHERE a.email_key = 'ann@example.org'";
    assert_eq!(count(&app, sessions).await, 100);
    for _ in 0..150 {
        assert_eq!(log_in(&app.anonymous(), "ann@example.org").await.status, 200);
    }
    assert_eq!(count(&app, sessions).await, 100);
}

async fn an_account_remembers_its_last_fifty_browsers(app: TestApp) {
    app.register("bob@example.org").await;
    app.register("ann@example.org").await;
    let tick = || app.app.clock.advance(chrono::TimeDelta::seconds(1));
    let mut devices = Vec::new();
    for _ in 0..60 {
        tick();
        devices.push(device_cookie_of(&log_in(&app.anonymous(), "ann@example.org").await));
    }
    let known = "SELECT COUNT(*) FROM known_devices d JOIN accounts a ON a.id = d.account_id
                 WHERE a.email_key = 'ann@example.org'";
    assert_eq!(count(&app, known).await, 50);
    let bobs = "SELECT COUNT(*) FROM known_devices d JOIN accounts a ON a.id = d.account_id
                WHERE a.email_key = 'bob@example.org'";
    assert_eq!(count(&app, bobs).await, 1);
    // A known browser has its own limit, so it can sign in although the account's limit is exhausted.
    for _ in 0..20 {
        let guess = json!({ "email": "ann@example.org", "password": "a guess" });
        app.anonymous().post("/api/auth/login", guess).await;
    }
    let with = |device: &String| app.with_cookie(Some(device.clone()));
    assert_eq!(log_in(&with(&devices[10]), "ann@example.org").await.status, 200);
    assert_eq!(log_in(&with(&devices[9]), "ann@example.org").await.status, 429);
}
