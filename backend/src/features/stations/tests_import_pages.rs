//! Bringing stations in from files that administrators send.

use std::fmt::Write as _;

use axum::body::Body;

use super::import::{Import, Tally};
use crate::testing::{Answer, TestApp, on_every_engine};

on_every_engine![
    a_file_that_is_sent_is_brought_in_and_told_of,
    a_file_that_breaks_off_says_where_on_the_page,
    a_file_of_another_kind_is_refused,
    a_file_that_is_too_large_is_refused,
    one_file_is_brought_in_at_a_time,
    how_far_a_file_has_come_shows_without_javascript,
    a_service_that_ends_stops_what_it_brings_in,
    only_an_administrator_sends_a_file,
    a_files_name_becomes_no_markup,
];

const PAGE: &str = "/admin/stations";

async fn send(who: &TestApp, name: &str, text: &str) -> Answer {
    let head = format!("Content-Disposition: form-data; name=\"file\"; filename=\"{name}\"");
    let body = format!("--b\r\n{head}\r\n\r\n{text}\r\n--b--\r\n");
    let request = axum::http::Request::post(PAGE);
    let request = request.header("content-type", "multipart/form-data; boundary=b");
    who.send(request.header("content-length", body.len()), Body::from(body)).await
}

/// Sends it, and waits until it has been brought in.
async fn bring_in(who: &TestApp, name: &str, text: &str) -> String {
    let sent = send(who, name, text).await;
    assert_eq!((sent.status, sent.header("location")), (303, PAGE), "{sent:?}");
    who.app.imports.idle().await;
    page(who).await
}

async fn page(who: &TestApp) -> String {
    let page = who.get(PAGE).await;
    assert_eq!(page.status, 200, "{page:?}");
    page.body.as_str().unwrap().to_owned()
}

fn holds(page: &str, parts: &[&str]) {
    for part in parts {
        assert!(page.contains(part), "{part} is not in {page}");
    }
}

async fn count(who: &TestApp) -> usize {
    who.get("/api/stations?limit=500").await.body["items"].as_array().unwrap().len()
}

async fn last(who: &TestApp) -> Import {
    let mut tx = who.app.db.read().await.unwrap();
    super::store::imports::latest(&mut tx, 1).await.unwrap().remove(0)
}

async fn a_file_that_is_sent_is_brought_in_and_told_of(app: TestApp) {
    let admin = app.as_administrator().await;
    let empty = page(&admin).await;
    holds(&empty, &["enctype=\"multipart/form-data\"", "512 MB at most"]);
    assert!(!empty.contains("id=\"ended\""));
    let csv = "name,latitude,longitude\nOne,1,2\nTwo,3,4\n,5,6\nFour,91,0\nFive,x,0\n";
    let done = bring_in(&admin, "of 2026.csv", csv).await;
    holds(&done, &["<h3>of 2026.csv</h3>", ">Done<", "31 Jan 2026"]);
    holds(&done, &["<b>2</b> read", "<b>2</b> new", "<b>0</b> changed", "<b>0</b> as they were"]);
    holds(&done, &["Left out: 1 without a name, 2 without a place on the earth."]);
    assert_eq!(count(&admin).await, 2);
    let size = i64::try_from(csv.len()).unwrap();
    assert_eq!((last(&admin).await.size, last(&admin).await.bytes_read), (size, size));
    let osm = |name: &str| {
        format!(
            r#"{{"elements":[{{"type":"node","id":1,"lat":1,"lon":2,
            "tags":{{"amenity":"fuel","name":"{name}"}}}},
            {{"type":"node","id":2,"lat":1,"lon":2}}]}}"#
        )
    };
    let done = bring_in(&admin, "osm.JSON", &osm("One")).await;
    holds(&done, &["Left out: 1 something else than a fuel station."]);
    app.app.clock.advance(chrono::TimeDelta::minutes(1));
    let again = bring_in(&admin, "osm.geojson", &osm("Two")).await;
    holds(&again, &["<b>1</b> read", "<b>1</b> changed"]);
    let names = ["osm.geojson", "osm.JSON", "of 2026.csv"];
    let places: Vec<_> =
        names.iter().map(|it| again.find(&format!("<h3>{it}<")).unwrap()).collect();
    assert!(places.is_sorted(), "{places:?}");
    let log = admin.get("/api/admin/security-log?kind=stations-imported").await;
    let events = log.body["items"].as_array().unwrap();
    assert_eq!((events.len(), &events[2]["detail"]), (3, &"of 2026.csv".into()));
    assert_eq!(events[0]["actorId"], admin.get("/api/auth/me").await.body["id"]);
}

