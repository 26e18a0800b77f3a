//! Writes and reads the files of a backup: compression, encryption and hashing. The file name determines
//! which of these apply: `base.tar.zst.age`.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use age::stream::StreamWriter;
use sha2::{Digest as _, Sha256};

use super::{
    error::{At as _, BackupError, Result},
    keys::Identities,
};
use crate::core::{archive::open_regular, config::Recipients, hex};

/// The suffixes of compressed and encrypted files.
pub(super) const COMPRESSED_SUFFIX: &str = ".zst";
pub(super) const ENCRYPTED_SUFFIX: &str = ".age";

/// A compression level that is about as fast as the disk.
const LEVEL: i32 = 3;

/// How many bytes to read at a time.
const CHUNK: usize = 128 * 1024;

/// The size and SHA-256 of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Digest {
    /// In bytes.
    pub(super) size: u64,
    /// In hexadecimal.
    pub(super) sha256: String,
}

/// Cancels long copies in blocking threads: once canceled, reading fails.
#[derive(Debug, Clone, Default)]
pub(super) struct Cancellation(Arc<AtomicBool>);

impl Cancellation {
    /// A guard that cancels when dropped.
    pub(super) fn cancel_on_drop(&self) -> CancelOnDrop {
        CancelOnDrop(self.clone())
    }

    pub(super) fn check(&self) -> io::Result<()> {
        if self.0.load(Ordering::Relaxed) { Err(io::Error::other("canceled")) } else { Ok(()) }
    }
}

/// See [`Cancellation::cancel_on_drop`].
pub(super) struct CancelOnDrop(Cancellation);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::Relaxed);
    }
}

/// Hashes the bytes that are read or written through it.
pub(super) struct Hashed<T> {
    inner: T,
    size: u64,
    sha256: Sha256,
}

impl<T> Hashed<T> {
    pub(super) fn new(inner: T) -> Self {
        Self { inner, size: 0, sha256: Sha256::new() }
    }

    fn note(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes);
        self.size += bytes.len() as u64;
    }

    /// The digest of all bytes so far.
    fn digest(&self) -> Digest {
        Digest { size: self.size, sha256: hex(&self.sha256.clone().finalize()) }
    }

    pub(super) fn finish(self) -> (T, Digest) {
        let digest = self.digest();
        (self.inner, digest)
    }
}

impl<T: Read> Read for Hashed<T> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.note(&buffer[..read]);
        Ok(read)
    }
}

impl<T: Write> Write for Hashed<T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.note(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

enum Encryption {
    Age(Box<StreamWriter<Hashed<File>>>),
    None(Hashed<File>),
}

impl Write for Encryption {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Age(to) => to.write(bytes),
            Self::None(to) => to.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Age(to) => to.flush(),
            Self::None(to) => to.flush(),
        }
    }
}

enum Compression {
    Zstd(Box<zstd::Encoder<'static, Encryption>>),
    None(Encryption),
}

/// Writes a backup file, compressed and encrypted according to its name.
pub(super) struct Writer(Compression);

impl Writer {
    /// Creates the file, accessible only to its owner. It must not exist.
    pub(super) fn create(path: &Path, recipients: &Recipients) -> Result<Self> {
        let name = path.to_string_lossy();
        let file = create_private(path)?;
        let hashed = Hashed::new(file);
        let (inner, encryption) = match name.strip_suffix(ENCRYPTED_SUFFIX) {
            None => (&*name, Encryption::None(hashed)),
            Some(inner) => {
                let each = recipients.all().iter().map(|it| it as &dyn age::Recipient);
                let encryptor = age::Encryptor::with_recipients(each);
                let encryptor =
                    encryptor.map_err(|error| BackupError::Refused(error.to_string()))?;
                (inner, Encryption::Age(Box::new(encryptor.wrap_output(hashed).at(path)?)))
            }
        };
        Ok(Self(if inner.ends_with(COMPRESSED_SUFFIX) {
            Compression::Zstd(Box::new(zstd::Encoder::new(encryption, LEVEL).at(path)?))
        } else {
            Compression::None(encryption)
        }))
    }

