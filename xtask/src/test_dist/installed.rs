mod steps;

use std::{
    collections::HashMap,
    fs::{self, File},
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use serde_json::{Value, json};
use test_servers::signal;

use super::UNIT;
use crate::{
    check::equal,
    http::{Client, Response},
    process::{Process, Result, command, fail, output, sleep},
};

pub(super) use steps::STEPS;

const SETTINGS: &str = "etc/motovaultpro/motovaultpro.toml";
const DATA: &str = "var/lib/motovaultpro";
const EMAIL: &str = "ann@example.org";

/// A Debian in a folder, in which the package is installed.
pub(super) struct Installed {
    root: PathBuf,
    /// The package, and the one of a newer version.
    first: PathBuf,
    second: PathBuf,
    service: Option<Process>,
}

/// The settings of a unit that determine how its command runs.
struct Unit(Vec<(String, String)>);

impl Unit {
    fn parse(text: &str) -> Self {
        let lines = text.lines().filter(|it| !it.starts_with(['#', ';', '[']));
        let pairs = lines.filter_map(|it| it.split_once('='));
        Self(
            pairs.map(|(name, value)| (name.to_owned(), value.replace("%S", "/var/lib"))).collect(),
        )
    }

    fn all(&self, name: &str) -> Vec<&str> {
        self.0.iter().filter(|it| it.0 == name).map(|it| it.1.as_str()).collect()
    }

    fn one(&self, name: &str) -> Result<&str> {
        match self.all(name)[..] {
            [value] => Ok(value),
            _ => fail(format!("the unit has no {name}, or several")),
        }
    }
}

/// The service's user in /etc/passwd.
struct Account {
    name: String,
    user: String,
    group: String,
    home: String,
    shell: String,
}

fn credentials(email: &str) -> Value {
    json!({ "email": email, "password": "a throwaway password" })
}

impl Installed {
    pub(super) fn new(root: PathBuf, first: PathBuf, second: PathBuf) -> Self {
        Self { root, first, second, service: None }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    fn read(&self, path: &str) -> Result<String> {
        Ok(fs::read_to_string(self.path(path))?)
    }

    fn log(&self) -> PathBuf {
        self.root.with_file_name("log")
    }

    /// Runs a command in the Debian, and returns what it prints.
    fn chroot(&self, arguments: &[&str]) -> Result<String> {
        let mut chroot = command("chroot");
        chroot.arg(&self.root).args(arguments).current_dir("/").env_clear();
        chroot.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("LC_ALL", "C.UTF-8");
        output(chroot.env("DEBIAN_FRONTEND", "noninteractive"))
    }

    fn install(&self, package: &Path) -> Result<String> {
        fs::copy(package, self.path("tmp/new.deb"))?;
        self.chroot(&["dpkg", "--install", "/tmp/new.deb"])
    }

    fn account(&self) -> Result<Account> {
        let text = self.read("etc/passwd")?;
        let lines = text.lines().map(|it| it.split(':').collect::<Vec<_>>());
        let mut accounts = lines.filter(|it| it[0] == "motovaultpro");
        match (accounts.next().as_deref(), accounts.next()) {
            (Some(&[name, _, user, group, _, home, shell]), None) => {
                let [name, user, group] = [name, user, group].map(str::to_owned);
                Ok(Account { name, user, group, home: home.to_owned(), shell: shell.to_owned() })
            }
            _ => fail("/etc/passwd has no motovaultpro, or several"),
        }
    }

    fn has_mode(&self, path: &str, expected: &str) -> Result {
        let (status, account) = (self.path(path).symlink_metadata()?, self.account()?);
        let name = |id: u32, own: &str| match id {
            0 => "root".to_owned(),
            id if id.to_string() == own => "motovaultpro".to_owned(),
            id => id.to_string(),
        };
        let (user, group) = (name(status.uid(), &account.user), name(status.gid(), &account.group));
        let found = format!("{:04o} {user}:{group}", status.mode() & 0o7777);
        equal(found.as_str(), expected, format!("mode and owner of /{path}"))
    }

    fn set_mode(&self, path: &str, mode: u32) -> Result {
        Ok(fs::set_permissions(self.path(path), fs::Permissions::from_mode(mode))?)
    }

    /// The variables that systemd would set for the unit.
    fn variables(&self, unit: &Unit) -> Result<HashMap<String, String>> {
        let home = self.account()?.home;
        let mut variables: HashMap<_, _> = [
            ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin"),
            ("LANG", "C.UTF-8"),
            ("USER", "motovaultpro"),
            ("LOGNAME", "motovaultpro"),
            ("HOME", home.as_str()),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        let mut set = |text: &str| {
            if let Some((name, value)) = text.split_once('=') {
                variables.insert(name.to_owned(), value.to_owned());
            }
        };
        unit.all("Environment").into_iter().for_each(&mut set);
        // systemd reads the files last, so they override other settings.
        for file in unit.all("EnvironmentFile") {
            let path = self.path(file.trim_start_matches(['-', '/']));
            if path.exists() || !file.starts_with('-') {
                fs::read_to_string(path)?.lines().for_each(&mut set);
            }
        }
        Ok(variables)
    }

    /// The unit's command as its user, with its environment, in its folder. As in the unit's sandbox, only the service's
    /// folder is writable.
    fn unit_command(&self) -> Result<Command> {
        const MOUNTS: &str = r#"
            root=$1 state=$2 user=$3; shift 3
            mount --bind "$root" "$root"
            mount --bind "$root$state" "$root$state"
            mount -o remount,bind,ro "$root"
            mount -t tmpfs tmpfs "$root/tmp"
            exec chroot --userspec="$user" "$root" "$@"
        "#;
        let unit = Unit::parse(&self.read(UNIT)?);
        let account = self.account()?;
        equal(unit.one("ProtectSystem")?, "strict", "ProtectSystem")?;
        equal(unit.one("User")?, account.name.as_str(), "User")?;
        let mut unshare = command("unshare");
        unshare.args(["--mount", "sh", "-ec", MOUNTS, "sh"]).arg(&self.root);
        unshare.arg(format!("/var/lib/{}", unit.one("StateDirectory")?));
        unshare.arg(format!("{}:{}", account.user, account.group)).args(["env", "-i"]);
        unshare.args(self.variables(&unit)?.iter().map(|(name, value)| format!("{name}={value}")));
        unshare.args(["sh", "-ec", "umask \"$1\"; cd \"$2\"; shift 2; exec \"$@\"", "sh"]);
        unshare.args([unit.one("UMask")?, unit.one("WorkingDirectory")?]);
        unshare.args(unit.one("ExecStart")?.split(' ')).current_dir("/");
        Ok(unshare)
    }

    /// Starts the unit's command, and waits until it is healthy.
    fn start(&mut self) -> Result {
        let log = File::create(self.log())?;
        let mut unit = self.unit_command()?;
        let process = Process::spawn(unit.stdout(log.try_clone()?).stderr(log))?;
        let process = self.service.insert(process);
        for _ in 0..300 {
            if !process.is_running()? {
                break;
            }
            if request("GET", "/api/health", None, "").is_ok_and(|it| it.status == 200) {
                return Ok(());
            }
            sleep(Duration::from_millis(100))?;
        }
        fail(format!("the service did not become healthy: {}", fs::read_to_string(self.log())?))
    }

    fn stop(&mut self) -> Result {
        let Some(mut process) = self.service.take() else { return fail("it is not running") };
        signal("TERM", process.id())?;
        let status = process.wait_at_most(Duration::from_secs(30))?;
        equal(status.and_then(|it| it.code()), Some(0), "the service's exit code after SIGTERM")
    }
}

/// Calls the service at its usual port.
fn request(method: &str, path: &str, body: Option<&Value>, cookie: &str) -> Result<Response> {
    let mut client = Client::new("127.0.0.1:3001");
    cookie.clone_into(&mut client.cookie);
    let body = body.map(Value::to_string).unwrap_or_default();
    client.request(method, path, &[("Content-Type", "application/json")], body.as_bytes())
}

/// The session that a response begins.
fn session(response: &Response) -> String {
    let cookie = response.header("set-cookie").unwrap_or_default();
    cookie.split(';').next().unwrap_or_default().to_owned()
}

/// Logs in and lists the vehicles.
fn vehicles() -> Result<Vec<String>> {
    let login = request("POST", "/api/auth/login", Some(&credentials(EMAIL)), "")?;
    equal(login.status, 200, "logging in")?;
    let listed = request("GET", "/api/vehicles", None, &session(&login))?;
    equal(listed.status, 200, "listing vehicles")?;
    let items = listed.json()?["items"].as_array().cloned().unwrap_or_default();
    Ok(items.iter().filter_map(|it| it["nickname"].as_str().map(str::to_owned)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_read_by_name() {
        let unit = Unit::parse(
            "[Service]\n# Environment=no\nUser=a\nEnvironment=A=%S/b\nEnvironment=C=d\n",
        );
        assert_eq!(unit.one("User").unwrap(), "a");
        assert_eq!(unit.all("Environment"), ["A=/var/lib/b", "C=d"]);
        assert!(unit.one("Group").is_err());
    }
}
