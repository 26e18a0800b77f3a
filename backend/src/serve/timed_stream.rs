//! A stream with time limits for slow clients.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use hyper::rt::Timer;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Sleep,
};

use super::connection_slots::Activity;

/// How long a client may take to send a request's head, from its first byte; to accept any part of a
/// response; and to send the rest of a request that was already responded to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Timeouts {
    pub(super) head: Duration,
    pub(super) write: Duration,
    pub(super) linger: Duration,
}

/// Maximum number of bytes read and discarded while a connection closes.
const MAX_DISCARDED: usize = 32 * 1024 * 1024;

/// A stream whose writes time out if the client stops reading the response.
pub(super) struct TimedStream<S> {
    stream: S,
    activity: Arc<Activity>,
    timeouts: Timeouts,
    /// Whether any byte was received since the stream started to wait for a head.
    received: Arc<AtomicBool>,
    /// Deadline of the pending write, if any.
    write_deadline: Option<Pin<Box<Sleep>>>,
    /// Whether the client may be sending when the connection closes.
    lingers: Arc<AtomicBool>,
    linger: Option<Linger>,
}

/// A lingering close, used while the client is still sending: for a while, everything received is discarded.
/// Closing at once would reset the connection, and the client could lose the response.
struct Linger {
    until: Pin<Box<Sleep>>,
    discarded: usize,
}

impl<S> TimedStream<S> {
    pub(super) fn new(stream: S, timeouts: Timeouts, activity: Arc<Activity>) -> Self {
        Self {
            stream,
            activity,
            timeouts,
            received: Arc::default(),
            write_deadline: None,
            lingers: Arc::default(),
            linger: None,
        }
    }

    /// The timer for request heads on this connection.
    pub(super) fn timer(&self) -> HeadTimer {
        HeadTimer { head: self.timeouts.head, received: Arc::clone(&self.received) }
    }

    /// A flag to set before closing if the client may still be sending.
    pub(super) fn lingers(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.lingers)
    }

    /// Returns the result of a write, or an error if the write has been pending for too long.
    fn limit_write<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.write_deadline = None;
            self.activity.touch();
            return written;
        }
        let timeout = self.timeouts.write;
        let write_deadline =
            self.write_deadline.get_or_insert_with(|| Box::pin(tokio::time::sleep(timeout)));
        ready!(write_deadline.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for TimedStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        self.received.store(true, Relaxed);
        self.activity.touch();
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for TimedStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.limit_write(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.limit_write(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        self.limit_write(cx, flushed)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let stream = self.get_mut();
        let linger = match &mut stream.linger {
            Some(linger) => linger,
            none => {
                ready!(Pin::new(&mut stream.stream).poll_shutdown(cx))?;
                if !stream.lingers.load(Relaxed) {
                    return Poll::Ready(Ok(()));
                }
                let until = Box::pin(tokio::time::sleep(stream.timeouts.linger));
                none.insert(Linger { until, discarded: 0 })
            }
        };
        let mut room = [0; 8 * 1024];
        while linger.until.as_mut().poll(cx).is_pending() && linger.discarded < MAX_DISCARDED {
            let mut buffer = ReadBuf::new(&mut room);
            let read = ready!(Pin::new(&mut stream.stream).poll_read(cx, &mut buffer));
            if read.is_err() || buffer.filled().is_empty() {
                break;
            }
            linger.discarded += buffer.filled().len();
        }
        Poll::Ready(Ok(()))
    }
}

/// The timer for request heads, the only timeout that hyper uses. Hyper's deadline applies to an idle client;
/// from the first byte on, the timeout for the head applies.
pub(super) struct HeadTimer {
    head: Duration,
    received: Arc<AtomicBool>,
}

struct HeadSleep {
    head: Duration,
    received: Arc<AtomicBool>,
    has_begun: bool,
    sleep: Pin<Box<Sleep>>,
}

impl Timer for HeadTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn hyper::rt::Sleep>> {
        self.sleep_until(self.now() + duration)
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn hyper::rt::Sleep>> {
        self.received.store(false, Relaxed);
        Box::pin(HeadSleep {
            head: self.head,
            received: Arc::clone(&self.received),
            has_begun: false,
            sleep: Box::pin(tokio::time::sleep_until(deadline.into())),
        })
    }

    fn now(&self) -> Instant {
        tokio::time::Instant::now().into()
    }
}

impl Future for HeadSleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // Polled whenever bytes were received that do not complete the head.
        if !self.has_begun && self.received.load(Relaxed) {
            self.has_begun = true;
            let deadline = tokio::time::Instant::now() + self.head;
            self.sleep.as_mut().reset(deadline);
        }
        self.sleep.as_mut().poll(cx)
    }
}

impl hyper::rt::Sleep for HeadSleep {}
