//! Reads the fields of one request and collects their errors.

use crate::t;
use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::Member;
use crate::{Error, Result, error::FieldError, locale::Message};

/// The value of a field as the client sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldValue {
    /// JSON's `null`, or an empty form field.
    Null,
    /// JSON's `true` or `false`.
    Bool(bool),
    /// The text of a JSON number.
    Number(String),
    /// A JSON string.
    Text(String),
    /// A form field: a text, a number or a checkbox.
    Typed(String),
    /// The text of a JSON array or object.
    Nested(String),
    /// A number and its unit from the form fields `name` and `nameUnit`.
    Measured {
        /// The number as typed.
        value: String,
        /// The unit's code.
        unit: String,
    },
}

/// The fields of one request.
#[derive(Debug)]
pub struct Reader {
    fields: BTreeMap<String, FieldValue>,
    /// Today in UTC, which dates are checked against.
    today: NaiveDate,
    errors: Vec<FieldError>,
    /// A required member that is absent and the ID of its error message, until that member is read.
    missing: Option<(String, &'static str)>,
}

impl Reader {
    /// Creates a reader of a JSON object's members.
    ///
    /// # Errors
    /// `Malformed` if it is not JSON, `Invalid` if it is not an object.
    pub fn json(body: &[u8], today: NaiveDate) -> Result<Self> {
        let raw: &RawValue = serde_json::from_slice(body).map_err(|error| {
            Error::Malformed(t!("core-body-not-json", error = error.to_string()))
        })?;
        if !raw.get().starts_with('{') {
            return Err(Error::invalid("", t!("core-field-object")));
        }
        let Members(members) = serde_json::from_str(raw.get()).map_err(|error| {
            Error::Malformed(t!("core-body-not-json", error = error.to_string()))
        })?;
        let given = |raw: &RawValue| match raw.get().as_bytes().first() {
            Some(b'n') => FieldValue::Null,
            Some(b't') => FieldValue::Bool(true),
            Some(b'f') => FieldValue::Bool(false),
            // A string with a lone surrogate is an invalid field, not an invalid body.
            Some(b'"') => serde_json::from_str(raw.get())
                .map_or_else(|_| FieldValue::Nested(raw.get().to_owned()), FieldValue::Text),
            Some(b'[' | b'{') => FieldValue::Nested(raw.get().to_owned()),
            _ => FieldValue::Number(raw.get().to_owned()),
        };
        let members = members.into_iter().map(|(name, raw)| (name, given(raw)));
        Ok(Self::from_unique_fields(members, today))
    }

    /// Creates a reader of a query string's parameters.
    #[must_use]
    pub fn query(query: &str, today: NaiveDate) -> Self {
        let fields = url::form_urlencoded::parse(query.as_bytes()).into_owned();
        Self::from_unique_fields(fields.map(|(name, text)| (name, FieldValue::Typed(text))), today)
    }

    /// Rejects fields that appear more than once: it is not clear which value is meant.
    fn from_unique_fields(
        given: impl Iterator<Item = (String, FieldValue)>,
        today: NaiveDate,
    ) -> Self {
        let (mut fields, mut errors) = (BTreeMap::new(), Vec::new());
        for (name, given) in given {
            if fields.insert(name.clone(), given).is_some() {
                errors.push(FieldError::at(&name, t!("core-field-twice")));
            }
        }
        Self { fields, today, errors, missing: None }
    }

    /// Creates a reader of a form's fields (`application/x-www-form-urlencoded`). If a name appears
    /// more than once, the last value counts, so that a hidden field can be the value of an
    /// unchecked checkbox.
    ///
    /// The fields `odometer` and `odometerUnit` together are one quantity with its unit.
    #[must_use]
    pub fn form(fields: impl IntoIterator<Item = (String, String)>, today: NaiveDate) -> Self {
        let mut texts: BTreeMap<String, String> = fields.into_iter().collect();
        let measured = |name: &String| {
            name.strip_suffix("Unit").filter(|base| texts.contains_key(*base)).map(str::to_owned)
        };
        let bases: Vec<String> = texts.keys().filter_map(measured).collect();
        let mut fields = BTreeMap::new();
        for base in bases {
            let unit = texts.remove(&format!("{base}Unit")).unwrap_or_default();
            let value = texts.remove(&base).unwrap_or_default();
            let is_empty = value.trim().is_empty();
            let given =
                if is_empty { FieldValue::Null } else { FieldValue::Measured { value, unit } };
            fields.insert(base, given);
        }
        fields.extend(texts.into_iter().map(|(name, text)| (name, typed(text))));
        Self { fields, today, errors: Vec::new(), missing: None }
    }

    /// Today in UTC.
    #[must_use]
    pub fn today(&self) -> NaiveDate {
        self.today
    }

    /// Requires one of these members, given by their names in JSON. If all are absent or blank, the
    /// first is reported as missing, with the message that has the ID `why`.
    pub fn require_any(&mut self, names: &[&str], why: &'static str) {
        let is_given = |name: &&str| match self.fields.get(*name) {
            None | Some(FieldValue::Null) => false,
            Some(FieldValue::Text(text) | FieldValue::Typed(text)) => !text.trim().is_empty(),
            Some(_) => true,
        };
        if let Some(first) = names.first().filter(|_| !names.iter().any(is_given)) {
            self.missing = Some(((*first).to_owned(), why));
        }
    }

    /// Reads the member `name`, given in snake case.
    pub fn member<T: Member>(&mut self, name: &str) -> Option<T> {
        let name = camel_case(name);
        let given = self.fields.remove(&name);
        if let Some((_, why)) = self.missing.take_if(|it| it.0 == name) {
            self.errors.push(FieldError::at(&name, Message::plain(why)));
            return None;
        }
        T::read(given.as_ref(), self.today)
            .map_err(|detail| self.errors.push(FieldError::at(&name, detail)))
            .ok()
    }

    /// Finishes reading.
    ///
    /// # Errors
    /// All errors found, including every unknown field.
    pub fn finish(mut self) -> Result<(), Vec<FieldError>> {
        for name in self.fields.into_keys() {
            self.errors.push(FieldError::at(&name, t!("core-field-unknown")));
        }
        if self.errors.is_empty() { Ok(()) } else { Err(self.errors) }
    }
}

/// The value of a form field.
fn typed(text: String) -> FieldValue {
    if text.trim().is_empty() { FieldValue::Null } else { FieldValue::Typed(text) }
}

/// A JSON object's members in order, including duplicates.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each;

        impl<'de> Visitor<'de> for Each {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(members)
            }
        }

        deserializer.deserialize_map(Each).map(Self)
    }
}

/// `odometer_reading` → `odometerReading`.
pub(super) fn camel_case(name: &str) -> String {
    // A member whose name is a Rust keyword.
    let mut words = name.trim_start_matches("r#").split('_');
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        let (first, rest) = word.split_at(word.len().min(1));
        camel.push_str(&first.to_ascii_uppercase());
        camel.push_str(rest);
    }
    camel
}
