use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use test_servers::find_program;

use crate::process::{Result, command, fail, output, project, succeeds};

/// The proxy's program: the installed one, or the one from Debian's package.
pub(super) fn find(name: &str) -> Result<Option<PathBuf>> {
    let installed = find_program(name);
    if installed.is_some() || name == "traefik" {
        return Ok(installed);
    }
    let unpacked = unpack(name)?;
    let found = ["usr/sbin", "usr/bin"].map(|it| unpacked.join(it).join(name));
    match found.into_iter().find(|it| it.exists()) {
        Some(program) => Ok(Some(program)),
        None => fail(format!("Debian's package {name} has no program {name}")),
    }
}

/// The folder with Debian's unpacked package.
pub(super) fn unpack(name: &str) -> Result<PathBuf> {
    let store = project().join("target/test-proxies");
    let unpacked = store.join(name);
    if unpacked.exists() {
        return Ok(unpacked);
    }
    fs::create_dir_all(&store)?;
    let folder = tempfile::tempdir_in(&store)?;
    let folder = folder.path();
    if let Err(error) = download(name, folder) {
        return fail(format!(
            "{name} is not installed, and Debian's package can't be fetched: {}",
            error.message()
        ));
    }
    let mut packages = fs::read_dir(folder)?;
    let Some(package) = packages.next() else { return fail(format!("{name} was not fetched")) };
    let content = folder.join("unpacked");
    output(command("dpkg-deb").arg("--extract").args([&package?.path(), &content]))?;
    fs::set_permissions(&content, fs::Permissions::from_mode(0o755))?;
    fs::rename(content, &unpacked)?;
    Ok(unpacked)
}

fn download(name: &str, folder: &Path) -> Result {
    let apt = || {
        let mut apt = command("apt-get");
        apt.args(["download", name]).current_dir(folder);
        apt
    };
    // The package list may be outdated or missing.
    if !succeeds(&mut apt()) {
        output(command("apt-get").arg("update"))?;
        output(&mut apt())?;
    }
    Ok(())
}
