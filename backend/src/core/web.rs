//! What every page shares: the shell around it, its assets, and how a problem looks.

mod assets;
mod field;
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
pub use field::{Errors, Sheet, sentence};

use super::{App, Error, Result, error::Problem};
use crate::features::accounts;

/// Renders a template as a page.
///
/// # Errors
/// Internal where it cannot be rendered.
pub fn page(template: &impl Template) -> Result<Html<String>> {
    Ok(Html(template.render().map_err(|error| Error::Internal(error.into()))?))
}

/// A form's page once more, with what is wrong with it.
///
/// # Errors
/// As [`page`].
pub fn page_again(template: &impl Template) -> Result<Response> {
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page(template)?).into_response())
}

/// What the frame of a page shows of whoever looks at it.
#[derive(Debug, Clone)]
pub struct Shell {
    /// What they are called, if somebody is signed in.
    pub name: Option<String>,
    /// Whether they may run the service.
    pub is_admin: bool,
    /// Whether they have to review what can act for their account, after a password reset.
    pub has_to_review: bool,
    /// `system`, `light` or `dark`.
    pub theme: &'static str,
    /// The page's path, for marking where one is.
    pub path: String,
    /// Where the assets are.
    pub assets: &'static Assets,
}

impl Shell {
    /// The frame around what `signed` sees at `path`.
    #[must_use]
    pub fn new(signed: Option<&accounts::Principal>, path: &str) -> Self {
        Self {
            name: signed.map(|it| it.display_name.clone().unwrap_or_else(|| it.email.clone())),
            is_admin: signed.is_some_and(|it| it.is_admin),
            has_to_review: signed.is_some_and(|it| it.review_since.is_some()),
            theme: signed.map_or("system", |it| it.preferences.theme.as_str()),
            path: path.to_owned(),
            assets: Assets::get(),
        }
    }

    /// Whether the page is `section` or below it.
    #[must_use]
    pub fn is_in(&self, section: &str) -> bool {
        let rest = self.path.strip_prefix(section);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// The service's version.
    #[must_use]
    pub fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }
}

impl FromRequestParts<App> for Shell {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        // A page that nobody has to be signed in for shows itself with the database away, too.
        let signed = accounts::find_principal(parts, app).await.unwrap_or_default();
        Ok(Self::new(signed.as_deref(), parts.uri.path()))
    }
}

#[derive(Template)]
#[template(path = "core/templates/problem.html")]
struct Sorry<'a> {
    problem: &'a Problem,
    shell: Shell,
}

impl Sorry<'_> {
    fn title(&self) -> &str {
        if self.problem.kind == "/problems/not-found" { "Not found" } else { &self.problem.title }
    }

    /// The vehicle to restore first.
    fn in_trash(&self) -> Option<uuid::Uuid> {
        self.problem.vehicle_id.filter(|_| self.problem.restore.is_some())
    }

    fn detail(&self) -> String {
        sentence(&self.problem.detail)
    }
}

/// Shows a problem document as a page; a layer over every page. Nobody signed in is led to where
/// one signs in.
pub async fn problems_as_pages(State(app): State<App>, request: Request, next: Next) -> Response {
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
                let next: String = form_urlencoded::byte_serialize(target.as_bytes()).collect();
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
    let shell = Shell::new(signed.as_deref(), &path);
    match page(&Sorry { problem, shell }) {
        Ok(html) => as_page(&response, html),
        Err(_) => response,
    }
}

/// A problem as a page that is the same for everybody, whoever is signed in.
#[must_use]
pub fn problem_page(error: Error) -> Response {
    let response = error.into_response();
    let Some(problem) = response.extensions().get::<Problem>() else { return response };
    match page(&Sorry { problem, shell: Shell::new(None, "") }) {
        Ok(html) => as_page(&response, html),
        Err(_) => response,
    }
}

/// A refusal of a request for `path`: a problem document for programs, a page for people.
#[must_use]
pub fn refusal(path: &str, error: Error) -> Response {
    if is_api(path) { error.into_response() } else { problem_page(error) }
}

/// Whether `path` is the API's, whose clients get problem documents and not pages.
#[must_use]
pub fn is_api(path: &str) -> bool {
    path == "/api" || path.starts_with("/api/")
}

/// The page instead of the problem, with what holds for either.
fn as_page(response: &Response, html: Html<String>) -> Response {
    let mut page = (response.status(), html).into_response();
    for name in [header::RETRY_AFTER, header::ALLOW, header::ACCEPT_ENCODING] {
        if let Some(value) = response.headers().get(&name) {
            page.headers_mut().insert(name, HeaderValue::clone(value));
        }
    }
    page
}

/// The value of the parameter `name` in a query.
#[must_use]
pub fn parameter(query: Option<&str>, name: &str) -> Option<String> {
    let mut query = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    query.find(|(it, _)| it == name).map(|(_, text)| text.into_owned())
}

/// Where to go after signing in: a path of this service, or home.
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
    fn no_address_leads_away_from_this_service() {
        assert_eq!(local_path("/vehicles?deleted=true"), "/vehicles?deleted=true");
        for away in [
            "https://evil.example",
            "/.//evil.example",
            "//evil.example",
            "/\\evil.example",
            "",
            "/\nx",
        ] {
            assert_eq!(local_path(away), "/", "{away}");
        }
    }
}
