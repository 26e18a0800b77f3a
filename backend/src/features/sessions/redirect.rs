//! Redirects of pages that need a sign-in or a second factor.

use axum::{
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Redirect, Response},
};

use crate::{
    app::App,
    core::{error::Problem, web},
    features::accounts::has_accounts,
};

/// Redirects requests without a session to the login page, or to registration while there is no
/// account, and users who must confirm their password or set up a second factor to the page for it: a
/// layer over every page.
pub async fn redirect_to_sign_in(State(app): State<App>, request: Request, next: Next) -> Response {
    let is_get = request.method() == Method::GET;
    let target = request.uri().path_and_query().map_or("/", |it| it.as_str()).to_owned();
    let response = next.run(request).await;
    let Some(problem) = response.extensions().get::<Problem>() else { return response };
    if response.status() == StatusCode::UNAUTHORIZED {
        return match has_accounts(&app).await {
            Ok(false) => Redirect::to("/register").into_response(),
            _ if is_get && target != "/" => {
                let next: String =
                    url::form_urlencoded::byte_serialize(target.as_bytes()).collect();
                Redirect::to(&format!("/login?next={next}")).into_response()
            }
            _ => Redirect::to("/login").into_response(),
        };
    }
    match problem.kind.as_str() {
        "/problems/second-factor-missing" | "/problems/confirmation-required" => {
            Redirect::to("/settings/factors").into_response()
        }
        _ => response,
    }
}

/// Redirects the browser from the password to the second factor.
#[must_use]
pub fn redirect_to_second_factor(cookie: HeaderValue, next: &str) -> Response {
    let next: String =
        url::form_urlencoded::byte_serialize(web::local_path(next).as_bytes()).collect();
    let to = Redirect::to(&format!("/login/second?next={next}"));
    ([(header::SET_COOKIE, cookie)], to).into_response()
}
