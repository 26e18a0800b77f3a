//! The security log: listing and CSV export.

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
    app::App,
    core::{
        Error, Result,
        db::Tx,
        http::{Cursor, Limit, NewestFirst, Page},
        input::{Field as _, FieldValue, FilterDay},
    },
    features::{
        accounts::{Administrator, ClientInfo, User, admin},
        security_log::{self, Event, EventKind, EventQuery, SecurityEvent},
    },
    input,
};

input! {
    /// Filters of the security log
    pub(super) struct LogQuery {
        /// Only events of this kind
        pub kind: Option<EventKind>,
        /// Only events that this account caused or that affected it
        pub user_id: Option<AccountId>,
        /// Only events on or after this date (UTC)
        pub from: Option<FilterDay>,
        /// Only events on or before this date (UTC)
        pub to: Option<FilterDay>,
        /// The cursor of the page
        pub cursor: Option<Cursor<NewestFirst>>,
        /// The maximum number of events
        pub limit: Option<Limit>,
    }
}

input! {
    /// Filters of the export
    pub(super) struct ExportQuery {
        /// Only events of this kind
        pub kind: Option<EventKind>,
        /// Only events that this account caused or that affected it
        pub user_id: Option<AccountId>,
        /// Only events on or after this date (UTC)
        pub from: Option<FilterDay>,
        /// Only events on or before this date (UTC)
        pub to: Option<FilterDay>,
    }
}

impl LogQuery {
    /// Converts the query, with `limit` as the default page size.
    pub(super) fn listing(&self, limit: Limit) -> EventQuery {
        EventQuery {
            kind: self.kind,
            account: self.user_id.map(|it| it.0),
            subject: None,
            from: self.from.map(|it| it.0),
            to: self.to.map(|it| it.0),
            cursor: self.cursor,
            limit: self.limit.unwrap_or(limit),
        }
    }
}

pub(super) async fn list(app: &App, listing: &EventQuery) -> Result<Page<SecurityEvent>> {
    security_log::list(&mut app.db.read().await?, listing).await
}

/// Lists the events of the user's own account. The addresses of administrators who acted on it are
/// hidden.
pub(super) async fn list_own(
    app: &App,
    user: &User,
    cursor: Option<Cursor<NewestFirst>>,
    limit: Limit,
) -> Result<Page<SecurityEvent>> {
    let own = user.0.account;
    let listing = EventQuery { subject: Some(own), cursor, limit, ..EventQuery::default() };
    let mut page = list(app, &listing).await?;
    for event in &mut page.items {
        if event.actor_id.is_some_and(|it| it != own) {
            (event.address, event.user_agent) = (None, None);
        }
    }
    Ok(page)
}

/// Display names of accounts by id.
pub(super) type Names = BTreeMap<Uuid, String>;

/// Adds the names of the accounts in `events` to `names`. Deleted accounts are shown by their id.
pub(super) async fn load_names(
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
    let mut found = admin::find_names(tx, &ids).await?;
    names.extend(ids.into_iter().map(|id| (id, found.remove(&id).unwrap_or(id.to_string()))));
    Ok(())
}

/// The number of events per query of an export.
const PAGE_SIZE: Limit = Limit::new(500);

/// A streaming CSV export, so a long log needs no more memory than a short one. If the export fails
/// midway, the connection is aborted, so a partial file is never mistaken for a whole one.
pub(super) struct Export(Body);

/// Exports all matching events.
pub(super) async fn export(
    app: &App,
    administrator: &Administrator,
    client: &ClientInfo,
    query: ExportQuery,
) -> Result<Export> {
    let mut listing = EventQuery {
        kind: query.kind,
        account: query.user_id.map(|it| it.0),
        from: query.from.map(|it| it.0),
        to: query.to.map(|it| it.0),
        limit: PAGE_SIZE,
        ..EventQuery::default()
    };
    let actor = administrator.0.0.account;
    app.transaction(async |tx| {
        let event = client.annotate(Event::for_account(EventKind::LogExported, actor));
        security_log::record(tx, app.clock.now(), &event).await
    })
    .await?;
    let mut names = Names::new();
    // Read the first page before responding: until then, an error can still be reported.
    let mut first = csv::format([COLUMNS.map(str::to_owned)])?;
    let (rows, mut next) = next_rows(app, &mut listing, &mut names).await?;
    first.extend(rows);
    let (mut sender, body) = Channel::<Bytes, Error>::new(2);
    let app = app.clone();
    tokio::spawn(async move {
        let mut sent = sender.send_data(first.into()).await;
        while next && sent.is_ok() {
            let text;
            (text, next) = match next_rows(&app, &mut listing, &mut names).await {
                Ok(read) => read,
                Err(error) => return abort_export(sender, error),
            };
            sent = sender.send_data(text.into()).await;
        }
    });
    Ok(Export(Body::new(body)))
}

fn abort_export(sender: Sender<Bytes, Error>, error: Error) {
    tracing::warn!(%error, "Export of the security log failed");
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

/// Returns the next page as CSV and whether another page follows, and advances `listing`.
async fn next_rows(
    app: &App,
    listing: &mut EventQuery,
    names: &mut Names,
) -> Result<(Vec<u8>, bool)> {
    let mut tx = app.db.read().await?;
    let page = security_log::list(&mut tx, listing).await?;
    load_names(&mut tx, names, &page.items).await?;
    let text = csv::format(page.items.iter().map(|event| csv_row(event, names)))?;
    let next = page.next_cursor.map(FieldValue::Typed);
    let next = next.map(|it| Cursor::read(&it, app.clock.today())).transpose();
    listing.cursor = next.map_err(|error| Error::Internal(error.into()))?;
    Ok((text, listing.cursor.is_some()))
}

fn csv_row(event: &SecurityEvent, names: &Names) -> [String; COLUMNS.len()] {
    let id = |id: Option<Uuid>| id.map(|it| it.to_string()).unwrap_or_default();
    let name = |id: Option<Uuid>| id.and_then(|it| names.get(&it).cloned()).unwrap_or_default();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let time = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Micros, true);
    [
        time(event.at),
        event.kind.as_str().to_owned(),
        name(event.account_id),
        id(event.account_id),
        name(event.actor_id),
        id(event.actor_id),
        text(&event.address),
        text(&event.user_agent),
        text(&event.detail),
        event.count.to_string(),
        event.last_at.map(time).unwrap_or_default(),
    ]
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
        let response = Response {
            description: "A CSV file with a row for each event".to_owned(),
            content: [("text/csv".to_owned(), media)].into_iter().collect(),
            ..Response::default()
        };
        vec![(Some(200), response)]
    }
}
