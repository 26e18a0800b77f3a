//! Forms that show what was typed and what is wrong with it.

use crate::core::{Error, Result, error::Fault};

/// What is wrong with a form.
#[derive(Debug, Clone, Default)]
pub struct Errors(pub Vec<Fault>);

impl Errors {
    /// Takes what a service refused about fields; any other error goes on its way.
    ///
    /// # Errors
    /// What is not about fields.
    pub fn of(error: Error) -> Result<Self> {
        match error {
            Error::Invalid(faults) => Ok(Self(faults)),
            other => Err(other),
        }
    }

    /// What is wrong with the field `name`, or nothing.
    #[must_use]
    pub fn on(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|fault| fault.name() == name).map(|fault| fault.detail.as_str())
    }

    /// Whether a problem of this kind is among them.
    #[must_use]
    pub fn any_of_kind(&self, kind: &str) -> bool {
        self.0.iter().any(|fault| fault.kind == Some(kind))
    }
}

/// A line of a form: a label, a field, and what is wrong with what was typed.
#[derive(Debug, Clone)]
pub struct Entry<'a> {
    /// The field's name on the wire.
    pub name: &'a str,
    /// What people call it.
    pub label: &'a str,
    /// What it holds.
    pub value: &'a str,
    /// What is wrong with it.
    pub error: Option<&'a str>,
}
