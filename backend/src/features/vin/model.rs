//! What a VIN means, as the API tells it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rust_decimal::{Decimal, RoundingStrategy};
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
    /// Its model year, where it is settled.
    pub year: Option<u16>,
    /// Whether the model year is settled: by the VIN, or by the year given, where the VIN allows it.
    pub year_settled: bool,
    /// The model years that the VIN may mean, latest first; none where it doesn't say.
    pub year_candidates: Vec<u16>,
    /// Whose form the VIN follows.
    pub form: Form,
    /// Its trim level.
    pub trim: Option<String>,
    /// Its series.
    pub series: Option<String>,
    /// The kind of its body.
    pub body_type: Option<String>,
    /// Its engine in a few words: displacement, arrangement and number of cylinders, fuel.
    pub engine_type: Option<String>,
    /// Its engine's displacement in liters, to three decimals.
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

/// The form of a VIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// North American (49 CFR 565): built there, or elsewhere for sale there.
    Us,
    /// A European manufacturer's own.
    Eu,
    /// Any other.
    Other,
}

impl From<vpic::FormKind> for Form {
    fn from(kind: vpic::FormKind) -> Self {
        match kind {
            vpic::FormKind::NorthAmerican => Self::Us,
            vpic::FormKind::European => Self::Eu,
            vpic::FormKind::Other => Self::Other,
        }
    }
}

/// What stands at position 9, and what should (49 CFR 565.15).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CheckDigit {
    /// What stands there.
    pub given: Option<char>,
    /// What the other characters ask for.
    pub expected: Option<char>,
    /// Whether the standard demands it here: first characters 1 to 5 and 7, and L for China.
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

impl Problem {
    /// A problem of the whole VIN.
    pub(super) fn new(code: u16, detail: &str) -> Self {
        Self { code, detail: detail.to_owned(), positions: Vec::new() }
    }
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

    /// The document, with nothing wrong and nothing suggested yet. The year isn't NHTSA's, which is
    /// often wrong outside North America, but what the form of the VIN says.
    pub(super) fn into_decoded(
        self,
        vin: &str,
        form: &vpic::Form,
        source: Source,
        at: DateTime<Utc>,
    ) -> DecodedVin {
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
            year: form.year,
            year_settled: form.is_year_settled(),
            year_candidates: form.year_candidates.clone(),
            form: form.kind.into(),
            trim: self.text("Trim"),
            series: self.text("Series"),
            body_type: self.text("BodyClass"),
            engine_type: engine(&self),
            displacement_l: self.get("DisplacementL").and_then(displacement),
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

/// `2.998832712`, which NHTSA converts from cubic inches, as `2.999`.
fn displacement(text: &str) -> Option<Number> {
    rounded(text, 3)?.normalize().to_string().parse().ok()
}

/// `2.998832712` as people say it: `3.0 L`, rounded to a tenth.
fn litres(text: &str) -> Option<String> {
    Some(format!("{:.1} L", rounded(text, 1)?))
}

fn rounded(text: &str, decimals: u32) -> Option<Decimal> {
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

    fn decoded(values: Values, vin: &str) -> DecodedVin {
        let form = vpic::Decoder::embedded().unwrap().form(vin, None);
        values.into_decoded(vin, &form, Source::Offline, crate::testing::NOW.parse().unwrap())
    }

    #[test]
    fn a_displacement_has_three_decimals_at_most() {
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
    fn a_vin_is_valid_where_its_check_digit_holds_or_is_not_required() {
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
