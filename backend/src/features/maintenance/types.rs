//! The known types of maintenance, with their typical intervals.
//!
//! Any other lowercase word is accepted as a type, too; its name is derived from the word.

use chrono::NaiveDate;
use schemars::{JsonSchema, Schema, json_schema};
use serde::{Deserialize, Serialize};

use crate::{
    core::{
        input::{Field, FieldValue, Text},
        locale::Message,
        record::Column,
        units::{Distance, DistanceUnit},
    },
    t,
};

/// The group of a maintenance type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TypeGroup {
    /// Work that is repeated by date or distance.
    Routine,
    /// Repairs of worn or broken parts.
    Repair,
    /// Improvements.
    Upgrade,
    /// Inspections, registration, insurance and the like.
    Paperwork,
}

impl TypeGroup {
    /// Every group with the message of its label.
    pub(super) const ALL: [(Self, &'static str); 4] = [
        (Self::Routine, "maintenance-group-routine"),
        (Self::Repair, "maintenance-group-repair"),
        (Self::Upgrade, "maintenance-group-upgrade"),
        (Self::Paperwork, "maintenance-group-paperwork"),
    ];
}

/// A known type of maintenance, with its typical interval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct MaintenanceType {
    /// The value to send as `type`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The display name.
    pub name: Message,
    /// The group of the type.
    pub group: TypeGroup,
    /// The typical interval in months; null if the type does not repeat by date.
    pub interval_months: Option<i32>,
    /// The typical interval in miles; null if the type does not repeat by distance.
    pub interval_miles: Option<i32>,
    /// The typical interval in kilometers, a round number rather than a conversion.
    pub interval_kilometers: Option<i32>,
}

impl MaintenanceType {
    /// Returns the typical interval in `unit`.
    pub(super) fn interval(&self, unit: DistanceUnit) -> Option<Distance> {
        interval((self.interval_miles, self.interval_kilometers), unit)
    }
}

/// Selects the interval in `unit` from one in miles and one in kilometers.
pub(super) fn interval(
    (miles, kilometers): (Option<i32>, Option<i32>),
    unit: DistanceUnit,
) -> Option<Distance> {
    let whole = match unit {
        DistanceUnit::Miles => miles,
        DistanceUnit::Kilometers => kilometers,
    };
    whole.map(|it| Distance::of_tenths(i64::from(it) * 10, unit))
}

/// Maps zero to `None`.
pub(super) const fn nonzero(count: i32) -> Option<i32> {
    if count == 0 { None } else { Some(count) }
}

const fn known(
    kind: &'static str,
    name: &'static str,
    group: TypeGroup,
    months: i32,
    (miles, kilometers): (i32, i32),
) -> MaintenanceType {
    MaintenanceType {
        kind,
        name: Message::plain(name),
        group,
        interval_months: nonzero(months),
        interval_miles: nonzero(miles),
        interval_kilometers: nonzero(kilometers),
    }
}

use TypeGroup::{Paperwork, Repair, Routine, Upgrade};

