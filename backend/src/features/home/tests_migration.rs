//! Tests the migration.

use serde_json::json;

use crate::{
    core::db::{Db, migrate},
    features::{self, Feature},
    sql,
    testing::{BeginWrite as _, Commit as _, TestApp, on_every_engine},
};

on_every_engine![
    the_migration_is_recorded_under_the_former_name,
    migrating_an_older_database_preserves_odometers,
];

async fn the_migration_is_recorded_under_the_former_name(app: TestApp) {
    let mut tx = app.app.db.read().await.unwrap();
    let select = "SELECT file FROM _migrations WHERE feature IN ('garage', 'home')";
    let files: Vec<(String,)> = sql!(&mut tx, fetch_all, select).unwrap();
    assert_eq!(files, [("001_derive_odometers.sql".to_owned(),)]);
    drop(tx);
    let database = Db::open_for_migrations(&app.app.config.database).await.unwrap();
    let steps = migrate::status(&database, features::ALL, Some("home")).await.unwrap();
    assert!(steps.iter().all(|it| it.feature == "home" && it.executed_at.is_some()), "{steps:?}");
    assert_eq!(steps.len(), 1);
}

async fn migrating_an_older_database_preserves_odometers(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let fill = |id: &str, date: &str, odometer: i32| json!({ "vehicleId": id, "date": date, "odometerReading": odometer, "gallons": 10 });
    let mut ids = Vec::new();
    for vin in ["1HGCM82633A004352", "1M8GDM9AXKP042788", "5GZCZ43D13S812715", "1HGCM826X3A001111"]
    {
        ids.push(user.post("/api/vehicles", json!({ "vin": vin })).await.id());
    }
    for (date, odometer) in [("2026-01-01", 1000), ("2026-01-20", 1300)] {
        user.post("/api/fuel-logs", fill(&ids[0], date, odometer)).await;
    }
    user.post("/api/fuel-logs", fill(&ids[2], "2025-10-01", 80_000)).await;
    let replaced = json!({
        "date": "2025-11-01", "reading": 10, "isReplacement": true, "previousReading": 80_500,
    });
    user.post(&format!("/api/vehicles/{}/odometer", ids[2]), replaced).await;
    // As stored by an older version: the highest reading ever, even if it was corrected later.
    let owner = user.user_id().await;
    for (id, highest) in ids.iter().zip([199_105, 50_000, 80_500, 0]) {
        let mut tx = app.app.db.write_for(&owner).await.unwrap();
        let changed = sql!(
            &mut tx,
            execute,
            "UPDATE vehicles SET odometer_reading = $3, odometer_exact = NULL,
                 odometer_unit = NULL, odometer_date = NULL, updated_at = $4
             WHERE user_id = $1 AND id = $2",
            owner.as_str(),
            uuid::Uuid::parse_str(id).unwrap(),
            highest,
            "2026-01-15T08:00:00.5Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap(),
        );
        assert_eq!(changed.unwrap(), 1);
        tx.commit().await.unwrap();
    }
    let mut all: Vec<_> = features::ALL.iter().map(|it| Feature { ..*it }).collect();
    all.push(Feature { recorded_name: "again", ..super::FEATURE });
    let database = Db::open_for_migrations(&app.app.config.database).await.unwrap();
    migrate::run(&database, &all, None, &app.app.clock).await.unwrap();
    let read = async |id: &str| user.get(&format!("/api/vehicles/{id}")).await.body;
    for (id, shown) in ids.iter().zip([199_105, 50_000, 10, 0]) {
        let vehicle = read(id).await;
        assert_eq!(vehicle["odometerReading"], shown, "{vehicle}");
        let typed = if shown == 0 { json!(null) } else { json!({ "value": shown, "unit": "mi" }) };
        assert_eq!(vehicle["odometer"], typed);
        assert_eq!(vehicle["updatedAt"], "2026-01-15T08:00:00.500Z", "{vehicle}");
    }
    // An odometer without a matching reading became one, dated no earlier than the latest reading.
    for (id, date) in [(&ids[0], "2026-01-20"), (&ids[1], "2026-01-15")] {
        let reading = user.get(&format!("/api/odometer-readings/{id}")).await;
        assert_eq!((reading.status, &reading.body["date"]), (200, &json!(date)));
        assert_eq!(
            (&reading.body["source"], &reading.body["vehicleId"]),
            (&json!("manual"), &json!(id))
        );
    }
    user.delete(&format!("/api/odometer-readings/{}", ids[0])).await;
    assert_eq!(read(&ids[0]).await["odometerReading"], 1300);
}
