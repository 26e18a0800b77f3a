//! VINs at the command line.

use std::io::{self, BufRead, Write};

use chrono::{DateTime, Utc};

use super::{
    DecodedVin,
    number::plain,
    offline::{self, spoken_years},
};
use crate::core::{Error, Result};

/// The longest line that is read; what follows is dropped.
const LONGEST: u64 = 1024;

/// Decode VINs, without a network
#[derive(Debug, Clone, clap::Args)]
pub struct Arguments {
    /// The VINs, each with its model year after a comma if that is known (`VIN,YEAR`); `-` reads them from
    /// standard input, one per line, and prints each at once
    #[arg(required_unless_present = "clean_cache", value_name = "VIN")]
    vins: Vec<String>,
    /// Print JSON as the API does, one document per line
    #[arg(long)]
    json: bool,
    /// Instead, remove NHTSA's answers that are older than 30 days from the database
    #[arg(long, conflicts_with_all = ["vins", "json"])]
    pub clean_cache: bool,
}

/// Answers each VIN in turn.
///
/// # Errors
/// Internal where the tables are damaged or where nothing can be read or written.
pub fn run(arguments: &Arguments, now: DateTime<Utc>, output: &mut dyn Write) -> io::Result<()> {
    for vin in &arguments.vins {
        if vin == "-" {
            for line in lines(io::stdin().lock()) {
                answer(&line?, arguments.json, now, output)?;
            }
        } else {
            answer(vin, arguments.json, now, output)?;
        }
    }
    Ok(())
}

/// Lines that are not blank, of bounded length, whatever bytes they hold.
fn lines(mut input: impl BufRead) -> impl Iterator<Item = io::Result<String>> {
    std::iter::from_fn(move || {
        loop {
            let mut line = Vec::new();
            let read = io::Read::take(&mut input, LONGEST).read_until(b'\n', &mut line);
            match read {
                Ok(0) => return None,
                Ok(_) if line.last() != Some(&b'\n') => {
                    // The rest of a line that is no VIN anyway.
                    if let Err(error) = input.skip_until(b'\n') {
                        return Some(Err(error));
                    }
                }
                Ok(_) => {}
                Err(error) => return Some(Err(error)),
            }
            let line = String::from_utf8_lossy(&line).trim().to_owned();
            if !line.is_empty() {
                return Some(Ok(line));
            }
        }
    })
}

fn answer(text: &str, json: bool, now: DateTime<Utc>, output: &mut dyn Write) -> io::Result<()> {
    let decoded = decode(text, now).map_err(io::Error::other)?;
    if json {
        serde_json::to_writer(&mut *output, &decoded)?;
        writeln!(output)?;
    } else {
        output.write_all(table(&decoded).as_bytes())?;
    }
    // Whoever writes VINs into the pipe may wait for the answer before the next.
    output.flush()
}

fn decode(text: &str, now: DateTime<Utc>) -> Result<DecodedVin, Error> {
    let (vin, year) = split(text);
    offline::decode(&plain(vin), year, now).map(|it| it.0)
}

/// `VIN,YEAR`, or a VIN alone.
fn split(text: &str) -> (&str, Option<u16>) {
    let Some((vin, year)) = text.rsplit_once(',') else { return (text, None) };
    match year.trim() {
        "" => (vin, None),
        year if year.len() == 4 && year.bytes().all(|it| it.is_ascii_digit()) => {
            (vin, year.parse().ok())
        }
        _ => (text, None),
    }
}

/// The model year, or those that it may be.
fn year(decoded: &DecodedVin) -> Option<String> {
    match (decoded.year, decoded.year_candidates.as_slice()) {
        (Some(year), _) => Some(year.to_string()),
        (None, []) => None,
        (None, [year]) => Some(format!("perhaps {year}")),
        (None, years) => Some(format!("{}, not settled by the VIN", spoken_years(years))),
    }
}

