//! Extractors for endpoints that manage second factors.

use std::sync::Arc;

use aide::{
    OperationInput,
    generate::GenContext,
    openapi::{Operation, Response},
};
use axum::{extract::FromRequestParts, http::request::Parts};
use uuid::Uuid;

use super::{
    super::{
        client_info::ClientInfo,
        identify::find_principal,
        model::{AuthMethod, Principal},
        session::SessionUser,
    },
    service,
};
use crate::{
    app::App,
    core::{Error, Result},
};

/// A user signed in with a session, even if a required second factor is still missing. Such a user
/// can only set up a factor or sign out.
#[derive(Debug, Clone)]
pub(in super::super) struct AnySession {
    /// The signed-in user.
    pub(in super::super) principal: Arc<Principal>,
    /// The session's id.
    pub(super) id: Uuid,
    /// The origin of the request, for the security log.
    pub(super) client: ClientInfo,
}

impl FromRequestParts<App> for AnySession {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let principal = find_principal(parts, app).await?.ok_or(Error::Unauthorized)?;
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

/// A session in which the user confirmed the password within the last ten minutes.
pub(super) struct RecentlyConfirmed(pub(super) AnySession);

impl FromRequestParts<App> for RecentlyConfirmed {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let session = AnySession::from_request_parts(parts, app).await?;
        if service::is_recently_confirmed(app, session.id).await? {
            Ok(Self(session))
        } else {
            Err(Error::ConfirmationRequired)
        }
    }
}

impl OperationInput for RecentlyConfirmed {
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
