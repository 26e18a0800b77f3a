//! The decoder: opens the data, tries the years a VIN may mean, and keeps the better (step 12).

use std::ops::RangeInclusive;

use crate::date::Date;
use crate::decoded::Decoded;
use crate::findings::{self, Findings};
use crate::form::{self, Form};
use crate::format::{Columns, DataError};
use crate::known::Known;
use crate::pass::{self, Origin, Pass};
use crate::tables::{NEVER, Tables};
use crate::wmi::{self, Vin};
use crate::year::{self, Years};

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

/// The manufacturer of a VIN and the years that the VIN may mean.
pub(crate) struct Maker {
    wmi: Option<usize>,
    /// Whether NHTSA has published it.
    is_public: bool,
    pub(crate) years: Years,
    /// The last year that may have begun.
    pub(crate) latest: u16,
    /// Whether position 7 says which of two years it is.
    pub(crate) is_light: bool,
    /// Whether it builds trucks, light or heavy: then the truck's weight decides about position 7.
    pub(crate) is_truck: bool,
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
        let maker = self.maker(&vin, options.today);
        let best = self.best(&vin, &maker, options.model_year);
        Decoded::new(self, vin, best)
    }

    /// The form of a VIN, and the model year as far as it can be trusted: NHTSA's own answer is often
    /// thirty years off outside North America.
    #[must_use]
    pub fn form(&self, vin: &str, today: Option<Date>) -> Form {
        let vin = Vin::new(vin);
        let maker = self.maker(&vin, today);
        let best = self.best(&vin, &maker, None);
        form::of(self, &Decoded::new(self, vin, best), &maker)
    }

    /// Whether one character of a whole VIN is probably wrong, wherever the vehicle was built: it decodes
    /// clean except for its check digit, or would if one other character were different. Most VINs in a
    /// form of their own are not near any that decodes clean.
    #[must_use]
    pub fn looks_mistyped(&self, vin: &str, today: Option<Date>) -> bool {
        let options = Options { model_year: None, today };
        form::looks_mistyped(self, &self.decode_with(vin, &options), &options)
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

    fn maker(&self, vin: &Vin, today: Option<Date>) -> Maker {
        let today = today.unwrap_or_else(Date::today);
        let latest = today.year.saturating_add(2);
        let wmi = self.find_wmi(vin);
        let is_public = wmi.is_some_and(|wmi| {
            let since = self.tables.wmi_public[wmi];
            since != NEVER && u32::from(since) <= today.days()
        });
        Maker {
            wmi,
            is_public,
            years: year::years(&self.tables, vin, wmi, latest),
            latest,
            is_light: wmi.is_some_and(|wmi| year::is_light(&self.tables, wmi)),
            is_truck: wmi.is_some_and(|wmi| year::is_truck(&self.tables, wmi)),
        }
    }

    /// Decodes for one year. `is_settled` says that the VIN has no other, `differs` that the caller has.
    fn candidate(
        &self,
        vin: &Vin,
        maker: &Maker,
        year: Option<u16>,
        (is_settled, differs): (bool, bool),
    ) -> Candidate {
        let (tables, known) = (&self.tables, &self.known);
        let (wmi, public) = (maker.wmi, maker.is_public);
        let pass = pass::run(tables, known, vin, wmi.filter(|_| public), year);
        let found = findings::examine(tables, known, vin, wmi, public, &pass, differs);
        Candidate { pass, found, is_settled }
    }

    /// The VIN as one of this model year.
    pub(crate) fn decode_year(&self, vin: &Vin, maker: &Maker, year: u16) -> Decoded<'_> {
        let candidate = self.candidate(vin, maker, Some(year), (true, false));
        Decoded::new(self, vin.clone(), candidate)
    }

    /// Steps 2 and 12.
    fn best(&self, vin: &Vin, maker: &Maker, hint: Option<u16>) -> Candidate {
        let Maker { years, latest, .. } = *maker;
        let is_settled = years.other.is_none();
        let decode =
            |year, is_settled, differs| self.candidate(vin, maker, year, (is_settled, differs));
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
