//! The security log for administrators: as a list, and as a file to take away.

use std::collections::{BTreeMap, BTreeSet};

use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, SecondsFormat, Utc};
use http_body_util::channel::{Channel, Sender};
use uuid::Uuid;

use super::{csv, model::AccountId};
use crate::{
    core::{
        App, Error, Result,
        db::Tx,
        http::{Cursor, Limit, Page},
        input::{Field as _, FilterDay, Given},
    },
    features::{
        accounts::{Administrator, ClientInfo, User, admin},
        security_log::{self, Event, Kind, Listing, SecurityEvent},
    },
    input,
};

input! {
    /// Which events
    pub(super) struct LogQuery {
        /// Of this kind only
        pub kind: Option<Kind>,
        /// That happened to this account or that it did
        pub user_id: Option<AccountId>,
        /// Not before this day (UTC)
        pub from: Option<FilterDay>,
        /// Not after this day (UTC)
        pub to: Option<FilterDay>,
        /// Where the page begins
        pub cursor: Option<Cursor>,
        /// How many at most
        pub limit: Option<Limit>,
    }
}

input! {
    /// Which events a file holds
    pub(super) struct ExportQuery {
        /// Of this kind only
        pub kind: Option<Kind>,
        /// That happened to this account or that it did
        pub user_id: Option<AccountId>,
        /// Not before this day (UTC)
        pub from: Option<FilterDay>,
        /// Not after this day (UTC)
        pub to: Option<FilterDay>,
    }
}

impl LogQuery {
    /// What it asks for, in pages of `limit` unless it says how many.
    pub(super) fn listing(&self, limit: Limit) -> Listing {
        Listing {
            kind: self.kind,
            account: self.user_id.map(|it| it.0),
            subject: None,
            from: self.from.map(|it| it.0),
            to: self.to.map(|it| it.0),
            cursor: self.cursor.clone(),
            limit: self.limit.unwrap_or(limit),
        }
    }
}

pub(super) async fn list(app: &App, listing: &Listing) -> Result<Page<SecurityEvent>> {
    security_log::list(&mut app.db.read().await?, listing).await
}

/// What happened to whoever asks. From where an administrator did it is not theirs to know.
pub(super) async fn list_own(
    app: &App,
    user: &User,
    cursor: Option<Cursor>,
    limit: Limit,
) -> Result<Page<SecurityEvent>> {
    let own = user.0.account;
    let listing = Listing { subject: Some(own), cursor, limit, ..Listing::default() };
    let mut page = list(app, &listing).await?;
    for event in &mut page.items {
        if event.actor_id.is_some_and(|it| it != own) {
            (event.address, event.user_agent) = (None, None);
        }
    }
    Ok(page)
}

/// What people call accounts, by id.
pub(super) type Names = BTreeMap<Uuid, String>;

/// Adds to `names` those of the accounts in `events`; who is gone goes by their id.
pub(super) async fn learn_names(
    tx: &mut Tx,
    names: &mut Names,
    events: &[SecurityEvent],
) -> Result<()> {
    let mut ids = BTreeSet::new();
    for event in events {
        ids.extend(event.account_id);
        ids.extend(event.actor_id);
    }
    ids.retain(|id| !names.contains_key(id));
    for id in ids {
        let name = match admin::find(tx, id).await {
            Ok(account) if account.email.is_empty() => account.title(),
            Ok(account) => account.email,
            Err(Error::NotFound(_)) => id.to_string(),
            Err(error) => return Err(error),
        };
        names.insert(id, name);
    }
    Ok(())
}

/// How many events are read at a time for a file.
const AT_ONCE: Limit = Limit::new(500);

/// The events as a file of comma-separated values. It is written as it is read, so that a long
/// log takes no more memory than a short one; one that breaks off half-way ends as a broken
/// connection, never as a whole file.
pub(super) struct Export(Body);

