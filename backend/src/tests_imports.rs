//! Checks who imports whom within this crate: a feature imports no feature that comes later in
//! [`features::ALL`], of other features only what their `mod.rs` makes public, and of other crates of
//! the workspace only `core`, as `crate::core`.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::LazyLock,
};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::features;

/// Imports of later features, each with the reason.
const CIRCLES: &[(&str, &str, &str)] = &[(
    "fuel_logs",
    "stations",
    "a fill-up is at a station, and a station's page shows what was paid there; the migrations of \
     stations add the column to fill-ups, so they come later",
)];

/// The only file that may create a user id.
const ISSUER: &str = "features/accounts/user.rs";

/// A source file: its path below `src`, and its text.
type Source = (String, String);

/// How the names of the workspace's other crates begin.
const CRATES: &str = "motovaultpro_";

/// A path from the root of the crate, such as `features::vehicles::find`, or from another crate of the
/// workspace.
type ItemPath = Vec<String>;

/// What a file imports, and what it makes public as a module.
#[derive(Default)]
struct Module {
    imports: BTreeSet<ItemPath>,
    /// The names by which the file refers to other modules.
    aliases: BTreeMap<String, ItemPath>,
    public_modules: BTreeSet<String>,
    public_items: BTreeSet<String>,
}

/// Whether `tokens` starts with the given texts.
fn starts_with(tokens: &[TokenTree], texts: &[&str]) -> bool {
    tokens.len() >= texts.len()
        && texts.iter().zip(tokens).all(|(text, it)| it.to_string() == *text)
}

/// The tokens without items that only tests compile.
fn without_tests(stream: TokenStream) -> Vec<TokenTree> {
    let all: Vec<_> = stream.into_iter().collect();
    let (mut rest, mut at) = (Vec::new(), 0);
    while at < all.len() {
        let is_test = starts_with(&all[at..], &["#"])
            && all.get(at + 1).is_some_and(|it| it.to_string().replace(' ', "") == "[cfg(test)]");
        if !is_test {
            rest.push(all[at].clone());
            at += 1;
            continue;
        }
        at += 2;
        // Up to the end of the item, or of a field.
        let mut is_item = false;
        while let Some(token) = all.get(at) {
            at += 1;
            match token {
                TokenTree::Ident(word) => {
                    is_item |= ["fn", "mod", "use", "impl", "struct", "enum", "const", "static"]
                        .iter()
                        .any(|it| word == it);
                }
                TokenTree::Punct(mark) if mark.as_char() == ';' => break,
                TokenTree::Punct(mark) if mark.as_char() == ',' && !is_item => break,
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => break,
                _ => {}
            }
        }
    }
    rest
}

/// Reads the path at the start of `tokens`: its segments and the number of its tokens.
fn path_at(tokens: &[TokenTree]) -> (ItemPath, usize) {
    let (mut path, mut at) = (Vec::new(), 0);
    while let Some(TokenTree::Ident(segment)) = tokens.get(at) {
        path.push(segment.to_string());
        at += 1;
        if !starts_with(&tokens[at..], &[":", ":"]) {
            break;
        }
        at += 2;
    }
    (path, at)
}

/// Reads the tree of a `use`: each path, and the name that it gets.
fn use_tree(tokens: &[TokenTree], prefix: &[String], into: &mut Vec<(ItemPath, String)>) {
    for tree in tokens.split(|it| it.to_string() == ",").filter(|it| !it.is_empty()) {
        let (segments, at) = path_at(tree);
        let mut path = prefix.to_vec();
        path.extend(segments.into_iter().filter(|it| it != "self" || prefix.is_empty()));
        match tree.get(at) {
            Some(TokenTree::Group(group)) => {
                let inner: Vec<_> = group.stream().into_iter().collect();
                use_tree(&inner, &path, into);
            }
            Some(TokenTree::Punct(_)) => into.push((path, "*".to_owned())),
            _ => {
                let renamed = starts_with(&tree[at..], &["as"]).then(|| tree[at + 1].to_string());
                let last = path.last().cloned().unwrap_or_default();
                into.push((path, renamed.unwrap_or(last)));
            }
        }
    }
}

