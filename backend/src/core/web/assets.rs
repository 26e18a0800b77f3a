//! The static files, embedded in the binary. Each has a hash of its content in its name.

use std::sync::LazyLock;

use axum::{Router, http::header, response::IntoResponse, routing::get};
use sha2::{Digest as _, Sha256};

use crate::core::{App, hex};

const CSS: &str = include_str!("../../../assets/app.css");
const DOCS: &str = include_str!("../../../assets/docs.css");
const SCRIPT: &str = include_str!("../../../assets/app.js");
const NUMBERS: &str = include_str!("../../../assets/numbers.js");
const PASSKEYS: &str = include_str!("../../../assets/passkeys.js");
const STATIONS: &str = include_str!("../../../assets/stations.js");
const ICON: &str = include_str!("../../../assets/icon.svg");

/// The map library, if `make map` has downloaded it: its script and its style sheet.
#[cfg(has_map)]
const MAP: Option<(&str, &str)> = Some((
    include_str!("../../../../frontend/dist/leaflet.js"),
    include_str!("../../../../frontend/dist/leaflet.css"),
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

/// The URLs of the assets.
#[derive(Debug)]
pub struct Assets {
    /// The style sheet.
    pub css: String,
    /// The additional style sheet of the API documentation.
    pub docs: String,
    /// The main script; pages also work without it.
    pub script: String,
    /// The script that parses numbers and calculates with them; pages load it before `script`.
    pub numbers: String,
    /// The script of the pages with passkeys.
    pub passkeys: String,
    /// The script of the pages that search for stations.
    pub stations: String,
    /// The icon.
    pub icon: String,
    /// The map library, if it was present at build time.
    pub map: Option<Map>,
}

static ASSETS: LazyLock<Assets> = LazyLock::new(|| Assets {
    css: address("app", CSS, "css"),
    docs: address("docs", DOCS, "css"),
    script: address("app", SCRIPT, "js"),
    numbers: address("numbers", NUMBERS, "js"),
    passkeys: address("passkeys", PASSKEYS, "js"),
    stations: address("stations", STATIONS, "js"),
    icon: address("icon", ICON, "svg"),
    map: MAP.map(|(script, css)| Map {
        script: address("map", script, "js"),
        css: address("map", css, "css"),
    }),
});

impl Assets {
    /// The URLs of the assets.
    #[must_use]
    pub fn get() -> &'static Self {
        &ASSETS
    }
}

/// Whether an asset exists at `path`.
#[must_use]
pub fn is_asset(path: &str) -> bool {
    let all = Assets::get();
    let plain =
        [&all.css, &all.docs, &all.script, &all.numbers, &all.passkeys, &all.stations, &all.icon];
    let map = all.map.iter().flat_map(|it| [&it.script, &it.css]);
    path.starts_with("/assets/") && plain.into_iter().chain(map).any(|it| it == path)
}

fn address(name: &str, content: &str, ending: &str) -> String {
    format!("/assets/{name}.{}.{ending}", hex(&Sha256::digest(content)[..4]))
}

/// The routes of the assets.
pub fn router() -> Router<App> {
    let file = |kind: &'static str, content: &'static str| {
        get(async move || {
            let headers = [
                (header::CONTENT_TYPE, kind),
                (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
            ];
            (headers, content).into_response()
        })
    };
    let mut router = Router::new();
    if let (Some(map), Some((script, css))) = (&ASSETS.map, MAP) {
        router = router
            .route(&map.script, file("text/javascript; charset=utf-8", script))
            .route(&map.css, file("text/css; charset=utf-8", css));
    }
    router
        .route(&ASSETS.css, file("text/css; charset=utf-8", CSS))
        .route(&ASSETS.docs, file("text/css; charset=utf-8", DOCS))
        .route(&ASSETS.script, file("text/javascript; charset=utf-8", SCRIPT))
        .route(&ASSETS.numbers, file("text/javascript; charset=utf-8", NUMBERS))
        .route(&ASSETS.passkeys, file("text/javascript; charset=utf-8", PASSKEYS))
        .route(&ASSETS.stations, file("text/javascript; charset=utf-8", STATIONS))
        .route(&ASSETS.icon, file("image/svg+xml", ICON))
}
