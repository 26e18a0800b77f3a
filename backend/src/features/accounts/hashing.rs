//! The queue for password hashes, which is fair to accounts and networks.
//!
//! A hash takes 19 MiB and a core for some 50 ms, so a few run at a time and the other requests wait.
//! Whether a password is right is known only after its hash: right ones are queued like wrong ones.
//!
//! Each request in the queue has a round: one after the latest request of the same account or the same
//! network, or the current one if there is none. The lowest round is served first, so a request of
//! another account and network waits for one request of each flood, not for all of them. When the
//! queue is full, the request with the highest round gives way.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::arrival::Arrival;
use crate::core::{Error, Result, http};

/// How many hashes run at once.
const RUNNING: usize = 2;
/// How many requests may wait.
const WAITING: usize = 64;
/// How many requests of one network may run or wait.
const OF_NETWORK: usize = 32;
/// How many requests of one account may run or wait.
const OF_ACCOUNT: usize = 16;

/// The queue of this process.
#[derive(Clone, Default)]
pub(super) struct Hashing(Arc<Mutex<Queue>>);

#[derive(Default)]
struct Queue {
    /// The round of the request that was started last.
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
    /// It has a place, and does not ask for its turn yet.
    Entered,
    /// It waits for its turn.
    Waiting(oneshot::Sender<()>),
    Running,
}

/// A place in the queue, until it is dropped.
pub(super) struct Place {
    queue: Hashing,
    id: u64,
}

impl Hashing {
    /// Takes a place for one hash of a password of the account known by `account`.
    ///
    /// # Errors
    /// Overloaded where the account or the network has its share of places already, or where the queue
    /// is full and no request has had more than this one.
    pub(super) fn enter(&self, account: &str, arrival: &Arrival) -> Result<Place> {
        let id = self.lock().enter(account, arrival.network.as_deref())?;
        Ok(Place { queue: self.clone(), id })
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn enter(&mut self, account: &str, network: Option<&str>) -> Result<u64> {
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
        if of_account >= OF_ACCOUNT || of_network >= OF_NETWORK {
            return Err(Error::Overloaded);
        }
        if self.requests.len() - self.running() >= WAITING {
            self.make_room(round)?;
        }
        let id = self.next_id;
        self.next_id += 1;
        let (account, network) = (account.to_owned(), network.map(str::to_owned));
        self.requests.push(Request { id, account, network, round, state: State::Entered });
        Ok(id)
    }

    /// Removes the request with the highest round, if it is higher than `round`.
    fn make_room(&mut self, round: u64) -> Result<()> {
        let waiting = self.requests.iter().filter(|it| !matches!(it.state, State::Running));
        let last = waiting.max_by_key(|it| (it.round, it.id)).filter(|it| it.round > round);
        let last = last.map(|it| it.id).ok_or(Error::Overloaded)?;
        // Dropping its sender tells the request.
        self.requests.retain(|it| it.id != last);
        Ok(())
    }

    fn running(&self) -> usize {
        self.requests.iter().filter(|it| matches!(it.state, State::Running)).count()
    }

    /// Starts the waiting requests with the lowest rounds, as many as may run.
    fn start(&mut self) {
        while self.running() < RUNNING {
            let waiting = self.requests.iter_mut();
            let waiting = waiting.filter(|it| matches!(it.state, State::Waiting(_)));
            let Some(first) = waiting.min_by_key(|it| (it.round, it.id)) else { return };
            self.round = self.round.max(first.round);
            if let State::Waiting(sender) = std::mem::replace(&mut first.state, State::Running) {
                // A client that has disconnected drops its place, which starts the next one.
                let _ = sender.send(());
            }
        }
    }
}

impl Place {
    /// Runs `work`, which hashes one password, in its turn and off the request threads.
    ///
    /// # Errors
    /// Overloaded where the request had to give way.
    pub(super) async fn run<T: Send + 'static>(
        self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        http::while_others_work(async move {
            self.turn().await?;
            let hashed = tokio::task::spawn_blocking(move || {
                // Ends with the work itself: a client that disconnects does not let another one in.
                let _place = self;
                work()
            });
            hashed.await.map_err(|error| Error::Internal(error.into()))
        })
        .await
    }

