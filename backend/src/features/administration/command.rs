//! The command line for accounts: create one, or let a locked-out administrator back in.

use std::{
    fmt::Write as _,
    io::{self, IsTerminal as _},
    path::{Path, PathBuf},
};

use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

use super::{resets, users};
use crate::{
    app::App,
    core::{
        Error, Result,
        config::Secret,
        files,
        http::{Cursor, Idempotency, Limit},
        input::{Field as _, FieldValue},
    },
    features::{
        accounts::{
            self, AccountInput, Credential,
            admin::{self, ManagedAccount},
        },
        security_log::{self, Event},
    },
    t,
};

/// Manage accounts
#[derive(Debug, Clone, clap::Subcommand)]
pub enum Command {
    /// List all accounts, newest first
    List,
    /// Create an account; its password is read from standard input
    Create {
        /// The email address to sign in with
        #[arg(long, value_name = "ADDRESS")]
        email: String,
        /// The name that is displayed
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        /// Make it an administrator; the first account always is one
        #[arg(long)]
        administrator: bool,
        /// Read the password from this file instead; a trailing line break is ignored
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
    },
    /// Print a link for setting a new password, which works once within a day
    Reset {
        /// The account's email address
        email: String,
    },
    /// Make an account an administrator, and enable it if it is disabled
    MakeAdmin {
        /// The account's email address
        email: String,
    },
}

/// Runs a command, and returns the text to print.
///
/// # Errors
/// `Invalid` with each invalid field; `NotFound` if no account has the address; `Conflict` if the
/// action is not possible.
pub async fn run(app: &App, command: &Command) -> Result<String> {
    match command {
        Command::List => list(app).await,
        Command::Create { email, name, administrator, password_file } => {
            let password = match password_file {
                Some(path) => read_password_file(path)?,
                None => read_password(&io::stdin())
                    .map_err(|error| unreadable("password", error.to_string()))?,
            };
            let (email, name) = (email.clone(), name.clone());
            let password = Secret::new(password);
            create(app, &AccountInput { email, password, name, is_admin: *administrator }).await
        }
        Command::Reset { email } => reset(app, email).await,
        Command::MakeAdmin { email } => make_admin(app, email).await,
    }
}

async fn create(app: &App, new: &AccountInput) -> Result<String> {
    let created = accounts::create(app, new).await?;
    let role = match (created.is_admin, created.is_first) {
        (true, true) => ", an administrator, since it is the first account",
        (true, false) => ", an administrator",
        (false, _) => "",
    };
    Ok(format!("created {}{role}\n", created.email))
}

fn unreadable(name: &str, error: String) -> Error {
    Error::invalid(name, t!("administration-password-unreadable", error = error))
}

fn read_password_file(path: &Path) -> Result<String> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| unreadable("password-file", files::describe(path, &error)))?;
    Ok(without_line_break(&text))
}

/// Reads the first line. On a terminal, this prompts for the password and hides the input.
fn read_password(stdin: &io::Stdin) -> io::Result<String> {
    let mut line = String::new();
    if !stdin.is_terminal() {
        stdin.read_line(&mut line)?;
        return Ok(without_line_break(&line));
    }
    let shown = tcgetattr(stdin)?;
    let mut hidden = shown.clone();
    hidden.local_modes.remove(LocalModes::ECHO);
    tcsetattr(stdin, OptionalActions::Flush, &hidden)?;
    eprint!("Password: ");
    let read = stdin.read_line(&mut line);
    tcsetattr(stdin, OptionalActions::Now, &shown)?;
    eprintln!();
    read?;
    Ok(without_line_break(&line))
}

fn without_line_break(text: &str) -> String {
    text.trim_end_matches(['\n', '\r']).to_owned()
}

async fn list(app: &App) -> Result<String> {
    let (mut text, mut cursor) = (String::new(), None);
    loop {
        let mut tx = app.db.read().await?;
        let page = admin::list(&mut tx, None, cursor, Limit::new(500)).await?;
        for account in &page.items {
            let role = if account.is_admin { "administrator" } else { "user" };
            let state = if account.disabled_at.is_some() { "disabled" } else { "enabled" };
            let created = account.created_at.format("%Y-%m-%d");
            let _ = writeln!(text, "{:<40} {role:<13} {state:<8} {created}", account.email);
        }
        let Some(next) = page.next_cursor else { return Ok(text) };
        let next = Cursor::read(&FieldValue::Typed(next), app.clock.today());
        cursor = Some(next.map_err(|error| Error::Internal(error.into()))?);
    }
}

async fn find_account(app: &App, email: &str) -> Result<ManagedAccount> {
    let key = email.trim().to_lowercase();
    let found = admin::find_by_email(&mut app.db.read().await?, &key).await?;
    found.ok_or(Error::NotFound(t!("core-not-found-account")))
}

async fn reset(app: &App, email: &str) -> Result<String> {
    let id = find_account(app, email).await?.id;
    let token = Credential::none().create_secret(&Idempotency::default(), "password reset", "")?;
    let link = app
        .transaction(async |tx| {
            let (account, _) = admin::lock(tx, id).await?;
            resets::create_from_command_line(app, tx, &account, &token).await
        })
        .await?;
    let until = link.expires_at.format("%Y-%m-%d %H:%M UTC");
    Ok(format!("{}\nvalid once, until {until}\n", link.url))
}

async fn make_admin(app: &App, email: &str) -> Result<String> {
    let id = find_account(app, email).await?.id;
    let now = app.clock.now();
    let after = app
        .transaction(async |tx| {
            let (before, _) = admin::lock(tx, id).await?;
            let after = ManagedAccount { is_admin: true, disabled_at: None, ..before.clone() };
            admin::update_access(tx, &after, now).await?;
            for kind in users::event_kinds(&before, &after) {
                let event = Event::for_account(kind, id).from_command_line();
                security_log::record(tx, now, &event).await?;
            }
            Ok(after)
        })
        .await?;
    Ok(format!("{} is an administrator\n", after.title()))
}
