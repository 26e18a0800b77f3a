//! A connection whose other end may be slow, but not forever.

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

use super::places::Activity;

/// How long a client may take to send a request's head, from its first byte; to accept any part of an
/// answer; and to send the rest of a request that is already answered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    pub(super) head: Duration,
    pub(super) answer: Duration,
    pub(super) farewell: Duration,
}

/// How many bytes are read and discarded while a connection closes.
const MOST_DROPPED: usize = 32 * 1024 * 1024;

/// A connection that ends when the client takes nothing of an answer for too long.
pub(super) struct Wire<S> {
    stream: S,
    activity: Arc<Activity>,
    pace: Pace,
    /// Whether anything came since a head was waited for.
    heard: Arc<AtomicBool>,
    /// Until when the client has to take something, where it has to.
    stalled: Option<Pin<Box<Sleep>>>,
    /// Whether the client may be sending when the connection closes.
    lingers: Arc<AtomicBool>,
    farewell: Option<Farewell>,
}

/// The end of a connection on which the client is still sending: for a while, everything received is
/// discarded. Closing the connection at once would reset it, and the client could lose the answer.
struct Farewell {
    until: Pin<Box<Sleep>>,
    dropped: usize,
}

impl<S> Wire<S> {
    pub(super) fn new(stream: S, pace: Pace, activity: Arc<Activity>) -> Self {
        Self {
            stream,
            activity,
            pace,
            heard: Arc::default(),
            stalled: None,
            lingers: Arc::default(),
            farewell: None,
        }
    }

    /// What times the waiting for a head on this connection.
    pub(super) fn timer(&self) -> HeadTimer {
        HeadTimer { head: self.pace.head, heard: Arc::clone(&self.heard) }
    }

    /// Whether the client may still be sending when the connection closes. Set it before that.
    pub(super) fn lingers(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.lingers)
    }

    /// Passes on what a write came to, and counts for how long it has come to nothing.
    fn watch<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            self.activity.note();
            return written;
        }
        let pace = self.pace.answer;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep(pace)));
        ready!(stalled.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Wire<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        self.heard.store(true, Relaxed);
        self.activity.note();
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.watch(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.watch(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        self.watch(cx, flushed)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let wire = self.get_mut();
        let farewell = match &mut wire.farewell {
            Some(farewell) => farewell,
            none => {
                ready!(Pin::new(&mut wire.stream).poll_shutdown(cx))?;
                if !wire.lingers.load(Relaxed) {
                    return Poll::Ready(Ok(()));
                }
                let until = Box::pin(tokio::time::sleep(wire.pace.farewell));
                none.insert(Farewell { until, dropped: 0 })
            }
        };
        let mut room = [0; 8 * 1024];
        while farewell.until.as_mut().poll(cx).is_pending() && farewell.dropped < MOST_DROPPED {
            let mut buffer = ReadBuf::new(&mut room);
            let read = ready!(Pin::new(&mut wire.stream).poll_read(cx, &mut buffer));
            if read.is_err() || buffer.filled().is_empty() {
                break;
            }
            farewell.dropped += buffer.filled().len();
        }
        Poll::Ready(Ok(()))
    }
}

/// Times the waiting for a request's head, which is all that hyper times: the deadline it gives
/// is for a silent client, and from the first byte on the head's own time runs.
pub(super) struct HeadTimer {
    head: Duration,
    heard: Arc<AtomicBool>,
}

struct HeadSleep {
    head: Duration,
    heard: Arc<AtomicBool>,
    is_begun: bool,
    sleep: Pin<Box<Sleep>>,
}

impl Timer for HeadTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn hyper::rt::Sleep>> {
        self.sleep_until(self.now() + duration)
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn hyper::rt::Sleep>> {
        self.heard.store(false, Relaxed);
        Box::pin(HeadSleep {
            head: self.head,
            heard: Arc::clone(&self.heard),
            is_begun: false,
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
        // It is looked at whenever something came that is not a whole head yet.
        if !self.is_begun && self.heard.load(Relaxed) {
            self.is_begun = true;
            let deadline = tokio::time::Instant::now() + self.head;
            self.sleep.as_mut().reset(deadline);
        }
        self.sleep.as_mut().poll(cx)
    }
}

impl hyper::rt::Sleep for HeadSleep {}
