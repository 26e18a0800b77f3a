use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use super::{COMPLETIONS, names, only};
use crate::{
    check::{Step, ensure, equal, steps},
    process::{Result, capture, command, fail, output, output_with},
};

pub(super) const STEPS: &[Step<Packing>] = steps![Packing:
    a_program_that_needs_a_newer_glibc_is_rejected,
    a_program_that_needs_another_library_is_rejected,
    a_file_that_is_not_a_program_is_rejected,
    the_same_program_is_packed_to_the_same_bytes,
    the_checksums_are_those_of_the_files,
    the_archive_has_what_an_installation_by_hand_needs,
    manual_pages_and_completions_are_packed_if_the_program_prints_them,
    a_program_for_another_machine_is_packed_under_that_machines_name,
    a_version_before_a_release_is_older_than_it,
];

/// Runs `cargo xtask dist` on a substitute for the program. These steps need neither root nor a network.
pub(super) struct Packing {
    folder: PathBuf,
    /// A program that requires the C library and the math library.
    program: PathBuf,
}

/// A member of an archive.
struct Member {
    mode: String,
    owner: String,
}

impl Packing {
    pub(super) fn new(folder: &Path) -> Result<Self> {
        let folder = folder.to_owned();
        let program = compile(&folder, "stand-in", &[])?;
        Ok(Self { folder, program })
    }

    fn command(&self, name: &str, program: &Path, variables: &[(&str, &str)]) -> Result<Command> {
        let mut dist = command(std::env::current_exe()?);
        dist.arg("dist").env("DIST_PROGRAM", program).env("DIST_FOLDER", self.folder.join(name));
        // Compress fast: the result is temporary.
        dist.env("DPKG_DEB_COMPRESSOR_LEVEL", "1").env("SOURCE_DATE_EPOCH", "1750000000");
        dist.env_remove("DIST_VERSION").env_remove("DIST_MAINTAINER");
        dist.envs(variables.iter().copied());
        Ok(dist)
    }

    /// Packs a program, and returns the folder with the results.
    pub(super) fn dist(
        &self,
        name: &str,
        program: &Path,
        variables: &[(&str, &str)],
    ) -> Result<PathBuf> {
        output(&mut self.command(name, program, variables)?)?;
        Ok(self.folder.join(name))
    }

    /// The error for a program that is rejected.
    fn rejection(&self, program: &Path) -> Result<String> {
        let done = capture(&mut self.command("rejected", program, &[])?, &[])?;
        ensure(!done.status.success(), format!("{} is rejected", program.display()))?;
        equal(names(&self.folder.join("rejected"))?, vec![], "what is left of a rejected program")?;
        Ok(done.stderr)
    }

    /// A copy of the program with one of its strings replaced.
    fn changed(&self, name: &str, old: &[u8], new: &[u8]) -> Result<PathBuf> {
        let mut content = fs::read(&self.program)?;
        let mut is_changed = false;
        for start in 0..content.len().saturating_sub(old.len()) {
            if &content[start..start + old.len()] == old {
                content[start..start + old.len()].copy_from_slice(new);
                is_changed = true;
            }
        }
        ensure(is_changed, "the program contains what is replaced")?;
        self.executable(name, &content)
    }

    fn executable(&self, name: &str, content: &[u8]) -> Result<PathBuf> {
        let path = self.folder.join(name);
        fs::write(&path, content)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
        Ok(path)
    }

    fn first(&self) -> PathBuf {
        self.folder.join("first")
    }

    fn a_program_that_needs_a_newer_glibc_is_rejected(&mut self) -> Result {
        let content = fs::read(&self.program)?;
        let strings = content.split(|&it| it == 0);
        let versions = strings.filter(|it| it.starts_with(b"GLIBC_2.") && it.len() == 10);
        let Some(newest) = versions.max() else { return fail("no version of glibc was found") };
        let changed = self.changed("newer", newest, b"GLIBC_2.37")?;
        let error = self.rejection(&changed)?;
        ensure(error.contains("requires glibc 2.37"), error)
    }

