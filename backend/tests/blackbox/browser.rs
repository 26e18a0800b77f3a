//! Pages in Chromium: the first visit, from an empty service to the fuel economy, and narrow screens.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{BrowserSession, TestEnv, block_on};

#[test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
fn a_first_visit_ends_with_the_fuel_economy() {
    block_on(async {
        let browser = tokio::time::timeout(Duration::from_mins(2), first_visit());
        browser.await.expect("the test took more than two minutes");
    });
}

async fn first_visit() {
    let env = TestEnv::on_sqlite();
    let service = env.serve();
    let browser = BrowserSession::start().await;
    browser.goto(&service.url).await;
    browser.wait_for_path("/register").await;
    browser.type_into("email", "ann@example.org").await;
    browser.type_into("password", "correct horse battery").await;
    browser.press_enter("password").await;

    browser.wait_for_path("/welcome").await;
    browser.click(".save a[href='/']").await;
    browser.wait_for_path("/").await;
    browser.click("main a[href='/vehicles/new']").await;
    browser.wait_for_path("/vehicles/new").await;
    // First an invalid value: the input is preserved, and the field shows the error.
    browser.type_into("vin", "1HGCM82643A004352").await;
    browser.type_into("make", "Honda").await;
    browser.press_enter("make").await;
    browser.wait_for_text("has the check digit 4").await;
    // A valid VIN fills in the empty fields before anything is saved.
    browser.replace_value("vin", "1HGCM82633A004352").await;
    browser.wait_for_text("2003 Honda Accord").await;
    browser.press_enter("make").await;

    for (odometer, gallons) in [("84000", "10"), ("84300", "9.5"), ("84610", "10.5")] {
        browser.wait_for_text("Honda Accord").await;
        browser.click("main a[href$='/fuel-logs/new']").await;
        browser.wait_for_path("/fuel-logs/new").await;
        browser.type_into("odometer", odometer).await;
        browser.type_into("volume", gallons).await;
        browser.type_into("unitPrice", "3.499").await;
        browser.press_enter("unitPrice").await;
        browser.wait_until_left("/fuel-logs/new").await;
    }
    // 610 miles on 20 gallons; 300 on 9.5 at best.
    browser.wait_for_text("84,610").await;
    browser.wait_for_text("30.5").await;
    browser.wait_for_text("31.6").await;
    browser.wait_for_text("29.5").await;

    browser.close().await;
}

#[test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
fn nothing_overflows_on_a_narrow_screen() {
    block_on(async {
        let browser = tokio::time::timeout(Duration::from_mins(2), narrow_visit());
        browser.await.expect("the test took more than two minutes");
    });
}

