//! The garage: pages that show vehicles with the figures from their fuel logs.

mod pages;
#[cfg(test)]
mod tests;

use super::Feature;

/// The garage feature.
pub const FEATURE: Feature = Feature {
    migrations: crate::migrations![
        "001_derive_odometers": ["vehicles", "fuel_logs", "maintenance", "odometer_readings"],
    ],
    pages: pages::router,
    ..Feature::new("garage", "garage")
};
