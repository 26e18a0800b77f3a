use crate::{
    need,
    process::{Result, command, project, run as run_command},
};

pub(crate) const HELP: &str = "check the Prometheus alerts, and that each one fires

usage: cargo xtask test-alerts

Checks the syntax of deploy/prometheus/alerts.yml, and that each alert fires when it should.";

pub(crate) fn run(_arguments: &[String]) -> Result {
    need::ensure(&["prometheus"])?;
    let folder = project().join("deploy/prometheus");
    for arguments in [["check", "rules", "alerts.yml"], ["test", "rules", "alerts_test.yml"]] {
        run_command(command("promtool").args(arguments).current_dir(&folder))?;
    }
    Ok(())
}
