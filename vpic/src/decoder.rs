//! The decoder: opens the data, decodes a VIN for each possible model year and chooses the better
//! result (step 12).

use std::ops::RangeInclusive;

use crate::data_file::{Columns, DataError};
use crate::date::Date;
use crate::decoded::Decoded;
use crate::findings::{self, Findings};
use crate::known_elements::KnownElements;
use crate::pass::{self, Origin, Pass};
use crate::tables::{NEVER, Tables};
use crate::vin_format::{self, VinFormat};
use crate::wmi::{self, Vin};
use crate::year::{self, Years};

static EMBEDDED: &[u8] = include_bytes!("../data/vpic.bin.zst");

/// Information that the caller may have besides the VIN.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// The model year, if known. It selects one of two possible years, which are 30 years apart. If
    /// the VIN contradicts it, the result has code 12.
    pub model_year: Option<u16>,
    /// The date to decode for; the current date by default.
    pub today: Option<Date>,
}

/// A decoder with NHTSA's tables. Open it once and share it between threads.
#[derive(Debug)]
pub struct Decoder {
    month: String,
    pub(crate) tables: Tables,
    known: KnownElements,
}

/// The result of decoding for one model year.
pub(crate) struct Candidate {
    pub(crate) pass: Pass,
    pub(crate) found: Findings,
    pub(crate) is_year_certain: bool,
}

/// The manufacturer of a VIN and the possible model years.
pub(crate) struct Manufacturer {
    wmi: Option<usize>,
    /// Whether NHTSA has published the manufacturer.
    is_public: bool,
    pub(crate) years: Years,
    /// The latest possible model year.
    pub(crate) latest: u16,
    /// Whether position 7 determines which of two possible years it is.
    pub(crate) is_light: bool,
    /// Whether it builds trucks. Then the weight of the truck determines whether position 7 does.
    pub(crate) is_truck: bool,
}

impl Decoder {
    /// Opens the embedded data.
    pub fn embedded() -> Result<Self, DataError> {
        Self::from_bytes(EMBEDDED)
    }

