//! Exhausts the connection pool with requests that do not finish.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;

use crate::support::{TestEnv, block_on, eventually};

/// Maximum duration of a request that gets no connection, on a busy machine.
const MAX_DURATION: Duration = Duration::from_secs(10);

#[test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
fn an_exhausted_connection_pool_returns_503_with_retry_after() {
    block_on(async {
        let env = TestEnv::on_postgres().await.with("MVP__DATABASE__POOL_SIZE", "2");
        let service = env.serve();
        let ann = service.register("ann@example.org").await;
        let vehicle = ann.add_vehicle(1).await;
        let path = format!("/api/vehicles/{vehicle}");
        let sql = env.sql().await;
        let crate::support::Sql::Postgres(pool) = &sql else { unreachable!() };

        let mut lock = pool.begin().await.unwrap();
        sqlx::raw_sql("LOCK TABLE vehicles IN ACCESS EXCLUSIVE MODE")
            .execute(&mut *lock)
            .await
            .unwrap();
        // Two requests hold a connection each and wait for the lock; the others wait for a connection.
        let stuck: Vec<_> = (0..2)
            .map(|_| {
                let (ann, path) = (ann.clone(), path.clone());
                tokio::spawn(async move { ann.get(&path).await })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(300)).await;
        let waiting = join_all((0..20).map(|_| ann.get(&path))).await;
        for response in &waiting {
            assert_eq!(response.status, 503, "{response:?}");
            assert!(response.headers.contains_key("retry-after"), "{response:?}");
            assert!(response.took < MAX_DURATION, "{:?}", response.took);
        }
        let longest = waiting.iter().map(|it| it.took).max().unwrap();
        println!("with every connection taken: 503 after at most {longest:?}");
        let alive = service.anonymous().get("/health").await;
        assert_eq!(alive.status, 200);
        assert!(alive.took < Duration::from_secs(1), "{:?}", alive.took);

        lock.rollback().await.unwrap();
        for stuck in stuck {
            let response = stuck.await.unwrap();
            assert!(matches!(response.status, 200 | 503), "{response:?}");
        }
        eventually("all is as before", async || ann.get(&path).await.status == 200).await;
        assert!(ann.get(&path).await.took < Duration::from_secs(1));
        sql.close().await;
    });
}

#[test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
fn writers_that_wait_for_each_other_leave_connections_for_reads() {
    block_on(async {
        let env = TestEnv::on_postgres().await.with("MVP__DATABASE__POOL_SIZE", "4");
        let service = env.serve();
        let ann = service.register("ann@example.org").await;
        let path = format!("/api/vehicles/{}", ann.add_vehicle(1).await);
        let sql = env.sql().await;
        let crate::support::Sql::Postgres(pool) = &sql else { unreachable!() };

        let mut lock = pool.begin().await.unwrap();
        sqlx::raw_sql("SELECT 1 FROM vehicles FOR UPDATE").execute(&mut *lock).await.unwrap();
        let writers: Vec<_> = (0..8)
            .map(|nth| {
                let (ann, path) = (ann.clone(), path.clone());
                let change = json!({ "nickname": format!("Change {nth}") });
                tokio::spawn(async move { ann.patch(&path, &change).await })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(300)).await;
        for response in join_all((0..20).map(|_| ann.get(&path))).await {
            assert_eq!(response.status, 200, "{response:?}");
        }
        lock.rollback().await.unwrap();
        for writer in writers {
            let response = writer.await.unwrap();
            assert!(matches!(response.status, 200 | 503), "{response:?}");
        }
        sql.close().await;
    });
}
