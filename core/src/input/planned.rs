//! Dates far in the future, dates for filters, and whole numbers in a range.

use crate::{locale::Message, t};
use chrono::{Datelike as _, Months, NaiveDate};
use schemars::{Schema, json_schema};

use super::{
    Field, FieldValue,
    field::{calendar_day, day, whole_number},
};

/// A planned date: up to a hundred years ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PlannedDay(pub NaiveDate);

impl From<PlannedDay> for NaiveDate {
    fn from(day: PlannedDay) -> Self {
        day.0
    }
}

/// The maximum distance of a planned date, in months.
const FAR: Months = Months::new(1200);

impl Field for PlannedDay {
    fn read(given: &FieldValue, today: NaiveDate) -> Result<Self, Message> {
        let date = day(given)?;
        if today.checked_add_months(FAR).is_some_and(|limit| date > limit) {
            return Err(t!("core-field-date-century-ahead"));
        }
        Ok(Self(date))
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "format": "date" })
    }
}

/// A date that filters a list: from 0001-01-01 to 9999-12-31.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct FilterDay(pub NaiveDate);

impl Field for FilterDay {
    fn read(given: &FieldValue, _: NaiveDate) -> Result<Self, Message> {
        let date = calendar_day(given)?;
        if date.year() < 1 {
            return Err(t!("core-field-range", least = "0001-01-01", most = "9999-12-31"));
        }
        Ok(Self(date))
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "format": "date" })
    }
}

/// A whole number from `LEAST` to `MOST`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct WholeNumber<const LEAST: i32, const MOST: i32>(pub i32);

impl<const LEAST: i32, const MOST: i32> From<WholeNumber<LEAST, MOST>> for i32 {
    fn from(number: WholeNumber<LEAST, MOST>) -> Self {
        number.0
    }
}

impl<const LEAST: i32, const MOST: i32> Field for WholeNumber<LEAST, MOST> {
    fn read(given: &FieldValue, _: NaiveDate) -> Result<Self, Message> {
        whole_number(given, LEAST, MOST).map(Self)
    }

    fn schema() -> Schema {
        json_schema!({ "type": "integer", "minimum": LEAST, "maximum": MOST })
    }
}
