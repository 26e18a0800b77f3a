//! Compiles NHTSA's tables to the columns that the decoder reads.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::cells::{Attributes, Cells, TextInterner, to_u32};
use super::rows::{self, NOT_FROM_PATTERNS, SchemaGroups};
use super::{BuildError, Source, specs};
use crate::tables::{NEVER, NO_CELL, NO_END_YEAR, Tables, group};
use crate::wmi;

const DAY: i64 = 86_400_000_000;
/// Vehicle types that are excluded from the lists of makes and models: trailers and incomplete
/// vehicles.
const EXCLUDED_TYPES: [u8; 2] = [6, 10];

/// A text to sort by, and its id.
type Named<'a> = (&'a str, u32);

struct Link {
    schema: u32,
    from: u16,
    to: u16,
}

/// Compiles all tables. `year` is the year of the data.
pub(crate) fn compile(source: &Source, year: u16) -> Result<Tables, BuildError> {
    let mut tables = Tables::default();
    let mut words = TextInterner::new(&mut tables);
    let mut attributes = Attributes::read_elements(source, &mut tables, &mut words)?;
    for row in source.table("pattern")?.rows("pattern", &["elementid", "attributeid"])? {
        let element = row.number(0)?;
        if !NOT_FROM_PATTERNS.contains(&element) {
            attributes.add(element, row.text(1).unwrap_or_default());
        }
    }
    specs::collect_attributes(source, |element, attribute| attributes.add(element, attribute))?;
    for (element, table) in [(26, "make"), (27, "manufacturer"), (39, "vehicletype")] {
        for id in source.lookup(table)?.keys() {
            attributes.add(element, id);
        }
    }
    let cells = attributes.finish(source, &mut tables, &mut words)?;

    let mut schemas = BTreeMap::new();
    for row in source.table("vinschema")?.rows("vinschema", &["id", "tobeqced"])? {
        schemas.insert(row.number::<u32>(0)?, (0, row.flag(1)));
    }
    for (number, (schema, _)) in schemas.values_mut().enumerate() {
        *schema = to_u32(number);
    }
    let links = read_links(source, &schemas)?;
    let mut schema_groups = SchemaGroups::new(schemas.len());
    for own in links.values() {
        let mut first = HashMap::new();
        for link in own {
            let with = *first.entry(link.from).or_insert(link.schema);
            schema_groups.join(with, link.schema);
        }
    }
    rows::compile(source, &schemas, &cells, schema_groups, &mut tables)?;
    compile_manufacturers(source, &links, &cells, &mut tables)?;
    compile_defaults(source, &cells, &mut tables, &mut words)?;
    specs::compile_engines(source, &cells, &mut tables)?;
    specs::compile(source, &cells, &mut tables)?;
    compile_exceptions(source, &mut tables)?;
    compile_choices(&mut tables, year);
    restore_make_spelling(&cells, &mut tables, &mut words);
    Ok(tables)
}

fn read_links(
    source: &Source,
    schemas: &BTreeMap<u32, (u32, bool)>,
) -> Result<BTreeMap<u32, Vec<Link>>, BuildError> {
    let mut links: BTreeMap<u32, Vec<Link>> = BTreeMap::new();
    let wanted = ["wmiid", "vinschemaid", "yearfrom", "yearto"];
    for row in source.table("wmivinschema")?.rows("wmivinschema", &wanted)? {
        let Some((schema, _)) = schemas.get(&row.number(1)?) else { continue };
        // A schema without a first year applies to no year.
        let Some(from) = row.text(2) else { continue };
        let from = from.parse().map_err(|_| BuildError::new("a year is not a number"))?;
        let to = if row.text(3).is_some() { row.number(3)? } else { NO_END_YEAR };
        links.entry(row.number(0)?).or_default().push(Link { schema: *schema, from, to });
    }
    for own in links.values_mut() {
        own.sort_by_key(|link| (link.schema, link.from, link.to));
    }
    Ok(links)
}

