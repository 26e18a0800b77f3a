//! The tables: columns of numbers that refer to each other, and a string with all texts. The
//! builder fills the structure that the decoder reads.

mod columns;

/// The maximum number of symbols in a key: positions 4–8, the bar, positions 10–14.
pub(crate) const KEY_LENGTH: usize = 11;
/// The positions for which NHTSA knows which characters a manufacturer uses.
pub(crate) const CHECKED_POSITIONS: [usize; 9] = [4, 5, 6, 7, 8, 11, 12, 13, 14];
/// In a column of cells: none.
pub(crate) const NO_CELL: u32 = (1 << 24) - 1;
/// In `wmi_public`: never.
pub(crate) const NEVER: u16 = u16::MAX;
/// In `link_to`: no last year.
#[cfg(feature = "build")]
pub(crate) const NO_END_YEAR: u16 = u16::MAX;
/// In `element_flags`: every row counts, not just the best one.
pub(crate) const EVERY_ROW: u8 = 1;
/// In `key_test`: the key has `#` for digits to read.
pub(crate) const FORMULA: u8 = 1 << 7;

/// All tables. A *slot* is the index of an element in the order of results. A *cell* is an
/// attribute of an element, such as body class 3, Coupe; cells are sorted by slot.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Tables {
    pub(crate) words: String,
    /// The start of each text in `words`. Text 0 is empty.
    pub(crate) text_starts: Vec<u32>,

    pub(crate) element_ids: Vec<u16>,
    pub(crate) element_names: Vec<u32>,
    pub(crate) element_codes: Vec<u32>,
    pub(crate) element_groups: Vec<u32>,
    pub(crate) element_weights: Vec<u16>,
    pub(crate) element_flags: Vec<u8>,

    pub(crate) cell_starts: Vec<u32>,
    /// The slot of each cell. Not in the file because it is derived from `cell_starts`.
    pub(crate) cell_slots: Vec<u8>,
    /// The start of each cell's value in `words`, and its length. Not in the file because it is
    /// derived from `cell_values` and `text_starts`.
    pub(crate) cell_spans: Vec<(u32, u16)>,
    pub(crate) cell_attributes: Vec<u32>,
    pub(crate) cell_values: Vec<u32>,
    /// The first cell with the same attribute, ignoring case.
    pub(crate) cell_folds: Vec<u32>,
    /// For each displacement cell (of elements 11, 12 and 13 in turn), the cells of the other two.
    pub(crate) converted: [Vec<u32>; 2],
    /// For each model cell, the cell of its make.
    pub(crate) model_makes: Vec<u32>,

    /// The characters that match.
    pub(crate) set_matches: Vec<u64>,
    /// The characters that the set specifies; none for a `*`.
    pub(crate) set_valid: Vec<u64>,
    pub(crate) key_sets: Vec<[u16; KEY_LENGTH]>,
    /// The index of the symbol to test first, because it matches the fewest characters; and
    /// [`FORMULA`].
    pub(crate) key_test: Vec<u8>,
    /// The index of the first `#` in the high four bits, of the last one in the low four bits.
    pub(crate) key_digits: Vec<u8>,

    pub(crate) schema_starts: Vec<u32>,
    pub(crate) schema_rows: Vec<u32>,
    /// For each of [`CHECKED_POSITIONS`], the index in `masks` of the characters that any key of
    /// the schema allows.
    pub(crate) schema_valid: Vec<[u16; CHECKED_POSITIONS.len()]>,
    pub(crate) masks: Vec<u64>,
    /// The keys of schemas: the key (20 bits), the symbol to test (4), the set there (16), the
    /// number of rows (24). They are packed so that a scan reads one word per key.
    pub(crate) schema_keys: Vec<u64>,
    pub(crate) rows: Vec<Row>,
    /// The rows of engine models and displacements, for which NHTSA has a second order.
    pub(crate) second_rows: Vec<u32>,
    pub(crate) second_ranks: Vec<u16>,

    pub(crate) engine_cells: Vec<u32>,
    pub(crate) engine_models: Vec<u16>,
    pub(crate) engine_starts: Vec<u32>,
    pub(crate) engine_row_cells: Vec<u32>,
    pub(crate) engine_row_ranks: Vec<u16>,

    /// WMIs as numbers, with the first character in the highest of six bytes; sorted.
    pub(crate) wmi_codes: Vec<u64>,
    pub(crate) wmi_manufacturers: Vec<u32>,
    pub(crate) wmi_types: Vec<u8>,
    pub(crate) wmi_trucks: Vec<u8>,
    /// The date from which the manufacturer is public, in days since 1970.
    pub(crate) wmi_public: Vec<u16>,
    pub(crate) wmi_link_starts: Vec<u32>,
    pub(crate) link_schemas: Vec<u16>,
    pub(crate) link_from: Vec<u16>,
    pub(crate) link_to: Vec<u16>,
    pub(crate) wmi_make_starts: Vec<u32>,
    pub(crate) wmi_makes: Vec<u32>,
    pub(crate) type_ids: Vec<u8>,
    pub(crate) type_cells: Vec<u32>,

    pub(crate) default_types: Vec<u8>,
    pub(crate) default_slots: Vec<u8>,
    pub(crate) default_texts: Vec<u32>,

    /// The model cells that have specifications, sorted.
    pub(crate) spec_models: Vec<u32>,
    pub(crate) spec_of_model: Vec<u16>,
    pub(crate) spec_makes: Vec<u32>,
    pub(crate) spec_types: Vec<u8>,
    pub(crate) spec_year_starts: Vec<u32>,
    pub(crate) spec_years: Vec<u16>,
    pub(crate) spec_pattern_starts: Vec<u32>,
    pub(crate) spec_key_starts: Vec<u32>,
    pub(crate) spec_keys: Vec<u32>,
    pub(crate) spec_row_starts: Vec<u32>,
    pub(crate) spec_row_cells: Vec<u32>,
    pub(crate) spec_row_ranks: Vec<u32>,

    /// VINs with a wrong check digit from the manufacturer, 17 bytes each, sorted.
    pub(crate) exceptions: Vec<u8>,

    pub(crate) choice_makes: Vec<u32>,
    pub(crate) choice_models: Vec<u32>,
    pub(crate) choice_from: Vec<u16>,
    pub(crate) choice_to: Vec<u16>,
}

