//! Tests the example configurations of proxies.

mod fail2ban;
mod programs;
mod proxies;
mod site;
mod steps;
mod tls;

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use proxies::Proxy;
use site::Site;

use crate::{
    check::run_steps,
    need,
    process::{Error, Result, debug_program},
};

pub(crate) const HELP: &str = "serve behind nginx and Caddy, as configured in deploy/

usage: cargo xtask test-proxies

Tests the example configurations of nginx, Caddy and Traefik in front of the program. Each proxy runs as an
unprivileged process with its configuration from deploy/. Only ports, addresses and the path of the
certificate are replaced. nginx and Caddy come from PATH or, if they are not installed, from Debian's
packages, which are unpacked to target/test-proxies. Debian has no package of Traefik, so it is tested only
if it is in PATH. Then the fail2ban filter reads the service's log behind each proxy, in the same way.

  PROXIES_PROGRAM  the program to test instead of a debug build";

/// The site's name in the examples.
const HOST: &str = "cars.example.org";
/// The client's address. The proxies connect to the service from 127.0.0.1.
const CLIENT: &str = "127.0.0.2";

pub(crate) fn run(_arguments: &[String]) -> Result {
    need::ensure(&["python3", "openssl"])?;
    let program = debug_program("PROXIES_PROGRAM")?;
    let folder = tempfile::Builder::new().prefix("proxies.").tempdir()?;
    let folder = folder.path();
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))?;
    // Copy the programs, because the unprivileged user may not be able to access the originals.
    let service = folder.join("motovaultpro");
    fs::copy(program, &service)?;
    let (mut passed, mut failed) = (0, 0);
    for proxy in Proxy::ALL {
        let Some(found) = programs::find(proxy.name())? else {
            println!("{}: not installed, skipped", proxy.name());
            continue;
        };
        println!("{} ({})", proxy.name(), found.display());
        let copy = folder.join(format!("{}-program", proxy.name()));
        fs::copy(found, &copy)?;
        let good = test(proxy, &copy, &service, &folder.join(proxy.name()))?;
        passed += good;
        failed += usize::from(good < steps::STEPS.len());
    }
    println!("{passed} passed, {failed} failed");
    if failed == 0 { Ok(()) } else { Err(Error::Exit(1)) }
}

/// Tests one proxy. Returns how many steps passed.
fn test(proxy: Proxy, program: &Path, service: &Path, folder: &Path) -> Result<usize> {
    let name = proxy.name();
    match Site::serve(proxy, program, service, folder) {
        Ok(mut site) => run_steps(steps::STEPS, &mut site, &format!("{name}: ")),
        Err(error) => {
            println!("FAILED: {name}: serve: {}", error.message());
            Ok(0)
        }
    }
}
