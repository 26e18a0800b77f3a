use std::path::Path;

use super::{Config, ConfigError, Engine, PostgresAddress, Registration};

pub(super) fn read(file: &str, environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("motovaultpro.toml");
    std::fs::write(&path, file).unwrap();
    let environment =
        environment.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    Config::read(Some(&path), environment, &folder.path().join("no-such-secret"))
}

fn address(config: &Config) -> String {
    match config.database.engine().unwrap() {
        Engine::Sqlite(path) => path.display().to_string(),
        Engine::Postgres(address) => describe(&address),
    }
}

fn describe(address: &PostgresAddress) -> String {
    let servers = address.0.iter().map(|it| {
        let name = it.get_database().unwrap_or_default();
        format!("{}@{}:{}/{name}", it.get_username(), it.get_host(), it.get_port())
    });
    servers.collect::<Vec<_>>().join(" ")
}

#[test]
fn a_url_can_have_several_servers() {
    let several = |url: &str| read("", &[("MVP__DATABASE__URL", url)]).map(|it| address(&it));
    let url = "postgres://me:b%40d@one:5433,two,[::1]:5434/cars?target_session_attrs=read-write";
    let servers = several(url).unwrap();
    assert_eq!(servers, "me@one:5433/cars me@two:5432/cars me@[::1]:5434/cars");
    assert_eq!(several("postgres://me@one,two/cars").unwrap(), "me@one:5432/cars me@two:5432/cars");
    for wrong in [
        "postgres://me@one,two/cars?target_session_attrs=standby",
        "postgres://me@one:5432,two:port/cars",
        "postgres://me@one,,two/cars",
    ] {
        let refused = several(wrong).unwrap_err().to_string();
        assert!(refused.starts_with("database.url"), "{wrong}: {refused}");
    }
}

#[test]
fn a_replica_must_be_one_postgresql_server() {
    let with = |url: &str, replica: &str, lag: &str| {
        read(
            "",
            &[
                ("MVP__DATABASE__URL", url),
                ("MVP__DATABASE__REPLICA_URL", replica),
                ("MVP__DATABASE__REPLICA_MAX_LAG", lag),
            ],
        )
    };
    let (primary, replica) = ("postgres://me@one/cars", "postgres://me@two/cars");
    let config = with(primary, replica, "3").unwrap();
    assert_eq!(describe(&config.database.replica().unwrap().unwrap()), "me@two:5432/cars");
    for (url, replica, lag, key) in [
        ("sqlite://cars.db", replica, "3", "database.replica_url"),
        (primary, "sqlite://cars.db", "3", "database.replica_url"),
        (primary, "postgres://me@two,three/cars", "3", "database.replica_url"),
        (primary, replica, "0", "database.replica_max_lag"),
    ] {
        let refused = with(url, replica, lag).unwrap_err().to_string();
        assert!(refused.starts_with(key), "{url} {replica} {lag}: {refused}");
    }
}

#[test]
fn the_migration_role_has_its_own_password() {
    let url = ("MVP__DATABASE__URL", "postgres://me@one/cars");
    let owner = ("MVP__DATABASE__MIGRATION_URL", "postgres://owner:its@one/cars");
    let config = read("", &[url, owner, ("MVP__DATABASE__PASSWORD", "the services")]).unwrap();
    let shown = |engine: Engine| match engine {
        Engine::Postgres(address) => {
            use sqlx::ConnectOptions as _;
            address.0[0].to_url_lossy().password().map(str::to_owned)
        }
        Engine::Sqlite(_) => panic!("not PostgreSQL"),
    };
    let database = config.database;
    assert_eq!(shown(database.engine().unwrap()).unwrap(), "the%20services");
    assert_eq!(shown(database.migration_engine().unwrap()).unwrap(), "its");
}

#[test]
fn the_default_is_the_embedded_database() {
    let config = read("", &[]).unwrap();
    assert_eq!(address(&config), "data/motovaultpro.db");
    assert_eq!(config.database.pool_size, 10);
    assert_eq!(config.database.idle_timeout().as_secs(), 30);
    assert_eq!(config.server.address.to_string(), "127.0.0.1:3001");
    assert!(config.cache.url.is_none());
    assert_eq!(config.auth.registration, Registration::Closed);
}

#[test]
fn missing_parts_have_the_reference_deployments_defaults() {
    let config = read("", &[("MVP__DATABASE__HOST", "admin-postgres")]).unwrap();
    assert_eq!(address(&config), "postgres@admin-postgres:5432/motovaultpro");
    let config = read("[database]\nport = 5433\nname = \"cars\"", &[]).unwrap();
    assert_eq!(address(&config), "postgres@admin-postgres:5433/cars");
}

