use chrono::TimeDelta;
use uuid::Uuid;

use super::{
    Event, EventKind, EventQuery, EventWithOrigin, PURGE_TASK, SecurityEvent, list, record,
};
use crate::{
    core::{http::Limit, periodic},
    testing::{BeginWrite as _, Commit as _, TestApp, on_every_engine},
};

on_every_engine![
    a_recorded_event_is_listed_with_all_its_fields,
    rolling_back_a_change_discards_its_event,
    events_are_purged_after_ninety_days,
    failed_sign_ins_are_limited_to_twenty_rows_per_account_and_hour,
    repeated_events_are_counted_in_one_row,
    distinct_events_beyond_the_limit_are_counted_in_a_shared_row,
    failed_sign_ins_for_unknown_accounts_are_limited,
    events_are_filtered_and_paged_newest_first,
    long_texts_are_truncated_and_control_characters_removed,
];

async fn record_without_client(app: &TestApp, event: Event) {
    record_event(app, event.from_client(None, None)).await;
}

async fn record_event(app: &TestApp, event: EventWithOrigin) {
    let mut tx = app.app.db.write().await.unwrap();
    record(&mut tx, app.app.clock.now(), &event).await.unwrap();
    tx.commit().await.unwrap();
}

async fn list_events(app: &TestApp, query: EventQuery) -> Vec<SecurityEvent> {
    list(&mut app.app.db.read().await.unwrap(), &query).await.unwrap().items
}

async fn list_of_kind(app: &TestApp, kind: EventKind) -> Vec<SecurityEvent> {
    list_events(
        app,
        EventQuery { kind: Some(kind), limit: Limit::new(500), ..EventQuery::default() },
    )
    .await
}

async fn a_recorded_event_is_listed_with_all_its_fields(app: TestApp) {
    let (ann, bob) = (Uuid::now_v7(), Uuid::now_v7());
    let event = Event::for_account(EventKind::AccountDisabled, ann)
        .by(bob)
        .with_detail("left the club")
        .from_client("::ffff:192.0.2.7".parse().ok(), Some("Firefox"));
    record_event(&app, event).await;
    let found = list_of_kind(&app, EventKind::AccountDisabled).await;
    let [event] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(event.at, app.app.clock.now());
    assert_eq!((event.account_id, event.actor_id), (Some(ann), Some(bob)));
    assert_eq!(event.address.as_deref(), Some("192.0.2.7"));
    assert_eq!(event.user_agent.as_deref(), Some("Firefox"));
    assert_eq!(event.detail.as_deref(), Some("left the club"));
}

async fn rolling_back_a_change_discards_its_event(app: TestApp) {
    let mut tx = app.app.db.write().await.unwrap();
    let event = Event::for_account(EventKind::TokenCreated, Uuid::now_v7()).from_client(None, None);
    record(&mut tx, app.app.clock.now(), &event).await.unwrap();
    drop(tx);
    assert_eq!(list_of_kind(&app, EventKind::TokenCreated).await, []);
}

async fn events_are_purged_after_ninety_days(app: TestApp) {
    record_without_client(&app, Event::for_account(EventKind::TokenCreated, Uuid::now_v7())).await;
    app.app.clock.advance(TimeDelta::days(90) - TimeDelta::microseconds(1));
    periodic::run_one(&app.app, &PURGE_TASK).await.unwrap();
    assert_eq!(list_of_kind(&app, EventKind::TokenCreated).await.len(), 1);
    record_without_client(&app, Event::for_account(EventKind::TokenCreated, Uuid::now_v7())).await;
    app.app.clock.advance(TimeDelta::microseconds(1));
    assert!(periodic::run_one(&app.app, &PURGE_TASK).await.unwrap() >= 1);
    let remaining = list_of_kind(&app, EventKind::TokenCreated).await;
    assert_eq!(remaining.len(), 1, "the newer event is retained: {remaining:?}");
}

