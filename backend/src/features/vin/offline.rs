//! Decodes VINs with the embedded NHTSA tables, which are opened once and shared.

use std::sync::OnceLock;

use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use serde_json::{Value, json};
use vpic::{Decoder, FormatKind, Options, PartKind, VinFormat};

use super::{
    DecodedVin, Source, Vin,
    foreign::{drop_inapplicable_problems, is_foreign, with_model_year},
    model::{Problem, Values},
};
use crate::{
    core::{Error, Result, locale::Message},
    t,
};

/// The member of a cached response that has the month of the tables it was decoded with.
pub(super) const TABLES: &str = "Tables";

/// NHTSA's name of the model year.
pub(super) const MODEL_YEAR: &str = "ModelYear";

/// The decoder. The first call opens the tables, which takes about 30 ms.
///
/// # Errors
/// `Internal` if the embedded VIN tables are damaged.
pub(super) fn decoder() -> Result<&'static Decoder> {
    static DECODER: OnceLock<Result<Decoder, vpic::DataError>> = OnceLock::new();
    let opened = DECODER.get_or_init(Decoder::embedded).as_ref();
    opened.map_err(|error| Error::Internal(format!("opening the VIN tables: {error}").into()))
}

/// Determines the standard that a VIN follows and its possible model years, as of a date.
///
/// # Errors
/// `Internal` if the embedded VIN tables are damaged.
pub(super) fn vin_format(text: &str, today: NaiveDate) -> Result<VinFormat> {
    Ok(decoder()?.format(text, Some(to_vpic_date(today))))
}

/// Whether a single character of the VIN is probably wrong. Works for vehicles built anywhere.
///
/// # Errors
/// `Internal` if the embedded VIN tables are damaged.
pub(super) fn looks_mistyped(text: &str, today: NaiveDate) -> Result<bool> {
    Ok(decoder()?.looks_mistyped(text, Some(to_vpic_date(today))))
}

/// Decodes any text with the embedded tables. Also returns the complete response, which is cached.
/// A `year` selects one of two possible model years unless the VIN contradicts it.
///
/// # Errors
/// `Internal` if the embedded VIN tables are damaged.
pub(super) fn decode(
    text: &str,
    year: Option<u16>,
    at: DateTime<Utc>,
) -> Result<(DecodedVin, Value)> {
    let decoder = decoder()?;
    let today = at.date_naive();
    let format = vin_format(text, today)?;
    let model_year = year.filter(|it| !format.contradicts(*it));
    let options = Options { today: Some(to_vpic_date(today)), model_year };
    let found = decoder.decode_with(text, &options);
    let values = found.to_flat_values().into_iter().map(|(name, value)| (name.to_owned(), value));
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
    let result = values.into_decoded(found.vin(), &format, Source::Offline, at);
    let result = DecodedVin {
        make: result.make.map(spell_make),
        problems: problems.collect(),
        suggestions: found.suggestions(),
        tables: Some(decoder.month().to_owned()),
        ..result
    };
    let result = drop_inapplicable_problems(result, &format, today)?;
    Ok((with_model_year(result, &format, year), raw))
}

/// NHTSA's name of the vehicle's primary fuel, according to the embedded tables. Takes a few
/// microseconds.
#[must_use]
pub fn fuel_type(vin: &Vin) -> Option<String> {
    let decoder = decoder().ok()?;
    let found = decoder.decode(vin.as_str());
    // Values from table entries that don't match the VIN are unreliable.
    let fits = !has_unmatched_characters(&found)
        || decoder.format(vin.as_str(), None).kind == FormatKind::NorthAmerican;
    found.fuel_type().filter(|_| fits).map(str::to_owned)
}

/// Whether the VIN has characters that match no table entry of the manufacturer.
fn has_unmatched_characters(found: &vpic::Decoded<'_>) -> bool {
    found.problems().iter().any(|it| (2..=5).contains(&it.code))
}

/// Restores the usual spelling of a make, which NHTSA's responses have in upper case.
pub(super) fn spell_make(make: String) -> String {
    let listed = decoder().ok().and_then(|it| it.make_name(&make));
    listed.map_or(make, str::to_owned)
}

