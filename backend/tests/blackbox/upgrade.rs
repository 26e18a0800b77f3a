//! Upgrades a populated database of an older release: the program migrates it, and its figures stay the same.
//! `tests/data/upgrade/README.md` describes how it was recorded.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::{Client, Service, TestEnv, client::text};

on_every_engine!(
    an_older_database_returns_the_same_data,
    every_page_of_an_older_database_opens,
    everything_that_the_pages_of_an_older_database_link_to_opens,
    every_route_that_reads_shows_the_records_of_an_older_database,
    recomputing_figures_of_an_older_database_changes_nothing,
);

/// The recorded responses of one account.
#[derive(Deserialize)]
struct Account {
    email: String,
    password: String,
    #[serde(rename = "answers")]
    responses: Vec<Recorded>,
    pages: Vec<String>,
}

/// A response of the older release, without members that depend on the current date.
#[derive(Deserialize)]
struct Recorded {
    path: String,
    body: Value,
}

/// The path of a list's records, which are fetched by id.
fn records(list: &str) -> Option<&'static str> {
    match list.split('?').next().unwrap() {
        // A vehicle in the trash is only available in its list.
        "/api/vehicles" if !list.contains("deleted=true") => Some("/api/vehicles"),
        "/api/fuel-logs" => Some("/api/fuel-logs"),
        "/api/maintenance" => Some("/api/maintenance"),
        path if path.ends_with("/odometer") => Some("/api/odometer-readings"),
        _ => None,
    }
}

/// Loads the older database, and starts the service on it.
async fn upgrade(env: &TestEnv) -> (Service, Vec<Account>) {
    let (dump, responses) = if env.is_postgres() {
        (
            include_str!("../data/upgrade/postgres.sql"),
            include_str!("../data/upgrade/postgres.json"),
        )
    } else {
        (include_str!("../data/upgrade/sqlite.sql"), include_str!("../data/upgrade/sqlite.json"))
    };
    env.load(dump).await;
    (env.serve(), serde_json::from_str(responses).unwrap())
}

impl Account {
    async fn sign_in(&self, service: &Service) -> Client {
        Client::sign_in(&service.url, &self.email, &self.password).await
    }
}

/// Adds differences where `actual` does not contain what `expected` has. Additional members are ignored, and
/// numbers are compared by value.
fn compare(path: &str, expected: &Value, actual: &Value, differences: &mut Vec<String>) {
    let is_same = match (expected, actual) {
        (Value::Object(members), Value::Object(_)) => {
            for (name, member) in members {
                match actual.get(name) {
                    Some(it) => compare(&format!("{path}/{name}"), member, it, differences),
                    None => differences.push(format!("{path}/{name} is missing")),
                }
            }
            return;
        }
        (Value::Array(items), Value::Array(others)) if items.len() == others.len() => {
            for (nth, (item, other)) in items.iter().zip(others).enumerate() {
                compare(&format!("{path}/{nth}"), item, other, differences);
            }
            return;
        }
        (Value::Number(number), Value::Number(other)) => number.as_f64() == other.as_f64(),
        _ => expected == actual,
    };
    if !is_same {
        differences.push(format!("{path}: {expected} became {actual}"));
    }
}

#[track_caller]
fn assert_same(differences: &[String]) {
    let shown = differences.iter().take(50).map(String::as_str).collect::<Vec<_>>().join("\n");
    assert!(differences.is_empty(), "{} differences:\n{shown}", differences.len());
}

/// Sorts by id, since the order of due items changes from day to day.
fn sort_by_id(list: &mut Value) {
    let items = list["items"].as_array_mut().unwrap();
    items.sort_by_key(|it| text(&it["id"]));
}

