//! Reads stations from CSV as written by spreadsheets: separated by commas, semicolons, tabs or vertical
//! bars, in UTF-8 or Windows-1252. The first line contains the column names.

use std::{
    cell::Cell,
    io::{self, Read},
};

use csv::{ByteRecord, ReaderBuilder};

use super::{ParsedItem, Sink, SkipReason, origin};
use crate::{
    core::locale::Message,
    features::stations::{
        providers::{Address, Place, clean, phone, website},
        search::Source,
    },
    t,
};

/// The maximum length of a record in bytes, including quoted line breaks.
const MAX_LINE_BYTES: usize = 64 * 1024;
/// The size of the read buffer.
const BUFFER_BYTES: usize = 8 * 1024;
/// The possible separators of fields.
const DELIMITERS: &[u8] = b",;\t|";
/// The byte order mark that a UTF-8 file may begin with.
const BOM: &[u8] = "\u{feff}".as_bytes();

/// A known column. Other columns are ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Name,
    Brand,
    Address,
    Latitude,
    Longitude,
    /// Latitude and longitude in one field.
    Point,
    Phone,
    Website,
    HouseNumber,
    Street,
    City,
    State,
    Postcode,
    Country,
}

/// The names of the columns, normalized as by [`normalize_header`].
const COLUMN_NAMES: &[(&str, Column)] = &[
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
    ("housenumber", Column::HouseNumber),
    ("house_number", Column::HouseNumber),
    ("addr:housenumber", Column::HouseNumber),
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
/// The file cannot be read, mixes encodings, or lacks a column. The message contains the line.
pub(super) fn read(mut file: impl Read, sink: Sink<'_>) -> Result<(), Message> {
    let mut head = Vec::new();
    let max = MAX_LINE_BYTES as u64;
    file.by_ref()
        .take(max)
        .read_to_end(&mut head)
        .map_err(|error| t!("stations-import-unreadable", error = error.to_string()))?;
    if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
        return Err(t!("stations-import-utf-16"));
    }
    let mut encoding = Encoding::Unknown;
    if head.starts_with(BOM) {
        head.drain(..BOM.len());
        encoding = Encoding::Utf8;
    }
    let delimiters = match declared_delimiter(&head) {
        Some((delimiter, length)) => {
            head.drain(..length);
            vec![delimiter]
        }
        None => DELIMITERS.to_vec(),
    };
    let (delimiter, columns) = find_columns(&head, &delimiters)?;

    let length = Cell::new(0);
    let file = BoundedReader { file: io::Cursor::new(head).chain(file), length: &length };
    let mut reader = builder(delimiter).from_reader(file);
    let mut record = ByteRecord::new();
    let mut is_first = true;
    loop {
        let line = reader.position().line();
        match reader.read_byte_record(&mut record) {
            Ok(true) => length.set(0),
            Ok(false) => return Ok(()),
            Err(error) => {
                let error = error.to_string();
                return Err(t!("stations-import-unreadable-at", line = line, error = error));
            }
        }
        let fields = encoding.decode(&record);
        let fields = fields.ok_or_else(|| t!("stations-import-mixed-encoding", line = line))?;
        if std::mem::take(&mut is_first) || fields.iter().all(|it| it.trim().is_empty()) {
            continue;
        }
        let field = |column: Column| {
            let index = columns.iter().find(|it| it.0 == column).map(|it| it.1);
            index.and_then(|index| fields.get(index)).map_or("", |it| it.trim())
        };
        if !sink(parse_station(field)) {
            return Ok(());
        }
    }
}

fn builder(delimiter: u8) -> ReaderBuilder {
    let mut builder = ReaderBuilder::new();
    builder.delimiter(delimiter).has_headers(false).flexible(true).buffer_capacity(BUFFER_BYTES);
    builder
}

/// The delimiter that the file declares for spreadsheets on a line such as `sep=;`, and the length of that
/// line.
fn declared_delimiter(head: &[u8]) -> Option<(u8, usize)> {
    let rest = head.strip_prefix(b"sep=")?;
    let end = rest.iter().position(|it| *it == b'\n')?;
    Some((*rest.first()?, "sep=".len() + end + 1))
}

