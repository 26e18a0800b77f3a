//! VINs that don't follow the North American standard, and ambiguous model years.

use serde_json::{Value, json};

use crate::testing::{TestApp, on_every_engine};

on_every_engine![
    a_european_vin_has_year_candidates_but_no_year,
    a_year_in_the_query_resolves_an_ambiguity,
    a_correct_foreign_vin_has_no_errors,
    unmatched_values_of_a_foreign_vin_are_omitted,
    trailers_and_heavy_trucks_have_two_year_candidates,
    a_scanned_vin_is_accepted,
    a_displacement_is_rounded_to_three_decimals,
    a_cached_result_of_an_earlier_version_is_not_used,
    the_form_offers_ambiguous_years_and_fills_in_none,
    the_vin_page_links_to_every_possible_year,
];

const AUDI: &str = "WAUZZZ8K9DA123456";
const MERCEDES: &str = "W1K2130161A123456";
const TRAILER: &str = "1JJV532D1CL012345";

async fn decode(app: &TestApp, vin: &str) -> Value {
    let answer = app.get(&format!("/api/vin/{vin}")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body
}

/// The members about the model year and the standard.
fn year_members(body: &Value) -> (&Value, &Value, &Value, &Value) {
    (&body["year"], &body["yearSettled"], &body["yearCandidates"], &body["form"])
}

async fn a_european_vin_has_year_candidates_but_no_year(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    for (vin, candidates, form) in [
        (AUDI, json!([2013, 1983]), "eu"),
        ("WF05XXGCC5DS12345", json!([2013, 1983]), "eu"),
        (MERCEDES, json!([]), "eu"),
        ("WVWZZZ1JZXW000001", json!([1999]), "eu"),
        ("LVSHCAMB1CE012345", json!([2012, 1982]), "other"),
    ] {
        // The second answer comes from the cache.
        for _ in 0..2 {
            let body = decode(&ann, vin).await;
            let expected = (&json!(null), &json!(false), &candidates, &json!(form));
            assert_eq!(year_members(&body), expected, "{vin}");
        }
    }
    let body = decode(&ann, "1HGCM82633A004352").await;
    assert_eq!(year_members(&body), (&json!(2003), &json!(true), &json!([2003]), &json!("us")));
}

async fn a_year_in_the_query_resolves_an_ambiguity(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    for (vin, year, shown, settled) in [
        (AUDI, 2013, json!(2013), true),
        (AUDI, 1983, json!(1983), true),
        (AUDI, 2005, json!(null), false),
        (MERCEDES, 2021, json!(2021), true),
        (TRAILER, 1982, json!(1982), true),
        ("1HGCM82633A004352", 2003, json!(2003), true),
        ("1HGCM82633A004352", 2013, json!(2003), true),
    ] {
        let body = decode(&ann, &format!("{vin}?year={year}")).await;
        assert_eq!(
            (&body["year"], &body["yearSettled"]),
            (&shown, &json!(settled)),
            "{vin} {year}"
        );
        let problems = body["problems"].as_array().unwrap();
        let contradicts = problems.iter().any(|it| it["code"] == 12);
        assert_eq!(contradicts, shown != json!(year), "{vin} {year}: {problems:?}");
    }
    // A result for a given year isn't cached.
    assert_eq!(decode(&ann, AUDI).await["year"], json!(null));
    for year in ["1800", "x", "2500"] {
        assert_eq!(ann.get(&format!("/api/vin/{AUDI}?year={year}")).await.status, 422, "{year}");
    }
}

/// Correct European VINs, of manufacturers that NHTSA knows and of others.
const CORRECT_FOREIGN: [&str; 12] = [
    AUDI,
    MERCEDES,
    "WVWZZZ1KZCW123456",
    "TMBJJ7NE0D0123456",
    "VSSZZZ5FZER123456",
    "WBA3D31000J123456",
    "WF05XXGCC5DS12345",
    "VF1BZ0B0H48123456",
    "VF33CRHYB83123456",
    "ZFA31200000123456",
    "YV1MW765BC2123456",
    "VNKKTUD320A012345",
];

async fn a_correct_foreign_vin_has_no_errors(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    for vin in CORRECT_FOREIGN {
        let body = decode(&ann, vin).await;
        assert_eq!(body["valid"], true, "{vin}");
        assert_eq!(body["suggestions"], json!([]), "{vin}");
        let problems = body["problems"].to_string();
        let page = ann.get(&format!("/vin?vin={vin}")).await.text().to_owned();
        let card = ann.get(&format!("/vin/card?vin={vin}")).await.text().to_owned();
        for text in [&problems, &page, &card] {
            for wrong in ["error", "not registered", "does not calculate", "Invalid", "doubtful"] {
                assert!(!text.contains(wrong), "{vin}: {wrong} in {text}");
            }
        }
        assert!(!card.contains("vin-problem"), "{vin}: {card}");
    }
    // A wrong North American VIN has errors.
    let body = decode(&ann, "1HGCM82643A004352").await;
    assert!(body["problems"][0]["detail"].as_str().unwrap().contains("does not calculate"));
    // So does a clean VIN with a typo, wherever the vehicle was built.
    let body = decode(&ann, "WBA3A5C51CF256651").await;
    assert_eq!(body["problems"][0]["code"], 1, "{body}");
}

async fn unmatched_values_of_a_foreign_vin_are_omitted(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    // NHTSA's procedure decodes this 2013 Jaguar as a 1983 XJ6.
    let body = decode(&ann, "SAJAA05M8DPS12345").await;
    assert_eq!((&body["make"], &body["model"]), (&json!("Jaguar"), &json!(null)), "{body}");
    assert_eq!(body["attributes"]["Model"], "XJ6", "NHTSA's own value is unchanged");
    let page = ann.get("/vin?vin=SAJAA05M8DPS12345").await;
    assert!(!page.text().contains("XJ6"), "{page:?}");
    let added = ann.post("/api/vehicles", json!({ "vin": "SAJAA05M8DPS12345" })).await;
    assert_eq!((added.status, &added.body["model"]), (201, &json!(null)));
}

async fn trailers_and_heavy_trucks_have_two_year_candidates(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    for (pattern, candidates) in
        [("1JJV532D?CL012345", json!([2012, 1982])), ("1M2AX07C?EM012345", json!([2014, 1984]))]
    {
        let digit = vpic::check_digit(pattern).expected;
        let digit = digit.or_else(|| vpic::check_digit(&pattern.replace('?', "0")).expected);
        let vin = pattern.replace('?', &digit.unwrap().to_string());
        let body = decode(&ann, &vin).await;
        let expected = (&json!(null), &json!(false), &candidates, &json!("us"));
        assert_eq!(year_members(&body), expected, "{vin}");
        let added = ann.post("/api/vehicles", json!({ "vin": vin })).await;
        assert_eq!((added.status, &added.body["year"]), (201, &json!(null)), "{added:?}");
    }
}

async fn a_scanned_vin_is_accepted(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    for typed in [
        "I1HGCM82633A004352",
        "*1HGCM82633A004352*",
        "1HG-CM826-33A-004352",
        "1HG%20CM826%2033A%20004352",
        "VIN:1HGCM82633A004352",
        "vin%3A%20*I1HGCM82633A004352*",
    ] {
        assert_eq!(decode(&ann, typed).await["vin"], "1HGCM82633A004352", "{typed}");
        let card = ann.get(&format!("/vin/card?vin={typed}")).await;
        assert!(card.text().contains("2003 Honda Accord"), "{typed}: {card:?}");
    }
}

async fn a_displacement_is_rounded_to_three_decimals(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let body = decode(&ann, "1HGCM82633A004352").await;
    assert_eq!(body["displacementL"].to_string(), "2.999");
    assert_eq!(
        body["attributes"]["DisplacementL"], "2.998832712",
        "NHTSA's own value is unchanged"
    );
}

async fn a_cached_result_of_an_earlier_version_is_not_used(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let current = decode(&ann, AUDI).await;
    let mut earlier = current.clone();
    for member in ["yearSettled", "yearCandidates", "form"] {
        earlier.as_object_mut().unwrap().remove(member);
    }
    earlier["year"] = json!(1983);
    let key = format!("vpic:vin:{AUDI}");
    let cache = &app.app.cache;
    cache.invalidate(&key).await;
    let lifetime = std::time::Duration::from_mins(5);
    let put = || async { Ok(bytes::Bytes::from(earlier.to_string())) };
    cache.get_or_compute(&key, lifetime, put).await.unwrap();
    assert_eq!(decode(&ann, AUDI).await["year"], json!(null));
}

async fn the_form_offers_ambiguous_years_and_fills_in_none(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let page = ann.get(&format!("/vehicles/new?vin={AUDI}&nickname=Mine")).await;
    let page = page.text();
    for part in [
        r#"name="year" type="text" value="""#,
        r#"name="make" type="text" value="Audi""#,
        r#"<button class="button" name="year" value="2013""#,
        r#"<button class="button" name="year" value="1983""#,
    ] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
    // Without JavaScript, the button submits the whole form with its year.
    let page = ann.get(&format!("/vehicles/new?vin={AUDI}&year=&nickname=Mine&year=2013")).await;
    let page = page.text();
    assert!(page.contains(r#"name="year" type="text" value="2013""#), "{page}");
    assert!(page.contains(r#"value="Mine""#) && !page.contains("Which model year"), "{page}");
    // The script fills in only the values of the card, which has no year.
    let card = ann.get(&format!("/vin/card?vin={AUDI}")).await;
    assert!(!card.text().contains("data-year=") && card.text().contains("data-make="), "{card:?}");
}

async fn the_vin_page_links_to_every_possible_year(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let page = ann.get(&format!("/vin?vin={AUDI}")).await;
    let link = format!(r#"href="/vin?vin={AUDI}&amp;year=2013""#);
    assert!(page.text().contains(&link), "{page:?}");
    assert!(!page.text().contains("Model Year</th>"), "{page:?}");
    let page = ann.get(&format!("/vin?vin={AUDI}&year=2013")).await;
    assert!(page.text().contains("2013 Audi"), "{page:?}");
}
