//! What requests are read with and answers are written with; every refusal is a problem document.

mod client;
mod described;
mod etag;
mod gate;
mod layers;
mod links;
mod log;
pub mod once;
mod paging;
mod rates;
mod read;
mod upload;
mod write;

pub use client::ClientAddress;
pub use described::{PROBLEM, add_refusal, refusal_name, refusals, refuses};
pub use etag::IfMatch;
pub use gate::{Gate, Ticket, while_others_work};
pub use layers::{layers, policy_with_pictures, protect};
pub use links::Links;
pub use log::request_id;
pub use once::{InFlight, New, Once};
pub use paging::{Cursor, Limit, Page, after, end_of_time};
pub use rates::{Meter, Rates, is_counted};
pub use read::{Form, Json, JsonOrNone, Path, Query, Search, path_parameter};
pub use upload::Upload;
pub use write::{Created, Done, Finished, Kept, NoContent, Record, Stored, StoredRecord};
