//! Decoded VINs as returned by the API.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rust_decimal::{Decimal, RoundingStrategy};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Number;

/// A decoded VIN. Unknown values are null.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DecodedVin {
    /// The VIN, in upper case.
    pub vin: String,
    /// Whether the VIN is valid: 17 allowed characters, with a correct check digit if one is required.
    pub valid: bool,
    /// The check digit at position 9.
    pub check_digit: CheckDigit,
    /// The make, in NHTSA's spelling.
    pub make: Option<String>,
    /// The model.
    pub model: Option<String>,
    /// The model year, if it is unambiguous.
    pub year: Option<u16>,
    /// Whether the model year is unambiguous, either from the VIN alone or with the year in the
    /// request.
    pub year_settled: bool,
    /// The possible model years, latest first; empty if the VIN does not contain the model year.
    pub year_candidates: Vec<u16>,
    /// The standard that the VIN follows.
    pub form: VinFormat,
    /// The trim level.
    pub trim: Option<String>,
    /// The series.
    pub series: Option<String>,
    /// The body type.
    pub body_type: Option<String>,
    /// A short description of the engine: displacement, cylinder arrangement and count, fuel.
    pub engine_type: Option<String>,
    /// The engine displacement in liters, with up to three decimals.
    pub displacement_l: Option<Number>,
    /// The number of cylinders.
    pub cylinders: Option<u16>,
    /// The primary fuel.
    pub fuel_type: Option<String>,
    /// The drive type, such as front-wheel drive.
    pub drive_type: Option<String>,
    /// The transmission type.
    pub transmission: Option<String>,
    /// The vehicle type, such as passenger car, truck, motorcycle or trailer.
    pub vehicle_type: Option<String>,
    /// The country in which the vehicle was built.
    pub plant_country: Option<String>,
    /// The city in which the vehicle was built.
    pub plant_city: Option<String>,
    /// The manufacturer.
    pub manufacturer: Option<String>,
    /// Where the result comes from.
    pub source: Source,
    /// When the VIN was decoded.
    pub decoded_at: DateTime<Utc>,
    /// The month of the embedded tables, such as `2026-10`; null if NHTSA's service decoded the VIN.
    pub tables: Option<String>,
    /// All known attributes under NHTSA's names.
    pub attributes: BTreeMap<String, String>,
    /// Errors in the VIN, and missing information.
    pub problems: Vec<Problem>,
    /// Similar valid VINs, if this one looks mistyped.
    pub suggestions: Vec<String>,
}

/// The standard that a VIN follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum VinFormat {
    /// The North American standard (49 CFR 565), for vehicles built or sold there.
    Us,
    /// ISO 3779 as used by a European manufacturer.
    Eu,
    /// ISO 3779 as used by any other manufacturer.
    Other,
}

impl From<vpic::FormatKind> for VinFormat {
    fn from(kind: vpic::FormatKind) -> Self {
        match kind {
            vpic::FormatKind::NorthAmerican => Self::Us,
            vpic::FormatKind::European => Self::Eu,
            vpic::FormatKind::Other => Self::Other,
        }
    }
}

/// The check digit (49 CFR 565.15).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CheckDigit {
    /// The character at position 9.
    pub given: Option<char>,
    /// The check digit calculated from the other characters.
    pub expected: Option<char>,
    /// Whether a check digit is required: if the first character is 1 to 5 or 7 (North America) or L
    /// (China).
    pub required: bool,
    /// Whether `given` equals `expected`.
    pub ok: bool,
}

/// Where a result comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// The cache.
    Cache,
    /// The tables embedded in the program.
    Offline,
    /// NHTSA's web service.
    Vpic,
}

/// An error in a VIN, or missing information.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// NHTSA's error code.
    pub code: u16,
    /// A description of the problem.
    pub detail: String,
    /// The affected positions, starting at 1; empty if the whole VIN is affected.
    #[serde(default)]
    pub positions: Vec<usize>,
}

impl Problem {
    /// Creates a problem that affects the whole VIN.
    pub(super) fn new(code: u16, detail: &str) -> Self {
        Self { code, detail: detail.to_owned(), positions: Vec::new() }
    }
}

/// The decoded values under the names that NHTSA's `DecodeVinValues` uses. Both the embedded tables and
/// NHTSA's service produce them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Values(pub(super) BTreeMap<String, String>);

/// The members that describe the decoding rather than the vehicle.
const METADATA: [&str; 6] =
    ["VIN", "ErrorCode", "ErrorText", "AdditionalErrorText", "SuggestedVIN", "PossibleValues"];

