//! Tests of the maintenance pages.

use serde_json::json;

use super::tests::{Garage, garage};
use crate::testing::{TestApp, TestResponse, on_every_engine};

on_every_engine![
    the_maintenance_page_lists_due_items_most_urgent_first,
    an_item_is_completed_with_prefilled_values,
    a_new_reminder_is_prefilled_with_the_typical_interval,
    a_logged_service_is_validated_and_saved,
    an_item_is_postponed_skipped_changed_and_deleted,
    history_merges_services_and_fill_ups_and_is_paginated,
    costs_are_charted_by_year_and_type,
    a_plan_is_applied_from_an_empty_history_page,
    readings_are_entered_in_the_users_unit,
    a_completion_is_prefilled_with_the_latest_reading_as_entered,
    implausible_values_show_a_checkbox_to_confirm_them,
    a_large_amount_is_entered_shown_edited_and_summed,
];

fn assert_shows(page: &TestResponse, parts: &[&str]) {
    assert_page(page, 200, parts);
}

fn assert_rejected(page: &TestResponse, parts: &[&str]) {
    assert_page(page, 422, parts);
}

fn assert_page(page: &TestResponse, status: u16, parts: &[&str]) {
    assert_eq!(page.status, status, "{page:?}");
    for part in parts {
        assert!(page.text().contains(part), "{part} is not in {}", page.text());
    }
}

/// Returns the value of a form field.
fn value(page: &TestResponse, name: &str) -> String {
    let field = page.text().split(&format!("name=\"{name}\"")).nth(1).unwrap_or_default();
    let value = field.split('>').next().unwrap_or_default().split("value=\"").nth(1);
    value.and_then(|it| it.split('"').next()).unwrap_or_default().to_owned()
}

async fn the_maintenance_page_lists_due_items_most_urgent_first(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let other = json!({ "vin": "1M8GDM9AXKP042788", "make": "Volvo", "model": "240" });
    let other = garage.user.post("/api/vehicles", other).await.id();
    assert_shows(&garage.user.get("/maintenance").await, &["No upcoming maintenance", "Volvo 240"]);
    garage.add_item(json!({ "dueDate": "2027-01-31", "intervalMonths": 12 })).await;
    garage
        .add_item(json!({ "vehicleId": other, "type": "coolant", "dueDate": "2026-01-30" }))
        .await;
    garage
        .add_item(json!({ "type": "my_word", "dueMileage": 50_400, "description": "a <b>" }))
        .await;
    let page = garage.user.get("/maintenance").await;
    assert_shows(
        &page,
        &[
            "Overdue",
            "Jan 30, 2026, yesterday",
            "Due soon",
            "50,400 mi, 400 mi to go",
            "Jan 31, 2027, in 1 year",
            "Repeats every year",
            "a &#60;b&#62;",
        ],
    );
    let place = |part: &str| page.text().find(part).unwrap();
    assert!(place("Coolant") < place("My word") && place("My word") < place("Oil change"));
    let stranger = app.register("eve@example.org").await;
    assert_shows(&stranger.get("/maintenance").await, &["No upcoming maintenance", "Add vehicle"]);
}

async fn an_item_is_completed_with_prefilled_values(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let item = garage.add_item(json!({ "dueDate": "2026-01-30", "intervalMonths": 6 })).await;
    let id = item.rsplit('/').next().unwrap();
    let path = format!("/maintenance/{id}/complete");
    assert_shows(&garage.user.get("/maintenance").await, &[&format!("href=\"{path}\"")]);
    let form = garage.user.get(&path).await;
    assert_shows(&form, &["Oil change", "Repeats every 6 months from this date."]);
    let names = [
        "completedDate",
        "completedOdometer",
        "completedOdometerUnit",
        "amount",
        "currency",
        "once",
    ];
    let fields: Vec<_> = names.iter().map(|it| (*it, value(&form, it))).collect();
    let fields: Vec<_> = fields.iter().map(|it| (it.0, it.1.as_str())).collect();
    assert_eq!(fields[0].1, "2026-01-31");
    assert_eq!(fields[1].1, "50000");
    // A double submit completes the item once.
    for _ in 0..2 {
        let done = garage.user.post_form(&path, &fields).await;
        assert_eq!((done.status, done.header("location")), (303, "/maintenance"));
        let page = garage.user.follow(&done).await;
        assert!(page.text().contains(" is done. Next: Jul 31, 2026"), "{page:?}");
    }
    let done = garage.user.get(&item).await.body;
    assert_eq!((&done["isCompleted"], &done["completedMileage"]), (&json!(true), &json!(50_000)));
    assert_eq!(garage.list_items("&completed=false").await[0]["dueDate"], "2026-07-31");
    let wrong = [("completedDate", "soon"), ("amount", "dear")];
    let next = garage.list_items("&completed=false").await[0]["id"].as_str().unwrap().to_owned();
    let again = garage.user.post_form(&format!("/maintenance/{next}/complete"), &wrong).await;
    assert_eq!(again.status, 422);
    assert!(again.text().contains("This must be a date"), "{}", again.text());
}

