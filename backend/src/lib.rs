//! `MotoVaultPro`: vehicles, their fuel and their maintenance.
//!
//! The crate `core` has what every feature shares; each folder of `features` is one feature; `app`
//! puts the application together. `backup` and `transfer` work on the whole database.

pub mod app;
pub mod check;
pub mod cli;
pub mod features;
#[cfg(test)]
mod matrix;
pub mod openapi;
pub mod serve;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests_core;
#[cfg(test)]
mod tests_imports;
pub mod transfer;

use motovaultpro_backup as backup;
pub use motovaultpro_core as core;
use motovaultpro_core::{id, input, migrations, read_replica, record, select, sql, t};

use axum::{
    Router,
    body::Bytes,
    http::header,
    middleware,
    response::IntoResponse as _,
    routing::{any, get},
};
use tower::ServiceBuilder;

use crate::{
    app::App,
    core::{Error, health, http, problems, web},
    features::sessions,
};

/// The complete service: the JSON API of every feature under `/api`, and the pages at the root.
pub fn router(app: &App) -> Router {
    let (api, document) = openapi::api();
    let page = openapi::page(&document, &base_url(app));
    assemble(app, api, page.into(), openapi::text(&document).into())
}

/// The URL of the service.
fn base_url(app: &App) -> String {
    app.config.server.origin().unwrap_or_else(|| "http://localhost:3001".to_owned())
}

/// The complete service with the routes of the API, the OpenAPI document as a page, and as JSON.
fn assemble(app: &App, api: Router<App>, page: Bytes, document: Bytes) -> Router {
    // Both are rendered once; each response clones a reference-counted buffer.
    let fixed = |kind: &'static str, text: Bytes| {
        get(async move || ([(header::CONTENT_TYPE, kind)], text).into_response())
    };
    let page = fixed("text/html; charset=utf-8", page);
    let document = fixed("application/json", document);
    // Below `/api` every response is the API's, including 404 and 405.
    let api = Router::new()
        .nest("/api", api)
        .route("/api/openapi.json", document)
        .route("/api/docs", page)
        .route("/api", any(async || Error::NotFound(crate::t!("core-not-found-address"))))
        .route("/api/", any(async || Error::NotFound(crate::t!("core-not-found-address"))))
        .route("/api/{*rest}", any(async || Error::NotFound(crate::t!("core-not-found-address"))))
        .method_not_allowed_fallback(async || Error::MethodNotAllowed);

    let mut pages = Router::new().merge(problems::router());
    for feature in features::ALL {
        pages = pages.merge((feature.pages)());
    }
    let pages = pages
        .route("/more", get(web::show_more))
        .fallback(async || Error::NotFound(crate::t!("core-not-found-page")))
        .method_not_allowed_fallback(async || Error::MethodNotAllowed)
        .layer(
            // The first is the outermost.
            ServiceBuilder::new()
                .layer(middleware::from_fn_with_state(app.clone(), web::carry_flash::<App>))
                .layer(middleware::from_fn(web::add_viewer_tag))
                .layer(middleware::from_fn(web::render_problems_as_pages))
                .layer(middleware::from_fn_with_state(app.clone(), sessions::redirect_to_sign_in))
                .layer(middleware::from_fn(web::answer_in_brief)),
        );

    let plain = health::liveness()
        .merge(web::router())
        .method_not_allowed_fallback(async || Error::MethodNotAllowed);
    let router = pages.merge(api).merge(plain).with_state(app.clone());
    http::layers(router, app, sessions::identify)
}
