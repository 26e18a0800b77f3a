//! Tests of the first step after registration.

use serde_json::{Value, json};

use crate::{
    core::web::Assets,
    testing::{TestApp, TestResponse, cookie_of, on_every_engine},
};

on_every_engine![
    registration_leads_to_the_first_step,
    the_first_step_is_filled_in_for_the_browsers_region,
    a_browser_without_a_known_region_gets_the_defaults,
    a_system_of_units_is_stored_in_the_preferences,
    time_zones_of_the_same_continent_are_suggested,
    skipping_the_first_step_stores_nothing,
    an_invalid_first_step_shows_the_errors_and_stores_nothing,
    a_later_visit_shows_what_was_chosen,
];

/// Whether the choice of units with this value is checked.
fn is_checked(page: &TestResponse, units: &str) -> bool {
    page.text().contains(&format!(r#"name="units" value="{units}" required checked"#))
}

fn has_value(page: &TestResponse, name: &str, value: &str) -> bool {
    let field = page.text().split(&format!(r#" name="{name}""#)).nth(1).unwrap();
    field.split('>').next().unwrap().contains(&format!(r#"value="{value}""#))
}

async fn preferences(user: &TestApp) -> Value {
    user.get("/api/user/preferences").await.body
}

async fn registration_leads_to_the_first_step(app: TestApp) {
    let fields = [("email", "dana@example.org"), ("password", "correct horse battery")];
    let answer = app.anonymous().post_form("/register", &fields).await;
    assert_eq!((answer.status, answer.header("location")), (303, "/welcome"));
    let page = app.with_cookie(cookie_of(&answer)).get("/welcome").await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("Your units"), "{page:?}");
}

async fn the_first_step_is_filled_in_for_the_browsers_region(app: TestApp) {
    let user = app.register("dana@example.org").await;
    for (languages, units, currency, zone) in [
        ("de-AT,de;q=0.9,en;q=0.8", "metric", "EUR", "Europe/Vienna"),
        ("en-US,en;q=0.9", "us", "USD", "America/New_York"),
        ("en-GB", "uk", "GBP", "Europe/London"),
    ] {
        let page = user.with_header("accept-language", languages).get("/welcome").await;
        assert!(is_checked(&page, units), "{languages}: {page:?}");
        assert!(has_value(&page, "currency", currency), "{languages}: {page:?}");
        assert!(has_value(&page, "timeZone", zone), "{languages}: {page:?}");
    }
}

async fn a_browser_without_a_known_region_gets_the_defaults(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let klingon = user.with_header("accept-language", "tlh").get("/welcome").await;
    for page in [user.get("/welcome").await, klingon] {
        assert!(is_checked(&page, "us"), "{page:?}");
        assert!(has_value(&page, "currency", "USD") && has_value(&page, "timeZone", "UTC"));
    }
}

async fn a_system_of_units_is_stored_in_the_preferences(app: TestApp) {
    let user = app.register("dana@example.org").await;
    for (system, units) in [
        ("metric", ["km", "l", "l_per_100km"]),
        ("us", ["mi", "gal_us", "mpg_us"]),
        ("uk", ["mi", "l", "mpg_uk"]),
    ] {
        let fields = [
            ("units", system),
            ("currency", "eur"),
            ("timeZone", "Europe/Berlin"),
            ("locale", "en-US"),
        ];
        let answer = user.post_form("/welcome", &fields).await;
        assert_eq!((answer.status, answer.header("location")), (303, "/vehicles/new"));
        assert!(user.follow(&answer).await.text().contains("Your units are saved."));
        let stored = preferences(&user).await;
        let expected = json!({
            "distanceUnit": units[0], "volumeUnit": units[1], "economyUnit": units[2],
            "currency": "EUR", "timeZone": "Europe/Berlin", "theme": "system", "locale": "en-US",
        });
        assert_eq!(stored, expected);
    }
    // The vehicle form asks for the reading in the chosen unit.
    user.post_form("/welcome", &[("units", "metric"), ("currency", "EUR")]).await;
    let form = user.get("/vehicles/new").await;
    assert!(form.text().contains(r#"name="odometerUnit" value="km""#), "{form:?}");
}

async fn time_zones_of_the_same_continent_are_suggested(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let suggests = |page: &TestResponse, zone: &str| {
        page.text().contains(&format!(r#"<option value="{zone}">"#))
    };
    let german = user.with_header("accept-language", "de-DE").get("/welcome").await;
    assert!(suggests(&german, "Europe/Vienna") && !suggests(&german, "Asia/Tokyo"));
    let unknown = user.get("/welcome").await;
    assert!(suggests(&unknown, "Europe/Vienna") && suggests(&unknown, "Asia/Tokyo"));
    // The page, its style sheet, its icon and its script, without the script of all pages.
    let assets = Assets::get();
    for page in [german, unknown] {
        let mut size = page.text().len();
        for url in [&assets.css, &assets.icon, &assets.welcome] {
            assert!(page.text().contains(url.as_str()), "{url}");
            size += user.get(url).await.text().len();
        }
        assert!(size < 60_000, "{size} bytes");
    }
}

async fn skipping_the_first_step_stores_nothing(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let user = user.with_header("accept-language", "de-DE");
    let page = user.get("/welcome").await;
    assert!(page.text().contains(r#"<a class="button" href="/">Skip for now</a>"#), "{page:?}");
    let home = user.get("/").await;
    assert!(home.text().contains(r#"href="/welcome""#), "{home:?}");
    let stored = preferences(&user).await;
    assert_eq!((&stored["distanceUnit"], &stored["timeZone"]), (&json!("mi"), &json!("UTC")));
}

async fn an_invalid_first_step_shows_the_errors_and_stores_nothing(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let before = preferences(&user).await;
    let fields = [("units", "metric"), ("currency", "EURO"), ("timeZone", "Nowhere/<b>")];
    let page = user.post_form("/welcome", &fields).await;
    assert_eq!(page.status, 422);
    for part in ["currency-error", "This must be a time zone, such as", "Nowhere/&#60;b&#62;"] {
        assert!(page.text().contains(part), "{part}: {page:?}");
    }
    assert!(is_checked(&page, "metric"), "{page:?}");
    let page = user.post_form("/welcome", &[("units", "furlongs")]).await;
    assert_eq!(page.status, 422);
    assert!(page.text().contains("This must be metric, US or UK."), "{page:?}");
    assert_eq!(preferences(&user).await, before);
}

async fn a_later_visit_shows_what_was_chosen(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let chosen = json!({
        "distanceUnit": "mi", "volumeUnit": "l", "economyUnit": "mpg_uk", "currency": "GBP",
        "timeZone": "Europe/London",
    });
    user.patch("/api/user/preferences", chosen).await;
    let page = user.with_header("accept-language", "de-DE").get("/welcome").await;
    assert!(is_checked(&page, "uk"), "{page:?}");
    assert!(has_value(&page, "currency", "GBP"), "{page:?}");
    assert!(has_value(&page, "timeZone", "Europe/London"), "{page:?}");
}
