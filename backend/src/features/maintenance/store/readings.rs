//! The odometer readings of completed items.

use chrono::NaiveDate;
use uuid::Uuid;

use crate::{
    core::units::Distance,
    features::{
        maintenance::{model, types::TypeName},
        vehicles::odometer::{self, SourceKind, SourceReading},
    },
    record,
};

record! {
    /// The odometer reading of a completed item.
    pub(in super::super) struct CompletionReading {
        id: Uuid { once id; }
        r#type: TypeName { once r#type; }
        date: NaiveDate { once completed_date => completed_date; }
        reading: Distance {
            once completed_mileage, completed_exact, completed_unit
                => model::distance(Some(completed_mileage), completed_exact, completed_unit)
                    .unwrap_or(Distance::miles(completed_mileage));
        }
    }
    table "maintenance" of user by id as item;
}

odometer::stored_reading! {
    CompletionReading: "maintenance", date "completed_date", exact "completed_exact",
    if "is_completed = true AND completed_mileage IS NOT NULL"
}

impl From<CompletionReading> for SourceReading {
    fn from(row: CompletionReading) -> Self {
        Self {
            id: row.id,
            kind: SourceKind::Maintenance,
            date: row.date,
            reading: row.reading,
            previous_reading: None,
            notes: Some(row.r#type.name().to_string()),
        }
    }
}
