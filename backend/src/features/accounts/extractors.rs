//! Extractors of the user who sent a request.

use std::{ops::Deref, sync::Arc};

use aide::{
    OperationInput,
    generate::GenContext,
    openapi::{Operation, Response},
};
use axum::{
    extract::FromRequestParts,
    http::{Method, header, request::Parts},
};
use uuid::Uuid;

use super::{AuthMethod, ClientInfo, Principal, Scope};
use crate::{
    app::App,
    core::{Error, Result, UserId, http::error_responses},
};

/// Who sent a request, or why that could not be found out. A layer of the sessions feature adds it to
/// requests as an extension.
#[derive(Clone)]
pub struct RequestPrincipal(Arc<Result<Option<Arc<Principal>>>>);

impl RequestPrincipal {
    /// The principal; none if the request is anonymous.
    #[must_use]
    pub fn new(found: Result<Option<Arc<Principal>>>) -> Self {
        Self(Arc::new(found))
    }

    fn of(parts: &Parts) -> Result<Option<Arc<Principal>>> {
        match parts.extensions.get::<Self>().map(|it| &*it.0) {
            Some(Ok(found)) => Ok(found.clone()),
            Some(Err(error)) => Err(error.duplicate()),
            None => Ok(None),
        }
    }
}

/// Extracts the signed-in user. Rejects anonymous requests, and requests other than `GET` and `HEAD` with
/// a read-only token.
#[derive(Debug, Clone)]
pub struct User(pub Arc<Principal>);

impl Deref for User {
    type Target = UserId;

    fn deref(&self) -> &UserId {
        &self.0.user
    }
}

impl FromRequestParts<App> for User {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self> {
        let unauthenticated = || {
            let has_token = parts.headers.contains_key(header::AUTHORIZATION);
            if has_token { Error::InvalidToken } else { Error::Unauthorized }
        };
        let principal = RequestPrincipal::of(parts)?.ok_or_else(unauthenticated)?;
        if principal.lacks_factor {
            return Err(Error::SecondFactorMissing);
        }
        let is_read_only = matches!(
            principal.auth_method,
            AuthMethod::PersonalToken { scope: Scope::Read, .. }
                | AuthMethod::ProviderToken { scope: Scope::Read }
        );
        if is_read_only && !matches!(parts.method, Method::GET | Method::HEAD) {
            return Err(Error::Forbidden(crate::t!("core-forbidden-read-only-token")));
        }
        Ok(Self(principal))
    }
}

/// Extracts a user who is signed in with a session. Rejects tokens, because a token must not change how
/// its user signs in.
#[derive(Debug, Clone)]
pub struct SessionUser {
    /// The user.
    pub user: User,
    /// The id of the session.
    pub session: Uuid,
    /// The client, for the security log.
    pub client: ClientInfo,
}

impl FromRequestParts<App> for SessionUser {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let user = User::from_request_parts(parts, app).await?;
        let AuthMethod::Session(session) = user.0.auth_method else {
            return Err(Error::Forbidden(crate::t!("core-forbidden-token")));
        };
        Ok(Self { user, session, client: ClientInfo::of(parts, app) })
    }
}

/// A user signed in with a session, even if a required second factor is still missing. Such a user
/// can only set up a factor or sign out.
#[derive(Debug, Clone)]
pub struct AnySession {
    /// The signed-in user.
    pub principal: Arc<Principal>,
    /// The session's id.
    pub id: Uuid,
    /// The origin of the request, for the security log.
    pub client: ClientInfo,
}

impl FromRequestParts<App> for AnySession {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let principal = RequestPrincipal::of(parts)?.ok_or(Error::Unauthorized)?;
        let AuthMethod::Session(id) = principal.auth_method else {
            return Err(Error::Forbidden(crate::t!("core-forbidden-token")));
        };
        Ok(Self { principal, id, client: ClientInfo::of(parts, app) })
    }
}

impl OperationInput for AnySession {
    fn operation_input(context: &mut GenContext, operation: &mut Operation) {
        SessionUser::operation_input(context, operation);
    }

    fn inferred_early_responses(
        context: &mut GenContext,
        operation: &mut Operation,
    ) -> Vec<(Option<u16>, Response)> {
        SessionUser::inferred_early_responses(context, operation)
    }
}

/// Extracts a signed-in administrator. Rejects tokens except for `GET` and `HEAD` requests.
#[derive(Debug, Clone)]
pub struct Administrator(pub User);

impl FromRequestParts<App> for Administrator {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let user = User::from_request_parts(parts, app).await?;
        if !user.0.is_admin {
            return Err(Error::Forbidden(crate::t!("core-forbidden-not-administrator")));
        }
        // No token may change who has access, not even an administrator's.
        let is_session = matches!(user.0.auth_method, AuthMethod::Session(_));
        if !is_session && !matches!(parts.method, Method::GET | Method::HEAD) {
            return Err(Error::Forbidden(crate::t!("core-forbidden-token")));
        }
        Ok(Self(user))
    }
}

macro_rules! impl_security_docs {
    ($extractor:ty: $($scheme:literal),+; else $($status:literal),+) => {
        impl OperationInput for $extractor {
            fn operation_input(_: &mut GenContext, operation: &mut Operation) {
                if operation.security.is_empty() {
                    operation.security.extend(
                        [$($scheme),+].map(|it| [(it.to_owned(), Vec::new())].into_iter().collect()),
                    );
                }
            }

            fn inferred_early_responses(
                context: &mut GenContext,
                _: &mut Operation,
            ) -> Vec<(Option<u16>, Response)> {
                error_responses(context, &[$($status),+])
            }
        }
    };
}

impl_security_docs!(User: "session", "token"; else 401, 403);
impl_security_docs!(SessionUser: "session"; else 401, 403);
impl_security_docs!(Administrator: "session", "token"; else 401, 403);
