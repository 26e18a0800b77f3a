//! Malicious backups: nothing outside the folder to which they are unpacked may change.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::{MetadataExt as _, symlink},
    path::{Path, PathBuf},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use tempfile::TempDir;

use super::{
    BackupError,
    folder::Folder,
    keys,
    manifest::{Cluster, Engine, Manifest},
    payload,
    postgres::Programs,
    restore::{self, RestoreOptions},
    verify::{self, Trust},
};
use crate::core::config::Recipients;

/// The content of files outside the folder.
const PRECIOUS: &str = "precious";
/// The content that an attacker tries to write.
const REPLACED: &str = "replaced by the backup";

/// Types of tar entries.
const FILE: u8 = b'0';
const HARD_LINK: u8 = b'1';
const LINK: u8 = b'2';
const CHARACTER_DEVICE: u8 = b'3';
const BLOCK_DEVICE: u8 = b'4';
const FOLDER: u8 = b'5';
const FIFO: u8 = b'6';

/// An entry of a tar archive, with any type and name.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) kind: u8,
    pub(super) name: Vec<u8>,
    pub(super) link: Vec<u8>,
    pub(super) content: Vec<u8>,
    pub(super) size: u64,
}

impl Entry {
    fn new(kind: u8, name: &str, link: &str, content: &str) -> Self {
        let size = u64::try_from(content.len()).unwrap();
        let [name, link, content] = [name, link, content].map(|it| it.as_bytes().to_vec());
        Self { kind, name, link, content, size }
    }

    fn file(name: &str, content: &str) -> Self {
        Self::new(FILE, name, "", content)
    }

    fn folder(name: &str) -> Self {
        Self::new(FOLDER, name, "", "")
    }

    fn link(name: &str, to: &Path) -> Self {
        Self::new(LINK, name, to.to_str().unwrap(), "")
    }

    /// The entry in tar format.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut header = tar::Header::new_ustar();
        header.set_entry_type(tar::EntryType::new(self.kind));
        header.set_mode(0o777);
        header.set_size(self.size);
        let old = header.as_old_mut();
        old.name[..self.name.len()].copy_from_slice(&self.name);
        old.linkname[..self.link.len()].copy_from_slice(&self.link);
        header.set_cksum();
        let mut bytes = header.as_bytes().to_vec();
        bytes.extend(&self.content);
        bytes.resize(bytes.len().next_multiple_of(512), 0);
        bytes
    }
}

fn tar_of(entries: &[Entry]) -> Vec<u8> {
    let mut bytes: Vec<u8> = entries.iter().flat_map(Entry::bytes).collect();
    bytes.extend([0; 1024]);
    bytes
}

/// The entries of a small base backup.
pub(super) fn base() -> Vec<Entry> {
    vec![
        Entry::file("backup_label", "label"),
        Entry::folder("global/"),
        Entry::folder("pg_wal"),
        // As PostgreSQL writes it.
        Entry::folder("./pg_wal/archive_status"),
        Entry::file("postgresql.auto.conf", "# settings\n"),
        Entry::file("global/pg_control", "control"),
    ]
}

/// A backup folder, and files next to it that no backup may change.
pub(super) struct Sandbox {
    pub(super) temp_dir: TempDir,
    pub(super) folder: Folder,
    recipients: Recipients,
    identity: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    Verify,
    Restore,
}

/// Every path in a folder, with its mode and content.
pub(super) fn snapshot(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut left = vec![folder.to_owned()];
    while let Some(path) = left.pop() {
        let metadata = fs::symlink_metadata(&path).unwrap();
        let links = if metadata.is_dir() { 0 } else { metadata.nlink() };
        let content = if metadata.is_file() { fs::read(&path).unwrap() } else { Vec::new() };
        let mode = metadata.mode();
        found.push(format!("{} {mode:o} {links} {content:?}", path.display()));
        if metadata.is_dir() {
            left.extend(fs::read_dir(&path).unwrap().map(|it| it.unwrap().path()));
        }
    }
    found.sort();
    found
}

