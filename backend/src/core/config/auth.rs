//! `[auth]`: who may come in.

use serde::{Deserialize, Serialize};

/// The `[auth]` section.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Auth {
    /// Whether people may make accounts after the first.
    pub registration: Registration,
    /// Who has to have a second factor.
    pub require_second_factor: SecondFactor,
}

/// Whether people may make accounts after the first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Registration {
    /// Nobody may.
    #[default]
    Closed,
    /// Anybody may.
    Open,
    /// Whoever an administrator has invited may.
    Invite,
}

/// Who has to have a second factor, beside a password.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SecondFactor {
    /// Nobody has to.
    #[default]
    Off,
    /// Whoever may run the service.
    Administrators,
    /// Everybody.
    Everyone,
}
