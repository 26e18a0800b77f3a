//! Private PostgreSQL, Redis and PgBouncer servers for tests: finds their programs, starts and stops them.
//!
//! The black-box tests start a server for a single test, which may kill it. `cargo xtask with-servers` starts one of
//! each for a whole run.

mod pgbouncer;
mod postgres;
mod redis;
mod server;

pub use pgbouncer::PgBouncer;
pub use postgres::Postgres;
pub use redis::Redis;
pub use server::{Site, chown_to_server_user, find_program, free_port, server_user, signal};
