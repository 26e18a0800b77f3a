//! Forms with the submitted values and validation errors.

use crate::{Error, Result, error::FieldError, http::Form, locale::Message};

/// The validation errors of a form.
#[derive(Debug, Clone, Default)]
pub struct Errors(pub Vec<FieldError>);

impl Errors {
    /// The field errors in `error`. Any other error is returned unchanged.
    ///
    /// # Errors
    /// Errors that are not about fields.
    pub fn from_error(error: Error) -> Result<Self> {
        match error {
            Error::Invalid(errors) => Ok(Self(errors)),
            other => Err(other),
        }
    }

    /// The error of the field `name`, if any.
    #[must_use]
    pub fn on(&self, name: &str) -> Option<&Message> {
        self.0.iter().find(|error| error.name() == name).map(|error| &error.detail)
    }

    /// Whether one of the errors has this problem type.
    #[must_use]
    pub fn any_of_kind(&self, kind: &str) -> bool {
        self.0.iter().any(|error| error.kind == Some(kind))
    }
}

/// A form as a template renders it: the labels, values and errors of its fields.
#[derive(Debug, Clone)]
pub struct FormView {
    /// The name and the label of each field.
    labels: &'static [(&'static str, &'static str)],
    form: Form,
    errors: Errors,
}

impl FormView {
    /// A form without errors.
    #[must_use]
    pub fn new(labels: &'static [(&'static str, &'static str)], form: Form) -> Self {
        Self { labels, form, errors: Errors::default() }
    }

    /// A form with validation errors.
    #[must_use]
    pub fn with_errors(
        labels: &'static [(&'static str, &'static str)],
        form: Form,
        errors: Errors,
    ) -> Self {
        Self { labels, form, errors }
    }

    /// A form that was rejected with `error`.
    ///
    /// # Errors
    /// Errors that are not about fields.
    pub fn rejected(
        labels: &'static [(&'static str, &'static str)],
        form: Form,
        error: Error,
    ) -> Result<Self> {
        Ok(Self::with_errors(labels, form, Errors::from_error(error)?))
    }

    /// The label of the field `name`; empty if the form has no such field.
    #[must_use]
    pub fn label(&self, name: &str) -> Message {
        let label = self.labels.iter().find(|it| it.0 == name).map_or("", |it| it.1);
        Message::plain(label)
    }

    /// Whether the form has the field `name`.
    #[must_use]
    pub fn has_field(&self, name: &str) -> bool {
        self.labels.iter().any(|it| it.0 == name)
    }

    /// The value of the field `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.form.get(name)
    }

    /// Whether the checkbox `name` is checked.
    #[must_use]
    pub fn is_checked(&self, name: &str) -> bool {
        self.get(name) == "true"
    }

    /// The error of the field `name`, as a sentence.
    #[must_use]
    pub fn error(&self, name: &str) -> Option<String> {
        self.errors.on(name).map(|it| sentence(&it.to_string()))
    }

    /// The ids of the elements that describe the field `name`: its hint and its error.
    #[must_use]
    pub fn described_by(&self, name: &str, hint: &str) -> Option<String> {
        let hint = (!hint.is_empty()).then(|| format!("{name}-hint"));
        let error = self.errors.on(name).map(|_| format!("{name}-error"));
        let ids: Vec<_> = [hint, error].into_iter().flatten().collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }

    /// Whether the form has errors.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        !self.errors.0.is_empty()
    }

    /// Whether the form has an error of this problem type.
    #[must_use]
    pub fn has_error_of_kind(&self, kind: &str) -> bool {
        self.errors.any_of_kind(kind)
    }

    /// Whether the value of the field `name` looks wrong and can be confirmed, or was confirmed.
    #[must_use]
    pub fn needs_confirmation(&self, name: &str) -> bool {
        let is_implausible =
            |it: &FieldError| it.name() == name && it.kind == Some(FieldError::IMPLAUSIBLE);
        self.is_confirmed(name) || self.errors.0.iter().any(is_implausible)
    }

    /// Whether the form confirms the field `name`.
    #[must_use]
    pub fn is_confirmed(&self, name: &str) -> bool {
        let mut confirmed = self.get("confirm").split_whitespace();
        confirmed.any(|it| it.trim_start_matches('/') == name)
    }

    /// Whether the field `name` is empty.
    #[must_use]
    pub fn is_blank(&self, name: &str) -> bool {
        self.get(name).trim().is_empty()
    }

    /// Whether one of these fields has an error.
    #[must_use]
    pub fn has_error_on_any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.errors.on(name).is_some())
    }

    /// Whether a field of the form that is not one of these has an error.
    #[must_use]
    pub fn has_error_beside(&self, names: &[&str]) -> bool {
        let others = self.labels.iter().map(|it| it.0).filter(|name| !names.contains(name));
        others.into_iter().any(|name| self.errors.on(name).is_some())
    }

    /// The errors in the order of the form's fields; errors of other fields come last.
    #[must_use]
    pub fn field_errors(&self) -> Vec<&FieldError> {
        let position = |error: &&FieldError| self.labels.iter().position(|it| it.0 == error.name());
        let mut errors: Vec<_> = self.errors.0.iter().collect();
        errors.sort_by_key(|error| position(error).unwrap_or(usize::MAX));
        errors
    }
}

/// Turns an error's detail into a sentence: `is required` → `This is required.`
#[must_use]
pub fn sentence(detail: &str) -> String {
    const BEGINNINGS: &[&str] = &[
        "is ",
        "has ",
        "holds ",
        "contains ",
        "cannot ",
        "can’t ",
        "must ",
        "isn’t ",
        "was ",
        "makes ",
        "doesn’t ",
    ];
    let end = if detail.ends_with(['.', '!', '?']) { "" } else { "." };
    if BEGINNINGS.iter().any(|it| detail.starts_with(it)) {
        return format!("This {detail}{end}");
    }
    let mut rest = detail.chars();
    let first = rest.next().map(|it| it.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}{end}", rest.as_str())
}

#[cfg(test)]
mod tests {
    use super::{Errors, FieldError, Form, FormView, sentence};

    #[test]
    fn details_become_sentences() {
        assert_eq!(sentence("is required"), "This is required.");
        assert_eq!(sentence("position 9: wrong"), "Position 9: wrong.");
        assert_eq!(sentence(""), ".");
    }

    #[test]
    fn errors_are_in_the_order_of_the_fields() {
        let labels = &[("vin", "VIN"), ("year", "Year")];
        let error = |name: &str| FieldError::at(name, crate::t!("core-field-required"));
        let errors = Errors(vec![error("other"), error("year"), error("vin")]);
        let view = FormView::with_errors(labels, Form::default(), errors);
        let names: Vec<_> = view.field_errors().into_iter().map(FieldError::name).collect();
        assert_eq!(names, ["vin", "year", "other"]);
        assert_eq!(view.described_by("vin", "17"), Some("vin-hint vin-error".to_owned()));
        assert_eq!(view.described_by("make", ""), None);
        assert!(!view.has_field("other"));
    }
}
