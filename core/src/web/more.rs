//! The rest of the main menu, for screens where it does not fit.

use askama::Template;
use axum::response::Html;

use super::{Layout, Viewer, page};
use crate::{Error, Result};

#[derive(Template)]
#[template(path = "core/templates/more.html")]
struct More {
    layout: Layout,
    viewer: Viewer,
}

/// Shows the entries of the main menu that small screens leave out, and signs out.
///
/// # Errors
/// `Unauthorized` if no user is signed in.
pub async fn show_more(layout: Layout) -> Result<Html<String>> {
    let viewer = layout.viewer.clone().ok_or(Error::Unauthorized)?;
    page(&More { layout, viewer })
}
