//! An SQLite database with a running service and commands.

use serde_json::json;

use crate::support::{TestEnv, block_on, eventually};

#[test]
fn a_second_service_on_the_same_database_is_refused_with_the_process_id() {
    block_on(async {
        let env = TestEnv::on_sqlite();
        let service = env.serve();
        let output = env.try_serve(&[]).map(|_| ()).unwrap_err();
        let pid = format!("process {} uses the SQLite database", service.pid());
        assert!(output.contains(&pid), "{output}");
        service.anonymous().get("/api/health").await.expect(200);
        // A killed service leaves no lock behind.
        service.kill();
        env.serve().anonymous().get("/api/health").await.expect(200);
    });
}

#[test]
fn changes_by_another_process_clear_the_cache() {
    block_on(async {
        let env = TestEnv::on_sqlite();
        let service = env.serve();
        let ann = service.register("ann@example.org").await;
        ann.add_vehicle(1).await;
        let nickname = async || {
            let list = ann.get("/api/vehicles").await.expect(200);
            list["items"][0]["nickname"].clone()
        };
        assert_ne!(nickname().await, json!("Blue"));
        // Another process, such as a command.
        let sql = env.sql().await;
        sql.execute("UPDATE vehicles SET nickname = 'Blue'").await;
        sql.close().await;
        eventually("the change is seen", async || nickname().await == json!("Blue")).await;
        let log = service.log();
        assert!(log.contains("Another process changed the database"), "{log}");
        // The service's own writes do not count as changes by another process.
        let count = log.matches("Another process changed").count();
        ann.add_vehicle(2).await;
        tokio::time::sleep(std::time::Duration::from_secs(2)).await;
        assert_eq!(service.log().matches("Another process changed").count(), count);
    });
}
