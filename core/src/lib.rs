//! What all features of `MotoVaultPro` share: settings, the database, HTTP, pages and texts.
//!
//! It imports no feature: what depends on all of them gets their list as a parameter.

// Templates are compiled into several crates, and name this one.
extern crate self as motovaultpro_core;

pub mod archive;
pub mod cache;
pub mod chart;
pub mod clock;
pub mod config;
pub mod db;
pub mod error;
pub mod feature;
pub mod files;
pub mod health;
pub mod http;
mod id;
pub mod input;
pub mod keys;
pub mod locale;
pub mod mail;
pub mod metrics;
pub mod minisign;
pub mod money;
pub mod months;
pub mod outage;
pub mod periodic;
pub mod problems;
pub mod record;
pub mod search_text;
mod services;
pub mod tls;
pub mod traces;
pub mod units;
pub mod upstream;
mod user;
pub mod user_cache;
pub mod web;

pub use error::{Error, Result};
pub use services::{Services, ServicesState};
pub use user::UserId;

/// Formats bytes as hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
