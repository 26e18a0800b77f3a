//! Whether this machine's clock agrees with those of others.

use std::sync::{Mutex, PoisonError};

use axum::http::{HeaderMap, header};
use chrono::{DateTime, TimeDelta, Utc};

use super::Finding;

/// How far clocks may be apart.
const TOLERANCE: TimeDelta = TimeDelta::seconds(5);

/// What others' clocks showed while they were asked something else.
#[derive(Default)]
pub(super) struct Clocks(Mutex<Vec<(String, TimeDelta)>>);

impl Clocks {
    /// Adds what `whose` clock showed. It was asked at `asked` and answered at `answered`.
    pub(super) fn add(
        &self,
        whose: &str,
        shown: DateTime<Utc>,
        asked: DateTime<Utc>,
        answered: DateTime<Utc>,
    ) {
        let ahead = asked + (answered - asked) / 2 - shown;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((whose.to_owned(), ahead));
    }

    /// Adds what the `Date` header of an answer shows, if there is one.
    pub(super) fn add_date(
        &self,
        whose: &str,
        headers: &HeaderMap,
        asked: DateTime<Utc>,
        answered: DateTime<Utc>,
    ) {
        let text = |name| headers.get(name)?.to_str().ok();
        let date = text(header::DATE).and_then(|it| DateTime::parse_from_rfc2822(it).ok());
        let Some(date) = date else { return };
        // An answer from a cache has the time at which it was created.
        let age = text(header::AGE).and_then(|it| it.parse::<u32>().ok()).unwrap_or(0);
        // The header has whole seconds: the clock showed that or up to a second more.
        let shown =
            date.to_utc() + TimeDelta::seconds(i64::from(age)) + TimeDelta::milliseconds(500);
        self.add(whose, shown, asked, answered);
    }

    /// What comparing them shows. The clock that agrees best counts: one that is wrong itself says
    /// nothing about this machine's.
    pub(super) fn finding(&self) -> Finding {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((whose, ahead)) = all.iter().min_by_key(|it| it.1.abs()) else {
            return Finding::ok(
                "clock",
                "not compared: nothing that the settings name has a clock",
            );
        };
        if ahead.abs() <= TOLERANCE {
            return Finding::ok("clock", format!("agrees with that of {whose}"));
        }
        let seconds = ahead.abs().num_seconds();
        let direction = if *ahead > TimeDelta::zero() { "ahead of" } else { "behind" };
        Finding::warning(
            "clock",
            format!("{seconds} seconds {direction} that of {whose}"),
            "synchronize this machine's clock, such as with systemd-timesyncd or chrony: sessions, \
             codes of authenticator apps and log-ins with providers depend on it",
        )
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue};
    use chrono::{DateTime, TimeDelta, Utc};

    use super::{Clocks, Finding};
    use crate::check::State;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn found(date: &str, age: Option<&'static str>, now: &str) -> Finding {
        let mut headers = HeaderMap::new();
        headers.insert("date", HeaderValue::from_str(date).unwrap());
        if let Some(age) = age {
            headers.insert("age", HeaderValue::from_static(age));
        }
        let clocks = Clocks::default();
        clocks.add_date("example.org", &headers, at(now), at(now));
        clocks.finding()
    }

    #[test]
    fn a_clock_more_than_five_seconds_off_is_a_warning() {
        let date = "Sat, 31 Jan 2026 12:00:00 GMT";
        for (now, state, words) in [
            ("2026-01-31T12:00:00Z", State::Ok, "agrees with that of example.org"),
            ("2026-01-31T12:00:05Z", State::Ok, "agrees"),
            ("2026-01-31T11:59:56Z", State::Ok, "agrees"),
            ("2026-01-31T12:00:07Z", State::Warning, "6 seconds ahead of that of example.org"),
            ("2026-01-31T11:59:00Z", State::Warning, "60 seconds behind"),
        ] {
            let found = found(date, None, now);
            assert_eq!(found.state, state, "{found:?}");
            assert!(found.found.contains(words), "{found:?}");
        }
    }

    #[test]
    fn the_age_of_a_cached_answer_counts() {
        let date = "Sat, 31 Jan 2026 12:00:00 GMT";
        let cached = found(date, Some("3600"), "2026-01-31T13:00:00Z");
        assert_eq!(cached.state, State::Ok, "{cached:?}");
    }

    #[test]
    fn an_answer_without_a_date_is_not_compared() {
        let found = found("yesterday", None, "2026-01-31T12:00:00Z");
        assert_eq!(found.state, State::Ok);
        assert!(found.found.starts_with("not compared"), "{found:?}");
    }

    #[test]
    fn the_clock_that_agrees_best_counts() {
        let (clocks, now) = (Clocks::default(), at("2026-01-31T12:00:00Z"));
        clocks.add("the database", now, now, now);
        clocks.add("example.org", now - TimeDelta::hours(1), now, now);
        let found = clocks.finding();
        assert_eq!(found, Finding::ok("clock", "agrees with that of the database"));
    }

    #[test]
    fn a_slow_answer_is_compared_with_the_middle_of_the_wait() {
        let (clocks, now) = (Clocks::default(), at("2026-01-31T12:00:00Z"));
        clocks.add("the database", now + TimeDelta::seconds(4), now, now + TimeDelta::seconds(8));
        assert_eq!(clocks.finding().state, State::Ok);
    }
}
