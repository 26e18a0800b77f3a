//! Compiles vehicle specifications, which supply values that no pattern has, and engine models.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::cells::{Cells, to_u32};
use super::{BuildError, Source};
use crate::tables::Tables;

/// Calls `collect` with the element and attribute of every row of engine models and specifications.
pub(crate) fn collect_attributes(
    source: &Source,
    mut collect: impl FnMut(u16, &str),
) -> Result<(), BuildError> {
    for table in ["enginemodelpattern", "vspecpattern"] {
        for row in source.table(table)?.rows(table, &["elementid", "attributeid"])? {
            collect(row.number(0)?, row.text(1).unwrap_or_default());
        }
    }
    Ok(())
}

/// Fills the columns of engine models. The rows of each are sorted best first.
pub(crate) fn compile_engines(
    source: &Source,
    cells: &Cells,
    tables: &mut Tables,
) -> Result<(), BuildError> {
    let mut models: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    for row in source.table("enginemodel")?.rows("enginemodel", &["id", "name"])? {
        let name = row.text(1).unwrap_or_default().trim().to_lowercase();
        models.entry(name).or_default().push(row.number(0)?);
    }
    let mut rows: HashMap<u32, Vec<(Reverse<i64>, u32, u32)>> = HashMap::new();
    let mut dates = BTreeSet::new();
    let wanted = ["enginemodelid", "elementid", "attributeid", "updatedon|createdon", "id"];
    for row in source.table("enginemodelpattern")?.rows("enginemodelpattern", &wanted)? {
        let Some(cell) = cells.find(row.number(1)?, row.text(2).unwrap_or_default()) else {
            continue;
        };
        let date = Reverse(row.time(3)?.unwrap_or(i64::MAX));
        dates.insert(date);
        rows.entry(row.number(0)?).or_default().push((date, row.number(4)?, cell));
    }
    let ranks: HashMap<_, _> = dates.into_iter().zip(0_u16..).collect();

    let mut by_name = HashMap::new();
    tables.engine_starts.push(0);
    for (name, ids) in &models {
        let mut own: Vec<_> = ids.iter().filter_map(|id| rows.get(id)).flatten().collect();
        own.sort();
        by_name.insert(name.as_str(), by_name.len());
        for (date, _, cell) in own {
            tables.engine_row_cells.push(*cell);
            tables.engine_row_ranks.push(ranks[date]);
        }
        tables.engine_starts.push(to_u32(tables.engine_row_cells.len()));
    }
    let Some(slot) = cells.slot(18) else { return Ok(()) };
    for cell in tables.cell_starts[slot]..tables.cell_starts[slot + 1] {
        let name = tables.cell_attribute(cell).trim().to_lowercase();
        if let Some(model) = by_name.get(name.as_str()) {
            let model =
                u16::try_from(*model).map_err(|_| BuildError::new("too many engine models"))?;
            tables.engine_cells.push(cell);
            tables.engine_models.push(model);
        }
    }
    Ok(())
}

#[derive(Default)]
struct Pattern {
    id: u32,
    keys: Vec<Option<u32>>,
    /// The dates and the cells.
    rows: Vec<(Reverse<i64>, u32)>,
}

