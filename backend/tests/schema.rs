//! Tests the schemas: on PostgreSQL they match the reference schema exactly, and SQLite has the same tables.
#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

use std::collections::{BTreeMap, BTreeSet};

use motovaultpro::{
    core::{
        clock::Clock,
        config::{Database, Secret},
        db::{Db, migrate},
        hex,
    },
    features,
};
use sha2::{Digest as _, Sha256};
use sqlx::PgPool;

/// A PostgreSQL column: name, type, whether it is nullable, default.
type Column = (&'static str, &'static str, bool, Option<&'static str>);

const VEHICLES: &[Column] = &[
    ("id", "uuid", false, None),
    ("user_id", "character varying(255)", false, None),
    ("vin", "character varying(17)", false, None),
    ("make", "character varying(100)", true, None),
    ("model", "character varying(100)", true, None),
    ("year", "integer", true, None),
    ("nickname", "character varying(100)", true, None),
    ("color", "character varying(50)", true, None),
    ("license_plate", "character varying(20)", true, None),
    ("odometer_reading", "integer", true, Some("0")),
    ("is_active", "boolean", true, Some("true")),
    ("deleted_at", "timestamp with time zone", true, None),
    ("created_at", "timestamp with time zone", true, None),
    ("updated_at", "timestamp with time zone", true, None),
];

const FUEL_LOGS: &[Column] = &[
    ("id", "uuid", false, None),
    ("user_id", "character varying(255)", false, None),
    ("vehicle_id", "uuid", false, None),
    ("date", "date", false, None),
    ("odometer_reading", "integer", false, None),
    ("gallons", "numeric(8,3)", false, None),
    ("price_per_gallon", "numeric(6,3)", true, None),
    ("total_cost", "numeric(8,2)", true, None),
    ("station_name", "character varying(200)", true, None),
    ("notes", "text", true, None),
    ("created_at", "timestamp with time zone", true, None),
    ("updated_at", "timestamp with time zone", true, None),
];

const VIN_CACHE: &[Column] = &[
    ("vin", "character varying(17)", false, None),
    ("make", "character varying(100)", true, None),
    ("model", "character varying(100)", true, None),
    ("year", "integer", true, None),
    ("engine_type", "character varying(100)", true, None),
    ("body_type", "character varying(100)", true, None),
    ("raw_data", "jsonb", true, None),
    ("cached_at", "timestamp with time zone", true, None),
];

const STATIONS: &[Column] = &[
    ("id", "uuid", false, None),
    ("google_place_id", "character varying(255)", true, None),
    ("name", "character varying(200)", false, None),
    ("address", "text", true, None),
    ("latitude", "numeric(10,8)", true, None),
    ("longitude", "numeric(11,8)", true, None),
    ("phone", "character varying(20)", true, None),
    ("website", "character varying(255)", true, None),
    ("created_at", "timestamp with time zone", true, None),
    ("updated_at", "timestamp with time zone", true, None),
];

const MAINTENANCE: &[Column] = &[
    ("id", "uuid", false, None),
    ("user_id", "character varying(255)", false, None),
    ("vehicle_id", "uuid", false, None),
    ("type", "character varying(100)", false, None),
    ("description", "text", true, None),
    ("due_date", "date", true, None),
    ("due_mileage", "integer", true, None),
    ("completed_date", "date", true, None),
    ("completed_mileage", "integer", true, None),
    ("cost", "numeric(8,2)", true, None),
    ("service_location", "character varying(200)", true, None),
    ("notes", "text", true, None),
    ("is_completed", "boolean", true, Some("false")),
    ("created_at", "timestamp with time zone", true, None),
    ("updated_at", "timestamp with time zone", true, None),
];

const MIGRATIONS: &[Column] = &[
    ("feature", "character varying(100)", false, None),
    ("file", "character varying(255)", false, None),
    ("checksum", "character(64)", false, None),
    ("executed_at", "timestamp with time zone", false, None),
];

#[expect(clippy::disallowed_methods, reason = "a test parameter is not a setting")]
fn server() -> String {
    std::env::var("TEST_POSTGRES_URL").expect("run `cargo xtask with-servers`")
}

/// A separate, migrated schema on the tests' PostgreSQL server.
async fn postgres() -> PgPool {
    let schema = format!("schema_{}", uuid::Uuid::now_v7().simple());
    let pool = PgPool::connect(&server()).await.unwrap();
    let create = sqlx::AssertSqlSafe(format!("CREATE SCHEMA {schema}"));
    sqlx::raw_sql(create).execute(&pool).await.unwrap();
    let url = format!("{}?options[search_path]={schema}", server());
    migrated(&url).await.close().await;
    PgPool::connect(&url).await.unwrap()
}

async fn migrated(url: &str) -> Db {
    let settings = Database { url: Some(Secret::new(url.to_owned())), ..Database::default() };
    let db = Db::open(&settings).await.unwrap();
    migrate::run(&db, features::ALL, None, &Clock::System).await.unwrap();
    db
}

async fn columns(pool: &PgPool, table: &str) -> Vec<(String, String, bool, Option<String>)> {
    sqlx::query_as(
        "SELECT a.attname::text, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,
                pg_get_expr(d.adbin, d.adrelid)
         FROM pg_attribute a
         LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
         WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped
         ORDER BY a.attnum",
    )
    .bind(table)
    .fetch_all(pool)
    .await
    .unwrap()
}

/// Queries the catalog for a table. The query returns one text column.
async fn query_texts(pool: &PgPool, query: &'static str, table: &str) -> BTreeSet<String> {
    let rows: Vec<(String,)> = sqlx::query_as(query).bind(table).fetch_all(pool).await.unwrap();
    rows.into_iter().map(|row| row.0).collect()
}

const CONSTRAINTS: &str = "SELECT conname || ' ' || pg_get_constraintdef(oid)
     FROM pg_constraint WHERE conrelid = $1::regclass";
const INDEXES: &str = "SELECT regexp_replace(pg_get_indexdef(indexrelid), ' ON \\S+\\.', ' ON ')
     FROM pg_index WHERE indrelid = $1::regclass";
const TRIGGERS: &str = "SELECT tgname::text FROM pg_trigger
     WHERE tgrelid = $1::regclass AND NOT tgisinternal";

#[tokio::test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
async fn postgresql_columns_match_the_reference_schema() {
    let pool = postgres().await;
    for (table, seed) in [
        ("vehicles", VEHICLES),
        ("vin_cache", VIN_CACHE),
        ("fuel_logs", FUEL_LOGS),
        ("maintenance", MAINTENANCE),
        ("stations", STATIONS),
        ("_migrations", MIGRATIONS),
    ] {
        let columns = columns(&pool, table).await;
        let columns: Vec<_> = columns
            .iter()
            .take(seed.len())
            .map(|(name, kind, null, default)| {
                (name.as_str(), kind.as_str(), *null, default.as_deref())
            })
            .collect();
        assert_eq!(columns, seed, "{table}");
    }
}

#[tokio::test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
async fn postgresql_constraints_match_the_reference_schema() {
    let pool = postgres().await;
    let holds = |all: &BTreeSet<String>, seed: &[&str]| {
        for one in seed {
            assert!(all.contains(*one), "{one} is not among {all:#?}");
        }
    };
    holds(
        &query_texts(&pool, CONSTRAINTS, "vehicles").await,
        &["vehicles_pkey PRIMARY KEY (id)", "unique_user_vin UNIQUE (user_id, vin)"],
    );
    holds(
        &query_texts(&pool, INDEXES, "vehicles").await,
        &[
            "CREATE INDEX idx_vehicles_user_id ON vehicles USING btree (user_id)",
            "CREATE INDEX idx_vehicles_vin ON vehicles USING btree (vin)",
            "CREATE INDEX idx_vehicles_is_active ON vehicles USING btree (is_active)",
            "CREATE INDEX idx_vehicles_created_at ON vehicles USING btree (created_at)",
        ],
    );
    holds(&query_texts(&pool, TRIGGERS, "vehicles").await, &["update_vehicles_updated_at"]);
    holds(
        &query_texts(&pool, CONSTRAINTS, "fuel_logs").await,
        &[
            "fuel_logs_pkey PRIMARY KEY (id)",
            "fuel_logs_vehicle_id_fkey FOREIGN KEY (vehicle_id) REFERENCES vehicles(id) \
             ON UPDATE CASCADE ON DELETE RESTRICT",
            "fuel_logs_vehicle_owner_fkey FOREIGN KEY (vehicle_id, user_id) \
             REFERENCES vehicles(id, user_id) ON UPDATE CASCADE ON DELETE RESTRICT",
        ],
    );
    holds(
        &query_texts(&pool, INDEXES, "fuel_logs").await,
        &[
            "CREATE INDEX idx_fuel_logs_user_id ON fuel_logs USING btree (user_id)",
            "CREATE INDEX idx_fuel_logs_vehicle_id ON fuel_logs USING btree (vehicle_id)",
            "CREATE INDEX idx_fuel_logs_date ON fuel_logs USING btree (date)",
        ],
    );
    holds(&query_texts(&pool, TRIGGERS, "fuel_logs").await, &["update_fuel_logs_updated_at"]);
    holds(
        &query_texts(&pool, INDEXES, "vin_cache").await,
        &["CREATE INDEX idx_vin_cache_cached_at ON vin_cache USING btree (cached_at)"],
    );
    holds(
        &query_texts(&pool, CONSTRAINTS, "stations").await,
        &[
            "stations_pkey PRIMARY KEY (id)",
            "stations_google_place_id_key UNIQUE (google_place_id)",
        ],
    );
    holds(&query_texts(&pool, TRIGGERS, "stations").await, &["update_stations_updated_at"]);
    holds(
        &query_texts(&pool, CONSTRAINTS, "maintenance").await,
        &[
            "maintenance_pkey PRIMARY KEY (id)",
            "maintenance_vehicle_id_fkey FOREIGN KEY (vehicle_id) REFERENCES vehicles(id) \
             ON UPDATE CASCADE ON DELETE RESTRICT",
            "maintenance_vehicle_owner_fkey FOREIGN KEY (vehicle_id, user_id) \
             REFERENCES vehicles(id, user_id) ON UPDATE CASCADE ON DELETE RESTRICT",
        ],
    );
    holds(
        &query_texts(&pool, INDEXES, "maintenance").await,
        &[
            "CREATE INDEX idx_maintenance_user_id ON maintenance USING btree (user_id)",
            "CREATE INDEX idx_maintenance_vehicle_id ON maintenance USING btree (vehicle_id)",
            "CREATE INDEX idx_maintenance_due_date ON maintenance USING btree (due_date)",
            "CREATE INDEX idx_maintenance_is_completed ON maintenance USING btree (is_completed)",
        ],
    );
    holds(&query_texts(&pool, TRIGGERS, "maintenance").await, &["update_maintenance_updated_at"]);
}

/// The columns (name, nullable) and indexes of each table. Full-text indexes are specific to the engine
/// (docs/decisions/009-words-have-each-engines-own-index.md).
type Schema = BTreeMap<String, (BTreeSet<(String, bool)>, BTreeSet<String>)>;

async fn postgres_schema() -> Schema {
    let pool = postgres().await;
    let tables: Vec<(String,)> =
        sqlx::query_as("SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()")
            .fetch_all(&pool)
            .await
            .unwrap();
    let mut schema = Schema::new();
    for (table,) in tables {
        let columns = columns(&pool, &table).await;
        let columns = columns.into_iter().map(|(name, _, null, _)| (name, null)).collect();
        let indexes = query_texts(
            &pool,
            "SELECT (SELECT string_agg(pg_get_indexdef(i.indexrelid, n, false), ',' ORDER BY n)
                     FROM generate_series(1, i.indnkeyatts) n)
                    || CASE WHEN i.indisunique THEN ' unique' ELSE '' END
             FROM pg_index i
             JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam
             WHERE i.indrelid = $1::regclass AND NOT i.indisprimary AND a.amname = 'btree'",
            &table,
        )
        .await;
        schema.insert(table, (columns, indexes));
    }
    schema
}