#[test]
fn a_comparison_finds_every_changed_figure() {
    let expected = json!({ "items": [{ "id": "a", "gallons": 40.0, "mpg": null }], "n": 1 });
    let differences = |actual: Value| {
        let mut differences = Vec::new();
        compare("", &expected, &actual, &mut differences);
        differences
    };
    let same = json!({ "items": [{ "id": "a", "gallons": 40, "mpg": null, "new": 1 }], "n": 1.0 });
    assert_eq!(differences(same), [""; 0]);
    let changed = json!({ "items": [{ "id": "a", "gallons": 40.01, "mpg": 1 }] });
    let expected_differences =
        ["/items/0/gallons: 40.0 became 40.01", "/items/0/mpg: null became 1", "/n is missing"];
    assert_eq!(differences(changed), expected_differences);
    assert_eq!(differences(json!({ "items": [], "n": 1 })).len(), 1, "an item is missing");
}

async fn an_older_database_returns_the_same_data(env: TestEnv) {
    let (service, accounts) = upgrade(&env).await;
    let mut differences = Vec::new();
    for account in &accounts {
        let client = account.sign_in(&service).await;
        for Recorded { path, body } in &account.responses {
            let (mut expected, mut actual) = (body.clone(), client.get(path).await.expect(200));
            if path.starts_with("/api/maintenance/upcoming") {
                sort_by_id(&mut expected);
                sort_by_id(&mut actual);
            }
            if let Some(vehicle) = path.split("/odometer").next().filter(|it| *it != path) {
                // The initial odometer value of a vehicle is now a reading with the vehicle's id.
                let id = vehicle.rsplit('/').next().unwrap();
                actual["items"].as_array_mut().unwrap().retain(|it| it["id"] != id);
            }
            let env = format!("{} {path} ", account.email);
            compare(&env, &expected, &actual, &mut differences);
            let Some(records) = records(path) else { continue };
            for item in expected["items"].as_array().unwrap() {
                // Readings from other sources are included in the records of those sources.
                if ["fuel-log", "maintenance"].iter().any(|it| item["source"] == *it) {
                    continue;
                }
                let path = format!("{records}/{}", text(&item["id"]));
                let record = client.get(&path).await.expect(200);
                compare(&format!("{} {path} ", account.email), item, &record, &mut differences);
            }
        }
    }
    assert_same(&differences);
}

async fn every_page_of_an_older_database_opens(env: TestEnv) {
    let (service, accounts) = upgrade(&env).await;
    for account in &accounts {
        let client = account.sign_in(&service).await;
        for path in &account.pages {
            let response = client.get(path).await;
            let context = format!("{} {path}: {response:?}", account.email);
            assert_eq!(response.status, 200, "{context}");
            assert!(text(&response.body).contains("</footer>"), "{context}");
        }
    }
}

/// The older release did not have all pages: this follows the links from page to page.
async fn everything_that_the_pages_of_an_older_database_link_to_opens(env: TestEnv) {
    let env = env.with("MVP__SERVER__REQUESTS_PER_MINUTE", "0");
    let (service, accounts) = upgrade(&env).await;
    let mut all_visits = BTreeSet::new();
    for account in &accounts {
        let client = account.sign_in(&service).await;
        let mut visits: BTreeMap<String, usize> = BTreeMap::new();
        let mut waiting = account.pages.clone();
        while let Some(path) = waiting.pop() {
            let count = visits.entry(pattern(&path)).or_default();
            *count += 1;
            // Some pages of each kind: the database has hundreds of fill-ups.
            if *count > 3 {
                continue;
            }
            let response = client.get(&path).await;
            assert_eq!(response.status, 200, "{} {path}: {response:?}", account.email);
            if let Value::String(page) = &response.body {
                waiting.extend(local_links(page).filter(|it| !it.starts_with("/assets/")));
            }
        }
        all_visits.extend(visits.into_keys());
    }
    for kind in ["/vehicles/ID", "/fuel-logs/ID/edit", "/maintenance/ID/edit", "/admin/users/ID"] {
        assert!(all_visits.contains(kind), "{kind} was not visited: {all_visits:?}");
    }
}

