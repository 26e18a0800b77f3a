//! Units of work commit or roll back, replay and invalidate.

use std::{cell::Cell, time::Duration};

use crate::{
    core::{
        Error, Services, UserId,
        db::{Tx, edition},
        http::{Form, Idempotency, Ok200},
    },
    testing::{TestApp, on_every_engine},
};

on_every_engine![
    a_write_invalidates_what_it_outdates,
    a_failed_write_is_rolled_back_and_invalidates_nothing,
    a_retry_gets_the_stored_response_and_does_not_run_again,
    a_failed_transaction_is_rolled_back,
];

fn key(user: &UserId) -> String {
    format!("test:{}", user.as_str())
}

fn services(app: &TestApp) -> Services {
    let app = &app.app;
    let config = (*app.config).clone();
    Services::new(config, app.db.clone(), app.clock.clone(), None, vec![key])
}

/// The cached value; `new` if none is cached.
async fn cached(services: &Services, user: &UserId, new: &'static str) -> String {
    let compute = || async { Ok(new.into()) };
    let value = services.cache.get_or_compute(&key(user), Duration::from_mins(1), compute).await;
    String::from_utf8(value.unwrap().to_vec()).unwrap()
}

async fn a_write_invalidates_what_it_outdates(app: TestApp) {
    let services = services(&app);
    let ann = app.register("ann@example.org").await.user_id().await;
    let bob = app.register("bob@example.org").await.user_id().await;
    for user in [&ann, &bob] {
        assert_eq!(cached(&services, user, "old").await, "old");
    }
    services.write(&ann, async |tx| edition::increment(tx, &ann).await).await.unwrap();
    assert_eq!(cached(&services, &ann, "new").await, "new");
    assert_eq!(cached(&services, &bob, "new").await, "old");
    assert!(edition::read(&services.db, &ann).await.unwrap() > 0);
}

async fn a_failed_write_is_rolled_back_and_invalidates_nothing(app: TestApp) {
    let services = services(&app);
    let ann = app.register("ann@example.org").await.user_id().await;
    let before = edition::read(&services.db, &ann).await.unwrap();
    assert_eq!(cached(&services, &ann, "old").await, "old");
    let work = async |tx: &mut Tx| {
        edition::increment(tx, &ann).await?;
        Err::<(), _>(Error::Stale)
    };
    let failed = services.write(&ann, work).await;
    assert!(matches!(failed, Err(Error::Stale)), "{failed:?}");
    assert_eq!(edition::read(&services.db, &ann).await.unwrap(), before);
    assert_eq!(cached(&services, &ann, "new").await, "old");
}

async fn a_retry_gets_the_stored_response_and_does_not_run_again(app: TestApp) {
    let services = services(&app);
    let ann = app.register("ann@example.org").await.user_id().await;
    let mut form = Form::from_fields([(Idempotency::FORM_FIELD, "a token".to_owned())]);
    let idempotency = Idempotency::from_form(&mut form, "a form");
    let runs = Cell::new(0);
    for _ in 0..2 {
        assert_eq!(cached(&services, &ann, "old").await, "old");
        let work = async |_: &mut Tx| {
            runs.set(runs.get() + 1);
            Ok((String::new(), runs.get()))
        };
        let response: Ok200<i32> = services.write_once(&ann, &idempotency, work).await.unwrap();
        assert_eq!((response.body(), runs.get()), ("1", 1));
        // A retry invalidates again: the first process may have been killed before it did.
        assert_eq!(cached(&services, &ann, "new").await, "new");
        services.cache.invalidate(&key(&ann)).await;
    }
}

async fn a_failed_transaction_is_rolled_back(app: TestApp) {
    let services = services(&app);
    let ann = app.register("ann@example.org").await.user_id().await;
    let before = edition::read(&services.db, &ann).await.unwrap();
    let failed = services.db.transaction_for_applicant(&ann, async |tx| {
        edition::increment(tx, &ann).await?;
        Err::<(), _>(Error::Unavailable)
    });
    assert!(matches!(failed.await, Err(Error::Unavailable)));
    assert_eq!(edition::read(&services.db, &ann).await.unwrap(), before);
}
