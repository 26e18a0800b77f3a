//! Generates example requests and responses from the schemas.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::schema_text::reference_name;

/// Maximum nesting depth of examples.
const MAX_DEPTH: usize = 4;

/// The sources of examples: the schemas, and every property with its own example.
pub(super) struct Examples<'a> {
    schemas: &'a Value,
    members: BTreeMap<&'a str, &'a Value>,
}

impl<'a> Examples<'a> {
    pub(super) fn new(document: &'a Value) -> Self {
        let schemas = &document["components"]["schemas"];
        let mut members = BTreeMap::new();
        for schema in schemas.as_object().into_iter().flat_map(Map::values) {
            for (name, member) in schema["properties"].as_object().into_iter().flatten() {
                if let Some(example) = member["examples"].get(0) {
                    members.entry(name.as_str()).or_insert(example);
                }
            }
        }
        Self { schemas, members }
    }

    /// A request body with the required properties, and those that have an example.
    pub(super) fn body(&self, schema: &Value) -> Value {
        let schema = self.resolve(schema);
        let is_required = |name: &str| {
            schema["required"].as_array().is_some_and(|all| all.iter().any(|it| it == name))
        };
        let mut members = Map::new();
        for (name, member) in schema["properties"].as_object().into_iter().flatten() {
            if is_required(name) || self.members.contains_key(name.as_str()) {
                members.insert(name.clone(), self.value(name, member, MAX_DEPTH));
            }
        }
        if members.is_empty() {
            // No property is required: use the first one.
            let first = schema["properties"].as_object().and_then(|all| all.iter().next());
            members.extend(first.map(|(name, it)| (name.clone(), self.value(name, it, MAX_DEPTH))));
        }
        Value::Object(members)
    }

    /// A response body with all properties.
    pub(super) fn response(&self, schema: &Value) -> Value {
        self.value("", schema, MAX_DEPTH)
    }

    fn resolve(&self, schema: &'a Value) -> &'a Value {
        reference_name(schema).map_or(schema, |name| &self.schemas[name])
    }

    fn value(&self, name: &str, schema: &'a Value, depth: usize) -> Value {
        let schema = self.resolve(schema);
        if let Some(own) = schema["examples"].get(0).or_else(|| self.members.get(name).copied()) {
            return own.clone();
        }
        if let Some(first) = schema["enum"].get(0).or_else(|| schema["oneOf"][0].get("const")) {
            return first.clone();
        }
        if let Some(choices) = schema["anyOf"].as_array() {
            return choices.first().map_or(Value::Null, |it| self.value(name, it, depth));
        }
        let (kind, is_nullable) = match &schema["type"] {
            Value::Array(kinds) => (&kinds[0], kinds.iter().any(|it| it == "null")),
            one => (one, false),
        };
        match (kind.as_str().unwrap_or_default(), schema["format"].as_str().unwrap_or_default()) {
            _ if is_nullable => Value::Null,
            ("string", "uuid") => json!("019c0f4e-7a31-7c52-9d0b-3f6a2e81b4d7"),
            ("string", "date") => json!("2026-01-31"),
            ("string", "date-time") => json!("2026-01-31T12:00:00.123456Z"),
            ("string", "password") => json!("correct horse battery"),
            ("string", _) => json!("…"),
            ("integer", _) => schema.get("minimum").cloned().unwrap_or(json!(1)),
            ("number", _) => json!(12.5),
            ("boolean", _) => json!(true),
            ("array", _) if depth > 0 => json!([self.value("", &schema["items"], depth - 1)]),
            ("array", _) => json!([]),
            ("object", _) if depth > 0 => {
                let members = schema["properties"].as_object().into_iter().flatten();
                members.map(|(name, it)| (name.clone(), self.value(name, it, depth - 1))).collect()
            }
            _ => json!({}),
        }
    }
}

/// The request as a `curl` command.
pub(super) fn curl(
    base: &str,
    method: &str,
    path: &str,
    is_authenticated: bool,
    body: Option<&Value>,
) -> String {
    let method = method.to_uppercase();
    let mut lines = vec![format!("curl '{base}{path}'")];
    if method != "GET" {
        lines.push(format!("-X {method}"));
    }
    if is_authenticated {
        lines.push("-H \"Authorization: Bearer $TOKEN\"".to_owned());
    }
    if let Some(body) = body {
        lines.push("-H 'Content-Type: application/json'".to_owned());
        lines.push(format!("-d '{}'", pretty(body).replace('\'', "'\\''")));
    }
    lines.join(" \\\n  ")
}

/// Indented JSON.
pub(super) fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Examples, curl};

    #[test]
    fn an_example_contains_required_properties_and_those_with_examples() {
        let document = json!({ "components": { "schemas": {
            "New": {
                "type": "object",
                "required": ["id"],
                "properties": {
                    "id": { "type": "string", "format": "uuid" },
                    "vin": { "type": "string", "examples": ["1HGCM82633A004352"] },
                    "notes": { "type": ["string", "null"] },
                },
            },
            "Made": {
                "type": "object",
                "properties": {
                    "vin": { "type": "string" },
                    "all": { "type": "array", "items": { "$ref": "#/components/schemas/New" } },
                },
            },
        } } });
        let examples = Examples::new(&document);
        let id = "019c0f4e-7a31-7c52-9d0b-3f6a2e81b4d7";
        let reference = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
        assert_eq!(
            examples.body(&reference("New")),
            json!({ "id": id, "vin": "1HGCM82633A004352" })
        );
        assert_eq!(
            examples.response(&reference("Made")),
            json!({
                "vin": "1HGCM82633A004352",
                "all": [{ "id": id, "vin": "1HGCM82633A004352", "notes": null }],
            })
        );
    }

    #[test]
    fn quotes_are_escaped_in_curl_commands() {
        let body = json!({ "make": "L'Auto" });
        assert_eq!(
            curl("http://cars.test", "post", "/api/vehicles", true, Some(&body)),
            "curl 'http://cars.test/api/vehicles' \\\n  \
             -X POST \\\n  \
             -H \"Authorization: Bearer $TOKEN\" \\\n  \
             -H 'Content-Type: application/json' \\\n  \
             -d '{\n  \"make\": \"L'\\''Auto\"\n}'"
        );
    }
}
