//! Pages.
use crate::core::App;
use axum::Router;
pub(super) fn router() -> Router<App> {
    Router::new()
}
