//! The description as a page, for reading: `/api/docs`.

use aide::openapi::OpenApi;
use askama::Template;
use serde_json::{Map, Value};

use super::{
    example::{Examples, curl, pretty},
    words::{Kind, kind, limits, plain, referred},
};
use crate::core::web::Layout;

/// The description as a page; `base` is where the service is reached.
#[must_use]
pub fn page(document: &OpenApi, base: &str) -> String {
    let document = serde_json::to_value(document).unwrap_or_default();
    let page = Docs {
        layout: Layout::new(None, "/api/docs"),
        doors: doors(&document),
        groups: groups(&document, base),
        schemas: schemas(&document),
    };
    page.render().unwrap_or_default()
}

#[derive(Template)]
#[template(path = "openapi/page.html")]
struct Docs {
    layout: Layout,
    doors: Vec<Door>,
    groups: Vec<Group>,
    schemas: Vec<Shape>,
}

/// A way to sign in.
struct Door {
    name: String,
    how: String,
    about: String,
}

/// The operations that belong together.
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
    about: String,
    /// The ways to sign in, if one has to.
    doors: Vec<String>,
    parameters: Vec<Member>,
    body: Option<Shape>,
    answers: Vec<Answer>,
    refusals: Vec<Answer>,
    curl: String,
    /// What the answer looks like, if it has a body.
    answer: Option<String>,
}

/// A parameter, or a member of a schema.
struct Member {
    name: String,
    /// For a parameter where it stands: `query`.
    place: String,
    kind: Kind,
    is_required: bool,
    about: String,
    limits: Vec<String>,
}

/// What one status means.
struct Answer {
    status: String,
    about: String,
    kind: Option<Kind>,
    headers: Vec<(String, String)>,
}

/// A schema.
struct Shape {
    name: String,
    about: String,
    members: Vec<Member>,
    /// Of a schema that is one of several texts, each with what it means.
    choices: Vec<(String, String)>,
}

impl Answer {
    /// The status's first digit.
    fn class(&self) -> &str {
        self.status.get(..1).unwrap_or_default()
    }
}

fn doors(document: &Value) -> Vec<Door> {
    let schemes = document["components"]["securitySchemes"].as_object();
    let door = |(name, scheme): (&String, &Value)| {
        let how = match scheme["type"].as_str() {
            Some("apiKey") => format!("{} {}", plain(&scheme["in"]), plain(&scheme["name"])),
            Some("http") => format!("Authorization: {}", plain(&scheme["scheme"])),
            _ => plain(&scheme["type"]),
        };
        Door { name: name.clone(), how, about: text(scheme, "description") }
    };
    schemes.into_iter().flatten().map(door).collect()
}

/// The operations by their first tag, in the order of the document.
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
    let mut doors: Vec<String> =
        list("security").iter().filter_map(Value::as_object).flat_map(Map::keys).cloned().collect();
    doors.dedup();
    let schema = schema_of(&described["requestBody"]);
    let all = described["responses"].as_object().into_iter().flatten();
    let (answers, refusals): (Vec<_>, Vec<_>) = all
        .map(|(status, it)| answer(document, status, it))
        .partition(|it| it.status.starts_with('2'));
    let answered = described["responses"].as_object().into_iter().flatten();
    let answered = answered.filter(|it| it.0.starts_with('2')).find_map(|it| schema_of(it.1));
    let body = schema.map(|it| examples.body(it));
    Operation {
        id: text(described, "operationId"),
        method: method.to_owned(),
        path: path.to_owned(),
        summary: text(described, "summary"),
        about: text(described, "description"),
        parameters: list("parameters").iter().map(parameter).collect(),
        body: schema.map(|it| shape(document, it)),
        answers,
        refusals,
        curl: curl(base, method, path, !doors.is_empty(), body.as_ref()),
        answer: answered.map(|it| pretty(&examples.answer(it))),
        doors,
    }
}

fn parameter(described: &Value) -> Member {
    let schema = &described["schema"];
    Member {
        name: text(described, "name"),
        place: text(described, "in"),
        kind: kind(schema),
        is_required: described["required"] == true,
        about: text(described, "description"),
        limits: limits(schema),
    }
}

fn answer(document: &Value, status: &str, described: &Value) -> Answer {
    let shared = referred(described).map(|name| &document["components"]["responses"][name]);
    let described = shared.unwrap_or(described);
    let headers = described["headers"].as_object().into_iter().flatten();
    Answer {
        status: status.to_owned(),
        about: text(described, "description").trim_end_matches('.').to_owned(),
        kind: schema_of(described).map(kind),
        headers: headers.map(|(name, it)| (name.clone(), text(it, "description"))).collect(),
    }
}

/// The schema of what a request or an answer holds, whatever its media type.
fn schema_of(described: &Value) -> Option<&Value> {
    described["content"].as_object()?.values().next()?.get("schema")
}

fn shape(document: &Value, schema: &Value) -> Shape {
    let name = referred(schema).unwrap_or_default().to_owned();
    let schema = if name.is_empty() { schema } else { &document["components"]["schemas"][&name] };
    let is_required = |name: &str| {
        schema["required"].as_array().is_some_and(|all| all.iter().any(|it| it == name))
    };
    let member = |(name, member): (&String, &Value)| Member {
        name: name.clone(),
        place: String::new(),
        kind: kind(member),
        is_required: is_required(name),
        about: text(member, "description"),
        limits: limits(member),
    };
    let choices = schema["oneOf"].as_array().into_iter().flatten();
    Shape {
        name,
        about: text(schema, "description"),
        members: schema["properties"].as_object().into_iter().flatten().map(member).collect(),
        choices: choices.map(|it| (plain(&it["const"]), text(it, "description"))).collect(),
    }
}

fn schemas(document: &Value) -> Vec<Shape> {
    let named = |(name, _): (&String, &Value)| {
        shape(document, &serde_json::json!({ "$ref": format!("#/components/schemas/{name}") }))
    };
    document["components"]["schemas"].as_object().into_iter().flatten().map(named).collect()
}

/// A member that is a text, or nothing.
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

    /// What stands between each `before` and the `"` after it.
    fn all<'a>(page: &'a str, before: &str) -> Vec<&'a str> {
        page.split(before).skip(1).filter_map(|it| it.split('"').next()).collect()
    }

    #[test]
    fn every_operation_and_every_schema_is_on_the_page() {
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
    fn every_link_on_the_page_leads_somewhere() {
        let (_, page) = read();
        let ids = all(&page, " id=\"");
        let names: BTreeSet<_> = ids.iter().copied().collect();
        assert_eq!(names.len(), ids.len(), "an id is there twice");
        for target in all(&page, "href=\"#") {
            assert!(names.contains(target), "#{target} leads nowhere");
        }
    }

    #[test]
    fn nothing_on_the_page_is_inline_or_from_elsewhere() {
        let (_, page) = read();
        for unwanted in ["<script", "<style", " style=", " onclick=", " onload=", "javascript:"] {
            assert!(!page.contains(unwanted), "{unwanted}");
        }
        for target in all(&page, "href=\"").into_iter().chain(all(&page, "src=\"")) {
            assert!(target.starts_with(['/', '#']) && !target.starts_with("//"), "{target}");
        }
    }
}
