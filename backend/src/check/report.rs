//! The report of all checks, as text and JSON.

use serde::Serialize;

/// The result of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It works.
    Ok,
    /// It works, but should be changed.
    Warning,
    /// It does not work.
    Failed,
}

impl State {
    fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
        }
    }
}

/// The finding of one check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The name of the check.
    pub check: String,
    /// The result.
    pub state: State,
    /// What was found.
    pub found: String,
    /// How to fix it, unless the result is `Ok`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

impl Finding {
    /// Creates a finding for something that works.
    #[must_use]
    pub fn ok(check: &str, found: impl Into<String>) -> Self {
        Self { check: check.to_owned(), state: State::Ok, found: found.into(), advice: None }
    }

    /// Creates a finding for something that works, but should be changed as in `advice`.
    #[must_use]
    pub fn warning(check: &str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { state: State::Warning, advice: Some(advice.into()), ..Self::ok(check, found) }
    }

    /// Creates a finding for something that does not work, and how to fix it.
    #[must_use]
    pub fn failed(check: &str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { state: State::Failed, ..Self::warning(check, found, advice) }
    }

    /// Formats the finding as one line.
    fn line(&self) -> String {
        let mut text = format!("{:<8} {}: {}", self.state.as_str(), self.check, self.found);
        if let Some(advice) = &self.advice {
            text.push_str(". To do: ");
            text.push_str(advice);
        }
        // Server messages may contain line breaks.
        text.split(char::is_control).map(str::trim).collect::<Vec<_>>().join(" ")
    }
}

/// The findings of all checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report(Vec<Finding>);

impl Report {
    /// The findings, in the order in which they are printed.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.0
    }

    /// The number of checks with this result.
    #[must_use]
    pub fn count(&self, state: State) -> usize {
        self.0.iter().filter(|it| it.state == state).count()
    }

    /// Formats the report with one line per check.
    #[must_use]
    pub fn text(&self) -> String {
        self.0.iter().map(|it| it.line() + "\n").collect()
    }

    /// Formats the report as a JSON array with one object per check.
    ///
    /// # Errors
    /// If serialization fails.
    pub fn json(&self) -> serde_json::Result<String> {
        serde_json::to_string_pretty(&self.0).map(|text| text + "\n")
    }
}

impl FromIterator<Finding> for Report {
    fn from_iter<I: IntoIterator<Item = Finding>>(findings: I) -> Self {
        Self(findings.into_iter().collect())
    }
}

impl<const N: usize> From<[Finding; N]> for Report {
    fn from(findings: [Finding; N]) -> Self {
        Self(findings.into())
    }
}

#[cfg(test)]
mod tests {
    use super::{Finding, Report};

    #[test]
    fn each_finding_is_one_line() {
        let report = Report::from([
            Finding::ok("cache", "Redis 7.0"),
            Finding::failed("mail", "the server says:\r\n no", "check mail.url"),
        ]);
        assert_eq!(
            report.text(),
            "ok       cache: Redis 7.0\n\
             failed   mail: the server says:  no. To do: check mail.url\n"
        );
    }

    #[test]
    fn the_json_report_has_one_object_per_check() {
        let report = Report::from([Finding::warning("mail", "no TLS", "use smtps://")]);
        let value: serde_json::Value = serde_json::from_str(&report.json().unwrap()).unwrap();
        assert_eq!(
            value,
            serde_json::json!([
                { "check": "mail", "state": "warning", "found": "no TLS", "advice": "use smtps://" },
            ])
        );
    }
}
