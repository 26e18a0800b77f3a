//! Distances, volumes and fuel economy in the user's units.
//!
//! Older columns store miles and US gallons. Conversions are exact ratios of integers, rounded
//! once, when formatted. (1 mile = 1.609344 km, 1 US gallon = 3.785411784 L, 1 imperial gallon =
//! 4.54609 L: NIST SP 811, appendix B.)

mod format;
mod quantity;

pub use super::locale::day;
pub use format::{UnitFormatter, currency_symbol, rounded};
pub use quantity::{
    Distance, GALLON_UK, GALLON_US, KILOMETER, LITER, MILE, UnitPrice, Volume, distance_or_miles,
    whole_miles,
};

use super::{
    db::fixed::{Fixed, divide_rounded},
    input::number::{self, NumberError, NumberFormat, Typed},
};

/// For fields that check the number of decimals themselves.
const ANY_DECIMALS: NumberFormat = NumberFormat::decimal(18);

const MILE_IN_METERS_E3: i128 = 1_609_344;
const GALLON_US_IN_LITERS_E9: i128 = 3_785_411_784;
const GALLON_UK_IN_LITERS_E9: i128 = 4_546_090_000;
const LITER_IN_LITERS_E9: i128 = 1_000_000_000;

/// Declares an enum that is stored as text and has labels (message ids) for forms.
#[macro_export]
macro_rules! text_enum {
    ($(#[doc = $about:literal])* $name:ident { $($(#[doc = $doc:literal])* $variant:ident = $text:literal, $label:literal;)+ }) => {
        $(#[doc = $about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        pub enum $name {
            $($(#[doc = $doc])* #[serde(rename = $text)] $variant,)+
        }

        impl $name {
            /// All variants: the stored text and the message id of the label.
            pub const ALL: &[(&str, &str)] = &[$(($text, $label)),+];

            /// The text in the database and in JSON.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// The message id of the label.
            #[must_use]
            pub fn label(self) -> &'static str {
                match self { $(Self::$variant => $label),+ }
            }
        }

        impl TryFrom<&str> for $name {
            type Error = String;

            fn try_from(text: &str) -> Result<Self, String> {
                match text {
                    $($text => Ok(Self::$variant),)+
                    _ => Err(format!("{text:?} is not one of:{}", concat!($(" ", $text),+))),
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = String;

            fn try_from(text: String) -> Result<Self, String> {
                Self::try_from(text.as_str())
            }
        }

        impl $crate::record::Column for $name {
            type Read<'r> = &'r str;
            type Bound<'q> = &'static str;

            fn from_column(read: &str) -> sqlx::Result<Self> {
                Self::try_from(read).map_err(|error| sqlx::Error::Decode(error.into()))
            }

            fn to_column(&self) -> &'static str {
                self.as_str()
            }
        }

        impl $crate::record::FormText for $name {
            fn form_text(&self) -> String {
                self.as_str().to_owned()
            }
        }

        impl $crate::input::Field for $name {
            fn read(
                given: &$crate::input::FieldValue,
                _: chrono::NaiveDate,
            ) -> Result<Self, $crate::locale::Message> {
                use $crate::input::FieldValue;
                match given {
                    FieldValue::Text(text) | FieldValue::Typed(text) => {
                        Self::try_from(text.as_str()).map_err(|_| {
                            let choices = concat!($($text, " "),+).trim_end();
                            $crate::t!("core-field-choice", choices = choices)
                        })
                    }
                    _ => Err($crate::t!("core-field-string")),
                }
            }

            fn schema() -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "enum": [$($text),+] })
            }
        }
    };
}
pub use crate::text_enum;

text_enum! {
    /// The unit of distances.
    DistanceUnit {
        /// Miles.
        Miles = "mi", "core-unit-miles";
        /// Kilometers.
        Kilometers = "km", "core-unit-kilometers";
    }
}

text_enum! {
    /// The unit of volumes.
    VolumeUnit {
        /// US gallons.
        GallonsUs = "gal_us", "core-unit-us-gallons";
        /// Imperial gallons.
        GallonsUk = "gal_uk", "core-unit-imperial-gallons";
        /// Liters.
        Liters = "l", "core-unit-liters";
    }
}

text_enum! {
    /// The unit of fuel economy.
    EconomyUnit {
        /// Miles to the US gallon.
        MpgUs = "mpg_us", "core-unit-mpg-us";
        /// Miles to the imperial gallon.
        MpgUk = "mpg_uk", "core-unit-mpg-imperial";
        /// Liters per 100 kilometers.
        LitersPer100Km = "l_per_100km", "core-unit-liters-per-100-km";
        /// Kilometers per liter.
        KmPerLiter = "km_per_l", "core-unit-km-per-liter";
    }
}

