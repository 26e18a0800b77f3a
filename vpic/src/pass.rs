//! Decodes a VIN for a single model year: steps 3 to 10.

use crate::known_elements::KnownElements;
use crate::tables::{EVERY_ROW, FORMULA, KEY_LENGTH, NO_CELL, SchemaKey, Tables, group};
use crate::wmi::Vin;

/// The priority of values read from digits in the VIN.
const FORMULA_PRIORITY: u16 = 100;
/// The priority of values derived from the engine model, below that of every pattern.
const ENGINE_PRIORITY: u16 = 50;
/// In an item: no key.
pub(crate) const NO_KEY: u32 = u32::MAX;

/// How a value was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    Nothing,
    Pattern,
    Formula,
    EngineModel,
    /// From the manufacturer's record: make, manufacturer, type.
    Manufacturer,
    /// The make of a model.
    Model,
    Year,
    Conversion,
    Specification,
    Default,
}

/// The value of an element.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Item {
    /// The cell; for a default, its text; for the model year, the year.
    pub(crate) cell: u32,
    /// The key that matched.
    pub(crate) key: u32,
    /// The row, for NHTSA's second order; for a specification, its rank.
    row: u32,
    priority: u16,
    rank: u16,
    pub(crate) origin: Origin,
}

const NOTHING: Item =
    Item { cell: 0, key: NO_KEY, row: 0, priority: 0, rank: 0, origin: Origin::Nothing };

impl Item {
    /// Whether it comes from a pattern.
    pub(crate) fn is_of_pattern(self) -> bool {
        matches!(self.origin, Origin::Pattern | Origin::Formula | Origin::EngineModel)
    }

    fn is_better_than(self, other: Self) -> bool {
        (self.priority, std::cmp::Reverse(self.rank))
            > (other.priority, std::cmp::Reverse(other.rank))
    }
}

/// The values decoded for one model year.
#[derive(Debug)]
pub(crate) struct Pass {
    pub(crate) year: Option<u16>,
    /// The item of each slot.
    pub(crate) items: Vec<Item>,
    /// Additional items of elements for which every row counts, with their slots.
    pub(crate) extra: Vec<(u8, Item)>,
}

struct Decoding<'a> {
    tables: &'a Tables,
    known: &'a KnownElements,
    pass: Pass,
    engine: Option<Item>,
}

/// Decodes for one model year. Without a year, every schema of the manufacturer is used.
pub(crate) fn run(
    tables: &Tables,
    known: &KnownElements,
    vin: &Vin,
    wmi: Option<usize>,
    year: Option<u16>,
) -> Pass {
    let pass = Pass { year, items: vec![NOTHING; tables.element_ids.len()], extra: Vec::new() };
    let mut decoding = Decoding { tables, known, pass, engine: None };
    if let Some(wmi) = wmi {
        decoding.match_patterns(&vin.key(), wmi);
        decoding.add_engine();
        decoding.add_manufacturer(wmi);
        decoding.convert();
        decoding.add_specifications(wmi);
        decoding.add_defaults(wmi);
    }
    decoding.pass
}

