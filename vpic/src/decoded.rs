//! The result of decoding a VIN.

use crate::check_digit::{self, CheckDigit};
use crate::decoder::{Candidate, Decoder};
use crate::findings::Findings;
use crate::parts::{self, Part};
use crate::pass::{Item, Origin, Pass};
use crate::problems::{self, Problem};
use crate::tables::Tables;
use crate::wmi::Vin;

/// An attribute of a vehicle, which NHTSA calls an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Element<'d> {
    /// NHTSA's id, which does not change from month to month.
    pub id: u16,
    /// The name in `DecodeVinValues`, such as `DisplacementL`.
    pub code: &'d str,
    /// The display name, such as `Displacement (L)`.
    pub name: &'d str,
    /// The group, such as `Engine`; may be empty.
    pub group: &'d str,
}

/// A decoded VIN. It borrows texts from the decoder.
#[derive(Debug)]
pub struct Decoded<'d> {
    tables: &'d Tables,
    pub(crate) vin: Vin,
    pub(crate) pass: Pass,
    pub(crate) found: Findings,
    is_year_certain: bool,
    /// The texts of the model year and of digits read from the VIN. All others are borrowed.
    own: Vec<(u8, String)>,
}

macro_rules! accessors {
    ($($(#[$doc:meta])* $name:ident = $id:literal;)*) => {
        $($(#[$doc])* #[must_use] pub fn $name(&self) -> Option<&str> { self.value_by_id($id) })*
    };
}

impl<'d> Decoded<'d> {
    pub(crate) fn new(decoder: &'d Decoder, vin: Vin, best: Candidate) -> Self {
        let tables = &decoder.tables;
        let Candidate { pass, found, is_year_certain } = best;
        let mut own = Vec::new();
        for (slot, item) in (0..).zip(&pass.items) {
            match item.origin {
                Origin::Year => own.push((slot, item.cell.to_string())),
                Origin::Formula => own.push((slot, digits(tables, &vin, *item))),
                _ => {}
            }
        }
        Self { tables, vin, pass, found, is_year_certain, own }
    }

    accessors! {
        /// The make in upper case, such as `HONDA`.
        make = 26;
        /// The model, such as `Accord`.
        model = 28;
        /// The trim level.
        trim = 38;
        /// The series.
        series = 34;
        /// The body class, such as `Sedan/Saloon`.
        body_class = 5;
        /// The vehicle type, such as `PASSENGER CAR`.
        vehicle_type = 39;
        /// The manufacturer, in upper case.
        manufacturer = 27;
        /// The engine model.
        engine_model = 18;
        /// The cylinder arrangement, such as `V-Shaped`.
        engine_configuration = 64;
        /// The engine power in horsepower, as written by NHTSA.
        engine_hp = 71;
        /// The displacement in liters, as written by NHTSA.
        displacement_l = 13;
        /// The displacement in cubic centimeters, as written by NHTSA.
        displacement_cc = 11;
        /// The displacement in cubic inches, as written by NHTSA.
        displacement_ci = 12;
        /// The primary fuel, such as `Gasoline`.
        fuel_type = 24;
        /// The secondary fuel.
        fuel_type_secondary = 66;
        /// The electrification level, such as plug-in hybrid.
        electrification_level = 126;
        /// The drive type, such as front-wheel drive.
        drive_type = 15;
        /// The transmission type.
        transmission_style = 37;
        /// The country of the plant.
        plant_country = 75;
        /// The city of the plant.
        plant_city = 31;
        /// The state or province of the plant.
        plant_state = 77;
        /// The company that operates the plant.
        plant_company = 76;
        /// The gross vehicle weight class.
        gross_weight_rating = 25;
    }

    /// The VIN, trimmed, in upper case and truncated to 32 characters.
    #[must_use]
    pub fn vin(&self) -> &str {
        &self.vin.text
    }

    /// The model year.
    #[must_use]
    pub fn model_year(&self) -> Option<u16> {
        self.pass.year
    }

    /// Whether the model year is unambiguous. If not, the likelier of two years was chosen; the
    /// other can be selected in [`crate::Options`].
    #[must_use]
    pub fn is_model_year_certain(&self) -> bool {
        self.is_year_certain
    }

    /// The number of cylinders.
    #[must_use]
    pub fn engine_cylinders(&self) -> Option<u16> {
        self.value_by_id(9)?.parse().ok()
    }

    /// The number of gears.
    #[must_use]
    pub fn transmission_speeds(&self) -> Option<u16> {
        self.value_by_id(63)?.parse().ok()
    }

    /// The number of doors.
    #[must_use]
    pub fn doors(&self) -> Option<u16> {
        self.value_by_id(14)?.parse().ok()
    }

    /// The value of an element by its name in `DecodeVinValues`; if it has several, the first.
    #[must_use]
    pub fn value(&self, code: &str) -> Option<&str> {
        let is_it = |text: &u32| self.tables.text(*text).eq_ignore_ascii_case(code);
        self.of_slot(self.tables.element_codes.iter().position(is_it)?)
    }

    /// The value of an element by its NHTSA id.
    #[must_use]
    pub fn value_by_id(&self, id: u16) -> Option<&str> {
        self.of_slot(self.tables.slot(id)?)
    }

    /// All values, in the order of NHTSA's groups. Elements such as notes may have several.
    pub fn values(&self) -> impl Iterator<Item = (Element<'d>, &str)> {
        self.all().map(|(slot, _, value)| (self.element(slot), value))
    }

    /// The problems with the VIN; empty if there are none.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        problems::list(self)
    }

    /// NHTSA's error codes, separated by commas, such as `0` or `5,14`.
    #[must_use]
    pub fn error_codes(&self) -> String {
        problems::codes(&self.found)
    }

    /// NHTSA's texts of all error codes.
    #[must_use]
    pub fn error_text(&self) -> String {
        problems::text(&self.found)
    }

    /// NHTSA's additional error text; may be empty.
    #[must_use]
    pub fn additional_error_text(&self) -> String {
        problems::additional(self)
    }

    /// NHTSA's corrected VIN, with `!` in place of wrong characters whose correction is unknown;
    /// may be empty.
    #[must_use]
    pub fn suggested_vin(&self) -> String {
        problems::suggested(self)
    }

    /// The possible characters at each wrong position, as written by NHTSA: `(5:CF)(6:12)`.
    #[must_use]
    pub fn possible_values(&self) -> String {
        problems::possible(self)
    }

    /// Complete VINs with a correct check digit that may have been meant, likeliest first.
    #[must_use]
    pub fn suggestions(&self) -> Vec<String> {
        problems::suggestions(self)
    }

    /// Characters 1–11 without the check digit. They identify a type of vehicle.
    #[must_use]
    pub fn descriptor(&self) -> String {
        self.vin.descriptor()
    }

    /// The check digit and the expected one.
    #[must_use]
    pub fn check_digit(&self) -> CheckDigit {
        check_digit::compute(&self.vin)
    }

    /// The parts of the VIN and the values that each of them determines.
    #[must_use]
    pub fn parts(&self) -> Vec<Part<'_>> {
        parts::split(self)
    }

    /// The names and values that `DecodeVinValues` returns: error information first, then the
    /// elements in the order of [`Self::values`]. Several values of an element are
    /// separated by semicolons.
    #[must_use]
    pub fn to_flat_values(&self) -> Vec<(&'d str, String)> {
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

    /// The slot, item and value of everything known.
    pub(crate) fn all(&self) -> impl Iterator<Item = (usize, Item, &str)> {
        let extra = self.pass.extra.as_slice();
        let items = self.pass.items.iter().enumerate();
        // Most elements of most vehicles are unknown. Skip those first.
        let known = items.filter(|(_, item)| item.origin != Origin::Nothing);
        let all = known.flat_map(move |(slot, item)| {
            let further = extra.iter().filter(move |(of, _)| usize::from(*of) == slot);
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

    /// The characters that a symbol of a key specifies; none for a `*`.
    pub(crate) fn set_valid(&self, set: u16) -> u64 {
        self.tables.set_valid[usize::from(set)]
    }

    pub(crate) fn is_year_certain(&self) -> bool {
        self.is_year_certain
    }

    fn of_slot(&self, slot: usize) -> Option<&str> {
        self.value_of(slot, *self.pass.items.get(slot)?)
    }

    /// The text of an item; `None` if NHTSA's lookup tables lack the attribute.
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

/// Step 4: reads the digits from the first `#` of the key to the last.
fn digits(tables: &Tables, vin: &Vin, item: Item) -> String {
    let digits = tables.key_digits[item.key as usize];
    let (first, last) = (usize::from(digits >> 4), usize::from(digits & 0xf));
    // The sixth symbol of a key is the bar, in place of position 9. So all symbols have the same
    // offset from their positions.
    (first..=last).filter(|index| *index != 5).map(|index| vin.character(index + 4)).collect()
}
