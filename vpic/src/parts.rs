//! The picture of a VIN: which characters say what (ISO 3779; 49 CFR 565.15).

use std::ops::RangeInclusive;

use crate::decoded::{Decoded, Element};
use crate::pass::{Item, Origin};
use crate::wmi::LENGTH;

/// A part of a VIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartKind {
    /// 1–3, the world manufacturer identifier: who built it, and what kind of vehicle.
    Manufacturer,
    /// 4–8, the vehicle descriptor: model, body, engine, restraints.
    Descriptor,
    /// 9, computed from the others.
    CheckDigit,
    /// 10.
    ModelYear,
    /// 11.
    Plant,
    /// 12–14 of a maker of fewer than 1,000 vehicles a year: who built it, together with 1–3.
    SmallManufacturer,
    /// 12–17, or 15–17 of a small maker: which vehicle of its kind.
    Serial,
}

/// A part, its characters, and what they decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part<'a> {
    /// Which part it is.
    pub kind: PartKind,
    /// Its positions, counted from 1.
    pub positions: RangeInclusive<usize>,
    /// Its characters; fewer than its positions, or none, if the VIN is too short.
    pub characters: String,
    /// What is known from it.
    pub values: Vec<(Element<'a>, &'a str)>,
}

/// The parts in the order of their characters.
pub(crate) fn of<'a>(decoded: &'a Decoded<'_>) -> Vec<Part<'a>> {
    let small = decoded.vin.is_small_maker();
    let mut layout = vec![
        (PartKind::Manufacturer, 1..=3),
        (PartKind::Descriptor, 4..=8),
        (PartKind::CheckDigit, 9..=9),
        (PartKind::ModelYear, 10..=10),
        (PartKind::Plant, 11..=11),
    ];
    if small {
        layout.push((PartKind::SmallManufacturer, 12..=14));
    }
    layout.push((PartKind::Serial, if small { 15..=17 } else { 12..=LENGTH }));
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

/// The part that decided a value: the first whose characters its key looks at.
fn decided_by(decoded: &Decoded<'_>, item: Item) -> Option<PartKind> {
    match item.origin {
        Origin::Maker => return Some(PartKind::Manufacturer),
        Origin::Year => return Some(PartKind::ModelYear),
        Origin::Nothing | Origin::Default | Origin::Specification => return None,
        _ => {}
    }
    let sets = decoded.key_sets(item)?;
    let speaks = |place: usize| decoded.set_valid(sets[place]) != 0;
    Some(if (0..5).any(speaks) {
        PartKind::Descriptor
    } else if speaks(7) {
        PartKind::Plant
    } else if speaks(6) {
        PartKind::ModelYear
    } else if (8..sets.len()).any(speaks) {
        PartKind::Serial
    } else {
        PartKind::Manufacturer
    })
}
