use std::path::Path;

use crate::process::{Result, command, fail, output};

/// Debian 12's version of glibc, the newest that a program may require.
const NEWEST_GLIBC: &str = "2.36";

/// Debian's name of the program's machine, and the packages that the program requires.
pub(super) fn requirements(program: &Path) -> Result<(&'static str, String)> {
    let name = program.display();
    let readelf = |arguments: &[&str]| {
        output(command("readelf").args(arguments).arg(program).env("LC_ALL", "C"))
    };
    let header = readelf(&["--file-header"]).unwrap_or_default();
    let machine = header.lines().find_map(|it| it.trim_start().strip_prefix("Machine:"));
    let architecture = match machine.map(str::trim) {
        Some(machine) if machine.ends_with("X86-64") => "amd64",
        Some("AArch64") => "arm64",
        machine => {
            let machine = machine.unwrap_or("it is not an ELF file");
            return fail(format!("{name} is for an unknown machine: {machine}"));
        }
    };
    let Some(glibc) = required_glibc(&readelf(&["--wide", "--version-info"])?) else {
        return fail(format!("{name} does not declare which glibc it requires"));
    };
    if numbers(&glibc) > numbers(NEWEST_GLIBC) {
        return fail(format!(
            "{name} requires glibc {glibc}, but Debian 12 has {NEWEST_GLIBC}: build it on Debian 12"
        ));
    }
    let mut depends = format!("adduser, libc6 (>= {glibc})");
    for library in needed(&readelf(&["--wide", "--dynamic"])?) {
        match library.as_str() {
            "libc.so.6" | "libm.so.6" | "libdl.so.2" | "libpthread.so.0" | "librt.so.1" => {}
            "libgcc_s.so.1" => depends += ", libgcc-s1 (>= 4.2)",
            library if library.starts_with("ld-linux-") => {}
            library => {
                return fail(format!(
                    "{name} requires the library {library}, which the package does not depend on"
                ));
            }
        }
    }
    Ok((architecture, depends))
}

/// The numbers of a version, for comparison.
fn numbers(version: &str) -> Vec<u32> {
    version.split('.').filter_map(|it| it.parse().ok()).collect()
}

/// The newest version of glibc that `readelf --version-info` prints.
fn required_glibc(text: &str) -> Option<String> {
    let versions = text.split("GLIBC_").skip(1);
    let versions = versions.map(|it| it.split(|it: char| !it.is_ascii_digit() && it != '.'));
    let versions = versions.filter_map(|mut it| it.next()).map(|it| it.trim_end_matches('.'));
    versions.filter(|it| !it.is_empty()).max_by_key(|it| numbers(it)).map(str::to_owned)
}

/// The libraries that `readelf --dynamic` prints.
fn needed(text: &str) -> Vec<String> {
    let lines = text.lines().filter(|it| it.contains("(NEEDED)"));
    let names = lines.filter_map(|it| it.split_once('[')?.1.split(']').next());
    names.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_glibc_is_compared_by_numbers() {
        let text = "0x0010: Name: GLIBC_2.4  Flags\n 0x0020: Name: GLIBC_2.34\n Name: GLIBC_2.9\nGLIBC_PRIVATE";
        assert_eq!(required_glibc(text).as_deref(), Some("2.34"));
        assert_eq!(required_glibc("GCC_3.0"), None);
        assert!(numbers("2.36") < numbers("2.100"));
    }

    #[test]
    fn needed_libraries_are_found() {
        let text = " 0x01 (NEEDED)  Shared library: [libm.so.6]\n 0x02 (SONAME) [x]\n 0x01 (NEEDED) Shared library: [libz.so.1]\n";
        assert_eq!(needed(text), ["libm.so.6", "libz.so.1"]);
    }
}
