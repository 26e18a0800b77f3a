//! Clients that write, retry and read back through several instances. They run in a separate thread, so that
//! the test itself does not delay them.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use futures_util::future::{join, join_all};
use reqwest::Method;
use serde_json::Value;

use super::{Client, Response, Service, Sql, block_on, client};
use crate::kill::Ledger;

/// The number of users, each with a vehicle.
const USERS: usize = 6;
/// How long a user pauses after each fill-up, so that the CPU is not the bottleneck.
const PAUSE: Duration = Duration::from_millis(30);
/// How long to wait for a response before trying another instance.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How long to wait after every instance has failed.
const RETRY_DELAY: Duration = Duration::from_millis(20);
/// How often to check the health.
const HEALTH_INTERVAL: Duration = Duration::from_millis(100);

/// A write or a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Write,
    Read,
}

/// A request that finally succeeded.
#[derive(Debug, Clone, Copy)]
struct Success {
    kind: Kind,
    at: Instant,
    /// The time since the first attempt.
    took: Duration,
}

/// Observations so far.
#[derive(Debug, Default)]
struct Observations {
    stops: AtomicBool,
    successes: Mutex<Vec<Success>>,
    /// Responses that were stale, or contained a record twice.
    wrong: Mutex<Vec<String>>,
    /// Changes of an instance's health.
    health: Mutex<Vec<(Instant, usize, String)>>,
}

/// Users who add fill-ups with an `Idempotency-Key`, retry at the next instance if one fails or returns 503,
/// and read each fill-up back, first from another instance.
pub(crate) struct Traffic {
    observations: Arc<Observations>,
    users: Vec<Client>,
    vehicles: Vec<String>,
    thread: JoinHandle<Ledger>,
}

impl Traffic {
    /// Registers users and starts. The instances must have open registration.
    pub(crate) async fn start(instances: &[&Service]) -> Self {
        let (observations, ledger) = (Arc::new(Observations::default()), Ledger::default());
        let (mut users, mut vehicles) = (Vec::new(), Vec::new());
        for nth in 0..USERS {
            let user = instances[0].register(&format!("user-{nth}@example.org")).await;
            let vehicle = ledger.add_vehicle(&user).await.unwrap().expect(201);
            vehicles.push(client::text(&vehicle["id"]));
            users.push(user);
        }
        let urls: Vec<_> = instances.iter().map(|it| it.url.clone()).collect();
        let (shared, pairs) =
            (Arc::clone(&observations), users.clone().into_iter().zip(vehicles.clone()));
        let pairs: Vec<_> = pairs.collect();
        let thread = std::thread::spawn(move || {
            block_on(async {
                let at = |user: &Client| urls.iter().map(|url| user.at(url)).collect();
                let users = pairs.iter().map(|(user, vehicle)| {
                    let user = User { instances: at(user), vehicle: vehicle.clone() };
                    user.work(&ledger, &shared)
                });
                let watched = urls.iter().enumerate().map(|(nth, url)| watch(nth, url, &shared));
                join(join_all(users), join_all(watched)).await;
            });
            ledger
        });
        Self { observations, users, vehicles, thread }
    }

    /// The number of successful writes.
    pub(crate) fn writes(&self) -> usize {
        let successes = self.observations.successes.lock().unwrap();
        successes.iter().filter(|it| it.kind == Kind::Write).count()
    }

    /// The longest time since `begun` without a successful write, or without a successful read.
    pub(crate) fn longest_gap(&self, started: Instant) -> Duration {
        let successes = self.observations.successes.lock().unwrap();
        let gap = |kind: Kind| {
            let (mut last, mut longest) = (started, Duration::ZERO);
            for success in successes.iter().filter(|it| it.kind == kind && it.at > started) {
                longest = longest.max(success.at - last);
                last = success.at;
            }
            longest.max(last.elapsed())
        };
        gap(Kind::Write).max(gap(Kind::Read))
    }

    /// The duration of the slowest request since `begun`, including retries.
    pub(crate) fn slowest(&self, started: Instant) -> Duration {
        let successes = self.observations.successes.lock().unwrap();
        let since = successes.iter().filter(|it| it.at > started);
        since.map(|it| it.took).max().unwrap_or_default()
    }

    /// Changes of health since `begun`: time, instance and state.
    pub(crate) fn health(&self, started: Instant) -> Vec<(Duration, usize, String)> {
        let health = self.observations.health.lock().unwrap();
        let since = health.iter().filter(|it| it.0 >= started);
        since.map(|(at, nth, said)| (*at - started, *nth, said.clone())).collect()
    }

