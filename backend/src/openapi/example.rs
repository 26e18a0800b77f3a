//! Requests as one types them, and answers as they look: made from the schemas.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::words::referred;

/// How deep schemas are followed.
const DEEPEST: usize = 4;

/// Where examples come from: the schemas, and every member that has an example of its own.
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

    /// A body to send: what is required, and what there is an example of.
    pub(super) fn body(&self, schema: &Value) -> Value {
        let schema = self.resolve(schema);
        let is_required = |name: &str| {
            schema["required"].as_array().is_some_and(|all| all.iter().any(|it| it == name))
        };
        let mut members = Map::new();
        for (name, member) in schema["properties"].as_object().into_iter().flatten() {
            if is_required(name) || self.members.contains_key(name.as_str()) {
                members.insert(name.clone(), self.value(name, member, DEEPEST));
            }
        }
        if members.is_empty() {
            // Nothing has to be there: the first member shows how.
            let first = schema["properties"].as_object().and_then(|all| all.iter().next());
            members.extend(first.map(|(name, it)| (name.clone(), self.value(name, it, DEEPEST))));
        }
        Value::Object(members)
    }

    /// An answer, with all its members.
    pub(super) fn answer(&self, schema: &Value) -> Value {
        self.value("", schema, DEEPEST)
    }

    fn resolve(&self, schema: &'a Value) -> &'a Value {
        referred(schema).map_or(schema, |name| &self.schemas[name])
    }

    fn value(&self, name: &str, schema: &'a Value, deep: usize) -> Value {
        let schema = self.resolve(schema);
        if let Some(own) = schema["examples"].get(0).or_else(|| self.members.get(name).copied()) {
            return own.clone();
        }
        if let Some(first) = schema["enum"].get(0).or_else(|| schema["oneOf"][0].get("const")) {
            return first.clone();
        }
        if let Some(choices) = schema["anyOf"].as_array() {
            return choices.first().map_or(Value::Null, |it| self.value(name, it, deep));
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
            ("array", _) if deep > 0 => json!([self.value("", &schema["items"], deep - 1)]),
            ("array", _) => json!([]),
            ("object", _) if deep > 0 => {
                let members = schema["properties"].as_object().into_iter().flatten();
                members.map(|(name, it)| (name.clone(), self.value(name, it, deep - 1))).collect()
            }
            _ => json!({}),
        }
    }
}

/// The request as one types it into a shell.
pub(super) fn curl(
    base: &str,
    method: &str,
    path: &str,
    signed: bool,
    body: Option<&Value>,
) -> String {
    let method = method.to_uppercase();
    let mut lines = vec![format!("curl '{base}{path}'")];
    if method != "GET" {
        lines.push(format!("-X {method}"));
    }
    if signed {
        lines.push("-H \"Authorization: Bearer $TOKEN\"".to_owned());
    }
    if let Some(body) = body {
        lines.push("-H 'Content-Type: application/json'".to_owned());
        lines.push(format!("-d '{}'", pretty(body).replace('\'', "'\\''")));
    }
    lines.join(" \\\n  ")
}

/// JSON as one reads it.
pub(super) fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Examples, curl};

    #[test]
    fn an_example_holds_what_is_required_and_what_has_an_example() {
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
            examples.answer(&reference("Made")),
            json!({
                "vin": "1HGCM82633A004352",
                "all": [{ "id": id, "vin": "1HGCM82633A004352", "notes": null }],
            })
        );
    }

    #[test]
    fn a_request_survives_the_shell() {
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
