//! The types of fields and how each is read.

mod change;
mod text;
mod values;

use chrono::NaiveDate;
use schemars::{Schema, json_schema};
use serde_json::{Map, Value, json};

pub use change::{Change, Clearable};
pub use text::{LongText, Text};
pub use values::{ModelYear, Odometer};
pub(super) use values::{calendar_day, day, whole_number};

use self::text::{LINE, SOME_LINE, is_blank_text, pattern};
use super::{FieldValue, reader::camel_case};
use crate::{locale::Message, t};

/// A value that can be read from a field.
pub trait Field: Sized {
    /// Whether it is a text: if optional, a blank text means no value.
    const IS_TEXT: bool = false;

    /// Reads the value. Dates are checked against `today`.
    ///
    /// # Errors
    /// What is wrong, as the end of a sentence that starts with the field's name.
    fn read(given: &FieldValue, today: NaiveDate) -> Result<Self, Message>;

    /// Its JSON schema.
    fn schema() -> Schema;
}

/// A member of an input: a required [`Field`], an `Option` of one, or a change to one.
pub trait Member: Sized {
    /// Whether it is required.
    const REQUIRED: bool = false;

    /// Reads the value from the field, if present.
    ///
    /// # Errors
    /// As [`Field::read`].
    fn read(given: Option<&FieldValue>, today: NaiveDate) -> Result<Self, Message>;

    /// Its JSON schema.
    fn schema() -> Schema;
}

impl<T: Field> Member for T {
    const REQUIRED: bool = true;

    fn read(given: Option<&FieldValue>, today: NaiveDate) -> Result<Self, Message> {
        match given {
            None | Some(FieldValue::Null) => Err(t!("core-field-required")),
            Some(given) => T::read(given, today),
        }
    }

    fn schema() -> Schema {
        T::schema()
    }
}

/// An optional member.
impl<T: Field> Member for Option<T> {
    fn read(given: Option<&FieldValue>, today: NaiveDate) -> Result<Self, Message> {
        match given {
            None | Some(FieldValue::Null) => Ok(None),
            Some(FieldValue::Text(text) | FieldValue::Typed(text))
                if T::IS_TEXT && is_blank_text(text) =>
            {
                Ok(None)
            }
            Some(given) => T::read(given, today).map(Some),
        }
    }

    fn schema() -> Schema {
        nullable::<T>()
    }
}

fn nullable<T: Field>() -> Schema {
    let mut value = T::schema().to_value();
    if let Some(members) = value.as_object_mut().filter(|_| T::IS_TEXT) {
        // If it is optional, a blank text means no value.
        members.remove("minLength");
        if members.get("pattern").is_some_and(|it| *it == pattern(SOME_LINE)) {
            members.insert("pattern".to_owned(), json!(pattern(LINE)));
        }
    }
    if let Some(choices) = value.get_mut("enum").and_then(Value::as_array_mut) {
        choices.push(Value::Null);
    }
    match value.get_mut("type") {
        Some(Value::Array(types)) => types.push(json!("null")),
        Some(one) => *one = json!([one.take(), "null"]),
        None => value = json!({ "anyOf": [value, { "type": "null" }] }),
    }
    value.try_into().unwrap_or_default()
}

/// The schema of an input, from its description and, for each member, its name, description, schema
/// and whether it is required.
#[must_use]
pub fn schema_of(about: &str, members: &[(&str, &str, Schema, bool)]) -> Schema {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for (name, doc, schema, is_required) in members {
        let name = camel_case(name);
        let mut schema = schema.clone().to_value();
        schema["description"] = json!(doc.trim());
        if *is_required {
            required.push(json!(name));
        }
        properties.insert(name, schema);
    }
    json_schema!({
        "type": "object",
        "description": about.trim(),
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}
