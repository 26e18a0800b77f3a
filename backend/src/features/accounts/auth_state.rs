//! In-process state of authentication: cached sessions, the password hash queue and exhausted attempt
//! limits.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use tokio::sync::OnceCell;
use uuid::Uuid;

use super::{challenges, hash_queue::HashQueue, model::Principal};
use crate::{
    app::App,
    core::config::{Config, Server},
};

/// How long a session is cached. A session that another instance ends stops working here within this
/// time.
const SESSION_CACHE_TTL: Duration = Duration::from_secs(1);
/// The SHA-256 hash of a token.
pub type TokenHash = [u8; 32];

/// In-process state of authentication. Cloning is cheap, and clones share their state.
#[derive(Clone)]
pub struct AuthState {
    session_cache: moka::future::Cache<TokenHash, Arc<Principal>>,
    exhausted_limits: moka::sync::Cache<String, DateTime<Utc>>,
    hash_queue: HashQueue,
    challenge_key: Arc<OnceCell<challenges::Key>>,
    setup_token: Option<Arc<str>>,
}

/// Whether other machines may be able to reach the service: it listens on a non-loopback address, or on
/// a Unix socket, which implies a proxy.
fn is_exposed(server: &Server) -> bool {
    server.socket.is_some() || !server.address.ip().is_loopback()
}

impl AuthState {
    /// Creates the state, with empty caches.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        Self {
            session_cache: moka::future::Cache::builder()
                .max_capacity(100_000)
                .time_to_live(SESSION_CACHE_TTL)
                .build(),
            exhausted_limits: moka::sync::Cache::builder()
                .max_capacity(100_000)
                .time_to_live(Duration::from_hours(1))
                .build(),
            hash_queue: HashQueue::default(),
            challenge_key: Arc::default(),
            setup_token: is_exposed(&config.server).then(generate_setup_token),
        }
    }

    /// The token required to register the first account. None if only this machine can reach the
    /// service.
    #[must_use]
    pub fn setup_token(&self) -> Option<&str> {
        self.setup_token.as_deref()
    }

    /// Recently authenticated sessions and tokens, by token hash.
    #[must_use]
    pub fn session_cache(&self) -> &moka::future::Cache<TokenHash, Arc<Principal>> {
        &self.session_cache
    }

    /// Removes all sessions from the cache.
    #[cfg(test)]
    pub(crate) fn clear_session_cache(&self) {
        self.session_cache.invalidate_all();
    }

    /// The attempt limits that are exhausted, with the time at which each allows an attempt again.
    #[must_use]
    pub fn exhausted_limits(&self) -> &moka::sync::Cache<String, DateTime<Utc>> {
        &self.exhausted_limits
    }

    /// The key that encrypts challenges, once it has been loaded.
    pub(super) fn challenge_key(&self) -> &OnceCell<challenges::Key> {
        &self.challenge_key
    }

    /// The queue for password hashes.
    #[must_use]
    pub fn hash_queue(&self) -> &HashQueue {
        &self.hash_queue
    }
}

/// Generates 128 random bits in hexadecimal. The token is never stored: each process has its own.
fn generate_setup_token() -> Arc<str> {
    Uuid::new_v4().simple().to_string().into()
}

/// Removes the account's sessions and tokens from this process's cache, so that a change takes effect
/// immediately.
pub async fn evict_cached(app: &App, account: Uuid) {
    let cache = app.auth.session_cache();
    let tokens: Vec<_> =
        cache.iter().filter(|(_, it)| it.account == account).map(|(key, _)| key).collect();
    for token in tokens {
        cache.invalidate(&*token).await;
    }
}