/// The path with `ID` instead of ids, and without the values of its query: the kind of page.
fn pattern(path: &str) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let segment = |it: &str| if it.len() == 36 { "ID".to_owned() } else { it.to_owned() };
    let path: Vec<_> = path.split('/').map(segment).collect();
    let names: Vec<_> = query.split('&').filter_map(|it| it.split('=').next()).collect();
    format!("{}?{}", path.join("/"), names.join("&")).trim_end_matches('?').to_owned()
}

/// The paths that a page links to on the same service.
fn local_links(page: &str) -> impl Iterator<Item = String> {
    page.split("href=\"/").skip(1).filter_map(|rest| {
        let link = rest.split(['"', '#']).next()?;
        Some(format!("/{}", link.replace("&amp;", "&").replace("&#38;", "&")))
    })
}

/// The access matrix, which has a row for every route.
const MATRIX: &str = include_str!("../../src/matrix/rows.rs");

/// The calls in the access matrix that read.
fn reads() -> Vec<&'static str> {
    let rows = MATRIX.lines().filter_map(|it| it.trim().strip_prefix("row("));
    let calls = rows.filter_map(|it| it.split_once("\"GET ")?.1.split('"').next());
    calls.collect()
}

/// The calls that fail without a setting, or without a record that their path does not name.
const UNAVAILABLE: &[&str] = &[
    "/api/maintenance/calendar-link",
    "/login/oidc/home",
    "/login/oidc/home/callback?code=a&state=b",
    "/mail/confirm?token=0",
    "/mail/unsubscribe?token=0",
];

/// What calls show of the records of the first account.
const SHOWN: &[(&str, &[&str])] = &[
    ("/", &["Accord", "Truck"]),
    ("/admin", &["us@example.org", "de@example.org", "uk@example.org", "jp@example.org"]),
    ("/admin/log", &["us@example.org", "de@example.org", "uk@example.org", "jp@example.org"]),
    ("/admin/log?userId=$account", &["us@example.org"]),
    ("/admin/users/$account", &["us@example.org", "Ann O’Neill"]),
    ("/api/admin/security-log", &["registered"]),
    ("/api/admin/security-log?userId=$account", &["registered"]),
    ("/api/admin/security-log.csv?userId=$account", &["registered", "us@example.org"]),
    ("/api/admin/users", &["us@example.org", "de@example.org", "uk@example.org"]),
    ("/api/admin/users/$account", &["us@example.org", "Ann O’Neill"]),
    ("/api/auth/me", &["us@example.org", "Ann O’Neill"]),
    ("/api/auth/security-log", &["registered"]),
    ("/api/fuel-logs", &["Corrected", "Gas & Go – I-70", "Route 66 Fuel"]),
    ("/api/fuel-logs/$log", &["Corrected", "Route 66 Fuel"]),
    ("/api/fuel-logs?vehicleId=$vehicle", &["Corrected", "Gas & Go – I-70", "Corner Gas"]),
    ("/api/maintenance", &["0W-20", "Quick Lube", "64.95"]),
    ("/api/maintenance/$item", &["0W-20", "Quick Lube"]),
    ("/api/maintenance/upcoming", &["Accord", "Truck", "0W-20"]),
    ("/api/maintenance/upcoming?vehicleId=$vehicle", &["Accord", "0W-20"]),
    ("/api/maintenance?vehicleId=$vehicle", &["0W-20", "Quick Lube", "64.95"]),
    ("/api/odometer-readings/$reading", &["At the inspection"]),
    ("/api/stations", &["Corner Gas", "Cash only."]),
    ("/api/stations/$station", &["Corner Gas", "12 Main St, Denver", "Cash only."]),
    ("/api/stations/$station/prices", &["regular"]),
    ("/api/stations/search?query=corner", &["Corner Gas"]),
    ("/api/stations?favorite=true", &["Corner Gas", "Cash only."]),
    ("/api/user/preferences", &["America/Denver", "mpg_us"]),
    ("/api/vehicles", &["Accord", "Truck", "Restored"]),
    ("/api/vehicles/$vehicle", &["Accord", "ABC-123", "Graphite"]),
    ("/api/vehicles/$vehicle/odometer", &["At the inspection"]),
    ("/api/vehicles?deleted=true", &["Sold"]),
    ("/fuel-logs/$log/edit", &["Accord", "Corrected", "Route 66 Fuel"]),
    ("/maintenance", &["Accord", "Truck", "0W-20"]),
    ("/maintenance/$item/complete", &["Accord", "0W-20"]),
    ("/maintenance/$item/edit", &["Accord", "0W-20", "Quick Lube"]),
    ("/maintenance/costs", &["64.95"]),
    ("/settings", &["us@example.org", "Ann O’Neill", "America/Denver"]),
    ("/settings/security", &["us@example.org"]),
    ("/stations", &["Corner Gas", "Cash only."]),
    ("/stations/$station", &["Corner Gas", "12 Main St, Denver", "Cash only."]),
    ("/stations/$station/edit", &["Corner Gas", "12 Main St, Denver"]),
    ("/stations?query=corner", &["Corner Gas"]),
    ("/trash", &["Sold"]),
    ("/vehicles", &["Accord", "Truck", "Restored", "ABC-123"]),
    ("/vehicles/$vehicle", &["Accord", "ABC-123", "Graphite", "Route 66 Fuel"]),
    ("/vehicles/$vehicle/edit", &["Accord", "ABC-123", "Graphite"]),
    ("/vehicles/$vehicle/fuel-logs/new", &["Accord"]),
    ("/vehicles/$vehicle/fuel-logs/new?choose=true", &["Accord", "Truck"]),
    ("/vehicles/$vehicle/fuel-logs/new?station=$my_station", &["Accord", "Corner Gas"]),
    ("/vehicles/$vehicle/maintenance", &["Accord", "0W-20", "Quick Lube", "64.95"]),
    ("/vehicles/$vehicle/maintenance/new?type=oil_change", &["Accord"]),
    ("/vehicles/$vehicle/odometer", &["Accord", "At the inspection"]),
];

