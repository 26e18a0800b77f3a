//! Decodes vehicle identification numbers (VINs) without asking anyone.
//!
//! NHTSA, the US agency for road safety, answers VINs from tables that it publishes as vPIC. This
//! crate brings a month of them along and follows NHTSA's procedure, `spVinDecode`, step by step, so
//! that it gives NHTSA's answers: every public element, the error codes, the corrected VINs. What a
//! VIN is says ISO 3779, and for North America 49 CFR 565.
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
mod date;
mod decoded;
mod decoder;
mod findings;
mod form;
mod format;
mod known;
mod names;
mod parts;
mod pass;
mod problems;
mod symbols;
mod tables;
mod wmi;
mod year;

#[cfg(feature = "build")]
pub mod build;

pub use check_digit::{CheckDigit, check_digit};
pub use date::Date;
pub use decoded::{Decoded, Element};
pub use decoder::{Decoder, Options};
pub use form::{Form, FormKind};
pub use format::DataError;
pub use parts::{Part, PartKind};
pub use problems::Problem;
