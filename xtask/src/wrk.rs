//! Measures requests with wrk, which is configured by Lua.

use std::{fs, path::Path};

use crate::process::{Error, Result, command, fail, output};

/// Prints the figures on one line: requests per second, p50 and p99 in milliseconds, failed requests, all requests.
const REPORT: &str = r#"
function done(summary, latency, requests)
    local e = summary.errors
    local failed = e.connect + e.read + e.write + e.status + e.timeout
    io.write(string.format("FIGURES %.0f %.3f %.3f %d %d\n",
        summary.requests / (summary.duration / 1e6),
        latency:percentile(50) / 1000, latency:percentile(99) / 1000, failed, summary.requests))
end
"#;

/// What wrk measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figures {
    /// Requests per second.
    pub(crate) rate: f64,
    /// The median of the latency, in milliseconds.
    pub(crate) p50: f64,
    /// The 99th percentile of the latency, in milliseconds.
    pub(crate) p99: f64,
    /// How many requests were sent.
    pub(crate) requests: f64,
}

/// A request, or several.
#[derive(Clone, Copy)]
pub(crate) struct Load<'a> {
    pub(crate) url: &'a str,
    /// The session's cookie.
    pub(crate) cookie: &'a str,
    pub(crate) connections: u32,
    pub(crate) seconds: u64,
    /// Lua that varies the requests, and its arguments.
    pub(crate) script: &'a str,
    pub(crate) arguments: &'a [&'a str],
}

impl Load<'_> {
    /// Sends requests with one thread. Fails if a request does.
    pub(crate) fn measure(&self, folder: &Path) -> Result<Figures> {
        let script = folder.join("wrk.lua");
        fs::write(&script, format!("{REPORT}{}", self.script))?;
        let mut wrk = command("wrk");
        wrk.args(["--threads", "1", "--connections", &self.connections.to_string(), "--latency"]);
        wrk.args(["--duration", &format!("{}s", self.seconds)]);
        wrk.args(["--header", &format!("Cookie: {}", self.cookie)]);
        wrk.arg("--script").arg(script).arg(self.url).arg("--").args(self.arguments);
        let printed = output(&mut wrk)?;
        let (figures, failed) = parse(&printed).ok_or_else(|| Error::from(&printed))?;
        if failed > 0.0 {
            return fail(format!("{failed} requests to {} failed", self.url));
        }
        Ok(figures)
    }
}

/// The figures, and the number of failed requests.
fn parse(printed: &str) -> Option<(Figures, f64)> {
    let line = printed.lines().find_map(|it| it.strip_prefix("FIGURES "))?;
    let numbers: Vec<f64> = line.split(' ').filter_map(|it| it.parse().ok()).collect();
    let [rate, p50, p99, failed, requests] = numbers[..] else { return None };
    Some((Figures { rate, p50, p99, requests }, failed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figures_are_read_from_the_last_lines() {
        let (figures, failed) =
            parse("Running 1s test\nFIGURES 1234 0.500 12.250 3 2468\n").unwrap();
        assert_eq!((figures.rate, figures.p50, figures.p99), (1234.0, 0.5, 12.25));
        assert_eq!((figures.requests, failed), (2468.0, 3.0));
        assert!(parse("unable to connect").is_none());
    }
}
