//! The kinds of security events and the data recorded for each.

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use crate::{
    core::{input::strip_invisible, units::text_enum},
    record,
};

text_enum! {
    /// The kind of a security event.
    EventKind {
        /// An account was created.
        Registered = "registered", "security-log-registered";
        /// A user signed in.
        SignedIn = "signed-in", "security-log-signed-in";
        /// A sign-in failed because of a wrong password or code.
        SignInFailed = "sign-in-refused", "security-log-sign-in-failed";
        /// Further attempts are blocked for a while after too many wrong passwords or codes.
        SignInThrottled = "guessing-stopped", "security-log-sign-in-throttled";
        /// A user signed out.
        SignedOut = "signed-out", "security-log-signed-out";
        /// A password was changed with the current password.
        PasswordChanged = "password-changed", "security-log-password-changed";
        /// Sessions were ended from another session.
        SessionsRevoked = "sessions-ended", "security-log-sessions-revoked";
        /// A personal access token was created.
        TokenCreated = "token-made", "security-log-token-created";
        /// A personal access token was revoked.
        TokenRevoked = "token-revoked", "security-log-token-revoked";
        /// An administrator disabled an account.
        AccountDisabled = "account-disabled", "security-log-account-disabled";
        /// An administrator re-enabled an account.
        AccountEnabled = "account-enabled", "security-log-account-enabled";
        /// A user was made an administrator.
        AdminRightsGranted = "administrator-made", "security-log-admin-rights-granted";
        /// A user is no longer an administrator.
        AdminRightsRemoved = "administrator-unmade", "security-log-admin-rights-removed";
        /// An administrator created an invitation.
        InvitationCreated = "invited", "security-log-invitation-created";
        /// An administrator revoked an invitation.
        InvitationRevoked = "invitation-withdrawn", "security-log-invitation-revoked";
        /// An invitation was used to create an account.
        InvitationUsed = "invitation-used", "security-log-invitation-used";
        /// A password reset link was created.
        ResetLinkCreated = "reset-made", "security-log-reset-link-created";
        /// A password reset link was used to set a new password.
        ResetLinkUsed = "reset-used", "security-log-reset-link-used";
        /// A second factor was added.
        FactorAdded = "factor-added", "security-log-factor-added";
        /// A second factor was removed.
        FactorRemoved = "factor-removed", "security-log-factor-removed";
        /// A user signed in with a recovery code.
        RecoveryCodeUsed = "recovery-code-used", "security-log-recovery-code-used";
        /// New recovery codes were generated.
        RecoveryCodesCreated = "recovery-codes-made", "security-log-recovery-codes-created";
        /// An identity at an OpenID provider was linked.
        IdentityLinked = "identity-linked", "security-log-identity-linked";
        /// An identity at an OpenID provider was unlinked.
        IdentityUnlinked = "identity-unlinked", "security-log-identity-unlinked";
        /// A notification channel was added.
        ChannelAdded = "channel-added", "security-log-channel-added";
        /// A notification channel was removed.
        ChannelRemoved = "channel-removed", "security-log-channel-removed";
        /// An email address was confirmed with a link sent to it.
        EmailConfirmed = "address-confirmed", "security-log-email-confirmed";
        /// The owner reviewed the account's access after a password reset.
        AccessReviewed = "access-reviewed", "security-log-access-reviewed";
        /// An administrator exported the security log.
        LogExported = "log-exported", "security-log-log-exported";
        /// An administrator imported stations from a file.
        StationsImported = "stations-imported", "security-log-stations-imported";
    }
}

impl EventKind {
    /// The maximum number of rows per account and hour. Further events only increment the count of an
    /// existing row, so repeated events can't fill the disk.
    pub(super) fn hourly_limit(self) -> usize {
        match self {
            Self::SignInFailed => 20,
            Self::SignInThrottled => 1,
            _ => 50,
        }
    }
}

/// An event to record.
#[derive(Debug, Clone)]
pub struct Event {
    pub(super) kind: EventKind,
    pub(super) account: Option<Uuid>,
    pub(super) actor: Option<Uuid>,
    pub(super) address: Option<String>,
    pub(super) user_agent: Option<String>,
    pub(super) detail: Option<String>,
}

impl Event {
    /// The maximum length of a user agent, in characters.
    const MAX_USER_AGENT: usize = 200;
    /// The maximum length of the detail, in characters.
    const MAX_DETAIL: usize = 300;

