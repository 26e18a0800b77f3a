//! VINs of vehicles: storage, warnings and confirmation.

use serde_json::{Value, json};

use crate::testing::{TestApp, TestResponse, on_every_engine};

on_every_engine![
    european_vins_are_stored_without_a_decoded_year,
    a_wrong_check_digit_in_a_vin_starting_with_7_needs_confirmation,
    a_wrong_check_digit_needs_confirmation,
    a_wrong_digit_in_the_vin_of_an_imported_vehicle_needs_confirmation,
    a_year_that_contradicts_the_vin_needs_confirmation,
    a_confirmed_value_needs_confirmation_again_only_if_it_changes,
    a_given_year_is_used_to_decode_the_vin,
    a_vin_of_one_repeated_character_is_rejected,
    printed_and_scanned_vin_formats_are_accepted,
    a_wrong_check_digit_can_be_confirmed_in_the_form,
];

const WRONG: &str = "1HGCM82643A004352";

async fn add(app: &TestApp, new: Value) -> TestResponse {
    app.post("/api/vehicles", new).await
}

/// Asserts that the response requires confirmation of exactly these members, with these expected values.
fn assert_unconfirmed(answer: &TestResponse, expected: &[(&str, &str)]) {
    assert_eq!((answer.status, &answer.body["type"]), (422, &json!("/problems/implausible")));
    let errors = answer.body["errors"].as_array().unwrap();
    let unconfirmed: Vec<_> = errors
        .iter()
        .map(|it| (it["pointer"].as_str().unwrap(), it["expected"].as_str().unwrap()))
        .collect();
    assert_eq!(unconfirmed, expected, "{answer:?}");
    for error in errors {
        let detail = error["detail"].as_str().unwrap();
        assert!(detail.contains("Compare") && detail.contains("confirm"), "{detail}");
    }
}

fn with_digit(pattern: &str) -> String {
    let digit = vpic::check_digit(&pattern.replace('?', "0")).expected.unwrap();
    pattern.replace('?', &digit.to_string())
}

/// VIN patterns of European manufacturers, with `?` for the model year code.
const WITH_YEAR: [&str; 10] = [
    "WAUZZZ8K9?A123456", // Audi
    "WVWZZZ1KZ?W123456", // Volkswagen
    "VSSZZZ5FZ?R123456", // Seat
    "TMBJJ7NE0?0123456", // Skoda
    "WP0ZZZ99Z?S123456", // Porsche
    "W0LPD6EC9?G123456", // Opel
    "YV1MW765B?2123456", // Volvo
    "SALLNABE1?A123456", // Land Rover
    "U5YHM516A?L123456", // Kia of Europe
    "WF05XXGCC5?S12345", // Ford of Europe
];
/// VIN patterns of manufacturers that do not encode the model year.
const WITHOUT_YEAR: [&str; 9] = [
    "WDD2050041F123456", // Mercedes-Benz
    "W1K2130161A123456", // Mercedes-Benz
    "WBA3D31000J123456", // BMW
    "VF1BZ0B0H48123456", // Renault
    "VF33CRHYB83123456", // Peugeot
    "VF7NC5FWC31123456", // Citroën
    "ZFA31200000123456", // Fiat
    "VNKKTUD320A012345", // Toyota of Europe
    "SJNFAAJ11U1234567", // Nissan of Europe
];

async fn european_vins_are_stored_without_a_decoded_year(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let characters = "ABCDEFGHJKLMNPRSTVWXY123456789";
    // Each code stands for a year and for the one 30 years before: 2013 and 1983, 2021 and 1991, 1999, 2006.
    let with_year = WITH_YEAR.iter().flat_map(|pattern| {
        characters.chars().step_by(3).map(|it| pattern.replace('?', &it.to_string()))
    });
    for vin in with_year.chain(WITHOUT_YEAR.map(str::to_owned)) {
        let decoded = ann.get(&format!("/api/vin/{vin}")).await.body;
        let added = add(&ann, json!({ "vin": vin })).await;
        assert_eq!(added.status, 201, "{added:?}");
        let expected = (&json!(null), &json!(false));
        assert_eq!((&added.body["year"], &decoded["yearSettled"]), expected, "{vin}");
        assert_eq!(added.body["confirmed"], json!([]), "{vin}");
    }
}

async fn a_wrong_check_digit_in_a_vin_starting_with_7_needs_confirmation(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let characters: Vec<char> = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ".chars().collect();
    let mut seed = 7_u64;
    let mut next = |bound: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap() % bound
    };
    for nth in 0..1000 {
        let mut vin: String =
            std::iter::once('7').chain((0..16).map(|_| characters[next(33)])).collect();
        let expected = vpic::check_digit(&vin).expected.unwrap();
        let digit = "0123456789X".chars().filter(|it| *it != expected).nth(next(10)).unwrap();
        vin.replace_range(8..9, &digit.to_string());
        let refused = add(&ann, json!({ "vin": vin })).await;
        assert_unconfirmed(&refused, &[("/vin", &format!("{expected} at position 9"))]);
        // A sample, to limit the load on the database.
        if nth % 50 == 0 {
            vin.replace_range(8..9, &expected.to_string());
            assert_eq!(add(&ann, json!({ "vin": vin })).await.status, 201, "{vin}");
        }
    }
}

