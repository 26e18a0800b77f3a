//! PostgreSQL's roles: the owner migrates, the service's works with the rows and owns nothing, and
//! one may read for analytics. Where one role is all there is, it is the owner's.

use std::collections::HashSet;

use sqlx::{AssertSqlSafe, PgPool, Row as _};

use super::{
    Db, Tx,
    migrate::{self, MigrateError},
};
use crate::{
    core::config::{Database, Engine},
    features::Feature,
};

/// What tells of vehicles and of nobody's secrets: what analytics may read.
const ANALYTICS: &[&str] = &[
    "vehicles",
    "fuel_logs",
    "maintenance",
    "odometer_readings",
    "station_favorites",
    "stations",
    "vin_cache",
];

/// The name as an identifier.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The tables that the migrations of `features` create. Others in the same schema are somebody else's.
pub(crate) fn own_tables(features: &[Feature]) -> HashSet<&'static str> {
    let texts = features.iter().flat_map(|it| it.migrations).map(|it| it.postgres);
    let names = texts.flat_map(|text| {
        let created = text.split("CREATE TABLE ").skip(1);
        created.filter_map(|it| it.trim_start_matches("IF NOT EXISTS ").split([' ', '(']).next())
    });
    names.chain(["_migrations"]).collect()
}

/// Gives the roles that the settings name what they need of the tables of `features`, and takes
/// all else from them. Other tables stay as they are. `db` is where migrations run, and has to be the tables' owner.
///
/// # Errors
/// As [`migrate::run`]; `Refused` where a role is not there.
pub async fn grant(db: &Db, features: &[Feature], settings: &Database) -> Result<(), MigrateError> {
    let service = service_role(settings);
    let analytics = settings.analytics_role.as_deref();
    if !matches!(db, Db::Postgres { .. }) || (service.is_none() && analytics.is_none()) {
        return Ok(());
    }
    // Two who grant on one table at once are in each other's way.
    let mut tx = migrate::begin_locked(db).await?;
    let Tx::Postgres { tx: connection, .. } = &mut tx else { return Ok(()) };
    let refused = |error| MigrateError::Refused { file: "the roles' rights".to_owned(), error };
    let tables = sqlx::raw_sql(
        "SELECT tablename::TEXT, current_schema()::TEXT, rowsecurity,
                (SELECT array_to_string(roles, ',') FROM pg_policies p
                 WHERE p.schemaname = t.schemaname AND p.tablename = t.tablename
                   AND policyname = 'analytics')
         FROM pg_tables t WHERE schemaname = current_schema() ORDER BY tablename",
    );
    let own = own_tables(features);
    let mut statements = Vec::new();
    for row in tables.fetch_all(&mut **connection).await.map_err(refused)? {
        let (name, schema): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        if !own.contains(name.as_str()) {
            continue;
        }
        let (has_policies, known): (bool, Option<String>) = (row.try_get(2)?, row.try_get(3)?);
        let table = format!("{}.{}", quoted(&schema), quoted(&name));
        if let Some(role) = service.as_deref().map(quoted) {
            statements.push(format!("GRANT USAGE ON SCHEMA {} TO {role}", quoted(&schema)));
            statements.push(format!("REVOKE ALL ON {table} FROM {role}"));
            statements.push(format!("GRANT {} ON {table} TO {role}", rights(&name)));
        }
        if let Some(role) = analytics {
            let quoted_role = quoted(role);
            statements.push(format!("REVOKE ALL ON {table} FROM {quoted_role}"));
            if ANALYTICS.contains(&name.as_str()) {
                statements
                    .push(format!("GRANT USAGE ON SCHEMA {} TO {quoted_role}", quoted(&schema)));
                statements.push(format!("GRANT SELECT ON {table} TO {quoted_role}"));
                // Only where it is another role's: it stops all who use the table for a moment.
                if has_policies && known.as_deref() != Some(role) {
                    statements.push(format!("DROP POLICY IF EXISTS analytics ON {table}"));
                    statements.push(format!(
                        "CREATE POLICY analytics ON {table} FOR SELECT TO {quoted_role} USING (true)"
                    ));
                }
            }
        }
    }
    let all = AssertSqlSafe(statements.join("; "));
    sqlx::raw_sql(all).execute(&mut **connection).await.map_err(refused)?;
    migrate::commit(tx).await?;
    Ok(())
}

/// Lifts the policies off the tables that a migration's text names, for their owner and for this
/// transaction: what it changes, it changes in everybody's rows. Gives the tables.
pub(crate) async fn show_to_owner(tx: &mut Tx, text: &str) -> sqlx::Result<Vec<String>> {
    let Tx::Postgres { tx, .. } = tx else { return Ok(Vec::new()) };
    let forced = sqlx::raw_sql(
        "SELECT relname::TEXT FROM pg_class
         WHERE relforcerowsecurity AND relnamespace = current_schema()::regnamespace
         ORDER BY relname",
    );
    let rows = forced.fetch_all(&mut **tx).await?;
    let words: HashSet<_> = text.split(|it: char| it != '_' && !it.is_alphanumeric()).collect();
    let mut shown = Vec::new();
    for row in rows {
        let table: String = row.try_get(0)?;
        if words.contains(table.as_str()) {
            shown.push(quoted(&table));
        }
    }
    for table in &shown {
        let no_force = format!("ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY");
        sqlx::raw_sql(AssertSqlSafe(no_force)).execute(&mut **tx).await?;
    }
    Ok(shown)
}

/// Ends [`show_to_owner`], before the transaction ends.
pub(crate) async fn hide_from_owner(tx: &mut Tx, shown: &[String]) -> sqlx::Result<()> {
    let Tx::Postgres { tx, .. } = tx else { return Ok(()) };
    for table in shown {
        let force = format!("ALTER TABLE IF EXISTS {table} FORCE ROW LEVEL SECURITY");
        sqlx::raw_sql(AssertSqlSafe(force)).execute(&mut **tx).await?;
    }
    Ok(())
}

/// What the service does with a table's rows.
fn rights(table: &str) -> &'static str {
    match table {
        // Whether the database fits the program is looked at; migrations are the owner's.
        "_migrations" => "SELECT",
        // What happened stays as it was; how often it did is counted.
        "security_events" => "SELECT, INSERT, DELETE, UPDATE (count, last_at)",
        _ => "SELECT, INSERT, UPDATE, DELETE",
    }
}

/// The service's role, where it is not the one that migrates.
fn service_role(settings: &Database) -> Option<String> {
    let (Ok(Engine::Postgres(service)), Ok(Engine::Postgres(owner))) =
        (settings.engine(), settings.migration_engine())
    else {
        return None;
    };
    let name = service.0[0].get_username();
    (name != owner.0[0].get_username()).then(|| name.to_owned())
}

/// Says so in the log where the service's role is one that no policy holds for.
///
/// # Errors
/// The database is away.
pub(super) async fn look(pool: &PgPool) -> sqlx::Result<()> {
    let passes = sqlx::raw_sql(
        "SELECT rolname::TEXT FROM pg_roles
         WHERE rolname = current_user AND (rolsuper OR rolbypassrls)",
    );
    if let Some(row) = passes.fetch_optional(pool).await? {
        let role: String = row.try_get(0)?;
        tracing::warn!(
            role,
            "The service's role passes row-level security by: give it one of its own"
        );
    }
    Ok(())
}
