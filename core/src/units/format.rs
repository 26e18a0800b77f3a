//! Formats values in a user's units: rounded once, with groups of three digits.

use crate::locale;

use super::{Distance, DistanceUnit, EconomyUnit, UnitPrice, Volume, VolumeUnit, grouped};
use crate::{
    db::fixed::{Fixed, divide_rounded},
    money::{Currency, Money},
};

/// Formats values in a user's units and currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitFormatter {
    /// The unit of distances.
    pub distance: DistanceUnit,
    /// The unit of volumes.
    pub volume: VolumeUnit,
    /// The unit of fuel economy.
    pub economy: EconomyUnit,
    /// The currency code (ISO 4217).
    pub currency: String,
}

/// American units.
impl Default for UnitFormatter {
    fn default() -> Self {
        Self {
            distance: DistanceUnit::Miles,
            volume: VolumeUnit::GallonsUs,
            economy: EconomyUnit::MpgUs,
            currency: "USD".to_owned(),
        }
    }
}

impl UnitFormatter {
    /// Formats a distance or an odometer reading: `84,537`.
    #[must_use]
    pub fn distance(&self, miles: i64) -> String {
        grouped(self.distance.from_miles(miles))
    }

    /// Formats an odometer reading for an input field: `84537`.
    #[must_use]
    pub fn distance_input(&self, miles: i64) -> String {
        self.distance.from_miles(miles).to_string()
    }

    /// Formats an odometer reading or an interval: as entered if that was in the user's unit,
    /// otherwise converted to whole units. `84,537` or `84,537.5`.
    #[must_use]
    pub fn reading(&self, reading: Distance) -> String {
        locale::number(&reading.in_unit(self.distance).value())
    }

    /// Like [`Self::reading`], with the unit: `84,537 km`.
    #[must_use]
    pub fn reading_with_unit(&self, reading: Distance) -> String {
        format!("{}\u{a0}{}", self.reading(reading), self.distance.symbol())
    }

    /// Formats a distance in tenths of a millimeter, in whole units: `84,537`.
    #[must_use]
    pub fn exact_distance(&self, exact: i64) -> String {
        let whole = divide_rounded(exact.into(), self.distance.exact().into()).unwrap_or_default();
        grouped(i64::try_from(whole).unwrap_or_default())
    }

    /// Like [`Self::exact_distance`], with the unit: `84,537 km`.
    #[must_use]
    pub fn exact_distance_with_unit(&self, exact: i64) -> String {
        format!("{}\u{a0}{}", self.exact_distance(exact), self.distance.symbol())
    }

    /// Formats a volume: as entered if that was in the user's unit, otherwise converted. `12.345`
    /// or `40.00`.
    #[must_use]
    pub fn fuel(&self, volume: Volume) -> String {
        volume.in_unit(self.volume).value()
    }

    /// Like [`Self::fuel`], with the unit: `40.00 L`.
    #[must_use]
    pub fn fuel_with_unit(&self, volume: Volume) -> String {
        format!("{}\u{a0}{}", self.fuel(volume), self.volume.symbol())
    }

    /// Formats a price per unit of volume, in the user's unit, with its currency: `€1.799`.
    #[must_use]
    pub fn unit_price(&self, price: UnitPrice, currency: Currency) -> String {
        with_sign(&price.in_unit(self.volume).text(), currency)
    }

    /// Formats a price per unit of volume, with its currency and the user's unit: `€1.799/L`.
    #[must_use]
    pub fn unit_price_with_unit(&self, price: UnitPrice, currency: Currency) -> String {
        format!("{}/{}", self.unit_price(price, currency), self.volume.symbol())
    }

    /// Formats an amount of money with its currency: `$1,036.02`, `¥6,800`, `HUF 24,600.00`.
    #[must_use]
    pub fn amount(&self, money: Money) -> String {
        with_sign(&money.number(), money.currency)
    }

