//! Counts the outcomes of the items of a file.

use std::fmt::{self, Display, Formatter};

use crate::{core::locale::Message, t};

/// Why an item of a file is skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::features::stations) enum SkipReason {
    /// It is not a fuel station.
    NotAStation,
    /// It is no longer, or not yet, in use.
    OutOfUse,
    /// It is another element of a station that is already in the file or stored.
    Duplicate,
    /// It has no name.
    NoName,
    /// It has no valid location.
    NoLocation,
}

/// The number of items by outcome.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::features::stations) struct Tally {
    /// New stations.
    pub(in crate::features::stations) added: i64,
    /// Existing stations with changed details.
    pub(in crate::features::stations) changed: i64,
    /// Existing stations without changes.
    pub(in crate::features::stations) unchanged: i64,
    /// Skipped items by [`SkipReason`], named as the columns.
    pub(in crate::features::stations) no_station: i64,
    pub(in crate::features::stations) out_of_use: i64,
    pub(in crate::features::stations) doubles: i64,
    pub(in crate::features::stations) no_name: i64,
    pub(in crate::features::stations) no_place: i64,
}

impl Tally {
    /// The number of stations read.
    pub(in crate::features::stations) fn read(&self) -> i64 {
        self.added + self.changed + self.unchanged
    }

    /// The number of skipped items.
    pub(in crate::features::stations) fn skipped(&self) -> i64 {
        self.no_station + self.out_of_use + self.doubles + self.no_name + self.no_place
    }

    /// The reasons why items were skipped, with their number.
    pub(in crate::features::stations) fn skip_reasons(&self) -> Vec<Message> {
        let all = [
            (self.no_station, t!("stations-import-skipped-not-a-station", count = self.no_station)),
            (self.out_of_use, t!("stations-import-skipped-out-of-use", count = self.out_of_use)),
            (self.doubles, t!("stations-import-skipped-duplicate", count = self.doubles)),
            (self.no_name, t!("stations-import-skipped-no-name", count = self.no_name)),
            (self.no_place, t!("stations-import-skipped-no-location", count = self.no_place)),
        ];
        all.into_iter().filter(|it| it.0 > 0).map(|it| it.1).collect()
    }

    /// Counts a skipped item.
    pub(super) fn skip(&mut self, reason: SkipReason) {
        match reason {
            SkipReason::NotAStation => self.no_station += 1,
            SkipReason::OutOfUse => self.out_of_use += 1,
            SkipReason::Duplicate => self.doubles += 1,
            SkipReason::NoName => self.no_name += 1,
            SkipReason::NoLocation => self.no_place += 1,
        }
    }

    /// Counts a batch of `stations`, of which `written` were written and `added` of those were new.
    pub(super) fn count_batch(&mut self, stations: usize, written: usize, added: usize) {
        let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        self.added += count(added);
        self.changed += count(written - added);
        self.unchanged += count(stations - written);
    }
}

impl Display for Tally {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { added, changed, unchanged, .. } = self;
        write!(f, "{} stations read: {added} new, {changed} changed, ", self.read())?;
        write!(f, "{unchanged} unchanged; {} skipped", self.skipped())?;
        for (nth, reason) in self.skip_reasons().into_iter().enumerate() {
            write!(f, "{}{reason}", if nth == 0 { ": " } else { ", " })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{SkipReason, Tally};

    #[test]
    fn the_summary_contains_all_counts_and_reasons() {
        let mut tally = Tally::default();
        tally.count_batch(10, 7, 4);
        assert_eq!(tally.to_string(), "10 stations read: 4 new, 3 changed, 3 unchanged; 0 skipped");
        for reason in [SkipReason::NoName, SkipReason::NoLocation, SkipReason::NoLocation] {
            tally.skip(reason);
        }
        let summary = tally.to_string();
        let expected = "3 skipped: 1 without a name, 2 without a valid location";
        assert!(summary.ends_with(expected), "{summary}");
    }
}
