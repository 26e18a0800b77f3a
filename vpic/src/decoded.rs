//! What a VIN says.

use crate::check_digit::{self, CheckDigit};
use crate::decoder::{Candidate, Decoder};
use crate::findings::Findings;
use crate::parts::{self, Part};
use crate::pass::{Item, Origin, Pass};
use crate::problems::{self, Problem};
use crate::tables::Tables;
use crate::wmi::Vin;

/// Something that NHTSA can know of a vehicle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Element<'d> {
    /// NHTSA's number, which does not change from month to month.
    pub id: u16,
    /// The name in `DecodeVinValues`, as in `DisplacementL`.
    pub code: &'d str,
    /// The name for people, as in `Displacement (L)`.
    pub name: &'d str,
    /// The group, as in `Engine`; may be empty.
    pub group: &'d str,
}

/// The answer to one VIN. It borrows its words from the decoder.
#[derive(Debug)]
pub struct Decoded<'d> {
    tables: &'d Tables,
    pub(crate) vin: Vin,
    pub(crate) pass: Pass,
    pub(crate) found: Findings,
    is_settled: bool,
    /// The text of the model year and of digits read; everything else is the decoder's.
    own: Vec<(u8, String)>,
}

macro_rules! accessors {
    ($($(#[$doc:meta])* $name:ident = $id:literal;)*) => {
        $($(#[$doc])* #[must_use] pub fn $name(&self) -> Option<&str> { self.by_id($id) })*
    };
}

impl<'d> Decoded<'d> {
    pub(crate) fn new(decoder: &'d Decoder, vin: Vin, best: Candidate) -> Self {
        let tables = &decoder.tables;
        let Candidate { pass, found, is_settled } = best;
        let mut own = Vec::new();
        for (slot, item) in (0..).zip(&pass.items) {
            match item.origin {
                Origin::Year => own.push((slot, item.cell.to_string())),
                Origin::Formula => own.push((slot, digits(tables, &vin, *item))),
                _ => {}
            }
        }
        Self { tables, vin, pass, found, is_settled, own }
    }

    accessors! {
        /// The make in capitals, as in `HONDA`.
        make = 26;
        /// The model, as in `Accord`.
        model = 28;
        /// The trim level.
        trim = 38;
        /// The series.
        series = 34;
        /// The body, as in `Sedan/Saloon`.
        body_class = 5;
        /// The kind of vehicle, as in `PASSENGER CAR`.
        vehicle_type = 39;
        /// Who made it, in capitals.
        manufacturer = 27;
        /// The engine's name.
        engine_model = 18;
        /// How the cylinders stand, as in `V-Shaped`.
        engine_configuration = 64;
        /// Engine power in horsepower, as NHTSA writes it.
        engine_hp = 71;
        /// Displacement in litres, as NHTSA writes it.
        displacement_l = 13;
        /// Displacement in cubic centimetres, as NHTSA writes it.
        displacement_cc = 11;
        /// Displacement in cubic inches, as NHTSA writes it.
        displacement_ci = 12;
        /// The first fuel, as in `Gasoline`.
        fuel_type = 24;
        /// The second fuel of a vehicle that takes two.
        fuel_type_secondary = 66;
        /// How far it is electric.
        electrification_level = 126;
        /// Which wheels are driven.
        drive_type = 15;
        /// The kind of transmission.
        transmission_style = 37;
        /// Where the plant is.
        plant_country = 75;
        /// The city of the plant.
        plant_city = 31;
        /// The state or province of the plant.
        plant_state = 77;
        /// The company that runs the plant.
        plant_company = 76;
        /// The weight class.
        gross_weight_rating = 25;
    }

    /// The VIN trimmed and in capitals, at most 32 characters of it.
    #[must_use]
    pub fn vin(&self) -> &str {
        &self.vin.text
    }

    /// The model year.
    #[must_use]
    pub fn model_year(&self) -> Option<u16> {
        self.pass.year
    }

    /// Whether the VIN itself settles the model year. If not, the likelier of two years thirty apart
    /// was taken, and a caller that knows better can say so in [`crate::Options`].
    #[must_use]
    pub fn is_model_year_settled(&self) -> bool {
        self.is_settled
    }

    /// How many cylinders the engine has.
    #[must_use]
    pub fn engine_cylinders(&self) -> Option<u16> {
        self.by_id(9)?.parse().ok()
    }

    /// How many gears there are.
    #[must_use]
    pub fn transmission_speeds(&self) -> Option<u16> {
        self.by_id(63)?.parse().ok()
    }

    /// How many doors there are.
    #[must_use]
    pub fn doors(&self) -> Option<u16> {
        self.by_id(14)?.parse().ok()
    }

    /// The value of an element by its name in `DecodeVinValues`; the first, if it has several.
    #[must_use]
    pub fn value(&self, code: &str) -> Option<&str> {
        let is_it = |text: &u32| self.tables.text(*text).eq_ignore_ascii_case(code);
        self.of_slot(self.tables.element_codes.iter().position(is_it)?)
    }

    /// The value of an element by NHTSA's number of it.
    #[must_use]
    pub fn by_id(&self, id: u16) -> Option<&str> {
        self.of_slot(self.tables.slot(id)?)
    }

    /// Every value, in the order of NHTSA's groups. Notes may come several times.
    pub fn values(&self) -> impl Iterator<Item = (Element<'d>, &str)> {
        self.all().map(|(slot, _, value)| (self.element(slot), value))
    }

    /// What is wrong, and where; a clean VIN has no problem.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        problems::list(self)
    }

    /// NHTSA's codes in one, as in `0` or `5,14`.
    #[must_use]
    pub fn error_codes(&self) -> String {
        problems::codes(&self.found)
    }

    /// NHTSA's sentences on all codes in one.
    #[must_use]
    pub fn error_text(&self) -> String {
        problems::text(&self.found)
    }

    /// What NHTSA adds to its sentences; may be empty.
    #[must_use]
    pub fn additional_error_text(&self) -> String {
        problems::additional(self)
    }

    /// NHTSA's corrected VIN, with `!` where it knows only that a character is wrong; may be empty.
    #[must_use]
    pub fn suggested_vin(&self) -> String {
        problems::suggested(self)
    }

    /// The characters that fit at each wrong position, as NHTSA writes them: `(5:CF)(6:12)`.
    #[must_use]
    pub fn possible_values(&self) -> String {
        problems::possible(self)
    }

    /// VINs that may have been meant: whole, with the right check digit, the likeliest first.
    #[must_use]
    pub fn suggestions(&self) -> Vec<String> {
        problems::suggestions(self)
    }

    /// Characters 1–11 without the check digit, which describe a kind of vehicle.
    #[must_use]
    pub fn descriptor(&self) -> String {
        self.vin.descriptor()
    }

    /// The check digit, and what it should be.
    #[must_use]
    pub fn check_digit(&self) -> CheckDigit {
        check_digit::of(&self.vin)
    }

    /// The parts of the VIN, and what each of them decided.
    #[must_use]
    pub fn parts(&self) -> Vec<Part<'_>> {
        parts::of(self)
    }

    /// All that `DecodeVinValues` answers, by its names, in the order of [`Self::values`] and with
    /// NHTSA's verdict in front. Values of an element that has several are joined by `; `.
    #[must_use]
    pub fn flat(&self) -> Vec<(&'d str, String)> {
        let mut flat = vec![
            ("VIN", self.vin().to_owned()),
            ("ErrorCode", self.error_codes()),
            ("ErrorText", self.error_text()),
            ("AdditionalErrorText", self.additional_error_text()),
            ("SuggestedVIN", self.suggested_vin()),
            ("PossibleValues", self.possible_values()),
            ("VehicleDescriptor", self.descriptor()),
        ];
        let mut last = usize::MAX;
        for (slot, _, value) in self.all() {
            if slot == last
                && let Some((_, values)) = flat.last_mut()
            {
                values.push_str("; ");
                values.push_str(value);
            } else {
                flat.push((self.element(slot).code, value.to_owned()));
            }
            last = slot;
        }
        flat
    }

    /// Slot, item and value of everything known.
    pub(crate) fn all(&self) -> impl Iterator<Item = (usize, Item, &str)> {
        let more = self.pass.more.as_slice();
        let items = self.pass.items.iter().enumerate();
        // Most elements are not known of most vehicles: those are passed over first.
        let known = items.filter(|(_, item)| item.origin != Origin::Nothing);
        let all = known.flat_map(move |(slot, item)| {
            let further = more.iter().filter(move |(of, _)| usize::from(*of) == slot);
            std::iter::once((slot, *item)).chain(further.map(move |(_, item)| (slot, *item)))
        });
        all.filter_map(|(slot, item)| Some((slot, item, self.value_of(slot, item)?)))
    }

    pub(crate) fn element(&self, slot: usize) -> Element<'d> {
        let tables = self.tables;
        Element {
            id: tables.element_ids[slot],
            code: tables.text(tables.element_codes[slot]),
            name: tables.text(tables.element_names[slot]),
            group: tables.text(tables.element_groups[slot]),
        }
    }

    pub(crate) fn key_sets(&self, item: Item) -> Option<&'d [u16]> {
        self.tables.key_sets.get(item.key as usize).map(<[u16; 11]>::as_slice)
    }

    /// What characters a key speaks of in one of its symbols; nothing, where it is a star.
    pub(crate) fn set_valid(&self, set: u16) -> u64 {
        self.tables.set_valid[usize::from(set)]
    }

    pub(crate) fn is_settled(&self) -> bool {
        self.is_settled
    }

    fn of_slot(&self, slot: usize) -> Option<&str> {
        self.value_of(slot, *self.pass.items.get(slot)?)
    }

    /// The text of an item; an attribute that NHTSA's look-up tables lack has none.
    fn value_of(&self, slot: usize, item: Item) -> Option<&str> {
        let text = match item.origin {
            Origin::Nothing => return None,
            Origin::Default => self.tables.text(item.cell),
            Origin::Year | Origin::Formula => self
                .own
                .iter()
                .find(|(of, _)| usize::from(*of) == slot)
                .map_or("", |(_, text)| text),
            _ => self.tables.cell_value(item.cell),
        };
        (!text.is_empty()).then_some(text)
    }
}

/// Step 4: the digits from the first `#` of the key to the last.
fn digits(tables: &Tables, vin: &Vin, item: Item) -> String {
    let digits = tables.key_digits[item.key as usize];
    let (first, last) = (usize::from(digits >> 4), usize::from(digits & 0xf));
    // The key's sixth symbol, the bar, stands at position 9: so position 10 is three further as well.
    (first..=last).filter(|place| *place != 5).map(|place| vin.character(place + 4)).collect()
}