async fn failed_sign_ins_are_limited_to_twenty_rows_per_account_and_hour(app: TestApp) {
    let (ann, bob) = (Uuid::now_v7(), Uuid::now_v7());
    let mut tx = app.app.db.write().await.unwrap();
    for _ in 0..5_000 {
        for kind in [EventKind::SignInFailed, EventKind::SignInThrottled] {
            record(
                &mut tx,
                app.app.clock.now(),
                &Event::for_account(kind, ann).from_client(None, None),
            )
            .await
            .unwrap();
        }
    }
    tx.commit().await.unwrap();
    assert_eq!(list_of_kind(&app, EventKind::SignInFailed).await.len(), 20);
    let throttled = list_of_kind(&app, EventKind::SignInThrottled).await;
    assert_eq!((throttled.len(), throttled[0].count), (1, 5_000));
    record_without_client(&app, Event::for_account(EventKind::SignInFailed, bob)).await;
    assert_eq!(
        list_of_kind(&app, EventKind::SignInFailed).await.len(),
        21,
        "another account has its own limit"
    );
    app.app.clock.advance(TimeDelta::hours(1));
    record_without_client(&app, Event::for_account(EventKind::SignInFailed, ann)).await;
    assert_eq!(
        list_of_kind(&app, EventKind::SignInFailed).await.len(),
        22,
        "the next hour has its own limit"
    );
}

async fn repeated_events_are_counted_in_one_row(app: TestApp) {
    let (ann, started_at) = (Uuid::now_v7(), app.app.clock.now());
    let event = |address: &str| {
        Event::for_account(EventKind::SignedIn, ann)
            .from_client(address.parse().ok(), Some("Firefox"))
    };
    for _ in 0..455 {
        record_event(&app, event("192.0.2.7")).await;
    }
    app.app.clock.advance(TimeDelta::minutes(1));
    record_event(&app, event("192.0.2.7")).await;
    let found = list_of_kind(&app, EventKind::SignedIn).await;
    let for_ann: Vec<_> = found.iter().filter(|it| it.account_id == Some(ann)).collect();
    assert_eq!(for_ann.len(), 50);
    assert_eq!(for_ann.iter().map(|it| it.count).sum::<i64>(), 456);
    let repeated = for_ann.iter().find(|it| it.count > 1).unwrap();
    assert_eq!((repeated.at, repeated.count), (started_at, 407));
    assert_eq!(repeated.last_at, Some(app.app.clock.now()));
    assert!(for_ann.iter().all(|it| it.count > 1 || it.last_at.is_none()));
    // The next hour starts new rows.
    app.app.clock.advance(TimeDelta::hours(1));
    record_event(&app, event("192.0.2.7")).await;
    let found = list_of_kind(&app, EventKind::SignedIn).await;
    assert_eq!((found[0].account_id, found[0].count, found[0].last_at), (Some(ann), 1, None));
}

async fn distinct_events_beyond_the_limit_are_counted_in_a_shared_row(app: TestApp) {
    let ann = Uuid::now_v7();
    for nth in 0..500 {
        let browser = format!("Browser {nth}");
        let event = Event::for_account(EventKind::TokenCreated, ann)
            .from_client("192.0.2.7".parse().ok(), Some(&browser));
        record_event(&app, event).await;
    }
    let found = list_of_kind(&app, EventKind::TokenCreated).await;
    assert_eq!(found.len(), 51);
    assert_eq!(found.iter().map(|it| it.count).sum::<i64>(), 500);
    let overflow = found.iter().find(|it| it.count > 1).unwrap();
    assert_eq!((overflow.account_id, overflow.count), (Some(ann), 450));
    assert_eq!((&overflow.address, &overflow.user_agent), (&None, &None));
    assert_eq!(overflow.detail.as_deref(), Some("further ones, from any address"));
}

