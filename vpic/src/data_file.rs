//! The data file: a header followed by a zstd frame that contains columns.
//!
//! Numbers of 16 or 24 bits are stored as byte planes, all low bytes first, which compresses a
//! third better.

use std::fmt;
use std::io::Read;

use sha2::{Digest, Sha256};

/// The first bytes of every data file.
pub(crate) const MAGIC: [u8; 8] = *b"VPICDATA";
/// Incremented when the columns change.
pub(crate) const VERSION: u32 = 1;
/// The size of the header: magic, version, month (7 bytes and a zero), uncompressed size, hash.
pub(crate) const HEADER: usize = 8 + 4 + 8 + 8 + 32;
/// The maximum number of entries in a column, so that a damaged count can't exhaust the memory.
const MAX_ENTRIES: u32 = 1 << 27;

/// Why a data file could not be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DataError {
    /// The file is too short or lacks the magic bytes: not a VIN data file.
    NotVinData,
    /// The file has a format version that this crate does not support.
    Version {
        /// The format version of the file.
        found: u32,
        /// The format version that this crate supports.
        expected: u32,
    },
    /// The hash in the header does not match the content: the file is damaged or truncated.
    Damaged,
    /// The hash matches, but a column is invalid. The file was built incorrectly.
    Malformed(&'static str),
}

impl fmt::Display for DataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotVinData => f.write_str("not a VIN data file"),
            Self::Version { found, expected } => {
                write!(
                    f,
                    "the VIN data file has format version {found}, but this program requires version {expected}"
                )
            }
            Self::Damaged => f.write_str("the VIN data file is damaged: its hash does not match"),
            Self::Malformed(what) => write!(f, "the VIN data file is malformed: {what}"),
        }
    }
}

impl std::error::Error for DataError {}

/// The hash of the file except for the hash itself.
pub(crate) fn hash(header: &[u8], frame: &[u8]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(header);
    hasher.update(frame);
    hasher.finalize().into()
}

/// Reads columns in the order in which they were written.
pub(crate) struct Columns<'a> {
    frame: zstd::stream::read::Decoder<'a, &'a [u8]>,
    unpacked: u64,
    read: u64,
    /// The buffer into which a column is read before its numbers are assembled. It is reused
    /// because touching newly allocated memory is slow.
    scratch: Vec<u8>,
}

impl<'a> Columns<'a> {
    /// Checks header and hash; returns the month and the columns.
    pub(crate) fn open(bytes: &'a [u8]) -> Result<(String, Self), DataError> {
        let (header, frame) = bytes.split_at_checked(HEADER).ok_or(DataError::NotVinData)?;
        if header[..8] != MAGIC {
            return Err(DataError::NotVinData);
        }
        let found = number(&header[8..12]);
        if found != u64::from(VERSION) {
            let found = u32::try_from(found).unwrap_or(u32::MAX);
            return Err(DataError::Version { found, expected: VERSION });
        }
        if hash(&header[..28], frame) != header[28..] {
            return Err(DataError::Damaged);
        }
        let month =
            std::str::from_utf8(&header[12..19]).map_err(|_| DataError::Malformed("month"))?;
        let unpacked = number(&header[20..28]);
        let frame = zstd::stream::read::Decoder::with_buffer(frame)
            .map_err(|_| DataError::Malformed("frame"))?;
        Ok((month.to_owned(), Self { frame, unpacked, read: 0, scratch: Vec::new() }))
    }

    /// Reads `length` bytes into the scratch buffer.
    fn exactly(&mut self, length: usize) -> Result<&[u8], DataError> {
        self.read += length as u64;
        if self.read > self.unpacked {
            return Err(DataError::Malformed("a column extends past the end"));
        }
        if self.scratch.len() < length {
            self.scratch.resize(length, 0);
        }
        let bytes = &mut self.scratch[..length];
        self.frame.read_exact(bytes).map_err(|_| DataError::Malformed("the frame ends early"))?;
        Ok(bytes)
    }

    fn count(&mut self) -> Result<usize, DataError> {
        let count = number(self.exactly(4)?);
        if count > u64::from(MAX_ENTRIES) {
            return Err(DataError::Malformed("a column is too long"));
        }
        usize::try_from(count).map_err(|_| DataError::Malformed("a column is too long"))
    }

    pub(crate) fn bytes(&mut self) -> Result<Vec<u8>, DataError> {
        let count = self.count()?;
        Ok(self.exactly(count)?.to_vec())
    }

