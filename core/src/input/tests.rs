//! The reader accepts what the schema describes.

use chrono::NaiveDate;
use serde_json::{Value, json};

use super::{Clearable, Input, LongText, Odometer, Reader, Text};
use crate::{db::fixed::Fixed, input};

input! {
    /// One of each type
    struct Sample {
        /// A required text
        name: Text<5>,
        /// An optional text
        nickname: Option<Text<5>>,
        /// Several lines
        notes: Clearable<LongText>,
        /// A number
        reading: Option<Odometer>,
        /// A decimal
        price: Option<Fixed<6, 3>>,
    }
}

fn today() -> NaiveDate {
    "2026-01-31".parse().unwrap()
}

fn errors(read: Result<Sample, Vec<crate::error::FieldError>>) -> Vec<String> {
    let errors = read.err().unwrap_or_default();
    errors.into_iter().map(|it| format!("{}: {}", it.pointer, it.detail)).collect()
}

fn json_errors(body: &Value) -> Vec<String> {
    errors(Sample::read(Reader::json(body.to_string().as_bytes(), today()).unwrap()))
}

#[test]
fn a_blank_text_means_no_value_only_for_texts() {
    let blank = r#"{ "name": "a", "nickname": " ", "notes": "", "reading": null }"#;
    let read = Sample::read(Reader::json(blank.as_bytes(), today()).unwrap()).unwrap();
    assert_eq!((read.name.0.as_str(), read.nickname, read.reading), ("a", None, None));
    assert_eq!((read.notes, read.price), (Clearable::Clear, None));
    assert_eq!(json_errors(&json!({ "name": " " })), ["/name: is empty"]);
    assert_eq!(
        json_errors(&json!({ "name": "a", "reading": "", "price": "" })),
        ["/reading: must be a whole number", "/price: must be a number"]
    );
    assert_eq!(
        errors(Sample::read(Reader::query("name=a&nickname=&reading=", today()))),
        ["/reading: is empty: enter a number"]
    );
    // A form sends all of its fields, filled in or not.
    let form = [("name", "a"), ("reading", ""), ("price", "")];
    let form = form.map(|(name, text)| (name.to_owned(), text.to_owned()));
    assert!(Sample::read(Reader::form(form, today())).is_ok());
}

#[test]
fn only_forms_accept_numbers_with_separators() {
    let form = |reading: &str, price: &str| {
        let form = [("name", "a"), ("reading", reading), ("price", price)];
        let form = form.map(|(name, text)| (name.to_owned(), text.to_owned()));
        Sample::read(Reader::form(form, today()))
    };
    for (reading, price) in [("84,210", "3,499"), ("84.210", "3.499"), ("84 210", " 3.4990")] {
        let read = form(reading, price).unwrap();
        assert_eq!(read.reading, Some(Odometer(84_210)), "{reading}");
        assert_eq!(read.price, Fixed::parse("3.499").ok(), "{price}");
    }
    for typed in ["12,3,4", "40,5.1", "40'5", "4e1", "-4", "$4"] {
        assert_eq!(errors(form(typed, typed)).len(), 2, "{typed}");
    }
    for typed in ["84,210", "84 210", "3,499"] {
        assert_eq!(
            json_errors(&json!({ "name": "a", "price": typed })),
            ["/price: must be a number"]
        );
    }
}

#[test]
fn control_characters_are_rejected_even_at_the_ends() {
    for text in ["\ta", "a\n", "a\u{85}", "\u{0}"] {
        assert_eq!(
            json_errors(&json!({ "name": text })),
            ["/name: contains a control character"],
            "{text:?}"
        );
    }
}

