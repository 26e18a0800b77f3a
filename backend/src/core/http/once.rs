//! Requests that may be sent again: of several with one `Idempotency-Key`, one is done, and all
//! get its answer.

use aide::{OperationInput, generate::GenContext, openapi::Operation};
use axum::extract::{FromRequest, Request};
use chrono::{DateTime, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::{
    Created, Form, Json,
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
#[derive(Debug, Clone, Default)]
pub struct Once {
    key: Option<String>,
    fingerprint: String,
}

impl<T: Input> FromRequest<App> for New<T> {
    type Rejection = Error;

    async fn from_request(request: Request, app: &App) -> Result<Self> {
        let key = match request.headers().get(KEY).map(|it| it.to_str()) {
            None => None,
            Some(Ok(key)) if !key.is_empty() && key.len() <= LONGEST => Some(key.to_owned()),
            Some(_) => {
                let why = format!("has to be 1 to {LONGEST} printable characters");
                return Err(Error::invalid("Idempotency-Key", why));
            }
        };
        let mut digest = Sha256::new_with_prefix(request.uri().path());
        let body = json_body(request).await?;
        digest.update([0]);
        digest.update(&body);
        let once = Once { key, fingerprint: hex(&digest.finalize()) };
        Ok(Self { input: Json::read(&body, app)?, once })
    }
}

impl<T: JsonSchema> OperationInput for New<T> {
    fn operation_input(context: &mut GenContext, operation: &mut Operation) {
        Json::<T>::operation_input(context, operation);
        let about = "A name for this request: sent again with it, it is done once";
        header_parameter(context, operation, "Idempotency-Key", about);
    }
}

#[derive(sqlx::FromRow)]
struct Kept {
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
        Self { key: Some(format!("form:{fingerprint}")), fingerprint }
    }

    /// Claims the key within the caller's transaction, or gives the answer that it has had. Who
    /// claims a key that another request has claimed just now waits for that one's end.
    ///
    /// # Errors
    /// Invalid where the key has been used for another request.
    pub async fn claim<T>(
        &self,
        tx: &mut Tx,
        user: &UserId,
        now: DateTime<Utc>,
    ) -> Result<Option<Created<T>>> {
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
        let kept: Kept = sql!(
            tx,
            fetch_one,
            "SELECT fingerprint, location, body FROM kept_answers
             WHERE user_id = $1 AND key = $2",
            user.as_str(),
            key,
        )?;
        if kept.fingerprint != self.fingerprint {
            let why = "has been used for another request within the last 24 hours";
            return Err(Error::invalid("Idempotency-Key", why));
        }
        Ok(Some(Created::replayed(kept.location, kept.body)))
    }

    /// Keeps the answer within the caller's transaction, which makes what it tells of.
    ///
    /// # Errors
    /// Unavailable where the database is away.
    pub async fn keep<T: Serialize>(
        &self,
        tx: &mut Tx,
        user: &UserId,
        location: String,
        record: &T,
    ) -> Result<Created<T>> {
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
        Ok(Created::new(location, body))
    }
}
