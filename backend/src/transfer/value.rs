//! Values of either engine: reading, checking, comparing and writing.

use std::fmt;

use chrono::{DateTime, Datelike as _, NaiveDate, SecondsFormat, Timelike as _, Utc};
use rust_decimal::Decimal;
use sqlx::{
    Decode, Postgres, Row as _, Sqlite, Type, postgres::PgRow, query::Query,
    sqlite::SqliteArguments, sqlite::SqliteRow,
};
use uuid::Uuid;

use super::kind::Kind;
use crate::core::hex;

/// A value. Values are equal if they mean the same, such as a time in two notations or JSON with members in
/// another order.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Int(i64),
    /// An integer in units of the last decimal place, and the number of decimal places.
    Decimal(i64, u32),
    Text(String),
    Bytes(Vec<u8>),
    Uuid(Uuid),
    Time(DateTime<Utc>),
    Date(NaiveDate),
    Json(serde_json::Value),
}

/// A row of either engine.
pub(super) enum Row {
    Postgres(PgRow),
    Sqlite(SqliteRow),
}

impl Row {
    fn read<T>(&self, at: usize) -> sqlx::Result<Option<T>>
    where
        T: for<'r> Decode<'r, Postgres> + for<'r> Decode<'r, Sqlite>,
        T: Type<Postgres> + Type<Sqlite>,
    {
        match self {
            Self::Postgres(row) => row.try_get_unchecked(at),
            Self::Sqlite(row) => row.try_get_unchecked(at),
        }
    }

    /// Reads the value of the column at `at`.
    ///
    /// # Errors
    /// Why it is not a value of that kind, without the value.
    pub(super) fn value(&self, at: usize, kind: Kind) -> Result<Value, String> {
        let read = match kind {
            Kind::Bool => self.bool(at),
            Kind::Int(size) => self.int(at, size),
            Kind::Decimal { scale, .. } => self.decimal(at, scale),
            Kind::Text(_) => self.read(at).map(|it| it.map(Value::Text)),
            Kind::Char(_) => {
                let text = self.read::<String>(at);
                // PostgreSQL pads the value with blanks.
                let bare = |it: String| match self {
                    Self::Postgres(_) => it.trim_end_matches(' ').to_owned(),
                    Self::Sqlite(_) => it,
                };
                text.map(|it| it.map(bare).map(Value::Text))
            }
            Kind::Bytes => self.read(at).map(|it| it.map(Value::Bytes)),
            Kind::Uuid => self.read(at).map(|it| it.map(Value::Uuid)),
            Kind::Time => self.read(at).map(|it| it.map(Value::Time)),
            Kind::Date => self.read(at).map(|it| it.map(Value::Date)),
            Kind::Json => self.json(at),
        };
        match read {
            Ok(value) => Ok(value.unwrap_or(Value::Null)),
            // The database's error message could contain the value.
            Err(_) => Err(format!("can't be read as {kind}")),
        }
    }

    fn bool(&self, at: usize) -> sqlx::Result<Option<Value>> {
        if let Self::Postgres(_) = self {
            return Ok(self.read(at)?.map(Value::Bool));
        }
        match self.read::<i64>(at)? {
            None => Ok(None),
            Some(0) => Ok(Some(Value::Bool(false))),
            Some(1) => Ok(Some(Value::Bool(true))),
            Some(_) => Err(no_such_value()),
        }
    }

    fn int(&self, at: usize, size: u32) -> sqlx::Result<Option<Value>> {
        let read = match (self, size) {
            (Self::Postgres(_), 2) => self.read::<i16>(at)?.map(i64::from),
            (Self::Postgres(_), 4) => self.read::<i32>(at)?.map(i64::from),
            _ => self.read(at)?,
        };
        Ok(read.map(Value::Int))
    }

    fn decimal(&self, at: usize, scale: u32) -> sqlx::Result<Option<Value>> {
        let units = match self {
            Self::Sqlite(_) => self.read(at)?,
            Self::Postgres(row) => match row.try_get_unchecked::<Option<Decimal>, _>(at)? {
                None => None,
                Some(decimal) => Some(units_of(decimal, scale).ok_or_else(no_such_value)?),
            },
        };
        Ok(units.map(|units| Value::Decimal(units, scale)))
    }

