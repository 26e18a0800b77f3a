//! Builds everything, and reports each program as soon as it is complete.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use crate::{
    process::{Result, command, fail, for_each_line, nice, output},
    servers::Servers,
};

/// A program that was built.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Program {
    /// Its package's folder and its target, such as `backend blackbox` or `core library`.
    pub(super) name: String,
    pub(super) path: PathBuf,
    /// The folder of its package, where its tests run.
    package: PathBuf,
    /// Whether it runs tests.
    pub(super) is_test: bool,
}

impl Program {
    /// The program that a message of Cargo reports: a binary, or the tests of a library, of a binary or in `tests/`.
    fn from_message(message: &Value) -> Option<Self> {
        let text = |pointer: &str| message.pointer(pointer)?.as_str();
        if text("/reason") != Some("compiler-artifact") {
            return None;
        }
        let path = PathBuf::from(text("/executable")?);
        let is_test = message.pointer("/profile/test")?.as_bool()?;
        let kind = text("/target/kind/0")?;
        // Benchmarks and examples are only built.
        if ["bench", "example"].contains(&kind) || (!is_test && kind != "bin") {
            return None;
        }
        let package = Path::new(text("/manifest_path")?).parent()?.to_owned();
        let target = match kind {
            "lib" | "proc-macro" => "library",
            _ => text("/target/name")?,
        };
        let mut name = format!("{} {target}", package.file_name()?.to_str()?);
        if kind == "bin" && is_test {
            name += " (tests)";
        }
        Some(Self { name, path, package, is_test })
    }

    /// The command that runs it as `cargo test` does.
    pub(super) fn command(&self, servers: &Servers, libraries: &OsString) -> Command {
        let mut command = command(&self.path);
        servers.apply_in_memory(&mut command).current_dir(&self.package);
        command.env("CARGO_MANIFEST_DIR", &self.package).env("LD_LIBRARY_PATH", libraries);
        command
    }
}

/// The folder of the compiler's libraries, which the tests of a procedural macro need.
pub(super) fn libraries() -> Result<OsString> {
    Ok(output(command("rustc").args(["--print", "target-libdir"]))?.trim().into())
}

/// Builds all targets, and passes each program on when it is complete. Benchmarks and examples are built, too, so that
/// they are checked.
pub(super) fn build(servers: &Servers, mut built: impl FnMut(Program) -> Result) -> Result {
    let mut cargo = nice("cargo");
    cargo.args(["build", "--all-targets", "--workspace", "--features", "vpic/build"]);
    cargo.args(["--locked", "--timings", "--message-format", "json-render-diagnostics"]);
    let status = for_each_line(servers.apply(&mut cargo), |line| {
        let program = Program::from_message(&serde_json::from_str(line)?);
        program.map_or(Ok(()), &mut built)
    })?;
    if status.success() { Ok(()) } else { fail("the build failed") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn message(kind: &str, is_test: bool, executable: &Value) -> Value {
        json!({
            "reason": "compiler-artifact",
            "manifest_path": "/project/vpic/Cargo.toml",
            "target": { "kind": [kind], "name": "golden" },
            "profile": { "test": is_test },
            "executable": executable,
        })
    }

    #[test]
    fn programs_are_read_from_the_messages_of_cargo() {
        let read = |kind, is_test| {
            Program::from_message(&message(kind, is_test, &json!("/target/golden")))
        };
        let program = read("test", true).unwrap();
        assert_eq!((program.name.as_str(), program.is_test), ("vpic golden", true));
        assert_eq!(program.package, Path::new("/project/vpic"));
        assert_eq!(read("lib", true).unwrap().name, "vpic library");
        assert!(read("proc-macro", true).unwrap().is_test);
        assert_eq!(read("bin", true).unwrap().name, "vpic golden (tests)");
        assert!(!read("bin", false).unwrap().is_test);
        assert_eq!(read("bench", true), None);
        assert_eq!(read("example", false), None);
        assert_eq!(Program::from_message(&message("lib", false, &Value::Null)), None);
        assert_eq!(Program::from_message(&json!({ "reason": "build-finished" })), None);
    }
}
