//! Tests the pages of stations.

use serde_json::{Value, json};

use crate::testing::{TestApp, TestResponse, on_every_engine};

on_every_engine![
    the_page_searches_and_explains_how_to_configure_providers,
    an_invalid_search_shows_errors_at_its_fields,
    only_the_page_with_the_map_may_load_tiles,
    a_station_is_added_edited_and_deleted_with_forms,
    coordinates_accept_a_decimal_comma,
    only_its_creator_is_offered_to_edit_a_station,
    a_deleted_station_remains_on_its_users_pages,
    favorites_and_notes_are_saved_with_forms,
    the_cheapest_favorite_is_marked,
    the_cheapest_is_marked_for_each_fuel,
    the_station_page_shows_the_prices_of_one_fuel,
    the_station_page_shows_prices_in_the_users_units,
    a_fill_up_can_be_logged_at_a_favorite,
    user_input_is_html_escaped,
];

fn assert_contains(answer: &TestResponse, parts: &[&str]) {
    for part in parts {
        assert!(answer.text().contains(part), "{part} is not in {answer:?}");
    }
}

fn assert_lacks(answer: &TestResponse, parts: &[&str]) {
    for part in parts {
        assert!(!answer.text().contains(part), "{part} is in {answer:?}");
    }
}

async fn save(user: &TestApp, station: Value) -> String {
    user.post("/api/stations", station).await.id()
}

async fn add_favorite(user: &TestApp, id: &str) {
    let answer = user.post_form(&format!("/stations/{id}/favorite"), &[]).await;
    assert_eq!((answer.status, answer.header("location")), (303, &*format!("/stations/{id}")));
}

