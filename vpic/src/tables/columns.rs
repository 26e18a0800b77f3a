//! Reads and writes the columns in a fixed order, and checks that all indexes in them are valid.

use super::{CHECKED_POSITIONS, KEY_LENGTH, NO_CELL, Row, Tables, group, pack_schema_key};
use crate::data_file::{Columns, DataError};

impl Tables {
    pub(crate) fn read(columns: &mut Columns<'_>) -> Result<Self, DataError> {
        let mut t =
            Self { words: columns.text()?, text_starts: columns.starts()?, ..Self::default() };
        t.element_ids = columns.u16s()?;
        for column in [&mut t.element_names, &mut t.element_codes, &mut t.element_groups] {
            *column = columns.u24s()?;
        }
        t.element_weights = columns.u16s()?;
        t.element_flags = columns.bytes()?;

        t.cell_starts = columns.u32s()?;
        t.cell_attributes = columns.u24s()?;
        t.cell_values = columns.u24s()?;
        t.cell_folds = columns.u24s()?;
        t.converted = [columns.u24s()?, columns.u24s()?];
        t.model_makes = columns.u24s()?;

        t.set_matches = columns.u64s()?;
        t.set_valid = columns.u64s()?;
        t.key_sets = read_rows::<KEY_LENGTH>(columns)?;
        t.key_test = columns.bytes()?;
        t.key_digits = columns.bytes()?;

        t.schema_starts = columns.starts()?;
        t.schema_valid = read_rows::<{ CHECKED_POSITIONS.len() }>(columns)?;
        t.masks = columns.u64s()?;
        let keys = columns.u24s()?;
        let counts = columns.u16s()?;
        let cells = columns.u32s()?;
        let ranks = columns.u16s()?;
        t.set_slots()?;
        t.build_rows(&cells, &ranks)?;
        t.second_rows = columns.u24s()?;
        t.second_ranks = columns.u16s()?;
        t.pack_schema_keys(&keys, &counts)?;

        t.engine_cells = columns.u24s()?;
        t.engine_models = columns.u16s()?;
        t.engine_starts = columns.starts()?;
        t.engine_row_cells = columns.u24s()?;
        t.engine_row_ranks = columns.u16s()?;

        t.wmi_codes = columns.u64s()?;
        t.wmi_manufacturers = columns.u24s()?;
        t.wmi_types = columns.bytes()?;
        t.wmi_trucks = columns.bytes()?;
        t.wmi_public = columns.u16s()?;
        t.wmi_link_starts = columns.starts()?;
        for column in [&mut t.link_schemas, &mut t.link_from, &mut t.link_to] {
            *column = columns.u16s()?;
        }
        t.wmi_make_starts = columns.starts()?;
        t.wmi_makes = columns.u24s()?;
        t.type_ids = columns.bytes()?;
        t.type_cells = columns.u24s()?;

        t.default_types = columns.bytes()?;
        t.default_slots = columns.bytes()?;
        t.default_texts = columns.u24s()?;

        t.spec_models = columns.u24s()?;
        t.spec_of_model = columns.u16s()?;
        t.spec_makes = columns.u24s()?;
        t.spec_types = columns.bytes()?;
        t.spec_year_starts = columns.starts()?;
        t.spec_years = columns.u16s()?;
        t.spec_pattern_starts = columns.starts()?;
        t.spec_key_starts = columns.starts()?;
        t.spec_keys = columns.u24s()?;
        t.spec_row_starts = columns.starts()?;
        t.spec_row_cells = columns.u24s()?;
        t.spec_row_ranks = columns.u24s()?;

        t.exceptions = columns.bytes()?;
        t.choice_makes = columns.u24s()?;
        t.choice_models = columns.u24s()?;
        t.choice_from = columns.u16s()?;
        t.choice_to = columns.u16s()?;
        t.check()?;
        let span = |text: &u32| {
            let range = group(&t.text_starts, *text as usize);
            (to_u32(range.start), u16::try_from(range.len()).unwrap_or(u16::MAX))
        };
        t.cell_spans = t.cell_values.iter().map(span).collect();
        t.cell_values = Vec::new();
        Ok(t)
    }

    /// Computes the slot of each cell.
    fn set_slots(&mut self) -> Result<(), DataError> {
        let cells = self.cell_values.len();
        ensure(self.cell_starts.len() <= 256 && self.cell_starts.is_sorted(), "cells")?;
        ensure(self.cell_starts.last() == Some(&to_u32(cells)), "cells")?;
        self.cell_slots = Vec::with_capacity(cells);
        for (slot, starts) in (0..=u8::MAX).zip(self.cell_starts.windows(2)) {
            self.cell_slots.resize(starts[1] as usize, slot);
        }
        Ok(())
    }

