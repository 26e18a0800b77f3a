//! A day in production: two instances of the service behind which one thing after another fails,
//! while users write, retry and read back. `make rehearsal` does it on a release build, for longer
//! than the tests do, and compares how long nothing succeeded with what docs/torture.md promises.

use std::{
    fs::File,
    io::Write as _,
    path::PathBuf,
    time::{Duration, Instant},
};

use crate::support::{
    Cluster, Place, Postgres, Redis, Service, Sql, Traffic, block_on, eventually, free_port,
    this_program,
};

/// How long a part is down before it is started again, or a failed primary before somebody notices.
const DOWN: Duration = Duration::from_secs(1);
/// The longest time without a success while something that others stand in for is down.
const REDUNDANT: Duration = Duration::from_millis(200);
/// … while PgBouncer or PostgreSQL restarts.
const RESTART: Duration = Duration::from_secs(3);
/// … while the standby takes over.
const FAILOVER: Duration = Duration::from_secs(5);

/// How much is rehearsed.
struct Trial {
    program: PathBuf,
    rounds: u64,
    /// How long nothing happens before and after each event.
    calm: Duration,
    /// By what factor a goal may be missed; none where the machine is busy with other tests.
    factor: Option<f64>,
}

impl Trial {
    #[expect(clippy::disallowed_methods, reason = "the trial's measure is no setting")]
    fn wanted() -> Self {
        let number = |name: &str| std::env::var(name).ok().map(|it| it.parse::<f64>().unwrap());
        match std::env::var("REHEARSAL_PROGRAM") {
            Ok(program) => Self {
                program: program.into(),
                rounds: 2,
                calm: Duration::from_secs(3),
                factor: Some(number("REHEARSAL_FACTOR").unwrap_or(3.0)),
            },
            Err(_) => Self {
                program: this_program().to_owned(),
                rounds: 1,
                calm: Duration::from_millis(500),
                factor: None,
            },
        }
    }
}

/// An instance of the service, at an address that stays.
struct Instance {
    place: Place,
    service: Option<Service>,
    /// What it logged since the last event, before it was killed.
    logged: String,
    /// How much of the running service's log is known.
    known: usize,
}

impl Instance {
    fn start(place: Place) -> Self {
        let address = format!("127.0.0.1:{}", free_port());
        let place = place.with("MVP__SERVER__ADDRESS", &address);
        let mut instance = Self { place, service: None, logged: String::new(), known: 0 };
        instance.restart();
        instance
    }

    fn restart(&mut self) {
        self.service = Some(self.place.try_serve(&["--no-migrate"]).unwrap());
    }

    fn service(&self) -> &Service {
        self.service.as_ref().unwrap()
    }

    fn kill(&mut self) {
        self.logged = self.new_lines();
        self.known = 0;
        self.service.take().unwrap().kill();
    }

    /// What it logged since this was last asked, but for what users do.
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

/// Everything that runs.
struct Production {
    cluster: Cluster,
    /// Answers reads, and follows the primary after the standby.
    replica: Postgres,
    redis: Redis,
    instances: [Instance; 2],
}

impl Production {
    async fn start(program: &std::path::Path) -> Self {
        let (cluster, redis) = (Cluster::start().await, Redis::start().await);
        let replica = cluster.primary.replicated_as("replica").await;
        let place = || {
            cluster
                .place()
                .of_program(program)
                .with("MVP__DATABASE__REPLICA_URL", &replica.url_of("motovaultpro", "motovaultpro"))
                .with("MVP__CACHE__URL", &redis.url())
                .with("MVP__AUTH__REGISTRATION", "open")
                .with("MVP__AUTH__KEY", &"0123456789abcdef".repeat(4))
        };
        place().run(&["migrate"]).well();
        let instances = [Instance::start(place()), Instance::start(place())];
        Self { cluster, replica, redis, instances }
    }

    fn services(&self) -> [&Service; 2] {
        self.instances.each_ref().map(Instance::service)
    }

    /// Waits until every instance is ready and well, and the standby has everything.
    async fn is_well(&self) {
        for service in self.services() {
            let nobody = service.nobody();
            eventually("the instance is well", async || {
                let health = nobody.get("/api/health").await;
                health.status == 200 && health.body["status"] == "ok"
            })
            .await;
        }
        self.cluster.is_synchronous().await;
    }

