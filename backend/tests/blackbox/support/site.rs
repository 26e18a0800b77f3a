//! A place whose backups are tested: SQLite, or a PostgreSQL of its own whose whole cluster is small.

use std::{
    os::unix::{fs::DirBuilderExt as _, process::CommandExt as _},
    path::{Path, PathBuf},
};

use super::{
    Place, Postgres, Ran, Sql,
    servers::{give_away, other_user},
};

/// Declares each named test once per engine, on a site of its own.
macro_rules! on_every_site {
    ($($test:ident),+ $(,)?) => {
        mod sqlite {
            $(#[test]
            fn $test() {
                use $crate::support::{Site, block_on};
                block_on(async { super::$test(Site::on_sqlite()).await });
            })+
        }

        mod postgres {
            $(#[test]
            #[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
            fn $test() {
                use $crate::support::{Site, block_on};
                block_on(async { super::$test(Site::on_postgres().await).await });
            })+
        }
    };
}

/// A place, its own database server if it has one, and the folder of its backups.
pub(crate) struct Site {
    pub(crate) place: Place,
    pub(crate) postgres: Option<Postgres>,
    pub(crate) backups: PathBuf,
}

impl Site {
    pub(crate) fn on_sqlite() -> Self {
        Self::on_sqlite_of(this_program())
    }

    /// The same with another build of the program.
    pub(crate) fn on_sqlite_of(program: &Path) -> Self {
        let place = Place::on_sqlite().of_program(program);
        let backups = place.folder().join("backups");
        Self { place: keeping(place, &backups), postgres: None, backups }
    }

    /// The server archives its WAL by the program.
    pub(crate) async fn on_postgres() -> Self {
        Self::on_postgres_of(this_program()).await
    }

    /// The same with another build of the program.
    pub(crate) async fn on_postgres_of(program: &Path) -> Self {
        let (own, backups) = ("motovaultpro", "backups");
        let postgres = Postgres::start_with(|folder| {
            // Where the server's user gets at it: the way to the build may be closed to others.
            let own = folder.join(own);
            if std::fs::hard_link(program, &own).is_err() {
                std::fs::copy(program, &own).unwrap();
            }
            let (own, folder) = (own.display(), folder.join(backups));
            let command = format!("{own} backup archive-wal --folder {} %p %f", folder.display());
            vec!["archive_mode=on".to_owned(), format!("archive_command={command}")]
        })
        .await;
        // The server's user archives there, and the service keeps its backups beside that.
        let mut folder = std::fs::DirBuilder::new();
        folder.mode(0o700).create(postgres.folder().join(backups)).unwrap();
        give_away(&postgres.folder().join(backups));
        let (program, backups) = (postgres.folder().join(own), postgres.folder().join(backups));
        let place = Place::bare().of_program(&program).with("MVP__DATABASE__URL", &postgres.url());
        Self { place: keeping(place, &backups), postgres: Some(postgres), backups }
    }

    /// The same with one more setting.
    pub(crate) fn with(self, name: &str, value: &str) -> Self {
        Self { place: self.place.with(name, value), ..self }
    }

    /// Where the database lies: SQLite's file, or PostgreSQL's data folder.
    pub(crate) fn live(&self) -> PathBuf {
        match &self.postgres {
            Some(postgres) => postgres.data().to_owned(),
            None => self.place.folder().join("data/motovaultpro.db"),
        }
    }

    /// Where nothing is yet.
    pub(crate) fn new_place(&self, name: &str) -> PathBuf {
        match &self.postgres {
            Some(postgres) => postgres.folder().join(name),
            None => self.place.folder().join(format!("{name}.db")),
        }
    }

    /// `motovaultpro backup …`.
    pub(crate) fn backup(&self, arguments: &[&str]) -> Ran {
        self.place.run(&[&["backup"], arguments].concat())
    }

    /// `motovaultpro backup …` as the user that PostgreSQL runs as, who is given all of the place.
    pub(crate) fn backup_as_servers_user(&self, arguments: &[&str]) -> Ran {
        let mut command = self.place.command(&[&["backup"], arguments].concat());
        if let Some((user, group)) = other_user() {
            give_away(self.place.folder());
            give_away(&self.backups);
            command.uid(user).gid(group);
        }
        Ran::from(command.output().unwrap())
    }

    /// Restores into a place.
    pub(crate) fn restore(&self, into: &Path, arguments: &[&str]) -> Ran {
        let into = into.to_str().unwrap();
        self.backup(&[&["restore", "--into", into], arguments].concat())
    }

    /// The names of the backups, oldest first.
    pub(crate) fn names(&self) -> Vec<String> {
        let listed = self.backup(&["list"]).well();
        let names = listed.lines().filter_map(|it| it.split_whitespace().next());
        names.filter(|it| it.contains('-')).map(str::to_owned).collect()
    }

    /// A backup's manifest.
    pub(crate) fn manifest(&self, name: &str) -> serde_json::Value {
        let text = std::fs::read(self.backups.join(name).join("manifest.json")).unwrap();
        serde_json::from_slice(&text).unwrap()
    }

    /// A backup's payload.
    pub(crate) fn payload(&self, name: &str) -> PathBuf {
        let file = self.manifest(name)["file"].as_str().unwrap().to_owned();
        self.backups.join(name).join(file)
    }

    /// Starts what was restored, as far as it needs that.
    pub(crate) async fn open(&self, restored: &Path) -> Restored {
        if self.postgres.is_none() {
            let url = format!("sqlite://{}", restored.display());
            return Restored { sql: Sql::sqlite(restored).await, url, _server: None };
        }
        let server = Postgres::start_on(restored).await.unwrap_or_else(|log| panic!("{log}"));
        let url = server.url();
        Restored { sql: Sql::postgres(&url).await, url, _server: Some(server) }
    }
}

/// A restored database.
pub(crate) struct Restored {
    pub(crate) sql: Sql,
    pub(crate) url: String,
    _server: Option<Postgres>,
}

/// The build that goes with the tests.
pub(crate) fn this_program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_motovaultpro"))
}

fn keeping(place: Place, backups: &Path) -> Place {
    place.with("MVP__BACKUP__FOLDER", backups.to_str().unwrap()).with("MVP__BACKUP__EVERY", "never")
}
