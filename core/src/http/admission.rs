//! Admission control: limits how many requests are handled at once and how many wait, and rejects
//! the others.

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

use crate::{Error, Result};

/// The maximum time in the queue. Requests that would wait longer are rejected immediately.
const MAX_WAIT: Duration = Duration::from_secs(1);
/// The maximum size of all bodies in memory, in KiB. Bodies arrive without a slot, so their total
/// size is limited rather than their number.
const MAX_BODIES_KIB: u32 = 32 * 1024;

tokio::task_local! {
    /// The permit of the current request.
    static PERMIT: Permit;
}

/// Runs a future that takes long but little CPU time: another service's response, a password hash,
/// waiting for the write lock. The request does not get its slot back: the rest of it runs in
/// addition to the requests with slots. The number of such requests is limited by what they wait
/// for. If a request had to reacquire a slot, it could hold something that others need, such as the
/// write lock, while waiting behind those others.
pub async fn yield_slot_while<T>(wait: impl Future<Output = T>) -> T {
    let Ok(permit) = PERMIT.try_with(Permit::clone) else { return wait.await };
    permit.release();
    let _entry = permit.0.control.join_queue();
    wait.await
}

/// Admits a limited number of requests. Further ones wait in a short queue. If the queue is full or
/// too slow, requests are rejected immediately, which costs far less than handling a request whose
/// client has given up.
#[derive(Clone)]
pub struct AdmissionControl(Arc<Inner>);

struct Inner {
    semaphore: Arc<Semaphore>,
    slots: usize,
    waiting: AtomicUsize,
    queue_length: usize,
    /// The average waiting time per queue position in nanoseconds.
    wait_per_position: AtomicU64,
    bodies: Arc<Semaphore>,
}

/// A request's permit to run. The slot is released with its last clone.
#[derive(Clone)]
pub struct Permit(Arc<PermitState>);

struct PermitState {
    control: AdmissionControl,
    slot: Mutex<Option<OwnedSemaphorePermit>>,
    body: Mutex<Option<OwnedSemaphorePermit>>,
}

impl AdmissionControl {
    /// Creates a control for `slots` concurrent requests and `queue_length` waiting ones.
    #[must_use]
    pub fn new(slots: usize, queue_length: usize) -> Self {
        Self(Arc::new(Inner {
            semaphore: Arc::new(Semaphore::new(slots)),
            slots,
            waiting: AtomicUsize::new(0),
            queue_length,
            wait_per_position: AtomicU64::new(0),
            bodies: Arc::new(Semaphore::new(MAX_BODIES_KIB as usize)),
        }))
    }

    /// Admits a request, possibly after waiting.
    ///
    /// # Errors
    /// `Overloaded`: immediately if the queue is too long, otherwise after waiting for a second.
    pub async fn acquire(&self) -> Result<Permit> {
        let slot = Mutex::new(Some(self.slot().await?));
        Ok(Permit(Arc::new(PermitState { control: self.clone(), slot, body: Mutex::new(None) })))
    }

    /// The number of slots in use, and of all slots.
    #[must_use]
    pub fn slots(&self) -> (usize, usize) {
        let slots = self.0.slots;
        (slots.saturating_sub(self.0.semaphore.available_permits()), slots)
    }

    /// The number of waiting requests, including those in [`yield_slot_while`], and the limit.
    #[must_use]
    pub fn queue(&self) -> (usize, usize) {
        (self.0.waiting.load(Relaxed), self.0.queue_length)
    }

    async fn slot(&self) -> Result<OwnedSemaphorePermit> {
        let semaphore = Arc::clone(&self.0.semaphore);
        match Arc::clone(&semaphore).try_acquire_owned() {
            Ok(slot) => Ok(slot),
            Err(_) => self.wait(semaphore).await,
        }
    }

