//! What a schema says, in a few words.

use serde_json::Value;

/// A type in words, with a link to the schema that it names.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Kind {
    /// Before the name: `list of `.
    pub before: &'static str,
    /// The type's or the schema's name.
    pub name: String,
    /// Whether the name is that of a schema on the page.
    pub is_schema: bool,
    /// After the name: ` or null`.
    pub after: &'static str,
}

/// The name of the schema that a reference leads to.
pub(super) fn referred(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str().and_then(|it| it.rsplit('/').next())
}

/// The type that a schema describes.
pub(super) fn kind(schema: &Value) -> Kind {
    if let Some(name) = referred(schema) {
        return Kind { name: name.to_owned(), is_schema: true, ..Kind::default() };
    }
    if let (Some(choices), None) = (schema["anyOf"].as_array(), schema.get("type")) {
        let is_null = |it: &&Value| it["type"] == "null";
        let or_null = if choices.iter().any(|it| is_null(&it)) { " or null" } else { "" };
        let some = choices.iter().find(|it| !is_null(it)).map(kind).unwrap_or_default();
        return Kind { after: or_null, ..some };
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    };
    let after = if types.contains(&"null") { " or null" } else { "" };
    if types.contains(&"array") {
        return Kind { before: "list of ", after, ..kind(&schema["items"]) };
    }
    let name = match (types.first().copied(), schema["format"].as_str()) {
        (Some("string"), Some("uuid")) => "id",
        (Some("string"), Some("date")) => "date",
        (Some("string"), Some("date-time")) => "time",
        (Some("string"), Some("email")) => "e-mail address",
        (Some("string"), Some("password")) => "password",
        (Some("string"), _) => "text",
        (Some("integer"), _) => "whole number",
        (Some("number"), _) => "decimal",
        (Some("boolean"), _) => "true or false",
        (Some("object"), _) => "object",
        _ => "any value",
    };
    Kind { name: name.to_owned(), after, ..Kind::default() }
}

/// What else a value has to be: its length, its range, its pattern, its default.
pub(super) fn limits(schema: &Value) -> Vec<String> {
    let given = |name: &str| schema.get(name).map(plain);
    let between = |least: Option<String>, most: Option<String>, unit: &str| match (least, most) {
        (Some(least), Some(most)) => Some(format!("{least} to {most}{unit}")),
        (Some(least), None) => Some(format!("{least}{unit} at least")),
        (None, Some(most)) => Some(format!("{most}{unit} at most")),
        (None, None) => None,
    };
    let length = between(given("minLength"), given("maxLength"), " characters");
    let range = match given("exclusiveMinimum") {
        Some(least) => {
            let most = given("maximum").map(|most| format!(", {most} at most"));
            Some(format!("more than {least}{}", most.unwrap_or_default()))
        }
        // What a machine's word holds limits nothing that anybody would send.
        None if schema["format"].as_str().is_some_and(|it| it.starts_with("uint")) => None,
        None => between(given("minimum"), given("maximum"), ""),
    };
    let choices = schema["enum"].as_array().map(|all| {
        let all: Vec<_> = all.iter().filter(|it| !it.is_null()).map(plain).collect();
        format!("one of {}", all.join(", "))
    });
    // A text's pattern says which characters it has not; a decimal's, that it may be one as well.
    let is_plain = schema["type"][0] == "number" || schema.get("maxLength").is_some();
    let pattern = given("pattern").filter(|_| !is_plain).map(|it| format!("matches {it}"));
    let unless = given("default").map(|it| format!("{it} unless said"));
    [length, range, choices, pattern, unless].into_iter().flatten().collect()
}

/// The parts of a text, each with whether it stood between backquotes.
pub(super) fn prose(text: &str) -> impl Iterator<Item = (bool, &str)> {
    text.split('`').enumerate().map(|(nth, part)| (nth % 2 == 1, part))
}

/// A value as one reads it: texts without quotes.
pub(super) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{kind, limits};

    fn told(schema: &serde_json::Value) -> String {
        let kind = kind(schema);
        format!("{}{}{}; {}", kind.before, kind.name, kind.after, limits(schema).join("; "))
    }

    #[test]
    fn a_schema_is_told_in_words() {
        let schema = json!({ "type": ["string", "null"], "minLength": 1, "maxLength": 50 });
        assert_eq!(told(&schema), "text or null; 1 to 50 characters");
        let schema = json!({ "type": "array", "items": { "$ref": "#/components/schemas/Fault" } });
        assert_eq!(told(&schema), "list of Fault; ");
        let schema = json!({ "anyOf": [{ "$ref": "#/components/schemas/A" }, { "type": "null" }] });
        assert_eq!(told(&schema), "A or null; ");
        let schema =
            json!({ "type": ["number", "string"], "exclusiveMinimum": 0, "maximum": 9.999 });
        assert_eq!(told(&schema), "decimal; more than 0, 9.999 at most");
        let schema = json!({ "type": "integer", "minimum": 1, "maximum": 500, "default": 100 });
        assert_eq!(told(&schema), "whole number; 1 to 500; 100 unless said");
        let schema = json!({ "type": "string", "enum": ["mi", "km"] });
        assert_eq!(told(&schema), "text; one of mi, km");
        let schema = json!({ "type": "integer", "format": "uint16", "maximum": 65535 });
        assert_eq!(told(&schema), "whole number; ");
    }
}