impl Values {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|it| !it.is_empty())
    }

    fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }

    /// Converts the values, without problems and suggestions. The model year is taken from `form`
    /// because NHTSA's is often wrong for vehicles outside North America.
    pub(super) fn into_decoded(
        self,
        vin: &str,
        format: &vpic::VinFormat,
        source: Source,
        at: DateTime<Utc>,
    ) -> DecodedVin {
        let digit = vpic::check_digit(vin);
        let is_well_formed = super::Vin::parse(vin).is_ok();
        DecodedVin {
            vin: vin.to_owned(),
            valid: is_well_formed && (digit.ok || !digit.required),
            check_digit: CheckDigit {
                given: digit.given,
                expected: digit.expected,
                required: digit.required,
                ok: digit.ok,
            },
            make: self.text("Make"),
            model: self.text("Model"),
            year: format.year,
            year_settled: format.is_year_certain(),
            year_candidates: format.year_candidates.clone(),
            form: format.kind.into(),
            trim: self.text("Trim"),
            series: self.text("Series"),
            body_type: self.text("BodyClass"),
            engine_type: describe_engine(&self),
            displacement_l: self.get("DisplacementL").and_then(round_displacement),
            cylinders: self.get("EngineCylinders").and_then(|it| it.parse().ok()),
            fuel_type: self.text("FuelTypePrimary"),
            drive_type: self.text("DriveType"),
            transmission: self.text("TransmissionStyle"),
            vehicle_type: self.text("VehicleType"),
            plant_country: self.text("PlantCountry"),
            plant_city: self.text("PlantCity"),
            manufacturer: self.text("Manufacturer"),
            source,
            decoded_at: at,
            tables: None,
            problems: Vec::new(),
            suggestions: Vec::new(),
            attributes: self
                .0
                .into_iter()
                .filter(|(name, value)| !value.is_empty() && !METADATA.contains(&name.as_str()))
                .collect(),
        }
    }
}

/// Describes the engine: `3.0 L V6`, `2.0 L I4 Diesel`, `Electric`.
fn describe_engine(values: &Values) -> Option<String> {
    let displacement = values.get("DisplacementL").and_then(format_liters);
    let cylinders = values.get("EngineCylinders").map(|count| {
        let arrangement = match values.get("EngineConfiguration").unwrap_or_default() {
            "In-Line" => "I",
            "V-Shaped" => "V",
            "W Shape" => "W",
            "Horizontally opposed (boxer)" => "H",
            _ => "",
        };
        if arrangement.is_empty() {
            format!("{count} cylinders")
        } else {
            format!("{arrangement}{count}")
        }
    });
    let fuel = values.get("FuelTypePrimary").filter(|it| *it != "Gasoline").map(str::to_owned);
    let parts: Vec<_> = [displacement, cylinders, fuel].into_iter().flatten().collect();
    if parts.is_empty() { values.text("EngineModel") } else { Some(parts.join(" ")) }
}

/// Rounds a displacement to three decimals. NHTSA converts it from cubic inches: `2.998832712`.
fn round_displacement(text: &str) -> Option<Number> {
    round(text, 3)?.normalize().to_string().parse().ok()
}

/// Formats `2.998832712` as `3.0 L`.
fn format_liters(text: &str) -> Option<String> {
    Some(format!("{:.1} L", round(text, 1)?))
}

fn round(text: &str, decimals: u32) -> Option<Decimal> {
    let exact: Decimal = text.parse().ok()?;
    Some(exact.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero))
}

#[cfg(test)]
mod tests {
    use super::{DecodedVin, Source, Values};

    fn values(pairs: &[(&str, &str)]) -> Values {
        let own = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Values(own.collect())
    }

    fn engine(pairs: &[(&str, &str)]) -> Option<String> {
        super::describe_engine(&values(pairs))
    }

    #[test]
    fn an_engine_is_described_briefly() {
        let v6 = [
            ("DisplacementL", "2.998832712"),
            ("EngineCylinders", "6"),
            ("EngineConfiguration", "V-Shaped"),
            ("FuelTypePrimary", "Gasoline"),
        ];
        assert_eq!(engine(&v6).unwrap(), "3.0 L V6");
        let diesel = [("EngineCylinders", "4"), ("FuelTypePrimary", "Diesel")];
        assert_eq!(engine(&diesel).unwrap(), "4 cylinders Diesel");
        assert_eq!(engine(&[("FuelTypePrimary", "Electric")]).unwrap(), "Electric");
        assert_eq!(engine(&[("EngineModel", "J30A4")]).unwrap(), "J30A4");
        assert_eq!(engine(&[]), None);
    }

    fn decoded(values: Values, vin: &str) -> DecodedVin {
        let format = vpic::Decoder::embedded().unwrap().format(vin, None);
        values.into_decoded(vin, &format, Source::Offline, crate::testing::NOW.parse().unwrap())
    }

    #[test]
    fn a_displacement_has_at_most_three_decimals() {
        for (text, shown) in [
            ("3", "3"),
            ("3.0", "3"),
            ("1.5", "1.5"),
            ("2.998832712", "2.999"),
            ("5.7354875", "5.735"),
            ("2.0005", "2.001"),
        ] {
            let decoded = decoded(values(&[("DisplacementL", text)]), "1HGCM82633A004352");
            let json = serde_json::to_value(&decoded).unwrap();
            assert_eq!(json["displacementL"].to_string(), shown, "{text}");
        }
    }

    #[test]
    fn a_vin_is_valid_if_its_check_digit_is_correct_or_not_required() {
        for (vin, valid) in [
            ("1HGCM82633A004352", true),
            ("1HGCM82643A004352", false),
            ("7SAYGDEE3NF012345", false),
            ("WBA3A5C52CF256651", true),
            ("WBA3A5C5", false),
            ("WBA3A5C52CF25665O", false),
            ("11111111111111111", false),
        ] {
            assert_eq!(decoded(values(&[]), vin).valid, valid, "{vin}");
        }
    }
}
