//! Builds the decoder's data file: `vpic-data TABLES OUT [MONTH]`.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (input, output, month) = match arguments.as_slice() {
        [input, output] => (input, output, None),
        [input, output, month] => (input, output, Some(month.as_str())),
        _ => {
            eprintln!("usage: vpic-data TABLES OUT [MONTH]");
            eprintln!(
                "TABLES: a directory, .tar or .tar.zst of tables, or NHTSA's vPICList_lite_YYYY_MM.plain.zip"
            );
            return ExitCode::FAILURE;
        }
    };
    match vpic::build::build(Path::new(input), month)
        .and_then(|file| check_and_write(&file, output))
    {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("vpic-data: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Writes the file after checking that it can be opened, so that a faulty file never replaces a
/// good one.
fn check_and_write(file: &[u8], output: &str) -> Result<(), vpic::build::BuildError> {
    let decoder = vpic::Decoder::from_bytes(file)
        .map_err(|error| std::io::Error::other(error.to_string()))?;
    std::fs::write(output, file)?;
    println!("{output}: {}, {} bytes", decoder.month(), file.len());
    Ok(())
}
