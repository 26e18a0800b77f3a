//! The access matrix: tests every route of the router with every kind of caller and with foreign ids in every
//! position.
//!
//! A route without a row in [`rows`] fails the test, so that no route is unchecked. A foreign id must get the
//! same status, headers and body as an unknown id, and must change nothing.

mod fixture;
mod quota;
mod router;
mod rows;
mod statements;

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write as _,
};

use axum::body::Body;
use uuid::Uuid;

use self::{
    fixture::{DatabaseSnapshot, Fixture},
    rows::{Access, Fields, Row},
};
use crate::{
    features::oidc::FakeProvider,
    testing::{TestApp, TestResponse, on_every_engine},
};

/// Every probe reads the whole database before and after, so the databases must stay small.
const ROWS_PER_DATABASE: usize = 10;

on_every_engine![every_route_enforces_its_access_rule];

async fn every_route_enforces_its_access_rule(app: TestApp) {
    let provider = FakeProvider::start().await;
    let with_provider = |app: &TestApp| {
        app.reconfigured(|config| {
            config.server.public_url = Some("http://cars.test".to_owned());
            config.auth.providers.insert("home".to_owned(), provider.settings());
            config.notifications.allow_private_addresses = true;
        })
    };
    let mut app = with_provider(&app);
    let routes = router::routes(&app).await;
    let rows = rows::all();
    let covered: BTreeSet<_> = rows.iter().map(|row| router::route_label(&routes, row)).collect();
    let missing: Vec<_> = routes.iter().filter(|it| !covered.contains(it)).collect();
    assert!(missing.is_empty(), "routes without a row in the matrix: {missing:#?}");

    let mut count = 0;
    for (number, row) in rows.iter().enumerate() {
        if number % ROWS_PER_DATABASE == 0 {
            app = with_provider(&app.new_on_same_engine().await);
        }
        let mut probes = Probes { app: &app, count: 0 };
        // A row may delete its records, so each row gets new users.
        let mut ann = Fixture::new(&app, &format!("ann{number}x")).await;
        let mut bob = Fixture::new(&app, &format!("bob{number}x")).await;
        let mut carol = Fixture::for_administrator(&app, &format!("carol{number}x")).await;
        if row.needs_two_factor {
            for fixture in [&mut ann, &mut bob, &mut carol] {
                fixture.enable_two_factor(&app).await;
            }
        }
        probes.probe_anonymous(row, &ann).await;
        probes.probe_tokens(row, &ann).await;
        probes.probe_cursor(row, &ann, &bob).await;
        probes.probe_foreign_ids(row, &ann, &bob).await;
        probes.probe_foreign_ids(row, &ann, &carol).await;
        let owner = if row.access == Access::Administrator {
            Fixture::for_administrator(&app, &format!("dave{number}x")).await
        } else {
            ann
        };
        probes.probe_owner(row, &owner).await;
        count += probes.count;
    }
    // Written directly, since the test harness captures what tests print. Any foreign record would have failed
    // the test.
    let summary = format!(
        "matrix on {}: {} routes, {} rows, {} probes, 0 foreign records\n",
        app.app.db.engine(),
        routes.len(),
        rows.len(),
        count
    );
    std::io::stderr().write_all(summary.as_bytes()).unwrap();
}

/// Fills the database with two users and an administrator who have one record of each kind. Returns the first
/// user, signed in, and the id of one of her vehicles that has fill-ups.
pub(crate) async fn populate(app: &TestApp) -> (TestApp, String) {
    let app = app.reconfigured(|config| config.notifications.allow_private_addresses = true);
    let mut ann = Fixture::new(&app, "ann").await;
    ann.enable_two_factor(&app).await;
    Fixture::new(&app, "bob").await;
    Fixture::for_administrator(&app, "carol").await.enable_two_factor(&app).await;
    (ann.user, ann.ids["vehicle"].clone())
}

/// Sends probes, and counts them.
struct Probes<'a> {
    app: &'a TestApp,
    count: usize,
}

