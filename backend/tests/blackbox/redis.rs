//! Redis as the cache: its contents, and that failures cause neither delays nor stale responses.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

use futures_util::future::{join, join_all};
use redis::AsyncCommands as _;
use serde_json::json;

use crate::support::{Client, Redis, TestEnv, block_on, client, eventually, random};

/// The documented maximum delay per request if Redis is unavailable is 50 ms; the rest is a margin for a busy
/// machine.
const MAX_DELAY: Duration = Duration::from_millis(50 + 250);

async fn odometer(client: &Client) -> i64 {
    let list = client.get("/api/vehicles").await.expect(200);
    list["items"][0]["odometerReading"].as_i64().unwrap()
}

async fn cache_is(client: &Client, state: &str) -> bool {
    let health = client.get("/api/health").await.expect(200);
    let status = if state == "up" { "ok" } else { "degraded" };
    assert_eq!(health["cache"]["engine"], "redis");
    let is_so = health["cache"]["state"] == state;
    assert_eq!(is_so, health["status"] == status, "{health}");
    is_so
}

/// Sends various requests repeatedly. Returns the duration of the slowest.
async fn send_requests(client: &Client, vehicle: &str, reading: &Cell<i64>) -> Duration {
    let mut longest = Duration::ZERO;
    for _ in 0..15 {
        reading.set(reading.get() + 1);
        let body = json!({ "odometerReading": reading.get() });
        let changed = client.patch(&format!("/api/vehicles/{vehicle}"), &body).await;
        longest = longest.max(changed.took);
        changed.expect(200);
        for path in ["/api/vehicles", &format!("/api/vehicles/{vehicle}"), "/api/auth/me"] {
            let response = client.get(path).await;
            longest = longest.max(response.took);
            let body = response.expect(200);
            if path == "/api/vehicles" {
                assert_eq!(body["items"][0]["odometerReading"], reading.get(), "stale");
            }
        }
    }
    longest
}

/// A service with PostgreSQL and its own Redis, an account and a vehicle.
struct Setup {
    _env: TestEnv,
    redis: Redis,
    service: crate::support::Service,
    client: Client,
    vehicle: String,
    reading: Cell<i64>,
}

impl Setup {
    async fn new() -> Self {
        let redis = Redis::start().await;
        let env = TestEnv::on_postgres().await.with("MVP__CACHE__URL", &redis.url());
        let service = env.serve();
        let client = service.register("redis@example.org").await;
        eventually("Redis is found", async || cache_is(&client, "up").await).await;
        let vehicle = client.add_vehicle(1).await;
        let reading = Cell::new(0);
        let setup = Self { _env: env, redis, service, client, vehicle, reading };
        println!("with Redis: {:?}", setup.send_requests().await);
        setup
    }

    async fn send_requests(&self) -> Duration {
        send_requests(&self.client, &self.vehicle, &self.reading).await
    }