#[test]
fn the_environment_overrides_the_file() {
    let file = "[server]\naddress = \"127.0.0.1:1\"\n[database]\npool_size = 3";
    let config = read(file, &[("MVP__DATABASE__POOL_SIZE", "7")]).unwrap();
    assert_eq!((config.server.address.port(), config.database.pool_size), (1, 7));
}

#[test]
fn an_unknown_key_is_reported_with_its_dotted_path() {
    let message =
        |file: &str, environment: &[(&str, &str)]| read(file, environment).unwrap_err().to_string();
    assert_eq!(message("[database]\nuri = \"x\"", &[]), "unknown setting: database.uri");
    assert_eq!(message("", &[("MVP__DATABSE__URL", "x")]), "unknown setting: databse.url");
    assert_eq!(message("colour = 1", &[]), "unknown setting: colour");
}

#[test]
fn an_invalid_value_is_reported_with_its_dotted_path() {
    let message = |key: &str, value: &str| read("", &[(key, value)]).unwrap_err().to_string();
    assert!(message("MVP__DATABASE__POOL_SIZE", "many").starts_with("database.pool_size: "));
    assert!(message("MVP__DATABASE__POOL_SIZE", "0").starts_with("database.pool_size: "));
    assert!(message("MVP__DATABASE__URL", "mysql://x").starts_with("database.url: "));
    assert!(message("MVP__SERVER__ADDRESS", "here").starts_with("server.address: "));
    assert!(message("MVP__AUTH__REGISTRATION", "maybe").starts_with("auth.registration: "));
    assert!(message("MVP__CACHE__URL", "memcache://x").starts_with("cache.url: "));
    assert!(message("MVP__SERVER__CONNECTIONS", "0").starts_with("server.connections: "));
    assert!(message("MVP__SERVER__CONCURRENCY", "0").starts_with("server.concurrency: "));
    assert!(message("MVP__SERVER__QUEUE", "-1").starts_with("server.queue: "));
    assert!(message("MVP__SERVER__QUEUE", "9999999").starts_with("server.queue: "));
}

#[test]
fn a_secret_is_read_from_its_file_without_the_line_break() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("password");
    std::fs::write(&path, "s3cret\n").unwrap();
    let path = path.to_str().unwrap();
    let environment = [("MVP__DATABASE__HOST", "db"), ("MVP__DATABASE__PASSWORD_FILE", path)];
    let config = read("", &environment).unwrap();
    assert_eq!(config.database.password.as_ref().unwrap().expose(), "s3cret");
    assert!(!format!("{config:?}").contains("s3cret"));
    assert!(!serde_json::to_string(&config).unwrap().contains("s3cret"));
}

#[test]
fn a_secret_given_twice_is_rejected() {
    let environment =
        [("MVP__DATABASE__PASSWORD", "a"), ("MVP__DATABASE__PASSWORD_FILE", "/nowhere")];
    let message = read("", &environment).unwrap_err().to_string();
    assert!(message.starts_with("database.password and database.password_file are both set"));
}

#[test]
fn a_mounted_password_is_used_only_if_the_server_is_set_by_parts() {
    let folder = tempfile::tempdir().unwrap();
    let mounted = folder.path().join("postgres-password");
    std::fs::write(&mounted, "from the mount\n").unwrap();
    let read = |key: &str, value: &str| {
        let environment = vec![(key.to_owned(), value.to_owned())];
        let file = folder.path().join("empty.toml");
        std::fs::write(&file, "").unwrap();
        Config::read(Some(&file), environment, Path::new(&mounted)).unwrap().database.password
    };
    assert_eq!(read("MVP__DATABASE__HOST", "db").unwrap().expose(), "from the mount");
    assert!(read("MVP__DATABASE__URL", "postgres://a@b/c").is_none());
    assert!(read("MVP__DATABASE__POOL_SIZE", "2").is_none());
}

#[test]
fn the_origin_is_written_as_browsers_write_it() {
    let origin = |url: &str| {
        read("", &[("MVP__SERVER__PUBLIC_URL", url)]).map(|it| it.server.origin().unwrap())
    };
    assert_eq!(origin("https://Cars.example/").unwrap(), "https://cars.example");
    assert_eq!(origin("https://cars.example:443").unwrap(), "https://cars.example");
    assert_eq!(origin("http://cars.example:81/").unwrap(), "http://cars.example:81");
    for url in [
        "cars.example",
        "ftp://cars.example",
        "https://",
        "https://a b",
        "https://cars.example/garage/",
    ] {
        let message = origin(url).unwrap_err().to_string();
        assert!(message.starts_with("server.public_url: "), "{url}: {message}");
    }
}

