use std::{
    fmt::Write as _,
    fs,
    path::Path,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::{
    http::Client,
    need,
    process::{Error, Result, command, fail, number, output_with, project, release_program},
    servers::Servers,
    service::{Service, Settings, on_new_database, psql, run_program, settings},
    wrk::Load,
};

pub(crate) const HELP: &str = "benchmark searches among a million stations on both engines

usage: cargo xtask bench-stations

Benchmarks searches among a million stations on both engines, compared with full table scans in the same
run. Prints the figures and writes them to docs/benchmarks-stations.md.

  BENCH_STATIONS  how many stations there are (1000000)
  BENCH_SECONDS   how long to measure each figure (8)
  BENCH_PROGRAM   a program that is already built";

/// The number of stations in the first file.
const FIRST: u64 = 100_000;
/// The number of full table scans whose median is taken.
const SCANS: i64 = 15;
/// The same searches as full table scans: the nearest twenty stations, and twenty stations that contain the words.
const NEAREST: &str = "SELECT id FROM stations ORDER BY (latitude - :y) * (latitude - :y) + \
    (longitude - :x) * (longitude - :x) * 0.5 LIMIT 20;";
const BY_WORDS: &str = "SELECT id FROM stations WHERE search_key LIKE '%station%' AND \
    search_key LIKE '%:n%' ORDER BY name LIMIT 20;";

pub(crate) fn run(_arguments: &[String]) -> Result {
    need::ensure(&["postgresql", "redis-server", "wrk", "sqlite3"])?;
    let program = release_program("BENCH_PROGRAM")?;
    let (count, seconds) = (number("BENCH_STATIONS", 1_000_000)?, number("BENCH_SECONDS", 8)?);
    let servers = Servers::start()?;
    let stations = tempfile::tempdir()?;
    let centers = write_stations(stations.path(), count)?;
    let mut document = introduction(count, seconds)?;
    let quiet = settings(&[("MVP_LOG", "warn")]);

    let folder = tempfile::tempdir()?;
    let bench = Bench {
        program: &program,
        folder: folder.path(),
        stations: stations.path(),
        settings: quiet.clone(),
        centers: &centers,
        count,
        seconds,
        postgres: None,
    };
    document += &bench.measure("SQLite, with the cache in the process")?;

    let folder = tempfile::tempdir()?;
    let mut settings = quiet;
    settings.extend(on_new_database(&servers, "bench_stations")?);
    let bench = Bench { folder: folder.path(), settings, postgres: Some(&servers), ..bench };
    document += &bench.measure("PostgreSQL and Redis")?;

    print!("{document}");
    fs::write(project().join("docs/benchmarks-stations.md"), document)?;
    println!("bench-stations: wrote docs/benchmarks-stations.md");
    Ok(())
}

fn introduction(count: u64, seconds: u64) -> Result<String> {
    let cores = std::thread::available_parallelism()?;
    Ok(format!(
        "# Benchmarks of station searches

`make bench` also runs these benchmarks and writes this page. Searches are authenticated HTTP requests, each
around another station. Full table scans answer the same queries without the index, in the database alone. The
load generator, wrk with one thread, shares the machine with the service and the servers.

Here: {cores} cores, {seconds} s per figure after a warm-up, {count} stations.
"
    ))
}

/// Numbers between 0 and 1, the same ones each time (`SplitMix64`: Steele, Lea and Flood, "Fast splittable pseudorandom
/// number generators", 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        let [a, b, c, d, ..] = mixed.to_be_bytes();
        f64::from(u32::from_be_bytes([a, b, c, d])) / 4_294_967_296.0
    }

    fn position(&mut self) -> (f64, f64) {
        (self.next() * 120.0 - 55.0, self.next() * 360.0 - 180.0)
    }
}

