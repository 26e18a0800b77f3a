//! Periodic tasks, on the tables of all features.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use axum::http::Method;
use chrono::TimeDelta;

use crate::{
    core::{
        Error, Services,
        periodic::{PeriodicTask, run, run_one},
    },
    features, sql,
    testing::{TestApp, block_on, on_every_engine},
};

on_every_engine![idempotency_keys_are_purged_after_a_day_and_sessions_when_they_end];

async fn count(app: &TestApp, statement: &'static str) -> i64 {
    let mut tx = app.db_bypassing_rls().await.read().await.unwrap();
    let (count,): (i64,) = sql!(&mut tx, fetch_one, statement).unwrap();
    count
}

async fn purge(app: &TestApp) {
    for task in &features::periodic_tasks() {
        run_one(&app.app, task).await.unwrap();
    }
}

async fn idempotency_keys_are_purged_after_a_day_and_sessions_when_they_end(app: TestApp) {
    const KEYS: &str = "SELECT COUNT(*) FROM kept_answers";
    const SESSIONS: &str = "SELECT COUNT(*) FROM sessions";
    let ann = app.register("ann@example.org").await;
    let body = r#"{"vin":"1HGCM82633A004352"}"#;
    let key = [("idempotency-key", "once")];
    assert_eq!(ann.send_json(Method::POST, "/api/vehicles", body, &key).await.status, 201);

    app.app.clock.advance(TimeDelta::days(1) - TimeDelta::microseconds(1));
    purge(&app).await;
    assert_eq!((count(&app, KEYS).await, count(&app, SESSIONS).await), (1, 2));
    app.app.clock.advance(TimeDelta::microseconds(1));
    purge(&app).await;
    assert_eq!((count(&app, KEYS).await, count(&app, SESSIONS).await), (0, 2));
    app.app.clock.advance(TimeDelta::days(13));
    purge(&app).await;
    assert_eq!(count(&app, SESSIONS).await, 0);
}

static RUNS: AtomicU32 = AtomicU32::new(0);

const PERIODIC_TASKS: &[PeriodicTask] = &[
    PeriodicTask { name: "fails", run: |_, _| Box::pin(async { Err(Error::Unavailable) }) },
    PeriodicTask {
        name: "counts",
        run: |_, _| Box::pin(async { Ok(u64::from(RUNS.fetch_add(1, Ordering::SeqCst))) }),
    },
];

#[test]
fn a_task_that_fails_does_not_stop_others() {
    block_on(async {
        let app = TestApp::on_sqlite().await;
        let _ = tokio::time::timeout(
            Duration::from_millis(300),
            run(Services::clone(&app.app), PERIODIC_TASKS.to_vec()),
        )
        .await;
        assert_eq!(RUNS.load(Ordering::SeqCst), 1);
    });
}
