use std::path::Path;

use super::{Config, Origin, Origins};

struct Setup {
    folder: tempfile::TempDir,
    environment: Vec<(String, String)>,
}

impl Setup {
    fn new(file: &str, environment: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("motovaultpro.toml"), file).unwrap();
        let pair = |it: &(&str, &str)| (it.0.to_owned(), it.1.to_owned());
        Self { folder, environment: environment.iter().map(pair).collect() }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn with_secret_file(mut self, variable: &str, secret: &str) -> Self {
        let path = self.path(variable);
        std::fs::write(&path, secret).unwrap();
        self.environment.push((variable.to_owned(), path));
        self
    }

    fn read(&self) -> (Config, Origins) {
        let (file, mounted) = (self.path("motovaultpro.toml"), self.path("mounted"));
        let environment = self.environment.clone();
        Config::read_with_origins(Some(Path::new(&file)), environment, Path::new(&mounted)).unwrap()
    }

    fn shown(&self) -> String {
        let (config, origins) = self.read();
        config.to_toml(&origins).unwrap()
    }
}

/// Reads printed settings without any other source.
fn load(shown: &str) -> Config {
    let setup = Setup::new(shown, &[]);
    let path = setup.path("motovaultpro.toml");
    Config::read(Some(Path::new(&path)), Vec::new(), Path::new("/nowhere")).unwrap()
}

#[track_caller]
fn assert_has_line(shown: &str, line: &str) {
    assert!(shown.lines().any(|it| it == line), "{line:?} is not in {shown}");
}

#[test]
fn each_setting_is_printed_with_its_origin() {
    let file = "[server]\naddress = \"127.0.0.1:1\"\nhosts = [\"a.lan\", \"b.lan\"]\n\
                [backup]\nkeep = 3\n";
    let environment = [
        ("MVP__BACKUP__KEEP", "5"),
        ("MVP__SERVER__TRUSTED_PROXIES", "10.0.0.1"),
        ("MVP__DATABASE__HOST", "db.test"),
    ];
    let setup = Setup::new(file, &environment)
        .with_secret_file("MVP__DATABASE__PASSWORD_FILE", "xyzzy-canary");
    let (_, origins) = setup.read();
    let (file, secret) =
        (setup.path("motovaultpro.toml"), setup.path("MVP__DATABASE__PASSWORD_FILE"));
    assert_eq!(origins.of("server.address"), Origin::File(file.clone().into()));
    assert_eq!(origins.of("backup.keep"), Origin::Environment("MVP__BACKUP__KEEP".to_owned()));
    assert_eq!(origins.of("database.pool_size"), Origin::Default);
    assert_eq!(origins.of("database.password"), Origin::SecretFile(secret.clone().into()));

    let shown = setup.shown();
    assert_has_line(&shown, "[server]");
    assert_has_line(&shown, &format!("address = \"127.0.0.1:1\" # file {file}"));
    assert_has_line(&shown, &format!("hosts = [\"a.lan\",\"b.lan\"] # file {file}"));
    assert_has_line(
        &shown,
        "trusted_proxies = [\"10.0.0.1/32\"] # environment variable MVP__SERVER__TRUSTED_PROXIES",
    );
    assert_has_line(&shown, "keep = 5 # environment variable MVP__BACKUP__KEEP");
    assert_has_line(&shown, "pool_size = 10 # default");
    assert_has_line(&shown, "before_migrations = true # default");
    assert_has_line(&shown, "# public_url is not set");
    assert_has_line(&shown, &format!("# password = \"[redacted]\" # secret file {secret}"));
    let named = "environment variable MVP__DATABASE__PASSWORD_FILE";
    assert_has_line(&shown, &format!("password_file = \"{secret}\" # {named}"));
    assert!(!shown.contains("canary"), "{shown}");
}

#[test]
fn a_provider_has_its_own_section() {
    let provider = "[server]\npublic_url = \"https://cars.test\"\n\
                    [auth.providers.my-home]\nissuer = \"https://id.test\"\nclient_id = \"cars\"\n";
    let name = "MVP__AUTH__PROVIDERS__MY-HOME__CLIENT_SECRET";
    let setup = Setup::new(provider, &[(name, "xyzzy-canary")]);
    let shown = setup.shown();
    assert_has_line(&shown, "[auth.providers.my-home]");
    assert_has_line(
        &shown,
        &format!("# client_secret = \"[redacted]\" # environment variable {name}"),
    );
    assert_has_line(&shown, "allow_sign_up = false # default");
    assert_eq!(load(&shown).auth.providers["my-home"].issuer, "https://id.test");
    assert_has_line(&Setup::new("", &[]).shown(), "# providers is not set");
}

#[test]
fn printed_settings_can_be_loaded_again() {
    let file = "[database]\nhost = \"db.test\"\n[stations]\noverpass_url = \"https://o.test/api\"\n\
                [notifications]\nports = [443, 8443]\n[auth]\nregistration = \"invite\"\n\
                [backup]\nfolder = \"/srv/\\u007f\\\"quoted\\\"\\nfolder\"\nevery = \"90m\"\n";
    let environment = [
        ("MVP__LOG__FORMAT", "json"),
        ("MVP__VIN__PROVIDER", "offline-then-vpic"),
        ("MVP__SERVER__CONCURRENCY", "7"),
    ];
    let key = "0123456789abcdef".repeat(4);
    let setup = Setup::new(file, &environment)
        .with_secret_file("MVP__AUTH__KEY_FILE", &key)
        .with_secret_file("MVP__DATABASE__PASSWORD_FILE", "xyzzy-canary\n");
    let (config, _) = setup.read();
    let shown = setup.shown();
    let loaded = load(&shown);
    let value = |config: &Config| serde_json::to_value(config).unwrap();
    assert_eq!(value(&loaded), value(&config), "{shown}");
    assert_eq!(loaded.database.password.unwrap().expose(), "xyzzy-canary");
    assert!(!shown.contains("canary") && !shown.contains(&key), "{shown}");
}

#[test]
fn a_value_with_a_secret_is_only_a_comment() {
    for (name, value) in [
        ("MVP__DATABASE__URL", "postgres://ann:xyzzy-canary@db.test/cars"),
        ("MVP__CACHE__URL", "redis://:xyzzy-canary@cache.test"),
        ("MVP__LOG__TRACES_URL", "https://ann:xyzzy-canary@otel.test/v1"),
        ("MVP__STATIONS__TILES_URL", "https://tiles.test/{z}/{x}/{y}?key=xyzzy-canary"),
        ("MVP__STATIONS__GOOGLE_API_KEY", "xyzzy-canary"),
    ] {
        let shown = Setup::new("", &[(name, value)]).shown();
        assert!(!shown.contains("canary"), "{shown}");
        let line = shown.lines().find(|it| it.contains(name)).unwrap();
        assert!(line.starts_with("# ") && line.contains("[redacted]"), "{line}");
        load(&shown);
    }
}

#[test]
fn a_mounted_password_is_printed_as_a_secret_file() {
    let setup = Setup::new("[database]\nhost = \"db.test\"\n", &[]);
    std::fs::write(setup.path("mounted"), "xyzzy-canary").unwrap();
    let shown = setup.shown();
    assert_has_line(
        &shown,
        &format!("# password = \"[redacted]\" # secret file {}", setup.path("mounted")),
    );
    let loaded = load(&shown).database.password.unwrap();
    assert_eq!(loaded.expose(), "xyzzy-canary");
}
