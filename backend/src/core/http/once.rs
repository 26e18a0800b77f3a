//! Requests that may be sent again: of several with one `Idempotency-Key`, one is done, and all
//! get its answer.

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
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, header, request::Parts},
};
use chrono::{DateTime, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::{
    Form, Json, Kept,
    described::refusals,
    read::{header_parameter, json_body},
};
use crate::{
    core::{App, Error, Result, UserId, db::Tx, hex, input::Input, jobs::Chore},
    sql,
};

/// How long an answer is kept.
const KEPT: TimeDelta = TimeDelta::hours(24);

/// Forgets answers after a day.
pub const CHORE: Chore = Chore {
    name: "kept-answers",
    run: |tx, now| {
        Box::pin(async move {
            const OLD: &str = "DELETE FROM kept_answers WHERE created_at <= $1";
            Ok(sql!(tx, execute, OLD, now - KEPT)?)
        })
    },
};
/// The longest key.
const LONGEST: usize = 255;

const KEY: &str = "idempotency-key";

/// A JSON body that makes something, and what tells a retry from another request.
pub struct New<T> {
    /// The body, read field by field.
    pub input: T,
    /// Whether it may have been sent before.
    pub once: Once,
}

/// What tells a retry from another request.
///
/// As an extractor it is for requests without a body; those with one have [`New`].
#[derive(Debug, Clone, Default)]
pub struct Once {
    key: Option<String>,
    fingerprint: String,
    /// Tells others that the request is under way, until it is dropped.
    _under_way: Option<Arc<UnderWay>>,
}

/// The requests that are under way, by who sent them and their key.
#[derive(Debug, Clone, Default)]
pub struct InFlight(Arc<Mutex<HashSet<[u8; 32]>>>);

/// One request that is under way.
#[derive(Debug)]
struct UnderWay {
    all: InFlight,
    this: [u8; 32],
}

impl InFlight {
    fn enter(&self, this: [u8; 32]) -> Result<UnderWay> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.insert(this) { Ok(UnderWay { all: self.clone(), this }) } else { Err(in_flight()) }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.all.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.this);
    }
}

fn in_flight() -> Error {
    Error::conflict("in-flight", "a request with this Idempotency-Key is under way")
}

/// What the headers say of the key, and that the request is under way from now on.
fn enter(headers: &HeaderMap, app: &App) -> Result<(Option<String>, Option<Arc<UnderWay>>)> {
    let key = match headers.get(KEY).map(|it| it.to_str()) {
        None => return Ok((None, None)),
        // HTTP takes a tab within a header's value for text.
        Some(Ok(key)) if (1..=LONGEST).contains(&key.len()) && !key.contains('\t') => {
            key.to_owned()
        }
        Some(_) => {
            let why = format!("has to be 1 to {LONGEST} printable characters");
            return Err(Error::invalid("Idempotency-Key", why));
        }
    };
    // Whoever sends it again sends the same credentials; a key is one user's alone.
    let mut digest = Sha256::new_with_prefix(&key);
    for name in [header::AUTHORIZATION, header::COOKIE] {
        digest.update([0]);
        digest.update(headers.get(name).map_or(&[][..], |it| it.as_bytes()));
    }
    let under_way = app.in_flight.enter(digest.finalize().into())?;
    Ok((Some(key), Some(Arc::new(under_way))))
}

impl<T: Input> FromRequest<App> for New<T> {
    type Rejection = Error;

    async fn from_request(request: Request, app: &App) -> Result<Self> {
        let (key, under_way) = enter(request.headers(), app)?;
        let mut digest = Sha256::new_with_prefix(request.uri().path());
        let body = json_body(request).await?;
        digest.update([0]);
        digest.update(&body);
        let fingerprint = hex(&digest.finalize());
        let once = Once { key, fingerprint, _under_way: under_way };
        Ok(Self { input: Json::read(&body, app)?, once })
    }
}

impl FromRequestParts<App> for Once {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let (key, under_way) = enter(&parts.headers, app)?;
        let fingerprint = hex(&Sha256::digest(parts.uri.path()));
        Ok(Self { key, fingerprint, _under_way: under_way })
    }
}

const ABOUT: &str = "A name for this request: sent again with it, it is done once";

impl<T: JsonSchema> OperationInput for New<T> {
    fn operation_input(context: &mut GenContext, operation: &mut Operation) {
        Json::<T>::operation_input(context, operation);
        header_parameter(context, operation, "Idempotency-Key", ABOUT);
    }

