//! Stations in lines, with commas between (RFC 4180). The first line names the columns.

use std::io::{BufRead, BufReader, Read};

use super::{Item, LeftOut, Take, origin};
use crate::features::stations::{
    providers::{Place, clean, phone, website},
    search::Source,
};

/// The columns that are read; others are passed over.
const COLUMNS: [&str; 6] = ["name", "address", "latitude", "longitude", "phone", "website"];
/// The longest line, in bytes: quoted line breaks included.
const LONGEST: usize = 64 * 1024;

/// Reads every line.
///
/// # Errors
/// The file cannot be read on, is no text, or lacks a column; with the line where that was found.
pub(super) fn read(file: impl Read, take: Take<'_>) -> Result<(), String> {
    let mut file = Lines { file: BufReader::new(file), last: 0 };
    let names = file.next()?.unwrap_or_default();
    let names: Vec<_> =
        names.iter().map(|it| it.trim_start_matches('\u{feff}').trim().to_lowercase()).collect();
    let places = COLUMNS.map(|column| names.iter().position(|it| it == column));
    for (column, place) in COLUMNS.iter().zip(places) {
        if place.is_none() && ["name", "latitude", "longitude"].contains(column) {
            return Err(format!("the first line names no column {column}"));
        }
    }
    while let Some(line) = file.next()? {
        if line.iter().all(|it| it.trim().is_empty()) {
            continue;
        }
        let field = |nth: usize| places[nth].and_then(|at| line.get(at)).map_or("", String::as_str);
        if !take(station(field)) {
            break;
        }
    }
    Ok(())
}

fn station<'a>(field: impl Fn(usize) -> &'a str) -> Item {
    let degrees = |nth| field(nth).trim().parse::<f64>().ok().filter(|it| it.is_finite());
    clean(field(0), 200).ok_or(LeftOut::NoName)?;
    let place = || Place::new(Source::Saved, field(0), degrees(2)?, degrees(3)?);
    let mut place = place().ok_or(LeftOut::NoPlace)?;
    place.address = clean(field(1), 1000);
    place.phone = phone(field(4));
    place.website = website(field(5));
    Ok((origin("csv", &place), place))
}

/// A file, line by line.
struct Lines<R> {
    file: BufReader<R>,
    /// Which line was read last.
    last: u64,
}

impl<R: Read> Lines<R> {
    /// The fields of the next line, which goes on where a quote is open.
    fn next(&mut self) -> Result<Option<Vec<String>>, String> {
        let begun = self.last + 1;
        let here = |why: &str| format!("{why}, at line {begun}");
        let mut line = Vec::new();
        loop {
            let mut rest = self.file.by_ref().take((LONGEST - line.len()) as u64);
            let read = rest.read_until(b'\n', &mut line).map_err(|error| error.to_string())?;
            self.last += 1;
            let is_open = line.iter().fold(false, |is_open, it| is_open ^ (*it == b'"'));
            if read == 0 && line.len() == LONGEST {
                return Err(here("a line is longer than 64 KiB"));
            }
            if read == 0 && line.is_empty() {
                return Ok(None);
            }
            if read == 0 || (line.ends_with(b"\n") && !is_open) {
                break;
            }
        }
        let line = String::from_utf8(line).map_err(|_| here("it is no text in UTF-8"))?;
        Ok(Some(fields(line.trim_end_matches(['\r', '\n']))))
    }
}

/// The fields of a line: quoted ones without their quotes, doubled ones once.
fn fields(line: &str) -> Vec<String> {
    let (mut fields, mut field, mut is_quoted) = (Vec::new(), String::new(), false);
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if is_quoted && letters.peek() == Some(&'"') => {
                letters.next();
                field.push('"');
            }
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => fields.push(std::mem::take(&mut field)),
            _ => field.push(letter),
        }
    }
    fields.push(field);
    fields
}

#[cfg(test)]
mod tests {
    use super::{fields, read};

    fn names(text: &str) -> Result<Vec<String>, String> {
        let mut names = Vec::new();
        read(text.as_bytes(), &mut |item| {
            names.push(item.map_or_else(|why| format!("{why:?}"), |(_, place)| place.name));
            true
        })?;
        Ok(names)
    }

    #[test]
    fn lines_are_read_as_they_are_written() {
        assert_eq!(fields(r#"a,"b, ""c""",,d"#), ["a", "b, \"c\"", "", "d"]);
        let text =
            "\u{feff}Name, address ,latitude,longitude\r\n\"One\nof two\",x,1,2\r\n\r\nTwo,,3,4";
        assert_eq!(names(text).unwrap(), ["One of two", "Two"]);
        assert_eq!(names("longitude,latitude,name\n2,1,One\n").unwrap(), ["One"]);
    }

    #[test]
    fn what_is_no_station_is_told_apart() {
        let text = "name,latitude,longitude\n,1,2\nx,91,0\nx,NaN,0\nx,,\nx,1,181\ny\nReal,1,2\n";
        let mut told = vec!["NoPlace"; 6];
        told[0] = "NoName";
        told.push("Real");
        assert_eq!(names(text).unwrap(), told);
    }

    #[test]
    fn what_is_no_such_file_is_refused() {
        assert_eq!(names("name,lat,lon\n").unwrap_err(), "the first line names no column latitude");
        assert_eq!(names("").unwrap_err(), "the first line names no column name");
        let endless = format!("name,latitude,longitude\n\"{}", "x".repeat(100_000));
        assert_eq!(names(&endless).unwrap_err(), "a line is longer than 64 KiB, at line 2");
        let mut bytes = b"name,latitude,longitude\n\"One\nof two\",1,2\n".to_vec();
        bytes.extend(b"\xff,1,2\n");
        let told = read(bytes.as_slice(), &mut |_| true).unwrap_err();
        assert_eq!(told, "it is no text in UTF-8, at line 4");
    }
}
