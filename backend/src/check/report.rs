//! What was found, and how it is printed.

use serde::Serialize;

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It works.
    Ok,
    /// It works, but something should be done about it.
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

/// What one check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was checked.
    pub check: String,
    /// How it ended.
    pub state: State,
    /// What was found.
    pub found: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

impl Finding {
    /// It works.
    #[must_use]
    pub fn ok(check: &str, found: impl Into<String>) -> Self {
        Self { check: check.to_owned(), state: State::Ok, found: found.into(), advice: None }
    }

    /// It works, but `advice` should be followed.
    #[must_use]
    pub fn warning(check: &str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { state: State::Warning, advice: Some(advice.into()), ..Self::ok(check, found) }
    }

    /// It does not work, and `advice` may help.
    #[must_use]
    pub fn failed(check: &str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { state: State::Failed, ..Self::warning(check, found, advice) }
    }

    /// One line: the state, the check, what was found, and what to do.
    fn line(&self) -> String {
        let mut text = format!("{:<8} {}: {}", self.state.as_str(), self.check, self.found);
        if let Some(advice) = &self.advice {
            text.push_str(". To do: ");
            text.push_str(advice);
        }
        // What a server answers may have several lines.
        text.split(char::is_control).map(str::trim).collect::<Vec<_>>().join(" ")
    }
}

/// What all checks found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report(Vec<Finding>);

impl Report {
    /// What each check found, in the order in which they are printed.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.0
    }

    /// How many checks ended in this state.
    #[must_use]
    pub fn count(&self, state: State) -> usize {
        self.0.iter().filter(|it| it.state == state).count()
    }

    /// A line for each check.
    #[must_use]
    pub fn text(&self) -> String {
        self.0.iter().map(|it| it.line() + "\n").collect()
    }

    /// An array with an object for each check.
    ///
    /// # Errors
    /// None is known.
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
    fn each_check_is_one_line() {
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
    fn the_report_as_json_has_an_object_for_each_check() {
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
