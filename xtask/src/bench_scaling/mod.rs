//! Benchmarks PostgreSQL with many users.

use std::{fmt::Write as _, fs, path::Path, process::Command};

use crate::{
    need,
    process::{Error, Result, command, number, output, output_with, project, release_program},
    servers::Servers,
    service::{on_new_database, psql, run_program},
};

pub(crate) const HELP: &str = "benchmark PostgreSQL with 100,000 users and 5 million fill-ups

usage: cargo xtask bench-scaling

Benchmarks a vehicle's latest page, its statistics by month, an insert, and the size of the indexes. Runs
with the indexes of the reference schema alone and with all indexes, and with a hundredth of the users for
comparison. Prints the figures and writes them to docs/benchmarks-scaling.md.

  SCALING_USERS  how many users there are (100000), each with one vehicle and 50 fill-ups
  BENCH_SECONDS  how long to measure each figure (10)
  BENCH_PROGRAM  a program that is already built";

/// The number of fill-ups of each vehicle.
const LOGS: u64 = 50;
/// The transactions, in the order of the table's columns.
const TRANSACTIONS: [(&str, &str); 3] = [
    ("page", include_str!("page.sql")),
    ("months", include_str!("months.sql")),
    ("insert", include_str!("insert.sql")),
];

pub(crate) fn run(_arguments: &[String]) -> Result {
    need::ensure(&["postgresql", "redis-server"])?;
    let program = release_program("BENCH_PROGRAM")?;
    let (users, seconds) = (number("SCALING_USERS", 100_000)?, number("BENCH_SECONDS", 10)?);
    let (servers, folder) = (Servers::start()?, tempfile::tempdir()?);
    for (name, transaction) in TRANSACTIONS {
        fs::write(folder.path().join(name), transaction)?;
    }
    let mut document = introduction()?;
    for (name, users) in [("few", users / 100), ("many", users)] {
        let database = Database { servers: &servers, name, users, seconds, folder: folder.path() };
        database.fill(&program)?;
        document += &database.row("reference schema")?;
        database.execute(include_str!("indexes.sql"))?;
        document += &database.row("all")?;
        if name == "many" {
            write!(document, "\nSizes with {} fill-ups:\n\n", users * LOGS)?;
            document += &database.sizes()?;
        }
    }
    print!("{document}");
    fs::write(project().join("docs/benchmarks-scaling.md"), document)?;
    println!("bench-scaling: wrote docs/benchmarks-scaling.md");
    Ok(())
}

fn introduction() -> Result<String> {
    let cores = std::thread::available_parallelism()?;
    Ok(format!(
        "# Benchmarks with many users

`make bench-scaling` runs the benchmarks and writes this page. It measures PostgreSQL alone: pgbench executes the
service's statements on the same {cores} cores, as a role that row-level security applies to. Every user has one vehicle
with {LOGS} fill-ups, and each transaction is for a random user. The database fits in memory, so disk access is not
included.

Each cell has the median and the 99th percentile of the whole transaction with one connection, the number of blocks
of `fuel_logs` and its indexes that a transaction reads, and the transactions per second with eight connections.
[scaling.md](scaling.md) discusses the results.

| users, fill-ups, indexes | a vehicle's latest 20 | its months | an insert |
|---|---|---|---|
"
    ))
}

/// A database with this number of users.
struct Database<'a> {
    servers: &'a Servers,
    name: &'a str,
    users: u64,
    seconds: u64,
    /// Contains the transactions.
    folder: &'a Path,
}