async fn a_file_that_breaks_off_says_where_on_the_page(app: TestApp) {
    let admin = app.as_administrator().await;
    let element = r#"{"type":"node","id":1,"lat":1,"lon":2,"tags":{"name":"One"}}"#;
    let broken = bring_in(&admin, "a.json", &format!("{{\"elements\":[\n{element},\n{{]")).await;
    holds(&broken, &[">Failed<", "at line 3 column 2", "<b>1</b> new", "What had been read stays"]);
    let bytes = bring_in(&admin, "b.csv", "name,latitude,longitude\nx,1,2\n\"open").await;
    holds(&bytes, &["<h3>b.csv</h3>", ">Done<"]);
    let columns = bring_in(&admin, "c.csv", "a,b\n1,2\n").await;
    holds(&columns, &["The first line has no name column."]);
    let archive = bring_in(&admin, "d.json", "PK\u{3}\u{4}").await;
    holds(&archive, &["Expected value at line 1 column 1."]);
}

async fn a_file_of_another_kind_is_refused(app: TestApp) {
    let admin = app.as_administrator().await;
    for (name, why) in [
        ("stations.osm.pbf", "This has to be a .csv, a .json or a .geojson."),
        ("stations", "This has to be a .csv, a .json or a .geojson."),
    ] {
        let refused = send(&admin, name, "x").await;
        assert_eq!(refused.status, 422);
        holds(refused.body.as_str().unwrap(), &[why, "id=\"file-error\""]);
    }
    let nothing = send(&admin, "", "").await;
    assert_eq!(nothing.status, 422);
    holds(nothing.body.as_str().unwrap(), &["This is required."]);
    assert_eq!(admin.submit(PAGE, &[("file", "x")]).await.status, 415);
    let gzip = admin.with_header("content-encoding", "gzip");
    let refused = send(&gzip, "a.csv", "name,latitude,longitude\n").await;
    assert_eq!((refused.status, refused.header("accept-encoding")), (415, "identity"));
    // What was refused holds up nothing.
    holds(&bring_in(&admin, "a.csv", "name,latitude,longitude\n").await, &[">Done<"]);
}

async fn a_file_that_is_too_large_is_refused(app: TestApp) {
    let admin = app.as_administrator().await;
    let admin = admin.reconfigured(|it| it.stations.import_megabytes = 1);
    let mut csv = "name,latitude,longitude\n".to_owned();
    csv.push_str(&" ".repeat(1024 * 1024));
    let refused = send(&admin, "a.csv", &csv).await;
    assert_eq!(refused.status, 413);
    holds(refused.body.as_str().unwrap(), &["larger than this service takes", "1 MB at most"]);
    let kept = send(&admin, "a.csv", &csv[..1024 * 1024]).await;
    assert_eq!(kept.status, 303);
    admin.app.imports.idle().await;
}

async fn one_file_is_brought_in_at_a_time(app: TestApp) {
    let admin = app.as_administrator().await;
    let turn = admin.app.imports.turn().unwrap();
    let refused = send(&admin, "a.csv", "name,latitude,longitude\nOne,1,2\n").await;
    assert_eq!(refused.status, 409);
    holds(refused.body.as_str().unwrap(), &["cannot be taken while another is being brought in"]);
    drop(turn);
    holds(&bring_in(&admin, "b.csv", "name,latitude,longitude\nOne,1,2\n").await, &[">Done<"]);
    assert_eq!(count(&admin).await, 1);
}