/// A table that people read.
fn table(decoded: &DecodedVin) -> String {
    let text = |value: &Option<String>| value.clone();
    let digit = decoded.check_digit;
    let check_digit = match (digit.given, digit.expected) {
        (Some(given), Some(_)) if digit.ok => Some(format!("{given}, right")),
        (Some(given), Some(expected)) if digit.required => {
            Some(format!("{given}, should be {expected}"))
        }
        (Some(given), _) => Some(format!("{given}, not required here")),
        _ => None,
    };
    let place = [&decoded.plant_city, &decoded.plant_country];
    let place: Vec<_> = place.into_iter().flatten().map(String::as_str).collect();
    let rows = [
        ("Year", year(decoded)),
        ("Make", text(&decoded.make)),
        ("Model", text(&decoded.model)),
        ("Trim", text(&decoded.trim)),
        ("Series", text(&decoded.series)),
        ("Body", text(&decoded.body_type)),
        ("Engine", text(&decoded.engine_type)),
        ("Fuel", text(&decoded.fuel_type)),
        ("Drive", text(&decoded.drive_type)),
        ("Transmission", text(&decoded.transmission)),
        ("Type", text(&decoded.vehicle_type)),
        ("Built in", (!place.is_empty()).then(|| place.join(", "))),
        ("Built by", text(&decoded.manufacturer)),
        ("Check digit", check_digit),
    ];
    let mut lines = vec![decoded.vin.clone()];
    let mut line = |name: &str, value: &str| lines.push(format!("  {name:<13} {value}"));
    for (name, value) in rows {
        if let Some(value) = value {
            line(name, &value);
        }
    }
    for problem in &decoded.problems {
        line(&format!("Problem {}", problem.code), &problem.detail);
    }
    for suggestion in &decoded.suggestions {
        line("Perhaps", suggestion);
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::{Arguments, lines, run};

    fn told(vins: &[&str], json: bool) -> String {
        let vins = vins.iter().map(|it| (*it).to_owned()).collect();
        let arguments = Arguments { vins, json, clean_cache: false };
        let mut output = Vec::new();
        run(&arguments, crate::testing::NOW.parse().unwrap(), &mut output).unwrap();
        String::from_utf8(output).unwrap()
    }

    #[test]
    fn a_vin_is_told_as_a_table() {
        let table = told(&["1HGCM82633A004352"], false);
        for line in ["  Year          2003", "  Make          Honda", "  Model         Accord"] {
            assert!(table.lines().any(|it| it == line), "{line} in {table}");
        }
    }

    #[test]
    fn a_document_is_a_line() {
        let documents = told(&["1HGCM82633A004352", "not a VIN"], true);
        let documents: Vec<serde_json::Value> =
            documents.lines().map(|it| serde_json::from_str(it).unwrap()).collect();
        assert_eq!(documents[0]["model"], "Accord");
        assert_eq!(documents[1]["valid"], false);
        assert_eq!(documents.len(), 2);
    }

    #[test]
    fn a_year_behind_a_comma_decides_between_two() {
        let year = |vin: &str| {
            let table = told(&[vin], false);
            let line = table.lines().find_map(|it| it.trim().strip_prefix("Year "));
            line.map(|it| it.trim().to_owned())
        };
        for (typed, shown) in [
            ("WAUZZZ8K9DA123456", Some("2013 or 1983, not settled by the VIN")),
            ("WAUZZZ8K9DA123456,", Some("2013 or 1983, not settled by the VIN")),
            ("WAUZZZ8K9DA123456,2013", Some("2013")),
            ("WAUZZZ8K9DA123456, 1983", Some("1983")),
            ("VIN: *WAUZZZ-8K9-DA123456*,2013", Some("2013")),
            ("W1K2130161A123456", None),
            ("W1K2130161A123456,2021", Some("2021")),
            ("1HGCM82633A004352,2013", Some("2003")),
            ("I1HGCM82633A004352", Some("2003")),
        ] {
            assert_eq!(year(typed).as_deref(), shown, "{typed}");
        }
        assert!(told(&["1HGCM82633A004352,2013"], false).contains("Problem 12"));
        assert!(told(&["WAUZZZ8K9DA123456"], true).contains(r#""yearCandidates":[2013,1983]"#));
        assert!(told(&["WAUZZZ8K9DA123456"], true).contains(r#""yearSettled":false"#));
    }

    #[test]
    fn a_correct_vin_from_elsewhere_has_no_errors() {
        let table = told(&["WAUZZZ8K9DA123456", "TMBJJ7NE0D0123456"], false);
        for wrong in
            ["has errors", "not registered", "does not calculate", "Invalid Char", "Perhaps"]
        {
            assert!(!table.contains(wrong), "{wrong} in {table}");
        }
    }

    #[test]
    fn lines_of_any_length_and_of_any_bytes_are_read() {
        let mut input = b"1HGCM82633A004352\n\n  \n".to_vec();
        input.extend(std::iter::repeat_n(b'9', 1_000_000));
        input.extend(b"\n\xff\xfe\nlast");
        let lines: Vec<_> = lines(&input[..]).map(Result::unwrap).collect();
        let lengths: Vec<_> = lines.iter().map(|it| it.chars().count()).collect();
        assert_eq!(lengths, [17, 1024, 2, 4]);
    }
}
