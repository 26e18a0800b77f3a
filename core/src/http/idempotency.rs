//! Idempotent requests: of several requests with the same `Idempotency-Key` only one is executed,
//! and all get its response.

use crate::t;
use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use aide::{
    OperationInput,
    generate::GenContext,
    openapi::{Operation, Response},
};
use axum::{
    extract::{FromRef, FromRequest, FromRequestParts, Request},
    http::{HeaderMap, header, request::Parts},
};
use chrono::{DateTime, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::{
    Form, IdempotentResponse, Json,
    extract::{header_parameter, json_body},
    openapi::error_responses,
};
use crate::{
    Error, Result, Services, UserId, db::Tx, hex, input::Input, periodic::PeriodicTask, sql,
};

/// How long responses to API requests are stored.
const RETENTION: TimeDelta = TimeDelta::hours(24);
/// How long responses to forms are stored: a browser may send a form again when it is back online.
const FORM_RETENTION: TimeDelta = TimeDelta::days(30);

/// Deletes stored responses: those to API requests after a day, those to forms after 30.
pub const PERIODIC_TASK: PeriodicTask = PeriodicTask {
    name: "kept-answers",
    run: |tx, now| {
        Box::pin(async move {
            const OLD: &str = "DELETE FROM kept_answers
                WHERE created_at <= $1 AND (created_at <= $2 OR key NOT LIKE 'form:%')";
            Ok(sql!(tx, execute, OLD, now - RETENTION, now - FORM_RETENTION)?)
        })
    },
};
/// The maximum length of a key.
const MAX_KEY_LENGTH: usize = 255;

const KEY_HEADER: &str = "idempotency-key";
/// How the keys of forms begin.
const FORM_KEY: &str = "form:";

/// How long the response to a request with this key is stored.
fn retention(key: &str) -> TimeDelta {
    if key.starts_with(FORM_KEY) { FORM_RETENTION } else { RETENTION }
}

/// A JSON body of a request that can be retried with an `Idempotency-Key`.
pub struct IdempotentJson<T> {
    /// The body.
    pub input: T,
    /// The idempotency key.
    pub idempotency: Idempotency,
}

/// The idempotency key of a request, if any, and the fingerprint that distinguishes retries from
/// other requests.
///
/// As an extractor it is for requests without a body; those with a body use [`IdempotentJson`].
#[derive(Debug, Clone, Default)]
pub struct Idempotency {
    key: Option<String>,
    fingerprint: String,
    /// Marks the request as in progress until it is dropped.
    _guard: Option<Arc<InFlightGuard>>,
}

/// The requests in progress, by a hash of credentials and key.
#[derive(Debug, Clone, Default)]
pub struct InFlightRequests(Arc<Mutex<HashSet<[u8; 32]>>>);

/// A request in progress.
#[derive(Debug)]
struct InFlightGuard {
    all: InFlightRequests,
    this: [u8; 32],
}

impl InFlightRequests {
    fn begin_request(&self, this: [u8; 32]) -> Result<InFlightGuard> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.insert(this) {
            Ok(InFlightGuard { all: self.clone(), this })
        } else {
            Err(in_flight_error())
        }
    }
}

impl Drop for InFlightGuard {
    fn drop(&mut self) {
        self.all.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.this);
    }
}

fn in_flight_error() -> Error {
    Error::conflict("in-flight", t!("core-request-in-flight"))
}

/// Reads the key from the headers and marks the request as in progress.
fn begin_request(
    headers: &HeaderMap,
    services: &Services,
) -> Result<(Option<String>, Option<Arc<InFlightGuard>>)> {
    let key = match headers.get(KEY_HEADER).map(|it| it.to_str()) {
        None => return Ok((None, None)),
        // HTTP allows tabs in header values.
        Some(Ok(key)) if (1..=MAX_KEY_LENGTH).contains(&key.len()) && !key.contains('\t') => {
            key.to_owned()
        }
        Some(_) => {
            let why = t!("core-field-key", most = MAX_KEY_LENGTH);
            return Err(Error::invalid("Idempotency-Key", why));
        }
    };
    // Retries have the same credentials; keys are per user.
    let mut digest = Sha256::new_with_prefix(&key);
    for name in [header::AUTHORIZATION, header::COOKIE] {
        digest.update([0]);
        digest.update(headers.get(name).map_or(&[][..], |it| it.as_bytes()));
    }
    let guard = services.in_flight.begin_request(digest.finalize().into())?;
    Ok((Some(key), Some(Arc::new(guard))))
}

