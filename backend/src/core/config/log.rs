//! `[log]`: how the service tells what it does.

use serde::{Deserialize, Serialize};
use url::Url;

use super::ConfigError;

/// The `[log]` section. How much is told, `MVP_LOG` says.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Log {
    /// How a line looks; on a terminal as text, else as JSON, unless said.
    pub format: Option<LogFormat>,
    /// Where a collector takes traces (OTLP over HTTP), such as `http://127.0.0.1:4318/v1/traces`;
    /// none are made unless said.
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
                let why = "is where traces are taken: http://127.0.0.1:4318/v1/traces";
                Err(ConfigError::value("log.traces_url", why))
            }
        }
    }
}

/// How a line of the log looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// An object a line, for programs.
    Json,
    /// For people.
    Text,
}
