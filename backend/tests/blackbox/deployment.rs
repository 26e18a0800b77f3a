//! The deployment files match the service: settings, and the scripts that create secrets.
//! `make test-compose` tests what Docker Compose runs.

use std::{
    collections::BTreeSet,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;

use crate::support::TestEnv;

/// The files that `make setup` creates.
const SECRETS: [&str; 9] = [
    "secrets/app/postgres-password.txt",
    "secrets/app/postgres-owner-password.txt",
    "secrets/app/postgres-service-password.txt",
    "secrets/app/postgres-backup-password.txt",
    "secrets/app/postgres-replica-password.txt",
    "secrets/app/redis-url.txt",
    "secrets/app/service-key.txt",
    "secrets/platform/platform-db-password.txt",
    "secrets/platform/vehicles-db-password.txt",
];

fn project(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file)
}

fn read(file: &str) -> String {
    std::fs::read_to_string(project(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

#[test]
fn the_settings_in_docker_compose_are_valid() {
    let compose: Value = serde_saphyr::from_str(&read("docker-compose.yml")).unwrap();
    for service in ["motovaultpro", "migrate", "backup", "restore"] {
        let settings = compose["services"][service]["environment"].as_object().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut env = TestEnv::empty();
        for (name, value) in settings.iter().filter(|it| it.0.starts_with("MVP__")) {
            let value =
                value.as_str().unwrap_or_else(|| panic!("{name} must be a string: quote it"));
            let value = if name.ends_with("_FILE") {
                let file = folder.path().join(name);
                std::fs::write(&file, secret_for(name)).unwrap();
                file.to_str().unwrap().to_owned()
            } else {
                default_of(value)
            };
            env = env.with(name, &value);
        }
        let checked = env.run(&["config", "check"]).expect_success();
        assert_eq!(checked, "the settings are valid\n", "{service}");
    }
}

fn secret_for(name: &str) -> &'static str {
    match name {
        "MVP__CACHE__URL_FILE" => "redis://:secret@redis:6379\n",
        "MVP__BACKUP__POSTGRES_URL_FILE" => "postgres://backup:secret@db:5432/postgres\n",
        "MVP__AUTH__KEY_FILE" => {
            "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"
        }
        _ => "secret\n",
    }
}

/// The default in `${NAME:-default}` and `${NAME-default}`, or else the value itself.
fn default_of(value: &str) -> String {
    let setting = value.strip_prefix("${").and_then(|it| it.strip_suffix('}'));
    let default = setting.map(|it| it.split_once('-').unwrap().1);
    default.unwrap_or(value).to_owned()
}

#[test]
fn every_setting_in_the_unit_is_known() {
    let unit = read("deploy/motovaultpro.service");
    let settings = unit.lines().filter_map(|it| it.strip_prefix("Environment="));
    let mut env = TestEnv::empty();
    for (name, value) in settings.map(|it| it.split_once('=').unwrap()) {
        env = env.with(name, value);
    }
    // With the settings that the package installs.
    let installed = project("deploy/motovaultpro.toml");
    let check = ["--config", installed.to_str().unwrap(), "config", "check"];
    assert_eq!(env.run(&check).expect_success(), "the settings are valid\n");
    let command = "/usr/local/bin/motovaultpro --config /etc/motovaultpro/motovaultpro.toml serve";
    for line in ["User=motovaultpro", "NoNewPrivileges=yes", "ProtectSystem=strict"] {
        assert!(unit.lines().any(|it| it == line), "{line}");
    }
    assert!(unit.lines().any(|it| it.strip_prefix("ExecStart=") == Some(command)));
}

/// A copy of some of the project's scripts in an empty folder.
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
fn setup_creates_private_secrets_and_replaces_none() {
    let folder = scripts(&["setup"]);
    let mut created = BTreeSet::new();
    for is_first in [true, false] {
        let result = run(folder.path(), "setup", &[], PATH);
        assert!(result.status.success(), "{result:?}");
        let output = String::from_utf8([result.stdout, result.stderr].concat()).unwrap();
        for file in SECRETS {
            let path = folder.path().join(file);
            let secret = std::fs::read_to_string(&path).unwrap();
            let random = secret.strip_prefix("redis://:").unwrap_or(&secret);
            let random = random.strip_suffix("@redis:6379").unwrap_or(random);
            assert!(
                random.len() == 64 && random.bytes().all(|it| it.is_ascii_hexdigit()),
                "{file}"
            );
            assert_eq!(created.insert(random.to_owned()), is_first, "{file} was replaced");
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{file}");
            assert!(!output.contains(random), "{output}");
        }
    }
    assert_eq!(created.len(), SECRETS.len());
    let folders = ["secrets", "secrets/app", "secrets/platform", "secrets/backup", "backups"];
    for secrets in folders.map(|it| folder.path().join(it)) {
        assert_eq!(secrets.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    }
    // The containers run as the owner of the secrets.
    let env = std::fs::read_to_string(folder.path().join(".env")).unwrap();
    let user = env.lines().find_map(|it| it.strip_prefix("MOTOVAULTPRO_USER=")).unwrap();
    let owner =
        std::os::unix::fs::MetadataExt::uid(&folder.path().join(SECRETS[0]).metadata().unwrap());
    assert_eq!(user.split_once(':').unwrap().0, owner.to_string());
    assert_ne!(owner, 0);
}

#[test]
fn an_existing_secret_is_unchanged() {
    let folder = scripts(&["setup"]);
    let file = folder.path().join(SECRETS[0]);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, "mine").unwrap();
    assert!(run(folder.path(), "setup", &[], PATH).status.success());
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
}

#[test]
fn a_missing_docker_is_reported() {
    let folder = scripts(&["compose"]);
    // A machine with a few tools, but without Docker.
    let tools = folder.path().join("bin");
    std::fs::create_dir(&tools).unwrap();
    std::os::unix::fs::symlink("/usr/bin/dirname", tools.join("dirname")).unwrap();
    let tools = tools.to_str().unwrap().to_owned();
    let result = run(folder.path(), "compose", &["up"], &tools);
    let output = String::from_utf8(result.stderr).unwrap();
    assert_eq!(result.status.code(), Some(1));
    assert!(output.starts_with("Docker Compose is not installed"), "{output}");
    assert!(output.contains("make run"), "{output}");
    // A machine with the Docker client, but without its daemon.
    let docker = "#!/bin/sh\n[ \"$1\" = compose ]\n";
    let program = Path::new(&tools).join("docker");
    std::fs::write(&program, docker).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let result = run(folder.path(), "compose", &["up"], &tools);
    let output = String::from_utf8(result.stderr).unwrap();
    assert_eq!(result.status.code(), Some(1));
    assert!(output.starts_with("Docker does not answer"), "{output}");
    for option in ["--quiet", "--volumes", "--in-use"] {
        let result = run(folder.path(), "compose", &[option], &tools);
        assert_eq!((result.status.code(), result.stderr.len()), (Some(1), 0), "{option}");
    }
}
