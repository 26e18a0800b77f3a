//! PostgreSQL's roles, created as in docs/operations.md.

use crate::support::{Sql, TestEnv, block_on, server};

/// The statements in the documentation.
fn documented_statements() -> Vec<String> {
    let page = include_str!("../../../docs/operations.md");
    let section = page.split("## PostgreSQL's roles").nth(1).unwrap();
    let sql = section.split("```sql").nth(1).unwrap().split("```").next().unwrap();
    sql.split(';').map(|it| it.trim().to_owned()).filter(|it| !it.is_empty()).collect()
}

/// The URL of a database on the tests' server for this role.
fn as_role(role: &str, password: &str, database: &str) -> String {
    let server = server("TEST_POSTGRES_URL");
    let host = server.rsplit_once('/').unwrap().0.rsplit_once('@').unwrap().1.to_owned();
    format!("postgres://{role}:{password}@{host}/{database}")
}

#[test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
fn the_documented_roles_have_sufficient_privileges() {
    block_on(async {
        // Roles are global, and other tests use some of the same names.
        let unique = uuid::Uuid::now_v7().simple().to_string();
        let named = |text: &str| text.replace("motovaultpro", &format!("mvp_{unique}"));
        let administrator = Sql::postgres(&server("TEST_POSTGRES_URL")).await;
        let statements = documented_statements();
        assert_eq!(statements.len(), 4, "{statements:?}");
        for statement in &statements {
            administrator.execute(&named(statement)).await;
        }
        administrator.close().await;
        let database = named("motovaultpro");
        let service = as_role(&named("motovaultpro"), "another", &database);
        let owner = as_role(&named("motovaultpro_owner"), "one", &database);
        let analytics = named("motovaultpro_analytics");
        let env = TestEnv::empty()
            .with("MVP__DATABASE__URL", &service)
            .with("MVP__DATABASE__MIGRATION_URL", &owner)
            .with("MVP__DATABASE__ANALYTICS_ROLE", &analytics);
        env.run(&["migrate"]).expect_success();
        // Running it again changes nothing, and a table of another owner in the same schema is ignored.
        let other = Sql::postgres(&as_role("postgres", "none", &database)).await;
        other.execute("CREATE TABLE public.foreign_table (id INTEGER)").await;
        env.run(&["migrate"]).expect_success();
        let granted = "SELECT COUNT(*) FROM information_schema.table_privileges
                       WHERE table_name = 'foreign_table' AND grantee <> 'postgres'";
        assert_eq!(other.number(granted).await, 0);
        other.close().await;
        let service = env.serve();
        let client = service.register("ann@example.org").await;
        client.add_vehicle(1).await;
        assert_eq!(client.all("/api/vehicles").await.len(), 1);
        assert!(!service.log().contains("row-level security"), "{}", service.log());

        let reader = Sql::postgres(&as_role(&analytics, "a%20third", &database)).await;
        assert_eq!(reader.number("SELECT COUNT(*) FROM vehicles").await, 1);
        let tables = "SELECT table_name::TEXT || ' ' || privilege_type
             FROM information_schema.table_privileges
             WHERE grantee = current_user AND table_schema = 'public' ORDER BY 1";
        let may = reader.texts(tables).await;
        let read =
            ["fuel_logs", "maintenance", "odometer_readings", "station_favorites", "stations"];
        let read = read.into_iter().chain(["vehicles", "vin_cache"]);
        assert_eq!(may, read.map(|it| format!("{it} SELECT")).collect::<Vec<_>>());
        reader.close().await;
    });
}

/// The name of an empty database.
async fn owners_database() -> String {
    let database = format!("test_{}", uuid::Uuid::now_v7().simple());
    let administrator = Sql::postgres(&server("TEST_POSTGRES_URL")).await;
    let create = format!("CREATE DATABASE {database} OWNER motovaultpro_owner");
    administrator.execute(&create).await;
    administrator.close().await;
    database
}

#[test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
fn a_single_role_is_subject_to_the_policies() {
    block_on(async {
        let url = as_role("motovaultpro_owner", "none", &owners_database().await);
        let env = TestEnv::empty().with("MVP__DATABASE__URL", &url);
        let service = env.serve();
        let client = service.register("ann@example.org").await;
        client.add_vehicle(1).await;
        assert_eq!(client.all("/api/vehicles").await.len(), 1);
        let sql = Sql::postgres(&url).await;
        assert_eq!(sql.number("SELECT COUNT(*) FROM vehicles").await, 0);
        sql.close().await;
    });
}

#[test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
fn a_role_that_bypasses_row_level_security_is_reported() {
    block_on(async {
        let url = as_role("postgres", "none", &owners_database().await);
        let env = TestEnv::empty().with("MVP__DATABASE__URL", &url);
        let service = env.serve();
        assert!(service.log().contains("bypasses row-level security"), "{}", service.log());
    });
}
