//! Writes CSV (RFC 4180) whose cells spreadsheets do not evaluate as formulas.

use csv::{Terminator, WriterBuilder};

use crate::core::{Error, Result};

/// Formats rows.
///
/// # Errors
/// `Internal` if the rows cannot be written.
pub(super) fn format<const N: usize>(
    rows: impl IntoIterator<Item = [String; N]>,
) -> Result<Vec<u8>> {
    write(rows).map_err(|error| Error::Internal(error.into()))
}

fn write<const N: usize>(rows: impl IntoIterator<Item = [String; N]>) -> csv::Result<Vec<u8>> {
    let mut text = Vec::new();
    let mut writer = WriterBuilder::new()
        .terminator(Terminator::CRLF)
        // Cells that contain this character are quoted.
        .comment(Some(b'\''))
        .from_writer(&mut text);
    for row in rows {
        writer.write_record(row.map(guard))?;
    }
    writer.flush()?;
    drop(writer);
    Ok(text)
}

/// Prefixes a value that a spreadsheet could take for a formula with an apostrophe.
fn guard(cell: String) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell }
}

#[cfg(test)]
mod tests {
    fn format<const N: usize>(row: [&str; N]) -> String {
        String::from_utf8(super::format([row.map(str::to_owned)]).unwrap()).unwrap()
    }

    #[test]
    fn formulas_are_escaped() {
        for (text, cell) in [
            ("=1+1", "\"'=1+1\""),
            ("+49", "\"'+49\""),
            ("-1", "\"'-1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("\tx", "\"'\tx\""),
            ("\rx", "\"'\rx\""),
            ("a=b", "a=b"),
            ("", ""),
        ] {
            assert_eq!(format([text, "x"]), format!("{cell},x\r\n"), "{text:?}");
        }
    }

    #[test]
    fn special_characters_are_quoted() {
        assert_eq!(
            format(["a,b", "say \"x\"", "a\nb", "c"]),
            "\"a,b\",\"say \"\"x\"\"\",\"a\nb\",c\r\n"
        );
    }
}
