//! Limits the number of open connections, in total and per client address. When a limit is reached, an idle
//! connection is evicted in favor of the new one.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::{sync::Notify, time::Instant};

use crate::core::http::ClientAddress;

/// How long a connection must be idle before it can be evicted: a new one may be about to send its first
/// request.
const MIN_IDLE: Duration = Duration::from_millis(100);

/// The slots for connections.
#[derive(Clone)]
pub(super) struct ConnectionSlots(Arc<Inner>);

struct Inner {
    limit: usize,
    /// The limit per client address.
    per_address: usize,
    /// Addresses without a limit of their own: proxies, which serve many clients.
    is_exempt: Box<dyn Fn(IpAddr) -> bool + Send + Sync>,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    next_id: u64,
    connections: HashMap<u64, Connection>,
    /// Number of connections per address, except exempt ones.
    counts: HashMap<IpAddr, usize>,
}

struct Connection {
    /// The client's address, or the /64 prefix of an IPv6 address; `None` if exempt.
    address: Option<IpAddr>,
    activity: Arc<Activity>,
}

/// The slot of a connection, freed when dropped.
pub(super) struct ConnectionSlot {
    slots: ConnectionSlots,
    id: u64,
    activity: Arc<Activity>,
}

/// Why there is no slot.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NoSlot {
    /// The client's address has reached its limit, and all its connections are busy.
    AddressLimit,
    /// All connections are busy.
    AllBusy,
}

/// The activity of a connection.
pub(super) struct Activity {
    began: Instant,
    /// When bytes were last received or sent, in milliseconds from `began`.
    last: AtomicU64,
    /// Whether a completely received request is being processed.
    is_busy: AtomicBool,
    is_evicted: AtomicBool,
    evicted: Notify,
}

impl Default for Activity {
    fn default() -> Self {
        Self {
            began: Instant::now(),
            last: AtomicU64::new(0),
            is_busy: AtomicBool::new(false),
            is_evicted: AtomicBool::new(false),
            evicted: Notify::new(),
        }
    }
}

impl Activity {
    /// Records that bytes were received or sent.
    pub(super) fn touch(&self) {
        let now = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last.store(now, Relaxed);
    }

    /// Marks the start or the end of a request's processing.
    pub(super) fn set_busy(&self, is_busy: bool) {
        self.touch();
        self.is_busy.store(is_busy, Relaxed);
    }

    /// Whether the connection must close after the current response.
    pub(super) fn is_evicted(&self) -> bool {
        self.is_evicted.load(Relaxed)
    }

    /// Waits until the connection must close immediately.
    pub(super) async fn evicted(&self) {
        self.evicted.notified().await;
        if self.is_busy.load(Relaxed) {
            // A request arrived at the last moment: the connection closes after its response.
            std::future::pending::<()>().await;
        }
    }

    fn evict(&self) {
        self.is_evicted.store(true, Relaxed);
        self.evicted.notify_one();
    }

    /// When bytes were last received or sent, if the connection is waiting for the client.
    fn idle_since(&self) -> Option<Instant> {
        if self.is_busy.load(Relaxed) {
            return None;
        }
        Some(self.began + Duration::from_millis(self.last.load(Relaxed)))
    }
}

impl ConnectionSlots {
    /// `limit` slots, at most `per_address` of them for each address that is not exempt.
    pub(super) fn new(
        limit: usize,
        per_address: usize,
        is_exempt: impl Fn(IpAddr) -> bool + Send + Sync + 'static,
    ) -> Self {
        let (is_exempt, open) = (Box::new(is_exempt), Mutex::default());
        Self(Arc::new(Inner { limit, per_address, is_exempt, open }))
    }

    /// The number of slots in use, and the limit.
    pub(super) fn usage(&self) -> (usize, usize) {
        (self.open().connections.len(), self.0.limit)
    }