impl Sandbox {
    pub(super) fn new(is_encrypted: bool) -> Self {
        let temp_dir = tempfile::tempdir().unwrap();
        let folder = Folder::create(&temp_dir.path().join("backups")).unwrap();
        let outside = temp_dir.path().join("outside");
        fs::create_dir_all(outside.join("folder")).unwrap();
        for name in ["pg_control", "postgresql.auto.conf", "folder/file"] {
            fs::write(outside.join(name), PRECIOUS).unwrap();
        }
        let (identity, recipients) = if is_encrypted {
            let text = keys::generate();
            let public = text.lines().next().unwrap().rsplit(' ').next().unwrap();
            let path = temp_dir.path().join("identity");
            fs::write(&path, &text).unwrap();
            (Some(path), public.parse().unwrap())
        } else {
            (None, Recipients::default())
        };
        Self { temp_dir, folder, recipients, identity }
    }

    pub(super) fn outside(&self) -> PathBuf {
        self.temp_dir.path().join("outside")
    }

    pub(super) fn target(&self) -> PathBuf {
        self.temp_dir.path().join("restored")
    }

    /// Adds a backup with this payload and a matching manifest.
    pub(super) fn add(&self, engine: Engine, content: &[u8]) -> PathBuf {
        let at: DateTime<Utc> = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        let unfinished = self.folder.begin(engine, at).unwrap();
        let inner = if engine == Engine::Sqlite { "motovaultpro.db" } else { "base.tar.zst" };
        let encrypted = if self.identity.is_some() { ".age" } else { "" };
        let file = format!("{inner}{encrypted}");
        let path = unfinished.path.join(&file);
        let mut writer = payload::Writer::create(&path, &self.recipients).unwrap();
        writer.write_all(content).unwrap();
        let digest = writer.finish().unwrap();
        let cluster = (engine == Engine::Postgresql).then(|| Cluster {
            system_identifier: 7,
            version: 150_000,
            first_wal: "000000010000000000000001".to_owned(),
            last_wal: "000000010000000000000001".to_owned(),
            wal_segment_size: 16 * 1024 * 1024,
            archives: false,
        });
        let manifest = Manifest::new(engine, (at, at), file, digest, cluster);
        unfinished.finish(&manifest, None).unwrap().path
    }

    pub(super) async fn run(&self, by: By) -> Result<(), BackupError> {
        let trust = Trust::default();
        let nowhere = Programs::new(Some(Path::new("/nonexistent")));
        let running = async {
            match by {
                By::Verify => {
                    let identity = self.identity.as_deref();
                    let report = verify::verify(
                        &self.folder,
                        None,
                        identity,
                        &trust,
                        &nowhere,
                        DateTime::UNIX_EPOCH,
                    )
                    .await?;
                    report.error().map_or(Ok(()), Err)
                }
                By::Restore => {
                    let wanted = RestoreOptions {
                        backup: None,
                        to: None,
                        into: self.target(),
                        identity: self.identity.clone(),
                        trust,
                        force: false,
                        now: DateTime::UNIX_EPOCH,
                    };
                    restore::restore(&self.folder, &wanted).await.map(drop)
                }
            }
        };
        // Opening a named pipe would block.
        tokio::time::timeout(Duration::from_secs(20), running).await.expect("the command hangs")
    }
}

/// Asserts that both commands refuse a base backup with these entries, encrypted or not, and that nothing
/// outside changes.
async fn is_refused(entries: impl Fn(&Path) -> Vec<Entry>, words: &str) {
    for by in [By::Verify, By::Restore] {
        for is_encrypted in [false, true] {
            let sandbox = Sandbox::new(is_encrypted);
            let entries = entries(&sandbox.outside());
            sandbox.add(Engine::Postgresql, &tar_of(&entries));
            let before = snapshot(&sandbox.outside());
            let result = sandbox.run(by).await;
            assert_eq!(snapshot(&sandbox.outside()), before, "{by:?}, encrypted: {is_encrypted}");
            let error = result.expect_err(&format!("{by:?} accepts it, encrypted: {is_encrypted}"));
            assert!(error.is_damage(), "{by:?}: {error:?}");
            assert!(error.to_string().contains(words), "{by:?}: {error} lacks {words:?}");
            assert!(!sandbox.target().exists(), "{by:?} leaves files behind");
        }
    }
}

