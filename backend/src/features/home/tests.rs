//! Tests of the home page. The tests' clock begins on January 31, 2026.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::{
    core::web::Assets,
    testing::{StatementLog, TestApp, TestResponse, on_every_engine},
};

on_every_engine![
    home_without_vehicles_offers_to_add_one_by_vin,
    visitors_are_asked_to_sign_in,
    due_maintenance_needs_attention,
    many_due_items_are_counted,
    a_long_time_without_a_fill_up_needs_attention,
    a_vehicle_that_is_rarely_refueled_needs_attention_later,
    an_odometer_that_looks_wrong_needs_attention,
    a_replaced_odometer_does_not_look_wrong,
    costs_and_distance_are_shown_by_month,
    amounts_in_different_currencies_are_not_added,
    the_next_service_has_a_bar,
    the_vehicle_that_was_used_last_comes_first,
    figures_of_all_vehicles_are_added,
    a_vehicle_without_a_reading_says_so,
    a_trailer_is_offered_no_fill_up,
    home_follows_every_change,
    a_new_month_begins_in_the_users_time_zone,
    vehicles_out_of_use_or_in_the_trash_are_left_out,
    home_shows_only_the_users_own_data,
    home_takes_few_statements_for_any_number_of_vehicles,
    home_with_many_vehicles_stays_small,
];

const HONDA: &str = "1HGCM82633A004352";

async fn add(user: &TestApp, vehicle: Value) -> String {
    user.post("/api/vehicles", vehicle).await.id()
}

/// Adds fill-ups of 10 gallons, each with its date, reading in miles and amount.
async fn fill_up(user: &TestApp, vehicle: &str, rows: &[(&str, i32, &str)]) {
    for (date, odometer, amount) in rows {
        let log = json!({
            "vehicleId": vehicle, "date": date, "odometerReading": odometer, "gallons": "10",
            "totalCost": amount,
        });
        let answer = user.post("/api/fuel-logs", log).await;
        assert_eq!(answer.status, 201, "{answer:?}");
    }
}

async fn maintain(user: &TestApp, vehicle: &str, mut item: Value) -> String {
    item["vehicleId"] = json!(vehicle);
    let answer = user.post("/api/maintenance", item).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.id()
}

async fn home(user: &TestApp) -> TestResponse {
    let page = user.get("/").await;
    assert_eq!(page.status, 200, "{page:?}");
    page
}

fn assert_shows(page: &TestResponse, parts: &[&str]) {
    for part in parts {
        assert!(page.text().contains(part), "{part} not found in {}", page.text());
    }
}

