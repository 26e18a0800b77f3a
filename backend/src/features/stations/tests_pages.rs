//! Stations as pages.

use serde_json::{Value, json};

use crate::testing::{Answer, TestApp, on_every_engine};

on_every_engine![
    the_page_finds_and_says_who_else_could_be_asked,
    a_search_that_cannot_be_shows_why_at_its_field,
    only_the_page_with_the_map_loads_its_pictures,
    a_station_is_added_changed_and_removed_by_its_forms,
    coordinates_take_a_decimal_comma,
    only_whoever_added_it_is_offered_to_change_it,
    a_deleted_station_stays_on_the_pages_of_those_who_use_it,
    a_favorite_is_made_and_noted_by_its_forms,
    the_cheapest_of_the_favorites_is_marked,
    the_cheapest_is_marked_for_each_fuel,
    a_stations_page_shows_the_prices_of_one_fuel,
    a_stations_page_shows_what_one_paid_in_ones_units,
    a_fill_up_is_noted_at_a_favorite,
    nothing_that_is_typed_becomes_markup,
];

fn holds(answer: &Answer, parts: &[&str]) {
    for part in parts {
        assert!(answer.text().contains(part), "{part} is not in {answer:?}");
    }
}

fn lacks(answer: &Answer, parts: &[&str]) {
    for part in parts {
        assert!(!answer.text().contains(part), "{part} is in {answer:?}");
    }
}

async fn save(user: &TestApp, station: Value) -> String {
    user.post("/api/stations", station).await.id()
}

async fn mark(user: &TestApp, id: &str) {
    let answer = user.submit(&format!("/stations/{id}/favorite"), &[]).await;
    assert_eq!((answer.status, answer.header("location")), (303, &*format!("/stations/{id}")));
}

