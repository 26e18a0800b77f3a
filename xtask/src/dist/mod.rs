//! Builds the program and packs it for a release.

mod archive;
mod elf;
mod package;

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use crate::{
    need,
    process::{
        Result, command, existing, fail, output, project, release_program, run as run_command,
        setting, succeeds,
    },
};

pub(crate) const HELP: &str = "build a release in target/dist: a Debian package and an archive

usage: cargo xtask dist

Builds the program and packs it for a release: a Debian package, an archive for other systems, and their
checksums. docs/decisions/025-the-debian-package-is-built-by-a-script.md explains the choice of tools.

  DIST_PROGRAM     pack this program instead of building one
  DIST_VERSION     use this version instead of the program's own
  DIST_FOLDER      write the results to this folder
  DIST_MAINTAINER  the maintainer of the package: `Name <address>`

The same program and commit result in the same files, byte for byte. To include the map of stations, run
`make map` first.";

/// The pages of docs/ for users and operators.
const PAGES: [&str; 9] = [
    "API",
    "FUEL-ECONOMY",
    "backups",
    "configuration",
    "deployment",
    "metrics",
    "operations",
    "scaling",
    "security",
];
const EXAMPLES: [&str; 5] = ["caddy", "fail2ban", "grafana", "nginx", "traefik"];

pub(crate) fn run(_arguments: &[String]) -> Result {
    need::ensure(&["binutils"])?;
    let has_map = project().join("frontend/dist/leaflet.js").exists();
    if setting("DIST_PROGRAM").is_none() && !has_map {
        println!("dist: building without the map of stations: see make map");
    }
    let program = release_program("DIST_PROGRAM")?;
    let folder = setting("DIST_FOLDER").unwrap_or_else(|| "target/dist".to_owned());
    let release = Release::of(program)?;
    let folder = project().join(folder);
    fs::create_dir_all(&folder)?;
    let archive = archive::pack(&release, &folder)?;
    let package = package::pack(&release, &folder)?;
    let sums = format!("SHA256SUMS-{}", release.architecture);
    let mut sha256sum = command("sha256sum");
    let text = output(sha256sum.args([&package, &archive]).current_dir(&folder))?;
    fs::write(folder.join(&sums), text)?;
    let folder = existing(&folder.display().to_string())?;
    println!("dist: {} has {package}, {archive} and {sums}", folder.display());
    Ok(())
}

/// What is packed.
struct Release {
    program: PathBuf,
    version: String,
    /// Debian's name of the machine.
    architecture: &'static str,
    /// The packages that the program requires.
    depends: String,
    /// The time of the commit in seconds since 1970, which all packed files get.
    time: String,
    /// Manual pages and completions, and folders with what is packed.
    work: TempDir,
}

impl Release {
    fn of(program: PathBuf) -> Result<Self> {
        let (architecture, depends) = elf::requirements(&program)?;
        let version = match setting("DIST_VERSION") {
            Some(version) => version,
            None => version_of(&program)?,
        };
        if !is_version(&version) {
            return fail(format!("{version} is not a version"));
        }
        let time = setting("SOURCE_DATE_EPOCH").map_or_else(commit_time, Ok)?;
        let work = tempfile::Builder::new().prefix("dist.").tempdir()?;
        fs::set_permissions(work.path(), fs::Permissions::from_mode(0o755))?;
        let release = Self { program, version, architecture, depends, time, work };
        release.generate()?;
        Ok(release)
    }

    /// The folder with manual pages, if the program has any.
    fn manual(&self) -> PathBuf {
        self.work.path().join("man")
    }

    fn completions(&self, shell: &str) -> PathBuf {
        self.work.path().join("completions").join(shell)
    }

    /// Makes the program print manual pages and completions, if this version has the commands.
    fn generate(&self) -> Result {
        let left_out = |name: &str| {
            println!("dist: skipped, because this program lacks the command: motovaultpro {name}");
        };
        if !succeeds(command(&self.program).args(["man", "--folder"]).arg(self.manual())) {
            left_out("man");
        }
        fs::create_dir(self.work.path().join("completions"))?;
        for shell in ["bash", "zsh", "fish"] {
            match output(command(&self.program).args(["completions", shell])) {
                Ok(script) => fs::write(self.completions(shell), script)?,
                Err(_) => left_out(&format!("completions {shell}")),
            }
        }
        Ok(())
    }