    async fn wait(&self, semaphore: Arc<Semaphore>) -> Result<OwnedSemaphorePermit> {
        let waiting = self.join_queue();
        let position = waiting.position;
        if position > self.0.queue_length || self.would_time_out(position) {
            return Err(Error::Overloaded);
        }
        let started = Instant::now();
        let slot = tokio::time::timeout(MAX_WAIT, semaphore.acquire_owned()).await;
        self.record_wait(started.elapsed(), position);
        slot.ok().and_then(Result::ok).ok_or(Error::Overloaded)
    }

    /// Counts a waiting request until the entry is dropped.
    fn join_queue(&self) -> QueueEntry<'_> {
        let count = &self.0.waiting;
        QueueEntry { position: count.fetch_add(1, Relaxed) + 1, count }
    }

    /// Whether request `position` in the queue would time out, judging by recent waiting times. The
    /// first few always try: their waiting times keep the average up to date.
    fn would_time_out(&self, position: usize) -> bool {
        let wait = self.0.wait_per_position.load(Relaxed).saturating_mul(position as u64);
        position > self.0.slots && wait > nanos(MAX_WAIT)
    }

    fn record_wait(&self, waited: Duration, position: usize) {
        let wait_per_position = nanos(waited) / position as u64;
        // Concurrent updates may overwrite each other: it is only an average.
        let average = self.0.wait_per_position.load(Relaxed);
        self.0.wait_per_position.store(average - average / 8 + wait_per_position / 8, Relaxed);
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// A waiting request; dropping it decrements the count.
struct QueueEntry<'a> {
    /// The number of waiting requests, including this one.
    position: usize,
    count: &'a AtomicUsize,
}

impl Drop for QueueEntry<'_> {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Relaxed);
    }
}

impl Permit {
    /// Runs the request's work, which may release the slot: see [`yield_slot_while`].
    pub async fn run<T>(self, work: impl Future<Output = T>) -> T {
        PERMIT.scope(self, work).await
    }

