//! The `motovaultpro` binary.

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    motovaultpro::cli::run(motovaultpro::cli::Arguments::parse())
}
