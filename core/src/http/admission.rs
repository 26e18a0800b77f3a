//! Admission control: limits how many requests are handled at once and how many wait, and rejects
//! the others.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed},
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

/// Runs a future that takes long but little CPU time: another service's response, a password hash.
/// The request does not get its slot back: the rest of it runs in addition to the requests with
/// slots. The number of such requests is limited by what they wait for. If a request had to
/// reacquire a slot, it could hold something that others need, such as the write lock, while
/// waiting behind those others.
pub async fn yield_slot_while<T>(wait: impl Future<Output = T>) -> T {
    let Ok(permit) = PERMIT.try_with(Permit::clone) else { return wait.await };
    permit.release();
    let _entry = permit.0.control.0.queue.join();
    wait.await
}

/// Like [`yield_slot_while`], for a request that waits for its turn to write. Such requests have a
/// queue of their own, so that many writes don't cause reads to be rejected.
///
/// # Errors
/// `Overloaded`, immediately, if that queue is full or too slow; otherwise the error of `wait`.
pub async fn wait_to_write<T>(wait: impl Future<Output = Result<T>>) -> Result<T> {
    let Ok(permit) = PERMIT.try_with(Permit::clone) else { return wait.await };
    let entry = permit.0.control.0.writers.enter().inspect_err(|_| {
        permit.0.is_rejected.store(true, Relaxed);
    })?;
    permit.release();
    let begun = wait.await;
    // Failures say more about the database than about the queue.
    if begun.is_ok() {
        entry.record_wait();
    }
    begun
}

/// Admits a limited number of requests. Further ones wait in a short queue. If the queue is full or
/// too slow, requests are rejected immediately, which costs far less than handling a request whose
/// client has given up.
#[derive(Clone)]
pub struct AdmissionControl(Arc<Inner>);

struct Inner {
    semaphore: Arc<Semaphore>,
    slots: usize,
    /// Requests that wait for a slot.
    queue: Queue,
    /// Requests that wait for their turn to write.
    writers: Queue,
    bodies: Arc<Semaphore>,
}

/// A request's permit to run. The slot is released with its last clone.
#[derive(Clone)]
pub struct Permit(Arc<PermitState>);

struct PermitState {
    control: AdmissionControl,
    slot: Mutex<Option<OwnedSemaphorePermit>>,
    body: Mutex<Option<OwnedSemaphorePermit>>,
    /// Whether the request was rejected by [`wait_to_write`].
    is_rejected: AtomicBool,
}

impl AdmissionControl {
    /// Creates a control for `slots` concurrent requests. `queue_length` requests can wait for a
    /// slot, and as many for their turn to write, but at least as many as there are slots.
    #[must_use]
    pub fn new(slots: usize, queue_length: usize) -> Self {
        Self(Arc::new(Inner {
            semaphore: Arc::new(Semaphore::new(slots)),
            slots,
            queue: Queue::new(queue_length, slots),
            // A request enters this queue even if it can write at once.
            writers: Queue::new(queue_length.max(slots), slots),
            bodies: Arc::new(Semaphore::new(MAX_BODIES_KIB as usize)),
        }))
    }

    /// Admits a request, possibly after waiting.
    ///
    /// # Errors
    /// `Overloaded`: immediately if the queue is too long, otherwise after waiting for a second.
    pub async fn acquire(&self) -> Result<Permit> {
        let slot = Mutex::new(Some(self.slot().await?));
        let (control, body) = (self.clone(), Mutex::new(None));
        let is_rejected = AtomicBool::new(false);
        Ok(Permit(Arc::new(PermitState { control, slot, body, is_rejected })))
    }

    /// The number of slots in use, and of all slots.
    #[must_use]
    pub fn slots(&self) -> (usize, usize) {
        let slots = self.0.slots;
        (slots.saturating_sub(self.0.semaphore.available_permits()), slots)
    }

    /// The number of requests that wait for a slot or are in [`yield_slot_while`], and the limit.
    #[must_use]
    pub fn queue(&self) -> (usize, usize) {
        self.0.queue.usage()
    }

    /// The number of requests that wait for their turn to write, and the limit.
    #[must_use]
    pub fn writers(&self) -> (usize, usize) {
        self.0.writers.usage()
    }

    async fn slot(&self) -> Result<OwnedSemaphorePermit> {
        let semaphore = Arc::clone(&self.0.semaphore);
        match Arc::clone(&semaphore).try_acquire_owned() {
            Ok(slot) => Ok(slot),
            Err(_) => self.wait(semaphore).await,
        }
    }

    async fn wait(&self, semaphore: Arc<Semaphore>) -> Result<OwnedSemaphorePermit> {
        let entry = self.0.queue.enter()?;
        let slot = tokio::time::timeout(MAX_WAIT, semaphore.acquire_owned()).await;
        entry.record_wait();
        slot.ok().and_then(Result::ok).ok_or(Error::Overloaded)
    }
}

/// Counts waiting requests, and estimates how long another one would wait.
struct Queue {
    waiting: AtomicUsize,
    length: usize,
    /// The average waiting time per position in nanoseconds.
    wait_per_position: AtomicU64,
    /// The first few always wait, whatever the estimate: their waiting times keep the average up to
    /// date.
    always_wait: usize,
}

