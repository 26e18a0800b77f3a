//! File uploads: the file is written to disk as it arrives, so its size does not matter.

use crate::t;
use std::{
    fs::File,
    io::{self, Seek as _},
    time::Duration,
};

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, header},
};
use futures_util::StreamExt as _;
use multer::{Constraints, Field, Multipart, SizeLimit};
use tokio::{io::AsyncWriteExt as _, time::Instant};

use super::{
    Permit,
    extract::{MAX_DISCARDED, reject_content_encoding},
    layers::Deadline,
};
use crate::{Error, Result, input::strip_invisible};

/// The maximum time to receive a file.
const MAX_TIME: Duration = Duration::from_hours(1);
/// The maximum size of a form in addition to the file.
const FORM_OVERHEAD: u64 = 64 * 1024;
/// The maximum length of a file name.
const MAX_NAME: usize = 200;

/// An uploaded file.
#[derive(Debug)]
pub struct Upload {
    /// The file name that the client sent.
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
    /// The file, positioned at the start. It is unlinked, so it is deleted when it is closed,
    /// however the process ends.
    pub file: File,
}

impl Upload {
    /// Receives the file in the field `field` of a form, of at most `max` bytes. It may take
    /// longer than other requests as long as data arrives, and does not use a slot while receiving.
    ///
    /// # Errors
    /// `UnsupportedMediaType` if it is not a multipart form, `UnsupportedEncoding`, `Malformed` if
    /// it is incomplete, `Invalid` if the field has no file, `TooLarge`, `Unavailable` if the disk
    /// cannot store it.
    pub async fn receive(request: Request, field: &str, max: u64) -> Result<Self> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok());
        let boundary = multer::parse_boundary(kind.unwrap_or_default())
            .map_err(|_| Error::UnsupportedMediaType("multipart/form-data"))?;
        reject_content_encoding(request.headers())?;
        let is_too_long = length(request.headers()).is_some_and(|it| it > max + FORM_OVERHEAD);
        let permit = request.extensions().get::<Permit>().cloned();
        let deadline = request.extensions().get::<Deadline>().cloned();
        if let Some(permit) = &permit {
            permit.release();
        }
        let mut form = form(request.into_body(), boundary, max, deadline);
        let mut upload = None;
        while let Some(part) = form.next_field().await.map_err(refusal)? {
            if part.name() == Some(field) && upload.is_none() {
                upload = Some(save_to_disk(part, max, is_too_long).await?);
            }
        }
        if let Some(permit) = &permit {
            permit.reacquire().await?;
        }
        // Browsers send a field without a file as an empty file without a name.
        upload
            .filter(|it| !(it.name.is_empty() && it.size == 0))
            .ok_or_else(|| Error::invalid(field, t!("core-field-required")))
    }
}

fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn form(body: Body, boundary: String, max: u64, deadline: Option<Deadline>) -> Multipart<'static> {
    let last = Instant::now() + MAX_TIME;
    let chunks = body.into_data_stream().inspect(move |_| {
        if let Some(deadline) = deadline.as_ref().filter(|_| Instant::now() < last) {
            deadline.extend();
        }
    });
    let size = SizeLimit::new().whole_stream(max + FORM_OVERHEAD + MAX_DISCARDED as u64);
    Multipart::with_constraints(chunks, boundary, Constraints::new().size_limit(size))
}

/// Writes the file to disk. If it is too large, it is received for a while without being written,
/// so that the client can read the error response.
async fn save_to_disk(mut part: Field<'_>, max: u64, is_too_long: bool) -> Result<Upload> {
    let name = clean_name(part.file_name().unwrap_or_default());
    let mut file = tokio::fs::File::from_std(tempfile::tempfile().map_err(disk_error)?);
    let (mut size, mut discarded, mut is_too_large) = (0, 0, is_too_long);
    while let Some(chunk) = part.chunk().await.map_err(refusal)? {
        size += chunk.len() as u64;
        is_too_large |= size > max;
        if is_too_large {
            discarded += chunk.len();
            if discarded > MAX_DISCARDED {
                break;
            }
        } else {
            file.write_all(&chunk).await.map_err(disk_error)?;
        }
    }
    if is_too_large {
        return Err(Error::TooLarge);
    }
    file.flush().await.map_err(disk_error)?;
    let mut file = file.into_std().await;
    file.rewind().map_err(disk_error)?;
    Ok(Upload { name, size, file })
}

