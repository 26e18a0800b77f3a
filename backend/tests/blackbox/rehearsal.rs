//! A day in production: parts of a system with two instances fail one after the other, while users write,
//! retry and read back. `make rehearsal` runs it on a release build for longer than the tests do, and
//! compares the outages with the limits in docs/torture.md.

use std::{
    fs::File,
    io::Write as _,
    path::PathBuf,
    time::{Duration, Instant},
};

use crate::support::{
    Cluster, Postgres, Redis, Service, Sql, TestEnv, Traffic, block_on, current_program,
    eventually, free_port,
};

/// How long a part is down before it is restarted, or before the failover begins.
const DOWN: Duration = Duration::from_secs(1);
/// The maximum time without a successful request while a redundant part is down.
const REDUNDANT: Duration = Duration::from_millis(200);
/// … while PgBouncer or PostgreSQL restarts.
const RESTART: Duration = Duration::from_secs(3);
/// … while the standby takes over.
const FAILOVER: Duration = Duration::from_secs(5);

/// The parameters of a rehearsal.
struct Trial {
    program: PathBuf,
    rounds: u64,
    /// The pause before and after each event.
    calm: Duration,
    /// The factor by which limits may be exceeded; no limits if the machine is busy with other tests.
    factor: Option<f64>,
}

impl Trial {
    #[expect(clippy::disallowed_methods, reason = "a test parameter is not a setting")]
    fn from_env() -> Self {
        let number = |name: &str| std::env::var(name).ok().map(|it| it.parse::<f64>().unwrap());
        match std::env::var("REHEARSAL_PROGRAM") {
            Ok(program) => Self {
                program: program.into(),
                rounds: 2,
                calm: Duration::from_secs(3),
                factor: Some(number("REHEARSAL_FACTOR").unwrap_or(3.0)),
            },
            Err(_) => Self {
                program: current_program().to_owned(),
                rounds: 1,
                calm: Duration::from_millis(500),
                factor: None,
            },
        }
    }
}

/// An instance of the service with a fixed address.
struct Instance {
    env: TestEnv,
    service: Option<Service>,
    /// Its log since the last event, before it was killed.
    logged: String,
    /// The length of the running service's log that was already read.
    known: usize,
}

impl Instance {
    fn start(env: TestEnv) -> Self {
        let address = format!("127.0.0.1:{}", free_port().unwrap());
        let env = env.with("MVP__SERVER__ADDRESS", &address);
        let mut instance = Self { env, service: None, logged: String::new(), known: 0 };
        instance.restart();
        instance
    }

    fn restart(&mut self) {
        self.service = Some(self.env.try_serve(&["--no-migrate"]).unwrap());
    }

    fn service(&self) -> &Service {
        self.service.as_ref().unwrap()
    }

    fn kill(&mut self) {
        self.logged = self.new_lines();
        self.known = 0;
        self.service.take().unwrap().kill();
    }

    /// The new log lines, except those caused by users.
    fn new_lines(&mut self) -> String {
        let log = self.service().log();
        let mut lines = std::mem::take(&mut self.logged);
        for line in log[self.known..].lines().filter(|it| !it.contains("Security event")) {
            lines.push_str(line);
            lines.push('\n');
        }
        self.known = log.len();
        lines
    }
}

/// The complete system.
struct Production {
    cluster: Cluster,
    /// A replica for reads, which follows the primary as well.
    replica: Postgres,
    redis: Redis,
    instances: [Instance; 2],
}

impl Production {
    async fn start(program: &std::path::Path) -> Self {
        let (cluster, redis) = (Cluster::start().await, Redis::start().await);
        let replica = cluster.primary.create_replica_named("replica").await;
        let env = || {
            cluster
                .env()
                .with_program(program)
                .with("MVP__DATABASE__REPLICA_URL", &replica.url_of("motovaultpro", "motovaultpro"))
                .with("MVP__CACHE__URL", &redis.url())
                .with("MVP__AUTH__REGISTRATION", "open")
                .with("MVP__AUTH__KEY", &"0123456789abcdef".repeat(4))
        };
        env().run(&["migrate"]).expect_success();
        let instances = [Instance::start(env()), Instance::start(env())];
        Self { cluster, replica, redis, instances }
    }

    fn services(&self) -> [&Service; 2] {
        self.instances.each_ref().map(Instance::service)
    }

    /// Waits until every instance is healthy and the standby is synchronous.
    async fn wait_until_healthy(&self) {
        for service in self.services() {
            let anonymous = service.anonymous();
            eventually("the instance is healthy", async || {
                let health = anonymous.get("/api/health").await;
                health.status == 200 && health.body["status"] == "ok"
            })
            .await;
        }
        self.cluster.wait_until_synchronous().await;
    }

    /// Waits until the instances use the replica for reads.
    async fn wait_until_replica_serves_reads(&self) {
        let sql = Sql::postgres(&self.replica.url_of("postgres", "motovaultpro")).await;
        eventually("the replica serves reads", async || {
            let reads = "SELECT (seq_scan + idx_scan)::BIGINT FROM pg_stat_user_tables
                         WHERE relname = 'fuel_logs'";
            sql.number(reads).await > 0
        })
        .await;
        sql.close().await;
    }
}

/// The limits for events, and the results.
struct Record {
    trial: Trial,
    report: Option<File>,
    missed: Vec<String>,
}