    fn inferred_early_responses(
        context: &mut GenContext,
        operation: &mut Operation,
    ) -> Vec<(Option<u16>, Response)> {
        let mut answers = Json::<T>::inferred_early_responses(context, operation);
        answers.extend(refusals(context, &[409]));
        answers
    }
}

impl OperationInput for Once {
    fn operation_input(context: &mut GenContext, operation: &mut Operation) {
        header_parameter(context, operation, "Idempotency-Key", ABOUT);
    }

    fn inferred_early_responses(
        context: &mut GenContext,
        _: &mut Operation,
    ) -> Vec<(Option<u16>, Response)> {
        refusals(context, &[409, 422])
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    fingerprint: String,
    location: String,
    body: String,
}

impl Once {
    /// The field of a form that tells one showing of it from another.
    pub const FIELD: &str = "once";

    /// What that field holds when a form is shown anew.
    #[must_use]
    pub fn fresh() -> String {
        uuid::Uuid::now_v7().to_string()
    }

    /// Takes the field out of a form for `what`: the same fields sent again from the same
    /// showing, as by a double tap, are a retry; changed ones are another request.
    #[must_use]
    pub fn of_form(form: &mut Form, what: &str) -> Self {
        let Some(showing) = form.typed.remove(Self::FIELD) else { return Self::default() };
        let mut digest = Sha256::new_with_prefix(what);
        digest.update([0]);
        digest.update(showing);
        for (name, text) in &form.typed {
            digest.update([0]);
            digest.update(name);
            digest.update([0]);
            digest.update(text);
        }
        let fingerprint = hex(&digest.finalize());
        let key = Some(format!("form:{fingerprint}"));
        Self { key, fingerprint, ..Self::default() }
    }

    /// The same key for a request that is told from others by `what` instead of its whole body: one
    /// that holds a secret, of which not even a hash is to be kept.
    #[must_use]
    pub fn about(self, what: &str) -> Self {
        Self { fingerprint: hex(&Sha256::digest(what)), ..self }
    }

    /// The same for a body that holds a secret, where there is another one to hide it with: `secret`,
    /// long and random, which whoever sends the request again has and this service does not keep.
    #[must_use]
    pub fn hidden_by(self, secret: &str) -> Self {
        let hidden = format!("{secret} {}", self.fingerprint);
        self.about(&hidden)
    }

    /// Whether the request may be sent again.
    #[must_use]
    pub fn is_said(&self) -> bool {
        self.key.is_some()
    }

    /// What tells the request from every other, where it may be sent again.
    #[must_use]
    pub fn identity(&self) -> Option<String> {
        self.key.as_ref().map(|key| format!("{} {key}", self.fingerprint))
    }

    /// Claims the key within the caller's transaction, or gives the answer that it has had. Who
    /// claims a key that another instance has claimed just now waits for that one's end; within one
    /// instance nobody gets as far.
    ///
    /// # Errors
    /// Invalid where the key has been used for another request.
    pub async fn claim<T, const STATUS: u16>(
        &self,
        tx: &mut Tx,
        user: &UserId,
        now: DateTime<Utc>,
    ) -> Result<Option<Kept<T, STATUS>>> {
        let Some(key) = &self.key else { return Ok(None) };
        sql!(
            tx,
            execute,
            "DELETE FROM kept_answers WHERE user_id = $1 AND created_at <= $2",
            user.as_str(),
            now - KEPT,
        )?;
        let claimed = sql!(
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
        if claimed == 1 {
            return Ok(None);
        }
        let kept: Row = sql!(
            tx,
            fetch_one,
            "SELECT fingerprint, location, body FROM kept_answers
             WHERE user_id = $1 AND key = $2",
            user.as_str(),
            key,
        )?;
        if kept.fingerprint != self.fingerprint {
            return Err(Self::used());
        }
        Ok(Some(Kept::replayed(kept.location, kept.body)))
    }

    /// The key has been used for another request.
    #[must_use]
    pub fn used() -> Error {
        let why = "has been used for another request within the last 24 hours";
        Error::invalid("Idempotency-Key", why)
    }

    /// Keeps the answer within the caller's transaction, which makes what it tells of.
    ///
    /// # Errors
    /// Unavailable where the database is away.
    pub async fn keep<T: Serialize, const STATUS: u16>(
        &self,
        tx: &mut Tx,
        user: &UserId,
        location: String,
        record: &T,
    ) -> Result<Kept<T, STATUS>> {
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
        Ok(Kept::new(location, body))
    }
}
