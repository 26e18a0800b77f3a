//! Fuzzes backups: nothing is written outside the folder to which a backup is unpacked, and nothing panics.
//! `BACKUP_FUZZ_SECONDS` is the duration, and `BACKUP_FUZZ_SEED` reproduces a run.

use std::{
    fs,
    os::unix::fs::MetadataExt as _,
    path::Path,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use super::{
    manifest::Engine,
    tests_hostile::{By, Entry, Sandbox, base, snapshot},
};
use crate::core::minisign::SecretKey;

/// A pseudorandom number generator (`SplitMix64`).
struct Dice(u64);

impl Dice {
    fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.number() % bound as u64).unwrap()
    }

    fn is_one_in(&mut self, bound: usize) -> bool {
        self.below(bound) == 0
    }

    fn of<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[self.below(all.len())]
    }

    /// Changes, inserts or removes a few bytes.
    fn spoil(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.below(8) {
            let at = self.below(bytes.len() + 1);
            match self.below(6) {
                0 => bytes.truncate(at),
                1 => bytes.insert(at, self.number().to_le_bytes()[0]),
                2 if at < bytes.len() => {
                    bytes.remove(at);
                }
                _ if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
                _ => {}
            }
        }
    }
}

/// A random entry, often one that points outside.
fn random_entry(dice: &mut Dice, outside: &Path) -> Entry {
    let temp_dir = outside.parent().and_then(Path::file_name).unwrap().to_str().unwrap();
    let outside = outside.to_str().unwrap();
    let up = format!("../../{temp_dir}/outside");
    let up = up.as_str();
    let folders =
        ["", "", "global", "global/..", "..", ".", "/", "x", "x/y", outside, up, "../outside"];
    let names = [
        "pg_control",
        "pg_control.restoring",
        "global",
        "postgresql.auto.conf",
        "recovery.signal",
        "backup_label",
        "folder",
        "new",
        "..",
        ".",
        "",
        "\0x",
        "\u{fffd}",
    ];
    let path = |dice: &mut Dice| {
        let (folder, name) = (dice.of(&folders), dice.of(&names));
        let slash = if folder.is_empty() { "" } else { "/" };
        let mut path = format!("{folder}{slash}{name}").into_bytes();
        path.truncate(100);
        path
    };
    let kinds = b"0000001111222222355567xgLKSDVMN\0Z";
    let kind = kinds[dice.below(kinds.len())];
    let (name, link) = (path(dice), if dice.is_one_in(2) { outside.into() } else { path(dice) });
    let content = vec![b'!'; if dice.is_one_in(2) { 0 } else { dice.below(2000) }];
    let size = match dice.below(12) {
        0 => dice.number() >> dice.below(64),
        1 => content.len() as u64 + 1,
        _ => content.len() as u64,
    };
    Entry { kind, name, link, content, size }
}

/// A random tar archive, often similar to a base backup.
fn random_archive(dice: &mut Dice, outside: &Path) -> Vec<u8> {
    let mut entries = if dice.is_one_in(4) { Vec::new() } else { base() };
    for _ in 0..dice.below(6) {
        let at = dice.below(entries.len() + 1);
        entries.insert(at, random_entry(dice, outside));
    }
    if !entries.is_empty() && dice.is_one_in(4) {
        entries.remove(dice.below(entries.len()));
    }
    let mut bytes: Vec<u8> = entries.iter().flat_map(Entry::bytes).collect();
    bytes.extend([0; 1024]);
    if dice.is_one_in(4) {
        dice.spoil(&mut bytes);
    }
    bytes
}

/// Changes a byte or a value of a manifest.
fn change_manifest(dice: &mut Dice, path: &Path) {
    let mut text = fs::read(path).unwrap();
    let parsed: Option<serde_json::Value> = serde_json::from_slice(&text).ok();
    let Some(mut manifest) = parsed.filter(|_| !dice.is_one_in(3)) else {
        dice.spoil(&mut text);
        return fs::write(path, text).unwrap();
    };
    let keys = [
        "file", "engine", "size", "sha256", "began_at", "ended_at", "form", "unpacked", "cluster",
        "unknown",
    ];
    let key = dice.of(&keys);
    let number = dice.number() >> dice.below(64);
    manifest[key] = match dice.below(12) {
        0 => serde_json::Value::Null,
        1 => number.into(),
        2 => (-1).into(),
        3 => "../outside/pg_control".into(),
        4 => "/etc/passwd".into(),
        5 => dice.of(&["motovaultpro.db", "base.tar.zst", "base.tar.zst.age"]).into(),
        6 => dice.of(&["sqlite", "postgresql", "", "x\0y"]).into(),
        7 => "9999-12-31T23:59:59Z".into(),
        8 => serde_json::json!({ "bytes": number, "entries": dice.below(10) }),
        9 => serde_json::json!({ "bytes": u64::MAX, "entries": u64::MAX }),
        10 => serde_json::json!([[], {}]),
        _ => serde_json::json!({
            "system_identifier": number, "version": dice.below(200_000),
            "first_wal": "../../x", "last_wal": "000000010000000000000001",
            "wal_segment_size": 1_u64 << dice.below(40), "archives": dice.is_one_in(2),
        }),
    };
    fs::write(path, manifest.to_string()).unwrap();
}

