//! What the service is deployed with fits the service: settings, secrets, names, and the scripts that make them.

use std::{
    collections::BTreeSet,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;

use crate::support::{Place, Postgres, Sql, block_on};

/// The seed's secrets: the name under `/run/secrets`, and the file on the host.
const SECRETS: [(&str, &str); 3] = [
    ("postgres-password", "./secrets/app/postgres-password.txt"),
    ("platform-db-password", "./secrets/platform/platform-db-password.txt"),
    ("vehicles-db-password", "./secrets/platform/vehicles-db-password.txt"),
];

fn project(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file)
}

fn read(file: &str) -> String {
    std::fs::read_to_string(project(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn compose() -> Value {
    serde_saphyr::from_str(&read("docker-compose.yml")).unwrap()
}

fn strings(list: &Value) -> BTreeSet<&str> {
    list.as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect()
}

#[test]
fn secrets_are_where_the_seed_lays_them() {
    let compose = compose();
    let declared: BTreeSet<_> = compose["secrets"].as_object().unwrap().keys().collect();
    assert_eq!(declared.len(), SECRETS.len(), "{declared:?}");
    for (name, file) in SECRETS {
        assert_eq!(compose["secrets"][name]["file"], file);
    }
    let names: BTreeSet<_> = SECRETS.iter().map(|it| it.0).collect();
    assert_eq!(strings(&compose["services"]["motovaultpro"]["secrets"]), names);
    let database = &compose["services"]["admin-postgres"];
    assert_eq!(strings(&database["secrets"]), BTreeSet::from(["postgres-password"]));
    assert_eq!(database["environment"]["POSTGRES_PASSWORD_FILE"], "/run/secrets/postgres-password");
    let volumes = strings(&database["volumes"]);
    assert!(volumes.contains("postgres_data:/var/lib/postgresql/data"), "{volumes:?}");
    assert!(compose["volumes"].as_object().unwrap().contains_key("postgres_data"));
    // No other file is named, and no password stands in it.
    let text = read("docker-compose.yml");
    for line in text.lines().filter(|it| it.contains("PASSWORD")) {
        assert!(line.contains("_FILE: /run/secrets/postgres-password"), "{line}");
    }
}

/// The service itself says whether it knows them.
#[test]
fn the_settings_that_docker_compose_gives_are_known() {
    let compose = compose();
    let services = compose["services"].as_object().unwrap();
    let settings = services["motovaultpro"]["environment"].as_object().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut place = Place::bare();
    for (name, value) in settings {
        let value = value.as_str().unwrap_or_else(|| panic!("{name} is no text: quote it"));
        let value = match value.strip_prefix("/run/secrets/") {
            Some(secret) => {
                assert!(SECRETS.iter().any(|it| it.0 == secret), "{name} names {value}");
                let file = folder.path().join(secret);
                std::fs::write(&file, "a secret\n").unwrap();
                file.to_str().unwrap().to_owned()
            }
            None => unless_said(value),
        };
        assert!(name.starts_with("MVP__") || name == "MVP_LOG", "{name}");
        place = place.with(name, &value);
    }
    assert_eq!(place.run(&["config", "check"]).well(), "the settings can be used\n");
    let shown = place.run(&["config", "show"]).well();
    for (line, why) in [
        ("host = \"pgbouncer\"", "the pooler"),
        ("prepared_statements = false", "which keeps no statements"),
        ("name = \"motovaultpro\"", "the database's name"),
    ] {
        assert!(shown.lines().any(|it| it == line), "{line}: {why}, {shown}");
    }

    // Every host that is named is a service of these.
    let hosts = [
        ("MVP__DATABASE__HOST", "pgbouncer"),
        ("MVP__DATABASE__MIGRATION_URL", "admin-postgres"),
        ("MVP__CACHE__URL", "redis"),
    ];
    for (name, host) in hosts {
        assert!(settings[name].as_str().unwrap().contains(host), "{name}");
        assert!(services.contains_key(host), "{host}");
        assert_eq!(services["motovaultpro"]["depends_on"][host]["condition"], "service_healthy");
    }
    let database = services["admin-postgres"]["environment"].as_object().unwrap();
    assert_eq!(database["POSTGRES_DB"], settings["MVP__DATABASE__NAME"]);
    // Both are made by the script that the image runs, and neither is a superuser.
    let roles = read("deploy/postgres/make-roles.sh");
    let owner = settings["MVP__DATABASE__MIGRATION_URL"].as_str().unwrap();
    let owner = owner.strip_prefix("postgres://").unwrap().split('@').next().unwrap();
    for role in [owner, settings["MVP__DATABASE__USER"].as_str().unwrap()] {
        assert_ne!(database["POSTGRES_USER"], role);
        assert!(roles.contains(&format!("CREATE ROLE {role} LOGIN PASSWORD")), "{role}: {roles}");
    }
    assert!(roles.contains(&format!("OWNER TO {owner};")), "{roles}");
    let pooler = services["pgbouncer"]["environment"].as_object().unwrap();
    assert_eq!(pooler["DB_HOST"], "admin-postgres");
    assert_eq!(pooler["DB_NAME"], database["POSTGRES_DB"]);
    assert_eq!(pooler["DB_USER"], settings["MVP__DATABASE__USER"]);
    let start = read("deploy/pgbouncer/start.sh");
    assert!(start.contains("pool_mode = transaction\n"), "{start}");
    let port = settings["MVP__DATABASE__PORT"].as_str().unwrap();
    assert!(start.contains(&format!("listen_port = ${{PORT:-{port}}}\n")), "{start}");
}

/// `${NAME:-this}` where `NAME` is not set.
fn unless_said(value: &str) -> String {
    let unless_said = value.strip_prefix("${").and_then(|it| it.strip_suffix('}'));
    let unless_said = unless_said.map(|it| it.split_once(":-").unwrap().1);
    unless_said.unwrap_or(value).to_owned()
}

#[test]
fn nothing_in_docker_has_more_rights_than_it_needs() {
    let compose = compose();
    for (name, service) in compose["services"].as_object().unwrap() {
        let options = strings(&service["security_opt"]);
        assert_eq!(options, BTreeSet::from(["no-new-privileges:true"]), "{name}");
        assert_eq!(service["privileged"], Value::Null, "{name}");
        assert!(service["healthcheck"].is_object() || name == "motovaultpro", "{name}");
        let ports = service["ports"].as_array().cloned().unwrap_or_default();
        for port in ports {
            let port = port.as_str().unwrap();
            assert!(unless_said_of(port).starts_with("127.0.0.1:"), "{name} publishes {port}");
        }
        // PostgreSQL's image begins as root, to give its volume to whom it goes on as.
        if !name.contains("postgres") {
            assert_eq!(service["read_only"], true, "{name}");
            assert_eq!(strings(&service["cap_drop"]), BTreeSet::from(["ALL"]), "{name}");
            assert!(service["user"].is_string(), "{name}");
        }
    }
    assert_eq!(compose["services"]["postgres-replica"]["profiles"][0], "replica");
    for file in ["Dockerfile", "deploy/pgbouncer/Dockerfile"] {
        let text = read(file);
        let users: Vec<_> = text.lines().filter_map(|it| it.strip_prefix("USER ")).collect();
        assert_eq!(users, ["65532:65532"], "{file}");
    }
}

/// The text with what stands in the first `${NAME:-…}`.
fn unless_said_of(text: &str) -> String {
    let Some((value, rest)) = text.strip_prefix("${").and_then(|it| it.split_once('}')) else {
        return text.to_owned();
    };
    format!("{}{rest}", value.split_once(":-").unwrap().1)
}

/// What is copied into the image, and what is run in it, is there.
#[test]
fn the_image_is_made_from_what_is_there_and_its_commands_are_known() {
    let text = read("Dockerfile");
    let commands: Vec<Vec<String>> = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("CMD ").or(line.strip_prefix("ENTRYPOINT ")))
        .map(|list| serde_json::from_str(list).unwrap())
        .collect();
    let program = "/usr/local/bin/motovaultpro";
    assert_eq!(commands, [vec![program, "healthcheck"], vec![program], vec!["serve"]]);
    for command in ["healthcheck", "serve"] {
        Place::bare().run(&[command, "--help"]).well();
    }
    let sources = text.lines().filter_map(|line| line.strip_prefix("COPY "));
    let ours = sources.filter(|line| !line.starts_with("--"));
    let mut count = 0;
    for source in ours.flat_map(|line| line.split(' ').rev().skip(1).collect::<Vec<_>>()) {
        assert!(project(source).exists(), "{source}");
        count += 1;
    }
    assert_eq!(count, 3);
    let ignored = read(".dockerignore");
    assert!(ignored.lines().any(|it| it == "*"), "all that is not named stays away: {ignored}");
    for kept in ignored.lines().filter_map(|it| it.strip_prefix('!')) {
        assert!(project(kept).exists(), "{kept}");
        let is_private = ["secrets", "data", ".env", ".git"].contains(&kept);
        assert!(!is_private, "{kept} would go into the image");
    }
}

#[test]
fn every_setting_in_the_unit_is_known() {
    let unit = read("deploy/motovaultpro.service");
    let settings = unit.lines().filter_map(|it| it.strip_prefix("Environment="));
    let mut place = Place::bare();
    for (name, value) in settings.map(|it| it.split_once('=').unwrap()) {
        place = place.with(name, value);
    }
    assert_eq!(place.run(&["config", "check"]).well(), "the settings can be used\n");
    for line in ["DynamicUser=yes", "NoNewPrivileges=yes", "ProtectSystem=strict"] {
        assert!(unit.lines().any(|it| it == line), "{line}");
    }
    assert!(unit.lines().any(|it| it == "ExecStart=/usr/local/bin/motovaultpro serve"));
}

#[test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
fn the_roles_that_docker_makes_are_those_that_the_service_works_as() {
    block_on(async {
        let postgres = Postgres::start().await;
        let sql = Sql::postgres(&postgres.url()).await;
        sql.execute("CREATE DATABASE motovaultpro").await;
        let secret = postgres.folder().join("secret");
        std::fs::write(&secret, "it's a \"secret\"\n").unwrap();
        let (host, port) =
            postgres.host().split_once(':').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
        let made = Command::new("/bin/sh")
            .arg(project("deploy/postgres/make-roles.sh"))
            .env("PATH", format!("{}:/usr/bin:/bin", postgres.programs().display()))
            .envs([("PGHOST", host), ("PGPORT", port)])
            .envs([("POSTGRES_USER", "postgres"), ("POSTGRES_DB", "motovaultpro")])
            .env("POSTGRES_PASSWORD_FILE", &secret)
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
        let at = |role| format!("postgres://{role}@{}/motovaultpro", postgres.host());
        let place = Place::bare()
            .with("MVP__DATABASE__URL", &at("motovaultpro"))
            .with("MVP__DATABASE__MIGRATION_URL", &at("motovaultpro_owner"));
        let service = place.serve();
        service.register("ann@example.org").await.add_vehicle(1).await;
        assert!(!service.log().contains("passes row-level security by"), "{}", service.log());
        let hashed = "SELECT COUNT(*) FROM pg_authid
             WHERE rolname LIKE 'motovaultpro%' AND rolpassword LIKE 'SCRAM-SHA-256$%'";
        assert_eq!(sql.number(hashed).await, 2);
        sql.close().await;
    });
}

/// A copy of the project's scripts, to be run where nothing of the project's is.
fn scripts(names: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("scripts")).unwrap();
    for name in names {
        let to = folder.path().join("scripts").join(name);
        std::fs::copy(project("scripts").join(name), to).unwrap();
    }
    folder
}

fn run(folder: &Path, script: &str, arguments: &[&str], path: &str) -> Output {
    let mut command = Command::new("/bin/bash");
    command.arg(folder.join("scripts").join(script)).args(arguments);
    command.env_clear().env("PATH", path).output().unwrap()
}

const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

#[test]
fn setup_makes_secrets_that_only_their_owner_reads_and_never_makes_them_anew() {
    let folder = scripts(&["setup"]);
    let mut made = BTreeSet::new();
    for turn in ["made", "kept"] {
        let ran = run(folder.path(), "setup", &[], PATH);
        assert!(ran.status.success(), "{ran:?}");
        let told = String::from_utf8([ran.stdout, ran.stderr].concat()).unwrap();
        for (_, file) in SECRETS {
            let path = folder.path().join(file);
            let secret = std::fs::read_to_string(&path).unwrap();
            assert!(secret.len() == 64 && secret.bytes().all(|it| it.is_ascii_hexdigit()));
            assert_eq!(made.insert(secret.clone()), turn == "made", "{file} was made anew");
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{file}");
            assert!(!told.contains(&secret), "{told}");
        }
    }
    assert_eq!(made.len(), SECRETS.len());
    let folders = ["secrets", "secrets/app", "secrets/platform"];
    for secrets in folders.map(|it| folder.path().join(it)) {
        assert_eq!(secrets.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    }
    // The containers' user is who can read them.
    let env = std::fs::read_to_string(folder.path().join(".env")).unwrap();
    let user = env.lines().find_map(|it| it.strip_prefix("MOTOVAULTPRO_USER=")).unwrap();
    let owner =
        std::os::unix::fs::MetadataExt::uid(&folder.path().join(SECRETS[0].1).metadata().unwrap());
    assert_eq!(user.split_once(':').unwrap().0, owner.to_string());
    assert_ne!(owner, 0);
}

#[test]
fn a_secret_of_somebodys_own_stays_as_it_is() {
    let folder = scripts(&["setup"]);
    let file = folder.path().join(SECRETS[0].1);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, "mine").unwrap();
    assert!(run(folder.path(), "setup", &[], PATH).status.success());
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
}

#[test]
fn without_docker_it_is_said_what_is_missing() {
    let folder = scripts(&["compose"]);
    // A machine with a few tools and no Docker.
    let tools = folder.path().join("bin");
    std::fs::create_dir(&tools).unwrap();
    std::os::unix::fs::symlink("/usr/bin/dirname", tools.join("dirname")).unwrap();
    let tools = tools.to_str().unwrap().to_owned();
    let ran = run(folder.path(), "compose", &["up"], &tools);
    let told = String::from_utf8(ran.stderr).unwrap();
    assert_eq!(ran.status.code(), Some(1));
    assert!(told.starts_with("Docker Compose is not here"), "{told}");
    assert!(told.contains("make run"), "{told}");
    // One that has the program, and no engine.
    let docker = "#!/bin/sh\n[ \"$1\" = compose ]\n";
    let program = Path::new(&tools).join("docker");
    std::fs::write(&program, docker).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let ran = run(folder.path(), "compose", &["up"], &tools);
    let told = String::from_utf8(ran.stderr).unwrap();
    assert_eq!(ran.status.code(), Some(1));
    assert!(told.starts_with("Docker does not answer"), "{told}");
    let ran = run(folder.path(), "compose", &["--quiet"], &tools);
    assert_eq!((ran.status.code(), ran.stderr.len()), (Some(1), 0));
}
