use std::{fmt::Write as _, path::Path};

use super::engine::{CONNECTIONS, Measured, Plan, Row, VEHICLES};
use crate::process::Result;

const INTRODUCTION: &str = "\
# Benchmarks

`make bench` runs the benchmarks and writes this page.

The static response is `GET /health`, which needs neither the database nor the cache. It is measured before every
other figure. The bold figures are ratios to the median of the static response of the same process in the same
run. They are more meaningful than requests per second, which depend on the machine. A wide range means that the
machine was busy with other work, and that the ratios are less reliable.

All other requests are authenticated. CPU is the service's time per request, user and system, without the database
and Redis. The load generator, wrk with one thread, shares the machine with the service and the servers.

`BENCH_BASELINE=path/to/older/program make bench` (or `BENCH_BASELINE_REV=revision`, which is built first)
compares two builds and does not change this page. They are measured in turns, A B A B A B, each on fresh data,
and the medians are compared. The limit (5 %, `BENCH_BOUND`) applies to the CPU time per request, which varies
least: it does not include waiting for a busy machine. Rates (relative to a static response measured just before),
times and memory vary more. They fail the comparison only if, in addition, every turn of this build was worse
than every turn of the baseline.
";

/// The beginning of docs/benchmarks.md.
pub(super) fn introduction(plan: &Plan, program: &Path) -> Result<String> {
    let cores = std::thread::available_parallelism()?;
    let size = f64::from(u32::try_from(program.metadata()?.len())?) / 1_048_576.0;
    Ok(format!(
        "{INTRODUCTION}
Here: {cores} cores, {} s per read and {} s of writes after a warm-up, one vehicle with 2,000 fuel logs. Writes go to
{VEHICLES} other vehicles. The program has {size:.1} MB.
",
        plan.seconds, plan.adding
    ))
}

/// The section about one engine.
pub(super) fn section(title: &str, measured: &Measured) -> String {
    format!(
        "
## {title}

{}
First response {} ms after the start ({} ms if the database must be created); memory (RSS) {:.1} MB idle, {:.1} MB after the load test.

Statistics after a change, recomputed: {:.2} ms, compared with {:.2} ms for the static response; both are the median of 200 sequential requests.
",
        table(&measured.rows),
        measured.start.as_millis(),
        measured.first_start.as_millis(),
        measured.idle,
        measured.loaded,
        measured.recomputed,
        measured.static_response
    )
}

/// The median (the lower of the middle two), the minimum and the maximum.
fn range(mut values: Vec<f64>) -> (f64, f64, f64) {
    values.sort_by(f64::total_cmp);
    let median = values[(values.len() - 1) / 2];
    (median, values[0], values[values.len() - 1])
}

/// Each rate, and its ratio to the median rate of the static response with the same number of connections.
fn table(rows: &[Row]) -> String {
    let with = |connections: u32| rows.iter().filter(move |it| it.connections == connections);
    let fixed = CONNECTIONS.map(|it| range(with(it).map(|row| row.static_figures.rate).collect()));
    let mut text = "| | 1 connection | p50 / p99 | CPU | 32 connections | p50 / p99 | CPU |\n\
                    |---|---|---|---|---|---|---|\n| static response: median (range) |"
        .to_owned();
    for (connections, (median, least, most)) in CONNECTIONS.into_iter().zip(fixed) {
        let count = u32::try_from(with(connections).count()).unwrap_or(u32::MAX);
        let cpu = with(connections).map(|it| it.static_cpu).sum::<f64>() / f64::from(count);
        let _ = write!(text, " {median:.0} /s ({least:.0} to {most:.0}) | | {cpu:.0} µs |");
    }
    text.push('\n');
    for (one, many) in with(CONNECTIONS[0]).zip(with(CONNECTIONS[1])) {
        let _ = write!(text, "| {} |", one.name);
        for (row, (median, ..)) in [one, many].into_iter().zip(fixed) {
            let figures = row.figures;
            let _ = write!(
                text,
                " {:.0} /s, **{:.2}** | {:.2} / {:.2} ms | {:.0} µs |",
                figures.rate,
                figures.rate / median,
                figures.p50,
                figures.p99,
                row.cpu
            );
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wrk::Figures;

    fn row(name: &'static str, connections: u32, rate: f64, static_rate: f64) -> Row {
        let figures = |rate| Figures { rate, p50: 0.5, p99: 1.25, requests: 100.0 };
        let static_figures = figures(static_rate);
        Row {
            name,
            connections,
            figures: figures(rate),
            cpu: 40.0,
            static_figures,
            static_cpu: 10.0,
        }
    }

    #[test]
    fn rates_are_relative_to_the_median_of_the_static_response() {
        let rows = [
            row("a", 1, 500.0, 900.0),
            row("a", 32, 2000.0, 4000.0),
            row("b", 1, 250.0, 1000.0),
            row("b", 32, 1000.0, 5000.0),
        ];
        let text = table(&rows);
        let lines: Vec<_> = text.lines().skip(2).collect();
        assert_eq!(
            lines,
            [
                "| static response: median (range) | 900 /s (900 to 1000) | | 10 µs | 4000 /s (4000 to 5000) | | 10 µs |",
                "| a | 500 /s, **0.56** | 0.50 / 1.25 ms | 40 µs | 2000 /s, **0.50** | 0.50 / 1.25 ms | 40 µs |",
                "| b | 250 /s, **0.28** | 0.50 / 1.25 ms | 40 µs | 1000 /s, **0.25** | 0.50 / 1.25 ms | 40 µs |",
            ]
        );
    }
}