/// Fills the columns of specifications: their models, and the keys and values of each pattern. The
/// values are ranked newest first.
pub(crate) fn compile(
    source: &Source,
    cells: &Cells,
    tables: &mut Tables,
) -> Result<(), BuildError> {
    let mut patterns: BTreeMap<u32, Pattern> = BTreeMap::new();
    let wanted = [
        "vspecschemapatternid",
        "iskey",
        "elementid",
        "attributeid",
        "updatedon|createdon|changedon",
    ];
    for row in source.table("vspecpattern")?.rows("vspecpattern", &wanted)? {
        let id = row.number(0)?;
        let pattern = patterns.entry(id).or_default();
        pattern.id = id;
        let cell = cells.find(row.number(2)?, row.text(3).unwrap_or_default());
        if row.flag(1) {
            pattern.keys.push(cell.map(|cell| tables.cell_folds[cell as usize]));
        } else if let Some(cell) = cell {
            pattern.rows.push((Reverse(row.time(4)?.unwrap_or(i64::MAX)), cell));
        }
    }
    let mut of_schema: BTreeMap<u32, Vec<Pattern>> = BTreeMap::new();
    for row in
        source.table("vspecschemapattern")?.rows("vspecschemapattern", &["id", "schemaid"])?
    {
        let Some(mut pattern) = patterns.remove(&row.number(0)?) else { continue };
        // Keys of private elements never match, nor do two keys of the same element.
        let Some(mut keys) = pattern.keys.iter().copied().collect::<Option<Vec<_>>>() else {
            continue;
        };
        let elements: BTreeSet<_> = keys.iter().map(|key| tables.slot_of(*key)).collect();
        if keys.is_empty() || elements.len() < keys.len() {
            continue;
        }
        keys.sort_unstable();
        pattern.keys = keys.into_iter().map(Some).collect();
        pattern.rows.sort_unstable();
        pattern.rows.dedup();
        of_schema.entry(row.number(1)?).or_default().push(pattern);
    }
    let mut ranks: Vec<(Reverse<i64>, u32, u32)> = of_schema
        .values()
        .flatten()
        .flat_map(|pattern| pattern.rows.iter().map(|(date, cell)| (*date, pattern.id, *cell)))
        .collect();
    ranks.sort_unstable();
    let ranks: HashMap<_, _> = ranks.into_iter().zip(0_u32..).collect();

    let mut years: HashMap<u32, BTreeSet<u16>> = HashMap::new();
    for row in source
        .table("vspecschemayear")?
        .rows("vspecschemayear", &["vspecschemaid|vehiclespecschemaid|schemaid", "year"])?
    {
        years.entry(row.number(0)?).or_default().insert(row.number(1)?);
    }
    let mut indexes = HashMap::new();
    tables.spec_year_starts.push(0);
    tables.spec_pattern_starts.push(0);
    tables.spec_key_starts.push(0);
    tables.spec_row_starts.push(0);
    for row in source
        .table("vspecschema")?
        .rows("vspecschema", &["id", "makeid", "vehicletypeid", "tobeqced"])?
    {
        let id: u32 = row.number(0)?;
        let make = cells.find(26, row.text(1).unwrap_or_default());
        let (Some(own), Some(make)) = (of_schema.get_mut(&id), make) else { continue };
        // Some have type -1, which no vehicle has.
        let Some(kind) = row.text(2).and_then(|kind| kind.parse().ok()) else { continue };
        if row.flag(3) {
            continue;
        }
        own.sort_by_key(|pattern| pattern.id);
        indexes.insert(
            id,
            u16::try_from(indexes.len()).map_err(|_| BuildError::new("too many specifications"))?,
        );
        tables.spec_makes.push(make);
        tables.spec_types.push(kind);
        tables.spec_years.extend(years.get(&id).into_iter().flatten());
        tables.spec_year_starts.push(to_u32(tables.spec_years.len()));
        for pattern in own.iter() {
            tables.spec_keys.extend(pattern.keys.iter().flatten());
            tables.spec_key_starts.push(to_u32(tables.spec_keys.len()));
            tables.spec_row_cells.extend(pattern.rows.iter().map(|(_, cell)| *cell));
            let rank = |(date, cell): &(Reverse<i64>, u32)| ranks[&(*date, pattern.id, *cell)];
            tables.spec_row_ranks.extend(pattern.rows.iter().map(rank));
            tables.spec_row_starts.push(to_u32(tables.spec_row_cells.len()));
        }
        tables.spec_pattern_starts.push(to_u32(tables.spec_key_starts.len() - 1));
    }
    let mut models = BTreeSet::new();
    let wanted = ["vspecschemaid|vehiclespecschemaid|schemaid", "modelid"];
    for row in source.table("vspecschemamodel")?.rows("vspecschemamodel", &wanted)? {
        let model = cells.find(28, row.text(1).unwrap_or_default());
        if let (Some(model), Some(spec)) = (model, indexes.get(&row.number(0)?)) {
            models.insert((model, *spec));
        }
    }
    tables.spec_models = models.iter().map(|(model, _)| *model).collect();
    tables.spec_of_model = models.iter().map(|(_, spec)| *spec).collect();
    Ok(())
}
