//! Routers for thousands of services, for which the OpenAPI document is generated only once.

use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex},
};

use aide::openapi::OpenApi;
use axum::{Router, body::Bytes};

use crate::{app::App, openapi};

/// The API and its document, which do not depend on settings.
struct Api {
    routes: Router<App>,
    document: OpenApi,
    text: Bytes,
    /// The document as a page, by the URL of the service.
    pages: Mutex<HashMap<String, Bytes>>,
}

static API: LazyLock<Api> = LazyLock::new(|| {
    let (routes, document) = openapi::api();
    let text = openapi::text(&document).into();
    Api { routes, document, text, pages: Mutex::default() }
});

/// The same as [`crate::router`]. Without optimization, generating and rendering the document takes longer than most tests.
pub(super) fn router(app: &App) -> Router {
    let base = crate::base_url(app);
    let mut pages = API.pages.lock().unwrap();
    let page = pages.entry(base).or_insert_with_key(|it| openapi::page(&API.document, it).into());
    crate::assemble(app, API.routes.clone(), page.clone(), API.text.clone())
}
