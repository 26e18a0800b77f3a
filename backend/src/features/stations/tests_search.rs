//! Tests searches for saved stations.

use serde_json::{Value, json};

use super::{search::search as find, store};
use crate::testing::{BeginWrite as _, Commit as _, TestApp, TestResponse, on_every_engine};

on_every_engine![
    results_are_sorted_by_distance,
    circles_extend_across_the_antimeridian_and_the_poles,
    word_searches_ignore_case,
    word_searches_ignore_accents,
    the_migration_makes_stored_stations_searchable_without_accents,
    words_match_by_prefix,
    a_changed_station_is_found_by_its_new_words,
    word_searches_use_the_index,
    words_and_location_are_combined,
    every_invalid_search_parameter_is_reported,
    search_results_contain_the_users_favorites_and_notes,
    the_grid_finds_the_same_stations_as_a_full_scan,
    location_searches_use_the_cell_index,
];

async fn save(app: &TestApp, name: &str, latitude: f64, longitude: f64) -> String {
    let new = json!({ "name": name, "latitude": latitude, "longitude": longitude });
    let saved = app.post("/api/stations", new).await;
    assert_eq!(saved.status, 201, "{saved:?}");
    saved.id()
}

async fn search(app: &TestApp, query: &str) -> TestResponse {
    let found = app.get(&format!("/api/stations/search?{query}")).await;
    assert_eq!(found.status, 200, "{found:?}");
    assert_eq!(found.body["nextCursor"], Value::Null);
    found
}

async fn names(app: &TestApp, query: &str) -> Vec<String> {
    let found = search(app, query).await;
    let items = found.body["items"].as_array().unwrap();
    items.iter().map(|it| it["name"].as_str().unwrap().to_owned()).collect()
}

async fn results_are_sorted_by_distance(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    save(&ann, "far", 48.2, 11.5).await;
    save(&ann, "near", 48.1001, 11.5).await;
    save(&ann, "middle", 48.1, 11.52).await;
    save(&ann, "elsewhere", -48.1, 11.5).await;
    ann.post("/api/stations", json!({ "name": "nowhere" })).await;
    assert_eq!(names(&ann, "lat=48.1&lng=11.5&radius=50000").await, ["near", "middle", "far"]);
    assert_eq!(names(&ann, "lat=48.1&lng=11.5").await, ["near", "middle"]);
    assert_eq!(names(&ann, "lat=48.1&lng=11.5&limit=1").await, ["near"]);
    assert_eq!(names(&ann, "lat=48.1&lng=11.5&radius=5.5").await, [""; 0]);
    let found = search(&ann, "lat=48.1&lng=11.5&radius=50000").await;
    // Distances along the ellipsoid: 11.1 m, 1489.4 m, 11120.9 m.
    for (nth, meters) in [(0, 11.12), (1, 1489.4), (2, 11_120.9)] {
        let distance = found.body["items"][nth]["distanceMeters"].as_f64().unwrap();
        assert!((distance / meters - 1.0).abs() < 0.005, "{distance} is not {meters}");
        assert_eq!(found.body["items"][nth]["source"], "saved");
    }
}

async fn circles_extend_across_the_antimeridian_and_the_poles(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    save(&ann, "east of it", -17.0, -179.99).await;
    save(&ann, "west of it", -17.0, 179.98).await;
    save(&ann, "upon it", -17.0, 180.0).await;
    let order = ["upon it", "east of it", "west of it"];
    assert_eq!(names(&ann, "lat=-17&lng=-180&radius=10000").await, order);
    let order = ["west of it", "upon it", "east of it"];
    assert_eq!(names(&ann, "lat=-17&lng=179.97&radius=10000").await, order);
    save(&ann, "beyond the pole", 89.99, -170.0).await;
    save(&ann, "the pole", 90.0, 77.0).await;
    let order = ["the pole", "beyond the pole"];
    assert_eq!(names(&ann, "lat=89.99&lng=10&radius=3000").await, order);
    assert_eq!(names(&ann, "lat=-90&lng=0&radius=50000").await, [""; 0]);
}