impl Probes<'_> {
    async fn send(
        &mut self,
        who: &TestApp,
        row: &Row,
        ids: &BTreeMap<String, String>,
    ) -> TestResponse {
        self.count += 1;
        let substitute = |text: &str| fixture::substitute_ids(text, ids);
        let request =
            axum::http::Request::builder().method(row.method()).uri(substitute(row.target()));
        match row.fields {
            Fields::None => who.send(request, Body::empty()).await,
            Fields::Json(text) => {
                let request = request.header("content-type", "application/json");
                who.send(request, Body::from(substitute(text))).await
            }
            Fields::Form(text) => {
                let kind = "application/x-www-form-urlencoded";
                who.send(request.header("content-type", kind), Body::from(substitute(text))).await
            }
        }
    }

    /// Replaces every subset of the caller's ids with the owner's. Each response must equal the one for
    /// unknown ids, and nothing may change.
    async fn probe_foreign_ids(&mut self, row: &Row, ann: &Fixture, other: &Fixture) {
        if row.access == Access::Administrator && other.is_administrator {
            // Administrators may use these routes; what they may not see is covered by the owner's rows.
            return;
        }
        if matches!(row.access, Access::Shared | Access::Creator) {
            return self.probe_shared(row, ann, other).await;
        }
        let names = row.ids();
        for subset in 1_u32..(1 << names.len()) {
            let (mut foreign, mut unknown) = (other.ids.clone(), other.ids.clone());
            let mut placeholders = BTreeMap::new();
            for (nth, name) in names.iter().enumerate() {
                if subset & (1 << nth) != 0 {
                    let stranger = Uuid::now_v7().to_string();
                    placeholders.insert(ann.ids[*name].clone(), format!("[{name}]"));
                    placeholders.insert(stranger.clone(), format!("[{name}]"));
                    foreign.insert((*name).to_owned(), ann.ids[*name].clone());
                    unknown.insert((*name).to_owned(), stranger);
                }
            }
            let before = DatabaseSnapshot::read(self.app).await;
            let refused = self.send(&other.user, row, &foreign).await;
            before.assert_unchanged(self.app, row).await;
            let absent = self.send(&other.user, row, &unknown).await;
            assert_eq!(
                fixture::normalized(&refused, &placeholders),
                fixture::normalized(&absent, &placeholders),
                "{row:?} reveals to {} that a foreign id exists",
                other.name
            );
            assert!(refused.status >= 400, "{row:?} allows {}: {refused:?}", other.name);
        }
        if names.is_empty() {
            let before = DatabaseSnapshot::read(self.app).await;
            let response = self.send(&other.user, row, &other.ids).await;
            ann.assert_absent_from(&response, row);
            before.assert_rows_unchanged(self.app, ann, row).await;
            if row.access == Access::Administrator {
                assert_eq!(response.status, 403, "{row:?} allows {}", other.name);
            }
        }
    }

    /// Shared records are visible to others without their owner's private data, and only their creator may
    /// change them.
    async fn probe_shared(&mut self, row: &Row, ann: &Fixture, other: &Fixture) {
        if row.access == Access::Creator && other.is_administrator {
            return;
        }
        let before = DatabaseSnapshot::read(self.app).await;
        let response = self.send(&other.user, row, &ann.ids).await;
        ann.assert_absent_from(&response, row);
        if row.access == Access::Creator {
            assert_eq!(response.status, 403, "{row:?} allows {}", other.name);
            before.assert_unchanged(self.app, row).await;
        } else {
            let is_allowed = response.status < 400 || row.expected_status == Some(response.status);
            assert!(is_allowed, "{row:?} refuses {}: {response:?}", other.name);
            before.assert_rows_unchanged(self.app, ann, row).await;
        }
    }

    /// Callers without a valid session get 401, or are redirected to the login page.
    async fn probe_anonymous(&mut self, row: &Row, ann: &Fixture) {
        if row.access == Access::Public {
            return;
        }
        for who in [&self.app.anonymous(), &ann.expired] {
            let before = DatabaseSnapshot::read(self.app).await;
            let response = self.send(who, row, &ann.ids).await;
            before.assert_unchanged(self.app, row).await;
            let (mut unknown, mut placeholders) = (ann.ids.clone(), BTreeMap::new());
            for name in row.ids() {
                let stranger = Uuid::now_v7().to_string();
                placeholders.insert(ann.ids[name].clone(), format!("[{name}]"));
                placeholders.insert(stranger.clone(), format!("[{name}]"));
                unknown.insert(name.to_owned(), stranger);
            }
            let absent = self.send(who, row, &unknown).await;
            assert_eq!(
                fixture::normalized(&response, &placeholders),
                fixture::normalized(&absent, &placeholders),
                "{row:?}"
            );
            let is_redirected =
                response.status == 303 && response.header("location").starts_with("/login");
            assert!(
                response.status == 401 || is_redirected,
                "{row:?} allows anonymous callers: {response:?}"
            );
        }
    }

    /// A read-only token changes nothing, and no token may use a route that requires a session.
    async fn probe_tokens(&mut self, row: &Row, ann: &Fixture) {
        if row.access == Access::Public {
            return;
        }
        let before = DatabaseSnapshot::read(self.app).await;
        let response = self.send(&ann.reader, row, &ann.ids).await;
        if row.access == Access::Administrator || row.access == Access::Session || !row.is_read() {
            assert_eq!(response.status, 403, "{row:?} allows a read-only token: {response:?}");
        } else {
            assert!(response.status < 400, "{row:?} refuses a read-only token: {response:?}");
        }
        before.assert_unchanged(self.app, row).await;
        if row.access == Access::Session {
            let response = self.send(&ann.writer, row, &ann.ids).await;
            assert_eq!(response.status, 403, "{row:?} allows a token: {response:?}");
            before.assert_unchanged(self.app, row).await;
        }
    }

    /// Another user's cursor sets where a page begins, but shows none of that user's records.
    async fn probe_cursor(&mut self, row: &Row, ann: &Fixture, other: &Fixture) {
        if !row.is_paginated {
            return;
        }
        let separator = if row.target().contains('?') { '&' } else { '?' };
        let with = |more: &str| {
            format!("{}{separator}{more}", fixture::substitute_ids(row.target(), &ann.ids))
        };
        let first = ann.user.get(&with("limit=1")).await;
        let cursor = first.body["nextCursor"].as_str();
        let cursor = cursor.unwrap_or_else(|| panic!("{row:?} has one page only: {first:?}"));
        let theirs = fixture::substitute_ids(row.target(), &other.ids);
        let response = other.user.get(&format!("{theirs}{separator}cursor={cursor}")).await;
        self.count += 1;
        ann.assert_absent_from(&response, row);
    }

    /// The owner's own call succeeds, or the row would test nothing.
    async fn probe_owner(&mut self, row: &Row, owner: &Fixture) {
        let response = self.send(&owner.user, row, &owner.ids).await;
        let is_expected = match row.expected_status {
            Some(status) => response.status == status,
            None => response.status < 400,
        };
        assert!(is_expected, "{row:?} refuses its owner: {response:?}");
    }
}

