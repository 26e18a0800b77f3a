//! Extractors for endpoints that manage second factors.

use aide::{
    OperationInput,
    generate::GenContext,
    openapi::{Operation, Response},
};
use axum::{extract::FromRequestParts, http::request::Parts};

use crate::{
    app::App,
    core::{Error, Result},
    features::{
        accounts::{AnySession, SessionUser},
        sessions::is_recently_confirmed,
    },
};

/// A session in which the user confirmed the password within the last ten minutes.
pub(super) struct RecentlyConfirmed(pub(super) AnySession);

impl FromRequestParts<App> for RecentlyConfirmed {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let session = AnySession::from_request_parts(parts, app).await?;
        if is_recently_confirmed(app, session.id).await? {
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
