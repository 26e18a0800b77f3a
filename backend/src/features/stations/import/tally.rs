//! What became of what a file holds.

use std::fmt::{self, Display, Formatter};

/// Why something in a file is not brought in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::features::stations) enum LeftOut {
    /// It is something else than a place that sells fuel.
    NoStation,
    /// It is no longer, or not yet, in use.
    OutOfUse,
    /// It is another element of a station that is in the file or already stored.
    Double,
    /// It has no name.
    NoName,
    /// It says of no place on the earth that it is there.
    NoPlace,
}

/// How many of each there were.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, sqlx::FromRow)]
pub(in crate::features::stations) struct Tally {
    /// Not known here before.
    pub(in crate::features::stations) added: i64,
    /// Known, and said otherwise now.
    pub(in crate::features::stations) changed: i64,
    /// As they were.
    pub(in crate::features::stations) unchanged: i64,
    /// Left out, by why: [`LeftOut`].
    pub(in crate::features::stations) no_station: i64,
    pub(in crate::features::stations) out_of_use: i64,
    pub(in crate::features::stations) doubles: i64,
    pub(in crate::features::stations) no_name: i64,
    pub(in crate::features::stations) no_place: i64,
}

impl Tally {
    /// How many stations were read.
    pub(in crate::features::stations) fn read(&self) -> i64 {
        self.added + self.changed + self.unchanged
    }

    /// How many others were left out.
    pub(in crate::features::stations) fn left_out(&self) -> i64 {
        self.no_station + self.out_of_use + self.doubles + self.no_name + self.no_place
    }

    /// Why others were left out, and how many for that.
    pub(in crate::features::stations) fn reasons(&self) -> Vec<(i64, &'static str)> {
        let all = [
            (self.no_station, "something else than a fuel station"),
            (self.out_of_use, "out of use"),
            (self.doubles, "a duplicate of a known station"),
            (self.no_name, "without a name"),
            (self.no_place, "without a place on the earth"),
        ];
        all.into_iter().filter(|it| it.0 > 0).collect()
    }

    /// Counts one more that is left out.
    pub(super) fn leave_out(&mut self, why: LeftOut) {
        match why {
            LeftOut::NoStation => self.no_station += 1,
            LeftOut::OutOfUse => self.out_of_use += 1,
            LeftOut::Double => self.doubles += 1,
            LeftOut::NoName => self.no_name += 1,
            LeftOut::NoPlace => self.no_place += 1,
        }
    }

    /// Counts so many stations of which some were written, and some of these are new.
    pub(super) fn write(&mut self, stations: usize, written: usize, added: usize) {
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
        write!(f, "{unchanged} as they were; {} others left out", self.left_out())?;
        for (nth, (count, why)) in self.reasons().into_iter().enumerate() {
            write!(f, "{}{count} {why}", if nth == 0 { ": " } else { ", " })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{LeftOut, Tally};

    #[test]
    fn all_that_was_read_is_told() {
        let mut tally = Tally::default();
        tally.write(10, 7, 4);
        assert_eq!(
            tally.to_string(),
            "10 stations read: 4 new, 3 changed, 3 as they were; 0 others left out"
        );
        for why in [LeftOut::NoName, LeftOut::NoPlace, LeftOut::NoPlace] {
            tally.leave_out(why);
        }
        let told = tally.to_string();
        let why = "3 others left out: 1 without a name, 2 without a place on the earth";
        assert!(told.ends_with(why), "{told}");
    }
}