    /// Formats the cost per unit of distance of `cost` over a distance (tenths of a millimeter), to
    /// the thousandth, with its currency: `$0.116`.
    #[must_use]
    pub fn exact_cost_of_distance(&self, cost: Money, distance: i64) -> String {
        let scaled = i128::from(cost.thousandths) * i128::from(self.distance.exact());
        let each = Fixed::<18, 3>::from_ratio(scaled, distance.into()).unwrap_or(Fixed::MAX);
        with_sign(&each.to_string(), cost.currency)
    }

    /// Formats the economy of a distance (tenths of a millimeter) on a volume (picoliters): `31.4`.
    #[must_use]
    pub fn exact_economy(&self, distance: i64, volume: i64) -> Option<String> {
        self.economy.of_exact_to::<1>(distance, volume).map(|it| it.to_string())
    }

    /// Formats the economy of a distance (tenths of a millimeter) on a volume (picoliters), with the user's
    /// unit: `31.4 mpg`; a dash if there is none.
    #[must_use]
    pub fn exact_economy_with_unit(&self, distance: i64, volume: i64) -> String {
        let economy = self.exact_economy(distance, volume).unwrap_or_else(|| "–".to_owned());
        format!("{economy}\u{a0}{}", self.economy.symbol())
    }

    /// Formats a volume: `10.412` gallons, `39.41` liters.
    #[must_use]
    pub fn volume<const P: u32>(&self, gallons: Fixed<P, 3>) -> String {
        let gallons = Fixed::from_units(gallons.units()).unwrap_or(Fixed::MAX);
        let places = if self.volume == VolumeUnit::Liters { 2 } else { 3 };
        rounded(self.volume.from_gallons(gallons), places)
    }

    /// Formats a price per unit of volume, without currency: `3.459`.
    #[must_use]
    pub fn price(&self, of_gallon: Fixed<6, 3>) -> String {
        self.volume.price_from_gallon(of_gallon).to_string()
    }

    /// Formats a price per unit of volume, with currency: `$3.459`.
    #[must_use]
    pub fn price_with_currency(&self, of_gallon: Fixed<6, 3>) -> String {
        self.with_currency(&self.price(of_gallon))
    }

    /// Formats an amount of money: `$1,036.02`.
    #[must_use]
    pub fn money<const P: u32>(&self, amount: Fixed<P, 2>) -> String {
        self.with_currency(&amount.to_string())
    }

    /// Formats the cost per unit of distance, to the thousandth: `$0.116`.
    #[must_use]
    pub fn cost_of_distance<const P: u32>(&self, of_mile: Fixed<P, 3>) -> String {
        let of_mile = Fixed::from_units(of_mile.units()).unwrap_or(Fixed::MAX);
        self.with_currency(&self.distance.price_from_miles(of_mile).to_string())
    }

    /// Formats the economy of `miles` on `gallons`: `31.4`.
    #[must_use]
    pub fn economy(&self, miles: i64, gallons: Fixed<12, 3>) -> Option<String> {
        self.economy.of(miles, gallons).map(|it| rounded(it, 1))
    }

    /// Formats an economy in miles per US gallon.
    #[must_use]
    pub fn economy_of_mpg(&self, mpg: Fixed<16, 2>) -> Option<String> {
        // Hundredths of a mile per gallon are miles per hundred gallons.
        self.economy(mpg.units(), Fixed::from_units(100_000)?)
    }

    /// The symbol of the user's currency.
    #[must_use]
    pub fn currency_symbol(&self) -> &str {
        currency_symbol(&self.currency)
    }

    fn with_currency(&self, amount: &str) -> String {
        let sign = self.currency_symbol();
        // A space separates a code from the number.
        let space = if sign.len() == 3 && sign.is_ascii() { "\u{a0}" } else { "" };
        format!("{sign}{space}{}", locale::number(amount))
    }
}

/// The symbol before an amount of the currency or, for most currencies, its code.
#[must_use]
pub fn currency_symbol(currency: &str) -> &str {
    match currency {
        "USD" => "$",
        "EUR" => "€",
        "GBP" => "£",
        code => code,
    }
}

