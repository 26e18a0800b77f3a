//! The odometer readings of completed items. Every statement names the user.

use chrono::NaiveDate;
use sqlx::Result;
use uuid::Uuid;

use crate::{
    core::{UserId, db::Tx, units::Distance},
    features::{
        maintenance::{model, types::TypeName},
        vehicles::odometer::{ReadingsQuery, SourceKind, SourceReading, VehicleReading},
    },
    sql,
};

/// A completed item with an odometer reading.
#[derive(sqlx_derive::FromRow)]
struct Row {
    id: Uuid,
    #[sqlx(rename = "type")]
    kind: TypeName,
    completed_date: NaiveDate,
    completed_mileage: i32,
    completed_exact: Option<i64>,
    completed_unit: Option<String>,
}

impl From<Row> for SourceReading {
    fn from(row: Row) -> Self {
        let miles = row.completed_mileage;
        let reading =
            model::distance(Some(miles), row.completed_exact, row.completed_unit.as_deref());
        Self {
            id: row.id,
            kind: SourceKind::Maintenance,
            date: row.completed_date,
            reading: reading.unwrap_or(Distance::miles(miles)),
            previous_reading: None,
            notes: Some(row.kind.name().to_string()),
        }
    }
}

/// The readings before a position, latest first.
pub(in super::super) async fn before(
    tx: &mut Tx,
    user: &UserId,
    query: ReadingsQuery,
) -> Result<Vec<SourceReading>> {
    let rows: Vec<Row> = sql!(
        tx,
        fetch_all,
        "SELECT id, type, completed_date, completed_mileage, completed_exact, completed_unit
         FROM maintenance
         WHERE vehicle_id = $2 AND user_id = $1 AND is_completed = true
           AND completed_mileage IS NOT NULL AND completed_date <= $3
           AND (completed_date, completed_exact, id) < ($3, $4, $5)
         ORDER BY completed_date DESC, completed_exact DESC, id DESC
         LIMIT $6",
        user.as_str(),
        query.vehicle,
        query.position.0,
        query.position.1,
        query.position.2,
        query.limit,
    )?;
    Ok(rows.into_iter().map(SourceReading::from).collect())
}

/// The readings on later dates, earliest first.
pub(in super::super) async fn after(
    tx: &mut Tx,
    user: &UserId,
    query: ReadingsQuery,
) -> Result<Vec<SourceReading>> {
    let rows: Vec<Row> = sql!(
        tx,
        fetch_all,
        "SELECT id, type, completed_date, completed_mileage, completed_exact, completed_unit
         FROM maintenance
         WHERE vehicle_id = $2 AND user_id = $1 AND is_completed = true
           AND completed_mileage IS NOT NULL AND completed_date > $3
         ORDER BY completed_date, completed_exact, id
         LIMIT $4",
        user.as_str(),
        query.vehicle,
        query.position.0,
        query.limit,
    )?;
    Ok(rows.into_iter().map(SourceReading::from).collect())
}

/// The latest readings of each of the user's vehicles.
pub(in super::super) async fn latest(
    tx: &mut Tx,
    user: &UserId,
    limit_per_vehicle: i64,
) -> Result<Vec<VehicleReading>> {
    sql!(
        tx,
        fetch_all,
        "SELECT vehicle_id, completed_date, completed_exact
         FROM (SELECT vehicle_id, completed_date, completed_exact,
                      ROW_NUMBER() OVER (
                        PARTITION BY vehicle_id ORDER BY completed_date DESC, id DESC
                      ) AS place
               FROM maintenance
               WHERE user_id = $1 AND is_completed = true AND completed_mileage IS NOT NULL
                 AND completed_exact IS NOT NULL)
              AS placed
         WHERE place <= $2",
        user.as_str(),
        limit_per_vehicle,
    )
}
