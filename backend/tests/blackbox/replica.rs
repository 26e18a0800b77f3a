//! Lists and statistics from a streaming replica that lags, is paused, and fails.

use serde_json::{Value, json};

use crate::support::{Client, Postgres, Service, Sql, TestEnv, block_on, eventually, server};

/// Two instances of the service with a primary and its replica.
struct PrimaryAndReplica {
    _env: TestEnv,
    primary: Postgres,
    replica: Postgres,
    /// A direct connection to the primary.
    sql: Sql,
    services: [Service; 2],
}

impl PrimaryAndReplica {
    async fn start(max_lag: &str) -> Self {
        let primary = Postgres::start().await;
        let replica = primary.create_replica().await;
        let env = TestEnv::empty()
            .with("MVP__DATABASE__URL", &primary.url())
            .with("MVP__DATABASE__REPLICA_URL", &replica.url())
            .with("MVP__DATABASE__REPLICA_MAX_LAG", max_lag)
            .with("MVP__CACHE__URL", &server("TEST_REDIS_URL"));
        let sql = Sql::postgres(&primary.url()).await;
        let services = [env.serve(), env.serve()];
        Self { _env: env, primary, replica, sql, services }
    }

    async fn execute_on_replica(&self, statement: &str) {
        let sql = Sql::postgres(&self.replica.url()).await;
        sql.execute(statement).await;
        sql.close().await;
    }

    /// Adds a fill-up without the service's knowledge.
    async fn insert_on_primary(&self, user: &User) {
        self.sql
            .execute(&format!(
                "INSERT INTO fuel_logs
                   (id, user_id, vehicle_id, date, odometer_reading, gallons, created_at, updated_at)
                 VALUES (gen_random_uuid(), '{}', '{}', '2026-02-01', 999999, 1, now(), now())",
                user.clients[0].user_id(),
                user.vehicle
            ))
            .await;
    }
}

/// A user with a vehicle, signed in at each instance.
struct User {
    clients: [Client; 2],
    vehicle: String,
}

impl User {
    async fn new(pair: &PrimaryAndReplica, email: &str) -> Self {
        let client = pair.services[0].register(email).await;
        let vehicle = client.add_vehicle(1).await;
        let clients = [client.clone(), client.at(&pair.services[1].url)];
        Self { clients, vehicle }
    }

    async fn add(&self, by: usize, nth: u64) {
        let log = json!({
            "vehicleId": self.vehicle, "date": "2026-01-02", "odometerReading": nth * 10,
            "gallons": 1, "allowOdometerRollback": true,
        });
        self.clients[by].post("/api/fuel-logs", &log).await.expect(201);
    }

    /// The number of fill-ups in an instance's list, and in its statistics.
    async fn counts(&self, by: usize) -> (usize, u64) {
        let path = format!("/api/fuel-logs?vehicleId={}&limit=500", self.vehicle);
        let list = self.clients[by].get(&path).await.expect(200);
        let path = format!("/api/vehicles/{}/fuel-stats", self.vehicle);
        let stats: Value = self.clients[by].get(&path).await.expect(200);
        (list["items"].as_array().unwrap().len(), stats["logs"].as_u64().unwrap())
    }
}

#[test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
fn users_read_their_own_writes_and_a_failed_replica_is_tolerated() {
    block_on(async {
        let mut pair = PrimaryAndReplica::start("60").await;
        let ann = User::new(&pair, "ann@example.org").await;
        for nth in 0..20 {
            let (by, other) = (usize::from(nth % 2 == 0), usize::from(nth % 2 == 1));
            ann.add(by, nth + 1).await;
            let own = usize::try_from(nth).unwrap() + 1;
            assert_eq!(ann.counts(other).await, (own, nth + 1));
            assert_eq!(ann.counts(by).await, (own, nth + 1));
        }

        // The replica serves the reads: while it is paused, new records do not appear.
        eventually("the replica serves reads", async || {
            pair.execute_on_replica("SELECT pg_wal_replay_resume()").await;
            pair.execute_on_replica("SELECT pg_wal_replay_pause()").await;
            eventually("it stands still", async || {
                let sql = Sql::postgres(&pair.replica.url()).await;
                let paused = "SELECT COUNT(*) FROM (SELECT 1) _ \
                              WHERE pg_get_wal_replay_pause_state() = 'paused'";
                let is_paused = sql.number(paused).await == 1;
                sql.close().await;
                is_paused
            })
            .await;
            let (before, _) = ann.counts(0).await;
            pair.insert_on_primary(&ann).await;
            ann.counts(0).await.0 == before && ann.counts(1).await.0 == before
        })
        .await;

        // The user's own write is visible through either instance, with all earlier ones.
        let shown = "SELECT COUNT(*) FROM fuel_logs";
        for nth in 21..26 {
            ann.add(0, nth).await;
            let all = u64::try_from(pair.sql.number(shown).await).unwrap();
            for by in [1, 0] {
                assert_eq!(ann.counts(by).await, (usize::try_from(all).unwrap(), all));
            }
        }

        // The replica fails permanently while it is being read.
        pair.execute_on_replica("SELECT pg_wal_replay_resume()").await;
        let all = u64::try_from(pair.sql.number(shown).await).unwrap();
        for nth in 0..60 {
            if nth == 20 {
                pair.replica.kill();
            }
            let (by, other) = (nth % 2, (nth + 1) % 2);
            assert_eq!(ann.counts(by).await, (usize::try_from(all).unwrap(), all));
            assert_eq!(ann.counts(other).await.1, all);
        }
        ann.add(0, 30).await;
        assert_eq!(ann.counts(1).await.1, all + 1);
        for service in &pair.services {
            // The next poll notices and logs it.
            let is_logged = async || service.log().contains("The replica is unavailable");
            eventually("the failure of the replica is logged", is_logged).await;
            // The primary would have this record.
            let log = service.log();
            assert!(!log.contains("The database fails"), "{log}");
        }
        drop(pair.primary);
    });
}

