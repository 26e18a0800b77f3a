//! Disaster recovery drill: everything is lost, and restored from backups exactly as the write ledger
//! recorded it.
//!
//! The ledger contains each acknowledged write. A mark is a moment between writes: every write acknowledged
//! before the mark was committed before it, and all others begin after it. So the exact contents of the
//! database at that moment are known, independent of any clocks. `make drill` runs it for longer than the
//! tests do.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::{join, join_all};
use serde_json::Value;
use tokio::sync::RwLock;

use crate::support::{
    Client, Installation, Random, Service, TestEnv, client, current_program, eventually,
};

/// The parameters of a drill.
struct Trial {
    program: PathBuf,
    /// How long to write, in addition to the duration of the backups.
    lasts: Duration,
    /// The number of concurrent writers.
    writers: usize,
    /// The number of points in time to which PostgreSQL is restored.
    targets: usize,
    /// The approximate interval between marks.
    marks: Duration,
    seed: u64,
}

impl Trial {
    #[expect(clippy::disallowed_methods, reason = "a test parameter is not a setting")]
    fn from_env() -> Self {
        let seed = std::env::var("DRILL_SEED").ok();
        let seed = seed.map_or_else(|| crate::support::random(1_000_000), |it| it.parse().unwrap());
        match std::env::var("DRILL_PROGRAM") {
            Ok(program) => Self {
                program: program.into(),
                lasts: Duration::from_mins(1),
                writers: 6,
                targets: 10,
                marks: Duration::from_secs(1),
                seed,
            },
            Err(_) => Self {
                program: current_program().to_owned(),
                lasts: Duration::from_secs(2),
                writers: 3,
                targets: 2,
                marks: Duration::from_millis(150),
                seed,
            },
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the ledger's clock is the machine's")]
fn now() -> DateTime<Utc> {
    Utc::now()
}

/// An acknowledged write.
#[derive(Clone)]
struct Entry {
    sent: DateTime<Utc>,
    acknowledged: DateTime<Utc>,
    record: Value,
}

/// A moment between writes, and the number of ledger entries at that moment.
#[derive(Debug, Clone, Copy)]
struct Mark {
    at: DateTime<Utc>,
    entries: usize,
}

#[derive(Default)]
struct Ledger {
    numbers: Cell<u64>,
    entries: RefCell<Vec<Entry>>,
    marks: RefCell<Vec<Mark>>,
    /// Writers share the lock; setting a mark locks it exclusively.
    gate: RwLock<()>,
    stop: Cell<bool>,
}

impl Ledger {
    async fn add(&self, by: &Client, path: &str, body: &Value) -> Value {
        let _open = self.gate.read().await;
        let sent = now();
        let record = by.post(path, body).await.expect(201);
        let entry = Entry { sent, acknowledged: now(), record: record.clone() };
        self.entries.borrow_mut().push(entry);
        record
    }

    fn next(&self) -> u64 {
        self.numbers.set(self.numbers.get() + 1);
        self.numbers.get()
    }

    async fn add_vehicle(&self, by: &Client) -> String {
        let record = self.add(by, "/api/vehicles", &client::vehicle(self.next())).await;
        client::text(&record["id"])
    }

    async fn keep_writing(&self, by: &Client, vehicle: &str) {
        while !self.stop.get() {
            let number = self.next();
            if number.is_multiple_of(8) {
                self.add(by, "/api/vehicles", &client::vehicle(number)).await;
            } else {
                self.add(by, "/api/fuel-logs", &client::fill_up(vehicle, number)).await;
            }
        }
    }

    /// Runs `then` while nothing is being written, and marks the moment.
    async fn mark(&self, then: impl FnOnce()) -> Mark {
        let _closed = self.gate.write().await;
        then();
        tokio::time::sleep(Duration::from_millis(1)).await;
        let mark = Mark { at: now(), entries: self.entries.borrow().len() };
        self.marks.borrow_mut().push(mark);
        tokio::time::sleep(Duration::from_millis(1)).await;
        mark
    }
}

/// The records of a running service, by id.
async fn records(client: &Client) -> BTreeMap<String, Value> {
    let mut all = BTreeMap::new();
    let vehicles = client.all("/api/vehicles").await;
    for vehicle in &vehicles {
        let id = client::text(&vehicle["id"]);
        let logs = client.all(&format!("/api/fuel-logs?vehicleId={id}")).await;
        // Related records were restored together.
        let latest = logs.first().and_then(|it| it["odometerReading"].as_i64());
        assert_eq!(vehicle["odometerReading"].as_i64(), Some(latest.unwrap_or(0)), "{vehicle}");
        all.extend(logs.into_iter().map(|it| (client::text(&it["id"]), it)));
    }
    all.extend(vehicles.into_iter().map(|it| (client::text(&it["id"]), it)));
    all
}

/// A copy of the service key outside the data folder, since unencrypted backups do not include it.
fn copied_key(installation: &Installation) -> PathBuf {
    installation.env.folder().join("copied-service.key")
}

/// The records of a restored database, read through the service, and their number according to SQL.
async fn restored_records(
    installation: &Installation,
    trial: &Trial,
    restored: &Path,
    by: &Client,
) -> (BTreeMap<String, Value>, Duration) {
    let began = Instant::now();
    let restored = installation.open(restored).await;
    let took = began.elapsed();
    let env = TestEnv::empty().with_program(&trial.program);
    let env = env.with("MVP__DATABASE__URL", &restored.url);
    let env = env.with("MVP__AUTH__KEY_FILE", copied_key(installation).to_str().unwrap());
    let service = env.serve();
    let found = records(&by.at(&service.url)).await;
    let rows = "SELECT (SELECT COUNT(*) FROM vehicles) + (SELECT COUNT(*) FROM fuel_logs)";
    let rows = restored.sql.number(rows).await;
    assert_eq!(
        usize::try_from(rows).unwrap(),
        found.len(),
        "some rows are not visible through the API"
    );
    service.kill();
    restored.sql.close().await;
    (found, took)
}

/// Asserts that exactly these entries exist, as they were acknowledged.
fn compare<'a>(entries: impl IntoIterator<Item = &'a Entry>, found: &BTreeMap<String, Value>) {
    // Later writes change economy and the odometer.
    const MEMBERS: [&str; 8] =
        ["id", "vin", "nickname", "vehicleId", "date", "gallons", "notes", "createdAt"];
    let mut wanted = BTreeSet::new();
    for entry in entries {
        let id = client::text(&entry.record["id"]);
        let found = found.get(&id).unwrap_or_else(|| panic!("lost: {}", entry.record));
        for member in MEMBERS {
            assert_eq!(found[member], entry.record[member], "{member} of {id}");
        }
        wanted.insert(id);
    }
    let surplus: Vec<_> = found.iter().filter(|(id, _)| !wanted.contains(*id)).collect();
    let (count, first) = (surplus.len(), surplus.first());
    assert_eq!(count, 0, "not acknowledged by then, the first of them: {first:?}");
}

/// Writes for a while, with two backups: one during writes, one between writes.
struct Written {
    ledger: Ledger,
    client: Client,
    service: Service,
    /// The mark of the second backup.
    quiet: Mark,
}

async fn write(installation: &Installation, trial: &Trial, random: &Random) -> Written {
    let service = installation.env.serve();
    let client = service.register("ledger@example.org").await;
    let key = installation.env.folder().join("data/service.key");
    std::fs::copy(key, copied_key(installation)).unwrap();
    let ledger = Ledger::default();
    let mut vehicles = Vec::new();
    for _ in 0..trial.writers.div_ceil(2) {
        vehicles.push(ledger.add_vehicle(&client).await);
    }
    let writers =
        (0..trial.writers).map(|nth| ledger.keep_writing(&client, &vehicles[nth % vehicles.len()]));
    let conduct = async {
        let started = Instant::now();
        let pause = async || {
            let most = u64::try_from(trial.marks.as_millis()).unwrap() * 2;
            let wait = random.below(most);
            tokio::time::sleep(Duration::from_millis(wait)).await;
        };
        while started.elapsed() < trial.lasts / 4 {
            pause().await;
            ledger.mark(|| ()).await;
        }
        let mut child = installation.env.command(&["backup", "create"]).spawn().unwrap();
        let before = ledger.entries.borrow().len();
        eventually("the backup is made", async || child.try_wait().unwrap().is_some()).await;
        assert!(child.wait().unwrap().success());
        assert!(ledger.entries.borrow().len() > before, "nothing was written meanwhile");
        let quiet = ledger.mark(|| drop(installation.backup(&["create"]).expect_success())).await;
        let started = Instant::now();
        while started.elapsed() < trial.lasts * 3 / 4 {
            pause().await;
            ledger.mark(|| ()).await;
        }
        // Commit once more, so that recovery recognizes that it has passed the last mark.
        let last = ledger.entries.borrow().len();
        eventually("writes go on", async || ledger.entries.borrow().len() > last + 10).await;
        ledger.stop.set(true);
        quiet
    };
    let (_, quiet) = join(join_all(writers), conduct).await;
    Written { ledger, client, service, quiet }
}

#[test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
fn postgresql_is_restored_to_any_point_in_time() {
    crate::support::block_on(async {
        let trial = Trial::from_env();
        let mut installation = Installation::on_postgres_of(&trial.program).await;
        println!("PostgreSQL, DRILL_SEED={}", trial.seed);
        let random = Random::new(trial.seed);
        let Written { ledger, client, service, .. } = write(&installation, &trial, &random).await;
        // WAL that was not archived is lost with the disk: see archive_timeout.
        let sql = installation.env.sql().await;
        let last = sql.texts("SELECT pg_walfile_name(pg_switch_wal())").await.remove(0);
        let archived =
            format!("SELECT COUNT(*) FROM pg_stat_archiver WHERE last_archived_wal >= '{last}'");
        eventually("all WAL is archived", async || sql.number(&archived).await == 1).await;
        sql.close().await;
        service.kill();
        let mut postgres = installation.postgres.take().unwrap();
        postgres.kill();
        std::fs::remove_dir_all(postgres.data()).unwrap();
        installation.postgres = Some(postgres);
        let first = installation.names().remove(0);
        let first: DateTime<Utc> =
            installation.manifest(&first)["ended_at"].as_str().unwrap().parse().unwrap();
        let entries = ledger.entries.take();
        println!("{} writes acknowledged, then the data folder was removed", entries.len());
        let mut marks: Vec<Mark> = ledger.marks.borrow().clone();
        marks.retain(|it| it.at > first && it.entries < entries.len());
        assert!(marks.len() >= trial.targets, "only {} marks", marks.len());
        for nth in 0..trial.targets {
            let at = random.below(marks.len() as u64);
            let mark = marks.swap_remove(usize::try_from(at).unwrap());
            let to = mark.at.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string();
            let target = installation.new_target(&format!("restored-{nth}"));
            let started = Instant::now();
            let output = installation.restore(&target, &["--to", &to]).expect_success();
            let laid_out = started.elapsed();
            let (found, recovered) =
                restored_records(&installation, &trial, &target, &client).await;
            compare(&entries[..mark.entries], &found);
            println!(
                "  {to} from {}: {} rows, as the ledger has them; laid out in {laid_out:.1?}, \
                 recovered in {recovered:.1?}",
                output.split_whitespace().nth(1).unwrap(),
                found.len(),
            );
            std::fs::remove_dir_all(&target).unwrap();
        }
    });
}

#[test]
fn sqlite_is_restored_from_each_backup() {
    crate::support::block_on(async {
        let trial = Trial::from_env();
        let installation = Installation::on_sqlite_of(&trial.program);
        println!("SQLite, DRILL_SEED={}", trial.seed);
        let random = Random::new(trial.seed);
        let Written { ledger, client, service, quiet } =
            write(&installation, &trial, &random).await;
        service.kill();
        std::fs::remove_dir_all(installation.database_path().parent().unwrap()).unwrap();
        let entries = ledger.entries.take();
        println!("{} writes acknowledged, then the data folder was removed", entries.len());

        let names = installation.names();
        let moment = |nth: usize, which: &str| -> DateTime<Utc> {
            installation.manifest(&names[nth])[which].as_str().unwrap().parse().unwrap()
        };
        let bring = async |to: Option<DateTime<Utc>>, name: &str| {
            let target = installation.new_target(name);
            let to = to.map(|it| it.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string());
            let started = Instant::now();
            let output = match &to {
                Some(to) => installation.restore(&target, &["--to", to]).expect_success(),
                None => installation.restore(&target, &[]).expect_success(),
            };
            let took = started.elapsed();
            let (found, _) = restored_records(&installation, &trial, &target, &client).await;
            let of = output.split_whitespace().nth(1).unwrap();
            println!(
                "  {of}: {} rows, as the ledger has them; restored in {took:.1?}",
                found.len()
            );
            found
        };
        // The backup between writes contains exactly the rows before its mark.
        compare(&entries[..quiet.entries], &bring(None, "newest").await);

        // The backup during writes corresponds to a moment between its start and its end.
        let (began, ended) = (moment(0, "began_at"), moment(0, "ended_at"));
        let just_before_the_next = moment(1, "ended_at") - TimeDelta::microseconds(1);
        let found = bring(Some(just_before_the_next), "earlier").await;
        let is_in = |entry: &&Entry| found.contains_key(&client::text(&entry.record["id"]));
        let (inside, outside): (Vec<_>, Vec<_>) = entries.iter().partition(is_in);
        compare(inside.iter().copied(), &found);
        let last_in = inside.iter().map(|it| it.sent).max().unwrap();
        let first_out = outside.iter().map(|it| it.acknowledged).min().unwrap();
        assert!(
            last_in < first_out,
            "a write is in it, and one that was acknowledged before is not"
        );
        assert!(first_out > began && last_in < ended, "the backup is not of its stated time");
    });
}
