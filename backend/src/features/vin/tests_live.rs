//! NHTSA's service, well and away: a server on this machine stands in for it.

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
/// Of a maker that NHTSA's tables do not know.
const UNKNOWN: &str = "WVB00000000000001";

/// How the server answers.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Whim {
    Well,
    Hangs,
    Resets,
    Drips,
    Html,
    Redirects,
    Huge,
    Status(u16),
    Says(&'static str),
}

const AWAY: [Whim; 10] = [
    Whim::Resets,
    Whim::Html,
    Whim::Redirects,
    Whim::Huge,
    Whim::Status(403),
    Whim::Status(429),
    Whim::Status(500),
    Whim::Says("null"),
    Whim::Says(r#"{"Results":[]}"#),
    Whim::Says(r#"{"Results":[{"VIN":"WBA3A5C52CF256651","ErrorCode":"0","Make":"BMW"}]}"#),
];

#[derive(Clone)]
struct Nhtsa {
    base: String,
    asked: Arc<AtomicU32>,
    paths: Arc<Mutex<Vec<String>>>,
}

impl Nhtsa {
    async fn start(whim: Whim) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/api", listener.local_addr().unwrap());
        let nhtsa = Self { base, asked: Arc::default(), paths: Arc::default() };
        let server = nhtsa.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(server.clone().answer(stream, whim));
            }
        });
        nhtsa
    }

    async fn answer(self, mut stream: TcpStream, whim: Whim) {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let Ok(byte) = stream.read_u8().await else { return };
            head.push(byte);
        }
        self.asked.fetch_add(1, SeqCst);
        let head = String::from_utf8(head).unwrap();
        self.paths.lock().unwrap().push(head.split(' ').nth(1).unwrap().to_owned());
        let (status, kind, body) = match whim {
            Whim::Well => (200, "application/json", well().to_string()),
            Whim::Resets => return,
            Whim::Hangs => return std::future::pending().await,
            Whim::Drips => {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10000\r\n\r\n").await;
                loop {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    if stream.write_all(b" ").await.is_err() {
                        return;
                    }
                }
            }
            Whim::Html => (200, "text/html", "<h1>Down for maintenance</h1>".to_owned()),
            Whim::Redirects => (302, "text/html", String::new()),
            Whim::Huge => (200, "application/json", " ".repeat(2 * 1024 * 1024)),
            Whim::Status(status) => (status, "application/json", well().to_string()),
            Whim::Says(text) => (200, "application/json", text.to_owned()),
        };
        let head = format!(
            "HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\nlocation: /elsewhere\r\n\
             content-length: {}\r\nconnection: close\r\n\r\n",
            body.len()
        );
        let _ = stream.write_all(head.as_bytes()).await;
        let _ = stream.write_all(body.as_bytes()).await;
    }

    fn asked(&self) -> u32 {
        self.asked.load(SeqCst)
    }
}

