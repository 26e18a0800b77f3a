//! The calendar and the API for its link.

use aide::{
    OperationOutput,
    axum::{ApiRouter, routing::get_with},
    generate::GenContext,
    openapi::{MediaType, Operation, Response as Documented},
};
use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use super::render_for_token;
use crate::{
    app::App,
    core::{
        Error, Result,
        http::{
            Created, Idempotency, Links, NoContent, Query, Record, RequestMeter, error_response,
        },
        input::Text,
    },
    features::{
        accounts::{Credential, SessionUser, User},
        tokens::calendar_links,
    },
    input,
};

pub(in crate::features::maintenance) fn router() -> ApiRouter<App> {
    let tag = "Maintenance";
    ApiRouter::new()
        .api_route(
            "/maintenance/calendar.ics",
            get_with(read, |it| {
                it.id("readMaintenanceCalendar")
                    .tag(tag)
                    .summary("Get the calendar of upcoming maintenance at its secret URL")
                    .with(error_response::<404>)
            }),
        )
        .api_route(
            "/maintenance/calendar-link",
            get_with(find, |it| {
                it.id("readCalendarLink")
                    .tag(tag)
                    .summary("Get the calendar link")
                    .with(error_response::<404>)
            })
            .post_with(create, |it| {
                it.id("createCalendarLink")
                    .tag(tag)
                    .summary("Create the calendar link, which is shown only once")
            })
            .delete_with(revoke, |it| {
                it.id("revokeCalendarLink")
                    .tag(tag)
                    .summary("Revoke the calendar link")
                    .with(error_response::<404>)
            }),
        )
}

input! {
    /// The calendar to read
    struct CalendarQuery {
        /// The secret token of the link
        token: Text<200>,
    }
}

/// An iCalendar response.
struct CalendarFile(String);

impl IntoResponse for CalendarFile {
    fn into_response(self) -> Response {
        let headers = [
            (header::CONTENT_TYPE, "text/calendar; charset=utf-8"),
            (header::CONTENT_DISPOSITION, "inline; filename=\"maintenance.ics\""),
        ];
        (headers, self.0).into_response()
    }
}

impl OperationOutput for CalendarFile {
    type Inner = String;

    fn operation_response(_: &mut GenContext, _: &mut Operation) -> Option<Documented> {
        Some(Documented {
            description: "An iCalendar (RFC 5545) of all-day events".to_owned(),
            content: [("text/calendar".to_owned(), MediaType::default())].into_iter().collect(),
            ..Documented::default()
        })
    }

    fn inferred_responses(
        context: &mut GenContext,
        operation: &mut Operation,
    ) -> Vec<(Option<u16>, Documented)> {
        let response = Self::operation_response(context, operation);
        response.map(|it| (Some(200), it)).into_iter().collect()
    }
}

/// A new calendar link. The URL is shown only once.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct NewCalendarLink {
    /// The id of the link.
    id: Uuid,
    /// The URL to subscribe to. Anyone who has it can read your upcoming maintenance.
    url: String,
    /// When the link was created.
    created_at: DateTime<Utc>,
}

async fn read(
    State(app): State<App>,
    links: Links,
    meter: RequestMeter,
    Query(query): Query<CalendarQuery>,
) -> Result<CalendarFile> {
    render_for_token(&app, &query.token.0, links.base(), &meter).await.map(CalendarFile)
}

async fn find(State(app): State<App>, user: User) -> Result<Record<calendar_links::CalendarLink>> {
    calendar_links::find(&app, &user)
        .await?
        .map(Record)
        .ok_or(Error::NotFound(crate::t!("core-not-found-calendar-link")))
}

async fn create(
    State(app): State<App>,
    caller: SessionUser,
    credential: Credential,
    links: Links,
    idempotency: Idempotency,
) -> Result<Created<NewCalendarLink>> {
    let created = calendar_links::create(&app, &caller, &credential, &idempotency).await?;
    let url = links.to("/api/maintenance/calendar.ics", "token", &created.token);
    let link = NewCalendarLink { id: created.link.id, url, created_at: created.link.created_at };
    let body = serde_json::to_string(&link).map_err(|error| Error::Internal(error.into()))?;
    let location = "/api/maintenance/calendar-link".to_owned();
    Ok(if created.is_replayed {
        Created::replayed(location, body)
    } else {
        Created::new(location, body)
    })
}

async fn revoke(State(app): State<App>, caller: SessionUser) -> Result<NoContent> {
    calendar_links::revoke(&app, &caller).await?;
    Ok(NoContent)
}
