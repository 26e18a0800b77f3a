//! Decodes VINs for comparison with other decoders. Reads `VIN` or `VIN,YEAR` from standard input,
//! one per line. Writes one line for each: the input and `element=value` pairs, separated by tabs.
//! The optional argument is the date to decode for (`YYYY-MM-DD`).

use std::io::{BufRead, BufWriter, Write};

use vpic::{Date, Decoder, Options};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let decoder = Decoder::embedded()?;
    let today = std::env::args().nth(1).map(|day| date(&day)).transpose()?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let (vin, year) = line.split_once(',').unwrap_or((&line, ""));
        let answer = decoder.decode_with(vin, &Options { model_year: year.parse().ok(), today });
        write!(out, "{line}")?;
        for (id, text) in [
            (142, answer.suggested_vin()),
            (143, answer.error_codes()),
            (144, answer.possible_values()),
            (156, answer.additional_error_text()),
            (191, answer.error_text()),
            (196, answer.descriptor()),
        ] {
            write!(out, "\t{id}={text}")?;
        }
        for (element, value) in answer.values() {
            write!(out, "\t{}={value}", element.id)?;
        }
        writeln!(out)?;
    }
    out.flush()?;
    Ok(())
}

fn date(day: &str) -> Result<Date, Box<dyn std::error::Error>> {
    let mut parts = day.split('-');
    let mut part = || parts.next().ok_or("the date must have the format YYYY-MM-DD");
    Ok(Date { year: part()?.parse()?, month: part()?.parse()?, day: part()?.parse()? })
}
