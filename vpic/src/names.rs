//! How makes and elements are written for people.

use std::ops::Range;

use crate::decoded::Element;
use crate::decoder::Decoder;

impl Decoder {
    /// A make as NHTSA lists it, as in `Honda`, whatever the case it is asked in: its answers have
    /// makes in capitals.
    #[must_use]
    pub fn make_name(&self, make: &str) -> Option<&str> {
        let first = self.choices_of(make).next()?;
        Some(self.tables.text(self.tables.choice_makes[first]))
    }

    /// The choices that are a make's, whatever its case: they are sorted by the makes' capitals.
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