    /// Acquires a slot for a connection from `peer`. If a limit is reached, evicts the connection that has
    /// been idle the longest.
    ///
    /// # Errors
    /// A limit is reached and no connection is idle.
    pub(super) fn acquire(&self, peer: IpAddr) -> Result<ConnectionSlot, NoSlot> {
        let peer = peer.to_canonical();
        let is_exempt = (self.0.is_exempt)(peer);
        let address = ClientAddress(Some(peer)).network().filter(|_| !is_exempt);
        let mut open = self.open();
        let count = address.and_then(|it| open.counts.get(&it)).copied().unwrap_or_default();
        if count >= self.0.per_address {
            open.evict_idle(|it| it.address == address).ok_or(NoSlot::AddressLimit)?;
        }
        if open.connections.len() >= self.0.limit {
            // Evict a proxy's connections last: the proxy closes them itself.
            let room = open.evict_idle(|it| it.address.is_some());
            room.or_else(|| open.evict_idle(|_| true)).ok_or(NoSlot::AllBusy)?;
        }
        let id = open.next_id;
        open.next_id += 1;
        if let Some(address) = address {
            *open.counts.entry(address).or_default() += 1;
        }
        let activity = Arc::<Activity>::default();
        open.connections.insert(id, Connection { address, activity: Arc::clone(&activity) });
        Ok(ConnectionSlot { slots: self.clone(), id, activity })
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    /// Evicts the connection that has been idle the longest among those that match `filter`.
    fn evict_idle(&mut self, filter: impl Fn(&Connection) -> bool) -> Option<()> {
        let now = Instant::now();
        let idle = self.connections.iter().filter(|(_, it)| filter(it));
        let idle = idle.filter_map(|(id, it)| Some((it.activity.idle_since()?, *id)));
        let (_, id) = idle.filter(|(since, _)| *since + MIN_IDLE <= now).min()?;
        self.remove(id)?.activity.evict();
        Some(())
    }

    fn remove(&mut self, id: u64) -> Option<Connection> {
        let connection = self.connections.remove(&id)?;
        if let Some(address) = connection.address
            && let Some(count) = self.counts.get_mut(&address)
        {
            *count -= 1;
            if *count == 0 {
                self.counts.remove(&address);
            }
        }
        Some(connection)
    }
}

impl ConnectionSlot {
    /// The activity of the connection.
    pub(super) fn activity(&self) -> Arc<Activity> {
        Arc::clone(&self.activity)
    }
}

impl Drop for ConnectionSlot {
    fn drop(&mut self) {
        // Has no effect if the connection was evicted.
        self.slots.open().remove(self.id);
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::{ConnectionSlot, ConnectionSlots, MIN_IDLE, NoSlot};

    fn acquire(slots: &ConnectionSlots, address: &str) -> Result<ConnectionSlot, NoSlot> {
        slots.acquire(address.parse::<IpAddr>().unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn ipv6_addresses_are_limited_per_prefix() {
        let slots = ConnectionSlots::new(100, 2, |_| false);
        let first = acquire(&slots, "2001:db8::1").unwrap();
        let _second = acquire(&slots, "2001:db8::2").unwrap();
        assert_eq!(acquire(&slots, "2001:db8::3").err(), Some(NoSlot::AddressLimit));
        let _other = acquire(&slots, "2001:db8:0:1::1").unwrap();
        // IPv4 written as IPv6 is IPv4.
        let _ipv4 = acquire(&slots, "::ffff:192.0.2.1").unwrap();
        let _same = acquire(&slots, "192.0.2.1").unwrap();
        assert_eq!(acquire(&slots, "192.0.2.1").err(), Some(NoSlot::AddressLimit));
        drop(first);
        let _again = acquire(&slots, "2001:db8::3").unwrap();
        assert_eq!(slots.usage(), (5, 100));
    }

    #[tokio::test(start_paused = true)]
    async fn the_longest_idle_connection_is_evicted() {
        let slots = ConnectionSlots::new(3, 3, |_| false);
        let all: Vec<_> =
            (1..=3).map(|nth| acquire(&slots, &format!("192.0.2.{nth}")).unwrap()).collect();
        tokio::time::advance(MIN_IDLE).await;
        all[0].activity.touch();
        all[1].activity.set_busy(true);
        tokio::time::advance(MIN_IDLE * 10).await;
        let _new = acquire(&slots, "192.0.2.4").unwrap();
        let evicted: Vec<_> = all.iter().map(|it| it.activity.is_evicted()).collect();
        assert_eq!(evicted, [false, false, true]);
        assert_eq!(slots.usage(), (3, 3));
        let _newer = acquire(&slots, "192.0.2.5").unwrap();
        assert!(all[0].activity.is_evicted() && !all[1].activity.is_evicted());
        // Busy and new connections are not evicted.
        assert_eq!(acquire(&slots, "192.0.2.6").err(), Some(NoSlot::AllBusy));
        drop(all);
        assert_eq!(slots.usage(), (2, 3));
    }

    #[tokio::test(start_paused = true)]
    async fn proxy_connections_are_exempt_and_evicted_last() {
        let proxy: IpAddr = "192.0.2.1".parse().unwrap();
        let slots = ConnectionSlots::new(4, 1, move |address| address == proxy);
        let of_proxy: Vec<_> = (0..3).map(|_| slots.acquire(proxy).unwrap()).collect();
        tokio::time::advance(MIN_IDLE).await;
        let direct = acquire(&slots, "192.0.2.2").unwrap();
        tokio::time::advance(MIN_IDLE).await;
        let _new = acquire(&slots, "192.0.2.3").unwrap();
        assert!(direct.activity.is_evicted());
        assert!(of_proxy.iter().all(|it| !it.activity.is_evicted()));
        let _another = acquire(&slots, "192.0.2.4").unwrap();
        assert!(of_proxy[0].activity.is_evicted());
    }
}