    fn json(&self, at: usize) -> sqlx::Result<Option<Value>> {
        let Some(text) = self.read::<String>(at)? else { return Ok(None) };
        let value = serde_json::from_str(&text).map_err(|_| no_such_value())?;
        Ok(Some(Value::Json(value)))
    }
}

fn no_such_value() -> sqlx::Error {
    sqlx::Error::Decode("not a value of this kind".into())
}

/// Converts the number exactly to an integer in units of the last of `scale` decimal places.
fn units_of(decimal: Decimal, scale: u32) -> Option<i64> {
    let more = scale.checked_sub(decimal.scale())?;
    i64::try_from(decimal.mantissa().checked_mul(10_i128.checked_pow(more)?)?).ok()
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bool => "a boolean",
            Self::Int(_) => "an integer",
            Self::Decimal { .. } => "a decimal",
            Self::Text(_) | Self::Char(_) => "text",
            Self::Bytes => "bytes",
            Self::Uuid => "a UUID",
            Self::Time => "a time",
            Self::Date => "a date",
            Self::Json => "JSON",
        })
    }
}

impl Value {
    /// Checks that a PostgreSQL column can store the value exactly.
    ///
    /// # Errors
    /// Why not, without the value.
    pub(super) fn fits_postgres(&self, kind: Kind) -> Result<(), String> {
        let is_year = |year| (1..=9999).contains(&year);
        match (self, kind) {
            (Self::Int(it), Kind::Int(2)) if i16::try_from(*it).is_err() => {
                Err("is out of the range of SMALLINT".to_owned())
            }
            (Self::Int(it), Kind::Int(4)) if i32::try_from(*it).is_err() => {
                Err("is out of the range of INTEGER".to_owned())
            }
            (Self::Decimal(units, _), Kind::Decimal { precision, .. })
                if units.unsigned_abs() >= 10_u64.pow(precision) =>
            {
                Err(format!("has more than {precision} digits"))
            }
            (Self::Text(text), _) if text.contains('\0') => {
                Err("contains a NUL character, which PostgreSQL can't store".to_owned())
            }
            (Self::Text(text), Kind::Text(Some(most)) | Kind::Char(most))
                if text.chars().count() > most =>
            {
                Err(format!("must have at most {most} characters"))
            }
            (Self::Text(text), Kind::Char(_)) if text.ends_with(' ') => {
                Err("ends with a blank, which PostgreSQL doesn't store there".to_owned())
            }
            (Self::Time(time), _) if time.nanosecond() % 1000 != 0 => {
                Err("is more precise than a microsecond".to_owned())
            }
            (Self::Time(time), _) if !is_year(time.year()) => {
                Err("is not between the years 1 and 9999".to_owned())
            }
            (Self::Date(date), _) if !is_year(date.year()) => {
                Err("is not between the years 1 and 9999".to_owned())
            }
            _ => Ok(()),
        }
    }

    /// Appends the value in the text format of PostgreSQL's `COPY`.
    pub(super) fn copy_into(&self, out: &mut Vec<u8>) {
        match self {
            Self::Null => out.extend(b"\\N"),
            // A backslash starts hexadecimal bytes, and must be escaped itself.
            Self::Bytes(bytes) => {
                out.extend(b"\\\\x");
                out.extend(hex(bytes).into_bytes());
            }
            Self::Text(text) => escape_into(text, out),
            other => escape_into(&other.to_string(), out),
        }
    }

    /// Binds the value to an SQLite statement, in the format that the service stores.
    pub(super) fn bind<'q>(
        &self,
        query: Query<'q, Sqlite, SqliteArguments>,
    ) -> Query<'q, Sqlite, SqliteArguments> {
        match self {
            Self::Null => query.bind(None::<i64>),
            Self::Bool(it) => query.bind(*it),
            Self::Int(it) | Self::Decimal(it, _) => query.bind(*it),
            Self::Text(it) => query.bind(it.clone()),
            Self::Bytes(it) => query.bind(it.clone()),
            Self::Uuid(it) => query.bind(*it),
            Self::Time(it) => query.bind(*it),
            Self::Date(it) => query.bind(*it),
            Self::Json(it) => query.bind(it.to_string()),
        }
    }
}

