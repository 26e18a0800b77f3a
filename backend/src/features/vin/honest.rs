//! What may be said of a VIN that isn't built by the rule of North America.
//!
//! NHTSA's procedure takes every VIN for an American one: a correct VIN of a vehicle for another market
//! "has errors", its manufacturer "is not registered", its check digit is wrong. None of that is true of
//! the VIN, so here it is left out.

use chrono::NaiveDate;
use vpic::{Form, FormKind};

use super::{
    DecodedVin, Vin,
    model::Problem,
    offline::{looks_mistyped, spoken_years},
};
use crate::core::Result;

/// In the place of "errors in few positions" and the like.
const NO_DETAILS: &str = "NHTSA's tables describe vehicles for North America and have no details on \
    this version. Enter what is missing yourself.";
/// In the place of "not registered".
const NO_MANUFACTURER: &str = "NHTSA's tables describe vehicles for North America and have nothing on \
    this manufacturer. Enter make, model and year yourself.";

/// Whether a VIN needn't follow the rule of North America, and doesn't.
///
/// # Errors
/// Internal where the program's data is damaged.
pub(super) fn is_foreign(vin: &str, form: &Form, today: NaiveDate) -> Result<bool> {
    // A VIN of North America has to follow its rule, and text that is no VIN may have been meant as one.
    let must_follow = vin.starts_with(['1', '2', '3', '4', '5', '7'])
        && vpic::check_digit(vin).given.is_some_and(|it| it.is_ascii_digit() || it == 'X');
    Ok(form.kind != FormKind::NorthAmerican
        && !must_follow
        && Vin::well_formed(vin).is_ok()
        && !looks_mistyped(vin, today)?)
}

/// The answer without problems that only an American VIN can have, and without what was read from such a
/// VIN by descriptions that don't fit it.
pub(super) fn without_false_problems(
    mut decoded: DecodedVin,
    form: &Form,
    today: NaiveDate,
) -> Result<DecodedVin> {
    if !is_foreign(&decoded.vin, form, today)? {
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
        problems.push(Problem::new(7, NO_MANUFACTURER));
    } else if has(8) || !fits || decoded.model.is_none() {
        problems.push(Problem::new(8, NO_DETAILS));
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

/// The answer for a `year` that is known from elsewhere.
pub(super) fn dated(mut decoded: DecodedVin, form: &Form, year: Option<u16>) -> DecodedVin {
    let Some(year) = year else { return decoded };
    // NHTSA's own is about position 10 alone.
    decoded.problems.retain(|it| it.code != 12);
    if !form.contradicts(year) {
        return DecodedVin { year: Some(year), year_settled: true, ..decoded };
    }
    decoded.problems.push(Problem {
        code: 12,
        detail: format!(
            "The model year given is {year}, and the VIN says {}: check both.",
            spoken_years(&form.year_candidates)
        ),
        positions: form.year_position.into_iter().collect(),
    });
    decoded
}
