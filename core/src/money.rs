//! Currencies and amounts of money.

use crate::{locale::Message, t};
use std::{borrow::Cow, fmt};

use chrono::NaiveDate;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{
    db::fixed::{BUFFER_SIZE, Fixed, divide_rounded, serialize_number},
    input::{
        Field, FieldValue,
        number::{self, NumberFormat, Typed},
    },
};

/// An amount in thousandths, as stored in columns: no currency has more than three decimals.
pub type Thousandths = Fixed<14, 3>;
/// A sum of amounts.
pub type SumOfThousandths = Fixed<18, 3>;

/// The currencies in use (ISO 4217, list one, without metals, funds and test codes).
const IN_USE: &str = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL \
    BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP \
    GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF \
    KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN \
    NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD \
    SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES \
    VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG";
/// Currencies with more than a hundred units to the US dollar, by the World Bank's exchange rates
/// of 2024.
const LARGE_AMOUNTS: &str = "ALL AMD AOA ARS BIF CDF CLP COP CRC DJF DZD GNF GYD HUF IDR IQD IRR ISK JPY KES KHR \
                             KMF KRW KZT LAK LBP LKR LRD MGA MMK MNT MWK NGN PKR PYG RSD RWF SOS SSP SYP TZS UGX \
                             UZS VND XAF XOF XPF YER";

/// Currencies whose smallest coin is worth more than their smallest unit, with the step in
/// thousandths (Unicode CLDR, `supplementalData.xml`, `cashDigits` and `cashRounding`; HUF, AUD, NZD,
/// and COP by their central banks).
const CASH_STEPS: [(&str, i64); 7] = [
    ("AUD CAD CHF", 50),
    ("NZD", 100),
    ("DKK", 500),
    ("AMD CRC CZK GYD KZT MNT MUR NOK PKR SEK TWD", 1_000),
    ("HUF", 5_000),
    ("COP", 50_000),
    ("IDR TZS UZS", 100_000),
];

/// A currency code (ISO 4217).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// The US dollar.
    pub const USD: Self = Self(*b"USD");

    /// The currency with this code, in upper or lower case, if it is in use as money.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        let code = Self::stored(code)?;
        IN_USE.split(' ').any(|it| it == code.as_str()).then_some(code)
    }

    /// Accepts any three letters: an older version may have stored other codes.
    #[must_use]
    pub fn stored(code: &str) -> Option<Self> {
        let code: [u8; 3] = code.trim().as_bytes().try_into().ok()?;
        let code = code.map(|it| it.to_ascii_uppercase());
        code.iter().all(u8::is_ascii_uppercase).then_some(Self(code))
    }

    /// Every currency in use as money.
    pub fn all() -> impl Iterator<Item = Self> {
        IN_USE.split(' ').filter_map(Self::stored)
    }

    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The number of decimals of its amounts.
    #[must_use]
    pub fn decimals(self) -> u32 {
        match &self.0 {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG"
            | b"RWF" | b"UGX" | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            _ => 2,
        }
    }

    /// Its smallest unit in thousandths.
    #[must_use]
    pub fn smallest(self) -> i64 {
        10_i64.pow(3 - self.decimals())
    }

    /// Whether a liter of fuel costs hundreds or thousands of its units.
    #[must_use]
    pub fn has_large_amounts(self) -> bool {
        LARGE_AMOUNTS.split(' ').any(|it| it == self.as_str())
    }

    /// The step that cash amounts are rounded to, in thousandths. A receipt may show a rounded
    /// amount: 40.12 L at 615 HUF is 24,673.80 HUF, and the receipt says 24,675.
    #[must_use]
    pub fn cash_step(self) -> i64 {
        CASH_STEPS
            .iter()
            .find(|(codes, _)| codes.split(' ').any(|it| it == self.as_str()))
            .map_or(self.smallest(), |it| it.1)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.as_str().to_owned()
    }
}

