use std::path::Path;

use test_servers::find_program;

use super::programs::unpack;
use crate::process::{Result, command, output, project};

/// The clients that fail2ban finds in a log, one for each line that its filter matches.
pub(super) fn banned(log: &Path) -> Result<Vec<String>> {
    let (mut regex, settings) = if let Some(program) = find_program("fail2ban-regex") {
        (command(program), "/etc/fail2ban".into())
    } else {
        let unpacked = unpack("fail2ban")?;
        // The package requires Debian's own Python.
        let python = Path::new("/usr/bin/python3");
        let mut regex = command(if python.exists() { python } else { Path::new("python3") });
        regex.arg(unpacked.join("usr/bin/fail2ban-regex"));
        regex.env("PYTHONPATH", unpacked.join("usr/lib/python3/dist-packages"));
        (regex, unpacked.join("etc/fail2ban"))
    };
    regex.arg("--config").arg(settings).args(["--out", "ip"]).arg(log);
    let printed = output(regex.arg(project().join("deploy/fail2ban/motovaultpro.conf")))?;
    Ok(printed.split_whitespace().map(str::to_owned).collect())
}
