//! Every route: an example call, and who may call it.
//!
//! `$name` stands for an id or another value of the caller: see [`super::fixture`].

use Access::{Administrator, Creator, Owner, Public, Session, Shared};

use crate::core::web;

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Everyone, with the same response for all.
    Public,
    /// Signed-in users, for their own records.
    Owner,
    /// The same, but only with a session, not with a token.
    Session,
    /// Administrators.
    Administrator,
    /// Signed-in users, for shared records. Private data about these stays private.
    Shared,
    /// The creator of a shared record, and administrators. Others may know that it exists.
    Creator,
}

/// The request body.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fields {
    None,
    Json(&'static str),
    Form(&'static str),
}

/// An example call of a route.
#[derive(Clone, Copy)]
pub(super) struct Row {
    pub(super) access: Access,
    call: &'static str,
    pub(super) fields: Fields,
    pub(super) is_paginated: bool,
    /// Whether all users need two-factor authentication for this call.
    pub(super) needs_two_factor: bool,
    /// The status that the owner gets, if the fixture lacks something that the call needs.
    pub(super) expected_status: Option<u16>,
}

impl std::fmt::Debug for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {:?}", self.call, self.fields)
    }
}

const fn row(access: Access, call: &'static str) -> Row {
    Row {
        access,
        call,
        fields: Fields::None,
        is_paginated: false,
        needs_two_factor: false,
        expected_status: None,
    }
}

impl Row {
    const fn json(self, text: &'static str) -> Self {
        Self { fields: Fields::Json(text), ..self }
    }

    const fn form(self, text: &'static str) -> Self {
        Self { fields: Fields::Form(text), ..self }
    }

    const fn paginated(self) -> Self {
        Self { is_paginated: true, ..self }
    }

    const fn with_two_factor(self) -> Self {
        Self { needs_two_factor: true, ..self }
    }

    const fn expecting(self, status: u16) -> Self {
        Self { expected_status: Some(status), ..self }
    }

    pub(super) fn method(&self) -> &'static str {
        self.call.split(' ').next().unwrap_or_default()
    }

    pub(super) fn target(&self) -> &'static str {
        self.call.split(' ').nth(1).unwrap_or_default()
    }

    pub(super) fn is_read(&self) -> bool {
        self.method() == "GET"
    }

    /// The names of the ids in the call.
    pub(super) fn ids(&self) -> Vec<&'static str> {
        let (Fields::Json(text) | Fields::Form(text)) = self.fields else {
            return names(self.target());
        };
        let mut all = names(self.target());
        all.extend(names(text).into_iter().filter(|it| !it.starts_with("my_")));
        all.sort_unstable();
        all.dedup();
        all
    }
}