    async fn turn(&self) -> Result<()> {
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

impl Drop for Place {
    fn drop(&mut self) {
        let mut queue = self.queue.lock();
        queue.requests.retain(|it| it.id != self.id);
        queue.start();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::{Arrival, Error, Hashing, OF_ACCOUNT, OF_NETWORK, Place, RUNNING, WAITING};
    use crate::core::Result;

    fn enter(hashing: &Hashing, account: &str, network: &str) -> Result<Place> {
        let arrival = Arrival { network: Some(network.to_owned()), ..Arrival::default() };
        hashing.enter(account, &arrival)
    }

    fn is_refused<T>(result: &Result<T>) -> bool {
        matches!(result, Err(Error::Overloaded))
    }

    #[test]
    fn an_account_and_a_network_have_a_share_of_the_places() {
        let hashing = Hashing::default();
        let of_ann: Vec<_> =
            (0..OF_ACCOUNT).map(|nth| enter(&hashing, "ann", &nth.to_string()).unwrap()).collect();
        assert!(is_refused(&enter(&hashing, "ann", "elsewhere")));
        let of_network: Vec<_> = (0..OF_NETWORK)
            .map(|nth| enter(&hashing, &format!("user{nth}"), "office").unwrap())
            .collect();
        assert!(is_refused(&enter(&hashing, "bob", "office")));
        enter(&hashing, "bob", "home").unwrap();
        drop((of_ann, of_network));
        enter(&hashing, "ann", "office").unwrap();
    }

    #[test]
    fn a_full_queue_drops_the_request_of_whoever_has_most_in_it() {
        let hashing = Hashing::default();
        let mut places = Vec::new();
        for network in ["one", "two"] {
            let account = |nth| format!("{network} {nth}");
            places.extend(
                (0..OF_NETWORK).map(|nth| enter(&hashing, &account(nth), network).unwrap()),
            );
        }
        assert_eq!(places.len(), WAITING);
        let newcomer = enter(&hashing, "bob", "home").unwrap();
        let ids =
            |hashing: &Hashing| hashing.lock().requests.iter().map(|it| it.id).collect::<Vec<_>>();
        let gone: Vec<_> = places.iter().filter(|it| !ids(&hashing).contains(&it.id)).collect();
        assert_eq!(gone.len(), 1);
        assert_eq!(gone[0].id, places[WAITING - 1].id);
        assert!(ids(&hashing).contains(&newcomer.id));
        // One more of a network that fills the queue is the one that would give way.
        assert!(is_refused(&enter(&hashing, "another", "one")));
    }

    /// Holds back the work that it is given, until it is dropped.
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
    async fn a_request_of_another_account_and_network_waits_for_few_of_a_flood() {
        let hashing = Hashing::default();
        let (release, released) = tokio::sync::watch::channel(false);
        let started = Arc::new(Mutex::new(Vec::new()));
        let mut all = Vec::new();
        let flood = (0..OF_ACCOUNT).map(|nth| ("ann", nth.to_string()));
        for (account, network) in flood.chain([("bob", "home".to_owned())]) {
            let place = enter(&hashing, account, &network).unwrap();
            let (started, mut released) = (Arc::clone(&started), released.clone());
            all.push(tokio::spawn(async move {
                place.turn().await.unwrap();
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
        assert_eq!(started.len(), OF_ACCOUNT + 1);
        assert_eq!(started[RUNNING], "bob", "{started:?}");
    }

    #[tokio::test]
    async fn a_client_that_disconnects_gives_its_turn_to_the_next() {
        let (hashing, barrier) = (Hashing::default(), Barrier::new());
        let busy: Vec<_> = (0..RUNNING)
            .map(|nth| {
                let place = enter(&hashing, &nth.to_string(), &nth.to_string()).unwrap();
                tokio::spawn(place.run(barrier.wait()))
            })
            .collect();
        let gone = tokio::spawn(enter(&hashing, "ann", "home").unwrap().run(|| "ann"));
        tokio::task::yield_now().await;
        let next = tokio::spawn(enter(&hashing, "bob", "office").unwrap().run(|| "bob"));
        tokio::task::yield_now().await;
        gone.abort();
        gone.await.unwrap_err();
        drop(barrier);
        assert_eq!(next.await.unwrap().unwrap(), "bob");
        for busy in busy {
            busy.await.unwrap().unwrap();
        }
        assert!(hashing.lock().requests.is_empty());
    }
}
