//! Vehicle specifications, which fill what no pattern says, and engine models.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::cells::{Cells, small};
use super::{BuildError, Source};
use crate::tables::Tables;

/// Calls back with element and attribute of every row of engine models and specifications.
pub(crate) fn note(source: &Source, mut note: impl FnMut(u16, &str)) -> Result<(), BuildError> {
    for table in ["enginemodelpattern", "vspecpattern"] {
        for row in source.table(table)?.rows(table, &["elementid", "attributeid"])? {
            note(row.number(0)?, row.text(1).unwrap_or_default());
        }
    }
    Ok(())
}

/// Fills the columns of engine models: the rows of each, best first.
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
        tables.engine_starts.push(small(tables.engine_row_cells.len()));
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
    /// The date, the element, the cell.
    rows: Vec<(Reverse<i64>, u32)>,
}

/// Fills the columns of specifications: which models they are of, the keys each pattern needs, and
/// what it says, ranked newest first.
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
        // A key of a private element is never met, nor are two of one element.
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
    let mut places = HashMap::new();
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
        // Some are of type -1, which no vehicle is of.
        let Some(kind) = row.text(2).and_then(|kind| kind.parse().ok()) else { continue };
        if row.flag(3) {
            continue;
        }
        own.sort_by_key(|pattern| pattern.id);
        places.insert(
            id,
            u16::try_from(places.len()).map_err(|_| BuildError::new("too many specifications"))?,
        );
        tables.spec_makes.push(make);
        tables.spec_types.push(kind);
        tables.spec_years.extend(years.get(&id).into_iter().flatten());
        tables.spec_year_starts.push(small(tables.spec_years.len()));
        for pattern in own.iter() {
            tables.spec_keys.extend(pattern.keys.iter().flatten());
            tables.spec_key_starts.push(small(tables.spec_keys.len()));
            tables.spec_row_cells.extend(pattern.rows.iter().map(|(_, cell)| *cell));
            let rank = |(date, cell): &(Reverse<i64>, u32)| ranks[&(*date, pattern.id, *cell)];
            tables.spec_row_ranks.extend(pattern.rows.iter().map(rank));
            tables.spec_row_starts.push(small(tables.spec_row_cells.len()));
        }
        tables.spec_pattern_starts.push(small(tables.spec_key_starts.len() - 1));
    }
    let mut models = BTreeSet::new();
    let wanted = ["vspecschemaid|vehiclespecschemaid|schemaid", "modelid"];
    for row in source.table("vspecschemamodel")?.rows("vspecschemamodel", &wanted)? {
        let model = cells.find(28, row.text(1).unwrap_or_default());
        if let (Some(model), Some(spec)) = (model, places.get(&row.number(0)?)) {
            models.insert((model, *spec));
        }
    }
    tables.spec_models = models.iter().map(|(model, _)| *model).collect();
    tables.spec_of_model = models.iter().map(|(_, spec)| *spec).collect();
    Ok(())
}
