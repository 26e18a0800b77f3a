//! Tests the import of stations from files that administrators upload.

use std::fmt::Write as _;

use axum::body::Body;

use super::import::{Import, Tally};
use crate::testing::{BeginWrite as _, Commit as _, TestApp, TestResponse, on_every_engine};

on_every_engine![
    an_uploaded_file_is_imported_and_reported,
    the_page_shows_the_position_of_errors,
    an_unsupported_file_type_is_rejected,
    a_file_that_is_too_large_is_rejected,
    imports_run_one_at_a_time,
    progress_is_shown_without_javascript,
    shutdown_stops_a_running_import,
    only_administrators_can_upload_files,
    file_names_are_html_escaped,
];

const PAGE: &str = "/admin/stations";

async fn upload(who: &TestApp, name: &str, text: &str) -> TestResponse {
    let head = format!("Content-Disposition: form-data; name=\"file\"; filename=\"{name}\"");
    let body = format!("--b\r\n{head}\r\n\r\n{text}\r\n--b--\r\n");
    let request = axum::http::Request::post(PAGE);
    let request = request.header("content-type", "multipart/form-data; boundary=b");
    who.send(request.header("content-length", body.len()), Body::from(body)).await
}

/// Uploads a file and waits until it has been imported.
async fn upload_and_wait(who: &TestApp, name: &str, text: &str) -> String {
    let sent = upload(who, name, text).await;
    assert_eq!((sent.status, sent.header("location")), (303, PAGE), "{sent:?}");
    who.app.imports.wait_until_idle().await;
    page(who).await
}

async fn page(who: &TestApp) -> String {
    let page = who.get(PAGE).await;
    assert_eq!(page.status, 200, "{page:?}");
    page.body.as_str().unwrap().to_owned()
}

