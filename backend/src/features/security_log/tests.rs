use chrono::TimeDelta;
use uuid::Uuid;

use super::{Event, Kind, Listing, Located, PERIODIC_TASK, SecurityEvent, list, record};
use crate::{
    core::{Error, http::Limit, periodic},
    testing::{TestApp, on_every_engine},
};

on_every_engine![
    an_event_is_read_back_as_it_was_recorded,
    an_event_whose_cause_is_rolled_back_never_happened,
    an_event_is_kept_for_ninety_days,
    ten_thousand_guesses_leave_twenty_lines_an_hour_and_account,
    repeated_events_are_counted_in_one_row,
    events_beyond_the_measure_share_one_row_and_none_is_lost,
    guesses_at_accounts_that_do_not_exist_are_bounded_too,
    a_list_is_filtered_and_goes_page_by_page_newest_first,
    texts_are_cut_and_hold_no_control_characters,
];

async fn note(app: &TestApp, event: Event) {
    note_from(app, event.from(None, None)).await;
}

async fn note_from(app: &TestApp, event: Located) {
    let mut tx = app.app.db.write().await.unwrap();
    record(&mut tx, app.app.clock.now(), &event).await.unwrap();
    tx.commit().await.unwrap();
}

async fn listed(app: &TestApp, listing: Listing) -> Vec<SecurityEvent> {
    list(&mut app.app.db.read().await.unwrap(), &listing).await.unwrap().items
}

async fn of_kind(app: &TestApp, kind: Kind) -> Vec<SecurityEvent> {
    listed(app, Listing { kind: Some(kind), limit: Limit::new(500), ..Listing::default() }).await
}

async fn an_event_is_read_back_as_it_was_recorded(app: TestApp) {
    let (ann, bob) = (Uuid::now_v7(), Uuid::now_v7());
    let event = Event::of(Kind::AccountDisabled, ann)
        .by(bob)
        .saying("left the club")
        .from("::ffff:192.0.2.7".parse().ok(), Some("Firefox"));
    note_from(&app, event).await;
    let found = of_kind(&app, Kind::AccountDisabled).await;
    let [event] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(event.at, app.app.clock.now());
    assert_eq!((event.account_id, event.actor_id), (Some(ann), Some(bob)));
    assert_eq!(event.address.as_deref(), Some("192.0.2.7"));
    assert_eq!(event.user_agent.as_deref(), Some("Firefox"));
    assert_eq!(event.detail.as_deref(), Some("left the club"));
}

async fn an_event_whose_cause_is_rolled_back_never_happened(app: TestApp) {
    let mut tx = app.app.db.write().await.unwrap();
    let event = Event::of(Kind::TokenMade, Uuid::now_v7()).from(None, None);
    record(&mut tx, app.app.clock.now(), &event).await.unwrap();
    drop(tx);
    assert_eq!(of_kind(&app, Kind::TokenMade).await, []);
}

async fn an_event_is_kept_for_ninety_days(app: TestApp) {
    note(&app, Event::of(Kind::TokenMade, Uuid::now_v7())).await;
    app.app.clock.advance(TimeDelta::days(90) - TimeDelta::microseconds(1));
    periodic::run_one(&app.app, &PERIODIC_TASK).await.unwrap();
    assert_eq!(of_kind(&app, Kind::TokenMade).await.len(), 1);
    note(&app, Event::of(Kind::TokenMade, Uuid::now_v7())).await;
    app.app.clock.advance(TimeDelta::microseconds(1));
    assert!(periodic::run_one(&app.app, &PERIODIC_TASK).await.unwrap() >= 1);
    let left = of_kind(&app, Kind::TokenMade).await;
    assert_eq!(left.len(), 1, "the newer one stays: {left:?}");
}

async fn ten_thousand_guesses_leave_twenty_lines_an_hour_and_account(app: TestApp) {
    let (ann, bob) = (Uuid::now_v7(), Uuid::now_v7());
    let mut tx = app.app.db.write().await.unwrap();
    for _ in 0..5_000 {
        for kind in [Kind::SignInRefused, Kind::GuessingStopped] {
            record(&mut tx, app.app.clock.now(), &Event::of(kind, ann).from(None, None))
                .await
                .unwrap();
        }
    }
    tx.commit().await.unwrap();
    assert_eq!(of_kind(&app, Kind::SignInRefused).await.len(), 20);
    let stopped = of_kind(&app, Kind::GuessingStopped).await;
    assert_eq!((stopped.len(), stopped[0].count), (1, 5_000));
    note(&app, Event::of(Kind::SignInRefused, bob)).await;
    assert_eq!(of_kind(&app, Kind::SignInRefused).await.len(), 21, "another account's is kept");
    app.app.clock.advance(TimeDelta::hours(1));
    note(&app, Event::of(Kind::SignInRefused, ann)).await;
    assert_eq!(of_kind(&app, Kind::SignInRefused).await.len(), 22, "so is the next hour's");
}

