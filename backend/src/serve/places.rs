//! The connections that are open: how many there may be, in all and for each client address, and which one
//! gives way to a new one.

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

/// How long a connection has to be silent before it gives way: a new one may be about to send its
/// first request.
const GRACE: Duration = Duration::from_millis(100);

/// The places for connections.
#[derive(Clone)]
pub(super) struct Places(Arc<Inner>);

struct Inner {
    most: usize,
    /// How many one client address may have.
    share: usize,
    /// Which addresses may have all: proxies, which speak for many clients.
    is_exempt: Box<dyn Fn(IpAddr) -> bool + Send + Sync>,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    next_id: u64,
    connections: HashMap<u64, Connection>,
    /// How many connections each address has, exempt ones apart.
    of_address: HashMap<IpAddr, usize>,
}

struct Connection {
    /// The client's address, or the /64 of an IPv6 address; none if it is exempt.
    address: Option<IpAddr>,
    activity: Arc<Activity>,
}

/// A connection's place, until it is dropped.
pub(super) struct Place {
    places: Places,
    id: u64,
    activity: Arc<Activity>,
}

/// Why there is no place.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Full {
    /// The client's address has its share, and is busy with all of it.
    Address,
    /// All are taken and busy.
    All,
}

/// What goes on on a connection.
pub(super) struct Activity {
    began: Instant,
    /// When bytes were last received or sent, in milliseconds from `began`.
    last: AtomicU64,
    /// Whether a request that has arrived completely is being answered.
    is_busy: AtomicBool,
    gives_way: AtomicBool,
    must_end: Notify,
}

impl Default for Activity {
    fn default() -> Self {
        Self {
            began: Instant::now(),
            last: AtomicU64::new(0),
            is_busy: AtomicBool::new(false),
            gives_way: AtomicBool::new(false),
            must_end: Notify::new(),
        }
    }
}

impl Activity {
    /// Bytes were received or sent.
    pub(super) fn note(&self) {
        let now = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last.store(now, Relaxed);
    }

    /// A request has arrived, or its answer is ready.
    pub(super) fn set_busy(&self, is_busy: bool) {
        self.note();
        self.is_busy.store(is_busy, Relaxed);
    }

    /// Whether the connection has to end after the answer.
    pub(super) fn gives_way(&self) -> bool {
        self.gives_way.load(Relaxed)
    }

    /// Waits until the connection has to end at once.
    pub(super) async fn must_end(&self) {
        self.must_end.notified().await;
        if self.is_busy.load(Relaxed) {
            // A request came at the last moment: its answer ends the connection.
            std::future::pending::<()>().await;
        }
    }

    fn give_way(&self) {
        self.gives_way.store(true, Relaxed);
        self.must_end.notify_one();
    }

    /// Since when nothing has been received or sent, if the client is who the connection waits for.
    fn silent_since(&self) -> Option<Instant> {
        if self.is_busy.load(Relaxed) {
            return None;
        }
        Some(self.began + Duration::from_millis(self.last.load(Relaxed)))
    }
}

impl Places {
    /// `most` places, of which each address may have `share`, unless it `is_exempt`.
    pub(super) fn new(
        most: usize,
        share: usize,
        is_exempt: impl Fn(IpAddr) -> bool + Send + Sync + 'static,
    ) -> Self {
        let (is_exempt, open) = (Box::new(is_exempt), Mutex::default());
        Self(Arc::new(Inner { most, share, is_exempt, open }))
    }

    /// How many are taken, and how many there are.
    pub(super) fn taken(&self) -> (usize, usize) {
        (self.open().connections.len(), self.0.most)
    }

