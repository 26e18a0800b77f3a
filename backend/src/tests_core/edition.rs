//! Editions.

use crate::{
    core::db::{Db, edition},
    sql,
    testing::{BeginWrite as _, Commit as _, TestApp, block_on, on_every_engine},
};

on_every_engine![each_user_has_an_edition];

async fn each_user_has_an_edition(app: TestApp) {
    let db = &app.app.db;
    let ann = app.register("ann@example.org").await.user_id().await;
    let bob = app.register("bob@example.org").await.user_id().await;
    for (user, expected) in [(&ann, (1, 0)), (&ann, (2, 0)), (&bob, (2, 1)), (&ann, (3, 1))] {
        let mut tx = db.write_for(user).await.unwrap();
        edition::increment(&mut tx, user).await.unwrap();
        tx.commit().await.unwrap();
        let editions = (edition::read(db, &ann).await, edition::read(db, &bob).await);
        assert_eq!((editions.0.unwrap(), editions.1.unwrap()), expected);
    }
}

async fn rename(app: &TestApp, statement: &'static str) {
    let Db::Postgres { pool, .. } = app.db_bypassing_rls().await else { panic!("not PostgreSQL") };
    sqlx::raw_sql(statement).execute(&pool).await.unwrap();
}

#[test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
fn editions_are_per_user_and_a_failed_read_leaves_no_transaction_open() {
    block_on(async {
        let app = TestApp::on_postgres().await;
        let db = &app.app.db;
        let ann = app.register("ann@example.org").await.user_id().await;
        let bob = app.register("bob@example.org").await.user_id().await;
        for _ in 0..2 {
            let mut tx = db.write_for(&ann).await.unwrap();
            edition::increment(&mut tx, &ann).await.unwrap();
            tx.commit().await.unwrap();
        }
        assert_eq!(edition::read(db, &ann).await.unwrap(), 2);
        assert_eq!(edition::read(db, &bob).await.unwrap(), 0);
        rename(&app, "ALTER TABLE user_editions RENAME TO elsewhere").await;
        for _ in 0..20 {
            edition::read(db, &ann).await.unwrap_err();
            let mut tx = db.write().await.unwrap();
            sql!(&mut tx, execute, "UPDATE accounts SET updated_at = updated_at").unwrap();
            tx.commit().await.unwrap();
        }
        rename(&app, "ALTER TABLE elsewhere RENAME TO user_editions").await;
        // The RLS scope ends with the message.
        let mut tx = db.read().await.unwrap();
        let count = "SELECT COUNT(*) FROM user_editions WHERE user_id = $1";
        let (count,): (i64,) = sql!(&mut tx, fetch_one, count, ann.as_str()).unwrap();
        assert_eq!(count, 0);
        assert_eq!(edition::read(db, &ann).await.unwrap(), 2);
    });
}