async fn a_wrong_check_digit_needs_confirmation(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let refused = add(&ann, json!({ "vin": WRONG })).await;
    assert_unconfirmed(&refused, &[("/vin", "3 at position 9")]);
    assert_eq!(ann.get("/api/vehicles").await.body["items"], json!([]));
    let added = add(&ann, json!({ "vin": WRONG, "confirm": ["/vin"] })).await;
    assert_eq!((added.status, &added.body["confirmed"]), (201, &json!(["/vin"])), "{added:?}");
    assert_eq!(added.body["vin"], WRONG);
    let read = ann.get(&format!("/api/vehicles/{}", added.id())).await;
    assert_eq!(read.body, added.body);
    // Confirming a value that does not look wrong records nothing.
    let vin = "1HGCM82633A004352";
    let added = add(&ann, json!({ "vin": vin, "confirm": ["/vin", "/year"] })).await;
    assert_eq!((added.status, &added.body["confirmed"]), (201, &json!([])));
}

async fn a_wrong_digit_in_the_vin_of_an_imported_vehicle_needs_confirmation(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    // Built in Germany, Japan, Sweden and Korea for sale in the USA.
    for pattern in
        ["WBA3A5C5?CF256651", "JTDKN3DU?A0123456", "JF2SKAUC?KH512345", "KM8J33A4?HU312345"]
    {
        let vin = with_digit(pattern);
        assert_eq!(ann.get(&format!("/api/vin/{vin}")).await.body["form"], "us", "{vin}");
        for place in [8, 11, 14, 16] {
            let mut wrong = vin.clone().into_bytes();
            if wrong[place].is_ascii_digit() {
                wrong[place] = b'0' + (wrong[place] - b'0' + 1) % 10;
                let wrong = String::from_utf8(wrong).unwrap();
                let refused = add(&ann, json!({ "vin": wrong })).await;
                let expected = vpic::check_digit(&wrong).expected.unwrap();
                assert_unconfirmed(&refused, &[("/vin", &format!("{expected} at position 9"))]);
            }
        }
        assert_eq!(add(&ann, json!({ "vin": vin })).await.status, 201, "{vin}");
    }
}

async fn a_year_that_contradicts_the_vin_needs_confirmation(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let accord = json!({ "vin": "1HGCM82633A004352", "year": 2013 });
    assert_unconfirmed(&add(&ann, accord.clone()).await, &[("/year", "2003")]);
    let audi = json!({ "vin": "WAUZZZ8K9DA123456", "year": 2005 });
    assert_unconfirmed(&add(&ann, audi).await, &[("/year", "2013 or 1983")]);
    let both = json!({ "vin": WRONG, "year": 2013 });
    assert_unconfirmed(&add(&ann, both).await, &[("/vin", "3 at position 9"), ("/year", "2003")]);
    for (vin, year) in [
        ("WAUZZZ8K9DA123456", 2013),
        ("WAUZZZ8K9DA123457", 1983),
        ("WAUZZZ8K9DA123458", 2012),
        ("W1K2130161A123456", 2021),
    ] {
        let added = add(&ann, json!({ "vin": vin, "year": year })).await;
        assert_eq!((added.status, &added.body["year"]), (201, &json!(year)), "{added:?}");
    }
    let mut confirmed = accord;
    confirmed["confirm"] = json!(["/year"]);
    let added = add(&ann, confirmed).await;
    assert_eq!((added.status, &added.body["confirmed"]), (201, &json!(["/year"])));
    assert_eq!(added.body["year"], 2013);
}

