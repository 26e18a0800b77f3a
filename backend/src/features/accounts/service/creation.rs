//! Accounts that an operator creates, on the command line or with settings.

use chrono::NaiveDate;
use uuid::Uuid;

use crate::{
    app::App,
    core::{
        Error, Result, UserId,
        config::{self, Secret},
        db::{self, Db, Tx},
        error::FieldError,
        input::{Input as _, Reader, Text},
    },
    features::{
        accounts::{
            ClientInfo,
            model::{Account, Email, NewPassword},
            passwords, store,
            user::local_user_id,
        },
        security_log::{self, Event, EventKind, EventWithOrigin},
    },
    input,
};

input! {
    /// The validated fields of an account
    struct Fields {
        /// The email address to sign in with
        pub email: Email,
        /// The password: 8 to 256 characters
        pub password: NewPassword,
        /// The user's display name
        pub name: Option<Text<100>>,
    }
}

/// The fields of an account to create, not yet validated.
#[derive(Debug, Clone)]
pub struct AccountInput {
    /// The email address to sign in with.
    pub email: String,
    /// The password.
    pub password: Secret,
    /// The user's display name.
    pub name: Option<String>,
    /// Whether the user becomes an administrator. The first account always does.
    pub is_admin: bool,
}

impl AccountInput {
    /// Validates the fields by the rules that apply to all accounts.
    fn read(&self, today: NaiveDate) -> Result<Fields> {
        let password = self.password.expose().to_owned();
        let fields = [("email", self.email.clone()), ("password", password)];
        let name = self.name.clone().map(|it| ("name", it));
        let fields = fields.into_iter().chain(name).map(|it| (it.0.to_owned(), it.1));
        Fields::read(Reader::form(fields, today)).map_err(Error::Invalid)
    }
}

/// An account that was created.
#[derive(Debug, Clone)]
pub struct CreatedAccount {
    /// The account's id.
    pub id: Uuid,
    /// The email address to sign in with.
    pub email: String,
    /// Whether the user is an administrator.
    pub is_admin: bool,
    /// Whether this is the first account.
    pub is_first: bool,
}

/// Creates an account from the command line, regardless of the registration settings.
///
/// # Errors
/// Invalid for fields that are not valid; Conflict if an account with the address exists.
pub async fn create(app: &App, new: &AccountInput) -> Result<CreatedAccount> {
    let created = insert(app, new, false, Event::from_command_line).await?;
    tracing::info!(account = %created.id, is_admin = created.is_admin, "Created an account");
    Ok(created)
}

/// The effect of the setting `auth.first_administrator`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstAdministrator {
    /// The setting is not set.
    Unset,
    /// There are no accounts, so the next start creates the administrator.
    Pending,
    /// There are accounts already.
    Ignored,
}

/// Determines the effect of the setting `auth.first_administrator` on this database, and validates the
/// setting if it has an effect.
///
/// # Errors
/// Invalid for settings that are not valid.
pub async fn check_first_administrator(
    db: &Db,
    settings: &config::Auth,
    today: NaiveDate,
) -> Result<FirstAdministrator> {
    if settings.first_administrator.is_none() {
        return Ok(FirstAdministrator::Unset);
    }
    if store::has_accounts(&mut db.read().await?).await? {
        return Ok(FirstAdministrator::Ignored);
    }
    read_settings(settings)?.read(today).map_err(replace_field_names)?;
    Ok(FirstAdministrator::Pending)
}

/// Creates the administrator from the settings, if there are no accounts.
///
/// # Errors
/// As [`check_first_administrator`].
pub async fn create_first_administrator(app: &App) -> Result<()> {
    let settings = &app.config.auth;
    match check_first_administrator(&app.db, settings, app.clock.today()).await? {
        FirstAdministrator::Unset => return Ok(()),
        FirstAdministrator::Ignored => {}
        FirstAdministrator::Pending => {
            let new = read_settings(settings)?;
            let event = |event: Event| {
                event.with_detail("by auth.first_administrator").from_client(None, None)
            };
            match insert(app, &new, true, event).await {
                Ok(created) => {
                    tracing::info!(account = %created.id, "Created auth.first_administrator");
                    return Ok(());
                }
                // Another instance has created the first account.
                Err(Error::Conflict { .. }) => {}
                Err(error) => return Err(replace_field_names(error)),
            }
        }
    }
    tracing::info!("auth.first_administrator is ignored: there are accounts already");
    Ok(())
}

