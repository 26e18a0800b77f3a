//! Middleware that authenticates each request and counts it toward a quota.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, header},
    middleware::Next,
    response::Response,
};

use crate::{
    app::App,
    core::{
        Result,
        http::{self, ClientAddress, RequestMeter},
        locale,
        web::{self, Viewer},
    },
    features::{
        self,
        accounts::{Principal, RequestPrincipal, session_token_hash},
    },
};

/// Authenticates a request, counts it toward the quota of its user, or of its network if it is
/// anonymous, and adds the [`Viewer`] of pages. Wraps all routes.
pub async fn identify(State(app): State<App>, mut request: Request, next: Next) -> Response {
    if !http::is_rate_limited(request.uri().path()) {
        return next.run(request).await;
    }
    let found = authenticate(request.headers(), &app).await;
    let meter = request.extensions().get::<RequestMeter>().cloned().unwrap_or_default();
    let counted = if let Ok(Some(principal)) = &found {
        meter.count_user(&principal.user)
    } else {
        let client = ClientAddress::resolve(request.extensions(), request.headers(), &app);
        client.network().map_or(Ok(()), |network| meter.count_network(network))
    };
    if let Err(error) = counted {
        return web::refusal(request.uri().path(), error);
    }
    if let Ok(Some(principal)) = &found {
        respond_to(principal);
        if !web::is_api(request.uri().path()) {
            request.extensions_mut().insert(viewer(principal));
        }
    }
    // After an error, a handler that requires authentication reports it.
    request.extensions_mut().insert(RequestPrincipal::new(found));
    next.run(request).await
}

/// Responds in the user's language and units from now on.
fn respond_to(principal: &Principal) {
    if let Some(locale) = principal.preferences.chosen_locale() {
        locale::set_current(locale);
    }
    locale::set_units(principal.preferences.display_units());
}

/// How pages show the user.
fn viewer(principal: &Principal) -> Viewer {
    Viewer {
        tag: Viewer::tag_of(&principal.user),
        name: principal.display_name.as_ref().unwrap_or(&principal.email).clone(),
        is_admin: principal.is_admin,
        needs_review: principal.review_since.is_some(),
        theme: principal.preferences.theme.as_str(),
        menu: features::menu(),
    }
}

async fn authenticate(headers: &HeaderMap, app: &App) -> Result<Option<Arc<Principal>>> {
    let has_credential =
        headers.contains_key(header::AUTHORIZATION) || session_token_hash(headers, app).is_some();
    if has_credential { super::authenticate(headers, app).await } else { Ok(None) }
}
