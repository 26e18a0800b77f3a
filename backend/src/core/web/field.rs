//! Forms that show what was typed and what is wrong with it.

use crate::core::{Error, Result, error::Fault, http::Form};

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

/// A form as it is shown: what each field is called, what it holds, and what is wrong with it.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// Every field's name on the wire and what people call it.
    labels: &'static [(&'static str, &'static str)],
    form: Form,
    errors: Errors,
}

impl Sheet {
    /// The form as it is first shown.
    #[must_use]
    pub fn new(labels: &'static [(&'static str, &'static str)], form: Form) -> Self {
        Self { labels, form, errors: Errors::default() }
    }

    /// The form once more, with what is wrong with it.
    #[must_use]
    pub fn again(
        labels: &'static [(&'static str, &'static str)],
        form: Form,
        errors: Errors,
    ) -> Self {
        Self { labels, form, errors }
    }

    /// What people call the field `name`; nothing where the form has none.
    #[must_use]
    pub fn label(&self, name: &str) -> &'static str {
        self.labels.iter().find(|it| it.0 == name).map_or("", |it| it.1)
    }

    /// What the field `name` holds.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.form.get(name)
    }

    /// Whether the box `name` is ticked.
    #[must_use]
    pub fn is_ticked(&self, name: &str) -> bool {
        self.get(name) == "true"
    }

    /// What is wrong with the field `name`, as a sentence.
    #[must_use]
    pub fn error(&self, name: &str) -> Option<String> {
        self.errors.on(name).map(sentence)
    }

    /// What describes the field `name`: its hint, if it has one, and what is wrong with it.
    #[must_use]
    pub fn described_by(&self, name: &str, hint: &str) -> Option<String> {
        let hint = (!hint.is_empty()).then(|| format!("{name}-hint"));
        let error = self.errors.on(name).map(|_| format!("{name}-error"));
        let ids: Vec<_> = [hint, error].into_iter().flatten().collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }

    /// Whether something is wrong.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        !self.errors.0.is_empty()
    }

    /// Whether something of this kind is wrong.
    #[must_use]
    pub fn is_refused_for(&self, kind: &str) -> bool {
        self.errors.any_of_kind(kind)
    }

    /// Whether the value of the field `name` looks wrong and can be confirmed, or was confirmed.
    #[must_use]
    pub fn is_asked(&self, name: &str) -> bool {
        let is_open = |it: &Fault| it.name() == name && it.kind == Some(Fault::IMPLAUSIBLE);
        self.is_confirmed(name) || self.errors.0.iter().any(is_open)
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

    /// Whether something is wrong with one of these fields.
    #[must_use]
    pub fn is_any_refused(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.errors.on(name).is_some())
    }

    /// Each field at fault, in the form's own order, with what is wrong; the form may lack some.
    #[must_use]
    pub fn faults(&self) -> Vec<&Fault> {
        let place = |fault: &&Fault| self.labels.iter().position(|it| it.0 == fault.name());
        let mut faults: Vec<_> = self.errors.0.iter().collect();
        faults.sort_by_key(|fault| place(fault).unwrap_or(usize::MAX));
        faults
    }
}

/// What is wrong, as a sentence of its own: `is required` → `This is required.`
#[must_use]
pub fn sentence(detail: &str) -> String {
    const BEGINNINGS: &[&str] =
        &["is ", "has ", "holds ", "contains ", "cannot ", "times ", "for "];
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
    use super::{Errors, Fault, Form, Sheet, sentence};

    #[test]
    fn what_is_wrong_is_told_in_sentences() {
        assert_eq!(sentence("is required"), "This is required.");
        assert_eq!(sentence("position 9: wrong"), "Position 9: wrong.");
        assert_eq!(sentence(""), ".");
    }

    #[test]
    fn a_sheet_tells_of_faults_in_the_forms_order() {
        let labels = &[("vin", "VIN"), ("year", "Year")];
        let fault = |name: &str| Fault::at(name, "is wrong");
        let errors = Errors(vec![fault("other"), fault("year"), fault("vin")]);
        let sheet = Sheet::again(labels, Form::default(), errors);
        let names: Vec<_> = sheet.faults().into_iter().map(Fault::name).collect();
        assert_eq!(names, ["vin", "year", "other"]);
        assert_eq!(sheet.described_by("vin", "17"), Some("vin-hint vin-error".to_owned()));
        assert_eq!(sheet.described_by("make", ""), None);
        assert_eq!(sheet.label("other"), "");
    }
}
