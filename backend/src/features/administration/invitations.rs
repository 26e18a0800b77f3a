//! The rules for invitations.

use chrono::TimeDelta;
use uuid::Uuid;

use super::model::{InvitationLink, NewInvitation};
use crate::{
    app::App,
    core::{
        Error, Result, UserId,
        config::Registration,
        http::{Created, Idempotency, IfMatch, Links},
    },
    features::{
        accounts::{Administrator, ClientInfo, Credential, admin},
        invitations::{self, Invitation},
        security_log::{self, Event, EventKind},
    },
    t,
};

/// How long an invitation is valid by default.
const DEFAULT_LIFETIME: TimeDelta = TimeDelta::days(7);
/// How long an invitation can be valid.
const MAX_LIFETIME: TimeDelta = TimeDelta::days(90);

/// Whether people can be invited.
pub(super) fn are_enabled(app: &App) -> bool {
    app.config.auth.registration != Registration::Closed
}

/// Creates an invitation. This fails if registration is closed.
pub(super) async fn create(
    app: &App,
    administrator: &Administrator,
    client: &ClientInfo,
    new: NewInvitation,
    (links, credential, idempotency): (&Links, &Credential, &Idempotency),
) -> Result<Created<InvitationLink>> {
    if !are_enabled(app) {
        return Err(Error::Forbidden(t!("core-forbidden-invitations")));
    }
    let actor = administrator.0.0.account;
    let now = app.clock.now();
    let expires_at = new.expires_at.map_or(now + DEFAULT_LIFETIME, |it| it.0);
    if expires_at <= now {
        return Err(Error::invalid("expiresAt", t!("administration-invitation-past")));
    }
    if expires_at > now + MAX_LIFETIME {
        return Err(Error::invalid("expiresAt", t!("administration-invitation-too-far-ahead")));
    }
    let secret = |id: &str| credential.create_secret(idempotency, "invitation", id);
    let link = |token: &str| links.to("/register", "invitation", token);
    let user: &UserId = &administrator.0;
    let (created, id) = app
        .write(user, async |tx| {
            if let Some(response) = idempotency.begin::<InvitationLink, 201>(tx, user, now).await? {
                let token = secret(response.location().rsplit('/').next().unwrap_or_default())?;
                let is_open = invitations::find_usable(tx, &token, now).await?.is_some();
                return Ok((replay(&response, link(&token), is_open)?, None));
            }
            if let Some(email) = &new.email
                && admin::find_by_email(tx, &email.key()).await?.is_some()
            {
                return Err(Error::invalid(
                    "email",
                    t!("administration-invitation-account-exists"),
                ));
            }
            let invitation = Invitation {
                id: Uuid::now_v7(),
                email: new.email.map(|it| it.as_str().to_owned()),
                created_by: actor,
                created_at: now,
                expires_at,
                used_at: None,
                used_by: None,
            };
            let token = secret(&invitation.id.to_string())?;
            invitations::create(tx, &token, &invitation).await?;
            let event = Event::new(EventKind::InvitationCreated).by(actor);
            let event = client.annotate(event.with_detail(&recipient(&invitation)));
            security_log::record(tx, now, &event).await?;
            let location = format!("/api/admin/invitations/{}", invitation.id);
            // The idempotent response is stored without the link, which must not be stored anywhere.
            idempotency.store_response::<_, 201>(tx, user, location.clone(), &invitation).await?;
            let id = invitation.id;
            let created = InvitationLink { record: invitation, url: link(&token) };
            let body =
                serde_json::to_string(&created).map_err(|error| Error::Internal(error.into()))?;
            Ok((Created::new(location, body), Some(id)))
        })
        .await?;
    if let Some(id) = id {
        tracing::info!(invitation = %id, by = %actor, "Created an invitation");
    }
    Ok(created)
}

/// Repeats the first response, with the link.
fn replay(
    response: &Created<InvitationLink>,
    url: String,
    is_open: bool,
) -> Result<Created<InvitationLink>> {
    if !is_open {
        return Err(Error::conflict("conflict", t!("administration-invitation-unusable")));
    }
    let mut body: serde_json::Value =
        serde_json::from_str(response.body()).map_err(|error| Error::Internal(error.into()))?;
    body["url"] = url.into();
    Ok(Created::replayed(response.location().to_owned(), body.to_string()))
}

/// Who the invitation is for, in the security log.
fn recipient(invitation: &Invitation) -> String {
    let anyone = || t!("administration-invitation-for-anyone").to_string();
    invitation.email.clone().unwrap_or_else(anyone)
}

/// Withdraws an invitation.
pub(super) async fn withdraw(
    app: &App,
    administrator: &Administrator,
    client: &ClientInfo,
    id: Uuid,
    if_match: &IfMatch,
) -> Result<()> {
    let actor = administrator.0.0.account;
    app.transaction(async |tx| {
        let invitation = invitations::find(tx, id).await?;
        if_match.check(&invitation)?;
        invitations::revoke(tx, id).await?;
        let event = Event::new(EventKind::InvitationRevoked).by(actor);
        let event = client.annotate(event.with_detail(&recipient(&invitation)));
        security_log::record(tx, app.clock.now(), &event).await
    })
    .await
}
