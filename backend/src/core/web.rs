//! What all pages share: the layout, the assets, and the rendering of problems.

mod assets;
mod form;
#[cfg(test)]
mod tests_forms;

use askama::Template;
use axum::{
    extract::{FromRequestParts, Request, State},
    http::{HeaderValue, Method, StatusCode, header, request::Parts},
    middleware::Next,
    response::{Html, IntoResponse, Redirect, Response},
};

pub use assets::{Assets, is_asset, router};
pub use form::{Errors, FormView, sentence};

use super::{App, Error, Result, error::Problem};
use crate::features::accounts;

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

/// The data of a page's layout.
#[derive(Debug, Clone)]
pub struct Layout {
    /// The user's display name, if signed in.
    pub name: Option<String>,
    /// Whether the user is an administrator.
    pub is_admin: bool,
    /// Whether the user must review what has access to the account, after a password reset.
    pub needs_review: bool,
    /// `system`, `light` or `dark`.
    pub theme: &'static str,
    /// The page's path, to highlight the current section.
    pub path: String,
    /// The URLs of the assets.
    pub assets: &'static Assets,
}

impl Layout {
    /// The layout of the page at `path` for a user, if signed in.
    #[must_use]
    pub fn new(signed: Option<&accounts::Principal>, path: &str) -> Self {
        Self {
            name: signed.map(|it| it.display_name.clone().unwrap_or_else(|| it.email.clone())),
            is_admin: signed.is_some_and(|it| it.is_admin),
            needs_review: signed.is_some_and(|it| it.review_since.is_some()),
            theme: signed.map_or("system", |it| it.preferences.theme.as_str()),
            path: path.to_owned(),
            assets: Assets::get(),
        }
    }

    /// Whether the page is in `section`.
    #[must_use]
    pub fn is_in(&self, section: &str) -> bool {
        let rest = self.path.strip_prefix(section);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
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

impl FromRequestParts<App> for Layout {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        // Pages that need no sign-in also render while the database is unavailable.
        let signed = accounts::find_principal(parts, app).await.unwrap_or_default();
        Ok(Self::new(signed.as_deref(), parts.uri.path()))
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

/// Renders problem documents as pages: a layer over every page. Requests without a session are
/// redirected to the login page.
pub async fn render_problems_as_pages(
    State(app): State<App>,
    request: Request,
    next: Next,
) -> Response {
    let is_get = request.method() == Method::GET;
    let path = request.uri().path().to_owned();
    let target = request.uri().path_and_query().map_or("/", |it| it.as_str()).to_owned();
    let headers = request.headers().clone();
    let response = next.run(request).await;
    let Some(problem) = response.extensions().get::<Problem>() else { return response };
    if response.status() == StatusCode::UNAUTHORIZED {
        return match accounts::has_accounts(&app).await {
            Ok(false) => Redirect::to("/register").into_response(),
            _ if is_get && target != "/" => {
                let next: String =
                    url::form_urlencoded::byte_serialize(target.as_bytes()).collect();
                Redirect::to(&format!("/login?next={next}")).into_response()
            }
            _ => Redirect::to("/login").into_response(),
        };
    }
    if matches!(
        problem.kind.as_str(),
        "/problems/second-factor-missing" | "/problems/confirmation-required"
    ) {
        return Redirect::to("/settings/factors").into_response();
    }
    let signed = accounts::authenticate(&headers, &app).await.unwrap_or_default();
    let layout = Layout::new(signed.as_deref(), &path);
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