impl Field for Currency {
    fn read(given: &FieldValue, _: NaiveDate) -> Result<Self, Message> {
        let (FieldValue::Text(text) | FieldValue::Typed(text)) = given else {
            return Err(t!("core-field-string"));
        };
        Self::parse(text).ok_or_else(|| t!("core-field-currency"))
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "pattern": "^[A-Za-z]{3}$", "examples": ["USD"] })
    }
}

impl Serialize for Currency {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = Cow::<'de, str>::deserialize(deserializer)?;
        Self::stored(&code).ok_or_else(|| serde::de::Error::custom("not a currency code"))
    }
}

impl JsonSchema for Currency {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Currency".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "description": "A currency code (ISO 4217)" })
    }
}

/// An amount of a currency, in thousandths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Money {
    /// In thousandths; a multiple of the currency's smallest unit.
    pub thousandths: i64,
    /// The currency.
    pub currency: Currency,
}

impl Money {
    /// `numerator / denominator` thousandths, rounded half up to the currency's decimals.
    #[must_use]
    pub fn from_ratio(numerator: i128, denominator: i128, currency: Currency) -> Option<Self> {
        let smallest = i128::from(currency.smallest());
        let units = divide_rounded(numerator, denominator.checked_mul(smallest)?)?;
        let thousandths = i64::try_from(units.checked_mul(smallest)?).ok()?;
        Some(Self { thousandths, currency })
    }

    /// In hundredths, rounded half up, as the reference schema's columns store it; none if it does
    /// not fit in a `DECIMAL(8,2)`.
    #[must_use]
    pub fn in_cents(self) -> Option<Fixed<8, 2>> {
        Fixed::from_ratio(self.thousandths.into(), 10)
    }

    /// The number with the currency's decimals and without a currency sign: `43.19`, `24600.00`.
    #[must_use]
    pub fn number(self) -> String {
        self.text(&mut [0; BUFFER_SIZE]).to_owned()
    }

    fn text(self, buffer: &mut [u8; BUFFER_SIZE]) -> &str {
        let text =
            SumOfThousandths::from_units(self.thousandths).unwrap_or(Fixed::MAX).text(buffer);
        match self.currency.decimals() {
            0 => &text[..text.len() - 4],
            // Amounts from an older version may have more decimals than their currency.
            decimals => &text[..text.len() - (3 - decimals as usize)],
        }
    }
}

impl Serialize for Money {
    /// Only the number, digit for digit.
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        serialize_number(self.text(&mut [0; BUFFER_SIZE]), serializer)
    }
}

impl JsonSchema for Money {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Amount".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "number",
            "description": "An exact amount with the decimals of its currency",
        })
    }
}

/// An amount as received, before its currency is known. The second value is the amount if a typed
/// mark separates thousands, as in `1.234`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amount(pub Thousandths, Option<Thousandths>);

impl Amount {
    /// An amount of `thousandths` thousandths.
    #[must_use]
    pub const fn of_thousandths(thousandths: Thousandths) -> Self {
        Self(thousandths, None)
    }

    /// The amount in a currency.
    ///
    /// # Errors
    /// An error message if it has more decimals than the currency.
    pub fn of(self, currency: Currency) -> Result<Money, Message> {
        let amount = match self.1 {
            Some(grouped) if currency.decimals() < 3 => grouped,
            _ => self.0,
        };
        let thousandths = amount.units();
        if thousandths % currency.smallest() != 0 {
            return Err(match currency.decimals() {
                0 => t!("core-field-currency-whole", currency = currency.to_string()),
                decimals => t!(
                    "core-field-currency-decimals",
                    currency = currency.to_string(),
                    decimals = decimals
                ),
            });
        }
        Ok(Money { thousandths, currency })
    }
}

