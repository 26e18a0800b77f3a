//! What workshops do: every type that has a name here, with how often it is usually done.
//!
//! Any other word is accepted as a type, too; it is shown as its words.

use std::borrow::Cow;

use chrono::NaiveDate;
use schemars::{JsonSchema, Schema, json_schema};
use serde::{Deserialize, Serialize};

use crate::core::{
    input::{Field, Given, Text},
    units::{Distance, DistanceUnit},
};

/// What kind of work a type is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Group {
    /// Done again and again, by date or distance.
    Routine,
    /// Done when something is worn or broken.
    Repair,
    /// Done to have it better.
    Upgrade,
    /// What authorities and insurers want.
    Paperwork,
}

impl Group {
    /// Every group, as it is shown.
    pub(super) const ALL: [(Self, &'static str); 4] = [
        (Self::Routine, "Routine"),
        (Self::Repair, "Repair"),
        (Self::Upgrade, "Upgrade"),
        (Self::Paperwork, "Paperwork"),
    ];
}

/// A type of maintenance that has a name here, with how often it is usually done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct KnownType {
    /// What to send as `type`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// What people call it.
    pub name: &'static str,
    /// What kind of work it is.
    pub group: Group,
    /// After how many months it is usually done again; null where not by date.
    pub interval_months: Option<i32>,
    /// After how many miles it is usually done again; null where not by distance.
    pub interval_miles: Option<i32>,
    /// The same in kilometers, as a round figure of its own.
    pub interval_kilometers: Option<i32>,
}

impl KnownType {
    /// The usual interval in a unit.
    pub(super) fn interval(&self, unit: DistanceUnit) -> Option<Distance> {
        interval((self.interval_miles, self.interval_kilometers), unit)
    }
}

/// An interval in a unit, of one in miles and one in kilometers.
pub(super) fn interval(
    (miles, kilometers): (Option<i32>, Option<i32>),
    unit: DistanceUnit,
) -> Option<Distance> {
    let whole = match unit {
        DistanceUnit::Miles => miles,
        DistanceUnit::Kilometres => kilometers,
    };
    whole.map(|it| Distance::of_tenths(i64::from(it) * 10, unit))
}

/// Zero means none.
pub(super) const fn some(count: i32) -> Option<i32> {
    if count == 0 { None } else { Some(count) }
}

const fn known(
    kind: &'static str,
    name: &'static str,
    group: Group,
    months: i32,
    (miles, kilometers): (i32, i32),
) -> KnownType {
    KnownType {
        kind,
        name,
        group,
        interval_months: some(months),
        interval_miles: some(miles),
        interval_kilometers: some(kilometers),
    }
}

use Group::{Paperwork, Repair, Routine, Upgrade};

/// Every type that has a name here. Intervals in months, and in miles and
/// kilometers: round figures in each, as makers publish them for either market. 0 stands for none.
pub(super) const TYPES: &[KnownType] = &[
    known("oil_change", "Oil change", Routine, 12, (7_500, 12_000)),
    known("tire_rotation", "Tire rotation", Routine, 6, (6_000, 10_000)),
    known("tire_change", "Seasonal tire change", Routine, 6, (0, 0)),
    known("wheel_alignment", "Wheel alignment", Routine, 24, (25_000, 40_000)),
    known("engine_air_filter", "Engine air filter", Routine, 36, (30_000, 50_000)),
    known("cabin_air_filter", "Cabin air filter", Routine, 12, (15_000, 25_000)),
    known("fuel_filter", "Fuel filter", Routine, 0, (40_000, 60_000)),
    known("brake_inspection", "Brake inspection", Routine, 12, (12_000, 20_000)),
    known("brake_fluid", "Brake fluid", Routine, 24, (30_000, 50_000)),
    known("coolant", "Coolant", Routine, 60, (60_000, 100_000)),
    known("transmission_fluid", "Transmission fluid", Routine, 0, (60_000, 100_000)),
    known("differential_fluid", "Differential fluid", Routine, 0, (50_000, 80_000)),
    known("transfer_case_fluid", "Transfer case fluid", Routine, 0, (50_000, 80_000)),
    known("power_steering_fluid", "Power steering fluid", Routine, 48, (50_000, 80_000)),
    known("spark_plugs", "Spark plugs", Routine, 0, (60_000, 100_000)),
    known("timing_belt", "Timing belt", Routine, 84, (90_000, 150_000)),
    known("serpentine_belt", "Serpentine belt", Routine, 60, (60_000, 100_000)),
    known("wiper_blades", "Wiper blades", Routine, 12, (0, 0)),
    known("air_conditioning", "Air conditioning service", Routine, 24, (0, 0)),
    known("multi_point_inspection", "Multi-point inspection", Routine, 12, (12_000, 20_000)),
    known("brake_pads_front", "Brake pads, front", Repair, 0, (40_000, 60_000)),
    known("brake_pads_rear", "Brake pads, rear", Repair, 0, (50_000, 80_000)),
    known("brake_rotors", "Brake rotors", Repair, 0, (70_000, 110_000)),
    known("tires", "New tires", Repair, 72, (50_000, 80_000)),
    known("battery_12v", "12 V battery", Repair, 48, (0, 0)),
    known("alternator", "Alternator", Repair, 0, (0, 0)),
    known("starter", "Starter", Repair, 0, (0, 0)),
    known("water_pump", "Water pump", Repair, 0, (90_000, 150_000)),
    known("clutch", "Clutch", Repair, 0, (0, 0)),
    known("shocks_struts", "Shocks and struts", Repair, 0, (80_000, 130_000)),
    known("exhaust", "Exhaust", Repair, 0, (0, 0)),
    known("oxygen_sensor", "Oxygen sensor", Repair, 0, (100_000, 160_000)),
    known("lights", "Lights and bulbs", Repair, 0, (0, 0)),
    known("windshield", "Windshield", Repair, 0, (0, 0)),
    known("body_work", "Body work", Repair, 0, (0, 0)),
    known("recall", "Recall", Repair, 0, (0, 0)),
    known("accessories", "Accessories", Upgrade, 0, (0, 0)),
    known("audio", "Audio", Upgrade, 0, (0, 0)),
    known("suspension_upgrade", "Suspension upgrade", Upgrade, 0, (0, 0)),
    known("wheels", "Wheels", Upgrade, 0, (0, 0)),
    known("window_tint", "Window tint", Upgrade, 0, (0, 0)),
    known("state_inspection", "State inspection", Paperwork, 12, (0, 0)),
    known("emissions_test", "Emissions test", Paperwork, 24, (0, 0)),
    known("registration", "Registration", Paperwork, 12, (0, 0)),
    known("insurance", "Insurance", Paperwork, 12, (0, 0)),
    known("road_tax", "Road tax", Paperwork, 12, (0, 0)),
    known("warranty", "Warranty", Paperwork, 0, (0, 0)),
    known("roadside_assistance", "Roadside assistance", Paperwork, 12, (0, 0)),
];

