//! Step 11: finds errors in a VIN. They are stored as bits; the texts are created on demand.

use crate::check_digit;
use crate::known_elements::KnownElements;
use crate::pass::{NO_KEY, Origin, Pass, covers};
use crate::symbols::{DIGITS, VIN_CHARACTERS, YEAR_CHARACTERS, bit, characters, symbol};
use crate::tables::{CHECKED_POSITIONS, Tables, group};
use crate::wmi::{LENGTH, Vin};
use crate::year;

/// An NHTSA error code: its number, its weight when two model years are compared, and its text.
pub(crate) struct Code {
    pub(crate) number: u16,
    weight: i32,
    pub(crate) text: &'static str,
}

const fn code(number: u16, weight: i32, text: &'static str) -> Code {
    Code { number, weight, text }
}

/// All codes, in the order in which NHTSA lists them.
pub(crate) const CODES: [Code; 15] = [
    code(0, 0, "VIN decoded clean. Check Digit (9th position) is correct"),
    code(1, -5, "Check Digit (9th position) does not calculate properly"),
    code(2, -100, "VIN corrected, error in one position"),
    code(3, -100, "VIN corrected, error in one position (assuming Check Digit is correct)"),
    code(
        4,
        -200,
        "VIN corrected, error in one position only (indicated by ! in Suggested VIN), multiple matches found",
    ),
    code(5, -300, "VIN has errors in few positions"),
    code(6, -10, "Incomplete VIN"),
    code(
        7,
        -10_000,
        "Manufacturer is not registered with NHTSA for sale or importation in the U.S. for use on U.S roads; Please contact the manufacturer directly for more information",
    ),
    code(8, -1000, "No detailed data available currently"),
    code(
        9,
        0,
        "Glider Warning - A \"Glider\" is not a \"motor vehicle\", as defined in 49 U.S.C. 30102(a)(6), and cannot be assigned a VIN that meets 49 CFR Part 565 requirements",
    ),
    code(
        10,
        0,
        "Off-Road Vehicle Warning – This is not a Vehicle Identification Number (VIN) for a motor vehicle. This indicates that the manufacturer did not certify this product as complying with the Federal Motor Vehicle Safety Standards that are applicable to motor vehicles as defined in 49 U.S.C. 30102.",
    ),
    code(
        11,
        -20,
        "Incorrect Model Year - Position 10 does not match valid model year codes (I, O, Q, U, Z, 0). Decoded data may not be accurate.",
    ),
    code(
        12,
        -20,
        "Model Year Warning - Model Year entered for decoding with VIN does not match the model year based on the 10th position in VIN.",
    ),
    code(
        14,
        -30,
        "Unable to provide information for some of the characters in the VIN, based on the manufacturer submission.",
    ),
    code(400, -40, "Invalid Characters Present"),
];

/// The index of a code in [`CODES`].
const fn code_index(number: u16) -> u16 {
    match number {
        14 => 13,
        400 => 14,
        number => number,
    }
}

/// The positions that NHTSA expects to be described by a key.
const DESCRIBED_POSITIONS: [usize; 6] = [4, 5, 6, 7, 8, 11];

/// The errors found in a VIN.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Findings {
    /// A bit for each of [`CODES`].
    codes: u16,
    /// A bit for each position with a character that no key of the manufacturer and year has there.
    pub(crate) wrong: u32,
    /// For each of [`CHECKED_POSITIONS`], the characters used there. Complete only for wrong positions.
    pub(crate) allowed: [u64; CHECKED_POSITIONS.len()],
    /// The only character that corrects the VIN, if there is one.
    pub(crate) fix: Option<(usize, u8)>,
    /// A bit for each position that no matched key describes.
    pub(crate) unused: u32,
    /// A bit for each position with a character that VINs can't have there.
    pub(crate) invalid: u32,
    pub(crate) is_off_road: bool,
    pub(crate) is_exception: bool,
    pub(crate) is_incomplete_vehicle: bool,
}

impl Findings {
    fn add(&mut self, number: u16) {
        self.codes |= 1 << code_index(number);
    }