    fn a_program_that_needs_another_library_is_rejected(&mut self) -> Result {
        let changed = self.changed("linked", b"libm.so.6\0", b"libz.so.1\0")?;
        let error = self.rejection(&changed)?;
        ensure(error.contains("requires the library libz.so.1"), error)
    }

    fn a_file_that_is_not_a_program_is_rejected(&mut self) -> Result {
        let error = self.rejection(&self.executable("text", b"#!/bin/sh\necho 1.0.0\n")?)?;
        ensure(error.contains("not an ELF file"), error)
    }

    fn the_same_program_is_packed_to_the_same_bytes(&mut self) -> Result {
        let first = self.dist("first", &self.program, &[])?;
        let variables = [("TZ", "Asia/Tokyo"), ("LC_ALL", "C")];
        let again = self.dist("again", &self.program, &variables)?;
        equal(names(&again)?, names(&first)?, "the files of the second run")?;
        for name in names(&first)? {
            let is_same = fs::read(again.join(&name))? == fs::read(first.join(&name))?;
            ensure(is_same, format!("{name} is the same"))?;
        }
        Ok(())
    }

    fn the_checksums_are_those_of_the_files(&mut self) -> Result {
        let sums = only(&self.first(), "SHA256SUMS-")?;
        equal(fs::read_to_string(&sums)?.lines().count(), 2, "files in SHA256SUMS")?;
        let mut check = command("sha256sum");
        output(check.args(["--check", "--strict"]).arg(sums).current_dir(self.first()))?;
        Ok(())
    }

    fn the_archive_has_what_an_installation_by_hand_needs(&mut self) -> Result {
        let archive = only(&self.first(), ".tar.gz")?;
        let name = archive.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let top = name.trim_end_matches(".tar.gz");
        let members = members(&archive)?;
        for (path, member) in &members {
            ensure(path.starts_with(&format!("{top}/")), format!("{path} is below {top}"))?;
            equal(member.owner.as_str(), "0/0", format!("the owner of {path}"))?;
        }
        let mode = |path: &str| -> Result<String> {
            let path = format!("{top}/{path}");
            let member = members.iter().find(|it| it.0 == path);
            match member {
                Some((_, member)) => Ok(member.mode.clone()),
                None => fail(format!("{path} is missing")),
            }
        };
        equal(mode("motovaultpro")?.as_str(), "-rwxr-xr-x", "the program's mode")?;
        let example = "docs/examples/nginx/motovaultpro.conf";
        for name in ["README.md", "LICENSE", "motovaultpro.toml", "docs/deployment.md", example] {
            equal(mode(name)?.as_str(), "-rw-r--r--", format!("{name}'s mode"))?;
        }
        let mut tar = command("tar");
        tar.args(["--extract", "--to-stdout", "--file"]).arg(&archive);
        let unit = output(tar.arg(format!("{top}/motovaultpro.service")))?;
        let is_local = unit.contains("ExecStart=/usr/local/bin/motovaultpro ");
        ensure(is_local, "the archive's unit is for /usr/local")
    }

    fn manual_pages_and_completions_are_packed_if_the_program_prints_them(&mut self) -> Result {
        let pages = ["motovaultpro", "motovaultpro-serve"];
        let pages = pages.map(|it| format!("usr/share/man/man1/{it}.1.gz"));
        let completions = COMPLETIONS.map(|it| it.1.to_owned());
        let expected: BTreeSet<_> = pages.into_iter().chain(completions).collect();
        let without = packed(&self.first())?;
        ensure(without.is_disjoint(&expected), "no pages of a program that prints none")?;
        let program = compile(&self.folder, "prints-pages", &["-DPRINTS_PAGES"])?;
        let folder = self.dist("pages", &program, &[])?;
        let besides: BTreeSet<_> = packed(&folder)?.difference(&without).cloned().collect();
        equal(besides, expected, "what is packed besides")?;
        let members = members(&only(&folder, ".tar.gz")?)?;
        for name in [
            "man/motovaultpro.1",
            "man/motovaultpro-serve.1",
            "completions/motovaultpro.bash",
            "completions/_motovaultpro",
            "completions/motovaultpro.fish",
        ] {
            let is_there = members.iter().any(|(path, _)| path.ends_with(&format!("/{name}")));
            ensure(is_there, format!("{name} is in the archive"))?;
        }
        Ok(())
    }

