//! Database queries for maintenance items. Every statement names the user.

mod readings;

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::Result;

use super::{Item, ItemId, types::TypeName};
use crate::{
    core::{
        UserId,
        db::Tx,
        http::Limit,
        money::{Currency, Money, SumOfThousandths, Thousandths},
        months::TwoMonths,
        record::With,
    },
    features::vehicles::VehicleId,
    select, sql,
};

pub(super) use readings::CompletionReading;

pub(super) async fn insert(tx: &mut Tx, user: &UserId, item: &Item) -> Result<()> {
    item.insert(tx, user).await?;
    Ok(())
}

pub(super) async fn update(tx: &mut Tx, user: &UserId, item: &Item) -> Result<()> {
    item.update(tx, user).await?;
    Ok(())
}

pub(super) async fn delete(tx: &mut Tx, user: &UserId, id: ItemId) -> Result<()> {
    sql!(tx, execute, "DELETE FROM maintenance WHERE user_id = $1 AND id = $2", user.as_str(), id)?;
    Ok(())
}

/// Finds an item, unless its vehicle is in the trash.
pub(super) async fn find(tx: &mut Tx, user: &UserId, id: ItemId) -> Result<Option<Item>> {
    sql!(
        tx,
        fetch_optional,
        select!(Item: "SELECT {m.*} FROM maintenance m
         JOIN vehicles v ON v.id = m.vehicle_id AND v.user_id = m.user_id
         WHERE m.user_id = $1 AND m.id = $2 AND v.deleted_at IS NULL"),
        user.as_str(),
        id,
    )
}

/// Finds the vehicle of an item, even if the vehicle is in the trash.
pub(super) async fn find_vehicle_id(
    tx: &mut Tx,
    user: &UserId,
    id: ItemId,
) -> Result<Option<VehicleId>> {
    let row: Option<(VehicleId,)> = sql!(
        tx,
        fetch_optional,
        "SELECT vehicle_id FROM maintenance WHERE user_id = $1 AND id = $2",
        user.as_str(),
        id,
    )?;
    Ok(row.map(|it| it.0))
}

/// Finds the item that follows a completed one.
pub(super) async fn find_next(tx: &mut Tx, user: &UserId, id: ItemId) -> Result<Option<Item>> {
    sql!(
        tx,
        fetch_optional,
        select!(Item: "SELECT {*} FROM maintenance WHERE user_id = $1 AND previous_id = $2"),
        user.as_str(),
        id,
    )
}

/// Lists the open items of a vehicle that follow a completed one.
pub(super) async fn list_open_successors(
    tx: &mut Tx,
    user: &UserId,
    vehicle: VehicleId,
) -> Result<Vec<Item>> {
    sql!(
        tx,
        fetch_all,
        select!(Item: "SELECT {*} FROM maintenance
         WHERE vehicle_id = $2 AND user_id = $1 AND is_completed = false
           AND previous_id IS NOT NULL
         ORDER BY id"),
        user.as_str(),
        vehicle,
    )
}

/// The filters of a list, and the start of the page.
#[derive(Debug)]
pub(super) struct Filter<'a> {
    pub(super) is_completed: Option<bool>,
    pub(super) kind: Option<&'a TypeName>,
    pub(super) after: (DateTime<Utc>, ItemId),
    pub(super) limit: Limit,
}

/// Lists a page of the items of a vehicle, newest first, plus one.
pub(super) async fn list_of_vehicle(
    tx: &mut Tx,
    user: &UserId,
    vehicle: VehicleId,
    filter: &Filter<'_>,
) -> Result<Vec<Item>> {
    sql!(
        tx,
        fetch_all,
        select!(Item: "SELECT {m.*} FROM maintenance m
         JOIN vehicles v ON v.id = m.vehicle_id AND v.user_id = m.user_id
         WHERE m.vehicle_id = $2 AND m.user_id = $1 AND v.deleted_at IS NULL
           AND (m.created_at, m.id) < ($3, $4)
           AND (CAST($5 AS BOOLEAN) IS NULL OR m.is_completed = $5)
           AND (CAST($6 AS TEXT) IS NULL OR m.type = $6)
         ORDER BY m.created_at DESC, m.id DESC
         LIMIT $7"),
        user.as_str(),
        vehicle,
        filter.after.0,
        filter.after.1,
        filter.is_completed,
        filter.kind,
        filter.limit.plus_one(),
    )
}

/// Lists a page of all items of the user, newest first, plus one.
pub(super) async fn list_of_user(
    tx: &mut Tx,
    user: &UserId,
    filter: &Filter<'_>,
) -> Result<Vec<Item>> {
    sql!(
        tx,
        fetch_all,
        select!(Item: "SELECT {m.*} FROM maintenance m
         JOIN vehicles v ON v.id = m.vehicle_id AND v.user_id = m.user_id
         WHERE m.user_id = $1 AND v.deleted_at IS NULL
           AND (m.created_at, m.id) < ($2, $3)
           AND (CAST($4 AS BOOLEAN) IS NULL OR m.is_completed = $4)
           AND (CAST($5 AS TEXT) IS NULL OR m.type = $5)
         ORDER BY m.created_at DESC, m.id DESC
         LIMIT $6"),
        user.as_str(),
        filter.after.0,
        filter.after.1,
        filter.is_completed,
        filter.kind,
        filter.limit.plus_one(),
    )
}

/// Lists all open items of the user's active vehicles outside the trash, each with the vehicle's latest
/// odometer reading in tenths of a millimeter.
pub(super) async fn list_open(tx: &mut Tx, user: &UserId) -> Result<Vec<With<Item, Option<i64>>>> {
    sql!(
        tx,
        fetch_all,
        select!(Item: "SELECT {m.*}, v.odometer_exact FROM maintenance m
         JOIN vehicles v ON v.id = m.vehicle_id AND v.user_id = m.user_id
         WHERE m.user_id = $1 AND m.is_completed = false AND v.deleted_at IS NULL
           AND v.is_active = true
         ORDER BY m.created_at, m.id"),
        user.as_str(),
    )
}

/// Like [`list_open`], and also lists the completed items that were paid for in these months.
pub(super) async fn list_open_and_paid(
    tx: &mut Tx,
    user: &UserId,
    months: TwoMonths,
) -> Result<Vec<With<Item, Option<i64>>>> {
    sql!(
        tx,
        fetch_all,
        select!(Item: "SELECT {m.*}, v.odometer_exact FROM maintenance m
         JOIN vehicles v ON v.id = m.vehicle_id AND v.user_id = m.user_id
         WHERE m.user_id = $1 AND v.deleted_at IS NULL AND v.is_active = true
           AND (m.is_completed = false
                OR m.is_completed = true AND m.amount IS NOT NULL
                   AND m.completed_date >= $2 AND m.completed_date < $3)
         ORDER BY m.created_at, m.id"),
        user.as_str(),
        months.previous,
        months.next,
    )
}

/// Lists the types of the open items of a vehicle.
pub(super) async fn list_open_types(
    tx: &mut Tx,
    user: &UserId,
    vehicle: VehicleId,
) -> Result<Vec<TypeName>> {
    let rows: Vec<(TypeName,)> = sql!(
        tx,
        fetch_all,
        "SELECT DISTINCT type FROM maintenance
         WHERE vehicle_id = $2 AND user_id = $1 AND is_completed = false",
        user.as_str(),
        vehicle,
    )?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Lists a page of the completed items of a vehicle before the key `before`, latest first, plus
/// one.
pub(super) async fn list_completed(
    tx: &mut Tx,
    user: &UserId,
    vehicle: VehicleId,
    before: (NaiveDate, ItemId),
    limit: Limit,
) -> Result<Vec<Item>> {
    sql!(
        tx,
        fetch_all,
        select!(Item: "SELECT {*} FROM maintenance
         WHERE vehicle_id = $2 AND user_id = $1 AND is_completed = true
           AND (completed_date, id) < ($3, $4)
         ORDER BY completed_date DESC, id DESC
         LIMIT $5"),
        user.as_str(),
        vehicle,
        before.0,
        before.1,
        limit.plus_one(),
    )
}

/// The cost of one type of work in one year, in one currency.
#[derive(Debug, Clone, sqlx_derive::FromRow)]
pub(super) struct YearCost {
    /// The year, such as `2026`.
    pub(super) year: String,
    #[sqlx(rename = "type")]
    pub(super) kind: TypeName,
    pub(super) currency: String,
    pub(super) amount: SumOfThousandths,
}

/// Sums the costs of a vehicle by year and type, earliest year first.
pub(super) async fn list_vehicle_costs(
    tx: &mut Tx,
    user: &UserId,
    vehicle: VehicleId,
) -> Result<Vec<YearCost>> {
    sql!(
        tx,
        fetch_all,
        "SELECT SUBSTR(CAST(completed_date AS TEXT), 1, 4) AS year, type, currency,
                SUM(amount) AS amount
         FROM maintenance
         WHERE vehicle_id = $2 AND user_id = $1 AND is_completed = true AND amount IS NOT NULL
           AND currency IS NOT NULL
         GROUP BY 1, type, currency
         ORDER BY 1, type, currency",
        user.as_str(),
        vehicle,
    )
}

/// Sums the costs of all vehicles outside the trash by year and type, earliest year first.
pub(super) async fn list_user_costs(tx: &mut Tx, user: &UserId) -> Result<Vec<YearCost>> {
    sql!(
        tx,
        fetch_all,
        "SELECT SUBSTR(CAST(m.completed_date AS TEXT), 1, 4) AS year, m.type, m.currency,
                SUM(m.amount) AS amount
         FROM maintenance m
         JOIN vehicles v ON v.id = m.vehicle_id AND v.user_id = m.user_id
         WHERE m.user_id = $1 AND m.is_completed = true AND m.amount IS NOT NULL
           AND m.currency IS NOT NULL AND v.deleted_at IS NULL
         GROUP BY 1, m.type, m.currency
         ORDER BY 1, m.type, m.currency",
        user.as_str(),
    )
}

/// Lists up to 100 amounts that the user paid in this currency, latest first.
pub(super) async fn list_recent_amounts(
    tx: &mut Tx,
    user: &UserId,
    currency: Currency,
) -> Result<Vec<Money>> {
    let rows: Vec<(Thousandths,)> = sql!(
        tx,
        fetch_all,
        "SELECT amount FROM maintenance
         WHERE user_id = $1 AND is_completed = true AND currency = $2 AND amount IS NOT NULL
         ORDER BY created_at DESC, id DESC
         LIMIT 100",
        user.as_str(),
        currency.as_str(),
    )?;
    Ok(rows.into_iter().map(|row| Money { thousandths: row.0.units(), currency }).collect())
}