/// The names after each `$`, without those that begin with `my_`, which are not ids.
fn names(text: &'static str) -> Vec<&'static str> {
    let end = |it: &str| it.find(|c: char| c != '_' && !c.is_ascii_alphabetic());
    let names = text.split('$').skip(1).map(|it| &it[..end(it).unwrap_or(it.len())]);
    names.filter(|it| !it.starts_with("my_")).collect()
}

/// Every row.
pub(super) fn all() -> Vec<Row> {
    let assets = web::Assets::get().urls();
    let assets: Vec<_> =
        assets.map(|it| row(Public, Box::leak(format!("GET {it}").into_boxed_str()))).collect();
    [
        SERVICE,
        &assets,
        ACCOUNTS,
        ADMINISTRATION,
        FACTORS,
        VINS,
        VEHICLES,
        FUEL_LOGS,
        MAINTENANCE,
        STATIONS,
    ]
    .concat()
}

const SERVICE: &[Row] = &[
    row(Public, "GET /health"),
    row(Public, "GET /api/health"),
    row(Public, "GET /api/openapi.json"),
    row(Public, "GET /api/docs"),
    row(Public, "GET /problems/not-found"),
    row(Public, "GET /manifest.webmanifest"),
    row(Public, "GET /sw.js"),
    row(Public, "GET /offline"),
    row(Owner, "GET /outbox"),
    row(Owner, "GET /outbox/pages"),
    row(Owner, "GET /maintenance/new"),
];

const ACCOUNTS: &[Row] = &[
    row(Public, "POST /api/auth/register")
        .json(r#"{"email":"$my_new@example.org","password":"correct horse battery"}"#),
    row(Public, "POST /api/auth/login")
        .json(r#"{"email":"$my_email","password":"correct horse battery"}"#),
    row(Owner, "POST /api/auth/logout"),
    row(Owner, "GET /api/auth/me"),
    row(Session, "POST /api/auth/password").json(
        r#"{"currentPassword":"correct horse battery","newPassword":"correct horse battery"}"#,
    ),
    row(Owner, "GET /api/auth/sessions"),
    row(Session, "DELETE /api/auth/sessions/$session"),
    row(Owner, "GET /api/auth/tokens").paginated(),
    row(Session, "POST /api/auth/tokens").json(r#"{"name":"script","scope":"read"}"#),
    row(Owner, "GET /api/auth/tokens/$token"),
    row(Session, "DELETE /api/auth/tokens/$token"),
    row(Owner, "GET /api/user/preferences"),
    row(Owner, "PATCH /api/user/preferences").json(r#"{"theme":"dark"}"#),
    row(Public, "GET /register"),
    row(Public, "POST /register")
        .form("email=$my_newer@example.org&password=correct+horse+battery"),
    row(Public, "GET /login"),
    row(Public, "POST /login").form("email=$my_email&password=correct+horse+battery"),
    row(Owner, "POST /logout"),
    row(Owner, "GET /"),
    row(Owner, "GET /welcome"),
    row(Owner, "POST /welcome").form("units=metric&currency=EUR&timeZone=Europe/Berlin&locale="),
    row(Owner, "GET /more"),
    row(Owner, "GET /settings"),
    row(Owner, "POST /settings").form("theme=dark"),
    row(Owner, "GET /settings/security"),
    row(Session, "POST /settings/password")
        .form("currentPassword=correct+horse+battery&newPassword=correct+horse+battery"),
    row(Session, "POST /settings/sessions/end-others"),
    row(Session, "POST /settings/sessions/$session/end"),
    row(Owner, "GET /settings/tokens"),
    row(Session, "POST /settings/tokens").form("name=script&scope=read"),
    row(Session, "POST /settings/tokens/$token/revoke"),
    row(Public, "GET /login/oidc/home"),
    row(Public, "GET /login/oidc/home/callback?code=a&state=b").expecting(400),
    row(Owner, "GET /settings/identities"),
    row(Session, "POST /settings/identities").form("provider=home").with_two_factor(),
    row(Session, "POST /settings/identities/$identity/unlink"),
];

const ADMINISTRATION: &[Row] = &[
    row(Owner, "GET /api/auth/security-log").paginated(),
    row(Administrator, "GET /api/admin/users"),
    row(Administrator, "GET /api/admin/users/$account"),
    row(Administrator, "PATCH /api/admin/users/$account").json(r#"{"isAdmin":false}"#),
    row(Administrator, "PATCH /api/admin/users/$account").json(r#"{"isDisabled":true}"#),
    row(Administrator, "POST /api/admin/users/$account/reset"),
    row(Administrator, "GET /api/admin/invitations"),
    row(Administrator, "POST /api/admin/invitations").json("{}"),
    row(Administrator, "GET /api/admin/invitations/$invitation"),
    row(Administrator, "DELETE /api/admin/invitations/$invitation"),
    row(Administrator, "GET /api/admin/security-log"),
    row(Administrator, "GET /api/admin/security-log?userId=$account"),
    row(Administrator, "GET /api/admin/security-log.csv?userId=$account"),
    row(Administrator, "GET /admin"),
    row(Administrator, "GET /admin/users/$account"),
    row(Administrator, "POST /admin/users/$account").form("isDisabled=true"),
    row(Administrator, "POST /admin/users/$account/reset").form(""),
    row(Administrator, "GET /admin/invitations"),
    row(Administrator, "POST /admin/invitations").form("email="),
    row(Administrator, "POST /admin/invitations/$invitation/withdraw"),
    row(Administrator, "GET /admin/stations"),
    // Uploads need multipart forms, which the tests of the stations send.
    row(Administrator, "POST /admin/stations").form("").expecting(415),
    row(Administrator, "GET /admin/log"),
    row(Administrator, "GET /admin/log?userId=$account"),
    row(Public, "GET /reset?token=$my_reset"),
    row(Public, "POST /reset").form("token=$my_reset&password=correct+horse+battery"),
];

/// Requests that need an authenticator are refused here; the browser tests cover them.
const FACTORS: &[Row] = &[
    row(Public, "POST /api/auth/login/second").json(r#"{"code":"123456"}"#).expecting(401),
    row(Public, "POST /api/auth/login/passkey/begin").expecting(403),
    row(Public, "POST /api/auth/login/passkey/finish").json("{}").expecting(422),
    row(Session, "POST /api/auth/confirm").json(r#"{"password":"correct horse battery"}"#),
    row(Session, "GET /api/auth/factors").with_two_factor(),
    row(Session, "POST /api/auth/factors/totp").with_two_factor(),
    row(Session, "POST /api/auth/factors/totp/confirm")
        .json(r#"{"code":"$my_code"}"#)
        .with_two_factor(),
    row(Session, "DELETE /api/auth/factors/totp").with_two_factor(),
    row(Session, "POST /api/auth/factors/recovery-codes").with_two_factor(),
    row(Session, "POST /api/auth/passkeys/begin").expecting(403),
    row(Session, "POST /api/auth/passkeys/finish").json("{}").expecting(422),
    row(Session, "DELETE /api/auth/passkeys/$passkey").with_two_factor(),
    row(Public, "GET /login/second"),
    row(Public, "POST /login/second").form("code=123456"),
    row(Session, "GET /settings/factors").with_two_factor(),
    row(Session, "POST /settings/factors/confirm").form("password=correct+horse+battery"),
    row(Session, "GET /settings/factors/totp").with_two_factor(),
    row(Session, "POST /settings/factors/totp").with_two_factor(),
    row(Session, "POST /settings/factors/totp/confirm").form("code=$my_code").with_two_factor(),
    row(Session, "POST /settings/factors/totp/remove").with_two_factor(),
    row(Session, "POST /settings/factors/recovery-codes").with_two_factor(),
    row(Session, "POST /settings/factors/passkeys/$passkey/remove").with_two_factor(),
];

/// Decoded VINs are visible to all signed-in users.
const VINS: &[Row] = &[
    row(Owner, "GET /api/vin/1HGCM82633A004352"),
    row(Owner, "GET /api/platform/years"),
    row(Owner, "GET /api/platform/makes?year=2003"),
    row(Owner, "GET /api/platform/models?year=2003&make=Honda"),
    row(Owner, "GET /vin?vin=1HGCM82633A004352"),
    row(Owner, "GET /vin/card?vin=1HGCM82633A004352"),
    row(Owner, "GET /vehicles/choose?year=2003"),
];

const VEHICLES: &[Row] = &[
    row(Owner, "GET /api/vehicles").paginated(),
    row(Owner, "GET /api/vehicles?deleted=true"),
    row(Owner, "POST /api/vehicles").json(r#"{"vin":"WVWZZZ1JZXW000009"}"#),
    row(Owner, "POST /api/vehicles").json(r#"{"identifier":"4711","kind":"trailer"}"#),
    row(Owner, "GET /api/vehicles/$vehicle"),
    row(Owner, "PATCH /api/vehicles/$vehicle").json(r#"{"nickname":"mine"}"#),
    row(Owner, "PATCH /api/vehicles/$vehicle").json(r#"{"vin":null}"#),
    row(Owner, "DELETE /api/vehicles/$vehicle"),
    row(Owner, "POST /api/vehicles/$trashed/restore"),
    row(Owner, "GET /api/vehicles/$vehicle/odometer").paginated(),
    row(Owner, "POST /api/vehicles/$vehicle/odometer")
        .json(r#"{"date":"2026-01-31","reading":900}"#),
    row(Owner, "GET /api/odometer-readings/$reading"),
    row(Owner, "DELETE /api/odometer-readings/$reading"),
    row(Owner, "GET /vehicles/$vehicle/odometer"),
    row(Owner, "POST /vehicles/$vehicle/odometer")
        .form("date=2026-01-31&odometer=900&odometerUnit=mi"),
    row(Owner, "POST /odometer-readings/$reading/delete"),
    row(Owner, "GET /vehicles"),
    row(Owner, "GET /vehicles/new"),
    row(Owner, "POST /vehicles/new").form("vin=WVWZZZ1JZXW000009"),
    row(Owner, "POST /vehicles/new").form("vin=&identifier=4711&kind=trailer"),
    row(Owner, "GET /vehicles/$vehicle"),
    row(Owner, "GET /vehicles/$vehicle/edit"),
    row(Owner, "POST /vehicles/$vehicle/edit").form("nickname=mine"),
    row(Owner, "POST /vehicles/$vehicle/active").form("isActive=false"),
    row(Owner, "POST /vehicles/$vehicle/trash"),
    row(Owner, "POST /vehicles/$trashed/restore"),
    row(Owner, "GET /trash"),
];

const FUEL_LOGS: &[Row] = &[
    row(Owner, "GET /api/fuel-logs").paginated(),
    row(Owner, "GET /api/fuel-logs?vehicleId=$vehicle").paginated(),
    row(Owner, "POST /api/fuel-logs")
        .json(r#"{"vehicleId":"$vehicle","date":"2026-01-30","odometerReading":900,"gallons":10}"#),
    row(Owner, "GET /api/fuel-logs/$log"),
    row(Owner, "PATCH /api/fuel-logs/$log").json(r#"{"notes":"mine"}"#),
    row(Owner, "PATCH /api/fuel-logs/$log").json(r#"{"vehicleId":"$vehicle"}"#),
    row(Owner, "DELETE /api/fuel-logs/$log"),
    row(Owner, "GET /api/vehicles/$vehicle/fuel-stats"),
    row(Owner, "GET /fuel-logs/new"),
    row(Owner, "GET /vehicles/$vehicle/fuel-logs/new"),
    row(Owner, "POST /vehicles/$vehicle/fuel-logs/new")
        .form("date=2026-01-30&odometer=900&odometerUnit=mi&volume=10&volumeUnit=gal_us&isFull=true&fuelType=e10"),
    row(Owner, "GET /fuel-logs/$log/edit"),
    row(Owner, "POST /fuel-logs/$log/edit").form("notes=mine"),
    row(Owner, "POST /fuel-logs/$log/delete"),
];

const STATIONS: &[Row] = &[
    row(Shared, "GET /api/stations").paginated(),
    row(Shared, "GET /api/stations?favorite=true").paginated(),
    row(Shared, "POST /api/stations").json(r#"{"name":"At the corner"}"#),
    row(Shared, "GET /api/stations/search?query=corner"),
    row(Shared, "GET /api/stations/search?lat=48.1&lng=11.5&radius=1000"),
    row(Shared, "GET /api/stations/$station"),
    row(Shared, "GET /api/stations/$station/prices"),
    row(Shared, "GET /api/stations/$station/prices?fuelType=diesel"),
    row(Creator, "PATCH /api/stations/$station").json(r#"{"name":"Mine"}"#),
    row(Creator, "DELETE /api/stations/$station"),
    row(Shared, "PUT /api/stations/$station/favorite").json(r#"{"notes":"mine"}"#),
    row(Shared, "DELETE /api/stations/$station/favorite"),
    row(Owner, "GET /api/stations/$withdrawn"),
    row(Owner, "GET /api/stations/$withdrawn/prices"),
    row(Owner, "PATCH /api/stations/$withdrawn").json(r#"{"name":"Mine"}"#).expecting(403),
    row(Owner, "DELETE /api/stations/$withdrawn"),
    row(Owner, "PUT /api/stations/$withdrawn/favorite").json(r#"{"notes":"mine"}"#),
    row(Owner, "DELETE /api/stations/$withdrawn/favorite"),
    row(Owner, "GET /stations/$withdrawn"),
    row(Owner, "POST /stations/$withdrawn/edit").form("name=Mine").expecting(403),
    row(Owner, "POST /stations/$withdrawn/delete"),
    row(Owner, "POST /stations/$withdrawn/favorite").form("notes=mine"),
    row(Owner, "POST /stations/$withdrawn/unfavorite"),
    row(Shared, "GET /stations"),
    row(Shared, "GET /stations?query=corner"),
    row(Shared, "GET /stations/new"),
    row(Shared, "POST /stations/new").form("name=At+the+corner"),
    // Only search results can be saved.
    row(Shared, "POST /stations/save").form("found=google:x&query=corner").expecting(404),
    row(Shared, "GET /stations/$station"),
    row(Creator, "GET /stations/$station/edit"),
    row(Creator, "POST /stations/$station/edit").form("name=Mine"),
    row(Creator, "POST /stations/$station/delete"),
    row(Shared, "POST /stations/$station/favorite").form("notes=mine"),
    row(Shared, "POST /stations/$station/unfavorite"),
    row(Owner, "GET /vehicles/$vehicle/fuel-logs/new?station=$my_station"),
    row(Owner, "GET /vehicles/$vehicle/fuel-logs/new?choose=true"),
    row(Owner, "POST /api/fuel-logs").json(
        r#"{"vehicleId":"$vehicle","date":"2026-01-30","odometerReading":900,"gallons":10,
            "stationId":"$my_station"}"#,
    ),
];

const MAINTENANCE: &[Row] = &[
    row(Owner, "GET /api/maintenance").paginated(),
    row(Owner, "GET /api/maintenance?vehicleId=$vehicle").paginated(),
    row(Owner, "POST /api/maintenance")
        .json(r#"{"vehicleId":"$vehicle","type":"oil_change","dueDate":"2026-03-01"}"#),
    row(Owner, "GET /api/maintenance/types"),
    row(Owner, "GET /api/maintenance/plans"),
    row(Owner, "GET /api/maintenance/upcoming").paginated(),
    row(Owner, "GET /api/maintenance/upcoming?vehicleId=$vehicle").paginated(),
    row(Owner, "GET /api/maintenance/$item"),
    row(Owner, "PATCH /api/maintenance/$item").json(r#"{"notes":"mine"}"#),
    row(Owner, "PATCH /api/maintenance/$item").json(r#"{"vehicleId":"$vehicle"}"#),
    row(Owner, "DELETE /api/maintenance/$done"),
    row(Owner, "POST /api/maintenance/$item/complete").json(r#"{"completedDate":"2026-01-31"}"#),
    row(Owner, "POST /api/maintenance/$item/skip"),
    row(Owner, "POST /api/maintenance/$item/postpone").json(r#"{"dueDate":"2026-03-01"}"#),
    row(Owner, "POST /api/vehicles/$vehicle/maintenance-plan").json(r#"{"plan":"toyota"}"#),
    row(Owner, "GET /api/auth/review"),
    row(Session, "DELETE /api/auth/review"),
    row(Owner, "GET /settings/review"),
    row(Session, "POST /settings/review"),
    row(Public, "GET /mail/confirm?token=0").expecting(404),
    row(Public, "POST /mail/confirm").form("token=0").expecting(404),
    row(Public, "GET /mail/unsubscribe?token=0").expecting(404),
    row(Public, "POST /mail/unsubscribe?token=0").expecting(404),
    row(Session, "POST /api/notifications/confirmation").expecting(409),
    row(Session, "POST /settings/notifications/confirmation"),
    row(Owner, "GET /api/notifications/channels").paginated(),
    row(Session, "POST /api/notifications/channels")
        .json(r#"{"kind":"ntfy","address":"http://127.0.0.1/new"}"#),
    row(Owner, "GET /api/notifications/channels/$channel"),
    row(Session, "DELETE /api/notifications/channels/$channel"),
    row(Session, "POST /api/notifications/channels/$channel/test"),
    row(Session, "GET /settings/notifications"),
    row(Session, "POST /settings/notifications").form("kind=ntfy&address=http://127.0.0.1/new"),
    row(Session, "POST /settings/notifications/$channel/test"),
    row(Session, "POST /settings/notifications/$channel/delete"),
    row(Public, "GET /api/maintenance/calendar.ics?token=$my_calendar"),
    row(Owner, "GET /api/maintenance/calendar-link"),
    row(Session, "POST /api/maintenance/calendar-link"),
    row(Session, "DELETE /api/maintenance/calendar-link"),
    row(Owner, "GET /maintenance/calendar"),
    row(Session, "POST /maintenance/calendar"),
    row(Session, "POST /maintenance/calendar/revoke"),
    row(Owner, "GET /maintenance"),
    row(Owner, "GET /maintenance/costs"),
    row(Owner, "GET /maintenance/$item/edit"),
    row(Owner, "POST /maintenance/$item/edit").form("notes=mine"),
    row(Owner, "GET /maintenance/$item/complete"),
    row(Owner, "POST /maintenance/$item/complete").form("completedDate=2026-01-31"),
    row(Owner, "POST /maintenance/$item/postpone").form("dueDate=2026-03-01"),
    row(Owner, "POST /maintenance/$item/skip"),
    row(Owner, "POST /maintenance/$item/delete"),
    row(Owner, "GET /vehicles/$vehicle/maintenance"),
    row(Owner, "GET /vehicles/$vehicle/maintenance/new?type=oil_change"),
    row(Owner, "POST /vehicles/$vehicle/maintenance/new")
        .form("type=Oil+change&dueDate=2026-03-01"),
    row(Owner, "POST /vehicles/$vehicle/maintenance/plan").form("plan=toyota"),
];