async fn repeated_events_are_counted_in_one_row(app: TestApp) {
    let (ann, began) = (Uuid::now_v7(), app.app.clock.now());
    let event =
        |address: &str| Event::of(Kind::SignedIn, ann).from(address.parse().ok(), Some("Firefox"));
    for _ in 0..455 {
        note_from(&app, event("192.0.2.7")).await;
    }
    app.app.clock.advance(TimeDelta::minutes(1));
    note_from(&app, event("192.0.2.7")).await;
    let found = of_kind(&app, Kind::SignedIn).await;
    let of_ann: Vec<_> = found.iter().filter(|it| it.account_id == Some(ann)).collect();
    assert_eq!(of_ann.len(), 50);
    assert_eq!(of_ann.iter().map(|it| it.count).sum::<i64>(), 456);
    let repeated = of_ann.iter().find(|it| it.count > 1).unwrap();
    assert_eq!((repeated.at, repeated.count), (began, 407));
    assert_eq!(repeated.last_at, Some(app.app.clock.now()));
    assert!(of_ann.iter().all(|it| it.count > 1 || it.last_at.is_none()));
    // The next hour has rows of its own.
    app.app.clock.advance(TimeDelta::hours(1));
    note_from(&app, event("192.0.2.7")).await;
    let found = of_kind(&app, Kind::SignedIn).await;
    assert_eq!((found[0].account_id, found[0].count, found[0].last_at), (Some(ann), 1, None));
}

async fn events_beyond_the_measure_share_one_row_and_none_is_lost(app: TestApp) {
    let ann = Uuid::now_v7();
    for nth in 0..500 {
        let browser = format!("Browser {nth}");
        let event = Event::of(Kind::TokenMade, ann).from("192.0.2.7".parse().ok(), Some(&browser));
        note_from(&app, event).await;
    }
    let found = of_kind(&app, Kind::TokenMade).await;
    assert_eq!(found.len(), 51);
    assert_eq!(found.iter().map(|it| it.count).sum::<i64>(), 500);
    let further = found.iter().find(|it| it.count > 1).unwrap();
    assert_eq!((further.account_id, further.count), (Some(ann), 450));
    assert_eq!((&further.address, &further.user_agent), (&None, &None));
    assert_eq!(further.detail.as_deref(), Some("further ones, from any address"));
}

async fn guesses_at_accounts_that_do_not_exist_are_bounded_too(app: TestApp) {
    let mut tx = app.app.db.write().await.unwrap();
    for _ in 0..500 {
        let event = Event::new(Kind::SignInRefused).from(None, None);
        record(&mut tx, app.app.clock.now(), &event).await.unwrap();
    }
    tx.commit().await.unwrap();
    assert_eq!(of_kind(&app, Kind::SignInRefused).await.len(), 200);
}

async fn a_list_is_filtered_and_goes_page_by_page_newest_first(app: TestApp) {
    let (ann, bob) = (Uuid::now_v7(), Uuid::now_v7());
    // The tests' administrator is there already; these happen to others, on days of their own.
    app.app.clock.advance(TimeDelta::days(1));
    note(&app, Event::of(Kind::TokenMade, ann)).await;
    note(&app, Event::of(Kind::TokenRevoked, ann).by(bob)).await;
    app.app.clock.advance(TimeDelta::days(1));
    note(&app, Event::of(Kind::TokenMade, bob)).await;

    let kinds = |events: Vec<SecurityEvent>| events.iter().map(|it| it.kind).collect::<Vec<_>>();
    let of_ann = Listing { account: Some(ann), ..Listing::default() };
    assert_eq!(kinds(listed(&app, of_ann.clone()).await), [Kind::TokenRevoked, Kind::TokenMade]);
    let of_bob = Listing { account: Some(bob), ..Listing::default() };
    let did = kinds(listed(&app, of_bob.clone()).await);
    assert_eq!(did, [Kind::TokenMade, Kind::TokenRevoked], "what he did is his too");
    let made = Listing { kind: Some(Kind::TokenMade), ..of_bob };
    assert_eq!(listed(&app, made).await.len(), 1);

    let day = |text: &str| text.parse().ok();
    let on = Listing { from: day("2026-02-01"), to: day("2026-02-01"), ..Listing::default() };
    assert_eq!(kinds(listed(&app, on).await), [Kind::TokenRevoked, Kind::TokenMade]);
    let after = Listing { from: day("2026-02-02"), ..Listing::default() };
    assert_eq!(kinds(listed(&app, after).await), [Kind::TokenMade]);

    let first = Listing { limit: Limit::new(1), ..of_ann };
    let mut tx = app.app.db.read().await.unwrap();
    let page = list(&mut tx, &first).await.unwrap();
    assert_eq!(kinds(page.items), [Kind::TokenRevoked]);
    let cursor = page.next_cursor.expect("a second page");
    let field = crate::core::input::FieldValue::Typed(cursor);
    let cursor = crate::core::input::Field::read(&field, app.app.clock.today()).unwrap();
    let second = Listing { cursor: Some(cursor), ..first.clone() };
    let page = list(&mut tx, &second).await.unwrap();
    assert_eq!((kinds(page.items), page.next_cursor), (vec![Kind::TokenMade], None));
    let wrong = crate::core::http::Cursor::new(&[&"x"]);
    let wrong = list(&mut tx, &Listing { cursor: Some(wrong), ..first }).await;
    assert!(matches!(wrong, Err(Error::Invalid(_))), "{wrong:?}");
}

async fn texts_are_cut_and_hold_no_control_characters(app: TestApp) {
    let long = "é".repeat(1_000);
    let event = Event::of(Kind::TokenMade, Uuid::now_v7());
    let cut = event.clone().saying("two\r\nlines \u{0}").from(None, Some(&long));
    note_from(&app, cut).await;
    note(&app, event.saying(" ")).await;
    let found = of_kind(&app, Kind::TokenMade).await;
    let cut = found.iter().find(|it| it.user_agent.is_some()).unwrap();
    assert_eq!(cut.user_agent.as_ref().unwrap().chars().count(), 200);
    assert_eq!(cut.detail.as_deref(), Some("twolines "));
    assert!(found.iter().any(|it| it.detail.is_none() && it.address.is_none()));
}
