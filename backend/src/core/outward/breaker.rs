//! Leaves a service alone that has failed several times running.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use prometheus::IntGauge;
use tokio::time::Instant;

use crate::core::metrics::Upstream;

/// After so many failures in a row nobody asks any more.
const FAILURES: u32 = 3;
/// For so long; then one may try.
const REST: Duration = Duration::from_secs(30);

/// Knows whether a service is worth asking. Several requests may share it.
#[derive(Debug)]
pub struct Breaker {
    state: Mutex<State>,
    /// 1 from when it is left alone until it answers.
    is_open: IntGauge,
}

#[derive(Debug, Default)]
struct State {
    /// In a row.
    failures: u32,
    /// When somebody may try again.
    rests_until: Option<Instant>,
}

impl Breaker {
    /// For the service that is counted under `name`.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        Self { state: Mutex::default(), is_open: Upstream::breaker(name) }
    }

    /// Whether to ask now. Once it has rested, one is told yes, and the others no until that one
    /// has told how it went, or the rest has passed once more.
    #[must_use]
    pub fn may_ask(&self) -> bool {
        let mut state = self.state();
        match state.rests_until {
            None => true,
            Some(until) if Instant::now() < until => false,
            Some(_) => {
                state.rests_until = Some(Instant::now() + REST);
                true
            }
        }
    }

    /// How asking went.
    pub fn note(&self, is_well: bool) {
        let mut state = self.state();
        if is_well {
            *state = State::default();
            self.is_open.set(0);
        } else {
            state.failures = state.failures.saturating_add(1);
            if state.failures >= FAILURES {
                state.rests_until = Some(Instant::now() + REST);
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
    use super::{Breaker, FAILURES, REST};

    #[tokio::test(start_paused = true)]
    async fn who_has_failed_three_times_running_is_left_alone_for_a_while() {
        let breaker = Breaker::new("test");
        for _ in 0..FAILURES {
            assert!(breaker.may_ask());
            breaker.note(false);
        }
        assert!(!breaker.may_ask());
        tokio::time::advance(REST).await;
        assert!(breaker.may_ask(), "one may try");
        assert!(!breaker.may_ask(), "and the others wait for how it goes");
        breaker.note(false);
        assert!(!breaker.may_ask());
        tokio::time::advance(REST).await;
        assert!(breaker.may_ask());
        breaker.note(true);
        assert!(breaker.may_ask() && breaker.may_ask());
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_between_failures_forgives_them() {
        let breaker = Breaker::new("test");
        for _ in 0..3 * FAILURES {
            breaker.note(false);
            breaker.note(true);
        }
        assert!(breaker.may_ask());
    }
}