async fn a_new_reminder_is_prefilled_with_the_typical_interval(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let base = format!("/vehicles/{}/maintenance/new", garage.vehicle);
    assert_shows(&garage.user.get(&base).await, &["Routine", "Paperwork", "type=oil_change"]);
    let form = garage.user.get(&format!("{base}?type=oil_change")).await;
    let names = ["type", "dueDate", "dueOdometer", "intervalMonths", "intervalDistance", "once"];
    let fields: Vec<_> = names.iter().map(|it| (*it, value(&form, it))).collect();
    let values: Vec<_> = fields[..5].iter().map(|it| it.1.as_str()).collect();
    assert_eq!(values, ["Oil change", "2027-01-31", "57500", "12", "7500"]);
    let fields: Vec<_> = fields.iter().map(|it| (it.0, it.1.as_str())).collect();
    for _ in 0..2 {
        let added = garage.user.post_form(&base, &fields).await;
        assert_eq!(added.status, 303, "{added:?}");
    }
    let items = garage.list_items("").await;
    assert_eq!(items.len(), 1);
    assert_eq!(
        (&items[0]["type"], &items[0]["dueMileage"]),
        (&json!("oil_change"), &json!(57_500))
    );
    // A type that is not in the list.
    let form = garage.user.get(&format!("{base}?type=Ceramic+coat")).await;
    assert_eq!(
        (value(&form, "type"), value(&form, "dueDate")),
        ("Ceramic coat".to_owned(), String::new())
    );
    let refused = garage.user.post_form(&base, &[("type", "Ceramic coat"), ("dueDate", "")]).await;
    assert_eq!(refused.status, 422);
    let fields = [("type", "Ceramic coat"), ("dueDate", "2026-05-01")];
    assert_eq!(garage.user.post_form(&base, &fields).await.status, 303);
    assert_eq!(garage.list_items("&type=ceramic_coat").await.len(), 1);
}

async fn a_logged_service_is_validated_and_saved(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let base = format!("/vehicles/{}/maintenance/new", garage.vehicle);
    let form = garage.user.get(&format!("{base}?type=tires&done=true")).await;
    assert_eq!(value(&form, "completedDate"), "2026-01-31");
    assert!(!form.text().contains("dueDate"));
    for (wrong, why) in [
        ([("completedDate", ""), ("amount", "1")], "This is required for a completed item."),
        ([("completedDate", "2026-01-02"), ("amount", "1.2345")], "decimals"),
        ([("completedDate", "2026-01-02"), ("type", "Été")], "This must be lowercase words"),
    ] {
        let fields = [&[("type", "New tires")], &wrong[..]].concat();
        let again = garage.user.post_form(&base, &fields).await;
        assert_eq!(again.status, 422);
        assert!(again.text().contains(why), "{why}: {}", again.text());
    }
    let right = [("type", "New tires"), ("completedDate", "2026-01-02"), ("amount", "1,234.50")];
    assert_eq!(garage.user.post_form(&base, &right).await.status, 303);
    let items = garage.list_items("&completed=true").await;
    assert_eq!(
        (&items[0]["type"], items[0]["cost"].to_string()),
        (&json!("tires"), "1234.5".into())
    );
}

