//! Exact decimals: `NUMERIC` on PostgreSQL, scaled integers on SQLite, never floats.

use crate::{locale::Message, t};
use std::{borrow::Cow, fmt};

use rust_decimal::Decimal;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, ser::SerializeStruct as _};
use serde_json::value::RawValue;
use sqlx::{Database, Decode, Encode, Postgres, Sqlite, Type, encode::IsNull, error::BoxDynError};

/// The size of the buffer for [`Fixed::text`]: the digits of an `i64`, a sign, a point, and a zero
/// before it.
pub const BUFFER_SIZE: usize = 22;

/// A decimal with at most `PRECISION` digits, `SCALE` of them after the point, like a column
/// `DECIMAL(PRECISION, SCALE)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Fixed<const PRECISION: u32, const SCALE: u32>(i64);

/// Why a text is not a valid decimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FixedError {
    /// It is not a number.
    #[error("is not a number")]
    NotANumber,
    /// It has too many decimals.
    #[error("has more than {0} decimals")]
    TooManyDecimals(u32),
    /// It has too many digits before the point.
    #[error("is too large: at most {0} digits before the point")]
    TooLarge(u32),
}

impl From<FixedError> for Message {
    fn from(error: FixedError) -> Self {
        match error {
            FixedError::NotANumber => t!("core-field-number"),
            FixedError::TooManyDecimals(most) => t!("core-field-decimals", most = most),
            FixedError::TooLarge(most) => t!("core-field-number-too-large", most = most),
        }
    }
}

impl<const P: u32, const S: u32> Fixed<P, S> {
    /// The largest value.
    pub const MAX: Self = Self(10_i64.pow(P) - 1);

    /// Creates a decimal from its number of smallest units (thousandths if `SCALE` is 3), if it
    /// fits.
    #[must_use]
    pub fn from_units(units: i64) -> Option<Self> {
        (units.unsigned_abs() < 10_u64.pow(P)).then_some(Self(units))
    }

    /// The number of smallest units.
    #[must_use]
    pub const fn units(self) -> i64 {
        self.0
    }

    /// Creates a decimal of `numerator / denominator` units, rounded half away from zero, if it
    /// fits.
    #[must_use]
    pub fn from_ratio(numerator: i128, denominator: i128) -> Option<Self> {
        let units = divide_rounded(numerator, denominator)?;
        Self::from_units(i64::try_from(units).ok()?)
    }

    /// Parses a JSON number or a numeric string: digits, a point, an exponent.
    ///
    /// # Errors
    /// [`FixedError`]; values are never rounded.
    pub fn parse(text: &str) -> Result<Self, FixedError> {
        let too_large = FixedError::TooLarge(P - S);
        let (negative, digits, mut exponent) = significant_digits(text)?;
        if digits.is_empty() {
            return Ok(Self(0));
        }
        exponent += i64::from(S);
        if exponent < 0 {
            return Err(FixedError::TooManyDecimals(S));
        }
        let digits_needed =
            i64::try_from(digits.len()).unwrap_or(i64::MAX).saturating_add(exponent);
        if digits_needed > i64::from(P) {
            return Err(too_large);
        }
        let mut units: i64 = digits.parse().map_err(|_| too_large)?;
        for _ in 0..exponent {
            units *= 10;
        }
        Ok(Self(if negative { -units } else { units }))
    }

    /// Writes all digits into `buffer`, without allocating: a page has hundreds of these.
    pub fn text(self, buffer: &mut [u8; BUFFER_SIZE]) -> &str {
        let mut at = buffer.len();
        let mut put = |byte| {
            at -= 1;
            buffer[at] = byte;
        };
        let (mut rest, mut written) = (self.0.unsigned_abs(), 0);
        while rest > 0 || written <= S {
            if written == S && S > 0 {
                put(b'.');
            }
            put(b'0' + (rest % 10) as u8);
            (rest, written) = (rest / 10, written + 1);
        }
        if self.0 < 0 {
            put(b'-');
        }
        std::str::from_utf8(&buffer[at..]).unwrap_or_default()
    }
}

/// The quotient, rounded half away from zero; `None` if the denominator is zero.
#[must_use]
pub fn divide_rounded(numerator: i128, denominator: i128) -> Option<i128> {
    if denominator == 0 {
        return None;
    }
    let (n, d) = (numerator.unsigned_abs(), denominator.unsigned_abs());
    let rounded = if let (Ok(n), Ok(d)) = (u64::try_from(n), u64::try_from(d)) {
        // The usual case, ten times as fast.
        i128::from(n / d) + i128::from(n % d >= d.div_ceil(2))
    } else {
        let quotient = n / d;
        let rest = n - quotient * d;
        i128::try_from(quotient + u128::from(rest >= d.div_ceil(2))).ok()?
    };
    Some(if (numerator < 0) == (denominator < 0) { rounded } else { -rounded })
}

