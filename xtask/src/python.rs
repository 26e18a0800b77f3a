//! Programs in Python that check the service with an independent library.

use std::{fs, path::PathBuf};

use crate::process::{Result, command, fail, run, succeeds, target};

/// Installs a package from the package index of Python in a folder of its own, once. Returns the folder of its programs.
pub(crate) fn install(package: &str, version: &str) -> Result<PathBuf> {
    let folder = target().join(format!("tools/{package}-{version}"));
    let complete = folder.join("whole");
    if !complete.exists() {
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        run(command("python3").args(["-m", "venv"]).arg(&folder))?;
        let mut pip = command(folder.join("bin/pip"));
        pip.args(["install", "--quiet", "--disable-pip-version-check"]);
        if !succeeds(pip.arg(format!("{package}=={version}"))) {
            return fail(format!("{package} {version} can't be installed: is PyPI reachable?"));
        }
        fs::write(complete, "")?;
    }
    Ok(folder.join("bin"))
}
