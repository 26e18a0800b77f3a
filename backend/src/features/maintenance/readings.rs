//! What odometers showed when something was done, for the odometer log. Every statement names the user
//! it is for.

use chrono::NaiveDate;
use sqlx::Result;

use super::types::TypeName;
use crate::{
    core::{UserId, db::Tx, units::Distance},
    features::vehicles::odometer::{Asked, OfVehicle, Seen, Source, SourceKind},
    sql,
};

/// The readings of what was done.
pub const READINGS: Source = Source {
    before: |tx, user, asked| Box::pin(async move { Ok(before(tx, user, asked).await?) }),
    after: |tx, user, asked| Box::pin(async move { Ok(after(tx, user, asked).await?) }),
    latest: |tx, user, most| Box::pin(async move { Ok(latest(tx, user, most).await?) }),
};

#[derive(sqlx::FromRow)]
struct Row {
    id: uuid::Uuid,
    #[sqlx(rename = "type")]
    kind: TypeName,
    completed_date: NaiveDate,
    completed_mileage: i32,
}

impl From<Row> for Seen {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            kind: SourceKind::Maintenance,
            date: row.completed_date,
            reading: Distance::miles(row.completed_mileage),
            previous_reading: None,
            notes: Some(row.kind.name().into_owned()),
        }
    }
}

async fn before(tx: &mut Tx, user: &UserId, asked: Asked) -> Result<Vec<Seen>> {
    let rows: Vec<Row> = sql!(
        tx,
        fetch_all,
        "SELECT id, type, completed_date, completed_mileage FROM maintenance
         WHERE vehicle_id = $2 AND user_id = $1 AND is_completed = true
           AND completed_mileage IS NOT NULL AND completed_date <= $3
           AND (completed_date, CAST(completed_mileage AS BIGINT) * 16093440, id) < ($3, $4, $5)
         ORDER BY completed_date DESC, completed_mileage DESC, id DESC
         LIMIT $6",
        user.as_str(),
        asked.vehicle,
        asked.beyond.0,
        asked.beyond.1,
        asked.beyond.2,
        asked.most,
    )?;
    Ok(rows.into_iter().map(Seen::from).collect())
}

async fn after(tx: &mut Tx, user: &UserId, asked: Asked) -> Result<Vec<Seen>> {
    let rows: Vec<Row> = sql!(
        tx,
        fetch_all,
        "SELECT id, type, completed_date, completed_mileage FROM maintenance
         WHERE vehicle_id = $2 AND user_id = $1 AND is_completed = true
           AND completed_mileage IS NOT NULL AND completed_date > $3
         ORDER BY completed_date, completed_mileage, id
         LIMIT $4",
        user.as_str(),
        asked.vehicle,
        asked.beyond.0,
        asked.most,
    )?;
    Ok(rows.into_iter().map(Seen::from).collect())
}

async fn latest(tx: &mut Tx, user: &UserId, most_each: i64) -> Result<Vec<OfVehicle>> {
    sql!(
        tx,
        fetch_all,
        "SELECT vehicle_id, completed_date, CAST(completed_mileage AS BIGINT) * 16093440
         FROM (SELECT vehicle_id, completed_date, completed_mileage,
                      ROW_NUMBER() OVER (
                        PARTITION BY vehicle_id ORDER BY completed_date DESC, id DESC
                      ) AS place
               FROM maintenance
               WHERE user_id = $1 AND is_completed = true AND completed_mileage IS NOT NULL)
              AS placed
         WHERE place <= $2",
        user.as_str(),
        most_each,
    )
}
