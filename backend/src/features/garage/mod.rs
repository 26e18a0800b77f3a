//! The garage: pages that show vehicles together with what their fuel logs say.

mod pages;
#[cfg(test)]
mod tests;

use aide::axum::ApiRouter;

use super::Feature;

/// The garage capsule.
pub const FEATURE: Feature = Feature {
    name: "garage",
    folder: "garage",
    migrations: crate::migrations!["001_derive_odometers"],
    api: ApiRouter::new,
    pages: pages::router,
    grants: &[],
    grants_nothing: &[],
};