fn read_settings(settings: &config::Auth) -> Result<AccountInput> {
    let password = settings.first_administrator_password.clone().ok_or_else(|| {
        let why = crate::t!("accounts-field-password-setting");
        Error::invalid("auth.first_administrator_password", why)
    })?;
    let email = settings.first_administrator.clone().unwrap_or_default();
    Ok(AccountInput { email, password, name: None, is_admin: true })
}

/// Replaces field names in an error with the names of the settings.
fn replace_field_names(error: Error) -> Error {
    let Error::Invalid(faults) = error else { return error };
    let rename = |fault: FieldError| match fault.name() {
        "email" => FieldError::at("auth.first_administrator", fault.detail),
        "password" => FieldError::at("auth.first_administrator_password", fault.detail),
        _ => fault,
    };
    Error::Invalid(faults.into_iter().map(rename).collect())
}

/// Inserts a local account.
///
/// # Errors
/// Conflict if an account with the address exists.
pub async fn insert_local(
    tx: &mut Tx,
    account: &Account,
    email_key: String,
    password_hash: String,
) -> Result<()> {
    let user = local_user_id(account.id);
    store::insert(tx, account, &user, &email_key, &password_hash).await.map_err(|error| {
        if !db::is_unique_violation(&error) {
            return error.into();
        }
        Error::conflict("duplicate-email", crate::t!("accounts-email-taken"))
    })
}

/// Inserts the account. With `only_first`, it must be the first one.
///
/// # Errors
/// Invalid for fields that are not valid; Conflict if an account with the address exists, or, with
/// `only_first`, any account.
async fn insert(
    app: &App,
    new: &AccountInput,
    only_first: bool,
    locate: impl Fn(Event) -> EventWithOrigin,
) -> Result<CreatedAccount> {
    let fields = new.read(app.clock.today())?;
    let key = fields.email.key();
    let slot = app.auth.hash_queue().reserve(&key, &ClientInfo::default())?;
    let password_hash = passwords::hash(slot, &fields.password.0).await?;
    let now = app.clock.now();
    let account = Account {
        id: Uuid::now_v7(),
        email: fields.email.as_str().to_owned(),
        display_name: fields.name.map(|it| it.0),
        is_admin: new.is_admin,
        created_at: now,
    };
    app.transaction(async |tx| {
        insert_local(tx, &account, key, password_hash).await?;
        let is_first = store::record_first_account(tx, account.id).await?;
        if only_first && !is_first {
            return Err(Error::conflict("conflict", crate::t!("accounts-created-concurrently")));
        }
        if is_first {
            store::set_admin(tx, account.id).await?;
        }
        let registered = locate(Event::for_account(EventKind::Registered, account.id));
        security_log::record(tx, now, &registered).await?;
        if new.is_admin && !is_first {
            let promoted = locate(Event::for_account(EventKind::AdminRightsGranted, account.id));
            security_log::record(tx, now, &promoted).await?;
        }
        let is_admin = new.is_admin || is_first;
        Ok(CreatedAccount { id: account.id, email: account.email, is_admin, is_first })
    })
    .await
}

/// Inserts an account that has no password, within the caller's transaction.
///
/// # Errors
/// Conflict if a concurrent request has inserted an account with its address or its user.
pub async fn insert_without_password(
    tx: &mut Tx,
    account: &Account,
    user: &UserId,
    email_key: String,
) -> Result<()> {
    store::insert(tx, account, user, &email_key, "").await.map_err(|error| {
        if db::is_unique_violation(&error) {
            return Error::conflict("conflict", crate::t!("accounts-created-concurrently"));
        }
        error.into()
    })
}

/// Records the account as the first one, within the caller's transaction. Returns false if there already
/// is one. Waits for concurrent transactions that do the same.
///
/// # Errors
/// Unavailable if the database is unavailable.
pub async fn record_first_account(tx: &mut Tx, account: Uuid) -> Result<bool> {
    Ok(store::record_first_account(tx, account).await?)
}

/// Makes the account an administrator's, within the caller's transaction.
///
/// # Errors
/// Unavailable if the database is unavailable.
pub async fn set_admin(tx: &mut Tx, account: Uuid) -> Result<()> {
    Ok(store::set_admin(tx, account).await?)
}
