use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    dates::Date,
    http::Client,
    process::{Result, fail},
    service::{Service, Settings},
    vins,
    wrk::{Figures, Load},
};

/// The number of fill-ups of the vehicle that is read.
const LOGS: u32 = 2000;
/// The number of vehicles that fill-ups are added to: half of them over 1 connection, the others over 32.
pub(super) const VEHICLES: u32 = 400;
/// The number of requests whose median is taken.
const REPETITIONS: u32 = 200;
pub(super) const CONNECTIONS: [u32; 2] = [1, 32];
const STATIC: &str = "/health";

/// How long to measure.
pub(super) struct Plan {
    /// Seconds per read.
    pub(super) seconds: u64,
    /// Seconds of writes.
    pub(super) adding: u64,
}

/// What was measured for one request with one number of connections.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) connections: u32,
    pub(super) figures: Figures,
    /// The service's CPU time per request, in microseconds.
    pub(super) cpu: f64,
    /// The same for the static response, just before.
    pub(super) static_figures: Figures,
    pub(super) static_cpu: f64,
}

/// All measurements for one program on one engine.
pub(super) struct Measured {
    pub(super) rows: Vec<Row>,
    /// The time until the first response, if the database must be created.
    pub(super) first_start: Duration,
    pub(super) start: Duration,
    /// Memory in MB.
    pub(super) idle: f64,
    pub(super) loaded: f64,
    /// Statistics right after a change, and the static response after them: medians in milliseconds.
    pub(super) recomputed: f64,
    pub(super) static_response: f64,
}

/// Measures requests of one running service.
struct Bench<'a> {
    service: &'a Service,
    folder: &'a Path,
    rows: Vec<Row>,
}

impl Plan {
    pub(super) fn new(seconds: u64) -> Self {
        // Short enough that the dates of added fill-ups are in the past.
        Self { seconds, adding: seconds.min(5) }
    }

    /// Measures a program in an empty folder, with settings for an empty database.
    pub(super) fn measure(
        &self,
        program: &Path,
        folder: &Path,
        settings: &Settings,
    ) -> Result<Measured> {
        let service = Service::start(program, folder, settings)?;
        let first_start = service.start;
        service.stop()?;
        // The database now exists, so this is an ordinary start.
        let service = Service::start(program, folder, settings)?;
        let idle = service.memory()?;
        let mut reader = register(&service, "bench@example.org")?;
        let vehicle = add_vehicle(&mut reader, 1)?;
        add_logs(&mut reader, &vehicle)?;
        let list = format!("/api/fuel-logs?vehicleId={vehicle}");
        let statistics = format!("/api/vehicles/{vehicle}/fuel-stats");
        if reader.get(&statistics)?["logs"] != json!(LOGS) {
            return fail("logs are missing");
        }
        let next = text(&reader.get(&format!("{list}&limit=500"))?["nextCursor"]);
        let mut writer = register(&service, "adds@example.org")?;
        let added: Vec<_> =
            (1..=VEHICLES).map(|nth| add_vehicle(&mut writer, nth)).collect::<Result<_>>()?;

        let mut bench = Bench { service: &service, folder, rows: Vec::new() };
        let page = format!("{list}&limit=50");
        let later = format!("{page}&cursor={next}");
        bench.read("warm-up", 2, &reader, &page)?;
        bench.rows.clear();
        bench.read("vehicle list, cached", self.seconds, &reader, "/api/vehicles")?;
        bench.read("first page of 50 fuel logs", self.seconds, &reader, &page)?;
        bench.read("a later page of 50 fuel logs", self.seconds, &reader, &later)?;
        let name = "fuel statistics over 2,000 logs, cached";
        bench.read(name, self.seconds, &reader, &statistics)?;
        let (recomputed, static_response) = measure_recomputed(&mut reader, &list, &statistics)?;
        bench.add(self.adding, &writer, &added)?;
        let rows = bench.rows;
        let (start, loaded) = (service.start, service.memory()?);
        service.stop()?;
        Ok(Measured { rows, first_start, start, idle, loaded, recomputed, static_response })
    }
}

fn text(value: &Value) -> String {
    value.as_str().map(str::to_owned).unwrap_or_default()
}

fn register(service: &Service, email: &str) -> Result<Client> {
    let account = json!({ "email": email, "password": "correct horse battery" });
    Client::register(&service.url, &account)
}

