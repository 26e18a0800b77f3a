//! A primary and its synchronous standby, behind PgBouncer.

use super::{PgBouncer, Postgres, Sql, TestEnv, eventually};

/// A primary and its synchronous standby behind PgBouncer, with the roles of docs/operations.md.
pub(crate) struct Cluster {
    pub(crate) primary: Postgres,
    pub(crate) standby: Postgres,
    pub(crate) pgbouncer: PgBouncer,
}

impl Cluster {
    pub(crate) async fn start() -> Self {
        // The name that this server has when it becomes the standby.
        let settings = ["cluster_name=standby", "wal_retrieve_retry_interval=500ms"];
        let primary = Postgres::start_with(|_| settings.map(str::to_owned).to_vec()).await;
        let sql = Sql::postgres(&primary.url()).await;
        for statement in [
            "CREATE ROLE motovaultpro_owner LOGIN",
            "CREATE ROLE motovaultpro LOGIN",
            "CREATE DATABASE motovaultpro OWNER motovaultpro_owner",
        ] {
            sql.execute(statement).await;
        }
        sql.close().await;
        let standby = primary.create_replica_named("standby").await;
        let pgbouncer = PgBouncer::start(&primary).await;
        let cluster = Self { primary, standby, pgbouncer };
        cluster.replicate_synchronously().await;
        cluster
    }

    /// An environment for the service, which connects through PgBouncer.
    pub(crate) fn env(&self) -> TestEnv {
        let owner = self.primary.url_of("motovaultpro_owner", "motovaultpro");
        TestEnv::empty()
            .with("MVP__DATABASE__URL", &self.pgbouncer.url())
            .with("MVP__DATABASE__PREPARED_STATEMENTS", "false")
            .with("MVP__DATABASE__MIGRATION_URL", &owner)
    }

    /// Connects to the database directly, without row-level security.
    pub(crate) async fn sql(&self) -> Sql {
        Sql::postgres(&self.primary.url_of("postgres", "motovaultpro")).await
    }

    /// Promotes the standby, since the primary is down, and points PgBouncer at it.
    pub(crate) async fn fail_over(&mut self) {
        self.standby.promote().await;
        self.pgbouncer.point_at(&self.standby);
        std::mem::swap(&mut self.primary, &mut self.standby);
    }

    /// Makes the former primary the synchronous standby.
    pub(crate) async fn rejoin(&mut self) {
        self.standby.follow(&self.primary).await;
        self.replicate_synchronously().await;
    }

    async fn replicate_synchronously(&self) {
        let sql = Sql::postgres(&self.standby.url()).await;
        // The promoted server has no standby yet.
        sql.execute("ALTER SYSTEM RESET synchronous_standby_names").await;
        sql.execute("SELECT pg_reload_conf()").await;
        sql.close().await;
        let sql = Sql::postgres(&self.primary.url()).await;
        // Without the standby, use another replica if there is one.
        let names = "ALTER SYSTEM SET synchronous_standby_names = 'FIRST 1 (standby, replica)'";
        sql.execute(names).await;
        sql.execute("SELECT pg_reload_conf()").await;
        sql.close().await;
        self.wait_until_synchronous().await;
    }

    /// Waits until the standby replicates synchronously.
    pub(crate) async fn wait_until_synchronous(&self) {
        let sql = Sql::postgres(&self.primary.url()).await;
        eventually("the standby is synchronous", async || {
            let count = "SELECT COUNT(*) FROM pg_stat_replication
                         WHERE application_name = 'standby' AND sync_state = 'sync'";
            sql.number(count).await == 1
        })
        .await;
        sql.close().await;
    }
}
