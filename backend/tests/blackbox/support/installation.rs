//! An installation for testing backups: SQLite, or a separate PostgreSQL server with a small cluster.

use std::{
    os::unix::{fs::DirBuilderExt as _, process::CommandExt as _},
    path::{Path, PathBuf},
};

use super::{
    CommandResult, Postgres, Sql, TestEnv,
    servers::{chown_to_server_user, server_user},
};

/// Declares each named test once per engine, each with its own installation.
macro_rules! on_every_installation {
    ($($test:ident),+ $(,)?) => {
        mod sqlite {
            $(#[test]
            fn $test() {
                use $crate::support::{Installation, block_on};
                block_on(async { super::$test(Installation::on_sqlite()).await });
            })+
        }

        mod postgres {
            $(#[test]
            #[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
            fn $test() {
                use $crate::support::{Installation, block_on};
                block_on(async { super::$test(Installation::on_postgres().await).await });
            })+
        }
    };
}

/// An environment, its own database server if it has one, and its backup folder.
pub(crate) struct Installation {
    pub(crate) env: TestEnv,
    pub(crate) postgres: Option<Postgres>,
    pub(crate) backups: PathBuf,
}

impl Installation {
    pub(crate) fn on_sqlite() -> Self {
        Self::on_sqlite_of(current_program())
    }

    /// The same with another build of the program.
    pub(crate) fn on_sqlite_of(program: &Path) -> Self {
        let env = TestEnv::on_sqlite().with_program(program);
        let backups = env.folder().join("backups");
        Self { env: with_backup_settings(env, &backups), postgres: None, backups }
    }

    /// The server archives its WAL with the program.
    pub(crate) async fn on_postgres() -> Self {
        Self::on_postgres_of(current_program()).await
    }

    /// The same with another build of the program.
    pub(crate) async fn on_postgres_of(program: &Path) -> Self {
        let (own, backups) = ("motovaultpro", "backups");
        let postgres = Postgres::start_with(|folder| {
            // The server's user may not have access to the build folder.
            let own = folder.join(own);
            if std::fs::hard_link(program, &own).is_err() {
                std::fs::copy(program, &own).unwrap();
            }
            let (own, folder) = (own.display(), folder.join(backups));
            let command = format!("{own} backup archive-wal --folder {} %p %f", folder.display());
            vec!["archive_mode=on".to_owned(), format!("archive_command={command}")]
        })
        .await;
        // The server's user archives to this folder, and the service stores its backups in it.
        let mut folder = std::fs::DirBuilder::new();
        folder.mode(0o700).create(postgres.folder().join(backups)).unwrap();
        chown_to_server_user(&postgres.folder().join(backups));
        let (program, backups) = (postgres.folder().join(own), postgres.folder().join(backups));
        let env =
            TestEnv::empty().with_program(&program).with("MVP__DATABASE__URL", &postgres.url());
        Self { env: with_backup_settings(env, &backups), postgres: Some(postgres), backups }
    }

    /// The same with one more setting.
    pub(crate) fn with(self, name: &str, value: &str) -> Self {
        Self { env: self.env.with(name, value), ..self }
    }

    /// The SQLite file, or PostgreSQL's data folder.
    pub(crate) fn database_path(&self) -> PathBuf {
        match &self.postgres {
            Some(postgres) => postgres.data().to_owned(),
            None => self.env.folder().join("data/motovaultpro.db"),
        }
    }

    /// A path that does not exist yet.
    pub(crate) fn new_target(&self, name: &str) -> PathBuf {
        match &self.postgres {
            Some(postgres) => postgres.folder().join(name),
            None => self.env.folder().join(format!("{name}.db")),
        }
    }

    /// Runs `motovaultpro backup …`.
    pub(crate) fn backup(&self, arguments: &[&str]) -> CommandResult {
        self.env.run(&[&["backup"], arguments].concat())
    }

    /// Runs `motovaultpro backup …` as PostgreSQL's user, who becomes the owner of all files.
    pub(crate) fn backup_as_server_user(&self, arguments: &[&str]) -> CommandResult {
        let mut command = self.env.command(&[&["backup"], arguments].concat());
        if let Some((user, group)) = server_user() {
            chown_to_server_user(self.env.folder());
            chown_to_server_user(&self.backups);
            command.uid(user).gid(group);
        }
        CommandResult::from(command.output().unwrap())
    }

    /// Restores to a location.
    pub(crate) fn restore(&self, into: &Path, arguments: &[&str]) -> CommandResult {
        let into = into.to_str().unwrap();
        self.backup(&[&["restore", "--into", into], arguments].concat())
    }

    /// The names of the backups, oldest first.
    pub(crate) fn names(&self) -> Vec<String> {
        let listed = self.backup(&["list"]).expect_success();
        let names = listed.lines().filter_map(|it| it.split_whitespace().next());
        names.filter(|it| it.contains('-')).map(str::to_owned).collect()
    }

    /// The manifest of a backup.
    pub(crate) fn manifest(&self, name: &str) -> serde_json::Value {
        let text = std::fs::read(self.backups.join(name).join("manifest.json")).unwrap();
        serde_json::from_slice(&text).unwrap()
    }

    /// The payload of a backup.
    pub(crate) fn payload(&self, name: &str) -> PathBuf {
        let file = self.manifest(name)["file"].as_str().unwrap().to_owned();
        self.backups.join(name).join(file)
    }

    /// Opens a restored database, and starts a server if needed.
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

/// The build under test.
pub(crate) fn current_program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_motovaultpro"))
}

fn with_backup_settings(env: TestEnv, backups: &Path) -> TestEnv {
    env.with("MVP__BACKUP__FOLDER", backups.to_str().unwrap()).with("MVP__BACKUP__EVERY", "never")
}
