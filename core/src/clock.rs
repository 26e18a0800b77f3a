//! The clock, which tests can set.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use chrono::{DateTime, NaiveDate, SubsecRound, Utc};

/// A source of the current time.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The system clock.
    System,
    /// A time that tests set, in microseconds since 1970.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// Creates a clock that is stopped at `moment`; [`Clock::advance`] moves it.
    #[must_use]
    pub fn manual(moment: DateTime<Utc>) -> Self {
        Self::Manual(Arc::new(AtomicI64::new(moment.timestamp_micros())))
    }

    /// The current time with microsecond precision, the highest that PostgreSQL stores.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        match self {
            #[expect(
                clippy::disallowed_methods,
                reason = "the only place that reads the system clock"
            )]
            Self::System => Utc::now().trunc_subsecs(6),
            Self::Manual(micros) => {
                DateTime::from_timestamp_micros(micros.load(Ordering::SeqCst)).unwrap_or_default()
            }
        }
    }

    /// Today's date in UTC.
    #[must_use]
    pub fn today(&self) -> NaiveDate {
        self.now().date_naive()
    }

    /// Advances a manual clock. Has no effect on the system clock.
    pub fn advance(&self, by: chrono::TimeDelta) {
        if let Self::Manual(micros) = self {
            micros.fetch_add(by.num_microseconds().unwrap_or_default(), Ordering::SeqCst);
        }
    }
}