    /// Releases the slot, such as while the client is slow to send the body.
    pub(super) fn release(&self) {
        self.0.slot.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Acquires a slot again, if it was released.
    ///
    /// # Errors
    /// As for [`AdmissionControl::acquire`].
    pub(super) async fn reacquire(&self) -> Result<()> {
        let has_slot = self.0.slot.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        if !has_slot {
            let slot = self.0.control.slot().await?;
            *self.0.slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(slot);
        }
        Ok(())
    }

    /// Records that the body has grown from `before` to `now` bytes, which stay in memory as long
    /// as the request. Many small chunks count the same as a large one.
    ///
    /// # Errors
    /// `Overloaded` if all bodies together would exceed the limit.
    pub(super) fn reserve_body(&self, before: usize, now: usize) -> Result<()> {
        let kib = now.div_ceil(1024) - before.div_ceil(1024);
        let kib = u32::try_from(kib).map_err(|_| Error::Overloaded)?;
        let more = Arc::clone(&self.0.control.0.bodies).try_acquire_many_owned(kib);
        let more = more.map_err(|_| Error::Overloaded)?;
        let mut body = self.0.body.lock().unwrap_or_else(PoisonError::into_inner);
        match body.as_mut() {
            Some(existing) => existing.merge(more),
            None => *body = Some(more),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{AdmissionControl, Error, MAX_BODIES_KIB, MAX_WAIT, yield_slot_while};

    fn is_rejected<T>(result: &crate::Result<T>) -> bool {
        matches!(result, Err(Error::Overloaded))
    }

    #[tokio::test(start_paused = true)]
    async fn requests_are_rejected_immediately_if_the_queue_is_full() {
        let control = AdmissionControl::new(2, 1);
        let (first, _second) = (control.acquire().await.unwrap(), control.acquire().await.unwrap());
        let third = tokio::spawn({
            let control = control.clone();
            async move { control.acquire().await }
        });
        tokio::task::yield_now().await;
        let started = tokio::time::Instant::now();
        assert!(is_rejected(&control.acquire().await));
        assert_eq!(started.elapsed(), Duration::ZERO);
        drop(first);
        let _third = third.await.unwrap().unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn requests_wait_for_at_most_a_second() {
        let control = AdmissionControl::new(1, 1);
        let _first = control.acquire().await.unwrap();
        let started = tokio::time::Instant::now();
        assert!(is_rejected(&control.acquire().await));
        assert_eq!(started.elapsed(), MAX_WAIT);
    }

    #[tokio::test(start_paused = true)]
    async fn canceled_requests_leave_the_queue() {
        let control = AdmissionControl::new(1, 1);
        let first = control.acquire().await.unwrap();
        let canceled = tokio::time::timeout(Duration::from_millis(1), control.acquire()).await;
        assert!(canceled.is_err());
        drop(first);
        let _again = control.acquire().await.unwrap();
    }

    #[test]
    fn requests_are_rejected_if_the_queue_is_too_slow() {
        let control = AdmissionControl::new(4, 1000);
        // Each position took 10 ms, so 100 positions take a second.
        for _ in 0..100 {
            control.record_wait(Duration::from_millis(50), 5);
        }
        assert!(!control.would_time_out(90));
        assert!(control.would_time_out(110));
        // Each position takes a second, but the first few requests still try.
        for _ in 0..100 {
            control.record_wait(Duration::from_secs(1), 1);
        }
        assert!(!control.would_time_out(4));
        assert!(control.would_time_out(5));
        for _ in 0..100 {
            control.record_wait(Duration::from_millis(5), 5);
        }
        assert!(!control.would_time_out(900));
    }

    #[tokio::test(start_paused = true)]
    async fn released_slots_are_reused_and_must_be_reacquired() {
        let control = AdmissionControl::new(1, 1);
        let slow = control.acquire().await.unwrap();
        slow.reacquire().await.unwrap();
        slow.release();
        let quick = control.acquire().await.unwrap();
        assert!(is_rejected(&slow.reacquire().await));
        drop(quick);
        slow.reacquire().await.unwrap();
        assert!(is_rejected(&control.acquire().await));
    }

    #[tokio::test(start_paused = true)]
    async fn requests_that_yield_their_slot_count_as_waiting() {
        let control = AdmissionControl::new(1, 1);
        let permit = control.acquire().await.unwrap();
        let work = permit.run(async {
            let other = yield_slot_while(async {
                let other = control.acquire().await.unwrap();
                assert!(is_rejected(&control.acquire().await), "the queue is full");
                other
            });
            // The rest runs in addition to the other request, which keeps the slot.
            let _other = other.await;
            let waits = tokio::time::timeout(MAX_WAIT / 2, control.acquire());
            assert!(waits.await.is_err(), "the queue has room again, but the slot is in use");
        });
        work.await;
        drop(control.acquire().await.unwrap());
    }

    #[tokio::test]
    async fn yielding_outside_a_request_has_no_effect() {
        assert_eq!(yield_slot_while(async { 1 }).await, 1);
    }

    #[tokio::test]
    async fn the_total_size_of_bodies_is_limited() {
        let control = AdmissionControl::new(2, 0);
        let (one, other) = (control.acquire().await.unwrap(), control.acquire().await.unwrap());
        for _ in 0..MAX_BODIES_KIB / 64 - 1 {
            one.reserve_body(0, 64 * 1024).unwrap();
        }
        other.reserve_body(0, 64 * 1024).unwrap();
        assert!(is_rejected(&other.reserve_body(0, 1)));
        drop(one);
        other.reserve_body(0, 1).unwrap();
    }

    #[tokio::test]
    async fn many_small_chunks_count_the_same_as_a_large_one() {
        let control = AdmissionControl::new(1, 0);
        let permit = control.acquire().await.unwrap();
        let chunks = usize::try_from(MAX_BODIES_KIB).unwrap() * 2;
        for length in 0..chunks {
            permit.reserve_body(length, length + 1).unwrap();
        }
    }
}