    /// Opens a data file.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DataError> {
        let (month, mut columns) = Columns::open(bytes)?;
        let tables = Tables::read(&mut columns)?;
        let known = KnownElements::new(&tables);
        Ok(Self { month, tables, known })
    }

    /// The month of NHTSA's data, such as `2026-10`.
    #[must_use]
    pub fn month(&self) -> &str {
        &self.month
    }

    /// Decodes any text as a VIN, for the current date. Always returns a result.
    #[must_use]
    pub fn decode(&self, vin: &str) -> Decoded<'_> {
        self.decode_with(vin, &Options::default())
    }

    /// Decodes any text as a VIN with the given options.
    #[must_use]
    pub fn decode_with(&self, vin: &str, options: &Options) -> Decoded<'_> {
        let vin = Vin::new(vin);
        let manufacturer = self.find_manufacturer(&vin, options.today);
        let best = self.choose_candidate(&vin, &manufacturer, options.model_year);
        Decoded::new(self, vin, best)
    }

    /// Determines the standard that a VIN follows, and the model year if it is certain. NHTSA's
    /// model year is often off by 30 years for vehicles outside North America.
    #[must_use]
    pub fn format(&self, vin: &str, today: Option<Date>) -> VinFormat {
        let vin = Vin::new(vin);
        let manufacturer = self.find_manufacturer(&vin, today);
        let best = self.choose_candidate(&vin, &manufacturer, None);
        vin_format::detect(self, &Decoded::new(self, vin, best), &manufacturer)
    }

    /// Whether one character of a complete VIN is probably wrong. That is the case if it decodes
    /// without errors except for its check digit, or would do so with one other character changed.
    /// Correct VINs that don't follow the North American standard are rarely that similar to one
    /// that decodes without errors.
    #[must_use]
    pub fn looks_mistyped(&self, vin: &str, today: Option<Date>) -> bool {
        let options = Options { model_year: None, today };
        vin_format::looks_mistyped(self, &self.decode_with(vin, &options), &options)
    }

    /// The model years of known vehicles.
    #[must_use]
    pub fn years(&self) -> RangeInclusive<u16> {
        let first = self.tables.choice_from.iter().copied().min();
        let last = self.tables.choice_to.iter().copied().max();
        first.unwrap_or(1980)..=last.unwrap_or(1980)
    }

    /// The makes with a model in a year, or in any year, sorted and in NHTSA's spelling. Trailers
    /// and incomplete vehicles are excluded.
    #[must_use]
    pub fn makes(&self, year: Option<u16>) -> Vec<&str> {
        let all = 0..self.tables.choice_makes.len();
        let makes = all.filter(|choice| self.was_sold_in(*choice, year));
        let mut makes: Vec<&str> =
            makes.map(|choice| self.tables.text(self.tables.choice_makes[choice])).collect();
        makes.dedup();
        makes
    }

    /// The models of a make in a year, or in any year, sorted. The make is case-insensitive.
    #[must_use]
    pub fn models(&self, year: Option<u16>, make: &str) -> Vec<&str> {
        let models = self.choices_of(make).filter(|choice| self.was_sold_in(*choice, year));
        let mut models: Vec<&str> =
            models.map(|choice| self.tables.text(self.tables.choice_models[choice])).collect();
        models.dedup();
        models
    }

    fn was_sold_in(&self, choice: usize, year: Option<u16>) -> bool {
        let tables = &self.tables;
        let years = tables.choice_from[choice]..=tables.choice_to[choice];
        year.is_none_or(|year| years.contains(&year))
    }

    fn find_wmi(&self, vin: &Vin) -> Option<usize> {
        let (wmi, length) = vin.wmi();
        self.tables.wmi_codes.binary_search(&wmi::pack(&wmi[..length])?).ok()
    }

    fn find_manufacturer(&self, vin: &Vin, today: Option<Date>) -> Manufacturer {
        let today = today.unwrap_or_else(Date::today);
        let latest = today.year.saturating_add(2);
        let wmi = self.find_wmi(vin);
        let is_public = wmi.is_some_and(|wmi| {
            let since = self.tables.wmi_public[wmi];
            since != NEVER && u32::from(since) <= today.days()
        });
        Manufacturer {
            wmi,
            is_public,
            years: year::years(&self.tables, vin, wmi, latest),
            latest,
            is_light: wmi.is_some_and(|wmi| year::is_light(&self.tables, wmi)),
            is_truck: wmi.is_some_and(|wmi| year::is_truck(&self.tables, wmi)),
        }
    }

    /// Decodes for one model year. `is_year_certain` is set if it is the only possible year,
    /// `differs` if it is not the one the caller gave.
    fn decode_candidate(
        &self,
        vin: &Vin,
        manufacturer: &Manufacturer,
        year: Option<u16>,
        (is_year_certain, differs): (bool, bool),
    ) -> Candidate {
        let (tables, known) = (&self.tables, &self.known);
        let (wmi, public) = (manufacturer.wmi, manufacturer.is_public);
        let pass = pass::run(tables, known, vin, wmi.filter(|_| public), year);
        let found = findings::examine(tables, known, vin, wmi, public, &pass, differs);
        Candidate { pass, found, is_year_certain }
    }

    /// Decodes a VIN for a specific model year.
    pub(crate) fn decode_year(
        &self,
        vin: &Vin,
        manufacturer: &Manufacturer,
        year: u16,
    ) -> Decoded<'_> {
        let candidate = self.decode_candidate(vin, manufacturer, Some(year), (true, false));
        Decoded::new(self, vin.clone(), candidate)
    }

    /// Decodes for every possible model year and returns the best result (steps 2 and 12).
    fn choose_candidate(
        &self,
        vin: &Vin,
        manufacturer: &Manufacturer,
        hint: Option<u16>,
    ) -> Candidate {
        let Manufacturer { years, latest, .. } = *manufacturer;
        let is_year_certain = years.other.is_none();
        let decode = |year, is_year_certain, differs| {
            self.decode_candidate(vin, manufacturer, year, (is_year_certain, differs))
        };
        let differs = |year: Option<u16>| hint.is_some() && year.is_some() && hint != year;

        // A plausible year from the caller is tried first, even if the VIN contradicts it. It wins
        // if any data is found for it.
        let mut best = None;
        let likely = hint.filter(|hint| (1980..=latest).contains(hint));
        if likely.is_some() && likely != years.year && likely != years.other {
            let candidate = decode(likely, true, true);
            if !candidate.found.has(8) || years.year.is_none() {
                return candidate;
            }
            best = Some(candidate);
        }
        for year in [years.year, years.other].into_iter().take(if is_year_certain { 1 } else { 2 })
        {
            let candidate = decode(year, is_year_certain, differs(year));
            best = Some(match best {
                Some(best) if self.score(&best, hint) >= self.score(&candidate, hint) => best,
                _ => candidate,
            });
        }
        best.unwrap_or_else(|| decode(None, true, false))
    }

    /// The score of a result. Compares error codes first, then elements, patterns, and the year:
    /// the caller's year is best, otherwise the later one.
    fn score(&self, candidate: &Candidate, hint: Option<u16>) -> (i32, u32, usize, u32) {
        let Pass { year, items, extra } = &candidate.pass;
        let filled = items.iter().zip(&self.tables.element_weights);
        let elements = filled
            .filter(|(item, _)| item.origin != Origin::Nothing)
            .map(|(_, weight)| u32::from(*weight))
            .sum();
        let of_patterns = items.iter().filter(|item| item.is_of_pattern()).count()
            + extra.iter().filter(|(_, item)| item.is_of_pattern()).count();
        let bonus = if year.is_some() && *year == hint { 10_000 } else { 0 };
        (candidate.found.weight(), elements, of_patterns, u32::from(year.unwrap_or(0)) + bonus)
    }
}