impl DistanceUnit {
    /// The unit's symbol.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        self.as_str()
    }

    /// Converts miles to this unit, rounded to a whole number.
    #[must_use]
    pub fn from_miles(self, miles: i64) -> i64 {
        match self {
            Self::Miles => miles,
            Self::Kilometers => ratio(i128::from(miles) * MILE_IN_METERS_E3, 1_000_000),
        }
    }

    /// Converts a distance typed in this unit to whole miles, as text. Text that is not a number is
    /// returned unchanged, so that the field's reader rejects it.
    #[must_use]
    pub fn to_miles(self, typed: &str) -> String {
        let Ok(plain) = without_thousands(typed) else { return typed.to_owned() };
        match (self, Fixed::<12, 3>::parse(&plain)) {
            (Self::Kilometers, Ok(km)) => {
                ratio(i128::from(km.units()) * 1000, MILE_IN_METERS_E3).to_string()
            }
            _ => plain,
        }
    }

    /// Converts a price per mile to a price per unit.
    #[must_use]
    pub fn price_from_miles(self, price: Fixed<8, 3>) -> Fixed<8, 3> {
        match self {
            Self::Miles => price,
            Self::Kilometers => {
                Fixed::from_ratio(i128::from(price.units()) * 1_000_000, MILE_IN_METERS_E3)
                    .unwrap_or(price)
            }
        }
    }
}

impl VolumeUnit {
    /// The unit's symbol.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        match self {
            Self::GallonsUs | Self::GallonsUk => "gal",
            Self::Liters => "l",
        }
    }

    fn in_liters_e9(self) -> i128 {
        match self {
            Self::GallonsUs => GALLON_US_IN_LITERS_E9,
            Self::GallonsUk => GALLON_UK_IN_LITERS_E9,
            Self::Liters => LITER_IN_LITERS_E9,
        }
    }

    /// Converts US gallons to this unit, to the thousandth.
    #[must_use]
    pub fn from_gallons(self, gallons: Fixed<12, 3>) -> Fixed<12, 3> {
        let liters = i128::from(gallons.units()) * GALLON_US_IN_LITERS_E9;
        Fixed::from_ratio(liters, self.in_liters_e9()).unwrap_or(gallons)
    }

    /// Converts a volume typed in this unit to US gallons, as text, to the thousandth. Text that is
    /// not a number is returned unchanged.
    #[must_use]
    pub fn to_gallons(self, typed: &str) -> String {
        let Ok(Typed { value: plain, .. }) = number::parse(typed, ANY_DECIMALS) else {
            return typed.to_owned();
        };
        match Fixed::<12, 3>::parse(&plain) {
            Ok(volume) if self != Self::GallonsUs => {
                let liters = i128::from(volume.units()) * self.in_liters_e9();
                Fixed::<12, 3>::from_ratio(liters, GALLON_US_IN_LITERS_E9)
                    .map_or(plain, |gallons| gallons.to_string())
            }
            _ => plain,
        }
    }

    /// Converts a price per US gallon to a price per unit.
    #[must_use]
    pub fn price_from_gallon(self, price: Fixed<6, 3>) -> Fixed<6, 3> {
        let scaled = i128::from(price.units()) * self.in_liters_e9();
        Fixed::from_ratio(scaled, GALLON_US_IN_LITERS_E9).unwrap_or(price)
    }

    /// Converts a typed price per unit to a price per US gallon, to the thousandth.
    #[must_use]
    pub fn to_price_of_gallon(self, typed: &str) -> String {
        let Ok(Typed { value: plain, .. }) = number::parse(typed, ANY_DECIMALS) else {
            return typed.to_owned();
        };
        match Fixed::<6, 3>::parse(&plain) {
            Ok(price) if self != Self::GallonsUs => {
                let scaled = i128::from(price.units()) * GALLON_US_IN_LITERS_E9;
                Fixed::<9, 3>::from_ratio(scaled, self.in_liters_e9())
                    .map_or(plain, |price| price.to_string())
            }
            _ => plain,
        }
    }
}