/// The name without folders, which some browsers send, and without control and invisible
/// characters.
fn clean_name(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    strip_invisible(name).trim().chars().filter(|it| !it.is_control()).take(MAX_NAME).collect()
}

fn refusal(error: multer::Error) -> Error {
    match error {
        multer::Error::StreamSizeExceeded { .. } => Error::TooLarge,
        other => Error::Malformed(t!("core-body-form", error = other.to_string())),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "as `map_err` gives it")]
fn disk_error(error: io::Error) -> Error {
    tracing::warn!(%error, "An uploaded file could not be stored");
    Error::Unavailable
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use axum::{body::Body, extract::Request};

    use super::{FORM_OVERHEAD, Upload, clean_name};
    use crate::{Error, Result};

    const KIND: &str = "multipart/form-data; boundary=b";

    async fn receive(kind: &str, body: String) -> Result<(String, u64, String)> {
        let request = Request::builder().header("content-type", kind);
        let request = request.header("content-length", body.len());
        let request = request.body(Body::from(body)).unwrap();
        let mut upload = Upload::receive(request, "file", 100).await?;
        let mut text = String::new();
        upload.file.read_to_string(&mut text).unwrap();
        Ok((upload.name, upload.size, text))
    }

    fn part(field: &str, name: &str, text: &str) -> String {
        let head = "Content-Disposition: form-data; name=";
        format!("--b\r\n{head}\"{field}\"; filename=\"{name}\"\r\n\r\n{text}\r\n")
    }

    #[tokio::test]
    async fn the_file_of_the_field_is_received() {
        let body = [part("x", "x.csv", "x"), part("file", "a.csv", "1,2\r\n"), "--b--".to_owned()];
        let received = receive(KIND, body.concat()).await.unwrap();
        assert_eq!(received, ("a.csv".to_owned(), 5, "1,2\r\n".to_owned()));
    }

    #[tokio::test]
    async fn requests_without_a_file_are_rejected() {
        let end = "--b--";
        let nothing = receive(KIND, part("file", "", "") + end).await.unwrap_err();
        assert_eq!(nothing.to_string(), "file: is required");
        let other = receive(KIND, part("other", "a.csv", "1") + end).await.unwrap_err();
        assert_eq!(other.to_string(), "file: is required");
        let cut = receive(KIND, part("file", "a.csv", "1")).await.unwrap_err();
        assert!(matches!(cut, Error::Malformed(_)), "{cut:?}");
        let plain = receive("text/csv", "1".to_owned()).await.unwrap_err();
        assert!(matches!(plain, Error::UnsupportedMediaType(_)), "{plain:?}");
    }

    #[tokio::test]
    async fn files_that_are_too_large_are_rejected() {
        let large = |bytes: usize| part("file", "a.csv", &"x".repeat(bytes)) + "--b--";
        assert_eq!(receive(KIND, large(100)).await.unwrap().1, 100);
        // Detected while receiving, and from the `Content-Length`.
        for bytes in [101, 200 + usize::try_from(FORM_OVERHEAD).unwrap()] {
            let refused = receive(KIND, large(bytes)).await.unwrap_err();
            assert!(matches!(refused, Error::TooLarge), "{refused:?}");
        }
    }

    #[test]
    fn names_are_reduced_to_the_file_name() {
        assert_eq!(clean_name("C:\\fakepath\\stations.csv"), "stations.csv");
        assert_eq!(clean_name("../../etc/stations\u{7}.json "), "stations.json");
    }
}