    /// Asserts that the service works and stays fast while Redis is unavailable.
    async fn assert_works_without_redis(&self, how: &str) {
        let longest = self.send_requests().await;
        println!("with Redis {how}: {longest:?} at most");
        assert!(longest < MAX_DELAY, "{how}: {longest:?}");
        eventually("it says so", async || cache_is(&self.client, "down").await).await;
        let warned = self.service.log().matches(r#""level":"WARN""#).count();
        let longest = self.send_requests().await;
        println!("with Redis {how}, later: {longest:?} at most");
        assert!(longest < MAX_DELAY, "{how}: {longest:?}");
        assert!(warned > 0, "{how}: nothing in the log");
        let since = self.service.log().matches(r#""level":"WARN""#).count() - warned;
        assert!(since <= 1, "{how}: logged {since} more times");
    }

    /// Asserts that Redis is used again, and contains nothing older than the last change.
    async fn assert_redis_is_used_again(&self) {
        let found = Instant::now();
        eventually("Redis is found again", async || {
            assert_eq!(odometer(&self.client).await, self.reading.get(), "stale");
            cache_is(&self.client, "up").await
        })
        .await;
        println!("Redis is found again after {:?}", found.elapsed());
        assert_eq!(odometer(&self.client).await, self.reading.get(), "stale");
        self.send_requests().await;
    }

    fn key(&self) -> String {
        format!("vehicles:user:{}", self.client.user_id())
    }
}

#[test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
fn lists_are_cached_for_five_minutes_until_a_change() {
    block_on(async {
        let setup = Setup::new().await;
        let mut redis = setup.redis.connect().await;
        let changes = [
            ("PATCH", format!("/api/vehicles/{}", setup.vehicle), json!({ "nickname": "Blue" })),
            ("POST", "/api/vehicles".to_owned(), client::vehicle(2)),
            (
                "POST",
                "/api/fuel-logs".to_owned(),
                json!({ "vehicleId": setup.vehicle, "date": "2026-01-01", "odometerReading": 500,
                        "gallons": 10 }),
            ),
            ("DELETE", format!("/api/vehicles/{}", setup.vehicle), json!({})),
            ("POST", format!("/api/vehicles/{}/restore", setup.vehicle), json!({})),
        ];
        for (method, path, body) in changes {
            let listed = setup.client.get("/api/vehicles").await.expect(200);
            let ttl: i64 = redis.ttl(setup.key()).await.unwrap();
            assert!((1..=300).contains(&ttl), "{ttl} seconds");
            let cached: String = redis.get(setup.key()).await.unwrap();
            // The first line is the user's edition.
            let (edition, cached) = cached.split_once('\n').unwrap();
            assert!(edition.parse::<u64>().is_ok(), "{edition}");
            assert_eq!(serde_json::from_str::<serde_json::Value>(cached).unwrap(), listed);
            let sent = setup.client.send(method.parse().unwrap(), &path, Some(&body)).await;
            let status = sent.unwrap().status;
            assert!((200..300).contains(&status), "{method} {path}: {status}");
            let is_cached: bool = redis.exists(setup.key()).await.unwrap();
            assert!(!is_cached, "{method} {path} did not outdate the list");
        }
    });
}

#[test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
fn due_items_are_cached_for_at_most_an_hour_until_a_fill_up() {
    block_on(async {
        let setup = Setup::new().await;
        let mut redis = setup.redis.connect().await;
        let key = format!("maintenance:upcoming:{}", setup.client.user_id());
        let item = json!({ "vehicleId": setup.vehicle, "type": "oil_change", "dueMileage": 5000 });
        let item = setup.client.post("/api/maintenance", &item).await.expect(201);
        let item = format!("/api/maintenance/{}", item["id"].as_str().unwrap());
        // On the date of the latest reading: an earlier one would not change what is due.
        let readings = format!("/api/vehicles/{}/odometer", setup.vehicle);
        let today = setup.client.get(&readings).await.expect(200)["items"][0]["date"].clone();
        let fill = json!({
            "vehicleId": setup.vehicle, "date": today, "odometerReading": 4800, "gallons": 10,
            "confirm": ["/odometerReading"],
        });
        let due = async || {
            let due = setup.client.get("/api/maintenance/upcoming").await.expect(200);
            due["items"][0]["dueInMiles"].clone()
        };
        let before = due().await;
        let changes = [
            ("POST", "/api/fuel-logs".to_owned(), fill),
            ("PATCH", item.clone(), json!({ "dueMileage": 6000 })),
            ("POST", format!("{item}/postpone"), json!({ "dueMileage": 7000 })),
            (
                "PATCH",
                format!("/api/vehicles/{}", setup.vehicle),
                json!({ "odometerReading": 5000 }),
            ),
            ("DELETE", format!("/api/vehicles/{}", setup.vehicle), json!({})),
            ("POST", format!("/api/vehicles/{}/restore", setup.vehicle), json!({})),
            ("POST", format!("{item}/complete"), json!({ "completedDate": "2026-01-01" })),
        ];
        for (nth, (method, path, body)) in changes.into_iter().enumerate() {
            due().await;
            let ttl: i64 = redis.ttl(&key).await.unwrap();
            assert!((1..=3600).contains(&ttl), "{ttl} seconds");
            let sent = setup.client.send(method.parse().unwrap(), &path, Some(&body)).await;
            let status = sent.unwrap().status;
            assert!((200..300).contains(&status), "{method} {path}: {status}");
            let is_cached: bool = redis.exists(&key).await.unwrap();
            assert!(!is_cached, "{method} {path} did not outdate what is due");
            if nth == 0 {
                assert_eq!(due().await, 200, "it was {before} before the fill-up");
            }
        }
    });
}

#[test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
fn the_service_works_while_redis_is_down() {
    block_on(async {
        let mut setup = Setup::new().await;
        setup.redis.kill();
        setup.assert_works_without_redis("killed").await;
        setup.redis.restart(&[]).await;
        setup.assert_redis_is_used_again().await;
    });
}

#[test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
fn the_service_works_while_redis_hangs_and_no_list_is_stale_afterwards() {
    block_on(async {
        let setup = Setup::new().await;
        for _ in 0..2 {
            // The list is cached in Redis, and survives the hang.
            odometer(&setup.client).await;
            setup.redis.signal("STOP");
            setup.assert_works_without_redis("hung").await;
            setup.redis.signal("CONT");
            setup.assert_redis_is_used_again().await;
        }
    });
}

#[test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
fn the_service_works_with_a_wrong_redis_password() {
    block_on(async {
        let mut setup = Setup::new().await;
        setup.redis.kill();
        setup.redis.restart(&["--requirepass", "another"]).await;
        setup.assert_works_without_redis("refusing the password").await;
        setup.redis.kill();
        setup.redis.restart(&[]).await;
        setup.assert_redis_is_used_again().await;
    });
}

#[test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
fn the_service_starts_without_redis() {
    block_on(async {
        let mut redis = Redis::start().await;
        redis.kill();
        let env = TestEnv::on_postgres().await.with("MVP__CACHE__URL", &redis.url());
        let service = env.serve();
        let client = service.register("redis@example.org").await;
        let vehicle = client.add_vehicle(1).await;
        let longest = send_requests(&client, &vehicle, &Cell::new(0)).await;
        assert!(longest < MAX_DELAY, "{longest:?}");
        assert!(cache_is(&client, "down").await);
        redis.restart(&[]).await;
        eventually("Redis is found", async || cache_is(&client, "up").await).await;
    });
}

/// Two instances with one PostgreSQL and one Redis: reads through one instance see writes acknowledged by the
/// other, also with many concurrent reads and writes.
#[test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
fn a_change_through_one_instance_is_visible_through_the_other() {
    block_on(async {
        let redis = Redis::start().await;
        let env = TestEnv::on_postgres().await.with("MVP__CACHE__URL", &redis.url());
        let (one, other) = (env.serve(), env.serve());
        let writer = one.register("redis@example.org").await;
        let reader = writer.at(&other.url);
        for client in [&writer, &reader] {
            eventually("Redis is found", async || cache_is(client, "up").await).await;
        }
        let vehicle = writer.add_vehicle(1).await;
        // One after the other, in both directions.
        for reading in 1..=40 {
            let (by, to) = if reading % 2 == 0 { (&writer, &reader) } else { (&reader, &writer) };
            let path = format!("/api/vehicles/{vehicle}");
            by.patch(&path, &json!({ "odometerReading": reading })).await.expect(200);
            assert_eq!(odometer(to).await, reading);
        }
        // Concurrently.
        let (acknowledged, stop) = (Cell::new(40), Cell::new(false));
        let reads = Cell::new(0);
        let readers = (0..8).map(|_| async {
            while !stop.get() {
                let before = acknowledged.get();
                let seen = odometer(&reader).await;
                assert!(seen >= before, "{seen} was read after {before} was acknowledged");
                reads.set(reads.get() + 1);
            }
        });
        let write = async {
            let started = Instant::now();
            while started.elapsed() < Duration::from_secs(4) {
                let reading = acknowledged.get() + 1;
                let path = format!("/api/vehicles/{vehicle}");
                writer.patch(&path, &json!({ "odometerReading": reading })).await.expect(200);
                acknowledged.set(reading);
                tokio::time::sleep(Duration::from_micros(random(5000))).await;
            }
            stop.set(true);
        };
        join(join_all(readers), write).await;
        // Also the statistics of a vehicle.
        let vehicle = writer.add_vehicle(2).await;
        for nth in 1..=40 {
            let (by, to) = if nth % 2 == 0 { (&writer, &reader) } else { (&reader, &writer) };
            let day = chrono::NaiveDate::from_yo_opt(2025, nth).unwrap();
            let odometer = 1_000 + nth;
            let fill = json!({
                "vehicleId": vehicle, "date": day, "odometerReading": odometer, "gallons": 1,
            });
            by.post("/api/fuel-logs", &fill).await.expect(201);
            for client in [to, by] {
                let stats = client.get(&format!("/api/vehicles/{vehicle}/fuel-stats")).await;
                assert_eq!(stats.expect(200)["logs"], nth);
            }
        }
        println!("{} changes, {} reads", acknowledged.get(), reads.get());
        assert!(acknowledged.get() > 80 && reads.get() > 200, "hardly a load");
    });
}

/// A proxy for Redis whose connections can be cut.
struct Proxy {
    address: std::net::SocketAddr,
    is_cut: std::sync::Arc<std::sync::atomic::AtomicBool>,
    connections: std::sync::Arc<std::sync::Mutex<Vec<tokio::task::JoinHandle<()>>>>,
}

impl Proxy {
    async fn to(redis: &Redis) -> Self {
        let target = redis.url();
        let target =
            target.rsplit_once("redis://").unwrap().1.split('/').next().unwrap().to_owned();
        let target = target.rsplit('@').next().unwrap().to_owned();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let is_cut = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        let connections = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
        let (cut, open) = (is_cut.clone(), connections.clone());
        tokio::spawn(async move {
            loop {
                let (mut from, _) = listener.accept().await.unwrap();
                if cut.load(std::sync::atomic::Ordering::SeqCst) {
                    continue;
                }
                let target = target.clone();
                open.lock().unwrap().push(tokio::spawn(async move {
                    let mut to = tokio::net::TcpStream::connect(target).await.unwrap();
                    let _ = tokio::io::copy_bidirectional(&mut from, &mut to).await;
                }));
            }
        });
        Self { address, is_cut, connections }
    }

    fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    fn cut(&self, is_cut: bool) {
        self.is_cut.store(is_cut, std::sync::atomic::Ordering::SeqCst);
        if is_cut {
            for connection in self.connections.lock().unwrap().drain(..) {
                connection.abort();
            }
        }
    }
}

/// The writing instance repeatedly loses Redis and is killed in between, on a busy machine. The other
/// instance must never return less than what was written.
#[test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
fn an_instance_that_loses_redis_or_is_killed_leaves_no_stale_cache() {
    block_on(async {
        let redis = Redis::start().await;
        let proxy = Proxy::to(&redis).await;
        let env = TestEnv::on_postgres().await;
        let env = env.with("MVP__CACHE__URL", &redis.url());
        let reader = env.serve();
        let env = env.with("MVP__CACHE__URL", &proxy.url());
        let mut writer = env.serve();
        let client = writer.register("redis@example.org").await;
        let reads = client.at(&reader.url);
        eventually("Redis is found", async || cache_is(&reads, "up").await).await;
        let vehicle = client.add_vehicle(1).await;
        let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        let busy: Vec<_> = (0..2)
            .map(|_| {
                let stop = stop.clone();
                std::thread::spawn(move || {
                    while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                        std::hint::spin_loop();
                    }
                })
            })
            .collect();
        let (mut stale, mut count) = (0, 0);
        let rounds = i64::try_from(crate::support::rounds(4)).unwrap();
        for round in 1..=rounds {
            let mut client = client.at(&writer.url);
            for nth in 0..25 {
                let reading = round * 100 + nth;
                // Fill the cache before the change, so that something can become stale.
                odometer(&reads).await;
                proxy.cut(nth % 5 >= 2);
                let body = json!({ "odometerReading": reading });
                client.patch(&format!("/api/vehicles/{vehicle}"), &body).await.expect(200);
                if nth == 12 {
                    writer.kill();
                    proxy.cut(false);
                    writer = env.serve();
                    client = client.at(&writer.url);
                }
                for _ in 0..20 {
                    count += 1;
                    stale += i32::from(odometer(&reads).await != reading);
                }
            }
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        for thread in busy {
            thread.join().unwrap();
        }
        assert_eq!(stale, 0, "of {count} reads");
        println!("{count} reads, none stale");
    });
}

/// Runs openssl in a folder.
fn openssl(folder: &std::path::Path, arguments: &str) {
    let run = std::process::Command::new("openssl")
        .args(arguments.split(' '))
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(run.status.success(), "{arguments}: {run:?}");
}

#[test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
fn redis_with_tls_requires_a_trusted_certificate() {
    block_on(async {
        let folder = tempfile::tempdir().unwrap();
        openssl(
            folder.path(),
            "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout ca.key -out ca.pem",
        );
        openssl(
            folder.path(),
            "req -newkey rsa:2048 -nodes -subj /CN=redis -keyout redis.key -out redis.csr",
        );
        std::fs::write(folder.path().join("names"), "subjectAltName=IP:127.0.0.1\n").unwrap();
        openssl(
            folder.path(),
            "x509 -req -in redis.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names \
             -out redis.pem",
        );
        let file = |name: &str| folder.path().join(name).display().to_string();
        let mut redis = Redis::start().await;
        let url = redis.url().replace("redis://", "rediss://");
        let port = url.rsplit(':').next().unwrap().to_owned();
        redis.kill();
        let (certificate, key, ca) = (file("redis.pem"), file("redis.key"), file("ca.pem"));
        let tls = ["--port", "0", "--tls-port", &port, "--tls-auth-clients", "no"];
        let files = ["--tls-cert-file", &certificate, "--tls-key-file", &key];
        let files = [&files[..], &["--tls-ca-cert-file", &ca]].concat();
        redis.restart(&[&tls[..], &files[..]].concat()).await;

        let env = TestEnv::empty().with("MVP__CACHE__URL", &url);
        let trusting =
            TestEnv::empty().with("MVP__CACHE__URL", &url).with("MVP__CACHE__CA_FILE", &ca);
        let service = trusting.serve();
        eventually("Redis is found", async || cache_is(&service.anonymous(), "up").await).await;
        let service = env.serve();
        eventually("Redis is refused", async || service.log().contains("Redis is unreachable"))
            .await;
        assert!(cache_is(&service.anonymous(), "down").await);

        for (url, ca, why) in [
            (url.as_str(), file("nothing.pem"), "nothing.pem"),
            (url.as_str(), file("redis.key"), "no certificates in PEM"),
            (&redis.url(), ca, "must start with rediss://"),
        ] {
            let env =
                TestEnv::empty().with("MVP__CACHE__URL", url).with("MVP__CACHE__CA_FILE", &ca);
            let error = env.run(&["config", "check"]).expect_failure(2);
            assert!(error.contains("cache.ca_file") && error.contains(why), "{error}");
        }
    });
}