    pub(crate) fn has(&self, number: u16) -> bool {
        self.codes >> code_index(number) & 1 == 1
    }

    /// The error codes, in NHTSA's order.
    pub(crate) fn codes(&self) -> impl Iterator<Item = &'static Code> + use<> {
        let codes = self.codes;
        CODES
            .iter()
            .enumerate()
            .filter(move |(index, _)| codes >> index & 1 == 1)
            .map(|(_, code)| code)
    }

    /// Step 12: the total weight. Higher is better.
    pub(crate) fn weight(&self) -> i32 {
        self.codes().map(|code| code.weight).sum()
    }
}

/// Finds the errors in a decoded VIN. `is_other_year` is set if the year is not the one the caller
/// gave.
pub(crate) fn examine(
    tables: &Tables,
    known: &KnownElements,
    vin: &Vin,
    wmi: Option<usize>,
    public: bool,
    pass: &Pass,
    is_other_year: bool,
) -> Findings {
    let mut found = Findings::default();
    if public && let Some(wmi) = wmi {
        let has_data = pass
            .items
            .iter()
            .any(|item| item.is_of_pattern() || item.origin == Origin::Specification);
        if has_data {
            compare_with_patterns(&mut found, tables, vin, wmi, pass);
            find_unused_positions(&mut found, tables, vin, pass);
        } else {
            found.add(8);
        }
    } else {
        found.add(7);
    }
    let body = known.body_class.map(|slot| pass.items[usize::from(slot)]);
    let is_body = |cells: &[u32]| {
        body.is_some_and(|body| {
            !matches!(body.origin, Origin::Nothing | Origin::Default) && cells.contains(&body.cell)
        })
    };
    if is_body(&known.gliders) {
        found.add(9);
    }
    if is_body(&known.off_road) {
        found.add(10);
        found.is_off_road = true;
    }
    found.is_incomplete_vehicle =
        is_body(&known.incomplete) || public && wmi.is_some_and(|wmi| tables.wmi_types[wmi] == 10);
    if pass.year.is_none() {
        found.add(11);
    }
    found.is_exception = known.is_exception(tables, vin.all());
    let light = wmi.is_some_and(|wmi| year::is_light(tables, wmi));
    check_characters(&mut found, vin, light);
    if is_other_year {
        found.add(12);
    }
    if vin.length() < LENGTH {
        found.add(6);
    } else {
        let light = light && !vin.is_low_volume();
        let ok = check_digit::compute_as_nhtsa(vin.bytes(), light) == vin.at(9);
        if !ok && !found.is_exception {
            found.add(1);
        }
    }
    let harmless =
        1 << code_index(9) | 1 << code_index(10) | 1 << code_index(12) | 1 << code_index(14);
    if found.codes & !harmless == 0 {
        found.add(0);
        let has_model =
            known.model.is_some_and(|slot| pass.items[usize::from(slot)].origin != Origin::Nothing);
        if !has_model {
            found.add(14);
        }
    }
    found
}

/// Codes 2 to 5: checks each character against those that any key of the manufacturer and year has
/// at its position.
fn compare_with_patterns(
    found: &mut Findings,
    tables: &Tables,
    vin: &Vin,
    wmi: usize,
    pass: &Pass,
) {
    let last = if vin.wmi().1 == 6 { 11 } else { 14 };
    let mut characters = [0; CHECKED_POSITIONS.len()];
    // The positions whose characters have not been found in any schema yet.
    let mut open = 0_u16;
    for (index, position) in CHECKED_POSITIONS.into_iter().enumerate() {
        let Some(character) = vin.at(position).filter(|_| position <= last) else { break };
        characters[index] = bit(character);
        open |= 1 << index;
    }
    for link in group(&tables.wmi_link_starts, wmi) {
        if pass.year.is_none() || !covers(tables, link, pass.year) {
            continue;
        }
        let masks = &tables.schema_valid[usize::from(tables.link_schemas[link])];
        let mut rest = open;
        while rest != 0 {
            let index = rest.trailing_zeros() as usize;
            rest &= rest - 1;
            found.allowed[index] |= tables.masks[usize::from(masks[index])];
            if found.allowed[index] & characters[index] != 0 {
                open &= !(1 << index);
            }
        }
    }
    for (index, position) in CHECKED_POSITIONS.into_iter().enumerate() {
        if open >> index & 1 == 1 && found.allowed[index] != 0 {
            found.wrong |= 1 << position;
        }
    }
    match found.wrong.count_ones() {
        0 => {}
        1 => find_correction(found, vin),
        _ => found.add(5),
    }
}

