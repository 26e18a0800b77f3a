//! Connections: accepted, bounded in number, time and size, and closed when the service stops.

use std::{
    convert::Infallible,
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::{
    body::Body,
    http::{HeaderValue, Request, header},
    response::Response,
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::TokioIo,
    server::graceful::{GracefulShutdown, Watcher},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::{OwnedSemaphorePermit, Semaphore},
};

use super::{
    listener::Listener,
    places::{Activity, Full, Places},
    unread::Unread,
    wire::{Pace, Wire},
};

/// The most bytes of a request's head, its first line included.
const HEAD: usize = 32 * 1024;
/// The most bytes that wait on a connection to be read or written.
const BUFFER: usize = 32 * 1024;
/// How many connections beyond the allowed number are open at once, to be told so.
const TURNED_AWAY: usize = 128;
/// Files that the service opens besides: the databases' and its own.
const OTHER_FILES: usize = 128;
/// How long to wait where the system has nothing left to take a connection with.
const EXHAUSTED: Duration = Duration::from_millis(50);

/// How patient a connection is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manners {
    /// With a client that says nothing, between two requests or before the first.
    silence: Duration,
    pace: Pace,
    /// Whether it goes on after the first request.
    is_kept: bool,
}

/// Longer than the minute for which proxies keep a connection: it is theirs to close.
pub(super) const USUAL: Manners = Manners {
    silence: Duration::from_secs(75),
    pace: Pace {
        head: Duration::from_secs(10),
        answer: Duration::from_secs(30),
        farewell: Duration::from_secs(10),
    },
    is_kept: true,
};

pub(super) const TURNING_AWAY: Manners = Manners {
    silence: Duration::from_secs(2),
    pace: Pace {
        head: Duration::from_secs(2),
        answer: Duration::from_secs(2),
        farewell: Duration::from_secs(1),
    },
    is_kept: false,
};

/// How many connections may be open at once: as many as are `wanted`, or as many as the system
/// lets the process open.
pub(super) fn most(wanted: usize) -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let files = open_files(&limits).unwrap_or(usize::MAX);
    let most = wanted.min(files.saturating_sub(OTHER_FILES + TURNED_AWAY).max(1));
    if most < wanted {
        tracing::warn!(most, wanted, files, "Fewer connections: the limit of open files is low");
    }
    most
}

/// The soft limit, as Linux tells it.
pub(super) fn open_files(limits: &str) -> Option<usize> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// The two ends of a connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ends {
    /// Where it comes from.
    pub(super) peer: SocketAddr,
    /// The address of this machine that it was made to.
    pub(super) service: Option<IpAddr>,
}

/// Whoever answers what comes over connections.
pub(super) trait Answers: Send + Sync + 'static {
    /// The answer to a request that came over a connection with these ends.
    fn answer(&self, request: Request<Body>, ends: Ends) -> impl Future<Output = Response> + Send;

    /// The answer where there is no place for another connection.
    fn turn_away(
        &self,
        request: Request<Body>,
        ends: Ends,
    ) -> impl Future<Output = Response> + Send;
}

/// Accepts connections until `stop`, as many at once as there are `places`; then waits for the
/// requests in flight.
pub(super) async fn serve(
    listener: Listener,
    front: impl Answers,
    places: Places,
    stop: impl Future<Output = ()>,
) {
    let front = Arc::new(front);
    let spare = Arc::new(Semaphore::new(TURNED_AWAY));
    let leaving = GracefulShutdown::new();
    let take = async {
        loop {
            let (stream, ends) = accept(&listener).await;
            let (place, spare) = match places.take(ends.peer.ip()) {
                Ok(place) => (Some(place), None),
                Err(full) => (None, spare_for(&full, &spare).await),
            };
            let (activity, manners) = match (&place, &spare) {
                (Some(place), _) => (place.activity(), USUAL),
                (None, Some(_)) => (Arc::default(), TURNING_AWAY),
                (None, None) => continue,
            };
            let (front, watcher) = (Arc::clone(&front), leaving.watcher());
            tokio::spawn(async move {
                let _place = (place, spare);
                converse(stream, ends, manners, front, (watcher, activity)).await;
            });
        }
    };
    tokio::select! {
        () = stop => {}
        () = take => {}
    }
    drop(listener);
    leaving.shutdown().await;
}

/// The right to turn a connection away with an answer, of which there are few. An address that has its
/// share does not make others wait for one: without it, the connection is closed.
async fn spare_for(full: &Full, spare: &Arc<Semaphore>) -> Option<OwnedSemaphorePermit> {
    match full {
        Full::Address => Arc::clone(spare).try_acquire_owned().ok(),
        Full::All => Arc::clone(spare).acquire_owned().await.ok(),
    }
}

async fn accept(listener: &Listener) -> (impl AsyncRead + AsyncWrite + Unpin + Send + use<>, Ends) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) if is_the_clients(&error) => {}
            Err(error) => {
                tracing::error!(%error, "No connection can be taken");
                tokio::time::sleep(EXHAUSTED).await;
            }
        }
    }
}

/// Whether the connection went away before it was taken.
fn is_the_clients(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// Answers a connection's requests, one after the other, to its end, or until it gives way.
pub(super) async fn converse(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    ends: Ends,
    manners: Manners,
    front: Arc<impl Answers>,
    (watcher, activity): (Watcher, Arc<Activity>),
) {
    let wire = Wire::new(stream, manners.pace, Arc::clone(&activity));
    let lingers = wire.lingers();
    let mut http = http1::Builder::new();
    http.timer(wire.timer())
        .header_read_timeout(manners.silence)
        .max_header_size(HEAD)
        .max_buf_size(BUFFER)
        .keep_alive(manners.is_kept);
    let of_requests = Arc::clone(&activity);
    let service = service_fn(move |request: Request<Incoming>| {
        let (front, lingers) = (Arc::clone(&front), Arc::clone(&lingers));
        let activity = Arc::clone(&of_requests);
        async move {
            let (request, unread) = Unread::of(request, &activity);
            let mut answer = if manners.is_kept {
                front.answer(request, ends).await
            } else {
                front.turn_away(request, ends).await
            };
            activity.set_busy(false);
            if activity.gives_way() {
                answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            unread.settle(&mut answer, manners.pace.farewell, &lingers);
            Ok::<_, Infallible>(answer)
        }
    });
    tokio::select! {
        // How a client ends its connection is the client's affair.
        _ = watcher.watch(http.serve_connection(TokioIo::new(wire), service)) => {}
        () = activity.must_end() => {}
    }
}