async fn an_item_is_postponed_skipped_changed_and_deleted(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let item = garage
        .add_item(json!({ "dueDate": "2026-01-31", "dueMileage": 50_000, "intervalMonths": 1 }))
        .await;
    let id = item.rsplit('/').next().unwrap();
    let page = |what: &str| format!("/maintenance/{id}/{what}");
    let form = garage.user.get(&page("edit")).await;
    assert_shows(&form, &["Postpone or skip", "Skip this one", "Delete reminder"]);
    let due = async || garage.user.get(&item).await.body["dueDate"].clone();
    let later = [("dueDate", "2026-02-07"), ("dueOdometer", "50000")];
    assert_eq!(garage.user.post_form(&page("postpone"), &later).await.status, 303);
    assert_eq!(due().await, "2026-02-07");
    let earlier = [("dueDate", "2026-01-07"), ("dueOdometer", "50000")];
    let rejected = garage.user.post_form(&page("postpone"), &earlier).await;
    assert_rejected(&rejected, &["New due date: must be later than Feb 7, 2026", "2026-01-07"]);
    let unchanged = [("dueDate", "2026-02-07"), ("dueOdometer", "50000")];
    let rejected = garage.user.post_form(&page("postpone"), &unchanged).await;
    assert_rejected(&rejected, &["New due date: must be later than Feb 7, 2026"]);
    assert_eq!(garage.user.post_form(&page("skip"), &[]).await.status, 303);
    assert_eq!(due().await, "2026-02-28");
    let form = garage.user.get(&page("edit")).await;
    let mut fields: Vec<_> =
        ["type", "dueDate", "dueOdometer", "intervalMonths", "intervalDistance"]
            .into_iter()
            .map(|it| (it, value(&form, it)))
            .collect();
    fields.push(("notes", "with the summer tires".to_owned()));
    let fields: Vec<_> = fields.iter().map(|it| (it.0, it.1.as_str())).collect();
    assert_eq!(garage.user.post_form(&page("edit"), &fields).await.status, 303);
    let changed = garage.user.get(&item).await.body;
    assert_eq!(
        (&changed["notes"], &changed["dueMileage"]),
        (&json!("with the summer tires"), &json!(50_000))
    );
    let refused =
        garage.user.post_form(&page("edit"), &[("dueDate", ""), ("dueOdometer", "")]).await;
    assert_eq!(refused.status, 422);
    assert_eq!(garage.user.post_form(&page("delete"), &[]).await.status, 303);
    assert_eq!(garage.user.get(&item).await.status, 404);
}

async fn history_merges_services_and_fill_ups_and_is_paginated(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let base = format!("/vehicles/{}/maintenance", garage.vehicle);
    assert_shows(&garage.user.get(&base).await, &["No history yet"]);
    for nth in 0..45 {
        garage
            .add_fill_up(&format!("2025-{:02}-{:02}", 1 + nth / 15, 1 + nth % 15), 50_000 + nth)
            .await;
        if nth % 9 == 0 {
            let day = format!("2025-{:02}-{:02}", 1 + nth / 15, 1 + nth % 15);
            let done = json!({
                "completedDate": day, "completedMileage": 50_000 + nth, "cost": 10,
                "description": format!("number {nth}."),
            });
            garage.add_item(done).await;
        }
    }
    let count = |page: &TestResponse| {
        (page.text().matches(">Fill-up</a>").count(), page.text().matches("number ").count())
    };
    let first = garage.user.get(&base).await;
    let older = first.text().split(&format!("href=\"{base}?")).nth(1).unwrap();
    let older = older.split('"').next().unwrap().replace("&#38;", "&");
    let second = garage.user.get(&format!("{base}?{older}")).await;
    let (one, two) = (count(&first), count(&second));
    assert_eq!(one.0 + one.1, 40);
    assert_eq!((one.0 + two.0, one.1 + two.1), (45, 5));
    assert!(!second.text().contains("Show older"));
    // Latest first; on the same date, services come before fill-ups.
    let place = |part: &str| first.text().find(part).unwrap();
    assert!(place("number 36.") < place("number 27."));
    for wrong in ["services=1", "fills=nonsense", "services=+1-01-01_x"] {
        assert_eq!(garage.user.get(&format!("{base}?{wrong}")).await.status, 422, "{wrong}");
    }
}