/// The part of the page that begins with this heading, up to the next section.
fn section<'a>(page: &'a TestResponse, id: &str) -> &'a str {
    let from = page.text().split_once(&format!(r#"<h2 id="{id}">"#));
    let from = from.unwrap_or_else(|| panic!("no {id} in {}", page.text())).1;
    from.split("</section>").next().unwrap()
}

/// The card of a vehicle.
fn card<'a>(page: &'a TestResponse, vehicle: &str) -> &'a str {
    let mut cards = page.text().split(r#"<li class="card vehicle">"#).skip(1);
    let link = format!(r#"<h3><a href="/vehicles/{vehicle}">"#);
    let card = cards.find(|it| it.contains(&link)).unwrap_or_else(|| panic!("{}", page.text()));
    card.split("</li>").next().unwrap()
}

async fn home_without_vehicles_offers_to_add_one_by_vin(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let page = home(&user).await;
    assert_shows(
        &page,
        &[
            "Add your first vehicle",
            r#"<form action="/vehicles/new">"#,
            r#"name="vin""#,
            r#"<a class="button big wide" href="/vehicles/new">Add without a VIN</a>"#,
        ],
    );
    for absent in ["Needs attention", "This month", "/fuel-logs/new\">"] {
        let main = page.text().split("<main").nth(1).unwrap();
        assert!(!main.contains(absent), "{absent}: {main}");
    }
    // The form leads to the vehicle form, filled in.
    let form = user.get(&format!("/vehicles/new?vin={HONDA}")).await;
    assert_shows(&form, &[r#"value="Honda""#]);
}

async fn visitors_are_asked_to_sign_in(app: TestApp) {
    let answer = app.anonymous().get("/").await;
    assert_eq!((answer.status, answer.header("location")), (303, "/login"));
}

async fn due_maintenance_needs_attention(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let id = add(&user, json!({ "vin": HONDA, "nickname": "Old faithful" })).await;
    let page = home(&user).await;
    assert_shows(&page, &["Nothing needs your attention."]);
    let due = |kind: &str, date: &str| json!({ "type": kind, "dueDate": date });
    maintain(&user, &id, due("tires", "2026-08-01")).await;
    maintain(&user, &id, due("oil_change", "2026-02-10")).await;
    let overdue = maintain(&user, &id, due("brake_fluid", "2026-01-20")).await;
    let page = home(&user).await;
    let list = section(&page, "attention");
    let rows: Vec<_> = list.split("<li").skip(1).collect();
    assert_eq!(rows.len(), 2, "{list}");
    for part in ["Brake fluid", ">Overdue<", "Old faithful", "Jan 20, 2026", "Mark as done"] {
        assert!(rows[0].contains(part), "{part}: {}", rows[0]);
    }
    assert!(rows[0].contains(&format!(r#"href="/maintenance/{overdue}/complete""#)));
    assert!(rows[1].contains("Oil change") && rows[1].contains(">Due soon<"), "{}", rows[1]);
}

async fn many_due_items_are_counted(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let id = add(&user, json!({ "vin": HONDA })).await;
    for day in 1..=9 {
        let date = format!("2026-01-0{day}");
        maintain(&user, &id, json!({ "type": "other", "dueDate": date })).await;
    }
    let page = home(&user).await;
    assert_eq!(section(&page, "attention").matches("<li").count(), 6);
    assert_shows(&page, &[r#"<a href="/maintenance">3 more in maintenance</a>"#]);
}

async fn a_long_time_without_a_fill_up_needs_attention(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let id = add(&user, json!({ "vin": HONDA })).await;
    fill_up(&user, &id, &[("2025-12-15", 1000, "30"), ("2025-12-22", 1300, "30")]).await;
    // On the fortieth day.
    let page = home(&user).await;
    assert_shows(&page, &["Nothing needs your attention."]);
    app.app.clock.advance(TimeDelta::days(1));
    let page = home(&user).await;
    let list = section(&page, "attention");
    for part in [
        "No fill-up for a while",
        "The last one was 41 days ago, on Dec 22, 2025.",
        &format!(r#"href="/vehicles/{id}/fuel-logs/new""#),
    ] {
        assert!(list.contains(part), "{part}: {list}");
    }
    fill_up(&user, &id, &[("2026-01-31", 1600, "30")]).await;
    assert_shows(&home(&user).await, &["Nothing needs your attention."]);
}

async fn a_vehicle_that_is_rarely_refueled_needs_attention_later(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let id = add(&user, json!({ "vin": HONDA })).await;
    // Every 30 days.
    fill_up(&user, &id, &[("2025-11-06", 1000, "30"), ("2025-12-06", 1300, "30")]).await;
    assert_shows(&home(&user).await, &["Nothing needs your attention."]);
    app.app.clock.advance(TimeDelta::days(5));
    assert_shows(&home(&user).await, &["The last one was 61 days ago"]);
}

async fn an_odometer_that_looks_wrong_needs_attention(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let id = add(&user, json!({ "vin": HONDA })).await;
    let rows = [("2026-01-02", 14_000, "30"), ("2026-01-12", 14_300, "30")];
    fill_up(&user, &id, &rows).await;
    fill_up(&user, &id, &[("2026-01-20", 14_500, "30")]).await;
    let reading = |date: &str, reading: i32| json!({ "date": date, "reading": reading });
    let path = format!("/api/vehicles/{id}/odometer");
    assert_eq!(user.post(&path, reading("2026-01-28", 14_700)).await.status, 201);
    assert_shows(&home(&user).await, &["Nothing needs your attention."]);
    // A digit too many.
    let mut wrong = reading("2026-01-30", 147_500);
    wrong["confirm"] = json!(["/reading"]);
    let wrong = user.post(&path, wrong).await;
    assert_eq!(wrong.status, 201, "{wrong:?}");
    let page = home(&user).await;
    let list = section(&page, "attention");
    for part in [
        "The odometer looks wrong",
        "147,500\u{a0}mi on Jan 30, 2026 doesn’t match the other readings.",
        &format!(r#"href="/vehicles/{id}/odometer""#),
        ">Check readings<",
    ] {
        assert!(list.contains(part), "{part}: {list}");
    }
    user.delete(&format!("/api/odometer-readings/{}", wrong.id())).await;
    assert_shows(&home(&user).await, &["Nothing needs your attention."]);
}

async fn a_replaced_odometer_does_not_look_wrong(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let id = add(&user, json!({ "vin": HONDA })).await;
    let rows = [("2026-01-02", 14_000, "30"), ("2026-01-12", 14_300, "30")];
    fill_up(&user, &id, &rows).await;
    fill_up(&user, &id, &[("2026-01-20", 14_500, "30")]).await;
    let replaced = json!({
        "date": "2026-01-25", "reading": 3, "isReplacement": true, "previousReading": 14_550,
    });
    let answer = user.post(&format!("/api/vehicles/{id}/odometer"), replaced).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    assert_shows(&home(&user).await, &["Nothing needs your attention."]);
}

async fn costs_and_distance_are_shown_by_month(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let id = add(&user, json!({ "vin": HONDA, "color": "Dark blue" })).await;
    let page = home(&user).await;
    assert_eq!(card(&page, &id).matches("Nothing logged").count(), 2);
    let rows = [
        ("2025-11-30", 700, "29"),
        ("2025-12-05", 1000, "30"),
        ("2025-12-20", 1250, "31.50"),
        ("2026-01-05", 1500, "32"),
        ("2026-01-20", 1900, "33.25"),
    ];
    fill_up(&user, &id, &rows).await;
    for (date, cost) in [("2026-01-10", "80"), ("2025-12-31", "20.05"), ("2025-11-01", "1")] {
        let done = json!({ "type": "oil_change", "completedDate": date, "cost": cost });
        maintain(&user, &id, done).await;
    }
    let page = home(&user).await;
    let card = card(&page, &id);
    for part in [
        // 32 + 33.25 + 80; 250 + 400 miles.
        "<dt>This month</dt><dd><span class=\"nowrap\">$145.25</span><span class=\"sub\">650\u{a0}mi</span>",
        // 30 + 31.50 + 20.05; 300 + 250 miles.
        "<dt>Last month</dt><dd><span class=\"nowrap\">$81.55</span><span class=\"sub\">550\u{a0}mi</span>",
        // 126.75 for 1,200 miles.
        "<dt>Fuel cost per mile</dt><dd>$0.106</dd>",
        "Jan 20, 2026</time><span class=\"sub\">$33.25</span>",
        "1,900\u{a0}mi",
        r##"fill="#2459a9""##,
    ] {
        assert!(card.contains(part), "{part}: {card}");
    }
    let metric = json!({ "distanceUnit": "km", "volumeUnit": "l" });
    user.patch("/api/user/preferences", metric).await;
    let page = home(&user).await;
    // 650 miles; 126.75 for 1,931 km.
    assert_shows(&page, &["1,046\u{a0}km", "<dt>Fuel cost per km</dt><dd>$0.066</dd>"]);
}

async fn amounts_in_different_currencies_are_not_added(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let id = add(&user, json!({ "vin": HONDA })).await;
    for (date, odometer, currency) in
        [("2026-01-02", 1000, "EUR"), ("2026-01-12", 1300, "EUR"), ("2026-01-20", 1600, "CHF")]
    {
        let log = json!({
            "vehicleId": id, "date": date, "odometerReading": odometer, "gallons": "10",
            "amount": "40", "currency": currency,
        });
        assert_eq!(user.post("/api/fuel-logs", log).await.status, 201);
    }
    let page = home(&user).await;
    let card = card(&page, &id);
    for part in ["CHF\u{a0}40.00 + €80.00", "CHF\u{a0}0.133 + €0.133"] {
        assert!(card.contains(part), "{part}: {card}");
    }
}

async fn the_next_service_has_a_bar(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let id = add(&user, json!({ "vin": HONDA, "odometerReading": 53_750 })).await;
    let page = home(&user).await;
    let none = card(&page, &id);
    for part in ["Nothing planned", &format!(r#"href="/vehicles/{id}/maintenance""#)] {
        assert!(none.contains(part), "{part}: {none}");
    }
    // Half of the time has passed, but three quarters of the distance.
    let oil = json!({
        "type": "oil_change", "dueDate": "2026-08-01", "dueMileage": 55_000,
        "intervalMonths": 12, "intervalMiles": 5_000,
    });
    maintain(&user, &id, oil).await;
    maintain(&user, &id, json!({ "type": "tires", "dueDate": "2027-08-01" })).await;
    let page = home(&user).await;
    let card = card(&page, &id);
    for part in ["Oil change", r#"max="100" value="75""#, "55,000 mi, 1,250 mi to go"] {
        assert!(card.contains(part), "{part}: {card}");
    }
    assert!(!card.contains("Tires"), "{card}");
}

async fn the_vehicle_that_was_used_last_comes_first(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let honda = add(&user, json!({ "vin": HONDA, "nickname": "Honda" })).await;
    let quick_add =
        |id: &str| format!(r#"<a class="button primary big" href="/vehicles/{id}/fuel-logs/new">"#);
    assert_shows(&home(&user).await, &[&quick_add(&honda)]);
    let bus = add(&user, json!({ "kind": "bus", "nickname": "Bus" })).await;
    assert!(!home(&user).await.text().contains("button primary big"), "no vehicle was used");
    fill_up(&user, &honda, &[("2026-01-10", 1000, "30")]).await;
    assert_shows(&home(&user).await, &[&quick_add(&honda)]);
    fill_up(&user, &bus, &[("2026-01-20", 1000, "30")]).await;
    let page = home(&user).await;
    assert_shows(&page, &[&quick_add(&bus)]);
    let list = section(&page, "vehicles");
    assert!(list.find(">Bus</a>") < list.find(">Honda</a>"), "{list}");
}

async fn figures_of_all_vehicles_are_added(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let one = add(&user, json!({ "vin": HONDA })).await;
    fill_up(&user, &one, &[("2026-01-02", 1000, "30"), ("2026-01-12", 1300, "30")]).await;
    assert!(!home(&user).await.text().contains("All vehicles"), "there is only one");
    let other = add(&user, json!({ "nickname": "Other" })).await;
    fill_up(&user, &other, &[("2026-01-02", 5000, "40"), ("2026-01-12", 5100, "40")]).await;
    maintain(&user, &other, json!({ "type": "tires", "completedDate": "2026-01-03", "cost": 9 }))
        .await;
    let page = home(&user).await;
    let totals = section(&page, "totals");
    // 70 for 400 miles.
    for part in ["$149.00", "400\u{a0}mi", "<dd>$0.175</dd>"] {
        assert!(totals.contains(part), "{part}: {totals}");
    }
}

async fn a_vehicle_without_a_reading_says_so(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let id = add(&user, json!({ "vin": HONDA })).await;
    let link = format!(r#"href="/vehicles/{id}/odometer""#);
    let paths = ["/".to_owned(), "/vehicles".to_owned(), format!("/vehicles/{id}")];
    for path in &paths {
        let page = user.get(path).await;
        assert_shows(&page, &["No reading yet", "Add reading", &link]);
        assert!(!page.text().contains("0 mi"), "{path}: {}", page.text());
    }
    let reading = json!({ "date": "2026-01-30", "reading": 1234 });
    user.post(&format!("/api/vehicles/{id}/odometer"), reading).await;
    for path in &paths {
        let text = user.get(path).await.text().replace('\u{a0}', " ");
        assert!(text.contains("1,234 mi") && !text.contains("No reading yet"), "{path}: {text}");
    }
}

async fn a_trailer_is_offered_no_fill_up(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let trailer = add(&user, json!({ "kind": "trailer", "nickname": "Trailer" })).await;
    let form = format!("/vehicles/{trailer}/fuel-logs/new");
    for path in ["/".to_owned(), "/vehicles".to_owned(), format!("/vehicles/{trailer}")] {
        let page = user.get(&path).await;
        assert!(!page.text().contains(&form), "{path}: {}", page.text());
        for absent in ["No fill-ups yet", "Economy appears", "Last fill-up"] {
            assert!(!page.text().contains(absent), "{path}, {absent}: {}", page.text());
        }
    }
    let done = format!(r#"href="/vehicles/{trailer}/maintenance/new?done=true""#);
    assert_shows(&home(&user).await, &[&done, "Log service"]);
    // The menu prefers a vehicle that takes fuel.
    let boat = add(&user, json!({ "kind": "boat", "nickname": "Boat" })).await;
    add(&user, json!({ "kind": "bicycle", "nickname": "Bicycle" })).await;
    let chosen = user.get("/fuel-logs/new").await;
    let form = format!("/vehicles/{boat}/fuel-logs/new?choose=true");
    assert_eq!(chosen.header("location"), form);
    assert!(!user.get(&form).await.text().contains("Bicycle"));
    // Fill-ups that exist anyway are shown.
    fill_up(&user, &trailer, &[("2026-01-20", 1000, "30")]).await;
    assert_shows(&user.get(&format!("/vehicles/{trailer}")).await, &["Fill-ups", "$30.00"]);
}

async fn home_follows_every_change(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let id = add(&user, json!({ "vin": HONDA, "nickname": "Before" })).await;
    assert_shows(&home(&user).await, &["Before"]);
    fill_up(&user, &id, &[("2026-01-20", 1000, "30")]).await;
    assert_shows(&home(&user).await, &["$30.00"]);
    let item = maintain(&user, &id, json!({ "type": "tires", "dueDate": "2026-01-01" })).await;
    assert_shows(&home(&user).await, &[">Overdue<"]);
    let done = json!({ "completedDate": "2026-01-30", "cost": "70" });
    user.post(&format!("/api/maintenance/{item}/complete"), done).await;
    let page = home(&user).await;
    assert_shows(&page, &["$100.00"]);
    assert!(!page.text().contains(">Overdue<"));
    user.patch(&format!("/api/vehicles/{id}"), json!({ "nickname": "After" })).await;
    assert_shows(&home(&user).await, &["After"]);
}

async fn a_new_month_begins_in_the_users_time_zone(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let id = add(&user, json!({ "vin": HONDA })).await;
    fill_up(&user, &id, &[("2026-01-20", 1000, "30")]).await;
    let this_month = async || {
        let page = home(&user).await;
        let card = card(&page, &id).split("<dt>Last month</dt>").next().unwrap().to_owned();
        card.contains("$30.00")
    };
    assert!(this_month().await);
    // In Kiribati, it is February already.
    user.patch("/api/user/preferences", json!({ "timeZone": "Pacific/Kiritimati" })).await;
    assert!(!this_month().await);
    user.patch("/api/user/preferences", json!({ "timeZone": "UTC" })).await;
    assert!(this_month().await);
    // What is cached does not outlive the month.
    app.app.clock.advance(TimeDelta::hours(13));
    assert!(!this_month().await);
}

async fn vehicles_out_of_use_or_in_the_trash_are_left_out(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let mut ids = Vec::new();
    for name in ["Used", "Unused", "Trashed"] {
        let id = add(&user, json!({ "nickname": name })).await;
        fill_up(&user, &id, &[("2025-10-20", 1000, "30"), ("2026-01-02", 1300, "30")]).await;
        maintain(&user, &id, json!({ "type": "tires", "dueDate": "2026-01-01" })).await;
        maintain(
            &user,
            &id,
            json!({ "type": "tires", "completedDate": "2026-01-01", "cost": "5" }),
        )
        .await;
        ids.push(id);
    }
    assert_shows(&home(&user).await, &["$105.00"]);
    user.patch(&format!("/api/vehicles/{}", ids[1]), json!({ "isActive": false })).await;
    assert_shows(&home(&user).await, &["$70.00"]);
    user.delete(&format!("/api/vehicles/{}", ids[2])).await;
    let page = home(&user).await;
    assert_shows(&page, &["Used", "$35.00"]);
    for absent in ["Unused", "Trashed", "All vehicles"] {
        assert!(!page.text().contains(absent), "{absent}: {}", page.text());
    }
    assert_eq!(section(&page, "attention").matches("<li").count(), 1);
}

async fn home_shows_only_the_users_own_data(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let id = add(&user, json!({ "vin": HONDA, "nickname": "Secret" })).await;
    fill_up(&user, &id, &[("2026-01-20", 1000, "30")]).await;
    maintain(&user, &id, json!({ "type": "tires", "dueDate": "2026-01-01" })).await;
    let page = home(&app.register("eve@example.org").await).await;
    for absent in ["Secret", "$30.00", "Tires"] {
        assert!(!page.text().contains(absent), "{absent}: {}", page.text());
    }
}

async fn home_takes_few_statements_for_any_number_of_vehicles(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let statements = async || {
        let log = StatementLog::begin();
        home(&user).await;
        log.end().len()
    };
    let mut counts = Vec::new();
    for nth in 0..12 {
        let id = add(&user, json!({ "nickname": format!("Vehicle {nth}") })).await;
        let rows = [("2026-01-02", 1000, "30"), ("2026-01-12", 1300, "30")];
        fill_up(&user, &id, &rows).await;
        maintain(&user, &id, json!({ "type": "tires", "dueDate": "2026-01-01" })).await;
        // First with an empty cache, then from it.
        counts.push((statements().await, statements().await));
    }
    // The session is read again at times, since it is cached for a short time only.
    assert!(counts.iter().all(|it| it.0 <= 12 && it.1 <= 6), "{counts:?}");
}

async fn home_with_many_vehicles_stays_small(app: TestApp) {
    let user = app.register("dana@example.org").await;
    for nth in 0..12 {
        let nickname = format!("A vehicle with quite a long name, number {nth}");
        let id = add(&user, json!({ "nickname": nickname, "make": "Honda" })).await;
        let rows = [("2025-10-02", 1000, "30"), ("2025-10-12", 1300, "30")];
        fill_up(&user, &id, &rows).await;
        maintain(&user, &id, json!({ "type": "tires", "dueDate": "2026-01-01" })).await;
    }
    let page = home(&user).await;
    assert_shows(
        &page,
        &[
            r#"<a href="/vehicles">All 12 vehicles</a>"#,
            "6 more in maintenance",
            "8 more vehicles to check",
        ],
    );
    assert_eq!(page.text().matches(r#"<li class="card vehicle">"#).count(), 8);
    let assets = Assets::get();
    let mut size = page.text().len();
    for url in [&assets.css, &assets.icon] {
        assert_eq!(page.text().matches(url.as_str()).count(), 1, "{url}");
        size += user.get(url).await.text().len();
    }
    // The script of all pages of signed-in users, which is cached.
    assert_eq!(page.text().matches("<script").count(), 1);
    assert!(size < 60_000, "{size} bytes");
}
