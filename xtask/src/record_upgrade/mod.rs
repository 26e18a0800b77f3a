//! Records the data of the upgrade test.

mod account;
mod dump;
mod populate;
mod record;

use std::{fs, path::Path};

use account::Account;
use record::{record, write};

use crate::{
    need,
    process::{Result, existing, fail, project},
    servers::Servers,
    service::{Service, Settings, on_new_database, settings},
};

pub(crate) const HELP: &str = "record the data of the upgrade test with an older program

usage: cargo xtask record-upgrade PROGRAM [FOLDER]

Records the data of the upgrade test: a populated database for each engine, and the responses of the
program that wrote it. PROGRAM is a build of the older release. It is called over HTTP in a temporary
folder, once with SQLite and once with PostgreSQL. For each engine, the database is written as SQL
(`ENGINE.sql`), and the responses (`ENGINE.json`), to FOLDER (backend/tests/data/upgrade). Every run sends
the same requests; ids, times and password hashes differ.

Only cases in which the older program's figures are right are recorded: a later release may correct a
wrong figure, but must not change a right one.";

/// The database on PostgreSQL.
const DATABASE: &str = "record_upgrade";

pub(crate) fn run(arguments: &[String]) -> Result {
    let (program, data) = match arguments {
        [program] => (program, project().join("backend/tests/data/upgrade")),
        [program, folder] => (program, folder.into()),
        _ => return fail("usage: cargo xtask record-upgrade PROGRAM [FOLDER]"),
    };
    fs::create_dir_all(&data)?;
    need::ensure(&["postgresql", "redis-server", "sqlite3"])?;
    let program = existing(program)?;
    let sqlite = |folder: &Path| dump::sqlite(&folder.join("data/motovaultpro.db"));
    engine(&program, "sqlite", &Settings::new(), sqlite, &data)?;
    let servers = Servers::start()?;
    let postgres = on_new_database(&servers, DATABASE)?;
    let dump = |_: &Path| dump::postgres(&servers.postgres, DATABASE);
    engine(&program, "postgres", &postgres, dump, &data)
}

fn engine(
    program: &Path,
    engine: &str,
    own: &Settings,
    dump: impl FnOnce(&Path) -> Result<String>,
    data: &Path,
) -> Result {
    let folder = tempfile::tempdir()?;
    let mut all = settings(&[("MVP__AUTH__REGISTRATION", "open")]);
    all.extend(own.clone());
    let service = Service::start(program, folder.path(), &all)?;
    let mut accounts: Vec<Account> =
        populate::ALL.iter().map(|populate| populate(&service.url)).collect::<Result<_>>()?;
    let recorded: Vec<_> = accounts.iter_mut().map(record).collect::<Result<_>>()?;
    service.stop()?;
    for (ending, text) in [("sql", dump(folder.path())?), ("json", write(&recorded))] {
        let name = format!("{engine}.{ending}");
        println!("record-upgrade: {name}: {} bytes", text.len());
        fs::write(data.join(name), text)?;
    }
    Ok(())
}