/// On PostgreSQL, row-level security isolates users even if no statement filters by user.
mod without_user_filters {
    use super::{Access, Fixture, Probes, TestApp, rows};
    use crate::testing::{UserFilterDisabled, block_on};

    #[test]
    #[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
    fn row_level_security_alone_isolates_users() {
        block_on(async {
            let app = TestApp::on_postgres().await;
            let app = app.reconfigured(|it| it.notifications.allow_private_addresses = true);
            assert_users_are_isolated(&app).await;
        });
    }

    async fn assert_users_are_isolated(app: &TestApp) {
        let ann = Fixture::new(app, "ann").await;
        let mut bob = Fixture::new(app, "bob").await;
        let mut probes = Probes { app, count: 0 };
        let belongs_to_user =
            |row: &&rows::Row| matches!(row.access, Access::Owner | Access::Shared);
        for (number, row) in rows::all().iter().filter(belongs_to_user).enumerate() {
            {
                let _disabled = UserFilterDisabled::begin();
                probes.probe_foreign_ids(row, &ann, &bob).await;
            }
            if row.ids().is_empty() && !row.is_read() {
                // The row changed Bob's own records.
                bob = Fixture::new(app, &format!("bob{number}x")).await;
            }
        }
        assert!(probes.count > 100, "only {} probes", probes.count);
    }
}