async fn how_far_a_file_has_come_shows_without_javascript(app: TestApp) {
    let admin = app.as_administrator().await;
    let file = tempfile::tempfile().unwrap();
    let upload = crate::core::http::Upload { name: "a.csv".to_owned(), size: 4_000_000, file };
    let import = Import::begun(&upload, admin.app.clock.now());
    let tally = Tally { added: 2_000, ..Tally::default() };
    let mut tx = admin.app.db.write().await.unwrap();
    super::store::imports::insert(&mut tx, &import).await.unwrap();
    let now = admin.app.clock.now();
    super::store::imports::tell(&mut tx, import.id, &tally, 1_000_000, now).await.unwrap();
    tx.commit().await.unwrap();
    // Whichever instance does it, every one shows it.
    let other = admin.another_instance().with_cookie(admin.cookie().map(str::to_owned));
    for who in [&admin, &other] {
        let shown = page(who).await;
        holds(&shown, &["<noscript><meta http-equiv=\"refresh\" content=\"3\"></noscript>"]);
        holds(&shown, &["<progress max=\"4000000\" value=\"1000000\"", "25 % of the file"]);
        holds(&shown, &["Bringing in a.csv", "data-import", "<b>2,000</b> new"]);
        assert!(!shown.contains("type=\"file\""), "{shown}");
    }
    assert!(!bring_in(&admin, "b.csv", "name,latitude,longitude\n").await.contains(">Failed<"));
}

async fn a_service_that_ends_stops_what_it_brings_in(app: TestApp) {
    let admin = app.as_administrator().await;
    let mut csv = "name,latitude,longitude\n".to_owned();
    for nth in 0..5_000 {
        let _ = writeln!(csv, "Station {nth},{}.{nth:04},11", nth % 80);
    }
    assert_eq!(send(&admin, "a.csv", &csv).await.status, 303);
    admin.app.imports.stop().await;
    let other = admin.another_instance().with_cookie(admin.cookie().map(str::to_owned));
    let stopped = page(&other).await;
    holds(&stopped, &[">Stopped<", "The service ended before it was through"]);
    assert!(last(&admin).await.tally.added < 5_000);
    // Whole as it is: what it says is what is there.
    let there: (i64,) = {
        let mut tx = app.app.db.read().await.unwrap();
        crate::sql!(&mut tx, fetch_one, "SELECT COUNT(*) FROM stations").unwrap()
    };
    assert_eq!(there.0, last(&admin).await.tally.added);
    let whole = bring_in(&other, "a.csv", &csv).await;
    holds(&whole, &["<b>5,000</b> read", ">Done<"]);
    // One whose service was killed says nothing any more.
    let mut tx = app.app.db.write().await.unwrap();
    let begun = "UPDATE station_imports SET state = 'running'";
    crate::sql!(&mut tx, execute, begun).unwrap();
    tx.commit().await.unwrap();
    app.app.clock.advance(chrono::TimeDelta::minutes(3));
    let silent = page(&other).await;
    assert_eq!(silent.matches(">Stopped<").count(), 2, "{silent}");
    holds(&silent, &["type=\"file\""]);
}

async fn only_an_administrator_sends_a_file(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let csv = "name,latitude,longitude\nOne,1,2\n";
    assert_eq!(send(&ann, "a.csv", csv).await.status, 403);
    let nobody = send(&app.nobody(), "a.csv", csv).await;
    assert_eq!((nobody.status, nobody.header("location")), (303, "/login"));
    app.app.imports.idle().await;
    assert_eq!(count(&ann).await, 0);
}

async fn a_files_name_becomes_no_markup(app: TestApp) {
    let admin = app.as_administrator().await;
    let done = bring_in(&admin, "<b>x'&.csv", "name,latitude,longitude\nOne,1,2\n").await;
    assert!(!done.contains("<b>x"), "{done}");
    let log = admin.get("/admin/log").await;
    assert!(!log.body.as_str().unwrap().contains("<b>x"), "{log:?}");
}
