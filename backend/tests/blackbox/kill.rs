//! Acknowledged writes survive: the service and the database are killed, and the disk fills up, during
//! writes.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    process::Command,
    time::Duration,
};

use futures_util::future::{join, join_all};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    Client, Postgres, Response, Sql, TestEnv, client, eventually, random, rounds,
};

on_every_engine!(nothing_acknowledged_is_lost_when_the_service_is_killed);

/// The number of concurrent writers, each with its own or a shared vehicle.
pub(crate) const WRITERS: usize = 6;
pub(crate) const VEHICLES: usize = 3;

/// Intended and acknowledged writes. Records are identified by a unique value: fill-ups by their notes,
/// vehicles by their VIN.
#[derive(Default)]
pub(crate) struct Ledger {
    numbers: Cell<u64>,
    wanted: RefCell<BTreeSet<String>>,
    pub(crate) acknowledged: RefCell<BTreeMap<String, Value>>,
    pub(crate) refused: Cell<u64>,
}

impl Ledger {
    pub(crate) fn next(&self) -> u64 {
        self.numbers.set(self.numbers.get() + 1);
        self.numbers.get()
    }

    /// Records a write that is about to be sent.
    pub(crate) fn intend(&self, name: &str) {
        self.wanted.borrow_mut().insert(name.to_owned());
    }

    /// Records an acknowledged write.
    pub(crate) fn acknowledge(&self, name: String, record: Value) {
        self.acknowledged.borrow_mut().insert(name, record);
    }

    /// Records the intent, sends the request, and records the acknowledgment. Returns `None` if the service
    /// is down.
    async fn write(&self, by: &Client, path: &str, name: String, body: Value) -> Option<Response> {
        self.intend(&name);
        let response = by.send(Method::POST, path, Some(&body)).await.ok()?;
        if response.status == 201 {
            self.acknowledge(name, response.body.clone());
        }
        Some(response)
    }

    pub(crate) async fn add_vehicle(&self, by: &Client) -> Option<Response> {
        let body = client::vehicle(self.next());
        self.write(by, "/api/vehicles", client::text(&body["vin"]), body).await
    }

    /// The vehicles to which fill-ups are added.
    pub(crate) async fn add_vehicles(&self, by: &Client) -> Vec<String> {
        let mut vehicles = Vec::new();
        for _ in 0..VEHICLES {
            let response = self.add_vehicle(by).await.unwrap();
            vehicles.push(client::text(&response.expect(201)["id"]));
        }
        vehicles
    }

    async fn add_fuel_log(&self, by: &Client, vehicle: &str) -> Option<Response> {
        let body = client::fill_up(vehicle, self.next());
        self.write(by, "/api/fuel-logs", client::text(&body["notes"]), body).await
    }

    /// Writes until the service is down or `stop` is set.
    pub(crate) async fn keep_writing(&self, by: &Client, vehicle: &str, stop: &Cell<bool>) {
        while !stop.get() {
            let response = if random(8) == 0 {
                self.add_vehicle(by).await
            } else {
                self.add_fuel_log(by, vehicle).await
            };
            match response {
                None => return,
                Some(response) if response.status == 201 => {}
                Some(response) => {
                    assert_eq!(response.status, 503, "{response:?}");
                    assert!(response.headers.contains_key("retry-after"), "{response:?}");
                    self.refused.set(self.refused.get() + 1);
                }
            }
        }
    }

    /// Reads the list repeatedly. It must always contain what was acknowledged before.
    async fn keep_reading(&self, by: &Client) {
        loop {
            let before: Vec<String> = self.acknowledged.borrow().keys().cloned().collect();
            let response = by.send(Method::GET, "/api/vehicles?limit=500", None).await;
            let Ok(response) = response else { return };
            let listed = column(response.expect(200)["items"].as_array().unwrap(), "vin");
            let lost = before.iter().find(|it| it.starts_with("WVB") && !listed.contains(*it));
            assert_eq!(lost, None, "acknowledged, then not listed");
            // The cached list, which every write must invalidate.
            if by.send(Method::GET, "/api/vehicles", None).await.is_err() {
                return;
            }
        }
    }

    /// Asserts that everything acknowledged exists unchanged, and that there are no duplicates, unintended
    /// records or partial writes.
    pub(crate) async fn check(&self, client: &Client, sql: &Sql, vehicles: &[String]) {
        let owned = vehicles.iter().map(|it| (client, it.as_str())).collect::<Vec<_>>();
        self.check_all(&[client], &owned, sql).await;
    }

