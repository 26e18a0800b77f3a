//! Every relative link in the documentation leads to an existing file and heading.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The pages of the documentation, with their paths relative to the repository.
fn pages() -> Vec<PathBuf> {
    let mut pages = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(PathBuf::from).to_vec();
    collect_pages(Path::new("docs"), &mut pages);
    pages
}

fn collect_pages(folder: &Path, pages: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(root().join(folder)).unwrap() {
        let path = folder.join(entry.unwrap().file_name());
        if root().join(&path).is_dir() {
            collect_pages(&path, pages);
        } else if path.extension().is_some_and(|it| it == "md") {
            pages.push(path);
        }
    }
}

/// The lines of a page that are not in a fenced code block.
fn prose(page: &Path) -> Vec<String> {
    let text = fs::read_to_string(root().join(page)).unwrap();
    let mut is_code = false;
    let mut lines = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        } else if !is_code {
            lines.push(line.to_owned());
        }
    }
    lines
}

/// The anchors that GitHub gives the headings of a page.
fn anchors(page: &Path) -> BTreeSet<String> {
    let mut anchors = BTreeSet::new();
    for line in prose(page) {
        let Some(title) = line.strip_prefix('#') else { continue };
        let title = title.trim_start_matches('#').trim().to_lowercase();
        let anchor: String = title
            .chars()
            .filter(|it| it.is_alphanumeric() || matches!(it, ' ' | '-' | '_'))
            .map(|it| if it == ' ' { '-' } else { it })
            .collect();
        let mut unique = anchor.clone();
        let mut repetition = 0;
        while !anchors.insert(unique) {
            repetition += 1;
            unique = format!("{anchor}-{repetition}");
        }
    }
    anchors
}

/// The targets of all links on a page: `target` in `[text](target)`.
fn links(page: &Path) -> Vec<String> {
    let text = prose(page).join("\n");
    let after = text.split("](").skip(1);
    after.filter_map(|it| it.split(')').next()).map(str::to_owned).collect()
}

#[test]
fn every_relative_link_leads_to_an_existing_file_and_heading() {
    let mut faults = Vec::new();
    let mut count = 0;
    for page in pages() {
        for link in links(&page) {
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            count += 1;
            let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = match file {
                "" => page.clone(),
                file => page.parent().unwrap().join(file),
            };
            if !root().join(&target).exists() {
                faults.push(format!("{}: {link} does not exist", page.display()));
            } else if !anchor.is_empty() && !anchors(&target).contains(anchor) {
                faults.push(format!("{}: {link} has no such heading", page.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
    assert!(count > 100, "only {count} links were found");
}

#[test]
fn every_decision_is_in_the_index() {
    let folder = root().join("docs/decisions");
    let index = fs::read_to_string(folder.join("README.md")).unwrap();
    for entry in fs::read_dir(&folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name != "README.md" {
            assert!(index.contains(&format!("]({name})")), "{name} is not in the index");
            let text = fs::read_to_string(folder.join(&name)).unwrap();
            let title = text.lines().next().unwrap();
            assert!(title.starts_with("# ") && title.ends_with('?'), "{name}: {title}");
            let question = title.split_once(". ").unwrap().1;
            assert!(index.contains(question), "the index does not contain {question:?}");
        }
    }
}

#[test]
fn every_patch_of_a_tutorial_applies_and_is_described() {
    let folder = root().join("docs/tutorials");
    let mut count = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let patch = entry.unwrap().path();
        if patch.extension().is_none_or(|it| it != "patch") {
            continue;
        }
        count += 1;
        let git = |arguments: &[&str]| {
            let mut git = std::process::Command::new("git");
            let output = git.arg("apply").args(arguments).arg(&patch).current_dir(root()).output();
            let output = output.unwrap();
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{}: {errors}", patch.display());
            String::from_utf8(output.stdout).unwrap()
        };
        git(&["--check"]);
        let page = fs::read_to_string(patch.with_extension("md")).unwrap();
        let files = git(&["--numstat"]);
        for file in files.lines().filter_map(|it| it.split('\t').nth(2)) {
            assert!(page.contains(file), "{}: the page does not list {file}", patch.display());
        }
    }
    assert!(count > 0, "no patch was found");
}

/// The word lint of `make check`, run on one file with this text: whether it passes, and what it prints.
fn check_words(text: &str) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("page.html");
    fs::write(&file, text).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/words");
    let output = std::process::Command::new(script).arg(&file).output().unwrap();
    (output.status.success(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn the_word_lint_names_the_better_word() {
    for (text, better) in [
        ("<p>This has to be a date.</p>", "must be"),
        ("fn is_told() {}", "report, show"),
        ("<p>Your favourites</p>", "favorite"),
        ("<p>Whoever runs this</p>", "the administrator"),
    ] {
        let (passes, printed) = check_words(text);
        assert!(!passes && printed.contains(better), "{text}: {printed}");
    }
    assert_eq!(check_words("<p>This must be a date.</p>"), (true, String::new()));
}