    /// Syncs the file to disk and returns its digest.
    pub(super) fn finish(self) -> io::Result<Digest> {
        let encryption = match self.0 {
            Compression::Zstd(encoder) => encoder.finish()?,
            Compression::None(encryption) => encryption,
        };
        let hashed = match encryption {
            Encryption::Age(stream) => stream.finish()?,
            Encryption::None(hashed) => hashed,
        };
        let (file, digest) = hashed.finish();
        file.sync_all()?;
        Ok(digest)
    }
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.0 {
            Compression::Zstd(to) => to.write(bytes),
            Compression::None(to) => to.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.0 {
            Compression::Zstd(to) => to.flush(),
            Compression::None(to) => to.flush(),
        }
    }
}

/// Creates a new file that only its owner can read.
pub(super) fn create_private(path: &Path) -> Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).at(path)
}

/// Reads a backup file, decrypted and decompressed.
pub(super) struct Reader {
    path: PathBuf,
    content: Box<dyn Read + Send>,
    /// The file itself, hashed as it is read.
    file: Raw,
}

/// The raw bytes of the file.
#[derive(Clone)]
struct Raw(Arc<Mutex<Hashed<File>>>);

impl Read for Raw {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).read(buffer)
    }
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.content.read(buffer)
    }
}

impl Reader {
    /// The file's path.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the rest of the file, and checks its digest. Discard what was read if this fails: the file may
    /// have been replaced since it was verified.
    pub(super) fn finish(mut self, expected: &Digest) -> Result<()> {
        copy(&mut self.file, &mut io::sink(), &Cancellation::default()).at(&self.path)?;
        let found = self.file.0.lock().unwrap_or_else(PoisonError::into_inner).digest();
        if found == *expected {
            return Ok(());
        }
        Err(BackupError::Damaged(format!("{}: the file has changed", self.path.display())))
    }
}

/// Opens a backup file, decrypted and decompressed according to its name.
pub(super) fn open(path: &Path, identities: &Identities) -> Result<Reader> {
    let name = path.to_string_lossy();
    let raw = Raw(Arc::new(Mutex::new(Hashed::new(open_regular(path).at(path)?))));
    let file = io::BufReader::with_capacity(CHUNK, raw.clone());
    let (inner, opened): (&str, Box<dyn Read + Send>) = match name.strip_suffix(ENCRYPTED_SUFFIX) {
        None => (&name, Box::new(file)),
        Some(inner) => (inner, Box::new(decrypt(path, file, identities)?)),
    };
    let content = if inner.ends_with(COMPRESSED_SUFFIX) {
        Box::new(zstd::Decoder::new(opened).at(path)?)
    } else {
        opened
    };
    Ok(Reader { path: path.to_owned(), content, file: raw })
}

fn decrypt<R: Read>(
    path: &Path,
    file: R,
    identities: &Identities,
) -> Result<age::stream::StreamReader<R>> {
    if identities.is_empty() {
        let message = format!(
            "{} is encrypted: specify the identity file with --identity FILE",
            path.display()
        );
        return Err(BackupError::Refused(message));
    }
    let opened = age::Decryptor::new(file).and_then(|it| it.decrypt(identities.all()));
    opened.map_err(|error| match error {
        age::DecryptError::NoMatchingKeys => {
            let message =
                format!("{} was not encrypted for this identity: use another one", path.display());
            BackupError::Refused(message)
        }
        age::DecryptError::Io(error) => BackupError::Io { path: path.to_owned(), error },
        error => BackupError::Damaged(format!("{}: {error}", path.display())),
    })
}

/// The digest of the raw bytes of a file.
pub(super) fn digest(path: &Path, cancellation: &Cancellation) -> Result<Digest> {
    let mut hashed = Hashed::new(open_regular(path).at(path)?);
    copy(&mut hashed, &mut io::sink(), cancellation).at(path)?;
    Ok(hashed.finish().1)
}

/// Copies everything, unless canceled.
pub(super) fn copy(
    from: &mut impl Read,
    to: &mut impl Write,
    cancellation: &Cancellation,
) -> io::Result<()> {
    let mut buffer = vec![0; CHUNK];
    loop {
        cancellation.check()?;
        match from.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(read) => to.write_all(&buffer[..read])?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Runs blocking work in a separate thread. Dropping the future cancels it.
pub(super) async fn blocking<T: Send + 'static>(
    cancellation: &Cancellation,
    work: impl FnOnce(&Cancellation) -> Result<T> + Send + 'static,
) -> Result<T> {
    let cancellation = cancellation.clone();
    match tokio::task::spawn_blocking(move || work(&cancellation)).await {
        Ok(done) => done,
        Err(_) => Err(BackupError::Stopped),
    }
}
