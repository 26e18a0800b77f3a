//! Stations in CSV, as spreadsheets write it: separated by commas, semicolons, tabs or vertical bars, in
//! UTF-8 or Windows-1252. The first line names the columns.

use std::{
    cell::Cell,
    io::{self, Read},
};

use csv::{ByteRecord, ReaderBuilder};

use super::{Item, LeftOut, Take, origin};
use crate::features::stations::{
    providers::{Address, Place, clean, phone, website},
    search::Source,
};

/// The longest line, in bytes: quoted line breaks included.
const LONGEST: usize = 64 * 1024;
/// How many bytes of a file are read at once.
const BUFFER: usize = 8 * 1024;
/// The possible separators of fields.
const DELIMITERS: &[u8] = b",;\t|";
/// The byte order mark that a UTF-8 file may begin with.
const BOM: &[u8] = "\u{feff}".as_bytes();

/// A known column; others are ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Name,
    Brand,
    Address,
    Latitude,
    Longitude,
    /// Latitude and longitude.
    Point,
    Phone,
    Website,
    Number,
    Street,
    City,
    State,
    Postcode,
    Country,
}

/// The names of the columns, in lower case and without spaces.
const NAMES: &[(&str, Column)] = &[
    ("name", Column::Name),
    ("station", Column::Name),
    ("station_name", Column::Name),
    ("brand", Column::Brand),
    ("address", Column::Address),
    ("full_address", Column::Address),
    ("latitude", Column::Latitude),
    ("lat", Column::Latitude),
    ("longitude", Column::Longitude),
    ("lon", Column::Longitude),
    ("lng", Column::Longitude),
    ("long", Column::Longitude),
    ("lat,lon", Column::Point),
    ("lat,lng", Column::Point),
    ("lat/lon", Column::Point),
    ("lat/lng", Column::Point),
    ("latlon", Column::Point),
    ("latlng", Column::Point),
    ("lat_lon", Column::Point),
    ("lat_lng", Column::Point),
    ("latitude,longitude", Column::Point),
    ("latitude/longitude", Column::Point),
    ("coordinates", Column::Point),
    ("phone", Column::Phone),
    ("website", Column::Website),
    ("housenumber", Column::Number),
    ("house_number", Column::Number),
    ("addr:housenumber", Column::Number),
    ("street", Column::Street),
    ("addr:street", Column::Street),
    ("city", Column::City),
    ("addr:city", Column::City),
    ("state", Column::State),
    ("addr:state", Column::State),
    ("postcode", Column::Postcode),
    ("post_code", Column::Postcode),
    ("postal_code", Column::Postcode),
    ("zip", Column::Postcode),
    ("zip_code", Column::Postcode),
    ("addr:postcode", Column::Postcode),
    ("country", Column::Country),
    ("addr:country", Column::Country),
];

/// Reads every line.
///
/// # Errors
/// The file cannot be read, is not in one encoding, or lacks a column; the message names the line.
pub(super) fn read(mut file: impl Read, take: Take<'_>) -> Result<(), String> {
    let mut head = Vec::new();
    let longest = LONGEST as u64;
    file.by_ref().take(longest).read_to_end(&mut head).map_err(|error| error.to_string())?;
    if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
        return Err("it is written in UTF-16: save it as UTF-8".to_owned());
    }
    let mut text = Encoding::Unknown;
    if head.starts_with(BOM) {
        head.drain(..BOM.len());
        text = Encoding::Utf8;
    }
    let delimiters = match separator(&head) {
        Some((separator, length)) => {
            head.drain(..length);
            vec![separator]
        }
        None => DELIMITERS.to_vec(),
    };
    let (delimiter, columns) = columns(&head, &delimiters)?;

    let length = Cell::new(0);
    let file = Bounded { file: io::Cursor::new(head).chain(file), length: &length };
    let mut reader = builder(delimiter).from_reader(file);
    let mut record = ByteRecord::new();
    let mut is_first = true;
    loop {
        let line = reader.position().line();
        let here = |why: &str| format!("{why}, at line {line}");
        match reader.read_byte_record(&mut record) {
            Ok(true) => length.set(0),
            Ok(false) => return Ok(()),
            Err(error) => return Err(here(&error.to_string())),
        }
        let fields = text.fields(&record);
        let fields =
            fields.ok_or_else(|| here("it is not valid UTF-8, unlike the lines before it"))?;
        if std::mem::take(&mut is_first) || fields.iter().all(|it| it.trim().is_empty()) {
            continue;
        }
        let field = |column: Column| {
            let at = columns.iter().find(|it| it.0 == column).map(|it| it.1);
            at.and_then(|at| fields.get(at)).map_or("", |it| it.trim())
        };
        if !take(station(field)) {
            return Ok(());
        }
    }
}

