//! What all pages share: the layout, the assets, and the rendering of problems.

mod assets;
mod flash;
mod form;
mod menu;
mod more;
mod offline;

use askama::Template;
use axum::{
    extract::{FromRequestParts, Request},
    http::{HeaderValue, StatusCode, header, request::Parts},
    middleware::Next,
    response::{Html, IntoResponse, Response},
};

pub use assets::{Assets, is_asset, router};
pub use flash::{Flash, FlashLink, carry_flash};
pub use form::{Errors, FormView, sentence};
pub use menu::{Icon, MenuEntry};
pub use more::show_more;
pub use offline::{SIGNED_IN_AS, add_viewer_tag, answer_in_brief};

use super::{Error, Result, error::Problem};

/// Renders a template as a page.
///
/// # Errors
/// `Internal` if it cannot be rendered.
pub fn page(template: &impl Template) -> Result<Html<String>> {
    Ok(Html(template.render().map_err(|error| Error::Internal(error.into()))?))
}

/// Renders a form's page with validation errors (422).
///
/// # Errors
/// As [`page`].
pub fn invalid_form_page(template: &impl Template) -> Result<Response> {
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page(template)?).into_response())
}

/// The signed-in user who views a page, as the layout shows them. Middleware adds it to requests for
/// pages as an extension.
#[derive(Debug, Clone)]
pub struct Viewer {
    /// An opaque text that is the same for all sessions of the user and differs between users. Browsers store pages
    /// and forms for offline use under it.
    pub tag: String,
    /// Their display name, or else their email address.
    pub name: String,
    /// Whether they are an administrator.
    pub is_admin: bool,
    /// Whether they must review what has access to the account, after a password reset.
    pub needs_review: bool,
    /// `system`, `light` or `dark`.
    pub theme: &'static str,
    /// The main menu, in order.
    pub menu: &'static [MenuEntry],
}

impl Viewer {
    /// The entries of the main menu that they see.
    pub fn menu(&self) -> impl Iterator<Item = &'static MenuEntry> {
        self.menu.iter().filter(|it| self.is_admin || !it.is_for_administrators)
    }
}

/// The data of a page's layout.
#[derive(Debug, Clone)]
pub struct Layout {
    /// The user, if signed in.
    pub viewer: Option<Viewer>,
    /// The page's path, to highlight the current section.
    pub path: String,
    /// The URLs of the assets.
    pub assets: &'static Assets,
    /// The answer to the action before, if any.
    pub flash: Option<Flash>,
}

impl Layout {
    /// The layout of the page at `path` for a user, if signed in.
    #[must_use]
    pub fn new(viewer: Option<Viewer>, path: &str) -> Self {
        Self { viewer, path: path.to_owned(), assets: Assets::get(), flash: None }
    }

    /// Whether the user is signed in.
    #[must_use]
    pub fn is_signed_in(&self) -> bool {
        self.viewer.is_some()
    }

    /// The tag of the user; empty if not signed in.
    #[must_use]
    pub fn viewer_tag(&self) -> &str {
        self.viewer.as_ref().map_or("", |it| it.tag.as_str())
    }

    /// `system`, `light` or `dark`.
    #[must_use]
    pub fn theme(&self) -> &'static str {
        self.viewer.as_ref().map_or("system", |it| it.theme)
    }

    /// Whether the page asks the user to review what has access to the account.
    #[must_use]
    pub fn shows_review_notice(&self) -> bool {
        self.viewer.as_ref().is_some_and(|it| it.needs_review) && !self.is_in("/settings/review")
    }

    /// Whether the page is in `section`.
    #[must_use]
    pub fn is_in(&self, section: &str) -> bool {
        let rest = self.path.strip_prefix(section);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// Whether the page belongs to an entry of the menu.
    #[must_use]
    pub fn is_at(&self, entry: &MenuEntry) -> bool {
        self.is_in(entry.path) || entry.sections.iter().any(|it| self.is_in(it))
    }

    /// Whether the page belongs to an entry that small screens show on the page `/more`, or is that page.
    #[must_use]
    pub fn is_at_more(&self) -> bool {
        let mut menu = self.viewer.iter().flat_map(Viewer::menu);
        self.path == "/more" || menu.any(|it| it.is_secondary && self.is_at(it))
    }

    /// The language of the page, as a BCP 47 tag.
    #[must_use]
    pub fn language(&self) -> &'static str {
        super::locale::current().tag()
    }

    /// The service's version.
    #[must_use]
    pub fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Layout {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        let layout = Self::new(parts.extensions.get().cloned(), parts.uri.path());
        Ok(Self { flash: parts.extensions.get().cloned(), ..layout })
    }
}

