//! The elements that the procedure treats specially. They are looked up once, when the data is opened.

use crate::tables::{EVERY_ROW, Tables, group};
use crate::wmi::LENGTH;

/// NHTSA's ids of elements.
pub(crate) mod element {
    pub(crate) const OTHER_BATTERY_INFO: u16 = 1;
    pub(crate) const BODY_CLASS: u16 = 5;
    pub(crate) const DISPLACEMENTS: [u16; 3] = [11, 12, 13];
    pub(crate) const ENGINE_MODEL: u16 = 18;
    pub(crate) const MAKE: u16 = 26;
    pub(crate) const MANUFACTURER: u16 = 27;
    pub(crate) const MODEL: u16 = 28;
    pub(crate) const MODEL_YEAR: u16 = 29;
    pub(crate) const VEHICLE_TYPE: u16 = 39;
}

// The attributes of body classes for which NHTSA has warnings.
const GLIDER: [&str; 1] = ["64"];
const OFF_ROAD: [&str; 10] = ["69", "84", "86", "88", "97", "105", "113", "124", "126", "127"];
const INCOMPLETE: [&str; 16] = [
    "65", "107", "70", "74", "63", "72", "112", "62", "64", "76", "78", "71", "77", "67", "116",
    "75",
];

/// The size of a Bloom filter, which rules out most VINs as exceptions without a search.
const EXCEPTION_BITS: u64 = 1 << 18;

/// The type and range of years of a specification, for a quick check before the full comparison.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SpecSpan {
    first: u16,
    last: u16,
    kind: u8,
}

impl SpecSpan {
    fn new(tables: &Tables, spec: usize) -> Self {
        let years = &tables.spec_years[group(&tables.spec_year_starts, spec)];
        Self {
            first: years.iter().copied().min().unwrap_or(0),
            last: years.iter().copied().max().unwrap_or(u16::MAX),
            kind: tables.spec_types[spec],
        }
    }

    pub(crate) fn may_apply(self, kind: u8, year: Option<u16>) -> bool {
        self.kind == kind && year.is_none_or(|year| (self.first..=self.last).contains(&year))
    }
}

/// The slots of known elements, and the cells of known body classes.
#[derive(Debug, Default)]
pub(crate) struct KnownElements {
    pub(crate) body_class: Option<u8>,
    pub(crate) engine_model: Option<u8>,
    pub(crate) make: Option<u8>,
    pub(crate) manufacturer: Option<u8>,
    pub(crate) model: Option<u8>,
    pub(crate) model_year: Option<u8>,
    pub(crate) vehicle_type: Option<u8>,
    battery: Option<u8>,
    pub(crate) displacements: Option<[u8; 3]>,
    /// What to subtract from a cell of each displacement to get the index of its conversions.
    pub(crate) first_displacement: [u32; 3],
    pub(crate) first_model: u32,
    /// The years and the type of each specification in `spec_models`.
    pub(crate) spec_spans: Vec<SpecSpan>,
    exception_bits: Vec<u64>,
    pub(crate) gliders: Vec<u32>,
    pub(crate) off_road: Vec<u32>,
    pub(crate) incomplete: Vec<u32>,
}

impl KnownElements {
    pub(crate) fn new(tables: &Tables) -> Self {
        let slot = |id| tables.slot(id).and_then(|slot| u8::try_from(slot).ok());
        let start = |id| tables.slot(id).map_or(0, |slot| tables.cell_starts[slot]);
        let mut known = Self {
            body_class: slot(element::BODY_CLASS),
            engine_model: slot(element::ENGINE_MODEL),
            make: slot(element::MAKE),
            manufacturer: slot(element::MANUFACTURER),
            model: slot(element::MODEL),
            model_year: slot(element::MODEL_YEAR),
            vehicle_type: slot(element::VEHICLE_TYPE),
            battery: slot(element::OTHER_BATTERY_INFO),
            first_model: start(element::MODEL),
            ..Self::default()
        };
        let displacements = element::DISPLACEMENTS.map(slot);
        if let [Some(cc), Some(inches), Some(liters)] = displacements {
            known.displacements = Some([cc, inches, liters]);
            let mut before = 0;
            for (first, slot) in known.first_displacement.iter_mut().zip([cc, inches, liters]) {
                let slot = usize::from(slot);
                *first = tables.cell_starts[slot].wrapping_sub(before);
                before += tables.cell_starts[slot + 1] - tables.cell_starts[slot];
            }
        }
        let specs = tables.spec_of_model.iter().map(|spec| usize::from(*spec));
        known.spec_spans = specs.map(|spec| SpecSpan::new(tables, spec)).collect();
        known.exception_bits = vec![0; usize::try_from(EXCEPTION_BITS / 64).unwrap_or(0)];
        for vin in tables.exceptions.as_chunks::<LENGTH>().0 {
            let (word, bit) = filter_bit(vin);
            known.exception_bits[word] |= bit;
        }
        if let Some(slot) = known.body_class.map(usize::from) {
            for cell in tables.cell_starts[slot]..tables.cell_starts[slot + 1] {
                let attribute = tables.cell_attribute(cell);
                for (list, cells) in [
                    (&GLIDER[..], &mut known.gliders),
                    (&OFF_ROAD[..], &mut known.off_road),
                    (&INCOMPLETE[..], &mut known.incomplete),
                ] {
                    if list.contains(&attribute) {
                        cells.push(cell);
                    }
                }
            }
        }
        known
    }

    /// Whether NHTSA lists the VIN as one with a wrong check digit from the manufacturer.
    pub(crate) fn is_exception(&self, tables: &Tables, vin: &[u8]) -> bool {
        let (word, bit) = filter_bit(vin);
        let exceptions = tables.exceptions.as_chunks::<LENGTH>().0;
        self.exception_bits[word] & bit != 0
            && exceptions.binary_search_by(|known| known[..].cmp(vin)).is_ok()
    }

    /// Whether specifications add values to the element if it already has one.
    pub(crate) fn adds_to(&self, tables: &Tables, slot: u8) -> bool {
        self.battery == Some(slot) || tables.element_flags[usize::from(slot)] & EVERY_ROW != 0
    }
}

/// The word and bit of a VIN's hash (FNV-1a) in the Bloom filter.
fn filter_bit(vin: &[u8]) -> (usize, u64) {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    let hash = vin.iter().fold(0xcbf2_9ce4_8422_2325, step) >> 24 & (EXCEPTION_BITS - 1);
    (usize::try_from(hash / 64).unwrap_or(0), 1 << (hash % 64))
}
