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
mod failover;
mod kill;
mod listening;
mod metrics;
mod migrations;
mod notifications;
mod numbers;
mod one_service;
mod overload;
mod passkeys;
mod pool;
mod redis;
mod refusals;
mod rehearsal;
mod replica;
mod retries;
mod roles;
mod sealing;
mod surroundings;
mod traces;
mod transfer;
mod upgrade;