/// An answer in NHTSA's form.
fn well() -> Value {
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

async fn kept(app: &TestApp) -> Vec<(String, sqlx::types::Json<Value>)> {
    let mut tx = app.app.db.read().await.unwrap();
    sql!(&mut tx, fetch_all, "SELECT vin, raw_data FROM vin_cache").unwrap()
}

#[test]
fn nobody_is_asked_unless_the_settings_say_so() {
    block_on(async {
        for whim in AWAY.into_iter().chain([Whim::Hangs, Whim::Drips, Whim::Well]) {
            let nhtsa = Nhtsa::start(whim).await;
            let app = app(VinProvider::Offline, &nhtsa).await;
            // The tables are open by now: warmed up as the service does when it starts.
            decode(&app, "5GZCZ43D13S812715").await;
            let begun = Instant::now();
            let answer = decode(&app, ACCORD).await;
            let took = begun.elapsed();
            assert_eq!((&answer["year"], &answer["model"]), (&json!(2003), &json!("Accord")));
            assert!(took < Duration::from_millis(100), "{whim:?}: {took:?}");
            assert_eq!(nhtsa.asked(), 0);
        }
    });
}

#[test]
fn nhtsa_is_asked_for_what_the_tables_do_not_know() {
    block_on(async {
        let nhtsa = Nhtsa::start(Whim::Well).await;
        let app = app(VinProvider::OfflineThenVpic, &nhtsa).await;
        assert_eq!(decode(&app, ACCORD).await["source"], "offline");
        assert_eq!(nhtsa.asked(), 0);
        let answer = decode(&app, UNKNOWN).await;
        assert_eq!((&answer["source"], &answer["make"]), (&json!("vpic"), &json!("VBORG")));
        assert_eq!(answer["displacementL"], json!(2.4));
        assert_eq!(answer["tables"], Value::Null);
        let codes: Vec<_> = answer["problems"].as_array().unwrap().iter().collect();
        // The check digit isn't demanded of this VIN.
        assert_eq!((codes.len(), &codes[0]["code"]), (1, &json!(14)));
        let path = format!("/api/vehicles/DecodeVinValues/{UNKNOWN}?format=json");
        assert_eq!(*nhtsa.paths.lock().unwrap(), [path]);
        assert_eq!(decode(&app, UNKNOWN).await["source"], "cache");
        assert_eq!(nhtsa.asked(), 1);
        // Nor does NHTSA's year of a European VIN settle anything; one that is given goes along.
        assert_eq!(answer["year"], Value::Null);
        let answer = decode(&app, &format!("{UNKNOWN}?year=2021")).await;
        assert_eq!((&answer["source"], &answer["year"]), (&json!("vpic"), &json!(2021)));
        let asked = nhtsa.paths.lock().unwrap().pop().unwrap();
        assert!(asked.ends_with(&format!("{UNKNOWN}?format=json&modelyear=2021")), "{asked}");
    });
}

#[test]
fn the_whole_answer_of_nhtsas_is_kept_and_read_again() {
    block_on(async {
        let nhtsa = Nhtsa::start(Whim::Well).await;
        let ann = app(VinProvider::Vpic, &nhtsa).await;
        let first = decode(&ann, ACCORD).await;
        assert_eq!((&first["source"], &first["model"]), (&json!("vpic"), &json!("Vild")));
        let rows = kept(&ann).await;
        assert_eq!((rows[0].0.as_str(), &rows[0].1.0), (ACCORD, &well()));
        // Another instance, whose cache is empty, reads it from the table.
        let cookie = ann.cookie().map(str::to_owned);
        let mut again = decode(&ann.other_instance(|_| {}).with_cookie(cookie), ACCORD).await;
        assert_eq!(again["source"], "cache");
        again["source"] = json!("vpic");
        assert_eq!(again, first);
        assert_eq!(nhtsa.asked(), 1);
    });
}

#[test]
fn the_tables_answer_while_nhtsa_is_away_and_are_not_kept_in_its_place() {
    block_on(async {
        for whim in AWAY {
            let nhtsa = Nhtsa::start(whim).await;
            let app = app(VinProvider::Vpic, &nhtsa).await;
            let answer = decode(&app, ACCORD).await;
            let told = (&answer["source"], &answer["model"]);
            assert_eq!(told, (&json!("offline"), &json!("Accord")), "{whim:?}");
            assert!(kept(&app).await.is_empty(), "{whim:?}");
            decode(&app, ACCORD).await;
            assert_eq!(nhtsa.asked(), 2, "{whim:?}: it is asked again");
            decode(&app, ACCORD).await;
            decode(&app, ACCORD).await;
            assert_eq!(nhtsa.asked(), 3, "{whim:?}: and after three failures left alone");
        }
    });
}

#[test]
fn nobody_waits_for_longer_than_five_seconds() {
    block_on(async {
        let waits = [Whim::Hangs, Whim::Drips].map(|whim| async move {
            let nhtsa = Nhtsa::start(whim).await;
            let app = app(VinProvider::Vpic, &nhtsa).await;
            let begun = Instant::now();
            assert_eq!(decode(&app, ACCORD).await["model"], "Accord");
            let took = begun.elapsed();
            assert!(took < Duration::from_secs(6), "{whim:?}: {took:?}");
        });
        futures::future::join_all(waits).await;
    });
}

#[test]
fn a_vehicle_is_saved_whatever_nhtsa_says() {
    block_on(async {
        for whim in [Whim::Html, Whim::Resets] {
            let nhtsa = Nhtsa::start(whim).await;
            let app = app(VinProvider::Vpic, &nhtsa).await;
            let added = app.post("/api/vehicles", json!({ "vin": ACCORD })).await;
            assert_eq!((added.status, &added.body["model"]), (201, &json!("Accord")));
        }
    });
}
