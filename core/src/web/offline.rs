//! What pages need to work without a connection: the web app manifest, the service worker, and responses that it
//! can distinguish.

use askama::Template;
use axum::{
    Router,
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{Html, IntoResponse as _, Response},
    routing::get,
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{Assets, Flash, Layout, Viewer, page};
use crate::{Result, UserId, error::Problem, hex, http::etag, t};

/// The form field with the tag of the user that the form was rendered for.
pub const SIGNED_IN_AS: &str = "signedInAs";

/// The response header with the tag of the page's user.
const VIEWER_TAG: HeaderName = HeaderName::from_static("viewer-tag");
/// Its value on pages without a user.
const NO_VIEWER: HeaderValue = HeaderValue::from_static("none");

const PREFER: HeaderName = HeaderName::from_static("prefer");

/// The color of the title bar of the installed app.
const THEME_COLOR: &str = "#0a5d66";

impl Viewer {
    /// The tag of a user.
    #[must_use]
    pub fn tag_of(user: &UserId) -> String {
        let digest = Sha256::new_with_prefix("viewer-tag ").chain_update(user.as_str());
        hex(&digest.finalize()[..16])
    }
}

/// Adds a header with the tag of the user to pages: a layer over every page. The service worker stores a page
/// for this user only, and deletes the stored pages of others.
pub async fn add_viewer_tag(request: Request, next: Next) -> Response {
    let tag = request.extensions().get::<Viewer>().map(|it| it.tag.clone());
    let mut response = next.run(request).await;
    let tag = tag.and_then(|it| HeaderValue::from_str(&it).ok()).unwrap_or(NO_VIEWER);
    response.headers_mut().insert(VIEWER_TAG, tag);
    response
}

/// Answers a form in brief if the request prefers that (RFC 7240, `return=minimal`): 204 instead of a redirect to a
/// page, and 401 and 403 instead of a redirect to what the user must do first. The service worker sends forms in this
/// way. The next page shows the message only if the request also prefers `message`: the user has just sent the form.
/// A layer over every page, below those that redirect and render pages.
pub async fn answer_in_brief(request: Request, next: Next) -> Response {
    let is_brief = prefers(request.headers(), "return=minimal");
    let shows_message = prefers(request.headers(), "message");
    let mut response = next.run(request).await;
    if !is_brief {
        return response;
    }
    if matches!(response.status(), StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
        response.extensions_mut().remove::<Problem>();
    }
    if response.status().is_redirection() {
        *response.status_mut() = StatusCode::NO_CONTENT;
    }
    if !shows_message {
        response.extensions_mut().remove::<Flash>();
    }
    let applied = HeaderValue::from_static("return=minimal");
    response.headers_mut().insert("preference-applied", applied);
    response
}

fn prefers(headers: &HeaderMap, wanted: &str) -> bool {
    let preferences = headers.get_all(PREFER).iter().filter_map(|it| it.to_str().ok());
    preferences.flat_map(|it| it.split(',')).any(|it| it.trim() == wanted)
}

#[derive(Template)]
#[template(path = "core/templates/offline.html")]
struct OfflinePage {
    layout: Layout,
}

/// The page that the service worker shows instead of pages that it has not stored. It contains no data of a user.
async fn show_offline_page() -> Result<Html<String>> {
    page(&OfflinePage { layout: Layout::new(None, "/offline") })
}

async fn manifest() -> Response {
    let mut response = manifest_of(Assets::get()).to_string().into_response();
    for (name, value) in
        [(header::CONTENT_TYPE, "application/manifest+json"), (header::CACHE_CONTROL, "no-cache")]
    {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// The web app manifest, in the current language.
fn manifest_of(assets: &Assets) -> Value {
    let icon = |src: &str, sizes: &str, kind: &str, purpose: &str| json!({ "src": src, "sizes": sizes, "type": kind, "purpose": purpose });
    let png = |src, sizes| icon(src, sizes, "image/png", "any");
    let shortcut = |name: String, url: &str| json!({ "name": name, "url": url, "icons": [png(&assets.small_icon, "192x192")] });
    json!({
        "id": "/",
        "name": "MotoVaultPro",
        "short_name": "MotoVaultPro",
        "lang": crate::locale::current().tag(),
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "theme_color": THEME_COLOR,
        "background_color": "#f2f5f5",
        "icons": [
            icon(&assets.icon, "any", "image/svg+xml", "any"),
            png(&assets.small_icon, "192x192"),
            png(&assets.large_icon, "512x512"),
            icon(&assets.maskable_icon, "512x512", "image/png", "maskable"),
        ],
        "shortcuts": [
            shortcut(t!("core-menu-add-fill-up").to_string(), "/fuel-logs/new"),
            shortcut(t!("core-log-service").to_string(), "/maintenance/new"),
        ],
    })
}

/// The service worker. Its URL never changes, so browsers check for a new version with each page.
async fn service_worker(headers: HeaderMap) -> Response {
    let content = &Assets::get().service_worker;
    let etag = etag(content);
    let is_current =
        headers.get(header::IF_NONE_MATCH).is_some_and(|it| it.as_bytes() == etag.as_bytes());
    let headers = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
        (header::ETAG, etag.as_str()),
    ];
    if is_current {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, content.clone()).into_response()
}

/// The routes that are the same for all users.
pub(super) fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/manifest.webmanifest", get(manifest))
        .route("/sw.js", get(service_worker))
        .route("/offline", get(show_offline_page))
}

#[cfg(test)]
mod tests {
    use super::{Assets, HeaderMap, HeaderValue, PREFER, manifest_of, prefers};

    #[test]
    fn the_manifest_names_icons_that_exist() {
        let manifest = manifest_of(Assets::get());
        let icons = manifest["icons"].as_array().unwrap().iter();
        let shortcuts = manifest["shortcuts"].as_array().unwrap();
        let all = icons.chain(shortcuts.iter().map(|it| &it["icons"][0]));
        let mut count = 0;
        for icon in all {
            let src = icon["src"].as_str().unwrap();
            assert!(Assets::get().urls().any(|it| it == src), "{src}");
            count += 1;
        }
        assert_eq!(count, 6);
        assert_eq!(shortcuts[0]["name"], "Add fill-up");
    }

    #[test]
    fn a_preference_is_found_among_others() {
        let is_preferred = |lines: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(PREFER, HeaderValue::from_static(line));
            }
            prefers(&headers, "return=minimal")
        };
        assert!(is_preferred(&["return=minimal"]));
        assert!(is_preferred(&["wait=10, return=minimal"]));
        assert!(is_preferred(&["wait=10", "return=minimal"]));
        assert!(!is_preferred(&["return=representation"]));
        assert!(!is_preferred(&[]));
    }
}
