//! Compiles elements, their attributes and the texts of both.

use std::collections::{BTreeSet, HashMap};

use super::numeric;
use super::{BuildError, Source};
use crate::tables::{EVERY_ROW, NO_CELL, Tables};

/// The lookup table of each element that has one, as in NHTSA's `fElementAttributeValue`. For other
/// elements, the attribute is the value.
const LOOKUPS: [(u16, &str); 78] = [
    (2, "batterytype"),
    (3, "bedtype"),
    (4, "bodycab"),
    (5, "bodystyle"),
    (10, "destinationmarket"),
    (15, "drivetype"),
    (23, "entertainmentsystem"),
    (24, "fueltype"),
    (25, "grossvehicleweightrating"),
    (26, "make"),
    (27, "manufacturer"),
    (28, "model"),
    (36, "steering"),
    (37, "transmission"),
    (39, "vehicletype"),
    (42, "brakesystem"),
    (55, "airbaglocations"),
    (56, "airbaglocations"),
    (60, "wheelbasetype"),
    (62, "valvetraindesign"),
    (64, "engineconfiguration"),
    (65, "airbaglocfront"),
    (66, "fueltype"),
    (67, "fueldeliverytype"),
    (69, "airbaglocknee"),
    (72, "evdriveunit"),
    (75, "country"),
    (78, "pretensioner"),
    (79, "seatbeltsall"),
    (81, "adaptivecruisecontrol"),
    (86, "abs"),
    (87, "autobrake"),
    (88, "blindspotmonitoring"),
    (99, "ecs"),
    (100, "tractioncontrol"),
    (101, "forwardcollisionwarning"),
    (102, "lanedeparturewarning"),
    (103, "lanekeepsystem"),
    (104, "rearvisibilitycamera"),
    (105, "parkassist"),
    (107, "airbaglocations"),
    (116, "trailertype"),
    (117, "trailerbodytype"),
    (122, "coolingtype"),
    (126, "electrificationlevel"),
    (127, "chargerlevel"),
    (135, "turbo"),
    (145, "axleconfiguration"),
    (148, "busfloorconfigtype"),
    (149, "bustype"),
    (151, "custommotorcycletype"),
    (152, "motorcyclesuspensiontype"),
    (153, "motorcyclechassistype"),
    (168, "tpms"),
    (170, "dynamicbrakesupport"),
    (171, "pedestrianautomaticemergencybraking"),
    (172, "autoreversesystem"),
    (173, "automaticpedestrainalertingsound"),
    (174, "canaacn"),
    (175, "edr"),
    (176, "keylessignition"),
    (177, "daytimerunninglight"),
    (178, "lowerbeamheadlamplightsource"),
    (179, "semiautomaticheadlampbeamswitching"),
    (180, "adaptivedrivingbeam"),
    (183, "rearcrosstrafficalert"),
    (184, "grossvehicleweightrating"),
    (185, "grossvehicleweightrating"),
    (190, "grossvehicleweightrating"),
    (192, "rearautomaticemergencybraking"),
    (193, "blindspotintervention"),
    (194, "lanecenteringassistance"),
    (195, "nonlanduse"),
    (200, "fueltanktype"),
    (201, "fueltankmaterial"),
    (202, "combinedbrakingsystem"),
    (203, "wheeliemitigation"),
    (143, "errorcode"),
];
/// Elements for which every row counts.
const EVERY_ROW_ELEMENTS: [u16; 8] = [114, 121, 129, 150, 154, 155, 169, 186];
/// Elements whose values are converted to upper case.
const UPPERCASE: [u16; 3] = [26, 27, 39];
/// The order of groups in NHTSA's results. Other groups come last.
const GROUPS: [&str; 16] = [
    "",
    "General",
    "Exterior/Body",
    "Exterior/Dimension",
    "Exterior/Truck",
    "Exterior/Trailer",
    "Exterior/Wheel Tire",
    "Exterior/Motorcycle",
    "Exterior/Bus",
    "Interior",
    "Interior/Seat",
    "Mechanical/Transmission",
    "Mechanical/Drivetrain",
    "Mechanical/Brake",
    "Mechanical/Battery",
    "Engine",
];

