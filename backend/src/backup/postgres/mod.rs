//! PostgreSQL: base backups, and data folders made of them that recover by themselves.

mod base;
mod data_folder;
mod programs;

pub(super) use base::{begin, query_status};
pub(super) use data_folder::{Recovery, prepare_recovery, quote_word, unpack};
pub(super) use programs::{Programs, verify};