/// A type of maintenance: a lower-case word, or several with underscores between them.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema, sqlx::Type,
)]
#[serde(transparent)]
#[sqlx(transparent)]
#[schemars(transparent)]
pub struct TypeName(pub String);

impl TypeName {
    /// What people call it.
    #[must_use]
    pub fn name(&self) -> Cow<'static, str> {
        if let Some(known) = TYPES.iter().find(|it| it.kind == self.0) {
            return Cow::Borrowed(known.name);
        }
        let words = self.0.replace('_', " ");
        let mut rest = words.chars();
        let first = rest.next().map(|it| it.to_ascii_uppercase()).into_iter();
        Cow::Owned(first.chain(rest).collect())
    }

    /// Its group; a word of somebody's own is of none.
    #[must_use]
    pub fn group(&self) -> Option<Group> {
        TYPES.iter().find(|it| it.kind == self.0).map(|it| it.group)
    }
}

impl Field for TypeName {
    fn read(given: &Given, today: NaiveDate) -> Result<Self, String> {
        let Text(text) = Text::<100>::read(given, today)?;
        let is_word = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit())
        };
        let begins = text.starts_with(|it: char| it.is_ascii_lowercase());
        if begins && text.split('_').all(is_word) {
            Ok(Self(text))
        } else {
            Err("has to be a lower-case word, with underscores between several".to_owned())
        }
    }

    fn schema() -> Schema {
        json_schema!({
            "type": "string", "minLength": 1, "maxLength": 100,
            "pattern": "^[a-z][a-z0-9]*(_[a-z0-9]+)*$", "examples": ["oil_change"],
        })
    }
}

/// Checks that an interval is round in either unit, and about the same distance.
#[cfg(test)]
pub(super) fn assert_round(miles: Option<i32>, kilometers: Option<i32>, what: &str) {
    let (Some(miles), Some(kilometers)) = (miles, kilometers) else {
        return assert_eq!((miles, kilometers), (None, None), "{what}");
    };
    assert_eq!((miles % 250, kilometers % 1000), (0, 0), "{what}");
    assert!((1450..=1700).contains(&(kilometers * 100 / (miles / 10))), "{what}: {kilometers}");
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Field as _, Given, TYPES, TypeName, assert_round};

    fn read(text: &str) -> Option<TypeName> {
        TypeName::read(&Given::Text(text.to_owned()), chrono::NaiveDate::default()).ok()
    }

    #[test]
    fn every_known_type_is_a_word_of_its_own() {
        let words: BTreeSet<_> = TYPES.iter().map(|it| it.kind).collect();
        assert_eq!(words.len(), TYPES.len());
        assert!(TYPES.len() >= 40);
        for known in TYPES {
            assert_eq!(read(known.kind), Some(TypeName(known.kind.to_owned())), "{}", known.kind);
            assert!(known.interval_months.is_none_or(|it| it > 0));
            assert!(known.interval_miles.is_none_or(|it| it > 0));
            assert_round(known.interval_miles, known.interval_kilometers, known.kind);
        }
    }

    #[test]
    fn any_other_word_is_taken_and_shown_as_its_words() {
        for (word, name) in [("oil_change", "Oil change"), ("ceramic_coat_2", "Ceramic coat 2")] {
            assert_eq!(read(word).unwrap().name(), name);
        }
        assert_eq!(read(" dpf ").unwrap().name(), "Dpf");
        for wrong in ["", "Oil", "oil change", "_oil", "oil_", "oil__change", "2nd", "öl", "oil-x"]
        {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
