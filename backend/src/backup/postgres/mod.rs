//! PostgreSQL: base backups, and data folders made of them that recover by themselves.

mod base;
mod place;
mod programs;

pub(super) use base::{ask, back_up};
pub(super) use place::{Recovery, lay_out, unpack, word};
pub(super) use programs::{Programs, verify};
