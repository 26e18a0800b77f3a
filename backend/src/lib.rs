//! `MotoVaultPro`: vehicles, their fuel and their upkeep.
//!
//! `core` holds what every feature shares; each folder of `features` is one capsule.

pub mod cli;
pub mod core;
pub mod features;
#[cfg(test)]
mod matrix;
pub mod openapi;
pub mod serve;
#[cfg(test)]
mod testing;

use std::sync::Arc;

use axum::{
    Router,
    http::header,
    middleware,
    response::{IntoResponse as _, Redirect},
    routing::{any, get},
};

use crate::core::{App, Error, health, http, problems, web};

/// The whole service: every feature's JSON API under `/api`, and its pages at the root.
pub fn router(app: &App) -> Router {
    let (api, document) = openapi::api();
    let document: Arc<str> = openapi::text(&document).into();
    let document = get(async move || {
        ([(header::CONTENT_TYPE, "application/json")], document.as_ref().to_owned()).into_response()
    });
    // Below /api everything answers as the API does, even what is not there.
    let api = Router::new()
        .nest("/api", api)
        .route("/api/openapi.json", document)
        .route("/api", any(async || Error::NotFound("address")))
        .route("/api/", any(async || Error::NotFound("address")))
        .route("/api/{*rest}", any(async || Error::NotFound("address")))
        .method_not_allowed_fallback(async || Error::MethodNotAllowed);

    let mut pages = Router::new().merge(problems::router());
    for feature in features::ALL {
        pages = pages.merge((feature.pages)());
    }
    let pages = pages
        .route("/", get(async || Redirect::to("/vehicles")))
        .fallback(async || Error::NotFound("page"))
        .method_not_allowed_fallback(async || Error::MethodNotAllowed)
        .layer(middleware::from_fn_with_state(app.clone(), web::problems_as_pages));

    let plain = health::liveness()
        .merge(web::router())
        .method_not_allowed_fallback(async || Error::MethodNotAllowed);
    let router = pages.merge(api).merge(plain);
    http::layers(router.with_state(app.clone()), app)
}
