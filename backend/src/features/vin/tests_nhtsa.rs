//! NHTSA's web service, working and failing, simulated by a local server.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use crate::{
    core::config::VinProvider,
    sql,
    testing::{TestApp, block_on},
};

const ACCORD: &str = "1HGCM82633A004352";
/// A VIN of a manufacturer that is not in NHTSA's tables.
const UNKNOWN: &str = "WVB00000000000001";

/// How the server responds.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Behavior {
    Succeeds,
    Hangs,
    Resets,
    Drips,
    Html,
    Redirects,
    Huge,
    Status(u16),
    Responds(&'static str),
}

const FAILURES: [Behavior; 10] = [
    Behavior::Resets,
    Behavior::Html,
    Behavior::Redirects,
    Behavior::Huge,
    Behavior::Status(403),
    Behavior::Status(429),
    Behavior::Status(500),
    Behavior::Responds("null"),
    Behavior::Responds(r#"{"Results":[]}"#),
    Behavior::Responds(r#"{"Results":[{"VIN":"WBA3A5C52CF256651","ErrorCode":"0","Make":"BMW"}]}"#),
];

#[derive(Clone)]
struct Nhtsa {
    base: String,
    requests: Arc<AtomicU32>,
    paths: Arc<Mutex<Vec<String>>>,
}

impl Nhtsa {
    async fn start(behavior: Behavior) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/api", listener.local_addr().unwrap());
        let nhtsa = Self { base, requests: Arc::default(), paths: Arc::default() };
        let server = nhtsa.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(server.clone().answer(stream, behavior));
            }
        });
        nhtsa
    }

    async fn answer(self, mut stream: TcpStream, behavior: Behavior) {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let Ok(byte) = stream.read_u8().await else { return };
            head.push(byte);
        }
        self.requests.fetch_add(1, SeqCst);
        let head = String::from_utf8(head).unwrap();
        self.paths.lock().unwrap().push(head.split(' ').nth(1).unwrap().to_owned());
        let (status, kind, body) = match behavior {
            Behavior::Succeeds => (200, "application/json", valid_response().to_string()),
            Behavior::Resets => return,
            Behavior::Hangs => return std::future::pending().await,
            Behavior::Drips => {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10000\r\n\r\n").await;
                loop {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    if stream.write_all(b" ").await.is_err() {
                        return;
                    }
                }
            }
            Behavior::Html => (200, "text/html", "<h1>Down for maintenance</h1>".to_owned()),
            Behavior::Redirects => (302, "text/html", String::new()),
            Behavior::Huge => (200, "application/json", " ".repeat(2 * 1024 * 1024)),
            Behavior::Status(status) => (status, "application/json", valid_response().to_string()),
            Behavior::Responds(text) => (200, "application/json", text.to_owned()),
        };
        let head = format!(
            "HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\nlocation: /elsewhere\r\n\
             content-length: {}\r\nconnection: close\r\n\r\n",
            body.len()
        );
        let _ = stream.write_all(head.as_bytes()).await;
        let _ = stream.write_all(body.as_bytes()).await;
    }

    fn requests(&self) -> u32 {
        self.requests.load(SeqCst)
    }
}

/// A response in NHTSA's format.
fn valid_response() -> Value {
    json!({
        "Count": 1,
        "Message": "Results returned successfully",
        "SearchCriteria": "VIN:SOME",
        "Results": [{
            "Make": "VBORG", "Model": "Vild", "ModelYear": "2001", "BodyClass": "Roadster",
            "DisplacementL": "2.4", "EngineCylinders": "5", "ErrorCode": "1,14",
            "ErrorText": "1 - Check Digit (9th position) does not calculate properly; \
                          14 - Unable to provide information for all the characters in the VIN.",
            "SuggestedVIN": "", "Trim": "",
        }],
    })
}

async fn app(provider: VinProvider, nhtsa: &Nhtsa) -> TestApp {
    let app = TestApp::new(|config| {
        config.vin.provider = provider;
        config.vin.vpic_url.clone_from(&nhtsa.base);
    });
    app.await.register("ann@example.org").await
}