fn add_vehicle(client: &mut Client, nth: u32) -> Result<String> {
    Ok(text(&client.post("/api/vehicles", &json!({ "vin": vins::nth(nth) }))?["id"]))
}

/// Adds all logs of a vehicle: a full fill-up every other day.
fn add_logs(client: &mut Client, vehicle: &str) -> Result {
    let first = Date::new(1990, 1, 1);
    for nth in 0..LOGS {
        let body = json!({
            "vehicleId": vehicle,
            "date": first.after(i64::from(nth) * 2).to_string(),
            "odometerReading": nth * 240,
            "gallons": format!("{}.{:03}", 8 + nth % 7, nth * 37 % 1000),
            "pricePerGallon": 3.499,
            "stationName": "The station at the corner",
        });
        client.post("/api/fuel-logs", &body)?;
    }
    Ok(())
}

/// Measures how long statistics take right after a change, and the static response after them.
fn measure_recomputed(client: &mut Client, list: &str, statistics: &str) -> Result<(f64, f64)> {
    let log = text(&client.get(&format!("{list}&limit=1"))?["items"][0]["id"]);
    let (mut recomputed, mut fixed) = (Vec::new(), Vec::new());
    for nth in 0..REPETITIONS {
        let change = json!({ "notes": nth.to_string() });
        client.send("PATCH", &format!("/api/fuel-logs/{log}"), Some(&change))?;
        for (path, times) in [(statistics, &mut recomputed), (STATIC, &mut fixed)] {
            let begun = Instant::now();
            client.send("GET", path, None)?;
            times.push(begun.elapsed());
        }
    }
    let median = |mut times: Vec<Duration>| {
        times.sort();
        times[(times.len() - 1) / 2].as_secs_f64() * 1000.0
    };
    Ok((median(recomputed), median(fixed)))
}

impl Bench<'_> {
    /// Measures a request that reads.
    fn read(&mut self, name: &'static str, seconds: u64, client: &Client, path: &str) -> Result {
        let url = format!("{}{path}", self.service.url);
        for connections in CONNECTIONS {
            let (cookie, script, arguments) = (client.cookie.as_str(), "", &[][..]);
            self.row(name, &Load { url: &url, cookie, connections, seconds, script, arguments })?;
        }
        Ok(())
    }

    /// Measures adding fill-ups to vehicles.
    fn add(&mut self, seconds: u64, client: &Client, vehicles: &[String]) -> Result {
        let url = format!("{}/api/fuel-logs", self.service.url);
        let halves = vehicles.split_at(vehicles.len() / 2);
        for (connections, half) in CONNECTIONS.into_iter().zip([halves.0, halves.1]) {
            let file = self.folder.join("vehicles");
            fs::write(&file, half.join("\n") + "\n")?;
            let file = file.display().to_string();
            let (script, arguments) = (include_str!("add.lua"), &[file.as_str()][..]);
            let cookie = &client.cookie;
            let load = Load { url: &url, cookie, connections, seconds, script, arguments };
            self.row("add a fuel log", &load)?;
        }
        Ok(())
    }

    /// Measures the static response and then the request.
    fn row(&mut self, name: &'static str, load: &Load) -> Result {
        let connections = load.connections;
        let url = format!("{}{STATIC}", self.service.url);
        let fixed = Load { url: &url, seconds: 2, script: "", arguments: &[], ..*load };
        let (static_figures, static_cpu) = self.measure(&fixed)?;
        let (figures, cpu) = self.measure(load)?;
        self.rows.push(Row { name, connections, figures, cpu, static_figures, static_cpu });
        if connections == CONNECTIONS[1] {
            println!(
                "bench: {name}: {:.0} per second with {connections} connections",
                figures.rate
            );
        }
        Ok(())
    }

    /// The figures, and the service's CPU time per request in microseconds.
    fn measure(&self, load: &Load) -> Result<(Figures, f64)> {
        let before = self.service.cpu()?;
        let figures = load.measure(self.folder).inspect_err(|_| {
            eprintln!("{}", self.service.log_end());
        })?;
        let used = self.service.cpu()?.saturating_sub(before);
        Ok((figures, used.as_secs_f64() * 1e6 / figures.requests))
    }
}
