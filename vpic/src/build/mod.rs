//! Builds the data file from tab-separated tables or from the dump that NHTSA publishes monthly.
//!
//! The build is reproducible. As much as possible is computed here: patterns are compiled to
//! character sets and ranked, attributes are looked up and displacements converted.

mod cells;
mod compile;
mod dump;
mod keys;
mod numeric;
mod rows;
mod source;
mod specs;

use std::fmt;
use std::path::Path;

pub(crate) use source::Source;

/// Why the data file could not be built.
#[derive(Debug)]
pub struct BuildError(String);

impl BuildError {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BuildError {}

impl From<std::io::Error> for BuildError {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}

/// Builds the data file from the tables at `input`: a directory, `.tar` or `.tar.zst` of
/// tab-separated tables, or NHTSA's dump as `.zip` or `.sql`. By default, the month is taken from
/// the file name.
pub fn build(input: &Path, month: Option<&str>) -> Result<Vec<u8>, BuildError> {
    let month = match month {
        Some(month) => month.to_owned(),
        None => month_of(input)
            .ok_or_else(|| BuildError::new("the name of the input has no month: specify one"))?,
    };
    if !is_month(&month) {
        return Err(BuildError(format!("{month} is not a month such as 2026-10")));
    }
    let source = Source::open(input)?;
    let year = month[..4].parse().map_err(|_| BuildError::new("the month has no year"))?;
    let tables = compile::compile(&source, year)?;
    Ok(tables.write().finish(&month)?)
}

/// Extracts `2026-10` from a name such as `vPICList_lite_2026_10.plain.zip`, or from a parent
/// directory.
fn month_of(input: &Path) -> Option<String> {
    input.ancestors().filter_map(|path| path.file_name()?.to_str()).find_map(|name| {
        (0..name.len()).find_map(|start| {
            let month = name.get(start..start + 7)?.replace('_', "-");
            is_month(&month).then_some(month)
        })
    })
}

fn is_month(text: &str) -> bool {
    text.split_once('-').is_some_and(|(year, month)| {
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        year.len() == 4
            && month.len() == 2
            && digits(year)
            && ("01"..="12").contains(&month)
            && digits(month)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_month_is_extracted_from_the_path() {
        for (name, month) in [
            ("vPICList_lite_2026_10.plain.zip", Some("2026-10")),
            ("tables/vpic-2026_10", Some("2026-10")),
            ("vpic-2026_10/tables", Some("2026-10")),
            ("vpic-2026-09.tar.zst", Some("2026-09")),
            ("vpic-2026_13", None),
            ("tables", None),
        ] {
            assert_eq!(month_of(Path::new(name)).as_deref(), month, "{name}");
        }
    }
}
