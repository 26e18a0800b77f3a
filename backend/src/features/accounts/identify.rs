//! Who sends a request: found once, counted, and passed on to the handlers.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, header, request::Parts},
    middleware::Next,
    response::Response,
};

use super::{model::Signed, session};
use crate::core::{
    App, Result,
    http::{self, ClientAddress, Meter},
    web,
};

/// Who sends the request, for its handler.
#[derive(Clone)]
struct Visitor(Option<Arc<Signed>>);

/// Finds who sends a request and counts it: by its user, or by its network if none is signed in. A layer
/// around all routes, so that none is left out.
pub async fn identify(State(app): State<App>, mut request: Request, next: Next) -> Response {
    if !http::is_counted(request.uri().path()) {
        return next.run(request).await;
    }
    let found = find(request.headers(), &app).await;
    let meter = request.extensions().get::<Meter>().cloned().unwrap_or_default();
    let counted = if let Ok(Some(signed)) = &found {
        meter.count_user(&signed.user)
    } else {
        let client = ClientAddress::of(request.extensions(), request.headers(), &app);
        client.network().map_or(Ok(()), |network| meter.count_network(network))
    };
    if let Err(error) = counted {
        return web::refusal(request.uri().path(), error);
    }
    // If it could not be found, a handler that needs it tries again and reports why.
    if let Ok(found) = found {
        request.extensions_mut().insert(Visitor(found));
    }
    next.run(request).await
}

async fn find(headers: &HeaderMap, app: &App) -> Result<Option<Arc<Signed>>> {
    let has_credential =
        headers.contains_key(header::AUTHORIZATION) || session::token_of(headers, app).is_some();
    if has_credential { session::visitor(headers, app).await } else { Ok(None) }
}

/// Who sends the request with these parts, if signed in.
///
/// # Errors
/// Unavailable where the database is unavailable.
pub async fn visitor_of(parts: &Parts, app: &App) -> Result<Option<Arc<Signed>>> {
    match parts.extensions.get::<Visitor>() {
        Some(Visitor(found)) => Ok(found.clone()),
        None => session::visitor(&parts.headers, app).await,
    }
}
