//! Load test at ten times the capacity: excess requests are refused immediately, and the rest are served as
//! before. `make overload` runs it on a release build for longer, with the default settings, and checks the
//! documented limits.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::support::{
    Client, Service, TestEnv,
    client::text,
    load::{Load, Requests, RetryPolicy, percentile},
};

on_every_engine!(excess_requests_are_refused_immediately_and_the_rest_are_served);

/// The parameters of a trial.
struct Trial {
    program: Option<PathBuf>,
    lasts: Duration,
    /// How often to alternate between the optimal load and overload, since a machine's speed varies by more
    /// than the effect to be measured.
    rounds: usize,
    /// The numbers of connections to try to find the highest throughput.
    connections: &'static [u64],
    /// The number of overloads to try.
    loads: usize,
    /// The minimum share of the highest throughput.
    connection: f64,
    /// Limits for the 99th percentile of refusals, and for the time until service is back to normal.
    refused_within: Duration,
    calm_within: Duration,
}

impl Trial {
    /// Limits for a machine that is busy with other tests: only the order of magnitude.
    const SHORT: Self = Self {
        program: None,
        lasts: Duration::from_secs(2),
        rounds: 1,
        connections: &[8],
        loads: 1,
        connection: 0.25,
        refused_within: Duration::from_millis(250),
        calm_within: Duration::from_secs(5),
    };

    #[expect(clippy::disallowed_methods, reason = "a test parameter is not a setting")]
    fn from_env() -> Self {
        match std::env::var("OVERLOAD_PROGRAM") {
            Ok(program) => Self {
                program: Some(program.into()),
                lasts: Duration::from_secs(4),
                rounds: 6,
                connections: &[8, 16, 32, 64],
                loads: 3,
                connection: 0.95,
                refused_within: Duration::from_millis(10),
                calm_within: Duration::from_secs(1),
            },
            Err(_) => Self::SHORT,
        }
    }
}

pub(crate) async fn excess_requests_are_refused_immediately_and_the_rest_are_served(env: TestEnv) {
    let trial = Trial::from_env();
    let env = match &trial.program {
        Some(program) => env.with_program(program),
        // Limits concurrency, so that even a slow client can overload a slow program.
        None => env.with("MVP__SERVER__CONCURRENCY", "8").with("MVP__SERVER__QUEUE", "8"),
    };
    let engine = if env.is_postgres() { "PostgreSQL" } else { "SQLite" };
    let service = env.serve();
    let client = service.register("ann@example.org").await;
    let requests = pages_and_additions(&client).await;
    let put = async |connections, lasts, refused| {
        Load::run(&service.url, connections, lasts, &requests, refused).await
    };
    put(8, trial.lasts / 4, RetryPolicy::HonorRetryAfter).await;

    let mut best = (0, Load::default());
    for connections in trial.connections {
        let load = put(*connections, trial.lasts, RetryPolicy::HonorRetryAfter).await;
        println!("{engine}, {connections} connections: {}", load.summary());
        assert_eq!(load.errors, Vec::<String>::new());
        if load.rate() > best.1.rate() {
            best = (*connections, load);
        }
    }

    // Ten times as many connections; the maximum number; and as many clients that ignore Retry-After. The
    // latter are only reported: refusing ten thousand requests per second takes CPU time, and so does sending
    // them.
    let mut short = Vec::new();
    let most = [
        (best.0 * 10, RetryPolicy::HonorRetryAfter),
        (1500, RetryPolicy::HonorRetryAfter),
        (1500, RetryPolicy::RetrySoon),
    ];
    for (connections, refused) in most.into_iter().take(trial.loads) {
        let (mut shares, mut loads) = (Vec::new(), Vec::new());
        let mut calm = Duration::ZERO;
        let mut before = put(best.0, trial.lasts, RetryPolicy::HonorRetryAfter).await;
        for _ in 0..trial.rounds {
            let much = put(connections, trial.lasts, refused).await;
            calm = calm.max(recovery_time(&client).await);
            // The reference is measured right before and after.
            let after = put(best.0, trial.lasts, RetryPolicy::HonorRetryAfter).await;
            shares.push(much.rate() * 2.0 / (before.rate() + after.rate()));
            loads.push(much);
            before = after;
        }
        shares.sort_unstable_by(f64::total_cmp);
        let (memory, share, much) =
            (peak_memory(&service), shares[shares.len() / 2], Load::join(loads));
        println!(
            "{engine}, {connections} connections, a refusal {refused:?}: {}; {:.0} % of the best \
             ({:.0} to {:.0} %), {memory} MB at most, calm after {calm:.0?}",
            much.summary(),
            share * 100.0,
            shares[0] * 100.0,
            shares[shares.len() - 1] * 100.0,
        );
        assert_eq!(much.errors, Vec::<String>::new());
        let late = percentile(&much.refused, 99);
        let is_judged = refused == RetryPolicy::HonorRetryAfter;
        for (is_held, what) in [
            (share >= trial.connection || !is_judged, format!("{share:.2} of the best throughput")),
            (late <= trial.refused_within || !is_judged, format!("refused after {late:?}")),
            (memory < 256, format!("{memory} MB")),
            (calm <= trial.calm_within, format!("calm after {calm:?}")),
        ] {
            if !is_held {
                short.push(format!("{connections} connections, {refused:?}: {what}"));
            }
        }
        if connections > 1000 || trial.program.is_none() {
            assert_refusal(&much.refusal);
        }
    }
    assert_eq!(short, Vec::<String>::new());
}