    fn a_program_for_another_machine_is_packed_under_that_machines_name(&mut self) -> Result {
        let mut content = fs::read(&self.program)?;
        // x86-64 and AArch64, in ELF's header.
        let (machine, name) = if content[18] == 0x3e { (0xb7, "arm64") } else { (0x3e, "amd64") };
        content[18] = machine;
        let other = self.executable("other", &content)?;
        let error = self.rejection(&other)?;
        ensure(error.contains("set DIST_VERSION"), error)?;
        let folder = self.dist("foreign", &other, &[("DIST_VERSION", "1.2.3")])?;
        let expected = [
            format!("SHA256SUMS-{name}"),
            format!("motovaultpro-1.2.3-linux-{name}.tar.gz"),
            format!("motovaultpro_1.2.3-1_{name}.deb"),
        ];
        equal(names(&folder)?, expected.to_vec(), "the files")?;
        let architecture = field(&only(&folder, ".deb")?, "Architecture")?;
        equal(architecture.as_str(), name, "the package's architecture")
    }

    fn a_version_before_a_release_is_older_than_it(&mut self) -> Result {
        let folder = self.dist("candidate", &self.program, &[("DIST_VERSION", "1.2.3-rc.1")])?;
        let version = field(&only(&folder, ".deb")?, "Version")?;
        equal(version.as_str(), "1.2.3~rc.1-1", "the version of a release candidate")?;
        output(command("dpkg").args(["--compare-versions", &version, "lt", "1.2.3-1"]))?;
        Ok(())
    }
}

fn compile(folder: &Path, name: &str, options: &[&str]) -> Result<PathBuf> {
    let program = folder.join(name);
    let mut cc = command("cc");
    cc.args(["-x", "c", "-o"]).arg(&program).args(options).args(["-", "-Wl,--no-as-needed", "-lm"]);
    output_with(&mut cc, include_bytes!("stand_in.c"))?;
    Ok(program)
}

/// The members of an archive that are not folders, with their paths.
fn members(archive: &Path) -> Result<Vec<(String, Member)>> {
    let mut tar = command("tar");
    tar.args(["--list", "--verbose", "--numeric-owner", "--file"]).arg(archive);
    Ok(parse_members(&output(&mut tar)?))
}

/// Reads lines such as `-rw-r--r-- 0/0 123 2025-06-15 15:06 name`.
fn parse_members(listed: &str) -> Vec<(String, Member)> {
    let lines = listed.lines().filter(|it| it.starts_with('-'));
    let members = lines.filter_map(|line| {
        let mut words = line.split_whitespace();
        let (mode, owner) = (words.next()?.to_owned(), words.next()?.to_owned());
        let path = words.nth(3)?.trim_start_matches("./").to_owned();
        Some((path, Member { mode, owner }))
    });
    members.collect()
}

/// The paths of the files in the package in a folder.
fn packed(folder: &Path) -> Result<BTreeSet<String>> {
    let package = only(folder, ".deb")?;
    let listed = output(command("dpkg-deb").arg("--contents").arg(package))?;
    Ok(parse_members(&listed).into_iter().map(|it| it.0).collect())
}

/// A field of a package.
fn field(package: &Path, name: &str) -> Result<String> {
    Ok(output(command("dpkg-deb").arg("--field").arg(package).arg(name))?.trim().to_owned())
}