async fn word_searches_ignore_case(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    for (name, address, brand) in [
        ("Tanke Süd", "Lindenallee 4, München", "Aral"),
        ("100% fuel_stop", "Main Street", "Shell"),
        ("Öl & Gas", "Hauptstraße 1", "Shell"),
    ] {
        let new = json!({ "name": name, "address": address, "brand": brand });
        assert_eq!(ann.post("/api/stations", new).await.status, 201);
    }
    assert_eq!(names(&ann, "query=S%C3%9CD").await, ["Tanke Süd"]);
    assert_eq!(names(&ann, "query=shell").await, ["100% fuel_stop", "Öl & Gas"]);
    assert_eq!(names(&ann, "query=%20Main%20%20SHELL%20").await, ["100% fuel_stop"]);
    assert_eq!(names(&ann, "query=%C3%B6l").await, ["Öl & Gas"]);
    // Characters with a special meaning in queries are matched literally.
    for (query, found) in [
        ("100%25", 1),
        ("fuel_stop", 1),
        ("fuel_", 1),
        ("fuel%25", 0),
        ("fuel-stop", 0),
        ("%25", 0),
        ("!", 0),
        ("fuel%20OR", 0),
        ("%22", 0),
        ("fuel*", 0),
        ("'", 0),
        ("fuel%20%26%20stop", 0),
    ] {
        assert_eq!(names(&ann, &format!("query={query}")).await.len(), found, "{query}");
    }
    let first = search(&ann, "query=aral").await;
    assert_eq!(first.body["items"][0]["distanceMeters"], Value::Null);
}

async fn word_searches_ignore_accents(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    for (name, address) in [("Café Olé", "Große Straße 1"), ("CAFE SÜD", "Łódź"), ("Ærø", "Αθήνα")]
    {
        let new = json!({
            "name": name, "address": address, "latitude": 10.0, "longitude": 20.0,
        });
        assert_eq!(ann.post("/api/stations", new).await.status, 201);
    }
    for (query, found) in [
        ("cafe", "CAFE SÜD, Café Olé"),
        ("CAFÉ", "CAFE SÜD, Café Olé"),
        ("cafe\u{301}", "CAFE SÜD, Café Olé"),
        ("ole grosse strasse", "Café Olé"),
        ("STRAẞE", "Café Olé"),
        ("sud lodz", "CAFE SÜD"),
        ("aero αθηνα", "Ærø"),
        ("cafo", ""),
    ] {
        let encoded: String = url::form_urlencoded::byte_serialize(query.as_bytes()).collect();
        let mut named = names(&ann, &format!("query={encoded}")).await;
        named.sort_unstable();
        assert_eq!(named.join(", "), found, "{query}");
        let mut named = names(&ann, &format!("query={encoded}&lat=10&lng=20")).await;
        named.sort_unstable();
        assert_eq!(named.join(", "), found, "{query} near a place");
    }
}

async fn the_migration_makes_stored_stations_searchable_without_accents(app: TestApp) {
    use crate::{
        core::{db::Tx, search_text::normalize},
        sql,
    };
    let ann = app.register("ann@example.org").await;
    // Every letter that is folded, stored as older versions did: in lower case only.
    let letters = (0x80..=0x10_ffff_u32).filter_map(char::from_u32).map(|it| it.to_string());
    let letters: Vec<_> =
        letters.filter(|it| it.to_lowercase() == *it && normalize(it) != *it).collect();
    assert!(letters.len() > 500);
    let mut old_keys =
        vec!["café süd".to_owned(), "cafe\u{301} süd".to_owned(), "plain".to_owned()];
    old_keys.extend(letters.chunks(100).map(|it| format!("every {}", it.join(" x"))));
    let mut paths = Vec::new();
    for (nth, key) in old_keys.iter().enumerate() {
        let id = save(&ann, &format!("Station {nth}"), 1.0, 2.0).await;
        let mut tx = app.app.db.write().await.unwrap();
        let station: uuid::Uuid = id.parse().unwrap();
        let written = sql!(
            &mut tx,
            execute,
            "UPDATE stations SET search_key = $1, updated_at = created_at WHERE id = $2",
            key,
            station,
        );
        written.unwrap();
        tx.commit().await.unwrap();
        paths.push(format!("/api/stations/{id}"));
    }
    let before = ann.get(&paths[0]).await;
    assert!(!names(&ann, "query=cafe").await.contains(&"Station 0".to_owned()));
    let migration = super::FEATURE.migrations.iter().find(|it| it.name.starts_with("008_find"));
    let mut tx = app.app.db.write().await.unwrap();
    let done = match &mut tx {
        Tx::Postgres { tx, .. } => {
            // Only the owner of the tables may disable the trigger. The migration test covers that part.
            let lines = migration.unwrap().postgres.lines();
            let lines: Vec<_> = lines.filter(|it| !it.starts_with("ALTER TABLE")).collect();
            let text = sqlx::AssertSqlSafe(lines.join("\n"));
            sqlx::raw_sql(text).execute(&mut **tx).await.map(drop)
        }
        Tx::Sqlite(tx) => {
            sqlx::raw_sql(migration.unwrap().sqlite).execute(&mut **tx).await.map(drop)
        }
    };
    done.unwrap();
    let now: Vec<(String,)> =
        sql!(&mut tx, fetch_all, "SELECT search_key FROM stations ORDER BY created_at, id")
            .unwrap();
    tx.commit().await.unwrap();
    let expected: Vec<_> = old_keys.iter().map(|it| (normalize(it),)).collect();
    assert_eq!(now, expected);
    assert_eq!(names(&ann, "query=cafe%20sud").await, ["Station 0", "Station 1"]);
    if matches!(app.app.db, crate::core::db::Db::Sqlite { .. }) {
        let after = ann.get(&paths[0]).await;
        let etags = (after.headers.get("etag"), before.headers.get("etag"));
        assert_eq!((after.body, etags.0), (before.body, etags.1));
    }
}

