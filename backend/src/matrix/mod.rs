//! Every door, tried by everybody: each route of the router itself × whoever may knock × every
//! place where an id can stand.
//!
//! A route without a row in [`rows`] fails the test, so that none lands unchecked. A foreign id has
//! to be answered as an unknown one is, in status, headers and body, and to change nothing.

mod quota;
mod router;
mod rows;
mod world;

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write as _,
};

use axum::body::Body;
use uuid::Uuid;

use self::{
    rows::{Door, Fields, Row},
    world::{Database, World},
};
use crate::{
    features::accounts::FakeProvider,
    testing::{Answer, TestApp, on_every_engine},
};

/// Every probe reads the whole database before and after, so it is kept small.
const ROWS_A_DATABASE: usize = 10;

on_every_engine![nobody_gets_through_a_door_that_is_not_theirs];

async fn nobody_gets_through_a_door_that_is_not_theirs(app: TestApp) {
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
    let covered: BTreeSet<_> = rows.iter().map(|row| router::route_of(&routes, row)).collect();
    let missing: Vec<_> = routes.iter().filter(|it| !covered.contains(it)).collect();
    assert!(missing.is_empty(), "routes without a row in the matrix: {missing:#?}");

    let mut count = 0;
    for (number, row) in rows.iter().enumerate() {
        if number % ROWS_A_DATABASE == 0 {
            app = with_provider(&app.afresh().await);
        }
        let mut probes = Probes { app: &app, count: 0 };
        // A row may end what it is about: everybody is new for each.
        let mut ann = World::new(&app, &format!("ann{number}x")).await;
        let mut bob = World::new(&app, &format!("bob{number}x")).await;
        let mut carol = World::of_administrator(&app, &format!("carol{number}x")).await;
        if row.has_factors {
            for world in [&mut ann, &mut bob, &mut carol] {
                world.give_factors(&app).await;
            }
        }
        probes.strangers(row, &ann).await;
        probes.tokens(row, &ann).await;
        probes.cursor(row, &ann, &bob).await;
        probes.foreign(row, &ann, &bob).await;
        probes.foreign(row, &ann, &carol).await;
        let owner = if row.door == Door::Administrator {
            World::of_administrator(&app, &format!("dave{number}x")).await
        } else {
            ann
        };
        probes.owner(row, &owner).await;
        count += probes.count;
    }
    // Past the capture of what tests print: whoever runs them is to see it. The first foreign record
    // would have ended the test.
    let told = format!(
        "matrix on {}: {} routes, {} rows, {} probes, 0 foreign records\n",
        app.app.db.engine(),
        routes.len(),
        rows.len(),
        count
    );
    std::io::stderr().write_all(told.as_bytes()).unwrap();
}

/// Fills the database with two users and an administrator who have one of everything. Returns the first
/// user, signed in, and the id of a vehicle of theirs that has fill-ups.
pub(crate) async fn populate(app: &TestApp) -> (TestApp, String) {
    let app = app.reconfigured(|config| config.notifications.allow_private_addresses = true);
    let mut ann = World::new(&app, "ann").await;
    ann.give_factors(&app).await;
    World::new(&app, "bob").await;
    World::of_administrator(&app, "carol").await.give_factors(&app).await;
    (ann.user, ann.ids["vehicle"].clone())
}

/// The probes that have been made.
struct Probes<'a> {
    app: &'a TestApp,
    count: usize,
}