fn compile_manufacturers(
    source: &Source,
    links: &BTreeMap<u32, Vec<Link>>,
    cells: &Cells,
    tables: &mut Tables,
) -> Result<(), BuildError> {
    let mut makes: HashMap<u32, BTreeSet<u32>> = HashMap::new();
    for row in source.table("wmimake")?.rows("wmimake", &["wmiid", "makeid"])? {
        if let Some(make) = cells.find(26, row.text(1).unwrap_or_default()) {
            makes.entry(row.number(0)?).or_default().insert(make);
        }
    }
    let wanted =
        ["id", "wmi", "manufacturerid", "vehicletypeid", "trucktypeid", "publicavailabilitydate"];
    let mut wmis = BTreeMap::new();
    for row in source.table("wmi")?.rows("wmi", &wanted)? {
        let code = row.text(1).unwrap_or_default();
        let code = wmi::pack(code.as_bytes())
            .ok_or_else(|| BuildError::new(format!("the WMI {code} is too long")))?;
        let number =
            |index| if row.text(index).is_some() { row.number::<u8>(index) } else { Ok(0) };
        // A manufacturer that becomes public during a day counts from the next day.
        let public = row
            .time(5)?
            .map_or(NEVER, |time| u16::try_from((time + DAY - 1) / DAY).unwrap_or(NEVER));
        let manufacturer = cells.find(27, row.text(2).unwrap_or_default()).unwrap_or(NO_CELL);
        wmis.insert(code, (row.number::<u32>(0)?, manufacturer, number(3)?, number(4)?, public));
    }
    tables.wmi_link_starts.push(0);
    tables.wmi_make_starts.push(0);
    for (code, (id, manufacturer, kind, truck, public)) in wmis {
        tables.wmi_codes.push(code);
        tables.wmi_manufacturers.push(manufacturer);
        tables.wmi_types.push(kind);
        tables.wmi_trucks.push(truck);
        tables.wmi_public.push(public);
        for link in links.get(&id).into_iter().flatten() {
            let schema =
                u16::try_from(link.schema).map_err(|_| BuildError::new("too many schemas"))?;
            tables.link_schemas.push(schema);
            tables.link_from.push(link.from);
            tables.link_to.push(link.to);
        }
        tables.wmi_link_starts.push(to_u32(tables.link_schemas.len()));
        tables.wmi_makes.extend(makes.get(&id).into_iter().flatten());
        tables.wmi_make_starts.push(to_u32(tables.wmi_makes.len()));
    }
    let mut types: Vec<(u8, u32)> = source
        .lookup("vehicletype")?
        .keys()
        .filter_map(|id| Some((id.parse().ok()?, cells.find(39, id)?)))
        .collect();
    types.sort_unstable();
    tables.type_ids = types.iter().map(|(id, _)| *id).collect();
    tables.type_cells = types.iter().map(|(_, cell)| *cell).collect();
    Ok(())
}

/// Step 10: compiles the default values of vehicle types. For lookup elements, 0 means Not
/// Applicable and is not in the lookup table.
fn compile_defaults(
    source: &Source,
    cells: &Cells,
    tables: &mut Tables,
    words: &mut TextInterner,
) -> Result<(), BuildError> {
    let mut defaults = Vec::new();
    let kinds: HashMap<String, bool> = source
        .table("element")?
        .rows("element", &["id", "datatype"])?
        .map(|row| (row.text(0).unwrap_or_default().to_owned(), row.text(1) == Some("lookup")))
        .collect();
    for row in source
        .table("defaultvalue")?
        .rows("defaultvalue", &["elementid", "vehicletypeid", "defaultvalue"])?
    {
        let element: u16 = row.number(0)?;
        let (Some(slot), Some(value)) = (cells.slot(element), row.text(2)) else { continue };
        let is_lookup = kinds.get(&element.to_string()).copied().unwrap_or_default();
        let text = match cells.lookup.get(&element) {
            _ if is_lookup && value == "0" => "Not Applicable",
            Some(names) => names.get(value).map_or("", String::as_str),
            None => value,
        };
        let slot = u8::try_from(slot).map_err(|_| BuildError::new("too many elements"))?;
        defaults.push((row.number::<u8>(1)?, slot, words.add(tables, text)));
    }
    defaults.sort_unstable();
    for (kind, slot, text) in defaults {
        tables.default_types.push(kind);
        tables.default_slots.push(slot);
        tables.default_texts.push(text);
    }
    Ok(())
}