impl Decoding<'_> {
    /// Steps 3, 4 and 6: finds all rows whose key matches, and the best one for each element.
    fn match_patterns(&mut self, symbols: &[u8; KEY_LENGTH], wmi: usize) {
        let tables = self.tables;
        for link in group(&tables.wmi_link_starts, wmi) {
            if !covers(tables, link, self.pass.year) {
                continue;
            }
            let schema = usize::from(tables.link_schemas[link]);
            let mut row = tables.schema_rows[schema] as usize;
            for packed in &tables.schema_keys[group(&tables.schema_starts, schema)] {
                let key = SchemaKey(*packed);
                let rows = row..row + key.rows();
                row = rows.end;
                if tables.set_matches[key.set()] >> symbols[key.test()] & 1 == 1
                    && matches(tables, key.key(), symbols)
                {
                    self.add_rows(key.key(), rows, tables.link_from[link]);
                }
            }
        }
    }

    fn add_rows(&mut self, key: usize, rows: std::ops::Range<usize>, from: u16) {
        let tables = self.tables;
        let is_formula = tables.key_test[key] & FORMULA != 0;
        let (origin, priority) =
            if is_formula { (Origin::Formula, FORMULA_PRIORITY) } else { (Origin::Pattern, from) };
        for row in rows {
            let found = tables.rows[row];
            let (cell, slot) = (found.cell(), found.slot());
            let item = Item {
                cell,
                key: to_u32(key),
                row: to_u32(row),
                priority,
                rank: found.rank(),
                origin,
            };
            self.offer(slot, item);
            if origin == Origin::Pattern
                && Some(tables.cell_slots[cell as usize]) == self.known.engine_model
            {
                self.offer_engine(item);
            }
        }
    }

    fn offer(&mut self, slot: u8, item: Item) {
        let best = &mut self.pass.items[usize::from(slot)];
        if best.origin == Origin::Nothing {
            *best = item;
        } else if self.tables.element_flags[usize::from(slot)] & EVERY_ROW != 0 {
            self.pass.extra.push((slot, item));
        } else if item.is_better_than(*best) {
            *best = item;
        }
    }

    /// Step 5 uses the newest engine model, which has its own order.
    fn offer_engine(&mut self, item: Item) {
        let newer = self.engine.is_none_or(|engine| {
            item.priority > engine.priority
                || item.priority == engine.priority
                    && second_rank(self.tables, item) < second_rank(self.tables, engine)
        });
        if newer {
            self.engine = Some(item);
        }
    }

    /// Step 5: adds the values derived from the engine model.
    fn add_engine(&mut self) {
        let Some(engine) = self.engine else { return };
        let tables = self.tables;
        let Ok(index) = tables.engine_cells.binary_search(&engine.cell) else { return };
        for row in group(&tables.engine_starts, usize::from(tables.engine_models[index])) {
            let (cell, rank) = (tables.engine_row_cells[row], tables.engine_row_ranks[row]);
            let slot = tables.cell_slots[cell as usize];
            let item = Item {
                cell,
                key: engine.key,
                row: to_u32(row),
                priority: ENGINE_PRIORITY,
                rank,
                origin: Origin::EngineModel,
            };
            // The rows are sorted best first, so a second row of an element is never better.
            let empty = self.pass.items[usize::from(slot)].origin == Origin::Nothing;
            if empty || tables.element_flags[usize::from(slot)] & EVERY_ROW != 0 {
                self.offer(slot, item);
            }
        }
    }

    /// Step 7: adds the values of the manufacturer's record.
    fn add_manufacturer(&mut self, wmi: usize) {
        let tables = self.tables;
        let index = |kind: u8| tables.type_ids.iter().position(|id| *id == kind);
        if let (Some(slot), Some(index)) = (self.known.vehicle_type, index(tables.wmi_types[wmi])) {
            self.set(slot, tables.type_cells[index], Origin::Manufacturer);
        }
        if let Some(slot) = self.known.manufacturer
            && tables.wmi_manufacturers[wmi] != NO_CELL
        {
            self.set(slot, tables.wmi_manufacturers[wmi], Origin::Manufacturer);
        }
        if let (Some(slot), Some(year)) = (self.known.model_year, self.pass.year) {
            self.set(slot, u32::from(year), Origin::Year);
        }
        let Some(slot) = self.known.make else { return };
        if let Some(model) = self.model() {
            let make = tables.model_makes[(model.cell - self.known.first_model) as usize];
            if make != NO_CELL {
                self.set(slot, make, Origin::Model);
                self.pass.items[usize::from(slot)].key = model.key;
            }
        } else if let [make] = tables.wmi_makes[group(&tables.wmi_make_starts, wmi)] {
            self.set(slot, make, Origin::Manufacturer);
        }
    }

    fn set(&mut self, slot: u8, cell: u32, origin: Origin) {
        self.pass.items[usize::from(slot)] = Item { cell, origin, ..NOTHING };
    }

    fn model(&self) -> Option<Item> {
        let item = self.pass.items[usize::from(self.known.model?)];
        (item.origin != Origin::Nothing).then_some(item)
    }

    /// Step 8: converts between cubic centimeters, cubic inches and liters. The conversions were
    /// computed when the data was built.
    fn convert(&mut self) {
        let Some(slots) = self.known.displacements else { return };
        let found = slots.map(|slot| self.pass.items[usize::from(slot)]);
        for target in 0..3 {
            if found[target].origin != Origin::Nothing {
                continue;
            }
            let mut sources = (0..3).filter(|source| found[*source].origin != Origin::Nothing);
            let Some(mut best) = sources.next() else { return };
            if let Some(other) = sources.next()
                && self.converts_before(found[other], found[best])
            {
                best = other;
            }
            let column = if target < best { target } else { target - 1 };
            let index = found[best].cell.wrapping_sub(self.known.first_displacement[best]) as usize;
            let cell = self.tables.converted[column][index];
            if cell != NO_CELL {
                self.set(slots[target], cell, Origin::Conversion);
                self.pass.items[usize::from(slots[target])].key = found[best].key;
            }
        }
    }

    fn converts_before(&self, one: Item, other: Item) -> bool {
        if one.priority != other.priority {
            return one.priority > other.priority;
        }
        if one.origin == Origin::EngineModel {
            return one.rank < other.rank;
        }
        second_rank(self.tables, one) < second_rank(self.tables, other)
    }

    /// Step 9: adds the values of specifications for make, type, model and year.
    fn add_specifications(&mut self, wmi: usize) {
        let tables = self.tables;
        let Some(model) = self.model() else { return };
        let makes = &tables.wmi_makes[group(&tables.wmi_make_starts, wmi)];
        let first = tables.spec_models.partition_point(|known| *known < model.cell);
        let mut further: Vec<(u8, Item)> = Vec::new();
        for index in first..tables.spec_models.len() {
            if tables.spec_models[index] != model.cell {
                break;
            }
            if !self.known.spec_spans[index].may_apply(tables.wmi_types[wmi], self.pass.year) {
                continue;
            }
            let spec = usize::from(tables.spec_of_model[index]);
            let years = &tables.spec_years[group(&tables.spec_year_starts, spec)];
            let of_year =
                years.is_empty() || self.pass.year.is_some_and(|year| years.contains(&year));
            if of_year && makes.contains(&tables.spec_makes[spec]) {
                for pattern in group(&tables.spec_pattern_starts, spec) {
                    if self.has_all(&tables.spec_keys[group(&tables.spec_key_starts, pattern)]) {
                        self.fill(group(&tables.spec_row_starts, pattern), &mut further);
                    }
                }
            }
        }
        self.pass.extra.append(&mut further);
    }

    /// Whether all of these cells have been decoded, ignoring case.
    fn has_all(&self, cells: &[u32]) -> bool {
        cells.iter().all(|cell| {
            let slot = self.tables.cell_slots[*cell as usize];
            let is_it = |item: Item| {
                !matches!(item.origin, Origin::Nothing | Origin::Specification | Origin::Year)
                    && self.tables.cell_folds[item.cell as usize] == *cell
            };
            let mut extra = self.pass.extra.iter().filter(|(of, _)| *of == slot);
            is_it(self.pass.items[usize::from(slot)]) || extra.any(|(_, item)| is_it(*item))
        })
    }

    /// Fills in missing values. Newer patterns take precedence. Notes are added to existing ones.
    fn fill(&mut self, rows: std::ops::Range<usize>, further: &mut Vec<(u8, Item)>) {
        let tables = self.tables;
        for row in rows {
            let (cell, rank) = (tables.spec_row_cells[row], tables.spec_row_ranks[row]);
            let slot = tables.cell_slots[cell as usize];
            let item = Item { cell, row: rank, origin: Origin::Specification, ..NOTHING };
            let best = &mut self.pass.items[usize::from(slot)];
            match best.origin {
                Origin::Nothing => *best = item,
                Origin::Specification if rank < best.row => *best = item,
                Origin::Specification => {}
                _ if self.known.adds_to(tables, slot) => {
                    match further.iter_mut().find(|(of, _)| *of == slot) {
                        None => further.push((slot, item)),
                        Some((_, known)) if rank < known.row => *known = item,
                        Some(_) => {}
                    }
                }
                _ => {}
            }
        }
    }

    /// Step 10: adds the default values of the vehicle type.
    fn add_defaults(&mut self, wmi: usize) {
        let tables = self.tables;
        let kind = tables.wmi_types[wmi];
        let first = tables.default_types.partition_point(|of| *of < kind);
        let last = tables.default_types.partition_point(|of| *of <= kind);
        for index in first..last {
            let item = &mut self.pass.items[usize::from(tables.default_slots[index])];
            if item.origin == Origin::Nothing {
                *item =
                    Item { cell: tables.default_texts[index], origin: Origin::Default, ..NOTHING };
            }
        }
    }
}

/// Whether the schema of a link applies to the year.
pub(crate) fn covers(tables: &Tables, link: usize, year: Option<u16>) -> bool {
    year.is_none_or(|year| (tables.link_from[link]..=tables.link_to[link]).contains(&year))
}

fn matches(tables: &Tables, key: usize, symbols: &[u8; KEY_LENGTH]) -> bool {
    let sets = &tables.key_sets[key];
    sets.iter()
        .zip(symbols)
        .all(|(set, symbol)| tables.set_matches[usize::from(*set)] >> symbol & 1 == 1)
}

/// The rank of an item in NHTSA's second order, which is primarily by date.
fn second_rank(tables: &Tables, item: Item) -> u16 {
    let index = tables.second_rows.binary_search(&item.row);
    index.map_or(u16::MAX, |index| tables.second_ranks[index])
}

fn to_u32(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
