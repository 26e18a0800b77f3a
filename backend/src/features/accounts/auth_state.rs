//! In-process state of authentication: cached sessions, the password hash queue and exhausted attempt
//! limits.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use tokio::sync::OnceCell;

use super::{challenges, hash_queue::HashQueue, model::Principal, oidc::Providers};
use crate::core::config::{Config, Server};

/// How long a session is cached. A session that another instance ends stops working here within this
/// time.
const SESSION_CACHE_TTL: Duration = Duration::from_secs(1);
/// The SHA-256 hash of a token.
pub(super) type TokenHash = [u8; 32];

/// In-process state of authentication. Cloning is cheap, and clones share their state.
#[derive(Clone)]
pub struct AuthState {
    session_cache: moka::future::Cache<TokenHash, Arc<Principal>>,
    exhausted_limits: moka::sync::Cache<String, DateTime<Utc>>,
    hash_queue: HashQueue,
    challenge_key: Arc<OnceCell<challenges::Key>>,
    providers: Providers,
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
            providers: Providers::new(config),
            setup_token: is_exposed(&config.server).then(generate_setup_token),
        }
    }

    /// The token required to register the first account. None if only this machine can reach the
    /// service.
    pub(super) fn setup_token(&self) -> Option<&str> {
        self.setup_token.as_deref()
    }

    /// Recently authenticated sessions and tokens, by token hash.
    pub(super) fn session_cache(&self) -> &moka::future::Cache<TokenHash, Arc<Principal>> {
        &self.session_cache
    }

    /// The configured OpenID providers.
    pub(super) fn providers(&self) -> &Providers {
        &self.providers
    }

    /// Removes all sessions from the cache.
    #[cfg(test)]
    pub(crate) fn clear_session_cache(&self) {
        self.session_cache.invalidate_all();
    }

    /// The attempt limits that are exhausted, with the time at which each allows an attempt again.
    pub(super) fn exhausted_limits(&self) -> &moka::sync::Cache<String, DateTime<Utc>> {
        &self.exhausted_limits
    }

    /// The key that encrypts challenges, once it has been loaded.
    pub(super) fn challenge_key(&self) -> &OnceCell<challenges::Key> {
        &self.challenge_key
    }

    /// The queue for password hashes.
    pub(super) fn hash_queue(&self) -> &HashQueue {
        &self.hash_queue
    }
}

/// Generates 128 random bits in hexadecimal. The token is never stored: each process has its own.
fn generate_setup_token() -> Arc<str> {
    uuid::Uuid::new_v4().simple().to_string().into()
}
