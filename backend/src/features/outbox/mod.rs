//! The outbox: forms that were sent without a connection. The browser stores them, and sends them when it is back
//! online; this feature has the page that lists them, and the list of pages that the browser stores.
//!
//! The service worker is `core/assets/sw.js`.

mod pages;
#[cfg(test)]
mod tests;

use super::Feature;

/// The outbox feature.
pub const FEATURE: Feature = Feature { pages: pages::router, ..Feature::new("outbox", "outbox") };
