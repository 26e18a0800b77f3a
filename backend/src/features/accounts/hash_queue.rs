//! A queue for password hashes that is fair to accounts and networks.
//!
//! A hash takes 19 MiB of memory and about 50 ms of a core, so only a few run at a time. Whether a password
//! is correct is known only after hashing it, so correct and wrong passwords are queued alike.
//!
//! Each request gets a round number: one more than the latest queued request of the same account or network,
//! or the current round if there is none. The lowest round runs first, so a request of another account and
//! network waits for one request of each flood, not for all of them. If the queue is full, the request
//! with the highest round is dropped.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::client_info::ClientInfo;
use crate::core::{Error, Result, http};

/// The maximum number of hashes that run at once.
const MAX_RUNNING: usize = 2;
/// The maximum number of waiting requests.
const MAX_WAITING: usize = 64;
/// The maximum number of running and waiting requests of one network.
const MAX_PER_NETWORK: usize = 32;
/// The maximum number of running and waiting requests of one account.
const MAX_PER_ACCOUNT: usize = 16;

/// A shared handle to the queue of this process.
#[derive(Clone, Default)]
pub struct HashQueue(Arc<Mutex<Queue>>);

#[derive(Default)]
struct Queue {
    /// The highest round that has been started.
    round: u64,
    next_id: u64,
    requests: Vec<Request>,
}

struct Request {
    id: u64,
    account: String,
    network: Option<String>,
    round: u64,
    state: State,
}

enum State {
    /// It has a slot, but is not ready to hash yet.
    Reserved,
    /// It is waiting to be started.
    Waiting(oneshot::Sender<()>),
    Running,
}

/// A slot in the queue. Dropping it frees the slot.
pub struct HashSlot {
    queue: HashQueue,
    id: u64,
}

impl HashQueue {
    /// Reserves a slot for hashing one password. `account` identifies the account.
    ///
    /// # Errors
    /// Overloaded if the account or the network has reached its limit, or if the queue is full and no
    /// request has a higher round than this one.
    pub fn reserve(&self, account: &str, client: &ClientInfo) -> Result<HashSlot> {
        let id = self.lock().reserve(account, client.network.as_deref())?;
        Ok(HashSlot { queue: self.clone(), id })
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn reserve(&mut self, account: &str, network: Option<&str>) -> Result<u64> {
        let (mut round, mut of_account, mut of_network) = (self.round, 0, 0);
        for request in &self.requests {
            let is_same_account = request.account == account;
            let is_same_network = network.is_some() && request.network.as_deref() == network;
            of_account += usize::from(is_same_account);
            of_network += usize::from(is_same_network);
            if is_same_account || is_same_network {
                round = round.max(request.round + 1);
            }
        }
        if of_account >= MAX_PER_ACCOUNT || of_network >= MAX_PER_NETWORK {
            return Err(Error::Overloaded);
        }
        if self.requests.len() - self.count_running() >= MAX_WAITING {
            self.evict_last(round)?;
        }
        let id = self.next_id;
        self.next_id += 1;
        let (account, network) = (account.to_owned(), network.map(str::to_owned));
        self.requests.push(Request { id, account, network, round, state: State::Reserved });
        Ok(id)
    }

    /// Removes the request with the highest round, if it is higher than `round`.
    fn evict_last(&mut self, round: u64) -> Result<()> {
        let waiting = self.requests.iter().filter(|it| !matches!(it.state, State::Running));
        let last = waiting.max_by_key(|it| (it.round, it.id)).filter(|it| it.round > round);
        let last = last.map(|it| it.id).ok_or(Error::Overloaded)?;
        // Dropping the sender makes the request fail.
        self.requests.retain(|it| it.id != last);
        Ok(())
    }

    fn count_running(&self) -> usize {
        self.requests.iter().filter(|it| matches!(it.state, State::Running)).count()
    }

    /// Starts waiting requests, lowest round first, up to the limit.
    fn start(&mut self) {
        while self.count_running() < MAX_RUNNING {
            let waiting = self.requests.iter_mut();
            let waiting = waiting.filter(|it| matches!(it.state, State::Waiting(_)));
            let Some(first) = waiting.min_by_key(|it| (it.round, it.id)) else { return };
            self.round = self.round.max(first.round);
            if let State::Waiting(sender) = std::mem::replace(&mut first.state, State::Running) {
                // If the client has disconnected, its slot is dropped, which starts the next request.
                let _ = sender.send(());
            }
        }
    }
}

impl HashSlot {
    /// Waits for this slot's turn, then runs `work` on a blocking thread.
    ///
    /// # Errors
    /// Overloaded if the request was dropped from a full queue.
    pub async fn run<T: Send + 'static>(
        self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        http::yield_slot_while(async move {
            self.wait_for_turn().await?;
            let hashed = tokio::task::spawn_blocking(move || {
                // The slot is freed when the work ends, even if the client disconnects before.
                let _slot = self;
                work()
            });
            hashed.await.map_err(|error| Error::Internal(error.into()))
        })
        .await
    }

    async fn wait_for_turn(&self) -> Result<()> {
        let (sender, receiver) = oneshot::channel();
        {
            let mut queue = self.queue.lock();
            let request = queue.requests.iter_mut().find(|it| it.id == self.id);
            request.ok_or(Error::Overloaded)?.state = State::Waiting(sender);
            queue.start();
        }
        receiver.await.map_err(|_| Error::Overloaded)
    }
}

