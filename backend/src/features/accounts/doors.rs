//! What signing in remembers within this process: sessions seen just now, hashing under way,
//! and which guessing is over for now.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use tokio::sync::OnceCell;

use super::{challenges, hashing::Hashing, model::Signed, oidc::Providers};
use crate::core::config::{Config, Server};

/// How long a session is believed without asking the database: after this, one that was ended by
/// another instance is dead here too.
const BELIEVED: Duration = Duration::from_secs(1);
/// A token's SHA-256.
pub(super) type TokenHash = [u8; 32];

/// What signing in remembers within this process.
#[derive(Clone)]
pub struct Doors {
    sessions: moka::future::Cache<TokenHash, Arc<Signed>>,
    spent: moka::sync::Cache<String, DateTime<Utc>>,
    hashing: Hashing,
    challenge_key: Arc<OnceCell<challenges::Key>>,
    providers: Providers,
    setup_token: Option<Arc<str>>,
}

/// Whether others than this machine's users may reach the service: it listens on more than the loopback
/// address, or on a Unix socket, which only a proxy uses.
fn is_exposed(server: &Server) -> bool {
    server.socket.is_some() || !server.address.ip().is_loopback()
}

impl Doors {
    /// Nothing remembered yet.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        Self {
            sessions: moka::future::Cache::builder()
                .max_capacity(100_000)
                .time_to_live(BELIEVED)
                .build(),
            spent: moka::sync::Cache::builder()
                .max_capacity(100_000)
                .time_to_live(Duration::from_hours(1))
                .build(),
            hashing: Hashing::default(),
            challenge_key: Arc::default(),
            providers: Providers::new(config),
            setup_token: is_exposed(&config.server).then(setup_token),
        }
    }

    /// What the first account has to be registered with, where others than this machine can reach
    /// the service.
    pub(super) fn setup_token(&self) -> Option<&str> {
        self.setup_token.as_deref()
    }

    pub(super) fn sessions(&self) -> &moka::future::Cache<TokenHash, Arc<Signed>> {
        &self.sessions
    }

    /// The providers that people may log in with.
    pub(super) fn providers(&self) -> &Providers {
        &self.providers
    }

    /// Forgets what is remembered of everybody's sessions.
    #[cfg(test)]
    pub(crate) fn forget_all(&self) {
        self.sessions.invalidate_all();
    }

    /// Which budgets for guessing are used up, and until when.
    pub(super) fn spent(&self) -> &moka::sync::Cache<String, DateTime<Utc>> {
        &self.spent
    }

    /// What challenges are encrypted with, once it is known.
    pub(super) fn challenge_key(&self) -> &OnceCell<challenges::Key> {
        &self.challenge_key
    }

    /// The queue for password hashes.
    pub(super) fn hashing(&self) -> &Hashing {
        &self.hashing
    }
}

/// 128 random bits, in hexadecimal. Another process has another one: it lasts until the first account
/// is there, and is stored nowhere.
fn setup_token() -> Arc<str> {
    uuid::Uuid::new_v4().simple().to_string().into()
}
