//! Tests the built program as its operators use it: started, killed, called over HTTP, with databases and
//! caches that fail.
#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

#[macro_use]
mod support;

mod accounts;
mod backup;
mod binary;
mod browser;
mod check;
mod commands;
mod deployment;
mod drill;
mod environment;
mod failover;
mod first_visit;
mod kill;
mod languages;
mod listening;
mod metrics;
mod migrations;
mod notifications;
mod number_inputs;
mod offline;
mod overload;
mod passkeys;
mod pool;
mod redis;
mod rehearsal;
mod replica;
mod retries;
mod roles;
mod scripts;
mod service_key;
mod service_lock;
mod traces;
mod transfer;
mod unread_bodies;
mod upgrade;
