//! `[log]`: how the service tells what it does.

use serde::{Deserialize, Serialize};

/// The `[log]` section. How much is told, `MVP_LOG` says.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Log {
    /// How a line looks; on a terminal as text, else as JSON, unless said.
    pub format: Option<LogFormat>,
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
