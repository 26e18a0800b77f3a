use std::path::PathBuf;

use tempfile::TempDir;

use crate::process::{Result, cargo, command, fail, run, succeeds};

/// An older revision, built in a worktree of its own that is removed when dropped.
pub(super) struct Baseline {
    folder: TempDir,
}

impl Baseline {
    pub(super) fn build(revision: &str) -> Result<Self> {
        let commit = format!("{revision}^{{commit}}");
        if !succeeds(command("git").args(["rev-parse", "--quiet", "--verify", &commit])) {
            return fail(format!("unknown revision {revision}"));
        }
        let baseline =
            Self { folder: tempfile::Builder::new().prefix("bench-baseline.").tempdir()? };
        let mut add = command("git");
        add.args(["worktree", "add", "--quiet", "--detach"]).arg(baseline.source());
        run(add.arg(revision))?;
        let mut build = cargo(&["build", "--release", "--locked", "-p", "motovaultpro"]);
        run(build.current_dir(baseline.source()).env("CARGO_TARGET_DIR", baseline.target()))?;
        Ok(baseline)
    }

    fn source(&self) -> PathBuf {
        self.folder.path().join("source")
    }

    fn target(&self) -> PathBuf {
        self.folder.path().join("target")
    }

    pub(super) fn program(&self) -> PathBuf {
        self.target().join("release/motovaultpro")
    }
}

impl Drop for Baseline {
    fn drop(&mut self) {
        // `git worktree prune` removes what remains if this fails.
        let mut remove = std::process::Command::new("git");
        remove.current_dir(crate::process::project()).args(["worktree", "remove", "--force"]);
        let _ = remove.arg(self.source()).status();
    }
}