fn builder(delimiter: u8) -> ReaderBuilder {
    let mut builder = ReaderBuilder::new();
    builder.delimiter(delimiter).has_headers(false).flexible(true).buffer_capacity(BUFFER);
    builder
}

/// The separator that the file declares for spreadsheets, on a line such as `sep=;`, and the length of
/// that line.
fn separator(head: &[u8]) -> Option<(u8, usize)> {
    let rest = head.strip_prefix(b"sep=")?;
    let end = rest.iter().position(|it| *it == b'\n')?;
    Some((*rest.first()?, "sep=".len() + end + 1))
}

/// The separator with which the first line has all required columns, and the positions of the columns.
fn columns(head: &[u8], delimiters: &[u8]) -> Result<(u8, Vec<(Column, usize)>), String> {
    let mut failure: Option<(usize, String)> = None;
    for delimiter in delimiters {
        let mut record = ByteRecord::new();
        // Errors in the line are reported when the file is read.
        builder(*delimiter).from_reader(head).read_byte_record(&mut record).ok();
        let names: Vec<_> = record.iter().map(header).collect();
        let found: Vec<_> = NAMES
            .iter()
            .filter_map(|(name, column)| Some((*column, names.iter().position(|it| it == name)?)))
            .collect();
        let has = |column| found.iter().any(|it| it.0 == column);
        let lacks = if !has(Column::Name) && !has(Column::Brand) {
            "name"
        } else if !has(Column::Latitude) && !has(Column::Point) {
            "latitude"
        } else if !has(Column::Longitude) && !has(Column::Point) {
            "longitude"
        } else {
            return Ok((*delimiter, found));
        };
        if failure.as_ref().is_none_or(|it| it.0 < names.len()) {
            failure = Some((names.len(), format!("the first line has no {lacks} column")));
        }
    }
    Err(failure.map(|it| it.1).unwrap_or_default())
}

/// The name of a column in the form of [`NAMES`].
fn header(bytes: &[u8]) -> String {
    let name = String::from_utf8_lossy(bytes).trim().to_lowercase();
    name.replace(", ", ",").replace(" / ", "/").replace([' ', '-'], "_")
}

fn station<'a>(field: impl Fn(Column) -> &'a str) -> Item {
    let (name, brand) = (field(Column::Name), field(Column::Brand));
    let brand = clean(brand, 100);
    let name = clean(name, 200).or_else(|| brand.clone()).ok_or(LeftOut::NoName)?;
    let apart = || Some((degrees(field(Column::Latitude))?, degrees(field(Column::Longitude))?));
    let (latitude, longitude) =
        apart().or_else(|| point(field(Column::Point))).ok_or(LeftOut::NoPlace)?;
    let place = Place::new(Source::Saved, &name, latitude, longitude);
    let mut place = place.ok_or(LeftOut::NoPlace)?;
    let parts = Address {
        number: field(Column::Number),
        street: field(Column::Street),
        city: field(Column::City),
        state: field(Column::State),
        postcode: field(Column::Postcode),
        country: field(Column::Country),
    };
    place.brand = brand;
    place.address = clean(field(Column::Address), 1000).or_else(|| parts.line());
    place.phone = phone(field(Column::Phone));
    place.website = website(field(Column::Website));
    Ok((origin("csv", &place), place))
}