/// Writes the stations to `1.csv` and `2.csv`: seven in ten are in 2,000 towns, the others anywhere between latitudes
/// -55 and 65. Returns every 97th position.
fn write_stations(folder: &Path, count: u64) -> Result<Vec<(f64, f64)>> {
    let mut random = Random(7);
    let towns: Vec<_> = (0..2000).map(|_| random.position()).collect();
    let header = "name,address,latitude,longitude,phone,website\n";
    let mut files = [header.to_owned(), header.to_owned()];
    let mut centers = Vec::new();
    for nth in 0..count {
        // A pseudorandom town: the step is prime to their number.
        let town = towns[usize::try_from(nth * 1_103 % 2000)?];
        let (y, x) = if random.next() < 0.7 {
            let mut around = || (random.next() + random.next() + random.next() - 1.5) * 0.3;
            let (y, x) = (town.0 + around(), town.1 + around());
            (
                y,
                if x > 180.0 {
                    x - 360.0
                } else if x < -180.0 {
                    x + 360.0
                } else {
                    x
                },
            )
        } else {
            random.position()
        };
        let file = &mut files[usize::from(nth >= FIRST)];
        writeln!(file, "Station {nth},Street {},{y:.7},{x:.7},+1 {nth},", nth % 997)?;
        if nth % 97 == 0 {
            centers.push((y, x));
        }
    }
    for (nth, file) in files.iter().enumerate() {
        fs::write(folder.join(format!("{}.csv", nth + 1)), file)?;
    }
    Ok(centers)
}