    /// The same for several users. Each vehicle is listed with its owner.
    pub(crate) async fn check_all(
        &self,
        users: &[&Client],
        vehicles: &[(&Client, &str)],
        sql: &Sql,
    ) {
        let wanted = self.wanted.borrow().clone();
        let acknowledged = self.acknowledged.borrow().clone();
        let mut garage = Vec::new();
        for user in users {
            garage.extend(user.all("/api/vehicles").await);
        }
        let mut found: BTreeMap<String, Value> = BTreeMap::new();
        let mut doubled = Vec::new();
        for vehicle in &garage {
            doubled.extend(found.insert(client::text(&vehicle["vin"]), vehicle.clone()));
        }
        for (owner, vehicle) in vehicles {
            let logs = owner.all(&format!("/api/fuel-logs?vehicleId={vehicle}")).await;
            check_economy(&logs);
            let shown = garage.iter().find(|it| it["id"] == **vehicle).unwrap();
            let highest = logs.iter().map(|it| it["odometerReading"].as_i64().unwrap()).max();
            let odometer = shown["odometerReading"].as_i64().unwrap();
            assert_eq!(odometer, highest.unwrap_or(0), "a fill-up and its odometer go together");
            for log in logs {
                doubled.extend(found.insert(client::text(&log["notes"]), log));
            }
        }
        let lost: Vec<_> = acknowledged.keys().filter(|it| !found.contains_key(*it)).collect();
        let unasked: Vec<_> = found.keys().filter(|it| !wanted.contains(*it)).collect();
        println!(
            "{} wanted, {} acknowledged, {} stored, {} refused; {} lost, {} doubled, {} unexpected",
            wanted.len(),
            acknowledged.len(),
            found.len(),
            self.refused.get(),
            lost.len(),
            doubled.len(),
            unasked.len(),
        );
        assert!(lost.is_empty() && doubled.is_empty(), "lost {lost:?}, doubled {doubled:?}");
        assert!(unasked.is_empty(), "unexpected: {unasked:?}");
        for (name, record) in &acknowledged {
            let found = &found[name];
            // Later writes change economy and the odometer.
            for member in
                ["id", "vin", "nickname", "vehicleId", "gallons", "totalCost", "createdAt"]
            {
                assert_eq!(found[member], record[member], "{name}");
            }
        }

        for (table, column) in [("vehicles", "vin"), ("fuel_logs", "notes")] {
            let rows = sql.number(&format!("SELECT COUNT(*) FROM {table}")).await;
            let different = format!("SELECT COUNT(DISTINCT {column}) FROM {table}");
            assert_eq!(rows, sql.number(&different).await, "{table}");
            let listed = found.keys().filter(|it| it.starts_with("WVB") == (column == "vin"));
            assert_eq!(usize::try_from(rows).unwrap(), listed.count(), "{table}");
        }
        if let Sql::Sqlite(_) = sql {
            assert_eq!(sql.texts("PRAGMA integrity_check").await, ["ok"]);
            assert_eq!(sql.texts("PRAGMA foreign_key_check").await, [""; 0]);
        }
    }
}

fn column(items: &[Value], member: &str) -> BTreeSet<String> {
    items.iter().map(|it| client::text(&it[member])).collect()
}

/// Recomputes the economy of every fill-up from all fill-ups of the vehicle. All are full tanks.
fn check_economy(logs: &[Value]) {
    let integer = |log: &Value, member: &str| log[member].as_i64().unwrap();
    // Exact, since the numbers have few digits.
    let scaled = |value: &Value, by: f64| (value.as_f64().unwrap() * by).round();
    let mut logs: Vec<_> = logs.iter().collect();
    logs.sort_by_key(|log| (client::text(&log["date"]), integer(log, "odometerReading")));
    let Some(first) = logs.first() else { return };
    assert_eq!((&first["mpg"], &first["economyReason"]), (&Value::Null, &json!("first")));
    for pair in logs.windows(2) {
        let [before, log] = pair else { unreachable!() };
        let distance = integer(log, "odometerReading") - integer(before, "odometerReading");
        assert_eq!(integer(log, "distance"), distance, "{log}");
        #[expect(clippy::cast_possible_truncation, reason = "it is small")]
        let thousandths = scaled(&log["gallons"], 1000.0) as i64;
        let hundredths = (distance * 200_000 / thousandths + 1) / 2;
        #[expect(clippy::cast_precision_loss, reason = "it is small")]
        let expected = hundredths as f64;
        assert!((scaled(&log["mpg"], 100.0) - expected).abs() < 0.5, "{before} {log}");
    }
}