/// Degrees, with a decimal point or a decimal comma.
fn degrees(text: &str) -> Option<f64> {
    let text = text.trim().trim_end_matches('°').replace('−', "-");
    let text = if text.contains('.') { text } else { text.replacen(',', ".", 1) };
    let is_plain = text.bytes().all(|it| it.is_ascii_digit() || b"+-.eE".contains(&it));
    text.parse::<f64>().ok().filter(|it| is_plain && it.is_finite())
}

/// Latitude and longitude in one field: `48.1, 11.5`, `48,1 11,5`, `48.1/11.5`.
fn point(text: &str) -> Option<(f64, f64)> {
    let is_between = |it: char| matches!(it, ';' | '/') || it.is_whitespace();
    let parts: Vec<_> = text.split(is_between).map(|it| it.trim_matches(',')).collect();
    let parts: Vec<_> = parts.into_iter().filter(|it| !it.is_empty()).collect();
    match parts[..] {
        [north, east] => Some((degrees(north)?, degrees(east)?)),
        [both] => match both.split(',').collect::<Vec<_>>()[..] {
            [north, east] => Some((degrees(north)?, degrees(east)?)),
            [north, part_north, east, part_east] => {
                let degrees = |whole, part| degrees(&format!("{whole}.{part}"));
                Some((degrees(north, part_north)?, degrees(east, part_east)?))
            }
            _ => None,
        },
        _ => None,
    }
}

/// The encoding of a file. The first line that is not ASCII decides it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Unknown,
    Utf8,
    Windows1252,
}

impl Encoding {
    /// The fields of a line; none if they are not in the encoding.
    fn fields(&mut self, record: &ByteRecord) -> Option<Vec<String>> {
        let bytes = record.as_slice();
        if *self == Self::Unknown && !bytes.is_ascii() {
            let is_utf8 = record.iter().all(|it| std::str::from_utf8(it).is_ok());
            *self = if is_utf8 { Self::Utf8 } else { Self::Windows1252 };
        }
        let encoding = *self;
        let field = |bytes: &[u8]| match encoding {
            Self::Windows1252 => Some(bytes.iter().copied().map(windows_1252).collect()),
            _ => String::from_utf8(bytes.to_vec()).ok(),
        };
        record.iter().map(field).collect()
    }
}

/// The character of a byte: as in Latin-1, except for 0x80 to 0x9f.
fn windows_1252(byte: u8) -> char {
    const OTHERS: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž',
        '\u{8f}', '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}',
        'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9f => OTHERS[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

/// A file that fails to read if a line is too long.
struct Bounded<'a, R> {
    file: R,
    /// How many bytes of the current line have been read.
    length: &'a Cell<usize>,
}

