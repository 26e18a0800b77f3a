//! One request's fields, and what is wrong with them.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::Member;
use crate::core::{Error, Result, error::Fault};

/// A field as the client gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// JSON's `null`, or an empty field of a form.
    Null,
    /// JSON's `true` or `false`.
    Bool(bool),
    /// A JSON number's own text.
    Number(String),
    /// A JSON string.
    Text(String),
    /// A form's field, which may stand for a text, a number or a yes.
    Typed(String),
    /// A JSON array's or object's own text.
    Nested(String),
    /// A form's number and its unit, from the fields `name` and `nameUnit`.
    Measured {
        /// The number as typed.
        value: String,
        /// The unit's code.
        unit: String,
    },
}

/// The fields of one request, taken one by one.
#[derive(Debug)]
pub struct Reader {
    fields: BTreeMap<String, Given>,
    /// Today in UTC: what dates are held against.
    today: NaiveDate,
    faults: Vec<Fault>,
    /// A required member that is absent, and how to report it, until the reader gets to it.
    missing: Option<(String, &'static str)>,
}

impl Reader {
    /// The members of a JSON object.
    ///
    /// # Errors
    /// Malformed where it is not JSON, Invalid where it is no object.
    pub fn json(body: &[u8], today: NaiveDate) -> Result<Self> {
        let raw: &RawValue = serde_json::from_slice(body)
            .map_err(|error| Error::Malformed(format!("the body is not JSON: {error}")))?;
        if !raw.get().starts_with('{') {
            return Err(Error::invalid("", "the body has to be a JSON object"));
        }
        let Members(members) = serde_json::from_str(raw.get())
            .map_err(|error| Error::Malformed(format!("the body is not JSON: {error}")))?;
        let given = |raw: &RawValue| match raw.get().as_bytes().first() {
            Some(b'n') => Given::Null,
            Some(b't') => Given::Bool(true),
            Some(b'f') => Given::Bool(false),
            // A lone surrogate has no place in a text; its field is then at fault, not the body.
            Some(b'"') => serde_json::from_str(raw.get())
                .map_or_else(|_| Given::Nested(raw.get().to_owned()), Given::Text),
            Some(b'[' | b'{') => Given::Nested(raw.get().to_owned()),
            _ => Given::Number(raw.get().to_owned()),
        };
        let members = members.into_iter().map(|(name, raw)| (name, given(raw)));
        Ok(Self::each_once(members, today))
    }

    /// The parameters of a query.
    #[must_use]
    pub fn query(query: &str, today: NaiveDate) -> Self {
        let fields = form_urlencoded::parse(query.as_bytes()).into_owned();
        Self::each_once(fields.map(|(name, text)| (name, Given::Typed(text))), today)
    }

    /// Fields of which none may be there twice: which of the two is meant, nobody can tell.
    fn each_once(given: impl Iterator<Item = (String, Given)>, today: NaiveDate) -> Self {
        let (mut fields, mut faults) = (BTreeMap::new(), Vec::new());
        for (name, given) in given {
            if fields.insert(name.clone(), given).is_some() {
                faults.push(Fault::at(&name, "is there twice"));
            }
        }
        Self { fields, today, faults, missing: None }
    }

    /// The fields of a form (`application/x-www-form-urlencoded`); the last of a name counts, so
    /// that a hidden field can say what an unticked box means.
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
            let given = if is_empty { Given::Null } else { Given::Measured { value, unit } };
            fields.insert(base, given);
        }
        fields.extend(texts.into_iter().map(|(name, text)| (name, typed(text))));
        Self { fields, today, faults: Vec::new(), missing: None }
    }

    /// Today in UTC.
    #[must_use]
    pub fn today(&self) -> NaiveDate {
        self.today
    }

    /// Requires one of these members (by their names on the wire). If all are absent or blank, the
    /// first is reported as missing in these words.
    pub fn require_any(&mut self, names: &[&str], why: &'static str) {
        let is_given = |name: &&str| match self.fields.get(*name) {
            None | Some(Given::Null) => false,
            Some(Given::Text(text) | Given::Typed(text)) => !text.trim().is_empty(),
            Some(_) => true,
        };
        if let Some(first) = names.first().filter(|_| !names.iter().any(is_given)) {
            self.missing = Some(((*first).to_owned(), why));
        }
    }

    /// Takes the member `name` (in snake case here, in camel case on the wire).
    pub fn member<T: Member>(&mut self, name: &str) -> Option<T> {
        let name = camel_case(name);
        let given = self.fields.remove(&name);
        if let Some((_, why)) = self.missing.take_if(|it| it.0 == name) {
            self.faults.push(Fault::at(&name, why));
            return None;
        }
        T::read(given.as_ref(), self.today)
            .map_err(|detail| self.faults.push(Fault::at(&name, detail)))
            .ok()
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// Every fault found, and every field that nothing has taken.
    pub fn finish(mut self) -> Result<(), Vec<Fault>> {
        for name in self.fields.into_keys() {
            self.faults.push(Fault::at(&name, "is not known here"));
        }
        if self.faults.is_empty() { Ok(()) } else { Err(self.faults) }
    }
}

/// What stands in a form's field.
fn typed(text: String) -> Given {
    if text.trim().is_empty() { Given::Null } else { Given::Typed(text) }
}

/// A JSON object's members in order, with those that are there twice.
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
    // A member whose name is one of Rust's own words.
    let mut words = name.trim_start_matches("r#").split('_');
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        let (first, rest) = word.split_at(word.len().min(1));
        camel.push_str(&first.to_ascii_uppercase());
        camel.push_str(rest);
    }
    camel
}