async fn words_match_by_prefix(app: TestApp) {
    let (ann, bob) = (app.register("ann@example.org").await, app.register("bob@example.org").await);
    let mut ids = Vec::new();
    for (name, address) in [
        ("Tankhof", "St.Johann-Straße 5a, 80331 München"),
        ("O'Neill's/Fuel", "info@fuel.example"),
        ("Fuel 12e5", "Route 66"),
    ] {
        let saved = ann.post("/api/stations", json!({ "name": name, "address": address })).await;
        ids.push(saved.id());
    }
    for (query, found) in [
        ("tank", "Tankhof"),
        ("hof", ""),
        ("johann", "Tankhof"),
        ("st%20straße", "Tankhof"),
        ("5A", "Tankhof"),
        ("803%20m%C3%BC", "Tankhof"),
        ("munchen", "Tankhof"),
        ("M%C3%9CNCHEN", "Tankhof"),
        ("strasse%20mun", "Tankhof"),
        ("neil", "O'Neill's/Fuel"),
        ("example", "O'Neill's/Fuel"),
        ("12e", "Fuel 12e5"),
        ("66%20fuel", "Fuel 12e5"),
        ("fu", "Fuel 12e5, O'Neill's/Fuel"),
        // Single letters match only whole words.
        ("f", ""),
        ("5", ""),
        ("s", "O'Neill's/Fuel"),
    ] {
        assert_eq!(names(&ann, &format!("query={query}")).await.join(", "), found, "{query}");
    }
    // In favorites, words match anywhere.
    ann.send_json(
        axum::http::Method::PUT,
        &format!("/api/stations/{}/favorite", ids[0]),
        "{}",
        &[],
    )
    .await;
    assert_eq!(names(&ann, "query=hof").await, ["Tankhof"]);
    assert_eq!(names(&bob, "query=hof").await, [""; 0]);
}

async fn a_changed_station_is_found_by_its_new_words(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let path = format!("/api/stations/{}", save(&ann, "Before", 1.0, 2.0).await);
    save(&ann, "Other", 1.0, 2.0).await;
    assert_eq!(names(&ann, "query=bef").await, ["Before"]);
    ann.patch(&path, json!({ "name": "After" })).await;
    assert_eq!(names(&ann, "query=bef").await, [""; 0]);
    assert_eq!(names(&ann, "query=aft").await, ["After"]);
    ann.patch(&path, json!({ "phone": "1" })).await;
    assert_eq!(names(&ann, "query=aft").await, ["After"]);
    assert_eq!(ann.delete(&path).await.status, 204);
    assert_eq!(names(&ann, "query=aft").await, [""; 0]);
    assert_eq!(names(&ann, "query=oth").await, ["Other"]);
}

