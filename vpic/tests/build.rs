//! Builds a small data set from tab-separated tables and from a dump in NHTSA's format.
#![cfg(feature = "build")]

use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};

use vpic::build::build;
use vpic::{Date, Decoder, Options};

/// A dump with two manufacturers: one of cars, and a low-volume one of trailers.
const DUMP: &str = include_str!("small.sql");

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-2026_10"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("writing or building failed");
    folder
}

fn sql(name: &str) -> PathBuf {
    let file = folder(name).join("vPICList_lite_2026_10.plain.sql");
    fs::write(&file, DUMP).expect("writing or building failed");
    file
}

/// Writes the tables of the dump as `.tsv` files, with empty fields for NULL.
fn tables(name: &str) -> PathBuf {
    let folder = folder(name);
    let mut lines = DUMP.lines();
    while let Some(line) = lines.next() {
        let Some((table, columns)) =
            line.strip_prefix("COPY vpic.").and_then(|rest| rest.split_once(" ("))
        else {
            continue;
        };
        let mut file = columns.trim_end_matches(") FROM stdin;").replace(", ", "\t");
        for row in lines.by_ref().take_while(|line| *line != "\\.") {
            file.push('\n');
            file.push_str(
                &row.split('\t')
                    .map(|field| if field == "\\N" { "" } else { field })
                    .collect::<Vec<_>>()
                    .join("\t"),
            );
        }
        fs::write(folder.join(format!("{table}.tsv")), file + "\n")
            .expect("writing or building failed");
    }
    folder
}

fn zip_of(bytes: &str) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("vPICList_lite_2026_10.sql", zip::write::SimpleFileOptions::default())
        .expect("writing or building failed");
    zip.write_all(bytes.as_bytes()).expect("writing or building failed");
    zip.finish().expect("writing or building failed").into_inner()
}

fn check(file: &[u8]) {
    let decoder = Decoder::from_bytes(file).expect("writing or building failed");
    assert_eq!(decoder.month(), "2026-10");
    let options = Options { model_year: None, today: Some(Date { year: 2026, month: 10, day: 1 }) };
    let car = decoder.decode_with("1XYAB2A10CA000001", &options);
    assert_eq!(
        (car.make(), car.model(), car.model_year()),
        (Some("EXAMPLE"), Some("One"), Some(2012))
    );
    assert_eq!(car.displacement_cc(), Some("2000.0"));
    assert_eq!(car.body_class(), Some("Sedan"));
    assert_eq!(car.value("TransmissionStyle"), Some("Manual"), "from a specification of the model");
    assert_eq!(car.engine_cylinders(), Some(4), "derived from the engine model");
    assert_eq!(car.fuel_type(), Some("Not Applicable"), "the default of the vehicle type");
    let trailer = decoder.decode_with("1X9A24000CA777001", &options);
    assert_eq!(
        (trailer.manufacturer(), trailer.value("TrailerLength")),
        (Some("SMALL TRAILERS"), Some("24"))
    );
    assert_eq!(
        decoder.decode_with("1XZAB2A10CA000001", &options).error_codes(),
        "1,7",
        "not public yet"
    );
    assert_eq!(decoder.makes(Some(2012)), ["Example"]);
    assert_eq!(decoder.models(Some(2012), "example"), ["One"]);
}

#[test]
fn builds_from_the_dump_and_the_tables_are_identical_and_reproducible() {
    let of_dump = build(&sql("dump"), None).unwrap();
    check(&of_dump);
    assert_eq!(of_dump, build(&sql("dump-again"), None).unwrap());
    assert_eq!(of_dump, build(&tables("tables"), None).unwrap());
    let zip = folder("zip").join("vPICList_lite_2026_10.plain.zip");
    fs::write(&zip, zip_of(DUMP)).unwrap();
    assert_eq!(of_dump, build(&zip, None).unwrap());
}

#[test]
fn a_tar_archive_is_read_like_a_directory() {
    let mut tar = tar::Builder::new(Vec::new());
    tar.append_dir_all("vpic", tables("to-pack")).unwrap();
    let tar = tar.into_inner().unwrap();
    let folder = folder("tar");
    fs::write(folder.join("vpic.tar"), &tar).unwrap();
    fs::write(folder.join("vpic.tar.zst"), zstd::bulk::compress(&tar, 1).unwrap()).unwrap();
    let of_tar = build(&folder.join("vpic.tar"), None).unwrap();
    check(&of_tar);
    assert_eq!(of_tar, build(&folder.join("vpic.tar.zst"), None).unwrap());
}

#[test]
fn errors_name_missing_and_invalid_input() {
    for (from, to, named) in [
        ("COPY vpic.wmi (", "COPY vpic.other (", "wmi"),
        ("vinschemaid, keys", "vinschemaid, locks", "keys"),
        ("AB***|*A\t28", "AB[|*A\t28", "AB["),
        ("2012-01-01", "long ago", "long ago"),
        ("\\.\n", "", "ends within"),
    ] {
        assert!(DUMP.contains(from), "{from}");
        let file = folder("faulty").join("dump.sql");
        fs::write(&file, DUMP.replace(from, to)).unwrap();
        let error = build(&file, Some("2026-10")).unwrap_err().to_string();
        assert!(error.contains(named), "{error} does not name {named}");
    }
    assert!(build(&sql("month"), Some("October")).unwrap_err().to_string().contains("October"));
    build(Path::new("no/such/2026_10/folder"), None).unwrap_err();
}