    pub(crate) fn text(&mut self) -> Result<String, DataError> {
        String::from_utf8(self.bytes()?).map_err(|_| DataError::Malformed("text is not UTF-8"))
    }

    pub(crate) fn u16s(&mut self) -> Result<Vec<u16>, DataError> {
        let count = self.count()?;
        let (low, high) = self.exactly(count * 2)?.split_at(count);
        Ok(low.iter().zip(high).map(|(l, h)| u16::from_le_bytes([*l, *h])).collect())
    }

    /// Reads numbers below 2^24.
    pub(crate) fn u24s(&mut self) -> Result<Vec<u32>, DataError> {
        let count = self.count()?;
        let (low, rest) = self.exactly(count * 3)?.split_at(count);
        let (middle, high) = rest.split_at(count);
        let bytes = low.iter().zip(middle).zip(high);
        Ok(bytes.map(|((l, m), h)| u32::from_le_bytes([*l, *m, *h, 0])).collect())
    }

    /// Reads numbers that are stored one after the other, which compresses better if sequences of
    /// them recur.
    pub(crate) fn u32s(&mut self) -> Result<Vec<u32>, DataError> {
        let count = self.count()?;
        let (numbers, _) = self.exactly(count * 4)?.as_chunks::<4>();
        Ok(numbers.iter().map(|number| u32::from_le_bytes(*number)).collect())
    }

    pub(crate) fn u64s(&mut self) -> Result<Vec<u64>, DataError> {
        let count = self.count()?;
        let (numbers, _) = self.exactly(count * 8)?.as_chunks::<8>();
        Ok(numbers.iter().map(|number| u64::from_le_bytes(*number)).collect())
    }

    /// Reads the lengths of groups. Returns the start of each group, followed by the end of the
    /// last one.
    pub(crate) fn starts(&mut self) -> Result<Vec<u32>, DataError> {
        let lengths = self.u16s()?;
        let mut starts = Vec::with_capacity(lengths.len() + 1);
        let mut end = 0_u32;
        starts.push(0);
        for length in lengths {
            end += u32::from(length);
            starts.push(end);
        }
        Ok(starts)
    }
}

/// Reads a little-endian number of at most eight bytes.
fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// Writes columns for [`Columns`].
#[cfg(feature = "build")]
#[derive(Default)]
pub(crate) struct ColumnWriter {
    bytes: Vec<u8>,
}

#[cfg(feature = "build")]
impl ColumnWriter {
    #[expect(clippy::cast_possible_truncation, reason = "a column of 2^32 entries fits no memory")]
    fn count(&mut self, count: usize) {
        self.bytes.extend((count as u32).to_le_bytes());
    }

    pub(crate) fn bytes(&mut self, column: &[u8]) {
        self.count(column.len());
        self.bytes.extend(column);
    }

    pub(crate) fn u16s(&mut self, column: &[u16]) {
        self.count(column.len());
        for plane in 0..2 {
            self.bytes.extend(column.iter().map(|number| number.to_le_bytes()[plane]));
        }
    }

    pub(crate) fn u24s(&mut self, column: &[u32]) {
        assert!(column.iter().all(|number| *number < 1 << 24), "a number needs more than 24 bits");
        self.count(column.len());
        for plane in 0..3 {
            self.bytes.extend(column.iter().map(|number| number.to_le_bytes()[plane]));
        }
    }

    pub(crate) fn u32s(&mut self, column: &[u32]) {
        self.count(column.len());
        self.bytes.extend(column.iter().flat_map(|number| number.to_le_bytes()));
    }

    pub(crate) fn u64s(&mut self, column: &[u64]) {
        self.count(column.len());
        self.bytes.extend(column.iter().flat_map(|number| number.to_le_bytes()));
    }

    /// Creates the file: header, hash and the compressed columns.
    pub(crate) fn finish(self, month: &str) -> std::io::Result<Vec<u8>> {
        let mut file = Vec::from(MAGIC);
        file.extend(VERSION.to_le_bytes());
        file.extend(month.bytes().chain([0; 8]).take(8));
        file.extend((self.bytes.len() as u64).to_le_bytes());
        let frame = zstd::bulk::compress(&self.bytes, 19)?;
        let hash = hash(&file, &frame);
        file.extend(hash);
        file.extend(frame);
        Ok(file)
    }
}