    /// Stops after each user's last write, and reads everything back through each instance and with SQL.
    /// Asserts that nothing was lost, duplicated or stale.
    pub(crate) async fn check(self, instances: &[&Service], sql: &Sql) {
        self.observations.stops.store(true, Ordering::SeqCst);
        let ledger = self.thread.join().unwrap();
        let wrong = self.observations.wrong.lock().unwrap().clone();
        let reads = self
            .observations
            .successes
            .lock()
            .unwrap()
            .iter()
            .filter(|it| it.kind == Kind::Read)
            .count();
        println!("{reads} reads, of which {} were stale or had duplicates", wrong.len());
        for instance in instances {
            let users: Vec<_> = self.users.iter().map(|it| it.at(&instance.url)).collect();
            let owned = users.iter().zip(&self.vehicles).map(|(user, it)| (user, it.as_str()));
            ledger
                .check_all(&users.iter().collect::<Vec<_>>(), &owned.collect::<Vec<_>>(), sql)
                .await;
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}

/// A user with a vehicle, signed in at every instance.
struct User {
    instances: Vec<Client>,
    vehicle: String,
}

impl User {
    async fn work(self, ledger: &Ledger, observations: &Observations) {
        let mut written = 0;
        while !observations.stops.load(Ordering::SeqCst) {
            let number = ledger.next();
            let body = client::fill_up(&self.vehicle, number);
            let name = client::text(&body["notes"]);
            ledger.intend(&name);
            let first = usize::try_from(number).unwrap();
            let post = async |at: &Client| at.post_idempotent("/api/fuel-logs", &body, &name).await;
            let record = self.retry_until(Kind::Write, first, 201, &post, observations).await;
            // Sometimes retry, as if the response had been lost.
            if number.is_multiple_of(8) {
                let again =
                    self.retry_until(Kind::Write, first + 1, 201, &post, observations).await;
                assert_eq!(again, record, "a retry must give the same record");
            }
            ledger.acknowledge(name.clone(), record);
            written += 1;
            // Immediately, when the replica may lag behind, and later, when it may not.
            self.read_back(first + 1, &body, written, observations).await;
            tokio::time::sleep(PAUSE).await;
            self.read_back(first, &body, written, observations).await;
        }
    }

    /// Reads lists and sums that must reflect the last write.
    async fn read_back(
        &self,
        first: usize,
        last: &Value,
        written: u64,
        observations: &Observations,
    ) {
        let read = async |path: &str| {
            let get = async |at: &Client| at.send(Method::GET, path, None).await;
            self.retry_until(Kind::Read, first, 200, get, observations).await
        };
        let garage = read("/api/vehicles").await;
        let logs = read(&format!("/api/fuel-logs?vehicleId={}&limit=1", self.vehicle)).await;
        let sums = read(&format!("/api/vehicles/{}/fuel-stats", self.vehicle)).await;
        let shown =
            [&garage["items"][0]["odometerReading"], &logs["items"][0]["notes"], &sums["logs"]];
        let expected = [&last["odometerReading"], &last["notes"], &Value::from(written)];
        if shown != expected {
            let wrong = format!("{shown:?} instead of {expected:?}");
            observations.wrong.lock().unwrap().push(wrong);
        }
    }

    /// Sends a request to one instance after the other until one returns this status.
    async fn retry_until(
        &self,
        kind: Kind,
        first: usize,
        status: u16,
        send: impl AsyncFn(&Client) -> reqwest::Result<Response>,
        observations: &Observations,
    ) -> Value {
        let started = Instant::now();
        for attempt in 0.. {
            let instance = &self.instances[(first + attempt) % self.instances.len()];
            match tokio::time::timeout(TIMEOUT, send(instance)).await {
                Ok(Ok(response)) if response.status == status => {
                    let at = Instant::now();
                    let success = Success { kind, at, took: at - started };
                    observations.successes.lock().unwrap().push(success);
                    return response.body;
                }
                Ok(Ok(response)) => {
                    let is_under_way = response.body["type"] == "/problems/in-flight";
                    let is_refused =
                        response.status == 503 && response.headers.contains_key("retry-after");
                    assert!(is_under_way || is_refused, "{response:?}");
                }
                // The connection broke, or the request timed out.
                Ok(Err(_)) | Err(_) => {}
            }
            if (attempt + 1).is_multiple_of(self.instances.len()) {
                tokio::time::sleep(RETRY_DELAY).await;
            }
        }
        unreachable!("attempts are unlimited")
    }
}

/// Records changes of an instance's health.
async fn watch(nth: usize, url: &str, observations: &Observations) {
    let client = Client::anonymous(url);
    let mut before = String::new();
    while !observations.stops.load(Ordering::SeqCst) {
        let response = client.send(Method::GET, "/api/health", None);
        let said = match tokio::time::timeout(TIMEOUT, response).await {
            Ok(Ok(Response { status, body, .. })) => {
                let part = |name: &str| body[name]["state"].as_str().unwrap_or("?").to_owned();
                format!(
                    "{status} {}: database {}, cache {}, problems {}",
                    body["status"].as_str().unwrap_or("?"),
                    part("database"),
                    part("cache"),
                    body["problems"]
                )
            }
            _ => "no response".to_owned(),
        };
        if said != before {
            observations.health.lock().unwrap().push((Instant::now(), nth, said.clone()));
            before = said;
        }
        tokio::time::sleep(HEALTH_INTERVAL).await;
    }
}
