//! The decoder: opens the data, tries the years a VIN may mean, and keeps the better (step 12).

use std::ops::RangeInclusive;

use crate::date::Date;
use crate::decoded::Decoded;
use crate::findings::{self, Findings};
use crate::format::{Columns, DataError};
use crate::known::Known;
use crate::pass::{self, Origin, Pass};
use crate::tables::{NEVER, Tables};
use crate::wmi::{self, Vin};
use crate::year;

static EMBEDDED: &[u8] = include_bytes!("../data/vpic.bin.zst");

/// What a caller may know beside the VIN.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// The model year, if it is known: it decides between years thirty apart, and code 12 says when
    /// the VIN contradicts it.
    pub model_year: Option<u16>,
    /// The day to decode on; the system's clock is asked if there is none.
    pub today: Option<Date>,
}

/// NHTSA's tables, ready to decode with. Opened once, it serves any number of threads.
#[derive(Debug)]
pub struct Decoder {
    month: String,
    pub(crate) tables: Tables,
    known: Known,
}

/// A pass, what is wrong with it, and whether its year is but one of two.
pub(crate) struct Candidate {
    pub(crate) pass: Pass,
    pub(crate) found: Findings,
    pub(crate) is_settled: bool,
}

impl Decoder {
    /// Opens the data that this crate brings along.
    pub fn embedded() -> Result<Self, DataError> {
        Self::from_bytes(EMBEDDED)
    }

    /// Opens the bytes of a data file.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DataError> {
        let (month, mut columns) = Columns::open(bytes)?;
        let tables = Tables::read(&mut columns)?;
        let known = Known::new(&tables);
        Ok(Self { month, tables, known })
    }

    /// The month of NHTSA's data, as in `2026-10`.
    #[must_use]
    pub fn month(&self) -> &str {
        &self.month
    }

    /// Decodes what was typed as a VIN, by today's date. There is always an answer.
    #[must_use]
    pub fn decode(&self, vin: &str) -> Decoded<'_> {
        self.decode_with(vin, &Options::default())
    }

    /// Decodes with what else is known.
    #[must_use]
    pub fn decode_with(&self, vin: &str, options: &Options) -> Decoded<'_> {
        let vin = Vin::new(vin);
        let today = options.today.unwrap_or_else(Date::today);
        let wmi = self.find_wmi(&vin);
        let public = wmi.is_some_and(|wmi| {
            let since = self.tables.wmi_public[wmi];
            since != NEVER && u32::from(since) <= today.days()
        });
        let best = self.best(&vin, wmi, public, today.year.saturating_add(2), options.model_year);
        Decoded::new(self, vin, best)
    }

    /// The years of which vehicles are known.
    #[must_use]
    pub fn years(&self) -> RangeInclusive<u16> {
        let first = self.tables.choice_from.iter().copied().min();
        let last = self.tables.choice_to.iter().copied().max();
        first.unwrap_or(1980)..=last.unwrap_or(1980)
    }

    /// The makes that had a model in a year, or ever, sorted, as NHTSA lists them. Trailers, and
    /// vehicles that another maker completes, are left out.
    #[must_use]
    pub fn makes(&self, year: Option<u16>) -> Vec<&str> {
        let all = 0..self.tables.choice_makes.len();
        let makes = all.filter(|choice| self.was_there(*choice, year));
        let mut makes: Vec<&str> =
            makes.map(|choice| self.tables.text(self.tables.choice_makes[choice])).collect();
        makes.dedup();
        makes
    }

    /// The models of a make, whatever its case, in a year or ever; sorted.
    #[must_use]
    pub fn models(&self, year: Option<u16>, make: &str) -> Vec<&str> {
        let models = self.choices_of(make).filter(|choice| self.was_there(*choice, year));
        let mut models: Vec<&str> =
            models.map(|choice| self.tables.text(self.tables.choice_models[choice])).collect();
        models.dedup();
        models
    }

    fn was_there(&self, choice: usize, year: Option<u16>) -> bool {
        let tables = &self.tables;
        let years = tables.choice_from[choice]..=tables.choice_to[choice];
        year.is_none_or(|year| years.contains(&year))
    }

    fn find_wmi(&self, vin: &Vin) -> Option<usize> {
        let (wmi, length) = vin.wmi();
        self.tables.wmi_codes.binary_search(&wmi::pack(&wmi[..length])?).ok()
    }

    /// Steps 2 and 12.
    fn best(
        &self,
        vin: &Vin,
        wmi: Option<usize>,
        public: bool,
        latest: u16,
        hint: Option<u16>,
    ) -> Candidate {
        let years = year::years(&self.tables, vin, wmi, latest);
        let is_settled = years.other.is_none();
        let decode = |year, is_settled, differs| {
            let pass = pass::run(&self.tables, &self.known, vin, wmi.filter(|_| public), year);
            let found =
                findings::examine(&self.tables, &self.known, vin, wmi, public, &pass, differs);
            Candidate { pass, found, is_settled }
        };
        let differs = |year: Option<u16>| hint.is_some() && year.is_some() && hint != year;

        // A likely year that the VIN does not say is tried first, and kept if it finds anything.
        let mut best = None;
        let likely = hint.filter(|hint| (1980..=latest).contains(hint));
        if likely.is_some() && likely != years.year && likely != years.other {
            let candidate = decode(likely, true, true);
            if !candidate.found.has(8) || years.year.is_none() {
                return candidate;
            }
            best = Some(candidate);
        }
        for year in [years.year, years.other].into_iter().take(if is_settled { 1 } else { 2 }) {
            let candidate = decode(year, is_settled, differs(year));
            best = Some(match best {
                Some(best) if self.worth(&best, hint) >= self.worth(&candidate, hint) => best,
                _ => candidate,
            });
        }
        best.unwrap_or_else(|| decode(None, true, false))
    }

    /// Codes, then elements, then patterns, then the later year, the caller's before all others.
    fn worth(&self, candidate: &Candidate, hint: Option<u16>) -> (i32, u32, usize, u32) {
        let Pass { year, items, more } = &candidate.pass;
        let filled = items.iter().zip(&self.tables.element_weights);
        let elements = filled
            .filter(|(item, _)| item.origin != Origin::Nothing)
            .map(|(_, weight)| u32::from(*weight))
            .sum();
        let of_patterns = items.iter().filter(|item| item.is_of_pattern()).count()
            + more.iter().filter(|(_, item)| item.is_of_pattern()).count();
        let bonus = if year.is_some() && *year == hint { 10_000 } else { 0 };
        (candidate.found.weight(), elements, of_patterns, u32::from(year.unwrap_or(0)) + bonus)
    }
}