async fn the_page_finds_and_says_who_else_could_be_asked(app: TestApp) {
    let user = app.register("dana@example.org").await;
    user.patch("/api/user/preferences", json!({ "distanceUnit": "km" })).await;
    let id = save(&user, json!({ "name": "Corner", "latitude": 48.1, "longitude": 11.5 })).await;
    let page = user.get("/stations").await;
    assert_eq!(page.status, 200);
    holds(&page, &["MVP__STATIONS__OVERPASS_URL", "MVP__STATIONS__GOOGLE_API_KEY"]);
    lacks(&page, &["Corner", "Nothing found"]);
    let page = user.get("/stations?query=&lat=48.11&lng=11.5&radius=5000").await;
    holds(&page, &[&format!("<a href=\"/stations/{id}\">Corner</a>"), "1.1 km"]);
    holds(&page, &[r#"value="48.11""#, r#"<option value="5000" selected>"#]);
    let page = user.get("/stations?query=nowhere&lat=&lng=&radius=5000").await;
    holds(&page, &["Nothing found", r#"value="nowhere""#]);
}

async fn only_the_page_with_the_map_loads_its_pictures(app: TestApp) {
    let user = app.register("dana@example.org").await;
    save(&user, json!({ "name": "Corner", "latitude": 48.1, "longitude": 11.5 })).await;
    let policy = "content-security-policy";
    assert!(user.get("/stations").await.header(policy).contains("img-src 'self';"));
    let tiles = "https://tiles.example:8443/map/{z}/{x}/{y}.png";
    let with_tiles = user.reconfigured(|it| it.stations.tiles_url = Some(tiles.to_owned()));
    let page = with_tiles.get("/stations?query=corner").await;
    let told = page.header(policy);
    assert!(told.contains("img-src 'self' https://tiles.example:8443;"), "{told}");
    assert!(told.contains("script-src 'self';") && !told.contains("unsafe"), "{told}");
    holds(&page, &[r#"<li data-lat="48.10000000" data-lng="11.50000000">"#]);
    assert!(with_tiles.get("/vehicles").await.header(policy).contains("img-src 'self';"));
    // Without what draws it there is no map, and the list says the same.
    let has_map = crate::core::web::Assets::get().map.is_some();
    assert_eq!(page.text().contains(&format!("data-tiles=\"{tiles}\"")), has_map);
}

async fn a_search_that_cannot_be_shows_why_at_its_field(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let page = user.get("/stations?query=&lat=91&lng=x&radius=5000").await;
    assert_eq!(page.status, 422);
    holds(
        &page,
        &[
            r#"id="lat-error">This has to be from -90 to 90."#,
            r#"id="lng-error">Must be a number in digits, without a unit or a currency."#,
            r#"value="91""#,
            "<details open>",
        ],
    );
    let page = user.get("/stations?lat=4e1&lng=1").await;
    assert_eq!(page.status, 422);
    holds(&page, &["lat-error"]);
    let page = user.get("/stations?lat=1&lng=").await;
    assert_eq!(page.status, 422);
    holds(&page, &[r#"id="lng-error">This is required where lat is given."#]);
}

async fn a_station_is_added_changed_and_removed_by_its_forms(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let fields = [("name", ""), ("latitude", "91"), ("website", "fuel"), ("fuelTypes", "coal")];
    let refused = user.submit("/stations/new", &fields).await;
    assert_eq!(refused.status, 422);
    holds(&refused, &["name-error", "latitude-error", "website-error", "fuelTypes-error"]);
    let fields = [
        ("name", "Corner"),
        ("address", "Main Street 1"),
        ("latitude", "48.1"),
        ("longitude", "-11.5"),
        ("fuelTypes", "Diesel, e10"),
        ("phone", ""),
        ("once", "same"),
    ];
    let added = user.submit("/stations/new", &fields).await;
    assert_eq!(added.status, 303, "{added:?}");
    let path = added.header("location").to_owned();
    // Tapped twice it is one.
    assert_eq!(user.submit("/stations/new", &fields).await.header("location"), path);
    holds(&user.get(&path).await, &["Main Street 1", "E10, Diesel", "48.1, -11.5"]);
    let edit = format!("{path}/edit");
    holds(&user.get(&edit).await, &[r#"value="48.10000000""#, r#"value="e10, diesel""#]);
    let fields = [("name", "The corner"), ("latitude", ""), ("longitude", ""), ("fuelTypes", "")];
    let changed = user.submit(&edit, &fields).await;
    assert_eq!((changed.status, changed.header("location")), (303, path.as_str()));
    let record = user.get(&format!("/api{path}")).await.body;
    assert_eq!((&record["name"], &record["latitude"]), (&json!("The corner"), &Value::Null));
    assert_eq!((&record["address"], &record["fuelTypes"]), (&json!("Main Street 1"), &json!([])));
    let gone = user.submit(&format!("{path}/delete"), &[]).await;
    assert_eq!((gone.status, gone.header("location")), (303, "/stations"));
    assert_eq!(user.get(&path).await.status, 404);
}

async fn coordinates_take_a_decimal_comma(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let fields = [("name", "Corner"), ("latitude", "52,5200"), ("longitude", "-13,405")];
    let added = user.submit("/stations/new", &fields).await;
    assert_eq!(added.status, 303, "{added:?}");
    let path = added.header("location").to_owned();
    let record = user.get(&format!("/api{path}")).await.body;
    assert_eq!((&record["latitude"], &record["longitude"]), (&json!(52.52), &json!(-13.405)));
    let edit = format!("{path}/edit");
    let moved = [("latitude", "-33,8688"), ("longitude", "\u{2212}0,5")];
    assert_eq!(user.submit(&edit, &moved).await.status, 303);
    let page = user.get("/stations?query=&lat=-33,8688&lng=-0%2C5&radius=5000").await;
    holds(&page, &["Corner"]);
    for typed in ["52°", "52,5,2", "5e1", "+52"] {
        let refused = user.submit(&edit, &[("latitude", typed)]).await;
        assert_eq!(refused.status, 422, "{typed}");
        holds(&refused, &["latitude-error"]);
    }
}

async fn only_whoever_added_it_is_offered_to_change_it(app: TestApp) {
    let (ann, bob) = (app.register("ann@example.org").await, app.register("bob@example.org").await);
    let admin = app.as_administrator().await;
    let path = format!("/stations/{}", save(&ann, json!({ "name": "Corner" })).await);
    let edit = format!("{path}/edit");
    for (user, may) in [(&ann, true), (&bob, false), (&admin, true)] {
        let page = user.get(&path).await;
        assert_eq!((page.status, page.text().contains(&edit)), (200, may));
        assert_eq!(user.get(&edit).await.status, if may { 200 } else { 403 });
    }
    for action in [&edit, &format!("{path}/delete")] {
        assert_eq!(bob.submit(action, &[("name", "Bob's")]).await.status, 403);
    }
    holds(&ann.get(&path).await, &["<h1>Corner</h1>"]);
}

async fn a_deleted_station_stays_on_the_pages_of_those_who_use_it(app: TestApp) {
    let (ann, bob) = (app.register("ann@example.org").await, app.register("bob@example.org").await);
    let car = vehicle(&ann).await;
    let id = save(&bob, json!({ "name": "Corner", "latitude": 48.1, "longitude": 11.5 })).await;
    let path = format!("/stations/{id}");
    mark(&ann, &id).await;
    fill(&ann, &car, &id, 1, "3.785").await;
    lacks(&ann.get(&path).await, &["no longer listed"]);
    assert_eq!(bob.submit(&format!("{path}/delete"), &[]).await.header("location"), "/stations");

    assert_eq!(bob.get(&path).await.status, 404);
    assert_eq!(bob.get(&format!("{path}/edit")).await.status, 404);
    lacks(&bob.get("/stations?query=corner").await, &[&path]);
    holds(&ann.get(&path).await, &["This station is no longer listed.", "$3.785"]);
    holds(&ann.get("/stations").await, &["No longer listed", &path]);
    holds(&ann.get("/stations?lat=48.1&lng=11.5").await, &["Nothing found"]);
    holds(&ann.get(&format!("/vehicles/{car}/fuel-logs/new")).await, &[&id]);
    // The fill-up still leads here after it is no favorite any more; without it nothing does.
    let left = ann.submit(&format!("{path}/unfavorite"), &[]).await;
    assert_eq!(left.header("location"), path);
    let log = ann.get("/api/fuel-logs").await.body["items"][0]["id"].as_str().unwrap().to_owned();
    mark(&ann, &id).await;
    ann.delete(&format!("/api/fuel-logs/{log}")).await;
    let gone = ann.submit(&format!("{path}/unfavorite"), &[]).await;
    assert_eq!(gone.header("location"), "/stations");
    assert_eq!(ann.get(&path).await.status, 404);
}

async fn a_favorite_is_made_and_noted_by_its_forms(app: TestApp) {
    let (ann, bob) = (app.register("ann@example.org").await, app.register("bob@example.org").await);
    let id = save(&ann, json!({ "name": "Corner" })).await;
    let path = format!("/stations/{id}");
    mark(&ann, &id).await;
    let noted = ann.submit(&format!("{path}/favorite"), &[("notes", "ask for\r\nJo")]).await;
    assert_eq!(noted.status, 303);
    holds(&ann.get(&path).await, &["ask for\nJo</textarea>"]);
    // A row's button leaves the notes.
    mark(&ann, &id).await;
    holds(&ann.get("/stations").await, &["ask for\nJo", &path]);
    for page in [bob.get(&path).await, bob.get("/stations").await] {
        lacks(&page, &["ask for"]);
    }
    ann.submit(&format!("{path}/unfavorite"), &[]).await;
    lacks(&ann.get("/stations").await, &["ask for", &path]);
    assert_eq!(ann.submit("/stations/nonsense/favorite", &[]).await.status, 404);
}

async fn vehicle(user: &TestApp) -> String {
    user.post("/api/vehicles", json!({ "vin": "WVWZZZ1JZXW000001", "make": "Golf" })).await.id()
}

async fn fill(user: &TestApp, vehicle: &str, station: &str, day: u32, price: &str) {
    let log = json!({
        "vehicleId": vehicle, "date": format!("2026-01-{day:02}"), "odometerReading": day * 100,
        "gallons": 10, "stationId": station, "pricePerGallon": price,
    });
    assert_eq!(user.post("/api/fuel-logs", log).await.status, 201);
}

async fn the_cheapest_of_the_favorites_is_marked(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let car = vehicle(&user).await;
    let (dear, cheap, unknown) = (
        save(&user, json!({ "name": "Dear" })).await,
        save(&user, json!({ "name": "Cheap" })).await,
        save(&user, json!({ "name": "Unknown" })).await,
    );
    for id in [&dear, &cheap, &unknown] {
        mark(&user, id).await;
    }
    fill(&user, &car, &cheap, 1, "9.999").await;
    fill(&user, &car, &dear, 2, "3.599").await;
    lacks(&user.get("/stations").await, &["no price yet</span></p></li>\n<li><div><h3>Dear"]);
    fill(&user, &car, &cheap, 3, "3.499").await;
    let page = user.get("/stations").await;
    let (at, badge) =
        (page.text().find("Cheap</a>").unwrap(), page.text().find("Cheapest").unwrap());
    let dear = page.text().find("Dear</a>").unwrap();
    assert!(at < badge && badge < dear, "{page:?}");
    assert_eq!(page.text().matches("Cheapest").count(), 1);
    holds(&page, &["<b>$3.499</b>/gal", "<b>$3.599</b>/gal", "no price yet", "3 Jan 2026"]);
}

async fn fill_with(user: &TestApp, vehicle: &str, station: &str, day: u32, paid: (&str, &str)) {
    let (fuel, price) = paid;
    let log = json!({
        "vehicleId": vehicle, "date": format!("2026-01-{day:02}"), "odometerReading": day * 100,
        "gallons": 10, "stationId": station, "pricePerGallon": price, "fuelType": fuel,
    });
    assert_eq!(user.post("/api/fuel-logs", log).await.status, 201);
}

async fn the_cheapest_is_marked_for_each_fuel(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let car = vehicle(&user).await;
    let (one, two) =
        (save(&user, json!({ "name": "One" })).await, save(&user, json!({ "name": "Two" })).await);
    for id in [&one, &two] {
        mark(&user, id).await;
    }
    fill_with(&user, &car, &one, 1, ("diesel", "3.5")).await;
    fill_with(&user, &car, &one, 2, ("e10", "3.1")).await;
    fill_with(&user, &car, &two, 3, ("e10", "3.3")).await;
    fill_with(&user, &car, &two, 4, ("lpg", "1.1")).await;
    // Of diesel and LPG there is one price only, and they are not held against E10.
    let page = user.get("/stations").await;
    assert_eq!(page.text().matches("Cheapest").count(), 1);
    holds(&page, &["Cheapest</span> E10 <b>$3.100</b>", "Diesel <b>$3.500</b>", "LPG <b>$1.100"]);
    fill_with(&user, &car, &two, 5, ("diesel", "3.4")).await;
    let page = user.get("/stations").await;
    holds(&page, &["Cheapest</span> E10 <b>$3.100</b>", "Cheapest</span> Diesel <b>$3.400</b>"]);
    assert_eq!(page.text().matches("Cheapest").count(), 2);
}

async fn a_stations_page_shows_the_prices_of_one_fuel(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let (car, id) = (vehicle(&user).await, save(&user, json!({ "name": "Corner" })).await);
    let path = format!("/stations/{id}");
    fill_with(&user, &car, &id, 1, ("e10", "3.1")).await;
    fill_with(&user, &car, &id, 2, ("e10", "3.2")).await;
    // Of one fuel there is nothing to choose.
    let page = user.get(&path).await;
    holds(&page, &["What you paid for E10, $/gal", "average 3.150"]);
    lacks(&page, &["?fuel="]);
    fill_with(&user, &car, &id, 3, ("diesel", "2.9")).await;
    fill_with(&user, &car, &id, 4, ("diesel", "2.8")).await;
    fill(&user, &car, &id, 5, "9.9").await;
    let last = user.get(&path).await;
    holds(&last, &["$9.900", "?fuel=none\" aria-current=\"page\">Not noted", "?fuel=e10\">E10"]);
    lacks(&last, &["$3.100", "$2.800"]);
    let diesel = user.get(&format!("{path}?fuel=diesel")).await;
    holds(&diesel, &["What you paid for Diesel, $/gal", "average 2.850", "$2.900", "2 prices."]);
    lacks(&diesel, &["$3.100", "$9.900"]);
    // What nobody paid for is shown as the latest.
    for fuel in ["lpg", "", "%3Cscript%3E"] {
        holds(&user.get(&format!("{path}?fuel={fuel}")).await, &["$9.900"]);
    }
}

async fn a_stations_page_shows_what_one_paid_in_ones_units(app: TestApp) {
    let (ann, bob) = (app.register("ann@example.org").await, app.register("bob@example.org").await);
    let (car, id) = (vehicle(&ann).await, save(&bob, json!({ "name": "Corner" })).await);
    let path = format!("/stations/{id}");
    holds(&ann.get(&path).await, &["No prices yet", &format!("new?station={id}")]);
    fill(&ann, &car, &id, 1, "3.785").await;
    fill(&ann, &car, &id, 2, "4.164").await;
    // Units are converted, currencies are not.
    ann.patch("/api/user/preferences", json!({ "volumeUnit": "l", "currency": "EUR" })).await;
    let page = ann.get(&path).await;
    holds(
        &page,
        &["$1.100", "$1.000", "average 1.050", "2 prices.", "<svg viewBox=\"0 0 480 212\""],
    );
    holds(&page, &["1 Jan 2026: 1.000 $/l", "Golf"]);
    // A price that is too large for the reference schema's column, in another currency.
    let forint = json!({
        "vehicleId": car, "date": "2026-01-03", "odometerReading": 300, "stationId": id,
        "volume": { "value": 40, "unit": "l" }, "unitPrice": { "value": 615, "per": "l" },
        "currency": "HUF",
    });
    assert_eq!(ann.post("/api/fuel-logs", forint).await.status, 201);
    let page = ann.get(&path).await;
    holds(&page, &["HUF\u{a0}615.000", "$1.100"]);
    let prices = ann.get(&format!("/api/stations/{id}/prices")).await.body;
    assert_eq!(prices["items"][0]["pricePerGallon"], Value::Null);
    assert_eq!(prices["items"][0]["unitPrice"], json!({ "value": 615.0, "per": "l" }));
    assert_eq!(
        (&prices["items"][0]["currency"], &prices["items"][1]["currency"]),
        (&json!("HUF"), &json!("USD"))
    );
    lacks(&bob.get(&path).await, &["1.100", "4.164", "Golf"]);
}

async fn a_fill_up_is_noted_at_a_favorite(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let car = vehicle(&user).await;
    let form = format!("/vehicles/{car}/fuel-logs/new");
    lacks(&user.get(&form).await, &["name=\"stationId\""]);
    let place = json!({ "name": "Corner", "latitude": 48.1, "longitude": 11.5 });
    let (corner, other) = (save(&user, place).await, save(&user, json!({ "name": "Other" })).await);
    mark(&user, &corner).await;
    let page = user.get(&form).await;
    let option =
        format!("<option value=\"{corner}\" data-lat=\"48.10000000\" data-lng=\"11.50000000\">");
    holds(&page, &["name=\"stationId\"", &option]);
    lacks(&page, &[&other]);
    // From a station's own page it is chosen already, favourite or not.
    let page = user.get(&format!("{form}?station={other}")).await;
    holds(&page, &[&format!("<option value=\"{other}\" selected>Other</option>")]);
    let unknown = user.get(&format!("{form}?station=018f0000-0000-7000-8000-000000000000")).await;
    assert_eq!(unknown.status, 200);
    let fields = [
        ("date", "2026-01-30"),
        ("odometer", "100"),
        ("odometerUnit", "mi"),
        ("volume", "10"),
        ("volumeUnit", "gal_us"),
        ("unitPrice", "3.5"),
        ("unitPriceUnit", "gal_us"),
        ("stationId", corner.as_str()),
        ("stationName", ""),
    ];
    assert_eq!(user.submit(&form, &fields).await.status, 303);
    let logs = user.get("/api/fuel-logs").await.body;
    let log = &logs["items"][0];
    assert_eq!((&log["stationId"], &log["stationName"]), (&json!(corner), &json!("Corner")));
    let edit = format!("/fuel-logs/{}/edit", log["id"].as_str().unwrap());
    let chosen = format!(
        "<option value=\"{corner}\" data-lat=\"48.10000000\" data-lng=\"11.50000000\" selected>"
    );
    holds(&user.get(&edit).await, &[&chosen]);
    let fields = [("stationId", ""), ("stationName", "Corner")];
    assert_eq!(user.submit(&edit, &fields).await.status, 303);
    let logs = user.get("/api/fuel-logs").await.body;
    assert_eq!(logs["items"][0]["stationId"], Value::Null);
    let fields = [("stationId", "nonsense")];
    holds(&user.submit(&edit, &fields).await, &["stationId-error"]);
}

async fn nothing_that_is_typed_becomes_markup(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let car = vehicle(&user).await;
    let evil = r#""><script>alert(1)</script>"#;
    let id =
        save(&user, json!({ "name": evil, "address": evil, "brand": evil, "phone": "<i>\"'&" }))
            .await;
    let path = format!("/stations/{id}");
    let notes = format!("</textarea>{evil}");
    user.submit(&format!("{path}/favorite"), &[("notes", &notes)]).await;
    fill(&user, &car, &id, 1, "3").await;
    fill(&user, &car, &id, 2, "4").await;
    for path in [
        "/stations".to_owned(),
        "/stations?query=script".to_owned(),
        "/stations?query=%22%3E%3Cscript%3E".to_owned(),
        path.clone(),
        format!("{path}/edit"),
        format!("/vehicles/{car}/fuel-logs/new"),
    ] {
        let page = user.get(&path).await;
        assert_eq!(page.status, 200, "{path}");
        lacks(&page, &["<script>", "<i>"]);
        assert!(page.text().matches("</textarea>").count() < 2, "{path}");
    }
}