fn escape_into(text: &str, out: &mut Vec<u8>) {
    for byte in text.bytes() {
        match byte {
            b'\\' => out.extend(b"\\\\"),
            b'\n' => out.extend(b"\\n"),
            b'\r' => out.extend(b"\\r"),
            b'\t' => out.extend(b"\\t"),
            other => out.push(other),
        }
    }
}

/// Formats the value for PostgreSQL, and for row keys in messages.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("NULL"),
            Self::Bool(it) => it.fmt(f),
            Self::Int(it) => it.fmt(f),
            Self::Decimal(units, scale) => Decimal::new(*units, *scale).fmt(f),
            Self::Text(it) => it.fmt(f),
            Self::Bytes(it) => f.write_str(&hex(it)),
            Self::Uuid(it) => it.fmt(f),
            Self::Time(it) => f.write_str(&it.to_rfc3339_opts(SecondsFormat::Micros, false)),
            Self::Date(it) => it.fmt(f),
            Self::Json(it) => it.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, Value, units_of};

    fn copied(value: &Value) -> String {
        let mut out = Vec::new();
        value.copy_into(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn special_characters_are_escaped_in_copy_format() {
        let text = Value::Text("a\tb\nc\r\\N\\.'é".to_owned());
        assert_eq!(copied(&text), r"a\tb\nc\r\\N\\.'é");
        assert_eq!(copied(&Value::Null), r"\N");
        assert_eq!(copied(&Value::Text("\\N".to_owned())), r"\\N");
        assert_eq!(copied(&Value::Bytes(vec![0, 0x5c, 0xff])), r"\\x005cff");
    }

    #[test]
    fn decimals_are_exact() {
        for (units, text) in [(0, "0.000"), (1, "0.001"), (-1, "-0.001"), (99_999_999, "99999.999")]
        {
            assert_eq!(copied(&Value::Decimal(units, 3)), text);
            assert_eq!(units_of(text.parse().unwrap(), 3), Some(units));
        }
        assert_eq!(units_of("12.5".parse().unwrap(), 3), Some(12_500));
        assert_eq!(units_of("0.0001".parse().unwrap(), 3), None);
        assert_eq!(units_of("99999999999999999.999".parse().unwrap(), 3), None);
        assert_eq!(copied(&Value::Decimal(i64::MIN, 3)), "-9223372036854775.808");
    }

    #[test]
    fn values_that_postgresql_cannot_store_exactly_are_rejected() {
        let text = |it: &str| Value::Text(it.to_owned());
        let time = |it: &str| Value::Time(it.parse().unwrap());
        let decimal = Kind::Decimal { precision: 8, scale: 3 };
        for (value, kind, fault) in [
            (Value::Int(32_768), Kind::Int(2), "SMALLINT"),
            (Value::Int(-2_147_483_649), Kind::Int(4), "INTEGER"),
            (Value::Decimal(-100_000_000, 3), decimal, "more than 8 digits"),
            (text("a\0b"), Kind::Text(None), "NUL"),
            (text("éüß"), Kind::Text(Some(2)), "at most 2 characters"),
            (text("ab"), Kind::Char(1), "at most 1 characters"),
            (text("a "), Kind::Char(2), "blank"),
            (time("2026-01-31T12:00:00.1234567Z"), Kind::Time, "microsecond"),
            (time("+10000-01-01T00:00:00Z"), Kind::Time, "years"),
        ] {
            let message = value.fits_postgres(kind).unwrap_err();
            assert!(message.contains(fault), "{message}");
        }
        for (value, kind) in [
            (Value::Int(32_767), Kind::Int(2)),
            (Value::Int(i64::MIN), Kind::Int(8)),
            (Value::Decimal(-99_999_999, 3), decimal),
            (text("éü"), Kind::Text(Some(2))),
            (text("a"), Kind::Char(2)),
            (time("2026-01-31T12:00:00.123456Z"), Kind::Time),
            (Value::Null, Kind::Int(2)),
        ] {
            value.fits_postgres(kind).unwrap();
        }
    }
}
