//! Compiles the patterns: each distinct key once, and the rows grouped by schema and key, and ranked.

use std::collections::{BTreeMap, HashMap};

use super::cells::{Cells, to_u32};
use super::keys::{self, Key};
use super::{BuildError, Source};
use crate::tables::{self, CHECKED_POSITIONS, FORMULA, KEY_LENGTH, Tables, pack_schema_key};

/// Elements that are determined by the manufacturer or the year, never by a pattern.
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

/// Groups schemas that can match with the same priority: those that a manufacturer uses from the
/// same year on. Implemented as a disjoint-set forest.
pub(crate) struct SchemaGroups(Vec<u32>);

impl SchemaGroups {
    pub(crate) fn new(schemas: usize) -> Self {
        Self((0..to_u32(schemas)).collect())
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
    mut schema_groups: SchemaGroups,
    tables: &mut Tables,
) -> Result<(), BuildError> {
    let pattern = source.table("pattern")?;
    let wanted = ["id", "vinschemaid", "keys", "elementid", "attributeid", "updatedon|createdon"];

    // Each distinct key once, by its text.
    let mut texts: BTreeMap<String, u32> = BTreeMap::new();
    for row in pattern.rows("pattern", &["keys"])? {
        let text = row.text(0).unwrap_or_default();
        if !texts.contains_key(text) {
            texts.insert(text.to_owned(), 0);
        }
    }
    let mut compiled = Vec::with_capacity(texts.len());
    for (number, (text, key)) in texts.iter_mut().enumerate() {
        *key = to_u32(number);
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
        for (index, position) in CHECKED_POSITIONS.iter().enumerate() {
            valid[*schema as usize][index] |= compiled[key as usize].sets[position - 4].valid;
        }
        let element: u16 = row.number(3)?;
        let Some(slot) = cells.slot(element) else { continue };
        if *qced || NOT_FROM_PATTERNS.contains(&element) {
            continue;
        }
        let attribute = row.text(4).unwrap_or_default();
        let cell = cells
            .find(element, attribute)
            .ok_or_else(|| BuildError::new("an attribute was not collected"))?;
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
    // Values read from digits have the same priority for all years, so they are ranked together.
    let mut ranking_group = |row: &Row| {
        let is_formula = compiled[row.key as usize].digits.is_some();
        if is_formula { u32::MAX } else { schema_groups.root(row.schema) }
    };
    let ranking_groups: Vec<u32> = rows.iter().map(&mut ranking_group).collect();
    rank(&mut rows, &texts, &ranking_groups, cells)?;
    write_masks(&valid, tables)?;
    write_rows(rows, schemas.len(), tables)
}

/// Step 6: ranks the rows by date (newest first), length of the key without `*` (shortest first),
/// text of the key without brackets, and id. The primary criterion, the year, is applied when a VIN
/// is decoded. Rows are ranked within the groups given by `ranking_groups`.
fn rank(
    rows: &mut [Row],
    texts: &BTreeMap<String, u32>,
    ranking_groups: &[u32],
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
    for (index, (length, text, key)) in by_text.iter().enumerate() {
        if index > 0 && (*length, text) != (by_text[index - 1].0, &by_text[index - 1].1) {
            order += 1;
        }
        key_order[*key as usize] = order;
    }

    let mut groups: BTreeMap<(u32, u8), Vec<u32>> = BTreeMap::new();
    for (index, row) in rows.iter().enumerate() {
        groups.entry((ranking_groups[index], row.slot)).or_default().push(to_u32(index));
    }
    for group in groups.values_mut() {
        group.sort_by_key(|index| {
            let row = &rows[*index as usize];
            (std::cmp::Reverse(row.date), key_order[row.key as usize], row.id)
        });
        for (rank, index) in group.iter().enumerate() {
            rows[*index as usize].rank = to_u16(rank)?;
        }
    }

    // Engine models are ranked by date and higher id, displacements to convert by date alone.
    let engine = cells.slot(18).map(|slot| slot.to_le_bytes()[0]);
    let displacement =
        [11, 12, 13].map(|element| cells.slot(element).map(|slot| slot.to_le_bytes()[0]));
    let mut groups: BTreeMap<(u32, bool), Vec<u32>> = BTreeMap::new();
    for (index, row) in rows.iter().enumerate() {
        let is_engine = Some(row.slot) == engine;
        if is_engine || displacement.contains(&Some(row.slot)) {
            groups.entry((ranking_groups[index], is_engine)).or_default().push(to_u32(index));
        }
    }
    for ((_, is_engine), group) in &mut groups {
        group.sort_by_key(|index| {
            let row = &rows[*index as usize];
            (std::cmp::Reverse(row.date), std::cmp::Reverse(row.id))
        });
        let mut rank = 0;
        for index in 0..group.len() {
            let date = |index: usize| rows[group[index] as usize].date;
            if index > 0 && (*is_engine || date(index) != date(index - 1)) {
                rank += 1;
            }
            rows[group[index] as usize].second = Some(to_u16(rank)?);
        }
    }
    Ok(())
}

fn to_u16(number: usize) -> Result<u16, BuildError> {
    u16::try_from(number).map_err(|_| BuildError::new("a group has more than 65,535 entries"))
}

fn write_keys(compiled: &[Key], tables: &mut Tables) -> Result<(), BuildError> {
    let mut numbers = HashMap::new();
    for key in compiled {
        let mut sets = [0; KEY_LENGTH];
        for (number, set) in sets.iter_mut().zip(key.sets) {
            let next = numbers.len();
            *number = to_u16(*numbers.entry(set).or_insert_with(|| {
                tables.set_matches.push(set.matches);
                tables.set_valid.push(set.valid);
                next
            }))?;
        }
        let narrowest = (0..KEY_LENGTH).min_by_key(|index| key.sets[*index].matches.count_ones());
        let test = narrowest.map_or(0, |index| index.to_le_bytes()[0]);
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
            *number = to_u16(*numbers.entry(*mask).or_insert_with(|| {
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
    for schema in 0..to_u32(schemas) {
        tables.schema_starts.push(to_u32(tables.schema_keys.len()));
        tables.schema_rows.push(to_u32(tables.rows.len()));
        let (own, others) = rest.split_at(rest.partition_point(|row| row.schema == schema));
        rest = others;
        for group in own.chunk_by(|one, other| one.key == other.key) {
            let key = group[0].key;
            let test = tables.key_test[key as usize] & 0xf;
            let set = tables.key_sets[key as usize][usize::from(test)];
            let count = u32::from(to_u16(group.len())?);
            tables.schema_keys.push(pack_schema_key(key, test, set, count));
            for row in group {
                if let Some(second) = row.second {
                    tables.second_rows.push(to_u32(tables.rows.len()));
                    tables.second_ranks.push(second);
                }
                tables.rows.push(tables::Row::new(row.cell, row.slot, row.rank));
            }
        }
    }
    tables.schema_starts.push(to_u32(tables.schema_keys.len()));
    tables.schema_rows.push(to_u32(tables.rows.len()));
    Ok(())
}
