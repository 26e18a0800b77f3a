//! Describes schemas in plain text.

use serde_json::Value;

/// The description of a type, with a link to a named schema.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Kind {
    /// Text before the name, such as `list of `.
    pub before: &'static str,
    /// The type's or the schema's name.
    pub name: String,
    /// Whether the name is a schema on the page.
    pub is_schema: bool,
    /// Text after the name, such as ` or null`.
    pub after: &'static str,
}

/// The name of the schema in a `$ref`.
pub(super) fn reference_name(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str().and_then(|it| it.rsplit('/').next())
}

/// The type that a schema describes.
pub(super) fn kind(schema: &Value) -> Kind {
    if let Some(name) = reference_name(schema) {
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
        (Some("string"), Some("email")) => "email address",
        (Some("string"), Some("password")) => "password",
        (Some("string"), _) => "string",
        (Some("integer"), _) => "integer",
        (Some("number"), _) => "decimal",
        (Some("boolean"), _) => "boolean",
        (Some("object"), _) => "object",
        _ => "any value",
    };
    Kind { name: name.to_owned(), after, ..Kind::default() }
}

/// The constraints on a value: its length, range, choices and pattern; and its default.
pub(super) fn limits(schema: &Value) -> Vec<String> {
    let given = |name: &str| schema.get(name).map(plain);
    let between = |least: Option<String>, most: Option<String>, unit: &str| match (least, most) {
        (Some(least), Some(most)) => Some(format!("{least} to {most}{unit}")),
        (Some(least), None) => Some(format!("at least {least}{unit}")),
        (None, Some(most)) => Some(format!("at most {most}{unit}")),
        (None, None) => None,
    };
    let length = between(given("minLength"), given("maxLength"), " characters");
    let range = match given("exclusiveMinimum") {
        Some(least) => {
            let most = given("maximum").map(|most| format!(", at most {most}"));
            Some(format!("more than {least}{}", most.unwrap_or_default()))
        }
        // The range of an integer type is not a meaningful limit.
        None if schema["format"].as_str().is_some_and(|it| it.starts_with("uint")) => None,
        None => between(given("minimum"), given("maximum"), ""),
    };
    let choices = schema["enum"].as_array().map(|all| {
        let all: Vec<_> = all.iter().filter(|it| !it.is_null()).map(plain).collect();
        format!("one of {}", all.join(", "))
    });
    // The patterns of plain strings only exclude control characters, those of decimals only allow strings.
    let is_plain = schema["type"][0] == "number" || schema.get("maxLength").is_some();
    let pattern = given("pattern").filter(|_| !is_plain).map(|it| format!("matches {it}"));
    let default = given("default").map(|it| format!("default {it}"));
    [length, range, choices, pattern, default].into_iter().flatten().collect()
}

/// Splits a text at backquotes; each part says whether it is code.
pub(super) fn prose(text: &str) -> impl Iterator<Item = (bool, &str)> {
    text.split('`').enumerate().map(|(nth, part)| (nth % 2 == 1, part))
}

/// A value as text, strings without quotes.
pub(super) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{kind, limits};

    fn describe(schema: &serde_json::Value) -> String {
        let kind = kind(schema);
        format!("{}{}{}; {}", kind.before, kind.name, kind.after, limits(schema).join("; "))
    }

    #[test]
    fn schemas_are_described_in_text() {
        let schema = json!({ "type": ["string", "null"], "minLength": 1, "maxLength": 50 });
        assert_eq!(describe(&schema), "string or null; 1 to 50 characters");
        let schema = json!({ "type": "array", "items": { "$ref": "#/components/schemas/Fault" } });
        assert_eq!(describe(&schema), "list of Fault; ");
        let schema = json!({ "anyOf": [{ "$ref": "#/components/schemas/A" }, { "type": "null" }] });
        assert_eq!(describe(&schema), "A or null; ");
        let schema =
            json!({ "type": ["number", "string"], "exclusiveMinimum": 0, "maximum": 9.999 });
        assert_eq!(describe(&schema), "decimal; more than 0, at most 9.999");
        let schema = json!({ "type": "integer", "minimum": 1, "maximum": 500, "default": 100 });
        assert_eq!(describe(&schema), "integer; 1 to 500; default 100");
        let schema = json!({ "type": "string", "enum": ["mi", "km"] });
        assert_eq!(describe(&schema), "string; one of mi, km");
        let schema = json!({ "type": "integer", "format": "uint16", "maximum": 65535 });
        assert_eq!(describe(&schema), "integer; ");
    }
}
