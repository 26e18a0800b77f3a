//! Confirmed values: values that look wrong but are right.

use crate::{locale::Message, t};
use std::collections::BTreeSet;

use chrono::NaiveDate;
use schemars::{JsonSchema, Schema, json_schema};
use serde::Serialize;

use super::{Field, FieldValue};

/// The maximum number of pointers in one request.
const MOST: usize = 50;

/// The JSON pointers of the members that a client confirms although they look wrong: `"confirm":
/// ["/odometer"]`, or the form fields named `confirm`.
///
/// Confirming a member that does not look wrong is not an error.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Confirmed(BTreeSet<String>);

impl Confirmed {
    /// Whether the member `name` (`odometer`, without the slash) is confirmed.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|it| it.trim_start_matches('/') == name)
    }
}

impl Field for Confirmed {
    fn read(given: &FieldValue, _: NaiveDate) -> Result<Self, Message> {
        let wrong = || t!("core-field-pointers");
        let pointers: BTreeSet<String> = match given {
            FieldValue::Nested(text) => serde_json::from_str(text).map_err(|_| wrong())?,
            // The form fields of this name, joined by spaces.
            FieldValue::Typed(text) => text.split_whitespace().map(str::to_owned).collect(),
            _ => return Err(wrong()),
        };
        if pointers.len() > MOST { Err(wrong()) } else { Ok(Self(pointers)) }
    }

    fn schema() -> Schema {
        json_schema!({
            "type": "array", "items": { "type": "string" }, "maxItems": MOST,
            "examples": [["/odometerReading"]],
        })
    }
}

/// The JSON pointers of a record's members that looked wrong and were confirmed. The column stores
/// them separated by spaces.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct Pointers(Vec<String>);

impl Pointers {
    /// Whether the member `name` was confirmed.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|it| it.trim_start_matches('/') == name)
    }

    /// Adds the member `name`.
    pub fn add(&mut self, name: &str) {
        if !self.has(name) {
            self.0.push(format!("/{name}"));
        }
    }

    /// Removes the member `name`: its new value is not confirmed.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|it| it.trim_start_matches('/') != name);
    }

    /// The column's value; `NULL` if there are none.
    #[must_use]
    pub fn column(&self) -> Option<String> {
        (!self.0.is_empty()).then(|| self.0.join(" "))
    }
}

impl From<Option<&str>> for Pointers {
    fn from(column: Option<&str>) -> Self {
        Self(column.unwrap_or_default().split_whitespace().map(str::to_owned).collect())
    }
}
