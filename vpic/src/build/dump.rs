//! Reads NHTSA's monthly dump, `vPICList_lite_YYYY_MM.plain.zip`, which contains plain-text output
//! of `pg_dump`. Only the COPY blocks of the required tables are retained; everything else is
//! skipped.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Seek};

use super::source::{Table, normalize_name};
use super::{BuildError, cells};

const TABLES: [&str; 16] = [
    "conversion",
    "defaultvalue",
    "element",
    "enginemodel",
    "enginemodelpattern",
    "makemodel",
    "pattern",
    "vinexception",
    "vinschema",
    "vspecpattern",
    "vspecschema",
    "vspecschemamodel",
    "vspecschemapattern",
    "vspecschemayear",
    "wmi",
    "wmimake",
];

/// Reads the tables of a zipped dump.
pub(crate) fn read_zip(zip: impl Read + Seek) -> Result<BTreeMap<String, Table>, BuildError> {
    let failed = |error: zip::result::ZipError| BuildError::new(error.to_string());
    let mut zip = zip::ZipArchive::new(zip).map_err(failed)?;
    let files = zip.len();
    for index in 0..files {
        let file = zip.by_index(index).map_err(failed)?;
        let is_sql = file.name().map_err(failed)?.to_ascii_lowercase().ends_with(".sql");
        if is_sql || files == 1 {
            return read(BufReader::new(file));
        }
    }
    Err(BuildError::new("the zip contains no .sql file"))
}

/// Reads the tables of an uncompressed dump.
pub(crate) fn read(mut dump: impl BufRead) -> Result<BTreeMap<String, Table>, BuildError> {
    let mut tables = BTreeMap::new();
    let mut line = String::new();
    while next_line(&mut dump, &mut line)? {
        let Some((name, columns)) = parse_copy(&line) else { continue };
        let mut table = Table { columns, body: String::new() };
        let wanted = is_wanted(&name);
        loop {
            if !next_line(&mut dump, &mut line)? {
                return Err(BuildError::new(format!("the dump ends within the table {name}")));
            }
            if line.trim_end() == "\\." {
                break;
            }
            if wanted {
                table.body.push_str(&line);
            }
        }
        if wanted {
            tables.insert(name, table);
        }
    }
    Ok(tables)
}

fn next_line(dump: &mut impl BufRead, line: &mut String) -> Result<bool, BuildError> {
    line.clear();
    Ok(dump.read_line(line)? > 0)
}

fn is_wanted(name: &str) -> bool {
    TABLES.contains(&name)
        || name == "wmivinschema"
        || cells::lookup_tables().any(|table| table == name)
}

/// Parses the table and columns of `COPY vpic.wmi_make (wmiid, makeid) FROM stdin;`.
fn parse_copy(line: &str) -> Option<(String, Vec<String>)> {
    let (name, rest) = line.strip_prefix("COPY ")?.split_once(" (")?;
    let columns = rest.trim_end().strip_suffix(") FROM stdin;")?;
    let plain = |name: &str| normalize_name(name.trim().trim_matches('"'));
    let name = plain(name.rsplit('.').next()?);
    Some((name, columns.split(',').map(plain).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_statement_is_parsed() {
        let (name, columns) =
            parse_copy("COPY vpic.wmi_make (wmiid, \"MakeId\") FROM stdin;\n").unwrap();
        assert_eq!(
            (name.as_str(), columns),
            ("wmimake", vec!["wmiid".to_owned(), "makeid".to_owned()])
        );
        assert_eq!(parse_copy("CREATE TABLE vpic.wmi_make (\n"), None);
    }

    #[test]
    fn a_truncated_dump_is_rejected() {
        let dump = "COPY vpic.wmi (id, wmi) FROM stdin;\n1\tABC\n";
        assert!(read(dump.as_bytes()).unwrap_err().to_string().contains("wmi"));
        let tables = read(format!("{dump}\\.\n").as_bytes()).unwrap();
        assert_eq!(tables["wmi"].body, "1\tABC\n");
    }
}