async fn word_searches_use_the_index(app: TestApp) {
    use crate::core::db::Db;
    let plan = match &app.app.db {
        Db::Sqlite { readers, .. } => {
            let explain = format!("EXPLAIN QUERY PLAN {}", store::words::IN_SQLITE);
            let mut query = sqlx::query_as(sqlx::AssertSqlSafe(explain));
            for _ in 0..9 {
                query = query.bind("1");
            }
            let plan: Vec<(i64, i64, i64, String)> = query.fetch_all(readers).await.unwrap();
            plan.into_iter().map(|it| it.3).collect::<Vec<_>>().join("\n")
        }
        Db::Postgres { pool, .. } => {
            let mut connection = pool.acquire().await.unwrap();
            let off = "SET enable_seqscan = off";
            sqlx::raw_sql(off).execute(&mut *connection).await.unwrap();
            let explain = format!("EXPLAIN {}", store::words::IN_POSTGRES);
            let mut query = sqlx::query_as(sqlx::AssertSqlSafe(explain));
            for _ in 0..7 {
                query = query.bind("x");
            }
            let query = query.bind(1_i64).bind("x");
            let plan: Vec<(String,)> = query.fetch_all(&mut *connection).await.unwrap();
            sqlx::raw_sql("RESET enable_seqscan").execute(&mut *connection).await.unwrap();
            plan.into_iter().map(|it| it.0).collect::<Vec<_>>().join("\n")
        }
    };
    let is_read = plan.contains("idx_stations_words") || plan.contains("w VIRTUAL TABLE INDEX");
    assert!(is_read, "{plan}");
    let reads_all = plan.contains("SCAN s\n") || plan.contains("Seq Scan on stations");
    assert!(!reads_all, "{plan}");
}

async fn words_and_location_are_combined(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    save(&ann, "Shell far", 10.02, 20.0).await;
    save(&ann, "Shell near", 10.0, 20.0).await;
    save(&ann, "Aral near", 10.0, 20.0).await;
    save(&ann, "Shell elsewhere", 50.0, 20.0).await;
    let order = ["Shell near", "Shell far"];
    assert_eq!(names(&ann, "query=shell&lat=10&lng=20&radius=5000").await, order);
}

async fn every_invalid_search_parameter_is_reported(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let long = format!("query={}", "x".repeat(10_000));
    for (query, faults) in [
        ("", vec!["/query: is required unless lat and lng are given"]),
        ("query=", vec!["/query: is required unless lat and lng are given"]),
        ("lat=1", vec!["/lng: is required when lat is given"]),
        ("lng=1", vec!["/lat: is required when lng is given"]),
        ("query=x&radius=10", vec!["/lat: is required when radius is given"]),
        ("lat=91&lng=181", vec!["/lat: must be from -90 to 90", "/lng: must be from -180 to 180"]),
        ("lat=NaN&lng=0", vec!["/lat: must be a number"]),
        ("lat=inf&lng=-infinity", vec!["/lat: must be a number", "/lng: must be a number"]),
        ("lat=1e999&lng=0", vec!["/lat: must be from -90 to 90"]),
        ("lat=&lng=0", vec!["/lat: must be a number"]),
        ("lat=0&lng=0&radius=0", vec!["/radius: must be more than 0 and at most 50000 meters"]),
        ("lat=0&lng=0&radius=-5", vec!["/radius: must be more than 0 and at most 50000 meters"]),
        (
            "lat=0&lng=0&radius=50000.1",
            vec!["/radius: must be more than 0 and at most 50000 meters"],
        ),
        ("lat=0&lng=0&radius=NaN", vec!["/radius: must be a number"]),
        ("lat=0&lng=0&limit=501", vec!["/limit: must be from 1 to 500"]),
        ("query=a%00b", vec!["/query: contains a control character"]),
        ("query=x&query=y", vec!["/query: appears more than once"]),
        ("where=here&query=x", vec!["/where: is unknown"]),
        (&long, vec!["/query: must have at most 200 characters"]),
    ] {
        let refused = ann.get(&format!("/api/stations/search?{query}")).await;
        assert_eq!((refused.status, refused.field_errors().len()), (422, faults.len()), "{query}");
        assert_eq!(refused.field_errors(), faults);
    }
}