async fn nothing_acknowledged_is_lost_when_the_service_is_killed(env: TestEnv) {
    let ledger = Ledger::default();
    let mut service = env.serve();
    let mut client = service.register("ledger@example.org").await;
    let vehicles = ledger.add_vehicles(&client).await;
    let sql = env.sql().await;
    for _round in 0..rounds(3) {
        let never = Cell::new(false);
        let writers =
            (0..WRITERS).map(|nth| ledger.keep_writing(&client, &vehicles[nth % VEHICLES], &never));
        let kill = async {
            tokio::time::sleep(Duration::from_millis(300 + random(900))).await;
            service.kill();
        };
        join(join(join_all(writers), ledger.keep_reading(&client)), kill).await;

        service = env.serve();
        client = client.at(&service.url);
        ledger.check(&client, &sql, &vehicles).await;
    }
    assert_eq!(ledger.refused.get(), 0);
    assert!(ledger.acknowledged.borrow().len() > 30, "hardly a load");
    sql.close().await;
}

#[test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
fn nothing_acknowledged_is_lost_when_postgresql_is_killed() {
    crate::support::block_on(async {
        let mut postgres = Postgres::start().await;
        let env = TestEnv::empty().with("MVP__DATABASE__URL", &postgres.url());
        let service = env.serve();
        let client = service.register("ledger@example.org").await;
        let ledger = Ledger::default();
        let vehicles = ledger.add_vehicles(&client).await;
        let stop = Cell::new(false);
        let writers =
            (0..WRITERS).map(|nth| ledger.keep_writing(&client, &vehicles[nth % VEHICLES], &stop));
        let acknowledged = || ledger.acknowledged.borrow().len();
        let outages = async {
            for _round in 0..rounds(2) {
                let before = acknowledged();
                eventually("writes go on", async || acknowledged() > before + 30).await;
                tokio::time::sleep(Duration::from_millis(random(300))).await;
                postgres.kill();
                let at_the_kill = ledger.refused.get();
                let anonymous = service.anonymous();
                assert_eq!(anonymous.get("/health").await.status, 200, "the liveness check failed");
                let health = anonymous.get("/api/health").await;
                println!("health, with the database away: {:?}", health.took);
                assert!(health.took < Duration::from_secs(4), "{:?}", health.took);
                let health = health.expect(503);
                assert_eq!(
                    (&health["status"], &health["database"]["state"]),
                    (&json!("unavailable"), &json!("down"))
                );
                eventually("it refuses", async || ledger.refused.get() > at_the_kill).await;
                let while_away = acknowledged();
                tokio::time::sleep(Duration::from_millis(200)).await;
                assert_eq!(
                    acknowledged(),
                    while_away,
                    "a write was acknowledged without a database"
                );
                postgres.restart().await;
                eventually("the service is ready again", async || {
                    anonymous.get("/api/health").await.status == 200
                })
                .await;
            }
            let before = acknowledged();
            eventually("writes go on", async || acknowledged() > before + 30).await;
            stop.set(true);
        };
        join(join_all(writers), outages).await;
        ledger.check(&client, &env.sql().await, &vehicles).await;
    });
}

#[test]
fn writes_fail_on_a_full_disk_without_data_loss_and_recover() {
    crate::support::block_on(async {
        let env = TestEnv::on_sqlite().with_file_size_limit(2048);
        let service = env.serve();
        let client = service.register("ledger@example.org").await;
        let ledger = Ledger::default();
        let vehicles = ledger.add_vehicles(&client).await;
        let stop = Cell::new(false);
        let writers =
            (0..WRITERS).map(|nth| ledger.keep_writing(&client, &vehicles[nth % VEHICLES], &stop));
        let acknowledged = || ledger.acknowledged.borrow().len();
        let trouble = async {
            eventually("the disk is full", async || ledger.refused.get() > 20).await;
            let logs = format!("/api/fuel-logs?vehicleId={}", vehicles[0]);
            for path in ["/api/vehicles", &logs, "/api/auth/me"] {
                assert_eq!(client.get(path).await.status, 200, "{path} with the disk full");
            }
            let room = ["--fsize=unlimited:unlimited", "--pid", &service.pid().to_string()];
            assert!(Command::new("prlimit").args(room).status().unwrap().success());
            let before = acknowledged();
            eventually("writes go on", async || acknowledged() > before + 30).await;
            stop.set(true);
        };
        join(join_all(writers), trouble).await;
        let sql = env.sql().await;
        ledger.check(&client, &sql, &vehicles).await;
        service.kill();
        let service = env.serve();
        ledger.check(&client.at(&service.url), &sql, &vehicles).await;
        sql.close().await;
    });
}
