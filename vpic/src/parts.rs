//! Splits a VIN into its parts (ISO 3779; 49 CFR 565.15).

use std::ops::RangeInclusive;

use crate::decoded::{Decoded, Element};
use crate::pass::{Item, Origin};
use crate::wmi::LENGTH;

/// A part of a VIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartKind {
    /// Positions 1–3, the world manufacturer identifier: manufacturer and vehicle type.
    Manufacturer,
    /// Positions 4–8, the vehicle descriptor: model, body, engine, restraints.
    Descriptor,
    /// Position 9, computed from the other characters.
    CheckDigit,
    /// Position 10.
    ModelYear,
    /// Position 11.
    Plant,
    /// Positions 12–14 for manufacturers of fewer than 1,000 vehicles per year, which are
    /// identified by these and positions 1–3.
    LowVolumeManufacturer,
    /// Positions 12–17, or 15–17 for low-volume manufacturers: the serial number.
    Serial,
}

/// A part of a VIN and the values that it determines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part<'a> {
    /// Which part it is.
    pub kind: PartKind,
    /// Its positions, starting at 1.
    pub positions: RangeInclusive<usize>,
    /// Its characters. There are fewer than positions, or none, if the VIN is too short.
    pub characters: String,
    /// The values that it determines.
    pub values: Vec<(Element<'a>, &'a str)>,
}

/// Splits a decoded VIN into its parts.
pub(crate) fn split<'a>(decoded: &'a Decoded<'_>) -> Vec<Part<'a>> {
    let is_low_volume = decoded.vin.is_low_volume();
    let mut layout = vec![
        (PartKind::Manufacturer, 1..=3),
        (PartKind::Descriptor, 4..=8),
        (PartKind::CheckDigit, 9..=9),
        (PartKind::ModelYear, 10..=10),
        (PartKind::Plant, 11..=11),
    ];
    if is_low_volume {
        layout.push((PartKind::LowVolumeManufacturer, 12..=14));
    }
    layout.push((PartKind::Serial, if is_low_volume { 15..=17 } else { 12..=LENGTH }));
    let mut parts: Vec<Part<'a>> = layout
        .into_iter()
        .map(|(kind, positions)| {
            let (skip, take) = (positions.start() - 1, positions.clone().count());
            let characters = decoded.vin().chars().skip(skip).take(take).collect();
            Part { kind, positions, characters, values: Vec::new() }
        })
        .collect();
    for (slot, item, value) in decoded.all() {
        let Some(kind) = decided_by(decoded, item) else { continue };
        let part = parts.iter_mut().find(|part| part.kind == kind);
        if let Some(part) = part {
            part.values.push((decoded.element(slot), value));
        }
    }
    parts
}

/// The part that determines a value: the first one that its key describes.
fn decided_by(decoded: &Decoded<'_>, item: Item) -> Option<PartKind> {
    match item.origin {
        Origin::Manufacturer => return Some(PartKind::Manufacturer),
        Origin::Year => return Some(PartKind::ModelYear),
        Origin::Nothing | Origin::Default | Origin::Specification => return None,
        _ => {}
    }
    let sets = decoded.key_sets(item)?;
    let describes = |index: usize| decoded.set_valid(sets[index]) != 0;
    Some(if (0..5).any(describes) {
        PartKind::Descriptor
    } else if describes(7) {
        PartKind::Plant
    } else if describes(6) {
        PartKind::ModelYear
    } else if (8..sets.len()).any(describes) {
        PartKind::Serial
    } else {
        PartKind::Manufacturer
    })
}
