//! What the program itself knows: NHTSA's tables, opened once and shared by all.

use std::sync::OnceLock;

use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use serde_json::{Value, json};
use vpic::{Decoder, Form, FormKind, Options, PartKind};

use super::{
    DecodedVin, Source, Vin,
    honest::{dated, is_foreign, without_false_problems},
    model::{Problem, Values},
};
use crate::core::{Error, Result};

/// The member of a kept answer that names the month of the tables that gave it.
pub(super) const TABLES: &str = "Tables";

/// NHTSA's name of the model year.
pub(super) const MODEL_YEAR: &str = "ModelYear";

/// The decoder; the first call opens it, which takes some thirty milliseconds.
///
/// # Errors
/// Internal where the program's data is damaged.
pub(super) fn decoder() -> Result<&'static Decoder> {
    static DECODER: OnceLock<Result<Decoder, vpic::DataError>> = OnceLock::new();
    let opened = DECODER.get_or_init(Decoder::embedded).as_ref();
    opened.map_err(|error| Error::Internal(format!("the VIN tables: {error}").into()))
}

/// The form of a VIN, as of a day.
///
/// # Errors
/// Internal where the program's data is damaged.
pub(super) fn form(text: &str, today: NaiveDate) -> Result<Form> {
    Ok(decoder()?.form(text, Some(day(today))))
}

/// Whether one character of a VIN is probably wrong, wherever the vehicle was built.
///
/// # Errors
/// Internal where the program's data is damaged.
pub(super) fn looks_mistyped(text: &str, today: NaiveDate) -> Result<bool> {
    Ok(decoder()?.looks_mistyped(text, Some(day(today))))
}

/// What the tables say of any text, and the whole answer as it is cached. A `year` decides between
/// years thirty apart, unless the VIN contradicts it.
///
/// # Errors
/// Internal where the program's data is damaged.
pub(super) fn decode(
    text: &str,
    year: Option<u16>,
    at: DateTime<Utc>,
) -> Result<(DecodedVin, Value)> {
    let decoder = decoder()?;
    let today = at.date_naive();
    let form = form(text, today)?;
    let model_year = year.filter(|it| !form.contradicts(*it));
    let options = Options { today: Some(day(today)), model_year };
    let found = decoder.decode_with(text, &options);
    let values = found.flat().into_iter().map(|(name, value)| (name.to_owned(), value));
    let values = Values(values.collect());
    let raw = json!({
        "Count": 1,
        "Message": "Decoded without asking anyone",
        "SearchCriteria": format!("VIN:{}", found.vin()),
        "Results": [&values],
        TABLES: decoder.month(),
    });
    let problems = found.problems().into_iter().map(|problem| Problem {
        code: problem.code,
        detail: match problem.detail.as_str() {
            "" => problem.text,
            detail => format!("{} ({detail})", problem.text),
        },
        positions: problem.positions,
    });
    let answer = values.into_decoded(found.vin(), &form, Source::Offline, at);
    let answer = DecodedVin {
        make: answer.make.map(spelled),
        problems: problems.collect(),
        suggestions: found.suggestions(),
        tables: Some(decoder.month().to_owned()),
        ..answer
    };
    let answer = without_false_problems(answer, &form, today)?;
    Ok((dated(answer, &form, year), raw))
}

/// The first fuel of a vehicle of this VIN in NHTSA's words, as the program's own tables have it:
/// some microseconds' work.
#[must_use]
pub fn fuel_type(vin: &Vin) -> Option<String> {
    let decoder = decoder().ok()?;
    let found = decoder.decode(vin.as_str());
    // Of a VIN that the descriptions don't fit, they say nothing.
    let fits =
        !has_misfits(&found) || decoder.form(vin.as_str(), None).kind == FormKind::NorthAmerican;
    found.fuel_type().filter(|_| fits).map(str::to_owned)
}

