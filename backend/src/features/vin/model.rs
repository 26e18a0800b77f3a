//! What a VIN means, as the API tells it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Number;

/// What is known of a VIN. What is not known is null.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DecodedVin {
    /// The VIN, in upper case.
    pub vin: String,
    /// Whether it can be a vehicle's: 17 characters of those that VINs have, with a check digit
    /// that holds where one is required.
    pub valid: bool,
    /// Position 9.
    pub check_digit: CheckDigit,
    /// Who made the vehicle, as NHTSA lists it.
    pub make: Option<String>,
    /// What its maker calls it.
    pub model: Option<String>,
    /// Its model year.
    pub year: Option<u16>,
    /// Its trim level.
    pub trim: Option<String>,
    /// Its series.
    pub series: Option<String>,
    /// The kind of its body.
    pub body_type: Option<String>,
    /// Its engine in a few words: displacement, arrangement and number of cylinders, fuel.
    pub engine_type: Option<String>,
    /// Its engine's displacement, in litres.
    pub displacement_l: Option<Number>,
    /// How many cylinders.
    pub cylinders: Option<u16>,
    /// Its first fuel.
    pub fuel_type: Option<String>,
    /// Which wheels are driven.
    pub drive_type: Option<String>,
    /// The kind of its transmission.
    pub transmission: Option<String>,
    /// Passenger car, truck, motorcycle, trailer …
    pub vehicle_type: Option<String>,
    /// The country it was built in.
    pub plant_country: Option<String>,
    /// The city it was built in.
    pub plant_city: Option<String>,
    /// Who built it.
    pub manufacturer: Option<String>,
    /// Where the answer comes from.
    pub source: Source,
    /// When it was found out.
    pub decoded_at: DateTime<Utc>,
    /// The month of the tables that answered; null where NHTSA's service did.
    pub tables: Option<String>,
    /// Everything that is known, by NHTSA's names.
    pub attributes: BTreeMap<String, String>,
    /// What is wrong with the VIN, or not known of it.
    pub problems: Vec<Problem>,
    /// VINs that may have been meant.
    pub suggestions: Vec<String>,
}

/// What stands at position 9, and what should (49 CFR 565.15).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CheckDigit {
    /// What stands there.
    pub given: Option<char>,
    /// What the other characters ask for.
    pub expected: Option<char>,
    /// Whether the standard demands it here: North America and China.
    pub required: bool,
    /// Whether the two are the same.
    pub ok: bool,
}

/// Where an answer comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// It was kept from before.
    Cache,
    /// The tables that the program brings along.
    Offline,
    /// NHTSA's service.
    Vpic,
}

/// Something that is wrong with a VIN, or not known of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// NHTSA's code for it.
    pub code: u16,
    /// What it says.
    pub detail: String,
    /// The positions that it is about, counted from one, where it is about some.
    #[serde(default)]
    pub positions: Vec<usize>,
}

/// What decoding gives, by the names that NHTSA's service uses (`DecodeVinValues`): whoever
/// answers, the rest is made from this.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Values(pub(super) BTreeMap<String, String>);

/// The members of an answer that tell about the answer and not the vehicle.
const ABOUT: [&str; 6] =
    ["VIN", "ErrorCode", "ErrorText", "AdditionalErrorText", "SuggestedVIN", "PossibleValues"];

impl Values {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|it| !it.is_empty())
    }

    fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }

    /// The document, with nothing wrong and nothing suggested yet.
    pub(super) fn into_decoded(self, vin: &str, source: Source, at: DateTime<Utc>) -> DecodedVin {
        let digit = vpic::check_digit(vin);
        let is_whole = super::Vin::well_formed(vin).is_ok();
        DecodedVin {
            vin: vin.to_owned(),
            valid: is_whole && (digit.ok || !digit.required),
            check_digit: CheckDigit {
                given: digit.given,
                expected: digit.expected,
                required: digit.required,
                ok: digit.ok,
            },
            make: self.text("Make"),
            model: self.text("Model"),
            year: self.get("ModelYear").and_then(|it| it.parse().ok()),
            trim: self.text("Trim"),
            series: self.text("Series"),
            body_type: self.text("BodyClass"),
            engine_type: engine(&self),
            displacement_l: self.get("DisplacementL").and_then(|it| it.parse().ok()),
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
                .filter(|(name, value)| !value.is_empty() && !ABOUT.contains(&name.as_str()))
                .collect(),
        }
    }
}

/// An engine in a few words: `3.0 L V6`, `2.0 L I4 Diesel`, `Electric`.
fn engine(values: &Values) -> Option<String> {
    let displacement = values.get("DisplacementL").and_then(litres);
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

/// `2.998832712` as people say it: `3.0 L`, rounded to a tenth.
fn litres(text: &str) -> Option<String> {
    let exact: rust_decimal::Decimal = text.parse().ok()?;
    let away = rust_decimal::RoundingStrategy::MidpointAwayFromZero;
    Some(format!("{:.1} L", exact.round_dp_with_strategy(1, away)))
}

#[cfg(test)]
mod tests {
    use super::{Source, Values};

    fn values(pairs: &[(&str, &str)]) -> Values {
        let own = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Values(own.collect())
    }

    fn engine(pairs: &[(&str, &str)]) -> Option<String> {
        super::engine(&values(pairs))
    }

    #[test]
    fn an_engine_is_told_as_people_say_it() {
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

    #[test]
    fn a_displacement_is_the_number_that_nhtsa_writes() {
        for text in ["3", "2.998832712", "1.5"] {
            let values = values(&[("DisplacementL", text)]);
            let at = crate::testing::NOW.parse().unwrap();
            let decoded = values.into_decoded("1HGCM82633A004352", Source::Offline, at);
            let json = serde_json::to_value(&decoded).unwrap();
            assert_eq!(json["displacementL"].to_string(), text);
        }
    }

    #[test]
    fn a_vin_is_valid_where_its_check_digit_holds_or_is_not_required() {
        for (vin, valid) in [
            ("1HGCM82633A004352", true),
            ("1HGCM82643A004352", false),
            ("WBA3A5C52CF256651", true),
            ("WBA3A5C5", false),
            ("WBA3A5C52CF25665O", false),
        ] {
            let at = crate::testing::NOW.parse().unwrap();
            let decoded = values(&[]).into_decoded(vin, Source::Offline, at);
            assert_eq!(decoded.valid, valid, "{vin}");
        }
    }
}
