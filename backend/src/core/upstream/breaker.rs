//! Leaves a service alone that has failed several times running.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use prometheus::IntGauge;
use tokio::time::Instant;

use crate::core::metrics::UpstreamMetrics;

/// After so many failures in a row nobody asks any more.
const FAILURE_THRESHOLD: u32 = 3;
/// For so long; then one may try.
const OPEN_FOR: Duration = Duration::from_secs(30);

/// Knows whether a service is worth asking. Several requests may share it.
#[derive(Debug)]
pub struct CircuitBreaker {
    state: Mutex<State>,
    /// 1 from when it is left alone until it answers.
    is_open: IntGauge,
}

#[derive(Debug, Default)]
struct State {
    /// In a row.
    failures: u32,
    /// When somebody may try again.
    open_until: Option<Instant>,
}

impl CircuitBreaker {
    /// For the service that is counted under `name`.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        Self { state: Mutex::default(), is_open: UpstreamMetrics::breaker(name) }
    }

    /// Whether to ask now. Once it has rested, one is told yes, and the others no until that one
    /// has told how it went, or the rest has passed once more.
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

    /// How asking went.
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
    async fn who_has_failed_three_times_running_is_left_alone_for_a_while() {
        let breaker = CircuitBreaker::new("test");
        for _ in 0..FAILURE_THRESHOLD {
            assert!(breaker.allows_request());
            breaker.record(false);
        }
        assert!(!breaker.allows_request());
        tokio::time::advance(OPEN_FOR).await;
        assert!(breaker.allows_request(), "one may try");
        assert!(!breaker.allows_request(), "and the others wait for how it goes");
        breaker.record(false);
        assert!(!breaker.allows_request());
        tokio::time::advance(OPEN_FOR).await;
        assert!(breaker.allows_request());
        breaker.record(true);
        assert!(breaker.allows_request() && breaker.allows_request());
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_between_failures_forgives_them() {
        let breaker = CircuitBreaker::new("test");
        for _ in 0..3 * FAILURE_THRESHOLD {
            breaker.record(false);
            breaker.record(true);
        }
        assert!(breaker.allows_request());
    }
}
