//! Writes CSV (RFC 4180) whose cells spreadsheets do not evaluate as formulas.

/// Formats a row with its line break.
pub(super) fn row(cells: &[&str]) -> String {
    let cells: Vec<_> = cells.iter().map(|it| cell(it)).collect();
    cells.join(",") + "\r\n"
}

/// Formats a cell. A value that a spreadsheet could take for a formula is prefixed with an
/// apostrophe.
fn cell(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if is_formula { format!("'{text}") } else { text.to_owned() };
    if is_formula || text.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::row;

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
            assert_eq!(row(&[text]), format!("{cell}\r\n"), "{text:?}");
        }
    }

    #[test]
    fn special_characters_are_quoted() {
        assert_eq!(
            row(&["a,b", "say \"x\"", "a\nb", "c"]),
            "\"a,b\",\"say \"\"x\"\"\",\"a\nb\",c\r\n"
        );
    }
}