/// The ids of the records that stand for `$name` in the access matrix. The older database has no records
/// of the other names.
async fn ids_of_matrix(user: &Client) -> BTreeMap<&'static str, String> {
    let find = async |list: &str, matches: fn(&Value) -> bool| {
        let found = user.all(list).await.into_iter().find(matches);
        text(&found.unwrap_or_else(|| panic!("{list} has no such record"))["id"])
    };
    let vehicle = find("/api/vehicles", |it| it["nickname"] == "Accord").await;
    let station = find("/api/stations?favorite=true", |it| it["name"] == "Corner Gas").await;
    let logs = format!("/api/fuel-logs?vehicleId={vehicle}");
    let items = format!("/api/maintenance?vehicleId={vehicle}");
    let is_next = |it: &Value| it["description"] == "0W-20" && it["isCompleted"] == false;
    let readings = format!("/api/vehicles/{vehicle}/odometer");
    BTreeMap::from([
        ("$account", text(&user.account["id"])),
        ("$item", find(&items, is_next).await),
        ("$log", find(&logs, |it| it["notes"] == "Corrected").await),
        ("$my_station", station.clone()),
        ("$reading", find(&readings, |it| it["notes"] == "At the inspection").await),
        ("$station", station),
        ("$vehicle", vehicle),
    ])
}

