//! PostgreSQL base backups, and restoring data folders from them.

mod base;
mod data_folder;
mod programs;

pub(super) use base::{begin, query_status};
pub(super) use data_folder::{Recovery, prepare_recovery, quote_word, unpack};
pub(super) use programs::{Programs, verify};
