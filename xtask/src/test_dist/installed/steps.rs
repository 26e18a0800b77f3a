use std::{fs, os::unix::fs::MetadataExt as _, path::PathBuf};

use serde_json::json;

use super::{DATA, EMAIL, Installed, SETTINGS, credentials, request, session, vehicles};
use crate::{
    check::{Step, ensure, equal, steps},
    process::{Process, Result, command, output, succeeds},
    test_dist::{COMPLETIONS, NEWER, UNIT},
};

pub(in crate::test_dist) const STEPS: &[Step<Installed>] = steps![Installed:
    it_installs_with_the_dependencies_that_it_names,
    its_files_belong_to_root_and_only_root_can_change_them,
    manual_pages_and_completions_are_installed,
    settings_and_data_are_closed_to_other_users,
    its_user_can_not_log_in,
    the_unit_is_enabled,
    the_units_command_serves_as_the_units_user,
    commands_work_as_the_units_user,
    checking_it_as_the_units_user_finds_nothing_wrong,
    an_upgrade_preserves_data_and_changed_settings,
    an_upgrade_preserves_a_mode_that_an_administrator_set,
    removing_it_leaves_data_and_settings,
    installing_it_again_finds_the_data,
    purging_it_removes_data_and_settings,
    after_a_purge_it_starts_from_nothing,
];

impl Installed {
    fn it_installs_with_the_dependencies_that_it_names(&mut self) -> Result {
        self.install(&self.first)?;
        let changed = self.chroot(&["dpkg", "--verify", "motovaultpro"])?;
        equal(changed.as_str(), "", "what dpkg finds changed")
    }

    fn its_files_belong_to_root_and_only_root_can_change_them(&mut self) -> Result {
        for path in self.chroot(&["dpkg", "--listfiles", "motovaultpro"])?.lines() {
            // Of Debian's folder where /lib is a link.
            let status = self.path(path.trim_start_matches('/')).metadata()?;
            equal(status.uid(), 0, format!("owner of {path}"))?;
            let excess = status.mode() & 0o7777 & !0o755;
            equal(excess, 0, format!("mode bits of {path} that it should not have"))?;
        }
        let documents = "usr/share/doc/motovaultpro";
        for name in ["copyright", "deployment.md"] {
            self.has_mode(&format!("{documents}/{name}"), "0644 root:root")?;
        }
        self.has_mode(UNIT, "0644 root:root")?;
        self.has_mode("usr/bin/motovaultpro", "0755 root:root")?;
        let text = self.gunzip(&format!("{documents}/changelog.gz"))?;
        ensure(text.starts_with("# Changelog"), "the changelog exists")
    }

    fn gunzip(&self, path: &str) -> Result<String> {
        output(command("gzip").args(["--decompress", "--stdout"]).arg(self.path(path)))
    }

    fn manual_pages_and_completions_are_installed(&mut self) -> Result {
        for name in ["motovaultpro", "motovaultpro-serve", "motovaultpro-users-create"] {
            let text = self.gunzip(&format!("usr/share/man/man1/{name}.1.gz"))?;
            ensure(text.contains(&format!(".TH {name} 1")), format!("{name}.1.gz is its page"))?;
        }
        for (shell, path) in COMPLETIONS {
            let printed = self.chroot(&["motovaultpro", "completions", shell])?;
            equal(self.read(path)?, printed, format!("/{path}"))?;
        }
        Ok(())
    }

    fn settings_and_data_are_closed_to_other_users(&mut self) -> Result {
        self.has_mode(SETTINGS, "0640 root:motovaultpro")?;
        self.has_mode(DATA, "0700 motovaultpro:motovaultpro")?;
        for (program, path) in [("cat", SETTINGS), ("ls", DATA)] {
            let mut other = command("chroot");
            other
                .arg("--userspec=65534:65534")
                .arg(&self.root)
                .args([program, &format!("/{path}")]);
            ensure(!succeeds(&mut other), format!("another user can't read /{path}"))?;
        }
        Ok(())
    }

    fn its_user_can_not_log_in(&mut self) -> Result {
        let account = self.account()?;
        let number: u32 = account.user.parse()?;
        ensure(number < 1000, format!("{number} is the id of a system user"))?;
        let (home, shell) = (account.home.as_str(), account.shell.as_str());
        equal((home, shell), ("/var/lib/motovaultpro", "/usr/sbin/nologin"), "home and shell")?;
        let shadow = self.read("etc/shadow")?;
        let password = shadow.lines().find_map(|it| it.strip_prefix("motovaultpro:"));
        let is_locked = password.is_some_and(|it| it.starts_with(['!', '*']));
        ensure(is_locked, "the user has no password")
    }

    fn the_unit_is_enabled(&mut self) -> Result {
        let link = "etc/systemd/system/multi-user.target.wants/motovaultpro.service";
        let target = fs::read_link(self.path(link))?;
        equal(target, PathBuf::from(format!("/{UNIT}")), "where the unit's link leads")
    }