/// Finds the correction of a single wrong position: the only character used there, or the only one
/// of them that matches the check digit.
fn find_correction(found: &mut Findings, vin: &Vin) {
    let position = found.wrong.trailing_zeros() as usize;
    let allowed = allowed_at(found, position);
    if allowed.is_power_of_two() {
        found.add(2);
        found.fix = characters(allowed).next().map(|character| (position, character as u8));
        return;
    }
    let mut fits = matching_check_digit(vin, position, allowed);
    match (fits.next(), fits.next()) {
        (Some(character), None) => {
            found.add(3);
            found.fix = Some((position, character));
        }
        _ => found.add(4),
    }
}

/// The characters that make the check digit correct if put at a position.
pub(crate) fn matching_check_digit(
    vin: &Vin,
    position: usize,
    allowed: u64,
) -> impl Iterator<Item = u8> {
    let mut changed = [0; LENGTH];
    let whole = vin.bytes().len() == LENGTH;
    if whole {
        changed.copy_from_slice(vin.bytes());
    }
    characters(allowed).map(|character| character as u8).filter(move |character| {
        changed[position - 1] = *character;
        whole && check_digit::compute_as_nhtsa(&changed, true) == Some(changed[8])
    })
}

/// The characters used at a position.
pub(crate) fn allowed_at(found: &Findings, position: usize) -> u64 {
    let index = CHECKED_POSITIONS.iter().position(|checked| *checked == position);
    index.map_or(0, |index| found.allowed[index])
}

/// Code 14: positions that no key of a decoded value describes.
fn find_unused_positions(found: &mut Findings, tables: &Tables, vin: &Vin, pass: &Pass) {
    let mut described = [0_u64; 8];
    let extra = pass.extra.iter().map(|(_, item)| item);
    let mut last = NO_KEY;
    for item in pass.items.iter().chain(extra) {
        // Neighboring elements usually have the same key.
        if item.key == NO_KEY || item.key == last || item.origin == Origin::Conversion {
            continue;
        }
        last = item.key;
        let sets = &tables.key_sets[item.key as usize];
        for (described, set) in described.iter_mut().zip(sets) {
            *described |= tables.set_valid[usize::from(*set)];
        }
    }
    for position in DESCRIBED_POSITIONS {
        let Some(character) = vin.at(position) else { break };
        if described[position - 4] >> symbol(character) & 1 == 0 {
            found.unused |= 1 << position;
        }
    }
    if found.unused != 0 {
        found.add(14);
    }
}

/// Code 400: characters that ISO 3779 and 49 CFR 565.15 don't allow at their position.
fn check_characters(found: &mut Findings, vin: &Vin, light: bool) {
    let digits_from = match (vin.is_low_volume(), light) {
        (true, _) => 15,
        (false, true) => 13,
        (false, false) => 14,
    };
    for (position, character) in (1..).zip(vin.all()) {
        let allowed = match position {
            9 if found.is_off_road || found.is_exception => continue,
            9 => DIGITS | bit(b'X'),
            10 => YEAR_CHARACTERS,
            position if position > LENGTH => 0,
            position if position >= digits_from => DIGITS,
            _ => VIN_CHARACTERS,
        };
        // NHTSA allows a star for an unknown character, except for the year.
        let is_star = *character == b'*' && position != 10 && position <= LENGTH;
        if allowed & bit(*character) == 0 && !is_star {
            found.invalid |= 1 << (position - 1);
        }
    }
    if found.invalid != 0 {
        found.add(400);
    }
}
