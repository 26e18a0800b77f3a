//! The JSON API for administration.

use aide::axum::{
    ApiRouter,
    routing::{get_with, post_with},
};
use axum::extract::State;
use uuid::Uuid;

use super::{
    invitations as inviting,
    log::{self, ExportQuery, LogQuery},
    model::{AccountId, InvitationLink, NewInvitation, ResetLink, UserChange},
    resets, users,
};
use crate::{
    app::App,
    core::{
        Result,
        http::{
            Created, Cursor, Idempotency, IdempotentJson, IfMatch, Json, Limit, Links, NewestFirst,
            NoContent, Page, Path, Query, Record, SerializedJson, error_response,
        },
        input::Text,
    },
    features::{
        accounts::{Administrator, ClientInfo, Credential, User, admin::ManagedAccount},
        invitations::{self, Invitation},
        security_log::SecurityEvent,
    },
    input,
};

pub(super) fn router() -> ApiRouter<App> {
    let tag = "Administration";
    ApiRouter::new()
        .api_route(
            "/admin/users",
            get_with(list, |it| it.id("listUsers").tag(tag).summary("List accounts")),
        )
        .api_route(
            "/admin/users/{id}",
            get_with(find, |it| it.id("readUser").tag(tag).summary("Get an account")).patch_with(
                change,
                |it| {
                    it.id("changeUser")
                        .tag(tag)
                        .summary(
                            "Change the administrator role of an account, or disable or enable it",
                        )
                        .with(error_response::<409>)
                },
            ),
        )
        .api_route(
            "/admin/users/{id}/reset",
            post_with(reset, |it| {
                it.id("resetPassword")
                    .tag(tag)
                    .summary("Create a password reset link, which is shown only once")
                    .with(error_response::<409>)
            }),
        )
        .api_route(
            "/admin/invitations",
            get_with(list_invitations, |it| {
                it.id("listInvitations").tag(tag).summary("List invitations")
            })
            .post_with(invite, |it| {
                it.id("invite")
                    .tag(tag)
                    .summary("Create an invitation, with a link that is shown only once")
            }),
        )
        .api_route(
            "/admin/invitations/{id}",
            get_with(find_invitation, |it| {
                it.id("readInvitation").tag(tag).summary("Get an invitation")
            })
            .delete_with(withdraw, |it| {
                it.id("withdrawInvitation").tag(tag).summary("Withdraw an invitation")
            }),
        )
        .api_route(
            "/auth/security-log",
            get_with(list_own_events, |it| {
                it.id("listOwnSecurityEvents")
                    .tag("Accounts")
                    .summary("List the security events of your account")
            }),
        )
        .api_route(
            "/admin/security-log",
            get_with(list_events, |it| {
                it.id("listSecurityEvents").tag(tag).summary("List the security log")
            }),
        )
        .api_route(
            "/admin/security-log.csv",
            get_with(export_events, |it| {
                it.id("exportSecurityEvents").tag(tag).summary("Export the security log as CSV")
            }),
        )
}

input! {
    /// Filters of the list
    struct UsersQuery {
        /// Only accounts with this text in the email address or name
        search: Option<Text<254>>,
        /// The cursor of the page
        cursor: Option<Cursor<NewestFirst>>,
        /// The maximum number of items
        limit: Option<Limit>,
    }
}

async fn list(
    State(app): State<App>,
    _: Administrator,
    Query(query): Query<UsersQuery>,
) -> Result<SerializedJson<Page<ManagedAccount>>> {
    let search = query.search.as_ref().map(|it| it.0.as_str());
    let limit = query.limit.unwrap_or_default();
    let mut tx = app.db.read().await?;
    SerializedJson::serialize(&users::list(&mut tx, search, query.cursor, limit).await?)
}

async fn find(
    State(app): State<App>,
    _: Administrator,
    Path(id): Path<AccountId>,
) -> Result<Record<ManagedAccount>> {
    Ok(Record(users::find(&mut app.db.read().await?, id.0).await?))
}

async fn change(
    State(app): State<App>,
    administrator: Administrator,
    client: ClientInfo,
    Path(id): Path<AccountId>,
    if_match: IfMatch,
    Json(change): Json<UserChange>,
) -> Result<Record<ManagedAccount>> {
    users::change(&app, &administrator, &client, id.0, &change, &if_match).await.map(Record)
}

async fn reset(
    State(app): State<App>,
    administrator: Administrator,
    client: ClientInfo,
    Path(id): Path<AccountId>,
    links: Links,
    credential: Credential,
    idempotency: Idempotency,
) -> Result<Created<ResetLink>> {
    let with = (&links, &credential, &idempotency);
    resets::create(&app, &administrator, &client, id.0, with).await
}

input! {
    /// The page to list
    struct PageQuery {
        /// The cursor of the page
        cursor: Option<Cursor<NewestFirst>>,
        /// The maximum number of items
        limit: Option<Limit>,
    }
}

async fn list_invitations(
    State(app): State<App>,
    _: Administrator,
    Query(query): Query<PageQuery>,
) -> Result<SerializedJson<Page<Invitation>>> {
    let limit = query.limit.unwrap_or_default();
    let mut tx = app.db.read().await?;
    SerializedJson::serialize(&invitations::list(&mut tx, query.cursor, limit).await?)
}

async fn invite(
    State(app): State<App>,
    administrator: Administrator,
    client: ClientInfo,
    links: Links,
    credential: Credential,
    IdempotentJson { input, idempotency }: IdempotentJson<NewInvitation>,
) -> Result<Created<InvitationLink>> {
    let with = (&links, &credential, &idempotency);
    inviting::create(&app, &administrator, &client, input, with).await
}

async fn find_invitation(
    State(app): State<App>,
    _: Administrator,
    Path(id): Path<Uuid>,
) -> Result<Record<Invitation>> {
    Ok(Record(invitations::find(&mut app.db.read().await?, id).await?))
}

async fn withdraw(
    State(app): State<App>,
    administrator: Administrator,
    client: ClientInfo,
    Path(id): Path<Uuid>,
    if_match: IfMatch,
) -> Result<NoContent> {
    inviting::withdraw(&app, &administrator, &client, id, &if_match).await?;
    Ok(NoContent)
}

async fn list_own_events(
    State(app): State<App>,
    user: User,
    Query(query): Query<PageQuery>,
) -> Result<SerializedJson<Page<SecurityEvent>>> {
    let limit = query.limit.unwrap_or_default();
    SerializedJson::serialize(&log::list_own(&app, &user, query.cursor, limit).await?)
}

async fn list_events(
    State(app): State<App>,
    _: Administrator,
    Query(query): Query<LogQuery>,
) -> Result<SerializedJson<Page<SecurityEvent>>> {
    SerializedJson::serialize(&log::list(&app, &query.listing(Limit::default())).await?)
}

async fn export_events(
    State(app): State<App>,
    administrator: Administrator,
    client: ClientInfo,
    Query(query): Query<ExportQuery>,
) -> Result<log::Export> {
    log::export(&app, &administrator, &client, query).await
}
