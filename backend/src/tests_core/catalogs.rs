//! The catalogs and the code name the same messages.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use fluent_bundle::FluentResource;
use fluent_syntax::ast::{
    CallArguments, Entry, Expression, InlineExpression, Pattern, PatternElement,
};

use crate::core::locale::{Locale, catalogs};

/// The tags that a message may have.
const TAGS: &[&str] = &["b", "em", "code", "link", "docs", "output", "user"];

/// Each message of `locale`, with the arguments that it names.
fn messages(locale: Locale) -> BTreeMap<String, BTreeSet<String>> {
    let mut messages = BTreeMap::new();
    for (file, text) in catalogs(locale) {
        let resource = FluentResource::try_new((*text).to_owned())
            .unwrap_or_else(|(_, errors)| panic!("{file}: {errors:?}"));
        let prefix = format!("{}-", file.trim_end_matches(".ftl"));
        for entry in resource.entries() {
            let Entry::Message(message) = entry else { continue };
            let id = message.id.name;
            assert!(id.starts_with(&prefix), "{file}: {id} must start with {prefix}");
            let mut names = BTreeSet::new();
            let value = message.value.as_ref();
            add_arguments(value.unwrap_or_else(|| panic!("{file}: {id} has no text")), &mut names);
            assert!(messages.insert(id.to_owned(), names).is_none(), "{file}: {id} appears twice");
        }
    }
    messages
}

fn add_arguments(pattern: &Pattern<&str>, names: &mut BTreeSet<String>) {
    for element in &pattern.elements {
        let PatternElement::Placeable { expression } = element else { continue };
        add_of_expression(expression, names);
    }
}

fn add_of_expression(expression: &Expression<&str>, names: &mut BTreeSet<String>) {
    match expression {
        Expression::Inline(inline) => add_of_inline(inline, names),
        Expression::Select { selector, variants } => {
            add_of_inline(selector, names);
            for variant in variants {
                add_arguments(&variant.value, names);
            }
        }
    }
}

fn add_of_inline(inline: &InlineExpression<&str>, names: &mut BTreeSet<String>) {
    match inline {
        InlineExpression::VariableReference { id } => {
            names.insert(id.name.to_owned());
        }
        InlineExpression::FunctionReference {
            arguments: CallArguments { positional, .. }, ..
        } => {
            for argument in positional {
                add_of_inline(argument, names);
            }
        }
        InlineExpression::Placeable { expression } => add_of_expression(expression, names),
        _ => {}
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Every Rust file and template of the service, with its text.
fn sources() -> Vec<(PathBuf, String)> {
    let mut sources = Vec::new();
    for folder in ["core/src", "core/templates", "backup/src", "backend/src"] {
        add_sources(&root().join(folder), &mut sources);
    }
    sources
}

fn add_sources(folder: &Path, sources: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            add_sources(&path, sources);
        } else if !path.ends_with("tests_core/catalogs.rs")
            && path.extension().is_some_and(|it| it == "rs" || it == "html")
        {
            let text = fs::read_to_string(&path).unwrap();
            sources.push((path, text));
        }
    }
}

/// What is between one quotation mark and the next.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    let mut parts = text.split('"').skip(1).peekable();
    // No quotation mark follows the last part.
    std::iter::from_fn(move || parts.next().filter(|_| parts.peek().is_some()))
}

/// Each `t!("id", name = …)` of a text: the id, and the names of the arguments.
fn uses(text: &str) -> Vec<(String, BTreeSet<String>)> {
    let mut uses = Vec::new();
    for (at, found) in text.match_indices("t!(") {
        let is_other = text[..at].ends_with(|it: char| it.is_alphanumeric() || it == '_');
        let rest = text[at + found.len()..].trim_start();
        let Some(rest) = rest.strip_prefix('"').filter(|_| !is_other) else { continue };
        let (id, rest) = rest.split_once('"').unwrap();
        uses.push((id.to_owned(), argument_names(rest)));
    }
    uses
}