impl Module {
    fn read(module: &[String], text: &str) -> Self {
        let mut this = Self::default();
        this.read_stream(module, text.parse().unwrap(), true);
        this
    }

    /// The path from the root of the crate, if `path` starts with `crate`, `super`, `self` or the
    /// name of a module that the file imports; the path itself, if it starts with another crate of the
    /// workspace.
    fn absolute(&self, module: &[String], path: &[String]) -> Option<ItemPath> {
        let mut base = module.to_vec();
        let mut rest = path;
        match rest.first()?.as_str() {
            "crate" => base.clear(),
            "self" => {}
            "super" => drop(base.pop()),
            other if other.starts_with(CRATES) => return Some(path.to_vec()),
            alias => base = self.aliases.get(alias)?.clone(),
        }
        rest = &rest[1..];
        while rest.first().is_some_and(|it| it == "super") {
            base.pop();
            rest = &rest[1..];
        }
        base.extend(rest.iter().cloned());
        Some(base)
    }

    fn read_stream(&mut self, module: &[String], stream: TokenStream, is_top_level: bool) {
        let tokens = without_tests(stream);
        let (mut at, mut is_public) = (0, false);
        while at < tokens.len() {
            match &tokens[at] {
                TokenTree::Group(group) => self.read_stream(module, group.stream(), false),
                TokenTree::Ident(word) => match word.to_string().as_str() {
                    "pub" => {
                        // `pub(crate)` and the like are not public.
                        is_public = !matches!(tokens.get(at + 1), Some(TokenTree::Group(_)));
                        at += 1;
                        continue;
                    }
                    "use" if !starts_with(&tokens[at + 1..], &["<"]) => {
                        let tree = tokens[at + 1..].split(|it| it.to_string() == ";").next();
                        let tree = tree.unwrap_or_default();
                        self.read_use(module, tree, is_top_level && is_public);
                        at += tree.len();
                    }
                    "mod" if matches!(tokens.get(at + 2), Some(TokenTree::Group(_))) => {
                        let mut inner = module.to_vec();
                        inner.push(tokens[at + 1].to_string());
                        let TokenTree::Group(group) = &tokens[at + 2] else { unreachable!() };
                        self.read_stream(&inner, group.stream(), false);
                        at += 2;
                    }
                    "mod" if is_top_level && is_public => {
                        self.public_modules.insert(tokens[at + 1].to_string());
                    }
                    "fn" | "struct" | "enum" | "const" | "static" | "type" | "trait"
                        if is_top_level && is_public =>
                    {
                        // `const fn` and `async fn` are followed by another keyword.
                        self.public_items.extend(tokens.get(at + 1).map(ToString::to_string));
                        if starts_with(&tokens[at + 1..], &["fn"]) {
                            self.public_items.insert(tokens[at + 2].to_string());
                        }
                    }
                    _ => {
                        let is_rest = at >= 2 && starts_with(&tokens[at - 2..], &[":", ":"]);
                        let (path, length) = path_at(&tokens[at..]);
                        if path.len() > 1 && !is_rest {
                            self.imports.extend(self.absolute(module, &path));
                        }
                        at += length.max(1) - 1;
                    }
                },
                _ => {}
            }
            if !matches!(&tokens[at], TokenTree::Ident(word) if word == "async" || word == "unsafe")
            {
                is_public = false;
            }
            at += 1;
        }
    }

    fn read_use(&mut self, module: &[String], tree: &[TokenTree], is_public: bool) {
        let mut found = Vec::new();
        use_tree(tree, &[], &mut found);
        for (path, name) in found {
            if is_public {
                self.public_items.insert(name.clone());
            }
            let Some(path) = self.absolute(module, &path) else { continue };
            self.aliases.insert(name, path.clone());
            self.imports.insert(path);
        }
    }
}

