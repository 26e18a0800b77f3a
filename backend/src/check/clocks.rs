//! Compares this machine's clock with those of other servers.

use std::sync::{Mutex, PoisonError};

use axum::http::{HeaderMap, header};
use chrono::{DateTime, TimeDelta, Utc};

use super::Finding;

/// Maximum difference without a warning.
const TOLERANCE: TimeDelta = TimeDelta::seconds(5);

/// The times reported by other servers during the other checks, as differences from this machine's clock.
#[derive(Default)]
pub(super) struct Clocks(Mutex<Vec<(String, TimeDelta)>>);

impl Clocks {
    /// Adds the time that `server` reported in response to a request.
    pub(super) fn add(
        &self,
        server: &str,
        reported: DateTime<Utc>,
        requested_at: DateTime<Utc>,
        responded_at: DateTime<Utc>,
    ) {
        let ahead = requested_at + (responded_at - requested_at) / 2 - reported;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((server.to_owned(), ahead));
    }

    /// Adds the time in the `Date` header of a response, if it has one.
    pub(super) fn add_date(
        &self,
        server: &str,
        headers: &HeaderMap,
        requested_at: DateTime<Utc>,
        responded_at: DateTime<Utc>,
    ) {
        let text = |name| headers.get(name)?.to_str().ok();
        let date = text(header::DATE).and_then(|it| DateTime::parse_from_rfc2822(it).ok());
        let Some(date) = date else { return };
        // The date of a cached response is when it was created.
        let age = text(header::AGE).and_then(|it| it.parse::<u32>().ok()).unwrap_or(0);
        // The header is truncated to whole seconds: add half a second on average.
        let reported =
            date.to_utc() + TimeDelta::seconds(i64::from(age)) + TimeDelta::milliseconds(500);
        self.add(server, reported, requested_at, responded_at);
    }

    /// The result of the comparison with the clock that agrees best, since other clocks may be wrong
    /// themselves.
    pub(super) fn finding(&self) -> Finding {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((server, ahead)) = all.iter().min_by_key(|it| it.1.abs()) else {
            return Finding::ok("clock", "not compared: no configured server reports its time");
        };
        if ahead.abs() <= TOLERANCE {
            return Finding::ok("clock", format!("agrees with that of {server}"));
        }
        let seconds = ahead.abs().num_seconds();
        let direction = if *ahead > TimeDelta::zero() { "ahead of" } else { "behind" };
        Finding::warning(
            "clock",
            format!("{seconds} seconds {direction} that of {server}"),
            "synchronize this machine's clock, for example with systemd-timesyncd or chrony: sessions, \
             authenticator codes and sign-ins with providers depend on it",
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
    fn the_age_of_a_cached_response_is_added() {
        let date = "Sat, 31 Jan 2026 12:00:00 GMT";
        let cached = found(date, Some("3600"), "2026-01-31T13:00:00Z");
        assert_eq!(cached.state, State::Ok, "{cached:?}");
    }

    #[test]
    fn a_response_without_a_date_is_ignored() {
        let found = found("yesterday", None, "2026-01-31T12:00:00Z");
        assert_eq!(found.state, State::Ok);
        assert!(found.found.starts_with("not compared"), "{found:?}");
    }

    #[test]
    fn the_closest_clock_is_compared() {
        let (clocks, now) = (Clocks::default(), at("2026-01-31T12:00:00Z"));
        clocks.add("the database", now, now, now);
        clocks.add("example.org", now - TimeDelta::hours(1), now, now);
        let found = clocks.finding();
        assert_eq!(found, Finding::ok("clock", "agrees with that of the database"));
    }

    #[test]
    fn a_slow_response_is_compared_with_the_middle_of_the_wait() {
        let (clocks, now) = (Clocks::default(), at("2026-01-31T12:00:00Z"));
        clocks.add("the database", now + TimeDelta::seconds(4), now, now + TimeDelta::seconds(8));
        assert_eq!(clocks.finding().state, State::Ok);
    }
}
