//! Traces, as received by a collector (OTLP over HTTP).

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::mpsc::{Receiver, Sender, channel},
    thread,
    time::Instant,
};

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{KeyValue, any_value::Value},
    trace::v1::{Span, span::SpanKind},
};
use prost::Message as _;

use crate::support::{Service, TestEnv, block_on, signal};

/// A secret that must not appear in any trace.
const CANARY: &str = "xyzzy-canary";
const TRACE: u128 = 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736;
const PARENT: u64 = 0x00f0_67aa_0ba9_02b7;

/// A collector that stores the requests it receives.
struct Collector {
    url: String,
    bodies: Receiver<Vec<u8>>,
}

impl Collector {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/v1/traces", listener.local_addr().unwrap());
        let (sender, bodies) = channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let sender = sender.clone();
                thread::spawn(move || receive_requests(stream.unwrap(), &sender));
            }
        });
        Self { url, bodies }
    }

    /// All spans received so far, and the raw requests.
    fn spans(&self) -> (Vec<Span>, Vec<u8>) {
        let bodies: Vec<_> = self.bodies.try_iter().collect();
        let requests =
            bodies.iter().map(|it| ExportTraceServiceRequest::decode(it.as_slice()).unwrap());
        let mut spans = Vec::new();
        for of in requests.flat_map(|it| it.resource_spans) {
            let attributes = of.resource.unwrap().attributes;
            assert_eq!(text(&attributes, "service.name"), "motovaultpro");
            assert_eq!(text(&attributes, "service.version"), env!("CARGO_PKG_VERSION"));
            spans.extend(of.scope_spans.into_iter().flat_map(|it| it.spans));
        }
        (spans, bodies.concat())
    }
}

fn receive_requests(stream: TcpStream, sender: &Sender<Vec<u8>>) {
    let mut reader = BufReader::new(stream);
    loop {
        let (mut length, mut line, mut head) = (0, String::new(), String::new());
        loop {
            line.clear();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            if line == "\r\n" {
                break;
            }
            head.push_str(&line.to_ascii_lowercase());
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
        }
        assert!(head.starts_with("post /v1/traces http/1.1"), "{head}");
        assert!(head.contains("content-type: application/x-protobuf"), "{head}");
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        sender.send(body).unwrap();
        reader.get_mut().write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
    }
}

fn value<'a>(attributes: &'a [KeyValue], name: &str) -> Option<&'a Value> {
    attributes.iter().find(|it| it.key == name)?.value.as_ref()?.value.as_ref()
}

fn text(attributes: &[KeyValue], name: &str) -> String {
    match value(attributes, name) {
        Some(Value::StringValue(text)) => text.clone(),
        other => panic!("{name}: {other:?}"),
    }
}

fn trace(span: &Span) -> u128 {
    u128::from_be_bytes(span.trace_id.as_slice().try_into().unwrap())
}

#[track_caller]
fn find_span<'a>(spans: &'a [Span], name: &str) -> &'a Span {
    let names: Vec<_> = spans.iter().map(|it| &it.name).collect();
    spans.iter().find(|it| it.name == name).unwrap_or_else(|| panic!("no {name} in {names:?}"))
}

/// Sends a request as part of a trace.
async fn ask(service: &Service, path: &str, cookie: &str) -> u16 {
    let http = reqwest::Client::new();
    let request = http.get(format!("{}{path}", service.url)).header("cookie", cookie);
    let request = request.header("traceparent", format!("00-{TRACE:032x}-{PARENT:016x}-01"));
    request.send().await.unwrap().status().as_u16()
}

async fn assert_stops_cleanly(mut service: Service) {
    signal("TERM", service.pid());
    assert_eq!(service.wait_for_exit().await, Some(0), "{}", service.log());
}

#[test]
fn traces_contain_requests_and_their_outbound_calls() {
    block_on(async {
        let collector = Collector::start();
        let env = TestEnv::empty()
            .with("MVP__LOG__TRACES_URL", &collector.url)
            .with("MVP__SERVER__TRUSTED_PROXIES", "127.0.0.1")
            .with("MVP__STATIONS__GOOGLE_API_KEY", CANARY)
            .with("MVP__STATIONS__GOOGLE_URL", "http://127.0.0.1:1");
        let service = env.serve();
        let client = service.register("someone@example.org").await;
        let cookie = client.cookie();
        assert_eq!(ask(&service, "/api/vehicles", cookie).await, 200);
        assert_eq!(ask(&service, "/api/stations/search?query=fuel", cookie).await, 200);
        assert_eq!(ask(&service, &format!("/{CANARY}?{CANARY}"), cookie).await, 404);
        assert_stops_cleanly(service).await;

        let (spans, raw) = collector.spans();
        let list = find_span(&spans, "GET /api/vehicles");
        assert_eq!(
            (trace(list), list.parent_span_id.clone()),
            (TRACE, PARENT.to_be_bytes().into())
        );
        assert_eq!(list.kind(), SpanKind::Server);
        assert_eq!(text(&list.attributes, "http.route"), "/api/vehicles");
        assert_eq!(text(&list.attributes, "http.request.method"), "GET");
        let status = value(&list.attributes, "http.response.status_code");
        assert_eq!(status, Some(&Value::IntValue(200)));
        assert!(!text(&list.attributes, "request_id").is_empty());
        assert!(list.end_time_unix_nano > list.start_time_unix_nano);
        find_span(&spans, "POST /api/auth/register");
        find_span(&spans, "GET unknown");

        let (search, google) =
            (find_span(&spans, "GET /api/stations/search"), find_span(&spans, "google"));
        assert_eq!(google.parent_span_id, search.span_id);
        assert_eq!(google.kind(), SpanKind::Client);
        assert!(spans.iter().all(|it| it.name != "otlp"), "exporting must not be traced");
        let holds = |text: &str| raw.windows(text.len()).any(|it| it == text.as_bytes());
        assert!(holds("GET /api/vehicles"));
        let cookie = cookie.split_once('=').unwrap().1;
        for secret in [CANARY, cookie, "correct horse", "someone@"] {
            assert!(!holds(secret), "{secret}");
        }
    });
}

#[test]
fn only_a_trusted_proxy_sets_the_trace_context() {
    block_on(async {
        let collector = Collector::start();
        let env = TestEnv::empty().with("MVP__LOG__TRACES_URL", &collector.url);
        let service = env.serve();
        let _client = service.anonymous();
        assert_eq!(ask(&service, "/api/vehicles", "").await, 401);
        assert_stops_cleanly(service).await;
        let (spans, _) = collector.spans();
        let list = find_span(&spans, "GET /api/vehicles");
        assert_ne!(trace(list), TRACE);
        assert!(list.parent_span_id.is_empty(), "{list:?}");
    });
}

#[test]
fn an_unavailable_collector_is_tolerated() {
    block_on(async {
        let url = "http://127.0.0.1:1/v1/traces";
        let env = TestEnv::empty().with("MVP__LOG__TRACES_URL", url);
        let service = env.serve();
        let client = service.register("someone@example.org").await;
        client.add_vehicle(1).await;
        let started = Instant::now();
        assert_stops_cleanly(service).await;
        assert!(started.elapsed().as_secs() < 15, "{:?}", started.elapsed());
    });
    let output = TestEnv::empty().with("MVP__LOG__TRACES_URL", "here").run(&["config", "check"]);
    assert!(output.expect_failure(2).contains("log.traces_url"));
}
