//! Who may see to their own second factors.

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
use crate::core::{App, Error, Result};

/// Somebody who is signed in by a session, even where they still lack the second factor that is
/// asked of them: they can set one up and sign out, and nothing else.
#[derive(Debug, Clone)]
pub(in super::super) struct Entrant {
    /// Who it is.
    pub(in super::super) signed: Arc<Principal>,
    /// The session that they are signed in by.
    pub(super) session: Uuid,
    /// Where the request came from, for the security log.
    pub(super) client: ClientInfo,
}

impl FromRequestParts<App> for Entrant {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let signed = find_principal(parts, app).await?.ok_or(Error::Unauthorized)?;
        let AuthMethod::Session(session) = signed.auth_method else {
            return Err(Error::Forbidden("a token may not do this: sign in"));
        };
        Ok(Self { signed, session, client: ClientInfo::of(parts, app) })
    }
}

impl OperationInput for Entrant {
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

/// An entrant who has given the password within the last ten minutes.
pub(super) struct Fresh(pub(super) Entrant);

impl FromRequestParts<App> for Fresh {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let entrant = Entrant::from_request_parts(parts, app).await?;
        if service::is_fresh(app, entrant.session).await? {
            Ok(Self(entrant))
        } else {
            Err(Error::ConfirmationRequired)
        }
    }
}

impl OperationInput for Fresh {
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