impl<S, T: Input> FromRequest<S> for IdempotentJson<T>
where
    S: Send + Sync,
    Services: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        let services = Services::from_ref(state);
        let (key, guard) = begin_request(request.headers(), &services)?;
        let mut digest = Sha256::new_with_prefix(request.uri().path());
        let body = json_body(request).await?;
        digest.update([0]);
        digest.update(&body);
        let fingerprint = hex(&digest.finalize());
        let idempotency = Idempotency { key, fingerprint, _guard: guard };
        Ok(Self { input: Json::read(&body, &services)?, idempotency })
    }
}

impl<S> FromRequestParts<S> for Idempotency
where
    S: Send + Sync,
    Services: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let (key, guard) = begin_request(&parts.headers, &Services::from_ref(state))?;
        let fingerprint = hex(&Sha256::digest(parts.uri.path()));
        Ok(Self { key, fingerprint, _guard: guard })
    }
}

const HEADER_DESCRIPTION: &str =
    "A unique key for this request: retries with the same key are not executed again";

impl<T: JsonSchema> OperationInput for IdempotentJson<T> {
    fn operation_input(context: &mut GenContext, operation: &mut Operation) {
        Json::<T>::operation_input(context, operation);
        header_parameter(context, operation, "Idempotency-Key", HEADER_DESCRIPTION);
    }

    fn inferred_early_responses(
        context: &mut GenContext,
        operation: &mut Operation,
    ) -> Vec<(Option<u16>, Response)> {
        let mut responses = Json::<T>::inferred_early_responses(context, operation);
        responses.extend(error_responses(context, &[409]));
        responses
    }
}

impl OperationInput for Idempotency {
    fn operation_input(context: &mut GenContext, operation: &mut Operation) {
        header_parameter(context, operation, "Idempotency-Key", HEADER_DESCRIPTION);
    }

    fn inferred_early_responses(
        context: &mut GenContext,
        _: &mut Operation,
    ) -> Vec<(Option<u16>, Response)> {
        error_responses(context, &[409, 422])
    }
}

#[derive(sqlx_derive::FromRow)]
struct Row {
    fingerprint: String,
    location: String,
    body: String,
}

impl Idempotency {
    /// The keyed form field with the form's token.
    pub const FORM_FIELD: &str = "once";

    /// Creates the token of a newly rendered form.
    #[must_use]
    pub fn new_form_token() -> String {
        uuid::Uuid::now_v7().to_string()
    }

    /// Removes the token from a form. The same fields submitted again with the same token, such as
    /// by a double tap, are a retry; changed fields are another request. `what` distinguishes
    /// forms.
    #[must_use]
    pub fn from_form(form: &mut Form, what: &str) -> Self {
        let Some(token) = form.typed.remove(Self::FORM_FIELD) else { return Self::default() };
        let mut digest = Sha256::new_with_prefix(what);
        digest.update([0]);
        digest.update(token);
        for (name, text) in &form.typed {
            digest.update([0]);
            digest.update(name);
            digest.update([0]);
            digest.update(text);
        }
        let fingerprint = hex(&digest.finalize());
        let key = Some(format!("{FORM_KEY}{fingerprint}"));
        Self { key, fingerprint, ..Self::default() }
    }

    /// Replaces the fingerprint with one of `what` instead of the whole body, for bodies with a
    /// secret, of which not even a hash may be stored.
    #[must_use]
    pub fn with_fingerprint_of(self, what: &str) -> Self {
        Self { fingerprint: hex(&Sha256::digest(what)), ..self }
    }

