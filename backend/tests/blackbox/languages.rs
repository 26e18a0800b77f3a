//! The pages in the pseudo-locale `en-XA`, which accents every text of the catalogs and makes it longer: text without
//! accents is in no catalog.

use std::{collections::BTreeSet, time::Duration};

use serde::Deserialize;
use serde_json::json;

use crate::support::{BrowserSession, TestEnv, block_on};

const EMAIL: &str = "1@2.34";
/// All widths in CSS pixels at which no page may be wider than the screen.
const WIDTHS: [i64; 3] = [320, 390, 1280];

/// What [`LOOK`] finds on a page.
#[derive(Deserialize)]
struct Found {
    /// Texts without accents.
    plain: Vec<String>,
    /// The paths that the page links to.
    links: Vec<String>,
}

#[test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
fn every_text_of_every_page_comes_from_a_catalog() {
    block_on(async {
        let walk = tokio::time::timeout(Duration::from_mins(4), walk());
        walk.await.expect("the test took more than four minutes");
    });
}

async fn walk() {
    let env = TestEnv::on_sqlite()
        .with("MVP__SERVER__REQUESTS_PER_MINUTE", "0")
        .with("MVP__SERVER__ANONYMOUS_REQUESTS_PER_MINUTE", "0");
    let service = env.serve();
    let owner = service.register(EMAIL).await;
    // What the user typed has accents, too.
    let vehicle = json!({ "vin": "1HGCM82633A004352", "nickname": "Çär" });
    let vehicle = owner.post("/api/vehicles", &vehicle).await.expect(201)["id"].clone();
    let station = json!({ "name": "Çörñër", "latitude": 48.1, "longitude": 11.5 });
    owner.post("/api/stations", &station).await.expect(201);
    for (date, odometer) in [("2026-01-05", 50_000), ("2026-02-05", 50_400), ("2026-03-05", 50_800)]
    {
        let fill_up = json!({
            "vehicleId": vehicle, "date": date, "odometerReading": odometer, "gallons": 10.5,
            "pricePerGallon": 3.5, "isFull": true, "fuelType": "regular", "stationName": "Çörñër",
        });
        owner.post("/api/fuel-logs", &fill_up).await.expect(201);
    }
    for (kind, due) in [("oil_change", "2026-01-20"), ("tires", "2030-01-01")] {
        let item =
            json!({ "vehicleId": vehicle, "type": kind, "dueDate": due, "intervalMonths": 12 });
        owner.post("/api/maintenance", &item).await.expect(201);
    }
    let done = json!({ "vehicleId": vehicle, "type": "tires", "completedDate": "2026-01-15" });
    owner.post("/api/maintenance", &done).await.expect(201);

    let browser = BrowserSession::start().await;
    browser.sign_in(&service.url, EMAIL, "correct horse battery").await;
    browser.call("Network.enable", json!({})).await;
    let headers = json!({ "headers": { "Accept-Language": "en-XA" } });
    browser.call("Network.setExtraHTTPHeaders", headers).await;

    let mut open: Vec<String> =
        ["/", "/welcome", "/admin", "/vin?vin=1HGCM82633A004352", "/problems/invalid", "/nothing"]
            .map(str::to_owned)
            .to_vec();
    let (mut seen, mut faults) = (BTreeSet::new(), Vec::new());
    while let Some(path) = open.pop() {
        if !seen.insert(shape(&path)) {
            continue;
        }
        browser.goto(format!("{}{path}", service.url)).await;
        browser.wait_until_loaded().await;
        let found: Found = serde_json::from_value(browser.evaluate(LOOK).await).unwrap();
        faults.extend(found.plain.into_iter().map(|text| format!("{path}: {text}")));
        open.extend(found.links);
        for width in WIDTHS {
            browser.resize(width).await;
            let wide = browser.evaluate("document.documentElement.scrollWidth").await;
            let wide = wide.as_i64().unwrap();
            if wide > width {
                faults.push(format!("{path}: {wide} pixels wide at {width}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(seen.len() > 30, "only {} pages were found: {seen:?}", seen.len());
    browser.close().await;
}

/// The path with all ids replaced: one page of each kind is enough.
fn shape(path: &str) -> String {
    let path = path.split('#').next().unwrap_or_default();
    let mut shape = String::new();
    for part in path.split_inclusive(['/', '=', '?', '&']) {
        let name = part.trim_end_matches(['/', '=', '?', '&']);
        let is_id = name.len() == 36 && name.matches('-').count() == 4;
        shape.push_str(if is_id { "id" } else { name });
        shape.push_str(&part[name.len()..]);
    }
    shape
}

/// The visible texts, the names for screen readers and the messages of scripts that have no accent, and the links. Elements with
/// `translate="no"` hold data, such as NHTSA's names.
const LOOK: &str = r"(() => {
    const plain = [];
    const check = (text) => {
        const words = text.replace(/MotoVault|Pro\b|OpenStreetMap|NHTSA|USD|VIN|API|CSV|ntfy|Gotify|mpg|gal\b|Google Maps|GeoJSON|Honda Accord( EX-V6)?|1HGCM82633A004352|Overpass JSON/g, '');
        if (/[A-Za-z]{3}/.test(words) && !/[\u00c0-\u024f\u1e00-\u1eff]/.test(words)) plain.push(text.trim());
    };
    const isData = (it) => it.closest('[translate=no], script, style, svg, code, datalist, [name=currency]');
    const nodes = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (nodes.nextNode()) {
        if (!isData(nodes.currentNode.parentElement)) check(nodes.currentNode.data);
    }
    for (const element of document.querySelectorAll('[aria-label], [placeholder], [title], [alt]')) {
        if (isData(element)) continue;
        for (const name of ['aria-label', 'placeholder', 'title', 'alt']) check(element.getAttribute(name) ?? '');
    }
    for (const element of document.body.querySelectorAll('*')) {
        const messages = Object.entries(element.dataset).filter(([name]) => name.startsWith('message'));
        for (const [, message] of messages) check(message);
    }
    const links = [...document.querySelectorAll('a[href]')]
        .filter((it) => it.origin === location.origin && !/^\/(api|assets)\b/.test(it.pathname))
        .map((it) => it.pathname + it.search);
    return { plain, links };
})()";