/// The names of the lookup tables.
pub(crate) fn lookup_tables() -> impl Iterator<Item = &'static str> {
    LOOKUPS.iter().map(|(_, table)| *table)
}

/// Stores every distinct text once, in a single string.
pub(crate) struct TextInterner {
    ids: HashMap<String, u32>,
}

impl TextInterner {
    pub(crate) fn new(tables: &mut Tables) -> Self {
        tables.text_starts = vec![0];
        let mut words = Self { ids: HashMap::new() };
        words.add(tables, "");
        words
    }

    /// Returns the id of a text. Tabs and line breaks are replaced by spaces, as in NHTSA's results.
    pub(crate) fn add(&mut self, tables: &mut Tables, text: &str) -> u32 {
        let text = text.replace(['\t', '\r', '\n'], " ");
        *self.ids.entry(text).or_insert_with_key(|text| {
            tables.words.push_str(text);
            tables.text_starts.push(to_u32(tables.words.len()));
            to_u32(tables.text_starts.len() - 2)
        })
    }
}

/// Converts a count that is known to be less than 2^32.
pub(crate) fn to_u32(number: usize) -> u32 {
    u32::try_from(number).expect("the tables are smaller than 4 GB")
}

/// Collects the attributes of every slot.
pub(crate) struct Attributes {
    slots: HashMap<u16, usize>,
    sets: Vec<BTreeSet<String>>,
}

/// The cell of each attribute of each slot.
pub(crate) struct Cells {
    slots: HashMap<u16, usize>,
    of_slot: Vec<HashMap<String, u32>>,
    pub(crate) lookup: HashMap<u16, HashMap<String, String>>,
}

impl Attributes {
    /// Reads the public elements that are decoded, in the order of NHTSA's results.
    pub(crate) fn read_elements(
        source: &Source,
        tables: &mut Tables,
        words: &mut TextInterner,
    ) -> Result<Self, BuildError> {
        let wanted =
            ["id", "name", "code", "groupname", "isprivate", "decodepresent|decode", "weight"];
        let mut elements = Vec::new();
        for row in source.table("element")?.rows("element", &wanted)? {
            if row.flag(4) || matches!(row.text(5), None | Some("0")) {
                continue;
            }
            let group = row.text(3).unwrap_or_default().replace(" / ", "/");
            let index = GROUPS.iter().position(|known| known.eq_ignore_ascii_case(&group));
            let weight: u16 = if row.text(6).is_some() { row.number(6)? } else { 0 };
            let id: u16 = row.number(0)?;
            let text = |index: usize| row.text(index).unwrap_or_default().to_owned();
            elements.push(((index.unwrap_or(GROUPS.len()), group, id), text(1), text(2), weight));
        }
        elements.sort();
        let mut slots = HashMap::new();
        for (slot, ((_, group, id), name, code, weight)) in elements.iter().enumerate() {
            slots.insert(*id, slot);
            tables.element_ids.push(*id);
            let (name, code, group) =
                (words.add(tables, name), words.add(tables, code), words.add(tables, group));
            tables.element_names.push(name);
            tables.element_codes.push(code);
            tables.element_groups.push(group);
            tables.element_weights.push(*weight);
            tables.element_flags.push(if EVERY_ROW_ELEMENTS.contains(id) { EVERY_ROW } else { 0 });
        }
        if slots.len() > 254 {
            return Err(BuildError::new("more than 254 elements"));
        }
        Ok(Self { sets: vec![BTreeSet::new(); slots.len()], slots })
    }

    /// Adds an attribute. Ignores private elements.
    pub(crate) fn add(&mut self, element: u16, attribute: &str) {
        if let Some(slot) = self.slots.get(&element)
            && !self.sets[*slot].contains(attribute)
        {
            self.sets[*slot].insert(attribute.to_owned());
        }
    }