impl Record {
    /// Triggers an event, waits until everything is healthy again, and records the results. `happens` returns
    /// the moment at which everything was running again.
    async fn event(
        &mut self,
        production: &mut Production,
        traffic: &Traffic,
        what: &str,
        goal: Duration,
        happens: impl AsyncFnOnce(&mut Production) -> Instant,
    ) {
        for instance in &mut production.instances {
            instance.new_lines();
        }
        let started = Instant::now();
        let back = happens(production).await - started;
        let before = traffic.writes();
        eventually("writes go on", async || traffic.writes() > before + 30).await;
        production.wait_until_healthy().await;
        tokio::time::sleep(self.trial.calm).await;
        let (gap, slowest) = (traffic.longest_gap(started), traffic.slowest(started));
        let [back, gap_s, goal_s, slowest] =
            [back, gap, goal, slowest].map(|it| format!("{:.2} s", it.as_secs_f64()));
        let line = format!("{what:<42} {back:>8} {gap_s:>15} {goal_s:>8} {slowest:>8}");
        println!("{line}");
        if self.trial.factor.is_some_and(|factor| gap > goal.mul_f64(factor)) {
            self.missed.push(line.clone());
        }
        let Some(report) = &mut self.report else { return };
        writeln!(report, "\n== {line}\nhealth:").unwrap();
        for (after, nth, said) in traffic.health(started) {
            writeln!(report, "  +{:.2} s, instance {}: {said}", after.as_secs_f64(), nth + 1)
                .unwrap();
        }
        for (nth, instance) in production.instances.iter_mut().enumerate() {
            let lines = instance.new_lines();
            let (responses, lines): (Vec<&str>, Vec<&str>) =
                lines.lines().partition(|it| it.contains(r#""message":"Request handled""#));
            let failed = responses.iter().filter(|it| it.contains(r#""status":5"#)).count();
            writeln!(report, "log of instance {}, and {failed} responses 5xx:", nth + 1).unwrap();
            for line in lines {
                writeln!(report, "  {line}").unwrap();
            }
        }
    }

    async fn round(&mut self, production: &mut Production, traffic: &Traffic) {
        let down = || tokio::time::sleep(DOWN);
        let happens = async |_: &mut Production| Instant::now();
        self.event(production, traffic, "nothing", REDUNDANT, happens).await;
        for nth in [0, 1] {
            let what = format!("instance {} killed", nth + 1);
            let happens = async |it: &mut Production| {
                it.instances[nth].kill();
                down().await;
                it.instances[nth].restart();
                Instant::now()
            };
            self.event(production, traffic, &what, REDUNDANT, happens).await;
        }
        let happens = async |it: &mut Production| {
            it.redis.kill();
            down().await;
            it.redis.restart(&[]).await;
            Instant::now()
        };
        self.event(production, traffic, "Redis killed", REDUNDANT, happens).await;
        let happens = async |it: &mut Production| {
            it.wait_until_replica_serves_reads().await;
            it.replica.kill();
            down().await;
            it.replica.restart().await;
            let back = Instant::now();
            it.wait_until_replica_serves_reads().await;
            back
        };
        self.event(production, traffic, "replica killed", REDUNDANT, happens).await;
        let happens = async |it: &mut Production| {
            it.cluster.standby.kill();
            down().await;
            it.cluster.standby.restart().await;
            Instant::now()
        };
        self.event(production, traffic, "synchronous standby killed", REDUNDANT, happens).await;
        let happens = async |it: &mut Production| {
            it.cluster.pgbouncer.kill();
            down().await;
            it.cluster.pgbouncer.restart().await;
            Instant::now()
        };
        self.event(production, traffic, "PgBouncer killed", RESTART, happens).await;
        for (what, how) in [
            ("PostgreSQL restarted (fast shutdown)", "INT"),
            ("PostgreSQL restarted (immediate shutdown)", "QUIT"),
        ] {
            let happens = async |it: &mut Production| {
                it.cluster.primary.shut_down(how);
                it.cluster.primary.restart().await;
                Instant::now()
            };
            self.event(production, traffic, what, RESTART, happens).await;
        }
        let happens = async |it: &mut Production| {
            it.cluster.primary.kill();
            down().await;
            it.cluster.fail_over().await;
            let back = Instant::now();
            // The replica still has the data of the failed primary. Then it follows the new one.
            down().await;
            it.cluster.rejoin().await;
            it.replica.follow(&it.cluster.primary).await;
            it.wait_until_replica_serves_reads().await;
            back
        };
        self.event(production, traffic, "primary killed, standby promoted", FAILOVER, happens)
            .await;
    }
}

#[test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
fn a_day_of_outages_causes_no_loss_duplicates_or_long_delays() {
    block_on(async {
        let trial = Trial::from_env();
        let mut production = Production::start(&trial.program).await;
        let traffic = Traffic::start(&production.services()).await;
        let report = trial.factor.map(|_| {
            let file = tempfile::Builder::new().prefix("rehearsal-").suffix(".txt").tempfile();
            let (file, path) = file.unwrap().keep().unwrap();
            println!("health and logs of each event: {}", path.display());
            file
        });
        let mut record = Record { trial, report, missed: Vec::new() };
        eventually("writes go on", async || traffic.writes() > 100).await;
        for round in 1..=record.trial.rounds {
            let [back, gap, goal, slowest] = ["up again", "without success", "goal", "slowest"];
            println!("round {round:<36} {back:>8} {gap:>15} {goal:>8} {slowest:>8}");
            record.round(&mut production, &traffic).await;
        }
        let sql = production.cluster.sql().await;
        traffic.check(&production.services(), &sql).await;
        sql.close().await;
        let factor = record.trial.factor.unwrap_or_default();
        let missed = record.missed;
        assert!(missed.is_empty(), "missed by more than a factor of {factor}: {missed:#?}");
    });
}
