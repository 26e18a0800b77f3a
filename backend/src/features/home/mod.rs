//! The home page, and the migration that needs the data of several features.

#[cfg(test)]
mod tests;

use axum::{Router, response::Redirect, routing::get};

use super::Feature;

/// The home feature.
pub const FEATURE: Feature = Feature {
    migrations: crate::migrations![
        "001_derive_odometers": ["vehicles", "fuel_logs", "maintenance", "odometer_readings"],
    ],
    pages: || Router::new().route("/", get(async || Redirect::to("/vehicles"))),
    // Databases have recorded the migration under the name that the feature had before.
    recorded_name: "garage",
    ..Feature::new("home", "home")
};
