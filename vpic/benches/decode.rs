//! Measures how long it takes to open the data and to decode 1,000 different VINs, and how much
//! memory is used: `cargo bench -p vpic`. Each VIN is timed separately, to get percentiles.
//!
//! *Cold* is the first decode of each VIN after opening, *flushed* is one after touching 64 MB of other memory,
//! and *warm* is the fastest of many. All times include reading the values and error codes.

use std::hint::black_box;
use std::time::{Duration, Instant};

use vpic::{Date, Decoder, Options};

const OPTIONS: Options =
    Options { model_year: None, today: Some(Date { year: 2026, month: 11, day: 26 }) };

fn main() {
    let vins = vins();
    if std::env::args().any(|argument| argument == "--list") {
        println!("{}", vins.join("\n"));
        return;
    }
    let before = resident();
    let first = Decoder::embedded().expect("the embedded data is valid");
    let memory = resident().saturating_sub(before);
    drop(first);
    let mut open = Vec::new();
    for _ in 0..10 {
        let start = Instant::now();
        let decoder = Decoder::embedded().expect("the embedded data is valid");
        open.push(start.elapsed());
        drop(decoder);
    }
    let decoder = Decoder::embedded().expect("the embedded data is valid");
    open.sort_unstable();
    println!(
        "open      median {:>8.1} ms   slowest {:>8.1} ms",
        millis(open[open.len() / 2]),
        millis(open[9])
    );

    report("cold", vins.iter().map(|vin| time_decode(&decoder, vin)).collect());
    let mut filler = vec![0_u64; 8 << 20];
    let flushed = vins.iter().map(|vin| {
        filler.iter_mut().step_by(8).for_each(|word| *word = word.wrapping_add(1));
        black_box(&filler);
        time_decode(&decoder, vin)
    });
    report("flushed", flushed.collect());
    let best = |vin: &&str| (0..50).map(|_| time_decode(&decoder, vin)).min().unwrap_or_default();
    report("warm", vins.iter().map(best).collect());
    println!("memory    {:>8.1} MB resident for the data", megabytes(memory));
}

/// 1,000 VINs, evenly sampled from the golden VINs without typos.
fn vins() -> Vec<&'static str> {
    let all: Vec<&str> = include_str!("../tests/golden/vins.tsv")
        .lines()
        .filter(|line| !line.contains("with typos"))
        .filter_map(|line| line.split('\t').next())
        .collect();
    (0..1000).map(|place| all[place * all.len() / 1000]).collect()
}

/// Decodes a VIN and reads all values.
fn time_decode(decoder: &Decoder, vin: &str) -> Duration {
    let start = Instant::now();
    let answer = decoder.decode_with(black_box(vin), &OPTIONS);
    for value in answer.values() {
        black_box(value);
    }
    black_box(answer.error_codes());
    start.elapsed()
}

fn report(name: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |part: usize| times[(times.len() - 1) * part / 1000].as_secs_f64() * 1e6;
    println!(
        "{name:<9} median {:>8.2} µs   p99 {:>8.2} µs   slowest {:>8.2} µs",
        at(500),
        at(990),
        at(1000)
    );
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

#[expect(clippy::cast_precision_loss, reason = "a figure with one decimal")]
fn megabytes(kilobytes: u64) -> f64 {
    kilobytes as f64 / 1024.0
}

/// Anonymous resident memory in kilobytes; 0 if the system does not provide it.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
