//! Whoever knocks, with everything that can be theirs; and the whole database as it is.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::rows::Row;
use crate::{
    features::{
        accounts::admin,
        invitations::{self, Invitation},
    },
    sql,
    testing::{Answer, TestApp},
};

/// Somebody with one of everything, and every way to be signed in.
pub(super) struct World {
    pub(super) name: String,
    pub(super) is_administrator: bool,
    pub(super) user: TestApp,
    /// A token that may only read.
    pub(super) reader: TestApp,
    /// A token that may write.
    pub(super) writer: TestApp,
    /// A session that has ended.
    pub(super) expired: TestApp,
    /// What `$name` stands for in a row.
    pub(super) ids: BTreeMap<String, String>,
    /// What tells that an answer or a row is theirs.
    marks: BTreeSet<String>,
}

/// A currency that nobody else pays in.
const OURS: &str = "MRU";

impl World {
    #[expect(clippy::too_many_lines, reason = "one record of each kind")]
    pub(super) async fn new(app: &TestApp, name: &str) -> Self {
        let email = format!("{name}@example.org");
        let user = app.register(&email).await;
        let account = user.get("/api/auth/me").await.id();
        let mut ids = BTreeMap::new();
        let mut keep = |name: &str, id: String| ids.insert(name.to_owned(), id);
        for (nth, kind) in ["another", "vehicle", "trashed"].into_iter().enumerate() {
            let vehicle = json!({
                "vin": format!("WVWZZZ1JZXW00000{nth}"), "nickname": format!("{name}s {kind}"),
            });
            keep(kind, made(&user.post("/api/vehicles", vehicle).await));
        }
        user.delete(&format!("/api/vehicles/{}", ids["trashed"])).await;
        for (day, reading) in [(1, 100), (2, 400)] {
            let log = json!({
                "vehicleId": ids["vehicle"], "date": format!("2026-01-{day:02}"),
                "odometerReading": reading, "gallons": 10, "notes": format!("{name}s note"),
            });
            let log = made(&user.post("/api/fuel-logs", log).await);
            ids.insert("log".to_owned(), log);
        }
        for (nth, kind) in ["done", "item"].into_iter().enumerate() {
            let item = json!({
                "vehicleId": ids["vehicle"], "type": format!("{name}_{kind}"),
                "description": format!("{name}s work"), "dueDate": format!("2026-02-0{}", nth + 1),
                "intervalMonths": 1,
            });
            let item = made(&user.post("/api/maintenance", item).await);
            ids.insert(kind.to_owned(), item);
        }
        let done = format!("/api/maintenance/{}/complete", ids["done"]);
        user.post(&done, json!({ "completedDate": "2026-01-31" })).await;
        for topic in ["old", "new"] {
            let address = format!("http://127.0.0.1/{name}s-{topic}");
            let channel = json!({ "kind": "ntfy", "address": address });
            let channel = made(&user.post("/api/notifications/channels", channel).await);
            ids.insert("channel".to_owned(), channel);
        }
        let odometer = format!("/api/vehicles/{}/odometer", ids["vehicle"]);
        let reading = json!({ "date": "2026-01-03", "reading": 500, "notes": format!("{name}s") });
        let reading = made(&user.post(&odometer, reading).await);
        ids.insert("reading".to_owned(), reading);
        let calendar = user.post("/api/maintenance/calendar-link", json!({})).await;
        let calendar = calendar.body["url"].as_str().unwrap().split("token=").nth(1).unwrap();
        ids.insert("my_calendar".to_owned(), calendar.to_owned());
        let mut tokens = Vec::new();
        for scope in ["read", "write"] {
            let token = json!({ "name": format!("{name}s {scope}"), "scope": scope });
            let token = user.post("/api/auth/tokens", token).await;
            tokens.push(format!("Bearer {}", token.body["token"].as_str().unwrap()));
            ids.insert("token".to_owned(), token.id());
        }
        let sessions = user.get("/api/auth/sessions").await;
        let session = sessions.body["items"][0]["id"].as_str().unwrap().to_owned();
        ids.insert("session".to_owned(), session);
        ids.insert("account".to_owned(), account.clone());
        ids.insert("invitation".to_owned(), invitation(app, account.parse().unwrap()).await);
        // What only those have whom the others are not to see.
        let currency = if name.starts_with("ann") { OURS } else { "EUR" };
        user.patch("/api/user/preferences", json!({ "currency": currency })).await;
        ids.insert("identity".to_owned(), identity(app, account.parse().unwrap(), name).await);

        let own =
            ids.values().cloned().chain([account.clone(), email.clone(), format!("{name}s ")]);
        let own = own.chain(name.starts_with("ann").then(|| OURS.to_owned()));
        let mut marks: BTreeSet<_> = own.collect();
        // That they are there is no secret; what she says of them is.
        for station in ["other_station", "station"] {
            let made = json!({ "name": "Corner", "latitude": 48.1, "longitude": 11.5 });
            let made = made_by(&user, made).await;
            let notes = json!({ "notes": format!("{name}s note on it") }).to_string();
            let path = format!("/api/stations/{made}/favorite");
            let marked = user.send_json(axum::http::Method::PUT, &path, &notes, &[]).await;
            assert_eq!(marked.status, 200, "{marked:?}");
            ids.insert("my_station".to_owned(), made.clone());
            ids.insert(station.to_owned(), made);
        }
        // A deleted station is visible only to users who use it.
        let made = made_by(&user, json!({ "name": format!("{name}s old corner") })).await;
        let path = format!("/api/stations/{made}");
        let favorite = format!("{path}/favorite");
        user.send_json(axum::http::Method::PUT, &favorite, "{}", &[]).await;
        assert_eq!(user.delete(&path).await.status, 204);
        marks.insert(made.clone());
        ids.insert("withdrawn".to_owned(), made);
        for (name, value) in [
            ("my_email", email),
            ("my_reset", reset(app, account.parse().unwrap()).await),
            ("my_new", format!("{name}-new")),
            ("my_newer", format!("{name}-newer")),
        ] {
            ids.insert(name.to_owned(), value);
        }
        let world = Self {
            name: name.to_owned(),
            is_administrator: false,
            reader: app.nobody().with_header("authorization", &tokens[0]),
            writer: app.nobody().with_header("authorization", &tokens[1]),
            expired: expired(app, account.parse().unwrap()).await,
            user,
            ids,
            marks,
        };
        // Their last use is noted now, and not while something is held against the database.
        for token in [&world.reader, &world.writer] {
            assert_eq!(token.get("/api/auth/me").await.status, 200);
        }
        world
    }

