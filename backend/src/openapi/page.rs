//! Renders the OpenAPI document as a page: `/api/docs`.

use aide::openapi::OpenApi;
use askama::Template;
use serde_json::{Map, Value};

use super::{
    examples::{Examples, curl, pretty},
    schema_text::{Kind, kind, limits, plain, reference_name},
};
use crate::core::web::Layout;

/// Renders the document as HTML. `base` is the URL of the service.
#[must_use]
pub fn page(document: &OpenApi, base: &str) -> String {
    let document = serde_json::to_value(document).unwrap_or_default();
    let page = Docs {
        layout: Layout::new(None, "/api/docs"),
        auth_schemes: auth_schemes(&document),
        groups: groups(&document, base),
        schemas: schemas(&document),
    };
    page.render().unwrap_or_default()
}

#[derive(Template)]
#[template(path = "openapi/page.html")]
struct Docs {
    layout: Layout,
    auth_schemes: Vec<AuthScheme>,
    groups: Vec<Group>,
    schemas: Vec<SchemaView>,
}

/// A security scheme.
struct AuthScheme {
    name: String,
    how: String,
    description: String,
}

/// The operations with the same tag.
struct Group {
    name: String,
    id: String,
    operations: Vec<Operation>,
}

/// One operation.
struct Operation {
    id: String,
    method: String,
    path: String,
    summary: String,
    description: String,
    /// The names of the security schemes that the operation accepts.
    auth_schemes: Vec<String>,
    parameters: Vec<Field>,
    body: Option<SchemaView>,
    responses: Vec<ResponseView>,
    errors: Vec<ResponseView>,
    curl: String,
    /// An example of the response body, if there is one.
    response: Option<String>,
}

/// A parameter, or a property of a schema.
struct Field {
    name: String,
    /// The location of a parameter, such as `query`.
    location: String,
    kind: Kind,
    is_required: bool,
    description: String,
    limits: Vec<String>,
}

/// The response with one status.
struct ResponseView {
    status: String,
    description: String,
    kind: Option<Kind>,
    headers: Vec<(String, String)>,
}

/// A schema.
struct SchemaView {
    name: String,
    description: String,
    members: Vec<Field>,
    /// The allowed values of an enumeration, each with its description.
    choices: Vec<(String, String)>,
}

impl ResponseView {
    /// The status's first digit.
    fn class(&self) -> &str {
        self.status.get(..1).unwrap_or_default()
    }
}

fn auth_schemes(document: &Value) -> Vec<AuthScheme> {
    let schemes = document["components"]["securitySchemes"].as_object();
    let scheme = |(name, scheme): (&String, &Value)| {
        let how = match scheme["type"].as_str() {
            Some("apiKey") => format!("{} {}", plain(&scheme["in"]), plain(&scheme["name"])),
            Some("http") => format!("Authorization: {}", plain(&scheme["scheme"])),
            _ => plain(&scheme["type"]),
        };
        AuthScheme { name: name.clone(), how, description: text(scheme, "description") }
    };
    schemes.into_iter().flatten().map(scheme).collect()
}

/// Groups the operations by their first tag, in the order of the document.
fn groups(document: &Value, base: &str) -> Vec<Group> {
    let examples = Examples::new(document);
    let mut groups: Vec<Group> = Vec::new();
    for (path, methods) in document["paths"].as_object().into_iter().flatten() {
        for method in ["get", "post", "put", "patch", "delete"] {
            let Some(described) = methods.get(method) else { continue };
            let operation = operation(document, &examples, base, (method, path), described);
            let name = described["tags"].get(0).map_or("Other".to_owned(), plain);
            if let Some(group) = groups.iter_mut().find(|it| it.name == name) {
                group.operations.push(operation);
            } else {
                let id = format!("tag-{}", name.to_lowercase().replace(' ', "-"));
                groups.push(Group { name, id, operations: vec![operation] });
            }
        }
    }
    groups.sort_by(|one, other| one.name.cmp(&other.name));
    groups
}

fn operation(
    document: &Value,
    examples: &Examples<'_>,
    base: &str,
    (method, path): (&str, &str),
    described: &Value,
) -> Operation {
    let list = |name: &str| described[name].as_array().cloned().unwrap_or_default();
    let mut auth_schemes: Vec<String> =
        list("security").iter().filter_map(Value::as_object).flat_map(Map::keys).cloned().collect();
    auth_schemes.dedup();
    let schema = schema_of(&described["requestBody"]);
    let all = described["responses"].as_object().into_iter().flatten();
    let (responses, errors): (Vec<_>, Vec<_>) = all
        .map(|(status, it)| response(document, status, it))
        .partition(|it| it.status.starts_with('2'));
    let answered = described["responses"].as_object().into_iter().flatten();
    let answered = answered.filter(|it| it.0.starts_with('2')).find_map(|it| schema_of(it.1));
    let body = schema.map(|it| examples.body(it));
    Operation {
        id: text(described, "operationId"),
        method: method.to_owned(),
        path: path.to_owned(),
        summary: text(described, "summary"),
        description: text(described, "description"),
        parameters: list("parameters").iter().map(parameter).collect(),
        body: schema.map(|it| schema_view(document, it)),
        responses,
        errors,
        curl: curl(base, method, path, !auth_schemes.is_empty(), body.as_ref()),
        response: answered.map(|it| pretty(&examples.response(it))),
        auth_schemes,
    }
}

