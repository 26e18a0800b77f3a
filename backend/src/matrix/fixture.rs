//! A user with one record of each kind, and snapshots of the database.

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
    testing::{BeginWrite as _, Commit as _, TestApp, TestResponse},
};

/// A user with one record of each kind, and a client for each way to authenticate.
pub(super) struct Fixture {
    pub(super) name: String,
    pub(super) is_administrator: bool,
    pub(super) user: TestApp,
    /// Uses a read-only token.
    pub(super) reader: TestApp,
    /// Uses a token with write access.
    pub(super) writer: TestApp,
    /// Uses an expired session.
    pub(super) expired: TestApp,
    /// The values of `$name` in rows.
    pub(super) ids: BTreeMap<String, String>,
    /// Texts that identify a response or a database row as this user's.
    marks: BTreeSet<String>,
}

/// A currency that no other user has.
const UNIQUE_CURRENCY: &str = "MRU";

impl Fixture {
    #[expect(clippy::too_many_lines, reason = "one record of each kind")]
    pub(super) async fn new(app: &TestApp, name: &str) -> Self {
        let email = format!("{name}@example.org");
        let user = app.register(&email).await;
        let account = user.get("/api/auth/me").await.id();
        let mut ids = BTreeMap::new();
        let mut insert_id = |name: &str, id: String| ids.insert(name.to_owned(), id);
        for (nth, kind) in ["another", "vehicle", "trashed"].into_iter().enumerate() {
            let vehicle = json!({
                "vin": format!("WVWZZZ1JZXW00000{nth}"), "nickname": format!("{name}s {kind}"),
            });
            insert_id(kind, created_id(&user.post("/api/vehicles", vehicle).await));
        }
        user.delete(&format!("/api/vehicles/{}", ids["trashed"])).await;
        for (day, reading) in [(1, 100), (2, 400)] {
            let log = json!({
                "vehicleId": ids["vehicle"], "date": format!("2026-01-{day:02}"),
                "odometerReading": reading, "gallons": 10, "notes": format!("{name}s note"),
            });
            let log = created_id(&user.post("/api/fuel-logs", log).await);
            ids.insert("log".to_owned(), log);
        }
        for (nth, kind) in ["done", "item"].into_iter().enumerate() {
            let item = json!({
                "vehicleId": ids["vehicle"], "type": format!("{name}_{kind}"),
                "description": format!("{name}s work"), "dueDate": format!("2026-02-0{}", nth + 1),
                "intervalMonths": 1,
            });
            let item = created_id(&user.post("/api/maintenance", item).await);
            ids.insert(kind.to_owned(), item);
        }
        let done = format!("/api/maintenance/{}/complete", ids["done"]);
        user.post(&done, json!({ "completedDate": "2026-01-31" })).await;
        for topic in ["old", "new"] {
            let address = format!("http://127.0.0.1/{name}s-{topic}");
            let channel = json!({ "kind": "ntfy", "address": address });
            let channel = created_id(&user.post("/api/notifications/channels", channel).await);
            ids.insert("channel".to_owned(), channel);
        }
        let odometer = format!("/api/vehicles/{}/odometer", ids["vehicle"]);
        let reading = json!({ "date": "2026-01-03", "reading": 500, "notes": format!("{name}s") });
        let reading = created_id(&user.post(&odometer, reading).await);
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
        ids.insert("invitation".to_owned(), create_invitation(app, account.parse().unwrap()).await);
        // Only the user whose data must stay hidden has this currency.
        let currency = if name.starts_with("ann") { UNIQUE_CURRENCY } else { "EUR" };
        user.patch("/api/user/preferences", json!({ "currency": currency })).await;
        ids.insert(
            "identity".to_owned(),
            create_identity(app, account.parse().unwrap(), name).await,
        );

        let own =
            ids.values().cloned().chain([account.clone(), email.clone(), format!("{name}s ")]);
        let own = own.chain(name.starts_with("ann").then(|| UNIQUE_CURRENCY.to_owned()));
        let mut marks: BTreeSet<_> = own.collect();
        // The stations are shared, but her notes on them are private.
        for station in ["other_station", "station"] {
            let new = json!({ "name": "Corner", "latitude": 48.1, "longitude": 11.5 });
            let created = create_station(&user, new).await;
            let notes = json!({ "notes": format!("{name}s note on it") }).to_string();
            let path = format!("/api/stations/{created}/favorite");
            let marked = user.send_json(axum::http::Method::PUT, &path, &notes, &[]).await;
            assert_eq!(marked.status, 200, "{marked:?}");
            ids.insert("my_station".to_owned(), created.clone());
            ids.insert(station.to_owned(), created);
        }
        // A deleted station is visible only to users who use it.
        let created = create_station(&user, json!({ "name": format!("{name}s old corner") })).await;
        let path = format!("/api/stations/{created}");
        let favorite = format!("{path}/favorite");
        user.send_json(axum::http::Method::PUT, &favorite, "{}", &[]).await;
        assert_eq!(user.delete(&path).await.status, 204);
        marks.insert(created.clone());
        ids.insert("withdrawn".to_owned(), created);
        for (name, value) in [
            ("my_email", email),
            ("my_reset", create_reset_token(app, account.parse().unwrap()).await),
            ("my_new", format!("{name}-new")),
            ("my_newer", format!("{name}-newer")),
        ] {
            ids.insert(name.to_owned(), value);
        }
        let fixture = Self {
            name: name.to_owned(),
            is_administrator: false,
            reader: app.anonymous().with_header("authorization", &tokens[0]),
            writer: app.anonymous().with_header("authorization", &tokens[1]),
            expired: create_expired_session(app, account.parse().unwrap()).await,
            user,
            ids,
            marks,
        };
        // Use the tokens now, so that recording their last use does not change a later snapshot.
        for token in [&fixture.reader, &fixture.writer] {
            assert_eq!(token.get("/api/auth/me").await.status, 200);
        }
        fixture
    }

