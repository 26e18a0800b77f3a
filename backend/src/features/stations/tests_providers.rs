//! Finding stations that others know of, each answering well or badly.

mod fake;

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use self::fake::{Fake, Whim};
use crate::testing::{Answer, TestApp, on_every_engine};

on_every_engine![
    google_is_asked_for_the_fewest_fields_with_its_key_in_a_header,
    openstreetmap_is_asked_by_its_rules,
    a_town_that_is_named_is_looked_around_in,
    of_openstreetmap_each_station_in_use_is_shown_once,
    what_several_know_is_shown_once_nearest_first,
    whatever_fails_the_rest_is_answered,
    who_has_failed_several_times_is_left_alone,
    an_answer_is_kept_an_hour_and_shared_by_all,
    what_was_answered_before_counts_while_a_provider_is_away,
    openstreetmap_is_asked_once_a_second_at_most,
    nothing_that_cannot_be_kept_is_taken_over,
    a_place_that_is_saved_has_googles_own_words,
    a_place_that_google_does_not_know_is_not_saved,
    a_place_is_saved_while_google_is_away,
];

async fn search(app: &TestApp, query: &str) -> Answer {
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

/// The service with these as its providers.
fn with(app: &TestApp, google: Option<&Fake>, osm: Option<&Fake>) -> TestApp {
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

async fn google_is_asked_for_the_fewest_fields_with_its_key_in_a_header(app: TestApp) {
    let google = Fake::start().await;
    let places = json!([google_place("ChIJa", "Shell", 1.001, 2.0), { "id": "ChIJb" }]);
    google.tell(|told| told.google = json!({ "places": places }));
    let ann = with(&app, Some(&google), None).register("ann@example.org").await;
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
    let asked = google.asked();
    let calls: Vec<_> = asked.iter().map(|it| it.call.as_str()).collect();
    assert_eq!(calls, ["POST /v1/places:searchNearby", "POST /v1/places:searchText"]);
    for request in &asked {
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
    let body = |nth: usize| serde_json::from_str::<Value>(&asked[nth].body).unwrap();
    let centre = json!({ "latitude": 1.0, "longitude": 2.0 });
    assert_eq!(
        body(0),
        json!({
            "includedTypes": ["gas_station"], "maxResultCount": 20, "rankPreference": "DISTANCE",
            "locationRestriction": { "circle": { "center": centre, "radius": 5500.0 } },
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

async fn openstreetmap_is_asked_by_its_rules(app: TestApp) {
    let osm = Fake::start().await;
    osm.tell(|told| {
        told.overpass = json!({ "version": 0.6, "elements": [
            node(1, "Agrola", 46.95, 7.44),
            { "type": "way", "id": 2, "center": { "lat": 46.951, "lon": 7.44 },
              "tags": { "amenity": "fuel", "operator": "Migrol" } },
        ] });
        told.nominatim = json!([
            { "osm_type": "node", "osm_id": 5, "lat": "46.9", "lon": "7.4", "category": "amenity",
              "type": "fuel", "name": "Agip", "display_name": "Agip, Weg 3, Bern, Switzerland",
              "extratags": { "brand": "Agip", "fuel:lpg": "yes" } },
            { "osm_type": "node", "osm_id": 6, "lat": "46.9", "lon": "7.4", "category": "shop",
              "type": "bakery", "name": "Agip's", "display_name": "", "extratags": null },
        ]);
    });
    let ann = with(&app, None, Some(&osm)).register("ann@example.org").await;
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

    let asked = osm.asked();
    let calls: Vec<_> = asked.iter().map(|it| it.call.as_str()).collect();
    assert_eq!(calls, ["POST /api/interpreter", "GET /search"]);
    for request in &asked {
        let agent = request.header("user-agent");
        assert!(
            agent.starts_with("MotoVaultPro/") && agent.contains("http://cars.test"),
            "{agent}"
        );
    }
    let form: Vec<_> = form_urlencoded::parse(asked[0].body.as_bytes()).into_owned().collect();
    let query = "[out:json][timeout:5];nwr[\"amenity\"=\"fuel\"](around:2200,46.95,7.44);\
                 out center 1500;";
    assert_eq!(form, [("data".to_owned(), query.to_owned())]);
    assert_eq!(asked[1].query, "q=agip&format=jsonv2&extratags=1&limit=20");
}

async fn a_town_that_is_named_is_looked_around_in(app: TestApp) {
    let osm = Fake::start().await;
    osm.tell(|told| {
        told.overpass = json!({ "elements": [node(1, "Agrola", 46.95, 7.44)] });
        told.nominatim = json!([
            { "osm_type": "relation", "osm_id": 9, "lat": "46.948", "lon": "7.4474",
              "category": "boundary", "type": "administrative", "name": "Thun",
              "display_name": "Thun, Switzerland" },
        ]);
    });
    let ann = with(&app, None, Some(&osm)).register("ann@example.org").await;
    assert_eq!(names(&ann, "query=thun").await, ["Agrola"]);
    assert!(osm.asked()[1].body.contains("around%3A5500%2C46.948%2C7.4474"), "{:?}", osm.asked());
}

async fn of_openstreetmap_each_station_in_use_is_shown_once(app: TestApp) {
    let osm = Fake::start().await;
    let mut closed = node(3, "Closed", 40.0, -89.6);
    closed["tags"]["disused"] = json!("yes");
    let mut abandoned = node(4, "Abandoned", 40.0, -89.6);
    abandoned["tags"]["abandoned:amenity"] = json!("fuel");
    osm.tell(|told| {
        told.overpass = json!({ "elements": [
            { "type": "way", "id": 2, "center": { "lat": 40.000_18, "lon": -89.6 },
              "tags": { "amenity": "fuel", "addr:housenumber": "123", "addr:street": "Main Street",
                        "addr:city": "Springfield", "addr:state": "IL", "addr:postcode": "62704" } },
            { "type": "node", "id": 1, "lat": 40.0, "lon": -89.6,
              "tags": { "amenity": "fuel", "name": "Shell", "brand": "Shell" } },
            { "type": "node", "id": 5, "lat": 40.000_36, "lon": -89.6,
              "tags": { "amenity": "fuel", "name": "BP", "brand": "BP" } },
            closed, abandoned,
        ] });
        told.nominatim = json!([
            { "osm_type": "node", "osm_id": 6, "lat": "40", "lon": "-89.6", "category": "amenity",
              "type": "fuel", "name": "Closed", "display_name": "Closed, Springfield",
              "extratags": { "disused": "yes" } },
            { "osm_type": "node", "osm_id": 7, "lat": "40", "lon": "-89.6", "category": "amenity",
              "type": "fuel", "name": "Open", "display_name": "Open, Springfield" },
        ]);
    });
    let ann = with(&app, None, Some(&osm)).register("ann@example.org").await;
    let found = search(&ann, "lat=40&lng=-89.6&radius=1000").await;
    let items = found.body["items"].as_array().unwrap();
    let shown: Vec<_> = items.iter().map(|it| (&it["openStreetMapId"], &it["name"])).collect();
    let expected = [(json!("node/1"), json!("Shell")), (json!("node/5"), json!("BP"))];
    assert_eq!(shown, expected.iter().map(|it| (&it.0, &it.1)).collect::<Vec<_>>());
    assert_eq!(items[0]["address"], "123 Main Street, Springfield, IL 62704");
    assert_eq!(names(&ann, "query=springfield").await, ["Open"]);
}

async fn what_several_know_is_shown_once_nearest_first(app: TestApp) {
    let (google, osm) = (Fake::start().await, Fake::start().await);
    google.tell(|told| {
        told.google = json!({ "places": [
            google_place("ChIJa", "Shell", 10.0, 20.001),
            google_place("ChIJsaved", "Other words", 10.0, 20.003),
            google_place("ChIJfar", "Too far", 10.1, 20.0),
        ] });
    });
    osm.tell(|told| {
        told.overpass = json!({ "elements": [
            node(1, "Shell", 10.0, 20.0015), node(2, "Aral", 10.0, 20.0005),
            node(3, "Own brand", 10.0, 20.00405),
        ] });
    });
    let ann = with(&app, Some(&google), Some(&osm)).register("ann@example.org").await;
    for (id, name, longitude) in [(Some("ChIJsaved"), "Saved", 20.003), (None, "Own brand", 20.004)]
    {
        let new =
            json!({ "googlePlaceId": id, "name": name, "latitude": 10, "longitude": longitude });
        google.tell(|told| told.whim = Whim::Down);
        assert_eq!(ann.post("/api/stations", new).await.status, 201);
    }
    google.tell(|told| told.whim = Whim::None);
    let query = "lat=10&lng=20&radius=1000";
    assert_eq!(names(&ann, query).await, ["Aral", "Shell", "Saved", "Own brand"]);
    let found = search(&ann, query).await;
    let items = found.body["items"].as_array().unwrap();
    let sources: Vec<_> = items.iter().map(|it| it["source"].as_str().unwrap()).collect();
    assert_eq!(sources, ["openstreetmap", "google", "saved", "saved"]);
    assert_eq!(items[1]["distanceMeters"], 109.51);
    assert_eq!(names(&ann, &format!("{query}&limit=1")).await, ["Aral"]);
    // Saved, a place is known wherever it is said to be: its words here count.
    let found = search(&ann, "query=otherwordsforit").await;
    let saved = found.body["items"].as_array().unwrap().iter().find(|it| it["source"] == "saved");
    assert_eq!(saved.unwrap()["name"], "Saved");
}

async fn whatever_fails_the_rest_is_answered(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    ann.post("/api/stations", json!({ "name": "Saved", "latitude": 30, "longitude": 40 })).await;
    // Those that take their time at once.
    let slow = [(0, Whim::Hangs), (1, Whim::Drips)];
    futures::future::join_all(slow.map(|(nth, whim)| one_fails(&app, &ann, nth, whim))).await;
    let fast = [
        Whim::Resets,
        Whim::Huge,
        Whim::Redirects,
        Whim::Html,
        Whim::Otherwise,
        Whim::Down,
        Whim::TooMany,
    ];
    for (nth, whim) in fast.into_iter().enumerate() {
        one_fails(&app, &ann, nth + slow.len(), whim).await;
    }
    // Nothing of all that was stored.
    let all = ann.get("/api/stations").await;
    assert_eq!(all.body["items"].as_array().unwrap().len(), 1, "{all:?}");
}

/// Either of two providers misbehaves.
async fn one_fails(app: &TestApp, ann: &TestApp, nth: usize, whim: Whim) {
    let (bad, good) = (Fake::start().await, Fake::start().await);
    bad.tell(|told| {
        told.whim = whim;
        told.google = json!({ "places": [google_place("ChIJbad", "Bad", 30.0, 40.0)] });
        told.overpass = json!({ "elements": [node(1, "Bad", 30.0, 40.0)] });
    });
    good.tell(|told| {
        told.google = json!({ "places": [google_place("ChIJgood", "Good", 30.001, 40.0)] });
        told.overpass = json!({ "elements": [node(1, "Good", 30.001, 40.0)] });
    });
    for (turn, google, osm) in [(0, &bad, &good), (1, &good, &bad)] {
        // Each has a place of its own to search, as answers are kept.
        let latitude = 30.0 + f64::from(u32::try_from(2 * nth + turn).unwrap()) / 100.0;
        let service = with(app, Some(google), Some(osm));
        let ann = service.with_cookie(ann.cookie().map(str::to_owned));
        let begun = Instant::now();
        let mut found = names(&ann, &format!("lat={latitude}&lng=40&radius=20000")).await;
        found.sort();
        assert_eq!(found, ["Good", "Saved"], "{whim:?}");
        assert!(begun.elapsed() < Duration::from_secs(8), "{whim:?}");
        assert!(!bad.asked().is_empty(), "{whim:?}");
        assert!(!bad.asked().iter().any(|it| it.call.contains("elsewhere")), "{whim:?}");
        bad.tell(|told| told.asked.clear());
    }
}

async fn who_has_failed_several_times_is_left_alone(app: TestApp) {
    let google = Fake::start().await;
    google.tell(|told| told.whim = Whim::Down);
    let ann = with(&app, Some(&google), None).register("ann@example.org").await;
    for nth in 0..6 {
        let none: [&str; 0] = [];
        assert_eq!(names(&ann, &format!("query=breaker{nth}")).await, none);
    }
    assert_eq!(google.asked().len(), 3);
}

async fn an_answer_is_kept_an_hour_and_shared_by_all(app: TestApp) {
    let google = Fake::start().await;
    google.tell(|told| {
        told.google = json!({ "places": [google_place("ChIJkept", "Shell", -12.0, -77.0)] });
        told.details = json!({ "ChIJkept": details("ChIJkept", "Shell") });
    });
    let service = with(&app, Some(&google), None);
    let (ann, bob) =
        (service.register("ann@example.org").await, service.register("bob@example.org").await);
    for (nth, who) in [&ann, &bob, &ann].into_iter().enumerate() {
        // A step to the side.
        let place = format!("lat=-12.0000{nth}&lng=-77.0002&radius={}", 4000 + nth);
        assert_eq!(names(who, &place).await, ["Shell"]);
    }
    assert_eq!(names(&ann, "query=%20KEPT%20%20shell").await, ["Shell"]);
    assert_eq!(names(&bob, "query=kept%20Shell").await, ["Shell"]);
    assert_eq!(google.asked().len(), 2);
    // What is one's own is put in afterwards.
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
        // A Redis that is slow to answer is done without.
        search(&ann, "query=kept%20shell").await;
        seconds = redis::cmd("TTL").arg(key).query_async(&mut redis).await.unwrap();
        if seconds > 10 {
            break;
        }
    }
    assert!((3_590..=3_600).contains(&seconds), "{seconds}");
    let kept: String = redis::cmd("GET").arg(key).query_async(&mut redis).await.unwrap();
    assert!(kept.contains("ChIJkept") && !kept.contains("only mine"), "{kept}");
    assert!(!kept.contains("isFavorite") && !kept.contains("local|"), "{kept}");
}

async fn what_was_answered_before_counts_while_a_provider_is_away(app: TestApp) {
    let (google, osm) = (Fake::start().await, Fake::start().await);
    google.tell(|told| {
        told.google = json!({ "places": [google_place("ChIJold", "Known before", 5.0, 6.0)] });
    });
    osm.tell(|told| told.overpass = json!({ "elements": [node(1, "Then", 5.001, 6.0)] }));
    let ann = with(&app, Some(&google), Some(&osm)).register("ann@example.org").await;
    let place = "lat=5&lng=6&radius=1000";
    assert_eq!(names(&ann, place).await, ["Known before", "Then"]);
    // An hour later the answer is not kept any more, and Google is away.
    app.app.clock.advance(chrono::TimeDelta::minutes(61));
    ann.app.cache.invalidate("stations:search:AT:5.000,6.000,1100").await;
    google.tell(|told| told.whim = Whim::Down);
    osm.tell(|told| told.overpass = json!({ "elements": [node(2, "Now", 5.002, 6.0)] }));
    for _ in 0..2 {
        assert_eq!(names(&ann, place).await, ["Known before", "Now"]);
    }
    // It is asked each time until it is well, and the other one is not asked again.
    assert_eq!((google.asked().len(), osm.asked().len()), (3, 2));
    google.tell(|told| {
        told.whim = Whim::None;
        told.google = json!({ "places": [google_place("ChIJnew", "New", 5.0, 6.0)] });
    });
    assert_eq!(names(&ann, place).await, ["New", "Now"]);
}

async fn openstreetmap_is_asked_once_a_second_at_most(app: TestApp) {
    let osm = Fake::start().await;
    let ann = with(&app, None, Some(&osm)).register("ann@example.org").await;
    let queries = ["query=pace1", "query=pace2", "query=pace3"];
    futures::future::join_all(queries.map(|it| search(&ann, it))).await;
    let mut times: Vec<_> = osm.asked().iter().map(|it| it.at).collect();
    times.sort();
    assert_eq!(times.len(), 3);
    for pair in times.windows(2) {
        let apart = pair[1] - pair[0];
        assert!(apart >= Duration::from_millis(900), "{apart:?}");
    }
    // Who would have to wait for long is answered without.
    let begun = Instant::now();
    let queries: Vec<_> = (0..12).map(|nth| format!("query=rush{nth}")).collect();
    futures::future::join_all(queries.iter().map(|it| search(&ann, it))).await;
    assert!(begun.elapsed() < Duration::from_secs(7), "{:?}", begun.elapsed());
    assert!(osm.asked().len() < 3 + 12, "{}", osm.asked().len());
}

async fn nothing_that_cannot_be_kept_is_taken_over(app: TestApp) {
    let (google, osm) = (Fake::start().await, Fake::start().await);
    google.tell(|told| {
        told.google = json!({ "places": [
            google_place("ChIJ1", "North of north", 91.0, 0.0),
            google_place("ChIJ2", "East of east", 0.0, 181.0),
            google_place("ChIJ3", "\u{0}\u{7}", 0.0, 0.0),
            google_place("", "No id", 0.0, 0.0),
            google_place(&"x".repeat(256), "Long id", 0.0, 0.0),
            google_place("ChIJ4", &"é".repeat(300), 0.0001, 0.0),
        ] });
    });
    osm.tell(|told| {
        told.overpass = json!({ "elements": [
            { "type": "street", "id": 1, "lat": 0.0, "lon": 0.0, "tags": { "name": "Street" } },
            { "type": "node", "id": 2, "tags": { "name": "Nowhere" } },
            { "type": "node", "id": 3, "lat": 0.002, "lon": 0.0, "tags": {
                "name": "a\nb", "phone": "0".repeat(30), "website": "javascript:alert(1)",
                "fuel:coal": "yes" } },
        ] });
    });
    let ann = with(&app, Some(&google), Some(&osm)).register("ann@example.org").await;
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

async fn a_place_that_is_saved_has_googles_own_words(app: TestApp) {
    let google = Fake::start().await;
    google.tell(|told| told.details = json!({ "ChIJd": details("ChIJd", "Shell") }));
    let service = with(&app, Some(&google), None);
    let (ann, bob) =
        (service.register("ann@example.org").await, service.register("bob@example.org").await);
    let new = json!({
        "googlePlaceId": "ChIJd", "name": "Mine!", "address": "my words", "latitude": 1,
        "longitude": 2, "website": "https://mine.example", "brand": "my brand",
        "fuelTypes": ["lpg"],
    });
    let saved = ann.post("/api/stations", new.clone()).await;
    assert_eq!(saved.status, 201, "{saved:?}");
    let told = |name: &str| saved.body[name].clone();
    assert_eq!((told("name"), told("address")), (json!("Shell"), json!("Shell Street 1")));
    assert_eq!((told("latitude"), told("phone")), (json!(7.0), json!("+49 89 1")));
    assert_eq!((told("website"), told("brand")), (json!("https://shell.example/"), Value::Null));
    assert_eq!(told("fuelTypes"), json!([]));
    // One that is known is not asked for again.
    assert_eq!(bob.post("/api/stations", new).await.id(), saved.id());
    let asked = google.asked();
    assert_eq!((asked.len(), asked[0].call.as_str()), (1, "GET /v1/places/ChIJd"));
    assert_eq!(
        asked[0].header("x-goog-fieldmask"),
        "id,displayName,formattedAddress,location,internationalPhoneNumber,websiteUri"
    );
    assert_eq!(asked[0].header("x-goog-api-key"), "the secret key");
    assert!(asked[0].query.is_empty());
}

async fn a_place_that_google_does_not_know_is_not_saved(app: TestApp) {
    let google = Fake::start().await;
    let ann = with(&app, Some(&google), None).register("ann@example.org").await;
    for id in ["ChIJnone", "a/b?c=d#e f"] {
        let refused = ann.post("/api/stations", json!({ "googlePlaceId": id, "name": "x" })).await;
        assert_eq!(refused.faults(), ["/googlePlaceId: is not a place that Google knows"]);
    }
    assert_eq!(google.asked()[1].call, "GET /v1/places/a%2Fb%3Fc%3Dd%23e%20f");
    let saved = ann.post("/api/stations", json!({ "name": "Corner" })).await;
    let path = format!("/api/stations/{}", saved.id());
    let refused = ann.patch(&path, json!({ "googlePlaceId": "ChIJnone" })).await;
    assert_eq!(refused.faults(), ["/googlePlaceId: is not a place that Google knows"]);
    assert_eq!(ann.delete(&path).await.status, 204);
    assert_eq!(ann.get("/api/stations").await.body["items"], json!([]));
}

async fn a_place_is_saved_while_google_is_away(app: TestApp) {
    let google = Fake::start().await;
    let ann = with(&app, Some(&google), None).register("ann@example.org").await;
    for (nth, whim) in
        [Whim::Down, Whim::Html, Whim::Otherwise, Whim::Resets].into_iter().enumerate()
    {
        google.tell(|told| told.whim = whim);
        let new = json!({ "googlePlaceId": format!("ChIJ{nth}"), "name": "By hand" });
        let saved = ann.post("/api/stations", new).await;
        assert_eq!((saved.status, &saved.body["name"]), (201, &json!("By hand")), "{whim:?}");
    }
}
