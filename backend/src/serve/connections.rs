//! Accepts connections, limits their number, duration and size, and closes them at shutdown.

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
    connection_slots::{Activity, ConnectionSlots, NoSlot},
    listener::Listener,
    timed_stream::{TimedStream, Timeouts},
    unread_body::UnreadBody,
};

/// Maximum size of a request's head, including the request line.
const MAX_HEAD_SIZE: usize = 32 * 1024;
/// Maximum number of bytes buffered for a connection in either direction.
const MAX_BUFFER_SIZE: usize = 32 * 1024;
/// How many connections over the limit may be open at once to receive a 503 response.
const MAX_REJECTED: usize = 128;
/// File descriptors reserved for everything that is not a client connection.
const RESERVED_FILES: usize = 128;
/// Delay before accepting again after the system ran out of resources.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(50);

/// Time limits of a connection, and whether it is reused.
#[derive(Debug, Clone, Copy)]
pub(super) struct ConnectionPolicy {
    /// How long the client may be idle before the first request or between two.
    idle_timeout: Duration,
    timeouts: Timeouts,
    /// Whether the connection may serve more than one request.
    keep_alive: bool,
}

/// The idle timeout is longer than that of proxies (one minute), so that the proxy closes the connection.
pub(super) const NORMAL: ConnectionPolicy = ConnectionPolicy {
    idle_timeout: Duration::from_secs(75),
    timeouts: Timeouts {
        head: Duration::from_secs(10),
        write: Duration::from_secs(30),
        linger: Duration::from_secs(10),
    },
    keep_alive: true,
};

/// For connections over the limit.
pub(super) const REJECTING: ConnectionPolicy = ConnectionPolicy {
    idle_timeout: Duration::from_secs(2),
    timeouts: Timeouts {
        head: Duration::from_secs(2),
        write: Duration::from_secs(2),
        linger: Duration::from_secs(1),
    },
    keep_alive: false,
};

/// How many connections may be open at once: `wanted`, or fewer if the process may not open as many files.
pub(super) fn connection_limit(wanted: usize) -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let files = open_files(&limits).unwrap_or(usize::MAX);
    let limit = wanted.min(files.saturating_sub(RESERVED_FILES + MAX_REJECTED).max(1));
    if limit < wanted {
        tracing::warn!(
            limit,
            wanted,
            files,
            "Connection limit reduced: the open file limit is too low"
        );
    }
    limit
}

/// The soft limit of open files, from the contents of `/proc/self/limits`.
pub(super) fn open_files(limits: &str) -> Option<usize> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// The two addresses of a connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Endpoints {
    /// The client's address.
    pub(super) peer: SocketAddr,
    /// The local address that the client connected to.
    pub(super) local: Option<IpAddr>,
}

/// Handles the requests that arrive over connections.
pub(super) trait Handler: Send + Sync + 'static {
    /// Handles a request.
    fn handle(
        &self,
        request: Request<Body>,
        endpoints: Endpoints,
    ) -> impl Future<Output = Response> + Send;

    /// Handles a request over a connection that exceeds the limit.
    fn reject(
        &self,
        request: Request<Body>,
        endpoints: Endpoints,
    ) -> impl Future<Output = Response> + Send;
}

/// Accepts connections until `stop`, limited by `slots`; then waits for the requests in flight.
pub(super) async fn serve(
    listener: Listener,
    handler: impl Handler,
    slots: ConnectionSlots,
    stop: impl Future<Output = ()>,
) {
    let handler = Arc::new(handler);
    let rejections = Arc::new(Semaphore::new(MAX_REJECTED));
    let graceful = GracefulShutdown::new();
    let accepting = async {
        loop {
            let (stream, endpoints) = accept(&listener).await;
            let (slot, rejection) = match slots.acquire(endpoints.peer.ip()) {
                Ok(slot) => (Some(slot), None),
                Err(reason) => (None, rejection_permit(&reason, &rejections).await),
            };
            let (activity, policy) = match (&slot, &rejection) {
                (Some(slot), _) => (slot.activity(), NORMAL),
                (None, Some(_)) => (Arc::default(), REJECTING),
                (None, None) => continue,
            };
            let (handler, watcher) = (Arc::clone(&handler), graceful.watcher());
            tokio::spawn(async move {
                let _permits = (slot, rejection);
                serve_connection(stream, endpoints, policy, handler, (watcher, activity)).await;
            });
        }
    };
    tokio::select! {
        () = stop => {}
        () = accepting => {}
    }
    drop(listener);
    graceful.shutdown().await;
}

/// A permit to reject a connection with a response. If there is none, a connection from an address at its
/// limit is closed without one, so that such an address does not delay other clients.
async fn rejection_permit(
    reason: &NoSlot,
    rejections: &Arc<Semaphore>,
) -> Option<OwnedSemaphorePermit> {
    match reason {
        NoSlot::AddressLimit => Arc::clone(rejections).try_acquire_owned().ok(),
        NoSlot::AllBusy => Arc::clone(rejections).acquire_owned().await.ok(),
    }
}

async fn accept(
    listener: &Listener,
) -> (impl AsyncRead + AsyncWrite + Unpin + Send + use<>, Endpoints) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) if is_client_error(&error) => {}
            Err(error) => {
                tracing::error!(%error, "Cannot accept connections");
                tokio::time::sleep(ACCEPT_RETRY_DELAY).await;
            }
        }
    }
}

/// Whether the client closed the connection before it was accepted.
fn is_client_error(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// Serves a connection's requests one after the other, until it ends or is evicted.
pub(super) async fn serve_connection(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    endpoints: Endpoints,
    policy: ConnectionPolicy,
    handler: Arc<impl Handler>,
    (watcher, activity): (Watcher, Arc<Activity>),
) {
    let stream = TimedStream::new(stream, policy.timeouts, Arc::clone(&activity));
    let lingers = stream.lingers();
    let mut http = http1::Builder::new();
    http.timer(stream.timer())
        .header_read_timeout(policy.idle_timeout)
        .max_header_size(MAX_HEAD_SIZE)
        .max_buf_size(MAX_BUFFER_SIZE)
        .keep_alive(policy.keep_alive);
    let shared_activity = Arc::clone(&activity);
    let service = service_fn(move |request: Request<Incoming>| {
        let (handler, lingers) = (Arc::clone(&handler), Arc::clone(&lingers));
        let activity = Arc::clone(&shared_activity);
        async move {
            let (request, unread) = UnreadBody::track(request, &activity);
            let mut response = if policy.keep_alive {
                handler.handle(request, endpoints).await
            } else {
                handler.reject(request, endpoints).await
            };
            activity.set_busy(false);
            if activity.is_evicted() {
                response
                    .headers_mut()
                    .insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            unread.drain_or_close(&mut response, policy.timeouts.linger, &lingers);
            Ok::<_, Infallible>(response)
        }
    });
    tokio::select! {
        // Connection errors are caused by the client and need no log entry.
        _ = watcher.watch(http.serve_connection(TokioIo::new(stream), service)) => {}
        () = activity.evicted() => {}
    }
}