impl<R: Read> Read for Bounded<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.length.get() > LONGEST + BUFFER {
            return Err(io::Error::other("a line is longer than 64 KiB"));
        }
        let read = self.file.read(buffer)?;
        self.length.set(self.length.get() + read);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::{point, read};

    /// The result of each line: its name, or why it is left out.
    fn names(bytes: impl AsRef<[u8]>) -> Result<Vec<String>, String> {
        let mut names = Vec::new();
        read(bytes.as_ref(), &mut |item| {
            names.push(item.map_or_else(|why| format!("{why:?}"), |(_, place)| place.name));
            true
        })?;
        Ok(names)
    }

    /// The only station of a file, as text.
    fn station(bytes: impl AsRef<[u8]>) -> String {
        let mut all = Vec::new();
        read(bytes.as_ref(), &mut |item| {
            let (_, it) = item.unwrap();
            let (brand, address) = (it.brand.unwrap_or_default(), it.address.unwrap_or_default());
            all.push(format!("{}|{brand}|{address}|{}|{}", it.name, it.latitude, it.longitude));
            true
        })
        .unwrap();
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    }

    #[test]
    fn lines_are_read_as_they_are_written() {
        let text =
            "\u{feff}Name, address ,latitude,longitude\r\n\"One\nof two\",x,1,2\r\n\r\nTwo,,3,4";
        assert_eq!(names(text).unwrap(), ["One of two", "Two"]);
        assert_eq!(names("longitude,latitude,name\n2,1,One\n").unwrap(), ["One"]);
        let quotes = "name,latitude,longitude\n\"a, \"\"b\"\"\",1,2\n5\" hose,1,2\nc,3,4\n";
        assert_eq!(names(quotes).unwrap(), ["a, \"b\"", "5\" hose", "c"]);
    }

    #[test]
    fn columns_are_found_by_any_of_their_names_and_delimiters() {
        let read = "One||Main|48.10000000|-11.50000000";
        for text in [
            "name,address,lat,lon\nOne,Main,48.1,-11.5\n",
            "Name;Address;Latitude;Longitude\nOne;Main;48,1;-11,5\n",
            "name\taddress\tLAT\tLng\nOne\tMain\t48.1\t-11.5\n",
            "name|address|lat|long\nOne|Main|48.1|−11,5\n",
            "sep=;\r\nname;address;lat;lon\r\nOne;Main;48,1;-11,5\r\n",
            "name;address;lat,lon\nOne;Main;48.1,-11.5\n",
            "name;address;Lat / Lon\nOne;Main;48,1 / -11,5\n",
            "name,address,coordinates\nOne,Main,\"48.1, -11.5\"\n",
            "station name,address,lat,lon\nOne,Main,\"48,1\",\"-11,5\"\n",
        ] {
            assert_eq!(station(text), read, "{text}");
        }
    }

    #[test]
    fn a_point_in_one_field_is_read_with_points_and_commas() {
        for text in ["48.1,11.5", "48.1, 11.5", "48,1 11,5", "48,1,11,5", "48,1; 11,5", "48.1/11.5"]
        {
            assert_eq!(point(text), Some((48.1, 11.5)), "{text}");
        }
        for text in ["", "48.1", "48.1,11.5,7", "1 2 3", "north,east"] {
            assert_eq!(point(text), None, "{text}");
        }
    }

    #[test]
    fn a_brand_is_the_name_where_there_is_none() {
        let text = "brand;lat;lon\nShell;1;2\n";
        assert_eq!(station(text), "Shell|Shell||1.00000000|2.00000000");
        let text = "name,brand,lat,lon\nCorner,Shell,1,2\n";
        assert_eq!(station(text), "Corner|Shell||1.00000000|2.00000000");
        assert_eq!(names("name,brand,lat,lon\n,Shell,1,2\n,,1,2\n").unwrap(), ["Shell", "NoName"]);
    }

    #[test]
    fn an_address_is_put_together_from_its_columns() {
        let text = "name,house number,street,city,state,zip,lat,lon\n\
                    One,123,Main Street,Springfield,IL,62704,1,2\n";
        let address = "One||123 Main Street, Springfield, IL 62704|1.00000000|2.00000000";
        assert_eq!(station(text), address);
    }

    #[test]
    fn windows_1252_and_utf_8_are_told_apart() {
        let latin = b"name;lat;lon\nTanke S\xfcd \x80\x96;1;2\nM\xfcller;1;2\n";
        assert_eq!(names(latin).unwrap(), ["Tanke Süd €–", "Müller"]);
        assert_eq!(names("name;lat;lon\nTanke Süd €;1;2\n").unwrap(), ["Tanke Süd €"]);
        let mut broken =
            "name,latitude,longitude\nSüd,1,2\n\"One\nof two\",1,2\n".as_bytes().to_vec();
        broken.extend(b"\xff,1,2\n");
        let told = names(&broken).unwrap_err();
        assert_eq!(told, "it is not valid UTF-8, unlike the lines before it, at line 5");
        let utf_16 = b"\xff\xfen\0a\0m\0e\0";
        assert_eq!(names(utf_16).unwrap_err(), "it is written in UTF-16: save it as UTF-8");
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
        let no_column = |name: &str| format!("the first line has no {name} column");
        assert_eq!(names("name;y;lon\n").unwrap_err(), no_column("latitude"));
        assert_eq!(names("name,lat\n").unwrap_err(), no_column("longitude"));
        assert_eq!(names("").unwrap_err(), no_column("name"));
        let endless = format!("name,latitude,longitude\n\"{}", "x".repeat(100_000));
        assert_eq!(names(&endless).unwrap_err(), "a line is longer than 64 KiB, at line 2");
    }
}
