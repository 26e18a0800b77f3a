//! Failover to a synchronous standby during writes.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

use futures_util::future::{join, join_all};

use crate::{
    kill::{Ledger, VEHICLES, WRITERS},
    support::{Cluster, Postgres, Sql, TestEnv, Traffic, block_on, eventually, random, rounds},
};

#[test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
fn nothing_acknowledged_is_lost_when_a_synchronous_standby_takes_over() {
    block_on(async {
        let mut first = Postgres::start().await;
        let standby = first.create_replica().await;
        let sql = Sql::postgres(&first.url()).await;
        sql.execute("ALTER SYSTEM SET synchronous_standby_names = '*'").await;
        sql.execute("SELECT pg_reload_conf()").await;
        eventually("the standby is synchronous", async || {
            let count = "SELECT COUNT(*) FROM pg_stat_replication WHERE sync_state = 'sync'";
            sql.number(count).await == 1
        })
        .await;
        sql.close().await;

        // The standby first: the service finds the server that accepts writes in any position.
        let url = format!(
            "postgres://postgres@{},{}/postgres?target_session_attrs=read-write",
            standby.host(),
            first.host()
        );
        let service = TestEnv::empty().with("MVP__DATABASE__URL", &url).serve();
        let client = service.register("ledger@example.org").await;
        let ledger = Ledger::default();
        let vehicles = ledger.add_vehicles(&client).await;
        let stop = Cell::new(false);
        let writers =
            (0..WRITERS).map(|nth| ledger.keep_writing(&client, &vehicles[nth % VEHICLES], &stop));
        let acknowledged = || ledger.acknowledged.borrow().len();
        let takeover = async {
            eventually("writes go on", async || acknowledged() > 30).await;
            tokio::time::sleep(Duration::from_millis(random(300))).await;
            first.kill();
            let started = Instant::now();
            standby.promote().await;
            let before = acknowledged();
            eventually("writes go on at the other", async || acknowledged() > before + 30).await;
            println!("writes go on {:?} after the promotion began", started.elapsed());
            stop.set(true);
        };
        join(join_all(writers), takeover).await;
        ledger.check(&client, &Sql::postgres(&standby.url()).await, &vehicles).await;
    });
}

#[test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
fn nothing_acknowledged_is_lost_when_pgbouncer_switches_to_the_promoted_standby() {
    block_on(async {
        let mut cluster = Cluster::start().await;
        let service = cluster.env().with("MVP__AUTH__REGISTRATION", "open").serve();
        let traffic = Traffic::start(&[&service]).await;
        for _round in 0..rounds(1) {
            let before = traffic.writes();
            eventually("writes go on", async || traffic.writes() > before + 60).await;
            tokio::time::sleep(Duration::from_millis(random(300))).await;
            let started = Instant::now();
            cluster.primary.kill();
            cluster.fail_over().await;
            let before = traffic.writes();
            eventually("writes go on at the other", async || traffic.writes() > before + 30).await;
            let gap = traffic.longest_gap(started);
            println!("{gap:.2?} without a success from the kill on (goal: 5 s)");
            cluster.rejoin().await;
        }
        let sql = cluster.sql().await;
        traffic.check(&[&service], &sql).await;
        sql.close().await;
    });
}