/// The module of a file: `serve::log` for `serve/log.rs` and for `serve/log/mod.rs`.
fn module_of(file: &str) -> ItemPath {
    let parts = file.trim_end_matches(".rs").split('/');
    parts.filter(|it| !matches!(*it, "mod" | "lib" | "main")).map(str::to_owned).collect()
}

/// Whether a file is compiled for tests only.
fn is_for_tests(file: &str) -> bool {
    let mut parts = file.trim_end_matches(".rs").split('/');
    let is_test = |it: &str| it == "tests" || it.starts_with("tests_");
    file.starts_with("matrix/") || file.starts_with("testing") || parts.any(is_test)
}

/// The modules of the sources, by path, without those that are for tests.
type Modules = BTreeMap<ItemPath, (String, Module)>;

fn modules(sources: &[Source]) -> Modules {
    sources
        .iter()
        .filter(|(file, _)| !is_for_tests(file))
        .map(|(file, text)| {
            let path = module_of(file);
            let module = Module::read(&path, text);
            (path, (file.clone(), module))
        })
        .collect()
}

/// What is wrong with the imports of `checked`, among all `modules`.
fn violations(checked: &Modules, modules: &Modules) -> BTreeSet<String> {
    let order: Vec<_> = features::ALL.iter().map(|it| it.folder).collect();
    let place = |feature: &str| order.iter().position(|it| *it == feature);
    let roots: BTreeSet<_> = modules.keys().filter_map(|it| it.first().cloned()).collect();
    let mut wrong = BTreeSet::new();
    for (module, (file, content)) in checked {
        let folders: Vec<_> = module.iter().map(String::as_str).collect();
        for path in &content.imports {
            let names: Vec<_> = path.iter().map(String::as_str).collect();
            let shown = path.join("::");
            let is_above = names.first().is_some_and(|it| {
                it.starts_with(CRATES) || (roots.contains(*it) && !["app", "features"].contains(it))
            });
            if matches!(folders[..], ["features", ..]) && is_above {
                wrong.insert(format!("{file}: a feature imports {shown}"));
            }
            let ["features", other, rest @ ..] = &names[..] else { continue };
            let Some(its_place) = place(other) else { continue };
            let own = match folders[..] {
                ["features", own, ..] => place(own).map(|it| (own, it)),
                _ => None,
            };
            if let Some((own, own_place)) = own {
                if own == *other {
                    continue;
                }
                let is_known = CIRCLES.iter().any(|it| (it.0, it.1) == (own, *other));
                if its_place > own_place && !is_known {
                    wrong.insert(format!("{file}: {own} imports {shown}, a later feature"));
                }
            }
            // The features' list puts them together.
            if folders == ["features"] {
                continue;
            }
            let mut at: ItemPath = path[..2].to_vec();
            for name in rest {
                let Some((_, module)) = modules.get(&at) else { break };
                at.push((*name).to_owned());
                if module.public_items.contains(*name) {
                    break;
                }
                if !module.public_modules.contains(*name) {
                    wrong.insert(format!("{file}: {shown} is not public"));
                    break;
                }
            }
        }
    }
    wrong
}

fn read_sources(folder: &Path, below: &str, into: &mut Vec<Source>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            read_sources(&path, &format!("{below}{name}/"), into);
        } else if path.extension().is_some_and(|it| it == "rs") {
            into.push((format!("{below}{name}"), std::fs::read_to_string(&path).unwrap()));
        }
    }
}

fn sources() -> Vec<Source> {
    let mut all = Vec::new();
    read_sources(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), "", &mut all);
    all
}

/// The sources of the crates that this one depends on.
fn sources_of_other_crates() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut all = Vec::new();
    for folder in ["core", "backup"] {
        read_sources(&root.join(folder).join("src"), &format!("{folder}/"), &mut all);
    }
    all
}

/// All modules: to read them takes seconds.
static ALL: LazyLock<Modules> = LazyLock::new(|| modules(&sources()));

