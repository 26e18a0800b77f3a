//! The statement that sums up the fill-ups of all vehicles for the home page.

use chrono::NaiveDate;
use sqlx::Result;

use super::sums::join_parts;
use crate::{
    core::{
        UserId,
        db::Tx,
        money::{SumOfThousandths, Thousandths},
        months::TwoMonths,
    },
    features::vehicles::VehicleId,
    sql,
};

/// The sums of a vehicle's fill-ups in one period and one currency. A sum is `None` if there are no
/// values.
#[derive(Debug, sqlx_derive::FromRow)]
pub(in crate::features::fuel_logs) struct PeriodSums {
    pub(in crate::features::fuel_logs) vehicle_id: VehicleId,
    pub(in crate::features::fuel_logs) currency: Option<String>,
    /// 2 for the current month, 1 for the month before, 0 for other days.
    pub(in crate::features::fuel_logs) period: i64,
    pub(in crate::features::fuel_logs) logs: i64,
    pub(in crate::features::fuel_logs) first_date: NaiveDate,
    pub(in crate::features::fuel_logs) last_date: NaiveDate,
    distance: Option<i64>,
    distance_rest: Option<i64>,
    pub(in crate::features::fuel_logs) amount: Option<SumOfThousandths>,
    priced_interval: Option<i64>,
    priced_interval_rest: Option<i64>,
    pub(in crate::features::fuel_logs) interval_amount: Option<SumOfThousandths>,
    /// The amount of the vehicle's latest fill-up, if it is one of these.
    pub(in crate::features::fuel_logs) latest_amount: Option<Thousandths>,
}

impl PeriodSums {
    /// The distance between fill-ups, in tenths of a millimeter.
    pub(in crate::features::fuel_logs) fn distance(&self) -> Option<i128> {
        join_parts(self.distance, self.distance_rest)
    }

    /// The distance of the intervals with a known amount.
    pub(in crate::features::fuel_logs) fn priced_interval(&self) -> Option<i128> {
        join_parts(self.priced_interval, self.priced_interval_rest)
    }
}

/// The sums of all of the user's vehicles that have logs.
pub(in crate::features::fuel_logs) async fn period_sums(
    tx: &mut Tx,
    user: &UserId,
    months: TwoMonths,
) -> Result<Vec<PeriodSums>> {
    sql!(
        tx,
        fetch_all,
        "SELECT vehicle_id,
                currency,
                CAST(period AS BIGINT) AS period,
                COUNT(*) AS logs,
                MIN(date) AS first_date,
                MAX(date) AS last_date,
                CAST(SUM(distance_exact / 1000000) AS BIGINT) AS distance,
                CAST(SUM(distance_exact % 1000000) AS BIGINT) AS distance_rest,
                SUM(amount) AS amount,
                CAST(SUM(priced_interval / 1000000) AS BIGINT) AS priced_interval,
                CAST(SUM(priced_interval % 1000000) AS BIGINT) AS priced_interval_rest,
                SUM(interval_amount) AS interval_amount,
                MAX(CASE WHEN place = 1 THEN amount END) AS latest_amount
         FROM (SELECT vehicle_id, currency, date, distance_exact, amount, interval_amount,
                      CASE WHEN interval_amount IS NOT NULL THEN interval_exact END
                        AS priced_interval,
                      CASE WHEN date >= $2 AND date < $3 THEN 1
                           WHEN date >= $3 AND date < $4 THEN 2
                           ELSE 0 END AS period,
                      ROW_NUMBER() OVER (
                        PARTITION BY vehicle_id
                        ORDER BY date DESC, total_exact DESC, id DESC
                      ) AS place
               FROM fuel_logs
               WHERE user_id = $1) AS placed
         GROUP BY vehicle_id, currency, period
         ORDER BY vehicle_id, currency, period",
        user.as_str(),
        months.previous,
        months.current,
        months.next,
    )
}