async fn costs_are_charted_by_year_and_type(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    assert_shows(&garage.user.get("/maintenance/costs").await, &["No costs yet"]);
    for (kind, day, cost) in [
        ("oil_change", "2024-05-01", 90),
        ("oil_change", "2025-05-01", 95),
        ("tires", "2025-06-01", 800),
    ] {
        garage.add_item(json!({ "type": kind, "completedDate": day, "cost": cost })).await;
    }
    for path in
        ["/maintenance/costs".to_owned(), format!("/vehicles/{}/maintenance", garage.vehicle)]
    {
        assert_shows(
            &garage.user.get(&path).await,
            &[
                "$985.00 total",
                "2025, New tires: $800.00",
                "2024, Oil change: $90.00",
                "<dt>2025</dt><dd>$895.00</dd>",
            ],
        );
    }
    let stranger = app.register("eve@example.org").await;
    assert_shows(&stranger.get("/maintenance/costs").await, &["No costs yet"]);
    garage.user.delete(&format!("/api/vehicles/{}", garage.vehicle)).await;
    assert_shows(&garage.user.get("/maintenance/costs").await, &["No costs yet"]);
}

async fn a_plan_is_applied_from_an_empty_history_page(app: TestApp) {
    let Garage { user, vehicle } = garage(&app, "ann@example.org").await;
    user.patch(&format!("/api/vehicles/{vehicle}"), json!({ "make": "Lexus" })).await;
    let base = format!("/vehicles/{vehicle}/maintenance");
    let page = user.get(&base).await;
    assert_shows(&page, &["No reminders yet", "value=\"toyota\" selected"]);
    let put = user.post_form(&format!("{base}/plan"), &[("plan", "toyota")]).await;
    assert_eq!((put.status, put.header("location")), (303, base.as_str()));
    assert_shows(&user.get(&base).await, &["Tire rotation", "every 6 months or 5,000 mi"]);
    assert_eq!(user.post_form(&format!("{base}/plan"), &[("plan", "x")]).await.status, 422);
}

async fn readings_are_entered_in_the_users_unit(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    garage.user.patch("/api/user/preferences", json!({ "distanceUnit": "km" })).await;
    let base = format!("/vehicles/{}/maintenance/new", garage.vehicle);
    let form = garage.user.get(&format!("{base}?type=oil_change")).await;
    // A round number of kilometers, not a converted one.
    assert_eq!(value(&form, "intervalDistance"), "12000");
    assert_eq!(value(&form, "intervalDistanceUnit"), "km");
    let fields = [
        ("type", "Oil change"),
        ("dueOdometer", "128 000"),
        ("dueOdometerUnit", "km"),
        ("intervalDistance", "15000"),
        ("intervalDistanceUnit", "km"),
    ];
    assert_eq!(garage.user.post_form(&base, &fields).await.status, 303);
    let item = garage.list_items("").await[0].clone();
    assert_eq!(item["dueOdometer"], json!({ "value": 128_000, "unit": "km" }));
    assert_eq!((&item["dueMileage"], &item["intervalMiles"]), (&json!(79_536), &json!(9321)));
    assert_shows(&garage.user.get("/maintenance").await, &["128,000 km", "every 15,000 km"]);
    let path = format!("/maintenance/{}/edit", item["id"].as_str().unwrap());
    // Changing the unit preference back and forth, and editing other fields in between, changes
    // nothing.
    for (unit, shown) in [("mi", "79536"), ("km", "128000")] {
        garage.user.patch("/api/user/preferences", json!({ "distanceUnit": unit })).await;
        let form = garage.user.get(&path).await;
        assert_eq!(value(&form, "dueOdometer"), shown);
        let mut fields: Vec<_> =
            ["dueOdometer", "dueOdometerUnit", "intervalDistance", "intervalDistanceUnit"]
                .map(|it| (it, value(&form, it)))
                .to_vec();
        fields.push(("notes", format!("seen in {unit}")));
        let fields: Vec<_> = fields.iter().map(|it| (it.0, it.1.as_str())).collect();
        assert_eq!(garage.user.post_form(&path, &fields).await.status, 303);
        let again = garage.list_items("").await[0].clone();
        assert_eq!(again["notes"], format!("seen in {unit}"));
        for name in ["dueOdometer", "intervalDistance", "dueMileage", "intervalMiles"] {
            assert_eq!(again[name], item[name], "{name}");
        }
    }
    // The unit of the form wins over the current preference.
    garage.user.patch("/api/user/preferences", json!({ "distanceUnit": "mi" })).await;
    let fields = [("dueOdometer", "130000"), ("dueOdometerUnit", "km")];
    assert_eq!(garage.user.post_form(&path, &fields).await.status, 303);
    let changed = garage.list_items("").await[0].clone();
    assert_eq!(changed["dueOdometer"], json!({ "value": 130_000, "unit": "km" }));
}