/// Whether characters don't fit any description of the manufacturer's vehicles.
fn has_misfits(found: &vpic::Decoded<'_>) -> bool {
    found.problems().iter().any(|it| (2..=5).contains(&it.code))
}

/// A make as its owner writes it, as far as NHTSA's list has it so: it answers in capitals.
pub(super) fn spelled(make: String) -> String {
    let listed = decoder().ok().and_then(|it| it.make_name(&make));
    listed.map_or(make, str::to_owned)
}

/// Years for people: `2013 or 1983`.
pub(super) fn spoken_years(years: &[u16]) -> String {
    years.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ")
}

/// A part of a VIN, and what it told.
pub(super) struct Part {
    pub(super) characters: String,
    pub(super) title: &'static str,
    /// `positions 4 to 8`.
    pub(super) place: String,
    /// The elements that it decided, by name.
    pub(super) tells: Vec<(String, String)>,
}

/// What each part of a VIN means (ISO 3779; 49 CFR 565.15). The year that NHTSA reads from it is left
/// out.
///
/// # Errors
/// Internal where the program's data is damaged.
pub(super) fn parts(vin: &str, today: NaiveDate) -> Result<Vec<Part>> {
    let found = decoder()?.decode(vin);
    let is_misread = has_misfits(&found) && is_foreign(vin, &form(vin, today)?, today)?;
    let part = |part: vpic::Part<'_>| {
        let (first, last) = (*part.positions.start(), *part.positions.end());
        let holds = |it: &&(vpic::Element<'_>, &str)| {
            it.0.code != MODEL_YEAR && (!is_misread || part.kind == PartKind::Manufacturer)
        };
        let tells = part.values.iter().filter(holds).take(8);
        Part {
            characters: part.characters,
            title: match part.kind {
                PartKind::Manufacturer => "Who built it",
                PartKind::Descriptor => "What it is",
                PartKind::CheckDigit => "Check digit",
                PartKind::ModelYear => "Model year",
                PartKind::Plant => "Plant",
                PartKind::SmallManufacturer => "Which small maker",
                PartKind::Serial => "Serial number",
            },
            place: if first == last {
                format!("position {first}")
            } else {
                format!("positions {first} to {last}")
            },
            tells: tells.map(|(it, value)| (it.name.to_owned(), (*value).to_owned())).collect(),
        }
    };
    Ok(found.parts().into_iter().map(part).collect())
}

/// The values under the names that people read, as far as the tables have them.
///
/// # Errors
/// Internal where the program's data is damaged.
pub(super) fn named(values: Vec<(String, String)>) -> Result<Vec<(String, String)>> {
    let decoder = decoder()?;
    let name = |code: String| decoder.element(&code).map_or(code, |it| it.name.to_owned());
    Ok(values.into_iter().map(|(code, value)| (name(code), value)).collect())
}

fn day(date: NaiveDate) -> vpic::Date {
    let narrow = |number: u32| u8::try_from(number).unwrap_or(1);
    vpic::Date {
        year: u16::try_from(date.year()).unwrap_or_default(),
        month: narrow(date.month()),
        day: narrow(date.day()),
    }
}

/// What there is to choose from without a VIN.
#[derive(Debug, Clone, Default)]
pub struct Choices {
    /// The model years, newest first.
    pub years: Vec<u16>,
    /// The makes of the year, or of all years.
    pub makes: Vec<&'static str>,
    /// The models of the make in the year, or in all years.
    pub models: Vec<&'static str>,
}

/// The years; the makes of `year`, and the models of `make` in it.
///
/// # Errors
/// Internal where the program's data is damaged.
pub fn choices(year: Option<u16>, make: Option<&str>) -> Result<Choices> {
    let decoder = decoder()?;
    Ok(Choices {
        years: decoder.years().rev().collect(),
        makes: decoder.makes(year),
        models: make.map(|make| decoder.models(year, make)).unwrap_or_default(),
    })
}
