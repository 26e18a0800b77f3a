//! What follows from the definition of a record.

use chrono::NaiveDate;
use serde_json::{Value, json};

use super::{Record, camel_case};
use crate::{
    const_text,
    input::{Clearable, Input, LongText, Reader, Text},
    record, select,
};

record! {
    /// A sample.
    #[derive(Debug, Clone, PartialEq)]
    struct Sample {
        /// The number.
        id: i32 { start id; once id; }
        /// The name.
        r#type: String { column r#type; input required Text<5>, new "The name, once"; }
        /// The notes.
        free_notes: Option<String> { column free_notes; input optional LongText; }
        /// Whether it is big.
        is_big: bool { column is_big; input default bool = true; }
        /// The size.
        size: (i64, i64) {
            column width = sample.size.0, height = sample.size.1 => (width, height);
            write area = sample.size.0 * sample.size.1;
            given optional Text<9>;
        }
    }
    table "samples" of user by id as sample;
    form(pub(super)) { is_big "core-optional", free_notes "core-optional", }
    new {
        /// A new sample
        struct NewSample(id: i32) {
            /// Whether to confirm
            confirm: Option<bool>,
        }
        requires any "type", "freeNotes";
    }
    change {
        /// Changes to a sample
        struct SampleChange {}
    }
}

record! {
    /// A record of no user.
    #[derive(Debug, PartialEq)]
    struct Shared {
        id: i32 { once id; }
        name: String { column name; }
    }
    table "shared" by id as shared;
    on conflict "DO NOTHING";
}

record! {
    /// A record with one row for each user.
    #[derive(Debug, PartialEq)]
    struct Single {
        theme: Option<String> { column theme; }
    }
    table "single" of user as single;
}

fn read<T: Input>(body: &Value) -> T {
    let today = NaiveDate::default();
    T::read(Reader::json(body.to_string().as_bytes(), today).unwrap()).ok().unwrap()
}

#[test]
fn statements_name_the_user_and_number_the_values_like_the_columns() {
    assert_eq!(
        Sample::INSERT,
        "INSERT INTO samples (user_id, id, type, free_notes, is_big, width, height, area) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
    );
    assert_eq!(
        Sample::UPDATE,
        "UPDATE samples SET type = $3, free_notes = $4, is_big = $5, width = $6, height = $7, \
         area = $8 WHERE user_id = $1 AND id = $2"
    );
    assert_eq!(
        Shared::INSERT,
        "INSERT INTO shared (id, name) VALUES ($1, $2) ON CONFLICT DO NOTHING"
    );
    assert_eq!(Shared::UPDATE, "UPDATE shared SET name = $2 WHERE id = $1");
    assert_eq!(Single::UPDATE, "UPDATE single SET theme = $2 WHERE user_id = $1");
}

#[test]
fn a_statement_that_reads_records_names_every_column_once() {
    assert_eq!(
        select!(Sample: "SELECT {s.*}, 1 FROM samples s"),
        "SELECT s.id, s.type, s.free_notes, s.is_big, s.width, s.height, 1 FROM samples s"
    );
    assert_eq!(select!(Shared: "SELECT {*} FROM shared"), "SELECT id, name FROM shared");
}

#[test]
fn a_statement_for_several_tables_names_what_differs() {
    assert_eq!(
        select!(
            Shared: "SELECT {s.*}, {date} FROM {table} s ORDER BY {date}",
            table = "shared",
            date = "s.\"at\"",
        ),
        "SELECT s.id, s.name, s.\"at\" FROM shared s ORDER BY s.\"at\""
    );
    assert_eq!(select!(Shared: "DELETE FROM {table}", table = "shared"), "DELETE FROM shared");
}

#[test]
fn placeholders_have_as_many_digits_as_they_need() {
    let insert = const_text!(super::insert("t", "", &["c"; 101], ""));
    assert!(insert.contains("$9, $10, $11") && insert.ends_with("$99, $100, $101)"), "{insert}");
}

#[test]
fn a_request_becomes_a_record() {
    let new: NewSample = read(&json!({ "type": " a ", "freeNotes": "b", "confirm": true }));
    assert_eq!(new.confirm, Some(true));
    let record = new.into_record(7);
    let expected = Sample {
        id: 7,
        r#type: "a".to_owned(),
        free_notes: Some("b".to_owned()),
        is_big: true,
        size: (0, 0),
    };
    assert_eq!(record, expected);
    let new: NewSample = read(&json!({ "type": "a", "isBig": false, "size": "3x4" }));
    assert_eq!(new.size, Some(Text("3x4".to_owned())));
    let record = new.into_record(7);
    assert_eq!((record.is_big, record.size), (false, (0, 0)));
}

#[test]
fn a_merge_patch_changes_what_it_contains() {
    let new: NewSample = read(&json!({ "type": "a", "freeNotes": "b" }));
    let mut record = new.into_record(7);
    let before = record.clone();
    let change: SampleChange = read(&json!({ "size": "3x4" }));
    assert_eq!(change.size, Clearable::Set(Text("3x4".to_owned())));
    change.apply_to(&mut record);
    assert_eq!(record, before);
    read::<SampleChange>(&json!({ "freeNotes": null, "isBig": false })).apply_to(&mut record);
    assert_eq!(record, Sample { free_notes: None, is_big: false, ..before });
}

#[test]
fn a_description_is_the_members_unless_the_request_has_its_own() {
    let description = |schema: schemars::Schema, name: &str| {
        schema.as_value()["properties"][name]["description"].clone()
    };
    let new = || schemars::SchemaGenerator::default().into_root_schema_for::<NewSample>();
    let change = schemars::SchemaGenerator::default().into_root_schema_for::<SampleChange>();
    assert_eq!(description(new(), "type"), "The name, once");
    assert_eq!(description(new(), "freeNotes"), "The notes");
    assert_eq!(description(new(), "confirm"), "Whether to confirm");
    assert_eq!(description(change, "type"), "The name");
}

#[test]
fn a_form_has_its_own_order() {
    assert_eq!(Sample::LABELS.iter().map(|it| it.0).collect::<Vec<_>>(), ["isBig", "freeNotes"]);
    let new: NewSample = read(&json!({ "type": "a", "freeNotes": "b" }));
    let fields = new.into_record(7).form_fields();
    assert_eq!(fields, [("isBig", "true".to_owned()), ("freeNotes", "b".to_owned())]);
    assert_eq!(const_text!(camel_case("r#type")), "type");
}