    /// Copies the completions to where the shells look for them.
    fn put_completions(&self, bash: &Path, zsh: &Path, fish: &Path) -> Result {
        for (shell, to) in [("bash", bash), ("zsh", zsh), ("fish", fish)] {
            let from = self.completions(shell);
            if from.exists() {
                put_as(&from, to)?;
            }
        }
        Ok(())
    }

    /// `gzip` without anything that varies.
    fn gzip(arguments: &[&str]) -> Command {
        let mut gzip = command("gzip");
        gzip.arg("--no-name").args(arguments);
        gzip
    }
}

fn version_of(program: &Path) -> Result<String> {
    let Ok(text) = output(command(program).arg("--version")) else {
        let program = program.display();
        return fail(format!(
            "{program} can't run here, so its version is unknown: set DIST_VERSION"
        ));
    };
    Ok(text.trim_end().rsplit(' ').next().unwrap_or_default().to_owned())
}

/// Whether this is `1.2.3` or `1.2.3-rc.1`.
fn is_version(text: &str) -> bool {
    let (numbers, candidate) = text.split_once('-').unwrap_or((text, "0"));
    let parts: Vec<_> = numbers.split('.').collect();
    let is_number = |it: &&str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
    let is_plain = |it: u8| it.is_ascii_alphanumeric() || it == b'.';
    parts.len() == 3
        && parts.iter().all(is_number)
        && !candidate.is_empty()
        && candidate.bytes().all(is_plain)
}

fn commit_time() -> Result<String> {
    let time = output(command("git").args(["log", "-1", "--format=%ct"]))
        .or_else(|_| output(command("date").arg("+%s")))?;
    Ok(time.trim().to_owned())
}

/// Copies a file, readable by everyone.
fn put_as(file: &Path, to: &Path) -> Result {
    install(file, to, "0644")
}

/// Copies files of the repository to a folder, readable by everyone.
fn put(files: &[&str], folder: &Path) -> Result {
    for file in files {
        let name = Path::new(file).file_name().unwrap_or_default();
        put_as(&project().join(file), &folder.join(name))?;
    }
    Ok(())
}

fn install(file: &Path, to: &Path, mode: &str) -> Result {
    run_command(command("install").args(["-D", "-m", mode]).args([file, to]))
}

/// Writes a file, readable by everyone.
fn write(file: &Path, content: impl AsRef<[u8]>) -> Result {
    fs::write(file, content)?;
    Ok(fs::set_permissions(file, fs::Permissions::from_mode(0o644))?)
}

/// Makes everything in a folder readable by everyone, whatever the umask is.
fn publish(folder: &Path) -> Result {
    run_command(command("chmod").args(["--recursive", "u=rwX,go=rX"]).arg(folder))
}

/// Copies everything in a folder to another one.
fn put_all(from: &Path, to: &Path) -> Result {
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        put_as(&path, &to.join(path.file_name().unwrap_or_default()))?;
    }
    Ok(())
}

/// Copies the documentation and the examples.
fn put_documents(folder: &Path) -> Result {
    let pages = PAGES.map(|it| format!("docs/{it}.md"));
    put(&pages.each_ref().map(String::as_str), folder)?;
    put(&["docs/security/asvs.md"], &folder.join("security"))?;
    for example in EXAMPLES {
        put_all(&project().join("deploy").join(example), &folder.join("examples").join(example))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_versions_are_versions() {
        for version in ["1.2.3", "10.0.0", "1.2.3-rc.1", "1.2.3-alpha"] {
            assert!(is_version(version), "{version}");
        }
        for text in ["", "1", "1.2", "1.2.3.4", "v1.2.3", "1.2.x", "1.2.3-", "1.2.3-rc~1", "1.2.3 "]
        {
            assert!(!is_version(text), "{text}");
        }
    }
}
