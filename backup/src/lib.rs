//! Creates, verifies and restores backups of the SQLite and PostgreSQL databases of `MotoVaultPro` while the
//! service runs.
//!
//! A backup is a folder with a payload and a manifest. The manifest is written last, and the folder gets its
//! final name only when it is complete. PostgreSQL's archived WAL is stored next to the backups.

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

use motovaultpro_core as core;

pub use command::{Command, Outcome, run};
pub use error::BackupError;
pub use pre_migration::back_up_before_migrations;
pub use schedule::run as run_schedule;