#[derive(Template)]
#[template(path = "core/templates/problem.html")]
struct ProblemPage<'a> {
    problem: &'a Problem,
    layout: Layout,
}

impl ProblemPage<'_> {
    fn title(&self) -> &str {
        &self.problem.title
    }

    /// The vehicle in the trash, if the problem is about one.
    fn in_trash(&self) -> Option<uuid::Uuid> {
        self.problem.vehicle_id.filter(|_| self.problem.restore.is_some())
    }

    fn detail(&self) -> String {
        sentence(&self.problem.detail)
    }
}

/// Renders problem documents as pages: a layer over every page.
pub async fn render_problems_as_pages(request: Request, next: Next) -> Response {
    let layout = Layout::new(request.extensions().get().cloned(), request.uri().path());
    let response = next.run(request).await;
    let Some(problem) = response.extensions().get::<Problem>() else { return response };
    match page(&ProblemPage { problem, layout }) {
        Ok(html) => page_response(&response, html),
        Err(_) => response,
    }
}

/// Renders a problem as a page that does not depend on the user.
#[must_use]
pub fn problem_page(error: Error) -> Response {
    let response = error.into_response();
    let Some(problem) = response.extensions().get::<Problem>() else { return response };
    match page(&ProblemPage { problem, layout: Layout::new(None, "") }) {
        Ok(html) => page_response(&response, html),
        Err(_) => response,
    }
}

/// The error response to a request for `path`: a problem document for the API, a page otherwise.
#[must_use]
pub fn refusal(path: &str, error: Error) -> Response {
    if is_api(path) { error.into_response() } else { problem_page(error) }
}

/// Whether `path` belongs to the API, which responds with problem documents instead of pages.
#[must_use]
pub fn is_api(path: &str) -> bool {
    path == "/api" || path.starts_with("/api/")
}

/// The page with the status and relevant headers of the problem.
fn page_response(response: &Response, html: Html<String>) -> Response {
    let mut page = (response.status(), html).into_response();
    for name in [header::RETRY_AFTER, header::ALLOW, header::ACCEPT_ENCODING] {
        if let Some(value) = response.headers().get(&name) {
            page.headers_mut().insert(name, HeaderValue::clone(value));
        }
    }
    page
}

/// The value of the query parameter `name`.
#[must_use]
pub fn parameter(query: Option<&str>, name: &str) -> Option<String> {
    let mut query = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    query.find(|(it, _)| it == name).map(|(_, text)| text.into_owned())
}

/// The path to redirect to after sign-in: `wanted` if it is a path of this service, otherwise `/`.
#[must_use]
pub fn local_path(wanted: &str) -> &str {
    let is_local = wanted.starts_with('/')
        && !wanted.contains("//")
        && !wanted.contains('\\')
        && !wanted.chars().any(char::is_control);
    if is_local { wanted } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::local_path;

    #[test]
    fn redirects_stay_on_this_service() {
        assert_eq!(local_path("/vehicles?deleted=true"), "/vehicles?deleted=true");
        for external in [
            "https://evil.example",
            "/.//evil.example",
            "//evil.example",
            "/\\evil.example",
            "",
            "/\nx",
        ] {
            assert_eq!(local_path(external), "/", "{external}");
        }
    }
}