async fn sqlite_schema() -> Schema {
    let folder = tempfile::tempdir().unwrap();
    let db = migrated(&format!("sqlite://{}", folder.path().join("schema.db").display())).await;
    let Db::Sqlite { writer, .. } = &db else { panic!("not SQLite") };
    let tables: Vec<(String,)> = sqlx::query_as(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'
           AND name NOT LIKE 'station_words%' AND name <> 'station_numbers'",
    )
    .fetch_all(writer)
    .await
    .unwrap();
    let mut schema = Schema::new();
    for (table,) in tables {
        let columns: Vec<(String, bool)> =
            sqlx::query_as("SELECT name, \"notnull\" = 0 AND pk = 0 FROM pragma_table_info($1)")
                .bind(&table)
                .fetch_all(writer)
                .await
                .unwrap();
        let indexes: Vec<(String,)> = sqlx::query_as(
            "SELECT (SELECT group_concat(name, ',') FROM pragma_index_info(i.name))
                    || CASE WHEN i.\"unique\" THEN ' unique' ELSE '' END
             FROM pragma_index_list($1) i WHERE i.origin <> 'pk'",
        )
        .bind(&table)
        .fetch_all(writer)
        .await
        .unwrap();
        let indexes = indexes.into_iter().map(|row| row.0).collect();
        schema.insert(table, (columns.into_iter().collect(), indexes));
    }
    db.close().await;
    schema
}

