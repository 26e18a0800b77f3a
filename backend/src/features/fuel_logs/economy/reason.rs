//! Why a fill has no economy.

use schemars::JsonSchema;
use serde::Serialize;

use crate::{core::locale::Message, t};

/// Why a fill has no economy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NoEconomyReason {
    /// It is the first full fill, from which later ones are measured.
    First,
    /// The tank was not filled up.
    Partial,
    /// A fill since the last full one was not logged.
    Missed,
    /// A later fill at the same odometer reading represents the whole stop.
    SameStop,
    /// It has no usable odometer reading.
    NoOdometer,
    /// The odometer ran backward since the last full fill.
    Rollback,
}

impl NoEconomyReason {
    /// Parses the stored name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        use NoEconomyReason::{First, Missed, NoOdometer, Partial, Rollback, SameStop};
        let all = [First, Partial, Missed, SameStop, NoOdometer, Rollback];
        all.into_iter().find(|reason| reason.as_str() == name)
    }

    /// The label on pages.
    #[must_use]
    pub fn label(self) -> Message {
        match self {
            Self::First => t!("fuel-logs-no-economy-first"),
            Self::Partial => t!("fuel-logs-no-economy-partial"),
            Self::Missed => t!("fuel-logs-no-economy-missed"),
            Self::SameStop => t!("fuel-logs-no-economy-same-stop"),
            Self::NoOdometer => t!("fuel-logs-no-economy-no-odometer"),
            Self::Rollback => t!("fuel-logs-no-economy-rollback"),
        }
    }

    /// The name in the database and in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Partial => "partial",
            Self::Missed => "missed",
            Self::SameStop => "same-stop",
            Self::NoOdometer => "no-odometer",
            Self::Rollback => "rollback",
        }
    }
}