fn compile_exceptions(source: &Source, tables: &mut Tables) -> Result<(), BuildError> {
    let mut vins = BTreeSet::new();
    for row in source.table("vinexception")?.rows("vinexception", &["vin", "checkdigit"])? {
        // VINs in lower case never match because NHTSA's comparison is case-sensitive.
        let vin = row.text(0).unwrap_or_default().to_owned();
        if row.flag(1) && vin.len() == 17 {
            vins.insert(vin);
        }
    }
    tables.exceptions = vins.into_iter().flat_map(String::into_bytes).collect();
    Ok(())
}

/// Restores the usual spelling of the makes in the choices, such as `Honda`. Decoded makes are in
/// upper case. If two makes differ only in case, the first one is used.
fn restore_make_spelling(cells: &Cells, tables: &mut Tables, words: &mut TextInterner) {
    let listed = cells.lookup.get(&26).into_iter().flatten();
    let mut listed: Vec<(u32, &String)> =
        listed.filter_map(|(id, name)| Some((id.parse().ok()?, name))).collect();
    listed.sort_unstable();
    let mut spelled = HashMap::new();
    for (_, name) in listed {
        let answered = words.add(tables, &name.to_uppercase());
        let written = words.add(tables, name);
        spelled.entry(answered).or_insert(written);
    }
    for make in &mut tables.choice_makes {
        *make = spelled.get(make).copied().unwrap_or(*make);
    }
}

/// Compiles the models of each make and their years, which are the years of the schemas that
/// contain them.
fn compile_choices(tables: &mut Tables, year: u16) {
    let Some(models) =
        tables.slot(28).map(|slot| tables.cell_starts[slot]..tables.cell_starts[slot + 1])
    else {
        return;
    };
    let mut of_schema: HashMap<u16, BTreeSet<u32>> = HashMap::new();
    for schema in 0..tables.schema_starts.len() - 1 {
        let rows = group(&tables.schema_rows, schema);
        let own: BTreeSet<u32> = tables.rows[rows]
            .iter()
            .map(|row| row.cell())
            .filter(|cell| models.contains(cell))
            .collect();
        if let Ok(schema) = u16::try_from(schema) {
            of_schema.insert(schema, own);
        }
    }
    let mut spans: BTreeMap<[Named<'_>; 2], BTreeSet<(u16, u16)>> = BTreeMap::new();
    for wmi in 0..tables.wmi_codes.len() {
        if EXCLUDED_TYPES.contains(&tables.wmi_types[wmi]) {
            continue;
        }
        for link in group(&tables.wmi_link_starts, wmi) {
            let (from, to) = (tables.link_from[link].max(1980), tables.link_to[link].min(year + 1));
            for model in of_schema.get(&tables.link_schemas[link]).into_iter().flatten() {
                let make = tables.model_makes[(model - models.start) as usize];
                if make == NO_CELL || from > to || tables.cell_values[*model as usize] == 0 {
                    continue;
                }
                let (make, name) =
                    (tables.cell_values[make as usize], tables.cell_values[*model as usize]);
                spans
                    .entry([(tables.text(make), make), (tables.text(name), name)])
                    .or_default()
                    .insert((from, to));
            }
        }
    }
    let mut choices: Vec<(u32, u32, u16, u16)> = Vec::new();
    for ([(_, make), (_, model)], spans) in &spans {
        let mut merged: Option<(u16, u16)> = None;
        for (from, to) in spans {
            merged = match merged {
                Some((start, end)) if *from <= end.saturating_add(1) => Some((start, end.max(*to))),
                Some((start, end)) => {
                    choices.push((*make, *model, start, end));
                    Some((*from, *to))
                }
                None => Some((*from, *to)),
            };
        }
        choices.extend(merged.map(|(start, end)| (*make, *model, start, end)));
    }
    tables.choice_makes = choices.iter().map(|choice| choice.0).collect();
    tables.choice_models = choices.iter().map(|choice| choice.1).collect();
    tables.choice_from = choices.iter().map(|choice| choice.2).collect();
    tables.choice_to = choices.iter().map(|choice| choice.3).collect();
}
