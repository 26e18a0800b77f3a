//! Tests what `make dist` packs.

mod installed;
mod packing;

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use installed::Installed;
use packing::Packing;

use crate::{
    check::run_steps,
    need,
    process::{
        Error, Result, command, fail, output, project, release_program, run as run_command, status,
    },
};

pub(crate) const HELP: &str = "install, upgrade and purge the package in a fresh Debian (needs root)

usage: cargo xtask test-dist

Tests what `make dist` packs. Needs root, and Debian's archive for the first run.

It packs a substitute for the program and checks the result. Then it packs the program, installs the
package in a fresh Debian 12 (debootstrap), runs the unit's command as systemd would, upgrades, removes and
purges. Nothing is installed on this machine: the Debian runs in namespaces of its own, where the service's
usual port is free.

  DIST_PROGRAM  the program to pack instead of building one

The Debian is stored in target/test-dist; remove that folder to get a new one. systemd itself does not run
here: the unit's sandbox is only imitated where it concerns files.";

const DEBIAN: &str = "bookworm";
/// The version of the upgrade.
const NEWER: &str = "99.0.0";
const UNIT: &str = "lib/systemd/system/motovaultpro.service";
/// Where each shell looks for completions.
const COMPLETIONS: [(&str, &str); 3] = [
    ("bash", "usr/share/bash-completion/completions/motovaultpro"),
    ("zsh", "usr/share/zsh/vendor-completions/_motovaultpro"),
    ("fish", "usr/share/fish/vendor_completions.d/motovaultpro.fish"),
];

pub(crate) fn run(arguments: &[String]) -> Result {
    if let [first, folder, passed] = arguments
        && first == "--inside"
    {
        return inside(Path::new(folder), passed.parse()?);
    }
    if output(command("id").arg("-u"))?.trim() != "0" {
        return fail("needs root, for debootstrap and chroot");
    }
    need::ensure(&["binutils", "debootstrap", "iproute2"])?;
    let program = release_program("DIST_PROGRAM")?;
    let store = store();
    fs::create_dir_all(&store)?;
    let base = debian(&store)?;
    let folder = tempfile::Builder::new().prefix("run.").tempdir_in(&store)?;
    let folder = folder.path();

    let mut packing = Packing::new(folder)?;
    let passed = run_steps(packing::STEPS, &mut packing, "")?;
    if passed < packing::STEPS.len() {
        let skipped = packing::STEPS.len() - passed - 1 + installed::STEPS.len();
        println!("{passed} passed, 1 failed, {skipped} skipped");
        return Err(Error::Exit(1));
    }
    packing.dist("install", &program, &[])?;
    packing.dist("upgrade", &program, &[("DIST_VERSION", NEWER)])?;
    run_command(command("cp").arg("--archive").args([&base, &folder.join("root")]))?;
    let mut again = command("unshare");
    again.args(["--mount", "--pid", "--net", "--fork", "--kill-child"]);
    again.arg(std::env::current_exe()?).args(["test-dist", "--inside"]).arg(folder);
    if status(again.arg(passed.to_string()))?.success() { Ok(()) } else { Err(Error::Exit(1)) }
}

fn store() -> PathBuf {
    project().join("target/test-dist")
}

/// A folder with Debian's base system, from this machine's mirror.
fn debian(store: &Path) -> Result<PathBuf> {
    let base = store.join(DEBIAN);
    if base.exists() {
        return Ok(base);
    }
    let codename = format!("Codename: {DEBIAN}");
    let mut targets = command("apt-get");
    targets.args(["indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"]);
    let mirrors = output(targets.args([&codename, "Component: main"]))?;
    let Some(mirror) = mirrors.split_whitespace().next() else {
        return fail(format!(
            "apt has no mirror of {DEBIAN}: is this Debian, and did you run `apt-get update`?"
        ));
    };
    let mut proxy = command("sh");
    proxy.args([
        "-c",
        "eval \"$(apt-config shell proxy Acquire::http::Proxy)\"; echo \"${proxy:-}\"",
    ]);
    let proxy = output(&mut proxy)?;
    println!("fetching {DEBIAN}");
    let new = tempfile::Builder::new().prefix("new.").tempdir_in(store)?;
    let mut debootstrap = command("debootstrap");
    debootstrap.args(["--variant=minbase", DEBIAN]).arg(new.path()).arg(mirror);
    if !proxy.trim().is_empty() {
        debootstrap.env("http_proxy", proxy.trim());
    }
    output(&mut debootstrap)?;
    let new = new.keep();
    fs::set_permissions(&new, fs::Permissions::from_mode(0o755))?;
    fs::rename(new, &base)?;
    Ok(base)
}

/// The part that runs in separate namespaces for mounts, processes and network.
fn inside(folder: &Path, passed: usize) -> Result {
    let root = folder.join("root");
    output(command("ip").args(["link", "set", "lo", "up"]))?;
    output(command("mount").args(["-t", "proc", "proc", "/proc"]))?;
    output(command("mount").args(["-t", "proc", "proc"]).arg(root.join("proc")))?;
    let first = only(&folder.join("install"), ".deb")?;
    let second = only(&folder.join("upgrade"), ".deb")?;
    let mut installed = Installed::new(root, first, second);
    let count = installed::STEPS.len();
    let good = run_steps(installed::STEPS, &mut installed, "")?;
    let total = passed + good;
    if good == count {
        println!("{total} passed, 0 failed");
        return Ok(());
    }
    println!("{total} passed, 1 failed, {} skipped", count - good - 1);
    Err(Error::Exit(1))
}

/// The only file in a folder whose name contains this.
fn only(folder: &Path, part: &str) -> Result<PathBuf> {
    let mut found: Vec<_> = names(folder)?.into_iter().filter(|it| it.contains(part)).collect();
    match (found.pop(), found.pop()) {
        (Some(name), None) => Ok(folder.join(name)),
        _ => fail(format!("{} has no {part}, or several", folder.display())),
    }
}

/// The sorted names of the files in a folder; none if it does not exist.
fn names(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}
