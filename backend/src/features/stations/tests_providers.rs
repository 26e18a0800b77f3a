//! Tests searches with external providers, including failing ones.

mod fake;

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use self::fake::{Failure, Fake};
use crate::testing::{TestApp, TestResponse, on_every_engine};

on_every_engine![
    google_requests_have_minimal_fields_and_the_key_in_a_header,
    openstreetmap_requests_comply_with_the_usage_policies,
    a_search_for_a_town_finds_stations_around_it,
    openstreetmap_stations_in_use_are_shown_once,
    results_of_several_sources_are_merged_nearest_first,
    a_failing_provider_does_not_affect_other_results,
    the_circuit_breaker_suspends_a_failing_provider,
    provider_results_are_cached_for_an_hour_for_all_users,
    last_results_are_used_while_a_provider_is_unavailable,
    openstreetmap_requests_are_limited_to_one_per_second,
    provider_data_that_cannot_be_stored_is_dropped,
    a_saved_google_place_has_googles_details,
    a_place_that_google_does_not_know_is_not_saved,
    a_place_can_be_saved_while_google_is_unavailable,
];

async fn search(app: &TestApp, query: &str) -> TestResponse {
    let found = app.get(&format!("/api/stations/search?{query}")).await;
    assert_eq!(found.status, 200, "{found:?}");
    found
}

async fn names(app: &TestApp, query: &str) -> Vec<String> {
    let found = search(app, query).await;
    let items = found.body["items"].as_array().unwrap();
    items.iter().map(|it| it["name"].as_str().unwrap().to_owned()).collect()
}

fn google_place(id: &str, name: &str, latitude: f64, longitude: f64) -> Value {
    json!({
        "id": id,
        "formattedAddress": format!("{name} Street 1"),
        "location": { "latitude": latitude, "longitude": longitude },
        "displayName": { "text": name, "languageCode": "en" },
    })
}

fn node(id: u64, name: &str, latitude: f64, longitude: f64) -> Value {
    json!({
        "type": "node", "id": id, "lat": latitude, "lon": longitude,
        "tags": { "amenity": "fuel", "name": name, "brand": name, "fuel:diesel": "yes",
                  "fuel:e10": "no", "addr:street": "Ring", "addr:housenumber": "7",
                  "addr:city": "Bern", "phone": "+41 31 1;+41 31 2", "website": "https://a.example" },
    })
}

/// Configures the service with these providers.
fn with_providers(app: &TestApp, google: Option<&Fake>, osm: Option<&Fake>) -> TestApp {
    app.reconfigured(|config| {
        if let Some(fake) = google {
            fake.as_google(&mut config.stations);
        }
        if let Some(fake) = osm {
            fake.as_osm(&mut config.stations);
        }
        config.server.public_url = Some("http://cars.test".to_owned());
    })
}

