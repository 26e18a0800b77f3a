//! SQLite: a copy made while others read and write, and whether a copy is sound.

use std::path::{Path, PathBuf};

use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};

use super::{
    error::{At as _, BackupError, Result},
    folder::{self, remove, with_suffix},
    manifest::Engine,
    payload::{self, Cancellation, Digest, ENCRYPTED_SUFFIX, Reader, blocking},
};
use crate::core::config::Recipients;

/// What is added to a database's name for the copy beside it that is to be encrypted.
const COPY_SUFFIX: &str = ".backup-copy";

/// Copies the database in `file` into the folder `to`; tells the copy's name and what lies there.
///
/// A copy that is to be encrypted is first made beside the database: nowhere else lies what is not.
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

/// One reading transaction: what is committed meanwhile is not in it, and nobody waits for it.
async fn copy_into(file: &Path, copy: &Path) -> Result<()> {
    let target = copy.to_str().ok_or_else(|| {
        BackupError::Refused(format!("{}: a path has to be UTF-8", copy.display()))
    })?;
    // An empty file is taken as if there were none, but for its mode.
    payload::create_private(copy)?;
    let options = SqliteConnectOptions::new().filename(file).disable_statement_logging();
    let mut connection = SqliteConnection::connect_with(&options).await?;
    sqlx::query("VACUUM INTO $1").bind(target).execute(&mut connection).await?;
    connection.close().await?;
    std::fs::File::open(copy).and_then(|it| it.sync_all()).at(copy)?;
    let faults = integrity_errors(copy).await;
    if faults.is_empty() {
        return Ok(());
    }
    let message = format!("the database itself is damaged: {}", faults.join("; "));
    Err(BackupError::Damaged(message))
}

/// What is wrong with the database in `file`, which nobody writes to.
pub(super) async fn integrity_errors(file: &Path) -> Vec<String> {
    let options = SqliteConnectOptions::new().filename(file).read_only(true).immutable(true);
    // Functions in the schema of a database from elsewhere are not called.
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

/// The files that make up a database, beginning with its own.
pub(super) fn files(database: &Path) -> [PathBuf; 4] {
    ["", "-wal", "-shm", "-journal"].map(|suffix| with_suffix(database, suffix))
}

/// Puts the payload `from`, which has to be what `expected` says, as the database `into`, where
/// nothing is: whole, or not at all. `clear` makes room, at the last moment.
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
    // Where nobody else can replace it before it is checked and has its name.
    let scratch = folder::scratch(&parent)?;
    let restoring = scratch.path().join(Engine::Sqlite.payload());
    let path = restoring.clone();
    blocking(&Cancellation::default(), move |cancellation| {
        let mut file = payload::create_private(&path)?;
        payload::copy(&mut from, &mut file, cancellation).at(&path)?;
        from.finish(&expected)?;
        file.sync_all().at(&path)
    })
    .await?;
    let faults = integrity_errors(&restoring).await;
    if !faults.is_empty() {
        let message = format!("the backup is no sound database: {}", faults.join("; "));
        return Err(BackupError::Damaged(message));
    }
    clear()?;
    std::fs::rename(&restoring, into).at(into)?;
    folder::sync(&parent)
}

/// A file that goes with this.
struct RemoveOnDrop(PathBuf);

impl Drop for RemoveOnDrop {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
