//! Creates a base backup with `pg_basebackup`, as a single file.

use std::{
    io::{self, BufReader, Read, Write},
    path::Path,
    process::Stdio,
    time::Duration,
};

use chrono::{DateTime, Utc};
use serde::Deserialize;
use sqlx::{ConnectOptions as _, Connection as _, PgConnection, postgres::PgConnectOptions};

use super::programs::{Programs, environment};
use crate::{
    core::{
        archive::{self, ArchiveError, Limits, Totals},
        config::{PostgresAddress, Recipients},
        db::accepts_writes,
    },
    error::{At as _, BackupError, Result},
    manifest::{Cluster, Engine},
    payload::{self, Cancellation, Digest, ENCRYPTED_SUFFIX, blocking},
    wal,
};

/// Time limit for connecting to the server.
const PATIENCE: Duration = Duration::from_secs(10);

/// A server that is being backed up.
pub(crate) struct Server {
    options: PgConnectOptions,
    /// Holds the lock and the replication slot, which are released with the connection.
    connection: PgConnection,
    info: ServerInfo,
}

#[derive(sqlx_derive::FromRow)]
struct ServerInfo {
    now: DateTime<Utc>,
    version: i32,
    archives: bool,
    wal_segment_size: i64,
    system_identifier: i64,
}

/// A completed base backup.
pub(crate) struct BaseBackup {
    pub(crate) times: (DateTime<Utc>, DateTime<Utc>),
    pub(crate) file: String,
    pub(crate) digest: Digest,
    /// The unpacked size.
    pub(crate) unpacked: Totals,
    pub(crate) cluster: Cluster,
}

/// Connects to the server, prevents concurrent base backups of it, and makes it retain the WAL that this
/// backup needs.
pub(crate) async fn begin(address: &PostgresAddress) -> Result<Server> {
    let (options, mut connection) = connect(address).await?;
    let info = sqlx::query_as::<_, ServerInfo>(
        "SELECT clock_timestamp() AS now,
                CAST(current_setting('server_version_num') AS INTEGER) AS version,
                current_setting('archive_mode') <> 'off' AS archives,
                CAST(setting AS BIGINT) AS wal_segment_size,
                system_identifier
         FROM pg_settings, pg_control_system()
         WHERE pg_settings.name = 'wal_segment_size'",
    );
    let info = info.persistent(false).fetch_one(&mut connection).await?;
    let lock = "SELECT pg_try_advisory_lock(hashtextextended('motovaultpro.backup', 0))";
    let lock = sqlx::query_scalar::<_, bool>(lock).persistent(false);
    if !lock.fetch_one(&mut connection).await? {
        return Err(BackupError::Busy);
    }
    // A temporary slot, which is dropped with the connection in any case.
    let slot = "SELECT CAST(slot_name AS TEXT) FROM pg_create_physical_replication_slot(
                    'motovaultpro_backup_' || pg_backend_pid(), true, true)";
    sqlx::query(slot).persistent(false).execute(&mut connection).await?;
    Ok(Server { options, connection, info })
}

/// The server's settings and rights that base backups depend on.
#[derive(sqlx_derive::FromRow)]
pub(crate) struct ServerStatus {
    pub(crate) version: i32,
    pub(crate) may_replicate: bool,
    pub(crate) archives: bool,
    pub(crate) not_archived: Option<String>,
}

/// Queries the settings and rights that base backups depend on.
pub(crate) async fn query_status(address: &PostgresAddress) -> Result<ServerStatus> {
    let (_, mut connection) = connect(address).await?;
    let status = sqlx::query_as::<_, ServerStatus>(
        "SELECT CAST(current_setting('server_version_num') AS INTEGER) AS version,
                rolreplication OR rolsuper AS may_replicate,
                current_setting('archive_mode') <> 'off' AS archives,
                CASE WHEN last_failed_time > COALESCE(last_archived_time, '-infinity')
                     THEN last_failed_wal END AS not_archived
         FROM pg_roles, pg_stat_archiver
         WHERE rolname = current_user",
    );
    let status = status.persistent(false).fetch_one(&mut connection).await?;
    connection.close().await?;
    Ok(status)
}

/// Connects to the only server, or to the first of several that accepts writes, since standbys do not archive
/// WAL.
async fn connect(address: &PostgresAddress) -> Result<(PgConnectOptions, PgConnection)> {
    let mut failed = None;
    for options in &address.0 {
        let options = options.clone().application_name("motovaultpro backup");
        let options = options.disable_statement_logging();
        let connecting = async {
            let mut connection = PgConnection::connect_with(&options).await?;
            let is_it = address.0.len() == 1 || accepts_writes(&mut connection).await?;
            Ok::<_, sqlx::Error>(is_it.then_some(connection))
        };
        match tokio::time::timeout(PATIENCE, connecting).await {
            Ok(Ok(Some(connection))) => return Ok((options, connection)),
            Ok(Ok(None)) => {}
            // Report the first error: the last server may just be down.
            Ok(Err(error)) => failed = failed.or(Some(error.into())),
            Err(_) => {
                failed = failed.or(Some(BackupError::refused("PostgreSQL does not respond")));
            }
        }
    }
    Err(failed.unwrap_or_else(|| BackupError::refused("none of the servers accepts writes")))
}

impl Server {
    /// The server's time when the connection was opened.
    pub(crate) fn began_at(&self) -> DateTime<Utc> {
        self.info.now
    }

    /// PostgreSQL's identifier of the cluster.
    pub(crate) fn system_identifier(&self) -> u64 {
        self.info.system_identifier.cast_unsigned()
    }