/// A number with its currency's symbol and groups of three digits.
fn with_sign(number: &str, currency: Currency) -> String {
    let sign = currency_symbol(currency.as_str());
    // A space separates a code from the number.
    let space = if sign.is_ascii() && sign.len() == 3 { "\u{a0}" } else { "" };
    format!("{sign}{space}{}", locale::number(number))
}

/// A decimal rounded to `places` decimals, half away from zero.
#[must_use]
pub fn rounded<const P: u32, const S: u32>(value: Fixed<P, S>, places: u32) -> String {
    let Some(dropped) = S.checked_sub(places).filter(|it| *it > 0) else {
        return value.to_string();
    };
    let units = divide_rounded(value.units().into(), 10_i128.pow(dropped)).unwrap_or_default();
    let (sign, units) = (if units < 0 { "-" } else { "" }, units.unsigned_abs());
    if places == 0 {
        return format!("{sign}{units}");
    }
    let power = 10_u128.pow(places);
    format!("{sign}{}.{:0width$}", units / power, units % power, width = places as usize)
}

#[cfg(test)]
mod tests {
    use super::{DistanceUnit, EconomyUnit, Fixed, UnitFormatter, VolumeUnit, rounded};

    fn german() -> UnitFormatter {
        UnitFormatter {
            distance: DistanceUnit::Kilometers,
            volume: VolumeUnit::Liters,
            economy: EconomyUnit::LitersPer100Km,
            currency: "EUR".to_owned(),
        }
    }

    fn fixed<const P: u32, const S: u32>(text: &str) -> Fixed<P, S> {
        Fixed::parse(text).unwrap()
    }

    #[test]
    fn values_are_formatted_in_preferred_units() {
        let (here, there) = (UnitFormatter::default(), german());
        assert_eq!(here.distance(84_537), "84,537");
        assert_eq!(there.distance(84_537), "136,049");
        assert_eq!(there.distance_input(84_537), "136049");
        assert_eq!(here.volume(fixed::<8, 3>("10.412")), "10.412");
        assert_eq!(there.volume(fixed::<8, 3>("10.412")), "39.41");
        assert_eq!(here.price_with_currency(fixed("3.459")), "$3.459");
        assert_eq!(there.price_with_currency(fixed("6.810")), "€1.799");
        assert_eq!(here.cost_of_distance(fixed::<16, 3>("0.116")), "$0.116");
        assert_eq!(there.cost_of_distance(fixed::<16, 3>("0.116")), "€0.072");
        assert_eq!(here.economy(400, fixed("15")).unwrap(), "26.7");
        assert_eq!(there.economy(400, fixed("15")).unwrap(), "8.8");
        assert_eq!(here.economy_of_mpg(fixed("26.67")).unwrap(), "26.7");
        assert_eq!(there.economy_of_mpg(fixed("26.67")).unwrap(), "8.8");
        assert_eq!(here.economy(400, fixed("0")), None);
    }

    #[test]
    fn amounts_follow_their_symbol_or_code() {
        let amount: Fixed<12, 2> = fixed("1234567.5");
        assert_eq!(UnitFormatter::default().money(amount), "$1,234,567.50");
        assert_eq!(german().money(amount), "€1,234,567.50");
        let swiss = UnitFormatter { currency: "CHF".to_owned(), ..german() };
        assert_eq!(swiss.money(amount), "CHF\u{a0}1,234,567.50");
    }

    #[test]
    fn decimals_are_rounded() {
        assert_eq!(rounded(fixed::<8, 3>("1.050"), 1), "1.1");
        assert_eq!(rounded(fixed::<8, 3>("1.049"), 1), "1.0");
        assert_eq!(rounded(fixed::<8, 3>("-1.5"), 0), "-2");
        assert_eq!(rounded(fixed::<8, 3>("1.234"), 3), "1.234");
    }
}