    /// Waits until the replica answers: it has read fill-ups since it was started.
    async fn replica_is_asked(&self) {
        let sql = Sql::postgres(&self.replica.url_of("postgres", "motovaultpro")).await;
        eventually("the replica is asked", async || {
            let reads = "SELECT (seq_scan + idx_scan)::BIGINT FROM pg_stat_user_tables
                         WHERE relname = 'fuel_logs'";
            sql.number(reads).await > 0
        })
        .await;
        sql.close().await;
    }
}

/// What the events are compared with, and what they are written down in.
struct Record {
    trial: Trial,
    report: Option<File>,
    missed: Vec<String>,
}

impl Record {
    /// Lets something happen, waits until all is well again, and writes down how it went.
    async fn event(
        &mut self,
        production: &mut Production,
        traffic: &Traffic,
        what: &str,
        goal: Duration,
        happens: impl AsyncFnOnce(&mut Production),
    ) {
        for instance in &mut production.instances {
            instance.new_lines();
        }
        let begun = Instant::now();
        happens(production).await;
        let before = traffic.writes();
        eventually("writes go on", async || traffic.writes() > before + 30).await;
        production.is_well().await;
        tokio::time::sleep(self.trial.calm).await;
        let (gap, slowest) = (traffic.longest_gap(begun), traffic.slowest(begun));
        let line = format!("{what:<52} {gap:>8.2?} {goal:>7.1?} {slowest:>10.2?}");
        println!("{line}");
        if self.trial.factor.is_some_and(|factor| gap > goal.mul_f64(factor)) {
            self.missed.push(line.clone());
        }
        let Some(report) = &mut self.report else { return };
        writeln!(report, "\n== {line}\nhealth:").unwrap();
        for (after, nth, said) in traffic.health(begun) {
            writeln!(report, "  +{after:.2?} instance {}: {said}", nth + 1).unwrap();
        }
        for (nth, instance) in production.instances.iter_mut().enumerate() {
            writeln!(report, "log of instance {}:\n{}", nth + 1, instance.new_lines()).unwrap();
        }
    }

    async fn round(&mut self, production: &mut Production, traffic: &Traffic) {
        let down = || tokio::time::sleep(DOWN);
        self.event(production, traffic, "nothing", REDUNDANT, async |_| {}).await;
        for nth in [0, 1] {
            let what = format!("instance {} killed, back after 1 s", nth + 1);
            let happens = async |it: &mut Production| {
                it.instances[nth].kill();
                down().await;
                it.instances[nth].restart();
            };
            self.event(production, traffic, &what, REDUNDANT, happens).await;
        }
        let what = "Redis killed, back after 1 s";
        let happens = async |it: &mut Production| {
            it.redis.kill();
            down().await;
            it.redis.restart(&[]).await;
        };
        self.event(production, traffic, what, REDUNDANT, happens).await;
        let what = "replica killed, back after 1 s";
        let happens = async |it: &mut Production| {
            it.replica_is_asked().await;
            it.replica.kill();
            down().await;
            it.replica.restart().await;
            it.replica_is_asked().await;
        };
        self.event(production, traffic, what, REDUNDANT, happens).await;
        let what = "synchronous standby killed, back after 1 s";
        let happens = async |it: &mut Production| {
            it.cluster.standby.kill();
            down().await;
            it.cluster.standby.restart().await;
        };
        self.event(production, traffic, what, REDUNDANT, happens).await;
        let what = "PgBouncer killed, back after 1 s";
        let happens = async |it: &mut Production| {
            it.cluster.pgbouncer.kill();
            down().await;
            it.cluster.pgbouncer.restart().await;
        };
        self.event(production, traffic, what, RESTART, happens).await;
        for (what, how) in [
            ("PostgreSQL restarted (fast shutdown)", "INT"),
            ("PostgreSQL restarted (immediate shutdown)", "QUIT"),
        ] {
            let happens = async |it: &mut Production| {
                it.cluster.primary.shut_down(how);
                it.cluster.primary.restart().await;
            };
            self.event(production, traffic, what, RESTART, happens).await;
        }
        let what = "primary killed, standby promoted after 1 s";
        let happens = async |it: &mut Production| {
            it.cluster.primary.kill();
            down().await;
            it.cluster.take_over().await;
            // What it answers by now comes from a history that ended. Then it follows the new primary.
            tokio::time::sleep(DOWN).await;
            it.cluster.rejoin().await;
            it.replica.follow(&it.cluster.primary).await;
            it.replica_is_asked().await;
        };
        self.event(production, traffic, what, FAILOVER, happens).await;
    }
}

#[test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
fn a_day_of_outages_loses_doubles_and_delays_nothing() {
    block_on(async {
        let trial = Trial::wanted();
        let mut production = Production::start(&trial.program).await;
        let traffic = Traffic::start(&production.services()).await;
        let report = trial.factor.map(|_| {
            let file = tempfile::Builder::new().prefix("rehearsal-").suffix(".txt").tempfile();
            let (file, path) = file.unwrap().keep().unwrap();
            println!("health and logs of each event: {}", path.display());
            file
        });
        let mut record = Record { trial, report, missed: Vec::new() };
        for round in 1..=record.trial.rounds {
            let columns = ["without success", "goal", "slowest"];
            println!(
                "{:<44} {:>16} {:>7} {:>10}",
                format!("round {round}"),
                columns[0],
                columns[1],
                columns[2]
            );
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