/// The names in `, name = value, …)`, up to the parenthesis that closes the macro.
fn argument_names(text: &str) -> BTreeSet<String> {
    let (mut names, mut depth, mut is_text, mut is_escaped) = (BTreeSet::new(), 0, false, false);
    for (at, letter) in text.char_indices() {
        if is_text {
            is_text = is_escaped || letter != '"';
            is_escaped = !is_escaped && letter == '\\';
            continue;
        }
        match letter {
            '"' => is_text = true,
            '(' | '[' | '{' => depth += 1,
            ')' if depth == 0 => break,
            ')' | ']' | '}' => depth -= 1,
            ',' if depth == 0 => {
                if let Some((name, _)) = text[at + 1..].split_once('=')
                    && !name.contains(')')
                {
                    names.insert(name.trim().to_owned());
                }
            }
            _ => {}
        }
    }
    names
}

#[test]
fn every_catalog_file_is_listed_and_every_message_can_be_read() {
    let folder = root().join("core/locales/en-US");
    let files: BTreeSet<_> = fs::read_dir(folder)
        .unwrap()
        .map(|it| it.unwrap().file_name().into_string().unwrap())
        .collect();
    let listed: BTreeSet<_> = catalogs(Locale::EnUs).iter().map(|it| it.0.to_owned()).collect();
    assert_eq!(files, listed);
    assert!(!messages(Locale::EnUs).is_empty());
}

#[test]
fn every_message_in_the_code_is_in_the_catalogs_with_the_same_arguments() {
    let messages = messages(Locale::EnUs);
    let mut wrong = Vec::new();
    let mut count = 0;
    for (path, text) in sources() {
        for (id, given) in uses(&text) {
            count += 1;
            match messages.get(&id) {
                None => wrong.push(format!("{}: {id} is in no catalog", path.display())),
                Some(named) if *named != given => {
                    wrong.push(format!(
                        "{}: {id} has {named:?}, is given {given:?}",
                        path.display()
                    ));
                }
                Some(_) => {}
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 10, "only {count} uses of t! were found");
}

#[test]
fn every_message_in_the_catalogs_is_used() {
    let sources = sources();
    let quoted: BTreeSet<_> = sources.iter().flat_map(|(_, text)| quoted(text)).collect();
    let mut unused = messages(Locale::EnUs);
    unused.retain(|id, _| !quoted.contains(id.as_str()));
    assert!(unused.is_empty(), "{unused:?}");
}

#[test]
fn a_message_is_used_where_its_name_is_quoted() {
    let found: Vec<_> = quoted(r#"{{ t!("a-b", it) }} "c" and d"e"#).collect();
    // What is between two texts does no harm.
    assert_eq!(found, ["a-b", ", it) }} ", "c", " and d"]);
    assert_eq!(quoted("a-b").count(), 0);
}

#[test]
fn messages_have_only_known_tags() {
    for (file, text) in catalogs(Locale::EnUs) {
        for (_, rest) in text.match_indices('<').map(|(at, _)| text.split_at(at + 1)) {
            let tag = rest.split('>').next().unwrap_or_default().trim_start_matches('/');
            assert!(TAGS.contains(&tag), "{file}: <{tag}>");
        }
    }
}

#[test]
fn uses_are_found_with_their_arguments() {
    let text = r#"{{ crate::t!("a-b") }} t!("c", x = f(1, y = 2), z = "q, w = 1") not!("d") t!( "e", n = it, )"#;
    let set = |names: &[&str]| names.iter().map(|&it| it.to_owned()).collect::<BTreeSet<_>>();
    let expected = [("a-b", set(&[])), ("c", set(&["x", "z"])), ("e", set(&["n"]))];
    assert_eq!(uses(text), expected.map(|(id, names)| (id.to_owned(), names)));
}
