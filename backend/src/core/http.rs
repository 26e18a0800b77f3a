//! What requests are read with and answers are written with; every refusal is a problem document.

mod etag;
mod layers;
pub mod once;
mod paging;
mod read;
mod write;

pub use etag::IfMatch;
pub use layers::layers;
pub use once::{New, Once};
pub use paging::{Cursor, Limit, Page, end_of_time};
pub use read::{Form, Json, Path, Query};
pub use write::{Created, NoContent, Record, Stored};
