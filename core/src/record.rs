//! One definition for each record: [`crate::record!`] declares a record, and everything that would
//! otherwise list its members again.

mod cached;
mod column;
mod definition;
mod form_text;
mod requests;
mod rows;
#[cfg(test)]
mod tests;
mod text;

pub use cached::{Cached, Columns};
pub use column::{Column, known};
pub use form_text::FormText;
pub use rows::With;
pub use text::{ConstText, camel_case, insert, select, update};

/// What [`crate::record!`] knows about a record's table.
pub trait Record {
    /// The columns that are read, in the order in which they are read.
    const COLUMNS: &'static [&'static str];
    /// The statement that inserts a record.
    const INSERT: &'static str;
    /// The statement that updates a record.
    const UPDATE: &'static str;
}