/// Finds the delimiter with which the first line has all required columns, and the positions of the columns.
fn find_columns(head: &[u8], delimiters: &[u8]) -> Result<(u8, Vec<(Column, usize)>), Message> {
    let mut best_error: Option<(usize, &str)> = None;
    for delimiter in delimiters {
        let mut record = ByteRecord::new();
        // Errors in this line are reported when the file is read.
        builder(*delimiter).from_reader(head).read_byte_record(&mut record).ok();
        let names: Vec<_> = record.iter().map(normalize_header).collect();
        let found: Vec<_> = COLUMN_NAMES
            .iter()
            .filter_map(|(name, column)| Some((*column, names.iter().position(|it| it == name)?)))
            .collect();
        let has = |column| found.iter().any(|it| it.0 == column);
        let missing = if !has(Column::Name) && !has(Column::Brand) {
            "name"
        } else if !has(Column::Latitude) && !has(Column::Point) {
            "latitude"
        } else if !has(Column::Longitude) && !has(Column::Point) {
            "longitude"
        } else {
            return Ok((*delimiter, found));
        };
        if best_error.as_ref().is_none_or(|it| it.0 < names.len()) {
            best_error = Some((names.len(), missing));
        }
    }
    let missing = best_error.map(|it| it.1).unwrap_or_default();
    Err(t!("stations-import-no-column", column = missing))
}

/// The name of a column in the form of [`COLUMN_NAMES`]: in lower case and without spaces.
fn normalize_header(bytes: &[u8]) -> String {
    let name = String::from_utf8_lossy(bytes).trim().to_lowercase();
    name.replace(", ", ",").replace(" / ", "/").replace([' ', '-'], "_")
}

