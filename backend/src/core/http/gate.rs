//! How many requests are worked on at once, how many wait for that, and who is refused.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Instant,
};

use crate::core::{Error, Result};

/// The longest that a request waits for its turn. Who would wait longer is refused at once.
const PATIENCE: Duration = Duration::from_secs(1);
/// How much of bodies is in memory at once, in KiB: they arrive while nobody works on them, so
/// it is not their number that is bounded.
const BODIES: u32 = 32 * 1024;

tokio::task_local! {
    /// That of the request which is being worked on.
    static TICKET: Ticket;
}

/// Waits for something that takes a while and little of this process's own power: another service's
/// answer, a password's hash, the turn to write. The request's place goes to somebody else, for good:
/// what is left of it is done beside those who have places, of whom there are as few more as may wait
/// for such a thing at once. Had it to come back, whoever holds what others need, such as the
/// right to write, would be kept by those who wait for it.
pub async fn while_others_work<T>(wait: impl Future<Output = T>) -> T {
    let Ok(ticket) = TICKET.try_with(Ticket::clone) else { return wait.await };
    ticket.step_aside();
    let _waiting = ticket.0.gate.count_in();
    wait.await
}

/// Lets in as many requests as can be worked on. The next ones wait in a short line, and whoever
/// comes when it is full, or when it moves too slowly, is refused at once, which costs far less than
/// to work for somebody who has gone by then.
#[derive(Clone)]
pub struct Gate(Arc<Inner>);

struct Inner {
    working: Arc<Semaphore>,
    places: usize,
    waiting: AtomicUsize,
    line: usize,
    /// How long one place in the line takes, in nanoseconds: a mean over the last ones.
    pace: AtomicU64,
    bodies: Arc<Semaphore>,
}

/// A request's right to be worked on; it ends with the last of its clones.
#[derive(Clone)]
pub struct Ticket(Arc<Held>);

struct Held {
    gate: Gate,
    place: Mutex<Option<OwnedSemaphorePermit>>,
    body: Mutex<Option<OwnedSemaphorePermit>>,
}

impl Gate {
    /// A gate for `places` requests at once and `line` waiting.
    #[must_use]
    pub fn new(places: usize, line: usize) -> Self {
        Self(Arc::new(Inner {
            working: Arc::new(Semaphore::new(places)),
            places,
            waiting: AtomicUsize::new(0),
            line,
            pace: AtomicU64::new(0),
            bodies: Arc::new(Semaphore::new(BODIES as usize)),
        }))
    }

    /// Lets one request in, perhaps after a while.
    ///
    /// # Errors
    /// Overloaded: at once where the line is too long, else after a second of waiting in vain.
    pub async fn enter(&self) -> Result<Ticket> {
        let place = Mutex::new(Some(self.place().await?));
        Ok(Ticket(Arc::new(Held { gate: self.clone(), place, body: Mutex::new(None) })))
    }

    /// How many requests are worked on, and how many may be.
    #[must_use]
    pub fn places(&self) -> (usize, usize) {
        let places = self.0.places;
        (places.saturating_sub(self.0.working.available_permits()), places)
    }

    /// How many requests wait, for their turn or for somebody else, and how many may.
    #[must_use]
    pub fn queue(&self) -> (usize, usize) {
        (self.0.waiting.load(Relaxed), self.0.line)
    }

    async fn place(&self) -> Result<OwnedSemaphorePermit> {
        let working = Arc::clone(&self.0.working);
        match Arc::clone(&working).try_acquire_owned() {
            Ok(place) => Ok(place),
            Err(_) => self.wait(working).await,
        }
    }

    async fn wait(&self, working: Arc<Semaphore>) -> Result<OwnedSemaphorePermit> {
        let waiting = self.count_in();
        let nth = waiting.nth;
        if nth > self.0.line || self.is_hopeless(nth) {
            return Err(Error::Overloaded);
        }
        let begun = Instant::now();
        let place = tokio::time::timeout(PATIENCE, working.acquire_owned()).await;
        self.note(begun.elapsed(), nth);
        place.ok().and_then(Result::ok).ok_or(Error::Overloaded)
    }

    /// Counts one more who waits, until it is dropped.
    fn count_in(&self) -> Waiting<'_> {
        let count = &self.0.waiting;
        Waiting { nth: count.fetch_add(1, Relaxed) + 1, count }
    }

    /// Whether the `nth` in the line waits in vain, as fast as it has moved lately. A first few
    /// may always try: how fast it moves now is known from them.
    fn is_hopeless(&self, nth: usize) -> bool {
        let wait = self.0.pace.load(Relaxed).saturating_mul(nth as u64);
        nth > self.0.places && wait > nanos(PATIENCE)
    }

    fn note(&self, waited: Duration, nth: usize) {
        let pace = nanos(waited) / nth as u64;
        // Two at once may overwrite each other: it is a mean, and the next ones mend it.
        let mean = self.0.pace.load(Relaxed);
        self.0.pace.store(mean - mean / 8 + pace / 8, Relaxed);
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// One who waits; it leaves the count however its waiting ends.
struct Waiting<'a> {
    /// How many wait, with this one.
    nth: usize,
    count: &'a AtomicUsize,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Relaxed);
    }
}

impl Ticket {
    /// Does the request's work, which may give its place away: [`while_others_work`].
    pub async fn while_working<T>(self, work: impl Future<Output = T>) -> T {
        TICKET.scope(self, work).await
    }

