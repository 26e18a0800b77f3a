//! What whoever runs the service can do with accounts at the command line, as when the only
//! administrator is locked out.

use std::fmt::Write as _;

use super::{resets, users};
use crate::{
    core::{
        App, Error, Result,
        http::{Cursor, Limit, Once},
        input::{Field as _, Given},
    },
    features::{
        accounts::{
            Credential,
            administered::{self, Administered},
        },
        security_log::{self, Event},
    },
};

/// What to do with accounts
#[derive(Debug, Clone, clap::Subcommand)]
pub enum Command {
    /// List every account
    List,
    /// Print a link to set a new password with: good for a day, and once
    Reset {
        /// The account's e-mail address
        email: String,
    },
    /// Make an account an administrator, and enable it where it is disabled
    MakeAdmin {
        /// The account's e-mail address
        email: String,
    },
}

/// Does it; tells what to print.
///
/// # Errors
/// `NotFound` where nobody has the address, Conflict where it cannot be done.
pub async fn run(app: &App, command: &Command) -> Result<String> {
    match command {
        Command::List => list(app).await,
        Command::Reset { email } => reset(app, email).await,
        Command::MakeAdmin { email } => make_admin(app, email).await,
    }
}

async fn list(app: &App) -> Result<String> {
    let (mut text, mut cursor) = (String::new(), None);
    loop {
        let mut tx = app.db.read().await?;
        let page = administered::list(&mut tx, None, cursor.as_ref(), Limit::new(500)).await?;
        for account in &page.items {
            let role = if account.is_admin { "administrator" } else { "user" };
            let state = if account.disabled_at.is_some() { "disabled" } else { "enabled" };
            let made = account.created_at.format("%Y-%m-%d");
            let _ = writeln!(text, "{:<40} {role:<13} {state:<8} {made}", account.email);
        }
        let Some(next) = page.next_cursor else { return Ok(text) };
        let next = Cursor::read(&Given::Typed(next), app.clock.today());
        cursor = Some(next.map_err(|error| Error::Internal(error.into()))?);
    }
}

async fn named(app: &App, email: &str) -> Result<Administered> {
    let key = email.trim().to_lowercase();
    let found = administered::find_by_email(&mut app.db.read().await?, &key).await?;
    found.ok_or(Error::NotFound("account"))
}

async fn reset(app: &App, email: &str) -> Result<String> {
    let id = named(app, email).await?.id;
    let token = Credential::none().secret(&Once::default(), "password reset", "")?;
    let mut tx = app.db.write().await?;
    let (account, _) = administered::hold(&mut tx, id).await?;
    let link = resets::make_by_command(app, &mut tx, &account, &token).await?;
    tx.commit().await?;
    let until = link.expires_at.format("%Y-%m-%d %H:%M UTC");
    Ok(format!("{}\ngood once, until {until}\n", link.url))
}

async fn make_admin(app: &App, email: &str) -> Result<String> {
    let id = named(app, email).await?.id;
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let (before, _) = administered::hold(&mut tx, id).await?;
    let after = Administered { is_admin: true, disabled_at: None, ..before.clone() };
    administered::set_powers(&mut tx, &after, now).await?;
    for kind in users::changes(&before, &after) {
        let event = Event::of(kind, id).from_command_line();
        security_log::record(&mut tx, now, &event).await?;
    }
    tx.commit().await?;
    Ok(format!("{} is an administrator\n", after.title()))
}