#[test]
fn features_import_only_core_and_the_public_api_of_earlier_features() {
    let wrong = violations(&ALL, &ALL);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn forbidden_imports_are_found_in_every_form() {
    let cases = [
        ("features/vin/number.rs", "use crate::serve;", "a feature imports"),
        ("features/vin/number.rs", "use crate::{core::Error, serve::{self}};", "a feature imports"),
        ("features/vin/number.rs", "fn f() { crate::serve::run() }", "a feature imports"),
        ("features/vin/number.rs", "fn f() { g(h!(super::super::super::cli::run)) }", "cli::run"),
        ("features/vin/number.rs", "use crate::app::App; use crate::core::Error;", ""),
        ("features/vin/number.rs", "use super::Error; use crate::testing::TestApp;", ""),
        ("features/vin/number.rs", "#[cfg(test)] mod tests { use crate::serve; }", ""),
        ("features/vin/number.rs", "#[cfg(test)] use crate::cli; use crate::serve;", "serve"),
        ("features/vin/number.rs", "use motovaultpro_core::Error;", "a feature imports"),
        ("features/vin/number.rs", "fn f() { motovaultpro_backup::run() }", "a feature imports"),
        ("features/vin/number.rs", "use super::super::vehicles::Vehicle;", "a later feature"),
        (
            "features/vin/number.rs",
            "use crate::features; fn f(_: features::vehicles::Vehicle) {}",
            "a later feature",
        ),
        ("features/vin/number.rs", "use crate::features::{self, accounts::User};", ""),
        ("features/home.rs", "use crate::features::vehicles::store;", "is not public"),
        (
            "features/notifications/job.rs",
            "use crate::features::vehicles::store::find;",
            "is not public",
        ),
        (
            "features/notifications/job.rs",
            "use crate::features::vehicles; fn f() { vehicles::service::find() }",
            "is not public",
        ),
        (
            "features/notifications/job.rs",
            "use crate::features::vehicles::{self, odometer::SourceKind};",
            "",
        ),
        ("features/notifications/job.rs", "use super::model::Channel;", ""),
    ];
    for (file, text, expected) in cases {
        let wrong = violations(&modules(&[(file.to_owned(), text.to_owned())]), &ALL);
        let is_expected = match expected {
            "" => wrong.is_empty(),
            text => wrong.iter().any(|it| it.contains(text)),
        };
        assert!(is_expected, "{file}: {text}: {wrong:?}");
    }
}

#[test]
fn every_listed_circle_exists() {
    let all: Vec<_> = sources();
    for (one, other, why) in CIRCLES {
        let needle = ["features".to_owned(), (*other).to_owned()];
        let imports = |(file, text): &Source| {
            file.starts_with(&format!("features/{one}/"))
                && !is_for_tests(file)
                && Module::read(&module_of(file), text)
                    .imports
                    .iter()
                    .any(|it| it.starts_with(&needle))
        };
        assert!(!why.is_empty() && all.iter().any(imports), "{one} does not import {other}");
    }
}

/// A subject is any text, so a user id can be derived from it only where a provider has confirmed it.
#[test]
fn only_oidc_derives_user_ids_from_subjects() {
    let derives = |(file, text): &Source| {
        let is_allowed =
            ["features/accounts/", "features/oidc/"].iter().any(|it| file.starts_with(it));
        let names = ["user_id_of_subject", "hashed_user_id"];
        let is_test = file.ends_with("tests_imports.rs");
        (!is_allowed && !is_test && names.iter().any(|it| text.contains(it))).then(|| file.clone())
    };
    let files: Vec<_> = sources().iter().filter_map(derives).collect();
    assert!(files.is_empty(), "{files:?}");
}

#[test]
fn only_one_file_creates_user_ids() {
    let creates = |(file, text): &Source| {
        let is_test = file.ends_with("tests_imports.rs");
        (!is_test && (text.contains("UserId::issue(") || text.contains("UserId as ")))
            .then(|| file.clone())
    };
    let all = [sources(), sources_of_other_crates()].concat();
    let files: Vec<_> = all.iter().filter_map(creates).collect();
    assert_eq!(files, [ISSUER]);
}