/// Parses a number into its sign, its digits without leading and trailing zeros, and the power of
/// ten they are multiplied by.
fn significant_digits(text: &str) -> Result<(bool, String, i64), FixedError> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => {
            let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            if digits.is_empty() || !digits.bytes().all(|it| it.is_ascii_digit()) {
                return Err(FixedError::NotANumber);
            }
            // Larger exponents are out of range for every column.
            let bound = if exponent.starts_with('-') { -10_000 } else { 10_000 };
            (mantissa, exponent.parse::<i64>().map_or(bound, |it| it.clamp(-10_000, 10_000)))
        }
        None => (text, 0),
    };
    let (negative, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, mantissa),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all_digits = |it: &str| it.bytes().all(|it| it.is_ascii_digit());
    if whole.is_empty() && fraction.is_empty() || !all_digits(whole) || !all_digits(fraction) {
        return Err(FixedError::NotANumber);
    }
    let digits = format!("{whole}{fraction}");
    let trimmed = digits.trim_end_matches('0');
    let power = exponent - length(fraction) + length(&digits) - length(trimmed);
    Ok((negative, trimmed.trim_start_matches('0').to_owned(), power))
}

fn length(text: &str) -> i64 {
    i64::try_from(text.len()).unwrap_or(i64::MAX)
}

impl<const P: u32, const S: u32> fmt::Display for Fixed<P, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text(&mut [0; BUFFER_SIZE]))
    }
}

impl<const P: u32, const S: u32> Serialize for Fixed<P, S> {
    /// Serializes as a JSON number, digit for digit.
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        serialize_number(self.text(&mut [0; BUFFER_SIZE]), serializer)
    }
}

/// Serializes the text of a JSON number as that number, digit for digit. Like [`RawValue`], but
/// without parsing the text again: a page has hundreds of these.
///
/// # Errors
/// The serializer's error.
pub fn serialize_number<Z: Serializer>(text: &str, serializer: Z) -> Result<Z::Ok, Z::Error> {
    /// The name that `serde_json` recognizes a raw value by.
    const RAW: &str = "$serde_json::private::RawValue";
    let mut raw = serializer.serialize_struct(RAW, 1)?;
    raw.serialize_field(RAW, text)?;
    raw.end()
}

/// The text of a JSON number, serialized by [`serialize_number`].
#[derive(Debug, Clone, Copy)]
pub struct NumberText<'a>(pub &'a str);

impl Serialize for NumberText<'_> {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        serialize_number(self.0, serializer)
    }
}

impl<'de, const P: u32, const S: u32> Deserialize<'de> for Fixed<P, S> {
    /// Reads a number as [`Serialize`] wrote it, from its text.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        Self::parse(raw.get()).map_err(serde::de::Error::custom)
    }
}

impl<const P: u32, const S: u32> JsonSchema for Fixed<P, S> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Decimal{P}_{S}").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "number",
            "description": format!("An exact decimal of at most {P} digits, {S} after the point"),
        })
    }
}

impl<const P: u32, const S: u32> Type<Sqlite> for Fixed<P, S> {
    fn type_info() -> <Sqlite as Database>::TypeInfo {
        <i64 as Type<Sqlite>>::type_info()
    }

    fn compatible(other: &<Sqlite as Database>::TypeInfo) -> bool {
        <i64 as Type<Sqlite>>::compatible(other)
    }
}

impl<const P: u32, const S: u32> Encode<'_, Sqlite> for Fixed<P, S> {
    fn encode_by_ref(
        &self,
        buffer: &mut <Sqlite as Database>::ArgumentBuffer,
    ) -> Result<IsNull, BoxDynError> {
        <i64 as Encode<Sqlite>>::encode_by_ref(&self.0, buffer)
    }
}

impl<'r, const P: u32, const S: u32> Decode<'r, Sqlite> for Fixed<P, S> {
    fn decode(value: <Sqlite as Database>::ValueRef<'r>) -> Result<Self, BoxDynError> {
        Ok(Self(<i64 as Decode<Sqlite>>::decode(value)?))
    }
}

impl<const P: u32, const S: u32> Type<Postgres> for Fixed<P, S> {
    fn type_info() -> <Postgres as Database>::TypeInfo {
        <Decimal as Type<Postgres>>::type_info()
    }
}