#[test]
fn trusted_proxies_can_be_an_array_or_a_string() {
    let trusts = |file: &str, environment: &[(&str, &str)], address: &str| {
        let config = read(file, environment).unwrap();
        config.server.trusted_proxies.contains(address.parse().unwrap())
    };
    let list = "[server]\ntrusted_proxies = [\"10.0.0.1\", \"fd00::/8\"]";
    assert!(trusts(list, &[], "10.0.0.1") && trusts(list, &[], "fd12::1"));
    assert!(!trusts(list, &[], "127.0.0.1"));
    let text = "[server]\ntrusted_proxies = \"10.0.0.1, fd00::/8\"";
    assert!(trusts(text, &[], "10.0.0.1") && trusts(text, &[], "fd12::1"));
    let environment = [("MVP__SERVER__TRUSTED_PROXIES", "127.0.0.1,192.0.2.0/24")];
    assert!(trusts(text, &environment, "192.0.2.9") && !trusts(text, &environment, "10.0.0.1"));
    assert!(!trusts("", &[], "127.0.0.1"));
    for wrong in ["proxy", "10.0.0.0/33", "10.0.0.1/8"] {
        let message = read("", &[("MVP__SERVER__TRUSTED_PROXIES", wrong)]).unwrap_err().to_string();
        assert!(message.starts_with("server.trusted_proxies: "), "{message}");
        let message = read(&format!("[server]\ntrusted_proxies = [\"{wrong}\"]"), &[]).unwrap_err();
        assert!(message.to_string().starts_with("server.trusted_proxies: "), "{message}");
    }
}

#[test]
fn concurrency_follows_cores_and_pool_size() {
    let counts = |environment: &[(&str, &str)]| {
        let config = read("", environment).unwrap();
        let slots = config.server.concurrency(&config.database);
        (slots, config.server.queue(slots))
    };
    // Four per core, or one per database connection if that is more.
    let cores = std::thread::available_parallelism().unwrap().get();
    assert_eq!(counts(&[]).0, (4 * cores).max(10));
    assert_eq!(counts(&[("MVP__DATABASE__POOL_SIZE", "500")]), (500, 4_000));
    assert_eq!(counts(&[("MVP__SERVER__CONCURRENCY", "10")]), (10, 128));
    assert_eq!(counts(&[("MVP__SERVER__CONCURRENCY", "4")]), (4, 128));
    let both = [("MVP__SERVER__CONCURRENCY", "10"), ("MVP__SERVER__QUEUE", "0")];
    assert_eq!(counts(&both), (10, 0));
}

#[test]
fn another_database_has_its_own_addresses_and_password() {
    use super::{Database, Secret};
    let secret = |text: &str| Secret::new(text.to_owned());
    let here = Database {
        url: Some(secret("postgres://me@here/cars")),
        password: Some(secret("xyzzy")),
        migration_url: Some(secret("postgres://owner@here/cars")),
        replica_url: Some(secret("postgres://me@replica/cars")),
        prepared_statements: false,
        ..Database::default()
    };
    let owner = Some(secret("postgres://owner@there/cars"));
    let there = here.for_other_database(secret("postgres://me@there/cars"), owner, None).unwrap();
    let at = |it: Engine| match it {
        Engine::Postgres(address) => describe(&address),
        Engine::Sqlite(path) => path.display().to_string(),
    };
    assert_eq!(at(there.engine().unwrap()), "me@there:5432/cars");
    assert_eq!(at(there.migration_engine().unwrap()), "owner@there:5432/cars");
    assert!(there.replica().unwrap().is_none() && there.password.is_none());
    assert!(!there.prepared_statements);
    let file = here.for_other_database(secret("sqlite:///srv/cars.db"), None, None).unwrap();
    assert_eq!(at(file.migration_engine().unwrap()), "/srv/cars.db");

    for (url, owner, option) in [
        ("mysql://me:xyzzy@there/cars", None, "--to:"),
        ("postgres://me:xyzzy@th ere:port/cars", None, "--to:"),
        ("sqlite://cars.db", Some("postgres://me@there/cars"), "--to-migration-url:"),
        ("postgres://me@there/cars", Some("xyzzy"), "--to-migration-url:"),
    ] {
        let refused =
            here.for_other_database(secret(url), owner.map(secret), None).unwrap_err().to_string();
        assert!(refused.starts_with(option) && !refused.contains("xyzzy"), "{refused}");
    }
}
