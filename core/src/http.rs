//! Extractors, responses and middleware. Every error response is a problem document.

mod admission;
mod client;
mod cookies;
mod etag;
mod extract;
pub mod idempotency;
mod layers;
mod links;
mod log;
mod openapi;
mod paging;
mod rate_limit;
mod response;
mod upload;

pub use admission::{AdmissionControl, Permit, wait_to_write, yield_slot_while};
pub use client::ClientAddress;
pub use cookies::{find_cookie, set_cookie};
pub use etag::IfMatch;
pub(crate) use etag::etag;
pub use extract::{Form, Json, OptionalJson, Path, Query, QueryForm, path_parameter};
pub use idempotency::{Idempotency, IdempotentJson, InFlightRequests};
pub use layers::{add_security_headers, csp_allowing_images_from, layers};
pub use links::Links;
pub use log::request_id;
pub use openapi::{
    PROBLEM_JSON, add_error_response, error_response, error_response_name, error_responses,
};
pub use paging::{Cursor, Limit, NewestFirst, Page, SortKey, SortValue, end_of_time};
pub use rate_limit::{RateLimits, RequestMeter, is_rate_limited};
pub use response::{
    Created, IdempotentResponse, NoContent, NoContent204, Ok200, Record, SerializedJson,
    SerializedRecord,
};
pub use upload::Upload;
