//! Step 2: the model year at position 10 (49 CFR 565.15(d)(1), table VII), whose characters repeat
//! every 30 years.

use crate::tables::{Tables, group};
use crate::wmi::Vin;

/// The first model year with VINs of 17 characters.
pub(crate) const FIRST_YEAR: u16 = 1980;

/// The possible model years of a VIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Years {
    /// The year, or the later of the two candidates.
    pub(crate) year: Option<u16>,
    /// The earlier candidate, if the year is ambiguous.
    pub(crate) other: Option<u16>,
}

/// The year of a character in the cycle that starts with 2010.
pub(crate) fn year_of(character: u8) -> Option<u16> {
    let after = |start: u8| u16::from(character - start);
    Some(match character {
        b'A'..=b'H' => 2010 + after(b'A'),
        b'J'..=b'N' => 2018 + after(b'J'),
        b'P' => 2023,
        b'R'..=b'T' => 2024 + after(b'R'),
        b'V'..=b'Y' => 2027 + after(b'V'),
        b'1'..=b'9' => 2031 + after(b'1'),
        _ => return None,
    })
}

/// Whether a manufacturer builds cars, multipurpose vehicles or light trucks, for which position 7
/// determines the cycle (49 CFR 565.15(d)(2)).
pub(crate) fn is_light(tables: &Tables, wmi: usize) -> bool {
    match tables.wmi_types[wmi] {
        2 | 7 => true,
        3 => tables.wmi_trucks[wmi] == 1,
        _ => false,
    }
}

/// Whether a manufacturer builds trucks.
pub(crate) fn is_truck(tables: &Tables, wmi: usize) -> bool {
    tables.wmi_types[wmi] == 3
}

/// The possible model years of a VIN. `latest` is the latest possible one, two years from now.
pub(crate) fn years(tables: &Tables, vin: &Vin, wmi: Option<usize>, latest: u16) -> Years {
    let Some(mut year) = vin.at(10).and_then(year_of) else {
        return Years { year: None, other: None };
    };
    let mut is_certain = false;
    if wmi.is_some_and(|wmi| is_light(tables, wmi)) {
        match vin.at(7) {
            Some(b'0'..=b'9') => (year, is_certain) = (year - 30, true),
            Some(b'A'..=b'Z') => is_certain = true,
            _ => {}
        }
    }
    if year > latest {
        (year, is_certain) = (year - 30, true);
    }
    if !is_certain {
        return Years { year: Some(year), other: Some(year - 30) };
    }
    let other = if year + 30 <= latest { year + 30 } else { year - 30 };
    if other >= FIRST_YEAR
        && let Some(wmi) = wmi
        && !has_schema(tables, wmi, year)
        && has_schema(tables, wmi, other)
    {
        year = other;
    }
    Years { year: Some(year), other: None }
}

/// Whether any schema of the manufacturer applies to the year.
fn has_schema(tables: &Tables, wmi: usize, year: u16) -> bool {
    group(&tables.wmi_link_starts, wmi)
        .any(|link| (tables.link_from[link]..=tables.link_to[link]).contains(&year))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_has_its_year() {
        for (character, year) in [
            (b'A', Some(2010)),
            (b'H', Some(2017)),
            (b'J', Some(2018)),
            (b'N', Some(2022)),
            (b'P', Some(2023)),
            (b'R', Some(2024)),
            (b'T', Some(2026)),
            (b'V', Some(2027)),
            (b'Y', Some(2030)),
            (b'1', Some(2031)),
            (b'9', Some(2039)),
            (b'I', None),
            (b'O', None),
            (b'Q', None),
            (b'U', None),
            (b'Z', None),
            (b'0', None),
        ] {
            assert_eq!(year_of(character), year, "{}", char::from(character));
        }
    }
}
