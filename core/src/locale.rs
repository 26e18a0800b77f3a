//! The language that a person reads: which one it is, its messages, and how it writes numbers and dates.
//!
//! Messages are in [Project Fluent](https://projectfluent.org) catalogs: `core/locales/en-US/`, one
//! file for each feature. [`t!`](crate::t) names a message; it is formatted where it is displayed, in
//! the language of the request ([`current`]).

mod accept;
mod catalog;
mod format;
mod message;
mod pseudo;

use std::cell::{Cell, RefCell};

use chrono::NaiveDate;
use schemars::{Schema, json_schema};

use super::{
    input::{Field, FieldValue},
    units::UnitFormatter,
};
use crate::t;

pub use accept::language_ranges;
pub use catalog::catalogs;
pub use format::{day, day_and_month, moment, month, month_name, number, short_month};
pub use message::{Html, Message, PlainText, Value};

/// A language and region whose conventions the service follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Locale {
    /// American English, the default.
    EnUs,
    /// English with accents and about 40 % longer. Tests find text that is in no catalog by it.
    Pseudo,
}

impl Locale {
    /// Every locale.
    pub const ALL: [Self; 2] = [Self::EnUs, Self::Pseudo];

    /// Its BCP 47 language tag.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::EnUs => "en-US",
            Self::Pseudo => "en-XA",
        }
    }

    /// The locale with the tag `tag`, in any case.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.tag().eq_ignore_ascii_case(tag))
    }

    /// The best locale for an `Accept-Language` header (RFC 9110, section 12.5.4), by the lookup of
    /// RFC 4647, section 3.4: the default where it names none of ours.
    #[must_use]
    pub fn negotiate(accept_language: &str) -> Self {
        accept::best(accept_language).unwrap_or(Self::EnUs)
    }

    /// The locales that users can choose.
    pub fn offered() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|&it| it != Self::Pseudo)
    }

    /// The name of the language, in that language.
    #[must_use]
    pub fn name(self) -> Message {
        match self {
            Self::EnUs | Self::Pseudo => t!("core-language"),
        }
    }

    const fn index(self) -> usize {
        self as usize
    }
}

impl From<Locale> for String {
    fn from(locale: Locale) -> Self {
        locale.tag().to_owned()
    }
}

impl Field for Locale {
    const IS_TEXT: bool = true;

    fn read(given: &FieldValue, _: NaiveDate) -> Result<Self, Message> {
        let unknown = || t!("core-field-choice", choices = offered_tags().join(" "));
        match given {
            FieldValue::Text(text) | FieldValue::Typed(text) => {
                Self::from_tag(text.trim()).ok_or_else(unknown)
            }
            _ => Err(unknown()),
        }
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "enum": offered_tags() })
    }
}

fn offered_tags() -> Vec<&'static str> {
    Locale::offered().map(Locale::tag).collect()
}

/// Who reads the texts of a request or job.
struct Reader {
    locale: Cell<Locale>,
    units: RefCell<UnitFormatter>,
}

tokio::task_local! {
    static CURRENT: Reader;
}

/// The locale of the request or job that runs this code; the default outside of any.
#[must_use]
pub fn current() -> Locale {
    CURRENT.try_with(|reader| reader.locale.get()).unwrap_or(Locale::EnUs)
}

/// Runs `work` with `locale` as the current one.
pub async fn scope<T>(locale: Locale, work: impl Future<Output = T>) -> T {
    let reader = Reader { locale: Cell::new(locale), units: RefCell::default() };
    CURRENT.scope(reader, work).await
}

/// Changes the locale of the request or job that runs this code, once its user is known. Outside of any,
/// it does nothing.
pub fn set_current(locale: Locale) {
    let _ = CURRENT.try_with(|reader| reader.locale.set(locale));
}

/// Formats values in the units of the user for whom this code runs; in the default ones outside of any
/// request or job.
fn with_units<T>(format: impl Fn(&UnitFormatter) -> T) -> T {
    let formatted = CURRENT.try_with(|reader| format(&reader.units.borrow()));
    formatted.unwrap_or_else(|_| format(&UnitFormatter::default()))
}

/// Changes the units of the request or job that runs this code, once its user is known. Outside of any, it
/// does nothing.
pub fn set_units(units: UnitFormatter) {
    let _ = CURRENT.try_with(|reader| *reader.units.borrow_mut() = units);
}