impl Drop for HashSlot {
    fn drop(&mut self) {
        let mut queue = self.queue.lock();
        queue.requests.retain(|it| it.id != self.id);
        queue.start();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::{
        ClientInfo, Error, HashQueue, HashSlot, MAX_PER_ACCOUNT, MAX_PER_NETWORK, MAX_RUNNING,
        MAX_WAITING,
    };
    use crate::core::Result;

    fn reserve(queue: &HashQueue, account: &str, network: &str) -> Result<HashSlot> {
        let client = ClientInfo { network: Some(network.to_owned()), ..ClientInfo::default() };
        queue.reserve(account, &client)
    }

    fn is_overloaded<T>(result: &Result<T>) -> bool {
        matches!(result, Err(Error::Overloaded))
    }

    #[test]
    fn slots_are_limited_per_account_and_per_network() {
        let queue = HashQueue::default();
        let of_ann: Vec<_> = (0..MAX_PER_ACCOUNT)
            .map(|nth| reserve(&queue, "ann", &nth.to_string()).unwrap())
            .collect();
        assert!(is_overloaded(&reserve(&queue, "ann", "elsewhere")));
        let of_network: Vec<_> = (0..MAX_PER_NETWORK)
            .map(|nth| reserve(&queue, &format!("user{nth}"), "office").unwrap())
            .collect();
        assert!(is_overloaded(&reserve(&queue, "bob", "office")));
        reserve(&queue, "bob", "home").unwrap();
        drop((of_ann, of_network));
        reserve(&queue, "ann", "office").unwrap();
    }

    #[test]
    fn a_full_queue_drops_a_request_of_the_busiest_client() {
        let queue = HashQueue::default();
        let mut slots = Vec::new();
        for network in ["one", "two"] {
            let account = |nth| format!("{network} {nth}");
            slots.extend(
                (0..MAX_PER_NETWORK).map(|nth| reserve(&queue, &account(nth), network).unwrap()),
            );
        }
        assert_eq!(slots.len(), MAX_WAITING);
        let newcomer = reserve(&queue, "bob", "home").unwrap();
        let ids =
            |queue: &HashQueue| queue.lock().requests.iter().map(|it| it.id).collect::<Vec<_>>();
        let gone: Vec<_> = slots.iter().filter(|it| !ids(&queue).contains(&it.id)).collect();
        assert_eq!(gone.len(), 1);
        assert_eq!(gone[0].id, slots[MAX_WAITING - 1].id);
        assert!(ids(&queue).contains(&newcomer.id));
        // Another request of a network that fills the queue would itself be dropped.
        assert!(is_overloaded(&reserve(&queue, "another", "one")));
    }

    /// Blocks jobs until it is dropped.
    struct Barrier {
        receiver: Arc<Mutex<std::sync::mpsc::Receiver<()>>>,
        _sender: std::sync::mpsc::Sender<()>,
    }

    impl Barrier {
        fn new() -> Self {
            let (sender, receiver) = std::sync::mpsc::channel();
            Self { receiver: Arc::new(Mutex::new(receiver)), _sender: sender }
        }

        fn wait(&self) -> impl FnOnce() + Send + use<> {
            let receiver = Arc::clone(&self.receiver);
            move || {
                let _ = receiver.lock().unwrap().recv();
            }
        }
    }

    #[tokio::test]
    async fn a_flood_delays_other_clients_by_one_request() {
        let queue = HashQueue::default();
        let (release, released) = tokio::sync::watch::channel(false);
        let started = Arc::new(Mutex::new(Vec::new()));
        let mut all = Vec::new();
        let flood = (0..MAX_PER_ACCOUNT).map(|nth| ("ann", nth.to_string()));
        for (account, network) in flood.chain([("bob", "home".to_owned())]) {
            let slot = reserve(&queue, account, &network).unwrap();
            let (started, mut released) = (Arc::clone(&started), released.clone());
            all.push(tokio::spawn(async move {
                slot.wait_for_turn().await.unwrap();
                started.lock().unwrap().push(account);
                let _ = released.wait_for(|it| *it).await;
            }));
            tokio::task::yield_now().await;
        }
        release.send(true).unwrap();
        for finished in all {
            finished.await.unwrap();
        }
        let started = started.lock().unwrap();
        assert_eq!(started.len(), MAX_PER_ACCOUNT + 1);
        assert_eq!(started[MAX_RUNNING], "bob", "{started:?}");
    }

    #[tokio::test]
    async fn a_disconnected_client_yields_its_turn() {
        let (queue, barrier) = (HashQueue::default(), Barrier::new());
        let busy: Vec<_> = (0..MAX_RUNNING)
            .map(|nth| {
                let slot = reserve(&queue, &nth.to_string(), &nth.to_string()).unwrap();
                tokio::spawn(slot.run(barrier.wait()))
            })
            .collect();
        let gone = tokio::spawn(reserve(&queue, "ann", "home").unwrap().run(|| "ann"));
        tokio::task::yield_now().await;
        let next = tokio::spawn(reserve(&queue, "bob", "office").unwrap().run(|| "bob"));
        tokio::task::yield_now().await;
        gone.abort();
        gone.await.unwrap_err();
        drop(barrier);
        assert_eq!(next.await.unwrap().unwrap(), "bob");
        for busy in busy {
            busy.await.unwrap().unwrap();
        }
        assert!(queue.lock().requests.is_empty());
    }
}