/// Every known type. Intervals are in months, and in miles and kilometers: round numbers in both,
/// as manufacturers publish them for each market. 0 means none.
pub(super) const TYPES: &[MaintenanceType] = &[
    known("oil_change", "maintenance-type-oil-change", Routine, 12, (7_500, 12_000)),
    known("tire_rotation", "maintenance-type-tire-rotation", Routine, 6, (6_000, 10_000)),
    known("tire_change", "maintenance-type-tire-change", Routine, 6, (0, 0)),
    known("wheel_alignment", "maintenance-type-wheel-alignment", Routine, 24, (25_000, 40_000)),
    known("engine_air_filter", "maintenance-type-engine-air-filter", Routine, 36, (30_000, 50_000)),
    known("cabin_air_filter", "maintenance-type-cabin-air-filter", Routine, 12, (15_000, 25_000)),
    known("fuel_filter", "maintenance-type-fuel-filter", Routine, 0, (40_000, 60_000)),
    known("brake_inspection", "maintenance-type-brake-inspection", Routine, 12, (12_000, 20_000)),
    known("brake_fluid", "maintenance-type-brake-fluid", Routine, 24, (30_000, 50_000)),
    known("coolant", "maintenance-type-coolant", Routine, 60, (60_000, 100_000)),
    known(
        "transmission_fluid",
        "maintenance-type-transmission-fluid",
        Routine,
        0,
        (60_000, 100_000),
    ),
    known(
        "differential_fluid",
        "maintenance-type-differential-fluid",
        Routine,
        0,
        (50_000, 80_000),
    ),
    known(
        "transfer_case_fluid",
        "maintenance-type-transfer-case-fluid",
        Routine,
        0,
        (50_000, 80_000),
    ),
    known(
        "power_steering_fluid",
        "maintenance-type-power-steering-fluid",
        Routine,
        48,
        (50_000, 80_000),
    ),
    known("spark_plugs", "maintenance-type-spark-plugs", Routine, 0, (60_000, 100_000)),
    known("timing_belt", "maintenance-type-timing-belt", Routine, 84, (90_000, 150_000)),
    known("serpentine_belt", "maintenance-type-serpentine-belt", Routine, 60, (60_000, 100_000)),
    known("wiper_blades", "maintenance-type-wiper-blades", Routine, 12, (0, 0)),
    known("air_conditioning", "maintenance-type-air-conditioning", Routine, 24, (0, 0)),
    known(
        "multi_point_inspection",
        "maintenance-type-multi-point-inspection",
        Routine,
        12,
        (12_000, 20_000),
    ),
    known("brake_pads_front", "maintenance-type-brake-pads-front", Repair, 0, (40_000, 60_000)),
    known("brake_pads_rear", "maintenance-type-brake-pads-rear", Repair, 0, (50_000, 80_000)),
    known("brake_rotors", "maintenance-type-brake-rotors", Repair, 0, (70_000, 110_000)),
    known("tires", "maintenance-type-tires", Repair, 72, (50_000, 80_000)),
    known("battery_12v", "maintenance-type-battery-12v", Repair, 48, (0, 0)),
    known("alternator", "maintenance-type-alternator", Repair, 0, (0, 0)),
    known("starter", "maintenance-type-starter", Repair, 0, (0, 0)),
    known("water_pump", "maintenance-type-water-pump", Repair, 0, (90_000, 150_000)),
    known("clutch", "maintenance-type-clutch", Repair, 0, (0, 0)),
    known("shocks_struts", "maintenance-type-shocks-struts", Repair, 0, (80_000, 130_000)),
    known("exhaust", "maintenance-type-exhaust", Repair, 0, (0, 0)),
    known("oxygen_sensor", "maintenance-type-oxygen-sensor", Repair, 0, (100_000, 160_000)),
    known("lights", "maintenance-type-lights", Repair, 0, (0, 0)),
    known("windshield", "maintenance-type-windshield", Repair, 0, (0, 0)),
    known("body_work", "maintenance-type-body-work", Repair, 0, (0, 0)),
    known("recall", "maintenance-type-recall", Repair, 0, (0, 0)),
    known("accessories", "maintenance-type-accessories", Upgrade, 0, (0, 0)),
    known("audio", "maintenance-type-audio", Upgrade, 0, (0, 0)),
    known("suspension_upgrade", "maintenance-type-suspension-upgrade", Upgrade, 0, (0, 0)),
    known("wheels", "maintenance-type-wheels", Upgrade, 0, (0, 0)),
    known("window_tint", "maintenance-type-window-tint", Upgrade, 0, (0, 0)),
    known("state_inspection", "maintenance-type-state-inspection", Paperwork, 12, (0, 0)),
    known("emissions_test", "maintenance-type-emissions-test", Paperwork, 24, (0, 0)),
    known("registration", "maintenance-type-registration", Paperwork, 12, (0, 0)),
    known("insurance", "maintenance-type-insurance", Paperwork, 12, (0, 0)),
    known("road_tax", "maintenance-type-road-tax", Paperwork, 12, (0, 0)),
    known("warranty", "maintenance-type-warranty", Paperwork, 0, (0, 0)),
    known("roadside_assistance", "maintenance-type-roadside-assistance", Paperwork, 12, (0, 0)),
];

/// A type of maintenance: a lowercase word, or several joined by underscores.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    JsonSchema,
    sqlx_derive::Type,
)]
#[serde(transparent)]
#[schemars(transparent)]
pub struct TypeName(pub String);

impl TypeName {
    /// Returns the display name.
    #[must_use]
    pub fn name(&self) -> Message {
        if let Some(known) = TYPES.iter().find(|it| it.kind == self.0) {
            return known.name.clone();
        }
        let words = self.0.replace('_', " ");
        let mut rest = words.chars();
        let first = rest.next().map(|it| it.to_ascii_uppercase()).into_iter();
        t!("maintenance-type-other", name = first.chain(rest).collect::<String>())
    }

    /// Returns the group; `None` for unknown types.
    #[must_use]
    pub fn group(&self) -> Option<TypeGroup> {
        TYPES.iter().find(|it| it.kind == self.0).map(|it| it.group)
    }
}

impl Column for TypeName {
    type Read<'r> = Self;
    type Bound<'q> = &'q Self;

    fn from_column(read: Self) -> sqlx::Result<Self> {
        Ok(read)
    }

    fn to_column(&self) -> &Self {
        self
    }
}

impl Field for TypeName {
    fn read(value: &FieldValue, today: NaiveDate) -> Result<Self, Message> {
        let Text(text) = Text::<100>::read(value, today)?;
        let is_word = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit())
        };
        let begins = text.starts_with(|it: char| it.is_ascii_lowercase());
        if begins && text.split('_').all(is_word) {
            Ok(Self(text))
        } else {
            Err(t!("maintenance-field-type"))
        }
    }

    fn schema() -> Schema {
        json_schema!({
            "type": "string", "minLength": 1, "maxLength": 100,
            "pattern": "^[a-z][a-z0-9]*(_[a-z0-9]+)*$", "examples": ["oil_change"],
        })
    }
}

/// Asserts that an interval is round in both units and about the same distance.
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

    use super::{Field as _, FieldValue, TYPES, TypeName, assert_round};

    fn read(text: &str) -> Option<TypeName> {
        TypeName::read(&FieldValue::Text(text.to_owned()), chrono::NaiveDate::default()).ok()
    }

    #[test]
    fn type_names_are_unique_and_valid() {
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
    fn unknown_types_are_accepted_and_get_a_readable_name() {
        for (word, name) in [("oil_change", "Oil change"), ("ceramic_coat_2", "Ceramic coat 2")] {
            assert_eq!(read(word).unwrap().name().to_string(), name);
        }
        assert_eq!(read(" dpf ").unwrap().name().to_string(), "Dpf");
        for wrong in ["", "Oil", "oil change", "_oil", "oil_", "oil__change", "2nd", "öl", "oil-x"]
        {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
