//! The readings that one feature stores in its own table. Every statement is restricted to one user.

use sqlx::{FromRow, Result, postgres::PgRow, sqlite::SqliteRow};

use crate::{
    core::{UserId, db::Tx, record::Record},
    features::vehicles::odometer::{ReadingSource, ReadingsQuery, SourceReading, VehicleReading},
    sql,
};

/// A record that contains a reading. [`stored_reading!`](crate::stored_reading) implements it.
pub trait StoredReading:
    Record
    + Into<SourceReading>
    + for<'r> FromRow<'r, SqliteRow>
    + for<'r> FromRow<'r, PgRow>
    + Send
    + Unpin
    + 'static
{
    /// Selects a vehicle's readings before a position, latest first.
    const BEFORE: &'static str;
    /// Selects a vehicle's readings on later dates, earliest first.
    const AFTER: &'static str;
    /// Selects the latest readings of each of the user's vehicles.
    const LATEST: &'static str;
}

/// Declares where a record's readings are stored:
///
/// ```text
/// stored_reading! {
///     FuelLogReading: "fuel_logs", date "date", exact "odometer_exact",
///     if "odometer_unit IS NOT NULL"
/// }
/// ```
///
/// These are the table, the columns with the date and with the reading in tenths of a millimeter, and
/// the condition for rows that have a reading. The rows have a `vehicle_id`.
#[macro_export]
macro_rules! stored_reading {
    ($record:ty: $table:literal, date $date:literal, exact $exact:literal, if $condition:literal) => {
        impl $crate::features::vehicles::odometer::StoredReading for $record {
            const BEFORE: &'static str = $crate::core::select!(
                $record: "SELECT {*} FROM {table}
                 WHERE vehicle_id = $2 AND user_id = $1 AND {condition} AND {date} <= $3
                   AND ({date}, {exact}, id) < ($3, $4, $5)
                 ORDER BY {date} DESC, {exact} DESC, id DESC
                 LIMIT $6",
                table = $table,
                date = $date,
                exact = $exact,
                condition = $condition,
            );
            const AFTER: &'static str = $crate::core::select!(
                $record: "SELECT {*} FROM {table}
                 WHERE vehicle_id = $2 AND user_id = $1 AND {condition} AND {date} > $3
                 ORDER BY {date}, {exact}, id
                 LIMIT $4",
                table = $table,
                date = $date,
                exact = $exact,
                condition = $condition,
            );
            const LATEST: &'static str = $crate::core::select!(
                $record: "SELECT vehicle_id, {date}, {exact}
                 FROM (SELECT vehicle_id, {date}, {exact},
                              ROW_NUMBER() OVER (
                                PARTITION BY vehicle_id
                                ORDER BY {date} DESC, {exact} DESC, id DESC
                              ) AS place
                       FROM {table}
                       WHERE user_id = $1 AND {condition} AND {exact} IS NOT NULL) AS placed
                 WHERE place <= $2",
                table = $table,
                date = $date,
                exact = $exact,
                condition = $condition,
            );
        }
    };
}

impl ReadingSource {
    /// The source of the readings in these records.
    #[must_use]
    pub const fn of<T: StoredReading>() -> Self {
        Self {
            before: |tx, user, query| {
                Box::pin(async move { Ok(before::<T>(tx, user, query).await?) })
            },
            after: |tx, user, query| {
                Box::pin(async move { Ok(after::<T>(tx, user, query).await?) })
            },
            latest: |tx, user, limit| {
                Box::pin(async move { Ok(latest::<T>(tx, user, limit).await?) })
            },
            statements: [T::BEFORE, T::AFTER, T::LATEST],
        }
    }
}

async fn before<T: StoredReading>(
    tx: &mut Tx,
    user: &UserId,
    query: ReadingsQuery,
) -> Result<Vec<SourceReading>> {
    let rows: Vec<T> = sql!(
        tx,
        fetch_all,
        T::BEFORE,
        user.as_str(),
        query.vehicle,
        query.position.0,
        query.position.1,
        query.position.2,
        query.limit,
    )?;
    Ok(rows.into_iter().map(T::into).collect())
}

async fn after<T: StoredReading>(
    tx: &mut Tx,
    user: &UserId,
    query: ReadingsQuery,
) -> Result<Vec<SourceReading>> {
    let rows: Vec<T> = sql!(
        tx,
        fetch_all,
        T::AFTER,
        user.as_str(),
        query.vehicle,
        query.position.0,
        query.limit,
    )?;
    Ok(rows.into_iter().map(T::into).collect())
}

async fn latest<T: StoredReading>(
    tx: &mut Tx,
    user: &UserId,
    limit_each: i64,
) -> Result<Vec<VehicleReading>> {
    sql!(tx, fetch_all, T::LATEST, user.as_str(), limit_each)
}
