//! Limits on attempts to guess a secret, per account and per network. The counts are in the database, so
//! they are shared by all instances and survive a restart.
//!
//! Before checking a secret that a person could guess, call [`count_attempt`]. If the secret is correct, call
//! [`Attempt::record_success`], which refunds the attempt. An attacker cannot lock a user out: each browser
//! that has signed in to the account before has its own limit, and a part of the account's limit is
//! reserved for known networks.

mod store;
#[cfg(test)]
mod tests;
mod trust;

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use self::trust::TrustLevel;
use crate::{
    app::App,
    core::{Error, Result, db::Tx, hex},
    features::{
        accounts::{Account, ClientInfo},
        security_log::{self, Event, EventKind},
    },
};

/// The sliding window over which attempts are counted.
const WINDOW: TimeDelta = TimeDelta::hours(1);
/// The maximum number of attempts per account.
const ACCOUNT_LIMIT: usize = 20;
/// The part of the account limit that is reserved for networks the account was signed in to from.
const RESERVED_FOR_KNOWN_NETWORKS: usize = 5;
/// The maximum number of attempts per network, for any accounts.
const NETWORK_LIMIT: usize = 100;

/// An attempt that has been counted.
#[derive(Debug)]
pub struct Attempt {
    buckets: Vec<Bucket>,
    at: DateTime<Utc>,
}

/// A counter for one account, network or device, and its limit.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Bucket {
    name: String,
    limit: usize,
}

impl Bucket {
    fn new(kind: &str, of: impl AsRef<[u8]>, limit: usize) -> Self {
        let mut digest = Sha256::new_with_prefix(kind);
        digest.update([0]);
        digest.update(of);
        Self { name: hex(&digest.finalize()), limit }
    }

    fn key(&self) -> String {
        format!("{} {}", self.limit, self.name)
    }
}

/// Counts an attempt to guess a secret of the account with the address `email_key`. Call this before
/// checking the secret. Unknown addresses are counted, too.
///
/// # Errors
/// `TooManyRequests` if a limit is reached, with the seconds until the next attempt is allowed.
pub async fn count_attempt(
    app: &App,
    email_key: &str,
    account: Option<Uuid>,
    client: &ClientInfo,
) -> Result<Attempt> {
    let trust_level = {
        let mut tx = app.db.read().await?;
        trust::trust_level(&mut tx, account.unwrap_or_default(), client).await?
    };
    let at = app.clock.now();
    let buckets = buckets(email_key, client, trust_level);
    count(app, &buckets, at, account, client).await?;
    Ok(Attempt { buckets, at })
}

/// Counts a registration as an attempt from the client's network.
///
/// # Errors
/// As [`count_attempt`].
pub(super) async fn count_registration(app: &App, client: &ClientInfo) -> Result<()> {
    let Some(network) = &client.network else { return Ok(()) };
    let bucket = Bucket::new("registration", network, NETWORK_LIMIT);
    count(app, &[bucket], app.clock.now(), None, client).await
}

/// Counts one attempt in every bucket. If a bucket has reached its limit, counts it in none.
async fn count(
    app: &App,
    buckets: &[Bucket],
    at: DateTime<Utc>,
    account: Option<Uuid>,
    client: &ClientInfo,
) -> Result<()> {
    for bucket in buckets {
        if let Some(until) = app.auth.exhausted_limits().get(&bucket.key())
            && until > at
        {
            return Err(too_many_attempts(until, at));
        }
    }
    let counted = app
        .transaction(async |tx| {
            for bucket in buckets {
                let mut moments = store::lock(tx, &bucket.name, at + WINDOW).await?;
                moments.retain(|it| *it > at - WINDOW);
                if moments.len() >= bucket.limit {
                    // An attempt is allowed again when the oldest of the last `limit` attempts leaves the window.
                    let until = moments[moments.len() - bucket.limit] + WINDOW;
                    app.auth.exhausted_limits().insert(bucket.key(), until);
                    // This rolls back what has been counted in the buckets before.
                    return Err(too_many_attempts(until, at));
                }
                moments.push(at);
                store::update(tx, &bucket.name, &moments, at + WINDOW).await?;
            }
            Ok(())
        })
        .await;
    if let Err(Error::TooManyRequests(_)) = counted {
        record_exhausted(app, at, account, client).await?;
    }
    counted
}

/// Records in the security log that a limit was reached.
async fn record_exhausted(
    app: &App,
    at: DateTime<Utc>,
    account: Option<Uuid>,
    client: &ClientInfo,
) -> Result<()> {
    let kind = EventKind::SignInThrottled;
    let event =
        account.map_or_else(|| Event::new(kind), |account| Event::for_account(kind, account));
    app.transaction(async |tx| security_log::record(tx, at, &client.annotate(event)).await).await
}

fn buckets(email_key: &str, client: &ClientInfo, trust_level: TrustLevel) -> Vec<Bucket> {
    if let TrustLevel::KnownDevice(device) = trust_level {
        let of = [&device[..], email_key.as_bytes()].concat();
        return vec![Bucket::new("device", of, ACCOUNT_LIMIT)];
    }
    let is_known = trust_level == TrustLevel::KnownNetwork;
    let limit = if is_known { ACCOUNT_LIMIT } else { ACCOUNT_LIMIT - RESERVED_FOR_KNOWN_NETWORKS };
    let mut buckets = vec![Bucket::new("account", email_key, limit)];
    if let Some(network) = &client.network {
        buckets.push(Bucket::new("network", network, NETWORK_LIMIT));
    }
    // Always lock buckets in the same order, to avoid deadlocks.
    buckets.sort_by(|a, b| a.name.cmp(&b.name));
    buckets
}

fn too_many_attempts(until: DateTime<Utc>, now: DateTime<Utc>) -> Error {
    let micros = (until - now).num_microseconds().unwrap_or_default();
    Error::TooManyRequests(u64::try_from(micros).unwrap_or_default().div_ceil(1_000_000))
}

impl Attempt {
    /// Returns whether the secret is correct. If it could not be checked, refunds the attempt and returns the
    /// error.
    pub(super) async fn refund_on_error(
        self,
        app: &App,
        is_correct: Result<bool>,
    ) -> Result<(Self, bool)> {
        match is_correct {
            Ok(is_correct) => Ok((self, is_correct)),
            Err(error) => {
                app.transaction(async |tx| self.record_success(app, tx).await).await?;
                Err(error)
            }
        }
    }

    /// Refunds the attempt after the secret turned out to be correct.
    ///
    /// # Errors
    /// Unavailable if the database is unavailable.
    pub async fn record_success(self, app: &App, tx: &mut Tx) -> Result<()> {
        for bucket in &self.buckets {
            let mut moments = store::lock(tx, &bucket.name, self.at + WINDOW).await?;
            if let Some(ours) = moments.iter().rposition(|it| *it == self.at) {
                moments.remove(ours);
            }
            store::update(tx, &bucket.name, &moments, self.at + WINDOW).await?;
            app.auth.exhausted_limits().invalidate(&bucket.key());
        }
        Ok(())
    }
}

/// The key that identifies an account: its address in lower case, or its id if it has none.
#[must_use]
pub fn account_key(account: &Account) -> String {
    if account.email.is_empty() { account.id.to_string() } else { account.email.to_lowercase() }
}

/// Deletes counters without attempts in the window.
///
/// # Errors
/// Unavailable if the database is unavailable.
pub(super) async fn purge(tx: &mut Tx, now: DateTime<Utc>) -> Result<u64> {
    Ok(store::delete_expired(tx, now).await?)
}
