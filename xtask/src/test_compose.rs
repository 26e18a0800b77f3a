use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use crate::{
    need,
    process::{Result, capture, command, debug_program, fail, output, project, run as run_command},
    python,
    servers::temporary_folder,
};

pub(crate) const HELP: &str = "test the Docker Compose setup, without Docker

usage: cargo xtask test-compose

Tests docker-compose.yml without Docker: runs the same `make` commands, images and scripts as processes
in namespaces, with this machine's PostgreSQL, Redis and PgBouncer. It begins with a fresh volume, and
with one that an older release has damaged; it creates and restores backups, and cleans up.

  COMPOSE_TEST_PROGRAM  the program to run instead of the tests' own build";

/// The version of `PyYAML`.
const VERSION: &str = "6.0.3";

pub(crate) fn run(_arguments: &[String]) -> Result {
    need::ensure(&[
        "postgresql",
        "redis-server",
        "pgbouncer",
        "python3-venv",
        "iproute2",
        "shellcheck",
    ])?;
    run_command(command("shellcheck").args(scripts()?))?;
    let tools = python::install("PyYAML", VERSION)?;
    let program = debug_program("COMPOSE_TEST_PROGRAM")?;
    let folder = tempfile::Builder::new().prefix("test-compose.").tempdir_in(temporary_folder())?;
    let folder = folder.path();
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))?;

    // Copy what a checkout contains, without anything that was built or configured here.
    let copy = folder.join("motovaultpro");
    fs::create_dir_all(copy.join("frontend"))?;
    fs::create_dir(folder.join("bin"))?;
    let mut cp = command("cp");
    cp.args(["-R", "Makefile", "Dockerfile", "docker-compose.yml", ".dockerignore", ".gitignore"]);
    run_command(cp.args(["deploy", "scripts"]).arg(&copy))?;
    for name in ["frontend/package.json", "frontend/package-lock.json"] {
        fs::copy(project().join(name), copy.join(name))?;
    }
    let docker = copy.join("scripts/compose-test/docker");
    std::os::unix::fs::symlink(docker, folder.join("bin/docker"))?;

    let mut spaces = vec!["--mount", "--net", "--uts", "--ipc", "--pid", "--fork"];
    spaces.extend(["--kill-child=KILL", "--mount-proc", "--propagation", "private"]);
    if output(command("id").arg("-u"))?.trim() != "0" {
        // Without root, a container can have only one user.
        spaces.extend(["--user", "--map-current-user", "--keep-caps"]);
    }
    let refused = capture(command("unshare").args(&spaces).arg("true"), &[])?;
    if !refused.status.success() {
        return fail(format!(
            "{}this user may not create namespaces (kernel.apparmor_restrict_unprivileged_userns, \
             user.max_user_namespaces): permit it, or run the tests as root",
            refused.stderr
        ));
    }
    // The test uses neither the settings nor the Rust installation of this machine.
    let path = [folder.join("bin"), tools.clone()].map(|it| it.display().to_string()).join(":");
    let mut test = command("unshare");
    test.args(&spaces).arg(tools.join("python3")).arg("scripts/compose-test/test.py").env_clear();
    test.env("PATH", format!("{path}:/usr/sbin:/usr/bin:/sbin:/bin")).env("HOME", folder);
    test.envs([("LC_ALL", "C.UTF-8"), ("PYTHONDONTWRITEBYTECODE", "1")]);
    test.env("COMPOSE_TEST_STATE", folder.join("state")).env("COMPOSE_TEST_PROJECT", copy);
    run_command(test.env("COMPOSE_TEST_PROGRAM", program))
}

/// All shell scripts: those in the images, and those of machines without Rust.
fn scripts() -> Result<Vec<String>> {
    let mut scripts = Vec::new();
    collect(&project().join("deploy"), &mut scripts)?;
    collect(&project().join("scripts"), &mut scripts)?;
    scripts.sort();
    Ok(scripts)
}

fn collect(folder: &Path, scripts: &mut Vec<String>) -> Result {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, scripts)?;
            continue;
        }
        let text = fs::read(&path)?;
        let first = text.split(|&it| it == b'\n').next().unwrap_or_default();
        if first.starts_with(b"#!") && first.ends_with(b"sh") {
            scripts.push(path.display().to_string());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_found_by_their_first_line() {
        let scripts = scripts().unwrap();
        let has = |name: &str| scripts.iter().any(|it| it.ends_with(name));
        assert!(has("scripts/compose") && has("deploy/pgbouncer/start.sh"), "{scripts:?}");
        assert!(!has("scripts/compose-test/test.py"), "{scripts:?}");
    }
}