    /// Gives the place to somebody else while the client is slow to send what it has to.
    pub(super) fn step_aside(&self) {
        self.0.place.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Takes a place once more, if it was given away.
    ///
    /// # Errors
    /// As [`Gate::enter`].
    pub(super) async fn come_back(&self) -> Result<()> {
        let has_place = self.0.place.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        if !has_place {
            let place = self.0.gate.place().await?;
            *self.0.place.lock().unwrap_or_else(PoisonError::into_inner) = Some(place);
        }
        Ok(())
    }

    /// Counts that the body has grown from `before` bytes to `now`, which stay in memory for as
    /// long as the request. Many small pieces count no more than one large one.
    ///
    /// # Errors
    /// Overloaded where all bodies together would be too much.
    pub(super) fn hold(&self, before: usize, now: usize) -> Result<()> {
        let kib = now.div_ceil(1024) - before.div_ceil(1024);
        let kib = u32::try_from(kib).map_err(|_| Error::Overloaded)?;
        let more = Arc::clone(&self.0.gate.0.bodies).try_acquire_many_owned(kib);
        let more = more.map_err(|_| Error::Overloaded)?;
        let mut body = self.0.body.lock().unwrap_or_else(PoisonError::into_inner);
        match body.as_mut() {
            Some(held) => held.merge(more),
            None => *body = Some(more),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{BODIES, Error, Gate, PATIENCE, while_others_work};

    fn is_refused<T>(entered: &crate::core::Result<T>) -> bool {
        matches!(entered, Err(Error::Overloaded))
    }

    #[tokio::test(start_paused = true)]
    async fn who_finds_the_line_full_is_refused_at_once() {
        let gate = Gate::new(2, 1);
        let (first, _second) = (gate.enter().await.unwrap(), gate.enter().await.unwrap());
        let third = tokio::spawn({
            let gate = gate.clone();
            async move { gate.enter().await }
        });
        tokio::task::yield_now().await;
        let begun = tokio::time::Instant::now();
        assert!(is_refused(&gate.enter().await));
        assert_eq!(begun.elapsed(), Duration::ZERO);
        drop(first);
        let _third = third.await.unwrap().unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_longer_than_a_second() {
        let gate = Gate::new(1, 1);
        let _first = gate.enter().await.unwrap();
        let begun = tokio::time::Instant::now();
        assert!(is_refused(&gate.enter().await));
        assert_eq!(begun.elapsed(), PATIENCE);
    }

    #[tokio::test(start_paused = true)]
    async fn who_hangs_up_leaves_the_line() {
        let gate = Gate::new(1, 1);
        let first = gate.enter().await.unwrap();
        let gone = tokio::time::timeout(Duration::from_millis(1), gate.enter()).await;
        assert!(gone.is_err());
        drop(first);
        let _again = gate.enter().await.unwrap();
    }

    #[test]
    fn a_line_that_moves_too_slowly_is_not_joined_far_back() {
        let gate = Gate::new(4, 1000);
        // Every place took 10 ms, so a second is a hundred places.
        for _ in 0..100 {
            gate.note(Duration::from_millis(50), 5);
        }
        assert!(!gate.is_hopeless(90));
        assert!(gate.is_hopeless(110));
        // A second each: but the first few find out whether it still is so.
        for _ in 0..100 {
            gate.note(Duration::from_secs(1), 1);
        }
        assert!(!gate.is_hopeless(4));
        assert!(gate.is_hopeless(5));
        for _ in 0..100 {
            gate.note(Duration::from_millis(5), 5);
        }
        assert!(!gate.is_hopeless(900));
    }

    #[tokio::test(start_paused = true)]
    async fn who_steps_aside_lets_another_in_and_waits_to_come_back() {
        let gate = Gate::new(1, 1);
        let slow = gate.enter().await.unwrap();
        slow.come_back().await.unwrap();
        slow.step_aside();
        let quick = gate.enter().await.unwrap();
        assert!(is_refused(&slow.come_back().await));
        drop(quick);
        slow.come_back().await.unwrap();
        assert!(is_refused(&gate.enter().await));
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_for_somebody_else_takes_no_place_and_counts_in_the_line() {
        let gate = Gate::new(1, 1);
        let ticket = gate.enter().await.unwrap();
        let work = ticket.while_working(async {
            let other = while_others_work(async {
                let other = gate.enter().await.unwrap();
                assert!(is_refused(&gate.enter().await), "the line is full");
                other
            });
            // What is left is done beside the other, who keeps the place.
            let _other = other.await;
            let waits = tokio::time::timeout(PATIENCE / 2, gate.enter());
            assert!(waits.await.is_err(), "the line is free again, the place is not");
        });
        work.await;
        drop(gate.enter().await.unwrap());
    }

    #[tokio::test]
    async fn what_no_request_asked_for_has_no_place_to_give_away() {
        assert_eq!(while_others_work(async { 1 }).await, 1);
    }

    #[tokio::test]
    async fn all_bodies_together_are_bounded() {
        let gate = Gate::new(2, 0);
        let (one, other) = (gate.enter().await.unwrap(), gate.enter().await.unwrap());
        for _ in 0..BODIES / 64 - 1 {
            one.hold(0, 64 * 1024).unwrap();
        }
        other.hold(0, 64 * 1024).unwrap();
        assert!(is_refused(&other.hold(0, 1)));
        drop(one);
        other.hold(0, 1).unwrap();
    }

    #[tokio::test]
    async fn a_body_in_many_small_pieces_counts_no_more_than_one_in_a_large_one() {
        let gate = Gate::new(1, 0);
        let ticket = gate.enter().await.unwrap();
        let pieces = usize::try_from(BODIES).unwrap() * 2;
        for length in 0..pieces {
            ticket.hold(length, length + 1).unwrap();
        }
    }
}
