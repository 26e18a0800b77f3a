//! `[log]`: logs and traces.

use serde::{Deserialize, Serialize};
use url::Url;

use super::ConfigError;

/// The `[log]` section. The level is set by `MVP_LOG`.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Log {
    /// The format of log lines. Defaults to text on a terminal, otherwise JSON.
    pub format: Option<LogFormat>,
    /// The URL of a trace collector (OTLP over HTTP), such as `http://127.0.0.1:4318/v1/traces`.
    /// Without it, tracing is off.
    pub traces_url: Option<String>,
}

impl Log {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let url = self.traces_url.as_deref().map(Url::parse);
        let is_web = |url: &Url| matches!(url.scheme(), "http" | "https");
        match url {
            None => Ok(()),
            Some(Ok(url)) if is_web(&url) => Ok(()),
            Some(_) => {
                let why =
                    "must be the URL of a trace collector, such as http://127.0.0.1:4318/v1/traces";
                Err(ConfigError::value("log.traces_url", why))
            }
        }
    }
}

/// The format of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One JSON object per line.
    Json,
    /// Text for people.
    Text,
}