impl Field for Amount {
    fn read(given: &FieldValue, _: NaiveDate) -> Result<Self, Message> {
        let typed = match given {
            FieldValue::Typed(text) => {
                number::parse(text, NumberFormat::decimal(3)).map_err(Message::from)?
            }
            FieldValue::Number(text) | FieldValue::Text(text) => {
                Typed { value: text.trim().to_owned(), other: None }
            }
            _ => return Err(t!("core-field-number")),
        };
        let read = |text: &str| Thousandths::parse(text).map_err(Message::from);
        let amount = Self(read(&typed.value)?, typed.other.as_deref().map(read).transpose()?);
        if amount.0.units() < 0 { Err(t!("core-field-not-negative")) } else { Ok(amount) }
    }

    fn schema() -> Schema {
        json_schema!({
            "type": ["number", "string"], "minimum": 0,
            "pattern": "^[0-9]{1,11}(\\.[0-9]{1,3})?$", "maximum": 99_999_999_999.999,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Amount, Currency, Field as _, FieldValue, Message, Money, NaiveDate};

    fn money(number: &str, currency: &str) -> Result<Money, Message> {
        let given = FieldValue::Number(number.to_owned());
        Amount::read(&given, NaiveDate::default())?.of(Currency::parse(currency).unwrap())
    }

    #[test]
    fn an_amount_has_the_decimals_of_its_currency() {
        for (number, currency, written) in [
            ("43.19", "USD", "43.19"),
            ("43.1", "EUR", "43.10"),
            ("24600", "HUF", "24600.00"),
            ("12500000", "IDR", "12500000.00"),
            ("6800", "JPY", "6800"),
            ("1.234", "KWD", "1.234"),
        ] {
            assert_eq!(money(number, currency).unwrap().number(), written);
        }
        for (number, currency) in [("1.5", "JPY"), ("1.234", "USD"), ("-1", "USD"), ("x", "USD")] {
            assert!(money(number, currency).is_err(), "{number} {currency}");
        }
    }

    #[test]
    fn three_digits_after_a_mark_are_decimals_only_in_currencies_with_three_decimals() {
        for (typed, currency, written) in [
            ("24.600", "HUF", "24600.00"),
            ("1,234", "USD", "1234.00"),
            ("6,800", "JPY", "6800"),
            ("1,234", "KWD", "1.234"),
            ("1.050,00", "EUR", "1050.00"),
        ] {
            let given = FieldValue::Typed(typed.to_owned());
            let amount = Amount::read(&given, NaiveDate::default()).unwrap();
            let money = amount.of(Currency::parse(currency).unwrap()).unwrap();
            assert_eq!(money.number(), written, "{typed} {currency}");
        }
    }

    #[test]
    fn cash_is_rounded_to_the_smallest_coin() {
        for (code, step) in [("EUR", 10), ("JPY", 1_000), ("KWD", 1), ("HUF", 5_000), ("CHF", 50)] {
            assert_eq!(Currency::parse(code).unwrap().cash_step(), step, "{code}");
        }
        let known = super::CASH_STEPS.iter().flat_map(|it| it.0.split(' '));
        for code in known {
            let currency = Currency::parse(code).unwrap();
            assert!(currency.cash_step() > currency.smallest(), "{code}");
        }
    }

    #[test]
    fn only_money_in_use_is_a_currency() {
        for code in ["USD", "eur", "HUF", "KWD"] {
            assert!(Currency::parse(code).is_some(), "{code}");
        }
        for code in ["XAU", "XTS", "XXX", "ABC", "US", "USDX", ""] {
            assert!(Currency::parse(code).is_none(), "{code}");
        }
    }

    #[test]
    fn amounts_are_stored_in_cents_if_they_fit() {
        assert_eq!(money("43.19", "USD").unwrap().in_cents().unwrap().to_string(), "43.19");
        assert_eq!(money("1.235", "KWD").unwrap().in_cents().unwrap().to_string(), "1.24");
        assert_eq!(money("12500000", "IDR").unwrap().in_cents(), None);
    }
}