fn assert_contains(page: &str, parts: &[&str]) {
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

async fn an_uploaded_file_is_imported_and_reported(app: TestApp) {
    let admin = app.as_administrator().await;
    let empty = page(&admin).await;
    assert_contains(&empty, &["enctype=\"multipart/form-data\"", "At most 512 MB."]);
    assert!(!empty.contains("id=\"ended\""));
    let csv = "name,latitude,longitude\nOne,1,2\nTwo,3,4\n,5,6\nFour,91,0\nFive,x,0\n";
    let done = upload_and_wait(&admin, "of 2026.csv", csv).await;
    assert_contains(&done, &["<h3>of 2026.csv</h3>", ">Done<", "Jan 31, 2026"]);
    assert_contains(
        &done,
        &["<b>2</b> read", "<b>2</b> new", "<b>0</b> changed", "<b>0</b> unchanged"],
    );
    assert_contains(&done, &["Skipped: 1 without a name, 2 without a valid location."]);
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
    let done = upload_and_wait(&admin, "osm.JSON", &osm("One")).await;
    assert_contains(&done, &["Skipped: 1 that isn’t a fuel station."]);
    app.app.clock.advance(chrono::TimeDelta::minutes(1));
    let again = upload_and_wait(&admin, "osm.geojson", &osm("Two")).await;
    assert_contains(&again, &["<b>1</b> read", "<b>1</b> changed"]);
    let names = ["osm.geojson", "osm.JSON", "of 2026.csv"];
    let places: Vec<_> =
        names.iter().map(|it| again.find(&format!("<h3>{it}<")).unwrap()).collect();
    assert!(places.is_sorted(), "{places:?}");
    let log = admin.get("/api/admin/security-log?kind=stations-imported").await;
    let events = log.body["items"].as_array().unwrap();
    assert_eq!((events.len(), &events[2]["detail"]), (3, &"of 2026.csv".into()));
    assert_eq!(events[0]["actorId"], admin.get("/api/auth/me").await.body["id"]);
}

async fn the_page_shows_the_position_of_errors(app: TestApp) {
    let admin = app.as_administrator().await;
    let element = r#"{"type":"node","id":1,"lat":1,"lon":2,"tags":{"name":"One"}}"#;
    let broken =
        upload_and_wait(&admin, "a.json", &format!("{{\"elements\":[\n{element},\n{{]")).await;
    assert_contains(
        &broken,
        &[
            ">Failed<",
            "at line 3 column 2",
            "<b>1</b> new",
            "Stations read before the error were saved",
        ],
    );
    let bytes = upload_and_wait(&admin, "b.csv", "name,latitude,longitude\nx,1,2\n\"open").await;
    assert_contains(&bytes, &["<h3>b.csv</h3>", ">Done<"]);
    let columns = upload_and_wait(&admin, "c.csv", "a,b\n1,2\n").await;
    assert_contains(&columns, &["The first line has no name column."]);
    let archive = upload_and_wait(&admin, "d.json", "PK\u{3}\u{4}").await;
    assert_contains(&archive, &["The file can’t be read: expected value at line 1 column 1."]);
}

async fn an_unsupported_file_type_is_rejected(app: TestApp) {
    let admin = app.as_administrator().await;
    for (name, why) in [
        ("stations.osm.pbf", "This must be a .csv, .json or .geojson file."),
        ("stations", "This must be a .csv, .json or .geojson file."),
    ] {
        let refused = upload(&admin, name, "x").await;
        assert_eq!(refused.status, 422);
        assert_contains(refused.body.as_str().unwrap(), &[why, "id=\"file-error\""]);
    }
    let nothing = upload(&admin, "", "").await;
    assert_eq!(nothing.status, 422);
    assert_contains(nothing.body.as_str().unwrap(), &["This is required."]);
    assert_eq!(admin.post_form(PAGE, &[("file", "x")]).await.status, 415);
    let gzip = admin.with_header("content-encoding", "gzip");
    let refused = upload(&gzip, "a.csv", "name,latitude,longitude\n").await;
    assert_eq!((refused.status, refused.header("accept-encoding")), (415, "identity"));
    // A rejected upload does not block the next one.
    assert_contains(
        &upload_and_wait(&admin, "a.csv", "name,latitude,longitude\n").await,
        &[">Done<"],
    );
}

async fn a_file_that_is_too_large_is_rejected(app: TestApp) {
    let admin = app.as_administrator().await;
    let admin = admin.reconfigured(|it| it.stations.import_megabytes = 1);
    let mut csv = "name,latitude,longitude\n".to_owned();
    csv.push_str(&" ".repeat(1024 * 1024));
    let refused = upload(&admin, "a.csv", &csv).await;
    assert_eq!(refused.status, 413);
    assert_contains(
        refused.body.as_str().unwrap(),
        &["This is too large: split it", "At most 1 MB."],
    );
    let accepted = upload(&admin, "a.csv", &csv[..1024 * 1024]).await;
    assert_eq!(accepted.status, 303);
    admin.app.imports.wait_until_idle().await;
}

async fn imports_run_one_at_a_time(app: TestApp) {
    let admin = app.as_administrator().await;
    let permit = admin.app.imports.try_acquire().unwrap();
    let refused = upload(&admin, "a.csv", "name,latitude,longitude\nOne,1,2\n").await;
    assert_eq!(refused.status, 409);
    assert_contains(
        refused.body.as_str().unwrap(),
        &["This can’t be imported while another import is running."],
    );
    drop(permit);
    assert_contains(
        &upload_and_wait(&admin, "b.csv", "name,latitude,longitude\nOne,1,2\n").await,
        &[">Done<"],
    );
    assert_eq!(count(&admin).await, 1);
}

async fn progress_is_shown_without_javascript(app: TestApp) {
    let admin = app.as_administrator().await;
    let file = tempfile::tempfile().unwrap();
    let upload = crate::core::http::Upload { name: "a.csv".to_owned(), size: 4_000_000, file };
    let import = Import::new(&upload, admin.app.clock.now());
    let tally = Tally { added: 2_000, ..Tally::default() };
    let mut tx = admin.app.db.write().await.unwrap();
    super::store::imports::insert(&mut tx, &import).await.unwrap();
    let now = admin.app.clock.now();
    super::store::imports::update_progress(&mut tx, import.id, &tally, 1_000_000, now)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    // Every instance shows the progress.
    let other = admin.anonymous_instance().with_cookie(admin.cookie().map(str::to_owned));
    for who in [&admin, &other] {
        let shown = page(who).await;
        assert_contains(
            &shown,
            &["<noscript><meta http-equiv=\"refresh\" content=\"3\"></noscript>"],
        );
        assert_contains(
            &shown,
            &["<progress max=\"4000000\" value=\"1000000\"", "25% of the file"],
        );
        assert_contains(&shown, &["Importing a.csv", "data-import", "<b>2,000</b> new"]);
        assert!(!shown.contains("type=\"file\""), "{shown}");
    }
    assert!(
        !upload_and_wait(&admin, "b.csv", "name,latitude,longitude\n").await.contains(">Failed<")
    );
}

async fn shutdown_stops_a_running_import(app: TestApp) {
    let admin = app.as_administrator().await;
    let mut csv = "name,latitude,longitude\n".to_owned();
    for nth in 0..5_000 {
        let _ = writeln!(csv, "Station {nth},{}.{nth:04},11", nth % 80);
    }
    assert_eq!(upload(&admin, "a.csv", &csv).await.status, 303);
    admin.app.imports.stop().await;
    let other = admin.anonymous_instance().with_cookie(admin.cookie().map(str::to_owned));
    let stopped = page(&other).await;
    assert_contains(&stopped, &[">Stopped<", "The server stopped before the import finished"]);
    assert!(last(&admin).await.tally.added < 5_000);
    // The counts match the stored stations.
    let stored: (i64,) = {
        let mut tx = app.app.db.read().await.unwrap();
        crate::sql!(&mut tx, fetch_one, "SELECT COUNT(*) FROM stations").unwrap()
    };
    assert_eq!(stored.0, last(&admin).await.tally.added);
    let whole = upload_and_wait(&other, "a.csv", &csv).await;
    assert_contains(&whole, &["<b>5,000</b> read", ">Done<"]);
    // The import of a killed process reports no progress.
    let mut tx = app.app.db.write().await.unwrap();
    let restart = "UPDATE station_imports SET state = 'running'";
    crate::sql!(&mut tx, execute, restart).unwrap();
    tx.commit().await.unwrap();
    app.app.clock.advance(chrono::TimeDelta::minutes(3));
    let silent = page(&other).await;
    assert_eq!(silent.matches(">Stopped<").count(), 2, "{silent}");
    assert_contains(&silent, &["type=\"file\""]);
}

async fn only_administrators_can_upload_files(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let csv = "name,latitude,longitude\nOne,1,2\n";
    assert_eq!(upload(&ann, "a.csv", csv).await.status, 403);
    let anonymous = upload(&app.anonymous(), "a.csv", csv).await;
    assert_eq!((anonymous.status, anonymous.header("location")), (303, "/login"));
    app.app.imports.wait_until_idle().await;
    assert_eq!(count(&ann).await, 0);
}

async fn file_names_are_html_escaped(app: TestApp) {
    let admin = app.as_administrator().await;
    let done = upload_and_wait(&admin, "<b>x'&.csv", "name,latitude,longitude\nOne,1,2\n").await;
    assert!(!done.contains("<b>x"), "{done}");
    let log = admin.get("/admin/log").await;
    assert!(!log.body.as_str().unwrap().contains("<b>x"), "{log:?}");
}
