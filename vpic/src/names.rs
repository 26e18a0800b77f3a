//! Display names of makes and elements.

use std::ops::Range;

use crate::decoded::Element;
use crate::decoder::Decoder;

impl Decoder {
    /// The usual spelling of a make, such as `Honda`. The argument is case-insensitive because
    /// decoded makes are in upper case.
    #[must_use]
    pub fn make_name(&self, make: &str) -> Option<&str> {
        let first = self.choices_of(make).next()?;
        Some(self.tables.text(self.tables.choice_makes[first]))
    }

    /// The range of choices for a make, ignoring case. Choices are sorted by make in upper case.
    pub(crate) fn choices_of(&self, make: &str) -> Range<usize> {
        let (tables, make) = (&self.tables, make.trim().to_uppercase());
        let capitals = |text: &u32| tables.text(*text).to_uppercase();
        let first = tables.choice_makes.partition_point(|text| capitals(text) < make);
        let own = tables.choice_makes[first..].partition_point(|text| capitals(text) == make);
        first..first + own
    }

    /// The element that `DecodeVinValues` calls `code`.
    #[must_use]
    pub fn element(&self, code: &str) -> Option<Element<'_>> {
        let tables = &self.tables;
        let slot = tables.element_codes.iter().position(|it| tables.text(*it) == code)?;
        Some(Element {
            id: tables.element_ids[slot],
            code: tables.text(tables.element_codes[slot]),
            name: tables.text(tables.element_names[slot]),
            group: tables.text(tables.element_groups[slot]),
        })
    }
}