/// Formats years as `2013 or 1983`.
pub(super) fn format_years(years: &[u16]) -> String {
    let either =
        |first: String, second: String| t!("vin-years", first = first, second = second).to_string();
    years.iter().map(ToString::to_string).reduce(either).unwrap_or_default()
}

/// A part of a VIN and the values that it determines.
pub(super) struct Part {
    pub(super) characters: String,
    pub(super) title: Message,
    /// `positions 4 to 8`.
    pub(super) position: Message,
    /// The names and values of the elements that it determines.
    pub(super) values: Vec<(String, String)>,
}

/// The parts of a VIN and the values they determine (ISO 3779; 49 CFR 565.15), without NHTSA's
/// model year.
///
/// # Errors
/// `Internal` if the embedded VIN tables are damaged.
pub(super) fn parts(vin: &str, today: NaiveDate) -> Result<Vec<Part>> {
    let found = decoder()?.decode(vin);
    let is_misread =
        has_unmatched_characters(&found) && is_foreign(vin, &vin_format(vin, today)?, today)?;
    let part = |part: vpic::Part<'_>| {
        let (first, last) = (*part.positions.start(), *part.positions.end());
        let holds = |it: &&(vpic::Element<'_>, &str)| {
            it.0.code != MODEL_YEAR && (!is_misread || part.kind == PartKind::Manufacturer)
        };
        let values = part.values.iter().filter(holds).take(8);
        Part {
            characters: part.characters,
            title: match part.kind {
                PartKind::Manufacturer => t!("vin-part-manufacturer"),
                PartKind::Descriptor => t!("vin-part-descriptor"),
                PartKind::CheckDigit => t!("vin-part-check-digit"),
                PartKind::ModelYear => t!("vin-part-model-year"),
                PartKind::Plant => t!("vin-part-plant"),
                PartKind::LowVolumeManufacturer => t!("vin-part-low-volume-manufacturer"),
                PartKind::Serial => t!("vin-part-serial"),
            },
            position: if first == last {
                t!("vin-part-position", position = first)
            } else {
                t!("vin-part-positions", first = first, last = last)
            },
            values: values.map(|(it, value)| (it.name.to_owned(), (*value).to_owned())).collect(),
        }
    };
    Ok(found.parts().into_iter().map(part).collect())
}

/// Replaces NHTSA's codes with display names, if the tables have them.
///
/// # Errors
/// `Internal` if the embedded VIN tables are damaged.
pub(super) fn with_display_names(values: Vec<(String, String)>) -> Result<Vec<(String, String)>> {
    let decoder = decoder()?;
    let name = |code: String| decoder.element(&code).map_or(code, |it| it.name.to_owned());
    Ok(values.into_iter().map(|(code, value)| (name(code), value)).collect())
}

fn to_vpic_date(date: NaiveDate) -> vpic::Date {
    let narrow = |number: u32| u8::try_from(number).unwrap_or(1);
    vpic::Date {
        year: u16::try_from(date.year()).unwrap_or_default(),
        month: narrow(date.month()),
        day: narrow(date.day()),
    }
}

/// The choices for selecting a vehicle without a VIN.
#[derive(Debug, Clone, Default)]
pub struct Choices {
    /// The model years, newest first.
    pub years: Vec<u16>,
    /// The makes with vehicles of the year, or of any year.
    pub makes: Vec<&'static str>,
    /// The models of the make in the year, or in any year.
    pub models: Vec<&'static str>,
}

/// Lists the model years, the makes with vehicles of `year`, and the models of `make` in that year.
///
/// # Errors
/// `Internal` if the embedded VIN tables are damaged.
pub fn choices(year: Option<u16>, make: Option<&str>) -> Result<Choices> {
    let decoder = decoder()?;
    Ok(Choices {
        years: decoder.years().rev().collect(),
        makes: decoder.makes(year),
        models: make.map(|make| decoder.models(year, make)).unwrap_or_default(),
    })
}