    /// Builds the rows from their columns.
    fn build_rows(&mut self, cells: &[u32], ranks: &[u16]) -> Result<(), DataError> {
        ensure(cells.len() == ranks.len(), "rows")?;
        ensure_below(cells, self.cell_slots.len(), "rows")?;
        let slots = |cell: u32| self.cell_slots[cell as usize];
        let rows = cells.iter().zip(ranks).map(|(cell, rank)| Row::new(*cell, slots(*cell), *rank));
        self.rows = rows.collect();
        Ok(())
    }

    /// Packs each key with the values that a scan needs, and computes where each schema's rows start.
    fn pack_schema_keys(&mut self, keys: &[u32], counts: &[u16]) -> Result<(), DataError> {
        let keys_end = self.schema_starts.last().map_or(0, |end| *end as usize);
        ensure(keys.len() == keys_end && counts.len() == keys_end, "keys of schemas")?;
        ensure_below(keys, self.key_sets.len(), "keys")?;
        ensure(self.key_test.len() == self.key_sets.len(), "tests of keys")?;
        ensure(
            self.key_test.iter().all(|test| usize::from(test & 0xf) < KEY_LENGTH),
            "tests of keys",
        )?;
        let mut row = 0_u32;
        let mut schema_rows = Vec::with_capacity(self.schema_starts.len());
        let mut packed = Vec::with_capacity(keys.len());
        for schema in 0..self.schema_starts.len() - 1 {
            schema_rows.push(row);
            for index in group(&self.schema_starts, schema) {
                let (key, count) = (keys[index], u32::from(counts[index]));
                let test = self.key_test[key as usize];
                let set = self.key_sets[key as usize][usize::from(test & 0xf)];
                packed.push(pack_schema_key(key, test, set, count));
                row += count;
            }
        }
        schema_rows.push(row);
        ensure(row as usize == self.rows.len(), "rows of keys")?;
        self.schema_rows = schema_rows;
        self.schema_keys = packed;
        Ok(())
    }

    /// Checks that all indexes are in range.
    fn check(&self) -> Result<(), DataError> {
        let texts = self.text_starts.len() - 1;
        ensure(texts > 0 && self.text_starts[1] == 0, "text 0")?;
        ensure(self.text_starts.last() == Some(&to_u32(self.words.len())), "texts")?;
        let whole =
            self.text_starts.iter().all(|start| self.words.is_char_boundary(*start as usize));
        ensure(whole, "texts")?;
        let elements = self.element_ids.len();
        ensure(elements < 256, "elements")?;
        for column in [&self.element_names, &self.element_codes, &self.element_groups] {
            ensure(column.len() == elements, "elements")?;
            ensure_below(column, texts, "elements")?;
        }
        ensure(
            self.element_weights.len() == elements && self.element_flags.len() == elements,
            "elements",
        )?;

        let cells = self.cell_values.len();
        ensure(self.cell_starts.len() == elements + 1 && self.cell_starts.is_sorted(), "cells")?;
        ensure(self.cell_starts[0] == 0 && self.cell_starts[elements] == to_u32(cells), "cells")?;
        ensure(self.cell_attributes.len() == cells && self.cell_folds.len() == cells, "cells")?;
        ensure_below(&self.cell_attributes, texts, "attributes")?;
        ensure_below(&self.cell_values, texts, "values")?;
        ensure_below(&self.cell_folds, cells, "folds")?;
        let of =
            |element| self.slot(element).map_or(0, |slot| group(&self.cell_starts, slot).len());
        let displacements = of(11) + of(12) + of(13);
        for column in &self.converted {
            ensure(column.len() == displacements, "conversions")?;
            ensure_cells_or_none(column, cells, "conversions")?;
        }
        ensure(self.model_makes.len() == of(28), "makes of models")?;
        ensure_cells_or_none(&self.model_makes, cells, "makes of models")?;

        let sets = self.set_matches.len();
        ensure(self.set_valid.len() == sets, "sets")?;
        ensure(self.key_sets.iter().flatten().all(|set| usize::from(*set) < sets), "sets of keys")?;
        ensure(self.key_digits.len() == self.key_sets.len(), "digits of keys")?;
        let schemas = self.schema_starts.len() - 1;
        ensure(self.schema_valid.len() == schemas, "masks of schemas")?;
        let masks = self.masks.len();
        ensure(self.schema_valid.iter().flatten().all(|mask| usize::from(*mask) < masks), "masks")?;
        ensure(self.second_ranks.len() == self.second_rows.len(), "second ranks")?;

        let engines = self.engine_starts.len() - 1;
        ensure(self.engine_cells.len() == self.engine_models.len(), "engines")?;
        ensure(self.engine_models.iter().all(|engine| usize::from(*engine) < engines), "engines")?;
        ensure_below(&self.engine_row_cells, cells, "rows of engines")?;
        ensure(self.engine_row_ranks.len() == self.engine_row_cells.len(), "rows of engines")?;
        ensure_ends_at(&self.engine_starts, self.engine_row_cells.len(), "rows of engines")?;
        self.check_manufacturers(cells, schemas)?;
        self.check_specs(cells)?;

        ensure(self.default_types.len() == self.default_slots.len(), "defaults")?;
        ensure(self.default_types.len() == self.default_texts.len(), "defaults")?;
        ensure(self.default_slots.iter().all(|slot| usize::from(*slot) < elements), "defaults")?;
        ensure_below(&self.default_texts, texts, "defaults")?;
        ensure(self.exceptions.len().is_multiple_of(17), "exceptions")?;
        let choices = self.choice_makes.len();
        ensure_below(&self.choice_makes, texts, "choices")?;
        ensure_below(&self.choice_models, texts, "choices")?;
        ensure(self.choice_models.len() == choices, "choices")?;
        ensure(self.choice_from.len() == choices && self.choice_to.len() == choices, "choices")
    }

