//! Numbers and dates as each locale writes them, by the data of the Unicode CLDR (through ICU4X).

use std::sync::{LazyLock, OnceLock};

use chrono::{Datelike as _, NaiveDate, NaiveDateTime, Timelike as _};
use icu_calendar::{Date, Gregorian};
use icu_datetime::{
    FixedCalendarDateTimeFormatter,
    fieldsets::{M, MD, YM, YMD, YMDT},
    input::{DateTime, Time},
};
use icu_decimal::{DecimalFormatter, input::Decimal, options::DecimalFormatterOptions};
use icu_locale_core::{Locale as IcuLocale, locale};

use super::{Locale, current, pseudo};

type Dates<F> = FixedCalendarDateTimeFormatter<Gregorian, F>;

/// How one locale writes numbers and dates.
struct Formats {
    number: DecimalFormatter,
    day: Dates<YMD>,
    day_and_month: Dates<MD>,
    month: Dates<YM>,
    short_month: Dates<YM>,
    month_name: Dates<M>,
    moment: Dates<YMDT>,
}

/// Each locale's formats, in the order of [`Locale::ALL`]; none if ICU4X has no data for it, which a test
/// rules out.
static FORMATS: LazyLock<[Option<Formats>; Locale::ALL.len()]> =
    LazyLock::new(|| Locale::ALL.map(|it| Formats::new(&icu_locale(it))));

/// The days of a year as [`day`] formats them.
type Year = Box<[OnceLock<Box<str>>]>;

/// The years from [`FIRST_YEAR`], in each locale. Formatting a day takes about a microsecond, and pages show
/// up to a hundred: each is formatted once.
static YEARS: [[OnceLock<Year>; CACHED_YEARS]; Locale::ALL.len()] =
    [const { [const { OnceLock::new() }; CACHED_YEARS] }; Locale::ALL.len()];
const FIRST_YEAR: i32 = 1970;
const CACHED_YEARS: usize = 100;

impl Formats {
    fn new(locale: &IcuLocale) -> Option<Self> {
        Some(Self {
            number: DecimalFormatter::try_new(locale.into(), DecimalFormatterOptions::default())
                .ok()?,
            day: Dates::try_new(locale.into(), YMD::medium()).ok()?,
            day_and_month: Dates::try_new(locale.into(), MD::medium()).ok()?,
            month: Dates::try_new(locale.into(), YM::long()).ok()?,
            short_month: Dates::try_new(locale.into(), YM::medium()).ok()?,
            month_name: Dates::try_new(locale.into(), M::medium()).ok()?,
            moment: Dates::try_new(locale.into(), YMD::medium().with_time_hm()).ok()?,
        })
    }
}

/// The pseudo-locale has the conventions of American English.
const fn icu_locale(locale: Locale) -> IcuLocale {
    match locale {
        Locale::EnUs | Locale::Pseudo => locale!("en-US"),
    }
}

/// The decimal number `plain`, such as `-12345.60`, with the digits grouped: `-12,345.60`. Text that is no
/// number stays as it is.
#[must_use]
pub fn number(plain: &str) -> String {
    number_in(current(), plain)
}

pub(super) fn number_in(locale: Locale, plain: &str) -> String {
    match (&FORMATS[locale.index()], Decimal::try_from_str(plain)) {
        (Some(formats), Ok(number)) => formats.number.format(&number).to_string(),
        _ => plain.to_owned(),
    }
}

/// A day: `Jan 15, 2026`.
#[must_use]
pub fn day(date: NaiveDate) -> String {
    day_in(current(), date)
}

pub(super) fn day_in(locale: Locale, date: NaiveDate) -> String {
    let text = || format_date(locale, date, |formats, date| formats.day.format(date).to_string());
    let year = usize::try_from(date.year() - FIRST_YEAR).unwrap_or(usize::MAX);
    let Some(year) = YEARS[locale.index()].get(year) else { return text() };
    let days = year.get_or_init(|| std::iter::repeat_with(OnceLock::new).take(366).collect());
    match days.get(date.ordinal0() as usize) {
        Some(day) => day.get_or_init(|| text().into_boxed_str()).to_string(),
        None => text(),
    }
}

