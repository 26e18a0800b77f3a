//! Every dependency in a manifest is used by the sources of its crate.
#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use toml::Table;

/// Dependencies that no source names, and why they are needed.
const UNNAMED: &[(&str, &str)] =
    &[("icu_provider", "its feature `sync` allows all threads to share the data of a locale")];

fn manifest(folder: &Path) -> Table {
    fs::read_to_string(folder.join("Cargo.toml")).unwrap().parse().unwrap()
}

/// The folders of all crates of the workspace.
fn members() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let members = manifest(root)["workspace"]["members"].clone();
    members.as_array().unwrap().iter().map(|it| root.join(it.as_str().unwrap())).collect()
}

/// Adds the lines of code below `folder`, without comments.
fn collect_code(folder: &Path, code: &mut Vec<String>) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect_code(&path, code);
        } else if path.extension().is_some_and(|it| it == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let lines = text.lines().map(str::trim).filter(|it| !it.starts_with("//"));
            code.extend(lines.map(str::to_owned));
        }
    }
}

/// Whether a line names a crate: `name::` at the start of a path, or `use name;` or `use name as …`.
fn names_crate(line: &str, name: &str) -> bool {
    line.match_indices(name).any(|(at, _)| {
        let (before, after) = (&line[..at], &line[at + name.len()..]);
        let is_start = !before.ends_with(|it: char| it.is_alphanumeric() || "_:.".contains(it));
        is_start
            && (after.starts_with("::")
                || (before.ends_with("use ") && after.starts_with([';', ' '])))
    })
}

#[test]
fn every_dependency_is_used() {
    let mut unused = Vec::new();
    for folder in members() {
        let manifest = manifest(&folder);
        let mut code = Vec::new();
        collect_code(&folder.join("src"), &mut code);
        for (section, folders) in
            [("dependencies", &[][..]), ("dev-dependencies", &["tests", "benches", "examples"])]
        {
            for it in folders {
                collect_code(&folder.join(it), &mut code);
            }
            for name in manifest.get(section).and_then(toml::Value::as_table).into_iter().flatten()
            {
                let name = name.0.replace('-', "_");
                if !code.iter().any(|line| names_crate(line, &name)) {
                    unused.push(name);
                }
            }
        }
    }
    let unnamed: Vec<_> = UNNAMED.iter().map(|it| it.0).collect();
    assert_eq!(unused, unnamed);
}

/// Otherwise images could not be built.
#[test]
fn every_crate_goes_into_the_build_context_of_images() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let rules = fs::read_to_string(root.join(".dockerignore")).unwrap();
    let members = members();
    assert!(!members.is_empty());
    for member in members {
        let name = member.file_name().unwrap().to_str().unwrap();
        let rule = format!("!{name}");
        assert!(rules.lines().any(|it| it == rule), ".dockerignore does not contain {rule}");
    }
}

#[test]
fn a_crate_is_recognized_by_its_paths() {
    for line in ["use url::Url;", "let it = url::Url::parse(text)", "use url;", "#[url::test]"] {
        assert!(names_crate(line, "url"), "{line}");
    }
    for line in ["let url = text;", "crate::url::Url", "use my_url::Url;", "base.url::<Url>()"] {
        assert!(!names_crate(line, "url"), "{line}");
    }
}
