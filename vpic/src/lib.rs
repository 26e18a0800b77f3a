//! Decodes vehicle identification numbers (VINs) offline.
//!
//! NHTSA, the US road safety agency, decodes VINs with tables that it publishes as vPIC. This crate
//! embeds one month of those tables and follows NHTSA's procedure, `spVinDecode`, step by step. It
//! returns the same results: every public element, the error codes and the suggested VINs. VINs are
//! defined by ISO 3779 and, for North America, by 49 CFR 565.
//!
//! ```
//! let decoder = vpic::Decoder::embedded()?;
//! let decoded = decoder.decode("1HGCM82633A004352");
//! assert_eq!(decoded.make(), Some("HONDA"));
//! assert_eq!(decoded.model(), Some("Accord"));
//! assert_eq!(decoded.model_year(), Some(2003));
//! assert_eq!(decoded.error_codes(), "0");
//! # Ok::<(), vpic::DataError>(())
//! ```

mod check_digit;
mod data_file;
mod date;
mod decoded;
mod decoder;
mod findings;
mod known_elements;
mod names;
mod parts;
mod pass;
mod problems;
mod symbols;
mod tables;
mod vin_format;
mod wmi;
mod year;

#[cfg(feature = "build")]
pub mod build;

pub use check_digit::{CheckDigit, check_digit};
pub use data_file::DataError;
pub use date::Date;
pub use decoded::{Decoded, Element};
pub use decoder::{Decoder, Options};
pub use parts::{Part, PartKind};
pub use problems::Problem;
pub use vin_format::{FormatKind, VinFormat};
