//! The output of `motovaultpro config show`.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::{
    Config, Origins,
    secret::{REDACTED, redact_url},
};

const ABOUT: &str = "\
# The settings that apply, each with its origin. This is a valid settings file, but settings with
# secrets are only comments: set them again.
";

/// Formats all settings as TOML. Values with a secret are comments, without the secret.
pub(super) fn show(config: &Config, origins: &Origins) -> serde_json::Result<String> {
    let mut text = ABOUT.to_owned();
    if let Value::Object(sections) = serde_json::to_value(config)? {
        table(&mut text, "", &sections, origins);
    }
    Ok(text)
}

/// Formats a section: its own settings first, then its subsections.
fn table(text: &mut String, path: &str, table_of: &Map<String, Value>, origins: &Origins) {
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    let is_section = |value: &Value| matches!(value, Value::Object(it) if !it.is_empty());
    let own: Vec<_> = table_of.iter().filter(|it| !is_section(it.1)).collect();
    if !own.is_empty() {
        let _ = writeln!(text, "\n[{path}]");
    }
    for (key, value) in own {
        // The file of a secret is printed with the secret.
        let is_secrets_file = key.strip_suffix("_file").is_some_and(|it| table_of.contains_key(it));
        if !is_secrets_file {
            setting(text, key, value, &below(key), origins);
        }
    }
    for (key, value) in table_of.iter().filter(|it| is_section(it.1)) {
        if let Value::Object(section) = value {
            table(text, &below(key), section, origins);
        }
    }
}

fn setting(text: &mut String, key: &str, value: &Value, path: &str, origins: &Origins) {
    let is_empty = matches!(value, Value::Object(_)) || value.is_null();
    if is_empty {
        let _ = writeln!(text, "# {key} is not set");
        return;
    }
    let shown = redacted(value);
    let is_secret = shown != *value || *value == REDACTED;
    let comment = if is_secret { "# " } else { "" };
    let origin = one_line(&origins.of(path).to_string());
    let _ = writeln!(text, "{comment}{key} = {} # {origin}", toml(&shown));
    if let Some((file, origin)) = origins.secret_file(path) {
        let file = toml(&Value::String(file.display().to_string()));
        let _ = writeln!(text, "{key}_file = {file} # {}", one_line(&origin.to_string()));
    }
}

/// The value without the secret parts of URLs.
fn redacted(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(redact_url(text)),
        Value::Array(items) => items.iter().map(redacted).collect(),
        other => other.clone(),
    }
}

/// A string, number, array or boolean as TOML, in one line. The syntax is that of JSON, but TOML
/// requires one more character to be escaped.
fn toml(value: &Value) -> String {
    value.to_string().replace('\u{7f}', "\\u007f")
}

/// Replaces characters that would end a comment.
fn one_line(text: &str) -> String {
    text.replace(char::is_control, " ")
}
