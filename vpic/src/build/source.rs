//! Reads the input tables from any supported format. Names are normalized to lower case without
//! underscores, so that `Wmi_VinSchema` in the dump and `wmi_vinschema.tsv` are the same table.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use super::{BuildError, dump};

/// A table: the names of its columns, and its rows separated by tabs and line feeds.
#[derive(Debug, Default)]
pub(crate) struct Table {
    pub(crate) columns: Vec<String>,
    pub(crate) body: String,
}

/// The requested columns of a row.
pub(crate) struct Row<'a>(Vec<Option<Cow<'a, str>>>);

impl Row<'_> {
    /// The text of the requested column at an index; `None` is NULL.
    pub(crate) fn text(&self, index: usize) -> Option<&str> {
        self.0[index].as_deref()
    }

    pub(crate) fn number<T: std::str::FromStr>(&self, index: usize) -> Result<T, BuildError> {
        let text = self.text(index).unwrap_or_default();
        text.parse().map_err(|_| BuildError::new(format!("{text:?} is not a number")))
    }

    pub(crate) fn flag(&self, index: usize) -> bool {
        matches!(self.text(index), Some("1" | "t" | "true"))
    }

    /// Microseconds since 1970, from a number or a timestamp; `None` is NULL.
    pub(crate) fn time(&self, index: usize) -> Result<Option<i64>, BuildError> {
        let Some(text) = self.text(index) else { return Ok(None) };
        text.parse()
            .ok()
            .or_else(|| timestamp(text))
            .map(Some)
            .ok_or_else(|| BuildError::new(format!("{text:?} is not a time")))
    }
}

impl Table {
    /// The rows with the requested columns. A column may have alternatives, such as
    /// `updatedon|createdon`, of which the first that is not NULL is used.
    pub(crate) fn rows<'a>(
        &'a self,
        name: &str,
        wanted: &[&str],
    ) -> Result<impl Iterator<Item = Row<'a>>, BuildError> {
        let mut indexes = Vec::new();
        for names in wanted {
            let found: Vec<usize> = names
                .split('|')
                .filter_map(|name| self.columns.iter().position(|column| column == name))
                .collect();
            if found.is_empty() {
                return Err(BuildError::new(format!("the table {name} has no column {names}")));
            }
            indexes.push(found);
        }
        Ok(self.body.lines().map(move |line| {
            let fields: Vec<&str> = line.split('\t').collect();
            Row(indexes
                .iter()
                .map(|indexes| indexes.iter().find_map(|index| unescape(fields.get(*index)?)))
                .collect())
        }))
    }
}

/// Unescapes a field. `\N` in the dump and empty fields in tab-separated tables are NULL.
fn unescape(text: &str) -> Option<Cow<'_, str>> {
    if text.is_empty() || text == "\\N" {
        return None;
    }
    if !text.contains('\\') {
        return Some(Cow::Borrowed(text));
    }
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        let escaped = if character == '\\' { characters.next() } else { None };
        plain.push(match escaped {
            None => character,
            Some('t') => '\t',
            Some('n') => '\n',
            Some('r') => '\r',
            Some(other) => other,
        });
    }
    Some(Cow::Owned(plain))
}

/// Parses `2015-03-03 23:24:23.63` to microseconds since 1970.
fn timestamp(text: &str) -> Option<i64> {
    let (date, time) = text.split_once(' ').unwrap_or((text, "00:00:00"));
    let mut date = date.split('-');
    let date = crate::Date {
        year: date.next()?.parse().ok()?,
        month: date.next()?.parse().ok()?,
        day: date.next()?.parse().ok()?,
    };
    let (time, fraction) = time.split_once('.').unwrap_or((time, ""));
    let seconds = time
        .split(':')
        .try_fold(0_i64, |seconds, part| Some(seconds * 60 + part.parse::<i64>().ok()?))?;
    let micros: i64 = format!("{fraction:0<6}").get(..6)?.parse().ok()?;
    Some((i64::from(date.days()) * 86_400 + seconds) * 1_000_000 + micros)
}