impl EconomyUnit {
    /// The unit's symbol.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        match self {
            Self::MpgUs | Self::MpgUk => "mpg",
            Self::LitersPer100Km => "l/100 km",
            Self::KmPerLiter => "km/l",
        }
    }

    /// Whether higher values mean less fuel.
    #[must_use]
    pub fn more_is_better(self) -> bool {
        self != Self::LitersPer100Km
    }

    /// The economy of a distance (tenths of a millimeter) on a volume (picoliters), to the
    /// hundredth.
    #[must_use]
    pub fn of_exact(self, distance: i64, volume: i64) -> Option<Fixed<16, 2>> {
        self.of_exact_to::<2>(distance, volume)
    }

    /// Like [`Self::of_exact`], with `S` decimals, rounded once.
    #[must_use]
    pub fn of_exact_to<const S: u32>(self, distance: i64, volume: i64) -> Option<Fixed<16, S>> {
        let (distance, volume) = (i128::from(distance), i128::from(volume));
        let scale = 10_i128.pow(S);
        let per = |unit: DistanceUnit, fuel: VolumeUnit| {
            Fixed::from_ratio(
                distance * scale * i128::from(fuel.exact()),
                volume * i128::from(unit.exact()),
            )
        };
        match self {
            Self::MpgUs => per(DistanceUnit::Miles, VolumeUnit::GallonsUs),
            Self::MpgUk => per(DistanceUnit::Miles, VolumeUnit::GallonsUk),
            Self::KmPerLiter => per(DistanceUnit::Kilometers, VolumeUnit::Liters),
            Self::LitersPer100Km => Fixed::from_ratio(
                volume * 100 * scale * i128::from(KILOMETER),
                distance * i128::from(LITER),
            ),
        }
    }

    /// The economy of `miles` on `gallons`, to the hundredth.
    #[must_use]
    pub fn of(self, miles: i64, gallons: Fixed<12, 3>) -> Option<Fixed<10, 2>> {
        let (miles, thousandths) = (i128::from(miles), i128::from(gallons.units()));
        // In hundredths of the unit.
        match self {
            Self::MpgUs => Fixed::from_ratio(miles * 100_000, thousandths),
            Self::MpgUk => Fixed::from_ratio(
                miles * 100_000 * GALLON_UK_IN_LITERS_E9,
                thousandths * GALLON_US_IN_LITERS_E9,
            ),
            // (thousandths / 1000 · liters / 1e9) ÷ (miles · meters / 1e6) · 100, in hundredths
            Self::LitersPer100Km => Fixed::from_ratio(
                thousandths * GALLON_US_IN_LITERS_E9,
                miles * MILE_IN_METERS_E3 * 100,
            ),
            Self::KmPerLiter => Fixed::from_ratio(
                miles * MILE_IN_METERS_E3 * 100 * 1_000_000,
                thousandths * GALLON_US_IN_LITERS_E9,
            ),
        }
    }
}

fn ratio(numerator: i128, denominator: i128) -> i64 {
    divide_rounded(numerator, denominator).and_then(|it| i64::try_from(it).ok()).unwrap_or_default()
}

/// Parses an odometer reading: `84,210`, `84.210` and `84 210` are all 84210.
fn without_thousands(typed: &str) -> Result<String, NumberError> {
    number::parse(typed, NumberFormat::decimal(1)).map(|it| it.value)
}

/// Converts a typed number to plain text; any other text is returned unchanged, so that the field
/// rejects it.
#[must_use]
pub fn plain_number(typed: &str) -> String {
    number::parse(typed, ANY_DECIMALS).map_or_else(|_| typed.to_owned(), |it| it.value)
}

/// Formats a whole number with groups of three digits: `84,210`.
#[must_use]
pub fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::from(if number < 0 { "-" } else { "" });
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{DistanceUnit, EconomyUnit, Fixed, VolumeUnit, grouped, plain_number};

    #[test]
    fn economy_is_converted_between_units() {
        let gallons = Fixed::<12, 3>::parse("15").unwrap();
        let shown = |unit: EconomyUnit| unit.of(400, gallons).unwrap().to_string();
        assert_eq!(shown(EconomyUnit::MpgUs), "26.67");
        assert_eq!(shown(EconomyUnit::MpgUk), "32.03");
        assert_eq!(shown(EconomyUnit::LitersPer100Km), "8.82");
        assert_eq!(shown(EconomyUnit::KmPerLiter), "11.34");
        assert_eq!(EconomyUnit::MpgUs.of(400, Fixed::default()), None);
    }

    #[test]
    fn typed_values_are_converted_to_gallons_and_miles() {
        assert_eq!(VolumeUnit::Liters.to_gallons("40"), "10.567");
        assert_eq!(VolumeUnit::Liters.to_gallons("40,00"), "10.567");
        assert_eq!(VolumeUnit::GallonsUk.to_gallons("10"), "12.009");
        assert_eq!(VolumeUnit::GallonsUs.to_gallons("10.5"), "10.5");
        assert_eq!(VolumeUnit::Liters.to_price_of_gallon("1.799"), "6.810");
        assert_eq!(DistanceUnit::Kilometers.to_miles("100"), "62");
        assert_eq!(DistanceUnit::Miles.to_miles("84,210"), "84210");
    }

    #[test]
    fn thousands_are_separated_by_commas() {
        assert_eq!(grouped(-1_234_567), "-1,234,567");
        assert_eq!(grouped(999), "999");
    }

    #[test]
    fn text_that_is_not_a_number_is_unchanged() {
        for typed in ["12,3,4", "40,5.1", "40'5", "4e1", "forty", "40 L"] {
            assert_eq!(DistanceUnit::Kilometers.to_miles(typed), typed);
            assert_eq!(VolumeUnit::Liters.to_gallons(typed), typed);
            assert_eq!(VolumeUnit::Liters.to_price_of_gallon(typed), typed);
            assert_eq!(plain_number(typed), typed);
        }
    }

    proptest! {
        #[test]
        fn liters_survive_conversion_to_gallons_and_back(hundredths in 1_i64..20_000) {
            let typed = Fixed::<12, 2>::from_units(hundredths).unwrap().to_string();
            let gallons = Fixed::parse(&VolumeUnit::Liters.to_gallons(&typed)).unwrap();
            let liters = VolumeUnit::Liters.from_gallons(gallons).units();
            prop_assert_eq!((liters + 5) / 10, hundredths);
        }
    }
}
