//! Values that look wrong and were confirmed.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use schemars::{JsonSchema, Schema, json_schema};
use serde::Serialize;

use super::{Field, Given};

/// The most pointers that one request may confirm.
const MOST: usize = 50;

/// The JSON pointers of the members that a client confirms although they look wrong: `"confirm":
/// ["/odometer"]`, or the fields named `confirm` of a form.
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
    fn read(given: &Given, _: NaiveDate) -> Result<Self, String> {
        let wrong = || "must be a list of JSON pointers, such as [\"/vin\"]".to_owned();
        let pointers: BTreeSet<String> = match given {
            Given::Nested(text) => serde_json::from_str(text).map_err(|_| wrong())?,
            // The form's fields of this name, joined by spaces.
            Given::Typed(text) => text.split_whitespace().map(str::to_owned).collect(),
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

/// The JSON pointers of a record's members that looked wrong and were confirmed. A column has them with
/// blanks between.
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

    /// Removes the member `name`: what replaces a value isn't confirmed.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|it| it.trim_start_matches('/') != name);
    }

    /// As the column has them; NULL where there are none.
    #[must_use]
    pub fn column(&self) -> Option<String> {
        (!self.0.is_empty()).then(|| self.0.join(" "))
    }
}

impl From<Option<String>> for Pointers {
    fn from(column: Option<String>) -> Self {
        Self(column.unwrap_or_default().split_whitespace().map(str::to_owned).collect())
    }
}