/// The file of those events, all of them.
pub(super) async fn export(
    app: &App,
    administrator: &Administrator,
    client: &ClientInfo,
    query: ExportQuery,
) -> Result<Export> {
    let mut listing = Listing {
        kind: query.kind,
        account: query.user_id.map(|it| it.0),
        from: query.from.map(|it| it.0),
        to: query.to.map(|it| it.0),
        limit: AT_ONCE,
        ..Listing::default()
    };
    let actor = administrator.0.0.account;
    let mut tx = app.db.write().await?;
    let event = client.annotate(Event::of(Kind::LogExported, actor));
    security_log::record(&mut tx, app.clock.now(), &event).await?;
    tx.commit().await?;
    let mut names = Names::new();
    // The first page before there is an answer: until then it can still be a problem.
    let (first, mut next) = rows(app, &mut listing, &mut names).await?;
    let (mut sender, body) = Channel::<Bytes, Error>::new(2);
    let app = app.clone();
    tokio::spawn(async move {
        let text = csv::row(&COLUMNS) + &first;
        let mut went = sender.send_data(text.into()).await;
        while next && went.is_ok() {
            let text;
            (text, next) = match rows(&app, &mut listing, &mut names).await {
                Ok(read) => read,
                Err(error) => return break_off(sender, error),
            };
            went = sender.send_data(text.into()).await;
        }
    });
    Ok(Export(Body::new(body)))
}

fn break_off(sender: Sender<Bytes, Error>, error: Error) {
    tracing::warn!(%error, "An export broke off");
    sender.abort(error);
}

const COLUMNS: [&str; 11] = [
    "at",
    "kind",
    "account",
    "accountId",
    "actor",
    "actorId",
    "address",
    "userAgent",
    "detail",
    "count",
    "lastAt",
];

/// The next page as text, and whether another follows; `listing` goes on to it.
async fn rows(app: &App, listing: &mut Listing, names: &mut Names) -> Result<(String, bool)> {
    let mut tx = app.db.read().await?;
    let page = security_log::list(&mut tx, listing).await?;
    learn_names(&mut tx, names, &page.items).await?;
    let text = page.items.iter().map(|event| row(event, names)).collect();
    let next = page.next_cursor.map(Given::Typed);
    let next = next.map(|it| Cursor::read(&it, app.clock.today())).transpose();
    listing.cursor = next.map_err(|error| Error::Internal(error.into()))?;
    Ok((text, listing.cursor.is_some()))
}

fn row(event: &SecurityEvent, names: &Names) -> String {
    let id = |id: Option<Uuid>| id.map(|it| it.to_string()).unwrap_or_default();
    let name = |id: Option<Uuid>| id.and_then(|it| names.get(&it)).map_or("", String::as_str);
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let time = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Micros, true);
    csv::row(&[
        &time(event.at),
        event.kind.as_str(),
        name(event.account_id),
        &id(event.account_id),
        name(event.actor_id),
        &id(event.actor_id),
        &text(&event.address),
        &text(&event.user_agent),
        &text(&event.detail),
        &event.count.to_string(),
        &event.last_at.map(time).unwrap_or_default(),
    ])
}

impl IntoResponse for Export {
    fn into_response(self) -> Response {
        let named = HeaderValue::from_static("attachment; filename=\"security-log.csv\"");
        let kind = HeaderValue::from_static("text/csv; charset=utf-8");
        ([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, named)], self.0)
            .into_response()
    }
}

impl aide::OperationOutput for Export {
    type Inner = String;

    fn inferred_responses(
        _: &mut aide::generate::GenContext,
        _: &mut aide::openapi::Operation,
    ) -> Vec<(Option<u16>, aide::openapi::Response)> {
        use aide::openapi::{MediaType, Response, SchemaObject};
        let json_schema = schemars::json_schema!({ "type": "string" });
        let schema = Some(SchemaObject { json_schema, external_docs: None, example: None });
        let media = MediaType { schema, ..MediaType::default() };
        let answer = Response {
            description: "A line of comma-separated values for each event".to_owned(),
            content: [("text/csv".to_owned(), media)].into_iter().collect(),
            ..Response::default()
        };
        vec![(Some(200), answer)]
    }
}