#[tokio::test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
async fn both_engines_have_the_same_tables_columns_and_indexes() {
    let (postgres, sqlite) = (postgres_schema().await, sqlite_schema().await);
    assert!(postgres.len() >= 7, "{postgres:?}");
    assert_eq!(postgres, sqlite);
}

#[test]
fn every_migration_file_is_embedded() {
    for feature in features::ALL {
        let folder = format!("{}/src/features/{}", env!("CARGO_MANIFEST_DIR"), feature.folder);
        let embedded: BTreeSet<_> =
            feature.migrations.iter().map(|it| format!("{}.sql", it.name)).collect();
        for folder in [format!("{folder}/migrations"), format!("{folder}/migrations/sqlite")] {
            let Ok(files) = std::fs::read_dir(&folder) else {
                assert!(embedded.is_empty(), "{folder} is not there");
                continue;
            };
            let files = files.map(|it| it.unwrap().file_name().into_string().unwrap());
            let files: BTreeSet<_> = files.filter(|it| it != "sqlite").collect();
            assert_eq!(files, embedded, "{folder}");
        }
    }
}

#[test]
fn released_migrations_are_unchanged() {
    let released = include_str!("data/migrations.sha256");
    let mut changed = Vec::new();
    for line in released.lines() {
        let (checksum, file) = line.split_once("  ").unwrap();
        let content = std::fs::read(format!("{}/{file}", env!("CARGO_MANIFEST_DIR")));
        let is_same = content.is_ok_and(|it| hex(&Sha256::digest(it)) == checksum);
        if !is_same {
            changed.push(file);
        }
    }
    assert!(released.lines().count() >= 60);
    assert_eq!(
        changed, [""; 0],
        "released migrations were changed or removed: restore them, and add a new migration instead"
    );
}

#[test]
fn features_migrate_in_the_reference_order() {
    let seed = ["vehicles", "fuel-logs", "maintenance", "stations"];
    let ours: Vec<_> =
        features::ALL.iter().map(|it| it.name).filter(|it| seed.contains(it)).collect();
    let order: Vec<_> = seed.into_iter().filter(|it| ours.contains(it)).collect();
    assert_eq!(ours, order);
}
