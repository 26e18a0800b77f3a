//! The odometer readings of fill-ups.

use chrono::NaiveDate;
use uuid::Uuid;

use crate::{
    core::units::Distance,
    features::vehicles::odometer::{self, SourceKind, SourceReading},
    record,
};

record! {
    /// The odometer reading of a fill-up.
    pub(in super::super) struct FuelLogReading {
        id: Uuid { once id; }
        date: NaiveDate { once date; }
        reading: Distance {
            once odometer_exact, odometer_unit
                => Distance::from_columns(Some(odometer_exact), odometer_unit)
                    .unwrap_or(Distance::miles(0));
        }
    }
    table "fuel_logs" of user by id as fill_up;
}

odometer::stored_reading! {
    FuelLogReading: "fuel_logs", date "date", exact "odometer_exact",
    if "odometer_unit IS NOT NULL"
}

impl From<FuelLogReading> for SourceReading {
    fn from(row: FuelLogReading) -> Self {
        Self {
            id: row.id,
            kind: SourceKind::FuelLog,
            date: row.date,
            reading: row.reading,
            previous_reading: None,
            notes: None,
        }
    }
}
