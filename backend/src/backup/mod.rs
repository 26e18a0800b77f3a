//! Backups of either database: made while the service runs, kept, checked, and restored.
//!
//! A backup is a folder with one payload and a manifest that was written last; it gets its name
//! when it is whole, so what has a name is. Beside the backups lies PostgreSQL's archived WAL.

mod checks;
mod command;
mod create;
mod drill;
mod error;
mod folder;
pub mod inspection;
mod keys;
mod manifest;
mod payload;
mod postgres;
mod pre_migration;
mod restore;
mod retention;
mod schedule;
mod service_key;
mod signature;
mod sqlite;
mod status;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_fuzz;
#[cfg(test)]
mod tests_hostile;
#[cfg(test)]
mod tests_service_key;
#[cfg(test)]
mod tests_signatures;
mod verify;
mod wal;

pub use command::{Command, Outcome, run};
pub use error::BackupError;
pub use pre_migration::back_up_before_migrations;
pub use schedule::run as run_schedule;