/// The tables of the input.
#[derive(Debug, Default)]
pub(crate) struct Source {
    tables: BTreeMap<String, Table>,
}

impl Source {
    pub(crate) fn open(input: &Path) -> Result<Self, BuildError> {
        let name = input.to_string_lossy();
        let mut source = Self::default();
        if input.is_dir() {
            for entry in std::fs::read_dir(input)? {
                let path = entry?.path();
                source.add_file(&path, File::open(&path)?)?;
            }
        } else if name.ends_with(".tar") {
            source.add_tar(File::open(input)?)?;
        } else if name.ends_with(".tar.zst") {
            source.add_tar(zstd::stream::read::Decoder::new(File::open(input)?)?)?;
        } else if name.ends_with(".zip") {
            source.tables = dump::read_zip(File::open(input)?)?;
        } else {
            source.tables = dump::read(BufReader::new(File::open(input)?))?;
        }
        if source.tables.is_empty() {
            return Err(BuildError::new(format!("no tables in {name}")));
        }
        Ok(source)
    }

    fn add_tar(&mut self, tar: impl Read) -> Result<(), BuildError> {
        let mut tar = tar::Archive::new(tar);
        for entry in tar.entries()? {
            let entry = entry?;
            let path = entry.path()?.into_owned();
            self.add_file(&path, entry)?;
        }
        Ok(())
    }

    /// Adds `name.tsv`, whose first line has the column names. Ignores other files.
    fn add_file(&mut self, path: &Path, content: impl Read) -> Result<(), BuildError> {
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return Ok(()) };
        let Some(name) = name.strip_suffix(".tsv") else { return Ok(()) };
        let mut content = BufReader::new(content);
        let mut header = String::new();
        content.read_line(&mut header)?;
        let mut table = Table {
            columns: header.trim_end().split('\t').map(normalize_name).collect(),
            body: String::new(),
        };
        content.read_to_string(&mut table.body)?;
        self.tables.insert(normalize_name(name), table);
        Ok(())
    }

    pub(crate) fn table(&self, name: &str) -> Result<&Table, BuildError> {
        self.tables.get(name).ok_or_else(|| BuildError::new(format!("the table {name} is missing")))
    }

    /// The names in a lookup table by id. The dump has a table for each; tab-separated tables may
    /// have a combined one.
    pub(crate) fn lookup(&self, name: &str) -> Result<HashMap<String, String>, BuildError> {
        let owned = |text: Option<&str>| text.unwrap_or_default().to_owned();
        if let Some(table) = self.tables.get("lookups") {
            let rows = table.rows("lookups", &["table", "id", "name"])?;
            let rows =
                rows.filter(|row| row.text(0).is_some_and(|table| normalize_name(table) == name));
            return Ok(rows.map(|row| (owned(row.text(1)), owned(row.text(2)))).collect());
        }
        let rows = self.table(name)?.rows(name, &["id", "name"])?;
        Ok(rows.map(|row| (owned(row.text(0)), owned(row.text(1)))).collect())
    }
}

pub(crate) fn normalize_name(name: &str) -> String {
    match name.replace('_', "").to_ascii_lowercase().as_str() {
        "vehiclespecschema" => "vspecschema".to_owned(),
        "vehiclespecschemamodel" => "vspecschemamodel".to_owned(),
        "vehiclespecschemayear" => "vspecschemayear".to_owned(),
        "vehiclespecpattern" => "vspecpattern".to_owned(),
        plain => plain.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_unescaped_and_empty_fields_are_null() {
        for (text, plain) in
            [("", None), ("\\N", None), ("a", Some("a")), ("a\\tb\\\\c\\n", Some("a\tb\\c\n"))]
        {
            assert_eq!(unescape(text).as_deref(), plain);
        }
    }

    #[test]
    fn a_timestamp_is_converted_to_microseconds() {
        assert_eq!(timestamp("1970-01-02 00:00:01.63"), Some(86_401_630_000));
        assert_eq!(timestamp("2015-03-03 23:24:23"), Some(1_425_425_063_000_000));
        assert_eq!(timestamp("yesterday"), None);
    }
}
