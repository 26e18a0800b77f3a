//! The patterns: keys compiled once, rows grouped by schema and key, and ranked.

use std::collections::{BTreeMap, HashMap};

use super::cells::{Cells, small};
use super::keys::{self, Key};
use super::{BuildError, Source};
use crate::tables::{self, CHECKED_POSITIONS, FORMULA, KEY_LENGTH, Tables, pack_schema_key};

/// Elements that come from the maker or the year, never from a pattern.
pub(crate) const NOT_FROM_PATTERNS: [u16; 4] = [26, 27, 29, 39];

struct Row {
    schema: u32,
    key: u32,
    slot: u8,
    cell: u32,
    date: i64,
    id: u32,
    rank: u16,
    second: Option<u16>,
}

/// Which schemas can meet with one another at one priority: those that a maker uses from one year on.
pub(crate) struct Meetings(Vec<u32>);

impl Meetings {
    pub(crate) fn new(schemas: usize) -> Self {
        Self((0..small(schemas)).collect())
    }

    fn root(&mut self, mut schema: u32) -> u32 {
        while self.0[schema as usize] != schema {
            self.0[schema as usize] = self.0[self.0[schema as usize] as usize];
            schema = self.0[schema as usize];
        }
        schema
    }

    pub(crate) fn join(&mut self, one: u32, other: u32) {
        let (one, other) = (self.root(one), self.root(other));
        self.0[one.max(other) as usize] = one.min(other);
    }
}

/// Fills the columns of sets, keys, schemas and rows.
pub(crate) fn compile(
    source: &Source,
    schemas: &BTreeMap<u32, (u32, bool)>,
    cells: &Cells,
    mut meetings: Meetings,
    tables: &mut Tables,
) -> Result<(), BuildError> {
    let pattern = source.table("pattern")?;
    let wanted = ["id", "vinschemaid", "keys", "elementid", "attributeid", "updatedon|createdon"];

    // Every key once, by its text.
    let mut texts: BTreeMap<String, u32> = BTreeMap::new();
    for row in pattern.rows("pattern", &["keys"])? {
        let text = row.text(0).unwrap_or_default();
        if !texts.contains_key(text) {
            texts.insert(text.to_owned(), 0);
        }
    }
    let mut compiled = Vec::with_capacity(texts.len());
    for (number, (text, key)) in texts.iter_mut().enumerate() {
        *key = small(number);
        compiled.push(keys::compile(&text.to_uppercase())?);
    }
    if compiled.len() >= 1 << 20 {
        return Err(BuildError::new("more than a million keys"));
    }
    write_keys(&compiled, tables)?;

    let mut valid = vec![[0_u64; CHECKED_POSITIONS.len()]; schemas.len()];
    let mut rows = Vec::new();
    for row in pattern.rows("pattern", &wanted)? {
        let Some((schema, qced)) = schemas.get(&row.number(1)?) else { continue };
        let key = texts[row.text(2).unwrap_or_default()];
        for (place, position) in CHECKED_POSITIONS.iter().enumerate() {
            valid[*schema as usize][place] |= compiled[key as usize].sets[position - 4].valid;
        }
        let element: u16 = row.number(3)?;
        let Some(slot) = cells.slot(element) else { continue };
        if *qced || NOT_FROM_PATTERNS.contains(&element) {
            continue;
        }
        let attribute = row.text(4).unwrap_or_default();
        let cell = cells
            .find(element, attribute)
            .ok_or_else(|| BuildError::new("an attribute was not noted"))?;
        let slot = u8::try_from(slot).map_err(|_| BuildError::new("too many elements"))?;
        let date = row.time(5)?.unwrap_or(i64::MAX);
        rows.push(Row {
            schema: *schema,
            key,
            slot,
            cell,
            date,
            id: row.number(0)?,
            rank: 0,
            second: None,
        });
    }
    // Values read from digits have one priority whatever their year, so all of them can meet.
    let mut place = |row: &Row| {
        let is_formula = compiled[row.key as usize].digits.is_some();
        if is_formula { u32::MAX } else { meetings.root(row.schema) }
    };
    let places: Vec<u32> = rows.iter().map(&mut place).collect();
    rank(&mut rows, &texts, &places, cells)?;
    write_masks(&valid, tables)?;
    write_rows(rows, schemas.len(), tables)
}

