//! Handles request bodies that the handler did not read completely. A short remainder is read and discarded, so
//! that the connection can be reused; otherwise the connection is closed.

use std::{
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, HttpBody},
    http::{HeaderValue, Request, header},
    response::Response,
};
use http_body_util::BodyExt as _;
use hyper::body::{Frame, Incoming, SizeHint};

use super::connection_slots::Activity;

/// Maximum number of remaining bytes that are read to keep a connection open.
const MAX_DRAINED: u64 = 64 * 1024;

/// Receives a body that is dropped before its end.
type Slot = Arc<Mutex<Option<Incoming>>>;

/// A body that is returned to its slot when it is dropped before its end.
struct TrackedBody {
    body: Option<Incoming>,
    slot: Slot,
    activity: Arc<Activity>,
}

/// The possible remainder of a request's body.
pub(super) struct UnreadBody {
    slot: Option<Slot>,
    /// Whether the client waits for `100 Continue` before it sends the body.
    expects_continue: bool,
}

impl UnreadBody {
    /// Returns the request with a tracked body, and a handle for the remainder of that body. Marks the
    /// connection as busy once the whole request has arrived.
    pub(super) fn track(
        request: Request<Incoming>,
        activity: &Arc<Activity>,
    ) -> (Request<Body>, Self) {
        if request.body().is_end_stream() {
            activity.set_busy(true);
            return (request.map(Body::new), Self { slot: None, expects_continue: false });
        }
        let expects_continue = request.headers().contains_key(header::EXPECT);
        let slot = Slot::default();
        let tracked = |body| {
            let (slot, activity) = (Arc::clone(&slot), Arc::clone(activity));
            Body::new(TrackedBody { body: Some(body), slot, activity })
        };
        let request = request.map(tracked);
        (request, Self { slot: Some(slot), expects_continue })
    }

    /// Reads a short remainder while the response is sent, for at most `timeout`. If the remainder is long or
    /// its length unknown, adds `Connection: close` to the response and sets `lingers`.
    pub(super) fn drain_or_close(
        self,
        response: &mut Response,
        timeout: Duration,
        lingers: &AtomicBool,
    ) {
        let rest =
            self.slot.and_then(|it| it.lock().unwrap_or_else(PoisonError::into_inner).take());
        let Some(rest) = rest else { return };
        let is_short = rest.size_hint().exact().is_some_and(|it| it <= MAX_DRAINED);
        if is_short && !self.expects_continue {
            tokio::spawn(tokio::time::timeout(timeout, drain(rest)));
        } else {
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            lingers.store(true, Relaxed);
        }
    }
}

async fn drain(mut body: Incoming) {
    while let Some(Ok(_)) = body.frame().await {}
}

impl HttpBody for TrackedBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let Some(body) = self.body.as_mut() else { return Poll::Ready(None) };
        let frame = Pin::new(&mut *body).poll_frame(cx);
        let has_ended = body.is_end_stream();
        if has_ended && frame.is_ready() {
            self.activity.set_busy(true);
        }
        if matches!(frame, Poll::Ready(None | Some(Err(_)))) {
            self.body = None;
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), HttpBody::size_hint)
    }
}

impl Drop for TrackedBody {
    fn drop(&mut self) {
        let rest = self.body.take().filter(|it| !it.is_end_stream());
        if rest.is_some() {
            *self.slot.lock().unwrap_or_else(PoisonError::into_inner) = rest;
        }
    }
}