async fn the_page_searches_and_explains_how_to_configure_providers(app: TestApp) {
    let user = app.register("dana@example.org").await;
    user.patch("/api/user/preferences", json!({ "distanceUnit": "km" })).await;
    let id = save(&user, json!({ "name": "Corner", "latitude": 48.1, "longitude": 11.5 })).await;
    let page = user.get("/stations").await;
    assert_eq!(page.status, 200);
    assert_contains(&page, &["MVP__STATIONS__OVERPASS_URL", "MVP__STATIONS__GOOGLE_API_KEY"]);
    assert_lacks(&page, &["Corner", "Nothing found"]);
    let page = user.get("/stations?query=&lat=48.11&lng=11.5&radius=5000").await;
    assert_contains(&page, &[&format!("<a href=\"/stations/{id}\">Corner</a>"), "1.1 km"]);
    assert_contains(&page, &[r#"value="48.11""#, r#"<option value="5000" selected>"#]);
    let page = user.get("/stations?query=nowhere&lat=&lng=&radius=5000").await;
    assert_contains(&page, &["Nothing found", r#"value="nowhere""#]);
}

async fn only_the_page_with_the_map_may_load_tiles(app: TestApp) {
    let user = app.register("dana@example.org").await;
    save(&user, json!({ "name": "Corner", "latitude": 48.1, "longitude": 11.5 })).await;
    let header = "content-security-policy";
    assert!(user.get("/stations").await.header(header).contains("img-src 'self';"));
    let tiles = "https://tiles.example:8443/map/{z}/{x}/{y}.png";
    let with_tiles = user.reconfigured(|it| it.stations.tiles_url = Some(tiles.to_owned()));
    let page = with_tiles.get("/stations?query=corner").await;
    let policy = page.header(header);
    assert!(policy.contains("img-src 'self' https://tiles.example:8443;"), "{policy}");
    assert!(policy.contains("script-src 'self';") && !policy.contains("unsafe"), "{policy}");
    assert_contains(&page, &[r#"<li data-lat="48.10000000" data-lng="11.50000000">"#]);
    assert!(with_tiles.get("/vehicles").await.header(header).contains("img-src 'self';"));
    // Without the map script there is no map, but the list has the same content.
    let has_map = crate::core::web::Assets::get().map.is_some();
    assert_eq!(page.text().contains(&format!("data-tiles=\"{tiles}\"")), has_map);
}

async fn an_invalid_search_shows_errors_at_its_fields(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let page = user.get("/stations?query=&lat=91&lng=x&radius=5000").await;
    assert_eq!(page.status, 422);
    assert_contains(
        &page,
        &[
            r#"id="lat-error">This must be from -90 to 90."#,
            r#"id="lng-error">This must be a number in digits, without a unit or a currency."#,
            r#"value="91""#,
            "<details open>",
        ],
    );
    let page = user.get("/stations?lat=4e1&lng=1").await;
    assert_eq!(page.status, 422);
    assert_contains(&page, &["lat-error"]);
    let page = user.get("/stations?lat=1&lng=").await;
    assert_eq!(page.status, 422);
    assert_contains(&page, &[r#"id="lng-error">This is required when lat is given."#]);
}

async fn a_station_is_added_edited_and_deleted_with_forms(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let fields = [("name", ""), ("latitude", "91"), ("website", "fuel"), ("fuelTypes", "coal")];
    let refused = user.post_form("/stations/new", &fields).await;
    assert_eq!(refused.status, 422);
    assert_contains(
        &refused,
        &["name-error", "latitude-error", "website-error", "fuelTypes-error"],
    );
    let fields = [
        ("name", "Corner"),
        ("address", "Main Street 1"),
        ("latitude", "48.1"),
        ("longitude", "-11.5"),
        ("fuelTypes", "Diesel, e10"),
        ("phone", ""),
        ("once", "same"),
    ];
    let added = user.post_form("/stations/new", &fields).await;
    assert_eq!(added.status, 303, "{added:?}");
    let path = added.header("location").to_owned();
    // Submitting the form twice adds one station.
    assert_eq!(user.post_form("/stations/new", &fields).await.header("location"), path);
    assert_contains(&user.get(&path).await, &["Main Street 1", "E10, Diesel", "48.1, -11.5"]);
    let edit = format!("{path}/edit");
    assert_contains(&user.get(&edit).await, &[r#"value="48.10000000""#, r#"value="e10, diesel""#]);
    let fields = [("name", "The corner"), ("latitude", ""), ("longitude", ""), ("fuelTypes", "")];
    let changed = user.post_form(&edit, &fields).await;
    assert_eq!((changed.status, changed.header("location")), (303, path.as_str()));
    assert_contains(&user.follow(&changed).await, &["The station is saved."]);
    let record = user.get(&format!("/api{path}")).await.body;
    assert_eq!((&record["name"], &record["latitude"]), (&json!("The corner"), &Value::Null));
    assert_eq!((&record["address"], &record["fuelTypes"]), (&json!("Main Street 1"), &json!([])));
    let gone = user.post_form(&format!("{path}/delete"), &[]).await;
    assert_eq!((gone.status, gone.header("location")), (303, "/stations"));
    assert_contains(&user.follow(&gone).await, &["The station is deleted."]);
    assert_eq!(user.get(&path).await.status, 404);
}

async fn coordinates_accept_a_decimal_comma(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let fields = [("name", "Corner"), ("latitude", "52,5200"), ("longitude", "-13,405")];
    let added = user.post_form("/stations/new", &fields).await;
    assert_eq!(added.status, 303, "{added:?}");
    let path = added.header("location").to_owned();
    let record = user.get(&format!("/api{path}")).await.body;
    assert_eq!((&record["latitude"], &record["longitude"]), (&json!(52.52), &json!(-13.405)));
    let edit = format!("{path}/edit");
    let moved = [("latitude", "-33,8688"), ("longitude", "\u{2212}0,5")];
    assert_eq!(user.post_form(&edit, &moved).await.status, 303);
    let page = user.get("/stations?query=&lat=-33,8688&lng=-0%2C5&radius=5000").await;
    assert_contains(&page, &["Corner"]);
    for typed in ["52°", "52,5,2", "5e1", "+52"] {
        let refused = user.post_form(&edit, &[("latitude", typed)]).await;
        assert_eq!(refused.status, 422, "{typed}");
        assert_contains(&refused, &["latitude-error"]);
    }
}

async fn only_its_creator_is_offered_to_edit_a_station(app: TestApp) {
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
        assert_eq!(bob.post_form(action, &[("name", "Bob's")]).await.status, 403);
    }
    assert_contains(&ann.get(&path).await, &["<h1>Corner</h1>"]);
}

async fn a_deleted_station_remains_on_its_users_pages(app: TestApp) {
    let (ann, bob) = (app.register("ann@example.org").await, app.register("bob@example.org").await);
    let car = vehicle(&ann).await;
    let id = save(&bob, json!({ "name": "Corner", "latitude": 48.1, "longitude": 11.5 })).await;
    let path = format!("/stations/{id}");
    add_favorite(&ann, &id).await;
    log_fill_up(&ann, &car, &id, 1, "3.785").await;
    assert_lacks(&ann.get(&path).await, &["no longer listed"]);
    assert_eq!(bob.post_form(&format!("{path}/delete"), &[]).await.header("location"), "/stations");

    assert_eq!(bob.get(&path).await.status, 404);
    assert_eq!(bob.get(&format!("{path}/edit")).await.status, 404);
    assert_lacks(&bob.get("/stations?query=corner").await, &[&path]);
    assert_contains(&ann.get(&path).await, &["This station is no longer listed.", "$3.785"]);
    assert_contains(&ann.get("/stations").await, &["No longer listed", &path]);
    assert_contains(&ann.get("/stations?lat=48.1&lng=11.5").await, &["Nothing found"]);
    assert_contains(&ann.get(&format!("/vehicles/{car}/fuel-logs/new")).await, &[&id]);
    // After it is removed from the favorites, the fill-up still links here. Without the fill-up, nothing
    // does.
    let left = ann.post_form(&format!("{path}/unfavorite"), &[]).await;
    assert_eq!(left.header("location"), path);
    assert_contains(&ann.follow(&left).await, &["The station is no longer a favorite."]);
    let log = ann.get("/api/fuel-logs").await.body["items"][0]["id"].as_str().unwrap().to_owned();
    add_favorite(&ann, &id).await;
    ann.delete(&format!("/api/fuel-logs/{log}")).await;
    let gone = ann.post_form(&format!("{path}/unfavorite"), &[]).await;
    assert_eq!(gone.header("location"), "/stations");
    assert_eq!(ann.get(&path).await.status, 404);
}

async fn favorites_and_notes_are_saved_with_forms(app: TestApp) {
    let (ann, bob) = (app.register("ann@example.org").await, app.register("bob@example.org").await);
    let id = save(&ann, json!({ "name": "Corner" })).await;
    let path = format!("/stations/{id}");
    add_favorite(&ann, &id).await;
    let saved = ann.post_form(&format!("{path}/favorite"), &[("notes", "ask for\r\nJo")]).await;
    assert_eq!(saved.status, 303);
    assert_contains(&ann.get(&path).await, &["ask for\nJo</textarea>"]);
    // The button in the list preserves the notes.
    add_favorite(&ann, &id).await;
    assert_contains(&ann.get("/stations").await, &["ask for\nJo", &path]);
    for page in [bob.get(&path).await, bob.get("/stations").await] {
        assert_lacks(&page, &["ask for"]);
    }
    ann.post_form(&format!("{path}/unfavorite"), &[]).await;
    assert_lacks(&ann.get("/stations").await, &["ask for", &path]);
    assert_eq!(ann.post_form("/stations/nonsense/favorite", &[]).await.status, 404);
}

async fn vehicle(user: &TestApp) -> String {
    user.post("/api/vehicles", json!({ "vin": "WVWZZZ1JZXW000001", "make": "Golf" })).await.id()
}

async fn log_fill_up(user: &TestApp, vehicle: &str, station: &str, day: u32, price: &str) {
    let log = json!({
        "vehicleId": vehicle, "date": format!("2026-01-{day:02}"), "odometerReading": day * 100,
        "gallons": 10, "stationId": station, "pricePerGallon": price,
    });
    assert_eq!(user.post("/api/fuel-logs", log).await.status, 201);
}

async fn the_cheapest_favorite_is_marked(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let car = vehicle(&user).await;
    let (dear, cheap, unknown) = (
        save(&user, json!({ "name": "Dear" })).await,
        save(&user, json!({ "name": "Cheap" })).await,
        save(&user, json!({ "name": "Unknown" })).await,
    );
    for id in [&dear, &cheap, &unknown] {
        add_favorite(&user, id).await;
    }
    log_fill_up(&user, &car, &cheap, 1, "9.999").await;
    log_fill_up(&user, &car, &dear, 2, "3.599").await;
    assert_lacks(
        &user.get("/stations").await,
        &["No price yet</span></p></li>\n<li><div><h3>Dear"],
    );
    log_fill_up(&user, &car, &cheap, 3, "3.499").await;
    let page = user.get("/stations").await;
    let (at, badge) =
        (page.text().find("Cheap</a>").unwrap(), page.text().find("Cheapest").unwrap());
    let dear = page.text().find("Dear</a>").unwrap();
    assert!(at < badge && badge < dear, "{page:?}");
    assert_eq!(page.text().matches("Cheapest").count(), 1);
    assert_contains(
        &page,
        &["<b>$3.499</b>/gal", "<b>$3.599</b>/gal", "No price yet", "Jan 3, 2026"],
    );
}

async fn log_fill_up_with(
    user: &TestApp,
    vehicle: &str,
    station: &str,
    day: u32,
    paid: (&str, &str),
) {
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
        add_favorite(&user, id).await;
    }
    log_fill_up_with(&user, &car, &one, 1, ("diesel", "3.5")).await;
    log_fill_up_with(&user, &car, &one, 2, ("e10", "3.1")).await;
    log_fill_up_with(&user, &car, &two, 3, ("e10", "3.3")).await;
    log_fill_up_with(&user, &car, &two, 4, ("lpg", "1.1")).await;
    // Diesel and LPG have one price each, and are not compared with E10.
    let page = user.get("/stations").await;
    assert_eq!(page.text().matches("Cheapest").count(), 1);
    assert_contains(
        &page,
        &["Cheapest</span> E10 <b>$3.100</b>", "Diesel <b>$3.500</b>", "LPG <b>$1.100"],
    );
    log_fill_up_with(&user, &car, &two, 5, ("diesel", "3.4")).await;
    let page = user.get("/stations").await;
    assert_contains(
        &page,
        &["Cheapest</span> E10 <b>$3.100</b>", "Cheapest</span> Diesel <b>$3.400</b>"],
    );
    assert_eq!(page.text().matches("Cheapest").count(), 2);
}

async fn the_station_page_shows_the_prices_of_one_fuel(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let (car, id) = (vehicle(&user).await, save(&user, json!({ "name": "Corner" })).await);
    let path = format!("/stations/{id}");
    log_fill_up_with(&user, &car, &id, 1, ("e10", "3.1")).await;
    log_fill_up_with(&user, &car, &id, 2, ("e10", "3.2")).await;
    // With one fuel, there is no choice.
    let page = user.get(&path).await;
    assert_contains(&page, &["What you paid for E10, $/gal", "average 3.150"]);
    assert_lacks(&page, &["?fuel="]);
    log_fill_up_with(&user, &car, &id, 3, ("diesel", "2.9")).await;
    log_fill_up_with(&user, &car, &id, 4, ("diesel", "2.8")).await;
    log_fill_up(&user, &car, &id, 5, "9.9").await;
    let last = user.get(&path).await;
    assert_contains(
        &last,
        &["$9.900", "?fuel=none\" aria-current=\"page\">Not specified", "?fuel=e10\">E10"],
    );
    assert_lacks(&last, &["$3.100", "$2.800"]);
    let diesel = user.get(&format!("{path}?fuel=diesel")).await;
    assert_contains(
        &diesel,
        &["What you paid for Diesel, $/gal", "average 2.850", "$2.900", "2 prices."],
    );
    assert_lacks(&diesel, &["$3.100", "$9.900"]);
    // For a fuel without prices, the latest fuel is shown.
    for fuel in ["lpg", "", "%3Cscript%3E"] {
        assert_contains(&user.get(&format!("{path}?fuel={fuel}")).await, &["$9.900"]);
    }
}

async fn the_station_page_shows_prices_in_the_users_units(app: TestApp) {
    let (ann, bob) = (app.register("ann@example.org").await, app.register("bob@example.org").await);
    let (car, id) = (vehicle(&ann).await, save(&bob, json!({ "name": "Corner" })).await);
    let path = format!("/stations/{id}");
    assert_contains(&ann.get(&path).await, &["No prices yet", &format!("new?station={id}")]);
    log_fill_up(&ann, &car, &id, 1, "3.785").await;
    log_fill_up(&ann, &car, &id, 2, "4.164").await;
    // Units are converted, currencies are not.
    ann.patch("/api/user/preferences", json!({ "volumeUnit": "l", "currency": "EUR" })).await;
    let page = ann.get(&path).await;
    assert_contains(
        &page,
        &["$1.100", "$1.000", "average 1.050", "2 prices.", "<svg viewBox=\"0 0 480 212\""],
    );
    assert_contains(&page, &["Jan 1, 2026: 1.000 $/l", "Golf"]);
    // A price in another currency that is too large for the reference schema's column.
    let forint = json!({
        "vehicleId": car, "date": "2026-01-03", "odometerReading": 300, "stationId": id,
        "volume": { "value": 40, "unit": "l" }, "unitPrice": { "value": 615, "per": "l" },
        "currency": "HUF",
    });
    assert_eq!(ann.post("/api/fuel-logs", forint).await.status, 201);
    let page = ann.get(&path).await;
    assert_contains(&page, &["HUF\u{a0}615.000", "$1.100"]);
    let prices = ann.get(&format!("/api/stations/{id}/prices")).await.body;
    assert_eq!(prices["items"][0]["pricePerGallon"], Value::Null);
    assert_eq!(prices["items"][0]["unitPrice"], json!({ "value": 615.0, "per": "l" }));
    assert_eq!(
        (&prices["items"][0]["currency"], &prices["items"][1]["currency"]),
        (&json!("HUF"), &json!("USD"))
    );
    assert_lacks(&bob.get(&path).await, &["1.100", "4.164", "Golf"]);
}

async fn a_fill_up_can_be_logged_at_a_favorite(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let car = vehicle(&user).await;
    let form = format!("/vehicles/{car}/fuel-logs/new");
    assert_lacks(&user.get(&form).await, &["name=\"stationId\""]);
    let place = json!({ "name": "Corner", "latitude": 48.1, "longitude": 11.5 });
    let (corner, other) = (save(&user, place).await, save(&user, json!({ "name": "Other" })).await);
    add_favorite(&user, &corner).await;
    let page = user.get(&form).await;
    let option =
        format!("<option value=\"{corner}\" data-lat=\"48.10000000\" data-lng=\"11.50000000\">");
    assert_contains(&page, &["name=\"stationId\"", &option]);
    assert_lacks(&page, &[&other]);
    // From the station's page, the station is preselected, whether it is a favorite or not.
    let page = user.get(&format!("{form}?station={other}")).await;
    assert_contains(&page, &[&format!("<option value=\"{other}\" selected>Other</option>")]);
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
    assert_eq!(user.post_form(&form, &fields).await.status, 303);
    let logs = user.get("/api/fuel-logs").await.body;
    let log = &logs["items"][0];
    assert_eq!((&log["stationId"], &log["stationName"]), (&json!(corner), &json!("Corner")));
    let edit = format!("/fuel-logs/{}/edit", log["id"].as_str().unwrap());
    let chosen = format!(
        "<option value=\"{corner}\" data-lat=\"48.10000000\" data-lng=\"11.50000000\" selected>"
    );
    assert_contains(&user.get(&edit).await, &[&chosen]);
    let fields = [("stationId", ""), ("stationName", "Corner")];
    assert_eq!(user.post_form(&edit, &fields).await.status, 303);
    let logs = user.get("/api/fuel-logs").await.body;
    assert_eq!(logs["items"][0]["stationId"], Value::Null);
    let fields = [("stationId", "nonsense")];
    assert_contains(&user.post_form(&edit, &fields).await, &["stationId-error"]);
}

async fn user_input_is_html_escaped(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let car = vehicle(&user).await;
    let evil = r#""><script>alert(1)</script>"#;
    let id =
        save(&user, json!({ "name": evil, "address": evil, "brand": evil, "phone": "<i>\"'&" }))
            .await;
    let path = format!("/stations/{id}");
    let notes = format!("</textarea>{evil}");
    user.post_form(&format!("{path}/favorite"), &[("notes", &notes)]).await;
    log_fill_up(&user, &car, &id, 1, "3").await;
    log_fill_up(&user, &car, &id, 2, "4").await;
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
        assert_lacks(&page, &["<script>", "<i>"]);
        assert!(page.text().matches("</textarea>").count() < 2, "{path}");
    }
}