/// Searches around one station after another.
fn nearby(centers: &[(f64, f64)]) -> String {
    let list: Vec<_> = centers.iter().map(|(y, x)| format!("{{{y:.4},{x:.4}}}")).collect();
    format!(
        "centers = {{{}}}
local nth = 0
function request()
    nth = nth % #centers + 1
    local at = centers[nth]
    return wrk.format(\"GET\", string.format(
        \"/api/stations/search?lat=%.4f&lng=%.4f&radius=10000&limit=20\", at[1], at[2]))
end
",
        list.join(",")
    )
}

/// Searches by two words. Every station has the first one. The second one is a number below `count`.
fn by_words(word: &str, count: u64) -> String {
    format!(
        "local nth = 0
function request()
    nth = nth + 1
    return wrk.format(\"GET\", \"/api/stations/search?limit=20&query=\" .. \"{word}%20\" .. (nth * 97 % {count}))
end
"
    )
}

/// The measurements on one engine.
struct Bench<'a> {
    program: &'a Path,
    folder: &'a Path,
    stations: &'a Path,
    settings: Settings,
    centers: &'a [(f64, f64)],
    count: u64,
    seconds: u64,
    /// Without it, the engine is SQLite.
    postgres: Option<&'a Servers>,
}

impl Bench<'_> {
    /// Returns the section about this engine.
    fn measure(&self, title: &str) -> Result<String> {
        run_program(self.program, self.folder, &self.settings, &["migrate"])?;
        let (first, second) = (self.import("1.csv")?, self.import("2.csv")?);
        if let Some(servers) = self.postgres {
            servers.postgres.execute("bench_stations", &["VACUUM ANALYZE stations"])?;
        }
        let service = Service::start(self.program, self.folder, &self.settings)?;
        let account = json!({ "email": "bench@example.org", "password": "correct horse battery" });
        let mut client = Client::register(&service.url, &account)?;
        let (y, x) = self.centers[0];
        let search = format!("/api/stations/search?lat={y:.4}&lng={x:.4}&radius=10000&limit=20");
        if client.get(&search)?["items"].as_array().is_none_or(Vec::is_empty) {
            return fail("the search found nothing");
        }
        let mut text =
            format!("\n## {title}\n\n| | per second | median | p99 |\n|---|---|---|---|\n");
        let (nearby, rare) = (nearby(self.centers), by_words("station", self.count));
        // A thousand stations have the number of a street, and those with the same prefix.
        let common = by_words("street", 997);
        for (script, connections, title) in [
            (&nearby, 1, "nearest 20 within 10 km, 1 connection"),
            (&nearby, 32, "nearest 20 within 10 km, 32 connections"),
            (&rare, 1, "by two words that few stations have, 1 connection"),
            (&common, 1, "by two words that thousands of stations have, 1 connection"),
        ] {
            let (url, cookie) = (&service.url, &client.cookie);
            let load = Load { url, cookie, connections, seconds: 3, script, arguments: &[] };
            load.measure(self.folder)?;
            let figures = Load { seconds: self.seconds, ..load }.measure(self.folder)?;
            let (per_second, median, p99) = (figures.rate, figures.p50, figures.p99);
            writeln!(text, "| {title} | {per_second:.0} | {median:.2} ms | {p99:.2} ms |")?;
        }
        service.stop()?;
        for (query, name) in [(NEAREST, "nearest"), (BY_WORDS, "by words")] {
            let mut times = self.scan(query)?;
            times.sort_by(f64::total_cmp);
            let (median, longest) = (times[times.len() / 2], times[times.len() - 1]);
            writeln!(
                text,
                "| {name}, full table scan in SQL, {SCANS} times | | {median:.0} ms | maximum {longest:.0} ms |"
            )?;
        }
        let rest = self.count.saturating_sub(FIRST);
        let (first, second) = (first.as_secs_f64(), second.as_secs_f64());
        writeln!(
            text,
            "\nImporting the first 100,000 stations took {first:.1} s, importing the other {rest} took {second:.1} s."
        )?;
        Ok(text)
    }

    /// Imports a file; returns how long that took.
    fn import(&self, file: &str) -> Result<Duration> {
        let begun = Instant::now();
        let file = self.stations.join(file).display().to_string();
        run_program(self.program, self.folder, &self.settings, &["stations", "import", &file])?;
        Ok(begun.elapsed())
    }

    /// Executes the query for several locations and numbers. Returns how many milliseconds each took.
    fn scan(&self, query: &str) -> Result<Vec<f64>> {
        // How positions are stored.
        let unit = if self.postgres.is_some() { 1 } else { 100_000_000 };
        let queries: String = (0..SCANS)
            .map(|nth| {
                let query = query.replace(":y", &((nth * 7 - 50) * unit).to_string());
                let query = query.replace(":x", &((nth * 20 - 150) * unit).to_string());
                query.replace(":n", &(nth * 65537 + 12345).to_string()) + "\n"
            })
            .collect();
        let (mut shell, prefix, factor, on) = if let Some(servers) = self.postgres {
            (psql(&servers.postgres, "bench_stations"), "Time: ", 1.0, "\\timing on")
        } else {
            let mut shell = command("sqlite3");
            shell.arg("-batch").arg(self.folder.join("data/motovaultpro.db"));
            (shell, "Run Time: real ", 1000.0, ".timer on")
        };
        let printed = output_with(&mut shell, format!("{on}\n{queries}").as_bytes())?;
        let times = printed.lines().filter_map(|it| it.strip_prefix(prefix)?.split(' ').next());
        let times: Vec<f64> = times
            .map(|it| -> Result<f64> { Ok(it.parse::<f64>()? * factor) })
            .collect::<Result<_>>()?;
        if times.len() == usize::try_from(SCANS)? {
            return Ok(times);
        }
        Err(Error::from(format!("{} of {SCANS} queries were executed: {printed}", times.len())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_stations_are_written_each_time_and_most_are_in_towns() {
        let folder = tempfile::tempdir().unwrap();
        let centers = write_stations(folder.path(), 1000).unwrap();
        let text = fs::read_to_string(folder.path().join("1.csv")).unwrap();
        assert_eq!(centers, write_stations(folder.path(), 1000).unwrap());
        assert_eq!(text, fs::read_to_string(folder.path().join("1.csv")).unwrap());
        assert_eq!((text.lines().count(), centers.len()), (1001, 11));
        assert!(text.contains("\nStation 998,Street 1,"));
        for (y, x) in centers {
            assert!((-56.0..=66.0).contains(&y) && (-180.0..=180.0).contains(&x), "{y} {x}");
        }
    }
}
