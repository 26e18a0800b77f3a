//! Challenges of sign-ins that were begun: a passkey's, or a provider's.
//!
//! Anyone can begin a sign-in, so beginning one writes no row. The state travels with the browser,
//! encrypted and authenticated with a key that all instances share. It is good for ten minutes, in
//! the context that it was issued for. Only a right answer is remembered, so that it is good once.

mod store;
#[cfg(test)]
mod tests;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305, XNonce,
    aead::{Aead as _, Payload},
};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::core::{App, Error, Result, db::Tx};

/// How long a challenge can be answered.
pub(super) const LIFETIME: TimeDelta = TimeDelta::minutes(10);

/// The name of the key in the database.
const KEY: &str = "challenges";
const NONCE: usize = 24;

/// What challenges are encrypted with; never printed.
pub(super) struct Key(XChaCha20Poly1305);

/// A challenge that a request brought back, and that this service issued.
pub(super) struct Challenge {
    /// The nonce that it was encrypted with: no two have the same.
    id: [u8; NONCE],
    expires_at: DateTime<Utc>,
}

#[derive(Serialize)]
struct Sealed<'a, T> {
    expires_at: DateTime<Utc>,
    state: &'a T,
}

#[derive(Deserialize)]
struct Opened<T> {
    expires_at: DateTime<Utc>,
    state: T,
}

/// Issues a challenge. It opens in the same context only: its purpose, and whom and what it is bound
/// to.
///
/// # Errors
/// Unavailable where the key is not known yet and the database is unavailable.
pub(super) async fn issue<T: Serialize>(app: &App, context: &[&str], state: &T) -> Result<String> {
    let mut id = [0; NONCE];
    getrandom::fill(&mut id).map_err(|error| Error::Internal(error.to_string().into()))?;
    let sealed = Sealed { expires_at: app.clock.now() + LIFETIME, state };
    let (message, context) = (json(&sealed)?, json(&context)?);
    let payload = Payload { msg: &message, aad: &context };
    let text = key(app).await?.0.encrypt(&XNonce::from(id), payload);
    let text = text.map_err(|error| Error::Internal(error.to_string().into()))?;
    Ok(BASE64.encode([&id[..], &text].concat()))
}

/// Opens a challenge, unless it is not from this service, from another context, or expired.
///
/// # Errors
/// As [`issue`].
pub(super) async fn open<T: DeserializeOwned>(
    app: &App,
    context: &[&str],
    challenge: &str,
) -> Result<Option<(Challenge, T)>> {
    let Ok(bytes) = BASE64.decode(challenge) else { return Ok(None) };
    let Some((id, text)) = bytes.split_first_chunk::<NONCE>() else { return Ok(None) };
    let context = json(&context)?;
    let payload = Payload { msg: text, aad: &context };
    let Ok(message) = key(app).await?.0.decrypt(&XNonce::from(*id), payload) else {
        return Ok(None);
    };
    // One of another version of this program, perhaps, has expired too.
    let Ok(opened) = serde_json::from_slice::<Opened<T>>(&message) else { return Ok(None) };
    let challenge = Challenge { id: *id, expires_at: opened.expires_at };
    Ok((app.clock.now() < opened.expires_at).then_some((challenge, opened.state)))
}

impl Challenge {
    /// Whether it has been answered.
    ///
    /// # Errors
    /// Unavailable where the database is unavailable.
    pub(super) async fn is_spent(&self, app: &App) -> Result<bool> {
        Ok(store::is_spent(&mut app.db.read().await?, &self.id).await?)
    }

    /// Remembers within the caller's transaction that it has been answered. False if it had been before:
    /// of several at once, one gets true.
    ///
    /// # Errors
    /// Unavailable where the database is unavailable.
    pub(super) async fn spend(&self, tx: &mut Tx) -> Result<bool> {
        Ok(store::insert_spent(tx, &self.id, self.expires_at).await?)
    }
}

/// Forgets answered challenges that have expired, on the clock of every instance.
///
/// # Errors
/// Unavailable where the database is unavailable.
pub(super) async fn purge(tx: &mut Tx, now: DateTime<Utc>) -> Result<u64> {
    Ok(store::delete_spent(tx, now - LIFETIME).await?)
}

/// The key of all instances, which the first of them creates.
async fn key(app: &App) -> Result<&Key> {
    let find = || async {
        let found = store::find_key(&mut app.db.read().await?, KEY).await?;
        if let Some(key) = found {
            return read_key(&key);
        }
        let mut new = [0; 32];
        getrandom::fill(&mut new).map_err(|error| Error::Internal(error.to_string().into()))?;
        let mut tx = app.db.write().await?;
        store::insert_key(&mut tx, KEY, &new, app.clock.now()).await?;
        // Another instance may have been first.
        let found = store::find_key(&mut tx, KEY).await?.unwrap_or_default();
        tx.commit().await?;
        read_key(&found)
    };
    app.auth.challenge_key().get_or_try_init(find).await
}

fn read_key(bytes: &[u8]) -> Result<Key> {
    let key = XChaCha20Poly1305::new_from_slice(bytes);
    key.map(Key).map_err(|error| Error::Internal(error.to_string().into()))
}

fn json(value: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(value).map_err(|error| Error::Internal(error.into()))
}