    fn check_manufacturers(&self, cells: usize, schemas: usize) -> Result<(), DataError> {
        let wmis = self.wmi_codes.len();
        ensure(self.wmi_codes.is_sorted(), "manufacturers")?;
        ensure(
            self.wmi_manufacturers.len() == wmis && self.wmi_public.len() == wmis,
            "manufacturers",
        )?;
        ensure(self.wmi_types.len() == wmis && self.wmi_trucks.len() == wmis, "manufacturers")?;
        ensure_cells_or_none(&self.wmi_manufacturers, cells, "manufacturers")?;
        ensure(self.wmi_link_starts.len() == wmis + 1, "links")?;
        ensure_ends_at(&self.wmi_link_starts, self.link_schemas.len(), "links")?;
        let links = self.link_schemas.len();
        ensure(self.link_from.len() == links && self.link_to.len() == links, "links")?;
        ensure(self.link_schemas.iter().all(|schema| usize::from(*schema) < schemas), "links")?;
        ensure(self.wmi_make_starts.len() == wmis + 1, "makes of manufacturers")?;
        ensure_ends_at(&self.wmi_make_starts, self.wmi_makes.len(), "makes of manufacturers")?;
        ensure_below(&self.wmi_makes, cells, "makes of manufacturers")?;
        ensure(self.type_ids.len() == self.type_cells.len(), "types")?;
        ensure_below(&self.type_cells, cells, "types")
    }

    fn check_specs(&self, cells: usize) -> Result<(), DataError> {
        let specs = self.spec_makes.len();
        ensure(self.spec_models.is_sorted(), "models of specifications")?;
        ensure(self.spec_models.len() == self.spec_of_model.len(), "models of specifications")?;
        ensure(self.spec_of_model.iter().all(|spec| usize::from(*spec) < specs), "specifications")?;
        ensure(self.spec_types.len() == specs, "types of specifications")?;
        ensure(self.spec_year_starts.len() == specs + 1, "years of specifications")?;
        ensure_ends_at(&self.spec_year_starts, self.spec_years.len(), "years of specifications")?;
        ensure(self.spec_pattern_starts.len() == specs + 1, "patterns of specifications")?;
        let patterns = self.spec_key_starts.len() - 1;
        ensure_ends_at(&self.spec_pattern_starts, patterns, "patterns of specifications")?;
        ensure(self.spec_row_starts.len() == patterns + 1, "rows of specifications")?;
        ensure_ends_at(&self.spec_key_starts, self.spec_keys.len(), "keys of specifications")?;
        ensure_ends_at(&self.spec_row_starts, self.spec_row_cells.len(), "rows of specifications")?;
        ensure_below(&self.spec_keys, cells, "keys of specifications")?;
        ensure_below(&self.spec_row_cells, cells, "rows of specifications")?;
        ensure(self.spec_row_ranks.len() == self.spec_row_cells.len(), "rows of specifications")
    }
}

fn ensure(is_valid: bool, what: &'static str) -> Result<(), DataError> {
    if is_valid { Ok(()) } else { Err(DataError::Malformed(what)) }
}

fn ensure_below(column: &[u32], bound: usize, what: &'static str) -> Result<(), DataError> {
    let most = column.iter().copied().fold(0, u32::max);
    ensure(column.is_empty() || (most as usize) < bound, what)
}

fn ensure_cells_or_none(column: &[u32], cells: usize, what: &'static str) -> Result<(), DataError> {
    ensure(column.iter().all(|cell| *cell == NO_CELL || (*cell as usize) < cells), what)
}

fn ensure_ends_at(starts: &[u32], end: usize, what: &'static str) -> Result<(), DataError> {
    ensure(starts.last() == Some(&to_u32(end)), what)
}

