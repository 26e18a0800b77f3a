//! The static files, embedded in the binary. Each has a hash of its content in its name.

use std::{collections::BTreeMap, sync::LazyLock};

use axum::{Router, body::Bytes, http::header, response::IntoResponse as _, routing::get};
use sha2::{Digest as _, Sha256};

use crate::hex;

const CSS: &str = include_str!("../../assets/app.css");
const DOCS: &str = include_str!("../../assets/docs.css");
const ICON: &str = include_str!("../../assets/icon.svg");

/// The scripts, which are ES modules: those that others import come first.
const SCRIPTS: [(&str, &str); 10] = [
    ("dom", include_str!("../../assets/dom.js")),
    ("numbers", include_str!("../../assets/numbers.js")),
    ("fill_up", include_str!("../../assets/fill_up.js")),
    ("nearest", include_str!("../../assets/nearest.js")),
    ("passkey_error", include_str!("../../assets/passkey_error.js")),
    ("suggestions", include_str!("../../assets/suggestions.js")),
    ("fuel_log_form", include_str!("../../assets/fuel_log_form.js")),
    ("passkeys", include_str!("../../assets/passkeys.js")),
    ("stations", include_str!("../../assets/stations.js")),
    ("vehicle_form", include_str!("../../assets/vehicle_form.js")),
];

/// The map library, if `make map` has downloaded it: its script and its style sheet.
#[cfg(has_map)]
const MAP: Option<(&str, &str)> = Some((
    include_str!("../../../frontend/dist/leaflet.js"),
    include_str!("../../../frontend/dist/leaflet.css"),
));
#[cfg(not(has_map))]
const MAP: Option<(&str, &str)> = None;

/// The URLs of the map library.
#[derive(Debug)]
pub struct Map {
    /// Its script.
    pub script: String,
    /// Its style sheet.
    pub css: String,
}

/// The URLs of the assets. The pages also work without scripts.
#[derive(Debug)]
pub struct Assets {
    /// The style sheet.
    pub css: String,
    /// The additional style sheet of the API documentation.
    pub docs: String,
    /// The script of the fill-up form.
    pub fuel_log_form: String,
    /// The script of the pages with passkeys.
    pub passkeys: String,
    /// The script of the pages that search for stations.
    pub stations: String,
    /// The script of the vehicle form.
    pub vehicle_form: String,
    /// The icon.
    pub icon: String,
    /// The map library, if it was present at build time.
    pub map: Option<Map>,
    /// All files.
    files: Vec<File>,
}

/// A file, with its final content.
#[derive(Debug)]
struct File {
    url: String,
    content_type: &'static str,
    content: Bytes,
}

static ASSETS: LazyLock<Assets> = LazyLock::new(|| {
    let mut files = Vec::new();
    let mut add = |name: &str, content: &'static str, ending: &str| {
        add_file(&mut files, name, content.into(), ending)
    };
    let (css, docs) = (add("app", CSS, "css"), add("docs", DOCS, "css"));
    let icon = add("icon", ICON, "svg");
    let map = MAP
        .map(|(script, css)| Map { script: add("map", script, "js"), css: add("map", css, "css") });
    let scripts = add_scripts(&mut files, &SCRIPTS);
    let script = |name: &str| scripts.get(name).cloned().unwrap_or_default();
    Assets {
        css,
        docs,
        fuel_log_form: script("fuel_log_form"),
        passkeys: script("passkeys"),
        stations: script("stations"),
        vehicle_form: script("vehicle_form"),
        icon,
        map,
        files,
    }
});

impl Assets {
    /// The URLs of the assets.
    #[must_use]
    pub fn get() -> &'static Self {
        &ASSETS
    }

    /// The URLs of all assets.
    pub fn urls(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|it| it.url.as_str())
    }
}

/// Whether an asset exists at `path`.
#[must_use]
pub fn is_asset(path: &str) -> bool {
    path.starts_with("/assets/") && Assets::get().urls().any(|it| it == path)
}

/// Adds a file, with a hash of its content in its URL. Returns the URL.
fn add_file(files: &mut Vec<File>, name: &str, content: Bytes, ending: &str) -> String {
    let url = format!("/assets/{name}.{}.{ending}", hex(&Sha256::digest(&content)[..4]));
    let content_type = match ending {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        _ => "image/svg+xml",
    };
    files.push(File { url: url.clone(), content_type, content });
    url
}

/// Adds the scripts. Their imports, such as `"./numbers.js"`, get the URLs of the imported files: the URL of a script
/// changes whenever a script changes that it imports. Returns the URLs by name.
fn add_scripts(
    files: &mut Vec<File>,
    scripts: &[(&'static str, &str)],
) -> BTreeMap<&'static str, String> {
    let mut urls = BTreeMap::new();
    for (name, content) in scripts {
        let mut content = (*content).to_owned();
        for (imported, url) in &urls {
            content = content.replace(&format!("\"./{imported}.js\""), &format!("\"{url}\""));
        }
        let url = add_file(files, name, content.into(), "js");
        urls.insert(*name, url);
    }
    urls
}

/// The routes of the assets.
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let mut router = Router::new();
    for File { url, content_type, content } in &ASSETS.files {
        let response = get(async move || {
            let headers = [
                (header::CONTENT_TYPE, *content_type),
                (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
            ];
            (headers, content.clone()).into_response()
        });
        router = router.route(url, response);
    }
    router
}

#[cfg(test)]
mod tests {
    use super::{ASSETS, File, add_scripts};

    fn text(file: &File) -> &str {
        std::str::from_utf8(&file.content).unwrap()
    }

    #[test]
    fn every_import_of_a_script_has_the_url_of_a_served_file() {
        let mut imports = 0;
        for file in ASSETS.files.iter().filter(|it| it.content_type.starts_with("text/javascript"))
        {
            for line in text(file).lines().filter(|it| it.starts_with("import ")) {
                let url = line.split('"').nth(1).unwrap();
                assert!(ASSETS.urls().any(|it| it == url), "{}: {line}", file.url);
                imports += 1;
            }
        }
        assert!(imports >= 8, "{imports} imports");
    }

    #[test]
    fn the_url_of_a_script_changes_with_the_scripts_that_it_imports() {
        let urls = |number| {
            let mut files = Vec::new();
            let imported = format!("export const number = {number};");
            let scripts = [
                ("one", imported.as_str()),
                ("two", "import { number } from \"./one.js\";"),
                ("three", "import \"./two.js\";"),
            ];
            let urls = add_scripts(&mut files, &scripts);
            assert_eq!(text(&files[2]), format!("import \"{}\";", urls["two"]));
            urls
        };
        let (before, after) = (urls(1), urls(2));
        assert!(before.iter().all(|(name, url)| after[name] != *url), "{before:?} {after:?}");
        assert_eq!(before, urls(1));
    }
}
