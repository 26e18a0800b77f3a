//! Corrects the results for VINs that don't follow the North American standard.
//!
//! NHTSA's procedure treats every VIN as a North American one. For a correct VIN of a vehicle sold
//! elsewhere it reports errors, an unregistered manufacturer and a wrong check digit. None of that
//! is wrong with the VIN, so this module removes those problems.

use chrono::NaiveDate;
use vpic::{FormatKind, VinFormat};

use super::{
    DecodedVin, Vin,
    model::Problem,
    offline::{format_years, looks_mistyped},
};
use crate::{
    core::{
        Result,
        locale::{Locale, Message},
    },
    t,
};

/// Replaces problems such as "errors in few positions".
fn no_details() -> Message {
    t!("vin-no-details")
}

/// Replaces the problem "not registered".
fn no_manufacturer() -> Message {
    t!("vin-no-manufacturer")
}

/// The text of a problem. Cached results are in American English, since requests in other languages use
/// them too; [`localized_detail`] translates it.
fn cached_detail(message: &Message) -> String {
    message.text_in(Locale::EnUs)
}

/// The text of a problem in the language of the request. NHTSA's own texts are in English.
pub(super) fn localized_detail(problem: &Problem) -> String {
    let own = [no_details(), no_manufacturer()];
    let own = own.into_iter().find(|it| cached_detail(it) == problem.detail);
    own.map_or_else(|| problem.detail.clone(), |it| it.to_string())
}

/// Whether a VIN doesn't follow the North American standard and isn't required to.
///
/// # Errors
/// `Internal` if the embedded VIN tables are damaged.
pub(super) fn is_foreign(vin: &str, format: &VinFormat, today: NaiveDate) -> Result<bool> {
    // VINs of vehicles built in North America must follow the standard. Invalid text may be a mistyped
    // North American VIN.
    let must_follow = vin.starts_with(['1', '2', '3', '4', '5', '7'])
        && vpic::check_digit(vin).given.is_some_and(|it| it.is_ascii_digit() || it == 'X');
    Ok(format.kind != FormatKind::NorthAmerican
        && !must_follow
        && Vin::parse(vin).is_ok()
        && !looks_mistyped(vin, today)?)
}

/// Removes problems that only apply to North American VINs, and values from table entries that
/// don't match the VIN.
pub(super) fn drop_inapplicable_problems(
    mut decoded: DecodedVin,
    format: &VinFormat,
    today: NaiveDate,
) -> Result<DecodedVin> {
    if !is_foreign(&decoded.vin, format, today)? {
        return Ok(decoded);
    }
    let digit = decoded.check_digit;
    let fits = !decoded.problems.iter().any(|it| (2..=5).contains(&it.code));
    let has = |code: u16| decoded.problems.iter().any(|it| it.code == code);
    let mut problems: Vec<Problem> = Vec::new();
    if digit.required && !digit.ok {
        problems.extend(decoded.problems.iter().filter(|it| it.code == 1).cloned());
    }
    if has(7) {
        problems.push(Problem::new(7, &cached_detail(&no_manufacturer())));
    } else if has(8) || !fits || decoded.model.is_none() {
        problems.push(Problem::new(8, &cached_detail(&no_details())));
    } else {
        problems.extend(decoded.problems.iter().filter(|it| it.code == 14).cloned());
    }
    let others = decoded.problems.into_iter().filter(|it| matches!(it.code, 6 | 9 | 10 | 12));
    problems.extend(others);
    decoded.problems = problems;
    decoded.suggestions.clear();
    if fits {
        return Ok(decoded);
    }
    Ok(DecodedVin {
        model: None,
        trim: None,
        series: None,
        body_type: None,
        engine_type: None,
        displacement_l: None,
        cylinders: None,
        fuel_type: None,
        drive_type: None,
        transmission: None,
        plant_city: None,
        ..decoded
    })
}

/// Applies a model year known from another source.
pub(super) fn with_model_year(
    mut decoded: DecodedVin,
    format: &VinFormat,
    year: Option<u16>,
) -> DecodedVin {
    let Some(year) = year else { return decoded };
    // NHTSA's own problem 12 only considers position 10.
    decoded.problems.retain(|it| it.code != 12);
    if !format.contradicts(year) {
        return DecodedVin { year: Some(year), year_settled: true, ..decoded };
    }
    decoded.problems.push(Problem {
        code: 12,
        // A result for a known model year is not cached.
        detail: t!(
            "vin-year-contradicts",
            year = year.to_string(),
            expected = format_years(&format.year_candidates),
        )
        .to_string(),
        positions: format.year_position.into_iter().collect(),
    });
    decoded
}