impl Queue {
    fn new(length: usize, always_wait: usize) -> Self {
        let (waiting, wait_per_position) = (AtomicUsize::new(0), AtomicU64::new(0));
        Self { waiting, length, wait_per_position, always_wait }
    }

    fn usage(&self) -> (usize, usize) {
        (self.waiting.load(Relaxed), self.length)
    }

    /// Counts a waiting request until the entry is dropped, even if the queue is full.
    fn join(&self) -> QueueEntry<'_> {
        let position = self.waiting.fetch_add(1, Relaxed) + 1;
        QueueEntry { queue: self, position, since: Instant::now() }
    }

    /// Like [`Queue::join`], for a request that can be rejected.
    ///
    /// # Errors
    /// `Overloaded` if the queue is full, or so slow that the request would wait for longer than
    /// [`MAX_WAIT`].
    fn enter(&self) -> Result<QueueEntry<'_>> {
        let entry = self.join();
        if entry.position > self.length || self.would_time_out(entry.position) {
            return Err(Error::Overloaded);
        }
        Ok(entry)
    }

    fn would_time_out(&self, position: usize) -> bool {
        let wait = self.wait_per_position.load(Relaxed).saturating_mul(position as u64);
        position > self.always_wait && wait > nanos(MAX_WAIT)
    }

    fn record_wait(&self, waited: Duration, position: usize) {
        let wait_per_position = nanos(waited) / position as u64;
        // Concurrent updates may overwrite each other: it is only an average.
        let average = self.wait_per_position.load(Relaxed);
        self.wait_per_position.store(average - average / 8 + wait_per_position / 8, Relaxed);
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// A waiting request; dropping it decrements the count.
struct QueueEntry<'a> {
    queue: &'a Queue,
    /// The number of waiting requests, including this one.
    position: usize,
    since: Instant,
}

impl QueueEntry<'_> {
    /// Records that the request no longer waits.
    fn record_wait(&self) {
        self.queue.record_wait(self.since.elapsed(), self.position);
    }
}

impl Drop for QueueEntry<'_> {
    fn drop(&mut self) {
        self.queue.waiting.fetch_sub(1, Relaxed);
    }
}

impl Permit {
    /// Runs the request's work, which may release the slot: see [`yield_slot_while`].
    pub async fn run<T>(self, work: impl Future<Output = T>) -> T {
        PERMIT.scope(self, work).await
    }

    /// Whether too many requests were waiting for their turn to write, so that this one was
    /// rejected.
    #[must_use]
    pub fn is_rejected(&self) -> bool {
        self.0.is_rejected.load(Relaxed)
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
    use std::{pin::pin, time::Duration};

    use futures_util::poll;
    use tokio::sync::Semaphore;

    use super::{
        AdmissionControl, Error, MAX_BODIES_KIB, MAX_WAIT, Queue, wait_to_write, yield_slot_while,
    };

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
        let queue = Queue::new(1000, 4);
        // Each position took 10 ms, so 100 positions take a second.
        for _ in 0..100 {
            queue.record_wait(Duration::from_millis(50), 5);
        }
        assert!(!queue.would_time_out(90));
        assert!(queue.would_time_out(110));
        // Each position takes a second, but the first few requests still try.
        for _ in 0..100 {
            queue.record_wait(Duration::from_secs(1), 1);
        }
        assert!(!queue.would_time_out(4));
        assert!(queue.would_time_out(5));
        for _ in 0..100 {
            queue.record_wait(Duration::from_millis(5), 5);
        }
        assert!(!queue.would_time_out(900));
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

    #[tokio::test(start_paused = true)]
    async fn writes_that_wait_do_not_cause_reads_to_be_rejected() {
        let control = AdmissionControl::new(1, 1);
        let turn = Semaphore::new(0);
        let write = async || {
            let permit = control.acquire().await.unwrap();
            permit.run(wait_to_write(async { Ok(turn.acquire().await.unwrap()) })).await
        };
        let mut waiting = pin!(write());
        assert!(poll!(waiting.as_mut()).is_pending());
        assert_eq!(control.writers(), (1, 1));
        // The queue of writers is full, but a read gets the slot, and another one can wait for it.
        assert!(is_rejected(&write().await));
        let read = control.acquire().await.unwrap();
        let mut other = pin!(control.acquire());
        assert!(poll!(other.as_mut()).is_pending());
        drop(read);
        drop(other.await.unwrap());
        turn.add_permits(1);
        drop(waiting.await.unwrap());
        assert_eq!(control.writers(), (0, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn writes_are_rejected_if_their_turn_comes_too_late() {
        let control = AdmissionControl::new(2, 100);
        let write = async |takes| {
            let permit = control.acquire().await.unwrap();
            let begin = async {
                tokio::time::sleep(takes).await;
                Ok(())
            };
            permit.run(wait_to_write(begin)).await
        };
        for _ in 0..100 {
            write(MAX_WAIT).await.unwrap();
        }
        let (mut first, mut second) = (pin!(write(MAX_WAIT)), pin!(write(MAX_WAIT)));
        assert!(poll!(first.as_mut()).is_pending() && poll!(second.as_mut()).is_pending());
        assert!(is_rejected(&write(MAX_WAIT).await));
    }

    #[tokio::test]
    async fn waiting_outside_a_request_is_not_limited() {
        assert_eq!(yield_slot_while(async { 1 }).await, 1);
        assert_eq!(wait_to_write(async { Ok(1) }).await.unwrap(), 1);
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
