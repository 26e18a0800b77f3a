//! Tests of core that need a complete service: a schema, routes, and users who sign in.

mod cancel_safe;
mod catalogs;
mod client_address;
mod edition;
mod forms;
mod keys;
mod metrics;
mod periodic;
mod pooler;
mod rate_limit;
mod request_id;
pub(crate) mod rls;
mod unit_of_work;