impl Probes<'_> {
    async fn send(&mut self, who: &TestApp, row: &Row, ids: &BTreeMap<String, String>) -> Answer {
        self.count += 1;
        let put = |text: &str| world::put(text, ids);
        let request = axum::http::Request::builder().method(row.method()).uri(put(row.target()));
        match row.fields {
            Fields::None => who.send(request, Body::empty()).await,
            Fields::Json(text) => {
                let request = request.header("content-type", "application/json");
                who.send(request, Body::from(put(text))).await
            }
            Fields::Form(text) => {
                let kind = "application/x-www-form-urlencoded";
                who.send(request.header("content-type", kind), Body::from(put(text))).await
            }
        }
    }

    /// Every mixture of the owner's ids and one's own is answered as the same mixture of unknown
    /// ids and one's own, and changes nothing.
    async fn foreign(&mut self, row: &Row, ann: &World, other: &World) {
        if row.door == Door::Administrator && other.is_administrator {
            // What is there is theirs to run; what they may not see has rows of its owner's.
            return;
        }
        if matches!(row.door, Door::Shared | Door::Maker) {
            return self.shared(row, ann, other).await;
        }
        let names = row.ids();
        for mixture in 1_u32..(1 << names.len()) {
            let (mut foreign, mut unknown) = (other.ids.clone(), other.ids.clone());
            let mut told = BTreeMap::new();
            for (nth, name) in names.iter().enumerate() {
                if mixture & (1 << nth) != 0 {
                    let stranger = Uuid::now_v7().to_string();
                    told.insert(ann.ids[*name].clone(), format!("[{name}]"));
                    told.insert(stranger.clone(), format!("[{name}]"));
                    foreign.insert((*name).to_owned(), ann.ids[*name].clone());
                    unknown.insert((*name).to_owned(), stranger);
                }
            }
            let before = Database::read(self.app).await;
            let refused = self.send(&other.user, row, &foreign).await;
            before.is_as_before(self.app, row).await;
            let absent = self.send(&other.user, row, &unknown).await;
            assert_eq!(
                world::seen(&refused, &told),
                world::seen(&absent, &told),
                "{row:?} tells {} that an id of another's exists",
                other.name
            );
            assert!(refused.status >= 400, "{row:?} lets {} in: {refused:?}", other.name);
        }
        if names.is_empty() {
            let before = Database::read(self.app).await;
            let answer = self.send(&other.user, row, &other.ids).await;
            ann.is_not_in(&answer, row);
            before.keeps(self.app, ann, row).await;
            if row.door == Door::Administrator {
                assert_eq!(answer.status, 403, "{row:?} lets {} in", other.name);
            }
        }
    }

    /// What all share is there for another, without what its owner says of it, and only whoever made
    /// it changes it.
    async fn shared(&mut self, row: &Row, ann: &World, other: &World) {
        if row.door == Door::Maker && other.is_administrator {
            return;
        }
        let before = Database::read(self.app).await;
        let answer = self.send(&other.user, row, &ann.ids).await;
        ann.is_not_in(&answer, row);
        if row.door == Door::Maker {
            assert_eq!(answer.status, 403, "{row:?} lets {} in", other.name);
            before.is_as_before(self.app, row).await;
        } else {
            let is_let_in = answer.status < 400 || row.refused == Some(answer.status);
            assert!(is_let_in, "{row:?} keeps {} out: {answer:?}", other.name);
            before.keeps(self.app, ann, row).await;
        }
    }

    /// Who is not signed in, or no longer, is sent to where one signs in.
    async fn strangers(&mut self, row: &Row, ann: &World) {
        if row.door == Door::Anybody {
            return;
        }
        for who in [&self.app.nobody(), &ann.expired] {
            let before = Database::read(self.app).await;
            let answer = self.send(who, row, &ann.ids).await;
            before.is_as_before(self.app, row).await;
            let (mut unknown, mut told) = (ann.ids.clone(), BTreeMap::new());
            for name in row.ids() {
                let stranger = Uuid::now_v7().to_string();
                told.insert(ann.ids[name].clone(), format!("[{name}]"));
                told.insert(stranger.clone(), format!("[{name}]"));
                unknown.insert(name.to_owned(), stranger);
            }
            let absent = self.send(who, row, &unknown).await;
            assert_eq!(world::seen(&answer, &told), world::seen(&absent, &told), "{row:?}");
            let is_led = answer.status == 303 && answer.header("location").starts_with("/login");
            assert!(answer.status == 401 || is_led, "{row:?} lets a stranger in: {answer:?}");
        }
    }

    /// A token that may only read changes nothing, and no token decides over how one gets in.
    async fn tokens(&mut self, row: &Row, ann: &World) {
        if row.door == Door::Anybody {
            return;
        }
        let before = Database::read(self.app).await;
        let answer = self.send(&ann.reader, row, &ann.ids).await;
        if row.door == Door::Administrator || row.door == Door::Session || !row.is_read() {
            assert_eq!(answer.status, 403, "{row:?} lets a reading token in: {answer:?}");
        } else {
            assert!(answer.status < 400, "{row:?} refuses a reading token: {answer:?}");
        }
        before.is_as_before(self.app, row).await;
        if row.door == Door::Session {
            let answer = self.send(&ann.writer, row, &ann.ids).await;
            assert_eq!(answer.status, 403, "{row:?} lets a token in: {answer:?}");
            before.is_as_before(self.app, row).await;
        }
    }

    /// Where a page begins, another's cursor tells; what is on it, it does not.
    async fn cursor(&mut self, row: &Row, ann: &World, other: &World) {
        if !row.has_pages {
            return;
        }
        let sign = if row.target().contains('?') { '&' } else { '?' };
        let with = |more: &str| format!("{}{sign}{more}", world::put(row.target(), &ann.ids));
        let first = ann.user.get(&with("limit=1")).await;
        let cursor = first.body["nextCursor"].as_str();
        let cursor = cursor.unwrap_or_else(|| panic!("{row:?} has one page only: {first:?}"));
        let theirs = world::put(row.target(), &other.ids);
        let answer = other.user.get(&format!("{theirs}{sign}cursor={cursor}")).await;
        self.count += 1;
        ann.is_not_in(&answer, row);
    }

    /// The row is no row if its owner cannot do what it says.
    async fn owner(&mut self, row: &Row, owner: &World) {
        let answer = self.send(&owner.user, row, &owner.ids).await;
        let is_right = match row.refused {
            Some(status) => answer.status == status,
            None => answer.status < 400,
        };
        assert!(is_right, "{row:?} refuses whose it is: {answer:?}");
    }
}

/// What is left of it on PostgreSQL where every statement forgets whose rows it is for: nobody gets
/// at another's all the same.
mod where_statements_forget_the_user {
    use super::{Door, Probes, TestApp, World, rows};
    use crate::{core::db::UserFilterDisabled, testing::block_on};

    #[test]
    #[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
    fn row_level_security_alone_keeps_users_apart() {
        block_on(async {
            let app = TestApp::on_postgres().await;
            let app = app.reconfigured(|it| it.notifications.allow_private_addresses = true);
            keeps_users_apart(&app).await;
        });
    }

    async fn keeps_users_apart(app: &TestApp) {
        let ann = World::new(app, "ann").await;
        let mut bob = World::new(app, "bob").await;
        let mut probes = Probes { app, count: 0 };
        let is_of_users = |row: &&rows::Row| matches!(row.door, Door::Owner | Door::Shared);
        for (number, row) in rows::all().iter().filter(is_of_users).enumerate() {
            {
                let _disabled = UserFilterDisabled::begin();
                probes.foreign(row, &ann, &bob).await;
            }
            if row.ids().is_empty() && !row.is_read() {
                // It has changed what of Bob's it was about.
                bob = World::new(app, &format!("bob{number}x")).await;
            }
        }
        assert!(probes.count > 100, "only {} probes", probes.count);
    }
}