    /// The same, of an administrator.
    pub(super) async fn of_administrator(app: &TestApp, name: &str) -> Self {
        let world = Self::new(app, name).await;
        let mut tx = app.app.db.write().await.unwrap();
        let key = &world.ids["my_email"];
        sql!(&mut tx, execute, "UPDATE accounts SET is_admin = true WHERE email_key = $1", key)
            .unwrap();
        tx.commit().await.unwrap();
        app.app.auth.clear_session_cache();
        Self { is_administrator: true, ..world }
    }

    /// Gives them a passkey, and an authenticator app that is being set up.
    pub(super) async fn give_factors(&mut self, app: &TestApp) {
        let begun = self.user.post("/api/auth/factors/totp", json!({})).await;
        let secret = begun.body["secret"].as_str().unwrap();
        let secret = totp_rs::Secret::try_from_base32(secret).unwrap();
        let codes = totp_rs::Builder::new().with_secret(secret).build().unwrap();
        let now = u64::try_from(app.app.clock.now().timestamp()).unwrap();
        self.ids.insert("my_code".to_owned(), codes.generate(now).to_string());
        let passkey = Uuid::now_v7();
        let mut tx = app.app.db.write().await.unwrap();
        sql!(
            &mut tx,
            execute,
            "INSERT INTO passkeys (id, account_id, credential_id, credential, name, created_at)
             SELECT $1, id, $2, '{}', $3, created_at FROM accounts WHERE email_key = $4",
            passkey,
            &passkey.as_bytes()[..],
            format!("{}s key", self.name),
            &self.ids["my_email"],
        )
        .unwrap();
        tx.commit().await.unwrap();
        self.ids.insert("passkey".to_owned(), passkey.to_string());
        self.marks.insert(passkey.to_string());
    }

    /// Nothing of theirs is in an answer to somebody else.
    pub(super) fn is_not_in(&self, answer: &Answer, row: &Row) {
        let text = format!("{} {:?}", answer.body, answer.headers);
        for mark in &self.marks {
            assert!(!text.contains(mark), "{row:?} shows {mark} of another's: {text}");
        }
    }
}

/// The id of what was made.
fn made(answer: &Answer) -> String {
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.id()
}

/// A station that they added.
async fn made_by(user: &TestApp, station: serde_json::Value) -> String {
    made(&user.post("/api/stations", station).await)
}