fn parse_station<'a>(field: impl Fn(Column) -> &'a str) -> ParsedItem {
    let (name, brand) = (field(Column::Name), field(Column::Brand));
    let brand = clean(brand, 100);
    let name = clean(name, 200).or_else(|| brand.clone()).ok_or(SkipReason::NoName)?;
    let separate = || Some((degrees(field(Column::Latitude))?, degrees(field(Column::Longitude))?));
    let (latitude, longitude) =
        separate().or_else(|| point(field(Column::Point))).ok_or(SkipReason::NoLocation)?;
    let place = Place::new(Source::Saved, &name, latitude, longitude);
    let mut place = place.ok_or(SkipReason::NoLocation)?;
    let parts = Address {
        number: field(Column::HouseNumber),
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

/// Parses degrees with a decimal point or a decimal comma.
fn degrees(text: &str) -> Option<f64> {
    let text = text.trim().trim_end_matches('°').replace('−', "-");
    let text = if text.contains('.') { text } else { text.replacen(',', ".", 1) };
    let is_plain = text.bytes().all(|it| it.is_ascii_digit() || b"+-.eE".contains(&it));
    text.parse::<f64>().ok().filter(|it| is_plain && it.is_finite())
}

/// Parses latitude and longitude in one field: `48.1, 11.5`, `48,1 11,5` or `48.1/11.5`.
fn point(text: &str) -> Option<(f64, f64)> {
    let is_separator = |it: char| matches!(it, ';' | '/') || it.is_whitespace();
    let parts: Vec<_> = text.split(is_separator).map(|it| it.trim_matches(',')).collect();
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

/// The encoding of a file, detected from the first line that is not ASCII.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Unknown,
    Utf8,
    Windows1252,
}

impl Encoding {
    /// Decodes the fields of a line. Returns `None` if they are not in the encoding.
    fn decode(&mut self, record: &ByteRecord) -> Option<Vec<String>> {
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

/// Decodes a byte, as in Latin-1 except for 0x80 to 0x9f.
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

/// A reader that fails if a line is too long.
struct BoundedReader<'a, R> {
    file: R,
    /// The number of bytes of the current line that have been read.
    length: &'a Cell<usize>,
}

impl<R: Read> Read for BoundedReader<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.length.get() > MAX_LINE_BYTES + BUFFER_BYTES {
            return Err(io::Error::other(t!("stations-import-line-too-long")));
        }
        let read = self.file.read(buffer)?;
        self.length.set(self.length.get() + read);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::{point, read};

    /// The result of each line: the name, or the reason why it is skipped.
    fn names(bytes: impl AsRef<[u8]>) -> Result<Vec<String>, String> {
        let mut names = Vec::new();
        read(bytes.as_ref(), &mut |item| {
            names.push(item.map_or_else(|reason| format!("{reason:?}"), |(_, place)| place.name));
            true
        })
        .map_err(|it| it.to_string())?;
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
    fn quoted_fields_blank_lines_and_any_column_order_are_read() {
        let text =
            "\u{feff}Name, address ,latitude,longitude\r\n\"One\nof two\",x,1,2\r\n\r\nTwo,,3,4";
        assert_eq!(names(text).unwrap(), ["One of two", "Two"]);
        assert_eq!(names("longitude,latitude,name\n2,1,One\n").unwrap(), ["One"]);
        let quotes = "name,latitude,longitude\n\"a, \"\"b\"\"\",1,2\n5\" hose,1,2\nc,3,4\n";
        assert_eq!(names(quotes).unwrap(), ["a, \"b\"", "5\" hose", "c"]);
    }

    #[test]
    fn columns_are_found_with_any_name_and_delimiter() {
        let expected = "One||Main|48.10000000|-11.50000000";
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
            assert_eq!(station(text), expected, "{text}");
        }
    }

    #[test]
    fn coordinates_in_one_field_may_use_decimal_points_or_commas() {
        for text in ["48.1,11.5", "48.1, 11.5", "48,1 11,5", "48,1,11,5", "48,1; 11,5", "48.1/11.5"]
        {
            assert_eq!(point(text), Some((48.1, 11.5)), "{text}");
        }
        for text in ["", "48.1", "48.1,11.5,7", "1 2 3", "north,east"] {
            assert_eq!(point(text), None, "{text}");
        }
    }

    #[test]
    fn the_brand_is_used_as_a_missing_name() {
        let text = "brand;lat;lon\nShell;1;2\n";
        assert_eq!(station(text), "Shell|Shell||1.00000000|2.00000000");
        let text = "name,brand,lat,lon\nCorner,Shell,1,2\n";
        assert_eq!(station(text), "Corner|Shell||1.00000000|2.00000000");
        assert_eq!(names("name,brand,lat,lon\n,Shell,1,2\n,,1,2\n").unwrap(), ["Shell", "NoName"]);
    }

    #[test]
    fn an_address_is_formatted_from_its_columns() {
        let text = "name,house number,street,city,state,zip,lat,lon\n\
                    One,123,Main Street,Springfield,IL,62704,1,2\n";
        let address = "One||123 Main Street, Springfield, IL 62704|1.00000000|2.00000000";
        assert_eq!(station(text), address);
    }

    #[test]
    fn windows_1252_and_utf_8_are_detected() {
        let latin = b"name;lat;lon\nTanke S\xfcd \x80\x96;1;2\nM\xfcller;1;2\n";
        assert_eq!(names(latin).unwrap(), ["Tanke Süd €–", "Müller"]);
        assert_eq!(names("name;lat;lon\nTanke Süd €;1;2\n").unwrap(), ["Tanke Süd €"]);
        let mut broken =
            "name,latitude,longitude\nSüd,1,2\n\"One\nof two\",1,2\n".as_bytes().to_vec();
        broken.extend(b"\xff,1,2\n");
        let error = names(&broken).unwrap_err();
        assert_eq!(error, "line 5 isn’t valid UTF-8, but the lines before it are");
        let utf_16 = b"\xff\xfen\0a\0m\0e\0";
        assert_eq!(names(utf_16).unwrap_err(), "the file is encoded in UTF-16: save it as UTF-8");
    }

    #[test]
    fn invalid_lines_are_skipped_with_a_reason() {
        let text = "name,latitude,longitude\n,1,2\nx,91,0\nx,NaN,0\nx,,\nx,1,181\ny\nReal,1,2\n";
        let mut expected = vec!["NoLocation"; 6];
        expected[0] = "NoName";
        expected.push("Real");
        assert_eq!(names(text).unwrap(), expected);
    }

    #[test]
    fn missing_columns_and_oversized_lines_are_rejected() {
        let no_column = |name: &str| format!("the first line has no {name} column");
        assert_eq!(names("name;y;lon\n").unwrap_err(), no_column("latitude"));
        assert_eq!(names("name,lat\n").unwrap_err(), no_column("longitude"));
        assert_eq!(names("").unwrap_err(), no_column("name"));
        let endless = format!("name,latitude,longitude\n\"{}", "x".repeat(100_000));
        let expected = "the file can’t be read at line 2: a line is longer than 64 KiB";
        assert_eq!(names(&endless).unwrap_err(), expected);
    }
}