/// Packs a key of a schema for [`Tables::schema_keys`].
pub(crate) fn pack_schema_key(key: u32, test: u8, set: u16, rows: u32) -> u64 {
    u64::from(key) | u64::from(test & 0xf) << 20 | u64::from(set) << 24 | u64::from(rows) << 40
}

/// A packed key of a schema.
#[derive(Clone, Copy)]
pub(crate) struct SchemaKey(pub(crate) u64);

impl SchemaKey {
    pub(crate) fn key(self) -> usize {
        (self.0 & 0xf_ffff) as usize
    }
    pub(crate) fn test(self) -> usize {
        (self.0 >> 20 & 0xf) as usize
    }
    pub(crate) fn set(self) -> usize {
        (self.0 >> 24 & 0xffff) as usize
    }
    pub(crate) fn rows(self) -> usize {
        (self.0 >> 40) as usize
    }
}

/// A row of a pattern, packed into six bytes to save memory accesses: three for the cell, one for
/// the cell's slot, two for the rank. Among the rows of an element that can match with the same
/// priority, a lower rank is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Row([u8; 6]);

impl Row {
    pub(crate) fn new(cell: u32, slot: u8, rank: u16) -> Self {
        let ([a, b, c, _], [low, high]) = (cell.to_le_bytes(), rank.to_le_bytes());
        Self([a, b, c, slot, low, high])
    }
    pub(crate) fn cell(self) -> u32 {
        u32::from_le_bytes([self.0[0], self.0[1], self.0[2], 0])
    }
    pub(crate) fn slot(self) -> u8 {
        self.0[3]
    }
    pub(crate) fn rank(self) -> u16 {
        u16::from_le_bytes([self.0[4], self.0[5]])
    }
}

/// The range of group `index` in a column of starts.
pub(crate) fn group(starts: &[u32], index: usize) -> std::ops::Range<usize> {
    starts[index] as usize..starts[index + 1] as usize
}

impl Tables {
    pub(crate) fn text(&self, text: u32) -> &str {
        &self.words[group(&self.text_starts, text as usize)]
    }

    /// The slot of an element by its NHTSA id.
    pub(crate) fn slot(&self, element: u16) -> Option<usize> {
        self.element_ids.iter().position(|id| *id == element)
    }

    /// The slot of a cell, computed without `cell_slots`.
    #[cfg(feature = "build")]
    pub(crate) fn slot_of(&self, cell: u32) -> usize {
        self.cell_starts.partition_point(|start| *start <= cell) - 1
    }

    pub(crate) fn cell_value(&self, cell: u32) -> &str {
        let (start, length) = self.cell_spans[cell as usize];
        &self.words[start as usize..start as usize + usize::from(length)]
    }

    pub(crate) fn cell_attribute(&self, cell: u32) -> &str {
        self.text(self.cell_attributes[cell as usize])
    }
}
