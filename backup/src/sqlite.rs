//! Copies SQLite databases that are in use, and checks copies.

use std::path::{Path, PathBuf};

use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};

use super::{
    error::{At as _, BackupError, Result},
    folder::{self, Scratch, remove, with_suffix},
    manifest::Engine,
    payload::{self, Cancellation, Digest, ENCRYPTED_SUFFIX, Reader, blocking},
};
use crate::core::config::Recipients;

/// Suffix of the temporary copy of a database that will be encrypted.
const COPY_SUFFIX: &str = ".backup-copy";

/// Copies the database `file` into the folder `to`. Returns the name and digest of the copy.
///
/// If the copy is to be encrypted, the unencrypted copy is created next to the database, and nowhere else.
pub(super) async fn back_up(
    file: &Path,
    to: &Path,
    recipients: &Recipients,
    cancellation: &Cancellation,
) -> Result<(String, Digest)> {
    std::fs::metadata(file).at(file)?;
    let name = Engine::Sqlite.payload();
    if recipients.all().is_empty() {
        let copy = to.join(name);
        copy_into(file, &copy).await?;
        let digest =
            blocking(cancellation, move |cancellation| payload::digest(&copy, cancellation))
                .await?;
        return Ok((name.to_owned(), digest));
    }
    let beside = RemoveOnDrop(with_suffix(file, COPY_SUFFIX));
    remove(&beside.0)?;
    copy_into(file, &beside.0).await?;
    let name = format!("{name}{ENCRYPTED_SUFFIX}");
    let (encrypted, recipients) = (to.join(&name), recipients.clone());
    let digest = blocking(cancellation, move |cancellation| {
        let mut writer = payload::Writer::create(&encrypted, &recipients)?;
        let mut copy = std::fs::File::open(&beside.0).at(&beside.0)?;
        payload::copy(&mut copy, &mut writer, cancellation).at(&encrypted)?;
        writer.finish().at(&encrypted)
    });
    Ok((name, digest.await?))
}

/// Copies the database in a single read transaction, which does not block writers.
async fn copy_into(file: &Path, copy: &Path) -> Result<()> {
    let target = copy.to_str().ok_or_else(|| {
        BackupError::Refused(format!("{}: the path must be UTF-8", copy.display()))
    })?;
    // SQLite accepts an empty file as the target, and preserves its mode.
    payload::create_private(copy)?;
    let options = SqliteConnectOptions::new().filename(file).disable_statement_logging();
    let mut connection = SqliteConnection::connect_with(&options).await?;
    sqlx::query("VACUUM INTO $1").bind(target).execute(&mut connection).await?;
    connection.close().await?;
    std::fs::File::open(copy).and_then(|it| it.sync_all()).at(copy)?;
    let errors = integrity_errors(copy).await;
    if errors.is_empty() {
        return Ok(());
    }
    let message = format!("the database itself is damaged: {}", errors.join("; "));
    Err(BackupError::Damaged(message))
}

/// The integrity errors of the database in `file`, which must not be in use.
pub(super) async fn integrity_errors(file: &Path) -> Vec<String> {
    let options = SqliteConnectOptions::new().filename(file).read_only(true).immutable(true);
    // Do not call functions in the schema of an untrusted database.
    let options = options.pragma("trusted_schema", "off");
    let checked = async {
        let mut connection =
            SqliteConnection::connect_with(&options.disable_statement_logging()).await?;
        let check = sqlx::query_scalar::<_, String>("PRAGMA integrity_check");
        let message = check.fetch_all(&mut connection).await?;
        connection.close().await?;
        Ok::<_, sqlx::Error>(message)
    };
    match checked.await {
        Ok(message) => message.into_iter().filter(|it| it != "ok").collect(),
        Err(error) => vec![error.to_string()],
    }
}

/// The files of a database, starting with the main file.
pub(super) fn files(database: &Path) -> [PathBuf; 4] {
    ["", "-wal", "-shm", "-journal"].map(|suffix| with_suffix(database, suffix))
}

/// Restores the payload `from`, which must match `expected`, as the database `into`, atomically. `clear`
/// renames existing files at the last moment.
pub(super) async fn restore_file(
    mut from: Reader,
    expected: Digest,
    into: &Path,
    clear: impl FnOnce() -> Result<()>,
) -> Result<()> {
    let parent = match into.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    folder::create_private_folder(&parent)?;
    // A private folder, so that no other user can replace the file before it is verified and renamed.
    let scratch = Scratch::create(&parent)?;
    let restoring = scratch.path().join(Engine::Sqlite.payload());
    let path = restoring.clone();
    blocking(&Cancellation::default(), move |cancellation| {
        let mut file = payload::create_private(&path)?;
        payload::copy(&mut from, &mut file, cancellation).at(&path)?;
        from.finish(&expected)?;
        file.sync_all().at(&path)
    })
    .await?;
    let errors = integrity_errors(&restoring).await;
    if !errors.is_empty() {
        let message = format!("the backup is not an intact database: {}", errors.join("; "));
        return Err(BackupError::Damaged(message));
    }
    clear()?;
    std::fs::rename(&restoring, into).at(into)?;
    folder::sync(&parent)
}

/// A file that is deleted when dropped.
struct RemoveOnDrop(PathBuf);

impl Drop for RemoveOnDrop {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