    /// Writes the base backup to the folder `to`.
    pub(crate) async fn create_base_backup(
        mut self,
        programs: &Programs,
        to: &Path,
        recipients: &Recipients,
        cancellation: &Cancellation,
    ) -> Result<BaseBackup> {
        let version = self.info.version.unsigned_abs();
        let encrypted = if recipients.all().is_empty() { "" } else { ENCRYPTED_SUFFIX };
        let file = format!("{}{encrypted}", Engine::Postgresql.payload());
        let path = to.join(&file);
        let program = programs.require("pg_basebackup", version / 10_000)?;

        let mut command = tokio::process::Command::new(&program);
        command.env_clear().envs(environment(&self.options)).kill_on_drop(true);
        command.args(["--pgdata=-", "--format=tar", "--wal-method=fetch", "--checkpoint=fast"]);
        command.args(["--no-password", "--manifest-checksums=SHA256", "--label=motovaultpro"]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().at(&program)?;
        let Some(output) = child.stdout.take() else {
            return Err(BackupError::refused("pg_basebackup has no output"));
        };
        let output = std::fs::File::from(output.into_owned_fd().at(&program)?);

        let recipients = recipients.clone();
        let copying = blocking(cancellation, move |cancellation| {
            let mut writer = payload::Writer::create(&path, &recipients)?;
            let summary = copy_archive(output, &mut writer, cancellation);
            let summary = summary.map_err(|error| BackupError::from_archive(error, &path))?;
            Ok((summary, writer.finish().at(&path)?))
        });
        let (copied, exited) = tokio::join!(copying, child.wait_with_output());
        let exited = exited.at(&program)?;
        if !exited.status.success() {
            // The output may contain hosts and roles, but no passwords.
            let message = String::from_utf8_lossy(&exited.stderr).trim().replace('\n', "; ");
            let cause = copied.err().map_or(String::new(), |error| format!(" ({error})"));
            return Err(BackupError::Refused(format!("{message}{cause}")));
        }
        let (summary, digest) = copied?;
        let now = sqlx::query_scalar("SELECT clock_timestamp()").persistent(false);
        let now: DateTime<Utc> = now.fetch_one(&mut self.connection).await?;
        let wal_segment_size = self.info.wal_segment_size.unsigned_abs();
        let (first_wal, last_wal) = summary.wal(wal_segment_size).ok_or_else(|| {
            BackupError::refused("pg_basebackup succeeded, but its output is not a complete backup")
        })?;
        let cluster = Cluster {
            system_identifier: self.system_identifier(),
            version,
            first_wal,
            last_wal,
            wal_segment_size,
            archives: self.info.archives,
        };
        let times = (self.info.now, now);
        self.connection.close().await?;
        Ok(BaseBackup { times, file, digest, unpacked: summary.totals, cluster })
    }
}

/// The parts of the archive that are needed for the manifest.
#[derive(Debug, Default)]
struct ArchiveSummary {
    label: String,
    manifest: Vec<u8>,
    has_control: bool,
    totals: Totals,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PostgresManifest {
    #[serde(rename = "WAL-Ranges")]
    wal_ranges: Vec<WalRange>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WalRange {
    timeline: u32,
    #[serde(rename = "End-LSN")]
    end_lsn: String,
}

impl ArchiveSummary {
    /// The first and last WAL files that the backup needs; `None` if the backup is incomplete.
    fn wal(&self, segment_size: u64) -> Option<(String, String)> {
        // `START WAL LOCATION: 0/2000028 (file 000000010000000000000002)`
        let line = self.label.lines().find(|it| it.starts_with("START WAL LOCATION"))?;
        let first = line.split_once("(file ")?.1.split(')').next()?;
        let manifest: PostgresManifest = serde_json::from_slice(&self.manifest).ok()?;
        let range = manifest.wal_ranges.last()?;
        let last = wal::segment_before(range.timeline, &range.end_lsn, segment_size)?;
        (self.has_control && wal::is_segment(first)).then(|| (first.to_owned(), last))
    }
}

/// Copies a tar archive unchanged, and validates it on the way: an archive that could not be restored is not
/// stored.
fn copy_archive(
    output: impl Read,
    to: &mut impl Write,
    cancellation: &Cancellation,
) -> Result<ArchiveSummary, ArchiveError> {
    let passing =
        CopyingReader { from: BufReader::with_capacity(128 * 1024, output), to, cancellation };
    let mut summary = ArchiveSummary::default();
    let (mut passing, totals) = archive::read(passing, Limits::NONE, |entry| {
        let read = if entry.name == *"backup_label" {
            entry.content.read_to_string(&mut summary.label).map(drop)
        } else if entry.name == *"backup_manifest" {
            entry.content.read_to_end(&mut summary.manifest).map(drop)
        } else {
            summary.has_control |= entry.name == *"global/pg_control";
            Ok(())
        };
        read.map_err(ArchiveError::Read)
    })?;
    summary.totals = totals;
    // The last entry is followed by padding.
    io::copy(&mut passing, &mut io::sink()).map_err(ArchiveError::Read)?;
    Ok(summary)
}

struct CopyingReader<'a, R, W> {
    from: R,
    to: &'a mut W,
    cancellation: &'a Cancellation,
}

impl<R: Read, W: Write> Read for CopyingReader<'_, R, W> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.cancellation.check()?;
        let read = self.from.read(buffer)?;
        self.to.write_all(&buffer[..read])?;
        Ok(read)
    }
}
