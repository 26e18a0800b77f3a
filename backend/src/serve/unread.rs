//! Request bodies that were not read completely before the answer. If little remains, it is read and
//! discarded, so that the connection can be reused; otherwise the connection is closed.

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

use super::places::Activity;

/// How many remaining bytes are read to keep a connection open.
const SHORT: u64 = 64 * 1024;

/// Receives a body that is dropped before its end.
type Slot = Arc<Mutex<Option<Incoming>>>;

/// A body that is returned to its slot when it is dropped before its end.
struct Lent {
    body: Option<Incoming>,
    slot: Slot,
    activity: Arc<Activity>,
}

/// The possible remainder of a request's body.
pub(super) struct Unread {
    slot: Option<Slot>,
    /// Whether the client waits for `100 Continue` before it sends the body.
    waits: bool,
}

impl Unread {
    /// The request, and the handle for the remainder of its body. The connection is busy once all of the
    /// request has arrived.
    pub(super) fn of(
        request: Request<Incoming>,
        activity: &Arc<Activity>,
    ) -> (Request<Body>, Self) {
        if request.body().is_end_stream() {
            activity.set_busy(true);
            return (request.map(Body::new), Self { slot: None, waits: false });
        }
        let waits = request.headers().contains_key(header::EXPECT);
        let slot = Slot::default();
        let lent = |body| {
            let (slot, activity) = (Arc::clone(&slot), Arc::clone(activity));
            Body::new(Lent { body: Some(body), slot, activity })
        };
        let request = request.map(lent);
        (request, Self { slot: Some(slot), waits })
    }

    /// Reads a short remainder while the answer is sent, for at most `patience`. If the remainder is
    /// long, or its length unknown, the answer says that the connection closes, and the connection
    /// `lingers`.
    pub(super) fn settle(self, answer: &mut Response, patience: Duration, lingers: &AtomicBool) {
        let rest =
            self.slot.and_then(|it| it.lock().unwrap_or_else(PoisonError::into_inner).take());
        let Some(rest) = rest else { return };
        let is_short = rest.size_hint().exact().is_some_and(|it| it <= SHORT);
        if is_short && !self.waits {
            tokio::spawn(tokio::time::timeout(patience, drop_all(rest)));
        } else {
            answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            lingers.store(true, Relaxed);
        }
    }
}

async fn drop_all(mut body: Incoming) {
    while let Some(Ok(_)) = body.frame().await {}
}

impl HttpBody for Lent {
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

impl Drop for Lent {
    fn drop(&mut self) {
        let rest = self.body.take().filter(|it| !it.is_end_stream());
        if rest.is_some() {
            *self.slot.lock().unwrap_or_else(PoisonError::into_inner) = rest;
        }
    }
}
