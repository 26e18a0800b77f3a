//! The PostgreSQL roles: the owner runs migrations, the service's role reads and writes rows but
//! owns nothing, and an optional role reads for analytics. With only one role, it is the owner.

use std::collections::HashSet;

use sqlx::{AssertSqlSafe, PgPool, Row as _};

use super::{
    Db, Tx,
    migrate::{self, MigrateError},
};
use crate::{
    config::{Database, Engine},
    feature::{Application, Feature, Table},
};

/// The table of executed migrations.
const MIGRATIONS: &str = "_migrations";

/// Quotes a name as an identifier.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The tables of `features` and that of executed migrations. Other tables in the schema belong to
/// other applications.
#[must_use]
pub fn own_tables<A: Application>(features: &[Feature<A>]) -> HashSet<&'static str> {
    tables(features).map(|it| it.name).chain([MIGRATIONS]).collect()
}

fn tables<A: Application>(features: &[Feature<A>]) -> impl Iterator<Item = &'static Table> {
    features.iter().flat_map(|it| it.tables)
}

/// Grants the configured roles the privileges they need on the tables of `features`, and revokes
/// all others. Other tables are not changed. `db` must be connected as the tables' owner.
///
/// # Errors
/// As for [`migrate::run`]; `Refused` if a role does not exist.
pub async fn grant<A: Application>(
    db: &Db,
    features: &[Feature<A>],
    settings: &Database,
) -> Result<(), MigrateError> {
    let service = service_role(settings);
    let analytics = settings.analytics_role.as_deref();
    if !matches!(db, Db::Postgres { .. }) || (service.is_none() && analytics.is_none()) {
        return Ok(());
    }
    // Concurrent grants on one table fail.
    let mut tx = migrate::begin_locked(db).await?;
    let Tx::Postgres { tx: connection, .. } = &mut *tx else { return Ok(()) };
    let refused = |error| MigrateError::Refused { file: "the roles' privileges".to_owned(), error };
    let found = sqlx::raw_sql(
        "SELECT tablename::TEXT, current_schema()::TEXT, rowsecurity,
                (SELECT array_to_string(roles, ',') FROM pg_policies p
                 WHERE p.schemaname = t.schemaname AND p.tablename = t.tablename
                   AND policyname = 'analytics')
         FROM pg_tables t WHERE schemaname = current_schema() ORDER BY tablename",
    );
    let mut statements = Vec::new();
    for row in found.fetch_all(&mut **connection).await.map_err(refused)? {
        let (name, schema): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        let declared = tables(features).find(|it| it.name == name);
        if declared.is_none() && name != MIGRATIONS {
            continue;
        }
        let (has_policies, known): (bool, Option<String>) = (row.try_get(2)?, row.try_get(3)?);
        let table = format!("{}.{}", quoted(&schema), quoted(&name));
        if let Some(role) = service.as_deref().map(quoted) {
            statements.push(format!("GRANT USAGE ON SCHEMA {} TO {role}", quoted(&schema)));
            statements.push(format!("REVOKE ALL ON {table} FROM {role}"));
            statements.push(format!("GRANT {} ON {table} TO {role}", rights(declared)));
        }
        if let Some(role) = analytics {
            let quoted_role = quoted(role);
            statements.push(format!("REVOKE ALL ON {table} FROM {quoted_role}"));
            if declared.is_some_and(|it| it.is_for_analytics) {
                statements
                    .push(format!("GRANT USAGE ON SCHEMA {} TO {quoted_role}", quoted(&schema)));
                statements.push(format!("GRANT SELECT ON {table} TO {quoted_role}"));
                // Only if the policy is another role's: recreating it briefly locks the table.
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
    tx.commit().await?;
    Ok(())
}

/// Exempts the owner from row-level security for `tables`, for this transaction: migrations change
/// the rows of all users. Returns those of the tables that are subject to it.
pub async fn exempt_owner_from_rls(
    tx: &mut Tx,
    tables: &[impl AsRef<str>],
) -> sqlx::Result<Vec<String>> {
    let Tx::Postgres { tx, .. } = tx else { return Ok(Vec::new()) };
    let forced = sqlx::raw_sql(
        "SELECT relname::TEXT FROM pg_class
         WHERE relforcerowsecurity AND relnamespace = current_schema()::regnamespace
         ORDER BY relname",
    );
    let mut exempted = Vec::new();
    for row in forced.fetch_all(&mut **tx).await? {
        let table: String = row.try_get(0)?;
        if tables.iter().any(|it| it.as_ref() == table) {
            exempted.push(quoted(&table));
        }
    }
    for table in &exempted {
        let no_force = format!("ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY");
        sqlx::raw_sql(AssertSqlSafe(no_force)).execute(&mut **tx).await?;
    }
    Ok(exempted)
}

/// Reverts [`exempt_owner_from_rls`] before the transaction ends.
pub async fn subject_owner_to_rls(tx: &mut Tx, exempted: &[String]) -> sqlx::Result<()> {
    let Tx::Postgres { tx, .. } = tx else { return Ok(()) };
    for table in exempted {
        let force = format!("ALTER TABLE IF EXISTS {table} FORCE ROW LEVEL SECURITY");
        sqlx::raw_sql(AssertSqlSafe(force)).execute(&mut **tx).await?;
    }
    Ok(())
}

/// The privileges of the service on a table of a feature, or else on that of executed migrations: the
/// service checks their state, and only the owner changes it.
fn rights(table: Option<&Table>) -> String {
    let Some(table) = table else { return "SELECT".to_owned() };
    let updates = table.updatable_columns.map_or_else(String::new, |it| format!(" ({it})"));
    format!("SELECT, INSERT, DELETE, UPDATE{updates}")
}

/// The service's role, if it is not the one that runs migrations.
fn service_role(settings: &Database) -> Option<String> {
    let (Ok(Engine::Postgres(service)), Ok(Engine::Postgres(owner))) =
        (settings.engine(), settings.migration_engine())
    else {
        return None;
    };
    let name = service.0[0].get_username();
    (name != owner.0[0].get_username()).then(|| name.to_owned())
}

/// Logs a warning if the service's role bypasses row-level security.
///
/// # Errors
/// The database is unavailable.
pub(super) async fn warn_if_bypasses_rls(pool: &PgPool) -> sqlx::Result<()> {
    let bypasses = sqlx::raw_sql(
        "SELECT rolname::TEXT FROM pg_roles
         WHERE rolname = current_user AND (rolsuper OR rolbypassrls)",
    );
    if let Some(row) = bypasses.fetch_optional(pool).await? {
        let role: String = row.try_get(0)?;
        tracing::warn!(
            role,
            "The service's role bypasses row-level security: use a role that does not"
        );
    }
    Ok(())
}