async fn google_requests_have_minimal_fields_and_the_key_in_a_header(app: TestApp) {
    let google = Fake::start().await;
    let places = json!([google_place("ChIJa", "Shell", 1.001, 2.0), { "id": "ChIJb" }]);
    google.configure(|state| state.google = json!({ "places": places }));
    let ann = with_providers(&app, Some(&google), None).register("ann@example.org").await;
    let found = search(&ann, "lat=1.0002&lng=2&radius=5000").await;
    insta::assert_json_snapshot!(found.body["items"], @r#"
    [
      {
        "address": "Shell Street 1",
        "brand": null,
        "createdAt": null,
        "distanceMeters": 88.96,
        "fuelTypes": [],
        "googlePlaceId": "ChIJa",
        "id": null,
        "isFavorite": false,
        "latitude": 1.001,
        "longitude": 2.0,
        "name": "Shell",
        "notes": null,
        "openStreetMapId": null,
        "phone": null,
        "source": "google",
        "updatedAt": null,
        "website": null
      }
    ]
    "#);
    search(&ann, "query=Shell%20%20Rome&limit=5").await;
    let requests = google.requests();
    let calls: Vec<_> = requests.iter().map(|it| it.call.as_str()).collect();
    assert_eq!(calls, ["POST /v1/places:searchNearby", "POST /v1/places:searchText"]);
    for request in &requests {
        assert_eq!(request.header("x-goog-api-key"), "the secret key");
        assert_eq!(
            request.header("x-goog-fieldmask"),
            "places.id,places.displayName,places.formattedAddress,places.location"
        );
        assert_eq!(
            (request.query.as_str(), request.header("content-type")),
            ("", "application/json")
        );
        assert!(!request.body.contains("secret"));
    }
    let body = |nth: usize| serde_json::from_str::<Value>(&requests[nth].body).unwrap();
    let center = json!({ "latitude": 1.0, "longitude": 2.0 });
    assert_eq!(
        body(0),
        json!({
            "includedTypes": ["gas_station"], "maxResultCount": 20, "rankPreference": "DISTANCE",
            "locationRestriction": { "circle": { "center": center, "radius": 5500.0 } },
        })
    );
    assert_eq!(
        body(1),
        json!({
            "textQuery": "shell rome", "includedType": "gas_station", "strictTypeFiltering": true,
            "pageSize": 20,
        })
    );
}

async fn openstreetmap_requests_comply_with_the_usage_policies(app: TestApp) {
    let osm = Fake::start().await;
    osm.configure(|state| {
        state.overpass = json!({ "version": 0.6, "elements": [
            node(1, "Agrola", 46.95, 7.44),
            { "type": "way", "id": 2, "center": { "lat": 46.951, "lon": 7.44 },
              "tags": { "amenity": "fuel", "operator": "Migrol" } },
        ] });
        state.nominatim = json!([
            { "osm_type": "node", "osm_id": 5, "lat": "46.9", "lon": "7.4", "category": "amenity",
              "type": "fuel", "name": "Agip", "display_name": "Agip, Weg 3, Bern, Switzerland",
              "extratags": { "brand": "Agip", "fuel:lpg": "yes" } },
            { "osm_type": "node", "osm_id": 6, "lat": "46.9", "lon": "7.4", "category": "shop",
              "type": "bakery", "name": "Agip's", "display_name": "", "extratags": null },
        ]);
    });
    let ann = with_providers(&app, None, Some(&osm)).register("ann@example.org").await;
    let found = search(&ann, "lat=46.9501&lng=7.44&radius=2000").await;
    let items = &found.body["items"];
    assert_eq!((&items[0]["name"], &items[1]["name"]), (&json!("Agrola"), &json!("Migrol")));
    assert_eq!(items[0]["openStreetMapId"], "node/1");
    assert_eq!(items[1]["openStreetMapId"], "way/2");
    assert_eq!(
        (&items[0]["source"], &items[0]["brand"]),
        (&json!("openstreetmap"), &json!("Agrola"))
    );
    assert_eq!(items[0]["fuelTypes"], json!(["diesel"]));
    assert_eq!(items[0]["address"], "Ring 7, Bern");
    assert_eq!(
        (&items[0]["phone"], &items[0]["website"]),
        (&json!("+41 31 1"), &json!("https://a.example"))
    );
    let found = search(&ann, "query=Agip").await;
    let items = found.body["items"].as_array().unwrap();
    assert_eq!(items.len(), 1, "{found:?}");
    assert_eq!(
        (&items[0]["name"], &items[0]["address"]),
        (&json!("Agip"), &json!("Weg 3, Bern, Switzerland"))
    );
    assert_eq!(items[0]["fuelTypes"], json!(["lpg"]));

    let requests = osm.requests();
    let calls: Vec<_> = requests.iter().map(|it| it.call.as_str()).collect();
    assert_eq!(calls, ["POST /api/interpreter", "GET /search"]);
    for request in &requests {
        let agent = request.header("user-agent");
        assert!(
            agent.starts_with("MotoVaultPro/") && agent.contains("http://cars.test"),
            "{agent}"
        );
    }
    let form: Vec<_> =
        url::form_urlencoded::parse(requests[0].body.as_bytes()).into_owned().collect();
    let query = "[out:json][timeout:5];nwr[\"amenity\"=\"fuel\"](around:2200,46.95,7.44);\
                 out center 1500;";
    assert_eq!(form, [("data".to_owned(), query.to_owned())]);
    assert_eq!(requests[1].query, "q=agip&format=jsonv2&extratags=1&limit=20");
}

async fn a_search_for_a_town_finds_stations_around_it(app: TestApp) {
    let osm = Fake::start().await;
    osm.configure(|state| {
        state.overpass = json!({ "elements": [node(1, "Agrola", 46.95, 7.44)] });
        state.nominatim = json!([
            { "osm_type": "relation", "osm_id": 9, "lat": "46.948", "lon": "7.4474",
              "category": "boundary", "type": "administrative", "name": "Thun",
              "display_name": "Thun, Switzerland" },
        ]);
    });
    let ann = with_providers(&app, None, Some(&osm)).register("ann@example.org").await;
    assert_eq!(names(&ann, "query=thun").await, ["Agrola"]);
    assert!(
        osm.requests()[1].body.contains("around%3A5500%2C46.948%2C7.4474"),
        "{:?}",
        osm.requests()
    );
}

async fn openstreetmap_stations_in_use_are_shown_once(app: TestApp) {
    let osm = Fake::start().await;
    let mut closed = node(3, "Closed", 40.0, -89.6);
    closed["tags"]["disused"] = json!("yes");
    let mut abandoned = node(4, "Abandoned", 40.0, -89.6);
    abandoned["tags"]["abandoned:amenity"] = json!("fuel");
    osm.configure(|state| {
        state.overpass = json!({ "elements": [
            { "type": "way", "id": 2, "center": { "lat": 40.000_18, "lon": -89.6 },
              "tags": { "amenity": "fuel", "addr:housenumber": "123", "addr:street": "Main Street",
                        "addr:city": "Springfield", "addr:state": "IL", "addr:postcode": "62704" } },
            { "type": "node", "id": 1, "lat": 40.0, "lon": -89.6,
              "tags": { "amenity": "fuel", "name": "Shell", "brand": "Shell" } },
            { "type": "node", "id": 5, "lat": 40.000_36, "lon": -89.6,
              "tags": { "amenity": "fuel", "name": "BP", "brand": "BP" } },
            closed, abandoned,
        ] });
        state.nominatim = json!([
            { "osm_type": "node", "osm_id": 6, "lat": "40", "lon": "-89.6", "category": "amenity",
              "type": "fuel", "name": "Closed", "display_name": "Closed, Springfield",
              "extratags": { "disused": "yes" } },
            { "osm_type": "node", "osm_id": 7, "lat": "40", "lon": "-89.6", "category": "amenity",
              "type": "fuel", "name": "Open", "display_name": "Open, Springfield" },
        ]);
    });
    let ann = with_providers(&app, None, Some(&osm)).register("ann@example.org").await;
    let found = search(&ann, "lat=40&lng=-89.6&radius=1000").await;
    let items = found.body["items"].as_array().unwrap();
    let shown: Vec<_> = items.iter().map(|it| (&it["openStreetMapId"], &it["name"])).collect();
    let expected = [(json!("node/1"), json!("Shell")), (json!("node/5"), json!("BP"))];
    assert_eq!(shown, expected.iter().map(|it| (&it.0, &it.1)).collect::<Vec<_>>());
    assert_eq!(items[0]["address"], "123 Main Street, Springfield, IL 62704");
    assert_eq!(names(&ann, "query=springfield").await, ["Open"]);
}

async fn results_of_several_sources_are_merged_nearest_first(app: TestApp) {
    let (google, osm) = (Fake::start().await, Fake::start().await);
    google.configure(|state| {
        state.google = json!({ "places": [
            google_place("ChIJa", "Shell", 10.0, 20.001),
            google_place("ChIJsaved", "Other words", 10.0, 20.003),
            google_place("ChIJfar", "Too far", 10.1, 20.0),
        ] });
    });
    osm.configure(|state| {
        state.overpass = json!({ "elements": [
            node(1, "Shell", 10.0, 20.0015), node(2, "Aral", 10.0, 20.0005),
            node(3, "Own brand", 10.0, 20.00405),
        ] });
    });
    let ann = with_providers(&app, Some(&google), Some(&osm)).register("ann@example.org").await;
    for (id, name, longitude) in [(Some("ChIJsaved"), "Saved", 20.003), (None, "Own brand", 20.004)]
    {
        let new =
            json!({ "googlePlaceId": id, "name": name, "latitude": 10, "longitude": longitude });
        google.configure(|state| state.failure = Failure::Down);
        assert_eq!(ann.post("/api/stations", new).await.status, 201);
    }
    google.configure(|state| state.failure = Failure::None);
    let query = "lat=10&lng=20&radius=1000";
    assert_eq!(names(&ann, query).await, ["Aral", "Shell", "Saved", "Own brand"]);
    let found = search(&ann, query).await;
    let items = found.body["items"].as_array().unwrap();
    let sources: Vec<_> = items.iter().map(|it| it["source"].as_str().unwrap()).collect();
    assert_eq!(sources, ["openstreetmap", "google", "saved", "saved"]);
    assert_eq!(items[1]["distanceMeters"], 109.51);
    assert_eq!(names(&ann, &format!("{query}&limit=1")).await, ["Aral"]);
    // A saved station is matched by its ID even if the provider's location differs, and its own details are
    // used.
    let found = search(&ann, "query=otherwordsforit").await;
    let saved = found.body["items"].as_array().unwrap().iter().find(|it| it["source"] == "saved");
    assert_eq!(saved.unwrap()["name"], "Saved");
}

async fn a_failing_provider_does_not_affect_other_results(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    ann.post("/api/stations", json!({ "name": "Saved", "latitude": 30, "longitude": 40 })).await;
    // Run the slow failures concurrently.
    let slow = [(0, Failure::Hangs), (1, Failure::Drips)];
    futures_util::future::join_all(
        slow.map(|(nth, failure)| check_one_failing(&app, &ann, nth, failure)),
    )
    .await;
    let fast = [
        Failure::Resets,
        Failure::Huge,
        Failure::Redirects,
        Failure::Html,
        Failure::WrongJson,
        Failure::Down,
        Failure::TooManyRequests,
    ];
    for (nth, failure) in fast.into_iter().enumerate() {
        check_one_failing(&app, &ann, nth + slow.len(), failure).await;
    }
    // None of the results were stored.
    let all = ann.get("/api/stations").await;
    assert_eq!(all.body["items"].as_array().unwrap().len(), 1, "{all:?}");
}

/// Checks searches in which one of two providers fails.
async fn check_one_failing(app: &TestApp, ann: &TestApp, nth: usize, failure: Failure) {
    let (bad, good) = (Fake::start().await, Fake::start().await);
    bad.configure(|state| {
        state.failure = failure;
        state.google = json!({ "places": [google_place("ChIJbad", "Bad", 30.0, 40.0)] });
        state.overpass = json!({ "elements": [node(1, "Bad", 30.0, 40.0)] });
    });
    good.configure(|state| {
        state.google = json!({ "places": [google_place("ChIJgood", "Good", 30.001, 40.0)] });
        state.overpass = json!({ "elements": [node(1, "Good", 30.001, 40.0)] });
    });
    for (turn, google, osm) in [(0, &bad, &good), (1, &good, &bad)] {
        // Search a different location each time, since results are cached.
        let latitude = 30.0 + f64::from(u32::try_from(2 * nth + turn).unwrap()) / 100.0;
        let service = with_providers(app, Some(google), Some(osm));
        let ann = service.with_cookie(ann.cookie().map(str::to_owned));
        let start = Instant::now();
        let mut found = names(&ann, &format!("lat={latitude}&lng=40&radius=20000")).await;
        found.sort();
        assert_eq!(found, ["Good", "Saved"], "{failure:?}");
        assert!(start.elapsed() < Duration::from_secs(8), "{failure:?}");
        assert!(!bad.requests().is_empty(), "{failure:?}");
        assert!(!bad.requests().iter().any(|it| it.call.contains("elsewhere")), "{failure:?}");
        bad.configure(|state| state.requests.clear());
    }
}

async fn the_circuit_breaker_suspends_a_failing_provider(app: TestApp) {
    let google = Fake::start().await;
    google.configure(|state| state.failure = Failure::Down);
    let ann = with_providers(&app, Some(&google), None).register("ann@example.org").await;
    for nth in 0..6 {
        let none: [&str; 0] = [];
        assert_eq!(names(&ann, &format!("query=breaker{nth}")).await, none);
    }
    assert_eq!(google.requests().len(), 3);
}

async fn provider_results_are_cached_for_an_hour_for_all_users(app: TestApp) {
    let google = Fake::start().await;
    google.configure(|state| {
        state.google = json!({ "places": [google_place("ChIJkept", "Shell", -12.0, -77.0)] });
        state.details = json!({ "ChIJkept": details("ChIJkept", "Shell") });
    });
    let service = with_providers(&app, Some(&google), None);
    let (ann, bob) =
        (service.register("ann@example.org").await, service.register("bob@example.org").await);
    for (nth, who) in [&ann, &bob, &ann].into_iter().enumerate() {
        // Slightly different locations.
        let place = format!("lat=-12.0000{nth}&lng=-77.0002&radius={}", 4000 + nth);
        assert_eq!(names(who, &place).await, ["Shell"]);
    }
    assert_eq!(names(&ann, "query=%20KEPT%20%20shell").await, ["Shell"]);
    assert_eq!(names(&bob, "query=kept%20Shell").await, ["Shell"]);
    assert_eq!(google.requests().len(), 2);
    // User data is added after caching.
    let new = json!({ "googlePlaceId": "ChIJkept", "name": "x" });
    let saved = ann.post("/api/stations", new).await.id();
    let path = format!("/api/stations/{saved}/favorite");
    let notes = json!({ "notes": "only mine" }).to_string();
    ann.send_json(axum::http::Method::PUT, &path, &notes, &[]).await;
    for (who, is_favorite) in [(&ann, true), (&bob, false)] {
        let found = search(who, "query=kept%20shell").await;
        let item = &found.body["items"][0];
        assert_eq!((&item["id"], &item["isFavorite"]), (&json!(saved), &json!(is_favorite)));
    }
    let Some(url) = &app.app.config.cache.url else { return };
    let client = redis::Client::open(url.expose()).unwrap();
    let mut redis = client.get_multiplexed_async_connection().await.unwrap();
    let key = "stations:search:kept shell";
    let mut seconds = 0_i64;
    for _ in 0..50 {
        // A slow Redis is skipped, so retry.
        search(&ann, "query=kept%20shell").await;
        seconds = redis::cmd("TTL").arg(key).query_async(&mut redis).await.unwrap();
        if seconds > 10 {
            break;
        }
    }
    assert!((3_590..=3_600).contains(&seconds), "{seconds}");
    let cached: String = redis::cmd("GET").arg(key).query_async(&mut redis).await.unwrap();
    assert!(cached.contains("ChIJkept") && !cached.contains("only mine"), "{cached}");
    assert!(!cached.contains("isFavorite") && !cached.contains("local|"), "{cached}");
}

async fn last_results_are_used_while_a_provider_is_unavailable(app: TestApp) {
    let (google, osm) = (Fake::start().await, Fake::start().await);
    google.configure(|state| {
        state.google = json!({ "places": [google_place("ChIJold", "Known before", 5.0, 6.0)] });
    });
    osm.configure(|state| state.overpass = json!({ "elements": [node(1, "Then", 5.001, 6.0)] }));
    let ann = with_providers(&app, Some(&google), Some(&osm)).register("ann@example.org").await;
    let place = "lat=5&lng=6&radius=1000";
    assert_eq!(names(&ann, place).await, ["Known before", "Then"]);
    // An hour later, the cache has expired and Google is unavailable.
    app.app.clock.advance(chrono::TimeDelta::minutes(61));
    ann.app.cache.invalidate("stations:search:AT:5.000,6.000,1100").await;
    google.configure(|state| state.failure = Failure::Down);
    osm.configure(|state| state.overpass = json!({ "elements": [node(2, "Now", 5.002, 6.0)] }));
    for _ in 0..2 {
        assert_eq!(names(&ann, place).await, ["Known before", "Now"]);
    }
    // Google is queried each time until it recovers, but OpenStreetMap is not queried again.
    assert_eq!((google.requests().len(), osm.requests().len()), (3, 2));
    google.configure(|state| {
        state.failure = Failure::None;
        state.google = json!({ "places": [google_place("ChIJnew", "New", 5.0, 6.0)] });
    });
    assert_eq!(names(&ann, place).await, ["New", "Now"]);
}

async fn openstreetmap_requests_are_limited_to_one_per_second(app: TestApp) {
    let osm = Fake::start().await;
    let ann = with_providers(&app, None, Some(&osm)).register("ann@example.org").await;
    let queries = ["query=pace1", "query=pace2", "query=pace3"];
    futures_util::future::join_all(queries.map(|it| search(&ann, it))).await;
    let mut times: Vec<_> = osm.requests().iter().map(|it| it.at).collect();
    times.sort();
    assert_eq!(times.len(), 3);
    for pair in times.windows(2) {
        let interval = pair[1] - pair[0];
        assert!(interval >= Duration::from_millis(900), "{interval:?}");
    }
    // Searches that would wait too long skip the provider.
    let start = Instant::now();
    let queries: Vec<_> = (0..12).map(|nth| format!("query=rush{nth}")).collect();
    futures_util::future::join_all(queries.iter().map(|it| search(&ann, it))).await;
    assert!(start.elapsed() < Duration::from_secs(7), "{:?}", start.elapsed());
    assert!(osm.requests().len() < 3 + 12, "{}", osm.requests().len());
}

async fn provider_data_that_cannot_be_stored_is_dropped(app: TestApp) {
    let (google, osm) = (Fake::start().await, Fake::start().await);
    google.configure(|state| {
        state.google = json!({ "places": [
            google_place("ChIJ1", "North of north", 91.0, 0.0),
            google_place("ChIJ2", "East of east", 0.0, 181.0),
            google_place("ChIJ3", "\u{0}\u{7}", 0.0, 0.0),
            google_place("", "No id", 0.0, 0.0),
            google_place(&"x".repeat(256), "Long id", 0.0, 0.0),
            google_place("ChIJ4", &"é".repeat(300), 0.0001, 0.0),
        ] });
    });
    osm.configure(|state| {
        state.overpass = json!({ "elements": [
            { "type": "street", "id": 1, "lat": 0.0, "lon": 0.0, "tags": { "name": "Street" } },
            { "type": "node", "id": 2, "tags": { "name": "Nowhere" } },
            { "type": "node", "id": 3, "lat": 0.002, "lon": 0.0, "tags": {
                "name": "a\nb", "phone": "0".repeat(30), "website": "javascript:alert(1)",
                "fuel:coal": "yes" } },
        ] });
    });
    let ann = with_providers(&app, Some(&google), Some(&osm)).register("ann@example.org").await;
    let found = search(&ann, "lat=0&lng=0&radius=10000").await;
    let items = found.body["items"].as_array().unwrap();
    assert_eq!(items.len(), 2, "{found:?}");
    assert_eq!(items[0]["name"], "é".repeat(200));
    assert_eq!(items[1]["name"], "a b");
    assert_eq!((&items[1]["phone"], &items[1]["website"]), (&Value::Null, &Value::Null));
    assert_eq!(items[1]["fuelTypes"], json!([]));
}

fn details(id: &str, name: &str) -> Value {
    let mut place = google_place(id, name, 7.0, 8.0);
    place["internationalPhoneNumber"] = json!("+49 89 1");
    place["websiteUri"] = json!("https://shell.example/");
    place
}

async fn a_saved_google_place_has_googles_details(app: TestApp) {
    let google = Fake::start().await;
    google.configure(|state| state.details = json!({ "ChIJd": details("ChIJd", "Shell") }));
    let service = with_providers(&app, Some(&google), None);
    let (ann, bob) =
        (service.register("ann@example.org").await, service.register("bob@example.org").await);
    let new = json!({
        "googlePlaceId": "ChIJd", "name": "Mine!", "address": "my words", "latitude": 1,
        "longitude": 2, "website": "https://mine.example", "brand": "my brand",
        "fuelTypes": ["lpg"],
    });
    let saved = ann.post("/api/stations", new.clone()).await;
    assert_eq!(saved.status, 201, "{saved:?}");
    let value = |name: &str| saved.body[name].clone();
    assert_eq!((value("name"), value("address")), (json!("Shell"), json!("Shell Street 1")));
    assert_eq!((value("latitude"), value("phone")), (json!(7.0), json!("+49 89 1")));
    assert_eq!((value("website"), value("brand")), (json!("https://shell.example/"), Value::Null));
    assert_eq!(value("fuelTypes"), json!([]));
    // A place that is already stored is not requested again.
    assert_eq!(bob.post("/api/stations", new).await.id(), saved.id());
    let requests = google.requests();
    assert_eq!((requests.len(), requests[0].call.as_str()), (1, "GET /v1/places/ChIJd"));
    assert_eq!(
        requests[0].header("x-goog-fieldmask"),
        "id,displayName,formattedAddress,location,internationalPhoneNumber,websiteUri"
    );
    assert_eq!(requests[0].header("x-goog-api-key"), "the secret key");
    assert!(requests[0].query.is_empty());
}

async fn a_place_that_google_does_not_know_is_not_saved(app: TestApp) {
    let google = Fake::start().await;
    let ann = with_providers(&app, Some(&google), None).register("ann@example.org").await;
    for id in ["ChIJnone", "a/b?c=d#e f"] {
        let refused = ann.post("/api/stations", json!({ "googlePlaceId": id, "name": "x" })).await;
        assert_eq!(refused.field_errors(), ["/googlePlaceId: isn’t a known Google place"]);
    }
    assert_eq!(google.requests()[1].call, "GET /v1/places/a%2Fb%3Fc%3Dd%23e%20f");
    let saved = ann.post("/api/stations", json!({ "name": "Corner" })).await;
    let path = format!("/api/stations/{}", saved.id());
    let refused = ann.patch(&path, json!({ "googlePlaceId": "ChIJnone" })).await;
    assert_eq!(refused.field_errors(), ["/googlePlaceId: isn’t a known Google place"]);
    assert_eq!(ann.delete(&path).await.status, 204);
    assert_eq!(ann.get("/api/stations").await.body["items"], json!([]));
}

async fn a_place_can_be_saved_while_google_is_unavailable(app: TestApp) {
    let google = Fake::start().await;
    let ann = with_providers(&app, Some(&google), None).register("ann@example.org").await;
    for (nth, failure) in
        [Failure::Down, Failure::Html, Failure::WrongJson, Failure::Resets].into_iter().enumerate()
    {
        google.configure(|state| state.failure = failure);
        let new = json!({ "googlePlaceId": format!("ChIJ{nth}"), "name": "By hand" });
        let saved = ann.post("/api/stations", new).await;
        assert_eq!((saved.status, &saved.body["name"]), (201, &json!("By hand")), "{failure:?}");
    }
}