/// Tests one random backup. Fails if a command panics or writes outside its folder.
async fn one(dice: &mut Dice, database: &[u8]) {
    let sandbox = Sandbox::new(dice.is_one_in(8));
    let outside = sandbox.outside();
    let engine = if dice.is_one_in(4) { Engine::Sqlite } else { Engine::Postgresql };
    let folder = if engine == Engine::Sqlite {
        let mut bytes = database.to_vec();
        if !dice.is_one_in(4) {
            dice.spoil(&mut bytes);
        }
        sandbox.add(engine, &bytes)
    } else {
        sandbox.add(engine, &random_archive(dice, &outside))
    };
    let manifest = folder.join("manifest.json");
    if dice.is_one_in(4) {
        change_manifest(dice, &manifest);
    }
    if dice.is_one_in(3) {
        let name = folder.file_name().unwrap().to_str().unwrap();
        let signed = SecretKey::generate().unwrap().sign(&fs::read(&manifest).unwrap(), name);
        let mut signed = signed.into_bytes();
        if dice.is_one_in(2) {
            dice.spoil(&mut signed);
        }
        fs::write(folder.join("manifest.json.minisig"), signed).unwrap();
    }
    if dice.is_one_in(8) {
        let wal = sandbox.folder.wal();
        fs::create_dir(&wal).unwrap();
        let name = format!("00000001000000000000000{}-{:064x}.zst", dice.below(10), 7);
        let mut bytes = zstd::bulk::compress(&[0; 5000], 1).unwrap();
        dice.spoil(&mut bytes);
        fs::write(wal.join(name), bytes).unwrap();
    }
    // Sometimes damage the payload and update the manifest's digest, which an attacker could do as well.
    if dice.is_one_in(4) {
        let payload = fs::read_dir(&folder).unwrap().map(|it| it.unwrap().path());
        let mut payloads = payload.filter(|it| !it.to_string_lossy().contains("manifest"));
        let payload = payloads.next().unwrap();
        let mut bytes = fs::read(&payload).unwrap();
        dice.spoil(&mut bytes);
        fs::write(&payload, bytes).unwrap();
        let digest =
            super::payload::digest(&payload, &super::payload::Cancellation::default()).unwrap();
        let text = fs::read(&manifest).unwrap();
        if let Ok(mut changed) = serde_json::from_slice::<serde_json::Value>(&text)
            && changed.is_object()
        {
            changed["size"] = digest.size.into();
            changed["sha256"] = digest.sha256.into();
            fs::write(&manifest, changed.to_string()).unwrap();
        }
    }
    let before = snapshot(&outside);
    for by in [By::Verify, By::Restore] {
        let result = sandbox.run(by).await;
        // A panic in another thread is reported as a cancellation.
        let message = result.err().map(|it| it.to_string()).unwrap_or_default();
        assert!(!message.contains("canceled"), "{by:?} panicked");
        assert_eq!(snapshot(&outside), before, "{by:?} wrote outside its folder: {message}");
    }
    let names = fs::read_dir(sandbox.temp_dir.path()).unwrap();
    for name in names.map(|it| it.unwrap().file_name()) {
        let known = ["backups", "outside", "identity", "restored"];
        assert!(known.iter().any(|it| name == **it), "{name:?} is new");
    }
    let mut left = vec![sandbox.target()];
    while let Some(path) = left.pop() {
        let Ok(found) = fs::symlink_metadata(&path) else { continue };
        let shown = path.display();
        assert!(found.is_dir() || (found.is_file() && found.nlink() == 1), "{shown} is a link");
        assert_eq!(found.mode() & 0o7077, 0, "{shown} is accessible to other users");
        if found.is_dir() {
            left.extend(fs::read_dir(&path).unwrap().map(|it| it.unwrap().path()));
        }
    }
}

/// A small database, as bytes.
async fn database() -> Vec<u8> {
    use sqlx::Connection as _;
    let temp_dir = tempfile::tempdir().unwrap();
    let path = temp_dir.path().join("cars.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let mut connection = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
    let tables = "CREATE TABLE cars (id INTEGER PRIMARY KEY, name TEXT);
                  CREATE INDEX names ON cars (name); INSERT INTO cars (name) VALUES ('a'), ('b')";
    sqlx::raw_sql(tables).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    fs::read(path).unwrap()
}

/// Prints how to reproduce the current backup if the test fails.
struct Seed(u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("reproduce with BACKUP_FUZZ_SEED={}", self.0);
        }
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test parameter is not a setting")]
fn random_backups_neither_write_outside_their_folder_nor_panic() {
    let number = |name| std::env::var(name).ok().and_then(|it| it.parse::<u64>().ok());
    let until = Instant::now() + Duration::from_secs(number("BACKUP_FUZZ_SECONDS").unwrap_or(2));
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let seed = number("BACKUP_FUZZ_SEED").unwrap_or(seconds);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let database = runtime.block_on(database());
    let mut count = 0_u64;
    while Instant::now() < until {
        let seed = Seed(seed.wrapping_add(count));
        runtime.block_on(one(&mut Dice(seed.0), &database));
        count += 1;
    }
    eprintln!("{count} backups, starting with seed {seed}");
}