/// Seven requests for pages of fuel logs for each new fill-up, over several vehicles.
async fn pages_and_additions(client: &Client) -> Requests {
    let mut vehicles = Vec::new();
    for nth in 0..8 {
        let vehicle = client.add_vehicle(nth).await;
        for fill in 0..50 {
            client.post("/api/fuel-logs", &log(&vehicle, fill)).await.expect(201);
        }
        vehicles.push(vehicle);
    }
    let common = format!("host: cars.test\r\ncookie: {}\r\n", client.cookie());
    let fills = AtomicU64::new(50);
    Arc::new(move |nth| {
        let vehicle = &vehicles[usize::try_from(nth / 8 % 8).unwrap()];
        if nth % 8 == 0 {
            let body = log(vehicle, fills.fetch_add(1, Ordering::Relaxed)).to_string();
            let kind = "content-type: application/json";
            let length = body.len();
            format!(
                "POST /api/fuel-logs HTTP/1.1\r\n{common}{kind}\r\ncontent-length: {length}\r\n\r\n{body}"
            )
        } else {
            let page = format!("/api/fuel-logs?vehicleId={vehicle}&limit=50");
            format!("GET {page} HTTP/1.1\r\n{common}\r\n")
        }
    })
}

/// The `nth` fill-up: nine per day, with increasing readings, so that all cost the same.
fn log(vehicle: &str, nth: u64) -> Value {
    let first = chrono::NaiveDate::from_ymd_opt(1890, 1, 1).unwrap();
    json!({
        "vehicleId": vehicle,
        "date": first + chrono::Days::new(nth / 9),
        "odometerReading": nth * 2,
        // After refused fill-ups, the distance may look implausible.
        "confirm": ["/odometerReading"],
        "gallons": 10,
        "pricePerGallon": 3.5,
        "stationName": "The station at the corner",
    })
}

/// The time until ten consecutive responses are successful and fast.
async fn recovery_time(client: &Client) -> Duration {
    let started = Instant::now();
    let mut in_a_row = 0;
    let mut calm = started.elapsed();
    while in_a_row < 10 && started.elapsed() < Duration::from_secs(30) {
        let response = client.get("/api/vehicles").await;
        let is_well = response.status == 200 && response.took < Duration::from_millis(100);
        in_a_row = if is_well { in_a_row + 1 } else { 0 };
        if in_a_row == 1 {
            calm = started.elapsed();
        }
    }
    if in_a_row < 10 { started.elapsed() } else { calm }
}

/// The peak memory usage in MB.
fn peak_memory(service: &Service) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", service.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}

fn assert_refusal(response: &str) {
    let (head, body) = response.split_once("\r\n\r\n").unwrap_or_default();
    for line in ["retry-after: 2", "content-type: application/problem+json"] {
        assert!(head.lines().any(|it| it == line), "{line} in {response}");
    }
    let problem: Value = serde_json::from_str(body).unwrap();
    assert_eq!(text(&problem["type"]), "/problems/overloaded");
}