async fn decode(app: &TestApp, vin: &str) -> Value {
    let answer = app.get(&format!("/api/vin/{vin}")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body
}

async fn cached_rows(app: &TestApp) -> Vec<(String, sqlx::types::Json<Value>)> {
    let mut tx = app.app.db.read().await.unwrap();
    sql!(&mut tx, fetch_all, "SELECT vin, raw_data FROM vin_cache").unwrap()
}

#[test]
fn nhtsa_is_not_queried_by_default() {
    block_on(async {
        for behavior in
            FAILURES.into_iter().chain([Behavior::Hangs, Behavior::Drips, Behavior::Succeeds])
        {
            let nhtsa = Nhtsa::start(behavior).await;
            let app = app(VinProvider::Offline, &nhtsa).await;
            // Open the tables first, as the service does when it starts.
            decode(&app, "5GZCZ43D13S812715").await;
            let start = Instant::now();
            let answer = decode(&app, ACCORD).await;
            let took = start.elapsed();
            assert_eq!((&answer["year"], &answer["model"]), (&json!(2003), &json!("Accord")));
            assert!(took < Duration::from_millis(100), "{behavior:?}: {took:?}");
            assert_eq!(nhtsa.requests(), 0);
        }
    });
}

#[test]
fn nhtsa_is_queried_for_vins_unknown_to_the_tables() {
    block_on(async {
        let nhtsa = Nhtsa::start(Behavior::Succeeds).await;
        let app = app(VinProvider::OfflineThenVpic, &nhtsa).await;
        assert_eq!(decode(&app, ACCORD).await["source"], "offline");
        assert_eq!(nhtsa.requests(), 0);
        let answer = decode(&app, UNKNOWN).await;
        assert_eq!((&answer["source"], &answer["make"]), (&json!("vpic"), &json!("VBORG")));
        assert_eq!(answer["displacementL"], json!(2.4));
        assert_eq!(answer["tables"], Value::Null);
        let codes: Vec<_> = answer["problems"].as_array().unwrap().iter().collect();
        // This VIN requires no check digit.
        assert_eq!((codes.len(), &codes[0]["code"]), (1, &json!(14)));
        let path = format!("/api/vehicles/DecodeVinValues/{UNKNOWN}?format=json");
        assert_eq!(*nhtsa.paths.lock().unwrap(), [path]);
        assert_eq!(decode(&app, UNKNOWN).await["source"], "cache");
        assert_eq!(nhtsa.requests(), 1);
        // NHTSA's year of a European VIN is ignored. A year in the request is passed on.
        assert_eq!(answer["year"], Value::Null);
        let answer = decode(&app, &format!("{UNKNOWN}?year=2021")).await;
        assert_eq!((&answer["source"], &answer["year"]), (&json!("vpic"), &json!(2021)));
        let path = nhtsa.paths.lock().unwrap().pop().unwrap();
        assert!(path.ends_with(&format!("{UNKNOWN}?format=json&modelyear=2021")), "{path}");
    });
}

#[test]
fn the_whole_nhtsa_response_is_cached() {
    block_on(async {
        let nhtsa = Nhtsa::start(Behavior::Succeeds).await;
        let ann = app(VinProvider::Vpic, &nhtsa).await;
        let first = decode(&ann, ACCORD).await;
        assert_eq!((&first["source"], &first["model"]), (&json!("vpic"), &json!("Vild")));
        let rows = cached_rows(&ann).await;
        assert_eq!((rows[0].0.as_str(), &rows[0].1.0), (ACCORD, &valid_response()));
        // Another instance with an empty cache reads it from the table.
        let cookie = ann.cookie().map(str::to_owned);
        let mut again = decode(&ann.instance_with(|_| {}).with_cookie(cookie), ACCORD).await;
        assert_eq!(again["source"], "cache");
        again["source"] = json!("vpic");
        assert_eq!(again, first);
        assert_eq!(nhtsa.requests(), 1);
    });
}

#[test]
fn the_tables_are_used_uncached_while_nhtsa_is_unavailable() {
    block_on(async {
        for behavior in FAILURES {
            let nhtsa = Nhtsa::start(behavior).await;
            let app = app(VinProvider::Vpic, &nhtsa).await;
            let answer = decode(&app, ACCORD).await;
            let found = (&answer["source"], &answer["model"]);
            assert_eq!(found, (&json!("offline"), &json!("Accord")), "{behavior:?}");
            assert!(cached_rows(&app).await.is_empty(), "{behavior:?}");
            decode(&app, ACCORD).await;
            assert_eq!(nhtsa.requests(), 2, "{behavior:?}: NHTSA is queried again");
            decode(&app, ACCORD).await;
            decode(&app, ACCORD).await;
            assert_eq!(
                nhtsa.requests(),
                3,
                "{behavior:?}: no further requests after three failures"
            );
        }
    });
}

#[test]
fn a_request_waits_for_nhtsa_at_most_five_seconds() {
    block_on(async {
        let waits = [Behavior::Hangs, Behavior::Drips].map(|behavior| async move {
            let nhtsa = Nhtsa::start(behavior).await;
            let app = app(VinProvider::Vpic, &nhtsa).await;
            let start = Instant::now();
            assert_eq!(decode(&app, ACCORD).await["model"], "Accord");
            let took = start.elapsed();
            assert!(took < Duration::from_secs(6), "{behavior:?}: {took:?}");
        });
        futures_util::future::join_all(waits).await;
    });
}

#[test]
fn a_vehicle_is_saved_even_if_nhtsa_fails() {
    block_on(async {
        for behavior in [Behavior::Html, Behavior::Resets] {
            let nhtsa = Nhtsa::start(behavior).await;
            let app = app(VinProvider::Vpic, &nhtsa).await;
            let added = app.post("/api/vehicles", json!({ "vin": ACCORD })).await;
            assert_eq!((added.status, &added.body["model"]), (201, &json!("Accord")));
        }
    });
}