    /// Creates the cell, texts and conversions of each attribute.
    pub(crate) fn finish(
        mut self,
        source: &Source,
        tables: &mut Tables,
        words: &mut TextInterner,
    ) -> Result<Cells, BuildError> {
        let conversions = self.convert(source)?;
        let mut lookup = HashMap::new();
        for (element, table) in LOOKUPS {
            if self.slots.contains_key(&element) && element != 143 {
                lookup.insert(element, source.lookup(table)?);
            }
        }
        let mut of_slot = vec![HashMap::new(); self.sets.len()];
        tables.cell_starts.push(0);
        for (slot, set) in self.sets.iter().enumerate() {
            let element = tables.element_ids[slot];
            let mut folds: HashMap<String, u32> = HashMap::new();
            for attribute in set {
                let cell = to_u32(tables.cell_values.len());
                of_slot[slot].insert(attribute.clone(), cell);
                let value = match lookup.get(&element) {
                    Some(names) => names.get(attribute).map_or("", String::as_str),
                    None => attribute,
                };
                let uppercase = UPPERCASE.contains(&element).then(|| value.to_uppercase());
                let value = words.add(tables, uppercase.as_deref().unwrap_or(value));
                tables.cell_values.push(value);
                let attribute_text = words.add(tables, attribute);
                tables.cell_attributes.push(attribute_text);
                tables.cell_folds.push(*folds.entry(attribute.to_lowercase()).or_insert(cell));
            }
            tables.cell_starts.push(to_u32(tables.cell_values.len()));
        }
        let cells = Cells { slots: self.slots, of_slot, lookup };
        for source_element in [11, 12, 13] {
            let Some(slot) = cells.slot(source_element) else { continue };
            for attribute in &self.sets[slot] {
                let others = [11, 12, 13].into_iter().filter(|other| *other != source_element);
                for (column, target) in others.enumerate() {
                    let converted = conversions.get(&(source_element, target, attribute.clone()));
                    let cell = converted.and_then(|result| cells.find(target, result));
                    tables.converted[column].push(cell.unwrap_or(NO_CELL));
                }
            }
        }
        let mut makes: HashMap<String, u32> = HashMap::new();
        for row in source.table("makemodel")?.rows("makemodel", &["makeid", "modelid"])? {
            let make = cells.find(26, row.text(0).unwrap_or_default());
            if let (Some(make), Some(model)) = (make, row.text(1)) {
                makes
                    .entry(model.to_owned())
                    .and_modify(|known| *known = make.min(*known))
                    .or_insert(make);
            }
        }
        if let Some(slot) = cells.slot(28) {
            let models = self.sets[slot].iter();
            tables
                .model_makes
                .extend(models.map(|model| makes.get(model).copied().unwrap_or(NO_CELL)));
        }
        Ok(cells)
    }

    /// Step 8: converts every displacement. Returns the results by source, target and attribute.
    fn convert(
        &mut self,
        source: &Source,
    ) -> Result<HashMap<(u16, u16, String), String>, BuildError> {
        let mut results = HashMap::new();
        let wanted = ["fromelementid", "toelementid", "formula"];
        for row in source.table("conversion")?.rows("conversion", &wanted)? {
            let (from, to): (u16, u16) = (row.number(0)?, row.number(1)?);
            let (Some(slot), Some(formula)) = (self.slots.get(&from), row.text(2)) else {
                continue;
            };
            for attribute in &self.sets[*slot] {
                results
                    .insert((from, to, attribute.clone()), numeric::evaluate(formula, attribute));
            }
        }
        let mut sorted: Vec<_> = results.iter().collect();
        sorted.sort();
        for ((_, to, _), result) in sorted {
            self.add(*to, result);
        }
        Ok(results)
    }
}

impl Cells {
    pub(crate) fn slot(&self, element: u16) -> Option<usize> {
        self.slots.get(&element).copied()
    }

    pub(crate) fn find(&self, element: u16, attribute: &str) -> Option<u32> {
        self.of_slot[self.slot(element)?].get(attribute).copied()
    }
}