async fn failed_sign_ins_for_unknown_accounts_are_limited(app: TestApp) {
    let mut tx = app.app.db.write().await.unwrap();
    for _ in 0..500 {
        let event = Event::new(EventKind::SignInFailed).from_client(None, None);
        record(&mut tx, app.app.clock.now(), &event).await.unwrap();
    }
    tx.commit().await.unwrap();
    assert_eq!(list_of_kind(&app, EventKind::SignInFailed).await.len(), 200);
}

async fn events_are_filtered_and_paged_newest_first(app: TestApp) {
    let (ann, bob) = (Uuid::now_v7(), Uuid::now_v7());
    // The test administrator has events already. Use other accounts and other days.
    app.app.clock.advance(TimeDelta::days(1));
    record_without_client(&app, Event::for_account(EventKind::TokenCreated, ann)).await;
    record_without_client(&app, Event::for_account(EventKind::TokenRevoked, ann).by(bob)).await;
    app.app.clock.advance(TimeDelta::days(1));
    record_without_client(&app, Event::for_account(EventKind::TokenCreated, bob)).await;

    let kinds = |events: Vec<SecurityEvent>| events.iter().map(|it| it.kind).collect::<Vec<_>>();
    let for_ann = EventQuery { account: Some(ann), ..EventQuery::default() };
    assert_eq!(
        kinds(list_events(&app, for_ann.clone()).await),
        [EventKind::TokenRevoked, EventKind::TokenCreated]
    );
    let for_bob = EventQuery { account: Some(bob), ..EventQuery::default() };
    let bobs_kinds = kinds(list_events(&app, for_bob.clone()).await);
    assert_eq!(
        bobs_kinds,
        [EventKind::TokenCreated, EventKind::TokenRevoked],
        "includes events that the account caused"
    );
    let created = EventQuery { kind: Some(EventKind::TokenCreated), ..for_bob };
    assert_eq!(list_events(&app, created).await.len(), 1);

    let day = |text: &str| text.parse().ok();
    let on = EventQuery { from: day("2026-02-01"), to: day("2026-02-01"), ..EventQuery::default() };
    assert_eq!(
        kinds(list_events(&app, on).await),
        [EventKind::TokenRevoked, EventKind::TokenCreated]
    );
    let after = EventQuery { from: day("2026-02-02"), ..EventQuery::default() };
    assert_eq!(kinds(list_events(&app, after).await), [EventKind::TokenCreated]);

    let first = EventQuery { limit: Limit::new(1), ..for_ann };
    let mut tx = app.app.db.read().await.unwrap();
    let page = list(&mut tx, &first).await.unwrap();
    assert_eq!(kinds(page.items), [EventKind::TokenRevoked]);
    let cursor = page.next_cursor.expect("a second page");
    let field = crate::core::input::FieldValue::Typed(cursor);
    let cursor = crate::core::input::Field::read(&field, app.app.clock.today()).unwrap();
    let second = EventQuery { cursor: Some(cursor), ..first.clone() };
    let page = list(&mut tx, &second).await.unwrap();
    assert_eq!((kinds(page.items), page.next_cursor), (vec![EventKind::TokenCreated], None));
}

async fn long_texts_are_truncated_and_control_characters_removed(app: TestApp) {
    let long = "é".repeat(1_000);
    let event = Event::for_account(EventKind::TokenCreated, Uuid::now_v7());
    let truncated = event.clone().with_detail("two\r\nlines \u{0}").from_client(None, Some(&long));
    record_event(&app, truncated).await;
    record_without_client(&app, event.with_detail(" ")).await;
    let found = list_of_kind(&app, EventKind::TokenCreated).await;
    let truncated = found.iter().find(|it| it.user_agent.is_some()).unwrap();
    assert_eq!(truncated.user_agent.as_ref().unwrap().chars().count(), 200);
    assert_eq!(truncated.detail.as_deref(), Some("twolines "));
    assert!(found.iter().any(|it| it.detail.is_none() && it.address.is_none()));
}
