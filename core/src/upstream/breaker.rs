//! A circuit breaker for a service that fails repeatedly.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use prometheus::IntGauge;
use tokio::time::Instant;

use crate::metrics::UpstreamMetrics;

/// The number of consecutive failures that open the breaker.
const FAILURE_THRESHOLD: u32 = 3;
/// How long it stays open before one request may try again.
const OPEN_FOR: Duration = Duration::from_secs(30);

/// Stops requests to a failing service. Requests share it.
#[derive(Debug)]
pub struct CircuitBreaker {
    state: Mutex<State>,
    /// 1 from opening until the service responds again.
    is_open: IntGauge,
}

#[derive(Debug, Default)]
struct State {
    /// The number of consecutive failures.
    failures: u32,
    /// When a request may try again.
    open_until: Option<Instant>,
}

impl CircuitBreaker {
    /// Creates the breaker of the service whose metrics are named `name`.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        Self { state: Mutex::default(), is_open: UpstreamMetrics::breaker(name) }
    }

    /// Whether a request may be sent now. After the pause, one request may try; the others wait
    /// until its result is recorded or another pause has passed.
    #[must_use]
    pub fn allows_request(&self) -> bool {
        let mut state = self.state();
        match state.open_until {
            None => true,
            Some(until) if Instant::now() < until => false,
            Some(_) => {
                state.open_until = Some(Instant::now() + OPEN_FOR);
                true
            }
        }
    }

    /// Records the result of a request.
    pub fn record(&self, succeeded: bool) {
        let mut state = self.state();
        if succeeded {
            *state = State::default();
            self.is_open.set(0);
        } else {
            state.failures = state.failures.saturating_add(1);
            if state.failures >= FAILURE_THRESHOLD {
                state.open_until = Some(Instant::now() + OPEN_FOR);
                self.is_open.set(1);
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::{CircuitBreaker, FAILURE_THRESHOLD, OPEN_FOR};

    #[tokio::test(start_paused = true)]
    async fn the_breaker_opens_after_repeated_failures() {
        let breaker = CircuitBreaker::new("test");
        for _ in 0..FAILURE_THRESHOLD {
            assert!(breaker.allows_request());
            breaker.record(false);
        }
        assert!(!breaker.allows_request());
        tokio::time::advance(OPEN_FOR).await;
        assert!(breaker.allows_request(), "one request may try");
        assert!(!breaker.allows_request(), "the others wait for its result");
        breaker.record(false);
        assert!(!breaker.allows_request());
        tokio::time::advance(OPEN_FOR).await;
        assert!(breaker.allows_request());
        breaker.record(true);
        assert!(breaker.allows_request() && breaker.allows_request());
    }

    #[tokio::test(start_paused = true)]
    async fn a_success_resets_the_failures() {
        let breaker = CircuitBreaker::new("test");
        for _ in 0..3 * FAILURE_THRESHOLD {
            breaker.record(false);
            breaker.record(true);
        }
        assert!(breaker.allows_request());
    }
}
