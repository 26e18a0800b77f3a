//! Challenges for sign-ins in progress, with a passkey or an OpenID provider.
//!
//! Anyone can begin a sign-in, so beginning one writes nothing to the database. The browser carries the
//! state, encrypted and authenticated with a key that all instances share. A challenge is valid for ten
//! minutes and only in the context that it was issued for. Once answered successfully, it is recorded
//! as spent, so it can't be used again.

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

use crate::{
    app::App,
    core::{Error, Result, db::Tx},
};

/// How long a challenge is valid.
pub const LIFETIME: TimeDelta = TimeDelta::minutes(10);

/// The name of the key in the database.
const KEY: &str = "challenges";
const NONCE: usize = 24;

/// The key that challenges are encrypted with. It has no `Debug`, so it is never printed.
pub(super) struct Key(XChaCha20Poly1305);

/// A challenge that was issued by this service and returned in a request.
pub struct Challenge {
    /// The nonce of the encryption, unique to each challenge.
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

/// Issues a challenge. It can only be opened in the same context, which consists of its purpose and
/// everything it is bound to.
///
/// # Errors
/// `Unavailable` if the key has not been loaded yet and the database is unavailable.
pub async fn issue<T: Serialize>(app: &App, context: &[&str], state: &T) -> Result<String> {
    let mut id = [0; NONCE];
    getrandom::fill(&mut id).map_err(|error| Error::Internal(error.to_string().into()))?;
    let sealed = Sealed { expires_at: app.clock.now() + LIFETIME, state };
    let (message, context) = (json(&sealed)?, json(&context)?);
    let payload = Payload { msg: &message, aad: &context };
    let text = key(app).await?.0.encrypt(&XNonce::from(id), payload);
    let text = text.map_err(|error| Error::Internal(error.to_string().into()))?;
    Ok(BASE64.encode([&id[..], &text].concat()))
}

/// Opens a challenge. Returns `None` if it was not issued by this service, belongs to another context,
/// or has expired.
///
/// # Errors
/// Same as [`issue`].
pub async fn open<T: DeserializeOwned>(
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
    // A challenge from another version of this program may not parse. Treat it as expired.
    let Ok(opened) = serde_json::from_slice::<Opened<T>>(&message) else { return Ok(None) };
    let challenge = Challenge { id: *id, expires_at: opened.expires_at };
    Ok((app.clock.now() < opened.expires_at).then_some((challenge, opened.state)))
}

impl Challenge {
    /// Whether the challenge has been spent.
    ///
    /// # Errors
    /// `Unavailable` if the database is unavailable.
    pub async fn is_spent(&self, app: &App) -> Result<bool> {
        Ok(store::is_spent(&mut app.db.read().await?, &self.id).await?)
    }

    /// Marks the challenge as spent within the caller's transaction. Returns false if it was spent
    /// already. Of several concurrent calls, only one returns true.
    ///
    /// # Errors
    /// `Unavailable` if the database is unavailable.
    pub async fn spend(&self, tx: &mut Tx) -> Result<bool> {
        Ok(store::insert_spent(tx, &self.id, self.expires_at).await?)
    }
}

/// Deletes spent challenges that have expired, with a margin for instances whose clocks are behind.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub(super) async fn purge(tx: &mut Tx, now: DateTime<Utc>) -> Result<u64> {
    Ok(store::delete_spent(tx, now - LIFETIME).await?)
}

/// Returns the key that all instances share. The first instance creates it.
async fn key(app: &App) -> Result<&Key> {
    let find = || async {
        let found = store::find_key(&mut app.db.read().await?, KEY).await?;
        if let Some(key) = found {
            return read_key(&key);
        }
        let mut new = [0; 32];
        getrandom::fill(&mut new).map_err(|error| Error::Internal(error.to_string().into()))?;
        let stored = app.transaction(async |tx| {
            store::insert_key(tx, KEY, &new, app.clock.now()).await?;
            // Another instance may have stored its key first.
            Ok(store::find_key(tx, KEY).await?.unwrap_or_default())
        });
        read_key(&stored.await?)
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