    fn the_units_command_serves_as_the_units_user(&mut self) -> Result {
        self.start()?;
        let pid = self.service.as_ref().map_or(0, Process::id);
        let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
        let users = status.lines().find_map(|it| it.strip_prefix("Uid:")).unwrap_or_default();
        let own = self.account()?.user;
        let is_own = users.split_whitespace().all(|it| it == own);
        ensure(is_own, format!("the service's user is {own}, not {users}"))?;
        let registered = request("POST", "/api/auth/register", Some(&credentials(EMAIL)), "")?;
        equal(registered.status, 201, format!("registering: {}", registered.text()))?;
        let vehicle = json!({ "vin": "1HGCM82633A004352", "nickname": "Blue" });
        let added = request("POST", "/api/vehicles", Some(&vehicle), &session(&registered))?;
        equal(added.status, 201, format!("adding a vehicle: {}", added.text()))?;
        let database = format!("{DATA}/data/motovaultpro.db");
        self.has_mode(&database, "0600 motovaultpro:motovaultpro")?;
        let log = fs::read_to_string(self.log())?;
        let is_json = log.lines().any(|it| it.starts_with('{'));
        ensure(is_json, format!("the log is JSON, as the unit sets it: {log}"))
    }

    fn commands_work_as_the_units_user(&mut self) -> Result {
        let listed = self.as_user(&["users", "list"])?;
        ensure(listed.contains(EMAIL), format!("`users list` names the account: {listed}"))
    }

    /// Runs the program as the unit's user, in its folder.
    fn as_user(&self, arguments: &[&str]) -> Result<String> {
        let script = format!("cd /{DATA} && exec \"$@\"");
        let settings = format!("/{SETTINGS}");
        let setpriv = ["setpriv", "--reuid=motovaultpro", "--regid=motovaultpro", "--init-groups"];
        let program = ["motovaultpro", "--config", &settings];
        self.chroot(&[&["sh", "-c", &script, "sh"], &setpriv[..], &program[..], arguments].concat())
    }

    fn checking_it_as_the_units_user_finds_nothing_wrong(&mut self) -> Result {
        let printed = self.as_user(&["check"])?;
        for words in [
            "address: the service is running at 127.0.0.1:3001",
            "database writes: a write was committed",
        ] {
            ensure(printed.contains(words), format!("`check` prints {words:?}: {printed}"))?;
        }
        self.stop()
    }

    fn an_upgrade_preserves_data_and_changed_settings(&mut self) -> Result {
        let changed = self.read(SETTINGS)? + "\n[auth]\nregistration = \"open\"\n";
        fs::write(self.path(SETTINGS), &changed)?;
        self.install(&self.second)?;
        let query = ["dpkg-query", "--show", "--showformat=${Version}", "motovaultpro"];
        equal(self.chroot(&query)?, format!("{NEWER}-1"), "the installed version")?;
        equal(self.read(SETTINGS)?, changed, "the settings after the upgrade")?;
        self.settings_and_data_are_closed_to_other_users()?;
        self.start()?;
        equal(vehicles()?, vec!["Blue".to_owned()], "vehicles after the upgrade")?;
        let other = credentials("ben@example.org");
        let registered = request("POST", "/api/auth/register", Some(&other), "")?;
        equal(registered.status, 201, "registering where settings open it")?;
        self.stop()
    }

    fn an_upgrade_preserves_a_mode_that_an_administrator_set(&mut self) -> Result {
        self.set_mode(SETTINGS, 0o600)?;
        self.install(&self.second)?;
        self.has_mode(SETTINGS, "0600 root:motovaultpro")?;
        self.set_mode(SETTINGS, 0o640)
    }

    fn removing_it_leaves_data_and_settings(&mut self) -> Result {
        let settings = self.read(SETTINGS)?;
        self.chroot(&["dpkg", "--remove", "motovaultpro"])?;
        for path in ["usr/bin/motovaultpro", UNIT, "usr/share/doc/motovaultpro"] {
            ensure(!self.path(path).exists(), format!("/{path} is removed"))?;
        }
        equal(self.read(SETTINGS)?, settings, "the settings after removing")?;
        self.has_mode(DATA, "0700 motovaultpro:motovaultpro")?;
        let database = format!("{DATA}/data/motovaultpro.db");
        self.has_mode(&database, "0600 motovaultpro:motovaultpro")
    }

    fn installing_it_again_finds_the_data(&mut self) -> Result {
        self.install(&self.second)?;
        self.the_unit_is_enabled()?;
        self.start()?;
        equal(vehicles()?, vec!["Blue".to_owned()], "vehicles after installing again")?;
        self.stop()
    }

    fn purging_it_removes_data_and_settings(&mut self) -> Result {
        let secrets = self.path("etc/motovaultpro/motovaultpro.env");
        fs::write(secrets, "MVP__MAIL__URL=smtps://ann:secret@example.org\n")?;
        self.chroot(&["dpkg", "--purge", "motovaultpro"])?;
        for path in [DATA, "etc/motovaultpro", "usr/bin/motovaultpro", UNIT] {
            ensure(!self.path(path).exists(), format!("/{path} is removed by purging"))?;
        }
        let find = ["find", "/etc/systemd", "/var/lib/systemd", "-name", "*motovaultpro*"];
        equal(self.chroot(&find)?.as_str(), "", "links to the unit that are left")?;
        // Other files may belong to the user, so it stays.
        equal(self.account()?.name.as_str(), "motovaultpro", "the user after purging")
    }

    fn after_a_purge_it_starts_from_nothing(&mut self) -> Result {
        self.install(&self.first)?;
        self.settings_and_data_are_closed_to_other_users()?;
        self.start()?;
        let login = request("POST", "/api/auth/login", Some(&credentials(EMAIL)), "")?;
        equal(login.status, 401, "logging in with an account that is gone")?;
        self.stop()
    }
}