fn to_u32(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Reads `N` columns of equal length as rows.
fn read_rows<const N: usize>(columns: &mut Columns<'_>) -> Result<Vec<[u16; N]>, DataError> {
    let mut rows = Vec::new();
    for index in 0..N {
        let column = columns.u16s()?;
        if index == 0 {
            rows = vec![[0; N]; column.len()];
        }
        ensure(column.len() == rows.len(), "a column of a row")?;
        for (row, entry) in rows.iter_mut().zip(column) {
            row[index] = entry;
        }
    }
    Ok(rows)
}

#[cfg(feature = "build")]
mod write {
    use super::Tables;
    use crate::data_file::ColumnWriter;
    use crate::tables::SchemaKey;

    impl Tables {
        /// Writes the columns in the order in which [`Tables::read`] expects them.
        pub(crate) fn write(&self) -> ColumnWriter {
            let mut w = ColumnWriter::default();
            w.bytes(self.words.as_bytes());
            lengths(&mut w, &self.text_starts);
            w.u16s(&self.element_ids);
            for column in [&self.element_names, &self.element_codes, &self.element_groups] {
                w.u24s(column);
            }
            w.u16s(&self.element_weights);
            w.bytes(&self.element_flags);

            w.u32s(&self.cell_starts);
            for column in [&self.cell_attributes, &self.cell_values, &self.cell_folds] {
                w.u24s(column);
            }
            w.u24s(&self.converted[0]);
            w.u24s(&self.converted[1]);
            w.u24s(&self.model_makes);

            w.u64s(&self.set_matches);
            w.u64s(&self.set_valid);
            rows(&mut w, &self.key_sets);
            w.bytes(&self.key_test);
            w.bytes(&self.key_digits);

            lengths(&mut w, &self.schema_starts);
            rows(&mut w, &self.schema_valid);
            w.u64s(&self.masks);
            let unpacked = self.schema_keys.iter().map(|key| SchemaKey(*key));
            w.u24s(&unpacked.clone().map(|key| to_u32(key.key())).collect::<Vec<_>>());
            w.u16s(&unpacked.map(|key| to_u16(key.rows())).collect::<Vec<_>>());
            w.u32s(&self.rows.iter().map(|row| row.cell()).collect::<Vec<_>>());
            w.u16s(&self.rows.iter().map(|row| row.rank()).collect::<Vec<_>>());
            w.u24s(&self.second_rows);
            w.u16s(&self.second_ranks);

            w.u24s(&self.engine_cells);
            w.u16s(&self.engine_models);
            lengths(&mut w, &self.engine_starts);
            w.u24s(&self.engine_row_cells);
            w.u16s(&self.engine_row_ranks);

            w.u64s(&self.wmi_codes);
            w.u24s(&self.wmi_manufacturers);
            w.bytes(&self.wmi_types);
            w.bytes(&self.wmi_trucks);
            w.u16s(&self.wmi_public);
            lengths(&mut w, &self.wmi_link_starts);
            for column in [&self.link_schemas, &self.link_from, &self.link_to] {
                w.u16s(column);
            }
            lengths(&mut w, &self.wmi_make_starts);
            w.u24s(&self.wmi_makes);
            w.bytes(&self.type_ids);
            w.u24s(&self.type_cells);

            w.bytes(&self.default_types);
            w.bytes(&self.default_slots);
            w.u24s(&self.default_texts);

            w.u24s(&self.spec_models);
            w.u16s(&self.spec_of_model);
            w.u24s(&self.spec_makes);
            w.bytes(&self.spec_types);
            lengths(&mut w, &self.spec_year_starts);
            w.u16s(&self.spec_years);
            lengths(&mut w, &self.spec_pattern_starts);
            lengths(&mut w, &self.spec_key_starts);
            w.u24s(&self.spec_keys);
            lengths(&mut w, &self.spec_row_starts);
            w.u24s(&self.spec_row_cells);
            w.u24s(&self.spec_row_ranks);

            w.bytes(&self.exceptions);
            w.u24s(&self.choice_makes);
            w.u24s(&self.choice_models);
            w.u16s(&self.choice_from);
            w.u16s(&self.choice_to);
            w
        }
    }

    fn lengths(w: &mut ColumnWriter, starts: &[u32]) {
        let lengths = starts.windows(2).map(|pair| to_u16((pair[1] - pair[0]) as usize));
        w.u16s(&lengths.collect::<Vec<_>>());
    }

    fn rows<const N: usize>(w: &mut ColumnWriter, rows: &[[u16; N]]) {
        for index in 0..N {
            w.u16s(&rows.iter().map(|row| row[index]).collect::<Vec<_>>());
        }
    }

    /// The builder has rejected longer groups.
    fn to_u16(length: usize) -> u16 {
        u16::try_from(length).expect("a group has fewer than 65,536 entries")
    }

    fn to_u32(number: usize) -> u32 {
        u32::try_from(number).expect("there are fewer than a million keys")
    }
}
