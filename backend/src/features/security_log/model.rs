//! What can happen, and what is kept of it.

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use crate::core::{input::strip_invisible, units::text_enum};

text_enum! {
    /// What happened.
    Kind {
        /// An account was made.
        Registered = "registered", "Account made";
        /// Somebody signed in.
        SignedIn = "signed-in", "Signed in";
        /// A wrong password or code was given.
        SignInRefused = "sign-in-refused", "Sign-in refused";
        /// So many wrong ones were given that no more are taken for a while.
        GuessingStopped = "guessing-stopped", "Guessing stopped";
        /// Somebody signed out.
        SignedOut = "signed-out", "Signed out";
        /// A password was changed by whoever knew the old one.
        PasswordChanged = "password-changed", "Password changed";
        /// Sessions were ended from elsewhere.
        SessionsEnded = "sessions-ended", "Sessions ended";
        /// A personal token was made.
        TokenMade = "token-made", "Token made";
        /// A personal token was revoked.
        TokenRevoked = "token-revoked", "Token revoked";
        /// An administrator disabled an account.
        AccountDisabled = "account-disabled", "Account disabled";
        /// An administrator enabled an account again.
        AccountEnabled = "account-enabled", "Account enabled";
        /// Somebody became an administrator.
        AdministratorMade = "administrator-made", "Administrator made";
        /// Somebody is an administrator no more.
        AdministratorUnmade = "administrator-unmade", "Administrator unmade";
        /// An administrator made an invitation.
        Invited = "invited", "Invitation made";
        /// An administrator withdrew an invitation.
        InvitationWithdrawn = "invitation-withdrawn", "Invitation withdrawn";
        /// An account was made with an invitation.
        InvitationUsed = "invitation-used", "Invitation used";
        /// A link to set a new password was made.
        ResetMade = "reset-made", "Reset link made";
        /// A new password was set with such a link.
        ResetUsed = "reset-used", "Reset link used";
        /// A second factor was added.
        FactorAdded = "factor-added", "Second factor added";
        /// A second factor was removed.
        FactorRemoved = "factor-removed", "Second factor removed";
        /// Somebody signed in with a recovery code.
        RecoveryCodeUsed = "recovery-code-used", "Recovery code used";
        /// New recovery codes were made.
        RecoveryCodesMade = "recovery-codes-made", "Recovery codes made";
        /// An identity of another provider was linked.
        IdentityLinked = "identity-linked", "Identity linked";
        /// An identity of another provider was unlinked.
        IdentityUnlinked = "identity-unlinked", "Identity unlinked";
        /// A notification channel was added.
        ChannelAdded = "channel-added", "Notification channel added";
        /// A notification channel was removed.
        ChannelRemoved = "channel-removed", "Notification channel removed";
        /// An e-mail address was confirmed by a link sent to it.
        AddressConfirmed = "address-confirmed", "E-mail address confirmed";
        /// After a reset, the owner checked what can act for the account.
        AccessReviewed = "access-reviewed", "Access reviewed";
        /// An administrator took the security log away as a file.
        LogExported = "log-exported", "Log exported";
        /// An administrator brought in stations from a file.
        StationsImported = "stations-imported", "Stations brought in";
    }
}

impl Kind {
    /// How many of an account's events within an hour have rows of their own. Further ones are counted
    /// in one of these rows, so that repetition cannot fill the disk.
    pub(super) fn most_an_hour(self) -> usize {
        match self {
            Self::SignInRefused => 20,
            Self::GuessingStopped => 1,
            _ => 50,
        }
    }
}

/// What is to be recorded.
#[derive(Debug, Clone)]
pub struct Event {
    pub(super) kind: Kind,
    pub(super) account: Option<Uuid>,
    pub(super) actor: Option<Uuid>,
    pub(super) address: Option<String>,
    pub(super) user_agent: Option<String>,
    pub(super) detail: Option<String>,
}

impl Event {
    /// The most characters kept of a browser's name.
    const BROWSER: usize = 200;
    /// The most characters kept of the detail.
    const DETAIL: usize = 300;

    /// This happened, to nobody known.
    #[must_use]
    pub fn new(kind: Kind) -> Self {
        let (account, actor, address, user_agent, detail) = (None, None, None, None, None);
        Self { kind, account, actor, address, user_agent, detail }
    }

    /// This happened to `account`.
    #[must_use]
    pub fn of(kind: Kind, account: Uuid) -> Self {
        Self { account: Some(account), ..Self::new(kind) }
    }

    /// Somebody else did it.
    #[must_use]
    pub fn by(self, actor: Uuid) -> Self {
        Self { actor: Some(actor), ..self }
    }

    /// Adds the client's address, and the name that its browser gives itself.
    #[must_use]
    pub fn from(self, address: Option<IpAddr>, user_agent: Option<&str>) -> Located {
        let address = address.map(|it| it.to_canonical().to_string());
        let user_agent = user_agent.and_then(|it| line(it, Self::BROWSER));
        Located(Self { address, user_agent, ..self })
    }

    /// Says that the event came from the command line, so there is no client.
    #[must_use]
    pub fn from_command_line(self) -> Located {
        Located(self.saying("at the command line"))
    }

    /// What else is worth knowing, such as a token's name. Never a secret.
    #[must_use]
    pub fn saying(self, detail: &str) -> Self {
        Self { detail: line(detail, Self::DETAIL), ..self }
    }

    /// The row in which further events are counted that have no equal among the hour's rows.
    pub(super) fn further(&self) -> Self {
        Self { account: self.account, ..Self::new(self.kind) }.saying(FURTHER)
    }

    /// Whether `row` says the same as this event.
    pub(super) fn is_in(&self, row: &Recent) -> bool {
        self.actor == row.actor_id
            && self.address == row.address
            && self.user_agent == row.user_agent
            && self.detail == row.detail
    }
}

/// What the row of further events says.
const FURTHER: &str = "further ones, from any address";

/// A row of the last hour.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Recent {
    pub(super) id: Uuid,
    pub(super) actor_id: Option<Uuid>,
    pub(super) address: Option<String>,
    pub(super) user_agent: Option<String>,
    pub(super) detail: Option<String>,
}

/// An event whose origin is known. Only these are recorded, so no event lacks its client's address.
#[derive(Debug, Clone)]
pub struct Located(pub(super) Event);

/// One line of at most `most` characters, without control and hidden characters.
fn line(text: &str, most: usize) -> Option<String> {
    let text: String =
        strip_invisible(text).trim().chars().filter(|it| !it.is_control()).take(most).collect();
    (!text.is_empty()).then_some(text)
}

/// Something that happened at a door or to an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema, sqlx::FromRow)]
#[serde(rename_all = "camelCase")]
pub struct SecurityEvent {
    /// Its name in this service.
    pub id: Uuid,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// What happened.
    #[sqlx(try_from = "String")]
    pub kind: Kind,
    /// The account that it happened to.
    pub account_id: Option<Uuid>,
    /// The account that did it, where that is another.
    pub actor_id: Option<Uuid>,
    /// The client's address.
    pub address: Option<String>,
    /// What the client's browser calls itself.
    pub user_agent: Option<String>,
    /// What else is worth knowing.
    pub detail: Option<String>,
    /// How often it happened within the hour.
    pub count: i64,
    /// When it last happened, if it happened more than once.
    pub last_at: Option<DateTime<Utc>>,
}