async fn a_completion_is_prefilled_with_the_latest_reading_as_entered(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    for (date, km) in [("2026-01-10", 99_105), ("2026-01-05", 98_700)] {
        let done = json!({
            "completedDate": date, "completedOdometer": { "value": km, "unit": "km" },
        });
        garage.add_item(done).await;
    }
    let item = garage.add_item(json!({ "dueDate": "2026-01-30" })).await;
    let id = item.rsplit('/').next().unwrap();
    let form = garage.user.get(&format!("/maintenance/{id}/complete")).await;
    assert_eq!(value(&form, "completedOdometer"), "99105");
    assert_eq!(value(&form, "completedOdometerUnit"), "km");
}

async fn implausible_values_show_a_checkbox_to_confirm_them(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let item = garage.add_item(json!({ "dueDate": "2026-01-30" })).await;
    let path = format!("/maintenance/{}/complete", item.rsplit('/').next().unwrap());
    let fields = [
        ("completedDate", "2026-07-31"),
        ("completedOdometer", "1403000"),
        ("completedOdometerUnit", "km"),
    ];
    let refused = garage.user.post_form(&path, &fields).await;
    assert_eq!(refused.status, 422);
    for name in ["completedDate", "completedOdometer"] {
        let tick = format!("name=\"confirm\" value=\"/{name}\"");
        assert!(refused.text().contains(&tick), "{name}: {}", refused.text());
    }
    let ticks = [("confirm", "/completedDate"), ("confirm", "/completedOdometer")];
    let fields = [&fields[..], &ticks].concat();
    assert_eq!(garage.user.post_form(&path, &fields).await.status, 303);
    let done = garage.user.get(&item).await.body;
    assert_eq!(done["completedOdometer"], json!({ "value": 1_403_000, "unit": "km" }));
}

async fn a_large_amount_is_entered_shown_edited_and_summed(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    garage.add_item(json!({ "completedDate": "2025-06-01", "cost": 80 })).await;
    garage.user.patch("/api/user/preferences", json!({ "currency": "IDR" })).await;
    let base = format!("/vehicles/{}/maintenance", garage.vehicle);
    let form = garage.user.get(&format!("{base}/new?type=tires&done=true")).await;
    assert_eq!(value(&form, "currency"), "IDR");
    let fields = [
        ("type", "New tires"),
        ("completedDate", "2026-01-02"),
        ("amount", "12,500,000"),
        ("currency", "IDR"),
    ];
    assert_eq!(garage.user.post_form(&format!("{base}/new"), &fields).await.status, 303);
    let item = garage.list_items("&type=tires").await[0].clone();
    assert_eq!((&item["cost"], &item["currency"]), (&json!(null), &json!("IDR")));
    assert_eq!(item["amount"].as_f64(), Some(12_500_000.0));
    // Changing the currency preference does not convert amounts, and each currency has its own
    // total.
    garage.user.patch("/api/user/preferences", json!({ "currency": "EUR" })).await;
    let history = garage.user.get(&base).await;
    let shown = ["IDR\u{a0}12,500,000.00", "$80.00", "Maintenance costs in IDR"];
    assert_shows(&history, &shown);
    assert_shows(&garage.user.get("/maintenance/costs").await, &shown);
    let path = format!("/maintenance/{}/edit", item["id"].as_str().unwrap());
    let form = garage.user.get(&path).await;
    assert_eq!(value(&form, "amount"), "12500000.00");
    let fields = [("amount", "12600000"), ("currency", "IDR")];
    assert_eq!(garage.user.post_form(&path, &fields).await.status, 303);
    let edited = garage.list_items("&type=tires").await[0].clone();
    assert_eq!(edited["amount"].as_f64(), Some(12_600_000.0));
    assert_eq!(edited["currency"], "IDR");
}