async fn every_route_that_reads_shows_the_records_of_an_older_database(env: TestEnv) {
    let (service, accounts) = upgrade(&env).await;
    let user = accounts[0].sign_in(&service).await;
    let ids = ids_of_matrix(&user).await;
    let reads = reads();
    let (mut faults, mut count) = (Vec::new(), 0);
    for read in reads.iter().filter(|it| !UNAVAILABLE.contains(it)) {
        let path = ids.iter().fold((*read).to_owned(), |path, (name, id)| path.replace(name, id));
        if path.contains('$') {
            continue;
        }
        count += 1;
        let response = user.get(&path).await;
        // The client follows redirects.
        if response.status != 200 {
            faults.push(format!("{path}: status {}", response.status));
        }
        let body = match &response.body {
            Value::String(text) => text.replace("&#38;", "&"),
            json => json.to_string(),
        };
        let shown = SHOWN.iter().find(|it| it.0 == *read).map_or(&[][..], |it| it.1);
        let missing = shown.iter().filter(|it| !body.contains(**it));
        faults.extend(missing.map(|it| format!("{path} does not show {it:?}")));
    }
    assert!(faults.is_empty(), "{faults:#?}");
    assert!(count > 90, "only {count} calls were found");
    let reads: BTreeSet<_> = reads.into_iter().collect();
    let listed = SHOWN.iter().map(|it| &it.0).chain(UNAVAILABLE);
    let unknown: Vec<_> = listed.filter(|it| !reads.contains(*it)).collect();
    assert!(unknown.is_empty(), "the access matrix does not have {unknown:?}");
}

/// Adds and deletes a fill-up after the last one, so that dependent figures are recomputed from the migrated
/// data.
async fn recomputing_figures_of_an_older_database_changes_nothing(env: TestEnv) {
    let (service, accounts) = upgrade(&env).await;
    let (mut differences, mut vehicles) = (Vec::new(), 0);
    for account in &accounts {
        let client = account.sign_in(&service).await;
        for Recorded { path, body } in &account.responses {
            let Some(last) = body["items"].get(0).filter(|_| path.starts_with("/api/fuel-logs?"))
            else {
                continue;
            };
            vehicles += 1;
            let vehicle = text(&last["vehicleId"]);
            let date: NaiveDate = text(&last["date"]).parse().unwrap();
            let fill_up = json!({
                "vehicleId": &vehicle,
                "date": date + Days::new(10),
                "odometerReading": last["odometerReading"].as_i64().unwrap() + 250,
                "gallons": 10,
            });
            let added = client.post("/api/fuel-logs", &fill_up).await.expect(201);
            let added = format!("/api/fuel-logs/{}", text(&added["id"]));
            client.send(Method::DELETE, &added, None).await.unwrap().expect(204);

            let actual = client.get(path).await.expect(200);
            compare(&format!("{} {path} ", account.email), body, &actual, &mut differences);
            let path = format!("/api/vehicles/{vehicle}/fuel-stats");
            let recorded = account.responses.iter().find(|it| it.path == path).unwrap();
            let actual = client.get(&path).await.expect(200);
            let env = format!("{} {path} ", account.email);
            compare(&env, &recorded.body, &actual, &mut differences);
        }
    }
    assert_eq!(vehicles, 7);
    assert_same(&differences);
}

#[test]
fn an_sqlite_database_is_backed_up_before_migrations_unless_disabled() {
    crate::support::block_on(async {
        for is_on in [true, false] {
            let env = TestEnv::on_sqlite();
            let env = env.with("MVP__BACKUP__BEFORE_MIGRATIONS", &is_on.to_string());
            let (service, _) = upgrade(&env).await;
            let folder = env.folder().join("data/before-migrations");
            let made = std::fs::read_dir(&folder).into_iter().flatten().flatten();
            let made = made.filter(|it| it.file_name().to_string_lossy().ends_with("-sqlite"));
            assert_eq!(made.count(), usize::from(is_on));
            assert_eq!(service.log().contains("before-migrations"), is_on, "{}", service.log());
            service.kill();
            if is_on {
                let folder = folder.display().to_string();
                let verified = env.run(&["backup", "verify", "--folder", &folder]).expect_success();
                assert!(verified.contains("-sqlite"), "{verified}");
                // No migration is pending, so no backup is created.
                env.serve().kill();
                env.run(&["backup", "list", "--folder", &folder]).expect_success();
                assert_eq!(
                    std::fs::read_dir(&folder)
                        .unwrap()
                        .flatten()
                        .filter(|it| { it.file_name().to_string_lossy().ends_with("-sqlite") })
                        .count(),
                    1
                );
            }
        }
    });
}