    /// The same for an administrator.
    pub(super) async fn for_administrator(app: &TestApp, name: &str) -> Self {
        let fixture = Self::new(app, name).await;
        let mut tx = app.app.db.write().await.unwrap();
        let key = &fixture.ids["my_email"];
        sql!(&mut tx, execute, "UPDATE accounts SET is_admin = true WHERE email_key = $1", key)
            .unwrap();
        tx.commit().await.unwrap();
        app.app.auth.clear_session_cache();
        Self { is_administrator: true, ..fixture }
    }

    /// Adds a passkey, and begins to set up an authenticator app.
    pub(super) async fn enable_two_factor(&mut self, app: &TestApp) {
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

    /// Asserts that a response to another user contains nothing of this user's.
    pub(super) fn assert_absent_from(&self, response: &TestResponse, row: &Row) {
        let text = format!("{} {:?}", response.body, response.headers);
        for mark in &self.marks {
            assert!(!contains_mark(&text, mark), "{row:?} reveals {mark} to another user: {text}");
        }
    }
}

/// Whether a text contains a mark. The three letters of the currency must be a word: a random hash can contain
/// them.
fn contains_mark(text: &str, mark: &str) -> bool {
    if mark == UNIQUE_CURRENCY {
        text.split(|it: char| !it.is_alphanumeric()).any(|it| it == mark)
    } else {
        text.contains(mark)
    }
}

/// The id of a created record.
pub(super) fn created_id(response: &TestResponse) -> String {
    assert_eq!(response.status, 201, "{response:?}");
    response.id()
}

/// Adds a station and returns its id.
async fn create_station(user: &TestApp, station: serde_json::Value) -> String {
    created_id(&user.post("/api/stations", station).await)
}

/// Adds an identity at an OpenID provider.
async fn create_identity(app: &TestApp, account: Uuid, name: &str) -> String {
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

/// Adds an invitation by the account.
pub(super) async fn create_invitation(app: &TestApp, account: Uuid) -> String {
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

/// Creates a token to reset the account's password.
async fn create_reset_token(app: &TestApp, account: Uuid) -> String {
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

/// Adds a session that expired a second ago.
async fn create_expired_session(app: &TestApp, account: Uuid) -> TestApp {
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

/// Replaces every `$name` in `text` with its value, longest names first.
pub(super) fn substitute_ids(text: &str, ids: &BTreeMap<String, String>) -> String {
    let longest_first = ids.iter().rev();
    longest_first.fold(text.to_owned(), |text, (name, id)| text.replace(&format!("${name}"), id))
}

/// Status, body and headers of a response, without the request id and with ids replaced by placeholders.
pub(super) fn normalized(
    response: &TestResponse,
    placeholders: &BTreeMap<String, String>,
) -> (u16, String) {
    let mut headers = response.headers.clone();
    headers.remove("x-request-id");
    let text = format!("{} {headers:?}", response.body);
    (response.status, placeholders.iter().fold(text, |text, (id, name)| text.replace(id, name)))
}

/// Every row of every table as text, except the shared cache of decoded VINs.
pub(super) struct DatabaseSnapshot(BTreeSet<String>);

impl DatabaseSnapshot {
    pub(super) async fn read(app: &TestApp) -> Self {
        Self(app.rows().await)
    }

    /// Asserts that nothing has changed since the snapshot.
    pub(super) async fn assert_unchanged(&self, app: &TestApp, row: &Row) {
        let now = Self::read(app).await;
        let changed: Vec<_> = self.0.symmetric_difference(&now.0).collect();
        assert!(changed.is_empty(), "{row:?} changed {changed:#?}");
    }

    /// Asserts that none of the user's rows have changed since the snapshot.
    pub(super) async fn assert_rows_unchanged(&self, app: &TestApp, fixture: &Fixture, row: &Row) {
        let now = Self::read(app).await;
        let belongs_to_user = |text: &&String| {
            // SQLite prints ids without hyphens.
            let bare = |mark: &str| mark.replace('-', "");
            let mut marks = fixture.marks.iter();
            marks.any(|it| contains_mark(text, it) || contains_mark(text, &bare(it)))
        };
        let changed: Vec<_> = self.0.difference(&now.0).filter(belongs_to_user).collect();
        assert!(changed.is_empty(), "{row:?} changed rows of another user: {changed:#?}");
    }
}
