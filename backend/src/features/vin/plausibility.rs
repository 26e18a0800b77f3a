//! Finds likely mistakes in a VIN and the model year when a vehicle is saved.

use chrono::NaiveDate;

use super::{
    Vin,
    offline::{self, format_years},
};
use crate::{
    core::{Result, error::FieldError, locale::Message},
    t,
};

/// Checks a VIN and a model year. Returns an error for `vin` if its check digit is wrong and either
/// required by the standard or the only mistake in a VIN that decodes otherwise, and an error for
/// `year` if the VIN contradicts it. The user can confirm both after comparing them with the
/// vehicle.
///
/// # Errors
/// `Internal` if the embedded VIN tables are damaged.
pub fn check_plausibility(
    vin: &Vin,
    year: Option<i32>,
    today: NaiveDate,
) -> Result<Vec<FieldError>> {
    let digit = vin.check_digit();
    let is_implausible =
        !digit.ok && (digit.required || offline::looks_mistyped(vin.as_str(), today)?);
    let mut errors = Vec::new();
    if let (true, Some(given), Some(expected)) = (is_implausible, digit.given, digit.expected) {
        let (given, expected) = (given.to_string(), expected.to_string());
        let detail = t!("vin-field-check-digit", given = given, expected = &expected);
        let expected = t!("vin-expected-check-digit", digit = expected);
        errors.push(FieldError::implausible("vin", detail, expected));
    }
    let format = offline::vin_format(vin.as_str(), today)?;
    let year = year.and_then(|it| u16::try_from(it).ok());
    if let Some(year) = year.filter(|it| format.contradicts(*it)) {
        let expected = format_years(&format.year_candidates);
        let position = format.year_position.unwrap_or(10);
        let year = year.to_string();
        let detail = t!("vin-field-year", year = year, position = position, expected = &expected);
        let expected = Message::verbatim(expected);
        errors.push(FieldError::implausible("year", detail, expected));
    }
    Ok(errors)
}

#[cfg(test)]
mod tests {
    use super::{Vin, check_plausibility};

    fn find_errors(vin: &str, year: Option<i32>) -> Vec<(String, String)> {
        let today = chrono::NaiveDate::from_ymd_opt(2026, 11, 26).unwrap();
        let errors = check_plausibility(&Vin::parse(vin).unwrap(), year, today).unwrap();
        let each = |it: crate::core::error::FieldError| {
            assert!(it.detail.to_string().contains("confirm"), "{}", it.detail);
            (it.pointer, it.expected.unwrap().to_string())
        };
        errors.into_iter().map(each).collect()
    }

    fn pair(pointer: &str, expected: &str) -> (String, String) {
        (pointer.to_owned(), expected.to_owned())
    }

    #[test]
    fn a_check_digit_is_required_in_north_america_and_china() {
        for vin in ["1HGCM82633A004352", "1M8GDM9AXKP042788", "5GZCZ43D13S812715"] {
            assert_eq!(find_errors(vin, None), [], "{vin}");
        }
        for vin in
            ["1HGCM82643A004352", "LM8GDM9A1KP042788", "7SAYGDEE3NF012345", "7A8DH0H05A5103456"]
        {
            assert_eq!(find_errors(vin, None).len(), 1, "{vin}");
        }
        assert_eq!(find_errors("1HGCM82643A004352", None), [pair("/vin", "3 at position 9")]);
    }

    #[test]
    fn a_wrong_check_digit_in_an_otherwise_clean_vin_is_reported() {
        // A BMW built in Germany for the USA.
        assert_eq!(find_errors("WBA3A5C57CF256651", None), []);
        assert_eq!(find_errors("WBA3A5C51CF256651", None), [pair("/vin", "7 at position 9")]);
        // European VINs have no check digit.
        assert_eq!(find_errors("WAUZZZ8K9DA123456", None), []);
    }

    #[test]
    fn a_model_year_that_contradicts_the_vin_is_reported() {
        assert_eq!(find_errors("1HGCM82633A004352", Some(2003)), []);
        assert_eq!(find_errors("1HGCM82633A004352", Some(2013)), [pair("/year", "2003")]);
        for (year, is_implausible) in [(2013, false), (1983, false), (2012, false), (2005, true)] {
            assert_eq!(
                !find_errors("WAUZZZ8K9DA123456", Some(year)).is_empty(),
                is_implausible,
                "{year}"
            );
        }
        assert_eq!(find_errors("WAUZZZ8K9DA123456", Some(2005)), [pair("/year", "2013 or 1983")]);
        assert_eq!(find_errors("W1K2130161A123456", Some(2021)), []);
        assert_eq!(find_errors("1HGCM82633A004352", Some(-5)), []);
    }
}