fn parameter(described: &Value) -> Field {
    let schema = &described["schema"];
    Field {
        name: text(described, "name"),
        location: text(described, "in"),
        kind: kind(schema),
        is_required: described["required"] == true,
        description: text(described, "description"),
        limits: limits(schema),
    }
}

fn response(document: &Value, status: &str, described: &Value) -> ResponseView {
    let shared = reference_name(described).map(|name| &document["components"]["responses"][name]);
    let described = shared.unwrap_or(described);
    let headers = described["headers"].as_object().into_iter().flatten();
    ResponseView {
        status: status.to_owned(),
        description: text(described, "description").trim_end_matches('.').to_owned(),
        kind: schema_of(described).map(kind),
        headers: headers.map(|(name, it)| (name.clone(), text(it, "description"))).collect(),
    }
}

/// The schema of the first media type of a request or response.
fn schema_of(described: &Value) -> Option<&Value> {
    described["content"].as_object()?.values().next()?.get("schema")
}

fn schema_view(document: &Value, schema: &Value) -> SchemaView {
    let name = reference_name(schema).unwrap_or_default().to_owned();
    let schema = if name.is_empty() { schema } else { &document["components"]["schemas"][&name] };
    let is_required = |name: &str| {
        schema["required"].as_array().is_some_and(|all| all.iter().any(|it| it == name))
    };
    let member = |(name, member): (&String, &Value)| Field {
        name: name.clone(),
        location: String::new(),
        kind: kind(member),
        is_required: is_required(name),
        description: text(member, "description"),
        limits: limits(member),
    };
    let choices = schema["oneOf"].as_array().into_iter().flatten();
    SchemaView {
        name,
        description: text(schema, "description"),
        members: schema["properties"].as_object().into_iter().flatten().map(member).collect(),
        choices: choices.map(|it| (plain(&it["const"]), text(it, "description"))).collect(),
    }
}

fn schemas(document: &Value) -> Vec<SchemaView> {
    let named = |(name, _): (&String, &Value)| {
        schema_view(
            document,
            &serde_json::json!({ "$ref": format!("#/components/schemas/{name}") }),
        )
    };
    document["components"]["schemas"].as_object().into_iter().flatten().map(named).collect()
}

/// A string member, or an empty string.
fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Value, page, plain};

    fn read() -> (Value, String) {
        let document = crate::openapi::api().1;
        let text = page(&document, "http://cars.test");
        (serde_json::to_value(document).unwrap(), text)
    }

    /// The texts between each `before` and the next `"`.
    fn all<'a>(page: &'a str, before: &str) -> Vec<&'a str> {
        page.split(before).skip(1).filter_map(|it| it.split('"').next()).collect()
    }

    #[test]
    fn the_page_lists_every_operation_and_schema() {
        let (document, page) = read();
        let mut count = 0;
        for (path, methods) in document["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                let (id, summary) =
                    (plain(&operation["operationId"]), plain(&operation["summary"]));
                let (_, card) = page
                    .split_once(&format!("<article class=\"card operation\" id=\"{id}\""))
                    .unwrap();
                let (card, _) = card.split_once("</article>").unwrap();
                assert!(card.contains(&summary.replace('\'', "&#39;")), "{id}");
                assert!(card.contains(&format!("{method}</span> <code>{path}</code>")), "{id}");
                assert!(card.contains(&format!("http://cars.test{path}")), "{id}");
                for parameter in operation["parameters"].as_array().into_iter().flatten() {
                    let name = plain(&parameter["name"]);
                    assert!(card.contains(&format!("<code>{name}</code>")), "{id}: {name}");
                }
                for status in operation["responses"].as_object().unwrap().keys() {
                    assert!(card.contains(&format!("\">{status}</b>")), "{id}: {status}");
                }
                count += 1;
            }
        }
        assert!(count >= 19, "{count} operations");
        for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
            let (_, card) = page.split_once(&format!("id=\"schema-{name}\"")).unwrap();
            let (card, _) = card.split_once("</article>").unwrap();
            for member in schema["properties"].as_object().into_iter().flatten() {
                assert!(card.contains(&format!("<code>{}</code>", member.0)), "{name}");
            }
        }
    }

    #[test]
    fn every_link_on_the_page_has_a_target() {
        let (_, page) = read();
        let ids = all(&page, " id=\"");
        let names: BTreeSet<_> = ids.iter().copied().collect();
        assert_eq!(names.len(), ids.len(), "an id appears more than once");
        for target in all(&page, "href=\"#") {
            assert!(names.contains(target), "#{target} does not exist");
        }
    }

    #[test]
    fn the_page_has_no_inline_code_and_no_external_resources() {
        let (_, page) = read();
        for unwanted in ["<script", "<style", " style=", " onclick=", " onload=", "javascript:"] {
            assert!(!page.contains(unwanted), "{unwanted}");
        }
        for target in all(&page, "href=\"").into_iter().chain(all(&page, "src=\"")) {
            assert!(target.starts_with(['/', '#']) && !target.starts_with("//"), "{target}");
        }
    }
}
