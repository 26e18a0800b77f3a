//! What odometers showed at fill-ups, for the odometer log. Every statement names the user it is for.

use chrono::NaiveDate;
use sqlx::Result;

use crate::{
    core::{UserId, db::Tx, units::Distance},
    features::vehicles::odometer::{Asked, OfVehicle, Seen, Source, SourceKind},
    sql,
};

/// The readings of fill-ups.
pub const READINGS: Source = Source {
    before: |tx, user, asked| Box::pin(async move { Ok(before(tx, user, asked).await?) }),
    after: |tx, user, asked| Box::pin(async move { Ok(after(tx, user, asked).await?) }),
    latest: |tx, user, most| Box::pin(async move { Ok(latest(tx, user, most).await?) }),
};

#[derive(sqlx::FromRow)]
struct Row {
    id: uuid::Uuid,
    date: NaiveDate,
    odometer_reading: i32,
}

impl From<Row> for Seen {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            kind: SourceKind::FuelLog,
            date: row.date,
            reading: Distance::miles(row.odometer_reading),
            previous_reading: None,
            notes: None,
        }
    }
}

async fn before(tx: &mut Tx, user: &UserId, asked: Asked) -> Result<Vec<Seen>> {
    let rows: Vec<Row> = sql!(
        tx,
        fetch_all,
        "SELECT id, date, odometer_reading FROM fuel_logs
         WHERE vehicle_id = $2 AND user_id = $1 AND date <= $3
           AND (date, CAST(odometer_reading AS BIGINT) * 16093440, id) < ($3, $4, $5)
         ORDER BY date DESC, odometer_reading DESC, id DESC
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
        "SELECT id, date, odometer_reading FROM fuel_logs
         WHERE vehicle_id = $2 AND user_id = $1 AND date > $3
         ORDER BY date, odometer_reading, id
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
        "SELECT vehicle_id, date, CAST(odometer_reading AS BIGINT) * 16093440
         FROM (SELECT vehicle_id, date, odometer_reading,
                      ROW_NUMBER() OVER (
                        PARTITION BY vehicle_id
                        ORDER BY date DESC, odometer_reading DESC, id DESC
                      ) AS place
               FROM fuel_logs
               WHERE user_id = $1) AS placed
         WHERE place <= $2",
        user.as_str(),
        most_each,
    )
}
