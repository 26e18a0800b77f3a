//! Comma-separated values (RFC 4180) that no spreadsheet takes for formulas.

/// One line, its end included.
pub(super) fn row(cells: &[&str]) -> String {
    let cells: Vec<_> = cells.iter().map(|it| cell(it)).collect();
    cells.join(",") + "\r\n"
}

/// One value. What a spreadsheet could take for a formula begins with an apostrophe instead.
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
    fn no_cell_is_a_formula() {
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
    fn commas_quotes_and_line_ends_are_quoted() {
        assert_eq!(
            row(&["a,b", "say \"x\"", "a\nb", "c"]),
            "\"a,b\",\"say \"\"x\"\"\",\"a\nb\",c\r\n"
        );
    }
}
