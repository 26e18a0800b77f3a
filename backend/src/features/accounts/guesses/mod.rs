//! How often a secret may be guessed at: one budget an account and one a network, kept in the
//! database, so that all instances count together and a restart forgets nothing.
//!
//! Every door that takes a secret a person could guess asks [`try_one`] before it looks at the
//! secret, and gives the attempt back where the secret was right. Others' guesses cannot lock
//! the owner out: a browser that the account has been signed in from has a budget of its own, and
//! of the account's own a part is left to networks that it has been signed in from.

mod store;
#[cfg(test)]
mod tests;

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{
    arrival::{Arrival, Standing},
    model::Account,
};
use crate::{
    core::{App, Error, Result, db::Tx, hex},
    features::security_log::{self, Event, Kind},
};

/// Over what time attempts are counted.
const SPAN: TimeDelta = TimeDelta::hours(1);
/// How many attempts at an account's secrets get as far as a check.
const OF_ACCOUNT: usize = 20;
/// How many of those are left to networks that the account has been signed in from.
const OF_KNOWN_NETWORKS: usize = 5;
/// How many a network may make, at whatever accounts.
const OF_NETWORK: usize = 100;

/// An attempt that has been counted.
#[derive(Debug)]
pub(super) struct Guess {
    buckets: Vec<Bucket>,
    at: DateTime<Utc>,
}

/// One budget: what it counts, and how much there is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Bucket {
    name: String,
    most: usize,
}

impl Bucket {
    fn new(kind: &str, of: impl AsRef<[u8]>, most: usize) -> Self {
        let mut digest = Sha256::new_with_prefix(kind);
        digest.update([0]);
        digest.update(of);
        Self { name: hex(&digest.finalize()), most }
    }

    fn key(&self) -> String {
        format!("{} {}", self.most, self.name)
    }
}

/// Counts an attempt at a secret of the account whose address is `email_key`, before the secret
/// is looked at. An address that nobody has is counted like any other.
///
/// # Errors
/// `TooManyRequests` with the seconds until there is budget again.
pub(super) async fn try_one(
    app: &App,
    email_key: &str,
    account: Option<Uuid>,
    arrival: &Arrival,
) -> Result<Guess> {
    let standing = {
        let mut tx = app.db.read().await?;
        arrival.standing(&mut tx, account.unwrap_or_default()).await?
    };
    let at = app.clock.now();
    let buckets = buckets(email_key, arrival, standing);
    count(app, &buckets, at, account, arrival).await?;
    Ok(Guess { buckets, at })
}

/// Counts a registration against the network that it comes from: each costs as much as a guess.
///
/// # Errors
/// As [`try_one`].
pub(super) async fn register(app: &App, arrival: &Arrival) -> Result<()> {
    let Some(network) = &arrival.network else { return Ok(()) };
    let bucket = Bucket::new("registration", network, OF_NETWORK);
    count(app, &[bucket], app.clock.now(), None, arrival).await
}

/// Counts one attempt in every bucket, or in none where one is used up.
async fn count(
    app: &App,
    buckets: &[Bucket],
    at: DateTime<Utc>,
    account: Option<Uuid>,
    arrival: &Arrival,
) -> Result<()> {
    for bucket in buckets {
        if let Some(until) = app.doors.spent().get(&bucket.key())
            && until > at
        {
            return Err(refusal(until, at));
        }
    }
    let mut tx = app.db.write().await?;
    for bucket in buckets {
        let mut moments = store::hold(&mut tx, &bucket.name, at + SPAN).await?;
        moments.retain(|it| *it > at - SPAN);
        if moments.len() >= bucket.most {
            // When the oldest of those that fill it no longer counts.
            let until = moments[moments.len() - bucket.most] + SPAN;
            app.doors.spent().insert(bucket.key(), until);
            // What was counted before it is not kept.
            drop(tx);
            note_exhausted(app, at, account, arrival).await?;
            return Err(refusal(until, at));
        }
        moments.push(at);
        store::keep(&mut tx, &bucket.name, &moments, at + SPAN).await?;
    }
    tx.commit().await
}

/// Records that a budget is used up.
async fn note_exhausted(
    app: &App,
    at: DateTime<Utc>,
    account: Option<Uuid>,
    arrival: &Arrival,
) -> Result<()> {
    let kind = Kind::GuessingStopped;
    let event = account.map_or_else(|| Event::new(kind), |account| Event::of(kind, account));
    let mut tx = app.db.write().await?;
    security_log::record(&mut tx, at, &arrival.mark(event)).await?;
    tx.commit().await
}

fn buckets(email_key: &str, arrival: &Arrival, standing: Standing) -> Vec<Bucket> {
    if let Standing::Device(device) = standing {
        let of = [&device[..], email_key.as_bytes()].concat();
        return vec![Bucket::new("device", of, OF_ACCOUNT)];
    }
    let is_known = standing == Standing::Network;
    let most = if is_known { OF_ACCOUNT } else { OF_ACCOUNT - OF_KNOWN_NETWORKS };
    let mut buckets = vec![Bucket::new("account", email_key, most)];
    if let Some(network) = &arrival.network {
        buckets.push(Bucket::new("network", network, OF_NETWORK));
    }
    // Everybody holds them in one order, so that nobody waits in a circle.
    buckets.sort_by(|a, b| a.name.cmp(&b.name));
    buckets
}

fn refusal(until: DateTime<Utc>, now: DateTime<Utc>) -> Error {
    let micros = (until - now).num_microseconds().unwrap_or_default();
    Error::TooManyRequests(u64::try_from(micros).unwrap_or_default().div_ceil(1_000_000))
}

impl Guess {
    /// Passes on whether the secret is right. If it could not be checked, gives the attempt back.
    pub(super) async fn unless_checked(
        self,
        app: &App,
        is_right: Result<bool>,
    ) -> Result<(Self, bool)> {
        match is_right {
            Ok(is_right) => Ok((self, is_right)),
            Err(error) => {
                let mut tx = app.db.write().await?;
                self.was_right(app, &mut tx).await?;
                tx.commit().await?;
                Err(error)
            }
        }
    }

    /// Gives the attempt back, within the caller's transaction: the secret was right.
    pub(super) async fn was_right(self, app: &App, tx: &mut Tx) -> Result<()> {
        for bucket in &self.buckets {
            let mut moments = store::hold(tx, &bucket.name, self.at + SPAN).await?;
            if let Some(ours) = moments.iter().rposition(|it| *it == self.at) {
                moments.remove(ours);
            }
            store::keep(tx, &bucket.name, &moments, self.at + SPAN).await?;
            app.doors.spent().invalidate(&bucket.key());
        }
        Ok(())
    }
}

/// What an account's secrets are counted under: its address, or where it has none its id.
pub(super) fn key_of(account: &Account) -> String {
    if account.email.is_empty() { account.id.to_string() } else { account.email.to_lowercase() }
}

/// Forgets what no longer counts.
///
/// # Errors
/// Unavailable where the database is away.
pub(super) async fn purge(tx: &mut Tx, now: DateTime<Utc>) -> Result<u64> {
    Ok(store::delete_past(tx, now).await?)
}