/// A day without its year: `Jan 15`.
#[must_use]
pub fn day_and_month(date: NaiveDate) -> String {
    format_date(current(), date, |formats, date| formats.day_and_month.format(date).to_string())
}

/// A month: `January 2026`.
#[must_use]
pub fn month(date: NaiveDate) -> String {
    format_date(current(), date, |formats, date| formats.month.format(date).to_string())
}

/// A month, shorter: `Jan 2026`.
#[must_use]
pub fn short_month(date: NaiveDate) -> String {
    format_date(current(), date, |formats, date| formats.short_month.format(date).to_string())
}

/// The name of a month: `Jan`.
#[must_use]
pub fn month_name(date: NaiveDate) -> String {
    format_date(current(), date, |formats, date| formats.month_name.format(date).to_string())
}

/// A day and a time of day, which the caller has converted to the reader's time zone: `Jan 15, 2026, 8:05 AM`.
#[must_use]
pub fn moment(local: NaiveDateTime) -> String {
    let parts =
        [local.hour(), local.minute(), local.second()].map(|it| u8::try_from(it).unwrap_or(0));
    let time = Time::try_new(parts[0], parts[1], parts[2], 0).unwrap_or(Time::start_of_day());
    format_date(current(), local.date(), |formats, date| {
        formats.moment.format(&DateTime { date: *date, time }).to_string()
    })
}

/// The date as `write` formats it, or in ISO 8601 if the locale has no data or the date is out of range.
fn format_date(
    locale: Locale,
    date: NaiveDate,
    write: impl FnOnce(&Formats, &Date<Gregorian>) -> String,
) -> String {
    let (month, day) = (u8::try_from(date.month()), u8::try_from(date.day()));
    let (Some(formats), Ok(month), Ok(day)) = (&FORMATS[locale.index()], month, day) else {
        return date.to_string();
    };
    let Ok(date) = Date::try_new_gregorian(date.year(), month, day) else {
        return date.to_string();
    };
    let text = write(formats, &date);
    if locale == Locale::Pseudo { pseudo::accent(&text).into_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::{
        Locale, NaiveDate, day, day_and_month, day_in, moment, month, month_name, number,
        short_month,
    };

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn american_english_groups_by_thousands() {
        for (plain, grouped) in [
            ("0", "0"),
            ("999", "999"),
            ("12345.60", "12,345.60"),
            ("-1234567", "-1,234,567"),
            ("0.050", "0.050"),
            ("n/a", "n/a"),
        ] {
            assert_eq!(number(plain), grouped);
        }
    }

    #[test]
    fn american_english_writes_the_month_first() {
        let it = date("2026-01-05");
        assert_eq!(day(it), "Jan 5, 2026");
        assert_eq!(day_and_month(it), "Jan 5");
        assert_eq!(month(it), "January 2026");
        assert_eq!(short_month(it), "Jan 2026");
        assert_eq!(month_name(it), "Jan");
        assert_eq!(moment(it.and_hms_opt(20, 5, 0).unwrap()), "Jan 5, 2026, 8:05\u{202f}PM");
        assert_eq!(day_in(Locale::Pseudo, it), "Ĵááñ 5, 2026");
        for (early, text) in [
            ("0001-01-01", "Jan 1, 1 AD"),
            ("1969-12-31", "Dec 31, 1969"),
            ("1970-01-01", "Jan 1, 1970"),
            ("2024-12-31", "Dec 31, 2024"),
            ("2069-12-31", "Dec 31, 2069"),
            ("2070-01-01", "Jan 1, 2070"),
        ] {
            assert_eq!(day(date(early)), text);
            assert_eq!(day(date(early)), text);
        }
    }
}
