//! The garage: pages that show vehicles with the figures from their fuel logs.

mod pages;
#[cfg(test)]
mod tests;

use aide::axum::ApiRouter;

use super::Feature;

/// The garage feature.
pub const FEATURE: Feature = Feature {
    name: "garage",
    folder: "garage",
    migrations: crate::migrations!["001_derive_odometers"],
    api: ApiRouter::new,
    pages: pages::router,
    grants: &[],
    tables_without_grants: &[],
};
