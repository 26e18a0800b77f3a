use std::{fs, path::Path};

use test_servers::find_program;

use crate::process::{Result, command, fail, output, run as run_command, succeeds};

pub(crate) const HELP: &str = "ensure that Debian packages are installed

usage: cargo xtask need PACKAGE…

As root, it installs missing packages; otherwise it prints the command that does.";

pub(crate) fn run(arguments: &[String]) -> Result {
    ensure(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Ensures that these Debian packages are installed.
pub(crate) fn ensure(packages: &[&str]) -> Result {
    let missing = missing(packages)?;
    if missing.is_empty() {
        return Ok(());
    }
    let names = missing.join(" ");
    let install = format!("apt-get install -y --no-install-recommends {names}");
    if output(command("id").arg("-u"))?.trim() != "0" {
        return fail(format!("missing packages: {names}. To install them: sudo {install}"));
    }
    if find_program("apt-get").is_none() {
        return fail(format!("missing packages: {names}. Install them; apt-get is not available"));
    }
    // Keep Debian from starting a cluster on port 5432; the tests start their own.
    let clusters = Path::new("/etc/postgresql-common/createcluster.conf");
    if missing.contains(&"postgresql") && !clusters.exists() {
        fs::create_dir_all(clusters.parent().unwrap_or(clusters))?;
        fs::write(clusters, "create_main_cluster = false\n")?;
    }
    run_command(command("apt-get").arg("update"))?;
    let mut apt = command("apt-get");
    apt.args(["install", "-y", "--no-install-recommends"]).args(&missing);
    run_command(apt.env("DEBIAN_FRONTEND", "noninteractive"))?;
    match self::missing(&missing)?.first() {
        Some(package) => fail(format!("{package} is installed, but its programs are missing")),
        None => Ok(()),
    }
}

fn missing<'a>(packages: &[&'a str]) -> Result<Vec<&'a str>> {
    let mut missing = Vec::new();
    for &package in packages {
        if !is_installed(package)? {
            missing.push(package);
        }
    }
    Ok(missing)
}

/// Whether the programs of the package are installed, from whatever source.
fn is_installed(package: &str) -> Result<bool> {
    let has = |program: &str| find_program(program).is_some();
    Ok(match package {
        "postgresql" => {
            let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
            has("postgres")
                || versions.map(|it| it.path()).any(|it| it.join("bin/postgres").exists())
        }
        "redis-server" | "wrk" | "curl" | "python3" | "openssl" | "shellcheck" | "sqlite3"
        | "pgbouncer" | "debootstrap" => has(package),
        "binutils" => has("readelf"),
        "prometheus" => has("promtool"),
        "iproute2" => has("ip"),
        "nodejs" => has("node"),
        "node-typescript" => has("tsc"),
        "python3-venv" => succeeds(command("python3").args(["-c", "import ensurepip, venv"])),
        "chromium" => has("chromium") || has("chromium-browser") || has("google-chrome"),
        _ => return fail(format!("unknown package {package}")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::Error;

    #[test]
    fn a_package_is_installed_if_its_program_is() {
        assert!(ensure(&[]).is_ok());
        assert!(is_installed("no-such-package").is_err_and(|it| {
            matches!(it, Error::Message(text) if text == "unknown package no-such-package")
        }));
    }

    #[test]
    fn every_package_that_is_named_is_known() {
        for package in crate::test::PACKAGES {
            assert!(is_installed(package).is_ok(), "{package}");
        }
        for line in include_str!("../../Makefile").lines() {
            for package in line.split_once("cargo xtask need ").map_or("", |it| it.1).split(' ') {
                assert!(package.is_empty() || is_installed(package).is_ok(), "{package}");
            }
        }
    }
}
