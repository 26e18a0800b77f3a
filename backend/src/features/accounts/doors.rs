//! What signing in remembers within this process: sessions seen just now, hashing under way,
//! and how often was guessed.

use std::{sync::Arc, time::Duration};

use tokio::sync::Semaphore;

use super::model::Signed;
use crate::core::{Error, Result};

/// How long a session is believed without asking the database: after this, one that was ended by
/// another instance is dead here too.
const BELIEVED: Duration = Duration::from_secs(1);
/// How many passwords are hashed at once: each takes 19 MiB and a core.
const HASHING: usize = 2;
/// How many may wait for that; more are told to come again.
const WAITING: usize = 64;
/// How many wrong passwords an address may give, and in what time.
const GUESSES: u32 = 20;
const GUESSING: Duration = Duration::from_hours(1);

/// A token's SHA-256.
pub(super) type TokenHash = [u8; 32];

/// What signing in remembers within this process.
#[derive(Clone)]
pub struct Doors {
    sessions: moka::future::Cache<TokenHash, Arc<Signed>>,
    guesses: moka::sync::Cache<String, u32>,
    hashing: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

impl Default for Doors {
    fn default() -> Self {
        Self::new()
    }
}

impl Doors {
    /// Nothing remembered yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            sessions: moka::future::Cache::builder()
                .max_capacity(100_000)
                .time_to_live(BELIEVED)
                .build(),
            guesses: moka::sync::Cache::builder()
                .max_capacity(100_000)
                .time_to_live(GUESSING)
                .build(),
            hashing: Arc::new(Semaphore::new(HASHING)),
            waiting: Arc::new(Semaphore::new(WAITING)),
        }
    }

    pub(super) fn sessions(&self) -> &moka::future::Cache<TokenHash, Arc<Signed>> {
        &self.sessions
    }

    /// Runs `work`, which hashes a password, off the request threads.
    pub(super) async fn while_hashing<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        let _waiting = self.waiting.try_acquire().map_err(|_| Error::Unavailable)?;
        let permit = Arc::clone(&self.hashing).acquire_owned().await;
        let permit = permit.map_err(|error| Error::Internal(error.into()))?;
        let hashed = tokio::task::spawn_blocking(move || {
            // Held by the work itself: a client that hangs up does not let another in.
            let _permit = permit;
            work()
        });
        hashed.await.map_err(|error| Error::Internal(error.into()))
    }

    /// Counts an attempt at `name`'s password before it is checked, so that many at once are
    /// counted too.
    pub(super) fn count_guess(&self, name: &str) -> Result<()> {
        let entry = self.guesses.entry_by_ref(name).or_insert_with_if(|| 0, |_| false);
        if entry.into_value() >= GUESSES {
            return Err(Error::TooManyRequests(GUESSING.as_secs()));
        }
        self.guesses
            .entry_by_ref(name)
            .and_upsert_with(|entry| entry.map_or(0, moka::Entry::into_value) + 1);
        Ok(())
    }

    /// Forgets the attempts at `name`'s password: the right one was given.
    pub(super) fn forgive(&self, name: &str) {
        self.guesses.invalidate(name);
    }
}