impl<const P: u32, const S: u32> Encode<'_, Postgres> for Fixed<P, S> {
    fn encode_by_ref(
        &self,
        buffer: &mut <Postgres as Database>::ArgumentBuffer,
    ) -> Result<IsNull, BoxDynError> {
        <Decimal as Encode<Postgres>>::encode_by_ref(&Decimal::new(self.0, S), buffer)
    }
}

impl<'r, const P: u32, const S: u32> Decode<'r, Postgres> for Fixed<P, S> {
    fn decode(value: <Postgres as Database>::ValueRef<'r>) -> Result<Self, BoxDynError> {
        let mut decimal = <Decimal as Decode<Postgres>>::decode(value)?;
        decimal.rescale(S);
        Ok(Self(i64::try_from(decimal.mantissa())?))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Fixed, FixedError, divide_rounded};

    type Gallons = Fixed<8, 3>;

    #[test]
    fn text_is_parsed_exactly_or_rejected() {
        let read = |text: &str| Gallons::parse(text).map(Gallons::units);
        assert_eq!(read("12.345"), Ok(12_345));
        assert_eq!(read("-0.001"), Ok(-1));
        assert_eq!(read("12.34500000000000000000000"), Ok(12_345));
        assert_eq!(read("00012"), Ok(12_000));
        assert_eq!(read("1.2345e1"), Ok(12_345));
        assert_eq!(read("12345E-3"), Ok(12_345));
        assert_eq!(read("0e99999999999999999999"), Ok(0));
        assert_eq!(read("99999.999"), Ok(99_999_999));
        for text in ["12.3450000000000000000001", "1e-4", "1e-99999999999999999999"] {
            assert_eq!(read(text), Err(FixedError::TooManyDecimals(3)), "{text}");
        }
        for text in ["100000", "1e5", "1e99999999999999999999", &"9".repeat(10_000)] {
            assert_eq!(read(text), Err(FixedError::TooLarge(5)), "{text}");
        }
        for text in ["", ".", "-", "NaN", "inf", "1,5", "1 ", "0x1", "1e", "1e+", "--1", "+1"] {
            assert_eq!(read(text), Err(FixedError::NotANumber), "{text}");
        }
    }

    #[test]
    fn all_decimals_are_written() {
        let written = |units| Gallons::from_units(units).unwrap().to_string();
        assert_eq!(
            [0, 5, -5, 1_000, -12_340, 99_999_999].map(written),
            ["0.000", "0.005", "-0.005", "1.000", "-12.340", "99999.999"]
        );
        assert_eq!(
            [0, -70].map(|it| Fixed::<2, 0>::from_units(it).unwrap().to_string()),
            ["0", "-70"]
        );
        let longest = Fixed::<18, 17>::from_units(-(10_i64.pow(18) - 1)).unwrap();
        assert_eq!(longest.to_string(), format!("-9.{}", "9".repeat(17)));
    }

    #[test]
    fn halves_are_rounded_away_from_zero() {
        let table = [(5, 2, 3), (-5, 2, -3), (4, 3, 1), (5, 3, 2), (7, 7, 1), (1, 3, 0), (0, 5, 0)];
        for (numerator, denominator, quotient) in table {
            assert_eq!(divide_rounded(numerator, denominator), Some(quotient));
        }
        assert_eq!(divide_rounded(1, 0), None);
    }

    proptest! {
        #[test]
        fn written_values_can_be_read(units in -99_999_999_i64..=99_999_999) {
            let value = Gallons::from_units(units).unwrap();
            prop_assert_eq!(Gallons::parse(&value.to_string()), Ok(value));
            let json = serde_json::to_string(&value).unwrap();
            prop_assert_eq!(&json, &value.to_string());
            prop_assert_eq!(serde_json::from_str::<Gallons>(&json).unwrap(), value);
        }

        #[test]
        fn numbers_are_serialized_like_raw_values(units in -99_999_999_i64..=99_999_999) {
            let value = Gallons::from_units(units).unwrap();
            let raw = serde_json::value::RawValue::from_string(value.to_string()).unwrap();
            prop_assert_eq!(serde_json::to_string(&value).unwrap(), serde_json::to_string(&raw).unwrap());
            prop_assert_eq!(serde_json::to_value(value).unwrap(), serde_json::to_value(&raw).unwrap());
        }

        #[test]
        fn parsing_never_panics(text in "\\PC*|[-+0-9.eE]{0,40}") {
            let _ = Gallons::parse(&text);
        }
    }
}
