//! The `vin` command.

use std::io::{self, BufRead, Write};

use chrono::{DateTime, Utc};

use super::{
    DecodedVin,
    number::normalize,
    offline::{self, format_years},
};
use crate::core::{Error, Result};

/// The maximum length of an input line. Longer lines are truncated.
const MAX_LINE_LENGTH: u64 = 1024;

/// Decode VINs offline
#[derive(Debug, Clone, clap::Args)]
pub struct Arguments {
    /// The VINs to decode, optionally with the model year (`VIN,YEAR`); `-` reads them from
    /// standard input, one per line, and prints each result immediately
    #[arg(required_unless_present = "clean_cache", value_name = "VIN")]
    vins: Vec<String>,
    /// Print JSON in the format of the API, one document per line
    #[arg(long)]
    json: bool,
    /// Instead of decoding, delete cached results older than 30 days from the database
    #[arg(long, conflicts_with_all = ["vins", "json"])]
    pub clean_cache: bool,
}

/// Decodes the VINs and prints the results.
///
/// # Errors
/// If the VIN tables are damaged, or reading the input or writing the output fails.
pub fn run(arguments: &Arguments, now: DateTime<Utc>, output: &mut dyn Write) -> io::Result<()> {
    for vin in &arguments.vins {
        if vin == "-" {
            for line in lines(io::stdin().lock()) {
                decode_and_print(&line?, arguments.json, now, output)?;
            }
        } else {
            decode_and_print(vin, arguments.json, now, output)?;
        }
    }
    Ok(())
}

/// Reads lines of bounded length that may contain any bytes. Blank lines are skipped.
fn lines(mut input: impl BufRead) -> impl Iterator<Item = io::Result<String>> {
    std::iter::from_fn(move || {
        loop {
            let mut line = Vec::new();
            let read = io::Read::take(&mut input, MAX_LINE_LENGTH).read_until(b'\n', &mut line);
            match read {
                Ok(0) => return None,
                Ok(_) if line.last() != Some(&b'\n') => {
                    // Skip the rest of a line that is too long to be a VIN.
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

fn decode_and_print(
    text: &str,
    json: bool,
    now: DateTime<Utc>,
    output: &mut dyn Write,
) -> io::Result<()> {
    let decoded = decode(text, now).map_err(io::Error::other)?;
    if json {
        serde_json::to_writer(&mut *output, &decoded)?;
        writeln!(output)?;
    } else {
        output.write_all(format_table(&decoded).as_bytes())?;
    }
    // The process at the other end of the pipe may wait for the result before it sends the next VIN.
    output.flush()
}

fn decode(text: &str, now: DateTime<Utc>) -> Result<DecodedVin, Error> {
    let (vin, year) = split_year(text);
    offline::decode(&normalize(vin), year, now).map(|it| it.0)
}

/// Splits `VIN,YEAR`. The year is optional.
fn split_year(text: &str) -> (&str, Option<u16>) {
    let Some((vin, year)) = text.rsplit_once(',') else { return (text, None) };
    match year.trim() {
        "" => (vin, None),
        year if year.len() == 4 && year.bytes().all(|it| it.is_ascii_digit()) => {
            (vin, year.parse().ok())
        }
        _ => (text, None),
    }
}

/// Formats the model year or its candidates.
fn format_year(decoded: &DecodedVin) -> Option<String> {
    match (decoded.year, decoded.year_candidates.as_slice()) {
        (Some(year), _) => Some(year.to_string()),
        (None, []) => None,
        (None, [year]) => Some(format!("probably {year}")),
        (None, years) => Some(format!("{}, ambiguous in the VIN", format_years(years))),
    }
}

/// Formats the result as a human-readable table.
fn format_table(decoded: &DecodedVin) -> String {
    let text = |value: &Option<String>| value.clone();
    let digit = decoded.check_digit;
    let check_digit = match (digit.given, digit.expected) {
        (Some(given), Some(_)) if digit.ok => Some(format!("{given}, correct")),
        (Some(given), Some(expected)) if digit.required => {
            Some(format!("{given}, should be {expected}"))
        }
        (Some(given), _) => Some(format!("{given}, not required")),
        _ => None,
    };
    let plant = [&decoded.plant_city, &decoded.plant_country];
    let plant: Vec<_> = plant.into_iter().flatten().map(String::as_str).collect();
    let rows = [
        ("Year", format_year(decoded)),
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
        ("Plant", (!plant.is_empty()).then(|| plant.join(", "))),
        ("Manufacturer", text(&decoded.manufacturer)),
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
        line("Did you mean", suggestion);
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::{Arguments, lines, run};

    fn output_of(vins: &[&str], json: bool) -> String {
        let vins = vins.iter().map(|it| (*it).to_owned()).collect();
        let arguments = Arguments { vins, json, clean_cache: false };
        let mut output = Vec::new();
        run(&arguments, crate::testing::NOW.parse().unwrap(), &mut output).unwrap();
        String::from_utf8(output).unwrap()
    }

    #[test]
    fn a_vin_is_printed_as_a_table() {
        let table = output_of(&["1HGCM82633A004352"], false);
        for line in ["  Year          2003", "  Make          Honda", "  Model         Accord"] {
            assert!(table.lines().any(|it| it == line), "{line} in {table}");
        }
    }

    #[test]
    fn json_output_has_one_document_per_line() {
        let documents = output_of(&["1HGCM82633A004352", "not a VIN"], true);
        let documents: Vec<serde_json::Value> =
            documents.lines().map(|it| serde_json::from_str(it).unwrap()).collect();
        assert_eq!(documents[0]["model"], "Accord");
        assert_eq!(documents[1]["valid"], false);
        assert_eq!(documents.len(), 2);
    }

    #[test]
    fn a_model_year_after_a_comma_resolves_an_ambiguity() {
        let year = |vin: &str| {
            let table = output_of(&[vin], false);
            let line = table.lines().find_map(|it| it.trim().strip_prefix("Year "));
            line.map(|it| it.trim().to_owned())
        };
        for (typed, shown) in [
            ("WAUZZZ8K9DA123456", Some("2013 or 1983, ambiguous in the VIN")),
            ("WAUZZZ8K9DA123456,", Some("2013 or 1983, ambiguous in the VIN")),
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
        assert!(output_of(&["1HGCM82633A004352,2013"], false).contains("Problem 12"));
        assert!(
            output_of(&["WAUZZZ8K9DA123456"], true).contains(r#""yearCandidates":[2013,1983]"#)
        );
        assert!(output_of(&["WAUZZZ8K9DA123456"], true).contains(r#""yearSettled":false"#));
    }

    #[test]
    fn a_correct_european_vin_has_no_errors() {
        let table = output_of(&["WAUZZZ8K9DA123456", "TMBJJ7NE0D0123456"], false);
        for wrong in
            ["has errors", "not registered", "does not calculate", "Invalid Char", "Did you mean"]
        {
            assert!(!table.contains(wrong), "{wrong} in {table}");
        }
    }

    #[test]
    fn lines_of_any_length_and_with_any_bytes_are_read() {
        let mut input = b"1HGCM82633A004352\n\n  \n".to_vec();
        input.extend(std::iter::repeat_n(b'9', 1_000_000));
        input.extend(b"\n\xff\xfe\nlast");
        let lines: Vec<_> = lines(&input[..]).map(Result::unwrap).collect();
        let lengths: Vec<_> = lines.iter().map(|it| it.chars().count()).collect();
        assert_eq!(lengths, [17, 1024, 2, 4]);
    }
}