async fn search_results_contain_the_users_favorites_and_notes(app: TestApp) {
    let (ann, bob) = (app.register("ann@example.org").await, app.register("bob@example.org").await);
    let id = save(&ann, "Corner", 1.0, 2.0).await;
    let notes = json!({ "notes": "mine" }).to_string();
    let path = format!("/api/stations/{id}/favorite");
    ann.send_json(axum::http::Method::PUT, &path, &notes, &[]).await;
    for query in ["lat=1&lng=2", "query=corner"] {
        let (anns, bobs) = (search(&ann, query).await, search(&bob, query).await);
        let first = |it: &TestResponse| {
            let item = &it.body["items"][0];
            (item["id"].clone(), item["isFavorite"].clone(), item["notes"].clone())
        };
        assert_eq!(first(&anns), (json!(id), json!(true), json!("mine")));
        assert_eq!(first(&bobs), (json!(id), json!(false), Value::Null));
    }
}

/// Compares the results with distances calculated for every station.
async fn the_grid_finds_the_same_stations_as_a_full_scan(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let places: Vec<_> = (0..300_i32)
        .map(|nth| {
            (47.0 + f64::from(nth * 37 % 100) / 100.0, 8.0 + f64::from(nth * 53 % 90) / 100.0)
        })
        .collect();
    for (nth, (latitude, longitude)) in places.iter().enumerate() {
        save(&ann, &nth.to_string(), *latitude, *longitude).await;
    }
    for (query, center, radius) in [
        ("lat=47.5&lng=8.4&radius=30000&limit=500", (47.5, 8.4), 30_000.0),
        ("lat=47.05&lng=8.05&radius=12345&limit=500", (47.05, 8.05), 12_345.0),
    ] {
        let at = |it: (f64, f64)| super::geo::Point { latitude: it.0, longitude: it.1 };
        let mut near: Vec<_> = places
            .iter()
            .map(|it| at(center).distance_to(at(*it)))
            .filter(|it| *it <= radius)
            .collect();
        near.sort_by(f64::total_cmp);
        let found = search(&ann, query).await;
        let found: Vec<_> = found.body["items"].as_array().unwrap().iter().collect();
        assert!(found.len() > 5, "{query}");
        assert_eq!(found.len(), near.len(), "{query}");
        for (item, meters) in found.iter().zip(near) {
            let distance = item["distanceMeters"].as_f64().unwrap();
            assert!((distance - meters).abs() <= 0.006, "{distance} is not {meters}");
        }
    }
}

async fn location_searches_use_the_cell_index(app: TestApp) {
    use crate::core::db::Db;
    let explain = |how: &str, of: &str| sqlx::AssertSqlSafe(format!("{how} {of}"));
    let plan = match &app.app.db {
        Db::Sqlite { readers, .. } => {
            let explain = explain("EXPLAIN QUERY PLAN", store::nearby::IN_SQLITE);
            let plan: Vec<(i64, i64, i64, String)> =
                sqlx::query_as(explain).fetch_all(readers).await.unwrap();
            plan.into_iter().map(|it| it.3).collect::<Vec<_>>().join("\n")
        }
        Db::Postgres { pool, .. } => {
            // PostgreSQL prefers sequential scans of small tables.
            let mut connection = pool.acquire().await.unwrap();
            let off = "SET enable_seqscan = off";
            sqlx::raw_sql(off).execute(&mut *connection).await.unwrap();
            let explain = explain("EXPLAIN", store::nearby::IN_POSTGRES);
            let query = sqlx::query_as(explain).bind("{1,3}").bind("{2,4}");
            let plan: Vec<(String,)> = query.fetch_all(&mut *connection).await.unwrap();
            sqlx::raw_sql("RESET enable_seqscan").execute(&mut *connection).await.unwrap();
            plan.into_iter().map(|it| it.0).collect::<Vec<_>>().join("\n")
        }
    };
    assert!(plan.contains("idx_stations_cell"), "{plan}");
    let reads_all = plan.contains("SCAN s\n") || plan.contains("Seq Scan on stations");
    assert!(!reads_all, "{plan}");
    // A search without stations nearby finds nothing.
    let query = super::search::SearchQuery {
        query: None,
        lat: Some(super::fields::SearchDegrees(0.0)),
        lng: Some(super::fields::SearchDegrees(0.0)),
        radius: None,
        limit: None,
    };
    let user = app.register("ann@example.org").await.user_id().await;
    let found = find(&app.app, &user, &query.into_criteria().unwrap()).await.unwrap();
    assert!(found.items.is_empty());
}