#[test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
fn a_lagging_replica_is_not_used() {
    block_on(async {
        let pair = PrimaryAndReplica::start("1").await;
        let ann = User::new(&pair, "ann@example.org").await;
        ann.add(0, 1).await;
        pair.execute_on_replica("SELECT pg_wal_replay_pause()").await;
        pair.insert_on_primary(&ann).await;
        // The service does not know about this write: only the lag makes it read from the primary.
        eventually("the primary serves reads", async || ann.counts(0).await == (2, 2)).await;
        pair.execute_on_replica("SELECT pg_wal_replay_resume()").await;
        eventually("it has caught up", async || ann.counts(1).await == (2, 2)).await;
    });
}

/// The promoted standby lacks data that the replica has, so WAL positions on the old timeline are higher than
/// those of new writes.
#[test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
fn a_replica_of_the_failed_primary_is_not_read_after_a_failover() {
    block_on(async {
        let mut primary = Postgres::start().await;
        let mut replica = primary.create_replica().await;
        let mut standby = primary.create_replica().await;
        let both = format!(
            "postgres://postgres@{},{}/postgres?target_session_attrs=read-write",
            primary.host(),
            standby.host()
        );
        let service = TestEnv::empty()
            .with("MVP__DATABASE__URL", &both)
            .with("MVP__DATABASE__REPLICA_URL", &replica.url())
            .with("MVP__CACHE__URL", &server("TEST_REDIS_URL"))
            .serve();
        let ann = service.register("ann@example.org").await;
        let user = User { vehicle: ann.add_vehicle(1).await, clients: [ann.clone(), ann] };
        user.add(0, 1).await;

        let position = async |at: &Postgres, statement: &str| {
            let sql = Sql::postgres(&at.url()).await;
            let bytes = format!("SELECT pg_wal_lsn_diff({statement}, '0/0')::BIGINT");
            let bytes = sql.number(&bytes).await;
            sql.close().await;
            bytes
        };
        let end = position(&primary, "pg_current_wal_lsn()").await;
        eventually("the standby has the user's fill-up", async || {
            position(&standby, "pg_last_wal_replay_lsn()").await >= end
        })
        .await;
        standby.kill();
        let sql = Sql::postgres(&primary.url()).await;
        sql.execute("CREATE TABLE filler AS SELECT generate_series(1, 300000)").await;
        sql.close().await;
        let end = position(&primary, "pg_current_wal_lsn()").await;
        eventually("the replica is ahead of the standby", async || {
            position(&replica, "pg_last_wal_replay_lsn()").await >= end
        })
        .await;
        primary.kill();
        standby.restart().await;
        standby.promote().await;
        eventually("the service works on the standby", async || {
            user.clients[0].get("/api/health").await.status == 200
        })
        .await;
        for nth in 2..20 {
            user.add(0, nth).await;
            assert_eq!(user.counts(0).await, (usize::try_from(nth).unwrap(), nth));
        }
        assert!(position(&standby, "pg_current_wal_lsn()").await < end, "no longer behind");

        // Once it follows the new primary, it is used again.
        replica.follow(&standby).await;
        let sql = Sql::postgres(&replica.url()).await;
        eventually("the replica is read", async || {
            user.counts(0).await;
            let reads = "SELECT (seq_scan + idx_scan)::BIGINT FROM pg_stat_user_tables
                         WHERE relname = 'fuel_logs'";
            sql.number(reads).await > 0
        })
        .await;
        sql.close().await;
    });
}