/// Opens the pages with long values, as an administrator, whose header has the most icons.
async fn narrow_visit() {
    const EMAIL: &str = "twenty.nine.chars@example.org";
    let env = TestEnv::on_sqlite();
    let service = env.serve();
    let owner = service.register(EMAIL).await;
    let units = json!({
        "distanceUnit": "km", "volumeUnit": "l", "economyUnit": "l_per_100km", "currency": "HUF",
    });
    owner.patch("/api/user/preferences", &units).await.expect(200);
    let vehicle = json!({ "vin": "1HGCM82633A004352", "make": "Honda", "model": "Accord" });
    let vehicle = owner.post("/api/vehicles", &vehicle).await.expect(201)["id"].clone();
    let km = |value: f64| json!({ "value": value, "unit": "km" });
    let mut fill_up = Value::Null;
    for (date, odometer, liters) in [
        ("2026-01-02", 127_000.0, 33.333),
        ("2026-01-10", 128_503.5, 42.111),
        ("2026-01-20", 129_700.0, 1_500.0),
    ] {
        let body = json!({
            "vehicleId": vehicle, "date": date, "odometer": km(odometer),
            "volume": { "value": liters, "unit": "l" }, "unitPrice": { "value": 619.9, "per": "l" },
            "stationName": "MOL Budapest", "confirm": ["/odometer", "/volume"],
        });
        fill_up = owner.post("/api/fuel-logs", &body).await.expect(201)["id"].clone();
    }
    let done = json!({
        "vehicleId": vehicle, "type": "tires", "completedDate": "2026-01-15",
        "completedOdometer": km(128_600.0), "amount": 12_500_000, "currency": "IDR",
        "serviceLocation": "Nagy Autoszerviz",
    });
    owner.post("/api/maintenance", &done).await.expect(201);
    let item = json!({
        "vehicleId": vehicle, "type": "oil_change", "description": "5W-30", "dueDate": "2027-01-01",
        "dueOdometer": km(140_000.0), "intervalMonths": 12, "intervalDistance": km(15_000.0),
    });
    let item = owner.post("/api/maintenance", &item).await.expect(201)["id"].clone();

    let browser = BrowserSession::start().await;
    browser.sign_in(&service.url, EMAIL, "correct horse battery").await;
    let id = |it: &Value| it.as_str().unwrap().to_owned();
    let (vehicle, fill_up, item) = (id(&vehicle), id(&fill_up), id(&item));
    for width in [320, 390, 1280] {
        browser.resize(width).await;
        for path in [
            "/".to_owned(),
            "/welcome".to_owned(),
            format!("/vehicles/{vehicle}"),
            format!("/vehicles/{vehicle}/edit"),
            format!("/vehicles/{vehicle}/fuel-logs/new"),
            format!("/fuel-logs/{fill_up}/edit"),
            format!("/vehicles/{vehicle}/maintenance"),
            format!("/maintenance/{item}/edit"),
            format!("/maintenance/{item}/complete"),
            "/settings".to_owned(),
        ] {
            browser.goto(format!("{}{path}", service.url)).await;
            browser.wait_until_loaded().await;
            if path.ends_with("/new") {
                for (name, typed) in [("odometer", "1403000"), ("amount", "20663.13")] {
                    browser.replace_value(name, typed).await;
                }
            }
            let found = browser.evaluate(&format!("{CUT_OFF}({width})")).await;
            assert_eq!(found, json!([]), "{path} at {width}");
        }
    }
    browser.close().await;
}

/// Finds elements that are wider than the screen or their box, overlap others, break within a value, or are
/// too close below another field.
const CUT_OFF: &str = r"((width) => {
    const found = [];
    const report = (what, element) =>
        found.push(`${what}: ${element.tagName}.${element.className} ${element.value || element.innerText}`);
    const isShown = (it) => it.checkVisibility() && it.clientWidth > 1 && !it.closest('.hidden, thead');
    if (document.documentElement.scrollWidth > width) found.push('scrolls');
    const all = [...document.querySelectorAll('body *')].filter(isShown);
    for (const one of all) {
        if (one.getBoundingClientRect().right > width + 0.5) report('beyond the screen', one);
        const cuts = one.matches('input, select') || getComputedStyle(one).overflowX !== 'visible';
        if (cuts && one.scrollWidth > one.clientWidth + 1) report('cut', one);
    }
    const text = (element) => {
        const range = document.createRange();
        range.selectNodeContents(element);
        return range;
    };
    for (const row of document.querySelectorAll('tbody tr')) {
        const cells = [...row.cells].filter((it) => it.innerText.trim());
        const boxes = cells.map((it) => text(it.querySelector('a')?.firstChild ?? it).getBoundingClientRect());
        boxes.forEach((a, i) => boxes.slice(i + 1).forEach((b, j) => {
            const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
            const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
            if (across > 1 && down > 4) report('overlaps', cells[i + 1 + j]);
        }));
    }
    for (const line of document.querySelectorAll('.timeline .sub, .timeline .quiet, .timeline b')) {
        const nodes = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
        while (nodes.nextNode()) {
            for (const value of nodes.currentNode.data.matchAll(/([A-Z]+\s)?[\d.,]+(\s[a-z]+)?/g)) {
                const range = document.createRange();
                range.setStart(nodes.currentNode, value.index);
                range.setEnd(nodes.currentNode, value.index + value[0].trimEnd().length);
                const tops = [...range.getClientRects()].map((it) => Math.round(it.top));
                if (new Set(tops).size > 1) report('broken', line);
            }
        }
    }
    const fields = all.filter((it) => it.matches('.card:not(.pump) .field'));
    for (const [i, field] of fields.entries()) {
        const above = fields[i - 1]?.getBoundingClientRect();
        const box = field.getBoundingClientRect();
        const isBelow = above && box.top > above.top + 4 && box.left < above.right;
        if (isBelow && box.top - above.bottom < 12) report('too close', field);
    }
    return found;
})";
