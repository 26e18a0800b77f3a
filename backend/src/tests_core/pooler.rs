//! Tests through a pooler that assigns server connections per transaction.

use serde_json::json;

use crate::{
    core::{
        config::Secret,
        db::{Db, migrate, roles},
        periodic,
    },
    features,
    testing::{TestApp, block_on},
};

/// Declares each test to run behind PgBouncer.
macro_rules! through_pgbouncer {
    ($($test:ident),+ $(,)?) => {
        mod pgbouncer {
            use super::{TestApp, block_on};

            $(#[test]
            #[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
            fn $test() {
                block_on(async { super::$test(TestApp::through_pgbouncer().await).await });
            })+
        }
    };
}

through_pgbouncer![
    health_and_durability_checks_work_through_a_pooler,
    migrations_run_through_a_pooler,
    concurrent_users_share_few_connections,
];

async fn health_and_durability_checks_work_through_a_pooler(app: TestApp) {
    app.app.db.check_durability().await.unwrap();
    // Each query may reach another server: twenty of them, concurrently.
    let results = futures_util::future::join_all((0..20).map(|_| app.app.db.ping())).await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
}

/// They bypass the pooler by default, but work through it as well.
async fn migrations_run_through_a_pooler(app: TestApp) {
    let service = app.app.config.database.url.as_ref().unwrap().expose();
    let owners = service.replace("motovaultpro@", "motovaultpro_owner@");
    let mut settings = app.app.config.database.clone();
    settings.migration_url = Some(Secret::new(owners));
    let db = Db::open_for_migrations(&settings).await.unwrap();
    let Db::Postgres { pool, .. } = &db else { panic!("not PostgreSQL") };
    let reset =
        "DROP SCHEMA public CASCADE; CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO PUBLIC";
    sqlx::raw_sql(reset).execute(pool).await.unwrap();
    let (one, other) = tokio::join!(
        migrate::run(&db, features::ALL, None, &app.app.clock),
        migrate::run(&db, features::ALL, None, &app.app.clock),
    );
    roles::grant(&db, features::ALL, &settings).await.unwrap();
    let all: usize = features::ALL.iter().map(|it| it.migrations.len()).sum();
    assert_eq!(one.unwrap().len() + other.unwrap().len(), all);
    app.app.auth.clear_session_cache();
    app.register("ann@example.org").await;
    for task in &features::periodic_tasks() {
        periodic::run_one(&app.app, task).await.unwrap();
    }
}

async fn concurrent_users_share_few_connections(app: TestApp) {
    let users = futures_util::future::join_all((0..6).map(|nth| {
        let app = app.clone();
        async move { app.register(&format!("user{nth}@example.org")).await }
    }))
    .await;
    let work = users.iter().enumerate().map(|(nth, user)| async move {
        let vin = format!("WVWZZZ1JZXW00000{nth}");
        let added = user.post("/api/vehicles", json!({ "vin": vin })).await;
        assert_eq!(added.status, 201, "{added:?}");
        let vehicle = added.id();
        for day in 1..=9 {
            let log = json!({
                "vehicleId": vehicle, "date": format!("2026-01-0{day}"),
                "odometerReading": day * 100, "gallons": 10 + nth,
            });
            let log = user.post("/api/fuel-logs", log).await;
            assert_eq!(log.status, 201, "{log:?}");
        }
        let logs = user.get("/api/fuel-logs").await;
        let gallons: Vec<_> = logs.body["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["gallons"].as_f64().unwrap())
            .collect();
        let own = 10.0 + f64::from(u32::try_from(nth).unwrap());
        assert_eq!(gallons, [own; 9], "of user {nth}");
        let vehicles = user.get("/api/vehicles").await;
        assert_eq!(vehicles.body["items"].as_array().unwrap().len(), 1, "{vehicles:?}");
        let stats = user.get(&format!("/api/vehicles/{vehicle}/fuel-stats")).await;
        assert_eq!((stats.status, &stats.body["logs"]), (200, &json!(9)), "{stats:?}");
    });
    futures_util::future::join_all(work).await;
}