/// Who they are at a provider.
async fn identity(app: &TestApp, account: Uuid, name: &str) -> String {
    let id = Uuid::now_v7();
    let mut tx = app.app.db.write().await.unwrap();
    sql!(
        &mut tx,
        execute,
        "INSERT INTO identities (issuer, subject, id, account_id, created_at)
         VALUES ('https://id.example', $1, $2, $3, $4)",
        format!("{name}s subject"),
        id,
        account,
        app.app.clock.now(),
    )
    .unwrap();
    tx.commit().await.unwrap();
    id.to_string()
}

/// An invitation that the account made.
async fn invitation(app: &TestApp, account: Uuid) -> String {
    let now = app.app.clock.now();
    let invitation = Invitation {
        id: Uuid::now_v7(),
        email: None,
        created_by: account,
        created_at: now,
        expires_at: now + chrono::TimeDelta::days(1),
        used_at: None,
        used_by: None,
    };
    let mut tx = app.app.db.write().await.unwrap();
    invitations::create(&mut tx, &Uuid::now_v7().to_string(), &invitation).await.unwrap();
    tx.commit().await.unwrap();
    invitation.id.to_string()
}

/// What a link to set the account's password holds.
async fn reset(app: &TestApp, account: Uuid) -> String {
    let token = Uuid::now_v7().to_string();
    let mut tx = app.app.db.write().await.unwrap();
    let mark = admin::password_fingerprint(&mut tx, account).await.unwrap();
    sql!(
        &mut tx,
        execute,
        "INSERT INTO password_resets (token_hash, account_id, expires_at, password_mark)
         VALUES ($1, $2, $3, $4)",
        &Sha256::digest(&token)[..],
        account,
        app.app.clock.now() + chrono::TimeDelta::days(1),
        mark,
    )
    .unwrap();
    tx.commit().await.unwrap();
    token
}

/// A session of the account's that ended a second ago.
async fn expired(app: &TestApp, account: Uuid) -> TestApp {
    let token = Uuid::now_v7().simple().to_string().repeat(2);
    let now = app.app.clock.now();
    let mut tx = app.app.db.write().await.unwrap();
    sql!(
        &mut tx,
        execute,
        "INSERT INTO sessions (token_hash, account_id, created_at, seen_at, expires_at, id)
         VALUES ($1, $2, $3, $3, $4, $5)",
        &Sha256::digest(&token)[..],
        account,
        now - chrono::TimeDelta::days(1),
        now - chrono::TimeDelta::seconds(1),
        Uuid::now_v7(),
    )
    .unwrap();
    tx.commit().await.unwrap();
    app.with_cookie(Some(format!("session={token}")))
}

/// `text` with every `$name` replaced by what it stands for; the longest name first.
pub(super) fn put(text: &str, ids: &BTreeMap<String, String>) -> String {
    let longest_first = ids.iter().rev();
    longest_first.fold(text.to_owned(), |text, (name, id)| text.replace(&format!("${name}"), id))
}

/// All that a client sees of an answer, but for the request's own id, with the ids it asked for
/// replaced by their names.
pub(super) fn seen(answer: &Answer, told: &BTreeMap<String, String>) -> (u16, String) {
    let mut headers = answer.headers.clone();
    headers.remove("x-request-id");
    let text = format!("{} {headers:?}", answer.body);
    (answer.status, told.iter().fold(text, |text, (id, name)| text.replace(id, name)))
}

/// Every row of every table, as text; but for what VINs were found to mean, which is nobody's and
/// kept for all.
pub(super) struct Database(BTreeSet<String>);

impl Database {
    pub(super) async fn read(app: &TestApp) -> Self {
        Self(app.rows().await)
    }

    /// Nothing has been changed since.
    pub(super) async fn is_as_before(&self, app: &TestApp, row: &Row) {
        let now = Self::read(app).await;
        let changed: Vec<_> = self.0.symmetric_difference(&now.0).collect();
        assert!(changed.is_empty(), "{row:?} changed {changed:#?}");
    }

    /// Nothing of hers has been changed since.
    pub(super) async fn keeps(&self, app: &TestApp, world: &World, row: &Row) {
        let now = Self::read(app).await;
        let is_theirs = |text: &&String| {
            // As both engines print an id.
            let bare = |mark: &str| mark.replace('-', "");
            world.marks.iter().any(|it| text.contains(it) || text.contains(&bare(it)))
        };
        let changed: Vec<_> = self.0.difference(&now.0).filter(is_theirs).collect();
        assert!(changed.is_empty(), "{row:?} changed what is another's: {changed:#?}");
    }
}
