//! What looks wrong about a VIN and the model year beside it when a vehicle is saved.

use chrono::NaiveDate;

use super::{
    Vin,
    offline::{self, spoken_years},
};
use crate::core::{Result, error::FieldError};

/// What looks wrong: a check digit that doesn't fit where the standard demands one, or where the VIN is
/// otherwise clean, wherever it was built (`/vin`); and a model year that the VIN contradicts (`/year`).
/// Each can be confirmed by somebody who reads it off the vehicle.
///
/// # Errors
/// Internal where the program's own tables are damaged.
pub fn doubts(vin: &Vin, year: Option<i32>, today: NaiveDate) -> Result<Vec<FieldError>> {
    let digit = vin.check_digit();
    let is_doubtful =
        !digit.ok && (digit.required || offline::looks_mistyped(vin.as_str(), today)?);
    let mut doubts = Vec::new();
    if let (true, Some(given), Some(expected)) = (is_doubtful, digit.given, digit.expected) {
        let detail = format!(
            "has the check digit {given} at position 9, where the other characters ask for \
             {expected}, so one of the 17 is probably wrong. Compare each with the vehicle, then \
             correct it or confirm it"
        );
        doubts.push(FieldError::implausible("vin", detail, format!("{expected} at position 9")));
    }
    let form = offline::form(vin.as_str(), today)?;
    let year = year.and_then(|it| u16::try_from(it).ok());
    if let Some(year) = year.filter(|it| form.contradicts(*it)) {
        let expected = spoken_years(&form.year_candidates);
        let position = form.year_position.unwrap_or(10);
        let detail = format!(
            "is {year}, and position {position} of the VIN says {expected}. Compare both with the \
             vehicle, then correct one or confirm the year"
        );
        doubts.push(FieldError::implausible("year", detail, expected));
    }
    Ok(doubts)
}

#[cfg(test)]
mod tests {
    use super::{Vin, doubts};

    fn doubted(vin: &str, year: Option<i32>) -> Vec<(String, String)> {
        let today = chrono::NaiveDate::from_ymd_opt(2026, 11, 26).unwrap();
        let doubts = doubts(&Vin::well_formed(vin).unwrap(), year, today).unwrap();
        let each = |it: crate::core::error::FieldError| {
            assert!(it.detail.contains("confirm"), "{}", it.detail);
            (it.pointer, it.expected.unwrap().to_string())
        };
        doubts.into_iter().map(each).collect()
    }

    fn pair(pointer: &str, expected: &str) -> (String, String) {
        (pointer.to_owned(), expected.to_owned())
    }

    #[test]
    fn a_check_digit_is_demanded_in_north_america_and_china() {
        for vin in ["1HGCM82633A004352", "1M8GDM9AXKP042788", "5GZCZ43D13S812715"] {
            assert_eq!(doubted(vin, None), [], "{vin}");
        }
        for vin in
            ["1HGCM82643A004352", "LM8GDM9A1KP042788", "7SAYGDEE3NF012345", "7A8DH0H05A5103456"]
        {
            assert_eq!(doubted(vin, None).len(), 1, "{vin}");
        }
        assert_eq!(doubted("1HGCM82643A004352", None), [pair("/vin", "3 at position 9")]);
    }

    #[test]
    fn a_check_digit_is_asked_about_where_the_rest_is_clean() {
        // BMW, Honda and Toyota, built in Germany and Japan for the USA.
        assert_eq!(doubted("WBA3A5C57CF256651", None), []);
        assert_eq!(doubted("WBA3A5C51CF256651", None), [pair("/vin", "7 at position 9")]);
        // A European form, which has no check digit.
        assert_eq!(doubted("WAUZZZ8K9DA123456", None), []);
    }

    #[test]
    fn a_year_that_the_vin_contradicts_is_asked_about() {
        assert_eq!(doubted("1HGCM82633A004352", Some(2003)), []);
        assert_eq!(doubted("1HGCM82633A004352", Some(2013)), [pair("/year", "2003")]);
        for (year, is_doubtful) in [(2013, false), (1983, false), (2012, false), (2005, true)] {
            assert_eq!(!doubted("WAUZZZ8K9DA123456", Some(year)).is_empty(), is_doubtful, "{year}");
        }
        assert_eq!(doubted("WAUZZZ8K9DA123456", Some(2005)), [pair("/year", "2013 or 1983")]);
        assert_eq!(doubted("W1K2130161A123456", Some(2021)), []);
        assert_eq!(doubted("1HGCM82633A004352", Some(-5)), []);
    }
}