    /// Replaces the fingerprint of a body with a secret by one that is keyed with `secret`: another
    /// long random secret that retries include and that this service does not store.
    #[must_use]
    pub fn with_secret(self, secret: &str) -> Self {
        let keyed = format!("{secret} {}", self.fingerprint);
        self.with_fingerprint_of(&keyed)
    }

    /// Whether the request has a key.
    #[must_use]
    pub fn is_keyed(&self) -> bool {
        self.key.is_some()
    }

    /// A string that identifies the request, if it has a key.
    #[must_use]
    pub fn dedup_key(&self) -> Option<String> {
        self.key.as_ref().map(|key| format!("{} {key}", self.fingerprint))
    }

    /// Begins an idempotent request in the caller's transaction. Returns the stored response if the
    /// request has been executed before. If another instance is executing it, this waits for it;
    /// within one instance the second request is rejected earlier.
    ///
    /// # Errors
    /// `Invalid` if the key was used for another request.
    pub async fn begin<T, const STATUS: u16>(
        &self,
        tx: &mut Tx,
        user: &UserId,
        now: DateTime<Utc>,
    ) -> Result<Option<IdempotentResponse<T, STATUS>>> {
        let Some(key) = &self.key else { return Ok(None) };
        sql!(
            tx,
            execute,
            "DELETE FROM kept_answers
             WHERE user_id = $1 AND created_at <= $2
                 AND (created_at <= $3 OR key NOT LIKE 'form:%')",
            user.as_str(),
            now - RETENTION,
            now - FORM_RETENTION,
        )?;
        let inserted = sql!(
            tx,
            execute,
            "INSERT INTO kept_answers (user_id, key, fingerprint, location, body, created_at)
             VALUES ($1, $2, $3, '', '', $4)
             ON CONFLICT (user_id, key) DO NOTHING",
            user.as_str(),
            key,
            &self.fingerprint,
            now,
        )?;
        if inserted == 1 {
            return Ok(None);
        }
        let stored = self.find_response(tx, user, now).await?;
        stored.map(Some).ok_or(Error::Unavailable)
    }

    /// Returns the stored response if the request has been executed before. Does not wait for
    /// another instance that is executing it.
    ///
    /// # Errors
    /// `Invalid` if the key was used for another request.
    pub async fn find_response<T, const STATUS: u16>(
        &self,
        tx: &mut Tx,
        user: &UserId,
        now: DateTime<Utc>,
    ) -> Result<Option<IdempotentResponse<T, STATUS>>> {
        let Some(key) = &self.key else { return Ok(None) };
        let stored: Option<Row> = sql!(
            tx,
            fetch_optional,
            "SELECT fingerprint, location, body FROM kept_answers
             WHERE user_id = $1 AND key = $2 AND created_at > $3",
            user.as_str(),
            key,
            now - retention(key),
        )?;
        match stored {
            Some(stored) if stored.fingerprint != self.fingerprint => Err(Self::key_reused()),
            Some(stored) => Ok(Some(IdempotentResponse::replayed(stored.location, stored.body))),
            None => Ok(None),
        }
    }

    /// The error for a key that was used for another request.
    #[must_use]
    pub fn key_reused() -> Error {
        let why = t!("core-field-key-reused");
        Error::invalid("Idempotency-Key", why)
    }

    /// Stores the response in the caller's transaction.
    ///
    /// # Errors
    /// `Unavailable` if the database is.
    pub async fn store_response<T: Serialize, const STATUS: u16>(
        &self,
        tx: &mut Tx,
        user: &UserId,
        location: String,
        record: &T,
    ) -> Result<IdempotentResponse<T, STATUS>> {
        let body = serde_json::to_string(record).map_err(|error| Error::Internal(error.into()))?;
        if let Some(key) = &self.key {
            sql!(
                tx,
                execute,
                "UPDATE kept_answers SET location = $3, body = $4
                 WHERE user_id = $1 AND key = $2",
                user.as_str(),
                key,
                &location,
                &body,
            )?;
        }
        Ok(IdempotentResponse::new(location, body))
    }
}