impl Database<'_> {
    fn execute(&self, sql: &str) -> Result<String> {
        output_with(&mut psql(&self.servers.postgres, self.name), sql.as_bytes())
    }

    /// Creates the database, and a fill-up per week for every user.
    fn fill(&self, program: &Path) -> Result {
        let mut settings = on_new_database(self.servers, self.name)?;
        settings.push(("MVP_LOG".to_owned(), "warn".to_owned()));
        run_program(program, self.folder, &settings, &["migrate"])?;
        let (users, logs) = (self.users, LOGS);
        let variables = format!("\\set users {users}\n\\set logs {logs}\n");
        self.execute(&(variables + include_str!("fill.sql")))?;
        Ok(())
    }

    /// A row of the table.
    fn row(&self, indexes: &str) -> Result<String> {
        let mut text = format!("| {}, {}, {indexes} |", self.users, self.users * LOGS);
        for (transaction, _) in TRANSACTIONS {
            text += &self.measure(transaction)?;
        }
        Ok(text + "\n")
    }

    /// A cell of the table.
    fn measure(&self, transaction: &str) -> Result<String> {
        output(&mut self.pgbench(transaction, 2))?;
        let log = self.folder.join("log");
        let before = self.blocks()?;
        let mut logged = self.pgbench(transaction, self.seconds);
        output(logged.arg("--log").arg("--log-prefix").arg(&log))?;
        let blocks = self.blocks()? - before;
        let mut times = Vec::new();
        for entry in fs::read_dir(self.folder)? {
            let path = entry?.path();
            if path.file_name().is_some_and(|it| it.as_encoded_bytes().starts_with(b"log.")) {
                let text = fs::read_to_string(&path)?;
                let third = text.lines().filter_map(|it| it.split(' ').nth(2)?.parse().ok());
                times.extend(third.collect::<Vec<f64>>());
                fs::remove_file(path)?;
            }
        }
        let mut many = self.pgbench(transaction, self.seconds);
        let printed = output(many.args(["--client", "8", "--jobs", "1"]))?;
        let rate = printed.lines().find_map(|it| it.strip_prefix("tps = ")?.split(' ').next());
        let rate: f64 = rate.unwrap_or_default().parse()?;
        times.sort_by(f64::total_cmp);
        let at = |percent: usize| times.get((times.len().saturating_sub(1)) * percent / 100);
        let (Some(median), Some(p99)) = (at(50), at(99)) else {
            return Err(Error::from(format!("pgbench executed no transaction: {printed}")));
        };
        let each = blocks / f64::from(u32::try_from(times.len())?);
        let (median, p99) = (median / 1000.0, p99 / 1000.0);
        Ok(format!(" {median:.2} / {p99:.2} ms, {each:.0} blocks, {rate:.0} /s |"))
    }

    fn pgbench(&self, transaction: &str, seconds: u64) -> Command {
        let postgres = &self.servers.postgres;
        let mut pgbench = command(postgres.programs().join("pgbench"));
        pgbench.current_dir(self.folder).args(["--no-vacuum", "--protocol", "prepared"]);
        pgbench.args(["--file", transaction, "--define", &format!("users={}", self.users)]);
        pgbench.args(["--time", &seconds.to_string()]);
        // A role that row-level security applies to.
        pgbench.arg(postgres.url_of("motovaultpro", self.name));
        pgbench
    }

    /// How many blocks of the fill-ups and their indexes have been read.
    fn blocks(&self) -> Result<f64> {
        let sql = "SELECT heap_blks_hit + heap_blks_read + idx_blks_hit + idx_blks_read
                   FROM pg_statio_user_tables WHERE relname = 'fuel_logs'";
        Ok(self.execute(sql)?.trim().parse()?)
    }

    /// A table of the sizes of the fill-ups and their indexes.
    fn sizes(&self) -> Result<String> {
        let table = "SELECT '| the table | ' || pg_relation_size('fuel_logs') / 1048576 || ' |';";
        let indexes = "SELECT '| `' || indexrelname || '` | ' || pg_relation_size(indexrelid) / 1048576 || ' |'
                       FROM pg_stat_user_indexes WHERE relname = 'fuel_logs'
                       ORDER BY pg_relation_size(indexrelid) DESC;";
        Ok(format!("| | MB |\n|---|---|\n{}{}", self.execute(table)?, self.execute(indexes)?))
    }
}