#[tokio::test]
async fn a_well_formed_base_backup_is_accepted() {
    for by in [By::Verify, By::Restore] {
        for is_encrypted in [false, true] {
            let sandbox = Sandbox::new(is_encrypted);
            sandbox.add(Engine::Postgresql, &tar_of(&base()));
            sandbox.run(by).await.unwrap();
            if by == By::Restore {
                let control = fs::read_to_string(sandbox.target().join("global/pg_control"));
                assert_eq!(control.unwrap(), "control");
                for line in snapshot(&sandbox.target()) {
                    let mode = line.split(' ').nth(1).unwrap();
                    assert!(["40700", "100600"].contains(&mode), "{line}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_symlink_in_place_of_a_folder_is_never_followed() {
    let entries = |outside: &Path| {
        vec![Entry::link("global", outside), Entry::file("global/pg_control", REPLACED)]
    };
    is_refused(entries, "symbolic link").await;
}

#[tokio::test]
async fn a_symlink_in_place_of_a_settings_file_is_never_followed() {
    let entries = |outside: &Path| {
        let link = Entry::link("postgresql.auto.conf", &outside.join("postgresql.auto.conf"));
        let mut entries = base();
        entries[4] = link;
        entries
    };
    is_refused(entries, "symbolic link").await;
    for name in ["recovery.signal", "postgresql.conf", "pg_hba.conf"] {
        let entries = |outside: &Path| {
            let link = Entry::link(name, &outside.join("new"));
            [vec![link], base()].concat()
        };
        is_refused(entries, "symbolic link").await;
    }
}

#[tokio::test]
async fn a_hard_link_to_a_file_outside_is_refused() {
    for name in ["global/pg_control", "global/other"] {
        let entries = |outside: &Path| {
            let target = outside.join("pg_control");
            let link = Entry::new(HARD_LINK, name, target.to_str().unwrap(), "");
            vec![Entry::folder("global"), link, Entry::file("global/pg_control", REPLACED)]
        };
        is_refused(entries, "hard link").await;
    }
}

#[tokio::test]
async fn devices_and_pipes_are_refused() {
    for (kind, words) in
        [(CHARACTER_DEVICE, "device"), (BLOCK_DEVICE, "device"), (FIFO, "named pipe")]
    {
        let entries = |_: &Path| [vec![Entry::new(kind, "special", "", "")], base()].concat();
        is_refused(entries, words).await;
    }
}

#[tokio::test]
async fn entry_types_not_in_base_backups_are_refused() {
    // Contiguous files, GNU long names and sparse files, pax headers, and unknown types.
    for kind in [b'7', b'K', b'L', b'S', b'g', b'x', b'V', b'Z'] {
        let entries = |_: &Path| [vec![Entry::new(kind, "x", "", "content")], base()].concat();
        is_refused(entries, "type").await;
    }
}

#[tokio::test]
async fn paths_outside_the_folder_are_refused() {
    for kind in [FILE, FOLDER] {
        for name in [
            "",
            "/",
            ".",
            "..",
            "./",
            "././x",
            "./../x",
            "../outside/pg_control",
            "global/../../outside/pg_control",
            "global/..",
            "global//x",
            "global/./x",
            "/etc/x",
        ] {
            let entries = |_: &Path| [base(), vec![Entry::new(kind, name, "", "")]].concat();
            is_refused(entries, "name").await;
        }
    }
    let absolute = |outside: &Path| {
        let inside = outside.join("pg_control");
        [vec![Entry::file(inside.to_str().unwrap(), REPLACED)], base()].concat()
    };
    is_refused(absolute, "name").await;
    let entries = |_: &Path| [base(), vec![Entry::file("file/", "")]].concat();
    is_refused(entries, "name").await;
}

#[tokio::test]
async fn a_name_that_appears_twice_is_refused() {
    for twice in base() {
        let entries = |_: &Path| [base(), vec![twice.clone()]].concat();
        is_refused(entries, "twice").await;
    }
    let entries = |_: &Path| [base(), vec![Entry::file("./backup_label", "")]].concat();
    is_refused(entries, "twice").await;
    // A file in place of a folder, and vice versa.
    let entries = |_: &Path| [base(), vec![Entry::file("global", "")]].concat();
    is_refused(entries, "twice").await;
    let entries = |_: &Path| [base(), vec![Entry::folder("backup_label")]].concat();
    is_refused(entries, "twice").await;
    let entries = |_: &Path| [base(), vec![Entry::file("backup_label/x", "")]].concat();
    is_refused(entries, "not a folder").await;
}

#[tokio::test]
async fn the_control_file_must_have_its_own_name() {
    let entries = |_: &Path| {
        vec![Entry::folder("global"), Entry::file("global/pg_control.restoring", "control")]
    };
    is_refused(entries, "does not contain global/pg_control").await;
    let entries =
        |_: &Path| [base(), vec![Entry::file("global/pg_control.restoring", "control")]].concat();
    is_refused(entries, "twice").await;
}

#[tokio::test]
async fn unpacking_is_limited() {
    let entries = |_: &Path| {
        let large = Entry { size: 3 << 30, ..Entry::file("large", "") };
        [vec![large], base()].concat()
    };
    is_refused(entries, "larger than").await;
    let entries = |_: &Path| {
        let large = Entry { size: u64::MAX, ..Entry::file("large", "") };
        [vec![large], base()].concat()
    };
    is_refused(entries, "size").await;
    let entries = |_: &Path| [base(), vec![Entry::folder(&"d/".repeat(40))]].concat();
    is_refused(entries, "deep").await;
    // A folder has no content.
    let entries = |_: &Path| [base(), vec![Entry::new(FOLDER, "d", "", "content")]].concat();
    is_refused(entries, "content").await;
}

#[tokio::test]
async fn a_truncated_archive_is_damaged() {
    for by in [By::Verify, By::Restore] {
        let sandbox = Sandbox::new(false);
        let mut bytes = tar_of(&base());
        bytes.truncate(bytes.len() - 1024 - 400);
        sandbox.add(Engine::Postgresql, &bytes);
        let error = sandbox.run(by).await.unwrap_err();
        assert!(error.is_damage(), "{error:?}");
        assert!(!sandbox.target().exists());
    }
}

/// A symlink, pipe or device in place of a backup's own files.
#[tokio::test]
async fn a_backups_own_files_are_regular_files() {
    for by in [By::Verify, By::Restore] {
        for engine in [Engine::Sqlite, Engine::Postgresql] {
            for which in ["payload", "manifest.json", "manifest.json.minisig", ""] {
                for kind in ["link", "pipe"] {
                    let sandbox = Sandbox::new(false);
                    let folder = sandbox.add(engine, &tar_of(&base()));
                    let file = match (which, engine) {
                        ("payload", Engine::Sqlite) => "motovaultpro.db",
                        ("payload", Engine::Postgresql) => "base.tar.zst",
                        (other, _) => other,
                    };
                    let path = folder.join(file);
                    let path = if file.is_empty() { folder } else { path };
                    let aside = sandbox.outside().join("aside");
                    if path.exists() {
                        fs::rename(&path, &aside).unwrap();
                    } else {
                        fs::write(&aside, "").unwrap();
                    }
                    if kind == "link" {
                        symlink(&aside, &path).unwrap();
                    } else {
                        let made = std::process::Command::new("mkfifo").arg(&path).status();
                        assert!(made.unwrap().success());
                    }
                    let before = snapshot(&sandbox.outside());
                    let message = format!("{by:?} {engine:?} {which} {kind}");
                    assert!(sandbox.run(by).await.is_err(), "{message} is accepted");
                    assert_eq!(snapshot(&sandbox.outside()), before, "{message}");
                    assert!(!sandbox.target().exists(), "{message}");
                }
            }
        }
    }
}

#[tokio::test]
async fn the_payload_name_must_match_the_engine() {
    for (engine, name) in [
        // It would be decompressed without a limit.
        (Engine::Sqlite, "motovaultpro.db.zst"),
        (Engine::Sqlite, "base.tar.zst"),
        (Engine::Sqlite, ""),
        (Engine::Sqlite, "manifest.json"),
        (Engine::Sqlite, "."),
        (Engine::Postgresql, "motovaultpro.db"),
        (Engine::Postgresql, "base.tar"),
        (Engine::Postgresql, "../base.tar.zst"),
        (Engine::Postgresql, "/etc/passwd"),
        (Engine::Postgresql, "base.tar.zst\0"),
    ] {
        for by in [By::Verify, By::Restore] {
            let sandbox = Sandbox::new(false);
            let path = sandbox.add(engine, &tar_of(&base())).join("manifest.json");
            let text = fs::read_to_string(&path).unwrap();
            let mut manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
            manifest["file"] = name.into();
            fs::write(&path, manifest.to_string()).unwrap();
            let message = sandbox.run(by).await.expect_err(name).to_string();
            assert!(!sandbox.target().exists(), "{name}: {message}");
            if by == By::Verify {
                assert!(message.contains("not a backup file name"), "{name}: {message}");
            }
        }
    }
}

#[test]
fn locks_are_not_created_through_links() {
    let sandbox = Sandbox::new(false);
    let elsewhere = sandbox.outside().join("new");
    symlink(&elsewhere, sandbox.folder.path().join(".lock")).unwrap();
    assert!(sandbox.folder.lock().is_err());
    assert!(!elsewhere.exists());
}