    /// A place for a connection from `peer`. If its address has its share of places, or if all are taken,
    /// the connection that has been silent for longest gives way.
    ///
    /// # Errors
    /// Where there is no such connection.
    pub(super) fn take(&self, peer: IpAddr) -> Result<Place, Full> {
        let peer = peer.to_canonical();
        let is_exempt = (self.0.is_exempt)(peer);
        let address = ClientAddress(Some(peer)).network().filter(|_| !is_exempt);
        let mut open = self.open();
        let count = address.and_then(|it| open.of_address.get(&it)).copied().unwrap_or_default();
        if count >= self.0.share {
            open.make_room(|it| it.address == address).ok_or(Full::Address)?;
        }
        if open.connections.len() >= self.0.most {
            // A proxy's connections last: they are its to close.
            let room = open.make_room(|it| it.address.is_some());
            room.or_else(|| open.make_room(|_| true)).ok_or(Full::All)?;
        }
        let id = open.next_id;
        open.next_id += 1;
        if let Some(address) = address {
            *open.of_address.entry(address).or_default() += 1;
        }
        let activity = Arc::<Activity>::default();
        open.connections.insert(id, Connection { address, activity: Arc::clone(&activity) });
        Ok(Place { places: self.clone(), id, activity })
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    /// Makes the connection give way that has been silent for longest, of those that `may`.
    fn make_room(&mut self, may: impl Fn(&Connection) -> bool) -> Option<()> {
        let now = Instant::now();
        let silent = self.connections.iter().filter(|(_, it)| may(it));
        let silent = silent.filter_map(|(id, it)| Some((it.activity.silent_since()?, *id)));
        let (_, id) = silent.filter(|(since, _)| *since + GRACE <= now).min()?;
        self.remove(id)?.activity.give_way();
        Some(())
    }

    fn remove(&mut self, id: u64) -> Option<Connection> {
        let connection = self.connections.remove(&id)?;
        if let Some(address) = connection.address
            && let Some(count) = self.of_address.get_mut(&address)
        {
            *count -= 1;
            if *count == 0 {
                self.of_address.remove(&address);
            }
        }
        Some(connection)
    }
}

impl Place {
    /// What goes on on the connection.
    pub(super) fn activity(&self) -> Arc<Activity> {
        Arc::clone(&self.activity)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // One that gave way is not there any more.
        self.places.open().remove(self.id);
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::{Full, GRACE, Place, Places};

    fn take(places: &Places, address: &str) -> Result<Place, Full> {
        places.take(address.parse::<IpAddr>().unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_of_version_six_shares_places_with_its_network() {
        let places = Places::new(100, 2, |_| false);
        let first = take(&places, "2001:db8::1").unwrap();
        let _second = take(&places, "2001:db8::2").unwrap();
        assert_eq!(take(&places, "2001:db8::3").err(), Some(Full::Address));
        let _other = take(&places, "2001:db8:0:1::1").unwrap();
        // IPv4 written as IPv6 is IPv4.
        let _ipv4 = take(&places, "::ffff:192.0.2.1").unwrap();
        let _same = take(&places, "192.0.2.1").unwrap();
        assert_eq!(take(&places, "192.0.2.1").err(), Some(Full::Address));
        drop(first);
        let _again = take(&places, "2001:db8::3").unwrap();
        assert_eq!(places.taken(), (5, 100));
    }

    #[tokio::test(start_paused = true)]
    async fn the_connection_that_was_silent_for_longest_gives_way() {
        let places = Places::new(3, 3, |_| false);
        let all: Vec<_> =
            (1..=3).map(|nth| take(&places, &format!("192.0.2.{nth}")).unwrap()).collect();
        tokio::time::advance(GRACE).await;
        all[0].activity.note();
        all[1].activity.set_busy(true);
        tokio::time::advance(GRACE * 10).await;
        let _new = take(&places, "192.0.2.4").unwrap();
        let given_way: Vec<_> = all.iter().map(|it| it.activity.gives_way()).collect();
        assert_eq!(given_way, [false, false, true]);
        assert_eq!(places.taken(), (3, 3));
        let _newer = take(&places, "192.0.2.5").unwrap();
        assert!(all[0].activity.gives_way() && !all[1].activity.gives_way());
        // What is busy or new does not.
        assert_eq!(take(&places, "192.0.2.6").err(), Some(Full::All));
        drop(all);
        assert_eq!(places.taken(), (2, 3));
    }

    #[tokio::test(start_paused = true)]
    async fn a_proxys_connections_have_no_share_and_give_way_last() {
        let proxy: IpAddr = "192.0.2.1".parse().unwrap();
        let places = Places::new(4, 1, move |address| address == proxy);
        let of_proxy: Vec<_> = (0..3).map(|_| places.take(proxy).unwrap()).collect();
        tokio::time::advance(GRACE).await;
        let direct = take(&places, "192.0.2.2").unwrap();
        tokio::time::advance(GRACE).await;
        let _new = take(&places, "192.0.2.3").unwrap();
        assert!(direct.activity.gives_way());
        assert!(of_proxy.iter().all(|it| !it.activity.gives_way()));
        let _another = take(&places, "192.0.2.4").unwrap();
        assert!(of_proxy[0].activity.gives_way());
    }
}