/// Step 6: newest first; shorter keys without `*` first; keys without brackets in the order of their
/// text; then the lower number. The first of all, the year, is added when a VIN is decoded. `places`
/// says of each row among which others it is ranked.
fn rank(
    rows: &mut [Row],
    texts: &BTreeMap<String, u32>,
    places: &[u32],
    cells: &Cells,
) -> Result<(), BuildError> {
    let mut by_text: Vec<(usize, String, u32)> = texts
        .iter()
        .map(|(text, key)| {
            (text.replace('*', "").chars().count(), text.replace(['[', ']'], ""), *key)
        })
        .collect();
    by_text.sort();
    let mut key_order = vec![0; by_text.len()];
    let mut order = 0;
    for (place, (length, text, key)) in by_text.iter().enumerate() {
        if place > 0 && (*length, text) != (by_text[place - 1].0, &by_text[place - 1].1) {
            order += 1;
        }
        key_order[*key as usize] = order;
    }

    let mut groups: BTreeMap<(u32, u8), Vec<u32>> = BTreeMap::new();
    for (index, row) in rows.iter().enumerate() {
        groups.entry((places[index], row.slot)).or_default().push(small(index));
    }
    for group in groups.values_mut() {
        group.sort_by_key(|index| {
            let row = &rows[*index as usize];
            (std::cmp::Reverse(row.date), key_order[row.key as usize], row.id)
        });
        for (rank, index) in group.iter().enumerate() {
            rows[*index as usize].rank = narrow(rank)?;
        }
    }

    // Engine models are chosen by date and the higher number; displacements to convert by date alone.
    let engine = cells.slot(18).map(|slot| slot.to_le_bytes()[0]);
    let displacement =
        [11, 12, 13].map(|element| cells.slot(element).map(|slot| slot.to_le_bytes()[0]));
    let mut groups: BTreeMap<(u32, bool), Vec<u32>> = BTreeMap::new();
    for (index, row) in rows.iter().enumerate() {
        let is_engine = Some(row.slot) == engine;
        if is_engine || displacement.contains(&Some(row.slot)) {
            groups.entry((places[index], is_engine)).or_default().push(small(index));
        }
    }
    for ((_, is_engine), group) in &mut groups {
        group.sort_by_key(|index| {
            let row = &rows[*index as usize];
            (std::cmp::Reverse(row.date), std::cmp::Reverse(row.id))
        });
        let mut rank = 0;
        for place in 0..group.len() {
            let date = |place: usize| rows[group[place] as usize].date;
            if place > 0 && (*is_engine || date(place) != date(place - 1)) {
                rank += 1;
            }
            rows[group[place] as usize].second = Some(narrow(rank)?);
        }
    }
    Ok(())
}

fn narrow(number: usize) -> Result<u16, BuildError> {
    u16::try_from(number).map_err(|_| BuildError::new("a group has more than 65,535 entries"))
}

fn write_keys(compiled: &[Key], tables: &mut Tables) -> Result<(), BuildError> {
    let mut numbers = HashMap::new();
    for key in compiled {
        let mut sets = [0; KEY_LENGTH];
        for (number, set) in sets.iter_mut().zip(key.sets) {
            let next = numbers.len();
            *number = narrow(*numbers.entry(set).or_insert_with(|| {
                tables.set_matches.push(set.matches);
                tables.set_valid.push(set.valid);
                next
            }))?;
        }
        let narrowest = (0..KEY_LENGTH).min_by_key(|place| key.sets[*place].matches.count_ones());
        let test = narrowest.map_or(0, |place| place.to_le_bytes()[0]);
        tables.key_sets.push(sets);
        tables.key_test.push(test | key.digits.map_or(0, |_| FORMULA));
        tables.key_digits.push(key.digits.map_or(0, |(first, last)| first << 4 | last));
    }
    Ok(())
}

fn write_masks(
    valid: &[[u64; CHECKED_POSITIONS.len()]],
    tables: &mut Tables,
) -> Result<(), BuildError> {
    let mut numbers = HashMap::new();
    for masks in valid {
        let mut row = [0; CHECKED_POSITIONS.len()];
        for (number, mask) in row.iter_mut().zip(masks) {
            let next = numbers.len();
            *number = narrow(*numbers.entry(*mask).or_insert_with(|| {
                tables.masks.push(*mask);
                next
            }))?;
        }
        tables.schema_valid.push(row);
    }
    Ok(())
}

fn write_rows(mut rows: Vec<Row>, schemas: usize, tables: &mut Tables) -> Result<(), BuildError> {
    rows.sort_by_key(|row| (row.schema, row.key, row.cell, row.rank));
    let mut rest = rows.as_slice();
    for schema in 0..small(schemas) {
        tables.schema_starts.push(small(tables.schema_keys.len()));
        tables.schema_rows.push(small(tables.rows.len()));
        let (own, others) = rest.split_at(rest.partition_point(|row| row.schema == schema));
        rest = others;
        for group in own.chunk_by(|one, other| one.key == other.key) {
            let key = group[0].key;
            let test = tables.key_test[key as usize] & 0xf;
            let set = tables.key_sets[key as usize][usize::from(test)];
            let count = u32::from(narrow(group.len())?);
            tables.schema_keys.push(pack_schema_key(key, test, set, count));
            for row in group {
                if let Some(second) = row.second {
                    tables.second_rows.push(small(tables.rows.len()));
                    tables.second_ranks.push(second);
                }
                tables.rows.push(tables::Row::new(row.cell, row.slot, row.rank));
            }
        }
    }
    tables.schema_starts.push(small(tables.schema_keys.len()));
    tables.schema_rows.push(small(tables.rows.len()));
    Ok(())
}
