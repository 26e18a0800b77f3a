//! A file that a form sends: it goes to disk as it arrives, so that its length does not matter.

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
    Ticket,
    layers::Deadline,
    read::{MOST_DROPPED, refuse_encoded},
};
use crate::core::{Error, Result, input::visible};

/// How long a file may take to arrive, however steadily it does.
const TIME: Duration = Duration::from_hours(1);
/// How much longer than its file a form may be.
const FORM: u64 = 64 * 1024;
/// The most characters kept of a file's name.
const NAME: usize = 200;

/// A file that has arrived.
#[derive(Debug)]
pub struct Upload {
    /// What its sender calls it.
    pub name: String,
    /// How many bytes it has.
    pub size: u64,
    /// The file, to be read from its beginning. It stands in no folder and is gone once it is
    /// closed, however the process ends.
    pub file: File,
}

impl Upload {
    /// Takes in the file that the field `field` of a form holds, of at most so many bytes. It may
    /// take longer than other requests as long as more of it arrives, and others are worked on
    /// meanwhile.
    ///
    /// # Errors
    /// `UnsupportedMediaType` if it is no such form, `UnsupportedEncoding`, `Malformed` if it is
    /// incomplete, `Invalid` if the field has no file, `TooLarge`, `Unavailable` if the disk cannot
    /// store it.
    pub async fn take_in(request: Request, field: &str, most: u64) -> Result<Self> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok());
        let boundary = multer::parse_boundary(kind.unwrap_or_default())
            .map_err(|_| Error::UnsupportedMediaType("multipart/form-data"))?;
        refuse_encoded(request.headers())?;
        let is_hopeless = length(request.headers()).is_some_and(|it| it > most + FORM);
        let ticket = request.extensions().get::<Ticket>().cloned();
        let deadline = request.extensions().get::<Deadline>().cloned();
        if let Some(ticket) = &ticket {
            ticket.step_aside();
        }
        let mut form = form(request.into_body(), boundary, most, deadline);
        let mut upload = None;
        while let Some(part) = form.next_field().await.map_err(refusal)? {
            if part.name() == Some(field) && upload.is_none() {
                upload = Some(keep(part, most, is_hopeless).await?);
            }
        }
        if let Some(ticket) = &ticket {
            ticket.come_back().await?;
        }
        // A browser sends a field without a file as a file without a name.
        upload
            .filter(|it| !(it.name.is_empty() && it.size == 0))
            .ok_or_else(|| Error::invalid(field, "is required"))
    }
}

fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn form(body: Body, boundary: String, most: u64, deadline: Option<Deadline>) -> Multipart<'static> {
    let last = Instant::now() + TIME;
    let pieces = body.into_data_stream().inspect(move |_| {
        if let Some(deadline) = deadline.as_ref().filter(|_| Instant::now() < last) {
            deadline.put_off();
        }
    });
    let size = SizeLimit::new().whole_stream(most + FORM + MOST_DROPPED as u64);
    Multipart::with_constraints(pieces, boundary, Constraints::new().size_limit(size))
}

/// Writes the file down. One that is too large is taken off the wire for a while without being
/// kept, so that its sender gets to read why it was refused.
async fn keep(mut part: Field<'_>, most: u64, is_hopeless: bool) -> Result<Upload> {
    let name = plain(part.file_name().unwrap_or_default());
    let mut file = tokio::fs::File::from_std(tempfile::tempfile().map_err(full)?);
    let (mut size, mut dropped, mut is_too_large) = (0, 0, is_hopeless);
    while let Some(piece) = part.chunk().await.map_err(refusal)? {
        size += piece.len() as u64;
        is_too_large |= size > most;
        if is_too_large {
            dropped += piece.len();
            if dropped > MOST_DROPPED {
                break;
            }
        } else {
            file.write_all(&piece).await.map_err(full)?;
        }
    }
    if is_too_large {
        return Err(Error::TooLarge);
    }
    file.flush().await.map_err(full)?;
    let mut file = file.into_std().await;
    file.rewind().map_err(full)?;
    Ok(Upload { name, size, file })
}

/// The name without folders, which some browsers send, and without control and invisible characters.
fn plain(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    visible(name).trim().chars().filter(|it| !it.is_control()).take(NAME).collect()
}

fn refusal(error: multer::Error) -> Error {
    match error {
        multer::Error::StreamSizeExceeded { .. } => Error::TooLarge,
        other => Error::Malformed(format!("the form is not whole: {other}")),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "as `map_err` gives it")]
fn full(error: io::Error) -> Error {
    tracing::warn!(%error, "A file that was sent could not be kept");
    Error::Unavailable
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use axum::{body::Body, extract::Request};

    use super::{FORM, Upload, plain};
    use crate::core::{Error, Result};

    const KIND: &str = "multipart/form-data; boundary=b";

    async fn take_in(kind: &str, body: String) -> Result<(String, u64, String)> {
        let request = Request::builder().header("content-type", kind);
        let request = request.header("content-length", body.len());
        let request = request.body(Body::from(body)).unwrap();
        let mut upload = Upload::take_in(request, "file", 100).await?;
        let mut text = String::new();
        upload.file.read_to_string(&mut text).unwrap();
        Ok((upload.name, upload.size, text))
    }

    fn part(field: &str, name: &str, text: &str) -> String {
        let head = "Content-Disposition: form-data; name=";
        format!("--b\r\n{head}\"{field}\"; filename=\"{name}\"\r\n\r\n{text}\r\n")
    }

    #[tokio::test]
    async fn the_file_of_the_field_is_taken_in_whole() {
        let body = [part("x", "x.csv", "x"), part("file", "a.csv", "1,2\r\n"), "--b--".to_owned()];
        let taken = take_in(KIND, body.concat()).await.unwrap();
        assert_eq!(taken, ("a.csv".to_owned(), 5, "1,2\r\n".to_owned()));
    }

    #[tokio::test]
    async fn what_is_no_file_is_refused() {
        let end = "--b--";
        let nothing = take_in(KIND, part("file", "", "") + end).await.unwrap_err();
        assert_eq!(nothing.to_string(), "file: is required");
        let other = take_in(KIND, part("other", "a.csv", "1") + end).await.unwrap_err();
        assert_eq!(other.to_string(), "file: is required");
        let cut = take_in(KIND, part("file", "a.csv", "1")).await.unwrap_err();
        assert!(matches!(cut, Error::Malformed(_)), "{cut:?}");
        let plain = take_in("text/csv", "1".to_owned()).await.unwrap_err();
        assert!(matches!(plain, Error::UnsupportedMediaType(_)), "{plain:?}");
    }

    #[tokio::test]
    async fn one_that_is_too_large_is_refused() {
        let large = |bytes: usize| part("file", "a.csv", &"x".repeat(bytes)) + "--b--";
        assert_eq!(take_in(KIND, large(100)).await.unwrap().1, 100);
        // Found out as it arrives, and known from the length that is told beforehand.
        for bytes in [101, 200 + usize::try_from(FORM).unwrap()] {
            let refused = take_in(KIND, large(bytes)).await.unwrap_err();
            assert!(matches!(refused, Error::TooLarge), "{refused:?}");
        }
    }

    #[test]
    fn a_name_is_a_name_alone() {
        assert_eq!(plain("C:\\fakepath\\stations.csv"), "stations.csv");
        assert_eq!(plain("../../etc/stations\u{7}.json "), "stations.json");
    }
}
