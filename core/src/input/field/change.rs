//! Changes to values in a merge patch.

use chrono::NaiveDate;
use schemars::Schema;

use super::{Field, FieldValue, Member, nullable};
use crate::{locale::Message, t};

/// A change to a required value in a merge patch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change<T> {
    /// The member is absent.
    Unchanged,
    /// The new value.
    Set(T),
}

impl<T: Clone> Change<T> {
    /// The value after the change.
    #[must_use]
    pub fn or(&self, current: T) -> T {
        match self {
            Self::Unchanged => current,
            Self::Set(value) => value.clone(),
        }
    }
}

impl<T> Change<T> {
    /// Changes `current`.
    pub fn apply_to<U: From<T>>(self, current: &mut U) {
        if let Self::Set(value) = self {
            *current = value.into();
        }
    }

    /// The new value, if any.
    #[must_use]
    pub fn into_value(self) -> Option<T> {
        match self {
            Self::Unchanged => None,
            Self::Set(value) => Some(value),
        }
    }
}

impl<T: Field> Member for Change<T> {
    fn read(given: Option<&FieldValue>, today: NaiveDate) -> Result<Self, Message> {
        match given {
            None => Ok(Self::Unchanged),
            Some(FieldValue::Null) => Err(t!("core-field-not-clearable")),
            Some(given) => T::read(given, today).map(Self::Set),
        }
    }

    fn schema() -> Schema {
        T::schema()
    }
}

/// A change to an optional value in a merge patch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Clearable<T> {
    /// The member is absent.
    Unchanged,
    /// The value is removed.
    Clear,
    /// The new value.
    Set(T),
}

impl<T> Clearable<T> {
    /// Changes `current`.
    pub fn apply_to<U: From<T>>(self, current: &mut Option<U>) {
        match self {
            Self::Unchanged => {}
            Self::Clear => *current = None,
            Self::Set(value) => *current = Some(value.into()),
        }
    }

    /// Converts the new value.
    #[must_use]
    pub fn map<U>(self, convert: impl FnOnce(T) -> U) -> Clearable<U> {
        match self {
            Self::Unchanged => Clearable::Unchanged,
            Self::Clear => Clearable::Clear,
            Self::Set(value) => Clearable::Set(convert(value)),
        }
    }

    /// The value after the change.
    #[must_use]
    pub fn or(self, current: Option<T>) -> Option<T> {
        match self {
            Self::Unchanged => current,
            Self::Clear => None,
            Self::Set(value) => Some(value),
        }
    }
}

impl<T: Field> Member for Clearable<T> {
    fn read(given: Option<&FieldValue>, today: NaiveDate) -> Result<Self, Message> {
        match given {
            None => Ok(Self::Unchanged),
            Some(given) => {
                Ok(<Option<T> as Member>::read(Some(given), today)?.map_or(Self::Clear, Self::Set))
            }
        }
    }

    fn schema() -> Schema {
        nullable::<T>()
    }
}
