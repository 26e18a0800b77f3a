//! The static files, embedded in the binary. Each has a hash of its content in its name.

use std::{collections::BTreeMap, sync::LazyLock};

use axum::{Router, body::Bytes, http::header, response::IntoResponse as _, routing::get};
use sha2::{Digest as _, Sha256};

use crate::hex;

const CSS: &str = include_str!("../../assets/app.css");
const DOCS: &str = include_str!("../../assets/docs.css");
const ICON: &str = include_str!("../../assets/icon.svg");

/// The icons of the installed app, which `scripts/icons.py` draws: names and sizes in pixels.
const SMALL_ICON: &[u8] = include_bytes!("../../assets/icon-192.png");
const LARGE_ICON: &[u8] = include_bytes!("../../assets/icon-512.png");
const MASKABLE_ICON: &[u8] = include_bytes!("../../assets/icon-maskable.png");
const TOUCH_ICON: &[u8] = include_bytes!("../../assets/icon-touch.png");

/// The service worker. It is an ES module, too, but its URL never changes.
const SERVICE_WORKER: &str = include_str!("../../assets/sw.js");
/// The scripts that the forms need without a connection.
const SHELL_SCRIPTS: [&str; 8] =
    ["dom", "numbers", "fill_up", "nearest", "fuel_log_form", "stations", "offline", "outbox_page"];

/// The scripts, which are ES modules: those that others import come first.
const SCRIPTS: [(&str, &str); 16] = [
    ("dom", include_str!("../../assets/dom.js")),
    ("numbers", include_str!("../../assets/numbers.js")),
    ("fill_up", include_str!("../../assets/fill_up.js")),
    ("nearest", include_str!("../../assets/nearest.js")),
    ("passkey_error", include_str!("../../assets/passkey_error.js")),
    ("suggestions", include_str!("../../assets/suggestions.js")),
    ("entry", include_str!("../../assets/entry.js")),
    ("outbox", include_str!("../../assets/outbox.js")),
    ("offline", include_str!("../../assets/offline.js")),
    ("outbox_page", include_str!("../../assets/outbox_page.js")),
    ("fuel_log_form", include_str!("../../assets/fuel_log_form.js")),
    ("passkeys", include_str!("../../assets/passkeys.js")),
    ("stations", include_str!("../../assets/stations.js")),
    ("vehicle_form", include_str!("../../assets/vehicle_form.js")),
    ("zones", include_str!("../../assets/zones.js")),
    ("welcome", include_str!("../../assets/welcome.js")),
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
    /// The script of all pages of signed-in users, which starts the service worker.
    pub offline: String,
    /// The script of the page with the entries that wait to be sent.
    pub outbox_page: String,
    /// The service worker's text.
    pub service_worker: Bytes,
    /// The script of the first step after registration.
    pub welcome: String,
    /// The icon.
    pub icon: String,
    /// The icon of the installed app, 192 pixels wide.
    pub small_icon: String,
    /// The same, 512 pixels wide.
    pub large_icon: String,
    /// The same without rounded corners, for systems that cut icons themselves.
    pub maskable_icon: String,
    /// The icon on Apple's home screens.
    pub touch_icon: String,
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
    let mut png = |name: &str, content: &'static [u8]| {
        add_file(&mut files, name, Bytes::from_static(content), "png")
    };
    let small_icon = png("icon-192", SMALL_ICON);
    let large_icon = png("icon-512", LARGE_ICON);
    let maskable_icon = png("icon-maskable", MASKABLE_ICON);
    let touch_icon = png("icon-touch", TOUCH_ICON);
    let scripts = add_scripts(&mut files, &SCRIPTS);
    let script = |name: &str| scripts.get(name).cloned().unwrap_or_default();
    let shell: Vec<_> = [css.clone(), icon.clone(), script("entry")]
        .into_iter()
        .chain(SHELL_SCRIPTS.map(script))
        .map(|url| format!("\"{url}\""))
        .collect();
    let service_worker =
        with_urls(SERVICE_WORKER, &scripts).replace("\"./shell\"", &shell.join(",")).into();
    Assets {
        offline: script("offline"),
        outbox_page: script("outbox_page"),
        service_worker,
        small_icon,
        large_icon,
        maskable_icon,
        touch_icon,
        css,
        docs,
        fuel_log_form: script("fuel_log_form"),
        passkeys: script("passkeys"),
        stations: script("stations"),
        vehicle_form: script("vehicle_form"),
        welcome: script("welcome"),
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
        "png" => "image/png",
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
        let content = with_urls(content, &urls);
        let url = add_file(files, name, content.into(), "js");
        urls.insert(*name, url);
    }
    urls
}

/// A script whose imports name the URLs of the imported scripts.
fn with_urls(script: &str, urls: &BTreeMap<&'static str, String>) -> String {
    let mut script = script.to_owned();
    for (imported, url) in urls {
        script = script.replace(&format!("\"./{imported}.js\""), &format!("\"{url}\""));
    }
    script
}

/// The routes of the assets, and of what else pages need without a connection.
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let mut router = super::offline::router();
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
        let scripts =
            ASSETS.files.iter().filter(|it| it.content_type.starts_with("text/javascript"));
        let scripts = scripts.map(|it| (it.url.as_str(), text(it)));
        let worker = std::str::from_utf8(&ASSETS.service_worker).unwrap();
        for (script, text) in scripts.chain([("sw.js", worker)]) {
            // The names may be on lines of their own.
            let is_import = |it: &&str| it.starts_with("import ") || it.starts_with("} from ");
            for line in text.lines().filter(is_import).filter(|it| it.contains('"')) {
                let url = line.split('"').nth(1).unwrap();
                assert!(ASSETS.urls().any(|it| it == url), "{script}: {line}");
                imports += 1;
            }
        }
        assert!(imports >= 12, "{imports} imports");
    }

    #[test]
    fn the_service_worker_stores_files_that_are_served() {
        let worker = std::str::from_utf8(&ASSETS.service_worker).unwrap();
        let list = worker.split("SHELL = [").nth(1).and_then(|it| it.split(']').next()).unwrap();
        let urls: Vec<_> = list.split(',').map(|it| it.trim_matches('"')).collect();
        assert!(urls.len() >= 10, "{urls:?}");
        for url in urls {
            assert!(ASSETS.urls().any(|it| it == url), "{url}");
        }
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