#[test]
fn invisible_characters_are_rejected() {
    for (text, description) in [
        ("a\u{200b}", "U+200B (zero-width space), after “a”"),
        ("\u{202e}a", "U+202E (bidirectional control), at the beginning"),
        ("\u{feff}", "U+FEFF (zero-width no-break space), at the beginning"),
        ("a\u{200d}", "U+200D (joiner), after “a”"),
    ] {
        for member in ["name", "nickname", "notes"] {
            let mut body = json!({ "name": "a" });
            body[member] = json!(text);
            let expected =
                format!("/{member}: contains an invisible character, {description}: remove it");
            assert_eq!(json_errors(&body), [expected], "{text:?}");
        }
    }
    let blank = json!({ "name": "\u{3164}", "notes": "\u{2800}" });
    let only = "contains only invisible characters: enter at least one visible character";
    assert_eq!(json_errors(&blank), [format!("/name: {only}"), format!("/notes: {only}")]);
    let emoji = json!({ "name": "👩\u{200d}💻", "notes": "می\u{200c}خواهم" });
    assert_eq!(json_errors(&emoji), [""; 0]);
}

#[test]
fn the_schema_matches_the_reader() {
    let schema = schemars::SchemaGenerator::default().into_root_schema_for::<Sample>();
    let member = |name: &str| schema.as_value()["properties"][name].clone();
    assert_eq!(member("name")["minLength"], 1);
    assert_eq!(member("nickname")["minLength"], Value::Null);
    assert_ne!(member("name")["pattern"], member("nickname")["pattern"]);
    assert_eq!(member("price")["multipleOf"], json!(0.001));
    assert_eq!(member("price")["maximum"], json!(999.999));
    assert_eq!(member("price")["pattern"], "^0*[0-9]{1,3}(\\.[0-9]{1,3})?$");
}

input! {
    /// Alternatives
    struct Either {
        /// The first
        first: Option<Odometer>,
        /// The second
        second: Option<Text<5>>,
    }
    requires any "first", "second" => "core-field-unknown";
}

#[test]
fn if_no_alternative_is_present_the_first_is_missing() {
    let errors = |body: Value| {
        let read = Either::read(Reader::json(body.to_string().as_bytes(), today()).unwrap());
        let read = read.map(|it| assert!(it.first.is_some() || it.second.is_some()));
        let errors = read.err().unwrap_or_default();
        errors.into_iter().map(|it| format!("{}: {}", it.pointer, it.detail)).collect::<Vec<_>>()
    };
    for nothing in [json!({}), json!({ "first": null, "second": " " }), json!({ "first": "" })] {
        assert_eq!(errors(nothing.clone()), ["/first: is unknown"], "{nothing}");
    }
    for one in [json!({ "first": 1 }), json!({ "second": "a" })] {
        assert_eq!(errors(one.clone()), [""; 0], "{one}");
    }
    assert_eq!(errors(json!({ "second": 7 })), ["/second: must be a string"]);
    assert_eq!(errors(json!({ "third": 7 })), ["/first: is unknown", "/third: is unknown"]);
}

#[test]
fn the_schema_of_an_optional_enum_includes_null() {
    use super::Member as _;
    use crate::units::DistanceUnit;

    let listed = |schema: schemars::Schema| schema.to_value()["enum"].clone();
    assert_eq!(listed(DistanceUnit::schema()), json!(["mi", "km"]));
    let nullable = [Option::<DistanceUnit>::schema(), Clearable::<DistanceUnit>::schema()];
    for schema in nullable {
        assert_eq!(listed(schema), json!(["mi", "km", null]));
    }
}

#[test]
fn blank_texts_mean_no_value_but_control_characters_are_rejected() {
    use super::Member as _;
    let read = |text: &str| {
        let given = super::FieldValue::Text(text.to_owned());
        Option::<LongText>::read(Some(&given), today()).map(|it| it.is_some())
    };
    for blank in ["", "  ", "\t\n", "\r\n \r\n"] {
        assert_eq!(read(blank), Ok(false), "{blank:?}");
    }
    assert!(read("\r").is_err());
    assert!(read(&" \u{b}".repeat(3)).is_err());
}