    /// Creates an event that concerns no known account.
    #[must_use]
    pub fn new(kind: EventKind) -> Self {
        let (account, actor, address, user_agent, detail) = (None, None, None, None, None);
        Self { kind, account, actor, address, user_agent, detail }
    }

    /// Creates an event that concerns `account`.
    #[must_use]
    pub fn for_account(kind: EventKind, account: Uuid) -> Self {
        Self { account: Some(account), ..Self::new(kind) }
    }

    /// Sets the account that caused the event.
    #[must_use]
    pub fn by(self, actor: Uuid) -> Self {
        Self { actor: Some(actor), ..self }
    }

    /// Sets the client's address and user agent.
    #[must_use]
    pub fn from_client(self, address: Option<IpAddr>, user_agent: Option<&str>) -> EventWithOrigin {
        let address = address.map(|it| it.to_canonical().to_string());
        let user_agent = user_agent.and_then(|it| single_line(it, Self::MAX_USER_AGENT));
        EventWithOrigin(Self { address, user_agent, ..self })
    }

    /// Marks the event as caused by a command, so it has no client.
    #[must_use]
    pub fn from_command_line(self) -> EventWithOrigin {
        EventWithOrigin(self.with_detail("at the command line"))
    }

    /// Sets additional information, such as a token's name. It must not contain secrets.
    #[must_use]
    pub fn with_detail(self, detail: &str) -> Self {
        Self { detail: single_line(detail, Self::MAX_DETAIL), ..self }
    }

    /// The row of the event, which happened at `now`.
    pub(super) fn row(&self, now: DateTime<Utc>) -> SecurityEvent {
        SecurityEvent {
            id: Uuid::now_v7(),
            at: now,
            kind: self.kind,
            account_id: self.account,
            actor_id: self.actor,
            address: self.address.clone(),
            user_agent: self.user_agent.clone(),
            detail: self.detail.clone(),
            count: 1,
            last_at: None,
        }
    }

    /// The event whose row counts events beyond the hourly limit that match no other row.
    pub(super) fn overflow(&self) -> Self {
        Self { account: self.account, ..Self::new(self.kind) }.with_detail(OVERFLOW_DETAIL)
    }

    /// Whether `row` differs from this event only in its time and count.
    pub(super) fn is_counted_in(&self, row: &SecurityEvent) -> bool {
        self.actor == row.actor_id
            && self.address == row.address
            && self.user_agent == row.user_agent
            && self.detail == row.detail
    }
}

/// The detail of the row that counts events beyond the hourly limit.
const OVERFLOW_DETAIL: &str = "further ones, from any address";

/// An event whose origin (a client or the command line) has been set. Only these can be recorded, so a
/// client's address is never forgotten.
#[derive(Debug, Clone)]
pub struct EventWithOrigin(pub(super) Event);

/// Removes control and invisible characters from `text` and truncates it to `max_chars`.
fn single_line(text: &str, max_chars: usize) -> Option<String> {
    let text: String = strip_invisible(text)
        .trim()
        .chars()
        .filter(|it| !it.is_control())
        .take(max_chars)
        .collect();
    (!text.is_empty()).then_some(text)
}

record! {
    /// An event in the security log
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
    #[serde(rename_all = "camelCase")]
    pub struct SecurityEvent {
        /// The event's id.
        pub id: Uuid {
            once id;
        }
        /// When the event happened.
        pub at: DateTime<Utc> {
            once at;
        }
        /// The kind of event.
        pub kind: EventKind {
            once kind;
        }
        /// The account that the event concerns.
        pub account_id: Option<Uuid> {
            once account_id;
        }
        /// The account that caused the event, if not `accountId`.
        pub actor_id: Option<Uuid> {
            once actor_id;
        }
        /// The client's IP address.
        pub address: Option<String> {
            once address;
        }
        /// The client's user agent.
        pub user_agent: Option<String> {
            once user_agent;
        }
        /// Additional information.
        pub detail: Option<String> {
            once detail;
        }
        /// How many times the event happened within the hour.
        pub count: i64 {
            once count;
        }
        /// When the event last happened, if it happened more than once.
        pub last_at: Option<DateTime<Utc>> {
            once last_at;
        }
    }
    table "security_events" by id as event;
    insert(pub(super));
}