async fn a_confirmed_value_needs_confirmation_again_only_if_it_changes(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let new = json!({ "vin": WRONG, "year": 2013, "confirm": ["/vin", "/year"] });
    let path = format!("/api/vehicles/{}", add(&ann, new).await.id());
    let changed =
        ann.patch(&path, json!({ "nickname": "Goldi", "vin": WRONG, "year": 2013 })).await;
    assert_eq!((changed.status, &changed.body["confirmed"]), (200, &json!(["/vin", "/year"])));
    assert_unconfirmed(&ann.patch(&path, json!({ "year": 2012 })).await, &[("/year", "2003")]);
    let changed = ann.patch(&path, json!({ "year": 2003 })).await;
    assert_eq!((changed.status, &changed.body["confirmed"]), (200, &json!(["/vin"])));
    // A year is also checked against a new VIN.
    let other = ann.patch(&path, json!({ "vin": "2HGES16512H500001", "year": 2003 })).await;
    assert_unconfirmed(&other, &[("/year", "2002")]);
    let changed = ann.patch(&path, json!({ "vin": "2HGES16512H500001", "year": 2002 })).await;
    assert_eq!((changed.status, &changed.body["confirmed"]), (200, &json!([])));
    let wrong = ann.patch(&path, json!({ "vin": WRONG })).await;
    assert_unconfirmed(&wrong, &[("/vin", "3 at position 9")]);
    // The form always sends the year.
    let fields = [("vin", "1HGCM82633A004352"), ("year", "2002")];
    let edit = format!("{}/edit", path.trim_start_matches("/api"));
    let refused = ann.post_form(&edit, &fields).await;
    assert!(refused.status == 422 && refused.text().contains(r#"value="/year""#), "{refused:?}");
}

async fn a_given_year_is_used_to_decode_the_vin(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let vin = with_digit("1FT8W3BT?CEA12345");
    let added = add(&ann, json!({ "vin": vin, "year": 2012 })).await;
    assert_eq!((added.status, &added.body["year"]), (201, &json!(2012)), "{added:?}");
    let expected = ann.get(&format!("/api/vin/{vin}?year=2012")).await.body;
    assert_eq!(
        (&added.body["make"], &added.body["model"]),
        (&expected["make"], &expected["model"])
    );
    assert_eq!(added.body["make"], "Ford");
    let open = add(&ann, json!({ "vin": with_digit("1FT8W3BT?CEA12346") })).await;
    assert_eq!((open.status, &open.body["year"]), (201, &json!(null)), "{open:?}");
}

async fn a_vin_of_one_repeated_character_is_rejected(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    for vin in ["11111111111111111", "00000000000000000", "XXXXXXXXXXXXXXXXX"] {
        let refused = add(&ann, json!({ "vin": vin, "confirm": ["/vin"] })).await;
        assert_eq!((refused.status, &refused.body["type"]), (422, &json!("/problems/invalid")));
        assert!(
            refused.field_errors()[0].starts_with("/vin: has the same character 17 times"),
            "{refused:?}"
        );
    }
}

async fn printed_and_scanned_vin_formats_are_accepted(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    for (typed, vin) in [
        ("I1HGCM82633A004352", "1HGCM82633A004352"),
        ("*2HGES16512H500001*", "2HGES16512H500001"),
        ("VIN: 5GZ-CZ43D-13S-812715", "5GZCZ43D13S812715"),
        ("1FT EW1EP 6 J F A12345", "1FTEW1EP6JFA12345"),
    ] {
        let added = add(&ann, json!({ "vin": typed })).await;
        assert_eq!((added.status, &added.body["vin"]), (201, &json!(vin)), "{added:?}");
    }
    let answer = ann.post_form("/vehicles/new", &[("vin", "VIN *WVW-ZZZ1JZ XW000001*")]).await;
    assert_eq!(answer.status, 303, "{answer:?}");
    let taken = ann.post_form("/vehicles/new", &[("vin", "wvw zzz 1jz xw 000001")]).await;
    assert!(taken.status == 422 && taken.text().contains("already has this VIN"), "{taken:?}");
}

async fn a_wrong_check_digit_can_be_confirmed_in_the_form(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let tick = r#"name="confirm" value="/vin""#;
    let mut fields = vec![("vin", WRONG), ("year", "2003")];
    let refused = ann.post_form("/vehicles/new", &fields).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text().contains(tick), "{refused:?}");
    assert!(refused.text().contains("This has the check digit 4 at position 9"), "{refused:?}");
    fields.push(("confirm", "/vin"));
    let added = ann.post_form("/vehicles/new", &fields).await;
    assert_eq!(added.status, 303, "{added:?}");
    let path = added.header("location").to_owned();
    let vehicle = ann.get(&format!("/api{path}")).await;
    assert_eq!(vehicle.body["confirmed"], json!(["/vin"]));

    // The page shows the confirmation, and the form requires one for a year that contradicts the VIN.
    let page = ann.get(&path).await;
    assert!(page.text().contains("check digit is wrong. You confirmed the VIN"), "{page:?}");
    let edit = format!("{path}/edit");
    let mut fields = vec![("vin", WRONG), ("year", "2013"), ("make", "Honda"), ("model", "Accord")];
    let refused = ann.post_form(&edit, &fields).await;
    assert!(refused.status == 422 && refused.text().contains(r#"value="/year""#), "{refused:?}");
    assert!(!refused.text().contains(tick), "{refused:?}");
    fields.push(("confirm", "/year"));
    assert_eq!(ann.post_form(&edit, &fields).await.status, 303);
    let vehicle = ann.get(&format!("/api{path}")).await;
    assert_eq!(vehicle.body["confirmed"], json!(["/vin", "/year"]));
}
