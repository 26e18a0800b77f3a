//! Tests the OpenAPI document.
#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

use serde_json::Value;

fn document() -> Value {
    serde_json::from_str(&motovaultpro::openapi::text(&motovaultpro::openapi::api().1)).unwrap()
}

#[test]
fn the_document_matches_its_snapshot() {
    insta::assert_json_snapshot!(document());
}

#[test]
fn every_reference_resolves() {
    fn walk(value: &Value, root: &Value) {
        match value {
            Value::Object(members) => {
                if let Some(Value::String(reference)) = members.get("$ref") {
                    let pointer = reference.strip_prefix('#').unwrap();
                    assert!(root.pointer(pointer).is_some(), "{reference} does not resolve");
                }
                members.values().for_each(|it| walk(it, root));
            }
            Value::Array(items) => items.iter().for_each(|it| walk(it, root)),
            _ => {}
        }
    }
    let document = document();
    walk(&document, &document);
}

#[test]
fn every_operation_is_named_and_documents_its_responses() {
    let document = document();
    let paths = document["paths"].as_object().unwrap();
    assert!(paths.len() >= 11, "{:?}", paths.keys());
    let mut names = std::collections::BTreeSet::new();
    for (path, operations) in paths {
        assert!(path.starts_with("/api/"), "{path}");
        for (method, operation) in operations.as_object().unwrap() {
            let name = operation["operationId"].as_str().unwrap();
            assert!(names.insert(name.to_owned()), "{name} appears more than once");
            assert!(!operation["summary"].as_str().unwrap().is_empty());
            let responses = operation["responses"].as_object().unwrap();
            assert!(
                responses.keys().any(|it| it.starts_with('2')),
                "{method} {path}: {responses:?}"
            );
            let refused = responses.keys().filter(|it| !it.starts_with('2'));
            for status in refused.filter(|_| path != "/api/health") {
                let refusal = responses[status]["$ref"].as_str().unwrap_or_default();
                let refusal = document.pointer(refusal.trim_start_matches('#')).unwrap();
                let content = &refusal["content"]["application/problem+json"];
                assert!(content.is_object(), "{method} {path} {status}: {refusal}");
            }
            // Every possible status is documented; `default` is not used.
            let wanted = [
                ("401", !operation["security"].is_null()),
                ("403", method != "get"),
                ("404", path.contains("{id}")),
                ("409", names_a_header(operation, "Idempotency-Key")),
                ("412", names_a_header(operation, "If-Match")),
                ("415", !operation["requestBody"].is_null()),
                ("429", true),
                ("503", true),
            ];
            for (status, wanted) in wanted {
                let is_there = responses.contains_key(status);
                assert!(is_there || !wanted, "{method} {path} does not describe {status}");
            }
            assert!(!responses.contains_key("default"), "{method} {path}: {responses:?}");
        }
    }
}

fn names_a_header(operation: &Value, name: &str) -> bool {
    let parameters = operation["parameters"].as_array();
    parameters.is_some_and(|all| all.iter().any(|it| it["name"] == name))
}
